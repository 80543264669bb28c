"""Virtual time: nothing waits, the clock jumps to whatever happens next. Bounds end a run that would not end itself."""

from collections.abc import Callable
from heapq import heappop, heappush

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import MainmodeError
from mainmode.base.instant import SECOND, Instant, Span, later

START = Instant(1_704_067_200_000_000)
"""When every run begins: 2024-01-01 00:00:00 UTC. A fixed date, so that the same seed gives the same bytes."""


_DAY = Span(24 * 3600 * SECOND)


class RunawayError(MainmodeError):
    """A run reached its bound of events or of virtual time. The text says which."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a run may do: events in all, and virtual time since the start."""

    events: int = 50_000
    time: Span = _DAY


_USUAL = Bounds()


class Agenda:
    """What happens when, earliest first; at one instant in the order in which it was put down.

    `now` only ever moves forward: something put down for the past happens at once.
    """

    __slots__ = ("_bounds", "_heap", "_order", "_spent", "now", "start")

    def __init__(self, start: Instant = START, bounds: Bounds = _USUAL) -> None:
        self.start = start
        self.now = start
        self._bounds = bounds
        self._heap: list[tuple[Instant, int, Callable[[], None]]] = []
        self._order = 0
        self._spent = 0

    def put(self, when: Instant, action: Callable[[], None]) -> None:
        """Call `action` at `when`."""
        self._order += 1
        heappush(self._heap, (when, self._order, action))

    def next(self) -> Instant | None:
        """When the next thing happens; None when nothing is left."""
        return self._heap[0][0] if self._heap else None

    def advance(self, when: Instant) -> None:
        """Jump to `when`, as one event. Raises RunawayError past a bound."""
        self._spent += 1
        if self._spent > self._bounds.events:
            raise RunawayError(f"the run was ended: more than {self._bounds.events} events")
        if when > later(self.start, self._bounds.time):
            raise RunawayError(f"the run was ended: more than {self._bounds.time // 1_000_000} s of virtual time")
        self.now = max(self.now, when)

    def step(self) -> None:
        """Jump to the next thing and let it happen; the caller saw in `next` that there is one."""
        when, _, action = heappop(self._heap)
        self.advance(when)
        action()
