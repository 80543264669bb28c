from ipaddress import IPv4Address

import pytest
from device_configs import REFERENCE, configured

from mainmode.base.instant import Instant
from mainmode.device.acl import AccessPolicy
from mainmode.device.config.model import AddressRange
from mainmode.device.decision import Decision, Verdict
from mainmode.device.flow import Flow

INSIDE, OUTSIDE = IPv4Address("192.168.1.10"), IPv4Address("8.8.8.8")
PING = Flow(INSIDE, OUTSIDE, 1, icmp_type=8)
REPLY = Flow(OUTSIDE, INSIDE, 1)
BOUND = "access-group IN in interface inside\n"


MONDAY_NOON = Instant(1_700_481_600_000_000)


def judged(
    text: str, flow: Flow, ingress: str, egress: str, *, tunnelled: bool = False, now: Instant = MONDAY_NOON
) -> Decision:
    return AccessPolicy(configured(text)).judge(flow, ingress, egress, now, tunnelled=tunnelled)


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
    assert str(decision.sources[0]).endswith("(default) no same-security-traffic permit intra-interface")


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


def test_interfaces_of_one_level_need_the_line_that_permits_it() -> None:
    text = REFERENCE.replace("security-level 0", "security-level 100")
    refused = judged(text, PING, "inside", "outside")
    assert refused.verdict is Verdict.DROP
    assert "same-security-traffic permit inter-interface" in str(refused.sources[-1])
    allowed = judged(text + "same-security-traffic permit inter-interface\n", PING, "inside", "outside")
    assert allowed.verdict is Verdict.ALLOW


def test_a_packet_may_leave_where_it_came_in_when_the_line_permits_it() -> None:
    text = REFERENCE + "same-security-traffic permit intra-interface\n"
    assert judged(text, REPLY, "outside", "outside", tunnelled=True).verdict is Verdict.ALLOW
    assert judged(text, REPLY, "outside", "outside").verdict is Verdict.ALLOW


def test_the_global_list_comes_behind_the_interfaces_own() -> None:
    text = REFERENCE + "access-list ALL extended permit icmp any any\naccess-group ALL global\n"
    assert judged(text, REPLY, "outside", "inside").verdict is Verdict.ALLOW
    own = text + "access-list OUT extended deny icmp any host 192.168.1.10\naccess-group OUT in interface outside\n"
    assert judged(own, REPLY, "outside", "inside").verdict is Verdict.DROP
    assert judged(own, Flow(OUTSIDE, IPv4Address("192.168.1.11"), 1), "outside", "inside").verdict is Verdict.ALLOW
    last = judged(own, Flow(OUTSIDE, INSIDE, 17, 53, 53), "outside", "inside")
    assert "on all interfaces: implicit deny" in last.text


SERVICES = """\
object service WEB
 service tcp destination range 8000 8010
object-group service APPS
 service-object object WEB
 service-object udp source eq 53 destination gt 1023
 service-object icmp echo
object-group service PORTS tcp
 port-object eq https
 port-object range 20 21
object-group protocol TRANSPORT
 protocol-object tcp
 protocol-object udp
object-group icmp-type PINGS
 icmp-object echo
"""


@pytest.mark.parametrize(
    ("entry", "flow", "fits"),
    [
        ("object-group APPS any any", Flow(INSIDE, OUTSIDE, 6, 4000, 8005), True),
        ("object-group APPS any any", Flow(INSIDE, OUTSIDE, 6, 4000, 8011), False),
        ("object-group APPS any any", Flow(INSIDE, OUTSIDE, 17, 53, 5000), True),
        ("object-group APPS any any", Flow(INSIDE, OUTSIDE, 17, 54, 5000), False),
        ("object-group APPS any any", Flow(INSIDE, OUTSIDE, 1, icmp_type=8), True),
        ("object-group APPS any any", Flow(INSIDE, OUTSIDE, 1, icmp_type=3), False),
        ("object WEB any any", Flow(INSIDE, OUTSIDE, 6, 4000, 8000), True),
        ("object WEB any any", Flow(INSIDE, OUTSIDE, 17, 4000, 8000), False),
        ("tcp any any object-group PORTS", Flow(INSIDE, OUTSIDE, 6, 4000, 21), True),
        ("tcp any any object-group PORTS", Flow(INSIDE, OUTSIDE, 6, 4000, 22), False),
        ("object-group TRANSPORT any any", Flow(INSIDE, OUTSIDE, 17, 1, 2), True),
        ("object-group TRANSPORT any any", Flow(INSIDE, OUTSIDE, 47), False),
        ("icmp any any object-group PINGS", Flow(INSIDE, OUTSIDE, 1, icmp_type=8), True),
        ("icmp any any object-group PINGS", Flow(INSIDE, OUTSIDE, 1, icmp_type=13), False),
    ],
)
def test_services_protocols_and_icmp_types_are_looked_up_in_their_groups(entry: str, flow: Flow, fits: bool) -> None:
    text = REFERENCE + SERVICES + f"access-list IN extended permit {entry}\n" + BOUND
    assert (judged(text, flow, "inside", "outside").verdict is Verdict.ALLOW) == fits


@pytest.mark.parametrize(
    ("when", "hours", "stands"),
    [
        ("periodic weekdays 8:00 to 17:00", 0, True),
        ("periodic weekdays 8:00 to 17:00", 6, False),
        ("periodic weekend 8:00 to 17:00", 0, False),
        ("periodic weekend 8:00 to 17:00", -24, True),
        ("periodic Saturday 8:00 to Monday 11:00", 0, False),
        ("periodic Saturday 8:00 to Monday 13:00", 0, True),
        ("absolute start 00:00 01 January 2023 end 23:00 31 December 2023", 0, True),
        ("absolute end 23:00 31 December 2022", 0, False),
    ],
)
def test_an_entry_with_a_time_range_stands_only_in_it(when: str, hours: int, stands: bool) -> None:
    text = REFERENCE + f"time-range WORK\n {when}\naccess-list IN extended permit ip any any time-range WORK\n" + BOUND
    now = Instant(MONDAY_NOON + hours * 3_600_000_000)
    assert (judged(text, PING, "inside", "outside", now=now).verdict is Verdict.ALLOW) == stands


def test_an_inactive_entry_matches_nothing() -> None:
    text = REFERENCE + "access-list IN extended permit ip any any inactive\n" + BOUND
    assert judged(text, PING, "inside", "outside").verdict is Verdict.DROP


def test_hits_are_counted_for_the_line_and_for_its_elements() -> None:
    text = (
        REFERENCE
        + "object-group network HOSTS\n network-object host 192.168.1.9\n network-object host 192.168.1.10\n"
        + "access-list IN extended permit ip object-group HOSTS any\naccess-list IN extended deny ip any any\n"
        + BOUND
    )
    policy = AccessPolicy(configured(text))
    policy.judge(PING, "inside", "outside", MONDAY_NOON, tunnelled=False)
    policy.judge(PING, "inside", "outside", MONDAY_NOON, tunnelled=False)
    permit, deny = configured(text).access_lists["IN"].aces
    assert (policy.hits.of(permit.source), policy.hits.of(deny.source)) == (2, 0)
    everything = AddressRange(IPv4Address("0.0.0.0"), IPv4Address("255.255.255.255"))
    counts = [
        policy.hits.of_element(permit.source, AddressRange(IPv4Address(host), IPv4Address(host)), everything)
        for host in ("192.168.1.9", "192.168.1.10")
    ]
    assert counts == [0, 2]


def test_hundreds_of_entries_cost_no_more_than_a_few() -> None:
    """The index finds the one entry: it is the same whether its place is first or last."""
    entries = "".join(
        f"access-list IN extended permit tcp any host 172.16.{number // 250}.{number % 250 + 1} eq 80\n"
        for number in range(600)
    )
    policy = AccessPolicy(configured(REFERENCE + entries + BOUND))
    found = policy.judge(
        Flow(INSIDE, IPv4Address("172.16.2.100"), 6, 1025, 80), "inside", "outside", MONDAY_NOON, tunnelled=False
    )
    assert "host 172.16.2.100 eq" in str(found.sources[0])
    listed = policy._lists.named("IN")
    assert listed is not None
    assert len(listed._index.find(int(IPv4Address("172.16.2.100")))) == 1
