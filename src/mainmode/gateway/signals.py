"""Signals as calls on the loop. None is lost in a storm of others, as it can be where each takes room in a pipe."""

import signal
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType


@contextmanager
def signals(loop: AbstractEventLoop, calls: Mapping[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    """While this is open each of these signals makes its call; many that come at once may make one."""
    pending: set[int] = set()

    def came(number: int, _: FrameType | None) -> None:
        if number not in pending:
            pending.add(number)
            loop.call_soon_threadsafe(serve, number)

    def serve(number: int) -> None:
        pending.discard(number)
        calls[signal.Signals(number)]()

    before = {number: signal.signal(number, came) for number in calls}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
