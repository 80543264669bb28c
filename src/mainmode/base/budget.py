"""Budgets of what may happen how often, by the clock that is given: tokens that are taken, and come back with time."""

from math import ceil

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import SECOND, Instant


@dataclass(frozen=True, slots=True)
class Budget:
    """So many at once, and so many in each second from then on."""

    burst: int
    per_second: int


class Bucket:
    """What is left of a budget. A clock that goes back gives nothing and takes nothing."""

    __slots__ = ("_at", "_budget", "_left")

    def __init__(self, budget: Budget, now: Instant) -> None:
        self._budget = budget
        self._left = float(budget.burst)
        self._at = now

    def holds(self, now: Instant) -> bool:
        """Whether one more may pass."""
        passed = now - self._at
        if passed:
            self._at = now
            if passed > 0:
                left = self._left + passed * self._budget.per_second / SECOND
                self._left = min(left, float(self._budget.burst))
        return self._left >= 1.0

    def next_at(self) -> Instant:
        """When the next one may pass, after `holds` said no."""
        return Instant(self._at + max(1, ceil((1.0 - self._left) * SECOND / self._budget.per_second)))

    def take(self) -> None:
        """One passes, after `holds`."""
        self._left -= 1.0
