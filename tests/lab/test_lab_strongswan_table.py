"""The page of strongSwan's scenarios names every folder that exists, and each that it names exists."""

import re
from pathlib import Path

from mainmode.cli.scenario import packaged

PAGE = Path(__file__).parents[2] / "docs" / "strongswan_scenarios.md"
ROW = re.compile(r"^\| (?P<theirs>[\w-]+) \| [^|]+ \| `(?P<ours>\w+)` \| (yes|no|in part)\b[^|]*\|$", re.MULTILINE)


def test_the_table_and_the_folders_are_the_same_set() -> None:
    named = [row["ours"] for row in ROW.finditer(PAGE.read_text("utf-8"))]
    assert sorted(named) == sorted(name for name in packaged() if name.startswith("strongswan_"))


def test_a_folder_is_called_as_the_scenario_that_it_rebuilds() -> None:
    for row in ROW.finditer(PAGE.read_text("utf-8")):
        assert row["ours"] == "strongswan_" + row["theirs"].replace("-", "_")
