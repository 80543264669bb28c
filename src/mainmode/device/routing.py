"""Routes: connected networks, `route` lines, and those that `set reverse-route` puts in for a remote side."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, summarize_address_range

from mainmode.base.provenance import Source
from mainmode.device.addresses import AddressBook
from mainmode.device.config.model import Configuration, CryptoMapEntry
from mainmode.device.settings import unbound_maps

_DEEPEST_GATEWAY = 4
"""How many gateways that are themselves behind a gateway are followed."""


class Origin(Enum):
    """Where a route comes from; the value is the letter that `show route` prints."""

    CONNECTED = "C"
    STATIC = "S"
    REVERSE = "V"


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `gateway` is None for a connected network; `metric` is the administrative distance."""

    network: IPv4Network
    interface: str
    gateway: IPv4Address | None
    origin: Origin
    metric: int
    sources: tuple[Source, ...]

    def __str__(self) -> str:
        via = "connected" if self.gateway is None else f"via {self.gateway}"
        return f"{self.network.network_address} {self.network.netmask} {via}, {self.interface}"


@dataclass(frozen=True, slots=True)
class Hop:
    """Where a packet goes next: the interface, the neighbour on its link, and the route that says so."""

    interface: str
    address: IPv4Address
    route: Route


class RoutingTable:
    """Longest prefix first, then the smaller distance, then the order of configuration."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(sorted(routes, key=lambda route: (-route.network.prefixlen, route.metric)))
        self._tables: dict[int, dict[int, Route]] = {}
        for route in self.routes:
            table = self._tables.setdefault(int(route.network.netmask), {})
            table.setdefault(int(route.network.network_address), route)

    def lookup(self, destination: IPv4Address) -> Route | None:
        """The best route to `destination`."""
        number = int(destination)
        for mask, table in self._tables.items():
            route = table.get(number & mask)
            if route is not None:
                return route
        return None

    def hop(self, destination: IPv4Address) -> Hop | None:
        """Where a packet to `destination` goes next; None where no route or no link leads there."""
        route = self.lookup(destination)
        if route is None:
            return None
        neighbour = destination
        behind: Route | None = route
        for _ in range(_DEEPEST_GATEWAY):
            if behind is None:
                return None
            if behind.gateway is None:
                return Hop(route.interface, neighbour, route) if behind.interface == route.interface else None
            neighbour = behind.gateway
            behind = self.lookup(neighbour)
        return None


def routes_of(configuration: Configuration) -> list[Route]:
    """All routes of a configuration: connected, static, and reverse ones of crypto maps that are bound."""
    routes = [*_connected(configuration), *_static(configuration)]
    for crypto_map in configuration.crypto_maps.values():
        for bound in crypto_map.interfaces:
            for entry in crypto_map.entries:
                routes += _reverse(configuration, entry, bound.value, bound.source)
    return routes


def unbound(configuration: Configuration, destination: IPv4Address) -> tuple[Source, ...]:
    """Why a reverse route to `destination` is not there: the entry whose map is bound to no interface.

    The last source is the line that is missing; empty where no entry would put such a route in.
    """
    for name, missing in unbound_maps(configuration).items():
        for entry in configuration.crypto_maps[name].entries:
            for route in _reverse(configuration, entry, "", missing):
                if destination in route.network:
                    return route.sources
    return ()


def _connected(configuration: Configuration) -> Iterator[Route]:
    for interface in configuration.interfaces:
        address = interface.address
        if interface.nameif is None or address is None or interface.shutdown.value:
            continue
        network = IPv4Network(f"{address.value.address}/{address.value.mask}", strict=False)
        sources = (address.source, interface.nameif.source)
        yield Route(network, interface.nameif.value, None, Origin.CONNECTED, 0, sources)


def _static(configuration: Configuration) -> Iterator[Route]:
    for line in configuration.routes:
        network = IPv4Network(f"{line.network}/{line.mask}", strict=False)
        yield Route(network, line.interface, line.gateway, Origin.STATIC, line.distance, (line.source,))


def _reverse(configuration: Configuration, entry: CryptoMapEntry, interface: str, binding: Source) -> Iterator[Route]:
    """The routes of one entry: to the remote side of each permit line of its list, by way of the peer."""
    if not (entry.complete and entry.reverse_route.value and entry.acl and entry.peers):
        return
    access_list = configuration.access_lists.get(entry.acl.value)
    book = AddressBook(configuration)
    for ace in access_list.aces if access_list is not None else ():
        for one in book.of(ace.destination_address) if ace.permit else ():
            sources = (entry.reverse_route.source, ace.source, entry.peers.source, binding)
            for network in summarize_address_range(one.first, one.last):
                yield Route(network, interface, entry.peers.value[0], Origin.REVERSE, 1, sources)
