"""Days of mishaps, one for each seed: a few of them here, a thousand by `tests/soak/days.py`."""

from dataclasses import replace
from pathlib import Path

import pytest
from day_lived import BOUNDS, lived
from day_page import HEAD
from day_story import KINDS, Day, told_by
from days import one, tell

from mainmode.cli.scenario import load
from mainmode.lab.scenario.play import play

DAYS_PAGE = Path(__file__).parents[2] / "docs" / "security" / "days.md"
FEW = (1, 2, 6, 10, 50)


@pytest.mark.parametrize("seed", FEW)
def test_after_a_day_of_mishaps_all_is_well_or_both_sides_say_why(seed: int) -> None:
    day = one(seed)
    assert day.faults == []
    assert day.most.keys() == BOUNDS.keys()


def test_a_day_that_is_written_down_and_played_is_the_same_day(tmp_path: Path) -> None:
    """And what looks at it changes nothing."""
    tell(FEW[0], tmp_path)
    played = play(load(tmp_path))
    assert len(played.stage.evidence.ike_keys) == lived(told_by(FEW[0])).negotiations
    assert len(played.happenings) > 20


def test_every_mishap_befalls_some_day() -> None:
    assert {mishap.kind for seed in range(60) for mishap in told_by(seed).mishaps} == set(KINDS)


def test_the_page_tells_of_every_mishap_and_of_all_that_a_device_may_hold() -> None:
    """A thousand days are lived anew by the command that it names; here it is held to its rows."""
    text = DAYS_PAGE.read_text("utf-8")
    assert text.startswith(HEAD)
    assert "| otherwise | 0 |" in text
    for row in (*KINDS, *BOUNDS):
        assert f"\n| {row} | " in text


def _fair(steps: list[str]) -> Day:
    """A day of two devices where nothing happens but these steps, and the traffic at its end."""
    day = next(
        day for day in map(told_by, range(100)) if len(day.pairs) == 1 and not day.cannot and not day.devices[1].nat
    )
    return replace(day, mishaps=[], steps=[*steps, *day.steps[-2 * day.devices[0].networks :]])


@pytest.mark.parametrize("step", ["at 23h: configure a: no crypto ikev1 enable outside", "at 24h: link a b loss=20%"])
def test_the_judge_finds_a_day_that_did_not_end_well(step: str) -> None:
    """A side that is left without IKE, a net that still loses packets."""
    assert any("never up again" in fault for fault in lived(_fair([step])).faults)
    assert lived(_fair([])).faults == []
