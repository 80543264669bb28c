"""What mainmode costs, measured: `.venv/bin/python bench/run.py [--write]`.

CPU time (user and system) of the commands, complete negotiations per second of two engines in one process, the
reading of a long configuration, virtual days of ten tunnels, keepalives, and packets through a tunnel: each beside
what it could cost at best, in the same run. `--write` puts the table into the docs.
"""

import argparse
import datetime
import os
import platform
import resource
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from boxes import BareEsp, Boxes
from lanes import SUITES, EspAlone, Lanes
from long_life import Hours, Keepalives, Protection, quiet_text
from negotiation import Negotiation, exponentiations

from mainmode.device.config import read

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
CONFIGURATION = ROOT / "tests" / "config" / "shops" / "provider_hub_91.cfg"
BEGIN, END = "<!-- bench/run.py writes from here -->", "<!-- to here -->"
MAINMODE = str(Path(sysconfig.get_path("scripts")) / "mainmode")
HEADINGS = ("what", "measured", "beside it", "ratio", "goal", "met")


@dataclass(frozen=True)
class Row:
    """One measured thing. `unit` is `ms`, `s` (less is better) or `/s` (more is); `limit` stands beside it, in turns.

    `goal` is None for what is measured without one.
    """

    what: str
    figure: float
    beside: str
    limit: float
    goal: float | None
    unit: str

    @property
    def met(self) -> str:
        """Whether the goal is reached, in a word."""
        if self.goal is None:
            return ""
        return "yes" if (self.figure >= self.goal if self.unit == "/s" else self.figure <= self.goal) else "no"

    def cells(self) -> tuple[str, ...]:
        """The table's cells."""
        digits = 2 if self.unit == "s" else 0
        return (
            self.what,
            f"{self.figure:.{digits}f} {self.unit}",
            f"{self.beside}: {self.limit:.{digits}f} {self.unit}",
            f"{self.figure / self.limit:.2f}",
            "" if self.goal is None else f"{self.goal:.{digits}f} {self.unit}",
            self.met,
        )


def environment() -> dict[str, str]:
    """A command's environment: compiled modules are kept, as they are where the package is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def cpu_of(argv: list[str]) -> float:
    """CPU milliseconds (user and system) of a command. Raises CalledProcessError when it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True, env=environment())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def rate_of(job: Callable[[], object], seconds: float) -> float:
    """How often a second of CPU time does the job, tried for about `seconds`."""
    began, count = time.process_time(), 0
    while (spent := time.process_time() - began) < seconds:
        job()
        count += 1
    return count / spent


def medians(rounds: int, *measure: Callable[[], float]) -> tuple[float, ...]:
    """The median of each measure, taken in turns, so that a slow moment of the machine hits all of them."""
    taken = [[one() for one in measure] for _ in range(rounds)]
    return tuple(statistics.median(column) for column in zip(*taken, strict=True))


def measured(rounds: int, seconds: float) -> list[Row]:
    """All rows."""
    bare, usage, lab = medians(
        rounds,
        lambda: cpu_of([sys.executable, "-c", "pass"]),
        lambda: cpu_of([MAINMODE, "--help"]),
        lambda: cpu_of([MAINMODE, "lab", "--seed", "1"]),
    )
    rows = [
        Row("`mainmode --help`, CPU", usage, "bare interpreter", bare, 80, "ms"),
        Row("`mainmode lab`, CPU", lab, "bare interpreter", bare, 600, "ms"),
    ]
    for number, goal in ((2, 800), (14, 400)):
        rows.extend(negotiations(number, goal, rounds, seconds))
    return [
        *rows,
        reading(rounds, seconds),
        *days(rounds),
        keepalives(rounds, seconds),
        packets(rounds, seconds),
        *lanes(rounds, seconds),
    ]


def reading(rounds: int, seconds: float) -> Row:
    """A configuration of two thousand lines read and checked, beside its lines only cut into words."""
    text = CONFIGURATION.read_text("utf-8")
    read(text, CONFIGURATION.name)
    full, cut = medians(
        rounds,
        lambda: rate_of(lambda: read(text, CONFIGURATION.name), seconds),
        lambda: rate_of(lambda: [line.split() for line in text.split("\n")], seconds),
    )
    what = f"read a configuration of {text.count(chr(10))} lines"
    return Row(what, full, "its lines cut into words", cut, 4, "/s")


def negotiations(number: int, goal: float, rounds: int, seconds: float) -> list[Row]:
    """Complete negotiations with a Diffie-Hellman group, debug lines off and on, beside that group's powers alone."""
    jobs = Negotiation(number, listened=False).run, Negotiation(number, listened=True).run
    for job in jobs:
        job()
    quiet, loud, limit = medians(
        rounds,
        lambda: rate_of(jobs[0], seconds),
        lambda: rate_of(jobs[1], seconds),
        lambda: rate_of(lambda: exponentiations(number), seconds),
    )
    what, beside = f"main + quick modes, group {number}", "Diffie-Hellman alone"
    return [
        Row(f"{what}, debug off", quiet, beside, limit, goal, "/s"),
        Row(f"{what}, every debug line made", loud, beside, limit, None, "/s"),
    ]


def days(rounds: int) -> list[Row]:
    """A virtual day of ten tunnels between two devices, both phases renewed every hour, from a run of six hours."""
    rows = []
    for dpd, goal in ((False, 1.0), (True, None)):
        hours = Hours(dpd)
        hours.day()
        day, limit = medians(rounds, hours.day, hours.diffie_hellman)
        words = "keepalives every 10 s" if dpd else "no keepalives"
        what = f"a virtual day of ten tunnels (from 6 hours), {words}, CPU"
        rows.append(Row(what, day, "its Diffie-Hellman alone", limit, goal, "s"))
    return rows


def keepalives(rounds: int, seconds: float) -> Row:
    """Exchanges of dead peer detection, question and answer, through both devices whole."""
    tunnel, alone = Keepalives(), Protection()
    rate, limit = medians(rounds, lambda: rate_of(tunnel.exchange, seconds), lambda: rate_of(alone.exchange, seconds))
    return Row("keepalive exchanges of two devices", rate, "their messages alone", limit, 4000, "/s")


def packets(rounds: int, seconds: float) -> Row:
    """Packets of 100 octets through an established tunnel, host to host, both directions, beside ESP alone."""
    boxes, bare = Boxes(quiet_text("east.cfg"), quiet_text("west.cfg")), BareEsp()
    rate, limit = medians(rounds, lambda: 2 * rate_of(boxes.ping, seconds), lambda: 2 * rate_of(bare.ping, seconds))
    return Row("packets through a tunnel, two devices", rate, "ESP alone", limit, None, "/s")


def lanes(rounds: int, seconds: float) -> list[Row]:
    """Packets of 1400 octets of a connection that stands, through two gateways, beside ESP alone."""
    rows = []
    for suite in SUITES:
        through, alone = Lanes(suite, 1400), EspAlone(suite, 1400)
        fast, ordinary, limit = medians(
            rounds,
            lambda through=through: rate_of(through.fast, seconds),
            lambda through=through: rate_of(through.ordinary, seconds),
            lambda alone=alone: rate_of(alone.once, seconds),
        )
        what = f"packets of 1400 octets through two gateways, {suite}"
        rows.append(Row(f"{what}, fast lane", fast, "ESP alone", limit, None, "/s"))
        rows.append(Row(f"{what}, ordinary path", ordinary, "ESP alone", limit, None, "/s"))
    return rows


def aligned(lines: list[tuple[str, ...]]) -> str:
    """A Markdown table with aligned columns; the first line has the headings."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    printed = ["| " + " | ".join(f"{c:<{w}}" for c, w in zip(line, widths, strict=True)) + " |" for line in lines]
    printed.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(printed)


def machine() -> str:
    """The processor's name and the interpreter's version."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return f"{names[0] if names else platform.machine()}, Python {platform.python_version()}"


def write(text: str, begin: str = BEGIN, end: str = END) -> None:
    """Puts a table between its marks in docs/performance.md. Raises ValueError when there are none."""
    before, mark, rest = PAGE.read_text().partition(begin)
    _, other, after = rest.partition(end)
    if not mark or not other:
        raise ValueError(f"{PAGE} lacks its marks")
    PAGE.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def main() -> None:
    """Measures, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Measure mainmode; prints a table.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--rounds", type=int, default=7, help="measurements per figure; the median counts (default 7)")
    parser.add_argument("--seconds", type=float, default=0.5, help="CPU time of one rate measurement (default 0.5)")
    arguments = parser.parse_args()
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    rows = measured(arguments.rounds, arguments.seconds)
    lines = [HEADINGS, *(row.cells() for row in rows)]
    text = f"Measured {day} on {machine()}; medians of {arguments.rounds}.\n\n{aligned(lines)}"
    print(text)
    if arguments.write:
        write(text)


if __name__ == "__main__":
    main()
