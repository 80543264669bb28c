"""Who watches a lab's devices: the world's observer, which tells each device's watchers."""

from collections.abc import Callable, Sequence

from mainmode.base.instant import Instant
from mainmode.device.decision import BoxEffect
from mainmode.device.watching import Watcher
from mainmode.lab.observer import Observer


class Heard(Observer):
    """Tells watchers what their device does. One that raises is told of once, by `on_fault`, and goes on."""

    def __init__(self, on_fault: Callable[[str, Exception], None]) -> None:
        self._on_fault = on_fault
        self._watchers: dict[str, list[Watcher]] = {}
        self._packets: dict[str, list[Watcher]] = {}
        self._faulty: set[int] = set()
        self._depth = 0

    @property
    def telling(self) -> bool:
        """Whether a watcher is being told of something right now."""
        return bool(self._depth)

    def watch(self, name: str, watcher: Watcher) -> None:
        """Tell this one of a device."""
        self._watchers.setdefault(name, []).append(watcher)
        if watcher.wants_packets:
            self._packets.setdefault(name, []).append(watcher)

    def unwatch(self, name: str, watcher: Watcher) -> None:
        """No more."""
        for table in (self._watchers, self._packets):
            table[name] = [one for one in table.get(name, ()) if one is not watcher]
        self._faulty.discard(id(watcher))

    def happened(self, name: str, effect: BoxEffect, now: Instant) -> None:
        """A device did or said something."""
        watchers = self._watchers.get(name)
        if watchers:
            self._tell(name, watchers, lambda one: one.happened(effect, now))

    def entered(self, name: str, interface: str, packet: bytes, now: Instant) -> None:
        """A packet came in."""
        watchers = self._packets.get(name)
        if watchers:
            self._tell(name, watchers, lambda one: one.received(interface, packet, now))

    def left(self, name: str, interface: str, packet: bytes, now: Instant) -> None:
        """A packet left."""
        watchers = self._packets.get(name)
        if watchers:
            self._tell(name, watchers, lambda one: one.sent(interface, packet, now))

    def remarked(self, name: str, text: str, now: Instant) -> None:
        """The lab tells something: of one device, or of the net, which all hear."""
        for one in (name,) if name else tuple(self._watchers):
            self._tell(one, self._watchers.get(one, ()), lambda watcher: watcher.remarked(text, now))

    def _tell(self, name: str, watchers: Sequence[Watcher], tell: Callable[[Watcher], None]) -> None:
        self._depth += 1
        try:
            for watcher in tuple(watchers):
                try:
                    tell(watcher)
                except Exception as fault:
                    if id(watcher) not in self._faulty:
                        self._faulty.add(id(watcher))
                        self._on_fault(name, fault)
        finally:
            self._depth -= 1
