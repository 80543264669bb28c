"""Lines for people, printed without ever holding up the gateway: a thread writes them from a bounded queue."""

import threading
from collections import deque
from collections.abc import Callable
from typing import TextIO

MOST_LINES = 20_000
_PATIENCE = 2.0
"""Seconds that the last lines have at the end."""


class LineWriter:
    """Prints on a stream. Where its reader is slow, lines are lost and counted; where it is gone, all are."""

    def __init__(self, stream: TextIO, clean: Callable[[str], str] = str, most: int = MOST_LINES) -> None:
        """`clean` spells out what could steer a terminal."""
        self._stream = stream
        self._clean = clean
        self._most = most
        self._waiting: deque[str] = deque()
        self._lost = 0
        self._closed = False
        self._broken = False
        self._ready = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to write from the queue. What was written before waits in it."""
        self._thread = threading.Thread(target=self._run, name="lines", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """One line, without its newline."""
        with self._ready:
            if self._broken or self._closed:
                return
            if len(self._waiting) >= self._most:
                self._lost += 1
                return
            self._waiting.append(self._clean(line))
            self._ready.notify()

    @property
    def broken(self) -> bool:
        """Whether nobody reads any more."""
        return self._broken

    def close(self) -> None:
        """Write what waits, for a short time, and no more."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        if self._thread is not None:
            self._thread.join(_PATIENCE)
        else:
            self._run()

    def _run(self) -> None:
        while True:
            with self._ready:
                while not self._waiting and not self._closed:
                    self._ready.wait()
                lines, lost = list(self._waiting), self._lost
                self._waiting.clear()
                self._lost = 0
                if not lines and not lost:
                    return
            if lost:
                lines.append(f"… {lost} lines were lost here: whoever reads them is too slow")
            try:
                self._stream.write("".join(f"{line}\n" for line in lines))
                self._stream.flush()
            except (OSError, ValueError):
                with self._ready:
                    self._broken = True
                    self._waiting.clear()
                return
