"""Repairs of interfaces that lack a line: the name by which other lines call them, or their address."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from mainmode.check.repairs.declaration import Case, Change, Repair
from mainmode.check.repairs.tunnels import MOST_ROWS, seen_by
from mainmode.check.repairs.ways import hardware
from mainmode.device.config.model import Configuration, Interface
from mainmode.explain.finding import Safety
from mainmode.lab.facing import entries
from mainmode.ladder.transcript import Side

_MOST = 2


def _named(case: Case) -> Iterator[Change]:
    """An interface without a name gets one that other lines use and no interface has."""
    for side in Side:
        configuration = case.of(side)
        nameless = [one for one in configuration.interfaces if one.nameif is None and one.address is not None]
        for name in _lost_names(configuration)[:_MOST]:
            for interface in nameless[:_MOST]:
                about = f"calls {interface.name} {name}, as other lines do"
                yield Change(side, about, (hardware(interface), f" nameif {name}"), Safety.WIDE)


def _lost_names(configuration: Configuration) -> list[str]:
    """The names of interfaces that lines use and no interface has."""
    maps = configuration.crypto_maps.values()
    used = [bound.value for one in maps for bound in one.interfaces]
    used += [one.value for one in configuration.enabled]
    used += [route.interface for route in configuration.routes]
    used += [name for rule in configuration.nat_rules for name in rule.interfaces if name != "any"]
    used += [group.interface for group in configuration.access_groups if group.interface is not None]
    known = {one.nameif.value for one in configuration.interfaces if one.nameif is not None}
    return [name for name in dict.fromkeys(used) if name not in known]


def _addressed(case: Case) -> Iterator[Change]:
    """An interface without an address gets the one that the other side names, or one of the access list's network."""
    for side in Side:
        configuration = case.of(side)
        for interface in configuration.interfaces:
            if interface.nameif is None or interface.address is not None or interface.shutdown.value:
                continue
            if configuration.map_on(interface.nameif.value) is not None:
                yield from _outside(case, side, interface)
            else:
                yield from _inside(case, side, interface)


def _outside(case: Case, side: Side, interface: Interface) -> Iterator[Change]:
    """The address that the other side has as its peer; the mask stands in no file."""
    configuration = case.of(side)
    name = interface.nameif.value if interface.nameif is not None else ""
    own = {one.address.value.address for one in configuration.interfaces if one.address is not None}
    peers = [peer for entry in entries(case.of(side.other)) if entry.peers for peer in entry.peers.value]
    gateway = next((route.gateway for route in configuration.routes if route.interface == name), None)
    for peer in [peer for peer in dict.fromkeys(peers) if peer not in own][:_MOST]:
        mask = _mask(peer, gateway)
        yield Change(
            side,
            f"gives interface {name} the address that {case.subject.names[side.other]} has as its peer",
            (hardware(interface), f" ip address {peer} <mask>"),
            Safety.WIDE,
            f"the mask stands in no file: the model took {mask}",
            (hardware(interface), f" ip address {peer} {mask}"),
        )


def _mask(address: IPv4Address, gateway: IPv4Address | None) -> IPv4Address:
    """The mask of the smallest network that has both as hosts; of 256 addresses without a gateway."""
    for length in range(30, 0, -1) if gateway is not None else ():
        network = IPv4Network((int(address) & (0xFFFFFFFF << (32 - length)), length))
        edges = network.network_address, network.broadcast_address
        if gateway in network and gateway not in edges and address not in edges:
            return network.netmask
    return IPv4Address("255.255.255.0")


def _inside(case: Case, side: Side, interface: Interface) -> Iterator[Change]:
    """An address of a network of the access list, which says the network and not the address."""
    name = interface.nameif.value if interface.nameif is not None else ""
    for row in case.rows[:MOST_ROWS]:
        near = seen_by(row, side).local
        if near.mask is None or near.is_host:
            continue
        yield Change(
            side,
            f"gives interface {name} an address of the network that the access list protects",
            (hardware(interface), f" ip address <address> {near.mask}"),
            Safety.SAFE,
            f"the address stands in no file: the model took {near.first + 1}",
            (hardware(interface), f" ip address {near.first + 1} {near.mask}"),
        )
        return


_CAUSES = (
    "NO_ROUTE",
    "CRYPTO_MAP_NOT_BOUND",
    "PEER_ADDRESS_WRONG",
    "IKE_NOT_ENABLED",
    "NO_ANSWER",
    "NO_REPLY",
    "NOT_INTERESTING",
    "RUN_ENDED",
    "INTERFACE_DOWN",
    "DENIED",
)

INTERFACE_LINES = (
    Repair("INTERFACE_NAMED", "Gives an interface the name by which other lines call it.", _CAUSES, _named),
    Repair("INTERFACE_ADDRESS", "Gives an interface without an address one that the files tell.", _CAUSES, _addressed),
)
