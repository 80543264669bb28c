"""Which interfaces of two configurations face each other: found from the peer addresses, faults included."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from mainmode.base.errors import InputError
from mainmode.device.config.model import Configuration, CryptoMapEntry
from mainmode.ladder.transcript import Side

Pair = Mapping[Side, Configuration]


@dataclass(frozen=True, slots=True)
class End:
    """One device's end of the wire: the interface (its nameif) and its address."""

    interface: str
    address: IPv4Address
    network: IPv4Network


@dataclass(frozen=True, slots=True)
class Facing:
    """Two interfaces that face each other. `mutual`: each side's crypto map names the other's address as its peer."""

    ends: Mapping[Side, End]
    mutual: bool


def ends(configuration: Configuration) -> Iterator[End]:
    """The interfaces that have a name and an address and are not shut down."""
    for interface in configuration.interfaces:
        if interface.nameif is None or interface.address is None or interface.shutdown.value:
            continue
        address = interface.address.value
        network = IPv4Network(f"{address.address}/{address.mask}", strict=False)
        yield End(interface.nameif.value, address.address, network)


def entries(configuration: Configuration, peer: IPv4Address | None = None) -> Iterator[CryptoMapEntry]:
    """The crypto map entries, bound to an interface or not; with `peer`, those that name it."""
    for crypto_map in configuration.crypto_maps.values():
        for entry in crypto_map.entries:
            peers = entry.peers.value if entry.peers is not None else ()
            if peer is None or peer in peers:
                yield entry


def find_facing(pair: Pair) -> tuple[Facing, ...]:
    """The pairs of interfaces that face each other, at least one.

    Where each side names the other as its peer there is no doubt, and all such pairs count. Where a fault hides that,
    the likeliest pair is taken: named by one side, in one subnet, with a crypto map and IKE on it.
    Raises InputError where nothing connects the two configurations.
    """
    found: list[tuple[int, Facing]] = []
    for end_a in ends(pair[Side.A]):
        for end_b in ends(pair[Side.B]):
            if end_a.address == end_b.address:
                continue
            facing_ends = {Side.A: end_a, Side.B: end_b}
            named = names_peer(pair[Side.A], end_a, end_b), names_peer(pair[Side.B], end_b, end_a)
            likelihood = _likelihood(pair, facing_ends, named)
            if likelihood:
                found.append((likelihood, Facing(facing_ends, all(named))))
    mutual = tuple(facing for _, facing in found if facing.mutual)
    if mutual:
        return mutual
    if not found:
        raise InputError(_nothing_in_common(pair))
    return (max(found, key=lambda item: item[0])[1],)


def names_peer(configuration: Configuration, own: End, other: End) -> bool:
    """Whether a crypto map that is bound to `own`, or to no interface at all, has `other` as a peer."""
    for crypto_map in configuration.crypto_maps.values():
        bound = {interface.value for interface in crypto_map.interfaces}
        if bound and own.interface not in bound:
            continue
        if any(entry.peers is not None and other.address in entry.peers.value for entry in crypto_map.entries):
            return True
    return False


def _likelihood(pair: Pair, facing: Mapping[Side, End], named: tuple[bool, bool]) -> int:
    """How likely two interfaces face each other; 0: nothing speaks for it."""
    in_one_subnet = facing[Side.A].network == facing[Side.B].network
    readiness = 0
    for side, end in facing.items():
        readiness += 2 * (pair[side].map_on(end.interface) is not None)
        readiness += any(enabled.value == end.interface for enabled in pair[side].enabled)
    if not any(named) and not (in_one_subnet and readiness):
        return 0
    return 16 * sum(named) + 8 * in_one_subnet + readiness


def _nothing_in_common(pair: Pair) -> str:
    rows = ["no interface of one configuration faces one of the other:"]
    for side in Side:
        configuration = pair[side]
        addresses = ", ".join(f"{end.interface} {end.address}" for end in ends(configuration)) or "none"
        peers = sorted({peer for entry in entries(configuration) if entry.peers for peer in entry.peers.value})
        named = ", ".join(str(peer) for peer in peers) or "none"
        rows.append(f"  {configuration.file}: its interfaces: {addresses}; the peers of its crypto maps: {named}")
    down = [row for side in Side for row in _shut_down(pair[side], pair[side.other])]
    rows += down or ["let a `crypto map … set peer` of one side name an interface address of the other"]
    return "\n".join(rows)


def _shut_down(configuration: Configuration, other: Configuration) -> Iterator[str]:
    """The interfaces that are shut down although the other side names their address as its peer."""
    for interface in configuration.interfaces:
        if interface.nameif is None or interface.address is None or not interface.shutdown.value:
            continue
        address = interface.address.value.address
        if any(True for _ in entries(other, address)):
            named = f"{interface.nameif.value} {address}"
            yield f"{named}, the peer that {other.file} names, is shut down: {interface.shutdown.source}"
