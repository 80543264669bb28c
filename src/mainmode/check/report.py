"""All that a check tells: of one pair, and of a folder. Values only; `faces` lays them out."""

from collections.abc import Mapping

from mainmode.base.dataclass import dataclass
from mainmode.check.caution import Caution
from mainmode.check.fix import Fix
from mainmode.check.hours import Hours
from mainmode.check.matrix import Cell, Matrix
from mainmode.check.trouble import Trouble
from mainmode.device.config.problem import Problem
from mainmode.ladder.transcript import Side


@dataclass(frozen=True, slots=True)
class Device:
    """One side of a pair: hostname, file, and the interface and address by which it faces the other."""

    side: Side
    hostname: str
    file: str
    interface: str
    address: str


@dataclass(frozen=True, slots=True)
class Checked:
    """One pair of peers. `fixes` mend all of its troubles at once, the smallest first, each proved on the whole matrix.

    `assumptions` are what the model took for granted (a hidden key, a peer that is in no file).
    `unread` are the lines of the two files that the reader refused or warned of.
    """

    devices: Mapping[Side, Device]
    matrix: Matrix
    troubles: tuple[Trouble, ...]
    fixes: tuple[Fix, ...]
    cautions: tuple[Caution, ...]
    assumptions: tuple[str, ...] = ()
    unread: Mapping[Side, tuple[Problem, ...]] | None = None
    hours: Hours | None = None

    @property
    def up(self) -> bool:
        """Whether all is up, and stays so over the hours that were asked for."""
        return self.matrix.up and (self.hours is None or not self.hours.drops)

    @property
    def idle(self) -> bool:
        """Whether nothing is down only because nothing could be tried, or nobody begins."""
        return not self.matrix.up and not any(True for _ in self.matrix.down())

    @property
    def unexplained(self) -> tuple[Cell, ...]:
        """The cells that are down and stand in no trouble."""
        known = {place for trouble in self.troubles for place in trouble.cells}
        return tuple(cell for cell in self.matrix.down() if (cell.row, cell.starter) not in known)


@dataclass(frozen=True, slots=True)
class Lonely:
    """A peer that a crypto map names and no configuration has: not checked. `line` is the `set peer`, as printed."""

    file: str
    peer: str
    line: str


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A pair of peers that was found and could not be checked, and why."""

    files: tuple[str, str]
    why: str


@dataclass(frozen=True, slots=True)
class Preflight:
    """All pairs that were checked, in the order of their files; what was left out, and why."""

    pairs: tuple[Checked, ...]
    lonely: tuple[Lonely, ...] = ()
    notes: tuple[str, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()

    @property
    def up(self) -> bool:
        """Whether every pair is up."""
        return not self.unchecked and all(pair.up for pair in self.pairs)
