"""TCP through two gateways in user space, measured: `.venv/bin/python bench/gateway.py [--write]`, as root.

iperf3 runs between two hosts in network namespaces, through two mainmode gateways and, where strongSwan is installed,
through two of charon's (kernel-libipsec), in turns. `--write` puts the table into the docs.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from measuring import ROOT, cpu_of_process
from page import Section, tell

sys.path.insert(0, str(ROOT / "tests" / "strangers"))

from firewall import Tunnel, configuration, firewall
from lan import until
from sites import Sites, pings, sites
from strongswan import CHARON, Connection, charon

HEADINGS = ("TCP from host to host through", "wall", "encapsulating", "decapsulating", "goal", "met")
SUITES = {
    "AES-GCM": ("esp-aes-gcm", "aes128gcm16", 0.8),
    "AES-CBC/SHA-1": ("esp-aes esp-sha-hmac", "aes128-sha1", 0.5),
}
"""By name: how mainmode and charon spell the suite, and the goal in Gbit per CPU second."""


@dataclass(frozen=True)
class Figure:
    """One transfer: Mbit/s by the clock, and Gbit per CPU second of either gateway."""

    wall: float
    encapsulating: float = 0.0
    decapsulating: float = 0.0


@dataclass(frozen=True)
class Way:
    """What stands between the hosts. `gateways` gives the two processes, the sender's first."""

    name: str
    hidden: str
    gateways: Callable[[Sites, Path], "Processes"]
    goal: float | None


Processes = Iterator[tuple[int, int]]


@contextmanager
def mainmode(net: Sites, folder: Path, suite: str) -> Processes:
    """Two of ours, their tunnel up."""
    with ExitStack() as stack:
        ours = []
        for letter, here, there in (("a", net.a, net.b), ("b", net.b, net.a)):
            text = configuration(here, Tunnel.between(here, there).but(transform=SUITES[suite][0]))
            gateway = firewall(here.gateway, folder / letter, text, "--data-plane", "user")
            ours.append(stack.enter_context(gateway).process.pid)
        yield ours[0], ours[1]


@contextmanager
def strongswan(net: Sites, folder: Path, suite: str) -> Processes:
    """Two charons, their tunnel up."""
    with ExitStack() as stack:
        daemons = []
        for letter, here, there in (("a", net.a, net.b), ("b", net.b, net.a)):
            connection = Connection.between(here, there).but(esp=SUITES[suite][1])
            daemons.append(stack.enter_context(charon(here.gateway, folder / letter, connection)))
        daemons[0].initiate()
        yield daemons[0].process.pid, daemons[1].process.pid


def iperf(source: str, there: str, address: str, seconds: int) -> tuple[float, float]:
    """Octets that came from one namespace to an address of another, and seconds. Raises RuntimeError where none did."""
    server = subprocess.Popen(
        ["ip", "netns", "exec", there, "iperf3", "-s", "-1", "--forceflush", "-B", address],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        if server.stdout is None or not any("listening" in line for line in server.stdout):
            raise RuntimeError("iperf3 does not listen")
        client = ["ip", "netns", "exec", source, "iperf3", "-J", "-c", address, "-t", str(seconds)]
        done = subprocess.run(client, capture_output=True, text=True, timeout=seconds + 30)
        told = json.loads(done.stdout)
        if "error" in told:
            raise RuntimeError(f"iperf3: {told['error']}")
        received = told["end"]["sum_received"]
        return float(received["bytes"]), float(received["seconds"])
    finally:
        server.kill()
        server.wait()


def through(way: Way, seconds: int) -> Figure:
    """One transfer through two gateways that have just been started. Raises RuntimeError where none is possible."""
    with (
        sites("bench", way.hidden) as net,
        tempfile.TemporaryDirectory() as folder,
        way.gateways(net, Path(folder)) as (first, second),
    ):
        if not until(lambda: all(pings(net.a, net.b, wait=3).values()), 30):
            raise RuntimeError(f"no ping comes through {way.name}")
        before = cpu_of_process(first), cpu_of_process(second)
        octets, lasted = iperf(net.a.host, net.b.host, net.b.address, seconds)
        spent = cpu_of_process(first) - before[0], cpu_of_process(second) - before[1]
    return Figure(octets * 8 / lasted / 1e6, octets * 8 / spent[0] / 1e9, octets * 8 / spent[1] / 1e9)


def plain(seconds: int) -> Figure:
    """The same from a host to its gateway, over one link and through nothing."""
    with sites("plain") as net:
        octets, lasted = iperf(net.a.host, net.a.gateway, net.a.inside, seconds)
    return Figure(octets * 8 / lasted / 1e6)


def ways() -> Iterator[Way]:
    """All that are measured."""
    for suite, (_, _, goal) in SUITES.items():
        for hidden, wrapped in (("ab", "in UDP"), ("", "as protocol 50")):
            ours = lambda net, folder, suite=suite: mainmode(net, folder, suite)  # noqa: E731
            yield Way(f"mainmode, {suite}, ESP {wrapped}", hidden, ours, goal)
        if Path(CHARON).exists():
            theirs = lambda net, folder, suite=suite: strongswan(net, folder, suite)  # noqa: E731
            yield Way(f"charon with kernel-libipsec, {suite}, ESP in UDP", "", theirs, None)


def median(figures: list[Figure]) -> Figure:
    """Each part's median."""
    parts = zip(*((one.wall, one.encapsulating, one.decapsulating) for one in figures), strict=True)
    return Figure(*(statistics.median(part) for part in parts))


def cells(name: str, figure: Figure, goal: float | None) -> tuple[str, ...]:
    """A row of the table."""
    per_cpu = [f"{part:.2f} Gbit/CPU-s" if part else "" for part in (figure.encapsulating, figure.decapsulating)]
    met = "" if goal is None else "yes" if min(figure.encapsulating, figure.decapsulating) >= goal else "no"
    return (name, f"{figure.wall:.0f} Mbit/s", *per_cpu, "" if goal is None else f"{goal:.1f}", met)


def main() -> None:
    """Measures, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Measure TCP through two gateways; prints a table. Needs root.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--rounds", type=int, default=3, help="transfers per figure; the median counts (default 3)")
    parser.add_argument("--seconds", type=int, default=4, help="length of one transfer (default 4)")
    arguments = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("iperf3") is None:
        raise SystemExit("this takes root, and iperf3 (apt-get install iperf3)")
    all_ways = list(ways())
    taken: dict[str, list[Figure]] = {}
    for _ in range(arguments.rounds):
        taken.setdefault("one link and nothing else", []).append(plain(arguments.seconds))
        for way in all_ways:
            taken.setdefault(way.name, []).append(through(way, arguments.seconds))
    goals = {way.name: way.goal for way in all_ways}
    rows = [cells(name, median(figures), goals.get(name)) for name, figures in taken.items()]
    tell(Section("gateway", f"medians of {arguments.rounds}", (HEADINGS, *rows)), arguments.write)


if __name__ == "__main__":
    main()
