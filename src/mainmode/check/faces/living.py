"""The hours of a pair as a part of its sheet: what happened when, neighbours that are alike in one row."""

from collections.abc import Iterator
from itertools import groupby

from mainmode.base.provenance import Source, Statement
from mainmode.check.faces.naming import name_of, where
from mainmode.check.faces.words import counted
from mainmode.check.hours import Hours, Moment
from mainmode.check.report import Checked
from mainmode.ladder.sheet import Block, Paragraph, Part, Table, Tone
from mainmode.ladder.spelling import place, seconds

MOST_ROWS = 60
"""Rows that are shown; the JSON document has all moments."""


def hours_part(checked: Checked, hours: Hours) -> Part:
    """The sum, the traffic, and the table of moments."""
    rows = list(_rows(checked, hours))
    more = len(rows) - MOST_ROWS
    note = f"and {counted(more, 'row')} more: the JSON document has all" if more > 0 else ""
    blocks: list[Block] = [
        Paragraph(hours.sentence),
        Paragraph(f"{hours.pattern}; {hours.answered} of {counted(hours.sent, 'request')} answered", "Traffic"),
    ]
    if rows:
        blocks.append(Table(("after", "by", "what", "how"), tuple(rows[:MOST_ROWS]), note))
    tone = Tone.BAD if hours.drops else Tone.GOOD
    return Part(f"{counted(hours.hours, 'hour')} of virtual time", tuple(blocks), tone=tone)


def _rows(checked: Checked, hours: Hours) -> Iterator[tuple[str, ...]]:
    """A row for each run of moments that are alike: the first, how many more, and until when."""
    seen: set[Source] = set()
    for _, run in groupby(hours.moments, key=lambda one: (one.what, one.side, one.sources)):
        first, *more = run
        again = f", and {counted(len(more), 'time')} more until {clock(more[-1].after)}" if more else ""
        told = [place(one) if one in seen else where(one) for one in first.sources if _told(one, seen)]
        lines = ", ".join(told)
        seen.update(first.sources)
        how = f"{first.text}{again}{f' [{lines}]' if lines else ''}"
        yield clock(first.after), _who(checked, first), first.what.value, how


def _told(source: Source, seen: set[Source]) -> bool:
    """Whether a line is named: one that stands above by its place, a default that stands above not again."""
    return isinstance(source, Statement) or source not in seen


def _who(checked: Checked, moment: Moment) -> str:
    return "" if moment.side is None else name_of(checked, moment.side)


def clock(span: int) -> str:
    """`26:03:04`, or the seconds of the first minute."""
    whole = span // 1_000_000
    return seconds(span) if whole < 60 else f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
