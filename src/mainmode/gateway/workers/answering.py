"""Another worker's end of the link to the first one: it does what the first one asks, and tells what it has."""

import asyncio
from collections.abc import Callable, Mapping

from mainmode.base.errors import InputError
from mainmode.device.exec_commands import Order, Tally
from mainmode.device.show.joining import part_of
from mainmode.gateway.control import protocol
from mainmode.gateway.control.commands import asked_for
from mainmode.gateway.control.connection import Errand, Who
from mainmode.gateway.control.protocol import FOLLOWING, MISSED
from mainmode.gateway.exposition import Samples
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.reload import Reloading
from mainmode.gateway.workers.link import Link
from mainmode.gateway.workers.messages import (
    Adopt,
    Answer,
    Ask,
    Carries,
    Do,
    Done,
    Follow,
    Metrics,
    Over,
    Refusal,
    Said,
    Standing,
    Stop,
    carries,
    written,
)


class Answering:
    """Answers until the link is closed."""

    def __init__(
        self, gateway: Gateway, reloading: Reloading, samples: Callable[[], Samples], broken: Callable[[str], None]
    ) -> None:
        """`samples` reads the metrics. `broken` ends the worker where it cannot follow the first one, and why."""
        self._gateway = gateway
        self._reloading = reloading
        self._samples = samples
        self._broken = broken
        self._clients: dict[int, FarClient] = {}
        self._adopting: set[asyncio.Task[None]] = set()

    def heard(self, link: Link, message: object) -> None:
        """A message of the first worker."""
        if isinstance(message, Stop):
            client = self._clients.pop(message.number, None)
            if client is not None:
                client.stop()
        elif isinstance(message, Ask):
            try:
                self._answer(link, message)
            except InputError as error:
                link.send(Refusal(message.number, str(error)))
            except Exception as fault:
                self._gateway.contain(fault)
                link.send(Refusal(message.number, "a fault in mainmode itself: the gateway's own output says where"))

    def _answer(self, link: Link, ask: Ask) -> None:
        gateway, what = self._gateway, ask.what
        value: object = None
        if isinstance(what, Adopt):
            task = asyncio.get_running_loop().create_task(self._adopt(link, ask.number, what))
            self._adopting.add(task)
            task.add_done_callback(self._adopting.discard)
            return
        gateway.refresh()
        if isinstance(what, Standing):
            value = part_of(gateway.box.standing(gateway.now()))
        elif isinstance(what, Metrics):
            value = self._samples()
        elif isinstance(what, Do):
            value = self._do(what.command)
        elif isinstance(what, Carries):
            states = gateway.box.sad.states()
            value = any(carries(state.pair.proxies, what.source, what.destination) for state in states)
        else:
            self._follow(link, ask.number, what)
        link.send_written(written(Answer(ask.number, value)))

    def _do(self, command: str) -> Done:
        found = asked_for(self._gateway, command)
        order = found.command.handler
        if not isinstance(order, Order):
            raise InputError(f"{command} does not end by itself")
        told = order.told(self._gateway.act, found.asked)
        return Done(str(told), told.count if isinstance(told, Tally) else None)

    def _follow(self, link: Link, number: int, what: Follow) -> None:
        found = asked_for(self._gateway, what.command)
        client = FarClient(link, number, Who(-1, what.uid))
        self._clients[number] = client
        client.errand = found.command.handler(self._gateway, client, found.asked)

    async def _adopt(self, link: Link, number: int, what: Adopt) -> None:
        """The worker cannot go on under another configuration than the others."""
        try:
            await self._reloading.follow(what.text, what.placed)
        except Exception as error:
            self._broken(f"it cannot follow the configuration that the first worker has: {error}")
            return
        link.send(Answer(number, None))


class FarClient:
    """A client of the first worker, for whom something goes on here."""

    def __init__(self, link: Link, number: int, who: Who) -> None:
        self.who = who
        self.errand: Errand | None = None
        self._link = link
        self._number = number
        self._missed = 0

    def say(self, message: Mapping[str, object]) -> None:
        """A piece of the answer. That it goes on is for the first worker to tell, when it does everywhere."""
        if FOLLOWING not in message:
            self._link.send(Said(self._number, protocol.written(message), None))

    def offer(self, line: bytes, most: int) -> None:
        """What may be missed is, where the first worker does not read."""
        if self._link.crowded:
            self._missed += 1
            return
        if self._missed:
            missed, self._missed = self._missed, 0
            self.say({MISSED: missed})
        self._link.send(Said(self._number, line, most))

    def end(self, **more: object) -> None:
        """It ended by itself."""
        self._link.send(Over(self._number, more))
        self.stop()

    def stop(self) -> None:
        """Nobody wants it any more."""
        errand, self.errand = self.errand, None
        if errand is not None:
            errand.stop()
