"""Which interfaces of two configurations face each other: found from the peer addresses, faults included."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from itertools import islice, product

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.device.config.expansion import ExpansionError, proxy_pairs
from mainmode.device.config.model import Configuration, CryptoMapEntry
from mainmode.ladder.transcript import Side

_MOST_LINES = 200
"""Lines of access lists, and pairs of networks of a line, that are looked at for what two devices have in common."""

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


def ends(configuration: Configuration, *, shut: bool = False) -> Iterator[End]:
    """The interfaces that have a name and an address and are not shut down, or, with `shut`, that are."""
    for interface in configuration.interfaces:
        if interface.nameif is None or interface.address is None or interface.shutdown.value is not shut:
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
    the likeliest pair is taken: named by one side, in one subnet, with a crypto map and IKE on it; where nothing else
    can be found, one that is shut down; at last one whose crypto maps protect networks of the other device.
    Raises InputError where nothing connects the two configurations.
    """
    up = {side: tuple(ends(pair[side])) for side in Side}
    every = {side: (*up[side], *ends(pair[side], shut=True)) for side in Side}
    found: list[tuple[int, Facing]] = []
    for candidates in (up, every):
        found = list(_likely(pair, candidates))
        mutual = tuple(facing for _, facing in found if facing.mutual)
        if mutual:
            return mutual
    if not found:
        found = list(_akin(pair, up))
    if not found:
        raise InputError(_nothing_in_common(pair))
    return (max(found, key=lambda item: item[0])[1],)


def _likely(pair: Pair, candidates: Mapping[Side, tuple[End, ...]]) -> Iterator[tuple[int, Facing]]:
    """Each pair of interfaces that may face each other, with how likely it is."""
    for end_a, end_b in product(candidates[Side.A], candidates[Side.B]):
        if end_a.address == end_b.address:
            continue
        facing_ends = {Side.A: end_a, Side.B: end_b}
        named = names_peer(pair[Side.A], end_a, end_b), names_peer(pair[Side.B], end_b, end_a)
        likelihood = _likelihood(pair, facing_ends, named)
        if likelihood:
            yield likelihood, Facing(facing_ends, all(named))


def _akin(pair: Pair, candidates: Mapping[Side, tuple[End, ...]]) -> Iterator[tuple[int, Facing]]:
    """Interfaces with crypto maps that want networks of each other, though no peer is named."""
    wants = {side: any(_wants(pair[side], pair[side.other], dynamic) for dynamic in (False, True)) for side in Side}
    if not any(wants.values()):
        return
    for end_a, end_b in product(candidates[Side.A], candidates[Side.B]):
        facing_ends = {Side.A: end_a, Side.B: end_b}
        ready = _readiness(pair, facing_ends)
        if ready and end_a.address != end_b.address:
            yield ready, Facing(facing_ends, mutual=False)


def _wants(configuration: Configuration, other: Configuration, dynamic: bool) -> bool:
    """Whether a line protects networks that the other device protects too, or has while a dynamic map answers."""
    if dynamic and not any(entry.dynamic is not None for entry in entries(other)):
        return False
    theirs = list(_connected(other) if dynamic else (pair.mirrored() for pair in _protected(other)))
    return any(
        one.remote.first <= two.remote.last
        and two.remote.first <= one.remote.last
        and (dynamic or (one.local.first <= two.local.last and two.local.first <= one.local.last))
        for one in _protected(configuration)
        for two in theirs
    )


def _protected(configuration: Configuration) -> Iterator[ProxyPair]:
    """The networks of the static entries, the first of them."""
    named = dict.fromkeys(entry.acl.value for entry in entries(configuration) if entry.acl is not None)
    lists = (configuration.access_lists[name] for name in named if name in configuration.access_lists)
    for ace in islice((ace for one in lists for ace in one.aces if ace.permit), _MOST_LINES):
        try:
            yield from islice(proxy_pairs(configuration, ace), _MOST_LINES)
        except ExpansionError:
            continue


def _connected(configuration: Configuration) -> Iterator[ProxyPair]:
    """The networks behind a device, each as a remote side."""
    networks = [(end.network, end.interface) for end in ends(configuration)]
    networks += [
        (IPv4Network(f"{one.network}/{one.mask}", strict=False), one.interface) for one in configuration.routes
    ]
    outside = {bound.value for one in configuration.crypto_maps.values() for bound in one.interfaces}
    for network, interface in networks:
        if network.prefixlen and interface not in outside:
            proxy = Proxy.of(network)
            yield ProxyPair(proxy, proxy)


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
    known = sum(any(True for _ in entries(pair[side], facing[side.other].address)) for side in Side)
    readiness = _readiness(pair, facing)
    if not known and not (in_one_subnet and readiness):
        return 0
    return 16 * (sum(named) + known) + 8 * in_one_subnet + readiness


def _readiness(pair: Pair, facing: Mapping[Side, End]) -> int:
    """How ready two interfaces are for tunnels: a crypto map and IKE on them."""
    readiness = 0
    for side, end in facing.items():
        readiness += 2 * (pair[side].map_on(end.interface) is not None)
        readiness += any(enabled.value == end.interface for enabled in pair[side].enabled)
    return readiness


def _nothing_in_common(pair: Pair) -> str:
    rows = ["no interface of one configuration faces one of the other:"]
    for side in Side:
        configuration = pair[side]
        addresses = ", ".join(f"{end.interface} {end.address}" for end in ends(configuration)) or "none"
        peers = sorted({peer for entry in entries(configuration) if entry.peers for peer in entry.peers.value})
        named = ", ".join(str(peer) for peer in peers) or "none"
        rows.append(f"  {configuration.file}: its interfaces: {addresses}; the peers of its crypto maps: {named}")
    rows.append("let a `crypto map … set peer` of one side name an interface address of the other")
    return "\n".join(rows)
