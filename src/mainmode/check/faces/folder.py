"""What was checked, one pair or a folder of them, as a sheet: of a folder first the table of all pairs, then each."""

from collections.abc import Iterable, Iterator

from mainmode.check.faces.naming import pair_of
from mainmode.check.faces.sheet import ends, parts_of, remarks, sheet
from mainmode.check.faces.words import counted, summary, verdict
from mainmode.check.report import Checked, Preflight
from mainmode.ladder.sheet import Block, Heading, Items, Paragraph, Part, Sheet, Table, Tone

MOST_ROWS = 100
"""Pairs that are up, of which the table of the text has a row."""
MOST_WHOLE = 20
"""Pairs with something down that the text tells of in full."""
MOST_LONELY = 40
"""Peers in no file that are listed."""


def sheet_of(preflight: Preflight, decisions: bool, everything: bool = True) -> Sheet:
    """The sheet. A preflight of one pair is that pair's sheet, with the notes behind it.

    With `everything`, each pair of a folder is told in full; else the first few with something down.
    """
    if len(preflight.pairs) == 1 and not preflight.lonely and not preflight.unchecked:
        alone = sheet(preflight.pairs[0], decisions)
        return Sheet(
            alone.title, alone.badge, alone.tone, alone.sentence, alone.facts, (*alone.parts, *_rest(preflight))
        )
    down = [pair for pair in preflight.pairs if not pair.up]
    up = [pair for pair in preflight.pairs if pair.up]
    parts = [_table(down, up, everything)] if preflight.pairs else []
    parts += _in_full([*down, *up] if everything else down[:MOST_WHOLE])
    more = len(down) - MOST_WHOLE
    if more > 0 and not everything:
        parts.append(
            Part("More", (Paragraph(f"{counted(more, 'pair')} more with something down: see --html or --json"),))
        )
    tone = Tone.GOOD if preflight.up else Tone.BAD
    parts += _rest(preflight)
    return Sheet(_title(preflight), "UP" if preflight.up else "DOWN", tone, summary(preflight), (), tuple(parts))


def _title(preflight: Preflight) -> str:
    files = {device.file for pair in preflight.pairs for device in pair.devices.values()}
    return f"{counted(len(preflight.pairs), 'pair')} of {counted(len(files), 'configuration')}"


def _table(down: list[Checked], up: list[Checked], everything: bool) -> Part:
    shown = [*down, *(up if everything else up[:MOST_ROWS])]
    more = len(down) + len(up) - len(shown)
    note = f"{counted(more, 'pair')} more, all up" if more else ""
    tones = tuple((Tone.PLAIN, Tone.GOOD if one.up else Tone.BAD, *(Tone.PLAIN,) * 3) for one in shown)
    head = ("pair", "", "directions up", "troubles", "cautions")
    return Part("Every pair", (Table(head, tuple(map(_row, shown)), note, tones),))


def _row(checked: Checked) -> tuple[str, ...]:
    cells = checked.matrix.cells
    carried = sum(cell.came.carries for cell in cells)
    return (
        pair_of(checked),
        "up" if checked.up else "down",
        f"{carried} of {len(cells)}",
        ", ".join(dict.fromkeys(trouble.code for trouble in checked.troubles)),
        ", ".join(dict.fromkeys(caution.code for caution in checked.cautions)),
    )


def _in_full(pairs: Iterable[Checked]) -> Iterator[Part]:
    """A part for each pair, with what its own sheet would have; those that are up are folded."""
    for pair in pairs:
        blocks: list[Block] = [Paragraph(verdict(pair)), *(Paragraph(text, name) for name, text in ends(pair))]
        first, *others = parts_of(pair)
        blocks += first.blocks
        for part in (*others, *remarks(pair)):
            blocks += [Heading(part.title, part.code), *part.blocks]
        tone = Tone.GOOD if pair.up else Tone.BAD
        yield Part(f"{pair_of(pair)}: {'up' if pair.up else 'down'}", tuple(blocks), tone=tone, folded=pair.up)


def _rest(preflight: Preflight) -> Iterator[Part]:
    if preflight.unchecked:
        items = [(" and ".join(one.files), one.why) for one in preflight.unchecked]
        yield Part("Pairs that could not be checked", (Items("Because", tuple(items)),), tone=Tone.BAD)
    if preflight.lonely:
        more = len(preflight.lonely) - MOST_LONELY
        items = [(one.file, f"{one.peer} ({one.line})") for one in preflight.lonely[:MOST_LONELY]]
        items += [("", f"and {counted(more, 'peer')} more")] if more > 0 else []
        yield Part("Peers that are in no file, not checked", (Items("Named by", tuple(items)),), tone=Tone.REMARK)
    if preflight.notes:
        yield Part("Notes", tuple(Paragraph(note) for note in preflight.notes))
