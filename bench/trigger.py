"""From the packet that asks for a tunnel to the first that comes through: `bench/trigger.py [--write]`, as root.

A host sends a packet to a host behind the other gateway, and the time to the first packet that arrives is taken,
through `mainmode up` and, where strongSwan is installed, through charon, each with each, in turns. Our gateway begins
by that packet itself, and keeps it. charon's data plane in user space (kernel-libipsec) knows no traps and keeps
nothing: it is told to begin over its socket at the moment of the first packet, and the next ones follow millisecond by
millisecond until one arrives; and once more with a host that sends again after a second, as TCP does (RFC 6298).
`--write` puts the table into the docs.
"""

import argparse
import os
import select
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from measuring import ROOT
from page import Row, Section, tell
from peers import GROUPS, Vici, inside_of

sys.path.insert(0, str(ROOT / "tests" / "strangers"))

from firewall import Firewall, Policy, Tunnel, configuration
from sites import Site, Sites, sites
from strongswan import CHARON, Charon, Connection

PORT = 7007
PATIENCE = 5.0
"""Seconds until it is given up."""
AS_TCP = 1.0
"""Seconds after which TCP sends its SYN again (RFC 6298 §2.1)."""


class Gateway(Protocol):
    """What is measured, at either end. `gap` is the time between two packets, in seconds."""

    gap: float

    def begin(self) -> None:
        """The first packet leaves now."""

    def clear(self) -> None:
        """No tunnel stands afterwards."""


@dataclass
class Mainmode:
    """Ours."""

    firewall: Firewall
    gap: float = 0.1

    def begin(self) -> None:
        """By the packet itself."""

    def clear(self) -> None:
        """By the command of the device, on its control socket."""
        self.firewall.command("clear", "crypto", "isakmp", "sa")


@dataclass
class Strongswan:
    """charon."""

    daemon: Charon
    gap: float = 0.001

    def __post_init__(self) -> None:
        self._vici = Vici(f"{self.daemon.folder}/vici")

    def begin(self) -> None:
        """By its socket."""
        self._vici.initiate("tunnel")

    def clear(self) -> None:
        """By its socket."""
        self.daemon.swanctl("--terminate", "--ike", "tunnel", check=False)


@contextmanager
def mainmode(here: Site, there: Site, folder: Path, group: int) -> Iterator[Gateway]:
    """Ours, ready."""
    cipher, digest, _ = GROUPS[group]
    folder.mkdir(parents=True)
    gateway = Firewall(here.gateway, folder)
    gateway.configure(configuration(here, Tunnel.between(here, there), policies=(Policy(cipher, digest, group),)))
    try:
        gateway.start("--data-plane", "user")
        yield Mainmode(gateway)
    finally:
        gateway.stop()


@contextmanager
def strongswan(here: Site, there: Site, folder: Path, group: int) -> Iterator[Gateway]:
    """charon with kernel-libipsec, ready."""
    folder.mkdir(parents=True)
    daemon = Charon(here.gateway, folder, [Connection.between(here, there).but(ike=GROUPS[group][2])], detail=-1)
    try:
        daemon.start()
        yield Strongswan(daemon)
    finally:
        daemon.stop()


KINDS = {"mainmode": mainmode, "charon": strongswan}


class Hosts:
    """A socket of either host, in this process: one clock for both."""

    def __init__(self, net: Sites) -> None:
        self._to = net.b.address, PORT
        with inside_of(net.a.host):
            self._sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._sender.bind((net.a.address, PORT))
        with inside_of(net.b.host):
            self._sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            self._sink.bind(self._to)

    def try_once(self, number: int, gateway: Gateway) -> tuple[float, int]:
        """Seconds from the first packet to the first that arrives, and which one that was. Raises RuntimeError."""
        while select.select([self._sink], [], [], 0)[0]:
            self._sink.recv(64)
        began = time.perf_counter()
        self._send(number, 0)
        gateway.begin()
        sent = 1
        while (now := time.perf_counter()) < began + PATIENCE:
            due = began + sent * gateway.gap
            if now >= due:
                self._send(number, sent)
                sent += 1
            elif select.select([self._sink], [], [], due - now)[0]:
                arrived = time.perf_counter()
                found, which = map(int, self._sink.recv(64).split())
                if found == number:
                    return arrived - began, which
        raise RuntimeError("no packet comes through")

    def _send(self, number: int, count: int) -> None:
        with suppress(OSError):
            self._sender.sendto(f"{number} {count}".encode(), self._to)


def tried(first: str, second: str, group: int, tries: int, gap: float | None = None) -> list[tuple[float, int]]:
    """Between two kinds of gateways, the first begins; the very first try, with all caches cold, does not count."""
    with sites("trigger") as net, tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        a = stack.enter_context(KINDS[first](net.a, net.b, Path(folder) / "a", group))
        stack.enter_context(KINDS[second](net.b, net.a, Path(folder) / "b", group))
        hosts = Hosts(net)
        a.gap = gap or a.gap
        found = []
        for number in range(tries + 1):
            time.sleep(0.3)
            found.append(hosts.try_once(number, a))
            time.sleep(0.2)
            a.clear()
        return found[1:]


def measured(rounds: int, tries: int) -> list[Row]:
    """All rows: who begins, beside the other with the same peer."""
    kinds = tuple(KINDS)[: None if Path(CHARON).exists() else 1]
    taken: dict[tuple[str, str, int], list[float]] = {}
    lost: dict[tuple[str, str, int], int] = {}
    for _ in range(rounds):
        for group in GROUPS:
            for second in kinds:
                for first in kinds:
                    found = tried(first, second, group, tries)
                    case = first, second, group
                    taken.setdefault(case, []).extend(seconds * 1000 for seconds, _ in found)
                    lost[case] = lost.get(case, 0) + sum(which > 0 for _, which in found)
                    print(first, second, group, f"{statistics.median(taken[case]):.1f} ms", lost[case], file=sys.stderr)
    rows = []
    for group in GROUPS:
        for second in kinds:
            middle = {first: statistics.median(taken[first, second, group]) for first in kinds}
            what = f"mainmode begins, {second} answers, group {group}; lost: {lost['mainmode', second, group]}"
            other = middle.get("charon")
            times = None if other is None else 1.0
            job = "trigger to first packet"
            rows.append(Row(what, middle["mainmode"], "charon begins", other, None, "ms", times=times, job=job))
    return [*rows, *as_tcp(kinds, max(tries // 2, 1))]


def as_tcp(kinds: tuple[str, ...], tries: int) -> list[Row]:
    """The same with the default group and a host that is as patient as TCP."""
    rows, group = [], max(GROUPS)
    for second in kinds:
        middle = {
            first: statistics.median(seconds * 1000 for seconds, _ in tried(first, second, group, tries, AS_TCP))
            for first in kinds
        }
        what = f"mainmode begins, {second} answers, group {group}, the host sends again after a second"
        other = middle.get("charon")
        job = "trigger to first packet"
        rows.append(
            Row(
                what, middle["mainmode"], "charon begins", other, None, "ms",
                times=None if other is None else 1.0, job=job,
            )
        )  # fmt: skip
    return rows


def main() -> None:
    """Measures, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Measure trigger to first packet; prints a table. Needs root.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--rounds", type=int, default=2, help="how often the gateways are started (default 2)")
    parser.add_argument("--tries", type=int, default=10, help="tries with the same two gateways (default 10)")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("this takes root")
    note = f"medians of {arguments.rounds * arguments.tries} tries"
    tell(Section.of("trigger", note, measured(arguments.rounds, arguments.tries)), arguments.write)


if __name__ == "__main__":
    main()
