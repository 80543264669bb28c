from ipaddress import IPv4Address

import pytest
from device_configs import REFERENCE, configured

from mainmode.device.acl import AccessPolicy, Flow
from mainmode.device.decision import Decision, Verdict

INSIDE, OUTSIDE = IPv4Address("192.168.1.10"), IPv4Address("8.8.8.8")
PING = Flow(INSIDE, OUTSIDE, 1, icmp_type=8)
REPLY = Flow(OUTSIDE, INSIDE, 1)
BOUND = "access-group IN in interface inside\n"


def judged(text: str, flow: Flow, ingress: str, egress: str, *, tunnelled: bool = False) -> Decision:
    return AccessPolicy(configured(text)).judge(flow, ingress, egress, tunnelled=tunnelled)


def test_inside_to_outside_passes_by_security_level_and_names_both_levels() -> None:
    decision = judged(REFERENCE, PING, "inside", "outside")
    assert decision.verdict is Verdict.ALLOW
    assert [str(source).split(" ", 1)[1] for source in decision.sources] == ["security-level 100", "security-level 0"]


def test_outside_to_inside_needs_an_access_list() -> None:
    decision = judged(REFERENCE, REPLY, "outside", "inside")
    assert decision.verdict is Verdict.DROP
    assert str(decision.sources[-1]) == "asa1.cfg: (absent) access-group ACL in interface outside"


def test_levels_that_no_line_says_are_the_devices_defaults() -> None:
    text = REFERENCE.replace(" security-level 100\n", "").replace(" security-level 0\n", "")
    assert judged(text, PING, "inside", "outside").verdict is Verdict.ALLOW


def test_tunnel_traffic_passes_without_access_lists_by_default() -> None:
    decision = judged(REFERENCE, REPLY, "outside", "inside", tunnelled=True)
    assert decision.verdict is Verdict.ALLOW
    assert str(decision.sources[0]).endswith("(default) sysopt connection permit-vpn")


def test_tunnel_traffic_meets_the_access_list_when_the_exemption_is_off() -> None:
    text = REFERENCE + "no sysopt connection permit-vpn\n"
    assert judged(text, REPLY, "outside", "inside", tunnelled=True).verdict is Verdict.DROP
    text += "access-list OUT extended permit icmp any any\naccess-group OUT in interface outside\n"
    assert judged(text, REPLY, "outside", "inside", tunnelled=True).verdict is Verdict.ALLOW


def test_a_packet_does_not_leave_where_it_came_in() -> None:
    decision = judged(REFERENCE, REPLY, "outside", "outside", tunnelled=True)
    assert decision.verdict is Verdict.DROP
    assert str(decision.sources[0]).endswith("(absent) same-security-traffic permit intra-interface")


def test_an_access_list_replaces_the_security_levels_and_ends_in_deny() -> None:
    text = REFERENCE + "access-list IN extended permit tcp any any eq 80\n" + BOUND
    decision = judged(text, PING, "inside", "outside")
    assert decision.verdict is Verdict.DROP
    assert str(decision.sources[0]).endswith("access-group IN in interface inside")


def test_the_first_entry_that_matches_decides() -> None:
    text = (
        REFERENCE
        + "access-list IN extended deny icmp host 192.168.1.10 any\naccess-list IN extended permit ip any any\n"
        + BOUND
    )
    decision = judged(text, PING, "inside", "outside")
    assert decision.verdict is Verdict.DROP
    assert "deny icmp host 192.168.1.10 any" in str(decision.sources[0])


def test_an_outbound_list_can_refuse_what_the_inbound_one_lets_in() -> None:
    text = REFERENCE + "access-list O extended deny ip any host 8.8.8.8\naccess-group O out interface outside\n"
    assert judged(text, PING, "inside", "outside").verdict is Verdict.DROP


@pytest.mark.parametrize(
    ("match", "port", "fits"),
    [
        ("eq 80", 80, True),
        ("eq 80", 81, False),
        ("neq 80", 80, False),
        ("neq 80", 81, True),
        ("lt 80", 79, True),
        ("lt 80", 80, False),
        ("gt 80", 81, True),
        ("gt 80", 80, False),
        ("range 80 90", 90, True),
        ("range 80 90", 91, False),
    ],
)
def test_port_operators(match: str, port: int, fits: bool) -> None:
    text = REFERENCE + f"access-list IN extended permit tcp any any {match}\n" + BOUND
    decision = judged(text, Flow(INSIDE, OUTSIDE, 6, 40000, port), "inside", "outside")
    assert (decision.verdict is Verdict.ALLOW) == fits


@pytest.mark.parametrize(("match", "fits"), [("echo", True), ("echo-reply", False), ("8 0", True), ("8 1", False)])
def test_icmp_type_and_code(match: str, fits: bool) -> None:
    text = REFERENCE + f"access-list IN extended permit icmp any any {match}\n" + BOUND
    assert (judged(text, PING, "inside", "outside").verdict is Verdict.ALLOW) == fits


def test_objects_and_nested_groups_are_looked_up_even_in_a_circle() -> None:
    text = (
        REFERENCE
        + "object-group network G1\n network-object object INSIDE-RANGE\n group-object G2\n"
        + "object-group network G2\n network-object host 172.16.0.1\n group-object G1\n"
        + "access-list IN extended permit ip object-group G2 any\n"
        + BOUND
    )
    for source in (INSIDE, IPv4Address("172.16.0.1")):
        assert judged(text, Flow(source, OUTSIDE, 1), "inside", "outside").verdict is Verdict.ALLOW
    assert judged(text, Flow(OUTSIDE, OUTSIDE, 1), "inside", "outside").verdict is Verdict.DROP
