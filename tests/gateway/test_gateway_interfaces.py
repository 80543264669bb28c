"""Which interface of the host is which of the configuration, and what happens to them while a gateway runs."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from gateway_boxes import CONFIGURATION

from mainmode.base.errors import InputError
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read
from mainmode.gateway.greeting import interface_lines, warnings
from mainmode.gateway.interfaces import place, read_mapping
from mainmode.gateway.links import differences
from mainmode.gateway.netlink.objects import Link, LinkAddress
from mainmode.gateway.reload import usable

LO = Link(1, "lo", 65536, True, True, True)
ETH0, ETH1 = Link(2, "eth0", 1500, True, True, False), Link(3, "eth1", 1500, True, True, False)
LINKS = [LO, ETH0, ETH1]
INSIDE = LinkAddress(2, IPv4Address("192.168.1.1"), 24)
OUTSIDE = LinkAddress(3, IPv4Address("10.0.0.1"), 24)
ELSEWHERE = LinkAddress(3, IPv4Address("203.0.113.9"), 28)


def configured(text: str = CONFIGURATION) -> Configuration:
    return read(text, "asa.cfg")


def test_interfaces_are_found_by_their_addresses() -> None:
    placed = place(configured(), LINKS, [INSIDE, OUTSIDE], {})
    assert [line for line, _ in interface_lines(placed)] == [
        "interface inside 192.168.1.1/24 is eth0, by its address",
        "interface outside 10.0.0.1/24 is eth1, by its address, IKE",
    ]
    assert placed.configuration == configured()


def test_a_mapped_interface_takes_the_hosts_address_and_says_where_it_is_from() -> None:
    placed = place(configured(), LINKS, [INSIDE, ELSEWHERE], {"outside": "eth1"})
    outside = placed.configuration.interface("outside")
    assert outside is not None
    assert outside.address is not None
    assert str(outside.address.value.address) == "203.0.113.9"
    assert str(outside.address.source) == "host interface eth1: (default) ip address 203.0.113.9 255.255.255.240"
    assert str(placed.on("outside")) == "interface outside 203.0.113.9/28 is eth1, as mapped"


def test_a_mapped_interface_keeps_the_configured_address_where_the_host_has_it_too() -> None:
    placed = place(configured(), LINKS, [INSIDE, ELSEWHERE, OUTSIDE], {"outside": "eth1"})
    assert placed.configuration == configured()


def test_an_interface_without_a_configured_address_takes_the_hosts() -> None:
    text = CONFIGURATION.replace(" ip address 10.0.0.1 255.255.255.0\n", "")
    unplaced = place(configured(text), LINKS, [INSIDE, OUTSIDE], {})
    assert str(unplaced.on("outside")) == (
        "interface outside: no address is configured; give it one, or map it: --map outside=IFNAME"
    )
    placed = place(configured(text), LINKS, [INSIDE, OUTSIDE], {"outside": "eth1"})
    assert str(placed.on("outside")) == "interface outside 10.0.0.1/24 is eth1, as mapped"


def test_an_interface_that_the_host_has_not_says_what_to_do() -> None:
    placed = place(configured(), LINKS, [INSIDE], {})
    [(line, there)] = [(line, there) for line, there in interface_lines(placed) if "outside" in line]
    assert not there
    assert line == (
        "interface outside 10.0.0.1/24: the host has no such address; add it (ip address add), or map it: "
        "--map outside=IFNAME"
    )
    mapped = place(configured(), LINKS, [INSIDE], {"outside": "eth1"})
    assert str(mapped.on("outside")) == "interface outside 10.0.0.1/24: the host has no eth1 with an IPv4 address"


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"dmz": "eth1"}, "--map dmz=eth1: asa.cfg has no interface dmz; it has: inside, outside"),
        ({"outside": "eth9"}, "--map outside=eth9: this host has no interface eth9; it has: lo, eth0, eth1"),
        ({"outside": "eth0"}, "interface inside and interface outside are both 192.168.1.1 on eth0"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_with_what_there_is(mapping: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as refused:
        place(configured(), LINKS, [INSIDE, OUTSIDE], mapping)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("text", ["outside", "=eth0", "outside=", "", "="])
def test_a_mapping_is_a_name_an_equals_sign_and_a_name(text: str) -> None:
    with pytest.raises(InputError, match="say NAMEIF=IFNAME"):
        read_mapping([text])


def test_a_mapping_stands_once_for_an_interface() -> None:
    assert read_mapping(["outside=eth0", "inside=a=b"]) == {"outside": "eth0", "inside": "a=b"}
    with pytest.raises(InputError, match="mapped to eth0 already"):
        read_mapping(["outside=eth0", "outside=eth1"])


def test_a_link_that_carries_less_than_configured_decides_the_mtu() -> None:
    small = replace(ETH1, mtu=1400)
    mtu = place(configured(), [LO, ETH0, small], [INSIDE, OUTSIDE], {}).configuration.mtus["outside"]
    assert (mtu.value, str(mtu.source)) == (1400, "host interface eth1: (default) mtu outside 1400")
    large = replace(ETH1, mtu=9000)
    assert place(configured(), [LO, ETH0, large], [INSIDE, OUTSIDE], {}).configuration.mtus["outside"].value == 1500


def test_a_shut_down_interface_is_not_looked_for() -> None:
    text = CONFIGURATION.replace(" nameif inside\n", " nameif inside\n shutdown\n")
    assert [one.nameif for one in place(configured(text), LINKS, [OUTSIDE], {}).places] == ["outside"]


def test_what_changes_on_the_host_is_told_by_interface() -> None:
    both, gone, moved = (
        place(configured(), LINKS, addresses, {}, patient=True).places
        for addresses in ([INSIDE, OUTSIDE], [INSIDE], [INSIDE, replace(OUTSIDE, link=2)])
    )
    assert differences(both, gone) == ["interface outside: eth1 with 10.0.0.1 is gone; its tunnels wait for it"]
    assert differences(gone, both) == ["interface outside 10.0.0.1/24 is eth1, by its address: it is there again"]
    assert differences(both, moved) == [
        "interface outside 10.0.0.1/24 is eth0, by its address (it was eth1 with 10.0.0.1)"
    ]
    assert differences(both, both) == []


def test_a_mapped_link_that_vanished_may_come_back() -> None:
    placed = place(configured(), [LO, ETH0], [INSIDE], {"outside": "eth1"}, patient=True)
    found = placed.on("outside")
    assert found is not None
    assert found.index is None


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("crypto ikev1 enable outside\n", "no interface runs IKE; the line is `crypto ikev1 enable outside`"),
        ("crypto map MAP interface outside\n", "the line is `crypto map MAP interface outside`"),
    ],
)
def test_a_configuration_that_can_have_no_tunnel_is_refused_with_the_missing_line(gone: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        usable(place(configured(CONFIGURATION.replace(gone, "")), LINKS, [INSIDE, OUTSIDE], {}))
    assert said in str(refused.value)


def test_a_hidden_key_is_warned_of() -> None:
    assert list(warnings(configured())) == []
    [line] = warnings(configured(CONFIGURATION.replace("correct-horse-battery", "*****")))
    assert line.startswith("asa.cfg: the pre-shared key of tunnel-group 10.0.0.2 is hidden (*****)")
