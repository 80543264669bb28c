"""A transcript: what one or two devices sent and said, in true order, as plain values. All layouts read this.

The lab fills it from effects; a reader of strangers' logs fills it from text. Neither is known here. What only a log
leaves unsaid (a length, what became of a message, the time) has a value for it.
"""

from dataclasses import field
from enum import Enum

from mainmode.base.dataclass import dataclass
from mainmode.base.decoded import Decoded
from mainmode.base.instant import Instant
from mainmode.base.provenance import Source

EPOCH = Instant(0)


class Side(Enum):
    """Which column: the first device named on the command line is A."""

    A = "a"
    B = "b"

    @property
    def other(self) -> "Side":
        """The other column."""
        return Side.B if self is Side.A else Side.A


@dataclass(frozen=True, slots=True)
class Device:
    """One device: hostname, configuration file's name, its lines (keys masked), and its IKE address.

    `log` is the name of the log that it wrote, empty in the lab and for a peer that is known by its messages only.
    """

    side: Side
    hostname: str
    file: str
    config: tuple[str, ...]
    address: str
    log: str = ""


class Fate(Enum):
    """What became of a message on the wire."""

    DELIVERED = "delivered"
    LOST = "lost"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


class Clock(Enum):
    """Whose time the instants are."""

    VIRTUAL = "virtual"
    """The lab's."""
    LOG = "log"
    """That of the log, of the first one where there are two."""
    NONE = "none"
    """The log has none: instants tell the order only."""


@dataclass(frozen=True, slots=True)
class MessageSent:
    """One message on the wire between the devices.

    `length` is the printed total (without cipher padding), `octets` the UDP payload's size, each None where no log
    tells it. `payloads` are the chain's names in the device's spelling (`SA (1)`, `NAT-D (20)`).
    """

    number: int
    side: Side
    at: Instant
    name: str
    length: int | None
    octets: int | None
    encrypted: bool
    source: str
    destination: str
    cookies: str
    message_id: int
    payloads: tuple[str, ...]
    decoded: tuple[Decoded, ...]
    fate: Fate
    fate_detail: str = ""
    arrives_at: Instant | None = None
    retransmission: bool = False


@dataclass(frozen=True, slots=True)
class MessageArrived:
    """The message with this number reached the other device."""

    number: int
    side: Side
    at: Instant


@dataclass(frozen=True, slots=True)
class LineSaid:
    """A line of one device, printed whole (prefix and bracket included); `entry` is its catalogue entry.

    In a ladder of logs, `line` is its number in the log, `about` the number of the message that it stands with (0: none
    in particular), and `gave_up` says that it ends the waiting for the message of its step.
    """

    side: Side
    at: Instant
    text: str
    entry: str
    step: str
    sources: tuple[Source, ...] = ()
    cookie: str = ""
    message_id: int = 0
    line: int = 0
    about: int = 0
    gave_up: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that the run itself tells, not a device: a packet dropped by name, a fault, a ping."""

    at: Instant
    side: Side | None
    text: str
    step: str = ""
    sources: tuple[Source, ...] = ()
    about: int = 0


Event = MessageSent | MessageArrived | LineSaid | Remark


class Outcome(Enum):
    """How the run ended; CLOSED and OPEN are told of logs only: it was up and ended, or the log shows no end."""

    UP = "up"
    DOWN = "down"
    CLOSED = "closed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Blame:
    """A place of the verdict: side, what about it, and the statement (or its absence)."""

    side: Side
    note: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Up or down, how far it came, and why.

    `reached` is `none`, `phase 1` or `phase 2`; `cause` the stable code (empty when up); `blames` the places
    on each side. `side` is the one that found out, or is at fault; None where no side is known.
    """

    outcome: Outcome
    reached: str
    cause: str
    sentence: str
    blames: tuple[Blame, ...] = ()
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """One echo request from an inside host. `round_trip` in microseconds of virtual time, None: no reply."""

    side: Side
    source: str
    destination: str
    sequence: int
    sent_at: Instant
    round_trip: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """The output of one show command on one device."""

    side: Side
    command: str
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """The whole run. `initiator` is the side that sent the first MM1, None when nobody did."""

    devices: tuple[Device, ...]
    events: tuple[Event, ...]
    verdict: Verdict
    initiator: Side | None
    pings: tuple[Ping, ...] = ()
    shows: tuple[Shown, ...] = ()
    seed: int | None = None
    started_at: Instant = EPOCH
    notes: tuple[str, ...] = field(default=())
    clock: Clock = Clock.VIRTUAL
