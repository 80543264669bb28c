"""How the traffic of a case goes through a device: which hosts, by which interfaces, as the lab has them."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.check.matrix import Row
from mainmode.check.repairs.declaration import Case
from mainmode.check.repairs.tunnels import MOST_ROWS, seen_by
from mainmode.device.config.model import AddressRange, Configuration, Interface
from mainmode.device.flow import Flow
from mainmode.lab.facing import End, ends
from mainmode.lab.traffic import behind
from mainmode.ladder.transcript import Side

_MOST_INSIDES = 4
"""Interfaces inside that one network is looked for behind."""


@dataclass(frozen=True, slots=True)
class Through:
    """A row on one device: the networks as it sees them, the interfaces inside (None: it has none) and outside."""

    row: Row
    side: Side
    near: AddressRange
    far: AddressRange
    inside: str | None
    outside: str
    flow: Flow


def throughs(case: Case, side: Side) -> Iterator[Through]:
    """Each row of a case as a side has it to forward: once for each interface inside that its network is behind."""
    outside = {facing.ends[side].interface for facing in case.subject.facing}
    configuration = case.of(side)
    for row in case.rows[:MOST_ROWS]:
        wanted = seen_by(row, side)
        near = AddressRange(wanted.local.first, wanted.local.last)
        far = AddressRange(wanted.remote.first, wanted.remote.last)
        protocol = wanted.local.protocol or IpProtocol.ICMP
        for inside in _insides(configuration, outside, near):
            host = _host(configuration, inside, near)
            flow = Flow(host, _some_host(far), protocol, wanted.local.port, wanted.remote.port)
            yield Through(row, side, near, far, inside, case.end(side).interface, flow)


def _insides(configuration: Configuration, outside: set[str], near: AddressRange) -> list[str | None]:
    """The interfaces that a network is behind: on their links, else by a route, else the first one; [None] without."""
    others = [end for end in ends(configuration) if end.interface not in outside]
    linked = [end.interface for end in others if _meets(end.network, near)][:_MOST_INSIDES]
    if linked:
        return list(linked)
    return [behind(configuration, outside, _some_host(near)) or next((end.interface for end in others), None)]


def _meets(network: IPv4Network, one: AddressRange) -> bool:
    return network.network_address <= one.last and one.first <= network.broadcast_address


def _host(configuration: Configuration, inside: str | None, near: AddressRange) -> IPv4Address:
    """A host of a network behind an interface: on its link, where that is part of the network."""
    for end in ends(configuration):
        if end.interface == inside and _meets(end.network, near) and end.network.prefixlen < 31:
            first = max(near.first, end.network.network_address + 1)
            if first == end.address and first < near.last:
                first += 1
            return min(first, near.last)
    return _some_host(near)


def _some_host(one: AddressRange) -> IPv4Address:
    return one.first + 1 if int(one.last) - int(one.first) > 1 else one.first


def end_of(configuration: Configuration, nameif: str) -> End | None:
    """The address and network of an interface that is not shut down."""
    return next((end for end in ends(configuration) if end.interface == nameif), None)


def hardware(interface: Interface) -> str:
    """`interface GigabitEthernet0/1`: the command that opens its submode."""
    return f"interface {interface.name}"
