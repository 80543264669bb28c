"""What the host refused is tried again, until all is as it should be: its kernel may be well again later."""

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable

from mainmode.gateway.gateway import Gateway

FIRST, LONGEST = 1.0, 60.0
"""Seconds between tries; each pause is twice the one before."""


class Mending:
    """Calls `mend` until it says that all is whole. Whoever finds something broken says so with `owe`."""

    def __init__(self, loop: AbstractEventLoop, gateway: Gateway, mend: Callable[[], bool]) -> None:
        self._loop = loop
        self._gateway = gateway
        self._mend = mend
        self._pause = FIRST
        self._timer: TimerHandle | None = None

    def owe(self) -> None:
        """Something is not as it should be."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._pause, self._try)
            self._pause = min(self._pause * 2, LONGEST)

    def close(self) -> None:
        """No more tries."""
        if self._timer is not None:
            self._timer.cancel()

    def _try(self) -> None:
        self._timer = None
        try:
            whole = self._mend()
        except Exception as fault:
            self._gateway.contain(fault)
            whole = False
        if whole and self._timer is None:
            self._pause = FIRST
            self._gateway.tell("the host took what it had refused: all is in place again")
        else:
            self.owe()
