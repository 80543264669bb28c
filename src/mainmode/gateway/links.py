"""What happens to the host's interfaces while the gateway runs: told, and taken into account."""

from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterable

from mainmode.gateway.interfaces import Place
from mainmode.gateway.netlink.host import HostEvents


class LinkWatch:
    """Calls `changed` once after each burst of changes of links and addresses."""

    def __init__(self, loop: AbstractEventLoop, changed: Callable[[], object]) -> None:
        """Raises NetlinkError."""
        self._loop = loop
        self._changed = changed
        self._events = HostEvents()
        self._pending = False
        loop.add_reader(self._events.fileno(), self._heard)

    def close(self) -> None:
        """No more."""
        self._loop.remove_reader(self._events.fileno())
        self._events.close()

    def _heard(self) -> None:
        if self._events.read() and not self._pending:
            self._pending = True
            self._loop.call_later(_SETTLE, self._settled)

    def _settled(self) -> None:
        self._pending = False
        self._changed()


_SETTLE = 0.2
"""Seconds: a change of one interface comes as several events."""


def differences(before: Iterable[Place], after: Iterable[Place]) -> list[str]:
    """A line for each interface that is somewhere else, or nowhere, or back."""
    now = {place.nameif: place for place in after}
    lines = []
    for old in before:
        new = now.get(old.nameif)
        if new is None or (new.index, new.link, new.address) == (old.index, old.link, old.address):
            continue
        if new.index is None:
            lines.append(f"interface {old.nameif}: {old.link} with {old.address} is gone; its tunnels wait for it")
        elif old.index is None:
            lines.append(f"{new}: it is there again")
        else:
            lines.append(f"{new} (it was {old.link} with {old.address})")
    return lines
