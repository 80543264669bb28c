"""The commands that ask a running gateway, on a real one: its captures are judged by tshark. Needs root."""

import os
import re
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateways import MAINMODE, Running, asked, asking, command, gateway
from lan import until
from sites import Sites, sites
from test_strangers_shell import config, ping

pytestmark = pytest.mark.root

LOGGING = "logging enable\nlogging buffered notifications\n"


@pytest.fixture(scope="module")
def net() -> Iterator[Sites]:
    with sites("ctl") as both:
        yield both


@pytest.fixture
def pair(net: Sites, tmp_path: Path) -> Iterator[tuple[Running, Running]]:
    with (
        gateway(net.a.gateway, tmp_path / "a", config(net.a, net.b, LOGGING)) as a,
        gateway(net.b.gateway, tmp_path / "b", config(net.b, net.a, LOGGING)) as b,
    ):
        yield a, b


def tshark(capture: Path, keys: Path, *options: str) -> list[list[str]]:
    """The rows that tshark prints, field by field."""
    shown = subprocess.run(
        ["tshark", "-r", capture, *options],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"WIRESHARK_CONFIG_DIR": str(keys)},
    ).stdout
    return [row.split("\t") for row in shown.splitlines()]


def captured(running: Running, folder: Path) -> "subprocess.Popen[str]":
    """A capture with keys, of which the gateway has said that it has begun."""
    process = asking(running, "capture", "--pcap", str(folder / "live.pcapng"), "--keys", str(folder / "keys"))
    assert process.stderr is not None
    assert select.select([process.stderr], [], [], 20)[0]
    assert process.stderr.readline() == "mainmode: capturing; ^C ends\n"
    return process


def ended(process: "subprocess.Popen[str]") -> str:
    """What a capture told at its end."""
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 0, told
    return told


def echoes(rows: list[list[str]]) -> list[str]:
    """The sequence numbers of the requests in their order: each was answered once, in that order, and not before.

    A request may leave before the one ahead of it was answered: those that waited for the tunnel do. The rows hold ICMP
    type and sequence number.
    """
    requests, replies = ([number for kind, number in rows if kind == wanted] for wanted in ("8", "0"))
    assert requests == replies
    assert all(rows.index(["8", number]) < rows.index(["0", number]) for number in requests)
    return requests


def test_tshark_opens_a_capture_of_the_whole_life_of_a_tunnel(
    net: Sites, pair: tuple[Running, Running], tmp_path: Path
) -> None:
    a, _ = pair
    process = captured(a, tmp_path)
    assert ping(net.a.host, net.b.address) == 3
    told = ended(process)
    file, keys = tmp_path / "live.pcapng", tmp_path / "keys"
    count = int(re.findall(r"(\d+) packets captured", told)[0])
    rows = tshark(file, keys, "-Tfields", "-eframe.interface_name", "-eframe.packet_flags_direction", "-eip.src")
    assert len(rows) == count
    exchanges = tshark(file, keys, "-Yisakmp", "-Tfields", "-eisakmp.exchangetype")
    assert exchanges[:9] == [["2"]] * 6 + [["32"]] * 3
    assert len(tshark(file, keys, "-Yisakmp.id.type")) == 4
    opened = tshark(file, keys, "-Yesp && icmp", "-Tfields", "-eframe.interface_name", "-eicmp.type", "-eicmp.seq")
    assert {interface for interface, *_ in opened} == {"outside"}
    assert echoes([row for _, *row in opened]) == ["1", "2", "3"]
    clear = tshark(
        file,
        keys,
        "-Yicmp && !esp",
        "-Tfields",
        "-eframe.interface_name",
        "-eframe.packet_flags_direction",
        "-eicmp.type",
    )
    assert sorted(clear) == sorted([["inside", "0x00000001", "8"], ["inside", "0x00000002", "0"]] * 3)
    assert tshark(file, keys, "-Y_ws.malformed || esp.icv_bad == 1") == []


def test_tshark_opens_esp_of_a_tunnel_that_stood_before_the_capture(
    net: Sites, pair: tuple[Running, Running], tmp_path: Path
) -> None:
    _, b = pair
    assert ping(net.a.host, net.b.address) == 3
    process = captured(b, tmp_path)
    assert ping(net.a.host, net.b.address) == 3
    ended(process)
    file, keys = tmp_path / "live.pcapng", tmp_path / "keys"
    assert echoes(tshark(file, keys, "-Yesp && icmp", "-Tfields", "-eicmp.type", "-eicmp.seq")) == ["1", "2", "3"]


def test_show_clear_ping_and_a_followed_debug_work_on_a_running_gateway(
    net: Sites, pair: tuple[Running, Running]
) -> None:
    a, b = pair
    assert ping(net.a.host, net.b.address) == 3
    shown = asked(a, "show", "crypto", "ipsec", "sa")
    assert re.search(r"#pkts encaps: 3, #pkts encrypt: 3", shown), shown
    everything = "crypto ikev1 127 and crypto ipsec 127 condition peer"
    follower, other = (asking(a, "debug", *everything.split(), peer) for peer in (net.b.outside, "10.9.9.9"))
    assert until(lambda: asked(a, "show", "logging").count(f"executed the 'debug {everything}") == 2, 20)
    assert asked(a, "clear", "crypto", "isakmp", "sa", net.b.outside) == ""
    assert "There are no IKEv1 SAs" in asked(a, "show", "crypto", "ikev1", "sa")
    assert until(lambda: "There are no IKEv1 SAs" in asked(b, "show", "crypto", "ikev1", "sa"), 10)
    for words in (("inside", net.b.inside), (net.b.outside,)):
        replies = asked(a, "ping", *words)
        assert "Success rate is 100 percent (5/5)" in replies, replies
    for process in (follower, other):
        process.send_signal(signal.SIGINT)
    lines, _ = follower.communicate(timeout=30)
    assert "Administrator Reset" in lines
    assert "PHASE 2 COMPLETED" in lines
    assert "IPSEC: New embryonic SA created" in lines
    assert other.communicate(timeout=30) == ("", "")


def test_a_killed_gateway_leaves_a_socket_that_the_next_one_replaces_and_a_live_one_keeps_its_own(
    net: Sites, tmp_path: Path
) -> None:
    place = ("--control", str(tmp_path / "control"))
    with gateway(net.a.gateway, tmp_path / "first", config(net.a, net.b), *place) as first:
        first.process.kill()
        first.process.wait(10)
    dead = subprocess.run([*MAINMODE, "show", "version", *place], capture_output=True, text=True, check=False)
    assert (dead.returncode, dead.stdout) == (2, "")
    assert "any more; start one with mainmode up" in dead.stderr
    with gateway(net.a.gateway, tmp_path / "second", config(net.a, net.b), *place) as second:
        (tmp_path / "b.cfg").write_text(config(net.b, net.a))
        third = subprocess.run(
            command(net.b.gateway, str(tmp_path / "b.cfg"), *place), capture_output=True, text=True, check=False
        )
        assert third.returncode == 2
        assert "a gateway runs already and listens on" in third.stderr
        shown = subprocess.run([*MAINMODE, "show", "version", *place], capture_output=True, text=True, check=True)
        assert "up" in shown.stdout
        assert second.end() == 0
    assert not (tmp_path / "control").exists()


def test_a_transfer_goes_on_under_a_capture_whose_reader_stopped(
    net: Sites, pair: tuple[Running, Running], tmp_path: Path
) -> None:
    a, _ = pair
    assert ping(net.a.host, net.b.address) == 3
    process = captured(a, tmp_path)
    process.send_signal(signal.SIGSTOP)
    assert ping(net.a.host, net.b.address, "-q", "-i", "0.002", "-s", "1200", count=1500) > 1400
    assert "MM_ACTIVE" in asked(a, "show", "crypto", "isakmp", "sa")
    process.kill()
    process.communicate(timeout=30)
    assert ping(net.a.host, net.b.address) == 3
