"""Both ends of a tunnel, each written in the style of another shop, bring it up: `tests/config/shops`."""

from pathlib import Path

import pytest
from labs import order

from mainmode.device.config.reader import decode, read
from mainmode.lab.facing import Pair
from mainmode.lab.run import run
from mainmode.ladder.transcript import Outcome, Side

FOLDER = Path(__file__).parent.parent / "config" / "shops"


def ends(*names: str) -> Pair:
    return {side: read(decode((FOLDER / name).read_bytes()), name) for side, name in zip(Side, names, strict=True)}


@pytest.mark.parametrize(
    ("left", "right", "tunnels"),
    [
        pytest.param("harbour_bank_82.cfg", "antwerp_branch_91.cfg", 1, id="names to objects"),
        pytest.param("antwerp_branch_91.cfg", "harbour_bank_82.cfg", 1, id="objects to names"),
        pytest.param("provider_hub_91.cfg", "coniston_paste_82.cfg", 4, id="groups to plain lines"),
        pytest.param("coniston_paste_82.cfg", "provider_hub_91.cfg", 4, id="plain lines to groups"),
        pytest.param("factory_failover_96.cfg", "machines_dual_isp_98.cfg", 3, id="a list of peers to two maps"),
        pytest.param("machines_dual_isp_98.cfg", "factory_failover_96.cfg", 3, id="two maps to a list of peers"),
        pytest.param("hospital_remarks_92.cfg", "bloodlab_83.cfg", 1, id="nested services to 8.3"),
        pytest.param("bloodlab_83.cfg", "hospital_remarks_92.cfg", 1, id="8.3 to nested services"),
    ],
)
def test_two_shops_bring_their_tunnels_up(left: str, right: str, tunnels: int) -> None:
    transcript = run(order(ends(left, right))).transcript
    assert transcript.verdict.outcome is Outcome.UP
    assert [ping.round_trip is None for ping in transcript.pings] == ([True] + [False] * 4) * tunnels
