"""How far long work is, for a person: one row of a terminal that is written over, or a line now and then in a log."""

import sys
import time
from contextlib import suppress
from types import TracebackType

from mainmode.cli.console import printable, tell

_PATIENCE = 1.0
"""Seconds before anything is told: short work needs no telling."""
_EVERY, _EVERY_IN_A_LOG = 0.25, 10.0
"""Seconds between two tellings, at a terminal and elsewhere."""
_KNOWN, _SLOW = 10, 30.0
"""What is left is foretold from so many done on, or after so many seconds."""


class Progress:
    """Tells on standard error; what stands on a terminal goes away at the end."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._next = time.monotonic() + (_PATIENCE if self._terminal else _EVERY_IN_A_LOG)
        self._began = time.monotonic()
        self._wide = 0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._wide:
            self._put("")

    def begin(self) -> None:
        """Work of another kind begins: what is left of it is judged by its own pace."""
        self._began = time.monotonic()

    def told(self, done: int, total: int, text: str) -> None:
        """So many of all are done; `text` says of what, such as `checked 3 of 500 pairs`."""
        spent = time.monotonic() - self._began
        left = spent * (total - done) / done if done and (done >= _KNOWN or spent > _SLOW) else 0.0
        self.doing(f"{text}, about {left:.0f} s left" if left >= 1 else text)

    def doing(self, text: str) -> None:
        """What is being done, in a few words."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (_EVERY if self._terminal else _EVERY_IN_A_LOG)
        row = printable(" ".join(text.split()))
        if self._terminal:
            self._put(row)
        else:
            tell(f"mainmode: {row}")

    def _put(self, row: str) -> None:
        with suppress(OSError):
            print(f"\r{row:<{self._wide}}" if row else f"\r{' ' * self._wide}\r", end="", file=sys.stderr, flush=True)
        self._wide = len(row)
