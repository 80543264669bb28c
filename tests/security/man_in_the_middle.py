"""Two whole boxes and somebody between them who holds every packet in his hands, in virtual time.

What a box sends is a `Flight`. `middle` is asked about each before it arrives: it gives the packets that the other box
gets instead, none or some. `hand` gives a box anything at all, and what the box then does goes nowhere: it is for the
test to look at. `snapshot` is all that a box holds and acts by.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.base.instant import Instant, later, seconds
from mainmode.base.secret import Secret
from mainmode.device.box import Box
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read
from mainmode.device.decision import BoxEffect, PacketOut
from mainmode.ike.effects import Dropped, InstallSa, Phase1Up, Send
from mainmode.lab.entropy import SeededEntropy
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp, read_echo, read_ipv4, read_udp
from mainmode.wire.message import Message

START = Instant(1_700_000_000_000_000)
A, B = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
STRANGER = IPv4Address("203.0.113.66")
HOSTS = {"a": IPv4Address("192.168.1.10"), "b": IPv4Address("192.168.2.10")}
OTHER = {"a": "b", "b": "a"}
ADDRESS = {"a": A, "b": B}
MARKER = bytes(4)
MAIN_MODE = ("MM1", "MM2", "MM3", "MM4", "MM5", "MM6")
EXCHANGE = (*MAIN_MODE, "QM1", "QM2", "QM3")


@dataclass(frozen=True)
class Flight:
    """A packet on its way from a box to the other one. `label` is the step of IKE, or ESP."""

    sender: str
    label: str
    packet: Ipv4
    message: Message | None = None
    """What it says in clear, of IKE."""

    @property
    def target(self) -> str:
        return OTHER[self.sender]

    @property
    def ike(self) -> bytes:
        """The ISAKMP message, without the marker of port 4500."""
        datagram = read_udp(self.packet)
        return datagram.payload[4:] if datagram.destination_port == 4500 else datagram.payload

    def with_ike(self, octets: bytes, **ends: object) -> Ipv4:
        """The packet with another ISAKMP message in it."""
        datagram = read_udp(self.packet)
        marker = MARKER if datagram.destination_port == 4500 else b""
        return udp_packet(marker + octets, self.packet.source, self.packet.destination,
                          datagram.source_port, datagram.destination_port)  # fmt: skip


def udp_packet(
    payload: bytes, source: IPv4Address, destination: IPv4Address, source_port: int = 500, port: int = 500
) -> Ipv4:
    return Ipv4(source, destination, IpProtocol.UDP, Udp(source_port, port, payload).encode(source, destination))


def from_elsewhere(packet: Ipv4, source: IPv4Address = STRANGER, source_port: int | None = None) -> Ipv4:
    """The same packet with another sender on it."""
    if packet.protocol != IpProtocol.UDP:
        return packet._replace(source=source)
    datagram = read_udp(packet)
    return udp_packet(
        datagram.payload, source, packet.destination, source_port or datagram.source_port, datagram.destination_port
    )


def sent_back(flight: Flight) -> Ipv4:
    """The packet as its own sender would get it from the other end."""
    packet = flight.packet
    if packet.protocol != IpProtocol.UDP:
        return packet._replace(source=packet.destination, destination=packet.source)
    datagram = read_udp(packet)
    return udp_packet(
        datagram.payload, packet.destination, packet.source, datagram.destination_port, datagram.source_port
    )


def example(name: str, changes: Mapping[str, str] | None = None) -> str:
    """The packaged pair's configuration, with texts exchanged."""
    text = (files("mainmode.lab") / "examples" / f"asa{'ab'.index(name) + 1}.cfg").read_text("utf-8")
    for old, new in (changes or {}).items():
        if old not in text:
            raise ValueError(f"{old!r} is not in the example")
        text = text.replace(old, new)
    return text


@cache
def configured(text: str, name: str) -> Configuration:
    """The text as the reader reads it, once."""
    return read(text, f"{name}.cfg")


def unchanged(flight: Flight) -> Iterable[Ipv4]:
    return (flight.packet,)


@dataclass
class Middle:
    """The pair and the one between. `texts` are the two configurations."""

    texts: Mapping[str, str] = field(default_factory=lambda: {name: example(name) for name in "ab"})
    seed: int = 1
    middle: Callable[[Flight], Iterable[Ipv4]] = unchanged
    now: Instant = START
    sent: list[Flight] = field(default_factory=list)
    heard: dict[str, list[BoxEffect]] = field(default_factory=lambda: {"a": [], "b": []})
    inside: dict[str, list[Ipv4]] = field(default_factory=lambda: {"a": [], "b": []})

    def __post_init__(self) -> None:
        self.boxes = {name: self.new_box(name) for name in "ab"}

    def new_box(self, name: str, start: int = 0) -> Box:
        return Box(configured(self.texts[name], name), SeededEntropy(self.seed, f"{name}{start}"), self.now)

    # --- time and traffic ----------------------------------------------------------------------------------------

    def hand(self, name: str, packet: Ipv4) -> list[BoxEffect]:
        """A box gets a packet from outside; nothing of what it does is carried on.

        The budgets of strangers are full each time: what stands behind the gate is to be tried, too.
        """
        self.boxes[name]._plane.engine._gate._purses.clear()
        return self.boxes[name].packet_in("outside", packet.encode(), self.now)

    def carry(self, name: str, effects: list[BoxEffect]) -> None:
        """What a box does, and all that follows from it."""
        waiting: deque[tuple[str, list[BoxEffect]]] = deque([(name, effects)])
        for _ in range(400):
            if not waiting:
                return
            who, done = waiting.popleft()
            self.heard[who] += done
            for flight in self._leaving(who, done):
                self.sent.append(flight)
                for packet in self.middle(flight):
                    waiting.append((flight.target, self.hand(flight.target, packet)))
        raise AssertionError("the boxes never come to rest")

    def _leaving(self, who: str, effects: list[BoxEffect]) -> Iterable[Flight]:
        for effect in effects:
            if isinstance(effect, Send):
                local, remote = effect.path.local, effect.path.remote
                packet = udp_packet(effect.datagram, local.address, remote.address, local.port, remote.port)
                yield Flight(who, effect.step.value, packet, effect.message)
            elif isinstance(effect, PacketOut) and effect.interface == "outside":
                yield Flight(who, "ESP", read_ipv4(effect.packet))
            elif isinstance(effect, PacketOut):
                self._at_host(who, read_ipv4(effect.packet))

    def _at_host(self, who: str, packet: Ipv4) -> None:
        self.inside[who].append(packet)
        asked = read_echo(packet)
        if asked is not None and asked.request:
            reply = IcmpEcho(False, asked.identifier, asked.sequence, asked.data).encode()
            answer = Ipv4(packet.destination, packet.source, IpProtocol.ICMP, reply)
            self.carry(who, self.boxes[who].packet_in("inside", answer.encode(), self.now))

    def ping(self, name: str = "a", sequence: int = 1) -> bool:
        """An echo request from the host behind a box to the other; whether the reply came back."""
        source, destination = HOSTS[name], HOSTS[OTHER[name]]
        before = len(self.inside[name])
        request = Ipv4(source, destination, IpProtocol.ICMP, IcmpEcho(True, 7, sequence, bytes(56)).encode())
        self.carry(name, self.boxes[name].packet_in("inside", request.encode(), self.now))
        return any(packet.destination == source for packet in self.inside[name][before:])

    def wait(self, count: float) -> None:
        """Time passes, deadline by deadline."""
        end = later(self.now, seconds(count))
        for _ in range(2000):
            due = [(at, name) for name, box in self.boxes.items() if (at := box.deadline()) is not None and at <= end]
            if not due:
                self.now = end
                return
            at, name = min(due)
            self.now = max(self.now, at)
            self.carry(name, self.boxes[name].expire(self.now))
        raise AssertionError("the boxes never come to rest")

    def bring_up(self) -> None:
        """A tunnel, begun by a; the first packet is lost by that, the second passes."""
        self.ping(sequence=1)
        self.wait(1)
        assert self.ping(sequence=2), "the tunnel carries nothing"

    # --- what came of it -----------------------------------------------------------------------------------------

    def flights(self, *labels: str) -> list[Flight]:
        return [flight for flight in self.sent if flight.label in labels]

    def standing(self) -> bool:
        """Whether both boxes hold one pair of SAs of the same keys, crosswise."""
        states = {name: box.sad.states() for name, box in self.boxes.items()}
        if [len(found) for found in states.values()] != [1, 1]:
            return False
        a, b = states["a"][0].pair, states["b"][0].pair
        return (a.inbound_spi, a.outbound_spi) == (b.outbound_spi, b.inbound_spi) and all(
            here.cipher.reveal() == there.cipher.reveal()
            for here, there in ((a.inbound_keys, b.outbound_keys), (a.outbound_keys, b.inbound_keys))
        )

    def up(self, name: str) -> list[Phase1Up]:
        return [effect for effect in self.heard[name] if isinstance(effect, Phase1Up)]

    def installed(self, name: str) -> list[InstallSa]:
        return [effect for effect in self.heard[name] if isinstance(effect, InstallSa)]

    def snapshot(self, name: str, *without: str) -> object:
        return snapshot(self.boxes[name], *without)


def drops(effects: Iterable[BoxEffect]) -> list[Dropped]:
    return [effect for effect in effects if isinstance(effect, Dropped)]


def sends(effects: Iterable[BoxEffect]) -> list[Send]:
    return [effect for effect in effects if isinstance(effect, Send)]


# --- all that a box holds and acts by --------------------------------------------------------------------------------

_ONLY_TOLD = frozenset({"trace", "failure", "refusal_notify", "refusal_protected", "unreadable"})
"""What explains a later failure or silence in words, and decides nothing."""
_ELSEWHERE = frozenset({"source", "sources", "entry", "ace", "sent", "messages"})
"""Where values come from, when something left last, and contexts of ciphers."""


def snapshot(box: Box, *without: str) -> object:
    """IKE SAs, quick modes, sessions, children, SAs with their windows, and every deadline; as nested tuples.

    Attributes that are called as one of `without` are left out.
    """
    engine = box._plane.engine
    held: dict[str, object] = {
        "sas": engine._table.all(),
        "sessions": engine._sessions.all(),
        "pairs": tuple(
            (state.pair, state.usable, state.inbound.window, state.outbound.sequence) for state in box.sad.states()
        ),
        "deadline": engine.deadline(),
    }
    return _Picture(frozenset(without)).of({name: value for name, value in held.items() if name not in without})


class _Picture:
    def __init__(self, without: frozenset[str]) -> None:
        self._left_out = without | _ONLY_TOLD | _ELSEWHERE
        self._seen: dict[int, int] = {}
        self._kept: list[object] = []

    def of(self, value: object) -> object:
        if value is None or isinstance(value, bool | int | float | str | bytes | IPv4Address | Enum):
            return value
        if isinstance(value, Secret):
            return b"" if value.forgotten else value.reveal()
        if id(value) in self._seen:
            return "the same as", self._seen[id(value)]
        self._seen[id(value)] = len(self._seen)
        self._kept.append(value)
        if isinstance(value, Mapping):
            return tuple((self.of(key), self.of(one)) for key, one in value.items())
        if isinstance(value, tuple | list | deque | set | frozenset | array):
            return tuple(self.of(one) for one in value)
        names = [one for one in _parts(value) if one not in self._left_out]
        return (type(value).__name__, *((one, self.of(getattr(value, one, None))) for one in names))


def _parts(value: object) -> list[str]:
    if is_dataclass(value):
        return [one.name for one in fields(value)]
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    return sorted({*slots, *getattr(value, "__dict__", {})})
