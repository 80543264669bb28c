"""What mainmode costs, measured: `.venv/bin/python bench/run.py [--write]`.

Complete negotiations per second of CPU time of two engines in one process, the reading of a long configuration, virtual
days of ten tunnels, keepalives, and packets through a tunnel: each beside what it could cost at best, in the same run.
`--write` puts the table into the docs.
"""

import argparse

from boxes import BareEsp, Boxes
from lanes import SUITES, EspAlone, Lanes
from long_life import Hours, Keepalives, Protection, quiet_text
from measuring import ROOT, medians, rate_of
from negotiation import Negotiation, exponentiations
from page import Row, Section, tell

from mainmode.device.config import read

CONFIGURATION = ROOT / "tests" / "config" / "shops" / "provider_hub_91.cfg"


def measured(rounds: int, seconds: float) -> list[Row]:
    """All rows."""
    return [
        *negotiations(2, 800, rounds, seconds),
        *negotiations(14, 400, rounds, seconds),
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


def main() -> None:
    """Measures, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Measure mainmode; prints a table.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--rounds", type=int, default=7, help="measurements per figure; the median counts (default 7)")
    parser.add_argument("--seconds", type=float, default=0.5, help="CPU time of one rate measurement (default 0.5)")
    arguments = parser.parse_args()
    rows = measured(arguments.rounds, arguments.seconds)
    tell(Section.of("run", f"medians of {arguments.rounds}", rows), arguments.write)


if __name__ == "__main__":
    main()
