"""What the kernel carries is shown where somebody watches, and costs nothing where nobody does. Needs root."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lan import run

pytestmark = pytest.mark.root

_SEND = """\
import socket
esp = socket.socket(socket.AF_INET, socket.SOCK_RAW, 50)
esp.sendto(bytes.fromhex("12345678") + bytes(40), ("10.0.0.1", 0))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("10.0.0.2", 4500))
udp.sendto(bytes.fromhex("12345678") + bytes(40), ("10.0.0.1", 4500))
udp.sendto(bytes(44), ("10.0.0.1", 4500))
udp.sendto(b"\\xff", ("10.0.0.1", 4500))
other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
other.sendto(bytes(60), ("10.0.0.1", 9))
"""


@pytest.fixture
def host() -> Iterator[tuple[str, str, str]]:
    """A gateway's namespace with an inside host and a peer: their three names."""
    names = [f"mainmode-{os.getpid()}-tap-{name}" for name in ("gw", "host", "peer")]
    gateway, inside, peer = names
    try:
        for name in names:
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        for link, there, here, address in (
            ("inside", inside, "192.168.1.1/24", "192.168.1.10/24"),
            ("outside", peer, "10.0.0.1/24", "10.0.0.2/24"),
        ):
            run("ip", "link", "add", link, "netns", gateway, "type", "veth", "peer", "name", "eth0", "netns", there)
            run("ip", "-n", gateway, "address", "add", here, "dev", link)
            run("ip", "-n", there, "address", "add", address, "dev", "eth0")
            run("ip", "-n", gateway, "link", "set", link, "up")
            run("ip", "-n", there, "link", "set", "eth0", "up")
        run("ip", "netns", "exec", gateway, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
        run("ip", "-n", gateway, "route", "add", "192.168.2.0/24", "via", "10.0.0.2")
        run("ip", "-n", inside, "route", "add", "default", "via", "192.168.1.1")
        run("ip", "-n", peer, "address", "add", "192.168.2.10/32", "dev", "lo")
        run("ip", "-n", peer, "route", "add", "192.168.1.0/24", "via", "10.0.0.1")
        yield gateway, inside, peer
    finally:
        for name in names:
            run("ip", "netns", "delete", name, check=False)


class Tapped:
    """The watching process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def tell(self, word: str, answer: str) -> list[str]:
        """Say it; the packets that were shown until it is done."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("no pipes")
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        shown: list[str] = []
        while (line := self._process.stdout.readline().strip()) not in (answer, ""):
            shown.append(line)
        return shown


@contextmanager
def tapped(namespace: str) -> Iterator[Tapped]:
    script = str(Path(__file__).with_name("tap_watch.py"))
    argv = ["ip", "netns", "exec", namespace, sys.executable, script]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Tapped(process)
    finally:
        process.communicate(timeout=30)


def test_a_tap_shows_esp_and_the_packets_of_tunnels_where_somebody_watches(host: tuple[str, str, str]) -> None:
    gateway, inside, peer = host
    ping = ("ip", "netns", "exec", inside, "ping", "-n", "-q", "-c", "1", "-W", "5")
    send = ("ip", "netns", "exec", peer, sys.executable, "-c", _SEND)
    with tapped(gateway) as tap:
        assert tap.tell("on", "watching") == []
        assert tap.tell("off", "not watching") == []
        assert " 1 received" in run(*ping, "192.168.2.10")
        run(*send)
        assert tap.tell("on", "watching") == []
        assert " 1 received" in run(*ping, "192.168.2.10")
        assert " 1 received" in run(*ping, "10.0.0.1")
        run(*send)
        assert tap.tell("off", "not watching") == [
            "inside in 1 192.168.1.10 192.168.2.10",
            "inside out 1 192.168.2.10 192.168.1.10",
            "outside in 50 10.0.0.2 10.0.0.1",
            "outside in 17 10.0.0.2 10.0.0.1",
        ]
        run(*send)
        assert tap.tell("on", "watching") == []
