"""Whatever the lab makes go wrong is explained with the right cause on top, or with the most that a view can know."""

from pathlib import Path

import pytest
from closed_loop import all_cases, cells, row
from expectations import Case

from mainmode.lab.faults.catalogue import FAULTS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "closed_loop.md"
ROWS = {line.split(" | ")[0].removeprefix("| "): f"{line}\n" for line in PAGE.read_text("utf-8").split("\n")}
SCENARIOS = Path(__file__).parents[2] / "src" / "mainmode" / "lab" / "scenarios"


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_a_fault_is_found_from_what_the_devices_said(case: Case) -> None:
    found = cells(case)
    wrong = {view.key: one.codes for view, one in found.items() if not one.right}
    assert not wrong
    assert row(case, found) == ROWS[case.name], "run docs/generate.py closed_loop.md"


def test_no_fault_and_no_scenario_of_one_is_left_out() -> None:
    names = {fault.partition(",")[0].partition("=")[0] for case in all_cases() for fault in case.faults}
    assert names == {fault.name for fault in FAULTS}
    played = {case.scenario for case in all_cases() if case.scenario}
    assert played == {folder.name for folder in SCENARIOS.iterdir() if folder.name.startswith("fail_")}


def test_the_page_holds_just_these_rows() -> None:
    head = {"", "fault", "|---|---|---|---|---|---|---|---|---|"}
    listed = {name for name in ROWS if ROWS[name].startswith("|")} - head
    assert listed == {case.name for case in all_cases()}


def test_what_a_view_cannot_know_is_said_with_its_reason() -> None:
    for case in all_cases():
        for key, known in case.cannot.items():
            assert known.top, (case.name, key)
            assert known.why or key.endswith("+"), (case.name, key)
