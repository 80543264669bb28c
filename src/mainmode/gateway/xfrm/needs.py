"""What a configuration asks for that the kernel's IPsec does not do, each with the statement that asks for it."""

from collections.abc import Iterator

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source, Statement
from mainmode.device.addresses import AddressBook, Ranges
from mainmode.device.config.model import AccessGroup, Ace, AddressRange, Configuration
from mainmode.device.nat_rules import Rule
from mainmode.device.nat_sections import rules_of
from mainmode.device.routing import RoutingTable
from mainmode.device.services import ServiceBook
from mainmode.device.settings import entry_named
from mainmode.ike.settings import IkeSettings, MapEntry, TunnelGroup

_HIGHEST = 100
_ANYWHERE = Proxy.of("0.0.0.0/0")


@dataclass(frozen=True, slots=True)
class Need:
    """What only the packet path of mainmode itself does, and the line that asks for it."""

    what: str
    source: Source

    def __str__(self) -> str:
        return f"{self.what}: {self.source}"


def needs_of(configuration: Configuration, settings: IkeSettings) -> list[Need]:
    """All of them, each line once; none where the kernel can do what is configured."""
    found: dict[Source, Need] = {}
    for need in _all(configuration, settings):
        found.setdefault(need.source, need)
    return list(found.values())


def _all(configuration: Configuration, settings: IkeSettings) -> Iterator[Need]:
    entries = [entry for entry in settings.entries if entry.complete]
    for entry in entries:
        yield from _filters(settings, entry)
        yield from _sizes(configuration, entry)
    mss = configuration.settings.tcpmss
    if entries and mss.value and isinstance(mss.source, Statement):
        yield Need("the segment size of TCP is lowered", mss.source)
    judge = _Judge(configuration)
    for entry in entries:
        for proxies in _protected(entry):
            yield from judge.needs(entry.interface, proxies)
    permit = configuration.settings.permit_vpn
    if entries and not permit.value:
        yield Need("traffic out of tunnels is subject to the access lists of interfaces", permit.source)


def _protected(entry: MapEntry) -> list[ProxyPair]:
    """What an entry protects; a dynamic one without an access list protects what its peers ask for."""
    if entry.dynamic and entry.acl is None:
        return [ProxyPair(_ANYWHERE, _ANYWHERE)]
    return [ace.proxies for ace in entry.acl or () if ace.permit]


def _filters(settings: IkeSettings, entry: MapEntry) -> Iterator[Need]:
    """The vpn-filter of the groups that the entry's peers land on."""
    groups: list[TunnelGroup | None] = [settings.group_for(peer) for peer in entry.peers]
    if entry.dynamic or not entry.peers:
        groups = [*settings.groups.values(), settings.default_group]
    for group in groups:
        if group is not None and group.vpn_filter is not None:
            yield Need("a vpn-filter holds for a tunnel", group.sources["vpn_filter"])


def _sizes(configuration: Configuration, entry: MapEntry) -> Iterator[Need]:
    """The kernel copies or clears the DF bit and fragments after encryption."""
    named = entry_named(configuration, entry.map_name, entry.sequence)
    df_bit = (named.df_bit if named is not None else None) or configuration.df_bits.get(entry.interface)
    if df_bit is not None and df_bit.value == "set-df":
        yield Need("the DF bit is set", df_bit.source)
    cut = configuration.fragmentation.get(entry.interface)
    if cut is not None and cut.value == "before-encryption" and isinstance(cut.source, Statement):
        yield Need("packets are fragmented before encryption", cut.source)


class _Judge:
    """Access lists, security levels and translation of protected traffic."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._book = AddressBook(configuration)
        self._services = ServiceBook(configuration)
        self._routes = RoutingTable.of(configuration)
        self._rules = rules_of(configuration)
        groups = [group for group in configuration.access_groups if not group.control_plane]
        self._groups = {(group.interface, group.direction): group for group in groups}
        self._own = {one.address.value.address for one in configuration.interfaces if one.address is not None}

    def needs(self, outside: str, proxies: ProxyPair) -> Iterator[Need]:
        """What stands in the way of protected traffic from the local network."""
        local, remote = proxies.local, proxies.remote
        yield from self._translated(outside, local, remote)
        if local.is_host and local.first in self._own:
            return
        for inside in self._insides(outside, local):
            yield from self._passing(inside, outside, local, remote)

    def _insides(self, outside: str, local: Proxy) -> list[str]:
        """The interfaces that the local network is behind; for everywhere all the others."""
        if local == _ANYWHERE:
            named = [one.nameif.value for one in self._configuration.interfaces if one.nameif is not None]
            return [nameif for nameif in named if nameif != outside]
        hop = self._routes.hop(local.first)
        return [hop.interface if hop is not None else outside]

    def _passing(self, inside: str, outside: str, local: Proxy, remote: Proxy) -> Iterator[Need]:
        """Whether everything from the local to the remote network may pass from one interface to the other."""
        settings = self._configuration.settings
        inbound = [self._groups[key] for key in ((inside, "in"), (None, "global")) if key in self._groups]
        outbound = [self._groups[key] for key in ((outside, "out"),) if key in self._groups]
        for groups in (inbound, outbound):
            refusing = self._refusing(groups, local, remote) if groups else None
            if refusing is not None:
                yield Need("an access list restricts what goes into a tunnel", refusing)
        high, low = self._level(inside), self._level(outside)
        if inside == outside:
            if not settings.same_security_intra.value:
                yield Need(f"nothing leaves by {outside}, where it came in", settings.same_security_intra.source)
        elif high == low and not settings.same_security_inter.value:
            yield Need(f"{inside} and {outside} have one security level", settings.same_security_inter.source)

    def _refusing(self, groups: list[AccessGroup], local: Proxy, remote: Proxy) -> Source | None:
        """The line by which not all of the traffic passes; None where all of it does."""
        for group in groups:
            named = self._configuration.access_lists.get(group.acl)
            for ace in named.aces if named is not None else ():
                sources, destinations = self._book.of(ace.source_address), self._book.of(ace.destination_address)
                if not (_touches(sources, local) and _touches(destinations, remote)):
                    continue
                if not ace.permit:
                    return ace.source
                if _covers(sources, local) and _covers(destinations, remote) and self._takes(ace, local.protocol):
                    return None
        return groups[-1].source

    def _takes(self, ace: Ace, protocol: int) -> bool:
        """Whether an entry matches everything of a protocol (0: of all), at any time."""
        return ace.time_range is None and any(
            one.source is None
            and one.destination is None
            and one.icmp is None
            and (one.protocols is None or protocol in one.protocols)
            for one in self._services.of(ace)
        )

    def _level(self, nameif: str) -> int:
        interface = self._configuration.interface(nameif)
        if interface is not None and interface.security_level is not None:
            return interface.security_level.value
        return _HIGHEST if nameif == "inside" else 0

    def _translated(self, outside: str, local: Proxy, remote: Proxy) -> Iterator[Need]:
        """The rules that change addresses of protected traffic: up to the first that leaves all of it as it is."""
        for rule in self._rules:
            if rule.mapped_interface not in ("any", outside):
                continue
            peers = rule.mapped_destination
            if peers is not None and not _touches(peers, remote):
                continue
            mapped = rule.mapped_source or ()
            if not _touches(rule.real_source, local) and not _touches(mapped, local):
                continue
            if not _identity(rule):
                yield Need("addresses of protected traffic are translated", rule.source)
            elif rule.services is None and _covers(rule.real_source, local) and (not peers or _covers(peers, remote)):
                return


def _identity(rule: Rule) -> bool:
    """Whether a rule leaves addresses and ports as they are."""
    services = rule.services
    ports = services is None or (
        services.real_source == services.mapped_source and services.real_destination == services.mapped_destination
    )
    same = rule.real_source == rule.mapped_source and rule.real_destination == rule.mapped_destination
    return not rule.dynamic and same and ports


def _touches(ranges: Ranges, proxy: Proxy) -> bool:
    return any(one.first <= proxy.last and proxy.first <= one.last for one in ranges)


def _covers(ranges: Ranges, proxy: Proxy) -> bool:
    return any(_within(one, proxy) for one in ranges)


def _within(one: AddressRange, proxy: Proxy) -> bool:
    return one.first <= proxy.first and proxy.last <= one.last
