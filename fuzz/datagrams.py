"""What the three datagram targets share: an input is played on a scene, and what must hold is looked at."""

from collections.abc import Callable, Iterable, Iterator

from fuzz import overheard, steps
from fuzz.boxes import Played, Scene
from fuzz.holding import Holding
from fuzz.overheard import Packet
from fuzz.steps import Datagram, Kind, Stage, Step
from fuzz.target import ROOT, BrokenError

from mainmode.base.codes import IpProtocol
from mainmode.base.instant import Span
from mainmode.wire.message import Message as Isakmp
from mainmode.wire.message import write_payloads
from mainmode.wire.payloads import Hash

_ELSEWHERE = ("describe", "passwords", "reference", "views", "fitting")
"""Modules of those rooms that no datagram reaches: for people who look or configure."""
MODULES = (
    *(
        f"mainmode.{room}.{path.stem}"
        for room in ("ike", "wire", "ipsec", "crypto")
        for path in sorted((ROOT / "src" / "mainmode" / room).glob("[!_]*.py"))
        if path.stem not in _ELSEWHERE
    ),
    *(f"mainmode.device.{name}" for name in ("own", "vpn_path", "path", "plane")),
)
_SETTLED = Span(200_000)
MOST_TIME = 40 * 60 * 1_000_000
"""Microseconds within which nothing that stands ends by itself."""


def player(scenes: tuple[Callable[[], Played], ...], kinds: tuple[Kind, ...]) -> Callable[[bytes], None]:
    """The `run` of a target: scenes are made when the first input wants them."""
    made: dict[int, Played] = {}

    def run(octets: bytes) -> None:
        if not octets:
            return
        which = octets[0] % len(scenes)
        if which not in made:
            made[which] = scenes[which]()
        scene = made[which].again()
        holding = Holding(scene)
        stage = Stage(scene, holding)
        before = standing(scene)
        shortest = min((state.pair.lifetime_seconds or 0 for state in scene.us.sad.states()), default=0) * 500_000
        stage.play(steps.read(octets, kinds))
        if not before and not stage.proven:
            holding.nothing_proven()
        holding.all()
        if before and not stage.proven and stage.elapsed < MOST_TIME:
            if stage.renewed or stage.elapsed >= shortest:
                _comes_up(scene)
            else:
                _still_stands(scene, before)

    return run


def standing(scene: Scene) -> frozenset[int]:
    """The pairs of SAs that carry a packet both ways, by inbound SPI."""
    return frozenset(state.pair.inbound_spi for state in scene.us.sad.states() if not scene.stopped)


def _still_stands(scene: Scene, before: frozenset[int]) -> None:
    """Nobody proved anything: what stood stands, and carries packets both ways."""
    if not before <= standing(scene):
        raise BrokenError("a pair of SAs is gone, and nobody proved to be the peer")
    for name, sequence in (("us", 60_001), ("peer", 60_002)):
        if not scene.crosses(name, sequence):
            raise BrokenError(f"a packet from behind {name} does not cross any more, and nobody proved to be the peer")


def _comes_up(scene: Scene) -> None:
    """SAs came and went by themselves: packets cross, and where none stood a first one asks for a tunnel."""
    for name, sequence in (("us", 60_010), ("peer", 60_020)):
        crossed = False
        for again in range(3):
            crossed = crossed or scene.crosses(name, sequence + again)
            scene.wait(_SETTLED)
        if not crossed:
            raise BrokenError(f"no tunnel comes up for packets from behind {name}, and nobody proved to be the peer")


def packet_step(packet: Packet, whole: bool = False) -> Step:
    """A packet of the wire as a step."""
    if whole:
        return Step(Kind.IP, 0, packet.whole)
    if packet.protocol == IpProtocol.ESP:
        return Step(Kind.ESP, Datagram.COOKIES, packet.payload)
    if packet.port == 500:
        return Step(Kind.IKE, _flags(packet.payload), packet.payload)
    if packet.port == 4500 and packet.payload[:4] == bytes(4):
        return Step(Kind.NAT_T, _flags(packet.payload[4:]), packet.payload[4:])
    return Step(Kind.BARE if packet.port else Kind.IP, 0, packet.payload if packet.port else packet.whole)


def _flags(octets: bytes) -> int:
    answers = octets[8:16] != bytes(8)
    return Datagram.FIT | (Datagram.ANSWER if answers else 0)


def bodies(messages: Iterable[Isakmp]) -> Iterator[bytes]:
    """Type of the first payload and chain of messages, without their HASH payloads."""
    for message in messages:
        payloads = tuple(payload for payload in message.payloads if not isinstance(payload, Hash))
        yield bytes((payloads[0].type if payloads else 0,)) + write_payloads(payloads)


def conversations() -> Iterator[tuple[Packet, ...]]:
    """The first packets of each direction of the lab's scenarios."""
    for packets, _ in overheard.conversations():
        yield packets
