"""What `show` commands look at."""

from collections import Counter
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address
from typing import Protocol

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.base.provenance import Source
from mainmode.device.config.model import Configuration, Release
from mainmode.device.connections import Connection
from mainmode.device.hits import HitCounts
from mainmode.device.journal import Traffic
from mainmode.device.nat import NatHits
from mainmode.device.nat_rules import Rule
from mainmode.device.routing import Route
from mainmode.device.settings import entry_of
from mainmode.device.translations import Translation
from mainmode.device.tunnels import Count, Tunnel
from mainmode.ike.settings import IkeSettings
from mainmode.ike.statistics import Statistics
from mainmode.ike.timing import MAX_HALF_OPEN
from mainmode.ike.views import IkeSaView, SessionCounts, SessionView
from mainmode.ipsec.dataplane import SaPair
from mainmode.ipsec.path_mtu import PathMtus
from mainmode.ipsec.sad import SaState
from mainmode.ipsec.statistics import IpsecStatistics


class SadView(Protocol):
    """The pairs of SAs that stand."""

    def inbound(self, spi: int) -> SaState | None:
        """The pair with this inbound SPI."""

    def states(self) -> tuple[SaState, ...]:
        """All pairs, oldest first."""


class TunnelsView(Protocol):
    """The tunnels that stand, and how many there were."""

    ike: Count
    ipsec: Count
    ipsec_over_nat: Count
    pairs: Count

    def of(self, inbound_spis: Iterable[int]) -> tuple[Tunnel, ...]:
        """The IPsec tunnels of these pairs, by their numbers."""

    def all(self) -> Iterable[Tunnel]:
        """Every IPsec tunnel that stands."""


class LogView(Protocol):
    """The buffer of the system log and what it counted."""

    most_octets: int

    @property
    def messages(self) -> tuple[str, ...]:
        """The buffer, oldest message first."""

    @property
    def kept(self) -> tuple[tuple[Instant, str], ...]:
        """The same with the time of each."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many messages went to each destination that had any."""

    def logged(self, destination: str) -> int:
        """How many messages went to a destination."""


class JournalView(Protocol):
    """What happened since the start."""

    drops: Counter[Drop]
    traffic: dict[str, Traffic]

    @property
    def tunnels(self) -> TunnelsView:
        """Its tunnels."""

    @property
    def log(self) -> LogView:
        """Its system log."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a box at one moment: its configuration, SAs, sessions and routes, and the journal of its past.

    `processes`: of so many processes of one device all of it is.
    """

    configuration: Configuration
    settings: IkeSettings
    ike: tuple[IkeSaView, ...]
    ike_statistics: Statistics
    sessions: tuple[SessionView, ...]
    session_counts: SessionCounts
    sad: SadView
    ipsec_statistics: IpsecStatistics
    path_mtus: PathMtus
    routes: tuple[Route, ...]
    hits: HitCounts
    nat_rules: tuple[Rule, ...]
    nat_hits: Mapping[Source, NatHits]
    translations: tuple[Translation, ...]
    connections: tuple[Connection, ...]
    most_connections: int
    journal: JournalView
    started_at: Instant
    now: Instant
    processes: int = 1

    @property
    def release(self) -> Release:
        """Whose spelling the outputs have."""
        return self.configuration.release

    def mtu(self, nameif: str) -> int:
        """The MTU of an interface in octets."""
        return self.configuration.mtus[nameif].value

    @property
    def most_negotiations(self) -> int:
        """How many IKE SAs may be in negotiation at once; each process may have so many."""
        configured = self.settings.max_in_negotiation
        return self.processes * (configured if configured is not None else MAX_HALF_OPEN)

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
