"""`show route`.

8.x names a reverse route `S`, as it does one that was typed in; 9.x names it `V`, has a local route for each own
address, and pads the letter to nine columns (ntc-templates fixtures `show_route` and `show_route_vpn`). The header of
8.x and the order of the lines are from the command reference, recalled.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network

from mainmode.device.config.model import Configuration, Release
from mainmode.device.routing import Origin, Route
from mainmode.device.show.layout import text
from mainmode.device.show.standing import Standing

_CODES = {
    Release.OLD: (
        "",
        "Codes: C - connected, S - static, I - IGRP, R - RIP, M - mobile, B - BGP",
        "       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area ",
        "       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2",
        "       E1 - OSPF external type 1, E2 - OSPF external type 2, E - EGP",
        "       i - IS-IS, L1 - IS-IS level-1, L2 - IS-IS level-2, ia - IS-IS inter area",
        "       * - candidate default, U - per-user static route, o - ODR",
        "       P - periodic downloaded static route",
        "",
    ),
    Release.NEW: (
        "",
        "Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP",
        "       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area ",
        "       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2",
        "       E1 - OSPF external type 1, E2 - OSPF external type 2, V - VPN",
        "       i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS level-2",
        "       ia - IS-IS inter area, * - candidate default, U - per-user static route",
        "       o - ODR, P - periodic downloaded static route, + - replicated route",
    ),
}
_EVERYWHERE = IPv4Network("0.0.0.0/0")
_WIDTH = {Release.OLD: 5, Release.NEW: 9}


def route_table(standing: Standing, interface: str | None = None) -> str:
    """The whole output; with `interface` the routes by that nameif only."""
    release = standing.release
    default = next((route for route in standing.routes if route.network == _EVERYWHERE), None)
    gateway = "not set"
    if default is not None and default.gateway is not None:
        gateway = f"{default.gateway} to network 0.0.0.0"
    lines = [(_order(route), _line(route, standing)) for route in standing.routes]
    if release is Release.NEW:
        lines += _local_lines(standing.configuration)
    shown = [line for _, line in sorted(set(lines)) if interface is None or line.endswith(f", {interface}")]
    return text([*_CODES[release], f"Gateway of last resort is {gateway}", "", *shown, ""])


def _order(route: Route) -> tuple[int, int, int]:
    return int(route.network.network_address), route.network.prefixlen, route.metric


def _line(route: Route, standing: Standing) -> str:
    release = standing.release
    letter = route.origin.value
    if route.origin is Origin.REVERSE and release is Release.OLD:
        letter = "S"
    if route.network == _EVERYWHERE:
        letter += "*"
    front = f"{letter:<{_WIDTH[release]}}{standing.shown(route.network.network_address)} {route.network.netmask}"
    if route.gateway is None:
        return f"{front} is directly connected, {route.interface}"
    if letter == "V":
        return f"{front} connected by VPN (advertised), {route.interface}"
    return f"{front} [{route.metric}/0] via {route.gateway}, {route.interface}"


def _local_lines(configuration: Configuration) -> Iterator[tuple[tuple[int, int, int], str]]:
    for interface in configuration.interfaces:
        if interface.nameif is None or interface.address is None or interface.shutdown.value:
            continue
        own = interface.address.value.address
        line = f"{'L':<9}{own} 255.255.255.255 is directly connected, {interface.nameif.value}"
        yield (int(own), 32, 0), line
