"""Routers' logs of one fault each, written after what the devices print: the right cause stands first."""

from pathlib import Path

import pytest

from mainmode.catalogue.facts import Message, Offer
from mainmode.explain.diagnose import diagnose
from mainmode.explain.finding import Sure
from mainmode.explain.logs import read_log
from mainmode.explain.negotiation import Outcome
from mainmode.explain.offers import gathered, whole
from mainmode.explain.parameters import parameters
from mainmode.explain.portrait import portrait
from mainmode.explain.reading import Source

CASES = Path(__file__).parent / "data" / "ios_cases"
FIRST = {
    "dpd": ("LOST_PEER", Sure.CERTAIN),
    "lifetime": ("LIFETIME", Sure.CERTAIN),
    "natt": ("UDP_4500_BLOCKED", Sure.LIKELY),
    "noanswer": ("NO_ANSWER", Sure.LIKELY),
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


@pytest.mark.parametrize(
    ("case", "words", "typed"),
    [
        ("policy_resp", "in hash (offered SHA-256), encryption (offered AES-128).", "hash sha256"),
        ("transform_resp", "(offered AES-128 SHA-1 tunnel).", "esp-aes esp-sha-hmac"),
    ],
)
def test_what_was_offered_is_put_together_from_its_rows(case: str, words: str, typed: str) -> None:
    first = diagnose(read_log(Source(str(CASES / f"{case}.log"))).negotiations)[0]
    assert first.sees.endswith(words)
    assert any(typed in line for one in first.commands for line in one.lines)


def test_each_offer_begins_where_its_first_row_stands() -> None:
    read = read_log(Source(str(CASES / "policy_resp.log")))
    noted = [one for one in read.negotiations[0].noted if isinstance(one.fact, Offer)]
    found = [(offer.suite.encryption, one.record.first) for offer, one in gathered(noted)]
    pieces = [one.fact for one in noted if isinstance(one.fact, Offer)]
    assert [offer for offer, _ in gathered(noted)] == list(whole(pieces))
    assert [name for name, _ in found] == ["AES-128", "AES-128"]
    assert found[0][1] < found[1][1]
    assert list(gathered([])) == []


def test_spis_that_blocks_name_one_by_one_are_told(tmp_path: Path) -> None:
    blocks = "".join(
        f"*Feb 23 00:19:54.629: IPSEC(create_sa): sa created,\n  (sa) sa_dest= {end}, sa_proto= 50, \n"
        f"    sa_spi= {spi}, \n    sa_trans= esp-aes 256 esp-sha512-hmac , sa_conn_id= 2005\n"
        "    sa_lifetime(k/sec)= (4608000/3600),\n  (identity) local= 203.0.113.200:0, remote= 203.0.113.100:0,\n"
        "    local_proxy= 192.168.102.0/255.255.255.0/256/0,\n    remote_proxy= 192.168.101.0/255.255.255.0/256/0\n"
        for end, spi in (("203.0.113.200", "0x63A278D7(1671592151)"), ("203.0.113.100", "0x731256EB(1930581739)"))
    )
    up = "*Feb 23 00:19:54.951: ISAKMP: (1001):Old State = IKE_QM_R_QM2  New State = IKE_QM_PHASE2_COMPLETE\n"
    (tmp_path / "ce2.log").write_text(blocks + up)
    (negotiation,) = read_log(Source(str(tmp_path / "ce2.log"))).negotiations
    assert dict(parameters(negotiation, portrait(negotiation)))["SPIs"] == "63a278d7 in, 731256eb out"


def test_what_announces_a_repetition_and_its_packet_are_one(tmp_path: Path) -> None:
    rows = [
        "{}.004: ISAKMP:(0): retransmitting phase 1 MM_NO_STATE...",
        "{}.004: ISAKMP (0:0): incrementing error counter on sa, attempt 1 of 5: retransmit phase 1",
        "{}.004: ISAKMP:(0): retransmitting phase 1 MM_NO_STATE",
        "{}.008: ISAKMP:(0): sending packet to 10.0.0.2 my_port 500 peer_port 500 (I) MM_NO_STATE",
    ]
    stamps = [f"*Mar  1 00:20:{second:02}" for second in (1, 11, 21, 31)]
    lines = [rows[3].format(stamps[0]), *(row.format(stamp) for stamp in stamps[1:3] for row in rows)]
    alone = rows[0].format(stamps[3])
    (tmp_path / "r1.log").write_text("\n".join([*lines, alone, alone.replace(":31", ":41")]) + "\n")
    (negotiation,) = read_log(Source(str(tmp_path / "r1.log"))).negotiations
    sent = [one for one in negotiation.noted if isinstance(one.fact, Message)]
    assert [one.fact.again for one in sent if isinstance(one.fact, Message)] == [False, True, True, True, True]
    assert [one.record.first for one in sent] == [1, 2, 6, 10, 11]
