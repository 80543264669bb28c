"""What a check costs, measured: `.venv/bin/python bench/check.py [--sites N] [--write]`.

A pair from the command line, healthy and with a fault that is found and mended, in wall time; a folder of a hub and its
sites (`sites.py`), in wall time on all cores and in CPU time; each beside what it could cost at best, in the same run.
`--write` puts the table into the docs.
"""

import argparse
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from measuring import MAINMODE, cpu_of, medians, wall_of
from page import Curve, Row, Section, tell
from sites import write_folder

from mainmode.cli.crew import cores

COUNTS = (1, 10, 30, 100, 300, 500)
"""Sites of the folders that tell how the cost grows."""
_EXAMPLES = files("mainmode.lab") / "examples"
_READ = (
    "import gc, sys; gc.set_threshold(100_000); from pathlib import Path; "
    "from mainmode.device.config.reader import read; "
    "[read(one.read_text(), one.name) for one in sorted(Path(sys.argv[1]).iterdir())]"
)


def pairs(place: Path, rounds: int) -> list[Row]:
    """One pair from the command line, beside the start of the interpreter."""
    first, second, broken = place / "a.cfg", place / "b.cfg", place / "broken.cfg"
    first.write_bytes((_EXAMPLES / "asa1.cfg").read_bytes())
    second.write_bytes((_EXAMPLES / "asa2.cfg").read_bytes())
    text = second.read_text()
    entry = next(line for line in text.splitlines() if line.startswith("crypto map ") and " set peer " in line)
    broken.write_text(f"{text}{entry.partition(' set peer ')[0]} set pfs group5\n")
    rows = []
    for what, other, code in (("a healthy pair", second, 0), ("a pair with one fault, mended", broken, 1)):
        command = [MAINMODE, "check", str(first), str(other)]
        wall_of(command, (code,))
        took, bare = medians(
            rounds,
            lambda command=command, code=code: wall_of(command, (code,)),
            lambda: wall_of([sys.executable, "-c", "pass"]),
        )
        rows.append(Row(f"`mainmode check`, {what}", took, "bare interpreter", bare, 1000, "ms"))
    return rows


def folder(place: Path, sites: int, faulty: int, rounds: int) -> Row:
    """A hub and its sites, beside the same files only read, on one core."""
    write_folder(place, sites, faulty)
    took, bare = medians(
        rounds,
        lambda: wall_of([MAINMODE, "check", str(place)], (1 if faulty else 0,)) / 1000,
        lambda: cpu_of([sys.executable, "-c", _READ, str(place)]) / 1000,
    )
    what = f"a folder of {sites} sites and their hub" + (f", {faulty} sites with a fault" if faulty else "")
    return Row(f"{what}, on {cores()} cores", took, "its files read, on one core", bare, 60, "s")


def growing(counts: tuple[int, ...]) -> Curve:
    """What a healthy folder costs, the larger it is: CPU seconds of all processes."""
    spent = []
    for count in counts:
        with tempfile.TemporaryDirectory() as name:
            write_folder(Path(name), count)
            spent.append(cpu_of([MAINMODE, "check", name]) / 1000)
    return Curve("`mainmode check` of a hub and its sites, CPU", "sites", "s", counts, tuple(spent))


def main() -> None:
    """Measures, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Measure the preflight; prints a table.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of a pair; the median counts (default 5)")
    parser.add_argument("--sites", type=int, default=500, help="sites of the folder (default 500)")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as two,
        tempfile.TemporaryDirectory() as few,
    ):
        rows = pairs(Path(few), given.rounds)
        rows.append(folder(Path(one), given.sites, 0, 1))
        rows.append(folder(Path(two), given.sites, given.sites // 50, 1))
    curve = growing(tuple(count for count in COUNTS if count <= given.sites))
    tell(Section.of("check", f"medians of {given.rounds}, folders once", rows, (curve,)), given.write)


if __name__ == "__main__":
    main()
