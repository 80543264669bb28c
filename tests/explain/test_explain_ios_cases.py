"""Routers' logs of one fault each, written after what the devices print: the right cause stands first."""

from pathlib import Path

import pytest

from mainmode.explain.diagnose import diagnose
from mainmode.explain.finding import Sure
from mainmode.explain.logs import read_log
from mainmode.explain.negotiation import Outcome
from mainmode.explain.reading import Source

CASES = Path(__file__).parent / "data" / "ios_cases"
FIRST = {
    "dpd": ("LOST_PEER", Sure.CERTAIN),
    "lifetime": ("LIFETIME", Sure.CERTAIN),
    "natt": ("UDP_4500_BLOCKED", Sure.LIKELY),
    "noanswer": ("NO_ANSWER", Sure.POSSIBLE),
    "nokey_resp": ("PSK_MISSING", Sure.CERTAIN),
    "notapplied_resp": ("CRYPTO_MAP_NOT_BOUND", Sure.CERTAIN),
    "policy_init": ("PHASE1_MISMATCH", Sure.POSSIBLE),
    "policy_resp": ("PHASE1_MISMATCH", Sure.CERTAIN),
    "proxy_resp": ("PROXY_MISMATCH", Sure.CERTAIN),
    "psk_init": ("PSK_MISMATCH", Sure.LIKELY),
    "psk_resp": ("PSK_MISMATCH", Sure.CERTAIN),
    "refused_init": ("TRANSFORM_MISMATCH", Sure.POSSIBLE),
    "sys_ag": ("AGGRESSIVE_REFUSED", Sure.CERTAIN),
    "sys_ident": ("INNER_MISMATCH", Sure.CERTAIN),
    "sys_inval": ("CERTIFICATE", Sure.CERTAIN),
    "sys_mac": ("INTEGRITY", Sure.CERTAIN),
    "sys_mf": ("UNDECIDED", Sure.POSSIBLE),
    "sys_nokey": ("PSK_MISSING", Sure.CERTAIN),
    "sys_nosa": ("STALE_SA", Sure.LIKELY),
    "sys_off": ("IKE_NOT_ENABLED", Sure.CERTAIN),
    "sys_qmf": ("UNDECIDED", Sure.POSSIBLE),
    "sys_replay": ("REPLAY", Sure.CERTAIN),
    "transform_resp": ("TRANSFORM_MISMATCH", Sure.CERTAIN),
}
UP = {"sys_up"}


def test_every_case_is_known() -> None:
    assert {path.stem for path in CASES.glob("*.log")} == FIRST.keys() | UP


@pytest.mark.parametrize("case", FIRST)
def test_the_cause_stands_first(case: str) -> None:
    read = read_log(Source(str(CASES / f"{case}.log")))
    assert read.log.unknown == 0
    assert [name for name, _ in read.log.dialects] == ["ios"]
    first = diagnose(read.negotiations)[0]
    assert (first.code, first.sure) == FIRST[case]
    assert first.evidence
    assert first.warning == (case == "lifetime")


@pytest.mark.parametrize("case", ["sys_mf", "sys_qmf", "policy_init", "refused_init", "noanswer"])
def test_what_does_not_decide_names_what_else_it_could_be(case: str) -> None:
    first = diagnose(read_log(Source(str(CASES / f"{case}.log"))).negotiations)[0]
    assert len(first.alternatives) >= 2
    assert all(one.tell_apart for one in first.alternatives)


def test_a_line_that_says_up_is_no_finding() -> None:
    read = read_log(Source(str(CASES / "sys_up.log")))
    assert [one.outcome for one in read.negotiations] == [Outcome.UP]
    assert diagnose(read.negotiations) == ()


def test_one_refusal_is_not_told_twice() -> None:
    for case in ("notapplied_resp", "proxy_resp", "transform_resp", "psk_init", "nokey_resp"):
        found = diagnose(read_log(Source(str(CASES / f"{case}.log"))).negotiations)
        assert [one.code for one in found if not one.warning] == [FIRST[case][0]], case
