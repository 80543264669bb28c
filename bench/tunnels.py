"""Many tunnels, measured: `.venv/bin/python bench/tunnels.py [--write]`; as root also beside strongSwan's charon.

A hub with 1 to 10,000 tunnels: the CPU share of keepalives and hourly renewals, by a virtual clock and without sockets,
and the memory that it takes. As root, gateways on real sockets: the memory of a tunnel and the share of keepalives of
`mainmode up` and of charon, with the same peers.
"""

import argparse
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hub_alone import HubAlone
from page import Curve, Row, Section, tell
from star import FIRST, Standing, daemons, standing

from mainmode.base.instant import seconds

COUNTS = (1, 10, 100, 1_000, 10_000)
BESIDE = (1_000, 10_000)
MOST_OURS = 1_000
"""Tunnels of our gateway on sockets: its routing rules, one for each, are too many for a kernel at ten times that."""
WINDOW = 60.0
"""Virtual seconds that are measured, once with all tunnels idle and once with packets in all of them."""
GOAL_KILOBYTES, GOAL_SHARE = 12.0, 10.0


@dataclass(frozen=True)
class Alone:
    """A hub with so many tunnels: megabytes, per cent of a core, and kilobytes for a tunnel after the first ones."""

    tunnels: int
    megabytes: float
    idle: float
    busy: float
    kilobytes: float


def alone(count: int) -> Alone:
    """One hub by the virtual clock."""
    hub = HubAlone(count)
    try:
        few = hub.bring_up(0, min(FIRST, count))
        many = hub.bring_up(few[0], count)
        hub.settle()
        idle = hub.share(seconds(WINDOW), busy=False)
        busy = hub.share(seconds(WINDOW), busy=True)
    finally:
        hub.end()
    more = many[0] - few[0]
    return Alone(count, many[2] / 1024, 100 * idle, 100 * busy, (many[2] - few[2]) / more if more else 0.0)


def beside(name: str, count: int) -> Standing | None:
    """A gateway on sockets; None where it cannot be had here, or does not bring so many up."""
    daemon = daemons().get(name) if os.geteuid() == 0 else None
    if daemon is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        try:
            return standing(daemon, Path(folder) / name, count)
        except RuntimeError as failed:
            print(f"{name} with {count} tunnels: {failed}")
            return None


def rows_of(one: Alone, ours: Standing | None, theirs: Standing | None) -> list[Row]:
    """What is told of one number of tunnels."""
    number, rows = f"{one.tunnels:,} tunnels", []
    if ours is not None:
        rows += memory(f"memory of a tunnel, gateway with {number}", ours.kilobytes, theirs)
        what, share = f"keepalives alone, gateway with {number}, all idle", None
        if theirs is not None:
            share = 100 * theirs.share
        rows.append(Row(what, 100 * ours.share, "charon" if share else "", share, None, "%"))
    rows += memory(f"memory of a tunnel, without sockets, {number}", one.kilobytes, theirs)
    goal, job = (GOAL_SHARE, "10,000 tunnels") if one.tunnels == COUNTS[-1] else (None, "")
    for what, share in (("idle: each asked every 10 s", one.idle), ("packets in each", one.busy)):
        rows.append(Row(f"hourly renewals, {number}, {what}", share, "", None, goal, "%", job=job))
    return rows


def memory(what: str, kilobytes: float, theirs: Standing | None) -> list[Row]:
    """Beside the goal, and beside charon where there is one."""
    job = "memory of a tunnel"
    rows = [Row(what, kilobytes, "", None, GOAL_KILOBYTES, "KB", job=job)]
    if theirs is not None:
        rows.append(Row(what, kilobytes, "charon", theirs.kilobytes, None, "KB", times=0.5, job=job))
    return rows


def main() -> None:
    """Measures, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Measure a hub of many tunnels; prints a table.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--most", type=int, default=COUNTS[-1], help="leave out larger numbers (default 10000)")
    arguments = parser.parse_args()
    hubs = [alone(count) for count in COUNTS if count <= arguments.most]
    rows = []
    for one in hubs:
        if one.tunnels in BESIDE:
            ours = beside("mainmode", one.tunnels) if one.tunnels <= MOST_OURS else None
            rows += rows_of(one, ours, beside("charon", one.tunnels))
    counts = tuple(float(one.tunnels) for one in hubs)
    curves = tuple(
        Curve(what, "tunnels", unit, counts, tuple(getattr(one, name) for one in hubs))
        for what, unit, name in (
            ("memory of the device", "MB", "megabytes"),
            ("CPU of keepalives and hourly renewals, all idle", "%", "idle"),
            ("CPU of hourly renewals, packets in all tunnels", "%", "busy"),
        )
    )
    tell(Section.of("tunnels", "once, tunnels by the thousand", rows, curves), arguments.write)


if __name__ == "__main__":
    main()
