"""The worlds in which rows are tried: one for each, or one for several of which none can help another.

Rows of one direction between the same two crypto map entries share boxes as long as each came up as it should, the
networks of no two overlap, and no entry puts routes in for its tunnels: then what stands for one row carries nothing of
another. A row that is not up in a world that is shared is tried again in one of its own, so that nothing that others
left is ever a reason.
"""

from mainmode.base.address import Proxy
from mainmode.check.agreed import agreed_of
from mainmode.check.matrix import Came, Cell, Row
from mainmode.check.outcome import Course, detailed, outcome, refusals
from mainmode.check.subject import Subject
from mainmode.lab.traffic import Traffic
from mainmode.lab.trial import Trial
from mainmode.ladder.transcript import Outcome, Side

_SEED = 1
_PINGS = 2
"""Requests in a series: the first asks for the tunnel and is lost, the next goes through it."""


class World:
    """Fresh boxes of a pair, and the rows that came up between them, all begun by one side."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._course = Course()
        self._trial = Trial(subject.pair, subject.facing, subject.keys, _SEED, watchers=(self._course,))
        self._rows: list[Row] = []

    def attempt(self, row: Row, traffic: Traffic) -> Cell:
        """What comes of one kind of traffic for a row."""
        subject, starter = self._subject, traffic.side
        self._course.begin()
        tried = self._trial.attempt(traffic, _PINGS)
        self._rows.append(row)
        came, stage = outcome(subject.pair, row, tried)
        box, agreed = self._trial.box(starter), None
        if tried.carriers and box is not None:
            agreed = agreed_of(box, starter, tried.carriers)
        verdict = tried.verdict
        cause = verdict.cause if verdict.outcome is Outcome.DOWN else ""
        course = (detailed(ruling, self._trial.box(ruling.side)) for ruling in self._course.rulings)
        rulings = (*course, *refusals(tried))
        blames, at = verdict.blames, verdict.side
        return Cell(row.number, starter, came, stage, cause, verdict.sentence, rulings, blames, agreed, traffic, at)

    def takes(self, row: Row) -> bool:
        """Whether nothing that stands here can be of use to a row; more of the same row has its tunnel already."""
        return all(other is row or (_ends(row) == _ends(other) and not _overlap(row, other)) for other in self._rows)


class Worlds:
    """The rows of one direction, one after the other."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._shared: World | None = None
        self._routes = any(
            entry.reverse_route.value is not None
            for configuration in subject.pair.values()
            for one in (*configuration.crypto_maps.values(), *configuration.dynamic_maps.values())
            for entry in one.entries
        )

    def attempt(self, row: Row, traffic: Traffic) -> Cell:
        """What comes of a row's traffic, as it would if no other row had been tried."""
        if self._shared is not None and self._shared.takes(row):
            cell = self._shared.attempt(row, traffic)
            if cell.came is Came.UP:
                return cell
        alone = World(self._subject)
        cell = alone.attempt(row, traffic)
        self._shared = alone if cell.came is Came.UP and not self._routes else None
        return cell


def _ends(row: Row) -> dict[Side, tuple[str, int]]:
    return {side: (line.entry.map_name, line.entry.sequence) for side, line in row.lines.items()}


def _overlap(one: Row, other: Row) -> bool:
    first, second = one.proxies, other.proxies
    return _common(first.local, second.local) and _common(first.remote, second.remote)


def _common(one: Proxy, other: Proxy) -> bool:
    return one.first <= other.last and other.first <= one.last
