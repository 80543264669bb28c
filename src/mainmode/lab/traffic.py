"""Which traffic is interesting: a pair of inside hosts for each pair of networks to protect, and what they send."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address
from itertools import chain, islice

from mainmode.base.address import ProxyPair
from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.device.config.expansion import ExpansionError, proxy_pairs
from mainmode.device.config.model import Ace, AddressRange, Configuration, CryptoMapEntry
from mainmode.device.routing import RoutingTable
from mainmode.lab.facing import End, Facing, Pair, ends, entries
from mainmode.lab.hosts import PROBED, Probe
from mainmode.ladder.transcript import Side

MOST_SERIES = 64
"""Pairs of networks that one run tries, shared among the crypto map entries."""

_MOST_REASONS = 5
_EPHEMERAL_PORT = 49_152
_USUAL_PORT = {IpProtocol.TCP: 80, IpProtocol.UDP: 7}


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one inside host sends to the other, and for which tunnel.

    `side` is the sender's; `interfaces` are where each host is connected. `entry` and `ace` are those that the traffic
    was chosen for, None where the user named the hosts and no entry of the sender's side matches them. `proxies` are
    the networks of that ACE that hold the two hosts, as the sender's side sees them; without one, those that the other
    side protects, if that is known.

    Where a device translates on the way, `seen` is the request as it goes through the tunnel, and `target` the far
    host's own address; None: as in `probe`.
    """

    side: Side
    probe: Probe
    interfaces: dict[Side, str]
    entry: CryptoMapEntry | None = None
    ace: Ace | None = None
    proxies: ProxyPair | None = None
    seen: Probe | None = None
    target: IPv4Address | None = None

    @property
    def on_wire(self) -> Probe:
        """The request as the crypto maps see it."""
        return self.seen or self.probe

    @property
    def far_host(self) -> IPv4Address:
        """The address of the host that answers, as that host has it."""
        return self.target or self.probe.destination


def interesting_traffic(pair: Pair, facing: Iterable[Facing], starter: Side) -> tuple[Traffic, ...]:
    """One series for each pair of networks that a crypto map entry of `starter` protects towards the other device.

    ACEs that differ by protocol alone share a series, the one that ping can use. At most MOST_SERIES are chosen.
    Raises InputError where there is none, which says what to do.
    """
    wires = tuple(facing)
    towards = entries_towards(pair[starter], wires, starter)
    share = max(1, MOST_SERIES // max(1, len(towards)))
    lines = pair[starter].derived(Lines)
    usable = (islice(_usable(pair, wires, starter, entry, lines), share) for entry in towards)
    found = tuple(islice(chain.from_iterable(usable), MOST_SERIES))
    if not found:
        raise InputError(_no_traffic(pair, starter, towards))
    return found


def _no_traffic(pair: Pair, starter: Side, towards: list[CryptoMapEntry]) -> str:
    """Why nothing can be sent, and what to do."""
    configuration, other = pair[starter], pair[starter.other].file
    dynamic = next((entry for entry in entries(configuration) if entry.dynamic is not None), None)
    if not towards and dynamic is not None:
        return (
            f"{configuration.file}: its crypto map {dynamic.map_name} {dynamic.sequence} is dynamic and names no peer: "
            f"it can answer, not begin; let the other side begin with --from {starter.other.value}"
        )
    rows = [
        f"{configuration.file}: no crypto map entry towards {other} has an access list with a permit line for "
        "ip, icmp, tcp or udp between two inside networks; add one, or name the hosts with --ping SRC DST"
    ]
    reasons = [reason for entry in towards for reason in _unusable(configuration, entry)]
    return "\n  ".join([*rows, *reasons[:_MOST_REASONS]])


def _unusable(configuration: Configuration, entry: CryptoMapEntry) -> Iterator[str]:
    """Each line on account of which an entry protects nothing."""
    if entry.acl is None:
        yield f"crypto map {entry.map_name} {entry.sequence} has no match address"
    elif entry.acl.value not in configuration.access_lists:
        yield f"{entry.acl.source}: there is no access-list {entry.acl.value}"
    yield from unusable_lines(configuration, entry)


def unusable_lines(configuration: Configuration, entry: CryptoMapEntry) -> Iterator[str]:
    """Each line of an entry's access list that the device does not use, and why."""
    access_list = configuration.access_lists.get(entry.acl.value) if entry.acl is not None else None
    for ace in access_list.aces if access_list is not None else ():
        try:
            proxy_pairs(configuration, ace)
        except ExpansionError as reason:
            yield f"{ace.source} is not used, {reason}"


def proxies_of(configuration: Configuration, ace: Ace) -> tuple[ProxyPair, ...]:
    """The proxy pairs of a line; none where it says more than proxies can, and the device does not use it."""
    try:
        return proxy_pairs(configuration, ace)
    except ExpansionError:
        return ()


def chosen_traffic(pair: Pair, facing: Iterable[Facing], source: IPv4Address, destination: IPv4Address) -> Traffic:
    """A ping between two hosts that the user named.

    Raises InputError where `source` is behind neither device, or one of them cannot be a host's address.
    """
    wires = tuple(facing)
    for address in (source, destination):
        _must_be_a_host(pair, address)
    outside = {side: {wire.ends[side].interface for wire in wires} for side in Side}
    for side in Side:
        interface = behind(pair[side], outside[side], source)
        if interface is None:
            continue
        probe = Probe(IpProtocol.ICMP, source, destination)
        far = behind(pair[side.other], outside[side.other], destination)
        far = far or _inside(pair[side.other], outside[side.other]).interface
        return Traffic(side, probe, {side: interface, side.other: far}, *_matching(pair[side], probe))
    networks = "; ".join(
        f"{pair[side].file}: {', '.join(str(end.network) for end in _insides(pair[side], outside[side])) or 'none'}"
        for side in Side
    )
    raise InputError(f"--ping {source}: not behind either device; their inside networks are {networks}")


def _must_be_a_host(pair: Pair, address: IPv4Address) -> None:
    for side in Side:
        for end in ends(pair[side]):
            if address == end.address:
                owner = pair[side].settings.hostname.value
                raise InputError(
                    f"--ping: {address} is {owner}'s own address on {end.interface}; name a host behind it"
                )
            edges = {end.network.network_address: "network", end.network.broadcast_address: "broadcast"}
            if end.network.prefixlen < 31 and address in edges:
                raise InputError(f"--ping: {address} is the {edges[address]} address of {end.network}, not a host's")


def entries_towards(configuration: Configuration, wires: tuple[Facing, ...], side: Side) -> list[CryptoMapEntry]:
    """The entries for the other device: those that name one of its addresses, else all static ones."""
    peers = [wire.ends[side.other].address for wire in wires]
    towards = [entry for entry in entries(configuration) if entry.peers and set(peers) & set(entry.peers.value)]
    return towards or [entry for entry in entries(configuration) if entry.dynamic is None]


def networks_of(proxies: ProxyPair) -> tuple[AddressRange, AddressRange]:
    """The two networks of a proxy pair, whatever protocol and port."""
    local, remote = proxies.local, proxies.remote
    return AddressRange(local.first, local.last), AddressRange(remote.first, remote.last)


def _usable(
    pair: Pair, wires: tuple[Facing, ...], side: Side, entry: CryptoMapEntry, lines: "Lines"
) -> Iterator[Traffic]:
    """Traffic for each pair of networks that the entry's permit lines name; what ping can use comes first."""
    access_list = pair[side].access_lists.get(entry.acl.value) if entry.acl is not None else None
    if access_list is None:
        return
    permits = [ace for ace in access_list.aces if ace.permit]
    networks: set[tuple[AddressRange, AddressRange]] = set()
    probes: set[Probe] = set()
    for ace in sorted(permits, key=lambda ace: ace.protocol not in (IpProtocol.IP, IpProtocol.ICMP)):
        for proxies in proxies_of(pair[side], ace):
            if networks_of(proxies) in networks:
                continue
            traffic = _between(pair, wires, side, entry, ace, proxies)
            if traffic is not None and traffic.probe not in probes and not lines.shadowed(entry, traffic.probe):
                networks.add(networks_of(proxies))
                probes.add(traffic.probe)
                yield traffic


def _between(
    pair: Pair, wires: tuple[Facing, ...], side: Side, entry: CryptoMapEntry, ace: Ace, proxies: ProxyPair
) -> Traffic | None:
    """Traffic between the networks of one proxy pair; None where no host here sends its protocol."""
    protocol = IpProtocol(proxies.local.protocol) if proxies.local.protocol else IpProtocol.ICMP
    if protocol not in PROBED:
        return None
    networks = networks_of(proxies)
    near = _host(pair[side], {wire.ends[side].interface for wire in wires}, networks[0])
    far = _host(pair[side.other], {wire.ends[side.other].interface for wire in wires}, networks[1])
    if near is None or far is None:
        return None
    probe = Probe(protocol, near[1], far[1])
    if protocol in _USUAL_PORT:
        ports = proxies.local.port or _EPHEMERAL_PORT, proxies.remote.port or _USUAL_PORT[protocol]
        probe = Probe(protocol, near[1], far[1], *ports)
    return Traffic(side, probe, {side: near[0], side.other: far[0]}, entry, ace, proxies)


def _host(configuration: Configuration, outside: set[str], wanted: AddressRange) -> tuple[str, IPv4Address] | None:
    """An inside host in `wanted`: in a connected network if possible, else anywhere in it, behind a gateway."""
    for end in _insides(configuration, outside):
        address = host_in(end, wanted)
        if address is not None:
            return end.interface, address
    first, last = int(wanted.first), int(wanted.last)
    address = IPv4Address(min(first + 1, last) if last - first > 1 else first)
    interface = behind(configuration, outside, address)
    if interface is None:
        inside = next(_insides(configuration, outside), None)
        interface = inside.interface if inside is not None else None
    return None if interface is None else (interface, address)


def host_in(end: End, wanted: AddressRange) -> IPv4Address | None:
    """An address of the connected network in `wanted`: the first after the device's own, else the lowest."""
    network = end.network
    lowest, highest = network.network_address, network.broadcast_address
    usable = AddressRange(lowest, highest) if network.prefixlen >= 31 else AddressRange(lowest + 1, highest - 1)
    if end.address < usable.last and wanted.first <= end.address + 1 <= wanted.last:
        return end.address + 1
    first = max(wanted.first, usable.first)
    return first if first <= min(wanted.last, usable.last) else None


def _insides(configuration: Configuration, outside: set[str]) -> Iterator[End]:
    return (end for end in ends(configuration) if end.interface not in outside)


def _inside(configuration: Configuration, outside: set[str]) -> End:
    inside = next(_insides(configuration, outside), None)
    if inside is None:
        raise InputError(
            f"{configuration.file}: no inside interface: only the one that faces the other device has an address"
        )
    return inside


def behind(configuration: Configuration, outside: set[str], address: IPv4Address) -> str | None:
    """The inside interface behind which `address` is: connected, or by a `route` line."""
    for end in _insides(configuration, outside):
        if address in end.network:
            return end.interface
    for route in configuration.routes:
        masked = int(address) & int(route.mask)
        if masked == int(route.network) and int(route.mask) and route.interface not in outside:
            return route.interface
    return None


class Lines:
    """The lines of the crypto access lists of one configuration with their proxy pairs, each list read once."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._read: dict[str, list[tuple[Ace, ProxyPair]]] = {}
        self._routes = RoutingTable.of(configuration)

    def first_match(
        self, candidates: Iterable[CryptoMapEntry], probe: Probe
    ) -> tuple[CryptoMapEntry | None, Ace | None, ProxyPair | None]:
        """The first entry whose first matching ACE permits the probe."""
        for entry in candidates:
            matches = (
                (ace, proxies)
                for ace, proxies in self._of(entry)
                if proxies.local.holds(probe.source, probe.protocol, probe.source_port)
                and proxies.remote.holds(probe.destination, probe.protocol, probe.destination_port)
            )
            ace, proxies = next(matches, (None, None))
            if ace is not None and ace.permit:
                return entry, ace, proxies
        return None, None, None

    def shadowed(self, entry: CryptoMapEntry, probe: Probe) -> bool:
        """Whether an earlier entry of the same crypto map takes the probe, or the map of the way that it goes."""
        hop = self._routes.hop(probe.destination)
        bound = self._configuration.map_on(hop.interface) if hop is not None else None
        if bound is not None and bound.name != entry.map_name:
            return self.first_match(bound.entries, probe)[0] is not None
        same = self._configuration.crypto_maps[entry.map_name].entries
        return self.first_match((one for one in same if one.sequence < entry.sequence), probe)[0] is not None

    def proxies(self, entry: CryptoMapEntry) -> Iterator[ProxyPair]:
        """The proxy pairs of an entry's lines, permitted and denied."""
        return (proxies for _, proxies in self._of(entry))

    def _of(self, entry: CryptoMapEntry) -> list[tuple[Ace, ProxyPair]]:
        name = entry.acl.value if entry.acl is not None else ""
        if name not in self._read:
            access_list = self._configuration.access_lists.get(name)
            aces = access_list.aces if access_list is not None else ()
            self._read[name] = [(ace, proxies) for ace in aces for proxies in proxies_of(self._configuration, ace)]
        return self._read[name]


def _matching(configuration: Configuration, probe: Probe) -> tuple[CryptoMapEntry | None, Ace | None, ProxyPair | None]:
    """The entry, the ACE and its proxies that a probe meets on its way.

    They are those of the map on the interface that leads to its target; of any map, where that cannot be told.
    """
    hop = RoutingTable.of(configuration).hop(probe.destination)
    bound = configuration.map_on(hop.interface) if hop is not None else None
    candidates = bound.entries if bound is not None else entries(configuration)
    return configuration.derived(Lines).first_match(candidates, probe)
