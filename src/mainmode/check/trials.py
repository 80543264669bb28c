"""Sets of edits, typed into the pair and run; each set, and each cell of it, once."""

from collections.abc import Iterable, Iterator, Mapping

from mainmode.base.address import ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.check.fix import Edit
from mainmode.check.goal import Goal, Wanted
from mainmode.check.matrix import Cell, Matrix, Row
from mainmode.check.repairs.declaration import Case
from mainmode.check.subject import Subject, edited
from mainmode.check.trying import cell_of, rows_of
from mainmode.lab.facing import entries
from mainmode.ladder.transcript import Side

Edits = tuple[Edit, ...]
_Key = frozenset[Edit]
_End = tuple[str, int] | None
"""A side's crypto map entry: its map and its number."""

_OF_NO_MIRROR = ("NOT_INTERESTING", "DENIED", "NO_ROUTE", "NO_NAT_EXEMPTION", "NO_REPLY", "RUN_ENDED")
"""What may come of the traffic of a line that has no mirror, besides that its proxies are refused."""

_MOST_KEPT = 6
"""Pairs with edits that are kept as read, those used last: a large file takes room."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A pair with edits, as read, and its rows: of these very configurations, as repairs look for lines by identity."""

    subject: Subject
    rows: Mapping[ProxyPair, Row]
    untried: int


class Trials:
    """Runs of one pair with edits.

    `typed` counts the sets of edits that were typed in, `spent` also the cells that were run: a search ends by it.
    """

    def __init__(self, before: Subject, matrix: Matrix) -> None:
        self.typed = self.spent = 0
        self.names = before.names
        self._wanted = frozenset(row.proxies for row in matrix.rows)
        self._read: dict[_Key, _Read] = {}
        self._refused: set[_Key] = set()
        self._cells: dict[tuple[_Key, Wanted], Cell] = {}
        self._matrices: dict[_Key, Matrix] = {frozenset(): matrix}
        self._as_given = _Read(before, _by_networks(matrix.rows), matrix.untried)
        for row in matrix.rows:
            for starter in Side:
                self._cells[frozenset(), (row.proxies, starter)] = matrix.of(row.number, starter)

    def typable(self, edits: Edits) -> bool:
        """Whether the device takes the edits, and the two have to do with each other with them."""
        return self._find(edits) is not None

    def _find(self, edits: Edits) -> "_Read | None":
        key = frozenset(edits)
        if not edits or key in self._refused:
            return None if edits else self._as_given
        found = self._read.pop(key, None) or self._typed(edits)
        if found is None:
            self._refused.add(key)
            return None
        self._read[key] = found
        if len(self._read) > _MOST_KEPT:
            del self._read[next(iter(self._read))]
        return found

    def _typed(self, edits: Edits) -> "_Read | None":
        self.typed += 1
        self.spent += 1
        try:
            subject = edited(self._as_given.subject, edits)
        except InputError:
            return None
        rows, untried = rows_of(subject, self._wanted)
        return _Read(subject, _by_networks(rows), untried)

    def cell(self, edits: Edits, wanted: Wanted) -> Cell | None:
        """One cell of the pair with the edits; None where no line names its networks any more."""
        key = frozenset(edits)
        if (key, wanted) not in self._cells:
            read = self._must(edits)
            row = read.rows.get(wanted[0])
            if row is None:
                return None
            self.spent += 1
            self._cells[key, wanted] = cell_of(read.subject, row, wanted[1])
        return self._cells[key, wanted]

    def matrix(self, edits: Edits) -> Matrix:
        """The whole matrix of the pair with the edits; of rows beyond the bound, those that there were before."""
        key = frozenset(edits)
        if key not in self._matrices:
            read = self._must(edits)
            found = (self.cell(edits, (proxies, starter)) for proxies in read.rows for starter in Side)
            cells = tuple(cell for cell in found if cell is not None)
            self._matrices[key] = Matrix(tuple(read.rows.values()), cells, read.untried)
        return self._matrices[key]

    def cases(self, edits: Edits, goal: Goal) -> Iterator[Case]:
        """What is still down of a goal: the cells of one cause between one pair of crypto map entries together.

        Its rows are all those of the goal that are down between these entries: a change may mend them at once.
        """
        read, down = self._must(edits), list(self._down(edits, goal))
        alike: dict[tuple[str, tuple[_End, ...]], list[Cell]] = {}
        for row, cell in down:
            alike.setdefault((_cause(read.subject, row, cell), _ends(row)), []).append(cell)
        for (cause, ends), cells in alike.items():
            rows = {row.number: row for row, _ in down if _meet(_ends(row), ends)}
            own = [rows.pop(number) for number in dict.fromkeys(cell.row for cell in cells)]
            yield Case(read.subject, cause, tuple(cells), (*own, *rows.values()))

    def _down(self, edits: Edits, goal: Goal) -> Iterator[tuple[Row, Cell]]:
        rows = self._must(edits).rows
        for wanted in goal.wanted:
            row, cell = rows.get(wanted[0]), self.cell(edits, wanted)
            if row is not None and cell is not None and cell.came.down:
                yield row, cell

    def _must(self, edits: Edits) -> "_Read":
        found = self._find(edits)
        if found is None:
            raise ValueError("edits that cannot be typed are not run")
        return found


def _cause(subject: Subject, row: Row, cell: Cell) -> str:
    """The cause of a cell; of a row that stands on one side alone, that it has no mirror, whatever came of it."""
    if cell.cause not in _OF_NO_MIRROR or len(row.lines) == len(Side):
        return cell.cause
    side = next(side for side in Side if side not in row.lines)
    peers = [facing.ends[side.other].address for facing in subject.facing]
    named = any(any(True for _ in entries(subject.pair[side], peer)) for peer in peers)
    return "PROXY_MISMATCH" if named else cell.cause


def _by_networks(rows: Iterable[Row]) -> Mapping[ProxyPair, Row]:
    return {row.proxies: row for row in rows}


def _ends(row: Row) -> tuple[_End, ...]:
    """The crypto map entry of either side for a row, None where it has no line."""
    lines = (row.lines.get(side) for side in Side)
    return tuple((line.entry.map_name, line.entry.sequence) if line is not None else None for line in lines)


def _meet(one: tuple[_End, ...], other: tuple[_End, ...]) -> bool:
    """Whether the entries of two rows are the same, as far as both have them."""
    pairs = list(zip(one, other, strict=True))
    return all(first is None or second is None or first == second for first, second in pairs)


def in_order(edits: Iterable[Edit]) -> Edits:
    """Edits side by side, each once, those of one side in the order in which they were found."""
    found = tuple(dict.fromkeys(edits))
    return tuple(edit for side in Side for edit in found if edit.side is side)
