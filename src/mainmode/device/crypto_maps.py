"""The crypto maps of a device as a packet meets them: which entry and which ACE protect it, if any."""

from collections.abc import Iterator
from ipaddress import summarize_address_range

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Absent, Source
from mainmode.device.config.model import Configuration
from mainmode.device.decision import Decision, Stage, Verdict
from mainmode.device.flow import Flow
from mainmode.device.settings import ike_settings, unbound_maps
from mainmode.ike.settings import AclEntry, MapEntry
from mainmode.ipsec.dataplane import SaPair
from mainmode.ipsec.sad import Sad, SaState
from mainmode.ipsec.spd import Bypass, EntryKey, Protect, Spd, SpdRule


@dataclass(frozen=True, slots=True)
class Protected:
    """A packet belongs into the tunnel of this entry, for this ACE."""

    entry: MapEntry
    ace: AclEntry

    @property
    def sources(self) -> tuple[Source, ...]:
        """The entry's `match address` line and the ACE."""
        return (*_sources(self.entry, "acl"), self.ace.source)


class CryptoMaps:
    """The entries bound to interfaces; those that are incomplete protect nothing."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._policy = configuration.derived(_Policy)
        self._dynamic = {interface: _Carried(entries) for interface, entries in self._policy.dynamic.items()}

    def protecting(self, interface: str, flow: Flow) -> Protected | None:
        """The entry and ACE that protect `flow` where it leaves by `interface`."""
        found = self._lookup(interface, flow)
        return self._policy.meanings[id(found.rule)] if isinstance(found, Protect) else None

    def tunnel(self, protected: Protected | None, interface: str, flow: Flow, sad: Sad) -> SaState | None:
        """The SAs that carry `flow`: those of its ACE, or, under a dynamic map, those whose proxies hold it."""
        if protected is not None:
            pairs = (sad.outbound_for(str(peer), protected.ace.proxies) for peer in protected.entry.peers)
            return next((state for state in pairs if state is not None), None)
        held = self._dynamic.get(interface)
        for pair in held.holding(flow) if held is not None else ():
            state = sad.outbound_for(pair.peer, pair.proxies)
            if state is not None:
                return state
        return None

    def installed(self, pair: SaPair) -> None:
        """A pair of SAs stands: one under a dynamic map carries what its proxies hold."""
        held = self._dynamic.get(pair.interface)
        if held is not None and (pair.map_name, pair.map_sequence) in held.entries:
            held.add(pair)

    def removed(self, pair: SaPair) -> None:
        """A pair of SAs is gone."""
        held = self._dynamic.get(pair.interface)
        if held is not None:
            held.remove(pair)

    def incomplete(self, interface: str) -> list[Decision]:
        """A decision for each entry that is passed over because something of it is missing."""
        return list(self._policy.incomplete.get(interface, ()))

    def in_clear(self, interface: str, flow: Flow) -> Decision:
        """Why a packet that nothing protects leaves in clear."""
        entries = self._policy.settings.entries_on(interface)
        found = self._lookup(interface, flow)
        if not entries:
            return self._unbound(interface)
        if isinstance(found, Bypass) and found.rule is not None:
            text = f"{flow} is denied by crypto map {found.rule.entry.map_name}: it leaves in clear"
            sources: tuple[Source, ...] = (found.rule.source,)
        else:
            text = f"{flow} matches no crypto map entry on {interface}: it leaves in clear"
            sources = tuple(source for entry in entries for source in _sources(entry, "acl"))
        return Decision(Stage.CRYPTO_MAP, Verdict.IN_CLEAR, text, sources)

    def _unbound(self, interface: str) -> Decision:
        file = self._configuration.file
        sources = tuple(unbound_maps(self._configuration).values()) or (
            Absent(file, f"crypto map MAP interface {interface}"),
        )
        text = f"no crypto map is bound to {interface}: the packet leaves in clear"
        return Decision(Stage.CRYPTO_MAP, Verdict.IN_CLEAR, text, sources)

    def _lookup(self, interface: str, flow: Flow) -> Protect | Bypass:
        return self._policy.spd.lookup(
            interface, flow.source, flow.destination, flow.protocol, flow.source_port, flow.destination_port
        )


class _Policy:
    """What the crypto maps of one configuration say: the rules with their meanings, dynamic and incomplete entries."""

    def __init__(self, configuration: Configuration) -> None:
        self.settings = ike_settings(configuration)
        self.meanings: dict[int, Protected] = {}
        self.dynamic: dict[str, set[tuple[str, int]]] = {}
        self.incomplete: dict[str, list[Decision]] = {}
        rules: list[SpdRule] = []
        for entry in self.settings.entries:
            key = EntryKey(entry.interface, entry.map_name, entry.sequence)
            for ace in (entry.acl or ()) if entry.complete and not entry.dynamic else ():
                rules.append(SpdRule(ace.permit, ace.proxies, key, ace.source))
                self.meanings[id(rules[-1])] = Protected(entry, ace)
            if entry.dynamic:
                self.dynamic.setdefault(entry.interface, set()).add((entry.map_name, entry.sequence))
            if not entry.complete:
                text = f"crypto map {entry.map_name} {entry.sequence} is incomplete"
                passed_over = Decision(Stage.CRYPTO_MAP, Verdict.SKIPPED, text, _sources(entry, "entry"))
                self.incomplete.setdefault(entry.interface, []).append(passed_over)
        self._rules = tuple(rules)
        self.spd = Spd(self._rules)


class _Carried:
    """The pairs under the dynamic maps of one interface, found by their remote side, the newest first.

    `entries` are those of the maps.
    """

    def __init__(self, entries: set[tuple[str, int]]) -> None:
        self.entries = entries
        self._tables: dict[int, dict[int, dict[int, SaPair]]] = {}

    def add(self, pair: SaPair) -> None:
        for mask, network in _networks(pair):
            self._tables.setdefault(mask, {}).setdefault(network, {})[pair.inbound_spi] = pair

    def remove(self, pair: SaPair) -> None:
        for mask, network in _networks(pair):
            table = self._tables.get(mask, {})
            table.get(network, {}).pop(pair.inbound_spi, None)
            if not table.get(network, True):
                del table[network]

    def holding(self, flow: Flow) -> Iterator[SaPair]:
        number = int(flow.destination)
        for mask, table in self._tables.items():
            for pair in reversed(table.get(number & mask, {}).values()):
                if carries(pair, flow):
                    yield pair


def _networks(pair: SaPair) -> Iterator[tuple[int, int]]:
    for network in summarize_address_range(pair.proxies.remote.first, pair.proxies.remote.last):
        yield int(network.netmask), int(network.network_address)


def carries(pair: SaPair, flow: Flow) -> bool:
    """Whether the proxies of a pair hold an outbound flow."""
    proxies = pair.proxies
    return proxies.local.holds(flow.source, flow.protocol, flow.source_port) and proxies.remote.holds(
        flow.destination, flow.protocol, flow.destination_port
    )


def _sources(entry: MapEntry, key: str) -> tuple[Source, ...]:
    return (entry.sources[key],) if key in entry.sources else ()
