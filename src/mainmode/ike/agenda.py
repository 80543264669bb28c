"""What is due when: IKE SAs, children and sessions, each at the earliest of its own deadlines.

A heap whose stale entries are skipped: noting a deadline and finding the next one costs O(log n).
"""

import heapq
from typing import Protocol

from mainmode.base.instant import Instant


class Timed(Protocol):
    """What has deadlines of its own."""

    def next_deadline(self) -> Instant | None:
        """The earliest, None while nothing is due."""


class Agenda:
    """Everything that stands, by its next deadline. What was dropped is not scheduled again."""

    def __init__(self) -> None:
        self._standing: dict[Timed, Instant | None] = {}
        self._heap: list[tuple[Instant, int, Timed]] = []
        self._pushes = 0
        self._touched: dict[Timed, None] = {}
        self._stamp = 0

    def stamp(self) -> int:
        """A number larger than all before: tells what happened first where the clock did not move."""
        self._stamp += 1
        return self._stamp

    def __len__(self) -> int:
        return len(self._standing)

    def enter(self, item: Timed) -> None:
        """Something new stands."""
        self._standing[item] = None
        self._touched[item] = None

    def touch(self, item: Timed) -> None:
        """The deadlines of this item may have changed. One that was dropped has none any more."""
        if item in self._standing:
            self._touched[item] = None

    def drop(self, item: Timed) -> None:
        """The item is gone; again and again is harmless."""
        self._standing.pop(item, None)
        self._touched.pop(item, None)

    def reschedule(self) -> None:
        """Put every touched item at its place in time."""
        for item in self._touched:
            moment = item.next_deadline()
            if self._standing[item] != moment:
                self._standing[item] = moment
                if moment is not None:
                    self._pushes += 1
                    heapq.heappush(self._heap, (moment, self._pushes, item))
        self._touched.clear()
        if 2 * len(self._heap) > 128 + 3 * len(self._standing):
            self._heap = [entry for entry in self._heap if self._standing.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)

    def deadline(self) -> Instant | None:
        """The earliest deadline, None where there is none."""
        heap = self._heap
        while heap and self._standing.get(heap[0][2]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def due(self, now: Instant) -> tuple[Timed, ...]:
        """The items whose deadline is not after `now`, earliest first; each is to be touched when it was served."""
        found = []
        while (moment := self.deadline()) is not None and moment <= now:
            item = heapq.heappop(self._heap)[2]
            self._standing[item] = None
            found.append(item)
        return tuple(found)
