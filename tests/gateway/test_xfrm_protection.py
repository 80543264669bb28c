"""Crypto maps as the kernel's policies, and what the kernel would not do of a configuration."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from gateway_boxes import CONFIGURATION

from mainmode.base.errors import InputError
from mainmode.device.config.reader import read
from mainmode.device.settings import ike_settings
from mainmode.gateway.xfrm import protection as room
from mainmode.gateway.xfrm.layout import Selector
from mainmode.gateway.xfrm.needs import needs_of
from mainmode.gateway.xfrm.protection import Wanted, protection

SECOND_ENTRY = """\
crypto map MAP 20 match address VPN2
crypto map MAP 20 set peer 10.0.0.3
crypto map MAP 20 set ikev1 transform-set TRANSFORM
"""


def wanted(text: str) -> list[Wanted]:
    configuration = read(text, "a.cfg")
    return protection(ike_settings(configuration, None), {"outside": 3})


def with_lists(first: str, second: str = "") -> str:
    """The configuration with other access lists; the second is that of a second entry."""
    lines = CONFIGURATION.splitlines(keepends=True)
    at = next(place for place, line in enumerate(lines) if line.startswith("access-list"))
    texts = [f"access-list VPN extended {entry}\n" for entry in first.splitlines()]
    texts += [f"access-list VPN2 extended {entry}\n" for entry in second.splitlines()]
    lines[at : at + 1] = texts
    return "".join(lines) + (SECOND_ENTRY if second else "")


def spelled(one: Wanted) -> str:
    """A selector and the sequence of its entry, or `clear`."""
    return f"{one.selector} {one.tunnel.sequence if one.tunnel is not None else 'clear'}"


NET_1, NET_2 = "192.168.1.0 255.255.255.0", "192.168.2.0 255.255.255.0"


def test_a_permit_is_a_selector_on_the_interface_of_its_map() -> None:
    [one] = wanted(CONFIGURATION)
    assert one.selector == Selector(IPv4Network("192.168.1.0/24"), IPv4Network("192.168.2.0/24"), link=3)
    assert one.entry is not None
    assert one.entry.peers == (IPv4Address("10.0.0.2"),)


def test_protocols_and_ports_are_part_of_a_selector() -> None:
    [one] = wanted(with_lists(f"permit tcp {NET_1} {NET_2} eq 443"))
    assert (one.selector.protocol, one.selector.source_port, one.selector.destination_port) == (6, 0, 443)


def test_a_deny_comes_before_the_permits_that_follow_it() -> None:
    text = with_lists(f"deny ip host 192.168.1.9 {NET_2}\npermit ip {NET_1} {NET_2}")
    assert [spelled(one) for one in wanted(text)] == [
        "192.168.1.9/32 to 192.168.2.0/24 clear",
        "192.168.1.0/24 to 192.168.2.0/24 10",
    ]


def test_what_a_deny_sends_on_to_a_later_entry_goes_into_that_entry_s_tunnel() -> None:
    text = with_lists(
        f"deny ip host 192.168.1.9 {NET_2}\npermit ip {NET_1} {NET_2}",
        "deny ip host 192.168.1.9 host 192.168.2.7\npermit ip host 192.168.1.9 192.168.2.0 255.255.255.128",
    )
    assert [spelled(one) for one in wanted(text)] == [
        "192.168.1.9/32 to 192.168.2.7/32 clear",
        "192.168.1.9/32 to 192.168.2.0/25 20",
        "192.168.1.9/32 to 192.168.2.0/24 clear",
        "192.168.1.0/24 to 192.168.2.0/24 10",
    ]
    into_second = wanted(text)[1]
    assert into_second.tunnel is not None
    assert str(into_second.tunnel.proxies.remote.last) == "192.168.2.127"


def test_entries_come_in_the_order_of_their_numbers() -> None:
    text = with_lists(f"permit ip {NET_1} 192.168.0.0 255.255.0.0", f"permit ip {NET_1} {NET_2}")
    found = [spelled(one) for one in wanted(text.replace("MAP 20", "MAP 5"))]
    assert found == ["192.168.1.0/24 to 192.168.2.0/24 5", "192.168.1.0/24 to 192.168.0.0/16 10"]


def test_a_range_that_is_no_network_is_several_selectors_of_one_tunnel() -> None:
    objects = "object network RANGE\n range 192.168.2.1 192.168.2.6\n"
    text = objects + with_lists(f"permit ip {NET_1} object RANGE")
    found = wanted(text)
    assert [str(one.selector.destination) for one in found] == [
        "192.168.2.1/32",
        "192.168.2.2/31",
        "192.168.2.4/31",
        "192.168.2.6/32",
    ]
    assert len({one.tunnel for one in found}) == 1


def test_more_selectors_than_the_kernel_may_be_asked_to_look_at_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_SELECTORS", 1)
    with pytest.raises(InputError, match="user space data plane"):
        wanted(with_lists(f"permit tcp {NET_1} {NET_2}\npermit udp {NET_1} {NET_2}"))


def needs(text: str) -> list[str]:
    configuration = read(text, "a.cfg")
    return [str(need) for need in needs_of(configuration, ike_settings(configuration, None))]


def line_of(text: str, wanted: str) -> int:
    return text.splitlines().index(wanted) + 1


def test_an_ordinary_tunnel_needs_nothing_that_the_kernel_does_not_do() -> None:
    assert needs(CONFIGURATION) == []


EXEMPT = """\
object network LOCAL
 subnet 192.168.1.0 255.255.255.0
object network REMOTE
 subnet 192.168.2.0 255.255.255.0
nat (inside,outside) source static LOCAL LOCAL destination static REMOTE REMOTE
"""
PAT = "nat (inside,outside) source dynamic any interface\n"


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (PAT, "addresses of protected traffic are translated"),
        ("crypto ipsec df-bit set-df outside\n", "the DF bit is set"),
        ("crypto ipsec fragmentation before-encryption outside\n", "packets are fragmented before encryption"),
        ("sysopt connection tcpmss 1300\n", "the segment size of TCP is lowered"),
        ("no sysopt connection permit-vpn\n", "traffic out of tunnels is subject to the access lists of interfaces"),
    ],
)
def test_a_statement_that_the_kernel_cannot_honour_is_named_with_its_line(more: str, what: str) -> None:
    text = CONFIGURATION + more
    statement = more.strip()
    assert needs(text) == [f"{what}: a.cfg:{line_of(text, statement)} {statement}"]


def test_a_rule_that_leaves_the_addresses_as_they_are_hides_the_rules_behind_it() -> None:
    assert needs(CONFIGURATION + EXEMPT + PAT) == []
    assert needs(CONFIGURATION + PAT + EXEMPT) != []


def test_a_rule_for_other_networks_is_no_need() -> None:
    other = "object network DMZ\n subnet 172.16.0.0 255.255.0.0\nnat (inside,outside) source dynamic DMZ interface\n"
    assert needs(CONFIGURATION + other) == []


DYNAMIC = "crypto dynamic-map DYN 5 set ikev1 transform-set TRANSFORM\ncrypto map MAP 99 ipsec-isakmp dynamic DYN\n"


def test_under_a_dynamic_map_every_network_may_be_protected() -> None:
    assert needs(CONFIGURATION + DYNAMIC) == []
    [need] = needs(CONFIGURATION + EXEMPT + PAT + DYNAMIC)
    assert need.startswith("addresses of protected traffic are translated: ")
    entries = f"access-list IN extended permit ip {NET_1} any\naccess-group IN in interface inside\n"
    assert needs(CONFIGURATION + entries) == []
    [need] = needs(CONFIGURATION + entries + DYNAMIC)
    assert need.startswith("an access list restricts what goes into a tunnel: ")


def test_a_vpn_filter_is_named_with_the_line_that_gives_it_to_the_group() -> None:
    text = CONFIGURATION + (
        "access-list FILTER extended permit ip any any\ngroup-policy GP internal\ngroup-policy GP attributes\n"
        " vpn-filter value FILTER\ntunnel-group 10.0.0.2 general-attributes\n default-group-policy GP\n"
    )
    [need] = needs(text)
    assert (
        need
        == f"a vpn-filter holds for a tunnel: a.cfg:{line_of(text, ' vpn-filter value FILTER')} vpn-filter value FILTER"
    )


def test_an_access_list_on_the_inside_is_a_need_where_it_does_not_let_all_of_the_tunnel_pass() -> None:
    group = "access-group IN in interface inside\n"
    assert needs(CONFIGURATION + "access-list IN extended permit ip any any\n" + group) == []
    assert needs(CONFIGURATION + f"access-list IN extended permit ip {NET_1} {NET_2}\n" + group) == []
    for entries in (
        "access-list IN extended permit tcp any any\n",
        "access-list IN extended deny ip any host 192.168.2.9\naccess-list IN extended permit ip any any\n",
        "access-list IN extended permit ip 192.168.1.0 255.255.255.128 any\n",
    ):
        [need] = needs(CONFIGURATION + entries + group)
        assert need.startswith("an access list restricts what goes into a tunnel: a.cfg:")
