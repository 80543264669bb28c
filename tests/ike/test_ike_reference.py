"""The page of the state machines is what the tables say."""

from pathlib import Path

from mainmode.ike.reference import reference_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "state_machines.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == reference_page()
