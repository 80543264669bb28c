"""Each faulty pair: the matrix, the cause, the side, the lines, a fix that was proved; each legal pair: no alarm."""

from pathlib import Path

import pytest
from check_cases import ALL, FAULTY, HEALTHY, checked, letters, place, row, sides
from check_edits import Faulty, Legal, changed
from legal_pairs import LEGAL

from mainmode.lab.causes import CAUSES
from mainmode.ladder.transcript import Side

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "check_cases.md"
ROWS = {line.split(" | ")[0].removeprefix("| "): f"{line}\n" for line in PAGE.read_text("utf-8").split("\n")}
KEYS = ("Walnut", "partner.Secret", "Mills")
ELSEWHERE = frozenset(
    {
        *("UDP_BLOCKED", "ESP_BLOCKED", "PACKETS_LOST", "NO_ANSWER", "NO_REPLY", "PEER_REFUSED", "PEER_DELETED"),
        *("BAD_MESSAGE", "LIMIT", "LIFETIME", "REROUTED", "LOST_PEER", "STALE_SA", "ADMIN", "IDLE", "SESSION_TIME"),
        *("RUN_ENDED", "NOT_INTERESTING"),
    }
)
"""Causes of the wire, of time and of limits, and such as only say what was seen: none of a line in these files."""


@pytest.mark.parametrize("case", FAULTY, ids=lambda case: case.name)
def test_a_fault_is_found_and_mended(case: Faulty) -> None:
    found = checked(case)
    assert letters(found.matrix) == case.cells
    assert [trouble.code for trouble in found.troubles] == case.cause.split()
    troubled = [cell for trouble in found.troubles for cell in trouble.cells]
    assert sorted((cell.row, cell.starter.value) for cell in found.matrix.down()) == sorted(
        (number, side.value) for number, side in troubled
    )
    assert {trouble.at_fault.value if trouble.at_fault else "" for trouble in found.troubles} == {case.at_fault}
    assert set(case.places) <= {place(case, blame) for trouble in found.troubles for blame in trouble.places}
    mended = {sides(fix): [line for edit in fix.edits for line in edit.lines] for fix in reversed(found.fixes)}
    for side, commands in case.mends.items():
        assert side in mended
        for command in (commands,) if isinstance(commands, str) else commands:
            assert any(command in line for line in mended[side]), (command, mended[side])
    for fix in (*found.fixes, *(fix for trouble in found.troubles for fix in trouble.fixes)):
        assert fix.proof.whole == fix.proof.matrix.up
    assert all(fix.proof.whole for fix in found.fixes)
    _told(case)


@pytest.mark.parametrize("case", LEGAL, ids=lambda case: case.name)
def test_what_is_legal_is_no_alarm(case: Legal) -> None:
    found = checked(case)
    assert letters(found.matrix) == case.cells
    assert found.up
    assert (found.troubles, found.fixes) == ((), ())
    _told(case)


def _told(case: Faulty | Legal) -> None:
    """The page has the case as it is, and no key is anywhere in it."""
    assert row(case) == ROWS[case.name], "run docs/generate.py check_cases.md"
    said = repr(checked(case))
    assert not [key for key in KEYS if key in said]


def test_the_page_holds_just_these_rows() -> None:
    listed = {name for name, line in ROWS.items() if line.startswith("|")}
    assert listed == {case.name for case in ALL} | {"fault", "pair", "|---|---|---|---|---|", "|---|---|---|"}


def test_every_cause_of_a_line_has_its_case() -> None:
    assert {code for case in FAULTY for code in case.cause.split()} == set(CAUSES) - ELSEWHERE
    assert len(FAULTY) >= 45
    assert len(LEGAL) >= 12


def test_the_healthy_pair_is_of_real_size() -> None:
    assert all(text.count("\n") >= 200 for text in changed(HEALTHY, ()).values())
    assert all(side in changed(HEALTHY, ()) for side in Side)
