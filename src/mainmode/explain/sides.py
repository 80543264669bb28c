"""A configuration that was given, seen from one negotiation: its entry for the peer, its lines for the networks."""

from collections.abc import Iterator
from functools import cached_property
from ipaddress import IPv4Address

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Absent, Source
from mainmode.device.config.expansion import ExpansionError, proxy_pairs
from mainmode.device.config.model import Ace, Configuration, CryptoMapEntry, Release, TunnelGroup
from mainmode.explain.finding import Place

_DEFAULT_GROUP = "DefaultL2LGroup"


@dataclass(frozen=True)
class ConfiguredSide:
    """One side's configuration. `log` is 0 for --config, 1 for --peer-config.

    `peer` is the other end's address, None where the log does not tell it; `asked` are the networks of the negotiation
    from this side, empty where not told.
    """

    configuration: Configuration
    log: int
    peer: IPv4Address | None = None
    asked: tuple[ProxyPair, ...] = ()

    def place(self, note: str, source: Source) -> Place:
        """A place in this configuration."""
        return Place(self.log, note, source)

    def absent(self, note: str, command: str) -> Place:
        """A line that is not there."""
        return Place(self.log, note, Absent(self.configuration.file, command))

    def spelled(self, command: str) -> str:
        """A command in the release's spelling: `crypto ikev1 policy`, or `crypto isakmp policy`."""
        if self.configuration.release is Release.NEW:
            return command
        return command.replace("ikev1 ", "" if "set" in command or "pre-shared" in command else "isakmp ")

    @property
    def entries(self) -> list[CryptoMapEntry]:
        """All entries of all crypto maps."""
        return [entry for one in self.configuration.crypto_maps.values() for entry in one.entries]

    @cached_property
    def entry(self) -> CryptoMapEntry | None:
        """The entry for the peer; where none names it, the one whose networks come closest, else the only one."""
        static = [entry for entry in self.entries if entry.dynamic is None]
        for entry in static:
            if self.names_peer(entry):
                return entry
        close = [(self.closeness(entry), -entry.sequence) for entry in static]
        if static and max(close)[0] > 0:
            return static[close.index(max(close))]
        return static[0] if len(static) == 1 else None

    def names_peer(self, entry: CryptoMapEntry) -> bool:
        """Whether an entry has the peer's address."""
        return self.peer is not None and entry.peers is not None and self.peer in entry.peers.value

    @property
    def head(self) -> str:
        """`crypto map MAP 10`: the entry, as its commands begin."""
        return f"crypto map {self.entry.map_name} {self.entry.sequence}" if self.entry is not None else "crypto map"

    def lines(self, entry: CryptoMapEntry | None) -> Iterator[tuple[Ace, ProxyPair]]:
        """The permit lines of an entry's access list with what they stand for; a hundred of them are enough."""
        access_list = self.configuration.access_lists.get(entry.acl.value) if entry and entry.acl else None
        for ace in [one for one in (access_list.aces if access_list is not None else ()) if one.permit][:100]:
            try:
                pairs = proxy_pairs(self.configuration, ace)
            except ExpansionError:
                continue
            for pair in pairs[:20]:
                yield ace, pair

    def closeness(self, entry: CryptoMapEntry) -> int:
        """How near an entry's networks come to what was asked for; 0: not at all."""
        best = 0
        for _, pair in self.lines(entry):
            for asked in self.asked:
                near = _overlap(pair.local, asked.local) + _overlap(pair.remote, asked.remote)
                best = max(best, near)
        return best

    def nearest(self, entry: CryptoMapEntry | None) -> Ace | None:
        """The line of an entry that comes nearest to what was asked for; the first where nothing was."""
        best: tuple[int, Ace] | None = None
        for ace, pair in self.lines(entry):
            near = max(
                (_overlap(pair.local, one.local) + _overlap(pair.remote, one.remote) for one in self.asked), default=0
            )
            if best is None or near > best[0]:
                best = near, ace
        return best[1] if best is not None else None

    @cached_property
    def interface(self) -> str:
        """The interface (nameif) of the entry's map, else the one with IKE, else `outside`."""
        entry = self.entry
        crypto_map = self.configuration.crypto_maps.get(entry.map_name) if entry is not None else None
        if crypto_map is not None and crypto_map.interfaces:
            return crypto_map.interfaces[0].value
        for one in self.configuration.enabled:
            return one.value
        return "outside"

    @property
    def interface_bound(self) -> bool:
        """Whether the entry's map is bound, so that its routes stand."""
        return self.entry is not None and bool(self.configuration.crypto_maps[self.entry.map_name].interfaces)

    @property
    def address(self) -> IPv4Address | None:
        """The address of that interface."""
        interface = self.configuration.interface(self.interface)
        return interface.address.value.address if interface is not None and interface.address is not None else None

    def group(self, peer: IPv4Address | None = None) -> TunnelGroup | None:
        """The tunnel-group for the peer, else the default one if it has a key."""
        name = str(peer or self.peer)
        group = self.configuration.tunnel_groups.get(name)
        default = self.configuration.tunnel_groups.get(_DEFAULT_GROUP)
        return group if group is not None or default is None or default.key is None else default


def _overlap(one: Proxy, other: Proxy) -> int:
    """4: the same addresses; 2: one holds the other; 0: apart."""
    if (one.first, one.last) == (other.first, other.last):
        return 4
    holds = one.first <= other.first and other.last <= one.last
    return 2 if holds or (other.first <= one.first and one.last <= other.last) else 0
