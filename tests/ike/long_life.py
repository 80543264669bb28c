"""Two engines with their data planes on a bad wire, in virtual time: what tests of a long life are made of."""

import heapq
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from pair import START, A, B, Seeded, settings

from mainmode.base.address import Path
from mainmode.base.instant import Instant
from mainmode.ike.acquire import Acquire
from mainmode.ike.effects import (
    AcquireFailed,
    Effect,
    InstallSa,
    Phase1Down,
    Phase2Failed,
    RemoveSa,
    Say,
    Send,
    UseSa,
)
from mainmode.ike.engine import Engine
from mainmode.ike.settings import AclEntry, IkeSettings, MapEntry
from mainmode.ipsec.esp import EspRefused
from mainmode.ipsec.sad import Sad
from mainmode.wire.esp import read_esp

SECOND = 1_000_000
REASONS = (Phase1Down, Phase2Failed, RemoveSa, AcquireFailed)


@dataclass
class Wire:
    """Datagrams are lost, come twice and overtake each other, as the shares and the latency in seconds say."""

    loss: float = 0.0
    twice: float = 0.0
    latency: tuple[float, float] = (0.01, 0.01)
    blocked: Callable[[str, Send | bytes], bool] = lambda side, what: False


@dataclass
class End:
    """One device: its engine, its SAs, and what it did."""

    name: str
    own: IPv4Address
    engine: Engine
    sad: Sad
    entropy: Seeded
    received: int = 0
    lost_for_want_of_a_tunnel: int = 0
    unknown: int = 0
    sent: int = 0
    last_received: Instant = START
    effects: list[Effect] = field(default_factory=list)
    reason: Effect | None = None

    def lines(self) -> list[str]:
        return [effect.line.text for effect in self.effects if isinstance(effect, Say)]

    def kinds(self, kind: type) -> list[Effect]:
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def states(self) -> list[str]:
        return [view.state for view in self.engine.sas()]


class World:
    """Ends by name; time moves by `run`."""

    def __init__(self, wire: Wire, seed: int | str = 1, listened: bool = False, **ends: IkeSettings) -> None:
        self.wire, self.seed, self.now = wire, seed, START
        self.random = random.Random(f"wire {seed}")
        self.listened = listened
        self.ends: dict[str, End] = {}
        for name, own in (ends or {"a": settings(A), "b": settings(B)}).items():
            self.ends[name] = self.fresh(name, own)
        self._events: list[tuple[Instant, int, Callable[[], None]]] = []
        self._count = 0
        self.steps = 0

    def fresh(self, name: str, own: IkeSettings, again: int = 0) -> End:
        """A device as it comes out of a reload."""
        sad, entropy = Sad(), Seeded(f"{self.seed}/{name}/{again}")
        engine = Engine(own, entropy, self.listened, watch=sad.activity)
        (address,) = own.addresses.values()
        return End(name, address, engine, sad, entropy)

    def restart(self, name: str, again: int = 1) -> None:
        """All that stood at this end is gone; its peers are not told."""
        self.ends[name] = self.fresh(name, self.ends[name].engine.settings, again)

    # --- the wire ------------------------------------------------------------------------------------------------

    def at(self, moment: Instant, what: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (moment, self._count, what))

    def later(self, seconds: float) -> Instant:
        return Instant(self.now + round(seconds * SECOND))

    def _carry(self, side: str, what: Send | bytes, deliver: Callable[[], None]) -> None:
        wire, dice = self.wire, self.random
        if wire.blocked(side, what):
            return
        for _ in range(2 if dice.random() < wire.twice else 1):
            if dice.random() >= wire.loss:
                self.at(self.later(dice.uniform(*wire.latency)), deliver)

    def _owner(self, address: IPv4Address) -> End | None:
        return next((end for end in self.ends.values() if end.own == address), None)

    def note(self, end: End, effects: Iterable[Effect]) -> None:
        """Carry out what an engine wants."""
        for effect in effects:
            if isinstance(effect, Send):
                self._send(end, effect)
            elif isinstance(effect, InstallSa):
                end.sad.install(effect.pair, self.now, effect.replaces)
            elif isinstance(effect, UseSa):
                end.sad.use(effect.inbound_spi)
            elif isinstance(effect, RemoveSa):
                end.sad.remove(effect.inbound_spi)
            if isinstance(effect, REASONS):
                end.reason = effect
            if self.listened or not isinstance(effect, Send):
                end.effects.append(effect)

    def _send(self, end: End, send: Send) -> None:
        path = send.path.reversed()

        def deliver() -> None:
            other = self._owner(path.local.address)
            if other is not None:
                self.note(other, other.engine.receive(send.datagram, path, self.now))

        self._carry(end.name, send, deliver)

    # --- traffic -------------------------------------------------------------------------------------------------

    def packet(self, name: str, size: int = 60, place: int = 0, entry: int = 0) -> None:
        """One packet for the tunnel of the entry's ACE at `place`: sealed and carried, or a tunnel is asked for."""
        end = self.ends[name]
        own = end.engine.settings.entries[entry]
        ace = [one for one in own.acl or () if one.permit][place]
        end.sent += 1
        peers = own.peers or [other.own for other in self.ends.values() if other is not end]
        states = (end.sad.outbound_for(str(peer), ace.proxies) for peer in peers)
        state = next((found for found in states if found is not None), None)
        if state is not None and state.expired(self.now):
            self.note(end, end.engine.outlived(state.pair.inbound_spi, self.now))
            state = None
        if state is None:
            end.lost_for_want_of_a_tunnel += 1
            self.note(end, end.engine.acquire(asking(own, ace), self.now))
            return
        esp = state.seal(bytes(size), end.entropy, self.now)
        path = state.pair.path.reversed()
        self._carry(end.name, esp, lambda: self._esp(esp, path))
        if state.renewal_due():
            self.note(end, end.engine.renew(state.pair.inbound_spi, self.now))

    def _esp(self, esp: bytes, path: Path) -> None:
        end = self._owner(path.local.address)
        if end is None:
            return
        spi = read_esp(esp).spi
        state = end.sad.inbound(spi)
        if state is None:
            end.unknown += 1
            self.note(end, end.engine.unknown_spi(spi, path, self.now))
            return
        try:
            state.open(esp, self.now)
        except EspRefused:
            return
        end.received += 1
        end.last_received = self.now
        if state.renewal_due():
            self.note(end, end.engine.renew(spi, self.now))

    def talk(self, name: str, every: float, until: float, size: int = 60, place: int = 0) -> None:
        """Packets from this end, one in so many seconds, for so many seconds from now."""
        end = self.later(until)

        def one() -> None:
            self.packet(name, size, place)
            if self.later(every) < end:
                self.at(self.later(every), one)

        self.at(self.now, one)

    # --- time ----------------------------------------------------------------------------------------------------

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.later(seconds)
        while True:
            timers = [
                (moment, name) for name, one in self.ends.items() if (moment := one.engine.deadline()) is not None
            ]
            timer = min(timers, default=(end + 1, ""))
            event = self._events[0][0] if self._events else end + 1
            if min(timer[0], event) > end:
                break
            self.steps += 1
            if timer[0] <= event:
                self.now = max(self.now, timer[0])
                one = self.ends[timer[1]]
                self.note(one, one.engine.expire(self.now))
            else:
                moment, _, what = heapq.heappop(self._events)
                self.now = max(self.now, moment)
                what()
        self.now = end

    # --- what must hold ------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Nothing is held that does not stand, at either end."""
        for end in self.ends.values():
            nothing_leaked(end.engine, end.sad)

    def same_keys(self) -> bool:
        """Whether every pair that carries traffic at one end is held with the same keys at the other."""
        a, b = (self.ends[name] for name in ("a", "b"))
        return all(_keys_meet(end.sad, other.sad) for end, other in ((a, b), (b, a)))


def _keys_meet(sad: Sad, other: Sad) -> bool:
    for state in sad.states():
        if sad.outbound_for(state.pair.peer, state.pair.proxies) is state:
            twin = other.inbound(state.pair.outbound_spi)
            if twin is None or twin.pair.inbound_keys != state.pair.outbound_keys:
                return False
    return True


def asking(entry: MapEntry, ace: AclEntry) -> Acquire:
    return Acquire(entry, ace, "inside", ace.proxies.local.first + 2, ace.proxies.remote.first + 2, 1)


def nothing_leaked(engine: Engine, sad: Sad | None = None) -> None:
    """Tables hold what stands and nothing else; every timer belongs to something that stands."""
    table, sessions, agenda = engine._table, engine._sessions, engine._agenda
    standing = {*table.all(), *sessions.all(), *sessions.children.values()}
    assert set(agenda._standing) == standing, "timers of what is gone, or none for what stands"
    assert len(agenda._heap) <= 64 + 1.5 * len(standing)
    assert not agenda._touched
    assert table.negotiating == sum(not sa.active for sa in table.all())
    assert set(table._initiated.values()) | set(table._answered.values()) == set(table.all())
    assert sum(len(table.with_peer(peer)) for peer in table._by_peer._found) == len(table.all())
    assert len(table._first) <= len(table.all())
    assert len(table._half_open) <= table.negotiating
    assert sum(len(sessions.with_peer(peer)) for peer in sessions._by_address._found) == len(sessions.all())
    for session in sessions.all():
        assert session.ikes or session.children, "an empty session"
        assert all(sa.session is session and sa.active for sa in session.ikes)
        assert all(child.session is session for child in session.children.values())
        assert all(c.renewed_by is None or c.renewed_by in session.children for c in session.children.values())
    for sa in table.all():
        assert sa.active is (sa.session is not None)
        assert not sa.active or sa in sa.session.ikes
        assert sa.renews is None or not sa.active, "an IKE SA that stands keeps the one before it"
        assert sa.next_deadline() is not None or sa.active
        assert all(qm.deadline is not None for qm in sa.quick_modes.values()), "a quick mode that never ends"
    assert sum(len(session.children) for session in sessions.all()) == len(sessions.children)
    if sad is not None:
        assert {state.pair.inbound_spi for state in sad.states()} == set(sessions.children)
