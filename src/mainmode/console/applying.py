"""What was typed comes into force: at once, or where that is dear and more lines come, behind the last of them."""

import asyncio
from typing import TYPE_CHECKING

from mainmode.base.errors import InputError
from mainmode.base.faults import place_of

if TYPE_CHECKING:
    from mainmode.console.session import Session

_CHEAP = 0.02
"""Seconds that a change may take and be made line by line."""
_LINE = 0.00005
"""Seconds that a change takes for each line of the configuration, before one was made."""
_LONGEST = 2.0
"""Seconds that a change waits while lines come."""


class Applying:
    """Brings a session's lines into force. Whoever looks at the device calls `settle` first."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._cost = len(session.firewall.running.configuration.lines) * _LINE
        self._waiting: asyncio.TimerHandle | None = None
        self._since = 0.0

    def line_typed(self) -> None:
        """A line changed the running configuration. Call it on the loop."""
        loop = asyncio.get_running_loop()
        if self._cost <= _CHEAP:
            self.settle()
            return
        if self._waiting is None:
            self._since = loop.time()
        else:
            self._waiting.cancel()
        pause = min(self._cost, max(0.0, self._since + _LONGEST - loop.time()))
        self._waiting = loop.call_later(pause, self._settle_by_itself)

    def settle(self) -> None:
        """What was typed is in force behind this. What the device cannot take is told; it goes on as it was."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        firewall = self._session.firewall
        running = firewall.running
        if not running.due:
            return
        begun = asyncio.get_running_loop().time()
        try:
            configuration = running.configuration
            running.due = False
            if configuration != firewall.box.configuration:
                told = firewall.reconfigure(configuration)
                self._session.screen.tell(f"WARNING: {line}" for line in told or ())
        except InputError as error:
            self._session.screen.tell([f"ERROR: {error}; the device goes on as it was"])
        self._cost = asyncio.get_running_loop().time() - begun

    def _settle_by_itself(self) -> None:
        self._waiting = None
        try:
            self.settle()
        except Exception as fault:
            self._session.screen.tell([f"a fault in mainmode itself, please report it: {place_of(fault)}"])
