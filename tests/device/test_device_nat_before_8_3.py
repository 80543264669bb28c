"""Address translation as 7.x and 8.2 write it: what is exempt, what is static, which pool a host meets."""

from ipaddress import IPv4Address

import pytest
from device_configs import configured
from device_net import Net
from device_pair import echo
from test_device_nat import translated

from mainmode.base.errors import Drop
from mainmode.device.nat_sections import rules_of

INTERFACES = """\
interface Ethernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.1 255.255.255.0
interface Ethernet0/1
 nameif inside
 security-level 100
 ip address 10.1.1.1 255.255.255.0
route outside 0.0.0.0 0.0.0.0 203.0.113.254
"""
RULES = """\
access-list NONAT extended permit ip 10.1.1.0 255.255.255.0 10.2.0.0 255.255.0.0
access-list PARTNER extended permit tcp 10.1.1.0 255.255.255.0 192.0.2.0 255.255.255.0
global (outside) 1 interface
global (outside) 2 203.0.113.20-203.0.113.21 netmask 255.255.255.0
global (outside) 3 203.0.113.30
nat (inside) 0 access-list NONAT
nat (inside) 3 access-list PARTNER
nat (inside) 2 10.1.1.128 255.255.255.128
nat (inside) 1 0.0.0.0 0.0.0.0
static (inside,outside) 203.0.113.7 10.1.1.7 netmask 255.255.255.255
static (inside,outside) tcp interface smtp 10.1.1.25 2525 netmask 255.255.255.255
"""


@pytest.mark.parametrize(
    ("source", "destination", "protocol", "becomes", "line"),
    [
        ("10.1.1.5", "10.2.3.4", 0, "10.1.1.5", "nat (inside) 0 access-list NONAT"),
        ("10.1.1.7", "10.2.3.4", 0, "10.1.1.7", "nat (inside) 0 access-list NONAT"),
        ("10.1.1.7", "8.8.8.8", 0, "203.0.113.7", "static (inside,outside) 203.0.113.7 10.1.1.7"),
        ("10.1.1.5", "192.0.2.9", 6, "203.0.113.30", "nat (inside) 3 access-list PARTNER"),
        ("10.1.1.5", "192.0.2.9", 17, "203.0.113.1", "nat (inside) 1 0.0.0.0 0.0.0.0"),
        ("10.1.1.200", "8.8.8.8", 0, "203.0.113.20", "nat (inside) 2 10.1.1.128 255.255.255.128"),
        ("10.1.1.5", "8.8.8.8", 0, "203.0.113.1", "nat (inside) 1 0.0.0.0 0.0.0.0"),
    ],
)
def test_the_first_kind_of_rule_that_fits_translates(
    source: str, destination: str, protocol: int, becomes: str, line: str
) -> None:
    found = translated(INTERFACES + RULES, "inside", source, destination, protocol)
    assert str(found.source) == becomes
    assert line in found.lines[-1]


def test_what_is_exempt_is_so_in_both_directions() -> None:
    found = translated(INTERFACES + RULES, "outside", "10.2.3.4", "10.1.1.5")
    assert (str(found.source), str(found.destination), found.asymmetric) == ("10.2.3.4", "10.1.1.5", None)


def test_a_static_port_leads_inside() -> None:
    found = translated(INTERFACES + RULES, "outside", "192.0.2.77", "203.0.113.1", 6, (40000, 25))
    assert (str(found.destination), found.ports) == ("10.1.1.25", (40000, 2525))


def test_hosts_of_nat_0_keep_their_addresses() -> None:
    text = f"{INTERFACES}global (outside) 1 interface\nnat (inside) 1 0.0.0.0 0.0.0.0\n"
    text += "nat (inside) 0 10.1.1.0 255.255.255.0\n"
    assert str(translated(text, "inside", "10.1.1.5", "8.8.8.8").source) == "10.1.1.5"


def test_a_pool_on_no_interface_and_a_lost_access_list_give_no_rule() -> None:
    text = f"{INTERFACES}nat (inside) 4 0.0.0.0 0.0.0.0\nnat (inside) 0 access-list LOST\n"
    found = configured(text)
    assert rules_of(found) == ()
    assert any("LOST" in one.wording for one in found.problems)


@pytest.mark.parametrize(("line", "passes"), [("", True), ("nat-control\n", False)])
def test_nat_control_lets_nothing_pass_that_no_rule_is_about(line: str, passes: bool) -> None:
    net = Net({"a": f"{INTERFACES}{line}"})
    net.inject("a", "inside", echo(IPv4Address("10.1.1.5"), IPv4Address("8.8.8.8")))
    assert [one.reason for one in net.dropped("a")] == ([] if passes else [Drop.NO_TRANSLATION])
