"""A lab's time: it follows the loop's clock, or stands still but for what commands need.

Whatever takes long is done in slices, and others are served in between.
"""

import asyncio
from collections.abc import Callable
from time import monotonic

from mainmode.base.instant import SECOND, Instant, Span, between, later
from mainmode.lab.world import World

_SLICE = 0.01
"""Seconds of real time for which the loop is held at most."""
_LONGEST_NAP = 0.5
"""Seconds after which a clock that waits for nothing looks up, so that `now` goes on."""

Progress = Callable[[Instant], None]


class LabClock:
    """Moves one world. `still`: time stands, unless somebody waits for something; see `until` and `advance`."""

    def __init__(
        self, world: World, still: bool, busy: Callable[[], bool], on_fault: Callable[[Exception], None]
    ) -> None:
        """`busy`: something is happening, and somebody is told of it. `on_fault` is told of what goes wrong outside of
        the devices; the clock goes on.
        """
        self._world = world
        self._still = still
        self._busy = busy
        self._on_fault = on_fault
        self._driving = False
        self.on_hold: Callable[[], object] = lambda: None
        """Called now and then while time stands, by `run`."""
        self._holders = 0
        self._jumping = 0
        self._moved = asyncio.Event()
        self._wake = asyncio.Event()
        self._rebase()

    @property
    def now(self) -> Instant:
        """The virtual time."""
        return self._world.agenda.now

    @property
    def still(self) -> bool:
        """Whether time stands but for what commands need."""
        return self._still

    @still.setter
    def still(self, still: bool) -> None:
        self._still = still
        self._rebase()

    @property
    def held(self) -> bool:
        """Whether somebody holds the time; then it stands for everybody."""
        return bool(self._holders)

    def hold(self) -> None:
        """Time stands from here on, whoever waits, until `release`."""
        self._holders += 1

    def release(self) -> None:
        """Time goes on."""
        self._holders -= 1
        self._rebase()

    def catch_up(self) -> None:
        """Let happen what is due, for no longer than a slice; for those who are about to look or to act.

        Who is told of something in the midst of it sees it as it is.
        """
        if self._runs and not self._driving and not self._busy():
            self._slice(_never, self._target)

    def stir(self) -> None:
        """Something was put down that may be due earlier than all before."""
        self._wake.set()

    async def run(self) -> None:
        """Follow the loop's clock until this is cancelled."""
        while True:
            if not self._runs:
                self.on_hold()
                await self._nap(_LONGEST_NAP)
            elif self._slice(_never, self._target):
                await self._nap(self._until_next())
            else:
                await asyncio.sleep(0)

    async def advance(self, span: Span, progress: Progress | None = None) -> None:
        """Let this much time pass as fast as it can. Cancelled, it stops where it is."""
        await self._drive(_never, later(self.now, span), progress)

    async def drive_held(self, done: Callable[[], bool], span: Span) -> bool:
        """For who holds the time: let it go on until `done`, or for `span`; whether it is done."""
        end = later(self.now, span)
        while not self._slice(done, end):
            await asyncio.sleep(0)
        return done()

    async def until(self, done: Callable[[], bool], span: Span) -> bool:
        """Wait until `done`, or for `span`; whether it is done. Where time stands, it moves for this."""
        self.catch_up()
        end = later(self.now, span)
        while not done() and self.now < end:
            self.catch_up()
            if self._holders:
                await self._change(None)
            elif self._still:
                await self._drive(done, end)
            else:
                self._wake.set()
                await self._change(between(self.now, end) / SECOND)
        return done()

    # --- inside --------------------------------------------------------------------------------------------------

    @property
    def _runs(self) -> bool:
        return not (self._still or self._holders or self._jumping)

    @property
    def _target(self) -> Instant:
        """What the virtual time should be by now."""
        real, virtual = self._base
        return later(virtual, Span(int((monotonic() - real) * SECOND)))

    def _rebase(self) -> None:
        self._base = (monotonic(), self.now)
        self._wake.set()
        self._moved.set()

    def _slice(self, done: Callable[[], bool], end: Instant) -> bool:
        """Move towards `end` for a moment; whether it was reached, or `done`."""
        finished = monotonic() + _SLICE
        stopped = False

        def stop() -> bool:
            nonlocal stopped
            stopped = done() or monotonic() > finished
            return stopped

        self._driving = True
        try:
            self._world.drive(stop, end)
        except Exception as fault:
            self._on_fault(fault)
            stopped = True
        finally:
            self._driving = False
        self._moved.set()
        return not stopped or self.now >= end or done()

    async def _drive(self, done: Callable[[], bool], end: Instant, progress: Progress | None = None) -> None:
        self._jumping += 1
        try:
            while not self._holders and not self._slice(done, end):
                if progress is not None:
                    progress(self.now)
                await asyncio.sleep(0)
        finally:
            self._jumping -= 1
            self._rebase()

    def _until_next(self) -> float:
        due = self._world.next_event()
        if due is None:
            return _LONGEST_NAP
        real, virtual = self._base
        return min(_LONGEST_NAP, max(0.0, real + between(virtual, due) / SECOND - monotonic()) + 0.0005)

    async def _nap(self, seconds: float) -> None:
        self._wake.clear()
        await _within(self._wake, seconds)

    async def _change(self, seconds: float | None) -> None:
        """Until something moved."""
        self._moved.clear()
        await _within(self._moved, seconds)


def _never() -> bool:
    return False


async def _within(event: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
