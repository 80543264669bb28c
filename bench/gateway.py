"""TCP through two gateways in user space, measured: `.venv/bin/python bench/gateway.py [--write]`, as root.

iperf3 runs between two hosts in network namespaces, through two mainmode gateways, with their compiled helper and
without, and, where strongSwan is installed, through two of charon's (kernel-libipsec), in turns. `--write` puts the
table into the docs.
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
from functools import partial
from pathlib import Path
from unittest.mock import patch

from measuring import ROOT, cpu_of_process
from page import Goal, Section, tell

sys.path.insert(0, str(ROOT / "tests" / "strangers"))

from firewall import Tunnel, configuration, firewall
from lan import until
from sites import Sites, pings, sites
from strongswan import CHARON, Connection, charon

HEADINGS = (
    "TCP from host to host through",
    "wall",
    "encapsulating",
    "decapsulating",
    "of charon's",
    "goal",
    "met",
)
SUITES = {
    "AES-GCM": ("esp-aes-gcm", "aes128gcm16", 3.0),
    "AES-CBC/SHA-1": ("esp-aes esp-sha-hmac", "aes128-sha1", 1.5),
}
"""By name: how mainmode and charon spell the suite, and the goal as a multiple of charon's Gbit per CPU second."""
LINK = "one link and nothing else"
JOB = "ESP in user space"
PURE = "MAINMODE_PURE"


@dataclass(frozen=True)
class Figure:
    """One transfer: Mbit/s by the clock, and Gbit per CPU second of either gateway."""

    wall: float
    encapsulating: float = 0.0
    decapsulating: float = 0.0


@dataclass(frozen=True)
class Way:
    """What stands between the hosts. `gateways` gives the two processes, the sender's first.

    `times`: the multiple of charon's figures with the same suite that is the goal; None without one.
    """

    name: str
    suite: str
    hidden: str
    gateways: Callable[[Sites, Path], "Processes"]
    times: float | None = None


Processes = Iterator[tuple[int, int]]


@contextmanager
def mainmode(net: Sites, folder: Path, suite: str, helper: bool) -> Processes:
    """Two of ours, their tunnel up; `helper`: with the compiled helper."""
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, {PURE: "" if helper else "1"}))
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
    for suite, (_, _, times) in SUITES.items():
        for hidden, wrapped, helper in (("ab", "in UDP", True), ("ab", "in UDP", False), ("", "as protocol 50", True)):
            ours = partial(mainmode, suite=suite, helper=helper)
            name = f"mainmode, {suite}, ESP {wrapped}" + ("" if helper else ", without the helper")
            yield Way(name, suite, hidden, ours, times if hidden else None)
        if Path(CHARON).exists():
            yield Way(charons(suite), suite, "", partial(strongswan, suite=suite))


def charons(suite: str) -> str:
    """The name of what stands beside ours."""
    return f"charon with kernel-libipsec, {suite}, ESP in UDP"


def median(figures: list[Figure]) -> Figure:
    """Each part's median."""
    parts = zip(*((one.wall, one.encapsulating, one.decapsulating) for one in figures), strict=True)
    return Figure(*(statistics.median(part) for part in parts))


def both(figure: Figure, digits: str = ".2f") -> str:
    """Encapsulating and decapsulating."""
    return f"{figure.encapsulating:{digits}} and {figure.decapsulating:{digits}}"


def ratio(figure: Figure, beside: Figure) -> Figure:
    """Each part of a figure, as a multiple of another's."""
    return Figure(
        figure.wall / beside.wall,
        figure.encapsulating / beside.encapsulating,
        figure.decapsulating / beside.decapsulating,
    )


def cells(name: str, figure: Figure, beside: Figure | None, times: float | None) -> tuple[str, ...]:
    """A row of the table; `beside` is charon's."""
    per_cpu = [f"{part:.2f} Gbit/CPU-s" if part else "" for part in (figure.encapsulating, figure.decapsulating)]
    compared = ratio(figure, beside) if beside is not None else None
    wanted = "" if times is None else f"{times:g} × charon's"
    met = "" if times is None or compared is None else "yes" if reaches(compared, times) else "no"
    return (name, f"{figure.wall:.0f} Mbit/s", *per_cpu, "" if compared is None else both(compared), wanted, met)


def reaches(compared: Figure, times: float) -> bool:
    """Whether both directions are so many times what they are compared with."""
    return min(compared.encapsulating, compared.decapsulating) >= times


def section(figures: dict[str, Figure], rounds: int) -> Section:
    """The table and the goals."""
    rows, goals = [cells(LINK, figures[LINK], None, None)], []
    for way in ways():
        figure, beside = figures[way.name], figures.get(charons(way.suite))
        ours = beside if figure is not beside else None
        rows.append(cells(way.name, figure, ours, way.times))
        if ours is not None and way.times is not None:
            told = f"{both(figure)} Gbit/CPU-s", f"charon: {both(ours)}", f"{way.times:g} × it"
            goals.append(Goal(JOB, way.name, *told, reaches(ratio(figure, ours), way.times)))
    return Section("gateway", f"medians of {rounds}", (HEADINGS, *rows), tuple(goals))


def main() -> None:
    """Measures, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Measure TCP through two gateways; prints a table. Needs root.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--rounds", type=int, default=3, help="transfers per figure; the median counts (default 3)")
    parser.add_argument("--seconds", type=int, default=4, help="length of one transfer (default 4)")
    arguments = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("iperf3") is None:
        raise SystemExit("this takes root, and iperf3 (apt-get install iperf3)")
    taken: dict[str, list[Figure]] = {}
    for _ in range(arguments.rounds):
        taken.setdefault(LINK, []).append(plain(arguments.seconds))
        for way in ways():
            taken.setdefault(way.name, []).append(through(way, arguments.seconds))
    figures = {name: median(several) for name, several in taken.items()}
    tell(section(figures, arguments.rounds), arguments.write)


if __name__ == "__main__":
    main()
