from ipaddress import IPv4Address

from device_configs import REFERENCE, configured

from mainmode.device.routing import Origin, RoutingTable, routes_of, unbound

REMOTE = IPv4Address("192.168.2.10")


def table(text: str) -> RoutingTable:
    return RoutingTable(routes_of(configured(text)))


def test_a_connected_network_is_reached_on_its_link() -> None:
    hop = table(REFERENCE).hop(IPv4Address("10.0.0.2"))
    assert hop is not None
    assert (hop.interface, hop.address, hop.route.origin) == ("outside", IPv4Address("10.0.0.2"), Origin.CONNECTED)


def test_reverse_route_leads_to_the_remote_proxy_by_way_of_the_peer() -> None:
    hop = table(REFERENCE).hop(REMOTE)
    assert hop is not None
    assert (hop.interface, hop.address, hop.route.origin) == ("outside", IPv4Address("10.0.0.2"), Origin.REVERSE)
    assert [str(source).split(" ", 1)[1] for source in hop.route.sources] == [
        "crypto map MAP 10 set reverse-route",
        "access-list VPN extended permit tcp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0",
        "crypto map MAP 10 set peer 10.0.0.2",
        "crypto map MAP interface outside",
    ]


def test_without_reverse_route_there_is_no_way_to_the_remote_side() -> None:
    assert table(REFERENCE.replace("crypto map MAP 10 set reverse-route\n", "")).hop(REMOTE) is None


def test_an_unbound_map_puts_no_route_in_and_is_named_as_the_reason() -> None:
    configuration = configured(REFERENCE.replace("crypto map MAP interface outside\n", ""))
    routes = RoutingTable(routes_of(configuration))
    assert routes.hop(REMOTE) is None
    assert unbound(configuration, IPv4Address("172.16.0.1")) == ()
    assert str(unbound(configuration, REMOTE)[-1]) == "asa1.cfg: (absent) crypto map MAP interface outside"


def test_the_longest_prefix_wins_then_the_smaller_distance() -> None:
    routes = table(
        REFERENCE
        + "route outside 0.0.0.0 0.0.0.0 10.0.0.254 1\n"
        + "route outside 172.16.0.0 255.240.0.0 10.0.0.7 20\n"
        + "route outside 172.16.0.0 255.240.0.0 10.0.0.8 10\n"
        + "route outside 172.16.9.0 255.255.255.0 10.0.0.9 200\n"
    )
    ways = [
        routes.hop(IPv4Address(text)) for text in ("8.8.8.8", "172.16.1.1", "172.16.9.1", "192.168.2.1", "192.168.1.9")
    ]
    assert [str(way.address) for way in ways if way is not None] == [
        "10.0.0.254",
        "10.0.0.8",
        "10.0.0.9",
        "10.0.0.2",
        "192.168.1.9",
    ]


def test_a_gateway_behind_a_gateway_is_followed_to_the_link() -> None:
    routes = table(REFERENCE.replace("set peer 10.0.0.2", "set peer 203.0.113.9") + "route outside 0 0 10.0.0.254\n")
    hop = routes.hop(REMOTE)
    assert hop is not None
    assert (hop.route.gateway, hop.address) == (IPv4Address("203.0.113.9"), IPv4Address("10.0.0.254"))


def test_gateways_that_point_at_each_other_lead_nowhere() -> None:
    routes = table(
        REFERENCE
        + "route outside 198.51.100.0 255.255.255.0 203.0.113.1\n"
        + "route outside 203.0.113.0 255.255.255.0 198.51.100.1\n"
    )
    assert routes.hop(IPv4Address("198.51.100.7")) is None


def test_an_interface_that_is_shut_down_has_no_connected_network() -> None:
    down = REFERENCE.replace(" ip address 10.0.0.1", " shutdown\n ip address 10.0.0.1")
    assert table(down).hop(IPv4Address("10.0.0.2")) is None
