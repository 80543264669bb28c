"""A device of a lab behind the prompt."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from mainmode.base.errors import InputError
from mainmode.base.instant import NO_TIME, Instant, Span, seconds
from mainmode.console.firewall import Action
from mainmode.console.passwords import hashed
from mainmode.console.record import LineRecord
from mainmode.device.box import Box
from mainmode.device.captures.keeping import Captures
from mainmode.device.config.model import Configuration
from mainmode.device.running import Running
from mainmode.device.watching import Watcher

if TYPE_CHECKING:
    from mainmode.console.lab.lab import Lab

HELD = "the lab's time stands while somebody steps through a negotiation; `step stop` lets it go on"
_LINE = seconds(1)
"""What each line costs where time stands still."""


class LabFirewall:
    """One device of a lab."""

    def __init__(self, lab: "Lab", name: str) -> None:
        self.lab: Lab | None = lab
        self.record = LineRecord()
        self.captures = Captures(lambda: self.running.configuration)
        self.name = name
        self._lab = lab
        self._file = lab.stage.actors[name].file
        self._text = lab.stage.actors[name].text
        self._running = Running(self._text, self._file, hashed)
        lab.heard.watch(name, self.record)

    @property
    def running(self) -> Running:
        """Its configuration."""
        return self._running

    @property
    def box(self) -> Box:
        """The device. Raises InputError while it is down."""
        self._lab.clock.catch_up()
        box = self._lab.world.stations[self.name].box
        if box is None:
            raise InputError("the device is down")
        return box

    @property
    def now(self) -> Instant:
        """What its clock shows."""
        self._lab.clock.catch_up()
        return self._lab.world.time_of(self.name)

    def act(self, action: Action) -> None:
        """Let something happen to it; nothing, while it is down."""
        self._lab.act(self.name, action)

    def refresh(self) -> None:
        """Nothing is counted outside of the box."""

    async def until(self, done: Callable[[], bool], span: Span) -> bool:
        """Let time go on; where it stands still, for this. Raises InputError while somebody steps."""
        if self._lab.clock.held:
            raise InputError(HELD)
        return await self._lab.clock.until(done, span)

    async def line_taken(self) -> None:
        """A line was carried out: where time stands still, a second passes, so that what was sent arrives."""
        clock = self._lab.clock
        if clock.still and not clock.held:
            await clock.advance(_LINE)

    def reconfigure(self, configuration: Configuration) -> tuple[str, ...]:
        """Another configuration; addresses on the net and the hosts inside follow it."""
        self._lab.reconfigure(self.name, configuration)
        return ()

    async def saved(self, text: str) -> tuple[str, ...]:
        """It is kept as long as the lab stands; the file stays as it was."""
        return ()

    async def reload(self) -> None:
        """It goes down, loses its state, and is back with the startup configuration; returns then. Nobody is told.

        Raises InputError while somebody steps.
        """
        lab, name = self._lab, self.name
        if lab.clock.held:
            raise InputError(HELD)
        self._running = Running(self._running.startup, self._file, hashed)
        self.record.clear()
        self.unwatch(self.captures)
        self.captures.remove_all()
        lab.restart(name, self._running.configuration)
        stations = lab.world.stations
        while not await lab.clock.until(lambda: stations[name].box is not None, seconds(3600)):
            pass

    def begin_anew(self) -> None:
        """It is as it was when the lab began, at once."""
        self._running = Running(self._text, self._file, hashed)
        self.record.clear()
        self._lab.restart(self.name, self._running.configuration, NO_TIME)

    def watch(self, watcher: Watcher) -> None:
        """Tell this one what happens, with the packets of every interface if it wants them."""
        self._lab.heard.watch(self.name, watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Tell this one no more."""
        self._lab.heard.unwatch(self.name, watcher)
