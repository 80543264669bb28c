"""A tunnel under floods, measured: `.venv/bin/python bench/flood.py [--write]`, as root, with gcc, ten minutes.

Two gateways of ours in network namespaces, in user space, a TCP transfer and pings through their tunnel, and beside
them a program that floods the first one. For each kind of flood: what of the transfer is left, what pings are lost,
whether both phases are renewed meanwhile, begun by either side, what the gateway's memory does, and what it counts.
`--write` puts bounds and figures into docs/security/floods.md.
"""

import argparse
import datetime
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from measuring import ROOT
from page import aligned, between, machine

sys.path.insert(0, str(ROOT / "tests" / "strangers"))

from flooding import BEGINNER, OTHER, Rig, built, labelled, renewed, tunnel
from lan import run
from pinger import pinging
from sites import Sites

from mainmode.device.shedding import TOLD
from mainmode.ike import fragments, gate, timing
from mainmode.ike.gate import Sort
from mainmode.wire import fragments as ip_fragments

PAGE = ROOT / "docs" / "security" / "floods.md"
BOUNDS = "<!-- bench/flood.py writes the bounds from here -->", "<!-- the bounds to here -->"
FIGURES = "<!-- bench/flood.py writes the figures from here -->", "<!-- the figures to here -->"
RATE = 20_000
SECONDS = 12.0
_OPEN = ("begin", "ike", "natt")
_MIXED = ("begin", "ike", "natt", "unknown")
_ALL = ("begin", "changed", "ike", "natt", "unknown", "forged")


@dataclass(frozen=True)
class Scenario:
    """A flood: kinds of flooder.c in turns, and how many packets in a second of all together.

    `filtered`: the host of the flooded gateway lets in IKE and ESP of the peer's address only, as the page says.
    """

    name: str
    kinds: tuple[str, ...] = ()
    rate: int = RATE
    filtered: bool = False


SCENARIOS = (
    Scenario("no flood"),
    Scenario("first messages, forged sources", ("begin",)),
    Scenario("first messages in the peer's name", ("changed",)),
    Scenario("the peer's own first message, in its name", ("peer",)),
    Scenario("rubbish on UDP 500", ("ike",)),
    Scenario("rubbish on UDP 4500", ("natt",)),
    Scenario("ESP with unknown SPIs, in the peer's name", ("unknown",)),
    Scenario("ESP with the tunnel's SPI, in the peer's name", ("forged",)),
    Scenario("all of these in turns", _ALL),
    Scenario("first messages, rubbish on 500 and 4500, and ESP: so many of each", _MIXED, RATE * len(_MIXED)),
    Scenario("so many of each of the six", _ALL, RATE * len(_ALL)),
    Scenario(
        "first messages, rubbish on 500 and 4500, so many of each, the host filters", _OPEN, RATE * 3, filtered=True
    ),
)
FILTER = (
    "add table inet filter",
    "add chain inet filter input { type filter hook input priority 0 ; }",
    "add rule inet filter input ip saddr != { PEERS } udp dport { 500, 4500 } drop",
    "add rule inet filter input ip saddr != { PEERS } ip protocol esp drop",
)
HEADINGS = (
    "flood", "packets/s", "TCP, Mbit/s", "of no flood", "gateway's CPU", "pings lost", "longest silence",
    "renewals begun by us, phase 1 and 2", "begun by the peer", "memory, MB",
)  # fmt: skip

_SINK = """\
import socket, sys
server = socket.create_server((sys.argv[1], 5001))
print("ready", flush=True)
link, _ = server.accept()
link.settimeout(30)
count = 0
try:
    while octets := link.recv(1 << 18):
        count += len(octets)
except OSError:
    pass
print(count, flush=True)
"""
_SOURCE = """\
import socket, sys, time
end, block = time.monotonic() + float(sys.argv[2]), bytes(1 << 17)
link = socket.create_connection((sys.argv[1], 5001), float(sys.argv[2]))
link.settimeout(float(sys.argv[2]))
while time.monotonic() < end:
    link.send(block)
link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes((1, 0, 0, 0, 0, 0, 0, 0)))
link.close()
"""


@dataclass
class Seen:
    """One run of a scenario. `up` are negotiations that came up, by phase and role of the flooded gateway."""

    rate: float
    goodput: float
    cpu: float
    pings: tuple[int, int]
    silence: float
    up: dict[tuple[str, str], int]
    memory: tuple[int, int]
    drops: Counter[str] = field(default_factory=Counter)


def transfer(net: Sites, seconds: float) -> float:
    """Mbit/s of a TCP stream from host a to host b, by the octets that came within the time. 0 where none began."""
    inside = ["ip", "netns", "exec"]
    python = [sys.executable, "-I", "-S", "-c"]
    sink = subprocess.Popen(
        [*inside, net.b.host, *python, _SINK, net.b.address],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        if sink.stdout is None or sink.stdout.readline() != "ready\n":
            raise RuntimeError("nobody listens at the other host")
        source = [*inside, net.a.host, *python, _SOURCE, net.b.address, str(seconds)]
        subprocess.run(source, timeout=3 * seconds + 30, check=False, stderr=subprocess.DEVNULL)
        told = sink.stdout.readline()
        return int(told or 0) * 8 / seconds / 1e6
    finally:
        sink.kill()
        sink.communicate()


def cpu(rig: Rig) -> float:
    """CPU seconds of gateway a so far."""
    if rig.ours.process is None:
        return 0.0
    fields = Path(f"/proc/{rig.ours.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(scenario: Scenario, begun_by: str, seconds: float, tools: Path) -> Seen:
    """One run, with gateways that have just been started."""
    with tempfile.TemporaryDirectory() as folder, tunnel("bench", Path(folder), begun_by) as rig, ExitStack() as stack:
        shutil.copy(built(tools), folder)
        for command in FILTER if scenario.filtered else ():
            peers = command.replace("PEERS", rig.net.b.seen_as)
            run("ip", "netns", "exec", rig.net.a.gateway, "nft", peers)
        beats = stack.enter_context(pinging(rig.net.a.host, rig.net.b.address, seconds=0.1))
        before, memory, spent, began = rig.metrics(), rig.memory(), cpu(rig), time.monotonic()
        flood = None
        if scenario.kinds:
            flood = stack.enter_context(rig.flood(scenario.kinds, scenario.rate, seconds + 1))
        time.sleep(0.5)
        goodput = transfer(rig.net, seconds)
        if flood is not None:
            flood.end()
        used = (cpu(rig) - spent) / (time.monotonic() - began)
        told, after = beats.told()[rig.net.b.address], rig.metrics()
        drops = Counter(labelled(after, "mainmode_drops_total"))
        drops.subtract(labelled(before, "mainmode_drops_total"))
        up = {key: count - renewed(before).get(key, 0) for key, count in renewed(after).items()}
        return Seen(
            flood.rate if flood is not None else 0.0, goodput, used, (told.sent - told.answered, told.sent),
            told.silence, up, (memory, rig.memory()), drops,
        )  # fmt: skip


def row(scenario: Scenario, ours: Seen, theirs: Seen, unhindered: float) -> tuple[str, ...]:
    """A row of the table: two runs, in one the flooded gateway begins, in the other its peer."""
    goodput, both = (ours.goodput + theirs.goodput) / 2, (ours, theirs)
    renewals = [
        " and ".join(str(seen.up.get((phase, role), 0)) for phase in "12")
        for seen, role in ((ours, "initiator"), (theirs, "responder"))
    ]
    return (
        scenario.name,
        f"{min(seen.rate for seen in both):,.0f}" if scenario.kinds else "0",
        f"{goodput:.0f}",
        f"{goodput / unhindered:.0%}",
        f"{sum(seen.cpu for seen in both) / 2:.0%}",
        f"{sum(seen.pings[0] for seen in both)} of {sum(seen.pings[1] for seen in both)}",
        f"{max(seen.silence for seen in both):.1f} s",
        *renewals,
        f"{min(seen.memory[0] for seen in both) / 1024:.0f} → {max(seen.memory[1] for seen in both) / 1024:.0f}",
    )


def counted(scenario: Scenario, both: Iterable[Seen]) -> tuple[str, str]:
    """What was counted, by name."""
    total = sum((seen.drops for seen in both), Counter[str]())
    return scenario.name, ", ".join(f"{name} {count:,}" for name, count in total.most_common() if count > 0)


def bounds() -> str:
    """The table of all bounds, from where they are declared."""
    lines: list[tuple[str, ...]] = [("what", "at once", "in a second from then on")]
    for sort in Sort:
        each, words = sort.each, sort.name.replace("_", " ").lower()
        lines.append((f"{words}, from one source", str(each.burst), str(each.per_second)))
        lines.append((f"{words}, from all", str(sort.over_all.burst), str(sort.over_all.per_second)))
    lines.append(
        ("ESP and datagrams that are told of one by one, of each reason", str(TOLD.burst), str(TOLD.per_second))
    )
    lines.append(("SPIs without an SA that one peer is told of", str(timing.COMPLAINTS), str(timing.COMPLAINTS)))
    standing: list[tuple[str, ...]] = [("what", "at most")]
    for what, most in (
        ("half-open negotiations", timing.MAX_HALF_OPEN),
        ("of these with strangers", timing.MAX_HALF_OPEN_STRANGERS),
        ("of these with one address", timing.MAX_HALF_OPEN_PER_PEER),
        ("seconds that one lasts which does not move", timing.HALF_OPEN_LIFE // 1_000_000),
        ("seconds before it gives way, if nothing but its first message came", timing.GIVES_WAY_AFTER // 1_000_000),
        ("sources remembered by each budget", gate.MAX_SOURCES),
        ("unfinished quick modes under one IKE SA", timing.MAX_QUICK_MODES),
        ("unfinished sets of IKE fragments, one for each IKE SA", fragments.MAX_SETS),
        ("seconds that one waits for its pieces", fragments.PATIENCE // 1_000_000),
        ("IP packets of an interface of which fragments are missing", ip_fragments.MOST_WAITING),
    ):
        standing.append((what, f"{most:,}"))
    return f"{aligned(tuple(lines))}\n\n{aligned(tuple(standing))}"


def put(text: str, marks: tuple[str, str]) -> None:
    """Between its marks in the page. Raises ValueError when there are none."""
    PAGE.write_text(between(PAGE.read_text(), *marks, text))


def stale() -> list[str]:
    """What the page does not have as the code says it, as far as nothing has to be measured for it."""
    text = PAGE.read_text()
    shown, figures = (text.partition(begin)[2].partition(end)[0] for begin, end in (BOUNDS, FIGURES))
    found = [] if shown.strip() == bounds() else ["the bounds: bench/flood.py --bounds"]
    missing = [one.name for one in SCENARIOS if figures.count(f"| {one.name} ") != 2]
    return found + [f"{name}: bench/flood.py --write" for name in missing]


def main() -> None:
    """Measures, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Measure a tunnel under floods; prints tables. Needs root and gcc.")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/security/floods.md")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"length of a transfer (default {SECONDS:.0f})")
    parser.add_argument("--only", default="", help="scenarios with this in their name")
    parser.add_argument("--bounds", action="store_true", help="only put the table of bounds into the page")
    parser.add_argument("--check", action="store_true", help="only tell what of the page is stale")
    arguments = parser.parse_args()
    if arguments.bounds:
        put(bounds(), BOUNDS)
        return
    if arguments.check:
        raise SystemExit("\n".join(stale()) or 0)
    if os.geteuid() != 0 or shutil.which("gcc") is None:
        raise SystemExit("this takes root, and gcc")
    rows, drops, unhindered = [HEADINGS], [("flood", "dropped, by name")], 0.0
    with tempfile.TemporaryDirectory() as tools:
        for scenario in SCENARIOS:
            if arguments.only in scenario.name or not scenario.kinds:
                runs = [measured(scenario, who, arguments.seconds, Path(tools)) for who in "ab"]
                unhindered = unhindered or sum(seen.goodput for seen in runs) / 2
                rows.append(row(scenario, runs[0], runs[1], unhindered))
                drops.append(counted(scenario, runs))
                print(rows[-1], drops[-1], flush=True)
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    text = (
        f"Measured {day} on {machine()}, {os.cpu_count()} cores for both gateways, both hosts and the flooder; two "
        f"runs of {arguments.seconds:.0f} s for each row, one in which the flooded gateway began the tunnel and renews "
        f"it, one in which its peer did. The side that began renews after {120 * BEGINNER:.0f} s here, the other, "
        f"where that one did not, after {120 * OTHER:.1f} s.\n\n{aligned(tuple(rows))}\n\n{aligned(tuple(drops))}"
    )
    print(text)
    if arguments.write:
        put(bounds(), BOUNDS)
        put(text, FIGURES)


if __name__ == "__main__":
    main()
