"""By which of the host's links packets of a network must not come, and the host's rules by which those vanish.

Neither the device of user space nor a policy of the kernel shows by which link a packet came: it is taken for one that
came to the interface behind which its source is. So the host has to refuse what came by another one of the box's
interfaces, or a stranger outside could send into a tunnel from an inside address.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network

from mainmode.device.routing import Route
from mainmode.gateway.netlink.host import EVERYWHERE, HostNetwork
from mainmode.gateway.netlink.objects import HostRoute, RouteKind, Rule

NOWHERE = 0x4D4E
"""The table of packets that came by a wrong link: they vanish."""
LOST = HostRoute(EVERYWHERE, table=NOWHERE, kind=RouteKind.BLACKHOLE)
WRONG_LINK = 0x4D4F
"""The priority of the rules that look it up."""

_MOST_REMEMBERED = 1024

Barred = Callable[[IPv4Network], Iterable[str]]
"""The links by which no packet with a source in this network may come."""


def behind(network: IPv4Network, routes: Sequence[Route]) -> set[str]:
    """The nameifs behind which some address of the network may be."""
    around: list[Route] = []
    found = set()
    for route in routes:
        if route.tunneled:
            continue
        if route.network.subnet_of(network):
            found.add(route.interface)
        elif network.subnet_of(route.network):
            around.append(route)
    longest = max((route.network.prefixlen for route in around), default=0)
    if not any(route.network == network and not route.tunneled for route in routes):
        found |= {route.interface for route in around if route.network.prefixlen == longest}
    return found


def barred(network: IPv4Network, routes: Sequence[Route], links: Mapping[str, str]) -> tuple[str, ...]:
    """The links, of those of the nameifs, by which no packet with a source in this network may come.

    None are where no route leads to the network: nothing is known of it then.
    """
    nameifs = behind(network, routes)
    if not nameifs:
        return ()
    allowed = {link for nameif, link in links.items() if nameif in nameifs}
    return tuple(sorted(set(links.values()) - allowed))


def bars(routes: Sequence[Route], links: Mapping[str, str]) -> Barred:
    """Which links are barred where these routes lead to the nameifs. Of each network the routes are looked at once:
    many tunnels have the same one here.
    """
    return lru_cache(_MOST_REMEMBERED)(lambda network: barred(network, routes, links))


def wrong_link_rules(outbound: Rule, barred: Barred) -> list[Rule]:
    """What `outbound` says of packets into a tunnel, for those that come by a link by which they must not."""
    links = barred(outbound.source or EVERYWHERE)
    return [replace(outbound, priority=WRONG_LINK, table=NOWHERE, ingress=link) for link in links]


def links_of(network: HostNetwork, nameifs: Mapping[IPv4Address, str]) -> dict[str, str]:
    """The host's link of each nameif, by its address. Raises NetlinkError."""
    names = {link.index: link.name for link in network.links()}
    places = ((nameifs.get(one.address), names.get(one.link)) for one in network.addresses())
    return {nameif: name for nameif, name in places if nameif is not None and name is not None}
