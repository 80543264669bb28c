"""What was typed and not yet read: kept in its order, within bounds."""

import asyncio
from collections import deque
from collections.abc import Callable

from mainmode.console.screen import EndOfInput
from mainmode.console.terminal.keys import Key, KeyReader

ENOUGH = 1 << 20
"""Characters typed ahead from which on the far end is asked to wait, until a quarter is left."""
MOST = 1 << 23
"""Characters typed ahead at all: what a far end sends that does not wait is lost, and told."""


class Typed:
    """The queue of keys between a keyboard and whoever reads it."""

    def __init__(self, reading: Callable[[bool], None] | None) -> None:
        """`reading` is called with False when the far end has to wait, with True when it may go on."""
        self._keys: deque[str | Key] = deque()
        self._size = 0
        self._interrupts = 0
        self._reader = KeyReader()
        self._reading = reading
        self._held = False
        self._losing = False
        self._ended = False
        self._arrived = asyncio.Event()
        self.awaited = False
        """Whether somebody waits for a key now."""

    def feed(self, octets: bytes) -> None:
        """Octets as they come."""
        for key in self._reader.read(octets):
            if self._losing and not self._goes_on(key):
                continue
            if self._size >= MOST and key is not Key.INTERRUPT:
                self._losing = True
                key = Key.LOST
            self._keys.append(key)
            self._size += _size(key)
            self._interrupts += key is Key.INTERRUPT
        if self._size > ENOUGH and not self._held:
            self._hold(True)
        self._arrived.set()

    def _goes_on(self, key: str | Key) -> bool:
        """Whether this key is read again after others were lost: from the next line on, when all before was read."""
        if key is Key.INTERRUPT:
            self._losing = False
            return True
        if key is Key.ENTER and not self._keys:
            self._losing = False
        return False

    def end(self) -> None:
        """Nobody types any more; what was typed is still there."""
        self._ended = True
        self._arrived.set()

    def clear(self) -> None:
        """Forget what waits."""
        self._keys.clear()
        self._size = self._interrupts = 0
        self._let_go()

    def interrupted(self) -> bool:
        """Whether Ctrl-C waits; it and all before it are taken."""
        if not self._interrupts:
            return False
        while self._pop() is not Key.INTERRUPT:
            pass
        return True

    async def key(self) -> str | Key:
        """The next one: a run of text, or a key. Raises EndOfInput."""
        while not self._keys:
            if self._ended:
                raise EndOfInput
            self._arrived.clear()
            self.awaited = True
            try:
                await self._arrived.wait()
            finally:
                self.awaited = False
        return self._pop()

    async def letter(self) -> str | Key:
        """The next one, where single letters are keys. Raises EndOfInput."""
        key = await self.key()
        if isinstance(key, str) and len(key) > 1:
            self._keys.appendleft(key[1:])
            self._size += len(key) - 1
            return key[0]
        return key

    def _pop(self) -> str | Key:
        key = self._keys.popleft()
        self._size -= _size(key)
        self._interrupts -= key is Key.INTERRUPT
        self._let_go()
        return key

    def _let_go(self) -> None:
        if self._held and self._size <= ENOUGH // 4:
            self._hold(False)

    def _hold(self, held: bool) -> None:
        self._held = held
        if self._reading is not None:
            self._reading(not held)


def _size(key: str | Key) -> int:
    return len(key) if isinstance(key, str) else 1
