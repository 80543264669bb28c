"""The page on faults has the rows of its table, and each test that it names is there."""

import re
from pathlib import Path

from broken_world import ROWS, missing, page

PAGE = Path(__file__).parents[2] / "docs" / "security" / "faults.md"


def without_results(text: str) -> str:
    """Rows as they are, whatever their tests said."""
    return re.sub(r": (passed|failed|not run)(?=<br>| \|)", "", re.sub(r"tests, \w+ of them", "", text))


def test_every_test_that_the_table_names_is_there() -> None:
    assert missing() == []


def test_the_page_is_that_of_the_table() -> None:
    there, wanted = without_results(PAGE.read_text()), without_results(page({}))
    assert there == wanted, "type, as root: docs/generate.py security/faults.md"


def test_no_row_of_the_page_failed() -> None:
    assert not re.findall(r": (?:failed|not run)(?:<br>| \|)", PAGE.read_text())


def test_each_row_says_something_of_its_own() -> None:
    rows = [row for rows in ROWS.values() for row in rows]
    assert len({row.fault for row in rows}) == len(rows)
    assert all(row.tests for row in rows)
