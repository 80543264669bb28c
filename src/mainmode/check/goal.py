"""What a fix is for: the cells that are to carry, and when a matrix of edited configurations shows that it holds."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

from mainmode.base.address import ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.check.matrix import Came, Cell, Matrix, Row
from mainmode.ladder.transcript import Side

Wanted = tuple[ProxyPair, Side]
"""A cell, known across edits by the networks of its row, as side A sees them, and by who begins."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Cells of the matrix `before` that are down, and shall carry; all that carried there must go on.

    `whole`: nothing at all may be down in the end, rows included that show only with the edits.
    """

    before: Matrix
    wanted: tuple[Wanted, ...]
    whole: bool = False


def goal_of(before: Matrix, cells: Iterable[tuple[int, Side]]) -> Goal:
    """The goal that these cells (row number, starter) carry."""
    rows = {row.number: row for row in before.rows}
    return Goal(before, tuple((rows[number].proxies, starter) for number, starter in cells if number in rows))


def all_up(before: Matrix) -> Goal:
    """The goal that nothing is down."""
    return replace(goal_of(before, _down(before)), whole=True)


def rest_of(goal: Goal, after: Matrix) -> Goal:
    """What is left of a whole goal where its cells carry: those that came with the edits, and are down."""
    return replace(goal, wanted=goal_of(after, _down(after)).wanted)


def _down(matrix: Matrix) -> Iterator[tuple[int, Side]]:
    return ((cell.row, cell.starter) for cell in matrix.down())


def cell_by(matrix: Matrix, wanted: Wanted) -> Cell | None:
    """The cell of these networks and this starter; None where no line names them."""
    row = _row(matrix, wanted[0])
    return matrix.of(row.number, wanted[1]) if row is not None else None


def _row(matrix: Matrix, proxies: ProxyPair) -> Row | None:
    return next((row for row in matrix.rows if row.proxies == proxies), None)


def fulfilled(goal: Goal, after: Matrix, wanted: Wanted) -> bool:
    """Whether one cell of the goal holds.

    It carries; or its side only answers, and the other begins. A row that stood on one side alone may have become
    another one: as the line was replaced, the row that came of it must carry.
    """
    cell = cell_by(after, wanted)
    if cell is not None:
        other = after.of(cell.row, cell.starter.other)
        return cell.came.carries or (cell.came is Came.NOT_BEGUN and other.came.carries)
    row = _row(goal.before, wanted[0])
    return row is not None and len(row.lines) == 1 and any(_heirs(goal.before, after, row))


def _heirs(before: Matrix, after: Matrix, lost: Row) -> Iterator[Row]:
    """The rows of two lines that carry now and did not so before, and share a network with one that is no more."""
    for row in after.rows:
        old = _row(before, row.proxies)
        stood = old is not None and len(old.lines) == len(Side) and _carries(before, old)
        if len(row.lines) == len(Side) and not stood and _carries(after, row) and _share(row.proxies, lost.proxies):
            yield row


def _carries(matrix: Matrix, row: Row) -> bool:
    cells = [matrix.of(row.number, side).came for side in Side]
    return any(came.carries for came in cells) and not any(came.down for came in cells)


def _share(one: ProxyPair, other: ProxyPair) -> bool:
    """Whether two rows have a network in common, at the same end or, as in a line the wrong way round, at the other."""
    ends = product((one.local, one.remote), (other.local, other.remote))
    return any(first.first <= second.last and second.first <= first.last for first, second in ends)


def harmless(goal: Goal, after: Matrix) -> bool:
    """Whether all that carried before the edits does so with them; a row may have gone into a wider one."""
    for cell in goal.before.cells:
        if not cell.came.carries:
            continue
        proxies = goal.before.rows[cell.row - 1].proxies
        now = cell_by(after, (proxies, cell.starter))
        if now is not None and not now.came.carries:
            return False
        if now is None and not after.untried and not any(_covers(after, row, proxies) for row in after.rows):
            return False
    return True


def _covers(after: Matrix, row: Row, proxies: ProxyPair) -> bool:
    wider = row.proxies.local.covers(proxies.local) and row.proxies.remote.covers(proxies.remote)
    return wider and _carries(after, row)


def reached(goal: Goal, after: Matrix) -> bool:
    """Whether all of the goal holds, and nothing else is lost."""
    held = all(fulfilled(goal, after, one) for one in goal.wanted) and harmless(goal, after)
    return held and (after.up or not goal.whole)
