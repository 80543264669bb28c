"""The matrix: what came of each permit entry of the crypto access lists, begun by either side. Values only."""

from collections.abc import Iterator, Mapping
from enum import Enum

from mainmode.base.address import ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.check.agreed import Agreed
from mainmode.device.config.model import Ace, CryptoMapEntry
from mainmode.lab.traffic import Traffic
from mainmode.ladder.transcript import Blame, Side


class Came(Enum):
    """What came of the traffic of one entry, begun by one side."""

    UP = "up"
    NARROWED = "narrowed"
    """The tunnel carries it, but the SA covers less than the line by which the other side took it."""
    OTHER_ENTRY = "answered by another entry"
    """The tunnel carries it, but not by the line, or by the entry of the other side's crypto map, that mirrors it."""
    REJECTED = "rejected"
    NO_ANSWER = "no answer"
    NO_REPLY = "up, no reply"
    """The SAs stand, and what is sent through them, or back, does not arrive."""
    IN_CLEAR = "sent in clear"
    NEVER_LEAVES = "never leaves"
    """No route, translation, or an access list stops it before it asks for a tunnel."""
    NOT_BEGUN = "not begun, as configured"
    """This side only answers: its entry is dynamic or answer-only, and the other side can begin."""
    UNTRIED = "not tried"
    """Nothing can be sent for it; `sentence` says why."""

    @property
    def carries(self) -> bool:
        """Whether the traffic goes through the tunnel and back."""
        return self in (Came.UP, Came.NARROWED, Came.OTHER_ENTRY)

    @property
    def down(self) -> bool:
        """Whether the cell counts as down."""
        return not self.carries and self not in (Came.NOT_BEGUN, Came.UNTRIED)


@dataclass(frozen=True, slots=True)
class Line:
    """A permit line of one side: its crypto map entry, the ACE, one pair of networks of it as that side sees it."""

    side: Side
    entry: CryptoMapEntry
    ace: Ace
    proxies: ProxyPair


@dataclass(frozen=True, slots=True)
class Row:
    """One pair of networks to protect: the lines that name it, on both sides, or on one where it has no mirror.

    `number` counts from 1. `proxies` are as side A sees them.
    """

    number: int
    lines: Mapping[Side, Line]
    proxies: ProxyPair


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision of one device on the way: at which stage (packet-tracer's words, or `IKE phase 1`, `IKE phase 2`),
    what it did, a sentence, and the lines that it rests on."""

    side: Side
    stage: str
    what: str
    text: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One row begun by one side.

    `stage` is `packet path`, `phase 1`, `phase 2`, `data`, or empty where it is up. `cause` is a code of `lab.causes`,
    empty unless it is down, and `at` the side that found out or is at fault. `rulings` tell the way in its order,
    `blames` are the places of the cause on both sides. `agreed` is what the two negotiated, None where no tunnel
    stands. `sent` is the traffic that it was tried with.
    """

    row: int
    starter: Side
    came: Came
    stage: str
    cause: str
    sentence: str
    rulings: tuple[Ruling, ...] = ()
    blames: tuple[Blame, ...] = ()
    agreed: Agreed | None = None
    sent: Traffic | None = None
    at: Side | None = None


@dataclass(frozen=True, slots=True)
class Matrix:
    """All rows and cells of a pair; `cells` holds two for each row, by A and by B, in the order of the rows.

    `untried` is how many pairs of networks more there are, beyond the bound of what is tried.
    """

    rows: tuple[Row, ...]
    cells: tuple[Cell, ...]
    untried: int = 0

    def of(self, row: int, starter: Side) -> Cell:
        """The cell of a row and a side."""
        return next(cell for cell in self.cells if cell.row == row and cell.starter is starter)

    def down(self) -> Iterator[Cell]:
        """The cells that are down."""
        return (cell for cell in self.cells if cell.came.down)

    @property
    def up(self) -> bool:
        """Whether no cell is down, and something was carried."""
        return not any(True for _ in self.down()) and any(cell.came.carries for cell in self.cells)
