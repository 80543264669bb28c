"""How fast a log is explained, measured: `.venv/bin/python bench/explain.py [--lines N] [--stream MB] [--write]`.

The log of a busy firewall (`busy_log.py`) from its file to the findings, in lines per second of CPU time, beside
`wc -l` and `grep -c` on the same file in the same run; and the peak of the memory when a long one is read from standard
input. `--write` puts the table into the docs.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice

from busy_log import BusyLog
from measuring import cpu_of, medians
from page import Row, Section, tell

GOAL = 600_000
"""Lines in a second of one core's time."""
MOST_MEMORY = 150
"""MB of memory, at the peak."""
_KEPT = 300_000
"""Lines that are made anew; a longer stream repeats them."""
_EXPLAIN = (
    "import gc, sys; gc.set_threshold(100_000); "
    "from mainmode.explain.explain import Order, explain; from mainmode.explain.reading import Source; "
    "explain(Order((Source(sys.argv[1]),)))"
)
_ASSEMBLE = (
    "import gc, sys; gc.set_threshold(100_000); "
    "from mainmode.explain.assembler import Assembler; from mainmode.explain.dialects import DIALECTS; "
    "from mainmode.explain.reading import Source; reader = Assembler(DIALECTS); "
    "[None for several in Source(sys.argv[1]).lines() for _ in reader.feed(several)]"
)
"""The first half of the way: lines read into records with their facts, which nobody takes."""


def text_of(count: int, others: float) -> Iterator[str]:
    """Lines of a log, each with its end."""
    made = [f"{line}\n" for line in islice(BusyLog(others=others).lines(), min(count, _KEPT))]
    for start in range(0, count, len(made)):
        yield from made[: count - start]


def rates(name: str, others: float, count: int, rounds: int) -> list[Row]:
    """From a file to the findings, beside what reads the same file and does nothing."""
    with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
        file.writelines(text_of(count, others))
        file.flush()
        lines = sum(1 for _ in open(file.name, "rb"))  # noqa: SIM115 (closed with the process)
        ours, read, words, sought, bare = medians(
            rounds,
            lambda: cpu_of([sys.executable, "-c", _EXPLAIN, file.name]),
            lambda: cpu_of([sys.executable, "-c", _ASSEMBLE, file.name]),
            lambda: cpu_of(["wc", "-l", file.name]),
            lambda: cpu_of(["grep", "-c", "IKE", file.name]),
            lambda: cpu_of([sys.executable, "-c", "import mainmode.explain.explain"]),
        )
    rate, half = lines / (ours - bare) * 1000, lines / (read - bare) * 1000
    return [
        Row(f"{name} of {lines} lines explained", rate, "`wc -l`", lines / max(words, 1) * 1000, GOAL, "/s"),
        Row(f"{name} of {lines} lines explained", rate, "`grep -c`", lines / max(sought, 1) * 1000, GOAL, "/s"),
        Row(f"{name}: its lines read into records", half, "explained", rate, None, "/s"),
    ]


def peak(megabytes: int) -> Row:
    """The memory that it takes to explain a stream, beside the stream's size."""
    child = subprocess.Popen([sys.executable, "-c", _EXPLAIN, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    if child.stdin is None:
        raise OSError("no pipe")
    made = "".join(text_of(_KEPT, 0.5)).encode()
    left = megabytes << 20
    while left > 0:
        child.stdin.write(made[:left])
        left -= len(made)
    child.stdin.close()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise OSError(f"the explainer ended with {status}")
    figure = usage.ru_maxrss / 1024
    return Row(f"peak memory, {megabytes} MB from standard input", figure, "the stream", megabytes, MOST_MEMORY, "MB")


def main() -> None:
    """Measure and print, or write."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--lines", type=int, default=1_000_000, help="of the file (default: 1000000)")
    options.add_argument("--stream", type=int, default=100, help="MB from standard input (default: 100)")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    given = options.parse_args()
    rows = [
        *rates("a mixed log", 0.5, given.lines, given.rounds),
        *rates("a log of nothing but IKE and IPsec", 0.0, given.lines, given.rounds),
        peak(given.stream),
    ]
    tell(Section.of("explain", f"medians of {given.rounds}", rows), given.write)


if __name__ == "__main__":
    main()
