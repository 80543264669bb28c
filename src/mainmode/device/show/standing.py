"""What `show` commands look at."""

from collections.abc import Mapping
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.base.provenance import Source
from mainmode.device.config.model import Configuration, Release
from mainmode.device.connections import Connection
from mainmode.device.hits import HitCounts
from mainmode.device.journal import Journal
from mainmode.device.nat import NatHits
from mainmode.device.nat_rules import Rule
from mainmode.device.routing import Route
from mainmode.device.settings import entry_of
from mainmode.device.translations import Translation
from mainmode.ike.settings import IkeSettings
from mainmode.ike.statistics import Statistics
from mainmode.ike.timing import MAX_HALF_OPEN
from mainmode.ike.views import IkeSaView, SessionCounts, SessionView
from mainmode.ipsec.dataplane import SaPair
from mainmode.ipsec.path_mtu import PathMtus
from mainmode.ipsec.sad import Sad
from mainmode.ipsec.statistics import IpsecStatistics


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a box at one moment: its configuration, SAs, sessions and routes, and the journal of its past."""

    configuration: Configuration
    settings: IkeSettings
    ike: tuple[IkeSaView, ...]
    ike_statistics: Statistics
    sessions: tuple[SessionView, ...]
    session_counts: SessionCounts
    sad: Sad
    ipsec_statistics: IpsecStatistics
    path_mtus: PathMtus
    routes: tuple[Route, ...]
    hits: HitCounts
    nat_rules: tuple[Rule, ...]
    nat_hits: Mapping[Source, NatHits]
    translations: tuple[Translation, ...]
    connections: tuple[Connection, ...]
    most_connections: int
    journal: Journal
    started_at: Instant
    now: Instant

    @property
    def release(self) -> Release:
        """Whose spelling the outputs have."""
        return self.configuration.release

    def mtu(self, nameif: str) -> int:
        """The MTU of an interface in octets."""
        return self.configuration.mtus[nameif].value

    @property
    def most_negotiations(self) -> int:
        """How many IKE SAs may be in negotiation at once."""
        return self.settings.max_in_negotiation if self.settings.max_in_negotiation is not None else MAX_HALF_OPEN

    def df_policy(self, pair: SaPair) -> str:
        """What becomes of the DF bit of packets in a tunnel: the crypto map entry's word, else the interface's."""
        entry = entry_of(self.configuration, pair)
        if entry is not None and entry.df_bit is not None:
            return entry.df_bit.value
        return self.configuration.df_bits[pair.interface].value

    def shown(self, address: IPv4Address) -> str:
        """An address as the device prints it: by the name that `name` gave it, while `names` is on."""
        if self.configuration.settings.names_shown.value:
            for name, named in self.configuration.names.items():
                if named.value == address:
                    return name
        return str(address)

    def is_dynamic(self, map_name: str, sequence: int) -> bool:
        """Whether a bound entry came from a dynamic map."""
        return any(
            entry.dynamic and (entry.map_name, entry.sequence) == (map_name, sequence)
            for entry in self.settings.entries
        )
