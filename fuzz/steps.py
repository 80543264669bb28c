"""What the octets of the datagram targets mean: a scene, and what arrives there, one step after the other.

    scene (1)  { kind (1)  flags (1)  length (2)  content (length) } …

A kind that a target does not know counts from the front again; content that is cut short is what is there. So any
octets are a sequence of steps, and a step may carry what the fuzzer cannot know: cookies, message ids, hashes,
encryption.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from ipaddress import IPv4Address

from fuzz.boxes import FAR_HOST, HOST, OURS, STRANGER, THEIRS, Scene
from fuzz.holding import Holding

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import ExchangeType, Flag, PayloadType
from mainmode.base.errors import WireError
from mainmode.base.instant import Span
from mainmode.crypto.skeyid import hash_1, hash_2, hash_3, hash_i, hash_r, phase2_iv
from mainmode.ike.effects import Role
from mainmode.ike.fragments import pieces_of
from mainmode.ike.protection import Chain
from mainmode.ike.sa import IkeSa, QuickMode
from mainmode.ipsec.esp import EspRefused, OutboundSa
from mainmode.ipsec.sad import SaState
from mainmode.wire.ip import checksum
from mainmode.wire.message import Header, read_payloads
from mainmode.wire.payloads import Identification

MOST_STEPS = 40
_HEADER_LENGTH = 28
_MARKER = bytes(4)


class Kind(IntEnum):
    """What arrives."""

    IKE = 0
    """A datagram for port 500."""
    NAT_T = 1
    """A datagram for port 4500, behind a non-ESP marker."""
    TIME = 2
    """Nothing, while time passes: the content's first octet says how long."""
    ESP = 3
    """A packet of IP protocol 50."""
    IP = 4
    """Any IP packet at the outside interface."""
    BARE = 5
    """A datagram for port 4500 as it is."""
    PROTECTED = 6
    """A message under the keys of our newest IKE SA: first payload type (1), payloads in clear."""
    SEALED = 7
    """A packet under the keys of one of our pairs: next header (1), payload in clear."""
    INSIDE = 8
    """Any IP packet at the inside interface."""
    OURSELVES = 9
    """We begin something: the content's first octet says what."""
    KEPT = 10
    """What was on the wire before, of either side, once more at our outside: even or odd, datagram or packet; which."""


STRANGERS = (Kind.IKE, Kind.NAT_T, Kind.TIME, Kind.ESP, Kind.IP, Kind.BARE, Kind.KEPT)
ALL = tuple(Kind)


class Datagram(IntFlag):
    """Flags of a datagram. Its two lowest bits say who sent it."""

    FIT = 4
    """The length field is made right."""
    COOKIES = 8
    """Both cookies are those of our newest IKE SA, as far as it knows them; an SPI is that of our newest pair."""
    ANSWER = 16
    """The responder's cookie is the one of the datagram that we sent last."""
    MESSAGE_ID = 32
    """The message id is that of our newest quick mode."""


class Message(IntFlag):
    """Flags of a protected message. Its two lowest bits say which exchange: see `_EXCHANGES`."""

    HASHED = 4
    """A HASH payload in front, and the right one."""
    WRONG = 8
    """One bit of that is not right."""
    MOVED = 16
    """It comes from another address."""
    IN_CLEAR = 32
    """The header does not say that it is encrypted."""
    NUMBERED = 64
    """The content begins with the message id."""
    PIECES = 128
    """It comes in fragments of IKE's own."""


class Sealing(IntFlag):
    """Flags of a sealed packet."""

    OLDEST = 1
    """Under our oldest pair instead of the newest."""
    HEADER = 2
    """The next header is the content's, not 4."""
    AGAIN = 4
    """Its sequence number is that of the one before."""
    MOVED = 8
    """It comes from another address."""
    FAR = 16
    """Its sequence number is far ahead."""
    FIT = 32
    """The inner header's version, length and checksum are made right."""
    ENDS = 64
    """The inner addresses are those of hosts that the tunnel is for."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step."""

    kind: Kind
    flags: int
    content: bytes


_TIMES = tuple(Span(count) for count in (0, 1_000, 100_000, 1_000_000, 3_000_000, 9_000_000, 30_000_000, 70_000_000))
_SOURCES = (
    lambda peer: peer,
    lambda peer: Endpoint(peer.address, 1025),
    lambda peer: Endpoint(STRANGER, peer.port),
    lambda peer: Endpoint(IPv4Address("198.51.100.67"), 4500),
)


def read(octets: bytes, kinds: tuple[Kind, ...]) -> Iterator[Step]:
    """The steps after the scene's octet."""
    place, count = 1, 0
    while place + 2 <= len(octets) and count < MOST_STEPS:
        kind, flags = kinds[octets[place] % len(kinds)], octets[place + 1]
        length = int.from_bytes(octets[place + 2 : place + 4])
        yield Step(kind, flags, octets[place + 4 : place + 4 + length])
        place, count = place + 4 + length, count + 1


def write(scene: int, steps: Iterable[Step], kinds: tuple[Kind, ...]) -> bytes:
    """The octets of steps, for seeds."""
    pieces = [
        bytes((kinds.index(step.kind), int(step.flags))) + len(step.content).to_bytes(2) + step.content
        for step in steps
    ]
    return bytes((scene,)) + b"".join(pieces)


class Stage:
    """A scene while steps happen on it."""

    def __init__(self, scene: Scene, holding: Holding) -> None:
        self._scene = scene
        self._holding = holding
        self._messages = 0x1000
        self._sealers: dict[int, OutboundSa] = {}
        self.elapsed = 0
        self.proven = False
        """Whether something came that only a genuine peer can make, and that may change what stands."""
        self.renewed = False
        """Whether we renewed a pair, so that another one carries its traffic."""

    def play(self, steps: Iterable[Step]) -> None:
        """Let it all happen."""
        acts = {
            Kind.IKE: self._datagram,
            Kind.NAT_T: self._datagram,
            Kind.BARE: self._datagram,
            Kind.TIME: self._time,
            Kind.ESP: self._esp,
            Kind.IP: self._ip,
            Kind.PROTECTED: self._protected,
            Kind.SEALED: self._sealed,
            Kind.INSIDE: self._inside,
            Kind.OURSELVES: self._ourselves,
            Kind.KEPT: self._kept,
        }
        for step in steps:
            acts[step.kind](step)

    # --- what anybody can send -------------------------------------------------------------------------------------

    @property
    def _peer(self) -> Endpoint:
        return self._scene.seen_as or Endpoint(THEIRS, 500)

    def _source(self, flags: int, port: int) -> Endpoint:
        return _SOURCES[flags & 3](Endpoint(self._peer.address, port))

    def _arrives(self, datagram: bytes, port: int, remote: Endpoint) -> None:
        scene = self._scene
        path = Path(Endpoint(OURS, port), remote)
        effects = scene.us.datagram_in("outside", datagram, path, scene.now)
        self._holding.answered(effects, datagram, remote)
        scene.carry("us", effects)

    def _datagram(self, step: Step) -> None:
        octets = bytearray(step.content)
        if len(octets) >= _HEADER_LENGTH:
            self._patch(octets, step.flags)
        port = 500 if step.kind is Kind.IKE else 4500
        framed = _MARKER + octets if step.kind is Kind.NAT_T else bytes(octets)
        self._arrives(bytes(framed), port, self._source(step.flags, port))

    def _patch(self, octets: bytearray, flags: int) -> None:
        sas, quick_modes = self._scene.sas, self._scene.quick_modes
        if flags & Datagram.COOKIES and sas:
            octets[:8] = sas[-1].cookie_i
            octets[8:16] = sas[-1].cookie_r if any(sas[-1].cookie_r) else octets[8:16]
        if flags & Datagram.ANSWER and self._scene.sent:
            sent = self._scene.sent[-1]
            start = 4 if sent.path.local.port == 4500 else 0
            octets[8:16] = sent.datagram[start + 8 : start + 16].ljust(8, b"\0")
        if flags & Datagram.MESSAGE_ID and quick_modes:
            octets[20:24] = quick_modes[-1].message_id.to_bytes(4)
        if flags & Datagram.FIT:
            octets[24:28] = len(octets).to_bytes(4)

    def _time(self, step: Step) -> None:
        span = _TIMES[step.content[0] % len(_TIMES)] if step.content else _TIMES[1]
        self.elapsed += span
        self._scene.wait(span)

    def _esp(self, step: Step) -> None:
        scene = self._scene
        remote = self._source(step.flags, 0)
        octets = bytearray(step.content)
        states = scene.us.sad.states()
        if step.flags & Datagram.COOKIES and states and len(octets) >= 4:
            octets[:4] = states[-1].pair.inbound_spi.to_bytes(4)
        effects = scene.us.esp_in("outside", bytes(octets), Path(Endpoint(OURS, 0), remote._replace(port=0)), scene.now)
        self._holding.answered(effects, bytes(octets), remote)
        scene.carry("us", effects)

    def _ip(self, step: Step) -> None:
        packet = _fitted(step.content, step.flags, None)
        effects = self._scene.us.packet_in("outside", packet, self._scene.now)
        self._holding.told(effects)
        self._scene.carry("us", effects)

    def _kept(self, step: Step) -> None:
        """A replay, or one of our own datagrams thrown back: it proves nothing."""
        scene = self._scene
        if len(step.content) < 2:
            return
        if step.content[0] & 1 and scene.packets:
            packet = bytearray(scene.packets[step.content[1] % len(scene.packets)][1])
            if step.flags & Datagram.COOKIES:
                packet[12:20] = self._peer.address.packed + OURS.packed
                packet[10:12] = bytes(2)
                packet[10:12] = checksum(bytes(packet[:20])).to_bytes(2)
            effects = scene.us.packet_in("outside", bytes(packet), scene.now)
            self._holding.told(effects)
            scene.carry("us", effects)
        elif scene.kept:
            send = scene.kept[step.content[1] % len(scene.kept)][1]
            self._arrives(send.datagram, send.path.local.port, self._source(step.flags, send.path.local.port))

    # --- what a genuine peer, a host behind us and we ourselves do ---------------------------------------------------

    def _inside(self, step: Step) -> None:
        packet = _fitted(step.content, step.flags, (HOST, FAR_HOST))
        effects = self._scene.us.packet_in("inside", packet, self._scene.now)
        self._holding.told(effects)
        self._scene.carry("us", effects)

    def _ourselves(self, step: Step) -> None:
        scene, choice = self._scene, (step.content or b"\0")[0] % 4
        states = scene.us.sad.states()
        if choice == 0 and states:
            self.renewed = True
            scene.carry("us", scene.us.renew(states[-1].pair.inbound_spi, scene.now))
        elif choice == 1:
            scene.crosses("us", 100 + step.flags)
        else:
            ended = scene.us.clear_ipsec(None, scene.now) if choice == 2 else scene.us.clear(None, scene.now)
            scene.carry("us", ended)
            self.proven = True

    def _protected(self, step: Step) -> None:
        sa = next((one for one in reversed(self._scene.sas) if one.keys is not None), None)
        if sa is None or sa.hash is None or sa.keys is None or sa.cipher is None:
            return
        content, exchange, qm = step.content, _EXCHANGES[step.flags & 3], None
        self._messages += 1
        message_id = self._messages
        if step.flags & Message.NUMBERED:
            message_id, content = int.from_bytes(content[:4]), content[4:]
        if step.flags & 3 == 3:
            message_id, chain = 0, sa.chain
        elif step.flags & 3 == 2:
            qm = next(reversed(sa.quick_modes.values()), None)
            message_id = qm.message_id if qm is not None else message_id
            chain = qm.chain if qm is not None else None
        else:
            chain = None
        iv = (
            chain.iv
            if chain is not None
            else phase2_iv(sa.hash, sa.phase1_iv or bytes(16), message_id, sa.cipher.block)
        )
        first, plain = _plain(content, step.flags, sa, qm, message_id)
        plain += bytes(-len(plain) % sa.cipher.block)
        encrypted = 0 if step.flags & Message.IN_CLEAR else Flag.ENCRYPTED
        body = Chain(sa.cipher, sa.keys, iv)._messages.encrypt(iv, plain) if plain else b""
        header = Header(
            sa.cookie_i,
            sa.cookie_r,
            PayloadType(first),
            0x10,
            exchange,
            encrypted,
            message_id,
            _HEADER_LENGTH + len(body),
        )
        port = sa.path.local.port
        remote = Endpoint(STRANGER, 1025) if step.flags & Message.MOVED else sa.path.remote
        datagram = header.encode() + body
        right = step.flags & (Message.HASHED | Message.WRONG) != Message.HASHED | Message.WRONG
        self.proven = self.proven or bool(right)
        pieces = [datagram]
        if step.flags & Message.PIECES:
            pieces = [piece.encode() for piece in pieces_of(datagram, 128, self._messages & 0xFFFF)]
        for piece in pieces:
            self._arrives(_MARKER + piece if port == 4500 else piece, port, remote)

    def _sealed(self, step: Step) -> None:
        scene = self._scene
        states = scene.us.sad.states()
        if not states or not step.content:
            return
        state = states[0 if step.flags & Sealing.OLDEST else -1]
        sealer = self._sealer(state, step.flags)
        inner = _fitted(
            step.content[1:], step.flags >> 3, (FAR_HOST, HOST) if step.flags & Sealing.ENDS else None, anyway=True
        )
        try:
            esp = sealer.seal(inner, scene.us._plane.entropy, step.content[0] if step.flags & Sealing.HEADER else 4)
        except EspRefused:
            return
        remote = Endpoint(STRANGER, 1025) if step.flags & Sealing.MOVED else state.pair.path.remote
        self.proven = self.proven or bool(step.flags & (Sealing.MOVED | Sealing.FAR))
        if state.pair.udp_encapsulated:
            effects = scene.us.datagram_in("outside", esp, Path(Endpoint(OURS, 4500), remote), scene.now)
        else:
            path = Path(Endpoint(OURS, 0), remote._replace(port=0))
            effects = scene.us.esp_in("outside", esp, path, scene.now)
        self._holding.told(effects)
        scene.carry("us", effects)

    def _sealer(self, state: SaState, flags: int) -> OutboundSa:
        """The other end of one of our pairs. The genuine one goes on behind the numbers that are taken here."""
        pair = state.pair
        theirs = next((one for one in self._scene.peer.sad.states() if one.pair.outbound_spi == pair.inbound_spi), None)
        if theirs is not None:
            sealer = theirs.outbound
        else:
            sealer = self._sealers.get(pair.inbound_spi) or OutboundSa(pair.inbound_spi, pair.suite, pair.inbound_keys)
            self._sealers[pair.inbound_spi] = sealer
        if flags & Sealing.AGAIN and sealer.sequence:
            sealer.sequence -= 1
        if flags & Sealing.FAR:
            sealer.sequence = min(sealer.sequence + 0x1000_0000, 0xFFFF_FFFF)
        return sealer


_EXCHANGES = (
    ExchangeType.INFORMATIONAL, ExchangeType.QUICK_MODE, ExchangeType.QUICK_MODE, ExchangeType.MAIN_MODE,
)  # fmt: skip
"""Informational; a new quick mode; the newest quick mode going on; main mode."""


def _plain(content: bytes, flags: int, sa: IkeSa, qm: QuickMode | None, message_id: int) -> tuple[int, bytes]:
    """Type of the first payload and the chain in clear, with the HASH payload that was asked for."""
    first, rest = (content[0], content[1:]) if content else (0, b"")
    if not flags & Message.HASHED:
        return first, rest
    try:
        payloads, used = read_payloads(PayloadType(first), rest)
    except WireError:
        payloads, used = (), len(rest)
    rest = rest[:used]
    if sa.hash is None or sa.keys is None:
        return first, rest
    key = sa.keys.a.reveal()
    if flags & 3 == 3:
        digest = _authentication(sa, next((one.body for one in payloads if isinstance(one, Identification)), b""))
    elif qm is None:
        digest = hash_1(sa.hash, key, message_id, rest)
    elif qm.role is Role.INITIATOR:
        digest = hash_2(sa.hash, key, message_id, qm.nonce_i, rest)
    else:
        digest = hash_3(sa.hash, key, message_id, qm.nonce_i, qm.nonce_r)
    if flags & Message.WRONG:
        digest = bytes((digest[0] ^ 1,)) + digest[1:]
    head = bytes((first if used else 0, 0)) + (4 + len(digest)).to_bytes(2) + digest
    if flags & 3 == 3:
        # In main mode ID comes first: the HASH payload goes behind everything.
        return first, _chained(rest, first, bytes((0, 0)) + head[2:])
    return int(PayloadType.HASH), head + rest


def _chained(rest: bytes, first: int, last: bytes) -> bytes:
    """A chain with a HASH payload behind it."""
    place, octets = 0, bytearray(rest)
    while place + 4 <= len(octets):
        length = int.from_bytes(octets[place + 2 : place + 4])
        if length < 4 or place + length >= len(octets):
            octets[place] = int(PayloadType.HASH)
            break
        place += length
    return bytes(octets) + last


def _authentication(sa: IkeSa, identity: bytes) -> bytes:
    """HASH_I or HASH_R of the peer."""
    if sa.hash is None or sa.keys is None or sa.pair is None:
        return bytes(20)
    if sa.role is Role.INITIATOR:
        publics, compute = (sa.pair.public, sa.peer_public), hash_r
    else:
        publics, compute = (sa.peer_public, sa.pair.public), hash_i
    return compute(sa.hash, sa.keys, *publics, sa.cookie_i, sa.cookie_r, sa.sa_i_body, identity)


def _fitted(content: bytes, flags: int, ends: tuple[IPv4Address, IPv4Address] | None, anyway: bool = False) -> bytes:
    """An IP packet, its header made right where the flags say FIT, between `ends` where they say COOKIES too."""
    if not flags & Datagram.FIT or len(content) < 20:
        return content
    octets = bytearray(content)
    octets[0] = 0x45
    octets[2:4] = min(len(octets), 0xFFFF).to_bytes(2)
    if ends is not None and (anyway or flags & Datagram.COOKIES):
        octets[12:20] = ends[0].packed + ends[1].packed
    elif not anyway:
        octets[16:20] = OURS.packed if flags & Datagram.COOKIES else octets[16:20]
    octets[10:12] = bytes(2)
    octets[10:12] = checksum(bytes(octets[:20])).to_bytes(2)
    return bytes(octets)
