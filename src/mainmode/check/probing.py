"""What is sent for a row: two hosts that its lines protect, as the lines see them and as the hosts themselves do."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from itertools import islice

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.check.alternates import Way, alternates
from mainmode.check.matrix import Line, Row
from mainmode.device.config.model import Ace, AddressRange, Configuration, CryptoMap, CryptoMapEntry
from mainmode.device.flow import Flow
from mainmode.device.nat import Translator, Untranslated
from mainmode.device.nat_rules import Rule
from mainmode.device.routing import RoutingTable
from mainmode.lab.facing import Facing, Pair, ends
from mainmode.lab.hosts import Probe
from mainmode.lab.traffic import Lines, Traffic, behind, host_in
from mainmode.ladder.transcript import Side

_EPHEMERAL_PORT = 49_152
_USUAL_PORT = {IpProtocol.TCP: 80, IpProtocol.UDP: 7}
_MOST_HOSTS = 8
"""Addresses of one network that are looked at for a host whose traffic the row's line is the first to match."""


_WIDEST = 1 << 24
"""Addresses of a network to protect that is taken at its word: of a wider one, not all that a device has is meant."""


class UnsendableError(Exception):
    """Nothing can be sent for a row. The text says why, in a sentence."""


@dataclass(frozen=True, slots=True)
class _Inside:
    """A host behind a device: its own address, the nameif it is behind, and the other host's address as it knows it."""

    address: IPv4Address
    interface: str
    other: IPv4Address


class _Premises:
    """What a device has behind it, and what it makes of addresses."""

    def __init__(self, configuration: Configuration, outside: set[str]) -> None:
        self.configuration = configuration
        self.outside = outside
        self.lines = configuration.derived(Lines)
        self.routes = RoutingTable.of(configuration)
        self.ends = tuple(ends(configuration))
        self.own = {end.address for end in self.ends}
        self.insides = tuple(end for end in self.ends if end.interface not in outside)
        self.shut = tuple(end for end in ends(configuration, shut=True) if end.interface not in outside)

    @cached_property
    def translator(self) -> Translator:
        return Translator(self.configuration)

    def egress(self, address: IPv4Address) -> str | None:
        """The interface by which the routes lead to an address."""
        hop = self.routes.hop(address)
        return hop.interface if hop is not None else None

    def addresses(self, wanted: AddressRange, entry: CryptoMapEntry | None) -> Iterator[IPv4Address]:
        """Hosts of a network: one of a connected network first, then its low end, its high end, and between lines.

        The device's own addresses come last: hosts may be hidden behind them.
        """
        seen: set[IPv4Address] = set(self.own)
        for address in self._candidates(wanted, entry):
            if address not in seen and wanted.first <= address <= wanted.last:
                seen.add(address)
                yield address
        yield from (end.address for end in self.ends if wanted.first <= end.address <= wanted.last)

    def _candidates(self, wanted: AddressRange, entry: CryptoMapEntry | None) -> Iterator[IPv4Address]:
        for end in (*self.insides, *self.shut):
            address = host_in(end, wanted)
            if address is not None:
                yield address
        yield from (network[1] for network in self._routed() if network.prefixlen < 31)
        first, last = int(wanted.first), int(wanted.last)
        yield IPv4Address(min(first + 1, last) if last - first > 1 else first)
        yield from (IPv4Address(min(first + step, last)) for step in (2, 10))
        yield from (IPv4Address(max(last - step, first)) for step in (1, 2))
        for proxies in self.lines.proxies(entry) if entry is not None else ():
            for side in (proxies.local, proxies.remote):
                if first < int(side.last) < last:
                    yield side.last + 1
                if first < int(side.first) <= last:
                    yield side.first - 1

    def elsewhere(self, wanted: AddressRange, known: IPv4Address) -> Iterator[IPv4Address]:
        """A host of each network behind the device that lies in `wanted`, but for the one of the host that is known."""
        networks = [end.network for end in self.insides if end.interface not in self._management]
        for network in dict.fromkeys([*networks, *self._routed()]):
            if wanted.first > network[0] or network[-1] > wanted.last or known in network:
                continue
            hosts = (address for address in islice(network, 1, 4) if address not in self.own)
            yield next(hosts, network[0])

    def has(self, address: IPv4Address) -> bool:
        """Whether a host with this address would be somewhere behind the device: connected or routed."""
        held = any(address in end.network for end in (*self.insides, *self.shut))
        return held or any(address in network for network in self._routed())

    def _routed(self) -> Iterator[IPv4Network]:
        """The networks that `route` lines lead to behind the device."""
        for route in self.configuration.routes:
            if int(route.mask) and route.interface not in self.outside and not route.tunneled:
                yield IPv4Network(f"{route.network}/{route.mask}", strict=False)

    @property
    def _management(self) -> set[str]:
        named = (one for one in self.configuration.interfaces if one.nameif is not None and one.management_only.value)
        return {one.nameif.value for one in named if one.nameif is not None}

    def inside(self, wire: Flow, outside: str) -> _Inside:
        """The host that a packet from the tunnel reaches, and from whom it sees it come. Raises UnsendableError."""
        hidden = self._hidden(wire.reversed())
        if hidden is not None:
            return hidden
        found = self.translator.untranslate(outside, wire, self.egress)
        if found.destination in self.own:
            raise UnsendableError(f"{found.destination} is the device's own address")
        interface = found.egress or self._interface(found.destination)
        other = self.translator.translate(outside, interface, wire, found).source
        return _Inside(found.destination, interface, other)

    def _interface(self, address: IPv4Address) -> str:
        """The inside interface behind which an address is, or would be, be it shut down."""
        interface = behind(self.configuration, self.outside, address)
        if interface is not None and any(end.interface == interface for end in (*self.insides, *self.shut)):
            return interface
        down = [end.interface for end in self.shut if address in end.network]
        candidates = down or [end.interface for end in (*self.insides, *self.shut)]
        if not candidates:
            raise UnsendableError("there is no interface besides the one that faces the other device")
        return candidates[0]

    def _hidden(self, wire: Flow) -> _Inside | None:
        """A host that a dynamic rule hides behind the source of `wire`; None where none does."""
        for rule in self.translator.rules:
            if not rule.dynamic or not self._hides(rule, wire):
                continue
            for real in rule.real_source:
                for address in self.addresses(real, None):
                    interface = behind(self.configuration, self.outside, address)
                    if interface is None or rule.real_interface not in ("any", interface):
                        continue
                    return _Inside(address, interface, self._beyond(rule, interface, wire))
        return None

    def _hides(self, rule: Rule, wire: Flow) -> bool:
        mapped = rule.mapped_source
        if mapped is None:
            target = wire.source in {end.address for end in self.ends if end.interface in self.outside}
        else:
            target = any(one.first <= wire.source <= one.last for one in mapped)
        to = rule.real_destination
        return target and (to is None or any(one.first <= wire.destination <= one.last for one in to))

    def _beyond(self, rule: Rule, interface: str, wire: Flow) -> IPv4Address:
        """How a hidden host calls the other one."""
        if rule.real_destination is None:
            return wire.destination
        back = wire.reversed()
        backwards = Untranslated(wire.source, wire.source_port, rule, backward=True)
        return self.translator.translate(rule.mapped_interface, interface, back, backwards).source

    def reachable(self, wire: Flow) -> bool:
        """Whether somebody can be reached under the destination of `wire`, not only send from it."""
        return self._hidden(wire.reversed()) is None


class Probing:
    """Chooses the traffic for the rows of one pair."""

    def __init__(self, pair: Pair, facing: tuple[Facing, ...]) -> None:
        self._facing = facing
        self._premises = {side: _Premises(pair[side], {one.ends[side].interface for one in facing}) for side in Side}

    def traffic(self, row: Row, starter: Side) -> Traffic:
        """What is sent for a row that `starter` begins. Raises UnsendableError.

        It is between the first two hosts whose traffic the row's lines are the first to match; else the first two.
        """
        proxies = row.proxies if starter is Side.A else row.proxies.mirrored()
        number = proxies.local.protocol or proxies.remote.protocol
        protocol = IpProtocol(number) if number else IpProtocol.ICMP
        ports = 0, 0
        if protocol in _USUAL_PORT:
            ports = proxies.local.port or _EPHEMERAL_PORT, proxies.remote.port or _USUAL_PORT[protocol]
        best: tuple[int, Traffic] | None = None
        refused: UnsendableError | None = None
        for near, far in self._hosts(row, starter, proxies):
            probe = Probe(protocol, near, far, *ports)
            hits = self._hits(row, starter, probe)
            if best is not None and hits <= best[0]:
                continue
            try:
                best = hits, self._translated(row, starter, probe)
            except UnsendableError as reason:
                refused = refused or reason
                continue
            if hits == len(row.lines):
                break
        if best is None:
            raise refused or UnsendableError("there is no address to send from")
        return best[1]

    def others(self, row: Row, traffic: Traffic, *, meant: bool) -> Iterator[Traffic]:
        """Other traffic of the row that the access lists in its way permit, where they let `traffic` not through.

        `meant` as `alternates` has it.
        """
        starter = traffic.side
        proxies = row.proxies if starter is Side.A else row.proxies.mirrored()
        way = Way(starter, self._facing_of(row), traffic.interfaces, traffic.probe.source, traffic.far_host)
        pair = {side: premises.configuration for side, premises in self._premises.items()}
        for probe in alternates(pair, way, proxies, traffic.on_wire, meant=meant):
            try:
                yield self._translated(row, starter, probe)
            except UnsendableError:
                continue

    def spread(self, row: Row, traffic: Traffic) -> Iterator[Traffic]:
        """The same between hosts of the other networks behind either device that the row holds, at most a few.

        Where addresses are translated, and where the row is for nearly everything, there is none.
        """
        proxies = row.proxies if traffic.side is Side.A else row.proxies.mirrored()
        first = traffic.on_wire
        if traffic.seen is not None or traffic.target is not None:
            return
        ends = (traffic.side, proxies.local, first.source), (traffic.side.other, proxies.remote, first.destination)
        for side, proxy, known in ends:
            if int(proxy.last) - int(proxy.first) > _WIDEST:
                continue
            for host in self._premises[side].elsewhere(AddressRange(proxy.first, proxy.last), known):
                sends = side is traffic.side
                probe = replace(first, source=host) if sends else replace(first, destination=host)
                if self._hits(row, traffic.side, probe) == len(row.lines):
                    try:
                        yield self._translated(row, traffic.side, probe)
                    except UnsendableError:
                        continue

    def _hosts(self, row: Row, starter: Side, proxies: ProxyPair) -> Iterator[tuple[IPv4Address, IPv4Address]]:
        """Pairs of hosts of a row's networks as its lines see them, the likeliest first."""
        near = self._some(row, starter, proxies.local)
        far = self._some(row, starter.other, proxies.remote)
        for rank in range(len(near) + len(far) - 1):
            for place in range(max(0, rank - len(far) + 1), min(rank, len(near) - 1) + 1):
                yield near[place], far[rank - place]

    def _some(self, row: Row, side: Side, proxy: Proxy) -> list[IPv4Address]:
        line = row.lines.get(side) or row.lines[side.other]
        entry = line.entry if line.side is side else None
        premises, wanted = self._premises[side], AddressRange(proxy.first, proxy.last)
        found = list(islice(premises.addresses(wanted, entry), _MOST_HOSTS))
        there = [address for address in found if premises.has(address)]
        return there if any(address not in premises.own for address in there) else found

    def _hits(self, row: Row, starter: Side, probe: Probe) -> int:
        """How many of the row's lines are the first of their side to match the traffic."""
        hits = 0
        for side, line in row.lines.items():
            taken = self._taker(side, line, probe if side is starter else _back(probe))
            hits += taken[:2] == (line.entry, line.ace)
        return hits

    def _taker(
        self, side: Side, line: Line | None, probe: Probe
    ) -> tuple[CryptoMapEntry | None, Ace | None, ProxyPair | None]:
        """The entry, ACE and proxies that traffic of a side meets: in its line's crypto map, else the bound one."""
        premises = self._premises[side]
        maps = premises.configuration
        own = maps.crypto_maps.get(line.entry.map_name) if line is not None else self._bound(side)
        among = own.entries if own is not None else ()
        if line is not None and not any(one is line.entry for one in among):
            among = (line.entry,)
        return premises.lines.first_match(among, probe)

    def _bound(self, side: Side) -> CryptoMap | None:
        return self._premises[side].configuration.map_on(self._facing[0].ends[side].interface)

    def _translated(self, row: Row, starter: Side, seen: Probe) -> Traffic:
        """The traffic as its hosts know it, and the entry that takes it from the sender."""
        flow = Flow(seen.source, seen.destination, seen.protocol, seen.source_port, seen.destination_port)
        sender, answerer = self._premises[starter], self._premises[starter.other]
        ends = self._facing_of(row).ends
        near = sender.inside(flow.reversed(), ends[starter].interface)
        if not answerer.reachable(flow):
            raise UnsendableError(f"{seen.destination} stands for hosts that can begin, and not be reached")
        far = answerer.inside(flow, ends[starter.other].interface)
        probe = Probe(seen.protocol, near.address, near.other, seen.source_port, seen.destination_port)
        line = row.lines.get(starter)
        entry, ace, proxies = self._taker(starter, line, seen)
        if entry is None and line is not None:
            entry, ace, proxies = line.entry, line.ace, line.proxies
        changed = (probe.source, probe.destination) != (seen.source, seen.destination)
        return Traffic(
            starter,
            probe,
            {starter: near.interface, starter.other: far.interface},
            entry,
            ace,
            proxies or (row.proxies if starter is Side.A else row.proxies.mirrored()),
            seen if changed else None,
            far.address if far.address != probe.destination else None,
        )

    def _facing_of(self, row: Row) -> Facing:
        for one in self._facing:
            for side, line in row.lines.items():
                if line.entry.peers is not None and one.ends[side.other].address in line.entry.peers.value:
                    return one
        return self._facing[0]


def _back(probe: Probe) -> Probe:
    return Probe(probe.protocol, probe.destination, probe.source, probe.destination_port, probe.source_port)
