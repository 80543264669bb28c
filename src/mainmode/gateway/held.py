"""Packets that asked for a tunnel and wait for it: a bounded queue, so that the first packet is not lost."""

from collections import deque

from mainmode.base.errors import Drop
from mainmode.base.instant import Instant, Span, later, seconds
from mainmode.device.decision import Held
from mainmode.ike.effects import Dropped
from mainmode.ipsec.dataplane import SaPair

MOST_PACKETS = 64
PATIENCE: Span = seconds(30)


class HeldPackets:
    """The oldest give way to new ones, and none waits longer than `PATIENCE`."""

    def __init__(self, most: int = MOST_PACKETS) -> None:
        self._most = most
        self._held: deque[tuple[Instant, Held]] = deque()
        self._going: deque[tuple[Instant, Held]] = deque()

    def __len__(self) -> int:
        return len(self._held) + len(self._going)

    def add(self, held: Held, now: Instant) -> Dropped | None:
        """One more waits, behind those of its tunnel. The drop of the oldest, where there is no room for both."""
        if held.until is not None:
            self._going.append((held.until, held))
        else:
            self._held.append((now, held))
        if len(self) <= self._most:
            return None
        return _lost((self._going or self._held).popleft()[1], f"more than {self._most} packets wait for tunnels")

    def release(self, pair: SaPair, at: Instant) -> None:
        """This pair of SAs stands: those that it may carry are `due` at the moment from which it takes packets."""
        self._going.extend((at, one) for _, one in self._held if one.sources[-1] in pair.sources)
        self._held = deque(entry for entry in self._held if entry[1].sources[-1] not in pair.sources)

    def due(self, now: Instant) -> list[Held]:
        """Those whose tunnel can carry them now, oldest first: they wait no more."""
        found = [one for at, one in self._going if at <= now]
        if found:
            self._going = deque(entry for entry in self._going if entry[0] > now)
        return found

    def outdated(self, now: Instant) -> list[Dropped]:
        """The drops of those whose time is over: they wait no more."""
        lost = []
        while self._held and later(self._held[0][0], PATIENCE) <= now:
            text = f"its tunnel did not come up within {PATIENCE // 1_000_000} seconds"
            lost.append(_lost(self._held.popleft()[1], text))
        return lost

    def deadline(self) -> Instant | None:
        """When one is due, or the oldest has waited long enough; None while none waits."""
        if not self._held and not self._going:
            return None
        ends = [later(self._held[0][0], PATIENCE)] if self._held else []
        return min([*ends, *(at for at, _ in self._going)], default=None)

    def clear(self) -> None:
        """Nothing waits any more."""
        self._held.clear()
        self._going.clear()


def _lost(held: Held, why: str) -> Dropped:
    return Dropped(Drop.NO_TUNNEL, None, f"{held.detail}: {why}", held.sources)
