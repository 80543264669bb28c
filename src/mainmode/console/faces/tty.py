"""The terminal that this process was started on: raw while somebody sits at it, and as it was at any end."""

import asyncio
import os
import signal
import sys
import termios
from types import TracebackType

from mainmode.console.faces.face import Behind
from mainmode.console.faces.writing import Writer

_PIECE = 1 << 14
_PATIENCE = 2.0
"""Seconds that the last words have where a signal ends it and the screen stands still."""


class TtyFace:
    """A person's terminal. `ended_by`: the signal that ended it."""

    piped = False

    def __init__(self, keyboard: int = 0, screen: int = 1) -> None:
        """Descriptors; the keyboard is a terminal."""
        self._keyboard, self._screen = keyboard, screen
        self._encoding = sys.stdout.encoding or "utf-8"
        self._before = termios.tcgetattr(keyboard)
        self._loop = asyncio.get_running_loop()
        self._behind: Behind | None = None
        self._writer: Writer | None = None
        self.columns, self.rows = self._size()
        self.ended_by: signal.Signals | None = None

    @property
    def failure(self) -> OSError | None:
        """Why the screen takes nothing any more."""
        return self._writer.failure if self._writer is not None else None

    async def __aenter__(self) -> "TtyFace":
        self._writer = Writer(self._screen, self._pause, self._resume, self._hang_up)
        self._make_raw()
        self._loop.add_signal_handler(signal.SIGWINCH, self._resized)
        self._loop.add_signal_handler(signal.SIGCONT, self._continued)
        self._loop.add_signal_handler(signal.SIGTSTP, self._stop)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            self._loop.add_signal_handler(number, self._ended, number)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.remove_reader(self._keyboard)
        try:
            if self._writer is not None:
                patience = _PATIENCE if self.ended_by is not None else None
                await asyncio.wait_for(self._writer.close(), patience)
        except TimeoutError:
            return
        finally:
            for number in (signal.SIGWINCH, signal.SIGCONT, signal.SIGTSTP):
                self._loop.remove_signal_handler(number)
            self._restore()

    def send(self, text: str) -> None:
        """Text for the screen; a character that its encoding lacks becomes a question mark."""
        if self._writer is not None:
            self._writer.send(text.encode(self._encoding, "replace"))

    def reading(self, on: bool) -> None:
        """Whether the keyboard is read."""
        self._loop.remove_reader(self._keyboard)
        if on:
            self._loop.add_reader(self._keyboard, self._typed)

    def attach(self, behind: Behind) -> None:
        """Bring octets there from here on."""
        self._behind = behind
        self.reading(True)

    def _typed(self) -> None:
        try:
            octets = os.read(self._keyboard, _PIECE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            octets = b""
        if not octets:
            self._loop.remove_reader(self._keyboard)
            self._hang_up()
        elif self._behind is not None:
            self._behind.feed(octets)

    # --- signals -------------------------------------------------------------------------------------------------

    def _resized(self) -> None:
        self.columns, self.rows = self._size()
        if self._behind is not None:
            self._behind.resize(self.columns, self.rows)

    def _stop(self) -> None:
        """Stop as whoever sent the signal wants it, with the terminal as it was."""
        self._restore()
        self._loop.remove_signal_handler(signal.SIGTSTP)
        os.kill(os.getpid(), signal.SIGTSTP)
        self._loop.add_signal_handler(signal.SIGTSTP, self._stop)
        self._make_raw()

    def _continued(self) -> None:
        self._make_raw()
        self._resized()
        if self._behind is not None:
            self._behind.redraw()

    def _ended(self, number: signal.Signals) -> None:
        self.ended_by = number
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

    # --- the terminal itself -------------------------------------------------------------------------------------

    def _size(self) -> tuple[int, int]:
        try:
            size = os.get_terminal_size(self._keyboard)
        except OSError:
            return 0, 0
        return size.columns, size.lines

    def _make_raw(self) -> None:
        """Every key comes as it is, and everything that is sent is shown as it is."""
        mode = termios.tcgetattr(self._keyboard)
        mode[0] &= ~(termios.BRKINT | termios.INPCK | termios.ISTRIP | termios.IXON)
        mode[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR)
        mode[1] &= ~termios.OPOST
        mode[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self._keyboard, termios.TCSANOW, mode)

    def _restore(self) -> None:
        """As it was before. From the background that is allowed, too: nothing else would put it right."""
        handler = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        try:
            termios.tcsetattr(self._keyboard, termios.TCSANOW, self._before)
        except termios.error:
            # The terminal is gone.
            return
        finally:
            signal.signal(signal.SIGTTOU, handler)
