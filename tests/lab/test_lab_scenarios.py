"""Every packaged scenario is played: its expectations hold, and its consoles are those that are kept."""

import pytest

from mainmode.cli.scenario import kept_consoles, load, packaged
from mainmode.lab.scenario.play import play
from mainmode.lab.scenario.report import differences

SCENARIOS = packaged()


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
    if scenario.consoles:
        found = differences(kept_consoles(folder), performance)
        assert not found, "\n".join((*found, "right so? then: mainmode lab all --renew"))
