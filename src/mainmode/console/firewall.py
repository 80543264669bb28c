"""What stands behind a prompt: one firewall, in a lab or on a host. Everything is called on one loop."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from mainmode.base.instant import Instant, Span
from mainmode.console.record import LineRecord
from mainmode.device.box import Box
from mainmode.device.captures.keeping import Captures
from mainmode.device.config.model import Configuration
from mainmode.device.decision import BoxEffect
from mainmode.device.running import Running
from mainmode.device.watching import Watcher

if TYPE_CHECKING:
    from mainmode.console.lab.lab import Lab

Action = Callable[[Box, Instant], list[BoxEffect]]


class Firewall(Protocol):
    """The device. Sessions share it: what one changes the others see, and each call leaves it whole."""

    @property
    def box(self) -> Box:
        """The device as it is now; another one after a reload. Raises InputError while it is down."""

    @property
    def now(self) -> Instant:
        """What its own clock shows."""

    def act(self, action: Action) -> None:
        """Let something happen to the box, and carry out what follows."""

    def refresh(self) -> None:
        """Bring in what a data plane counted by itself: before anybody looks at counters."""

    async def until(self, done: Callable[[], bool], span: Span) -> bool:
        """Let the device's time go on until `done`, or for `span`; whether it is done.

        Others are served meanwhile. Cancelled, it stops where it is.
        """

    @property
    def running(self) -> Running:
        """Its configuration as it runs and as it would start; another object after a reload."""

    async def saved(self, text: str) -> tuple[str, ...]:
        """Keep this text, its keys in clear, as what it starts with; lines that are printed of it.

        Raises InputError where it cannot be kept.
        """

    async def reload(self) -> None:
        """Start anew with the startup configuration. Raises InputError where it cannot."""

    def reconfigure(self, configuration: Configuration) -> tuple[str, ...]:
        """Another configuration is in force from here on; lines about what will not work as it stands.

        Raises InputError where it cannot be in force; nothing changed then.
        """

    def watch(self, watcher: Watcher) -> None:
        """Tell this one what happens, from here on."""

    def unwatch(self, watcher: Watcher) -> None:
        """Tell this one no more."""

    @property
    def record(self) -> LineRecord:
        """What it said of its negotiations, whatever debugs are on."""

    @property
    def captures(self) -> Captures:
        """Its captures, which nobody fills before the first one is made and watches; empty after a reload."""

    @property
    def lab(self) -> "Lab | None":
        """The lab that it stands in; None for a gateway."""

    async def line_taken(self) -> None:
        """A session carried out a line: a lab whose time stands still lets a second of it pass."""
