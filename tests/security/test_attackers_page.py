"""The page of attackers on the path holds the rows that are declared, and names every test of theirs."""

import ast
from pathlib import Path

from attackers_page import HEAD, PAGE, ROWS, TAIL, row_of

HERE = Path(__file__).parent


def functions(pattern: str) -> set[str]:
    return {
        node.name
        for path in HERE.glob(pattern)
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_the_committed_page_has_these_rows_and_all_passed() -> None:
    text = PAGE.read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert [line.rpartition("| ")[0].rstrip("| ") for line in lines] == [row_of(row).rstrip("| ") for row in ROWS], (
        "run docs/generate.py attackers.md"
    )
    assert all(line.endswith(" passed |") for line in lines)
    assert text.startswith(HEAD)
    assert text.endswith(TAIL)


def test_every_test_of_attackers_has_a_row_and_every_row_its_tests() -> None:
    named = [name for row in ROWS for name in row.tests]
    assert len(named) == len(set(named))
    assert functions("test_onpath_*.py") <= set(named)
    assert set(named) <= functions("test_onpath_*.py") | functions("test_weak_keys.py")
