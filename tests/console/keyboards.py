"""A terminal with a person in front of it: what is typed, what is seen, and a session that keeps what it is told."""

import asyncio
from collections.abc import Awaitable, Callable

from mainmode.console.terminal.terminal import Terminal
from secrets_heard import said


class Listening:
    """A session that keeps the lines that it was given, and does with them what a test says."""

    def __init__(self, does: Callable[["Listening", str], Awaitable[None]] | None = None) -> None:
        self.prompt = "asa1# "
        self.ended = False
        self.place: object | None = None
        self.entered: list[str] = []
        self.terminal: Terminal | None = None
        self._does = does

    async def enter(self, line: str) -> None:
        self.entered.append(line)
        if line == "exit":
            self.ended = True
        elif line == "end":
            self.place = None
        elif self._does is not None:
            await self._does(self, line)

    def help(self, before: str) -> str:
        return f"\nexec mode commands/options:\n  behind {before.strip()!r}\n"

    def complete(self, before: str) -> str:
        return "ow " if before == "sh" else ""

    @property
    def screen(self) -> Terminal:
        if self.terminal is None:
            raise ValueError("no terminal runs")
        return self.terminal


class Keyboard:
    """Types into a terminal and sees what it sends."""

    def __init__(
        self,
        does: Callable[[Listening, str], Awaitable[None]] | None = None,
        columns: int = 80,
        rows: int = 24,
        piped: bool = False,
    ) -> None:
        self._pieces: list[str] = []
        self.session = Listening(does)
        self.held: list[bool] = []
        self.terminal = Terminal(self._out, columns, rows, self.held.append, piped)
        self.session.terminal = self.terminal
        self._task: asyncio.Task[None] | None = None

    def _out(self, text: str) -> None:
        self._pieces.append(text)
        said(text)

    @property
    def sent(self) -> str:
        """All that was sent since something was typed last."""
        return "".join(self._pieces)

    async def __aenter__(self) -> "Keyboard":
        self._task = asyncio.get_running_loop().create_task(self.terminal.run(self.session))
        await self.settle()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.terminal.hang_up()
        await self.ended()

    @property
    def done(self) -> bool:
        """Whether the session is over."""
        return self._task is not None and self._task.done()

    async def ended(self) -> None:
        """Until the session is over."""
        if self._task is not None:
            await asyncio.wait_for(self._task, 10)

    async def settle(self) -> None:
        """Until nothing more happens by itself: everything that was typed has had its turns."""
        for _ in range(40):
            await asyncio.sleep(0)

    async def type(self, text: str | bytes) -> str:
        """What is sent in answer to what is typed."""
        self._pieces.clear()
        self.terminal.feed(text.encode() if isinstance(text, str) else text)
        await self.settle()
        return self.sent
