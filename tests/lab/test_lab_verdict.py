"""Single faults in the packaged pair: the verdict names the cause, and the line on each side."""

import dataclasses
from pathlib import Path

import pytest
from labs import NAMES, TEXTS, changed, order

from mainmode.base.provenance import Absent, Source, Statement
from mainmode.ike.effects import Cause
from mainmode.lab.causes import CAUSES
from mainmode.lab.link import Link, read_link
from mainmode.lab.reference import reference_page
from mainmode.lab.run import run
from mainmode.ladder.transcript import Outcome, Side, Verdict

A, B = Side.A, Side.B
TUNNEL_GROUP = {side: text[text.index("tunnel-group") :] for side, text in TEXTS.items()}
POLICY = {side: text[text.index("crypto isakmp policy") : text.index("tunnel-group")] for side, text in TEXTS.items()}
REVERSE = "crypto map MAP 10 set reverse-route\n"
ICMP_B = "access-list VPN extended permit icmp 192.168.2.0 255.255.255.0 192.168.1.0 255.255.255.0\n"

FAULTS = [
    pytest.param(
        B, "pre-shared-key cisco", "pre-shared-key other", "none", "PSK_MISMATCH",
        " pre-shared-key *****", " pre-shared-key *****", id="other pre-shared key",
    ),
    pytest.param(
        B, "encryption 3des", "encryption aes-256", "none", "PHASE1_MISMATCH",
        " encryption 3des", " encryption aes-256", id="other encryption",
    ),
    pytest.param(B, "hash sha", "hash md5", "none", "PHASE1_MISMATCH", " hash sha", " hash md5", id="other hash"),
    pytest.param(A, "group 2", "group 5", "none", "PHASE1_MISMATCH", " group 5", " group 2", id="other group"),
    pytest.param(
        B, POLICY[B], "", "none", "PHASE1_MISMATCH",
        "crypto isakmp policy 10", "(absent) crypto isakmp policy", id="no policy",
    ),
    pytest.param(
        B, TUNNEL_GROUP[B], "", "none", "NO_TUNNEL_GROUP",
        " ip address 10.0.0.1 255.255.255.0", "(absent) tunnel-group 10.0.0.1 type ipsec-l2l", id="no tunnel-group",
    ),
    pytest.param(
        A, TUNNEL_GROUP[A], "", "none", "NO_TUNNEL_GROUP",
        "(absent) tunnel-group 10.0.0.2 type ipsec-l2l", " ip address 10.0.0.2 255.255.255.0",
        id="no tunnel-group on the initiator",
    ),
    pytest.param(
        B, "tunnel-group 10.0.0.1", "tunnel-group 10.0.0.7", "none", "NO_TUNNEL_GROUP",
        " ip address 10.0.0.1 255.255.255.0", "tunnel-group 10.0.0.7 type ipsec-l2l",
        id="tunnel-group for another address",
    ),
    pytest.param(
        B, "TRANSFORM esp-aes esp-sha-hmac", "TRANSFORM esp-3des esp-md5-hmac", "phase 1", "TRANSFORM_MISMATCH",
        "crypto ipsec transform-set TRANSFORM esp-aes esp-sha-hmac",
        "crypto ipsec transform-set TRANSFORM esp-3des esp-md5-hmac", id="other transform",
    ),
    pytest.param(
        B, REVERSE, REVERSE + "crypto map MAP 10 set pfs group5\n", "phase 1", "PFS_MISMATCH",
        "(absent) crypto map MAP 10 set pfs", "crypto map MAP 10 set pfs group5", id="PFS on one side only",
    ),
    pytest.param(
        B, ICMP_B, "", "phase 1", "PROXY_MISMATCH",
        "access-list VPN extended permit icmp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0",
        "access-list VPN extended permit tcp 192.168.2.0 255.255.255.0 192.168.1.0 255.255.255.0",
        id="an ACE that only one side has",
    ),
    pytest.param(
        B, ICMP_B, ICMP_B.replace("192.168.1.0 255.255.255.0", "192.168.1.0 255.255.255.128"), "phase 1",
        "PROXY_MISMATCH",
        "access-list VPN extended permit icmp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0",
        "access-list VPN extended permit icmp 192.168.2.0 255.255.255.0 192.168.1.0 255.255.255.128",
        id="crypto ACLs not mirrored",
    ),
    pytest.param(
        A, "set peer 10.0.0.2", "set peer 10.0.0.9", "none", "PEER_ADDRESS_WRONG",
        "crypto map MAP 10 set peer 10.0.0.9", " ip address 10.0.0.2 255.255.255.0", id="wrong peer",
    ),
    pytest.param(
        B, "set peer 10.0.0.1", "set peer 10.0.0.9", "phase 1", "PEER_ADDRESS_WRONG",
        " ip address 10.0.0.1 255.255.255.0", "crypto map MAP 10 set peer 10.0.0.9", id="wrong peer on the responder",
    ),
    pytest.param(
        A, "crypto isakmp enable outside\n", "", "none", "IKE_NOT_ENABLED",
        "(absent) crypto isakmp enable outside", "crypto map MAP 10 set peer 10.0.0.1", id="IKE not enabled",
    ),
    pytest.param(
        B, "crypto isakmp enable outside\n", "", "none", "IKE_NOT_ENABLED",
        "crypto map MAP 10 set peer 10.0.0.2", "(absent) crypto isakmp enable outside",
        id="IKE not enabled on the responder",
    ),
    pytest.param(
        A, "crypto map MAP interface outside\n", "", "none", "CRYPTO_MAP_NOT_BOUND",
        "(absent) crypto map MAP interface outside", "crypto map MAP 10 set peer 10.0.0.1", id="map not bound",
    ),
    pytest.param(
        B, "crypto map MAP interface outside\n", "", "none", "CRYPTO_MAP_NOT_BOUND",
        "crypto map MAP 10 set peer 10.0.0.2", "(absent) crypto map MAP interface outside",
        id="map not bound on the responder",
    ),
]  # fmt: skip


def _places(verdict: Verdict, side: Side) -> set[str]:
    return {_command(blame.source) for blame in verdict.blames if blame.side is side and blame.source is not None}


def _command(source: Source) -> str:
    match source:
        case Statement(text=text):
            return text
        case Absent(command=command):
            return f"(absent) {command}"
        case _:
            return f"(default) {source.command}"


@pytest.mark.parametrize(("side", "old", "new", "reached", "cause", "of_a", "of_b"), FAULTS)
def test_a_single_fault_is_named_with_the_line_on_each_side(
    side: Side, old: str, new: str, reached: str, cause: str, of_a: str, of_b: str
) -> None:
    result = run(order(changed(side, old, new)))
    verdict = result.transcript.verdict
    assert (verdict.outcome, verdict.reached, verdict.cause) == (Outcome.DOWN, reached, cause), verdict.sentence
    assert of_a in _places(verdict, A)
    assert of_b in _places(verdict, B)
    assert all(blame.source is None or blame.source.file == NAMES[blame.side] for blame in verdict.blames)
    assert "asa1" in verdict.sentence or "asa2" in verdict.sentence
    assert not any(ping.round_trip for ping in result.transcript.pings)


@pytest.mark.parametrize(("side", "old", "new", "reached", "cause", "of_a", "of_b"), FAULTS)
def test_a_single_fault_has_the_same_name_in_the_other_direction(
    side: Side, old: str, new: str, reached: str, cause: str, of_a: str, of_b: str
) -> None:
    verdict = run(order(changed(side, old, new), starter=B)).transcript.verdict
    if verdict.outcome is Outcome.UP:
        # A responder without PFS takes what is offered; where the ICMP line is missing, the TCP line is what is tried.
        assert cause == "PFS_MISMATCH" or (old, new) == (ICMP_B, "")
    else:
        assert verdict.cause == cause, verdict.sentence


def test_a_filter_for_udp_500_is_told_from_a_peer_that_is_not_there() -> None:
    blocked = run(order(link=read_link("block=udp/500"))).transcript.verdict
    assert (blocked.cause, blocked.reached) == ("UDP_BLOCKED", "none")
    assert "udp/500" in blocked.sentence
    assert _places(blocked, A) == {"crypto map MAP 10 set peer 10.0.0.2"}


def test_a_filter_for_esp_leaves_the_tunnel_up_and_the_pings_without_reply() -> None:
    verdict = run(order(link=read_link("block=esp"))).transcript.verdict
    assert (verdict.outcome, verdict.reached, verdict.cause) == (Outcome.DOWN, "phase 2", "ESP_BLOCKED")


def test_a_wire_that_loses_everything_is_what_is_named() -> None:
    verdict = run(order(link=Link(loss=1.0))).transcript.verdict
    assert (verdict.cause, verdict.reached) == ("PACKETS_LOST", "none")


def test_traffic_that_matches_no_access_list_is_not_interesting() -> None:
    from ipaddress import IPv4Address

    far = (IPv4Address("192.168.1.2"), IPv4Address("10.0.0.77"))
    result = run(dataclasses.replace(order(), ping=far))
    assert result.transcript.verdict.cause == "NOT_INTERESTING"
    unreachable = (IPv4Address("192.168.1.2"), IPv4Address("172.16.9.9"))
    assert run(dataclasses.replace(order(), ping=unreachable)).transcript.verdict.cause == "NO_ROUTE"


def test_every_cause_that_a_device_can_give_has_a_sentence() -> None:
    renamed = {Cause.NO_CRYPTO_MAP: "CRYPTO_MAP_NOT_BOUND"}
    assert {renamed.get(cause, cause.name) for cause in Cause} <= set(CAUSES)
    for code, row in CAUSES.items():
        text = row.sentence.format(knower="K", interface="I", other="O", address="X", detail="D")
        assert text.endswith("."), code
        assert "K" in text, code


def test_no_key_is_in_a_transcript() -> None:
    result = run(order(changed(A, "pre-shared-key cisco", "pre-shared-key Zebra-9-crossing")))
    assert "Zebra-9" not in repr(result.transcript)
    assert "Zebra-9" not in repr(result)


def test_the_page_of_the_verdicts_is_up_to_date() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "verdicts.md"
    assert page.read_text("utf-8") == reference_page(), "regenerate: python docs/generate.py"
    assert all(f"| `{code}` |" in page.read_text("utf-8") for code in CAUSES)
