from pathlib import Path

from mainmode.cli.reference import reference_page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def test_the_reference_page_is_what_the_declared_options_say() -> None:
    assert PAGE.read_text("utf-8") == reference_page(), "regenerate: python docs/generate.py"
