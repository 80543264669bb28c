"""The page on secrets has the rows that the watch over secrets counts, and none was found."""

import re

from secrets_page import _KINDS, MARK, PAGE, page, row_of


def test_the_table_has_the_rows_of_the_watch_and_no_secret_was_found() -> None:
    _, mark, figures = PAGE.read_text("utf-8").partition(MARK)
    assert mark
    rows = re.findall(r"^\| (.+?) \| ([\d,]+) \| ([\d,]+) \| (\d+) \|$", figures, re.M)
    assert [name for name, *_ in rows] == list(_KINDS)
    assert {leaks for *_, leaks in rows} == {"0"}
    tests = re.match(r"([\d,]+) tests, ([\d,]+) secrets", figures)
    assert tests is not None
    assert int(tests[1].replace(",", "")) > 1000


def test_figures_stand_in_their_rows_below_the_text() -> None:
    shown = page({"|tests": 2, "|secrets": 3, "file: html|artefacts": 4, "file: html|octets": 5000, "printed|leaks": 1})
    assert shown.startswith("# Secrets")
    assert "2 tests, 3 secrets" in shown
    assert "| pages (HTML) | 4 | 5,000 | 0 |" in shown
    assert "| what the program printed | 0 | 0 | 1 |" in shown
    assert row_of("stdout") == row_of("printed")
    assert row_of("file: whatever") == "other files"
