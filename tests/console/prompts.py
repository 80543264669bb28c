"""A session before a box that nobody else touches, and a screen that keeps what is printed."""

import asyncio
from collections.abc import Iterable

from device_pair import START, Pair
from screens import FakeScreen

from mainmode.base.instant import Instant
from mainmode.console.firewall import Action
from mainmode.console.record import LineRecord
from mainmode.console.session import Session, User
from mainmode.device.box import Box
from mainmode.device.captures.keeping import Captures
from mainmode.device.config.running import running_config
from mainmode.device.running import Running
from mainmode.device.watching import Watcher


class Alone:
    """A box behind the prompt, and its moment."""

    def __init__(self, box: Box, now: Instant = START) -> None:
        self.box, self.now = box, now
        self.running = Running(running_config(box.configuration, reveal_keys=True), box.configuration.file)
        self.captures = Captures(lambda: self.box.configuration)
        self.lab, self.record = None, LineRecord()

    async def line_taken(self) -> None:
        """Its time stands."""

    def refresh(self) -> None:
        pass

    def act(self, action: Action) -> None:
        action(self.box, self.now)

    def watch(self, watcher: Watcher) -> None:
        """Nothing happens that anybody sees."""

    def unwatch(self, watcher: Watcher) -> None:
        """Nobody was told."""


def at_prompt(
    firewall: Alone | None = None, *, privilege: int = 15, answers: Iterable[str] = ()
) -> tuple[Session, FakeScreen]:
    """A session that is privileged, before the first box of a pair."""
    screen = FakeScreen(*answers)
    screen.settings.pager = 0
    user = User("admin", "console", privilege)
    return Session(firewall or Alone(Pair().boxes["a"]), screen, user), screen  # type: ignore[arg-type]


def typed(session: Session, *lines: str) -> str:
    """What is printed while these lines are entered."""
    screen = session.screen
    assert isinstance(screen, FakeScreen)
    before = len(screen.output)

    async def enter() -> None:
        for line in lines:
            await session.enter(line)

    asyncio.run(enter())
    return screen.output[before:]
