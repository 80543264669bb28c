"""Repairs of interfaces: one that is shut down, one whose mask is wrong."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from mainmode.check.repairs.declaration import Case, Change, Repair
from mainmode.check.repairs.tunnels import MOST_ROWS, seen_by
from mainmode.check.repairs.ways import hardware
from mainmode.device.config.model import Configuration, Interface
from mainmode.explain.finding import Safety
from mainmode.lab.facing import ends, entries
from mainmode.ladder.transcript import Side


def _up(case: Case) -> Iterator[Change]:
    for side in Side:
        for interface in case.of(side).interfaces:
            if not interface.shutdown.value or interface.address is None or interface.nameif is None:
                continue
            if _concerns(case, side, interface):
                yield Change(
                    side,
                    f"switches interface {interface.nameif.value} on",
                    (hardware(interface), " no shutdown"),
                    Safety.SAFE,
                )


def _concerns(case: Case, side: Side, interface: Interface) -> bool:
    """Whether an interface has the peer address of the other side, a network of the case, or the way to it."""
    if interface.address is None or interface.nameif is None:
        return False
    address = interface.address.value.address
    network = _network(interface)
    if interface.nameif.value == case.end(side).interface or any(True for _ in entries(case.of(side.other), address)):
        return True
    near = [seen_by(row, side).local for row in case.rows[:MOST_ROWS]]
    routed = [route for route in case.of(side).routes if route.interface == interface.nameif.value]
    return any(one.first <= network.broadcast_address and network.network_address <= one.last for one in near) or any(
        (int(one.first) & int(route.mask)) == int(route.network) and int(route.mask) for one in near for route in routed
    )


def _network(interface: Interface) -> IPv4Network:
    if interface.address is None:
        return IPv4Network("0.0.0.0/32")
    return IPv4Network(f"{interface.address.value.address}/{interface.address.value.mask}", strict=False)


def _mask(case: Case) -> Iterator[Change]:
    """The mask by which the interface's network holds its routers, or is the one of the access list."""
    for side in Side:
        configuration = case.of(side)
        for interface in configuration.interfaces:
            if interface.address is None or interface.nameif is None:
                continue
            now = _network(interface)
            for wanted in dict.fromkeys(_wanted(case, side, configuration, interface)):
                if wanted != now.prefixlen:
                    yield _masked(side, interface, wanted)


def _wanted(case: Case, side: Side, configuration: Configuration, interface: Interface) -> Iterator[int]:
    """Prefix lengths that an interface's network may be meant to have.

    Outside: the other device's, where both are on one link, and one that holds the routers behind it. Inside: that of
    the access list, where the network as it is swallows one that is behind the other device.
    """
    if interface.address is None or interface.nameif is None:
        return
    address, name, now = interface.address.value.address, interface.nameif.value, _network(interface)
    if name == case.end(side).interface:
        for end in ends(case.of(side.other)):
            if end.address == case.peer(side) and address in end.network:
                yield end.network.prefixlen
    for route in configuration.routes:
        if route.interface == name and route.gateway not in now:
            yield _reaching(address, route.gateway, now.prefixlen)
    if name != case.end(side).interface:
        for row in case.rows[:MOST_ROWS]:
            near, far = seen_by(row, side).local, seen_by(row, side).remote
            swallowed = now.network_address <= far.last and far.first <= now.broadcast_address
            if swallowed and near.mask is not None and not near.is_host and near.first <= address <= near.last:
                yield IPv4Network(f"{near.first}/{near.mask}").prefixlen


def _reaching(address: IPv4Address, gateway: IPv4Address, now: int) -> int:
    """The longest prefix under which both are hosts of one network."""
    for length in range(min(now, 30), 0, -1):
        network = IPv4Network((int(address) & (0xFFFFFFFF << (32 - length)), length))
        edges = network.network_address, network.broadcast_address
        if gateway in network and gateway not in edges and address not in edges:
            return length
    return now


def _masked(side: Side, interface: Interface, length: int) -> Change:
    """The interface's address with another mask."""
    told = interface.address.value if interface.address is not None else None
    mask = IPv4Network((0, length)).netmask
    standby = f" standby {told.standby}" if told is not None and told.standby is not None else ""
    name = interface.nameif.value if interface.nameif is not None else interface.name
    return Change(
        side,
        f"gives interface {name} the mask {mask}",
        (hardware(interface), f" ip address {told.address if told is not None else ''} {mask}{standby}"),
        Safety.WIDE,
        "everything behind this interface is touched",
    )


_CAUSES = ("INTERFACE_DOWN", "NO_ROUTE", "NO_REPLY", "NO_ANSWER", "DENIED", "NOT_INTERESTING", "PEER_ADDRESS_WRONG")

INTERFACES = (
    Repair("INTERFACE_UP", "Switches an interface on that is shut down.", _CAUSES, _up),
    Repair(
        "INTERFACE_MASK",
        "Gives an interface the mask by which its network holds its routers or its hosts.",
        _CAUSES,
        _mask,
    ),
)
