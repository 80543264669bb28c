"""By which of the host's links packets of a network must not come: a device does not show where its packets came in.

The box takes a packet for one that came to the interface behind which its source is. So the host has to refuse what
came by another one of the box's interfaces, or a stranger outside could send into a tunnel from an inside address.
"""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network

from mainmode.device.routing import Route


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
