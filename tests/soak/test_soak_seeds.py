"""Whole devices on a bad wire for six hours, one life for each seed: a few of them, or as many as MAINMODE_LIVES says.

At the end traffic flows and both sides hold the same keys, or both say why not; nothing leaks.
"""

import os

import pytest
from bad_wire import ENDING, in_use, keys_of, leaks, lived, reasons, told_by

from mainmode.base.instant import later, seconds

LIVES = int(os.environ.get("MAINMODE_LIVES", "6"))


@pytest.mark.parametrize("seed", range(LIVES))
def test_after_six_hours_of_a_bad_wire_traffic_flows_or_both_say_why(seed: int) -> None:
    performance = lived(told_by(seed))
    assert performance.ended_by == ""
    assert leaks(performance) == []
    since = later(performance.ended, seconds(-ENDING))
    flows = performance.stage.inside.flows
    assert len(flows) == 2
    if not all(flow.last_answered is not None and flow.last_answered >= since for flow in flows):
        assert reasons(performance, "a")
        assert reasons(performance, "b")
        return
    one, other = in_use(performance, "a"), in_use(performance, "b")
    held = performance.stage.evidence.pairs
    for pair, name in ((one, "b"), (other, "a")):
        if pair is None:
            assert reasons(performance, "a"), "no pair, and no reason"
            assert reasons(performance, "b"), "no pair, and no reason"
        else:
            counterpart = held[name].get(pair.outbound_spi)
            assert counterpart is not None or reasons(performance, name), "nobody receives, and no reason"
            assert counterpart is None or keys_of(counterpart) == keys_of(pair, mirrored=True)


def test_the_same_seed_lives_the_same_life() -> None:
    first, second = lived(told_by(7, hours=0.5)), lived(told_by(7, hours=0.5))
    assert first.happenings == second.happenings
    assert len(first.happenings) > 3
