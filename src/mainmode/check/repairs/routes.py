"""Repairs of routes: one that is missing, one that leads the wrong way, one whose gateway is on no link."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, summarize_address_range

from mainmode.base.provenance import Statement
from mainmode.check.repairs.declaration import Case, Change, Repair
from mainmode.check.repairs.tunnels import candidates, head
from mainmode.check.repairs.ways import Through, end_of, throughs
from mainmode.device.config.model import AddressRange, Configuration, Route
from mainmode.device.routing import RoutingTable
from mainmode.explain.finding import Safety
from mainmode.lab.facing import ends
from mainmode.ladder.transcript import Side

_MOST_INSIDES = 3
_MOST_ENTRIES = 2


def _to_peer(case: Case) -> Iterator[Change]:
    """A default route where the other device cannot be reached."""
    for side in Side:
        configuration, interface = case.of(side), case.end(side).interface
        table = RoutingTable.of(configuration)
        hop = table.hop(case.peer(side))
        if hop is not None and hop.interface == interface:
            continue
        gateway = _gateway(configuration, interface)
        if gateway is None:
            continue
        useless = [
            one for one in configuration.routes if table.lookup(case.peer(side)) and _holds(one, case.peer(side))
        ]
        removals = tuple(f"no {text}" for one in useless if (text := _text(one)))
        for what, network in (
            ("a default route", "0.0.0.0 0.0.0.0"),
            ("a route", f"{case.peer(side)} 255.255.255.255"),
        ):
            for removed in dict.fromkeys((removals, ())):
                yield _typed(
                    side, f"gives {case.subject.names[side]} {what} to {case.subject.names[side.other]}",
                    (f"route {interface} {network}",), gateway, removed,
                )  # fmt: skip


class _Gateway:
    """The next router by an interface: `address` is what the model takes, `known` whether the file tells it."""

    def __init__(self, address: IPv4Address, *, known: bool) -> None:
        self.address, self.known = address, known


def _gateway(configuration: Configuration, interface: str) -> _Gateway | None:
    """The router behind an interface: that of its other routes, else an address on its link; None without a link."""
    end = end_of(configuration, interface)
    if end is None or end.network.prefixlen > 30:
        known = [route.gateway for route in configuration.routes if route.interface == interface]
        return _Gateway(known[0], known=True) if known and end is not None and known[0] in end.network else None
    for route in configuration.routes:
        if route.interface == interface and route.gateway in end.network and route.gateway != end.address:
            return _Gateway(route.gateway, known=True)
    first = end.network.network_address + 1
    return _Gateway(first if first != end.address else first + 1, known=False)


def _typed(
    side: Side, about: str, commands: tuple[str, ...], gateway: _Gateway, before: tuple[str, ...] = ()
) -> Change:
    """Routes; a gateway that no file tells is shown as `<gateway>`, and the model takes one."""
    shown = str(gateway.address) if gateway.known else "<gateway>"
    note = "" if gateway.known else f"the next router stands in no file: the model took {gateway.address}"
    lines = *before, *(f"{command} {shown}" for command in commands)
    typed = *before, *(f"{command} {gateway.address}" for command in commands)
    return Change(side, about, lines, Safety.DISRUPTIVE if before else Safety.SAFE, note, typed)


def _holds(route: Route, address: IPv4Address) -> bool:
    return address in IPv4Network(f"{route.network}/{route.mask}", strict=False)


def _text(route: Route) -> str:
    """A route line as it is typed; `no route` needs no distance."""
    if not isinstance(route.source, Statement):
        return ""
    return route.source.text.strip()


def _to_networks(case: Case) -> Iterator[Change]:
    """Routes to the networks behind the other device, with or without the one that leads elsewhere."""
    for side in Side:
        configuration = case.of(side)
        table = RoutingTable.of(configuration)
        lost = [way for way in throughs(case, side) if not _leads_out(table, way)]
        if not lost:
            continue
        wrong = tuple(dict.fromkeys(text for way in lost for text in _wrong(configuration, table, way)))
        if wrong:
            safety = Safety.WIDE if _needed(configuration, table, lost) else Safety.SAFE
            note = "whatever else took this route goes another way then"
            yield Change(side, "takes the route away that leads the traffic elsewhere", wrong, safety, note)
        networks = list(dict.fromkeys(network for way in lost for network in _networks(way.far)))
        yield from _outwards(case, side, networks, wrong)
        yield from _reversed(case, side)


def _leads_out(table: RoutingTable, way: Through) -> bool:
    hop = table.hop(way.flow.destination)
    return hop is not None and hop.interface == way.outside


def _wrong(configuration: Configuration, table: RoutingTable, way: Through) -> Iterator[str]:
    """What takes away the route line that leads a row elsewhere."""
    held = table.lookup(way.flow.destination)
    for one in configuration.routes:
        if held is not None and one.source in held.sources and (text := _text(one)):
            yield f"no {text}"


def _needed(configuration: Configuration, table: RoutingTable, lost: list[Through]) -> bool:
    """Whether a route that leads rows elsewhere leads to networks of the device's own as well: a wide one inside."""
    own = [end.address for end in ends(configuration)] + [way.flow.source for way in lost]
    held = [table.lookup(way.flow.destination) for way in lost]
    return any(route is not None and any(address in route.network for address in own) for route in held)


def _outwards(case: Case, side: Side, networks: list[IPv4Network], wrong: tuple[str, ...]) -> Iterator[Change]:
    """Route lines out by the interface that faces the other device."""
    configuration, interface = case.of(side), case.end(side).interface
    to_peer = RoutingTable.of(configuration).hop(case.peer(side))
    gateway = _Gateway(to_peer.address, known=True) if to_peer is not None and to_peer.interface == interface else None
    gateway = gateway or _gateway(configuration, interface)
    if gateway is None or not networks:
        return
    commands = tuple(f"route {interface} {one.network_address} {one.netmask}" for one in networks)
    about = f"sends traffic for {case.subject.names[side.other]} out by {interface}"
    for removed in dict.fromkeys(((), wrong)):
        yield _typed(side, about, commands, gateway, removed)


def _reversed(case: Case, side: Side) -> Iterator[Change]:
    """The entry puts in a route to the networks of its access list itself."""
    for entry in candidates(case, side)[:_MOST_ENTRIES]:
        if entry.reverse_route.value is None and entry.dynamic is None:
            name = head(case.of(side), entry)
            about = f"lets {name} put in a route to the networks of its access list"
            yield Change(side, about, (f"{name} set reverse-route",), Safety.SAFE)


def _networks(one: AddressRange) -> list[IPv4Network]:
    found = list(summarize_address_range(one.first, one.last))
    return found if len(found) == 1 else []


def _inwards(case: Case) -> Iterator[Change]:
    """Routes to the side's own networks, which are behind a router inside."""
    for side in Side:
        configuration = case.of(side)
        table = RoutingTable.of(configuration)
        found: dict[str, list[str]] = {}
        for way in throughs(case, side):
            hop = table.hop(way.flow.source)
            if hop is not None and hop.interface != way.outside:
                continue
            for interface in _insides(configuration, way):
                networks = (f"{one.network_address} {one.netmask}" for one in _networks(way.near))
                found.setdefault(interface, []).extend(f"route {interface} {one}" for one in networks)
        for interface, commands in found.items():
            gateway = _gateway(configuration, interface)
            every = tuple(dict.fromkeys(commands))
            if gateway is None or not every:
                continue
            yield _typed(side, f"leads to networks of {case.subject.names[side]} by {interface}", every, gateway)


def _insides(configuration: Configuration, way: Through) -> list[str]:
    """The interfaces behind which a router may be, the likeliest first: those that have routes already."""
    named = [one.nameif.value for one in configuration.interfaces if one.nameif is not None]
    routed = [route.interface for route in configuration.routes]
    found = [way.inside, *(name for name in named if name in routed)]
    found = found if any(found) else [*named]
    return [name for name in dict.fromkeys(found) if name is not None and name != way.outside][:_MOST_INSIDES]


_CAUSES = ("NO_ROUTE", "DENIED", "NOT_INTERESTING", "NO_REPLY", "NO_ANSWER", "PEER_ADDRESS_WRONG", "RUN_ENDED")

ROUTES = (
    Repair("ROUTE_TO_PEER", "Gives a device a route to the other.", ("NO_ROUTE", "NO_ANSWER", "RUN_ENDED"), _to_peer),
    Repair("ROUTE_TO_NETWORKS", "Leads the traffic for the tunnel to the right interface.", _CAUSES, _to_networks),
    Repair(
        "ROUTE_INSIDE",
        "Leads to the device's own networks that are behind a router inside.",
        ("NO_ROUTE", "NO_REPLY", "DENIED", "NOT_INTERESTING", "NO_NAT_EXEMPTION"),
        _inwards,
    ),
)
