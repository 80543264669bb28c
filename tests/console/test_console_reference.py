from pathlib import Path

from mainmode.console.reference import reference_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "commands.md"


def test_the_reference_page_is_what_is_declared() -> None:
    assert PAGE.read_text("utf-8") == reference_page(), "regenerate: python docs/generate.py"
