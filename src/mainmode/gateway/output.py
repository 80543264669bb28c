"""Lines for people, printed without ever holding up the gateway: a thread writes them from a bounded queue."""

import errno
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from io import UnsupportedOperation
from typing import TextIO

MOST_LINES = 20_000
_PATIENCE = 2.0
"""Seconds that the last lines have at the end."""
_GATHERING = 0.02
"""Seconds that the thread lets more lines come after the first: waking it for each costs more than the line."""
_PAUSE = 1.0
"""Seconds until a stream that takes nothing is tried again."""
_FOR_NOW = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EAGAIN, errno.ENOMEM, errno.ENOBUFS)
"""What passes: a disk that is full has room again one day. All else is for good."""


class LineWriter:
    """Prints on a stream. Where its reader is slow, or its disk full, lines are lost and counted; where the reader is
    gone, all are.
    """

    def __init__(
        self, stream: TextIO, clean: Callable[[str], str] = str, most: int = MOST_LINES, pause: float = _PAUSE
    ) -> None:
        """`clean` spells out what could steer a terminal."""
        self._stream = stream
        self._clean = clean
        self._most = most
        self._pause = pause
        self._waiting: deque[str] = deque()
        self._lost = 0
        self._closed = False
        self._broken = False
        self._torn = False
        self._idle = False
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
            self._waiting.append(line)
            if self._idle:
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
                self._idle = True
                while not (self._waiting or self._lost or self._closed):
                    self._ready.wait()
                self._idle = False
                if self._thread is not None and not self._closed:
                    self._ready.wait_for(lambda: self._closed, _GATHERING)
                lines, lost = [self._clean(line) for line in self._waiting], self._lost
                self._waiting.clear()
                self._lost = 0
                if not lines and not lost:
                    return
            if lost:
                lines.append(f"… {lost} lines were lost here: whoever reads them is too slow, or the disk was full")
            try:
                unwritten = self._print(lines)
            except (OSError, ValueError):
                with self._ready:
                    self._broken = True
                    self._waiting.clear()
                return
            if unwritten and not self._rest(unwritten, lost):
                return

    def _rest(self, unwritten: int, lost: int) -> bool:
        """The stream takes nothing now: these lines are lost. Whether it is to be tried again."""
        with self._ready:
            self._lost += unwritten - bool(lost) + lost
            if not self._closed:
                self._ready.wait_for(lambda: self._closed, self._pause)
            return not self._closed

    def _print(self, lines: list[str]) -> int:
        """How many were not written, for now. Raises OSError, ValueError where nothing will be any more."""
        text = "".join(f"{line}\n" for line in lines)
        try:
            descriptor = self._stream.fileno()
        except UnsupportedOperation:
            self._stream.write(text)
            self._stream.flush()
            return 0
        begun = b"\n" if self._torn else b""
        octets = begun + text.encode(self._stream.encoding or "utf-8", "backslashreplace")
        written = 0
        try:
            while written < len(octets):
                try:
                    written += os.write(descriptor, octets[written : _end(octets, written)])
                except BlockingIOError:
                    if self._closed:
                        raise
                    select.select((), (descriptor,), (), self._pause)
        except OSError as error:
            if error.errno not in _FOR_NOW:
                raise
        if written:
            self._torn = octets[written - 1 : written] != b"\n"
        return octets.count(b"\n", max(written, len(begun)))


def _end(octets: bytes, begin: int) -> int:
    """Where to end a write that begins here: behind a line, and before what a pipe takes in one piece, so that nothing
    that other workers of the gateway write comes between.
    """
    limit = begin + select.PIPE_BUF
    if limit >= len(octets):
        return len(octets)
    return octets.rfind(b"\n", begin, limit) + 1 or limit
