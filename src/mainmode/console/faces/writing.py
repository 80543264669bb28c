"""Text to a file descriptor of this process, written by a thread: a screen that stands still holds nobody up."""

import asyncio
import os
import select
import threading
from collections import deque
from collections.abc import Callable

_PAUSE_AT = 1 << 16
"""Octets that wait from which on whoever sends is asked to pause; at none it may go on."""


class Writer:
    """A queue and the thread that writes it. `failure` is why it can write no more."""

    def __init__(
        self, descriptor: int, pause: Callable[[], None], resume: Callable[[], None], failed: Callable[[], None]
    ) -> None:
        """The three are called on the loop that runs now."""
        self.failure: OSError | None = None
        self._descriptor = descriptor
        self._pause, self._resume, self._failed = pause, resume, failed
        self._loop = asyncio.get_running_loop()
        self._done = self._loop.create_future()
        self._ready = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._paused = False
        self._closed = False
        threading.Thread(target=self._run, name="screen", daemon=True).start()

    def send(self, octets: bytes) -> None:
        """Write behind what was sent before."""
        with self._ready:
            if self._closed or self.failure is not None:
                return
            self._waiting.append(octets)
            self._size += len(octets)
            pause = self._size > _PAUSE_AT and not self._paused
            self._paused |= pause
            self._ready.notify()
        if pause:
            self._pause()

    async def close(self) -> None:
        """Wait until all was written, or cannot be. Cancelled, it waits no longer."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        await self._done

    def _run(self) -> None:
        try:
            while octets := self._next():
                self._write(octets)
        except OSError as error:
            self.failure = error
        self._on_loop(self._finish)

    def _next(self) -> bytes:
        """What waits; empty at the end."""
        with self._ready:
            if not self._waiting and self._paused:
                self._paused = False
                self._on_loop(self._resume)
            while not self._waiting and not self._closed:
                self._ready.wait()
            octets = b"".join(self._waiting)
            self._waiting.clear()
            self._size = 0
            return octets

    def _write(self, octets: bytes) -> None:
        view = memoryview(octets)
        while view:
            try:
                view = view[os.write(self._descriptor, view) :]
            except BlockingIOError:
                # Somebody who shares the descriptor has made it so.
                poll = select.poll()
                poll.register(self._descriptor, select.POLLOUT)
                poll.poll()

    def _finish(self) -> None:
        if not self._done.done():
            self._done.set_result(None)
        if self.failure is not None:
            self._failed()

    def _on_loop(self, call: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:
            # The loop has ended, and with it whoever wanted to know.
            return
