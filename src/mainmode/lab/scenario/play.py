"""A scenario played: its steps happen, its expectations are judged, and everything that came of it is told."""

from collections.abc import Callable, Mapping
from functools import partial

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.instant import NO_TIME, Instant, Span, later, seconds
from mainmode.lab.clock import Bounds, RunawayError
from mainmode.lab.faults.catalogue import read_fault
from mainmode.lab.faults.declaration import Ordered
from mainmode.lab.lengths import clock_text
from mainmode.lab.scenario.casting import stage_of
from mainmode.lab.scenario.expectations import Finding
from mainmode.lab.scenario.ladder import PairLadder
from mainmode.lab.scenario.model import Expected, Scenario, Timed
from mainmode.lab.scenario.stage import Stage

AFTERMATH = seconds(30)
"""How long a run goes on after its last step, where the scenario does not say when it ends."""

BOUNDS = Bounds(events=50_000_000, time=Span(366 * 24 * 3600 * 1_000_000))

Progress = Callable[[Instant, Instant], None]
"""Called with the start of a run and its virtual time, every so many events."""

_EVENTS_BETWEEN = 2_000


@dataclass(frozen=True, slots=True)
class Judged:
    """An expectation with its finding and when it was judged."""

    expected: Expected
    finding: Finding
    at: Instant


@dataclass(frozen=True, slots=True)
class Performance:
    """What came of a scenario: `happenings` in order of time, each expectation judged, every console's text.

    `unfired` are the faults that never fired."""

    scenario: Scenario
    stage: Stage
    happenings: tuple[tuple[Instant, str], ...]
    judged: tuple[Judged, ...]
    consoles: Mapping[str, str]
    ended: Instant
    ended_by: str = ""
    unfired: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether all expectations hold, and the run came to its end."""
        return not self.ended_by and all(one.finding.holds for one in self.judged)


def play(
    scenario: Scenario,
    progress: Progress | None = None,
    more_faults: tuple[str, ...] = (),
    ladder: PairLadder | None = None,
    bounds: Bounds = BOUNDS,
) -> Performance:
    """Play it from the start to its end; `ladder` watches. Raises InputError, which names the step or the fault."""
    names = tuple(device.name for device in scenario.devices)
    faults = tuple(read_fault(text, names) for text in (*scenario.faults, *more_faults))
    return _Play(scenario, stage_of(scenario, bounds, faults, ladder), progress).performance(faults)


class _Play:
    def __init__(self, scenario: Scenario, stage: Stage, progress: Progress | None) -> None:
        self._scenario = scenario
        self._stage = stage
        self._progress = progress
        self._judged: list[Judged] = []
        self._events = 0

    def performance(self, faults: tuple[Ordered, ...]) -> Performance:
        scenario, stage = self._scenario, self._stage
        start = stage.start
        for timed in scenario.steps:
            stage.world.agenda.put(later(start, timed.at), partial(self._step, timed))
        for expected in scenario.expected:
            if expected.at is not None:
                stage.world.agenda.put(later(start, expected.at), partial(self._judge, expected))
        ended_by = ""
        try:
            stage.world.drive(self._watched, later(start, Span(self._end() + 1)))
        except RunawayError as error:
            ended_by = str(error)
        for expected in scenario.expected:
            if expected.at is None or expected.at > self._end():
                self._judge(expected)
        order = {id(expected): place for place, expected in enumerate(scenario.expected)}
        self._judged.sort(key=lambda judged: order[id(judged.expected)])
        consoles = {name: console.text for name, console in stage.consoles.items()}
        happenings = tuple(stage.chronicle.happenings)
        unfired = tuple(fault.text for fault in faults if not fault.fired)
        return Performance(scenario, stage, happenings, tuple(self._judged), consoles, stage.now, ended_by, unfired)

    def _end(self) -> Span:
        if self._scenario.until is not None:
            return self._scenario.until
        lasts = [Span((timed.until or timed.at) + timed.step.lasts) for timed in self._scenario.steps]
        judged = [expected.at for expected in self._scenario.expected if expected.at is not None]
        return Span(max((*lasts, *judged), default=NO_TIME) + AFTERMATH)

    def _watched(self) -> bool:
        self._events += 1
        if self._progress is not None and self._events % _EVENTS_BETWEEN == 0:
            self._progress(self._stage.start, self._stage.now)
        return False

    def _step(self, timed: Timed) -> None:
        stage = self._stage
        stage.repeating = stage.now > later(stage.start, timed.at)
        try:
            timed.step.act(stage)
        except InputError as error:
            raise InputError(f"{clock_text(stage.start, stage.now)} {timed.text}: {error}") from None
        again = None if timed.every is None else later(stage.now, timed.every)
        if again is not None and again <= later(stage.start, timed.until or NO_TIME):
            stage.world.agenda.put(again, partial(self._step, timed))

    def _judge(self, expected: Expected) -> None:
        try:
            finding = expected.expectation.judge(self._stage)
        except InputError as error:
            raise InputError(f"{expected.text}: {error}") from None
        self._judged.append(Judged(expected, finding, self._stage.now))
