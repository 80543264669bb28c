"""What mail clients, terminals and web pages do to a log changes nothing of what is found in it.

The logs are the packaged scenarios' consoles, which the engine wrote; each kind of damage is done to them whole.
"""

import random
import textwrap
from collections.abc import Callable
from importlib.resources import files

import pytest

from mainmode.explain.assembler import Assembler
from mainmode.explain.correlate import Correlator
from mainmode.explain.diagnose import diagnose
from mainmode.explain.dialects import DIALECTS
from mainmode.explain.reading import lines as lines_of

SCENARIOS = files("mainmode.lab") / "scenarios"
CONSOLES = [
    *(("reference", "a"), ("reference", "b")),
    *(("fail_psk_mismatch", "archive"), ("fail_psk_mismatch", "gallery")),
    *(("fail_acl_not_mirrored", "branch"), ("fail_acl_not_mirrored", "office")),
    *(("fail_pfs", "clinic"), ("fail_pfs", "lab"), ("fail_phase1_hash", "north"), ("fail_phase1_hash", "south")),
]
SHARE = 0.97
"""Of the lines that are read in spite of the damage."""
NEVER_RECORDS = {"!!!!!", "asa1# ", "Success rate is 100 percent (5/5), round-trip min/avg/max = 1/1/1 ms"}


def _wrapped(text: str) -> str:
    return "\n".join(row[start : start + 80] for row in text.split("\n") for start in range(0, max(1, len(row)), 80))


def _mailed(text: str) -> str:
    rows = (row for line in text.split("\n") for row in _mail_rows(line) or [""])
    return "\n".join(f"> {row}" for row in rows)


def _mail_rows(line: str) -> list[str]:
    return textwrap.wrap(line, 74, break_long_words=False, break_on_hyphens=False)


def _glued(text: str) -> str:
    """Every eighth record begins in the line of the one before it."""
    rng = random.Random(8)
    rows = text.split("\n")
    ends = [row.startswith("Jan ") and rng.random() < 0.125 for row in rows[1:]]
    return rows[0] + "".join(f"{'' if glued else chr(10)}{row}" for glued, row in zip(ends, rows[1:], strict=True))


def _with_pings(text: str) -> str:
    """Pings and prompts between the records (not within a block, whose rows are indented)."""
    rows = []
    for number, row in enumerate(text.split("\n")):
        if number % 12 == 11 and row.startswith("Jan "):
            rows += sorted(NEVER_RECORDS)
        rows.append(row)
    return "\n".join(rows)


def _as_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _with_typography(text: str) -> str:
    return text.replace("-->", "–>").replace("'", "’")


DAMAGE: dict[str, Callable[[str], str]] = {
    "wrapped by a terminal": _wrapped,
    "quoted and wrapped in a mail": _mailed,
    "indentation lost": lambda text: "\n".join(row.strip() for row in text.split("\n")),
    "records glued": _glued,
    "empty lines between": lambda text: text.replace("\n", "\n\n"),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "HTML entities": _as_html,
    "typography": _with_typography,
    "pings and prompts between": _with_pings,
    "runs of blanks collapsed": lambda text: "\n".join(" ".join(row.split()) for row in text.split("\n")),
}


def console(scenario: str, name: str) -> str:
    return (SCENARIOS / scenario / "consoles" / f"{name}.txt").read_text("utf-8").rstrip("\n")


def explained(text: str) -> tuple[str, list[str], float]:
    """Code of the first finding (`up` where there is none but remarks), the negotiations' ends, the share read."""
    assembler, correlator = Assembler(DIALECTS), Correlator()
    for several in lines_of(iter([text.encode()])):
        correlator.feed(assembler.feed(several))
    correlator.feed(assembler.finish())
    negotiations = correlator.finish()
    causes = [one.code for one in diagnose(negotiations) if not one.warning]
    ends = [f"{one.peer} {one.role} {one.outcome.value}" for one in negotiations]
    return (causes or ["up"])[0], ends, assembler.tally.log(0, "").share


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize(("scenario", "name"), CONSOLES)
def test_damage_changes_nothing_of_what_is_found(scenario: str, name: str, damage: str) -> None:
    whole = console(scenario, name)
    cause, ends, _ = explained(whole)
    found, found_ends, share = explained(DAMAGE[damage](whole))
    assert (found, found_ends) == (cause, ends)
    assert share >= SHARE


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_done(damage: str) -> None:
    assert sum(DAMAGE[damage](whole) != whole for whole in (console(*one) for one in CONSOLES)) >= 4
