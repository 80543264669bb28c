"""One checked pair as a sheet: verdict, matrix, troubles with their fixes, cautions, hours, what was taken for granted.

A folder's sheet stands in `folder.py`; it is made of the same parts.
"""

from collections.abc import Iterable, Iterator

from mainmode.base.provenance import Source
from mainmode.check.caution import Caution
from mainmode.check.faces.living import hours_part
from mainmode.check.faces.naming import (
    blamed,
    cells_of,
    entries,
    name_of,
    networks,
    outcome,
    pair_of,
    where,
)
from mainmode.check.faces.odd import oddities
from mainmode.check.faces.words import counted, verdict
from mainmode.check.fix import Fix
from mainmode.check.matrix import Came, Cell, Ruling
from mainmode.check.report import Checked
from mainmode.check.trouble import Trouble
from mainmode.device.config.problem import Problem
from mainmode.ladder.sheet import Block, Items, Lines, Paragraph, Part, Sheet, Table, Tone
from mainmode.ladder.spelling import place
from mainmode.ladder.transcript import Blame, Side

MOST_PROBLEMS = 20
"""Lines that were not understood, of each side, that are listed."""

_TONES = {True: Tone.BAD, False: Tone.GOOD}


def sheet(checked: Checked, decisions: bool = True) -> Sheet:
    """The whole sheet of a pair. `decisions` tells whether each device's decisions for every cell are among it."""
    badge = "UP" if checked.up else "DOWN"
    parts = (*parts_of(checked), *(_decisions(checked) if decisions else ()), *remarks(checked))
    return Sheet(pair_of(checked), badge, _TONES[not checked.up], verdict(checked), ends(checked), parts)


def ends(checked: Checked) -> tuple[tuple[str, str], ...]:
    """Each device with its file and the interface and address by which it faces the other."""
    return tuple((one.hostname, f"{one.file}, {one.interface} {one.address}") for one in checked.devices.values())


def parts_of(checked: Checked) -> Iterator[Part]:
    """Matrix, troubles, fixes, cautions and hours."""
    if checked.matrix.rows:
        yield Part("Every entry, begun by either side", (matrix_table(checked), *oddities(checked)))
    for number, trouble in enumerate(checked.troubles, 1):
        yield _trouble(checked, number, trouble)
    if checked.unexplained:
        yield _unexplained(checked)
    if len(checked.troubles) > 1 and checked.fixes:
        yield Part("All at once", tuple(fix_blocks(checked, checked.fixes)), tone=Tone.GOOD)
    for caution in checked.cautions:
        yield _caution(caution)
    if checked.hours is not None:
        yield hours_part(checked, checked.hours)


def matrix_table(checked: Checked) -> Table:
    """A row for each pair of networks, a column for each starter."""
    matrix = checked.matrix
    head = (
        "",
        f"networks ({name_of(checked, Side.A)} first)",
        "crypto maps",
        *(f"{name_of(checked, side)} begins" for side in Side),
    )
    rows, tones = [], []
    for row in matrix.rows:
        cells = [matrix.of(row.number, side) for side in Side]
        rows.append((str(row.number), networks(row.proxies), entries(row), *map(outcome, cells)))
        tones.append((Tone.PLAIN, Tone.PLAIN, Tone.PLAIN, *map(tone_of, cells)))
    more = f"{counted(matrix.untried, 'pair')} of networks more not tried" if matrix.untried else ""
    return Table(head, tuple(rows), more, tuple(tones))


def tone_of(cell: Cell) -> Tone:
    """How an outcome is meant."""
    if cell.came.down:
        return Tone.BAD
    return Tone.GOOD if cell.came is Came.UP else Tone.REMARK


def _trouble(checked: Checked, number: int, trouble: Trouble) -> Part:
    blocks: list[Block] = [
        Paragraph(trouble.sentence),
        Paragraph(cells_of(checked, trouble.cells), "Concerns"),
    ]
    if trouble.places:
        blocks.append(Paragraph(_whose(checked, trouble), "Whose"))
        blocks.append(_configuration(checked, trouble.places))
    said = [(name_of(checked, side), one.text) for side in Side for one in trouble.said.get(side, ())]
    if said:
        blocks.append(Lines("Debug lines", tuple(said)))
    blocks += fix_blocks(checked, trouble.fixes)
    if trouble.unproved:
        blocks.append(Paragraph(trouble.unproved, "No proved fix"))
    return Part(f"{number}. {trouble.title}", tuple(blocks), trouble.code, Tone.BAD)


def _unexplained(checked: Checked) -> Part:
    """What is down and stands in no trouble; what is down for the same lines stands together."""
    alike: dict[tuple[str, frozenset[Blame]], list[Cell]] = {}
    for cell in checked.unexplained:
        alike.setdefault((cell.cause, frozenset(cell.blames)), []).append(cell)
    blocks: list[Block] = []
    for (cause, _), cells in alike.items():
        first = cells[0]
        concerned = cells_of(checked, tuple((cell.row, cell.starter) for cell in cells))
        blocks.append(Paragraph(f"{first.sentence or first.came.value}{f' ({cause})' if cause else ''}", concerned))
        if first.blames:
            blocks.append(_configuration(checked, first.blames))
    return Part("Down", tuple(blocks), tone=Tone.BAD)


def _configuration(checked: Checked, places: tuple[Blame, ...]) -> Items:
    return Items("Configuration", tuple((name_of(checked, one.side), blamed(one)) for one in places))


def _whose(checked: Checked, trouble: Trouble) -> str:
    if trouble.at_fault is None:
        return "the two do not fit each other; either side may change"
    return f"the configuration of {name_of(checked, trouble.at_fault)} is at fault"


def fix_blocks(checked: Checked, fixes: tuple[Fix, ...]) -> Iterator[Block]:
    """Alternatives, the smallest first: what to type where, how invasive that is, and the proof."""
    for number, fix in enumerate(fixes):
        for step, edit in enumerate(fix.edits):
            device = checked.devices[edit.side]
            lead = ("Fix" if not number else "Or") if not step else "And"
            heading = f"{lead}: type on {name_of(checked, edit.side)} ({device.file}): {edit.about}"
            how = f"{edit.safety.value}{'; protects less than before' if edit.weakens else ''}"
            yield Lines(heading, tuple(("", line) for line in edit.lines), how)
            if edit.note:
                yield Paragraph(edit.note, "Note")
        yield Paragraph(fix.proof.sentence, "Proved")


def _caution(caution: Caution) -> Part:
    blocks: list[Block] = [
        Paragraph(text, label)
        for label, text in (
            ("", caution.sentence),
            ("Seen", caution.evidence),
            ("Why it matters", caution.why),
            ("Advice", caution.advice),
        )
        if text
    ]
    if caution.places:
        blocks.append(Items("Configuration", tuple(("", blamed(one)) for one in caution.places)))
    return Part(f"Caution: {caution.title}", tuple(blocks), caution.code, Tone.REMARK)


def _decisions(checked: Checked) -> Iterator[Part]:
    """What each device decided, for every cell."""
    blocks: list[Block] = []
    for row in checked.matrix.rows:
        for side in Side:
            cell = checked.matrix.of(row.number, side)
            heading = f"{row.number}. {networks(row.proxies)}, begun by {name_of(checked, side)}"
            blocks.append(Lines(heading, tuple(_rulings(checked, cell.rulings)), outcome(cell)))
            if cell.sentence:
                blocks.append(Paragraph(cell.sentence))
    yield Part("What each device decided", tuple(blocks), folded=True)


def _rulings(checked: Checked, rulings: Iterable[Ruling]) -> Iterator[tuple[str, str]]:
    """Decisions with their lines; a line that stands above already is told by its place."""
    seen: set[Source] = set()
    for ruling in rulings:
        said = ": ".join(part for part in (ruling.stage, ruling.what) if part)
        rows = [", ".join(part for part in (said, ruling.text) if part)]
        again = [place(source) for source in ruling.sources if source in seen]
        rows += [f"    {where(source)}" for source in ruling.sources if source not in seen]
        rows += [f"    {', '.join(dict.fromkeys(again))}"] if again else []
        seen.update(ruling.sources)
        yield name_of(checked, ruling.side), "\n".join(rows)


def remarks(checked: Checked) -> Iterator[Part]:
    """What was taken for granted, and the lines that were not understood."""
    if checked.assumptions:
        yield Part("Taken for granted", tuple(Paragraph(one) for one in checked.assumptions), tone=Tone.REMARK)
    blocks: list[Block] = []
    for problems in (checked.unread or {}).values():
        more = len(problems) - MOST_PROBLEMS
        rows = tuple((_place(one), f"{one.text.strip()}\n  {one.wording}") for one in problems[:MOST_PROBLEMS])
        if rows:
            blocks.append(Lines(problems[0].file, rows, f"and {counted(more, 'line')} more" if more > 0 else ""))
    if blocks:
        yield Part("Lines that the reader warns of or left out", tuple(blocks), folded=True)


def _place(problem: Problem) -> str:
    return f"{problem.line}:{problem.column}"
