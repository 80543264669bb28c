"""What the run of edited configurations shows, in one sentence."""

from collections.abc import Iterable, Mapping, Sequence

from mainmode.check.fix import Edit, Proof
from mainmode.check.matrix import Came, Cell, Matrix
from mainmode.ladder.transcript import Side

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_MOST_NAMED = 3


def proof_of(edits: Sequence[Edit], after: Matrix, names: Mapping[Side, str]) -> Proof:
    """The proof of edits whose matrix is `after`; `names` are the hostnames."""
    return Proof(after, f"with {_typed(edits, names)}: {shown(after, names)}", after.up)


def _typed(edits: Sequence[Edit], names: Mapping[Side, str]) -> str:
    """`these two commands on hub and this command on site7`."""
    parts = []
    for side in Side:
        count = sum(len(edit.lines) for edit in edits if edit.side is side)
        if count == 1:
            parts.append(f"this command on {names[side]}")
        elif count:
            parts.append(f"these {_NUMBERS[count] if count < len(_NUMBERS) else count} commands on {names[side]}")
    return " and ".join(parts)


def shown(matrix: Matrix, names: Mapping[Side, str]) -> str:
    """What a matrix shows, row by row, those alike put together: `up in both directions, entries 1-3`."""
    alike: dict[str, list[int]] = {}
    for row in matrix.rows:
        cells = {side: matrix.of(row.number, side) for side in Side}
        alike.setdefault(_of_row(cells, names), []).append(row.number)
    told = [f"{what}, {_entries(rows, len(matrix.rows))}" for what, rows in alike.items() if what]
    return "; ".join(told) or "nothing could be tried"


def _of_row(cells: Mapping[Side, Cell], names: Mapping[Side, str]) -> str:
    carried = [side for side in Side if cells[side].came.carries]
    if len(carried) == len(Side):
        return "up in both directions"
    if not carried:
        causes = {cell.came.value for cell in cells.values() if cell.came.down}
        return f"still down ({', '.join(sorted(causes))})" if causes else cells[Side.A].came.value
    up, other = carried[0], cells[carried[0].other]
    if other.came is Came.NOT_BEGUN:
        return f"up when {names[up]} begins, and {names[up.other]} only answers"
    return f"up when {names[up]} begins, {other.came.value} when {names[up.other]} does"


def _entries(rows: Sequence[int], all_rows: int) -> str:
    """`the one entry`, `entries 1-3 and 5`."""
    if all_rows == 1:
        return "the one entry there is"
    spans = [f"{first}-{last}" if last > first else f"{first}" for first, last in _spans(rows)]
    if len(spans) > _MOST_NAMED + 1:
        spans = [*spans[:_MOST_NAMED], f"{len(rows)} in all"]
    noun = "entry" if len(rows) == 1 else "entries"
    return f"{noun} {', '.join(spans[:-1])} and {spans[-1]}" if len(spans) > 1 else f"{noun} {spans[0]}"


def _spans(rows: Iterable[int]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for row in rows:
        if spans and spans[-1][1] == row - 1:
            spans[-1] = (spans[-1][0], row)
        else:
            spans.append((row, row))
    return spans
