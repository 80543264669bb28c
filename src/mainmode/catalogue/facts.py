"""What a line of a log tells, whoever said it: the same values for a firewall's debug, a router's, a daemon's, a
packet.

Every dialect's declarations yield these and nothing else; whoever correlates and explains knows no dialect. A fact
holds what its line says and no more: what is not said is None or empty. Names are spelled as in this module, whatever
the dialect prints (`spelling.py` turns a dialect's words into them).
"""

from enum import Enum

from mainmode.base.address import Proxy
from mainmode.base.dataclass import dataclass


class Phase(Enum):
    """Which SA is negotiated. Phase 1 is the IKE SA (main or aggressive mode), phase 2 the IPsec SAs (quick mode)."""

    ONE = 1
    TWO = 2


class Role(Enum):
    """Who began."""

    INITIATOR = "initiator"
    RESPONDER = "responder"


class Way(Enum):
    """From the device that wrote the log, or to it."""

    SENT = "sent"
    RECEIVED = "received"


class Whose(Enum):
    """Of the device that wrote the log, or of its peer."""

    OWN = "own"
    PEER = "peer"


class Exchange(Enum):
    """The kind of exchange that a message is part of (RFC 2408 §3.1, RFC 2409 §5)."""

    MAIN = "main mode"
    AGGRESSIVE = "aggressive mode"
    QUICK = "quick mode"
    INFORMATIONAL = "informational"
    TRANSACTION = "transaction"
    IKEV2 = "IKEv2"


@dataclass(frozen=True, slots=True)
class Tag:
    """What a line names to sort it by; empty or None where it does not.

    `sa` is the log writer's own name for the IKE SA (a router's connection number, a daemon's `#7` or `name[3]`),
    `group` a tunnel-group or the daemon's connection, `cookie` the initiator's cookie in hexadecimal. `thread` is a
    daemon's worker: what it says without naming a peer is about the one that it named last.
    """

    peer: str = ""
    local: str = ""
    group: str = ""
    sa: str = ""
    cookie: str = ""
    message_id: int | None = None
    role: Role | None = None
    thread: str = ""


NO_TAG = Tag()


@dataclass(frozen=True, slots=True)
class Suite:
    """Algorithms of a proposal; empty or None where not said.

    `encryption`: DES, 3DES, AES-128, AES-192, AES-256, AES (length unsaid), AES-GCM-128 …, NULL. `integrity`: MD5,
    SHA-1, SHA-256, SHA-384, SHA-512. `group`: the number in decimal. `authentication`: pre-shared key, RSA signature,
    and so on. `mode`: tunnel, transport, UDP tunnel, UDP transport. `protocol`: ESP, AH, IKE. Where one offer leaves
    several open, they are joined by a comma and a blank.
    """

    encryption: str = ""
    integrity: str = ""
    group: str = ""
    authentication: str = ""
    seconds: int | None = None
    kilobytes: int | None = None
    mode: str = ""
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class Began:
    """A negotiation begins. `name` is the crypto map or connection that asked for it."""

    phase: Phase
    role: Role | None = None
    rekey: bool = False
    name: str = ""
    exchange: Exchange | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message was sent or received.

    `payloads` are RFC names without numbers: SA, KE, ID, CERT, CERT_REQ, HASH, SIG, NONCE, NOTIFY, DELETE, VENDOR,
    ATTRIBUTES, NAT-D, NAT-OA, FRAGMENT. `name` is MM1 … MM6, AM1 … AM3, QM1 … QM3 where the dialect tells it. `length`
    is as printed. `again` is a repetition. `payloads` is empty where the line does not list them.
    """

    way: Way
    exchange: Exchange | None = None
    payloads: tuple[str, ...] = ()
    length: int | None = None
    again: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposal as offered by one side (not what was chosen). `number` counts them as the line does."""

    phase: Phase
    whose: Whose
    suite: Suite
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Agreed:
    """A proposal was found acceptable or chosen. `matched` names the own policy that it equals, where said."""

    phase: Phase
    suite: Suite = Suite()
    matched: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A proposal of one side was refused.

    `attribute` is encryption, key length, hash, group, authentication, lifetime, mode, pfs, protocol, or empty where
    the line only says that all were refused (`everything` is True then). `offered` and `configured` in `Suite`'s
    spelling.
    """

    phase: Phase
    attribute: str = ""
    offered: str = ""
    configured: str = ""
    everything: bool = False
    by: Whose = Whose.OWN


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor ID; `name` such as Cisco Unity, XAUTH, DPD, IOS, ASA, strongSwan, NAT-T RFC 3947, fragmentation."""

    whose: Whose
    name: str


@dataclass(frozen=True, slots=True)
class NatFound:
    """What NAT detection found; None where the line does not say."""

    own: bool | None = None
    peer: bool | None = None


@dataclass(frozen=True, slots=True)
class Floated:
    """The negotiation went on to UDP 4500."""

    port: int = 4500


@dataclass(frozen=True, slots=True)
class Identity:
    """A phase 1 identity. `kind`: address, FQDN, user FQDN, DN, key id, or the dialect's word."""

    whose: Whose
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Proxies:
    """Proxy identities as the log writer sees them: `own` is its side. One of both may be None where the line gives
    one.

    `by` tells whose proposal it is: PEER for what was received, OWN for what is configured or sent.
    """

    own: Proxy | None
    peer: Proxy | None
    by: Whose


@dataclass(frozen=True, slots=True)
class Notify:
    """A notify payload; `name` as in RFC 2408 §3.14.1 with hyphens: NO-PROPOSAL-CHOSEN, INVALID-COOKIE, R-U-THERE, …

    `protected` tells whether it came under the IKE SA, None where the line does not say. `phase` is of the SA that it
    is about where said.
    """

    way: Way
    name: str
    protected: bool | None = None
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """A delete payload was sent or received. `spis` in hexadecimal without 0x, eight digits."""

    way: Way
    phase: Phase | None = None
    spis: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Up:
    """An SA stands. SPIs in hexadecimal without 0x, eight digits, lower case; phase 2 only."""

    phase: Phase
    role: Role | None = None
    inbound: str = ""
    outbound: str = ""


@dataclass(frozen=True, slots=True)
class Spi:
    """An SPI that the line names outside of `Up`: eight hexadecimal digits; `whose` is the side that chose it."""

    spi: str
    whose: Whose


@dataclass(frozen=True, slots=True)
class State:
    """The state machine's state in the log writer's own words: MM_WAIT_MSG2, IKE_I_MM3, STATE_QUICK_I1.

    `waiting_for` is the message it waits for (MM2, QM2), where the state means that.
    """

    name: str
    waiting_for: str = ""


@dataclass(frozen=True, slots=True)
class GaveUp:
    """A negotiation or a wait ended without success. `waiting_for` as in `State`; `timeout` where time ran out."""

    phase: Phase | None
    waiting_for: str = ""
    timeout: bool = False


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer or a lifetime: `name` is rekey, lifetime, retransmit, keepalive or idle."""

    name: str
    phase: Phase | None = None
    seconds: int | None = None
    kilobytes: int | None = None


@dataclass(frozen=True, slots=True)
class LifetimeChanged:
    """A lifetime was overruled: of both the smaller one counts. `unit` is seconds or kilobytes."""

    phase: Phase
    before: int
    after: int
    unit: str = "seconds"
    by: Whose = Whose.OWN


class Why(Enum):
    """Why an SA or a session ended, as far as the line says."""

    PEER = "the peer deleted it"
    ADMIN = "somebody took it down here"
    IDLE = "nothing was carried for too long"
    LIFETIME = "its lifetime ended"
    SESSION_TIME = "the session lasted as long as it may"
    LOST = "the peer stopped answering"
    REPLACED = "another took its place"
    FAILED = "its negotiation failed"
    POLICY = "no crypto map entry fits"
    UNSAID = "no reason was said"


@dataclass(frozen=True, slots=True)
class Down:
    """An SA or a whole session ended; `words` is the reason as printed."""

    phase: Phase | None
    why: Why
    words: str = ""


class Symptom(Enum):
    """What a device states in so many words about something that is wrong. The value is the same in plain words."""

    # phase 1
    NO_POLICY = "it has no phase 1 policy at all, or none for this peer"
    KEY_WRONG = "a message did not decrypt or verify as it does where the pre-shared keys differ"
    KEY_MISSING = "it has no pre-shared key for the peer"
    NO_TUNNEL_GROUP = "it has no tunnel-group or connection for the peer"
    KEY_FROM_DEFAULT = "it took the default group's key for want of the peer's own"
    IDENTITY_MISMATCH = "the peer's identity is not the one expected"
    AGGRESSIVE_REFUSED = "aggressive mode is not allowed or not answered"
    MAIN_REFUSED = "main mode came where aggressive mode is configured"
    IKE_VERSION = "the peer or the configuration wants the other version of IKE"
    IKE_NOT_ENABLED = "IKE does not listen here"
    XAUTH = "extended authentication or mode configuration is asked for"
    CERTIFICATE = "a certificate is missing, expired, revoked or not trusted"
    SIGNATURE = "a signature does not verify"
    DH_GROUP = "a Diffie-Hellman group is unknown or its value is wrong"
    # phase 2
    NO_MATCHING_ENTRY = "no crypto map entry fits the proxy identities"
    ACL_MISMATCH = "a crypto map entry's access list does not fit the proxy identities"
    ENTRY_INCOMPLETE = "a crypto map entry is incomplete"
    MAP_NOT_BOUND = "no crypto map is bound to the interface"
    WRONG_PEER_FOR_ENTRY = "the crypto map entry that fits names another peer"
    DYNAMIC_ENTRY = "a dynamic entry answered"
    PROPOSAL_REFUSED = "no transform set fits the proposals"
    PFS_MISSING = "the peer sends no key exchange although PFS is asked for"
    PFS_UNWANTED = "the peer wants PFS, or another group"
    SAME_OUTER_AND_INNER = "inner and outer addresses are the same"
    # either
    NO_RESPONSE = "the peer does not answer"
    UNREAD_ANSWER = "an encrypted informational message came instead of the answer, and it cannot be read"
    UNANSWERED = "a message came again and again, and nothing left this end in answer"
    NOT_HEARD = "a message is repeated although its answer went out: the answer does not arrive"
    UNREACHABLE = "the network says that the peer or its port cannot be reached"
    CONNECTION_TYPE = "the connection-type forbids beginning or answering"
    LIMIT = "a limit on negotiations or tunnels is reached"
    DUPLICATE = "a repeated message came"
    COLLISION = "both sides negotiate at the same time"
    BAD_COOKIE = "cookies belong to no IKE SA here"
    NO_SA = "a protected message came for no SA that is known"
    MALFORMED = "a message is malformed"
    UNEXPECTED = "a message does not fit the state"
    NOT_PROTECTED = "a message came unprotected that must be protected"
    CATCH_ALL = "something failed, and the line says no more"
    PROTOCOL = "the tunnel protocol is not allowed by the group policy"
    CONFIGURATION = "the device says that its configuration is at fault"
    ROUTING = "the route or the interface changed, or there is none"
    FRAGMENTS = "IKE or IP fragments do not come together"
    # the tunnel's life
    PEER_LOST = "dead peer detection had no answer"
    UNKNOWN_SPI = "an ESP packet or a notify names an SPI that is not known"
    REPLAY = "an ESP packet was seen before or is too old"
    INTEGRITY = "an ESP packet does not verify"
    INNER_MISMATCH = "a decrypted packet is outside the SA's proxies"
    CLEAR_TEXT = "a packet came in clear that should be protected"
    NAT_ASYMMETRIC = "address translation differs forward and back"
    TRANSLATED = "the traffic is translated before it reaches the crypto map"
    DENIED = "an access list denies the traffic"
    PATH_MTU = "packets are too large for the path"
    NOT_INTERESTING = "the traffic matches no crypto access list"


@dataclass(frozen=True, slots=True)
class Told:
    """A device states a symptom. `detail` is what the line adds: a name, an address, a number; never a key."""

    symptom: Symptom
    phase: Phase | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Traffic asks for a tunnel. `name` is the crypto map and its entry where said."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The tunnel-group, profile or connection that was chosen for the peer."""

    name: str


@dataclass(frozen=True, slots=True)
class Carried:
    """What an SA or a session carried, as a line or a capture counts it; None where it does not say.

    `unit` is octets or packets. `whole` tells that it is the count at the end of the SA, not in between.
    """

    sent: int | None
    received: int | None
    unit: str = "octets"
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Configured:
    """A connection, or a key, was loaded from the configuration.

    `exchange` is the version or the mode of phase 1, where said. `ends` are the addresses and identities that it is
    for, the device's own among them.
    """

    name: str
    exchange: Exchange | None = None
    ends: tuple[str, ...] = ()


Fact = (
    Began
    | Message
    | Offer
    | Agreed
    | Refused
    | Vendor
    | NatFound
    | Floated
    | Identity
    | Proxies
    | Notify
    | Deleted
    | Up
    | Spi
    | State
    | GaveUp
    | Timer
    | LifetimeChanged
    | Down
    | Told
    | Wanted
    | Group
    | Carried
    | Configured
)
