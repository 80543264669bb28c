"""The running gateway behind the prompt."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from mainmode.base.instant import SECOND, Instant, Span, later
from mainmode.console.firewall import Action
from mainmode.console.record import LineRecord
from mainmode.device.box import Box
from mainmode.device.captures.keeping import Captures
from mainmode.device.config.model import Configuration
from mainmode.device.decision import BoxEffect
from mainmode.device.running import Running
from mainmode.device.watching import Watcher
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.reload import Reloading

if TYPE_CHECKING:
    from mainmode.console.lab.lab import Lab

_LONGEST_NAP = 0.25
"""Seconds between two looks at what may come true by time alone."""


class GatewayFirewall:
    """The device that `mainmode up` is. Everything goes through `Gateway.act`, on its loop."""

    lab: "Lab | None" = None

    def __init__(self, gateway: Gateway, reloading: Reloading) -> None:
        self.record = LineRecord()
        self.captures = Captures(lambda: self.running.configuration)
        self._gateway = gateway
        self._reloading = reloading
        gateway.watch(self.record)

    @property
    def box(self) -> Box:
        """The device."""
        return self._gateway.box

    @property
    def now(self) -> Instant:
        """What its clock shows."""
        return self._gateway.now()

    @property
    def running(self) -> Running:
        """Its configuration; another object when the file was read again."""
        return self._reloading.running

    def act(self, action: Action) -> None:
        """Let something happen to the box; from within what happens to it, behind that."""
        self._gateway.act(action)

    def refresh(self) -> None:
        """Bring in what the data plane counted."""
        self._gateway.refresh()

    async def until(self, done: Callable[[], bool], span: Span) -> bool:
        """Wait, while the gateway goes on."""
        end = later(self._gateway.now(), span)
        moved = asyncio.Event()
        moving = _Moving(moved)
        self._gateway.watch(moving)
        try:
            while not done():
                left = (end - self._gateway.now()) / SECOND
                if left <= 0:
                    return False
                moved.clear()
                try:
                    async with asyncio.timeout(min(left, _LONGEST_NAP)):
                        await moved.wait()
                except TimeoutError:
                    continue
            return True
        finally:
            self._gateway.unwatch(moving)

    async def line_taken(self) -> None:
        """Time passes by itself."""

    def reconfigure(self, configuration: Configuration) -> tuple[str, ...]:
        """Another configuration, as far as the host has what it names. What will not work as it stands."""
        return self._reloading.adopt(configuration)

    async def saved(self, text: str) -> tuple[str, ...]:
        """Write the file that the gateway was started with."""
        return await self._reloading.save(text)

    async def reload(self) -> None:
        """Take the tunnels down and start anew with what the file says, in the same process."""
        await self._reloading.restart()
        self.record.clear()
        self.unwatch(self.captures)
        self.captures.remove_all()

    def watch(self, watcher: Watcher) -> None:
        """Tell this one what happens, with every packet if it wants them."""
        self._gateway.watch(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Tell this one no more."""
        self._gateway.unwatch(watcher)


class _Moving(Watcher):
    """Notices that something happened."""

    def __init__(self, moved: asyncio.Event) -> None:
        self._moved = moved

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """Something did."""
        self._moved.set()
