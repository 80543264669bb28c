"""Cautions: each kind given where it holds, with what the run showed and its lines, and not given where it does not."""

from pathlib import Path

import pytest
from check_offices import A, B, Offices

from mainmode.base.provenance import Default, Statement
from mainmode.check.caution import Caution
from mainmode.check.cautions import WARNED, cautions_of
from mainmode.check.cautions.reference import reference_page
from mainmode.check.trying import matrix_of
from mainmode.ladder.transcript import Side


def told(offices: Offices) -> tuple[Caution, ...]:
    subject = offices.subject()
    return cautions_of(subject, matrix_of(subject))


def only(offices: Offices, code: str) -> Caution:
    """The one caution of a pair, which has this code."""
    cautions = told(offices)
    assert [caution.code for caution in cautions] == [code]
    return cautions[0]


def lines(caution: Caution) -> set[tuple[Side, str]]:
    """The lines that a caution names, stripped; defaults in brackets."""
    found = set()
    for place in caution.places:
        source = place.source
        if isinstance(source, Statement):
            found.add((place.side, source.text.strip()))
        elif isinstance(source, Default):
            found.add((place.side, f"({source.command})"))
    return found


def test_a_healthy_modern_pair_has_none() -> None:
    assert told(Offices()) == ()


OTHER_GROUP = "tunnel-group 192.0.2.77 type ipsec-l2l\ntunnel-group 192.0.2.77 ipsec-attributes\n ikev1 pre-shared-key "
DYNAMIC = "crypto dynamic-map DYN 1 set ikev1 transform-set STRONG\ncrypto map VPN {} ipsec-isakmp dynamic DYN"

RIGHT = {
    "a weak policy that is not agreed on": Offices().more(
        a="crypto ikev1 policy 5\n encryption 3des\n hash md5\n group 2"
    ),
    "a weak set that is not used": Offices().more(a="crypto ipsec ikev1 transform-set OLD esp-3des esp-md5-hmac"),
    "a dynamic entry that comes last": Offices().more(a=DYNAMIC.format(65535)),
    "another key in another group": Offices().more(b=f"{OTHER_GROUP}of-its-own"),
    "one key for several addresses of one peer": Offices()
    .swapped("set peer 203.0.113.1", "set peer 203.0.113.1 192.0.2.77", A)
    .more(a=f"{OTHER_GROUP}between-the-two"),
    "a side that only answers does not ask for signs of life": Offices().more(
        a="crypto map VPN 10 set connection-type answer-only\n"
        "tunnel-group 203.0.113.1 ipsec-attributes\n isakmp keepalive threshold infinite"
    ),
    "a static rule behind the exemption": Offices().more(
        a="object network WEB\n host 10.1.0.80\n nat (inside,outside) static 198.51.100.80"
    ),
    "a larger segment that fits": Offices().more(a="sysopt connection tcpmss 1386"),
    "other numbers and other words": Offices()
    .swapped("VPN 10 ", "VPN 20 ", B)
    .swapped("object LAN object FAR", "10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0", A),
}


@pytest.mark.parametrize("offices", RIGHT.values(), ids=RIGHT)
def test_what_is_right_has_none(offices: Offices) -> None:
    assert told(offices) == ()


def test_weak_algorithms_of_phase_1_are_told_with_the_lines_of_both_sides() -> None:
    offices = Offices().swapped(" encryption aes-256\n hash sha\n group 14", " encryption 3des\n hash md5\n group 2")
    caution = only(offices, "WEAK_PHASE_1")
    assert caution.sentence == "Phase 1 rests on 3des, md5 and group 2."
    assert caution.evidence == "phase 1 agreed on 3des md5 group 2 for entry 1"
    assert lines(caution) == {(side, line) for side in Side for line in ("encryption 3des", "hash md5", "group 2")}


def test_a_stronger_policy_that_both_have_is_named_where_a_weak_one_is_agreed_on() -> None:
    weak = "crypto ikev1 policy 5\n authentication pre-share\n encryption des\n hash sha\n group 14"
    caution = only(Offices().more(a=weak, b=weak), "WEAK_PHASE_1")
    assert lines(caution) == {(A, "encryption des"), (B, "encryption des")}
    assert "Policy 10 of hub and policy 10 of plant" in caution.advice


def test_weak_algorithms_that_one_direction_agrees_on_are_told_of_that_direction() -> None:
    weak = "crypto ipsec ikev1 transform-set WEAK esp-des esp-md5-hmac"
    offices = Offices().more(
        a=f"{weak}\ncrypto map VPN 10 set ikev1 transform-set WEAK STRONG",
        b=f"{weak}\ncrypto map VPN 10 set ikev1 transform-set STRONG WEAK",
    )
    caution = only(offices, "WEAK_PHASE_2")
    assert caution.evidence == "phase 2 agreed on esp-des esp-md5-hmac for entry 1, begun by hub"
    assert lines(caution) == {(side, weak) for side in Side}


def test_pfs_with_a_weak_group_is_told_by_its_lines() -> None:
    line = "crypto map VPN 10 set pfs group2"
    caution = only(Offices().more(a=line, b=line), "WEAK_PHASE_2")
    assert caution.sentence == "Phase 2 rests on PFS group 2."
    assert caution.advice == "Set pfs group14 in the entries of both sides, where their releases have it."
    assert lines(caution) == {(A, line), (B, line)}


def test_lifetimes_of_phase_1_that_differ_are_told_with_who_renews_when() -> None:
    caution = only(Offices().swapped(" lifetime 86400", " lifetime 28800", B), "LIFETIMES_PHASE_1")
    assert "86400 s on hub, 28800 s on plant" in caution.sentence
    assert caution.evidence == (
        "phase 1 agreed on 28800 s for entry 1; rekey timers: 21600 s on hub, 27360 s on plant, where hub begins"
    )
    assert lines(caution) == {(A, "lifetime 86400"), (B, "lifetime 28800")}


def test_lifetimes_of_phase_2_that_differ_name_a_default_where_no_line_stands() -> None:
    line = "crypto map VPN 10 set security-association lifetime seconds 3600"
    caution = only(Offices().more(b=line), "LIFETIMES_PHASE_2")
    assert "28800 s on hub, 3600 s on plant" in caution.sentence
    assert caution.evidence == (
        "the IPsec SAs stand for 3600 s on hub, 3600 s on plant, entry 1; rekey timers: 3060 s on hub, 3060 s on "
        "plant, where hub begins"
    )
    default = "(crypto ipsec security-association lifetime seconds 28800)"
    assert lines(caution) == {(A, default), (B, line)}


def test_volume_lifetimes_that_differ_are_told() -> None:
    line = "crypto map VPN 10 set security-association lifetime kilobytes 100000"
    assert "100000 kB on plant" in only(Offices().more(b=line), "LIFETIMES_PHASE_2").sentence


def test_a_session_timeout_is_told_with_the_line_of_the_group_policy() -> None:
    more = """
group-policy L2L internal
group-policy L2L attributes
 vpn-session-timeout 60
tunnel-group 203.0.113.1 general-attributes
 default-group-policy L2L
"""
    caution = only(Offices().more(a=more), "SESSION_TIMEOUT")
    assert lines(caution) == {(A, "vpn-session-timeout 60")}
    assert "hub ends the session 60 minutes" in caution.sentence


@pytest.mark.parametrize(("sides", "taken"), [((A,), "the key of plant"), ((A, B), "one key for both sides")])
def test_hidden_keys_are_told_each_with_what_the_run_took(sides: tuple[Side, ...], taken: str) -> None:
    cautions = told(Offices().swapped("between-the-two", "*****", *sides))
    assert [caution.code for caution in cautions] == ["KEY_HIDDEN"] * len(sides)
    assert all(taken in caution.evidence for caution in cautions)
    assert [lines(caution) for caution in cautions] == [{(side, "ikev1 pre-shared-key *****")} for side in sides]


def test_a_key_that_other_groups_have_too_is_told_and_never_shown() -> None:
    group = f"{OTHER_GROUP}between-the-two"
    more = "\n".join(group.replace("192.0.2.77", f"192.0.2.{host}") for host in range(1, 9))
    caution = only(Offices().more(a=more), "KEY_SHARED")
    assert "for 9 tunnel-groups: 203.0.113.1, 192.0.2.1, 192.0.2.2, 192.0.2.3 and 5 more" in caution.sentence
    assert len(caution.places) == 5
    assert "between" not in repr(caution)


@pytest.mark.parametrize(
    ("a", "b", "sentence", "sides"),
    [
        ("disable", "", "hub has dead peer detection switched off, so plant cannot use it either.", {A}),
        (
            "threshold infinite",
            "threshold 10 retry 2",
            "hub answers dead peer detection and never asks: it does not notice that its peer is gone.",
            {A},
        ),
        ("disable", "disable", "Dead peer detection is switched off on both sides.", {A, B}),
        ("threshold infinite",) * 2 + ("Both sides answer dead peer detection, and neither ever asks.", {A, B}),
    ],
)
def test_missing_dead_peer_detection_is_told(a: str, b: str, sentence: str, sides: set[Side]) -> None:
    offices = Offices().more(
        a=f"tunnel-group 203.0.113.1 ipsec-attributes\n isakmp keepalive {a}",
        b=f"tunnel-group 198.51.100.1 ipsec-attributes\n isakmp keepalive {b}" if b else "",
    )
    caution = only(offices, "NO_DPD")
    assert caution.sentence == sentence
    assert {place.side for place in caution.places} == sides
    assert caution.evidence.endswith("where plant restarts, a host behind hub has no reply for 06:50:00")
    assert ("did not agree" in caution.evidence) is ("infinite" not in a)


ANOTHER = """
access-list OTHER extended permit ip object LAN {networks}
crypto map VPN {sequence} match address OTHER
crypto map VPN {sequence} set peer 192.0.2.77
crypto map VPN {sequence} set ikev1 transform-set STRONG
tunnel-group 192.0.2.77 type ipsec-l2l
tunnel-group 192.0.2.77 ipsec-attributes
 ikev1 pre-shared-key of-its-own
"""


def test_an_entry_for_another_peer_that_shares_networks_is_told_with_a_packet_traced() -> None:
    caution = only(Offices().more(a=ANOTHER.format(networks="10.0.0.0 255.0.0.0", sequence=20)), "OVERLAP")
    assert "entry VPN 10, for plant, takes traffic that entry VPN 20, for 192.0.2.77 names too" in caution.sentence
    assert "10.1.0.0/16 to 10.2.0.0/16" in caution.sentence
    assert "matches crypto map VPN 10" in caution.evidence
    assert {place.side for place in caution.places} == {A}
    assert len(caution.places) == 2


def test_an_earlier_entry_that_takes_some_hosts_is_told() -> None:
    caution = only(Offices().more(a=ANOTHER.format(networks="host 10.2.9.9", sequence=5)), "OVERLAP")
    assert "entry VPN 5, for 192.0.2.77 comes first" in caution.sentence
    assert "matches crypto map VPN 5" in caution.evidence


def test_what_a_deny_takes_out_of_an_entry_is_no_overlap() -> None:
    more = ANOTHER.format(networks="10.0.0.0 255.0.0.0", sequence=5)
    deny = "access-list OTHER extended deny ip object LAN object FAR"
    offices = Offices().more(a=f"{deny}\n{more}")
    assert told(offices) == ()


def test_a_dynamic_entry_before_the_static_one_is_told_with_the_entry_that_answered() -> None:
    caution = only(Offices().more(a=DYNAMIC.format(5)), "DYNAMIC_BEFORE_STATIC")
    assert "dynamic entry VPN 5 stands before the static entry VPN 10" in caution.sentence
    assert caution.evidence == "hub took entry 1, begun by plant, for dynamic map DYN 1"
    assert (A, "crypto map VPN 5 ipsec-isakmp dynamic DYN") in lines(caution)


TRANSLATED = Offices().swapped(
    "nat (inside,outside) source static LAN LAN destination",
    "object network WEB\n host 10.1.0.80\nobject network WEB-OUT\n host 198.51.100.80\n"
    "nat (inside,outside) source static WEB WEB-OUT\n"
    "nat (inside,outside) source static LAN LAN destination",
    A,
)
"""A server of the hub has another address outside, by a rule that comes first."""


def test_a_host_whose_translated_address_goes_through_the_tunnel_is_not_told() -> None:
    own = "access-list VPN extended permit ip object WEB-OUT object FAR"
    theirs = """
object network WEB-OUT
 host 198.51.100.80
access-list VPN extended permit ip object LAN object WEB-OUT
nat (inside,outside) source static LAN LAN destination static WEB-OUT WEB-OUT
"""
    assert told(TRANSLATED.more(a=own, b=theirs)) == ()


def test_hosts_that_a_rule_before_the_exemption_translates_are_told() -> None:
    caution = only(TRANSLATED, "EXEMPTION_TOO_LOW")
    assert "10.1.0.80 to 10.2.0.0/16" in caution.sentence
    assert "becomes icmp 198.51.100.80" in caution.evidence
    assert len(caution.places) == 2


@pytest.mark.parametrize(
    ("line", "segment", "room"), [("sysopt connection tcpmss 0", 1460, 1426), ("mtu outside 1400", 1380, 1326)]
)
def test_segments_that_do_not_fit_are_told_with_what_the_transform_adds(line: str, segment: int, room: int) -> None:
    cautions = told(Offices().more(a=line, b="sysopt connection tcpmss 0" if "tcpmss" in line else ""))
    assert {caution.code for caution in cautions} == {"TOO_LARGE"}
    first = cautions[0]
    assert f"TCP segments of {segment} octets do not fit into the tunnel on hub" in first.sentence
    assert f"{room} fit outside" in first.sentence
    assert "esp-aes-256 esp-sha-hmac, which adds up to 74 octets" in first.evidence
    assert first.advice == f"Set sysopt connection tcpmss {room - 40} on one of the two sides."


def test_a_pair_that_is_down_has_none_but_of_hidden_keys() -> None:
    offices = Offices().swapped("set peer 198.51.100.1", "set peer 198.51.100.9", B)
    assert told(offices.swapped("between-the-two", "another-one", B)) == ()


def test_every_kind_is_on_the_committed_page() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "cautions.md"
    assert page.read_text("utf-8") == reference_page()
    assert len({one.code for one in WARNED}) == len(WARNED)
