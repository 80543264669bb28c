"""Negotiations in memory beside the bare simulation: `.venv/bin/python bench/engine.py [--write]`.

Two engines in one process, new ones for each negotiation, beside `bare.py` with the same Diffie-Hellman code.
"""

import argparse

from bare import Bare
from measuring import medians, rate_of
from negotiation import Negotiation, exponentiations
from page import Row, Section, tell

OFFERED = 4


def beside_bare(number: int, rounds: int, seconds: float) -> list[Row]:
    """Complete negotiations with one group, and what a side costs outside of Diffie-Hellman."""
    engines, bare, without = Negotiation(number, False, OFFERED), Bare(number), Bare(None)
    for job in (engines.run, bare.run, without.run):
        job()
    rate, least, rest, powers = medians(
        rounds,
        lambda: rate_of(engines.run, seconds),
        lambda: rate_of(bare.run, seconds),
        lambda: rate_of(without.run, seconds),
        lambda: rate_of(lambda: exponentiations(number), seconds),
    )
    what, side = f"main + quick modes, group {number}", (1 / rate - 1 / powers) / 2 * 1e6
    return [
        Row(what, rate, "the bare simulation", least, None, "/s", times=0.6, job="negotiations in memory"),
        Row(what, rate, "Diffie-Hellman alone", powers, None, "/s"),
        Row(f"a side without Diffie-Hellman, group {number}", side, "the bare simulation", 5e5 / rest, None, "us"),
    ]


def main() -> None:
    """Measures, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Measure negotiations in memory; prints a table.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--rounds", type=int, default=7, help="measurements per figure; the median counts (default 7)")
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU time of one rate measurement (default 1)")
    arguments = parser.parse_args()
    rows = [row for number in (2, 14) for row in beside_bare(number, arguments.rounds, arguments.seconds)]
    tell(Section.of("engine", f"medians of {arguments.rounds}", rows), arguments.write)


if __name__ == "__main__":
    main()
