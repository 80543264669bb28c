"""The command line of a running gateway, with a tunnel that carries pings: over the control socket and over SSH.

Needs root.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from gateways import MAINMODE, Running, asked, gateway
from lan import until
from pinger import pinging
from sites import Sites, sites
from strongswan import KEY
from test_strangers_shell import config, ping

pytestmark = pytest.mark.root

SECONDS = 90
"""What a busy machine may take for anything here."""
LINES = 5_000
SSH = """\
username admin password walrus-77-stone privilege 15
aaa authentication ssh console LOCAL
aaa authorization exec LOCAL auto-enable
ssh 192.168.1.0 255.255.255.0 inside
"""


@pytest.fixture(scope="module")
def net() -> Iterator[Sites]:
    with sites("con") as both:
        yield both


@pytest.fixture
def pair(net: Sites, tmp_path: Path) -> Iterator[tuple[Running, Running]]:
    with (
        gateway(net.a.gateway, tmp_path / "a", config(net.a, net.b)) as a,
        gateway(net.b.gateway, tmp_path / "b", config(net.b, net.a)) as b,
    ):
        yield a, b


class Person:
    """Somebody at a terminal, whose prompt is `asa-a…`."""

    def __init__(self, running: Running) -> None:
        program, *rest = MAINMODE
        self.terminal: pexpect.spawn[str] = pexpect.spawn(
            program,
            [*rest, "console", "--control", str(running.folder / "control")],
            env=os.environ | {"TERM": "xterm", "LC_ALL": "C.UTF-8"},
            dimensions=(24, 100),
            timeout=SECONDS,
            encoding="utf-8",
        )
        self.terminal.expect_exact("asa-a> ")

    def types(self, line: str, prompt: str = "# ") -> str:
        """What is shown for a line, up to the next prompt that ends like this."""
        self.terminal.send(f"{line}\r")
        self.terminal.expect_exact(f"{line}\r\n")
        return self.sees(f"asa-a{prompt}" if prompt.startswith(("(", "#", ">")) else prompt)

    def sees(self, text: str) -> str:
        """What is shown before a text that is waited for."""
        self.terminal.expect_exact(text)
        return str(self.terminal.before)

    def enables(self) -> None:
        """Without an enable password, Enter is right."""
        self.terminal.send("enable\r")
        self.sees("Password: ")
        self.terminal.send("\r")
        self.sees("asa-a# ")


@pytest.fixture
def person(pair: tuple[Running, Running]) -> Iterator[Person]:
    one = Person(pair[0])
    yield one
    one.terminal.close(force=True)


def test_a_person_breaks_a_tunnel_at_the_prompt_and_mends_it_and_the_file_is_written_and_read(
    net: Sites, pair: tuple[Running, Running], person: Person
) -> None:
    a, _ = pair
    before = a.config.read_text()
    assert ping(net.a.host, net.b.address) == 3
    person.enables()
    person.types("terminal pager 0")
    assert "MM_ACTIVE" in person.types("show crypto isakmp sa")
    assert "!!!!!" in person.types(f"ping inside {net.b.inside}")
    person.types("configure terminal", "(config)# ")
    person.types(f"tunnel-group {net.b.outside} ipsec-attributes", "(config-tunnel-ipsec)# ")
    person.types("ikev1 pre-shared-key battery-staple", "(config-tunnel-ipsec)# ")
    person.types("end")
    assert "MM_ACTIVE" in person.types("show crypto isakmp sa"), "a changed key counts from the next negotiation on"
    person.types("clear crypto isakmp sa")
    person.types("debug crypto ikev1 127")
    assert ping(net.a.host, net.b.address, "-W", "1", count=1) == 0
    person.sees("SENDING Message")
    person.types("undebug all")
    assert "MM_WAIT_MSG6" in person.types("show crypto isakmp sa")
    person.types("configure terminal", "(config)# ")
    person.types(f"tunnel-group {net.b.outside} ipsec-attributes", "(config-tunnel-ipsec)# ")
    person.types(f"ikev1 pre-shared-key {KEY}", "(config-tunnel-ipsec)# ")
    person.types("exit", "(config)# ")
    person.types("route outside 10.99.0.0 255.255.0.0 10.1.0.1", "(config)# ")
    person.types("end")
    person.types("clear crypto isakmp sa")
    assert until(lambda: ping(net.a.host, net.b.address, "-W", "1", count=1) == 1, SECONDS), a.report()
    saved = person.types("write memory")
    assert "[OK]" in saved
    assert "asa.cfg.before" in saved
    assert Path(f"{a.config}.before").read_text() == before
    text = a.config.read_text()
    assert f"ikev1 pre-shared-key {KEY}" in text
    assert "route outside 10.99.0.0 255.255.0.0 10.1.0.1" in text
    assert [one.stat().st_mode & 0o777 for one in (a.config, Path(f"{a.config}.before"))] == [0o600, 0o600]
    assert "battery-staple" not in a.out + a.err + text
    person.types("configure terminal", "(config)# ")
    person.types("route outside 10.77.0.0 255.255.0.0 10.1.0.1", "(config)# ")
    person.types("end")
    a.process.send_signal(signal.SIGHUP)
    gone = "typed at the prompt and not saved, so it is gone: route outside 10.77.0.0 255.255.0.0 10.1.0.1"
    assert a.says(gone), a.report()
    assert "10.99.0.0" in person.types("show running-config route")
    assert ping(net.a.host, net.b.address) == 3


def test_a_client_that_is_killed_in_the_middle_of_a_debug_leaves_the_gateway_well(
    net: Sites, pair: tuple[Running, Running], person: Person
) -> None:
    a, _ = pair
    person.enables()
    person.types("debug crypto ikev1 255")
    assert ping(net.a.host, net.b.address) == 3
    person.sees("PHASE 1 COMPLETED")
    person.terminal.kill(signal.SIGKILL)
    person.terminal.close(force=True)
    assert asked(a, "clear", "crypto", "isakmp", "sa") == ""
    assert ping(net.a.host, net.b.address) == 3
    other = Person(a)
    try:
        other.enables()
        assert "MM_ACTIVE" in other.types("show crypto isakmp sa")
        assert "debug crypto" not in other.types("show debug")
    finally:
        other.terminal.close(force=True)
    assert "fault" not in a.out + a.err


def test_pings_go_on_while_somebody_pastes_thousands_of_lines_and_another_shows_them(
    net: Sites, pair: tuple[Running, Running], person: Person, tmp_path: Path
) -> None:
    a, _ = pair
    assert ping(net.a.host, net.b.address) == 3
    lines = "".join(f"access-list LONG extended permit ip host 10.50.{n >> 8}.{n & 255} any\n" for n in range(LINES))
    pasted = f"enable\n\nconfigure terminal\n{lines}end\nshow access-list LONG | include 10.50.0.7 \n"
    person.enables()
    with pinging(net.a.host, net.b.address) as pings:
        done = subprocess.run(
            [*MAINMODE, "console", "--control", str(a.folder / "control")],
            input=pasted, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert re.search(r"line 8 extended permit ip host 10\.50\.0\.7 any", done.stdout), done.stdout[-2000:]
        assert "ERROR" not in done.stdout
        person.terminal.send("show running-config\r")
        person.sees("<--- More --->")
        person.terminal.send("q")
        person.sees("asa-a# ")
        person.types("terminal pager 0")
        person.terminal.send("show running-config\r")
        assert until(lambda: pings.told()[net.b.address].ago < 1, SECONDS)
        person.sees(f"10.50.{LINES - 1 >> 8}.{LINES - 1 & 255} any")
        person.sees("asa-a# ")
        assert until(lambda: pings.told()[net.b.address].ago < 1, SECONDS)
        told = pings.told()[net.b.address]
    assert told.sent - told.answered <= 1, told
    assert "MM_ACTIVE" in asked(a, "show", "crypto", "isakmp", "sa")


def test_a_device_that_reloads_takes_its_tunnels_down_and_brings_them_up_again(
    net: Sites, pair: tuple[Running, Running], person: Person
) -> None:
    a, b = pair
    assert ping(net.a.host, net.b.address) == 3
    person.enables()
    person.types("configure terminal", "(config)# ")
    person.types("route outside 10.77.0.0 255.255.0.0 10.1.0.1", "(config)# ")
    person.types("end")
    person.terminal.send("reload\r")
    person.sees("Save? [Y]es/[N]o:")
    person.terminal.send("n\r")
    person.sees("Proceed with reload? [confirm]")
    person.terminal.send("\r")
    assert a.says("the device starts anew; tunnels taken down, with a delete to the peer: 1"), a.report()
    assert b.says("tunnel down"), b.report()
    assert ping(net.a.host, net.b.address) == 3
    assert "10.77.0.0" not in asked(a, "show", "running-config")


LOGIN = """\
import asyncio, asyncssh, sys
async def main():
    where = dict(port=int(sys.argv[2]), username="admin", password=sys.argv[3], known_hosts=None, config=None)
    async with asyncssh.connect(sys.argv[1], **where) as there:
        print((await there.run(sys.argv[4])).stdout)
asyncio.run(asyncio.wait_for(main(), 60))
"""


def over_ssh(namespace: str, *words: str) -> "subprocess.CompletedProcess[str]":
    argv = ["ip", "netns", "exec", namespace, sys.executable, "-c", LOGIN, *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)


def test_users_of_the_configuration_log_in_over_ssh_from_where_its_lines_allow_it(net: Sites, tmp_path: Path) -> None:
    keys = ("--host-key", str(tmp_path / "host_key"))
    with (
        gateway(net.a.gateway, tmp_path / "a", config(net.a, net.b, SSH), "--ssh", f"{net.a.inside}:22", *keys) as a,
        gateway(net.b.gateway, tmp_path / "b", config(net.b, net.a)),
    ):
        assert a.says(f"SSH: {net.a.inside}:22, host key ED25519 SHA256:"), a.report()
        assert ping(net.a.host, net.b.address) == 3
        shown = over_ssh(net.a.host, net.a.inside, "22", "walrus-77-stone", "show crypto isakmp sa")
        assert "MM_ACTIVE" in shown.stdout, shown.stderr
        wrong = over_ssh(net.a.host, net.a.inside, "22", "walrus-77", "show version")
        assert "PermissionDenied" in wrong.stderr
        elsewhere = over_ssh(net.b.host, net.a.inside, "22", "walrus-77-stone", "show version")
        assert (elsewhere.returncode, elsewhere.stdout) == (1, "")
        assert "walrus" not in a.out + a.err + asked(a, "show", "running-config")
        assert a.end() == 0
    assert (tmp_path / "host_key").stat().st_mode & 0o777 == 0o600
