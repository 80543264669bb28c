"""A cause behind cells that are down: the sentence, the places on both sides, what each device says. Values only."""

from collections.abc import Mapping

from mainmode.base.dataclass import dataclass
from mainmode.check.fix import Fix
from mainmode.ladder.transcript import Blame, LineSaid, Side


@dataclass(frozen=True, slots=True)
class Trouble:
    """One cause with all cells (row, starter) that it holds for.

    `code` is a code of `lab.causes`. `places` name on each side the line, or the line that is missing. `said` are the
    debug lines of each device that tell of it, in order, as printed with `debug crypto ikev1 127` and
    `debug crypto ipsec 127`. `at_fault` is the side whose configuration is wrong by itself; None where the two do not
    fit and either may change. `fixes` are proved alternatives; with none, `unproved` says what was tried.
    """

    code: str
    title: str
    sentence: str
    cells: tuple[tuple[int, Side], ...]
    at_fault: Side | None
    places: tuple[Blame, ...]
    said: Mapping[Side, tuple[LineSaid, ...]]
    fixes: tuple[Fix, ...] = ()
    unproved: str = ""
