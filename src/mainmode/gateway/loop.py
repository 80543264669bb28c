"""The event loop's part: deadlines of the box as timers of the loop."""

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable

from mainmode.base.instant import SECOND, Instant
from mainmode.gateway.clock import Clock

_LONGEST = 30.0
"""Seconds that a timer runs at most: the loop's clock stands still while the host sleeps, the box's does not."""
_SHORTEST = 0.001
"""Seconds: sockets have their turn between deadlines that follow one another without a pause."""


class LoopAlarm:
    """Rings when a moment of the box's clock has come."""

    def __init__(self, loop: AbstractEventLoop, clock: Clock, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._clock = clock
        self._ring = ring
        self._at: Instant | None = None
        self._looks_at = Instant(0)
        self._timer: TimerHandle | None = None

    def set(self, at: Instant | None) -> None:
        """Ring at this moment, and no more at the one before; None: not at all.

        A timer that runs already and ends before is left alone: it looks again then.
        """
        self._at = at
        if self._timer is not None and (at is None or at < self._looks_at):
            self._timer.cancel()
            self._timer = None
        if at is not None and self._timer is None:
            now = self._clock.now()
            left = min(max((at - now) / SECOND, _SHORTEST), _LONGEST)
            self._looks_at = Instant(now + int(left * SECOND))
            self._timer = self._loop.call_later(left, self._look)

    def _look(self) -> None:
        self._timer = None
        at = self._at
        if at is not None and at <= self._clock.now():
            self._at = None
            self._ring()
        else:
            self.set(at)
