"""The state of one IKE SA (phase 1) and of one quick mode (phase 2), and what happens in one turn of the engine."""

from dataclasses import field, replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from mainmode.base.address import Endpoint, Path, ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.base.entropy import Entropy
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.base.provenance import Source
from mainmode.base.secret import Secret
from mainmode.base.strand import WHOLE, Strand
from mainmode.catalogue.entry import NOBODY, About, Entry
from mainmode.crypto.algorithms import CbcCipher, HashAlgorithm
from mainmode.crypto.groups import DhGroup, KeyPair
from mainmode.crypto.skeyid import Phase1Keys
from mainmode.ike.acquire import Acquire
from mainmode.ike.effects import NO_EXCHANGE, Dropped, Effect, Exchange, Failure, Role, Say, Send, Step
from mainmode.ike.fsm import State, Trace
from mainmode.ike.liveness import Liveness
from mainmode.ike.message_ids import RENEW, MessageIds
from mainmode.ike.nat import FLOATED_PORT, NatStatus
from mainmode.ike.negotiation import PolicyChosen, TransformChosen
from mainmode.ike.protection import Chain
from mainmode.ike.session import Child, Session, Sessions
from mainmode.ike.settings import AclEntry, IkeSettings, MapEntry, TunnelGroup
from mainmode.ipsec.dataplane import SaPair, Watch
from mainmode.wire.message import Header, Message
from mainmode.wire.natt import mark

if TYPE_CHECKING:
    from mainmode.ike.table import SaTable


class Handles:
    """The opaque numbers that the device prints for its own objects: structs, SCBs, contexts, rules, sessions.

    They count upwards from fixed starts, so a run is the same every time; a Session ID is a multiple of 0x1000.
    Session IDs and SPIs are those of `strand`.
    """

    __slots__ = ("_first_session", "_next_address", "_next_session", "strand")

    def __init__(self, strand: Strand = WHOLE) -> None:
        self.strand = strand
        self._next_address = 0x53F10000
        self._first_session = self._next_session = 0x4000 + 0x1000 * strand.number

    def address(self) -> int:
        """A fresh 32-bit object address."""
        self._next_address = 0x53F10000 + (self._next_address - 0x53F10000 + 0x1D8) % 0x0FFF_FFF0
        return self._next_address

    def session(self) -> int:
        """A fresh Session ID."""
        session = self._next_session
        following = session + 0x1000 * self.strand.count
        self._next_session = following if following <= 0x7FFF_F000 else self._first_session
        return session


@dataclass(slots=True)
class Turn:
    """One call into the engine: the time, what may be drawn on, all that stands, the datagram at hand, the effects."""

    now: Instant
    settings: IkeSettings
    entropy: Entropy
    handles: Handles
    table: "SaTable"
    sessions: Sessions
    watch: Watch
    """What a pair of IPsec SAs did last, by its inbound SPI."""
    listened: bool = True
    """Whether anybody wants lines; where nobody does, none are made."""
    effects: list[Effect] = field(default_factory=list)
    path: Path | None = None
    header: Header | None = None
    datagram: bytes = b""
    message: Message | None = None
    """The message at hand in clear; of an encrypted one the action that opens it fills this in."""
    plain: bytes = b""
    initial_contact: bool = False
    """The peer said, under protection, that it knows of no other SA with us."""

    def say(
        self,
        entry: Entry,
        about: About = NOBODY,
        step: Step = Step.INFORMATIONAL,
        exchange: Exchange = NO_EXCHANGE,
        sources: tuple[Source, ...] = (),
        **values: Any,
    ) -> None:
        """Put a line into the stream."""
        if not self.listened:
            return
        self.effects.append(Say(entry(about, **values), step, exchange, sources))

    def drop(self, reason: Drop, detail: str = "", sources: tuple[Source, ...] = ()) -> None:
        """Note that the datagram at hand ended here."""
        self.effects.append(Dropped(reason, self.path, detail, sources))


_ACTIVE = frozenset({State.MM_ACTIVE, State.MM_ACTIVE_REKEY, State.MM_REKEY_DONE_H2})


@dataclass(slots=True, eq=False)
class IkeSa:
    """One IKE SA, from the first message on. What is not negotiated yet is None or empty."""

    role: Role
    path: Path
    interface: str
    cookie_i: bytes
    cookie_r: bytes
    handle: int
    created: Instant
    state: State = State.MM_START
    trace: Trace = field(default_factory=Trace)
    failure: Failure | None = None
    refusal_notify: str = ""
    """Name of an error notify that came meanwhile: it proves nothing, but explains a silence."""
    refusal_protected: bool = False
    """Whether that notify was protected with the keys of this SA."""
    unreadable: bool = False
    """Whether MM5 was answered with something that is protected with other keys."""

    sa_i_body: bytes = b""
    choice: PolicyChosen | None = None
    hash: HashAlgorithm | None = None
    cipher: CbcCipher | None = None
    group: DhGroup | None = None
    pair: KeyPair | None = None
    peer_public: bytes = b""
    nonce_i: bytes = b""
    nonce_r: bytes = b""
    shared: Secret | None = None
    keys: Phase1Keys | None = None
    chain: Chain | None = None
    nat: NatStatus = field(default_factory=NatStatus)
    tunnel_group: TunnelGroup | None = None
    peer_dpd: bool = False
    peer_ios: bool = False
    """Whether the peer says that it is IOS or speaks like it."""
    peer_fragments: bool = False
    """Whether the peer announced that it puts IKE fragments together."""
    fragment_set: int = 0
    """Identifier of the last message that went to the peer in pieces."""
    life: Liveness = field(default_factory=Liveness)
    peer_id_body: bytes = b""
    own_id_body: bytes = b""

    outgoing: Message | None = None
    last_sent: Send | None = None
    last_heard: bytes = b""
    tries: int = 0
    deadline: Instant | None = None
    established: Instant | None = None
    expires: Instant | None = None
    phase1_iv: bytes = b""

    session: Session | None = None
    """Where it belongs from the moment that phase 1 is complete."""
    proven: bool = False
    """Whether the peer is known to hold it as established: it answered MM5, or spoke under it since."""
    renews: "IkeSa | None" = None
    """The IKE SA that this one was begun to renew; None again once it stands: each would keep all before it."""
    renew_at: Instant | None = None
    retire_at: Instant | None = None
    """When it ends because another has taken its place."""
    tried: tuple[IPv4Address, ...] = ()
    """The peers of the crypto map entry that did not answer before this one was asked."""

    pending: tuple[Acquire, ...] = ()
    quick_modes: dict[int, "QuickMode"] = field(default_factory=dict)
    spent_ids: MessageIds = field(default_factory=MessageIds)
    first_message_id: int | None = None
    complaints: tuple[tuple[int, Instant], ...] = ()
    """The SPIs without an SA that the peer was told of within the last second, and when."""

    reserved: bool = False
    """Whether it is with a peer, by configuration or session: strangers cannot take its place."""
    beginning: bytes = b""
    """Of a responder, until phase 1 is complete: the first message behind the initiator's cookie."""

    serial: int = 0
    """When it began, and when phase 1 was complete, by the agenda's stamps."""
    opened: int = 0
    counted: bool = False
    entered_as: Endpoint = field(init=False)
    """Where the peer was when the SA began: it is filed under this."""

    about_ip: About = field(init=False)
    """The prefix of lines that never name the group."""
    about: About = field(init=False)
    """The prefix of its lines: with the group once the connection landed on one."""
    exchange: Exchange = field(init=False)
    """Phase 1 of this SA."""

    def __post_init__(self) -> None:
        self.entered_as = self.path.remote
        self.about_ip = self.about = About(ip=str(self.peer))
        self.exchange = Exchange(self.cookie_i, 0)

    @property
    def peer(self) -> IPv4Address:
        """The peer's address."""
        return self.path.remote.address

    @property
    def active(self) -> bool:
        """Whether phase 1 is complete."""
        return self.state in _ACTIVE

    @property
    def children(self) -> dict[int, Child]:
        """The children of its session, by inbound SPI; none before phase 1 is complete."""
        return self.session.children if self.session is not None else {}

    @property
    def renewing(self) -> bool:
        """Whether it is being renewed, was renewed, or is about to take another's place."""
        return self.renews is not None if not self.active else self.state is not State.MM_ACTIVE

    def next_deadline(self) -> Instant | None:
        """The earliest of its own timers and its quick modes'."""
        life = self.life
        moments = [self.deadline, self.expires, self.renew_at, self.retire_at, life.question, life.nat]
        if self.quick_modes:
            moments += [qm.deadline for qm in self.quick_modes.values()]
        return min([moment for moment in moments if moment is not None], default=None)

    def expects(self, spi: int) -> bool:
        """Whether an unfinished quick mode reserved this SPI for what it will receive."""
        return any(qm.spi_in == spi and qm.state is State.QM_WAIT_MSG3 for qm in self.quick_modes.values())

    def spend(self, message_id: int, now: Instant) -> None:
        """Remember a message id, so that it is not accepted again; after very many it is time to renew phase 1."""
        self.spent_ids.add(message_id)
        if len(self.spent_ids) == RENEW and self.active and (self.renew_at is None or self.renew_at > now):
            self.renew_at = now

    def drop(self, qm: "QuickMode") -> None:
        """A quick mode is over; again and again is harmless."""
        self.quick_modes.pop(qm.message_id, None)
        if not self.quick_modes:
            # A table that things were in keeps their room.
            self.quick_modes = {}

    def settle(self) -> None:
        """Phase 1 is complete: what only its own messages needed goes, and its secrets are overwritten.

        A responder keeps its last message: the initiator may not have it, and repeats its own.
        """
        if self.keys is not None:
            self.keys = self.keys.settled()
        self.pair = self.shared = self.chain = self.outgoing = None
        self.peer_public = self.nonce_i = self.nonce_r = self.own_id_body = b""
        if self.role is Role.INITIATOR:
            self.last_sent = None

    def land_on(self, group: TunnelGroup) -> None:
        """The tunnel-group that serves this peer; its name is in the lines from here on."""
        self.tunnel_group = group
        self.about = About(group.name, self.about.username, self.about.ip)

    def forget(self) -> None:
        """It is over: its keys are overwritten. The cipher's goes with the last of those who were told of it."""
        keys, pair = self.keys, self.pair
        for secret in (
            self.shared, pair.private if pair is not None else None,
            *((keys.skeyid, keys.d, keys.a, keys.e) if keys is not None else ()),
        ):  # fmt: skip
            if secret is not None:
                secret.forget()
        for qm in self.quick_modes.values():
            qm.forget()
        self.shared = self.keys = self.chain = None

    def move(self, path: Path) -> None:
        """Follow the peer to another address or port: only after a message there was authenticated."""
        if path.remote.address != self.peer:
            self.about_ip = About(ip=str(path.remote.address))
            self.about = replace(self.about, ip=self.about_ip.ip)
        self.path = path


@dataclass(slots=True, eq=False)
class QuickMode:
    """One quick mode. `proxies` are from this device's side."""

    sa: IkeSa
    message_id: int
    role: Role
    handle: int
    chain: Chain
    proxies: ProxyPair | None = None
    entry: MapEntry | None = None
    ace: AclEntry | None = None
    state: State = State.QM_START
    trace: Trace = field(default_factory=Trace)
    failure: Failure | None = None
    spi_in: int = 0
    session: int = 0
    scb: int = 0
    inbound_context: int = 0
    outbound_context: int = 0
    loaded: SaPair | None = None
    nonce_i: bytes = b""
    nonce_r: bytes = b""
    choice: TransformChosen | None = None
    group: DhGroup | None = None
    pair: KeyPair | None = None
    pfs_secret: Secret | None = None
    initial_contact: bool = False
    lifetime_seconds: int | None = None
    lifetime_kilobytes: int | None = None
    tell_lifetime: bool = False
    outgoing: Message | None = None
    last_sent: Send | None = None
    last_heard: bytes = b""
    tries: int = 0
    deadline: Instant | None = None
    replaces: int | None = None
    """The inbound SPI of the pair that this quick mode renews."""
    asked: Instant | None = None
    """When QM1 was made, where this side made it."""

    exchange: Exchange = field(init=False)
    """This quick mode."""
    about: About = field(init=False)
    """The prefix of its lines."""

    def __post_init__(self) -> None:
        self.about = self.sa.about
        self.exchange = Exchange(self.sa.cookie_i, self.message_id)

    def forget(self) -> None:
        """What the keys of its pair were made of is overwritten."""
        for secret in (self.pfs_secret, self.pair.private if self.pair is not None else None):
            if secret is not None:
                secret.forget()

    def settle(self) -> None:
        """Phase 2 is complete: what only the agreement needed goes. The last message stays, for a repetition."""
        self.choice = self.group = self.pair = self.pfs_secret = self.outgoing = None
        self.nonce_i = self.nonce_r = b""

    @property
    def settled(self) -> bool:
        """Whether it came to its end, good or bad."""
        return self.state in (State.QM_ACTIVE, State.QM_DONE)


def framed(octets: bytes, path: Path) -> bytes:
    """The UDP payload of an ISAKMP message: behind the non-ESP marker on port 4500 (RFC 3948 §2.2)."""
    return mark(octets) if path.local.port == FLOATED_PORT else octets


def resent(send: Send, path: Path) -> Send:
    """The same octets once more; along the path that holds now, unless its framing is another."""
    same_framing = path.local.port == send.path.local.port
    return replace(send, path=path if same_framing else send.path, retransmission=True)
