"""What it costs to begin, measured: `.venv/bin/python bench/startup.py [--write]`, as root.

CPU time (user and system) of each command from the start of the interpreter to its end, beside the bare interpreter in
the same run. A `show` asks a gateway that runs in a network namespace, with its tunnel up, over its control socket.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path

from measuring import MAINMODE, ROOT, cpu_of, environment, medians
from page import Row, Section, tell

sys.path.insert(0, str(ROOT / "tests" / "strangers"))

from firewall import Tunnel, configuration, firewall
from lan import until
from sites import pings, sites

GOAL = 60
"""Milliseconds of `--help` and of a `show`."""
SHOWS = ("crypto isakmp sa", "crypto ipsec sa", "vpn-sessiondb l2l", "version")
_EXAMPLES = files("mainmode.lab") / "examples"


@contextmanager
def gateway(folder: Path) -> Iterator[str]:
    """A gateway with its tunnel up: the place of its control socket. Raises RuntimeError where no tunnel comes up."""
    with sites("start") as net, ExitStack() as stack:
        for letter, here, there in (("a", net.a, net.b), ("b", net.b, net.a)):
            text = configuration(here, Tunnel.between(here, there))
            stack.enter_context(firewall(here.gateway, folder / letter, text, "--data-plane", "user"))
        if not until(lambda: all(pings(net.a, net.b, wait=3).values()), 30):
            raise RuntimeError("no ping comes through")
        yield str(folder / "a" / "control")


def commands(folder: Path, control: str) -> Iterator[tuple[str, list[str], float | None]]:
    """Each face's command: how it is shown, its words, and the goal."""
    yield "`mainmode --help`", ["--help"], GOAL
    for show in SHOWS:
        yield f"`mainmode show {show}`", ["show", *show.split(), "--control", control], GOAL
    yield "`mainmode up --help`", ["up", "--help"], None
    yield "`mainmode ssh --help`", ["ssh", "--help"], None
    pair = [folder / name for name in ("asa1.cfg", "asa2.cfg")]
    for path in pair:
        path.write_bytes((_EXAMPLES / path.name).read_bytes())
    log = folder / "lab.txt"
    made = subprocess.run([MAINMODE, "lab", "--seed", "1"], env=environment(), capture_output=True, check=True)
    log.write_bytes(made.stdout)
    yield "`mainmode console`, at the running gateway, nothing typed", ["console", "--control", control], None
    yield "`mainmode lab`, a negotiation, pings and the ladder", ["lab", "--seed", "1"], None
    yield "`mainmode check`, a healthy pair", ["check", *map(str, pair)], None
    yield f"`mainmode explain`, {len(made.stdout.splitlines())} lines", ["explain", str(log)], None
    yield "`mainmode console --example`, a lab, nothing typed", ["console", "--example"], None


def main() -> None:
    """Measures, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Measure the start of each command; prints a table. Needs root.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--rounds", type=int, default=9, help="measurements per figure; the median counts (default 9)")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name, gateway(Path(name)) as control:
        for what, words, goal in commands(Path(name), control):
            cpu_of([MAINMODE, *words])
            took, bare = medians(
                given.rounds,
                lambda words=words: cpu_of([MAINMODE, *words]),
                lambda: cpu_of([sys.executable, "-c", "pass"]),
            )
            rows.append(Row(what, took, "bare interpreter", bare, goal, "ms", job="start-up"))
    tell(Section.of("startup", f"medians of {given.rounds}", rows), given.write)


if __name__ == "__main__":
    main()
