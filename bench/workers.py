"""What several workers do: `.venv/bin/python bench/workers.py [--write]`, as root.

The peers of `bench/peers.py` negotiate main mode and quick mode with `mainmode up`, once as one process and once with
two workers, in turns. The load takes the same two cores, so what a second of the clock brings says little: measured is
how many negotiations there are for each CPU second of the busiest worker, beside those of the one process. That is what
a machine does whose cores are free for the workers, as each has one of its own. `--write` puts the table into the docs.
"""

import argparse
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from handshakes import ROLES, SHARES, WARM_UP, mainmode, net, played
from measuring import cpu_of_process
from page import Row, Section, tell

SCALING = 1.8
"""The goal: so many times what one process does, with two workers."""
WORKERS = 2
WINDOW = 32
"""Negotiations that are under way at once, for each worker."""


@dataclass(frozen=True)
class Taken:
    """One measurement: negotiations for a CPU second of the busiest process, and for a second of the clock.

    `evenness`: the CPU time of all processes for that of the busiest one; as many as there are at best.
    """

    for_cpu: float
    for_clock: float
    evenness: float


def taken(role: str, group: int, count: int, workers: int) -> Taken:
    """A device that has just been started, and so many negotiations."""
    with (
        net() as both,
        tempfile.TemporaryDirectory() as folder,
        mainmode(both, Path(folder) / "device", group, count + WARM_UP, "--workers", str(workers)) as device,
    ):
        played(both, device, role, group, 0, WARM_UP)
        processes = [device.pid, *children(device.pid)]
        if len(processes) != workers:
            raise RuntimeError(f"{len(processes)} processes where there should be {workers}")
        before = [cpu_of_process(one) for one in processes]
        seconds = played(both, device, role, group, WARM_UP, count, WINDOW * workers)
        spent = [cpu_of_process(one) - then for one, then in zip(processes, before, strict=True)]
        return Taken(count / max(spent), count / seconds, sum(spent) / max(spent))


def children(process: int) -> list[int]:
    """The processes that a process made."""
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def measured(rounds: int, count: int) -> list[Row]:
    """All rows."""
    found: dict[tuple[str, int, int], list[Taken]] = {}
    for _ in range(rounds):
        for role in ROLES:
            for group in SHARES:
                for workers in (1, WORKERS):
                    one = taken(role, group, count, workers)
                    found.setdefault((role, group, workers), []).append(one)
                    told = f"{one.for_cpu:.0f} /CPU-s, {one.for_clock:.0f} /s, evenness {one.evenness:.2f}"
                    print(role, group, workers, told, file=sys.stderr, flush=True)
    rows = []
    for role in ROLES:
        for group in SHARES:
            alone, several = found[role, group, 1], found[role, group, WORKERS]
            cpu = [statistics.median(one.for_cpu for one in some) for some in (several, alone)]
            clock = [statistics.median(one.for_clock for one in some) for some in (several, alone)]
            what = f"main + quick mode as {role}, group {group}, {WORKERS} workers"
            rows += [
                Row(
                    f"{what}, per CPU second of the busiest", cpu[0], "one process, per CPU second", cpu[1], None, "/s",
                    times=SCALING, job="both cores",
                ),
                Row(f"{what}, by the clock beside the load", clock[0], "one process", clock[1], None, "/s"),
            ]  # fmt: skip
    return rows


def main() -> None:
    """Measures, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Measure several workers; prints a table. Needs root.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--rounds", type=int, default=3, help="measurements per figure; the median counts (default 3)")
    parser.add_argument("--count", type=int, default=1000, help="negotiations of one measurement (default 1000)")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("this takes root")
    note = f"medians of {arguments.rounds} times {arguments.count} negotiations"
    tell(Section.of("workers", note, measured(arguments.rounds, arguments.count)), arguments.write)


if __name__ == "__main__":
    main()
