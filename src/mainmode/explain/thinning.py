"""What of a long log a ladder leaves out, so that it can be read: keepalives for days, renewals that all went well.

Nothing that speaks of trouble is left out, and no line that a finding rests on; every gap says how much it holds.
"""

from collections.abc import Iterable
from dataclasses import field
from itertools import groupby

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.facts import Down, GaveUp, Refused, Told
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.passages import Passage
from mainmode.explain.record import Record
from mainmode.explain.tracks import records_of

KEPT_ALIVE = 4
"""So many messages of a run of keepalives are shown."""
HEAD, TAIL = 30, 24
"""So many messages are shown of a long negotiation, from its begin and its end."""
LINES_HEAD, LINES_TAIL = 60, 20
"""So many lines are shown beside one message."""
ALIKE = 6
"""Of so many and more lines in a row that say the same, the first and the last are shown."""


@dataclass(slots=True)
class _Segment:
    """A message and what is said until the next one; the first segment may have none."""

    passage: Passage | None
    records: list[Record] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Thinned:
    """`kept` are the lines that are shown; `left` what is said of gaps, by the line that follows the gap."""

    kept: frozenset[int]
    left: dict[int, str]


def thinned(negotiation: Negotiation, passages: Iterable[Passage], evidence: frozenset[int]) -> Thinned:
    """What of a negotiation is shown. `evidence` are the numbers of lines that stay."""
    firm = evidence | {
        one.record.first for one in negotiation.noted if isinstance(one.fact, Told | Refused | GaveUp | Down)
    }
    segments = _segments(records_of(negotiation), passages)
    gone: dict[int, str] = {}
    for run in _quiet_runs(segments, firm):
        gone |= {record.first: "keepalive" for one in run[KEPT_ALIVE:] for record in one.records}
    standing = [one for one in segments if not all(record.first in gone for record in one.records)]
    for one in standing[HEAD:-TAIL] if len(standing) > HEAD + TAIL else ():
        if not any(record.first in firm for record in one.records):
            gone |= {record.first: "message" for record in one.records}
    for one in segments:
        for record in _repeated(one.records, firm):
            gone.setdefault(record.first, "line")
    return _told(segments, gone)


def _segments(records: Iterable[Record], passages: Iterable[Passage]) -> list[_Segment]:
    """The records by message. A message sent begins with its first line."""
    begins = {one.record.first: one for one in passages}
    found = [_Segment(None)]
    for record in records:
        if record.first in begins:
            found.append(_Segment(begins[record.first]))
        found[-1].records.append(record)
    return [one for one in found if one.records]


def _quiet_runs(segments: list[_Segment], firm: frozenset[int]) -> list[list[_Segment]]:
    """Runs of keepalives beside which nothing of weight is said."""

    def quiet(one: _Segment) -> bool:
        alive = one.passage is not None and one.passage.name == "DPD"
        return alive and not any(record.first in firm for record in one.records)

    return [list(run) for alive, run in groupby(segments, key=quiet) if alive]


def _repeated(records: list[Record], firm: frozenset[int]) -> Iterable[Record]:
    """Lines beside one message that are too many, or say the same again and again."""
    for _, run in groupby(records, key=lambda one: one.reading.entry):
        same = [one for one in run if one.first not in firm]
        if len(same) >= ALIKE:
            yield from same[2:-1]
    if len(records) > LINES_HEAD + LINES_TAIL:
        yield from (one for one in records[LINES_HEAD:-LINES_TAIL] if one.first not in firm)


def _told(segments: list[_Segment], gone: dict[int, str]) -> Thinned:
    kept: set[int] = set()
    left: dict[int, str] = {}
    gap: list[tuple[_Segment, Record]] = []
    last: Record | None = None
    for segment in segments:
        for record in segment.records:
            if record.first in gone:
                gap.append((segment, record))
                continue
            if gap:
                left[record.first] = _gap(gap, gone)
                gap = []
            kept.add(record.first)
            last = record
    if gap and last is not None:
        end = gap[-1][1]
        kept.add(end.first)
        left[end.first] = _gap(gap, gone)
    return Thinned(frozenset(kept), left)


def _gap(gap: list[tuple[_Segment, Record]], gone: dict[int, str]) -> str:
    """`4998 keepalives are left out here (lines 40 to 9991)`."""
    kinds = {gone[record.first] for _, record in gap}
    shown = {id(segment): segment.passage for segment, record in gap if gone[record.first] != "line"}
    passed = [passage for passage in shown.values() if passage is not None]
    lines = f"lines {gap[0][1].first} to {gap[-1][1].last}"
    if kinds == {"line"} or not passed:
        return f"{len(gap)} more lines beside this are left out here ({lines})"
    alive = sum(one.name == "DPD" for one in passed)
    quick = len({one.message_id for one in passed if one.name == "QM1"})
    parts = [f"{alive} keepalive messages"] if alive else []
    if len(passed) > alive:
        parts.append(f"{len(passed) - alive} {'other ' if alive else ''}messages")
    renewed = f", with {quick} quick modes" if quick else ""
    return f"{' and '.join(parts)}{renewed} are left out here ({lines}): nothing in them speaks of trouble"
