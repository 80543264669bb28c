"""A sheet as text for a terminal."""

from mainmode.ladder.rows import Rows, Style
from mainmode.ladder.sheet import Block, Heading, Items, Lines, Paragraph, Part, Sheet, Table, Tone
from mainmode.ladder.spelling import cells, clean, clean_lines, wrap

_STYLES = {Tone.PLAIN: Style.HEADING, Tone.GOOD: Style.GOOD, Tone.BAD: Style.BAD, Tone.REMARK: Style.REMARK}
_CELLS = {**_STYLES, Tone.PLAIN: Style.PLAIN}
_GUTTER = " │ "
_WIDEST_PLACE = 24
_NARROWEST_CELL = 8


def sheet_text(sheet: Sheet, width: int = 80, colour: bool = False) -> str:
    """The whole sheet for a terminal of `width` columns (at least 40), ending in a line end.

    Lines to be copied are never broken, however narrow the terminal.
    """
    page = Rows(width, colour)
    page.put(f"{clean(sheet.badge)}  {clean(sheet.sentence)}", _STYLES[sheet.tone])
    for label, value in sheet.facts:
        page.put(f"{clean(label)}: {clean(value)}", Style.QUIET)
    for part in sheet.parts:
        _part(page, part)
    return "\n".join(page.rows) + "\n"


def _part(page: Rows, part: Part) -> None:
    page.gap()
    page.rule(clean(part.title), clean(part.code))
    for block in part.blocks:
        _block(page, block)


def _block(page: Rows, block: Block) -> None:
    match block:
        case Heading():
            page.gap()
            page.put(f"{clean(block.text)}{f' ({clean(block.code)})' if block.code else ''}", Style.HEADING)
        case Paragraph():
            label = f"{clean(block.label)}: " if block.label else ""
            for number, line in enumerate(clean_lines(block.text)):
                page.put(f"{label if not number else ''}{line}")
        case Items():
            page.put(clean(block.heading), Style.HEADING)
            for label, text in block.items:
                page.put(f"{clean(label)}: {clean(text)}" if label else clean(text), indent=2)
        case Lines():
            _lines(page, block)
        case Table():
            _table(page, block)


def _lines(page: Rows, block: Lines) -> None:
    note = f" ({clean(block.note)})" if block.note else ""
    page.put(f"{clean(block.heading)}{note}", Style.HEADING)
    broad = min(max((cells(clean(place)) for place, _ in block.rows), default=0), _WIDEST_PLACE)
    for place, line in block.rows:
        if not broad:
            page.rows.extend(f"    {row}".rstrip(" ") for row in clean_lines(line))
            continue
        heads = wrap(clean(place), broad, 0)
        for number, row in enumerate(
            row for one in clean_lines(line) for row in wrap(one, page.width - broad - len(_GUTTER) - 2)
        ):
            head = heads[number] if number < len(heads) else ""
            gutter = page.paint(f"  {head}{' ' * (broad - cells(head))}{_GUTTER}", Style.QUIET)
            page.rows.append(f"{gutter}{row}".rstrip(" "))


def _table(page: Rows, block: Table) -> None:
    rows = [tuple(clean(cell) for cell in row) for row in (block.head, *block.rows)]
    columns = [[row[column] for row in rows] for column in range(len(block.head))]
    wanted = [max(map(cells, column)) for column in columns]
    words = [max((cells(word) for cell in column for word in cell.split()), default=1) for column in columns]
    widths = _widths(wanted, words, page.width)
    if sum(widths) + 2 * (len(widths) - 1) > page.width:
        for row in rows[1:]:
            page.put(f"{row[0]}: {', '.join(cell for cell in row[1:] if cell)}")
        rows = []
    for number, row in enumerate(rows):
        styles = [_CELLS[tone] for tone in block.tones[number - 1]] if number and block.tones else []
        wrapped = [wrap(cell, width, 0) if cell else [""] for cell, width in zip(row, widths, strict=True)]
        for line in range(max(map(len, wrapped))):
            parts = [one[line] if line < len(one) else "" for one in wrapped]
            gaps = [" " * (width - cells(part)) for part, width in zip(parts, widths, strict=True)]
            shown = [page.paint(part, style) for part, style in zip(parts, styles, strict=True)] if styles else parts
            text = "  ".join(f"{part}{gap}" for part, gap in zip(shown, gaps, strict=True)).rstrip(" ")
            page.rows.append(page.paint(text, Style.HEADING) if number == 0 else text)
    if block.note:
        page.put(clean(block.note), Style.QUIET)


def _widths(wanted: list[int], words: list[int], room: int) -> list[int]:
    """Columns as wide as they want to be, the widest ones narrowed until all fit; words break only where they must."""
    room -= 2 * (len(wanted) - 1)
    fits = sum(words) <= room
    floors = [max(word, _NARROWEST_CELL) if fits else _NARROWEST_CELL for word in words]
    widths = list(wanted)
    while sum(widths) > room:
        open_ones = [index for index, width in enumerate(widths) if width > floors[index]]
        if not open_ones:
            break
        widths[max(open_ones, key=lambda index: widths[index])] -= 1
    return [max(width, 1) for width in widths]
