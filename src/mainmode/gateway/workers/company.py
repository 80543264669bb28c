"""What one process has to do with the others: it opens the links, and is there when one of them goes."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from signal import Signals
from typing import NoReturn

from mainmode.base.errors import InputError
from mainmode.gateway.control.connection import Connection
from mainmode.gateway.control.server import Door
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.outside import Outside
from mainmode.gateway.reload import Reloading
from mainmode.gateway.workers.answering import Answering
from mainmode.gateway.workers.asking import Asking
from mainmode.gateway.workers.crew import Crew, WorkerLost

_LOOK, _LOOKS = 0.01, 50
"""Seconds between two looks at how a process ended whose link is closed, and how many there are."""
_LAST_WORD = 5.0
"""Seconds in which a worker's last message has to be read."""


class Company:
    """One process among the others, from `open` on."""

    def __init__(self, crew: Crew, gateway: Gateway, reloading: Reloading, warn: Callable[[str], None]) -> None:
        self._crew = crew
        self._gateway = gateway
        self._reloading = reloading
        self._warn = warn
        self._asking = Asking(gateway, crew.links)
        self._ended: asyncio.Event | None = None
        self._lost: str | None = None
        self._wrong: Sequence[str] = ()

    async def open(self, loop: asyncio.AbstractEventLoop, outside: Outside, ended: asyncio.Event) -> None:
        """Messages go from here on. `ended` is set where this process has to end."""
        self._ended = ended
        if self._crew.first:
            self._reloading.spread = self._asking.spread
            outside.of_all = self._asking.samples
            await self._crew.connect(loop, self._asking.heard, self._gone)
        else:
            answering = Answering(self._gateway, self._reloading, outside.samples, self._break)
            await self._crew.connect(loop, answering.heard, self._gone)

    @property
    def doors(self) -> Mapping[str, Door]:
        """What the control socket has beside the device's commands."""
        return {"console": self._no_console}

    def carry_out(self, gateway: Gateway, connection: Connection, text: str) -> None:
        """A command of the control socket, for all processes."""
        self._asking.carry_out(gateway, connection, text)

    async def disband(self, loop: asyncio.AbstractEventLoop) -> int:
        """End the others, where this is the first one: how many tunnels they took down."""
        if not self._crew.first:
            return 0
        self._crew.leaving = True
        pairs, self._wrong = await self._crew.disband(loop)
        return pairs

    async def close(self, pairs: int) -> None:
        """The last word. Raises WorkerLost where the gateway ended for one that was gone."""
        for line in self._wrong:
            self._warn(line)
        if not self._crew.first:
            self._crew.links[0].leave(pairs)
            await self._crew.links[0].ended(_LAST_WORD)
        if self._lost is not None:
            raise WorkerLost(self._lost)

    # --- inside --------------------------------------------------------------------------------------------------

    def _gone(self, worker: int) -> None:
        """The other end of a link is closed."""
        if self._crew.first:
            self._asking.lost(worker)
            if self._lost is None and not self._crew.leaving:
                self._lost = f"worker {worker + 1} {self._how(worker)}: the gateway ends"
                self._warn(self._lost)
        if self._ended is not None:
            self._ended.set()

    def _break(self, why: str) -> None:
        """This worker cannot go on, and so none can."""
        self._warn(f"worker {self._crew.share.number + 1} ends: {why}")
        if self._ended is not None:
            self._ended.set()

    def _how(self, worker: int) -> str:
        """How a process ended, as far as it is known."""
        pid = self._crew.processes[worker]
        for _ in range(_LOOKS):
            with suppress(ChildProcessError):
                found, status = os.waitpid(pid, os.WNOHANG)
                if found and os.WIFSIGNALED(status):
                    return f"(process {pid}) was ended by {Signals(os.WTERMSIG(status)).name}"
                if found:
                    break
            time.sleep(_LOOK)
        return f"(process {pid}) has ended by itself"

    def _no_console(self, connection: Connection, words: Sequence[str]) -> NoReturn:
        raise InputError(
            f"a session at the prompt needs a gateway of one process, this one has {self._crew.share.count} workers: "
            "ask it with mainmode show, clear, debug, ping, or start it without --workers"
        )
