"""The time that the box is told: the wall clock's at the start, and from there what the boot clock counts."""

import time
from collections.abc import Callable

from mainmode.base.instant import Instant, Span, seconds

_SAME: Span = seconds(1)
_LAST = 253_402_300_799_000_000
"""The last second that calendars here know, of the year 9999."""


def _boot_clock() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Clock:
    """Never goes back and never jumps when somebody sets the wall clock; it counts on while the host sleeps.

    `wall` and `since_boot` give nanoseconds.
    """

    def __init__(self, wall: Callable[[], int] = time.time_ns, since_boot: Callable[[], int] = _boot_clock) -> None:
        self._wall = wall
        self._since_boot = since_boot
        self._offset = wall() - since_boot()

    def now(self) -> Instant:
        """Microseconds since the Unix epoch, UTC."""
        return Instant((self._since_boot() + self._offset) // 1000)

    def on_the_wall(self, instant: Instant) -> Instant:
        """What the wall clock shows now for a moment of this one: for stamps that leave the gateway.

        Within a second both are taken for the same.
        """
        drift = (self._wall() - self._since_boot() - self._offset) // 1000
        return instant if abs(drift) < _SAME else Instant(min(max(0, instant + drift), _LAST))
