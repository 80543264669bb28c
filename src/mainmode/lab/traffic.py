"""Which traffic is interesting: a pair of inside hosts for each crypto map entry, and what they send."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import InputError
from mainmode.device.addresses import AddressBook, Ranges, holds
from mainmode.device.config.model import Ace, AddressRange, Configuration, CryptoMapEntry, PortIs, PortMatch, PortRange
from mainmode.lab.facing import End, Facing, Pair, ends, entries
from mainmode.lab.hosts import PROBED, Probe
from mainmode.ladder.transcript import Side

_EPHEMERAL_PORT = 49_152
_USUAL_PORT = {IpProtocol.TCP: 80, IpProtocol.UDP: 7}


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one inside host sends to the other, and for which tunnel.

    `side` is the sender's; `interfaces` are where each host is connected. `entry` and `ace` are those that the traffic
    was chosen for, None where the user named the hosts and no entry of the sender's side matches them.
    """

    side: Side
    probe: Probe
    interfaces: dict[Side, str]
    entry: CryptoMapEntry | None = None
    ace: Ace | None = None


def interesting_traffic(pair: Pair, facing: Iterable[Facing], starter: Side) -> tuple[Traffic, ...]:
    """One series for each crypto map entry that `starter` has for the other device, from its first usable ACE.

    Raises InputError where there is none, which says what to do.
    """
    wires = tuple(facing)
    found: list[Traffic] = []
    for entry in _entries_towards(pair[starter], wires, starter):
        traffic = next(_usable(pair, wires, starter, entry), None)
        if traffic is not None:
            found.append(traffic)
    if not found:
        file = pair[starter].file
        raise InputError(
            f"{file}: no crypto map entry towards {pair[starter.other].file} has an access list with a permit line for "
            "ip, icmp, tcp or udp between two inside networks; add one, or name the hosts with --ping SRC DST"
        )
    return tuple(found)


def chosen_traffic(pair: Pair, facing: Iterable[Facing], source: IPv4Address, destination: IPv4Address) -> Traffic:
    """A ping between two hosts that the user named. Raises InputError where `source` is behind neither device."""
    wires = tuple(facing)
    outside = {side: {wire.ends[side].interface for wire in wires} for side in Side}
    for side in Side:
        interface = _interface_of(pair[side], outside[side], source)
        if interface is None:
            continue
        probe = Probe(IpProtocol.ICMP, source, destination)
        far = _interface_of(pair[side.other], outside[side.other], destination)
        far = far or _inside(pair[side.other], outside[side.other]).interface
        entry, ace = _matching(pair[side], source, destination)
        return Traffic(side, probe, {side: interface, side.other: far}, entry, ace)
    networks = "; ".join(
        f"{pair[side].file}: {', '.join(str(end.network) for end in _insides(pair[side], outside[side])) or 'none'}"
        for side in Side
    )
    raise InputError(f"--ping {source}: not behind either device; their inside networks are {networks}")


def _entries_towards(configuration: Configuration, wires: tuple[Facing, ...], side: Side) -> list[CryptoMapEntry]:
    """The entries for the other device: those that name one of its addresses, else all static ones."""
    peers = [wire.ends[side.other].address for wire in wires]
    towards = [entry for entry in entries(configuration) if entry.peers and set(peers) & set(entry.peers.value)]
    return towards or [entry for entry in entries(configuration) if entry.dynamic is None]


def _usable(pair: Pair, wires: tuple[Facing, ...], side: Side, entry: CryptoMapEntry) -> Iterator[Traffic]:
    """Traffic for each permit line of the entry's access list; what ping can use comes first."""
    access_list = pair[side].access_lists.get(entry.acl.value) if entry.acl is not None else None
    if access_list is None:
        return
    permits = [ace for ace in access_list.aces if ace.permit]
    for ace in sorted(permits, key=lambda ace: ace.protocol not in (IpProtocol.IP, IpProtocol.ICMP)):
        traffic = _for_ace(pair, wires, side, entry, ace)
        if traffic is not None:
            yield traffic


def _for_ace(pair: Pair, wires: tuple[Facing, ...], side: Side, entry: CryptoMapEntry, ace: Ace) -> Traffic | None:
    if not isinstance(ace.protocol, int):
        return None
    protocol = IpProtocol(ace.protocol) if ace.protocol else IpProtocol.ICMP
    if protocol not in PROBED:
        return None
    book = AddressBook(pair[side])
    near = _host(pair[side], {wire.ends[side].interface for wire in wires}, book.of(ace.source_address))
    far_outside = {wire.ends[side.other].interface for wire in wires}
    far = _host(pair[side.other], far_outside, book.of(ace.destination_address))
    if near is None or far is None:
        return None
    probe = Probe(
        protocol,
        near[1],
        far[1],
        _port(ace.source_port, _EPHEMERAL_PORT) if protocol in _USUAL_PORT else 0,
        _port(ace.destination_port, _USUAL_PORT[protocol]) if protocol in _USUAL_PORT else 0,
    )
    return Traffic(side, probe, {side: near[0], side.other: far[0]}, entry, ace)


def _port(match: PortMatch | None, usual: int) -> int:
    """A port that the ACE's port part matches; `usual` where it takes any, or cannot be told."""
    match match:
        case PortIs("eq", port):
            return port
        case PortIs("lt", port):
            return min(usual, port - 1)
        case PortIs("gt", port):
            return max(usual, port + 1)
        case PortIs(_, port):
            return usual if port != usual else usual + 1
        case PortRange(first, last):
            return usual if first <= usual <= last else first
        case _:
            return usual


def _host(configuration: Configuration, outside: set[str], ranges: Ranges) -> tuple[str, IPv4Address] | None:
    """An inside host in `ranges`: in a connected network if possible, else anywhere in them, behind a gateway."""
    for end in _insides(configuration, outside):
        address = _host_in(end, ranges)
        if address is not None:
            return end.interface, address
    if not ranges:
        return None
    first, last = int(ranges[0].first), int(ranges[0].last)
    address = IPv4Address(min(first + 1, last) if last - first > 1 else first)
    interface = _interface_of(configuration, outside, address)
    if interface is None:
        inside = next(_insides(configuration, outside), None)
        interface = inside.interface if inside is not None else None
    return None if interface is None else (interface, address)


def _host_in(end: End, ranges: Ranges) -> IPv4Address | None:
    """An address of the connected network in `ranges`: the first after the device's own, else the lowest."""
    network = end.network
    lowest, highest = network.network_address, network.broadcast_address
    usable = AddressRange(lowest, highest) if network.prefixlen >= 31 else AddressRange(lowest + 1, highest - 1)
    if end.address < usable.last and holds(ranges, end.address + 1):
        return end.address + 1
    for one in ranges:
        first = max(one.first, usable.first)
        if first <= min(one.last, usable.last):
            return first
    return None


def _insides(configuration: Configuration, outside: set[str]) -> Iterator[End]:
    return (end for end in ends(configuration) if end.interface not in outside)


def _inside(configuration: Configuration, outside: set[str]) -> End:
    inside = next(_insides(configuration, outside), None)
    if inside is None:
        raise InputError(
            f"{configuration.file}: no inside interface: only the one that faces the other device has an address"
        )
    return inside


def _interface_of(configuration: Configuration, outside: set[str], address: IPv4Address) -> str | None:
    """The inside interface behind which `address` is: connected, or by a `route` line."""
    for end in _insides(configuration, outside):
        if address in end.network:
            return end.interface
    for route in configuration.routes:
        masked = int(address) & int(route.mask)
        if masked == int(route.network) and int(route.mask) and route.interface not in outside:
            return route.interface
    return None


def _matching(
    configuration: Configuration, source: IPv4Address, destination: IPv4Address
) -> tuple[CryptoMapEntry | None, Ace | None]:
    """The entry and ACE that a ping between the two would match; the first match decides, permit or not."""
    book = AddressBook(configuration)
    for entry in entries(configuration):
        access_list = configuration.access_lists.get(entry.acl.value) if entry.acl is not None else None
        for ace in access_list.aces if access_list is not None else ():
            if ace.protocol not in (IpProtocol.IP, IpProtocol.ICMP):
                continue
            if holds(book.of(ace.source_address), source) and holds(book.of(ace.destination_address), destination):
                if ace.permit:
                    return entry, ace
                break
    return None, None
