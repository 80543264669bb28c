"""Routes: connected networks, `route` lines, and those that `set reverse-route` puts in for a remote side."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, summarize_address_range

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.device.addresses import AddressBook
from mainmode.device.config.model import Configuration, CryptoMapEntry
from mainmode.device.settings import entry_of, unbound_maps
from mainmode.ipsec.dataplane import SaPair

_DEEPEST_GATEWAY = 4
"""How many gateways that are themselves behind a gateway are followed."""


class Origin(Enum):
    """Where a route comes from; the value is the letter that `show route` prints."""

    CONNECTED = "C"
    STATIC = "S"
    REVERSE = "V"


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `gateway` is None for a connected network; `metric` is the administrative distance.

    A `tunneled` one is for traffic that came out of a tunnel.
    """

    network: IPv4Network
    interface: str
    gateway: IPv4Address | None
    origin: Origin
    metric: int
    sources: tuple[Source, ...]
    tunneled: bool = False
    _text: str = field(init=False, repr=False, compare=False)
    """Written once: each packet that takes the route tells of it."""

    def __post_init__(self) -> None:
        via = "connected" if self.gateway is None else f"via {self.gateway}"
        text = f"{self.network.network_address} {self.network.netmask} {via}, {self.interface}"
        object.__setattr__(self, "_text", text)

    def __str__(self) -> str:
        return self._text


@dataclass(frozen=True, slots=True)
class Hop:
    """Where a packet goes next: the interface, the neighbour on its link, and the route that says so."""

    interface: str
    address: IPv4Address
    route: Route


class RoutingTable:
    """Longest prefix first, then the smaller distance, then the order of arrival. Routes may come and go."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._tables: dict[int, dict[int, tuple[Route, ...]]] = {}
        self._tunneled = tuple(route for route in routes if route.tunneled)
        for route in routes:
            if not route.tunneled:
                self._insert(route)
        self._owners: dict[Route, set[int]] = {}
        self._owned: dict[int, tuple[Route, ...]] = {}

    @classmethod
    def of(cls, configuration: Configuration) -> "RoutingTable":
        """The table of a device that starts with this configuration."""
        first = configuration.derived(_first_table)
        table = cls(())
        table._tables = {mask: dict(held) for mask, held in first._tables.items()}
        table._tunneled = first._tunneled
        return table

    @property
    def routes(self) -> tuple[Route, ...]:
        """All routes, the longest prefixes first; last those for traffic of tunnels."""
        held = (route for table in self._tables.values() for routes in table.values() for route in routes)
        return (*held, *self._tunneled)

    def put_in(self, owner: int, routes: Iterable[Route]) -> bool:
        """Routes that stand while `owner` (the inbound SPI of an SA) does; whether the table changed.

        A route of several owners stands once, until the last of them is gone.
        """
        owned = tuple(routes)
        changed = False
        for route in owned:
            owners = self._owners.setdefault(route, set())
            if not owners:
                self._insert(route)
                changed = True
            owners.add(owner)
        if owned:
            self._owned[owner] = owned
        return changed

    def take_out(self, owner: int) -> bool:
        """Forget what `owner` put in; whether the table changed."""
        changed = False
        for route in self._owned.pop(owner, ()):
            owners = self._owners[route]
            owners.discard(owner)
            if not owners:
                del self._owners[route]
                self._remove(route)
                changed = True
        return changed

    def lookup(self, destination: IPv4Address, interface: str | None = None) -> Route | None:
        """The best route to `destination`; with `interface`, the best of those that lead out there."""
        number = int(destination)
        for mask, table in self._tables.items():
            for route in table.get(number & mask, ()):
                if interface is None or route.interface == interface:
                    return route
        return None

    def hop(self, destination: IPv4Address, interface: str | None = None, *, tunnelled: bool = False) -> Hop | None:
        """Where a packet to `destination` goes next; None where no route or no link leads there.

        With `interface`, what address translation says of the way out stands, and routes only give the next hop.
        What came out of a tunnel takes the `tunneled` route where otherwise only a default route leads.
        """
        route = self.lookup(destination, interface)
        if tunnelled and self._tunneled and (route is None or not route.network.prefixlen):
            route = next((one for one in self._tunneled if interface in (None, one.interface)), route)
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

    def _insert(self, route: Route) -> None:
        mask, network = int(route.network.netmask), int(route.network.network_address)
        if mask not in self._tables:
            self._tables[mask] = {}
            self._tables = dict(sorted(self._tables.items(), reverse=True))
        held = (*self._tables[mask].get(network, ()), route)
        self._tables[mask][network] = tuple(sorted(held, key=lambda one: one.metric))

    def _remove(self, route: Route) -> None:
        mask, network = int(route.network.netmask), int(route.network.network_address)
        table = self._tables[mask]
        held = list(table[network])
        held.remove(route)
        table[network] = tuple(held)
        if not table[network]:
            del table[network]
        if not table:
            del self._tables[mask]


def _first_table(configuration: Configuration) -> RoutingTable:
    return RoutingTable(routes_of(configuration))


def routes_of(configuration: Configuration) -> list[Route]:
    """All routes of a configuration: connected, static, and the reverse ones that stand without an SA."""
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
        yield Route(network, line.interface, line.gateway, Origin.STATIC, line.distance, (line.source,), line.tunneled)


def _reverse(configuration: Configuration, entry: CryptoMapEntry, interface: str, binding: Source) -> Iterator[Route]:
    """The routes of one entry: to the remote side of each permit line of its list, by way of the peer."""
    if not (entry.complete and entry.reverse_route.value == "static" and entry.acl and entry.peers):
        return
    access_list = configuration.access_lists.get(entry.acl.value)
    book = AddressBook(configuration)
    for ace in access_list.aces if access_list is not None else ():
        for one in book.of(ace.destination_address) if ace.permit else ():
            sources = (entry.reverse_route.source, ace.source, entry.peers.source, binding)
            for network in summarize_address_range(one.first, one.last):
                yield Route(network, interface, entry.peers.value[0], Origin.REVERSE, 1, sources)


def routes_while(configuration: Configuration, pair: SaPair) -> tuple[Route, ...]:
    """The reverse routes that stand as long as a pair of SAs: of `reverse-route dynamic` and of dynamic maps."""
    found = entry_of(configuration, pair)
    if found is None or not found.reverse_route.value:
        return ()
    behind = configuration.dynamic_maps.get(pair.map_name)
    if found.reverse_route.value != "dynamic" and (behind is None or found not in behind.entries):
        return ()
    remote = pair.proxies.remote
    sources = (found.reverse_route.source, *pair.sources)
    return tuple(
        Route(network, pair.interface, pair.path.remote.address, Origin.REVERSE, 1, sources)
        for network in summarize_address_range(remote.first, remote.last)
    )
