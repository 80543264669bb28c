"""What the table of a pair cannot say in a word: why something was not begun or tried, and by which entry else."""

from collections.abc import Iterator

from mainmode.check.faces.naming import cells_of, name_of, networks
from mainmode.check.matrix import Came, Cell
from mainmode.check.report import Checked
from mainmode.ladder.sheet import Items
from mainmode.ladder.transcript import Side

_PLAIN = "The tunnel is up and carries traffic."
"""What the lab says of a run in which nothing is odd."""


def oddities(checked: Checked) -> Iterator[Items]:
    """One list of all cells that are neither down nor plainly up; what is alike stands together."""
    alike: dict[str, list[tuple[int, Side]]] = {}
    for cell in checked.matrix.cells:
        told = told_of(checked, cell)
        if told:
            alike.setdefault(told, []).append((cell.row, cell.starter))
    if alike:
        yield Items("Neither down nor plainly up", tuple((cells_of(checked, tuple(c)), t) for t, c in alike.items()))


def told_of(checked: Checked, cell: Cell) -> str:
    """What is to be said of a cell beside its outcome; empty for what is down, and for what is plainly up."""
    if cell.came.down:
        return ""
    if cell.came in (Came.NARROWED, Came.OTHER_ENTRY) and cell.agreed is not None:
        standing = cell.agreed.sides
        spelled = (
            f"{name_of(checked, side)} by crypto map {one.map_name} {one.map_sequence} for {networks(one.proxies)}"
            for side, one in sorted(standing.items(), key=lambda item: item[0].value)
        )
        return f"{cell.came.value}: {', '.join(spelled)}" if standing else cell.sentence
    return "" if cell.sentence == _PLAIN else cell.sentence
