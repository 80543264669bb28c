"""The table of known vulnerabilities: whole, true to its page, and each test of it there."""

import re
from pathlib import Path

import pytest
from vulnerabilities import CHECKLIST, ROWS
from vulnerability_page import PAGE, Result, declared_in, functions_of, page, read_report, row_of

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "cves.md"
EVERY = functions_of((*ROWS, *CHECKLIST))


def numbers_in(cell: str) -> set[str]:
    """CVE numbers of a cell such as `2018-16151/16152, 17540` or `2004-0218…0222`."""
    found, year, before = set(), "", 0
    for sign, token in re.findall(r"(…|[/,]?)\s*((?:\d{4}-)?\d{4,6})", cell):
        head, _, number = token.rpartition("-")
        year = head or year
        first = before + 1 if sign == "…" else int(number)
        found |= {f"{year}-{each:0{len(number)}d}" for each in range(first, int(number) + 1)}
        before = int(number)
    return found


def test_numbers_are_read_from_cells() -> None:
    assert numbers_in("2018-16151/16152, 17540") == {"2018-16151", "2018-16152", "2018-17540"}
    assert numbers_in("2004-0218…0220") == {"2004-0218", "2004-0219", "2004-0220"}
    assert numbers_in("2017-11185, 2017-9022") == {"2017-11185", "2017-9022"}
    assert numbers_in("2016-6415 BENIGNCERTAIN") == {"2016-6415"}


@pytest.mark.corpus
def test_every_row_of_the_reference_is_in_the_table_and_no_other() -> None:
    cells = re.findall(r"^\| (\d{4}-[^|]+?) \|", REFERENCE.read_text("utf-8"), re.M)
    wanted = [numbers_in(cell) for cell in cells]
    declared = [numbers_in(row.ids.replace("CVE-", "")) for row in ROWS]
    assert len(wanted) > 50
    assert declared == wanted
    points = re.findall(r"^(\d)\. ", REFERENCE.read_text("utf-8").partition("## Checklist")[2], re.M)
    assert [row.ids for row in CHECKLIST] == points


def test_every_row_has_tests_that_there_are_or_a_reason() -> None:
    assert [row.ids for row in (*ROWS, *CHECKLIST) if not row.tests and not row.absent] == []
    assert [name for name in EVERY if name not in declared_in()] == []


def test_every_test_of_a_vulnerability_stands_in_a_row() -> None:
    written = {name for name, (path, _) in declared_in().items() if path.name.startswith("test_vulnerabilities_")}
    assert written - set(EVERY) == {"test_the_search_for_shells_finds_them"}


def test_the_page_has_the_rows_of_the_table_in_their_order() -> None:
    """What its tests saw, each test compares itself."""
    there = PAGE.read_text("utf-8")
    seen = dict(re.findall(r"^\| T\d+ \| `(\w+)`(?:<br>[^|]*)? \| (.*) \|$", there, re.M))
    assert list(seen) == EVERY
    assert "**failed**" not in there
    assert there == page({name: Result(1, [], {seen[name]: None}) for name in EVERY})


def test_a_failed_test_says_so_on_the_page() -> None:
    report = """<testsuites><testsuite>
      <testcase name="test_a[1]"><properties><property name="observed" value="RUNT"/></properties></testcase>
      <testcase name="test_a[2]"><failure/></testcase><testcase name="test_b"><skipped/></testcase>
    </testsuite></testsuites>"""
    results = read_report(report)
    assert results["test_a"].text == "**failed**: 1 of 2 · RUNT"
    assert results["test_b"].failed == ["test_b"]
    broken = {name: Result(1, [name] if name == EVERY[0] else []) for name in EVERY}
    assert "| **failed** |" in page(broken)
    assert "1 of them failed" in page(broken)
    assert "**failed**" in row_of(EVERY[0], 1, broken[EVERY[0]].text)
