"""What goes out to the far end, which may read slowly: then it waits here, within bounds."""

import asyncio
from collections import deque
from collections.abc import Callable

ROOM = 1 << 16
"""Characters that may wait before whoever prints has to wait."""
MOST = 1 << 24
"""Characters that may wait at all. A far end that takes nothing while so much is printed is gone."""


class Outlet:
    """Text in its order. `closed`: the far end is gone, and all goes nowhere."""

    def __init__(self, out: Callable[[str], None]) -> None:
        self._out = out
        self._waiting: deque[str] = deque()
        self._size = 0
        self._paused = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.closed = False
        self.fresh = True
        """Whether the cursor stands at the beginning of a row."""

    def send(self, text: str) -> None:
        """Text with its line ends as the far end wants them."""
        if not text or self.closed:
            return
        self.fresh = text.endswith(("\n", "\r")) or (self.fresh and not text.strip("\a"))
        if self._paused:
            self._waiting.append(text)
            self._size += len(text)
            if self._size > MOST:
                self.close()
            elif self._size > ROOM:
                self._flowing.clear()
        else:
            self._out(text)

    @property
    def crowded(self) -> bool:
        """Whether so much waits that nothing of less weight should be added."""
        return self._size > ROOM // 2

    async def room(self) -> None:
        """Wait until the far end has taken enough of what was sent."""
        await self._flowing.wait()

    async def drained(self) -> None:
        """Wait until it has taken all of it, or is gone."""
        while self._waiting:
            self._flowing.clear()
            await self._flowing.wait()

    def pause(self) -> None:
        """The far end takes no more for now."""
        self._paused = True

    def resume(self) -> None:
        """It takes more; in the middle of what waits it may pause again."""
        self._paused = False
        while self._waiting and not self._paused and not self.closed:
            text = self._waiting.popleft()
            self._size -= len(text)
            self._out(text)
        if self._size <= ROOM:
            self._flowing.set()

    def close(self) -> None:
        """Nothing goes out any more, and nobody waits for it."""
        self.closed = True
        self._waiting.clear()
        self._size = 0
        self._flowing.set()
