"""The sum of a check in a sentence or two."""

from collections import Counter
from collections.abc import Iterator

from mainmode.check.faces.naming import name_of
from mainmode.check.matrix import Came, Cell
from mainmode.check.report import Checked, Preflight


def counted(number: int, one: str, many: str = "") -> str:
    """`1 pair`, `3 pairs`."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def verdict(checked: Checked) -> str:
    """What came of a pair: whether all is up, else how much is down and by which causes; what mends it."""
    return " ".join(_sentences(checked))


def _sentences(checked: Checked) -> Iterator[str]:
    matrix = checked.matrix
    if not matrix.rows:
        yield "No line of either side's crypto access lists names networks for the other side."
        return
    tried = [cell for cell in matrix.cells if cell.came is not Came.UNTRIED]
    down = [cell for cell in tried if cell.came.down]
    if down:
        are = "is" if len(down) == 1 else "are"
        yield f"{len(down)} of {counted(len(tried), 'direction')} {are} down: {_why(checked, down)}."
        yield from _mended(checked)
    elif not matrix.up:
        reasons = {cell.sentence for cell in matrix.cells if cell.came is Came.UNTRIED and cell.sentence}
        why = f": {reasons.pop()}" if len(reasons) == 1 else ""
        yield f"Nothing was carried in either direction{why}."
    else:
        yield _all_up(checked, tried)
    odd = [cell for cell in tried if cell.came in (Came.NARROWED, Came.OTHER_ENTRY)]
    if odd:
        kinds = Counter(cell.came.value for cell in odd)
        yield f"Of those that are up, {', '.join(f'{count} {kind}' for kind, count in kinds.items())}."
    if checked.hours is not None and checked.hours.drops:
        yield checked.hours.sentence


def _why(checked: Checked, down: list[Cell]) -> str:
    """The causes, with how many directions each stops where there are several."""
    codes = {place: trouble.code for trouble in checked.troubles for place in trouble.cells}
    causes = Counter(codes.get((cell.row, cell.starter)) or cell.cause or cell.came.value for cell in down)
    return ", ".join(f"{cause} ({count})" if len(causes) > 1 else cause for cause, count in causes.most_common())


def _all_up(checked: Checked, tried: list[Cell]) -> str:
    rows = len({cell.row for cell in tried})
    waiting = {cell.starter for cell in tried if cell.came is Came.NOT_BEGUN}
    pairs = "The one pair of networks comes" if rows == 1 else f"{_all(rows)} pairs of networks come"
    if not waiting:
        return f"{pairs} up, whichever side begins."
    only = " and ".join(name_of(checked, side) for side in sorted(waiting, key=lambda side: side.value))
    return f"{pairs} up; {only} {'does' if len(waiting) == 1 else 'do'} not begin all of them, as configured."


def _all(number: int) -> str:
    return "Both" if number == 2 else f"All {number}"


def _mended(checked: Checked) -> Iterator[str]:
    best = next(iter(checked.fixes), None)
    if best is None:
        return
    sides = " and ".join(name_of(checked, side) for side in sorted(best.sides, key=lambda side: side.value))
    mend = "mends" if best.commands == 1 else "mend"
    yield f"{counted(best.commands, 'command')} on {sides} {mend} it, as proved below."


def summary(preflight: Preflight) -> str:
    """What came of a folder."""
    pairs = preflight.pairs
    if not pairs and not preflight.unchecked:
        return "No two configurations are peers of each other."
    down = sum(not pair.up for pair in pairs)
    told = (
        []
        if not pairs
        else [
            f"{down} of {counted(len(pairs), 'pair')} {'has' if down == 1 else 'have'} something down."
            if down
            else f"{'The one pair is' if len(pairs) == 1 else f'{_all(len(pairs))} pairs are'} up."
        ]
    )
    if preflight.unchecked:
        told.append(f"{counted(len(preflight.unchecked), 'pair')} could not be checked.")
    if preflight.lonely:
        told.append(
            f"{counted(len(preflight.lonely), 'peer')} {'is' if len(preflight.lonely) == 1 else 'are'} in no file."
        )
    return " ".join(told)
