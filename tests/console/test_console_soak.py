"""Two people over SSH at one device under load: one sees every debug line whole and in order, one gets right answers.

`MAINMODE_SSH_SOAK` is how many seconds it lasts; a few where nothing is said.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any

from device_configs import modern
from lab_rig import FAR, devices
from ssh_rig import USERS, Served, connect, served

from mainmode.base.instant import Instant
from mainmode.catalogue.debugs import Debugs
from mainmode.catalogue.envelope import clock, render
from mainmode.console.lab.casting import LabDevice
from mainmode.console.lab.firewall import LabFirewall
from mainmode.device.config.model import Release
from mainmode.device.console import FORMS
from mainmode.device.decision import BoxEffect, EchoReply
from mainmode.device.watching import Watcher
from mainmode.ike.effects import Dropped, InstallSa, Say

SECONDS = float(os.environ.get("MAINMODE_SSH_SOAK", "5"))
PATIENCE = 60.0
WIDTH = 511
PROMPT, CONFIG = "asa1# ", "asa1(config)# "
OBJECT = "asa1(config-network-object)# "
ENTRY = (
    "crypto map MAP 10 match address VPN\r\n{pfs}crypto map MAP 10 set peer 10.0.0.2\r\n"
    "crypto map MAP 10 set ikev1 transform-set TRANSFORM\r\ncrypto map MAP 10 set reverse-route\r\n"
    "crypto map MAP interface outside\r\n"
)


@dataclass
class Said(Watcher):
    """What the engine said, as a terminal shows it, and what became of the load."""

    lines: list[str] = field(default_factory=list)
    replies: int = 0
    tunnels: int = 0
    drops: int = 0

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        if isinstance(effect, Say) and Debugs(255, 255).shows(effect.line):
            self.lines += render(effect.line, FORMS[Release.NEW], clock(now)).split("\n")
        self.replies += isinstance(effect, EchoReply)
        self.tunnels += isinstance(effect, InstallSa)
        self.drops += isinstance(effect, Dropped)


class Page:
    """The whole lines of a terminal of endless height: carriage returns, backspaces and erasing are carried out."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._line: list[str] = []
        self._column = 0
        self._left = ""

    def feed(self, text: str) -> None:
        text, self._left = self._left + text, ""
        place = 0
        while place < len(text):
            letter = text[place]
            if letter == "\x1b":
                end = next((at for at in range(place + 2, len(text)) if text[at].isalpha()), None)
                if end is None:
                    self._left = text[place:]
                    return
                assert text[place + 1 : end + 1] == "[K", text[place : end + 1]
                del self._line[self._column :]
                place = end
            elif letter == "\r":
                self._column = 0
            elif letter == "\n":
                self.lines.append("".join(self._line).rstrip())
                self._line, self._column = [], 0
            elif letter == "\b":
                self._column -= 1
            elif letter != "\a":
                self._line[self._column : self._column + 1] = [letter]
                self._column += 1
            place += 1

    @property
    def told(self) -> list[str]:
        """The lines that are neither the prompt alone nor a command behind it."""
        return [line for line in self.lines if not line.startswith(PROMPT.strip())]


class Seat:
    """A session: lines in, and what comes back."""

    def __init__(self, process: Any) -> None:
        self._process = process

    async def until(self, prompt: str) -> str:
        found = ""
        async with asyncio.timeout(PATIENCE):
            while not found.endswith(prompt):
                more = await self._process.stdout.read(65536)
                assert more, f"the session ended: {found[-500:]}"
                found += more
        return found

    async def asks(self, line: str, answer: str, prompt: str) -> None:
        """Type a line; its answer is this and nothing else."""
        self._process.stdin.write(f"{line}\n")
        assert await self.until(prompt) == f"{line}\r\n{answer}{prompt}"

    def types(self, line: str) -> None:
        self._process.stdin.write(f"{line}\n")

    async def reads(self) -> str:
        more = str(await self._process.stdout.read(65536))
        assert more, "the session ended"
        return more


async def load(firewall: LabFirewall, over: Callable[[], bool]) -> None:
    """Pings all the time, and tunnels that are taken down: of IPsec, and with phase 1."""
    turn = 0
    while not over():
        turn += 1
        firewall.act(lambda box, now, number=turn: box.ping(FAR, now, "inside", number))
        if turn % 20 == 0:
            firewall.act(lambda box, now: box.clear_ipsec(None, now))
        if turn % 70 == 0:
            firewall.act(lambda box, now: box.clear(IPv4Address("10.0.0.2"), now))
        await asyncio.sleep(0.05)


async def configures(seat: Seat, over: Callable[[int], bool]) -> int:
    """Objects come and go, and the entry's PFS; every answer is what was typed. How often round."""
    turn = 0
    while not over(turn):
        turn += 1
        host = f"10.9.{turn // 250 % 250}.{turn % 250 + 1}"
        await seat.asks("configure terminal", "", CONFIG)
        await seat.asks(f"object network N{turn}", "", OBJECT)
        await seat.asks(f"host {host}", "", OBJECT)
        await seat.asks("exit", "", CONFIG)
        with_pfs = turn % 4 == 0
        await seat.asks(f"{'' if with_pfs else 'no '}crypto map MAP 10 set pfs group5", "", CONFIG)
        await seat.asks("end", "", PROMPT)
        wanted = f"object network N{turn}\r\n host {host}\r\n"
        await seat.asks(f"show object id N{turn}", wanted, PROMPT)
        pfs = "crypto map MAP 10 set pfs group5\r\n" if with_pfs else ""
        await seat.asks("show running-config crypto map", ENTRY.format(pfs=pfs), PROMPT)
        await seat.asks("configure terminal", "", CONFIG)
        await seat.asks(f"no object network N{turn}", "", CONFIG)
        await seat.asks("end", "", PROMPT)
        await asyncio.sleep(0.1)
    return turn


async def sitting(lab: Served, said: Said) -> tuple[Page, int, int]:
    """The two sessions; the page of the first, how often the second went round, and how many lines were due."""
    loop = asyncio.get_running_loop()
    end = loop.time() + SECONDS
    firewall = next(iter(lab.lab.firewalls.values()))
    async with connect(lab.ports[0]) as one, connect(lab.ports[0], "bob", "hush-bob") as other:
        options = {"term_type": "vt100", "term_size": (WIDTH, 24), "encoding": "utf-8"}
        debugs, desk = Seat(await one.create_process(**options)), Seat(await other.create_process(**options))
        for seat in (debugs, desk):
            await seat.until(PROMPT)
            await seat.asks("terminal pager 0", "", PROMPT)
        for what in ("ikev1", "ipsec"):
            await debugs.asks(f"debug crypto {what} 255", f"debug crypto {what} enabled at level 255\r\n", PROMPT)
        lab.call(lambda: firewall.watch(said))
        page = Page()
        page.feed(PROMPT)

        async def reading() -> None:
            while True:
                page.feed(await debugs.reads())

        reader = asyncio.create_task(reading())
        passed = False
        work = asyncio.run_coroutine_threadsafe(load(firewall, lambda: passed), lab.loop)
        try:
            turns = await configures(desk, lambda turns: loop.time() > end and turns > 2 and said.tunnels > 2)
        finally:
            passed = True
            await asyncio.wrap_future(work)
        due = lab.call(lambda: len(said.lines))
        async with asyncio.timeout(PATIENCE):
            while len(page.told) < due and not reader.done():
                await asyncio.sleep(0.05)
        reader.cancel()
        with suppress(asyncio.CancelledError):
            await reader
        return page, turns, due


def test_debugs_are_whole_and_in_order_and_answers_are_right_under_load() -> None:
    said = Said()
    # Who only reads debugs types nothing: the device would end the session after five minutes.
    users = USERS + "ssh timeout 60\n"
    later = [LabDevice(one.file, modern(one.text)) for one in devices(users, users)]
    with served(later) as lab:
        page, turns, due = asyncio.run(sitting(lab, said))
    assert page.told[:due] == said.lines[:due]
    assert turns > 2
    assert said.tunnels > 2
    assert said.replies > 0
    assert due > 200
