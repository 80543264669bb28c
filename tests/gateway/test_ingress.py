"""By which links packets of a local network must not come, by the routes of the box."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

import pytest

from mainmode.device.routing import Origin, Route
from mainmode.gateway.ingress import barred, bars

LINKS = {"outside": "eth0", "inside": "eth1", "dmz": "eth2"}


def route(network: str, interface: str, tunneled: bool = False) -> Route:
    return Route(IPv4Network(network), interface, IPv4Address("192.0.2.1"), Origin.STATIC, 1, (), tunneled)


DEFAULT, LAN = route("0.0.0.0/0", "outside"), route("192.168.1.0/24", "inside")


@pytest.mark.parametrize(
    ("network", "routes", "links"),
    [
        ("192.168.1.0/24", [LAN, DEFAULT], ("eth0", "eth2")),
        ("192.168.1.64/26", [LAN, DEFAULT], ("eth0", "eth2")),
        ("192.168.0.0/16", [LAN, DEFAULT], ("eth2",)),
        (
            "192.168.0.0/16",
            [LAN, route("192.168.2.0/24", "dmz"), route("192.168.0.0/16", "inside"), DEFAULT],
            ("eth0",),
        ),
        ("10.9.0.0/16", [LAN, DEFAULT], ("eth1", "eth2")),
        ("0.0.0.0/0", [LAN, DEFAULT], ("eth2",)),
        ("192.168.1.0/24", [LAN, DEFAULT, route("192.168.1.0/24", "dmz", tunneled=True)], ("eth0", "eth2")),
        ("192.168.1.0/24", [LAN, route("192.168.1.0/24", "dmz")], ("eth0",)),
        ("192.168.1.0/24", [], ()),
    ],
)
def test_links_behind_which_no_address_of_the_network_is_are_barred(
    network: str, routes: list[Route], links: tuple[str, ...]
) -> None:
    assert barred(IPv4Network(network), routes, LINKS) == links


def test_a_link_that_serves_two_interfaces_is_barred_by_none_of_them() -> None:
    assert barred(IPv4Network("192.168.1.0/24"), [LAN, DEFAULT], {"outside": "eth0", "inside": "eth0"}) == ()


def test_the_routes_are_looked_at_once_for_each_network() -> None:
    looks = 0

    class Looked(list[Route]):
        def __iter__(self) -> Iterator[Route]:
            nonlocal looks
            looks += 1
            return super().__iter__()

    ask = bars(Looked([LAN, DEFAULT]), LINKS)
    first = ask(IPv4Network("192.168.1.0/24"))
    after_one = looks
    assert ask(IPv4Network("192.168.1.0/24")) == first == ("eth0", "eth2")
    assert looks == after_one > 0
    assert ask(IPv4Network("10.9.0.0/16")) == ("eth1", "eth2")
    assert looks > after_one
