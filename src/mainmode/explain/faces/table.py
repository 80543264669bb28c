"""The table of a busy log: a row for each peer and way in which it went, failures first."""

from collections.abc import Iterable
from itertools import groupby

from mainmode.explain.explanation import Explanation
from mainmode.explain.negotiation import Negotiation, Outcome
from mainmode.ladder.sheet import Table

MOST_ROWS = 200
"""Rows of the table; the JSON document has all negotiations."""

_OPEN = "not shown"
"""How the table, which has little room, calls an outcome that the log does not show."""
_ORDER = {Outcome.FAILED: 0, Outcome.OPEN: 1, Outcome.CLOSED: 2, Outcome.UP: 3}


def table(explanation: Explanation, note: str = "") -> Table:
    """Negotiations that went the same way with the same peer share a row."""
    codes: dict[int, str] = {}
    for finding in explanation.findings:
        for number in finding.negotiations:
            codes.setdefault(number, finding.code)
    head: tuple[str, ...] = ("peer", "group", "times", "outcome", "how far", "code", "lines")
    if len(explanation.logs) > 1:
        head = ("log", *head)
    rows = list(_rows(explanation.negotiations, codes, len(explanation.logs) > 1))
    more = len(rows) - MOST_ROWS
    notes = [f"{more} rows more stand in the JSON document."] if more > 0 else []
    return Table(head, tuple(rows[:MOST_ROWS]), " ".join([*notes, *([note] if note else [])]))


def _rows(negotiations: Iterable[Negotiation], codes: dict[int, str], with_log: bool) -> Iterable[tuple[str, ...]]:
    def key(one: Negotiation) -> tuple[int, int, str, str, str, str]:
        return one.log, _ORDER[one.outcome], one.peer, one.group, one.reached, codes.get(one.number, "")

    for (log, _, peer, group, reached, code), several in groupby(sorted(negotiations, key=key), key):
        alike = list(several)
        times = sum(1 + one.similar for one in alike)
        first, last = min(one.first for one in alike), max(one.last for one in alike)
        row = (
            peer or "(none named)",
            "" if group == peer else group,
            str(times),
            _OPEN if alike[0].outcome is Outcome.OPEN else alike[0].outcome.value,
            "" if reached == "none" else reached,
            code,
            f"{first}–{last}",
        )
        yield (str(log + 1), *row) if with_log else row
