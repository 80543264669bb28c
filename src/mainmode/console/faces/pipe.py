"""A file or a pipe that types: what comes of it is a transcript."""

import asyncio
import os
import signal
import sys
import threading
from types import TracebackType

from mainmode.console.faces.face import Behind
from mainmode.console.faces.writing import Writer

_PIECE = 1 << 16


class PipeFace:
    """Standard input is no terminal. `ended_by`: the signal that ended it."""

    piped = True
    columns = rows = 0

    def __init__(self, keyboard: int = 0, screen: int = 1) -> None:
        """Descriptors."""
        self._keyboard, self._screen = keyboard, screen
        self._encoding = sys.stdout.encoding or "utf-8"
        self._loop = asyncio.get_running_loop()
        self._behind: Behind | None = None
        self._writer: Writer | None = None
        self._may_read = threading.Event()
        self._may_read.set()
        self.ended_by: signal.Signals | None = None

    @property
    def failure(self) -> OSError | None:
        """Why what is printed can be written nowhere any more."""
        return self._writer.failure if self._writer is not None else None

    async def __aenter__(self) -> "PipeFace":
        self._writer = Writer(self._screen, self._pause, self._resume, self._hang_up)
        self._loop.add_signal_handler(signal.SIGINT, self._interrupted)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.remove_signal_handler(signal.SIGINT)
        if self._writer is not None and self.ended_by is None:
            await self._writer.close()

    def send(self, text: str) -> None:
        """Text, its lines ended as files have it."""
        if self._writer is not None:
            self._writer.send(text.replace("\r\n", "\n").encode(self._encoding, "replace"))

    def reading(self, on: bool) -> None:
        """Whether more is read."""
        if on:
            self._may_read.set()
        else:
            self._may_read.clear()

    def attach(self, behind: Behind) -> None:
        """Bring octets there from here on."""
        self._behind = behind
        threading.Thread(target=self._read, args=(behind,), name="keyboard", daemon=True).start()

    def _read(self, behind: Behind) -> None:
        """In a thread of its own: what is read may be a file, for which nobody can wait otherwise."""
        try:
            while self._may_read.wait():
                try:
                    octets = os.read(self._keyboard, _PIECE)
                except OSError:
                    octets = b""
                if not octets:
                    self._loop.call_soon_threadsafe(behind.end_of_input)
                    return
                self._loop.call_soon_threadsafe(behind.feed, octets)
        except RuntimeError:
            # The loop has ended.
            return

    def _interrupted(self) -> None:
        self.ended_by = signal.SIGINT
        self._hang_up()

    def _pause(self) -> None:
        if self._behind is not None:
            self._behind.pause()

    def _resume(self) -> None:
        if self._behind is not None:
            self._behind.resume()

    def _hang_up(self) -> None:
        if self._behind is not None:
            self._behind.hang_up()
