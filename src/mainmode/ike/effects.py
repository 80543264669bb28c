"""What the machines want done and said, as values in one ordered stream. A shell carries them out in this order."""

from dataclasses import field
from enum import Enum
from typing import NamedTuple

from mainmode.base.address import Path
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop
from mainmode.base.instant import Span
from mainmode.base.provenance import Source
from mainmode.base.secret import Secret
from mainmode.catalogue.entry import Line
from mainmode.ipsec.dataplane import SaPair
from mainmode.wire.message import Message


class Step(Enum):
    """Where in a negotiation something happens."""

    TRIGGER = "trigger"
    MM1 = "MM1"
    MM2 = "MM2"
    MM3 = "MM3"
    MM4 = "MM4"
    MM5 = "MM5"
    MM6 = "MM6"
    QM1 = "QM1"
    QM2 = "QM2"
    QM3 = "QM3"
    INFORMATIONAL = "INFO"
    KEEPALIVE = "DPD"
    DATA = "data"
    TEARDOWN = "teardown"


class Role(Enum):
    """Who sent the first message."""

    INITIATOR = "Initiator"
    RESPONDER = "Responder"


class Exchange(NamedTuple):
    """Which negotiation: the initiator's cookie (8 octets, empty before there is one) and message id (0: phase 1)."""

    cookie: bytes
    message_id: int


NO_EXCHANGE = Exchange(b"", 0)


class Cause(Enum):
    """Why a negotiation failed; the code is stable, the value is a sentence."""

    PSK_MISMATCH = "the pre-shared keys differ"
    NO_TUNNEL_GROUP = "no tunnel-group (or no key in it) for the peer's address"
    PHASE1_MISMATCH = "no common phase 1 policy"
    TRANSFORM_MISMATCH = "no common transform set"
    PFS_MISMATCH = "the perfect forward secrecy settings differ"
    PROXY_MISMATCH = "the crypto ACLs are not mirrors of each other"
    NO_ANSWER = "the peer does not answer"
    PEER_REFUSED = "the peer refused, with a notify"
    IKE_NOT_ENABLED = "IKE is not enabled on the interface"
    NO_CRYPTO_MAP = "no crypto map is bound to the interface"
    NO_MATCHING_ENTRY = "no complete crypto map entry for this peer"
    NOT_INTERESTING = "the traffic matches no crypto map entry"
    CONNECTION_TYPE = "the connection-type forbids this direction"
    BAD_MESSAGE = "a message of the peer cannot be accepted"
    PROTOCOL_NOT_ALLOWED = "the group-policy allows no IKEv1 tunnel"
    REROUTED = "the peer is reached by another interface now"
    LIMIT = "a limit on negotiations was reached"
    PEER_DELETED = "the peer deleted the SA"
    LIFETIME = "the lifetime ended"
    LOST_PEER = "the peer stopped answering keepalives"
    ADMIN = "taken down by the administrator"
    IDLE = "no traffic for as long as the idle timeout"
    SESSION_TIME = "the session lasted as long as it may"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why, as this side sees it. `attribute`, `offered` and `configured` are filled where one attribute decided."""

    cause: Cause
    step: Step
    detail: str
    attribute: str = ""
    offered: str = ""
    configured: str = ""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Send:
    """A datagram for the wire. On port 4500 it begins with the non-ESP marker already.

    `message` is the same in clear: what a lab shows of encrypted messages; None for a NAT keepalive.
    """

    datagram: bytes
    path: Path
    step: Step
    exchange: Exchange
    message: Message | None = None
    retransmission: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """A line of the device, with the statements it rests on."""

    line: Line
    step: Step
    exchange: Exchange
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that came encrypted, as it is in clear. Only a capture of the device's own IKE reads it."""

    message: Message
    path: Path


@dataclass(frozen=True, slots=True)
class Dropped:
    """A datagram or packet that ended here, by name. `packet` is the whole IPv4 packet, where the box saw it."""

    reason: Drop
    path: Path | None
    detail: str = ""
    sources: tuple[Source, ...] = ()
    packet: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Phase1Up:
    """An IKE SA is established."""

    exchange: Exchange
    path: Path
    role: Role
    group_name: str


@dataclass(frozen=True, slots=True)
class Phase1Keyed:
    """The cipher key of an IKE SA is known, before the peer is proven. Only a key log reads it."""

    exchange: Exchange
    cipher_key: Secret


@dataclass(frozen=True, slots=True)
class Phase1Down:
    """An IKE SA ended or never came up."""

    exchange: Exchange
    path: Path
    role: Role
    failure: Failure


@dataclass(frozen=True, slots=True)
class InstallSa:
    """A pair of IPsec SAs to install; phase 2 is up with it. `replaces` names the inbound SPI that it renews.

    Where this side began the renewal, outbound traffic stays on the old pair until `UseSa` or until a packet comes on
    the new one. `answered_in`: how long the peer took for QM2, where this side began.
    """

    pair: SaPair
    exchange: Exchange
    replaces: int | None = None
    answered_in: Span | None = None


@dataclass(frozen=True, slots=True)
class UseSa:
    """Outbound traffic moves to this pair of IPsec SAs, named by its inbound SPI: the peer has installed it too."""

    inbound_spi: int


@dataclass(frozen=True, slots=True)
class MoveSa:
    """The peer of a pair of IPsec SAs, named by its inbound SPI, is reached along another path now."""

    inbound_spi: int
    path: Path


@dataclass(frozen=True, slots=True)
class RemoveSa:
    """A pair of IPsec SAs to remove, named by its inbound SPI."""

    inbound_spi: int
    failure: Failure


@dataclass(frozen=True, slots=True)
class Phase2Failed:
    """A quick mode ended without SAs."""

    exchange: Exchange
    path: Path
    role: Role
    failure: Failure


@dataclass(frozen=True, slots=True)
class AcquireFailed:
    """Traffic asked for a tunnel and no negotiation could even begin."""

    failure: Failure


Effect = (
    Send
    | Say
    | Opened
    | Dropped
    | Phase1Up
    | Phase1Keyed
    | Phase1Down
    | InstallSa
    | UseSa
    | MoveSa
    | RemoveSa
    | Phase2Failed
    | AcquireFailed
)
