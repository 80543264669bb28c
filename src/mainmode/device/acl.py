"""Which traffic may pass between interfaces: access groups, security levels, and the tunnel's exemption."""

from collections.abc import Mapping

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.base.prefixes import PrefixIndex
from mainmode.base.provenance import Absent, Default, Source
from mainmode.device.addresses import AddressBook, Ranges, held_in
from mainmode.device.config.model import AccessGroup, AccessList, Ace, AddressRange, Configuration, TimeRange
from mainmode.device.decision import Decision, Stage, Verdict
from mainmode.device.flow import Flow
from mainmode.device.hits import HitCounts
from mainmode.device.services import Match, ServiceBook
from mainmode.device.time_ranges import stands

_HIGHEST = 100
"""The security level of an interface named `inside`; every other starts at 0."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One access list entry with its names resolved. `time_range` None: always."""

    ace: Ace
    sources: Ranges
    destinations: Ranges
    services: tuple[Match, ...]
    time_range: TimeRange | None
    asleep: bool

    def element(self, flow: Flow, now: Instant) -> tuple[AddressRange, AddressRange, int] | None:
        """The ranges and the number of the service in which `flow` is; None where it does not match."""
        source = held_in(self.sources, flow.source)
        destination = held_in(self.destinations, flow.destination) if source is not None else None
        if source is None or destination is None or self.asleep:
            return None
        for number, service in enumerate(self.services):
            if service.fits(flow):
                standing = self.time_range is None or stands(self.time_range, now)
                return (source, destination, number) if standing else None
        return None


class ResolvedList:
    """One access list, its entries found by the side of theirs that tells more apart."""

    def __init__(self, access_list: AccessList, configuration: Configuration) -> None:
        addresses, services = AddressBook(configuration), ServiceBook(configuration)
        entries = [
            _Entry(
                ace,
                addresses.of(ace.source_address),
                addresses.of(ace.destination_address),
                services.of(ace),
                configuration.time_ranges.get(ace.time_range) if ace.time_range is not None else None,
                ace.time_range is not None and ace.time_range not in configuration.time_ranges,
            )
            for ace in access_list.aces
        ]
        self._by_source = len({entry.sources for entry in entries}) > len({entry.destinations for entry in entries})
        self._index: PrefixIndex[_Entry] = PrefixIndex()
        for entry in entries:
            ranges = entry.sources if self._by_source else entry.destinations
            self._index.add(((one.first, one.last) for one in ranges), entry)

    def first_match(self, flow: Flow, now: Instant, hits: HitCounts) -> Ace | None:
        """The entry that decides, its hit counted in `hits`; None where no entry matches."""
        for entry in self._index.find(int(flow.source if self._by_source else flow.destination)):
            element = entry.element(flow, now)
            if element is not None:
                hits.hit(entry.ace.source, *element, now)
                return entry.ace
        return None


class _Lists:
    """The access lists of one configuration, each resolved when it is asked for first."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._lists: dict[str, ResolvedList] = {}

    def named(self, name: str) -> ResolvedList | None:
        """The access list of this name; None where it does not exist."""
        if name not in self._lists:
            access_list = self._configuration.access_lists.get(name)
            if access_list is None:
                return None
            self._lists[name] = ResolvedList(access_list, self._configuration)
        return self._lists[name]


class AccessPolicy:
    """The access rules of one configuration. Real addresses count, as from 8.3 on."""

    def __init__(self, configuration: Configuration, hits: HitCounts | None = None) -> None:
        self._configuration = configuration
        self.hits = hits if hits is not None else HitCounts()
        self._lists = configuration.derived(_Lists)
        through = [group for group in configuration.access_groups if not group.control_plane]
        self._groups: Mapping[tuple[str | None, str], AccessGroup] = {
            (group.interface, group.direction): group for group in through
        }

    def _first_match(self, name: str, flow: Flow, now: Instant) -> Ace | None:
        access_list = self._lists.named(name)
        return access_list.first_match(flow, now, self.hits) if access_list is not None else None

    def judge(self, flow: Flow, ingress: str, egress: str, now: Instant, *, tunnelled: bool) -> Decision:
        """Whether `flow` may pass from `ingress` to `egress`; `tunnelled` traffic was decrypted just now."""
        refused = self._same_security(ingress, egress)
        if refused is not None:
            return refused
        permit_vpn = self._configuration.settings.permit_vpn
        if tunnelled and permit_vpn.value:
            text = "traffic of a tunnel passes without interface access lists"
            return Decision(Stage.ACCESS_LIST, Verdict.ALLOW, text, (permit_vpn.source,))
        decision = self._inbound(flow, ingress, egress, now)
        outbound = self._groups.get((egress, "out"))
        if decision.verdict is Verdict.DROP or outbound is None:
            return decision
        return self._by_list(outbound, flow, now) or _implicit(outbound, flow)

    def filtered(self, name: str, source: Source, flow: Flow, now: Instant) -> Decision:
        """The verdict of a group-policy's vpn-filter, whose entries are written from the remote side to the local."""
        if self._lists.named(name) is None:
            text = f"vpn-filter {name} does not exist: nothing passes"
            return Decision(Stage.VPN_FILTER, Verdict.DROP, text, (source,))
        ace = self._first_match(name, flow, now)
        if ace is None:
            text = f"{flow} matches no entry of vpn-filter {name}: implicit deny"
            return Decision(Stage.VPN_FILTER, Verdict.DROP, text, (source,))
        verdict = Verdict.ALLOW if ace.permit else Verdict.DROP
        return Decision(Stage.VPN_FILTER, verdict, f"{flow} matches vpn-filter {name}", (ace.source, source))

    def _same_security(self, ingress: str, egress: str) -> Decision | None:
        """Why traffic does not pass between interfaces of one security level, if so."""
        settings = self._configuration.settings
        (level, source), (other, other_source) = self._level(ingress), self._level(egress)
        if ingress == egress:
            permit, text = settings.same_security_intra, f"a packet does not leave by {egress}, where it came in"
            levels: tuple[Source, ...] = ()
        else:
            permit, text = settings.same_security_inter, f"{ingress} and {egress} both have security level {level}"
            levels = (source, other_source)
        if permit.value or level != other:
            return None
        return Decision(Stage.ACCESS_LIST, Verdict.DROP, text, (*levels, permit.source))

    def _inbound(self, flow: Flow, ingress: str, egress: str, now: Instant) -> Decision:
        """The ingress interface's list, then the global one; without either the security levels decide."""
        groups = [self._groups[key] for key in ((ingress, "in"), (None, "global")) if key in self._groups]
        for group in groups:
            decision = self._by_list(group, flow, now)
            if decision is not None:
                return decision
        return _implicit(groups[-1], flow) if groups else self._by_level(ingress, egress)

    def _by_list(self, group: AccessGroup, flow: Flow, now: Instant) -> Decision | None:
        ace = self._first_match(group.acl, flow, now)
        if ace is None:
            return None
        verdict = Verdict.ALLOW if ace.permit else Verdict.DROP
        text = f"{flow} matches access list {group.acl} {_bound(group)}"
        return Decision(Stage.ACCESS_LIST, verdict, text, (ace.source, group.source))

    def _by_level(self, ingress: str, egress: str) -> Decision:
        (high, high_source), (low, low_source) = self._level(ingress), self._level(egress)
        sources = (high_source, low_source)
        levels = f"security level {high} ({ingress}) to {low} ({egress})"
        if high >= low:
            return Decision(Stage.ACCESS_LIST, Verdict.ALLOW, levels, sources)
        permit = Absent(self._configuration.file, f"access-group ACL in interface {ingress}")
        return Decision(Stage.ACCESS_LIST, Verdict.DROP, f"{levels} needs an access list", (*sources, permit))

    def _level(self, nameif: str) -> tuple[int, Source]:
        interface = self._configuration.interface(nameif)
        if interface is not None and interface.security_level is not None:
            return interface.security_level.value, interface.security_level.source
        level = _HIGHEST if nameif == "inside" else 0
        return level, Default(self._configuration.file, f"security-level {level}")


def _implicit(group: AccessGroup, flow: Flow) -> Decision:
    text = f"{flow} matches no entry of access list {group.acl} {_bound(group)}: implicit deny"
    return Decision(Stage.ACCESS_LIST, Verdict.DROP, text, (group.source,))


def _bound(group: AccessGroup) -> str:
    return f"on {group.interface}" if group.interface is not None else "on all interfaces"
