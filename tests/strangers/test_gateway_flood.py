"""A running gateway under 20,000 packets in a second: its tunnel goes on and is renewed, and a peer still comes up."""

from pathlib import Path

import pytest
from firewall import Tunnel, configuration, firewall
from flooding import BEGINNER, Rig, half_open, labelled, renewed, tunnel
from lan import until
from pinger import pinging
from sites import pings

from mainmode.ike.timing import MAX_HALF_OPEN_STRANGERS

pytestmark = pytest.mark.root

RATE = 20_000
KINDS = ("begin", "changed", "ike", "natt", "unknown", "forged")
LIFE = 15
"""Seconds that the second test's gateway keeps a negotiation that does not move."""
GROWTH = 24_000
"""Kilobytes that the gateway may grow by: 500 half-open negotiations, and the queues of a busy process."""


def gained(rig: Rig, before: dict[tuple[str, str], int], phase: str, role: str) -> int:
    return renewed(rig.metrics()).get((phase, role), 0) - before.get((phase, role), 0)


@pytest.mark.parametrize(("begun_by", "role"), [("a", "initiator"), ("b", "responder")])
def test_under_a_flood_of_all_kinds_pings_pass_and_both_phases_are_renewed(
    tmp_path: Path, begun_by: str, role: str
) -> None:
    with tunnel("flood", tmp_path, begun_by) as rig, pinging(rig.net.a.host, rig.net.b.address) as beats:
        assert until(lambda: beats.told()[rig.net.b.address].answered > 2, 10)
        before, grown = rig.metrics(), rig.memory()
        with rig.flood(KINDS, RATE, 120 * BEGINNER + 6) as flood:
            renewed_before = renewed(before)
            for phase in ("1", "2"):
                assert until(lambda phase=phase: gained(rig, renewed_before, phase, role) > 0, 14), (  # type: ignore[misc]
                    f"phase {phase}\n{rig.ours.report()}"
                )
            during = half_open(rig.metrics())
            flood.end()
        after = rig.metrics()
        told = beats.told()[rig.net.b.address]
        assert flood.rate > 0.9 * RATE
        dropped = labelled(after, "mainmode_drops_total")
        assert dropped["rate_limited"] > flood.sent / 6
        assert min(dropped["unknown_spi"], dropped["bad_icv"]) > flood.sent / 20
        assert 0 < during <= MAX_HALF_OPEN_STRANGERS + 40
        assert told.sent - told.answered <= told.sent // 5, told
        assert told.silence < 3, told
        assert rig.memory() - grown < GROWTH
        assert len(rig.ours.said("a flood: ")) <= 1
        assert not rig.ours.said("tunnel down"), rig.ours.report()
        assert "a fault in mainmode" not in rig.ours.report()


def test_a_peer_of_the_configuration_comes_up_in_the_middle_of_a_flood_and_nothing_of_it_stays(tmp_path: Path) -> None:
    with tunnel("begin", tmp_path, half_open_life=LIFE) as rig:
        text = configuration(rig.net.b, Tunnel.between(rig.net.b, rig.net.a))
        rig.theirs.stop()
        with rig.flood(("begin", "ike"), RATE, 10) as flood:
            assert until(lambda: half_open(rig.metrics()) >= 200, 10)
            with firewall(rig.net.b.gateway, tmp_path / "again", text, "--data-plane", "user"):
                assert until(lambda: all(pings(rig.net.b, rig.net.a, wait=2).values()), 8), rig.ours.report()
                flood.end()
                assert flood.sent > 0.9 * RATE * 10
                assert until(lambda: half_open(rig.metrics()) == 0, LIFE + 10)
                assert len(rig.ours.said()) < flood.sent // 10, "no line for each packet"
