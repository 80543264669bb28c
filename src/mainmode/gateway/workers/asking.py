"""The first worker's end of the links: what people and programs ask the gateway is asked of all, and put together."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from ipaddress import IPv4Address
from itertools import count
from typing import Any

from mainmode.base.errors import InputError
from mainmode.device.exec_commands import Order, Tally
from mainmode.device.line.lookup import Found
from mainmode.device.line.places import INTERFACE
from mainmode.device.show.joining import Part, caveat, joined, part_of
from mainmode.gateway.control.commands import asked_for, give, note, pings
from mainmode.gateway.control.connection import Connection, Errand
from mainmode.gateway.control.protocol import read_answer
from mainmode.gateway.exposition import Samples
from mainmode.gateway.gateway import Gateway
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
)
from mainmode.gateway.workers.share import Share

_PATIENCE = 10.0
"""Seconds that a worker has for an answer."""


class Asking:
    """Asks the other workers. Everything happens on the first one's loop."""

    def __init__(self, gateway: Gateway, links: Mapping[int, Link]) -> None:
        """`links` by the number of the worker; they may be opened later."""
        self._gateway = gateway
        self._links = links
        self._numbers = count(1)
        self._waiting: dict[tuple[int, int], asyncio.Future[object]] = {}
        self._relays: dict[tuple[int, int], Relay] = {}

    def heard(self, link: Link, message: object) -> None:
        """A message of another worker."""
        match message:
            case Answer(number, value):
                self._settle(link.worker, number, lambda future: future.set_result(value))
            case Refusal(number, text):
                self._settle(link.worker, number, lambda future: future.set_exception(InputError(text)))
            case Said(number):
                relay = self._relays.get((link.worker, number))
                if relay is not None:
                    relay.said(message)
            case Over(number, more):
                relay = self._relays.pop((link.worker, number), None)
                if relay is not None:
                    relay.client.end(**more)
            case _:
                self._gateway.contain(TypeError(type(message).__name__))

    def lost(self, worker: int) -> None:
        """A worker is gone: nobody waits for it any more."""
        for key in [key for key in self._waiting if key[0] == worker]:
            self._settle(*key, lambda future: future.set_exception(InputError(_gone(worker))))

    # --- asking ----------------------------------------------------------------------------------------------------

    async def ask(self, worker: int, what: Any, number: int | None = None) -> Any:
        """What one worker answers. Raises InputError where it refuses, or does not answer."""
        link, number = self._links.get(worker), number or next(self._numbers)
        if link is None:
            raise InputError(_gone(worker))
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._waiting[worker, number] = future
        link.send(Ask(number, what))
        try:
            async with asyncio.timeout(_PATIENCE):
                return await future
        except TimeoutError:
            raise InputError(f"worker {worker + 1} does not answer; look at the gateway's own output") from None
        finally:
            self._waiting.pop((worker, number), None)

    async def ask_all(self, what: Any) -> list[Any]:
        """What the other workers answer, in their order. Raises InputError where one does not."""
        return list(await asyncio.gather(*(self.ask(worker, what) for worker in self._links)))

    async def spread(self, text: str, share: Share) -> None:
        """The others follow what this one has put in force; one that cannot ends, and the gateway with it."""
        await self.ask_all(Adopt(text, share.placed))

    async def samples(self, own: Samples) -> list[Samples]:
        """The samples of all workers."""
        return [own, *await self.ask_all(Metrics())]

    # --- commands ----------------------------------------------------------------------------------------------------

    def carry_out(self, _: Gateway, connection: Connection, text: str) -> None:
        """Do what a client asks, or begin it, on all workers. Raises InputError in words for the client."""
        found = asked_for(self._gateway, text)
        handler = found.command.handler
        if not isinstance(handler, Order):
            work = self._ping(connection, found) if pings(found) else self._follow(connection, found)
        elif handler.shows is not None:
            work = self._show(connection, found)
        else:
            work = self._do(connection, found)
        connection.errand = joint = Joint()
        joint.task = asyncio.get_running_loop().create_task(self._contained(connection, joint, work))
        note(self._gateway, connection, found)

    async def _contained(self, connection: Connection, joint: "Joint", work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except InputError as error:
            if connection.errand is joint:
                connection.refuse(str(error))
        except Exception as fault:
            self._gateway.contain(fault)
            if connection.errand is joint:
                connection.refuse("a fault in mainmode itself: the gateway's own output says where; it goes on")

    async def _show(self, connection: Connection, found: Found[Order]) -> None:
        others: list[Part] = await self.ask_all(Standing())
        gateway, shows = self._gateway, found.command.handler.shows
        gateway.refresh()
        own = gateway.box.standing(gateway.now())
        whole = joined(own, [part_of(own), *others])
        answer = shows(whole, found.asked) if shows is not None else ""
        give(connection, answer + caveat(answer, whole))

    async def _do(self, connection: Connection, found: Found[Order]) -> None:
        """What one worker cannot do, as it has not got it, another one may."""
        gateway, order = self._gateway, found.command.handler
        gateway.refresh()
        told: list[str | Tally | Done | BaseException] = []
        try:
            told.append(order.told(gateway.act, found.asked))
        except InputError as error:
            told.append(error)
        asked = (self.ask(worker, Do(found.line)) for worker in self._links)
        told += await asyncio.gather(*asked, return_exceptions=True)
        done = [one for one in told if not isinstance(one, BaseException)]
        for one in told:
            if isinstance(one, BaseException) and (not done or not isinstance(one, InputError)):
                raise one
        give(connection, _put_together(done))

    async def _follow(self, connection: Connection, found: Found[Any]) -> None:
        """What goes on goes on everywhere, here too, before the client is told that it does."""
        joint = connection.errand
        if not isinstance(joint, Joint):
            return
        for worker in self._links:
            joint.parts.append(await self._relay(worker, connection, found.line))
        if connection.errand is joint:
            joint.parts.append(found.command.handler(self._gateway, connection, found.asked))

    async def _ping(self, connection: Connection, found: Found[Any]) -> None:
        """By the worker that has the tunnel, or hears the answer."""
        joint, gateway, asked = connection.errand, self._gateway, found.asked
        interface = asked.get(INTERFACE) or (gateway.box.towards(asked.address) if asked.address else None)
        view = gateway.box.interfaces.get(interface or "")
        if not isinstance(joint, Joint):
            return
        worker = gateway.share.number
        if view is not None and asked.address is not None:
            worker = await self._carrier(view.address, asked.address)
        if worker in self._links:
            joint.parts.append(await self._relay(worker, connection, found.line))
        elif connection.errand is joint:
            joint.parts.append(found.command.handler(gateway, connection, asked))

    async def _carrier(self, source: IPv4Address, destination: IPv4Address) -> int:
        gateway = self._gateway
        for entry in gateway.box.settings.entries:
            owner = gateway.share.owner_of(entry)
            lines = (line.proxies for line in entry.acl or () if line.permit and entry.complete)
            if owner is not None and any(carries(one, source, destination) for one in lines):
                return owner
        if any(carries(state.pair.proxies, source, destination) for state in gateway.box.sad.states()):
            return gateway.share.number
        for worker in self._links:
            if await self.ask(worker, Carries(source, destination)):
                return worker
        return gateway.share.owner(destination)

    async def _relay(self, worker: int, connection: Connection, command: str) -> "Relay":
        number = next(self._numbers)
        relay = Relay(worker, number, connection, self._stop)
        self._relays[worker, number] = relay
        try:
            await self.ask(worker, Follow(command, connection.who.uid), number)
        except BaseException:
            relay.stop()
            raise
        return relay

    def _stop(self, worker: int, number: int) -> None:
        link = self._links.get(worker)
        if self._relays.pop((worker, number), None) is not None and link is not None:
            link.send(Stop(number))

    def _settle(self, worker: int, number: int, how: Callable[[asyncio.Future[object]], None]) -> None:
        future = self._waiting.pop((worker, number), None)
        if future is not None and not future.done():
            how(future)


class Joint:
    """An errand that several workers do."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None
        self.parts: list[Errand] = []

    def stop(self) -> None:
        """The client is gone, or it is done."""
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()
        for part in self.parts:
            part.stop()
        self.parts = []


class Relay:
    """What another worker says for a client here."""

    def __init__(self, worker: int, number: int, client: Connection, stop: Callable[[int, int], None]) -> None:
        self.client = client
        self._where = worker, number
        self._stop = stop

    def said(self, said: Said) -> None:
        """A line for the client."""
        if said.most is not None:
            self.client.offer(said.line, said.most)
        else:
            self.client.say(read_answer(said.line) or {})

    def stop(self) -> None:
        """The client is gone."""
        self._stop(*self._where)


def _put_together(done: Sequence[str | Tally | Done | BaseException]) -> str:
    """One answer of those that a command had."""
    counts = [one.count for one in done if isinstance(one, Tally | Done) and one.count is not None]
    tally = next((one for one in done if isinstance(one, Tally)), None)
    if tally is not None:
        return tally.spelled(sum(counts))
    texts = (one.text if isinstance(one, Done) else str(one) for one in done)
    return next((text for text in texts if text), "")


def _gone(worker: int) -> str:
    return f"worker {worker + 1} is gone, and the gateway ends"
