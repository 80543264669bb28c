"""A sheet as Markdown for tickets."""

from collections.abc import Iterator

from mainmode.ladder.markdown import escaped, fenced
from mainmode.ladder.sheet import Block, Heading, Items, Lines, Paragraph, Part, Sheet, Table
from mainmode.ladder.spelling import cells, clean, clean_lines


def sheet_markdown(sheet: Sheet) -> str:
    """The whole sheet, ending in a line end. Foreign text is escaped; lines stand verbatim in fences."""
    rows = [f"# {escaped(sheet.title)}: {escaped(sheet.badge)}", "", f"**{escaped(sheet.sentence)}**", ""]
    rows += [f"- {escaped(label)}: {escaped(value)}" for label, value in sheet.facts]
    if sheet.facts:
        rows.append("")
    for part in sheet.parts:
        rows += _part(part)
    return "\n".join(rows).rstrip("\n") + "\n"


def _part(part: Part) -> Iterator[str]:
    code = f" ({escaped(part.code)})" if part.code else ""
    yield from (f"## {escaped(part.title)}{code}", "")
    if part.folded:
        yield from ("<details><summary>Show</summary>", "")
    for block in part.blocks:
        yield from _block(block)
        yield ""
    if part.folded:
        yield from ("</details>", "")


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield f"### {escaped(block.text)}{f' ({escaped(block.code)})' if block.code else ''}"
        case Paragraph():
            label = f"**{escaped(block.label)}:** " if block.label else ""
            yield label + "  \n".join(escaped(line) for line in clean_lines(block.text))
        case Items():
            yield from (f"**{escaped(block.heading)}**", "")
            for label, text in block.items:
                yield f"- {f'*{escaped(label)}:* ' if label else ''}{escaped(text)}"
        case Lines():
            note = f" ({escaped(block.note)})" if block.note else ""
            yield from (f"**{escaped(block.heading)}**{note}", "")
            broad = max((cells(clean(place)) for place, _ in block.rows), default=0)
            yield from fenced(
                f"{clean(place):>{broad}} │ {line}" if broad else line
                for place, text in block.rows
                for line in clean_lines(text)
            )
        case Table():
            yield f"| {' | '.join(escaped(cell) for cell in block.head)} |"
            yield f"|{'---|' * len(block.head)}"
            for row in block.rows:
                yield f"| {' | '.join(escaped(cell) for cell in row)} |"
            if block.note:
                yield from ("", escaped(block.note))
