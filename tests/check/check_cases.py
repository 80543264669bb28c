"""Every declared case checked: the matrix in letters, and the page of what was found and what mends it."""

from collections.abc import Iterator
from functools import lru_cache

from check_edits import LETTERS, Faulty, Legal, changed, subject_of
from faults_other_styles import OTHER_STYLES
from faults_packet_path import PACKET_PATH
from faults_phase_one import PHASE_ONE
from faults_phase_two import PHASE_TWO
from faults_together import TOGETHER
from legal_pairs import LEGAL

from mainmode.base.provenance import Statement
from mainmode.check.check import check
from mainmode.check.fix import Fix
from mainmode.check.matrix import Matrix
from mainmode.check.report import Checked
from mainmode.ladder.transcript import Blame, Side

HEALTHY = ("hq.cfg", "plant.cfg")
FAULTY: tuple[Faulty, ...] = (*PHASE_ONE, *PHASE_TWO, *PACKET_PATH, *TOGETHER, *OTHER_STYLES)
ALL: tuple[Faulty | Legal, ...] = (*FAULTY, *LEGAL)

_HEAD = f"""# Faulty and legal pairs

Generated from `tests/check/check_cases.py`. A pair of configurations of real size, `{HEALTHY[0]}` (a) and
`{HEALTHY[1]}` (b), is made faulty by one edit after the other, and checked. The matrix stands in letters, the entries
begun by a, a stroke, the entries begun by b:
{", ".join(f"`{letter}` {came.value}" for came, letter in LETTERS.items())}.

Under *mended by* are the smallest sets of commands that bring all up, proved by running the whole matrix again.

"""
_FAULTS = """| fault | matrix | cause | at fault | mended by |
|---|---|---|---|---|
"""
_LEGAL = """
Two sides may differ and be up nevertheless, with nothing found but cautions:

| pair | matrix | cautions |
|---|---|---|
"""


@lru_cache(maxsize=4)
def checked(case: Faulty | Legal) -> Checked:
    """What the preflight says of a case."""
    return check(subject_of(case.pair, case.changes))


def letters(matrix: Matrix) -> str:
    """The cells: a letter for each row begun by A, a stroke, and for each row begun by B."""
    return "/".join("".join(LETTERS[matrix.of(row.number, side).came] for row in matrix.rows) for side in Side)


def sides(fix: Fix) -> str:
    """Where it is to be typed: `a`, `b` or `ab`."""
    return "".join(sorted(side.value for side in fix.sides))


def place(case: Faulty, blame: Blame) -> str:
    """`b:text of the line` as the file has it under that number, or `b:- command` for one that is missing."""
    source = blame.source
    if isinstance(source, Statement):
        return f"{blame.side.value}:{changed(case.pair, case.changes)[blame.side].splitlines()[source.line - 1]}"
    return f"{blame.side.value}:- {source.command}" if source is not None else f"{blame.side.value}:"


def row(case: Faulty | Legal) -> str:
    """A case on the page."""
    found = checked(case)
    if isinstance(case, Legal):
        codes = ", ".join(dict.fromkeys(f"`{one.code}`" for one in found.cautions)) or "–"
        return f"| {case.name} | `{letters(found.matrix)}` | {codes} |\n"
    causes = ", ".join(dict.fromkeys(f"`{trouble.code}`" for trouble in found.troubles))
    fault = ", ".join(dict.fromkeys(one.at_fault.value if one.at_fault else "either" for one in found.troubles))
    fixes = "<br>".join(_told(fix) for fix in found.fixes)
    return f"| {case.name} | `{letters(found.matrix)}` | {causes} | {fault} | {fixes} |\n"


def _told(fix: Fix) -> str:
    by_side = (
        f"{side.value}: {', '.join(_code(line) for edit in fix.edits if edit.side is side for line in edit.lines)}"
        for side in Side
        if side in fix.sides
    )
    return " – ".join(by_side)


def _code(line: str) -> str:
    return f"`{line.strip()}`".replace("|", "\\|")


def _rows(cases: tuple[Faulty | Legal, ...]) -> Iterator[str]:
    return (row(case) for case in cases)


def reference_page() -> str:
    """The page as Markdown."""
    return _HEAD + _FAULTS + "".join(_rows(FAULTY)) + _LEGAL + "".join(_rows(LEGAL))
