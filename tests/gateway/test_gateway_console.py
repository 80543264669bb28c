"""Sessions at a gateway by its control socket: what goes over it, who is hostile, and what they leave behind."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from control_rig import PATIENCE, Client
from gateway_boxes import CONFIGURATION, HOST_A, HOST_B, Rig, echo, gateway_of
from reloads import reloading

from mainmode.base.instant import seconds
from mainmode.console.gateway import cabled
from mainmode.console.gateway.consoles import Consoles
from mainmode.gateway.control import connection
from mainmode.gateway.control.connection import Who
from mainmode.gateway.control.server import ControlServer
from mainmode.gateway.reload import Reloading

SCREEN = "console columns 80 rows 24"


class Sat:
    """Two joined gateways with a tunnel; people may sit at the first."""

    def __init__(self, path: Path) -> None:
        self.a, self.b = gateway_of("a"), gateway_of("b")
        self.a.join(self.b)
        self.text = CONFIGURATION
        self.reloading: Reloading = reloading(self.a, lambda: self.text)[0]
        self.consoles = Consoles(self.a.gateway, self.reloading)
        self.path = str(path)
        self.server = ControlServer(self.a.gateway, self.path, {"console": self.consoles.sit})
        self.clients: list[Client] = []

    def ask(self) -> None:
        """An inside host asks for a tunnel, and gets it."""
        self.a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
        self.a.carry()


class Person:
    """Somebody at the end of the cable. `seen` is all that was printed."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.seen = ""

    @classmethod
    async def at(cls, sat: Sat, command: str = SCREEN) -> "Person":
        one = cls(await Client.to(sat))  # type: ignore[arg-type]
        one.client.ask(command)
        assert await one.client.answer() == {"following": True}
        return one

    def say(self, **message: object) -> None:
        self.client.send(json.dumps(message).encode() + b"\n")

    async def sees(self, text: str) -> str:
        """Everything up to this, which is waited for."""
        while text not in self.seen:
            answer = await self.client.answer()
            assert "output" in answer, (answer, self.seen)
            self.seen += answer["output"]
        before, _, self.seen = self.seen.partition(text)
        return before

    async def types(self, line: str, then: str = "# ") -> str:
        self.say(typed=f"{line}\r")
        await self.sees(f"{line}\r\n")
        return await self.sees(then)

    async def enables(self) -> None:
        await self.sees("asa1> ")
        self.say(typed="enable\r")
        await self.sees("Password: ")
        self.say(typed="\r")
        await self.sees("asa1# ")


def play(tmp_path: Path, scene: Callable[[Sat], Awaitable[None]]) -> Rig:
    """A scene at a gateway whose tunnel stands; sessions and clients are gone at its end, and nothing went wrong."""
    sat = Sat(tmp_path / "control")

    async def whole() -> None:
        sat.server.bind()
        await sat.server.listen()
        sat.ask()
        try:
            await asyncio.wait_for(scene(sat), 3 * PATIENCE)
        finally:
            await sat.consoles.close()
            for client in sat.clients:
                client.writer.close()
            sat.server.close()

    asyncio.run(whole())
    assert not sat.a.gateway.faults
    return sat.a


def test_a_session_shows_changes_and_clears_the_running_gateway(tmp_path: Path) -> None:
    async def scene(sat: Sat) -> None:
        one = await Person.at(sat)
        await one.enables()
        assert "MM_ACTIVE" in await one.types("show crypto isakmp sa")
        await one.types("conf t", "(config)# ")
        await one.types("hostname other", "other(config)# ")
        assert sat.a.gateway.box.hostname == "other"
        await one.types("end", "other# ")
        await one.types("clear crypto isakmp sa", "other# ")
        sat.a.settle()
        assert not sat.b.gateway.box.sad.states()
        assert "[OK]" in await one.types("write memory", "other# ")
        one.say(typed="exit\r")
        await one.sees("exit\r\n")
        while "done" not in (answer := await one.client.answer()):
            assert "output" in answer

    play(tmp_path, scene)


def test_several_sit_there_at_once_and_each_has_its_own_debugs(tmp_path: Path) -> None:
    async def scene(sat: Sat) -> None:
        one, other = await Person.at(sat), await Person.at(sat)
        for person in (one, other):
            await person.enables()
        await one.types("debug crypto ikev1 127")
        await one.types("clear crypto isakmp sa")
        sat.a.settle()
        sat.ask()
        await one.sees("PHASE 1 COMPLETED")
        assert "PHASE 1" not in await other.types("show clock")

    play(tmp_path, scene)


@pytest.mark.parametrize(("uid", "sees"), [(0, True), (4321, True), (54321, False)])
def test_keys_are_for_root_and_the_user_of_the_gateway(
    uid: int, sees: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "Who", lambda pid, _: Who(pid, uid))
    monkeypatch.setattr(os, "geteuid", lambda: 4321)

    async def scene(sat: Sat) -> None:
        one = await Person.at(sat)
        await one.enables()
        await one.types("terminal pager 0")
        shown = await one.types("more system:running-config")
        assert ("pre-shared-key *****" not in shown and "pre-shared-key" in shown) is sees
        assert ("keys are shown to root" in shown) is not sees

    play(tmp_path, scene)


@pytest.mark.parametrize(
    "command",
    ["console", "console columns 80", "console rows 80 columns 24", f"{SCREEN} twice", "console columns x rows y",
     "console columns 80 rows -1", f"console columns {'9' * 50} rows ²"],
)  # fmt: skip
def test_words_that_say_no_screen_are_answered_with_what_they_should_be(tmp_path: Path, command: str) -> None:
    async def scene(sat: Sat) -> None:
        client = await Client.to(sat)  # type: ignore[arg-type]
        (answer,) = await client.command(command)
        assert answer["error"].startswith('say "console columns 80 rows 24"')
        assert await client.command("show clock")

    play(tmp_path, scene)


@pytest.mark.parametrize(
    "line",
    [b"{}\n", b"nonsense\n", b"\xff\xfe\n", b'{"typed": 7}\n', b'{"columns": 80}\n', b"[]\n", b"x" * 5000 + b"\n",
     b"x" * 5000],
)  # fmt: skip
def test_a_line_that_nobody_understands_ends_that_session_alone(tmp_path: Path, line: bytes) -> None:
    async def scene(sat: Sat) -> None:
        one, other = await Person.at(sat), await Person.at(sat)
        await one.sees("asa1> ")
        await other.sees("asa1> ")
        one.client.send(line)
        answers: list[dict[str, Any]] = []
        while answer := await one.client.answer():
            answers.append(answer)
        assert "error" in answers[-1]
        assert "asa1" in await other.types("show version", "> ")

    play(tmp_path, scene)


def test_any_octets_and_sizes_may_come_from_a_keyboard(tmp_path: Path) -> None:
    async def scene(sat: Sat) -> None:
        one = await Person.at(sat)
        await one.sees("asa1> ")
        one.say(typed="".join(map(chr, range(256))) + "\u4e2d\x15\r")
        for size in (0, -5, 10**30, 1):
            one.say(columns=size, rows=size)
        one.say(columns="wide", rows=None)
        one.say(columns=80, rows=24)
        one.say(redraw=True)
        one.say(typed="\x15show clock\r")
        await one.sees("UTC")

    play(tmp_path, scene)


def test_what_a_pipe_typed_is_carried_out_though_it_types_no_more(tmp_path: Path) -> None:
    async def scene(sat: Sat) -> None:
        one = await Person.at(sat, f"{SCREEN} piped")
        for _ in range(200):
            one.say(typed="show clock\n")
        one.client.writer.write_eof()
        shown, answer = "", await one.client.answer()
        while "done" not in answer:
            shown += answer["output"]
            answer = await one.client.answer()
        assert shown.count(" UTC ") == 200

    play(tmp_path, scene)


def test_a_client_that_goes_in_the_middle_of_a_command_ends_it_and_its_debugs(tmp_path: Path) -> None:
    async def scene(sat: Sat) -> None:
        one = await Person.at(sat)
        await one.enables()
        before = len(sat.a.gateway.watchers)
        await one.types("debug crypto ikev1 127")
        one.say(typed="ping inside 192.168.2.77 repeat 1000\r")
        await one.sees("timeout is 2 seconds:")
        assert len(sat.a.gateway.watchers) > before
        one.client.writer.transport.abort()
        while len(sat.a.gateway.watchers) >= before:
            await asyncio.sleep(0.01)
        other = await Person.at(sat)
        await other.enables()
        assert "ikev1" not in await other.types("show debug")

    play(tmp_path, scene)


def test_one_who_does_not_read_holds_up_nobody_and_gets_everything_later(tmp_path: Path) -> None:
    async def scene(sat: Sat) -> None:
        one, other = await Person.at(sat, f"{SCREEN} piped"), await Person.at(sat)
        count = 300
        for _ in range(count):
            one.say(typed="show running-config all\n")
        await other.enables()
        for _ in range(5):
            assert "MM_ACTIVE" in await other.types("show crypto isakmp sa")
        one.client.writer.write_eof()
        shown, answer = "", await one.client.answer()
        while "done" not in answer:
            shown += answer["output"]
            answer = await one.client.answer()
        assert shown.count("asa1> ") == count + 1

    play(tmp_path, scene)


def test_the_end_of_the_gateway_is_told_and_ends_the_sessions(tmp_path: Path) -> None:
    async def scene(sat: Sat) -> None:
        one = await Person.at(sat)
        await one.sees("asa1> ")
        await sat.consoles.close()
        await one.sees("the gateway ends")
        assert "done" in await one.client.answer()

    play(tmp_path, scene)


def test_who_sits_there_is_known_to_the_log_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cabled, "name_of", lambda uid: "ann")

    async def scene(sat: Sat) -> None:
        sat.text = CONFIGURATION + "logging enable\nlogging buffered debugging\n"
        await sat.reloading.reread()
        one = await Person.at(sat)
        await one.sees("asa1> ")
        assert "Username : ann" in await one.types("show curpriv", "> ")

    play(tmp_path, scene)


def test_a_user_without_a_name_is_one_by_number() -> None:
    assert cabled.name_of(0) == "root"
    assert cabled.name_of(3_999_999_999) == "uid-3999999999"
    assert cabled.name_of(-1) == "uid--1"


def test_waiting_for_the_gateway_ends_when_it_happened_or_in_time(tmp_path: Path) -> None:
    async def scene(sat: Sat) -> None:
        firewall = sat.consoles.firewall
        watchers = len(sat.a.gateway.watchers)
        asyncio.get_running_loop().call_soon(lambda: firewall.act(lambda box, now: box.clear(None, now)))
        assert await firewall.until(lambda: not firewall.box.sad.states(), seconds(3600))
        waiting = asyncio.create_task(firewall.until(lambda: False, seconds(5)))
        await asyncio.sleep(0)
        sat.a.advance(6)
        assert not await waiting
        assert len(sat.a.gateway.watchers) == watchers

    play(tmp_path, scene)
