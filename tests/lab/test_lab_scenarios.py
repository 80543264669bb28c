"""Every packaged scenario is played: its expectations hold, and its consoles are those that are kept."""

import re
from pathlib import Path

import pytest

from mainmode.cli.scenario import kept_consoles, load, packaged
from mainmode.lab.scenario.play import play
from mainmode.lab.scenario.report import differences

SCENARIOS = packaged()
KEY = re.compile(r"pre-shared-key (?:0 )?([^\s\"*]+)")


def keys_in(folder: Path) -> set[str]:
    """The pre-shared keys of a scenario: those of its files, and those that are typed in its story."""
    texts = (path.read_text("utf-8") for path in folder.iterdir() if path.suffix in (".cfg", ".toml"))
    return {key for text in texts for key in KEY.findall(text)}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_packaged_scenario_goes_as_it_says(name: str) -> None:
    folder = SCENARIOS[name]
    scenario = load(folder)
    performance = play(scenario)
    failed = [f"{one.expected.text}: {one.finding.evidence}" for one in performance.judged if not one.finding.holds]
    assert failed == []
    assert performance.ended_by == ""
    assert scenario.title != scenario.name, "a scenario has a title"
    assert scenario.shows, "a scenario says what it shows"
    assert scenario.expected, "a scenario expects something"
    told = "\n".join((*performance.consoles.values(), *(text for _, text in performance.happenings)))
    assert not [key for key in keys_in(folder) if key in told]
    if scenario.consoles:
        found = differences(kept_consoles(folder), performance)
        assert not found, "\n".join((*found, "right so? then: mainmode lab all --renew"))


def test_the_keys_of_scenarios_are_found_where_they_stand() -> None:
    assert all(keys_in(folder) for folder in SCENARIOS.values())
    typed = KEY.findall((SCENARIOS["key_change"] / "scenario.toml").read_text("utf-8"))
    assert typed
    assert set(typed) <= keys_in(SCENARIOS["key_change"])
