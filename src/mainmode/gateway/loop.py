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
        self._timer: TimerHandle | None = None

    def set(self, at: Instant | None) -> None:
        """Ring at this moment, and no more at the one before; None: not at all."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._at = at
        if at is not None:
            left = (at - self._clock.now()) / SECOND
            self._timer = self._loop.call_later(min(max(left, _SHORTEST), _LONGEST), self._look)

    def _look(self) -> None:
        self._timer = None
        at = self._at
        if at is not None and at <= self._clock.now():
            self._at = None
            self._ring()
        else:
            self.set(at)
