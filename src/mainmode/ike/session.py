"""Sessions: all that stands with one peer. IKE SAs come and go in it; the children outlive the one that made them.

A session begins with the first IKE SA that is proven and ends with its last child (the device keeps no IKE SA that
carries no tunnel: its `terminating` line counts them). Two devices behind one address are two sessions: they are told
apart by the identities that they proved.
"""

from dataclasses import field
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from mainmode.base.address import ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant, later, seconds
from mainmode.base.multimap import Multimap
from mainmode.base.strand import WHOLE, Strand
from mainmode.ike.agenda import Agenda
from mainmode.ike.effects import Exchange
from mainmode.ike.settings import AclEntry, MapEntry, TunnelGroup
from mainmode.ike.timing import CROSSING
from mainmode.ipsec.dataplane import SaPair

if TYPE_CHECKING:
    from mainmode.ike.sa import IkeSa

SessionKey = tuple[IPv4Address, bytes]
"""The address where the peer was when the session began, and the identity that it proved (the ID payload's body)."""


@dataclass(slots=True, eq=False)
class Child:
    """One pair of IPsec SAs, and its timers. `used_from`: idle time counts from here where nothing passed yet."""

    session: "Session"
    pair: SaPair
    entry: MapEntry
    ace: AclEntry | None
    exchange: Exchange
    installed: Instant
    used_from: Instant
    expires: Instant | None = None
    renew_at: Instant | None = None
    idle_at: Instant | None = None
    use_at: Instant | None = None
    """When outbound traffic moves here: the peer must have installed its end by then."""
    retire_at: Instant | None = None
    """When it ends because another carries its traffic."""
    renewed_by: int | None = None
    stamp: int = 0

    @property
    def spi(self) -> int:
        """The inbound SPI, its name everywhere."""
        return self.pair.inbound_spi

    def next_deadline(self) -> Instant | None:
        """The earliest of its timers."""
        moments = (self.expires, self.renew_at, self.idle_at, self.use_at, self.retire_at)
        return min([moment for moment in moments if moment is not None], default=None)

    def beats(self, other: "Child") -> bool:
        """Which of two for the same traffic both ends keep: the newer one; of two that crossed, by their SPIs.

        Only two that were begun from different sides can cross.
        """
        same_side = self.pair.initiator is other.pair.initiator
        if same_side or abs(self.installed - other.installed) >= CROSSING:
            return self.stamp > other.stamp
        return _symmetric(self.pair) > _symmetric(other.pair)


def _symmetric(pair: SaPair) -> tuple[int, int]:
    """A number of the pair that both ends compute alike."""
    return min(pair.inbound_spi, pair.outbound_spi), max(pair.inbound_spi, pair.outbound_spi)


@dataclass(slots=True, eq=False)
class Session:
    """All that stands with one peer. `octets_in` and `octets_out` are those of children that are gone."""

    index: int
    key: SessionKey
    group: TunnelGroup
    login: Instant
    ends_at: Instant | None
    ikes: "list[IkeSa]" = field(default_factory=list)
    children: dict[int, Child] = field(default_factory=dict)
    had_children: bool = False
    octets_in: int = 0
    octets_out: int = 0

    @property
    def peer(self) -> IPv4Address:
        """The peer's address."""
        return self.ikes[-1].peer if self.ikes else self.key[0]

    def next_deadline(self) -> Instant | None:
        """When the session timeout ends it."""
        return self.ends_at

    def best(self) -> "IkeSa | None":
        """The IKE SA to speak under, None while none is established: the heir, once the peer spoke under it."""
        if len(self.ikes) == 1:
            return self.ikes[0]
        return next((sa for sa in self._ranked() if sa.proven), None) or self.heir()

    def heir(self) -> "IkeSa | None":
        """The IKE SA that is to stay: the newest; of two that crossed the one with the larger cookie at both ends."""
        ranked = self._ranked()
        return ranked[0] if ranked else None

    def _ranked(self) -> "list[IkeSa]":
        """Those that stay longest first. Mostly there is one, now and then two."""
        ranked: list[IkeSa] = []
        for sa in self.ikes:
            place = next((at for at, other in enumerate(ranked) if _outlasts(sa, other)), len(ranked))
            ranked.insert(place, sa)
        return ranked

    def carrying(self, proxies: ProxyPair) -> Child | None:
        """The child that carries the traffic of these proxies."""
        for child in self.children.values():
            if child.renewed_by is None and child.pair.proxies == proxies:
                return child
        return None

    def negotiating(self, proxies: ProxyPair) -> bool:
        """Whether a quick mode for these proxies runs."""
        return any(qm.proxies == proxies and not qm.settled for sa in self.ikes for qm in sa.quick_modes.values())

    @property
    def busy(self) -> bool:
        """Whether a quick mode runs."""
        return any(not qm.settled for sa in self.ikes for qm in sa.quick_modes.values())


def _outlasts(sa: "IkeSa", other: "IkeSa") -> bool:
    mine, theirs = sa.established or sa.created, other.established or other.created
    if sa.role is other.role or abs(mine - theirs) >= CROSSING:
        return sa.opened > other.opened
    return sa.cookie_i > other.cookie_i


class Sessions:
    """The sessions of one engine, and their children by inbound SPI."""

    def __init__(self, agenda: Agenda, strand: Strand = WHOLE) -> None:
        """Indexes are those of `strand`, from 1 on."""
        self._agenda = agenda
        self._strand = strand
        self._by_key: dict[SessionKey, Session] = {}
        self._by_address: Multimap[IPv4Address, Session] = Multimap()
        self._by_proxies: Multimap[ProxyPair, Child] = Multimap()
        self.children: dict[int, Child] = {}
        self.cumulative = 0
        self.peak = 0

    def __len__(self) -> int:
        return len(self._by_key)

    def join(self, sa: "IkeSa", group: TunnelGroup, now: Instant) -> Session:
        """The session of an IKE SA that was just established: the one that stands with this peer, or a new one."""
        key = sa.entered_as.address, sa.peer_id_body
        renewed = sa.renews.session if sa.renews is not None else None
        if renewed is not None and self._by_key.get(renewed.key) is renewed:
            session = renewed
        else:
            session = self._by_key.get(key) or self._begin(key, group, now)
        session.ikes.append(sa)
        sa.session = session
        sa.opened = sa.opened or self._agenda.stamp()
        return session

    def _begin(self, key: SessionKey, group: TunnelGroup, now: Instant) -> Session:
        self.cumulative += 1
        timeout = group.session_timeout
        ends_at = later(now, seconds(timeout)) if timeout is not None else None
        index = (self.cumulative - 1) * self._strand.count + self._strand.number + 1
        session = Session(index, key, group, now, ends_at)
        self._by_key[key] = session
        self._by_address.add(key[0], session)
        self.peak = max(self.peak, len(self._by_key))
        self._agenda.enter(session)
        return session

    def forget(self, session: Session) -> None:
        """The session is over; again and again is harmless."""
        if self._by_key.get(session.key) is session:
            del self._by_key[session.key]
        self._by_address.remove(session.key[0], session)
        self._agenda.drop(session)

    def with_peer(self, peer: IPv4Address) -> tuple[Session, ...]:
        """The sessions with this address, oldest first."""
        return self._by_address.at(peer)

    def any_with(self, peer: IPv4Address) -> bool:
        """Whether there is one with this address."""
        return peer in self._by_address

    def all(self) -> tuple[Session, ...]:
        """Every session, oldest first."""
        return tuple(self._by_key.values())

    def add(self, child: Child) -> None:
        """A child stands."""
        child.stamp = child.stamp or self._agenda.stamp()
        child.session.children[child.spi] = child
        child.session.had_children = True
        self.children[child.spi] = child
        self._by_proxies.add(child.pair.proxies, child)
        self._agenda.enter(child)

    def remove(self, child: Child) -> bool:
        """The child is gone. False where it was gone already."""
        if self.children.get(child.spi) is not child:
            return False
        del self.children[child.spi], child.session.children[child.spi]
        self._by_proxies.remove(child.pair.proxies, child)
        self._agenda.drop(child)
        return True

    def of_another(self, session: Session, proxies: ProxyPair) -> Child | None:
        """A child with these proxies whose peer is another one, by its address and by its identity."""
        for child in self._by_proxies.at(proxies):
            address, identity = child.session.key
            if address != session.key[0] and identity != session.key[1]:
                return child
        return None

    def touch(self, child: Child) -> None:
        """The timers of a child changed."""
        self._agenda.touch(child)
