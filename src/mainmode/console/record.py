"""What a device said of its negotiations, whatever debugs were on: so much of it as is needed to explain the last."""

from collections import deque
from collections.abc import Iterator

from mainmode.base.instant import Instant
from mainmode.device.decision import BoxEffect
from mainmode.device.watching import LINES_KEPT, Watcher
from mainmode.ike.effects import Say, Step

MOST_LINES = LINES_KEPT


class LineRecord(Watcher):
    """The last lines that a device said, but for keepalives and traffic; bounded.

    What a tunnel says while all is well, for days, would leave no room for anything else.
    """

    def __init__(self, most: int = MOST_LINES) -> None:
        self._lines: deque[tuple[Instant, Say]] = deque(maxlen=most)

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """Keep a line; what was said of a message that turns out to be a keepalive is dropped again."""
        if not isinstance(effect, Say) or effect.step is Step.DATA:
            return
        if effect.step is not Step.KEEPALIVE:
            self._lines.append((now, effect))
            return
        while effect.exchange.message_id and self._lines and self._lines[-1][1].exchange == effect.exchange:
            self._lines.pop()

    def __iter__(self) -> Iterator[tuple[Instant, Say]]:
        """Each with its time, oldest first."""
        return iter(tuple(self._lines))

    def __len__(self) -> int:
        return len(self._lines)

    def clear(self) -> None:
        """The device starts anew."""
        self._lines.clear()
