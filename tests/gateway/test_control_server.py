"""The control socket of a running gateway: what it answers, and to whom it answers nothing."""

import asyncio
import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from random import Random
from typing import Any

import pytest
from control_rig import PATIENCE, Client, Controlled, joined, play

from mainmode.base.instant import Instant
from mainmode.device.decision import BoxEffect
from mainmode.device.watching import Watcher
from mainmode.gateway.control import connection as connection_module
from mainmode.gateway.control.server import MOST_CLIENTS
from mainmode.ike.effects import Say

FORM = 'a request is one line of JSON such as {"command": "show crypto ipsec sa"}'


class _Log(Watcher):
    """Keeps what the system log gets of commands."""

    def __init__(self, said: list[tuple[str, str]]) -> None:
        self._said = said

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        if isinstance(effect, Say) and effect.line.entry.name.endswith("_EXECUTED"):
            self._said.append((effect.line.entry.name, effect.line.text))


def output(answers: list[dict[str, Any]]) -> str:
    """The whole output of a command that was carried out."""
    assert "done" in answers[-1]
    return "".join(answer.get("output", "") for answer in answers)


def test_show_answers_what_the_box_shows(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        before = rig.a.plane.refreshed
        shown = output(await client.command("show crypto isakmp sa"))
        assert shown == rig.gateway.box.show("crypto isakmp sa", rig.gateway.now())
        assert "MM_ACTIVE" in shown
        assert output(await client.command("show cry ips sa")) == output(await client.command("show crypto ipsec sa"))
        assert rig.a.plane.refreshed == before + 3

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("show crypto nonsense", "asa1# show crypto nonsense\n                  ^\nERROR: % Invalid input"),
        ("show crypto", "ERROR: % Incomplete command"),
        ("clear", "asa1# clear\nERROR: % Incomplete command\nexpected: access-list, asp, conn, crypto,"),
        ("cle cr isa sa x", f"asa1# cle cr isa sa x\n{' ' * 20}^\nERROR: % Invalid input detected at '^' marker."),
        ("clear crypto isakmp sa 10.0.0.300", "ERROR: % Invalid input detected at '^' marker.\nexpected: A.B.C.D"),
        ("clear crypto i sa", 'ERROR: % Ambiguous command:  "clear crypto i sa"'),
        ("write erase", "asa1# write erase\n      ^\nERROR: % Invalid input detected at '^' marker."),
        ("vpn-sessiondb logoff index 77", "there is no session 77: show vpn-sessiondb l2l lists them"),
        ("debug crypto everything", "is not a debug of this device"),
        ("debug crypto ikev1 127 condition peer", "is no condition"),
        ("capture everything", "expected: keys"),
        ("ping", "ERROR: % Incomplete command\nexpected: A.B.C.D, INTERFACE"),
        ("ping dmz 10.0.0.2", "there is no interface dmz; those that are up are inside, outside"),
        ("ping 10.0.0.2 repeat 1001", "expected: <1-1000>"),
        ("x" * 3000, "…"),
    ],
)
def test_what_cannot_be_done_is_told_and_the_next_command_is_taken(tmp_path: Path, command: str, said: str) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        [answer] = await client.command(command)
        assert said in answer["error"]
        assert output(await client.command("show version"))
        assert not rig.a.told

    play(tmp_path, scene)


def _logged_off(what: str) -> str:
    return f"INFO: Number of sessions {what} logged off : 1"


@pytest.mark.parametrize(
    ("command", "printed", "stands"),
    [
        ("clear crypto isakmp sa", "", 0),
        ("cl cry ike sa 10.0.0.2", "", 0),
        ("clear crypto isakmp sa 10.0.0.9", "", 1),
        ("clear crypto ipsec sa peer 10.0.0.2", "", 0),
        ("clear crypto ipsec sa map MAP", "", 0),
        ("clear crypto ipsec sa counters", "", 1),
        ("clear conn", "{connections} connection(s) deleted.", 1),
        ("vpn-sessiondb logoff ipaddress 10.0.0.2 noconfirm", _logged_off('with IP address "10.0.0.2"'), 0),
        ("vpn-sessiondb logoff tunnel-group 10.0.0.2", _logged_off('from tunnel group "10.0.0.2"'), 0),
        ("vpn-s log name 10.0.0.2", _logged_off('with name "10.0.0.2"'), 0),
        ("vpn-sessiondb logoff l2l", _logged_off('of type "Site-to-Site VPN"'), 0),
        ("vpn-sessiondb logoff all noconfirm", _logged_off('of type "Site-to-Site VPN"'), 0),
        ("vpn-sessiondb logoff index 1", _logged_off('with index "1"'), 0),
        ("clear xlate", "INFO: 0 xlates deleted", 1),
    ],
)
def test_clear_and_log_off_take_down_what_they_name_on_both_sides(
    tmp_path: Path, command: str, printed: str, stands: int
) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        connections = len(rig.a.gateway.box.connections)
        assert output(await client.command(command)).rstrip("\n") == printed.format(connections=connections)
        rig.settle()
        for side in (rig.a, rig.b):
            box = side.gateway.box
            assert len(box.sad.states()) == stands
            assert box.show("crypto isakmp sa", side.gateway.now()).count("MM_ACTIVE") == stands

    play(tmp_path, scene)


def test_the_system_log_says_who_typed_what(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        said: list[tuple[str, str]] = []
        rig.gateway.watchers = [*rig.gateway.watchers, _Log(said)]
        client = await Client.to(rig)
        for command in ("show version", "show nonsense", "clear conn", "clear nonsense", "debug crypto ikev1 1"):
            client.ask(command)
        while len(said) < 3:
            await asyncio.sleep(0.01)
        rig.gateway.watchers = [watcher for watcher in rig.gateway.watchers if not isinstance(watcher, _Log)]
        user = connection_module.Who(0, os.geteuid()).user
        assert said == [
            ("SHOW_EXECUTED", f"User '{user}' executed cmd: show version"),
            ("COMMAND_EXECUTED", f"User '{user}' executed the 'clear conn' command."),
            ("COMMAND_EXECUTED", f"User '{user}' executed the 'debug crypto ikev1 1' command."),
        ]
        client.leave()

    play(tmp_path, scene)


def test_commands_in_pieces_and_several_at_once_are_answered_in_their_order(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        for octet in b'{"command": "show version"}':
            client.send(bytes((octet,)))
            await asyncio.sleep(0)
        client.send(b'\n{"command":"show bogus"}\r\n{"command":"show clock"}\n')
        kinds = [sorted((await client.answers())[-1]) for _ in range(3)]
        assert kinds == [["done"], ["error"], ["done"]]

    play(tmp_path, scene)


def test_a_client_that_closes_its_half_is_answered_and_then_left(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        client.send(b'{"command":"show version"}\n' * 3 + b'{"command":"sho')
        client.writer.write_eof()
        assert [len(await client.answers()) for _ in range(3)] == [2, 2, 2]
        assert await client.closed()

    play(tmp_path, scene)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"show version",
        b"{",
        b"[" * 4000,
        b'{"command": 7}',
        b'{"command": ""}',
        b'{"command": "show version", "more": 1}',
        b'["command"]',
        b"null",
        b"NaN",
        b"\xff\xfe\x00\x01",
        b"GET / HTTP/1.1\r",
        b'{"command": "\xff"}',
        bytes(range(11, 256)),
        b'{"command": ' + b"1" * 4000 + b"}",
    ],
)
def test_what_is_no_request_gets_the_form_of_one(tmp_path: Path, line: bytes) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        client.send(line + b"\n")
        assert await client.answers() == [{"error": FORM}]
        assert output(await client.command("show version"))

    play(tmp_path, scene)


def test_letters_that_no_encoding_has_come_back_as_an_error_and_nothing_breaks(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        client.send(b'{"command": "show \\ud800\\u0000\\u001b[2J"}\n')
        [answer] = await client.answers()
        assert "Invalid input" in answer["error"]
        assert "\x1b" not in answer["error"]
        assert not rig.a.told

    play(tmp_path, scene)


@pytest.mark.parametrize("octets", [4096, 5_000_000])
def test_a_line_without_an_end_is_refused_and_the_client_left(tmp_path: Path, octets: int) -> None:
    async def scene(rig: Controlled) -> None:
        other = await Client.to(rig)
        assert "at most 4096 octets" in await _answer_to([b"x" * octets], rig)
        assert output(await other.command("show version"))

    play(tmp_path, scene)


def test_a_half_line_is_waited_for_only_so_long_however_it_dribbles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "HALF_LINE_SECONDS", 0.2)

    async def scene(rig: Controlled) -> None:
        assert "did not end within" in await _answer_to(repeat(b"x"), rig)

    play(tmp_path, scene)


async def _answer_to(parts: Iterable[bytes], rig: Controlled) -> str:
    """What comes until the gateway closes, while a client sends on whether that is read or not.

    Not by a stream of asyncio: that forgets what came when a write fails.
    """
    loop = asyncio.get_running_loop()

    async def send() -> None:
        with suppress(ConnectionError):
            for part in parts:
                await loop.sock_sendall(client, part)
                await asyncio.sleep(0.02)

    with socket.socket(socket.AF_UNIX) as client:
        client.setblocking(False)
        await loop.sock_connect(client, str(rig.path))
        sending = asyncio.ensure_future(send())
        heard = b""
        with suppress(ConnectionError):
            while part := await asyncio.wait_for(loop.sock_recv(client, 4096), PATIENCE):
                heard += part
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    return heard.decode()


def test_a_client_that_asks_for_nothing_is_left_and_a_follower_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "IDLE_SECONDS", 0.1)

    async def scene(rig: Controlled) -> None:
        follower, client = await Client.to(rig), await Client.to(rig)
        follower.ask("debug crypto ikev1 127")
        assert await client.closed()
        await asyncio.sleep(0.3)
        rig.gateway.act(lambda box, now: box.clear(None, now))
        assert "line" in await follower.answer()
        follower.leave()

    play(tmp_path, scene)


def test_clients_that_vanish_at_any_moment_leave_nothing(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        for octets in (b"", b'{"comm', b'{"command":"show version"}\n', b'{"command":"debug crypto ikev1 127"}\n' * 2):
            for wait in (0.0, 0.02):
                client = await Client.to(rig)
                client.send(octets)
                await asyncio.sleep(wait)
                client.leave()
        rig.gateway.act(lambda box, now: box.clear(None, now))
        client = await Client.to(rig)
        assert output(await client.command("show version"))
        assert not rig.a.told

    play(tmp_path, scene)


def test_two_hundred_clients_that_say_nothing_keep_nobody_out(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        crowd = [await Client.to(rig) for _ in range(200)]
        client = await Client.to(rig)
        assert output(await client.command("show version"))
        assert output(await crowd[-1].command("show version"))
        assert await crowd[0].closed()
        for one in crowd:
            one.leave()

    play(tmp_path, scene)


def test_followers_are_counted_and_one_too_many_is_told(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        crowd = [await Client.to(rig) for _ in range(MOST_CLIENTS)]
        for one in crowd:
            one.ask("debug crypto ikev1 127")
        while len(rig.gateway.watchers) < MOST_CLIENTS:
            await asyncio.sleep(0.01)
        client = await Client.to(rig)
        [answer] = await client.command("show version")
        assert answer["error"] == f"{MOST_CLIENTS} clients have commands under way already; end one of them"
        crowd[0].leave()
        while len(rig.gateway.watchers) == MOST_CLIENTS:
            await asyncio.sleep(0.01)
        assert output(await client.command("show version"))
        for one in crowd:
            one.leave()

    play(tmp_path, scene)


def test_who_asks_without_reading_is_read_no_further_and_gets_all_answers(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client, other = await Client.to(rig), await Client.to(rig)
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(300):
            client.ask("show running-config")
        await asyncio.sleep(0.1)
        assert output(await other.command("show version"))
        [waiting] = [one for one in rig.server._clients if one._waiting]
        assert waiting._waiting < 1 << 17
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for _ in range(300):
            assert "pre-shared-key *****" in output(await client.answers())

    play(tmp_path, scene)


def test_what_such_a_client_goes_on_to_send_stays_outside(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        client, other = await Client.to(rig), await Client.to(rig)
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(100):
            client.send(b'{"command": "show running-config"}\n' * 2000)
            await asyncio.sleep(0)
        for _ in range(5):
            assert output(await other.command("show version"))
            assert max(len(one._received) for one in rig.server._clients) < 1 << 19

    play(tmp_path, scene)


PIECES = (
    b'{"command":"show version"}\n',
    b'{"command":"debug crypto ikev1 127"}\n',
    b'{"command":"capture"}\n',
    b'{"command":"ping inside 192.168.2.9 repeat 9"}\n',
    b'{"command":"clear conn"}\n',
    b'{"command":"capture keys',
    b"\n",
    b"\r\n\x00\xff",
    b"{" * 300,
    b"x" * 5000,
)


@pytest.mark.parametrize("seed", range(4))
def test_no_order_of_anything_that_clients_send_breaks_a_gateway(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)

    async def scene(rig: Controlled) -> None:
        for _ in range(60):
            client = await Client.to(rig)
            for piece in chance.choices(PIECES, k=chance.randrange(6)):
                client.send(piece[: chance.randrange(1, len(piece) + 1)] if chance.random() < 0.2 else piece)
                if chance.random() < 0.5:
                    await asyncio.sleep(0)
            if chance.random() < 0.3:
                client.writer.write_eof()
            if chance.random() < 0.5:
                client.leave()
            rig.ask(chance.randrange(1000))
        assert rig.a.told == []
        client = await Client.to(rig)
        assert output(await client.command("show version"))

    play(tmp_path, scene)


def test_a_fault_ends_its_command_only_and_its_text_stays_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("correct-horse")

    async def scene(rig: Controlled) -> None:
        client = await Client.to(rig)
        with monkeypatch.context() as patch:
            patch.setattr(rig.gateway.box, "standing", broken)
            patch.setattr(rig.gateway.box, "towards", broken)
            for command in ("show version", "ping 10.0.0.2"):
                [answer] = await client.command(command)
                assert answer["error"].startswith("a fault in mainmode itself")
        assert "RuntimeError in test_control_server.py" in joined(rig.a)
        assert "correct-horse" not in joined(rig.a)
        assert output(await client.command("show version"))

    play(tmp_path, scene)
