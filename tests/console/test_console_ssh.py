"""SSH to the devices of a lab, by asyncssh's own client over loopback."""

import asyncio
import base64
import re
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from lab_rig import devices
from ssh_rig import USERS, Served, connect, served

from mainmode.base.secret import Secret
from mainmode.console.passwords import Verifier
from mainmode.console.ssh.journal import Client
from mainmode.console.ssh.server import Guest
from mainmode.device.running import GLOBAL


class Seen:
    """A shell over SSH: what is typed, and what comes back up to an expected text."""

    def __init__(self, process: Any) -> None:
        self.process = process

    async def until(self, end: str) -> str:
        """What comes, up to and with `end`."""
        return str(await asyncio.wait_for(self.process.stdout.readuntil(end), 20))

    async def type(self, line: str, end: str = "# ") -> str:
        """Type a line; what comes back, up to the next prompt."""
        self.process.stdin.write(f"{line}\n")
        return await self.until(end)


async def shell(conn: Any, end: str = "# ", **options: Any) -> tuple[Seen, str]:
    """A shell with a screen, and what it said up to its prompt."""
    seen = Seen(await conn.create_process(**{"term_type": "xterm", "term_size": (80, 24), **options}))
    return seen, await seen.until(end)


def on(lab: Served, act: Callable[[Served], Awaitable[None]]) -> None:
    """Do something as a client."""

    async def bounded() -> None:
        async with asyncio.timeout(60):
            await act(lab)

    asyncio.run(bounded())


LOGGING = "logging enable\nlogging buffered debugging\n"


def test_a_user_logs_in_by_password_and_is_in_the_log() -> None:
    async def act(lab: Served) -> None:
        async with connect(lab.ports[0]) as conn:
            seen, first = await shell(conn)
            assert first.endswith("asa1# ")
            assert "Type help or '?'" in first
            assert "Username : ann" in await seen.type("show curpriv")
            seen.process.stdin.write("exit\n")
            rest = await asyncio.wait_for(seen.process.stdout.read(), 20)
            assert rest.rstrip().endswith("Logoff")
            assert (await seen.process.wait()).exit_status == 0
            log = (await conn.run("show logging")).stdout
        assert "Login permitted from 127.0.0.1/" in log
        assert 'to inside:192.168.1.1/ssh for user "ann"' in log
        assert "%ASA-6-611101: User authentication succeeded: IP address: 127.0.0.1, Uname: ann" in log
        assert "%ASA-6-113012: AAA user authentication Successful : local database : user = ann" in log

    with served(devices(USERS + LOGGING)) as lab:
        on(lab, act)


def test_a_wrong_password_is_denied_three_times_and_logged_without_it() -> None:
    async def act(lab: Served) -> None:
        tried = []

        class Client(asyncssh.SSHClient):
            def password_auth_requested(self) -> str:
                tried.append(1)
                return f"wrong-{len(tried)}"

        with pytest.raises(asyncssh.DisconnectError) as refused:
            async with connect(lab.ports[0], password=None, client_factory=Client, preferred_auth="password"):
                pass
        assert len(tried) == 3
        assert "too many" in str(refused.value)
        with pytest.raises(asyncssh.PermissionDenied):
            async with connect(lab.ports[0], user="hush-typed-as-name"):
                pass
        async with connect(lab.ports[0]) as conn:
            log = (await conn.run("show logging")).stdout
        assert log.count('for user "ann"') == 4
        assert log.count("%ASA-6-605004: Login denied from 127.0.0.1/") == 4
        assert 'for user "*****"' in log
        assert "wrong-" not in log
        assert "hush-typed" not in log

    with served(devices(USERS + LOGGING)) as lab:
        on(lab, act)


def test_keys_of_the_configuration_log_in_and_others_do_not() -> None:
    key, other = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    text = base64.b64encode(key.public_data).decode()
    more = f"username kim nopassword\nusername kim attributes\n ssh authentication publickey {text}\n"

    async def act(lab: Served) -> None:
        async with connect(lab.ports[0], "kim", None, client_keys=[other, key], preferred_auth="publickey") as conn:
            assert "Username : kim" in (await conn.run("show curpriv")).stdout
        with pytest.raises(asyncssh.PermissionDenied):
            async with connect(lab.ports[0], "kim", None, client_keys=[other], preferred_auth="publickey"):
                pass
        with pytest.raises(asyncssh.PermissionDenied):
            async with connect(lab.ports[0], "ann", None, client_keys=[key], preferred_auth="publickey"):
                pass

    with served(devices(USERS + more)) as lab:
        on(lab, act)


def test_commands_that_come_with_the_connection_are_carried_out_plainly() -> None:
    async def act(lab: Served) -> None:
        async with connect(lab.ports[1]) as conn:
            done = await conn.run("show curpriv\nshow runing-config\nshow clock")
            rows = done.stdout.splitlines()
            assert rows[0] == "Username : ann"
            assert "ERROR: % Invalid input detected at '^' marker." in rows
            assert "asa2# " not in done.stdout.replace("asa2# show runing-config", "")
            assert "\r" not in done.stdout
            assert done.exit_status == 0
            again = await conn.run("enable", input="wrong\n3nable\n")
            assert "Invalid password" in again.stdout

    with served(devices("", USERS)) as lab:
        on(lab, act)


def test_two_sessions_share_one_lab_and_both_devices_answer() -> None:
    async def act(lab: Served) -> None:
        async with connect(lab.ports[0]) as one, connect(lab.ports[0], "bob", "hush-bob") as two:
            first, _ = await shell(one)
            second, _ = await shell(two)
            table = await first.type("show ssh sessions")
            assert [row.split()[-1] for row in table.splitlines()[2:-1:2]] == ["ann", "bob"]
            assert "!!!!" in await first.type("ping inside 192.168.2.1")
            assert "MM_ACTIVE" in await second.type("show crypto isakmp sa")
            async with connect(lab.ports[1]) as other:
                far, prompt = await shell(other)
                assert prompt.endswith("asa2# ")
                assert "10.0.0.1" in await far.type("show crypto isakmp sa")
            await first.type("ssh disconnect 1")
            assert await asyncio.wait_for(second.process.stdout.read(), 20) == ""
            assert "bob" not in await first.type("show ssh sessions")
            assert "ERROR" in await first.type("ssh disconnect 1")

    with served(devices(USERS, USERS)) as lab:
        on(lab, act)


def test_the_sixth_session_is_turned_away_and_room_comes_back() -> None:
    async def act(lab: Served) -> None:
        connections = [await connect(lab.ports[0]) for _ in range(5)]
        shells = [await shell(conn) for conn in connections]
        with pytest.raises(asyncssh.DisconnectError, match="in use"):
            await connect(lab.ports[0])
        seen, _ = shells[2]
        seen.process.stdin.write("exit\n")
        await asyncio.wait_for(seen.process.wait(), 20)
        async with connect(lab.ports[0]) as conn:
            assert "Username" in (await conn.run("show curpriv")).stdout
        for one in connections:
            one.close()

    with served(devices(USERS)) as lab:
        on(lab, act)


def test_nobody_typing_ends_a_session() -> None:
    async def act(lab: Served) -> None:
        async with connect(lab.ports[0]) as conn:
            seen, _ = await shell(conn)
            await asyncio.wait_for(seen.process.stdout.read(), 30)
        running = lab.lab.firewalls["asa1"].running
        assert not lab.call(lambda: running.type(GLOBAL, "ssh timeout 60")).fault
        async with connect(lab.ports[0]) as conn:
            log = (await conn.run("show logging")).stdout
        assert 'for user "ann" disconnected by SSH server, reason: Time-out activated' in log

    with served(devices(f"{USERS}{LOGGING}ssh timeout 1\n"), minute=3) as lab:
        on(lab, act)


def test_what_is_not_a_command_line_is_refused() -> None:
    async def act(lab: Served) -> None:
        async with connect(lab.ports[0], agent_forwarding=True) as conn:
            with pytest.raises(asyncssh.ChannelOpenError):
                await conn.start_sftp_client()
            with pytest.raises(asyncssh.ChannelOpenError):
                await conn.open_connection("127.0.0.1", lab.ports[1])
            with pytest.raises(asyncssh.ChannelListenError):
                await conn.start_server(lambda *_: None, "127.0.0.1", 0)
            with pytest.raises(asyncssh.ChannelOpenError):
                await conn.create_process(subsystem="netconf")
            assert "Username" in (await conn.run("show curpriv")).stdout

    with served(devices(USERS)) as lab:
        on(lab, act)


def test_a_guest_of_the_server_is_privileged_on_every_device() -> None:
    async def act(lab: Served) -> None:
        for port in lab.ports:
            async with connect(port, "me", "mine") as conn:
                _, first = await shell(conn)
                assert first.endswith("# ")
        with pytest.raises(asyncssh.PermissionDenied):
            await connect(lab.ports[1], "me", "yours")
        async with connect(lab.ports[0], "me", "yours") as conn:
            _, first = await shell(conn, "> ")
            assert first.endswith("asa1> ")

    with served(devices("username me password yours\n"), Guest("me", Verifier(Secret(b"mine")))) as lab:
        on(lab, act)


@pytest.mark.parametrize(
    ("line", "welcome"),
    [
        ("ssh 127.0.0.0 255.255.255.0 inside", True),
        ("ssh 0 0 outside", True),
        ("ssh 10.0.0.0 255.0.0.0 inside", False),
        ("ssh ::/0 inside", False),
        ("no ssh timeout", False),
    ],
)
def test_a_gateway_lets_in_whom_an_ssh_line_names(line: str, welcome: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(lab: Served) -> None:
        try:
            conn = await connect(lab.ports[0])
        except (OSError, asyncssh.DisconnectError):
            assert not welcome
        else:
            conn.close()
            assert welcome
        lab.call(lambda: setattr(firewall, "lab", firewall_lab))
        async with connect(lab.ports[0]) as conn:
            log = (await conn.run("show logging")).stdout
        assert ("Denied SSH session from 127.0.0.1 on interface" in log) is not welcome

    # A client at the loopback is otherwise let in always.
    monkeypatch.setattr(Client, "is_of_this_host", False)
    with served(devices(f"{USERS}{LOGGING}{line}\n")) as lab:
        firewall = lab.lab.firewalls["asa1"]
        firewall_lab = firewall.lab
        lab.call(lambda: setattr(firewall, "lab", None))
        on(lab, act)


def test_without_auto_enable_a_session_begins_at_the_user_s_prompt() -> None:
    async def act(lab: Served) -> None:
        async with connect(lab.ports[0], "cat", "hush-cat") as conn:
            seen, first = await shell(conn, "> ")
            assert first.endswith("asa1> ")
            assert "Password: " in await seen.type("enable", "word: ")
            assert await seen.type("3nable") == "\r\nasa1# "

    with served(devices("username cat password hush-cat privilege 15\nenable password 3nable\n")) as lab:
        on(lab, act)


def test_banners_stand_where_a_device_shows_them() -> None:
    banners = "banner login Authorised people only\nbanner motd Welcome to $(hostname)\nbanner exec Mind the tunnels\n"
    heard: list[str] = []

    class Client(asyncssh.SSHClient):
        def auth_banner_received(self, msg: str, lang: str) -> None:
            heard.append(msg)

    async def act(lab: Served) -> None:
        async with connect(lab.ports[0], client_factory=Client) as conn:
            _, first = await shell(conn)
        assert first.startswith("Welcome to asa1\r\nMind the tunnels\r\n")
        assert heard == ["Authorised people only\r\n"]

    with served(devices(USERS + banners)) as lab:
        on(lab, act)


def test_a_user_typed_at_the_prompt_logs_in_at_once_and_the_password_is_seen_nowhere() -> None:
    async def act(lab: Served) -> None:
        async with connect(lab.ports[0]) as conn:
            seen, _ = await shell(conn)
            await seen.type("terminal pager 0")
            await seen.type("configure terminal")
            assert "ERROR" not in await seen.type("username new password Typ3d privilege 15")
            async with connect(lab.ports[0], "new", "Typ3d") as other:
                assert "Username : new" in (await other.run("show curpriv")).stdout
            await seen.type("username new password Oth3r")
            with pytest.raises(asyncssh.PermissionDenied):
                await connect(lab.ports[0], "new", "Typ3d")
            await seen.type("no username new")
            with pytest.raises(asyncssh.PermissionDenied):
                await connect(lab.ports[0], "new", "Oth3r")
            await seen.type("username new password Thr33 privilege 3")
            await seen.type("end")
            assert "username new password ***** " in await seen.type("show running-config username")
            kept = await seen.type("more system:running-config")
            assert re.search(r"^username new password \S{16,} (encrypted|pbkdf2) privilege 3\r$", kept, re.M)
            assert "[OK]" in await seen.type("write memory")
            everything = [
                await seen.type(line)
                for line in ("show logging", "show history", "show startup-config", "more system:running-config")
            ]
        assert "username new password *****" in everything[0]
        assert [word for word in ("Typ3d", "Oth3r", "Thr33") if word in "".join(everything)] == []

    with served(devices(USERS + LOGGING)) as lab:
        on(lab, act)


def test_openssh_is_a_client(tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    place = tmp_path / "key"
    place.write_bytes(key.export_private_key("openssh"))
    place.chmod(0o600)
    text = base64.b64encode(key.public_data).decode()
    more = f"username kim nopassword privilege 15\nusername kim attributes\n ssh authentication publickey {text}\n"
    with served(devices(USERS + more)) as lab:

        def ssh(*arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
            quiet = [
                "-o",
                "StrictHostKeyChecking=no",
                "-o",
                f"UserKnownHostsFile={tmp_path / 'known'}",
                "-o",
                "LogLevel=ERROR",
            ]
            options = ["-F", "none", "-i", str(place), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", *quiet]
            return subprocess.run(
                ["ssh", *options, "-p", str(lab.ports[0]), *arguments],
                input=typed,
                capture_output=True,
                text=True,
                timeout=60,
            )

        done = ssh("kim@127.0.0.1", "show", "curpriv")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("Username : kim\nCurrent privilege level : 15\n")
        sat = ssh("-tt", "kim@127.0.0.1", typed="show curpriv\nexit\n")
        assert sat.returncode == 0
        assert "\nasa1# show curpriv\n" in sat.stdout.replace("\r\n", "\n")
        assert "asa1# show clock\n" in ssh("-T", "kim@127.0.0.1", typed="show clock\n").stdout
        assert ssh("-s", "kim@127.0.0.1", "sftp").returncode != 0


def test_sessions_are_told_when_the_server_ends() -> None:
    last: list[str] = []

    async def act(lab: Served) -> None:
        conn = await connect(lab.ports[0])
        seen, _ = await shell(conn)
        closing = asyncio.run_coroutine_threadsafe(lab.server.close("mainmode ends"), lab.loop)
        last.append(await asyncio.wait_for(seen.process.stdout.read(), 20))
        await asyncio.wrap_future(closing)
        with suppress(OSError, asyncssh.Error):
            await connect(lab.ports[0])
            raise AssertionError("somebody still listens")

    with served(devices(USERS)) as lab:
        on(lab, act)
    assert last == ["\r\nmainmode ends\r\n"]
