"""The IKE SAs of an engine, found by cookies and by peer."""

from collections.abc import Iterable
from ipaddress import IPv4Address

from mainmode.base.address import Endpoint
from mainmode.base.multimap import Multimap
from mainmode.ike.agenda import Agenda
from mainmode.ike.effects import Role
from mainmode.ike.fragments import Reassembly
from mainmode.ike.sa import IkeSa

NO_COOKIE = bytes(8)


class SaTable:
    """Our own cookie finds an SA: no peer can choose it."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self.fragments = Reassembly()
        """Messages of these SAs of which pieces are missing."""
        self._initiated: dict[bytes, IkeSa] = {}
        self._answered: dict[bytes, IkeSa] = {}
        self._first: dict[tuple[Endpoint, bytes], IkeSa] = {}
        self._by_peer: Multimap[IPv4Address, IkeSa] = Multimap()
        self._by_serial: dict[int, IkeSa] = {}
        self._half_open: dict[IPv4Address, int] = {}
        self._half_open_total = self._strangers = 0
        self._unanswered: dict[bool, dict[int, IkeSa]] = {False: {}, True: {}}
        self._over: list[IkeSa] = []

    def add_initiator(self, sa: IkeSa) -> None:
        """An SA that this device begins."""
        self._initiated[sa.cookie_i] = sa
        self._enter(sa)

    def add_responder(self, sa: IkeSa) -> None:
        """An SA that a peer began with the message at hand."""
        self._answered[sa.cookie_r] = sa
        self._first[sa.path.remote, sa.cookie_i] = sa
        self._enter(sa)
        self._unanswered[sa.reserved][sa.serial] = sa

    def _enter(self, sa: IkeSa) -> None:
        sa.serial = self._agenda.stamp()
        self._by_peer.add(sa.peer, sa)
        self._by_serial[sa.serial] = sa
        self._half_open[sa.peer] = self._half_open.get(sa.peer, 0) + 1
        self._half_open_total += 1
        self._strangers += not sa.reserved
        sa.counted = True
        self._agenda.enter(sa)

    def answered(self, sa: IkeSa) -> None:
        """The initiator's second message came, with our cookie: its address is no forged one."""
        self._unanswered[sa.reserved].pop(sa.serial, None)

    def unanswered(self, reserved: bool) -> IkeSa | None:
        """The oldest SA of which nothing but the first message came: of peers, or of strangers."""
        return _oldest(self._unanswered[reserved].values())

    def unanswered_by(self, peer: IPv4Address) -> IkeSa | None:
        """The oldest such SA with this address."""
        waiting = self._unanswered
        return _oldest(sa for sa in self.with_peer(peer) if sa.serial in waiting[sa.reserved])

    def opened(self, sa: IkeSa) -> None:
        """Phase 1 is complete: the SA counts as half-open no more."""
        self.answered(sa)
        if not sa.counted:
            return
        sa.counted = False
        self._strangers -= not sa.reserved
        peer = sa.entered_as.address
        self._half_open_total -= 1
        self._half_open[peer] -= 1
        if not self._half_open[peer]:
            del self._half_open[peer]

    def remove(self, sa: IkeSa) -> None:
        """Forget an SA; again and again is harmless."""
        if self._initiated.get(sa.cookie_i) is sa:
            del self._initiated[sa.cookie_i]
        if self._answered.get(sa.cookie_r) is sa:
            del self._answered[sa.cookie_r]
        if self._first.get((sa.entered_as, sa.cookie_i)) is sa:
            del self._first[sa.entered_as, sa.cookie_i]
        self._by_peer.remove(sa.entered_as.address, sa)
        self.opened(sa)
        self.fragments.forget(sa.serial)
        if self._by_serial.pop(sa.serial, None) is not None:
            self._over.append(sa)
        self._agenda.drop(sa)

    def forget(self) -> None:
        """The keys of the SAs that were removed since the last time are gone: nothing is said under them any more."""
        for sa in self._over:
            sa.forget()
        self._over.clear()

    def find(self, cookie_i: bytes, cookie_r: bytes) -> IkeSa | None:
        """The SA of both cookies; an initiator's takes any responder cookie until the first answer was accepted."""
        sa = self._initiated.get(cookie_i)
        if sa is not None and (sa.cookie_r in (NO_COOKIE, cookie_r)) and cookie_r != NO_COOKIE:
            return sa
        sa = self._answered.get(cookie_r)
        return sa if sa is not None and sa.cookie_i == cookie_i else None

    def began(self, cookie_i: bytes) -> bool:
        """Whether this device began an SA with this cookie: nobody else may."""
        return cookie_i in self._initiated

    def first_message(self, remote: Endpoint, cookie_i: bytes) -> IkeSa | None:
        """The SA that began with a first message from there with this cookie."""
        return self._first.get((remote, cookie_i))

    def with_peer(self, peer: IPv4Address) -> tuple[IkeSa, ...]:
        """All SAs with this peer, oldest first."""
        return self._by_peer.at(peer)

    def active_with(self, peer: IPv4Address) -> IkeSa | None:
        """The newest established SA with this peer."""
        return next((sa for sa in reversed(self.with_peer(peer)) if sa.active), None)

    def initiating_with(self, peer: IPv4Address) -> IkeSa | None:
        """The SA that this device is setting up with this peer."""
        return next((sa for sa in self.with_peer(peer) if sa.role is Role.INITIATOR and not sa.active), None)

    def answering(self, peer: IPv4Address) -> bool:
        """Whether the peer is setting up an SA with this device. What nobody answered may be a stranger's."""
        return any(
            sa.role is Role.RESPONDER and not sa.active and sa.serial not in self._unanswered[sa.reserved]
            for sa in self.with_peer(peer)
        )

    def others_with(self, sa: IkeSa) -> tuple[IkeSa, ...]:
        """The other SAs with the same peer, but for those that nobody answered."""
        return tuple(
            other
            for other in self.with_peer(sa.entered_as.address)
            if other is not sa and other.serial not in self._unanswered[other.reserved]
        )

    @property
    def established(self) -> int:
        """How many SAs have phase 1 complete."""
        return len(self._by_serial) - self._half_open_total

    @property
    def negotiating(self) -> int:
        """How many SAs are still in phase 1."""
        return self._half_open_total

    @property
    def strangers(self) -> int:
        """How many of these are with strangers."""
        return self._strangers

    def half_open(self, peer: IPv4Address) -> tuple[int, int]:
        """Half-open negotiations: all, and those with this peer."""
        return self._half_open_total, self._half_open.get(peer, 0)

    def all(self) -> tuple[IkeSa, ...]:
        """Every SA, oldest first."""
        return tuple(self._by_serial.values())

    def touch(self, sa: IkeSa) -> None:
        """The deadlines of this SA may have changed. One that was removed has none any more."""
        self._agenda.touch(sa)


def _oldest(found: Iterable[IkeSa]) -> IkeSa | None:
    return next(iter(found), None)
