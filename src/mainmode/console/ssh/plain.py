"""The screen of a command that came with the connection, `ssh HOST show version`: no prompt, no pages, no echo."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterable

from mainmode.base.printable import printable
from mainmode.console.screen import EndOfInput, TerminalSettings

_MOST_TYPED = 1 << 16
"""Octets of answers that are kept before anybody asks."""
_PIECE = 1 << 14
_STEERING = re.compile("[^\n\t]+")


class PlainScreen:
    """Prints all that it is given, and answers questions by the lines that the far end sends."""

    def __init__(self, out: Callable[[str], None]) -> None:
        """`out` takes text with a newline at the end of each line."""
        self.settings = TerminalSettings(pager=0)
        self._out = out
        self._typed = bytearray()
        self._ended = False
        self._arrived = asyncio.Event()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._waiting: deque[str] = deque(maxlen=1000)
        self._command: asyncio.Task[None] | None = None

    # --- the face ------------------------------------------------------------------------------------------------

    def feed(self, octets: bytes) -> None:
        """What the far end sends. Ctrl-C ends the command."""
        if b"\x03" in octets:
            self.hang_up()
        self._typed += octets[: _MOST_TYPED - len(self._typed)]
        self._arrived.set()

    def end_of_input(self) -> None:
        """It sends no more."""
        self._ended = True
        self._arrived.set()

    def resize(self, columns: int, rows: int) -> None:
        """Nothing here is as wide as a screen."""

    def redraw(self) -> None:
        """Nothing is drawn."""

    def pause(self) -> None:
        """The far end takes no more for now."""
        self._flowing.clear()

    def resume(self) -> None:
        """It takes more."""
        self._flowing.set()
        while self._waiting and self._flowing.is_set():
            self._out(self._waiting.popleft())

    def hang_up(self) -> None:
        """The far end is gone: what runs is cancelled."""
        self.end_of_input()
        self._flowing.set()
        if self._command is not None:
            self._command.cancel()

    def carry_out(self, command: "asyncio.Task[None]") -> None:
        """This is what runs."""
        self._command = command

    # --- the screen ----------------------------------------------------------------------------------------------

    def write(self, text: str) -> None:
        """Print at once."""
        self._out(_spelled(text))

    async def show(self, text: str) -> None:
        """Print, piece by piece, as the far end takes it."""
        for start in range(0, len(text), _PIECE):
            await self._flowing.wait()
            self._out(_spelled(text[start : start + _PIECE]))
            await asyncio.sleep(0)

    async def ask(self, question: str, *, echo: bool = True) -> str:
        """The next line that was sent. Raises EndOfInput."""
        self.write(question)
        while b"\n" not in self._typed and b"\r" not in self._typed and not self._ended:
            self._arrived.clear()
            await self._arrived.wait()
        if not self._typed:
            raise EndOfInput
        line, _, rest = bytes(self._typed).replace(b"\r\n", b"\n").replace(b"\r", b"\n").partition(b"\n")
        self._typed[:] = rest
        self.write("\n")
        return line.decode("utf-8", "replace")

    async def confirm(self, question: str) -> bool:
        """Whether the next line is empty or begins with y."""
        return (await self.ask(question))[:1] in ("", "y", "Y")

    def tell(self, lines: Iterable[str]) -> None:
        """Lines that come by themselves; the last thousand wait for a far end that reads slowly."""
        for line in lines:
            if self._flowing.is_set():
                self._out(f"{printable(line)}\n")
            else:
                self._waiting.append(f"{printable(line)}\n")


def _spelled(text: str) -> str:
    return _STEERING.sub(lambda found: printable(found[0]), text)
