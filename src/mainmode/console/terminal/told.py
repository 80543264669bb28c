"""Lines that come by themselves and wait for their turn on the screen."""

from collections import deque
from collections.abc import Iterable

MOST_LINES = 5000
MOST_LETTERS = 1 << 20


class Told:
    """A queue of lines. When it is full, what comes is counted and lost."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque()
        self._letters = 0
        self._lost = 0

    def __bool__(self) -> bool:
        return bool(self._lines or self._lost)

    def add(self, lines: Iterable[str]) -> None:
        """More lines, each without its newline."""
        for line in lines:
            if self._lost or len(self._lines) >= MOST_LINES or self._letters >= MOST_LETTERS:
                self._lost += 1
            else:
                self._lines.append(line)
                self._letters += len(line)

    def take(self) -> list[str]:
        """All that waits, and how many were lost behind it."""
        lines = list(self._lines)
        if self._lost:
            lines.append(f"% {self._lost} lines were lost here: they came faster than they could be shown")
        self._lines.clear()
        self._letters = self._lost = 0
        return lines
