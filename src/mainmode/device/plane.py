"""What the rooms of the packet path share: the tables, the state that packets leave behind, and the way to IKE."""

from collections.abc import Callable, Iterable
from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.base.entropy import Entropy
from mainmode.base.instant import Instant, Span, later, seconds
from mainmode.device.complaints import Complaints
from mainmode.device.connections import ConnectionTable
from mainmode.device.decision import BoxEffect
from mainmode.device.journal import Journal
from mainmode.device.routing import routes_while
from mainmode.device.tables import Tables
from mainmode.device.translations import Translations
from mainmode.ike.effects import Effect, InstallSa, MoveSa, RemoveSa, UseSa
from mainmode.ike.engine import Engine
from mainmode.ike.settings import MapEntry
from mainmode.ipsec.dataplane import SaTally
from mainmode.ipsec.path_mtu import PathMtus
from mainmode.ipsec.sad import Sad, SaState
from mainmode.ipsec.statistics import IpsecStatistics
from mainmode.wire.fragments import Reassembler

SOONEST: Span = seconds(0.005)
LATEST: Span = seconds(0.1)
"""How long packets wait, where they can, for a pair that this side began: the peer installs its SAs at QM3, which
nothing acknowledges (RFC 2409 §5.5), and loses what comes before. Its kernel may take longer for that than its daemon
did for QM1; so they wait five times as long as the answer to that took, within these bounds."""


@dataclass(slots=True)
class Plane:
    """The data plane of one box.

    `generation` counts changes of routes and rules, `pairs` changes among the SAs: what was found under an older
    number has to be looked up again. `identification` is that of the last packet the box made. `hosted`: the box runs
    on a host, which takes what tunnels bring for the box itself, forwards (and lowers the TTL of) what the box gets and
    gives in clear, and whose shell holds packets that wait for a tunnel.
    `elsewhere` tells of a crypto map entry that another process of the device begins its tunnels.
    `offloaded`: a kernel seals, so that what the box itself sends into tunnels leaves it in clear.
    """

    tables: Tables
    engine: Engine
    sad: Sad
    entropy: Entropy
    path_mtus: PathMtus
    journal: Journal
    identification: int
    connections: ConnectionTable
    translations: Translations = field(default_factory=Translations)
    statistics: IpsecStatistics = field(default_factory=IpsecStatistics)
    complaints: Complaints = field(default_factory=Complaints)
    generation: int = 0
    pairs: int = 0
    hosted: bool = False
    offloaded: bool = False
    elsewhere: Callable[[MapEntry], bool] = lambda _: False
    fragments: dict[str, Reassembler] = field(default_factory=dict)
    """Packets of which parts are missing, by the interface that they came to; "" for what came out of tunnels."""

    def reassembler(self, interface: str) -> Reassembler:
        """Where the parts that came by this interface wait for one another."""
        return self.fragments.setdefault(interface, Reassembler())

    def deadline(self) -> Instant | None:
        """When `expire` of the box wants to be called next."""
        due = self.engine.deadline()
        for waiting in self.fragments.values():
            given_up = waiting.deadline()
            if given_up is not None and (due is None or given_up < due):
                due = given_up
        return due

    def expire(self, now: Instant) -> list[Effect]:
        """Serve every deadline that is due."""
        for waiting in self.fragments.values():
            waiting.expire(now)
        return self.engine.expire(now)

    def carry(self, effects: Iterable[Effect], now: Instant) -> list[BoxEffect]:
        """The engine's effects as they are; SAs come and go at their place in the order."""
        done: list[BoxEffect] = []
        for effect in effects:
            done.append(effect)
            if isinstance(effect, InstallSa):
                self._install(effect, now)
            elif isinstance(effect, UseSa):
                self.sad.use(effect.inbound_spi)
                self.pairs += 1
            elif isinstance(effect, MoveSa):
                self.sad.move(effect.inbound_spi, effect.path)
                self.generation += 1
            elif isinstance(effect, RemoveSa):
                self.journal.removing(effect)
                self._remove(effect.inbound_spi)
        return done

    def count(self, state: SaState, tally: SaTally) -> None:
        """What another data plane counted for a pair, into what is counted of all: the difference to before."""
        before, inbound, outbound = state.tally, self.statistics.inbound, self.statistics.outbound
        opened, sealed = tally.decapsulated - before.decapsulated, tally.encapsulated - before.encapsulated
        refused, replayed = tally.bad_icv - before.bad_icv, tally.replays - before.replays
        inbound.packets += opened
        inbound.decryptions += opened
        inbound.authentications += opened
        inbound.octets += tally.octets_in - before.octets_in
        inbound.authentication_failures += refused
        inbound.replay_failures += replayed
        inbound.dropped += refused + replayed
        outbound.packets += sealed
        outbound.encryptions += sealed
        outbound.authentications += sealed
        outbound.octets += tally.octets_out - before.octets_out

    def next_identification(self) -> int:
        """The identification of the next packet that the box makes."""
        self.identification = (self.identification + 1) & 0xFFFF
        return self.identification

    def adopt(self, tables: Tables) -> None:
        """Other tables from here on; what stands keeps its routes."""
        self.tables = tables
        self.generation += 1
        self.pairs += 1
        self.path_mtus.aging = tables.configuration.settings.pmtu_aging.value
        self.connections.follow(tables.configuration.settings.timeouts)
        self.sad.window = tables.configuration.settings.replay_window.value
        for state in self.sad.states():
            self._put_in(state)

    def _install(self, effect: InstallSa, now: Instant) -> None:
        self._remove(effect.pair.inbound_spi)
        state = self.sad.install(effect.pair, now, effect.replaces)
        if self.hosted and state.usable and effect.pair.initiator:
            state.settled_at = later(now, _settling(effect.answered_in))
        self.statistics.active_tunnels += 1
        self.pairs += 1
        self._put_in(state)

    def _put_in(self, state: SaState) -> None:
        pair = state.pair
        self.tables.maps.installed(pair)
        if self.tables.routes.put_in(pair.inbound_spi, routes_while(self.tables.configuration, pair)):
            self.generation += 1

    def _remove(self, inbound_spi: int) -> None:
        state = self.sad.remove(inbound_spi)
        if state is None:
            return
        pair = state.pair
        self.statistics.active_tunnels -= 1
        self.statistics.previous_tunnels += 1
        self.pairs += 1
        self.tables.maps.removed(pair)
        if self.tables.routes.take_out(inbound_spi):
            self.generation += 1
        if self.sad.outbound_for(pair.peer, pair.proxies) is None:
            self.path_mtus.forget(pair.path.remote.address)
            if not self.tables.configuration.settings.preserve_vpn_flows.value:
                self.connections.end_of_tunnel(inbound_spi)


def _settling(answered_in: Span | None) -> Span:
    return LATEST if answered_in is None else min(max(Span(5 * answered_in), SOONEST), LATEST)
