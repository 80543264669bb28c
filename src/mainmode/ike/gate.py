"""What may begin: datagrams that belong to no IKE SA here have budgets, so that a flood of them costs a bounded share.

A message with the cookies of an SA that stands never waits. All others are sorted by who sends them, a peer that the
configuration names (or that has a session) or a stranger, and by what they are: a first message of main mode, or
anything else. Each sort has a budget over all sources and one for each source, in tokens that come back with time; what
finds none is dropped before it is read (`Drop.RATE_LIMITED`), counted, and told of in one line now and then.

A source address can be forged. Whoever forges a peer's spends that peer's budget and nobody else's. And a first message
whose octets behind the cookie are the very ones that began an authenticated negotiation with that peer before has a
budget of its own: who knows only the peer's address cannot make one.
"""

from collections import OrderedDict
from enum import Enum
from ipaddress import IPv4Address

from mainmode.base.address import Path
from mainmode.base.budget import Bucket, Budget
from mainmode.base.codes import ExchangeType, Flag
from mainmode.base.dataclass import dataclass
from mainmode.base.instant import SECOND, Instant, Span, between, later, seconds
from mainmode.ike.nat import FLOATED_PORT
from mainmode.ike.session import Sessions
from mainmode.ike.settings import IkeSettings
from mainmode.ike.table import NO_COOKIE, SaTable
from mainmode.wire.message import HEADER_LENGTH
from mainmode.wire.natt import NON_ESP_MARKER

MAX_SOURCES = 4096
"""Sources that a budget remembers, those last heard of. One that is forgotten begins with a full one, as it would after
a few seconds in any case: the budget over all sources lets fewer through than fit into that time."""

FIRST_TELL: Span = seconds(1)
"""How long after the first datagram that was dropped so a line tells of it."""

TELL_AGAIN: Span = seconds(10)
"""And how long after each such line the next one comes, while more are dropped."""

REMEMBERED_PEERS = 1024
REMEMBERED_BEGINNINGS = 4
"""First messages that are remembered for each peer: it may begin by more than one crypto map entry."""
_LONGEST_REMEMBERED = 2048
_COOKIES, _EXCHANGE, _FLAGS = 16, 18, 19


class Sort(Enum):
    """What has a budget of its own: over all sources, and for each of them.

    The budgets are ours. A peer begins once in a while, and 2,000 of them at once after a power cut. What one source
    may begin at once is half of the places that it has (`MAX_HALF_OPEN_PER_PEER`), so that nothing that just began
    gives way before its next message can be there; the same with all strangers.
    """

    PEER_BEGINS = (Budget(2000, 200), Budget(10, 5))
    PEER_BEGINS_AS_BEFORE = (Budget(2000, 200), Budget(10, 2))
    STRANGER_BEGINS = (Budget(200, 50), Budget(10, 5))
    OTHER_OF_PEER = (Budget(1000, 100), Budget(50, 10))
    OTHER_OF_STRANGER = (Budget(200, 50), Budget(50, 10))

    @property
    def over_all(self) -> Budget:
        """The budget over all sources."""
        return self.value[0]

    @property
    def each(self) -> Budget:
        """The budget of one source."""
        return self.value[1]


BEGINS_IN_A_SECOND = Sort.STRANGER_BEGINS.over_all.per_second
"""The rate that the line about dropped datagrams names as the limit."""


class _Purse:
    """What is left of the budgets of one sort."""

    __slots__ = ("_all", "_by_source", "_each")

    def __init__(self, sort: Sort, now: Instant) -> None:
        self._all = Bucket(sort.over_all, now)
        self._each = sort.each
        self._by_source: OrderedDict[IPv4Address, Bucket] = OrderedDict()

    def shut_until(self, now: Instant) -> Instant | None:
        """Until when none may pass, whoever sends it; None where some may."""
        return None if self._all.holds(now) else self._all.next_at()

    def holds(self, source: IPv4Address, now: Instant) -> bool:
        """Whether one more from there may pass. A source that was not heard of costs nothing to ask for."""
        if not self._all.holds(now):
            return False
        own = self._by_source.get(source)
        return own is None or own.holds(now)

    def take(self, source: IPv4Address, now: Instant) -> None:
        """One passes, after `holds`."""
        self._all.take()
        own = self._by_source.get(source)
        if own is None:
            own = self._by_source[source] = Bucket(self._each, now)
            if len(self._by_source) > MAX_SOURCES:
                self._by_source.popitem(last=False)
        self._by_source.move_to_end(source)
        own.take()

    def __len__(self) -> int:
        return len(self._by_source)


@dataclass(frozen=True, slots=True)
class Told:
    """What was dropped so: in a second of the time since the last line, of the time since it began, and in all."""

    latest: int
    average: int
    total: int


class Gate:
    """The budgets of one engine. `dropped` counts what found none, since the start."""

    def __init__(self, table: SaTable, sessions: Sessions) -> None:
        self.dropped = 0
        self._table = table
        self._sessions = sessions
        self._purses: dict[Sort, _Purse] = {}
        self._configured: frozenset[IPv4Address] = frozenset()
        self._begun: dict[IPv4Address, tuple[bytes, ...]] = {}
        self._tell_at: Instant | None = None
        self._told_at: Instant | None = None
        self._began = self._since = Instant(0)
        self._untold = self._in_all = 0
        self._shut: dict[Sort, Instant] = {}
        self._strangers_wait = {Sort.STRANGER_BEGINS: Instant(0), Sort.OTHER_OF_STRANGER: Instant(0)}
        self._some_wait = Instant(0)

    def follow(self, settings: IkeSettings) -> None:
        """The peers that the configuration names are these from here on."""
        self._configured = frozenset(peer for entry in settings.entries for peer in entry.peers)

    def knows(self, source: IPv4Address) -> bool:
        """Whether an address is a peer's: named in a crypto map entry, or with a session."""
        return source in self._configured or self._sessions.any_with(source)

    def sort(self, datagram: bytes, path: Path) -> Sort | None:
        """What a datagram is; None for one with the cookies of an SA that stands."""
        source = path.remote.address
        if path.local.port == FLOATED_PORT:
            if not datagram.startswith(NON_ESP_MARKER):
                return Sort.OTHER_OF_PEER if self.knows(source) else Sort.OTHER_OF_STRANGER
            datagram = datagram[len(NON_ESP_MARKER) :]
        sa = self._table.find(datagram[:8], datagram[8:_COOKIES])
        if sa is not None and (sa.active or sa.peer == source):
            return None
        known = self.knows(source)
        if not _begins(datagram):
            return Sort.OTHER_OF_PEER if known else Sort.OTHER_OF_STRANGER
        if not known:
            return Sort.STRANGER_BEGINS
        begun = self._begun.get(source)
        return Sort.PEER_BEGINS_AS_BEFORE if begun is not None and datagram[8:] in begun else Sort.PEER_BEGINS

    def keeps_out(self, datagram: bytes, path: Path, now: Instant) -> bool:
        """Whether a datagram finds no budget: then it is dropped and counted. Else nothing has changed."""
        sort = self.sort(datagram, path)
        return sort is not None and self.shuts_out(sort, path, now)

    def shuts_out(self, sort: Sort, path: Path, now: Instant) -> bool:
        """Whether a datagram of this sort finds no budget: then it is dropped and counted. Else nothing has changed."""
        purse = self._purse(sort, now)
        if purse.holds(path.remote.address, now):
            return False
        if sort in self._strangers_wait and (until := purse.shut_until(now)) is not None:
            self._strangers_wait[sort] = until
            self._some_wait = max(self._strangers_wait.values())
        self._drop(sort, now)
        return True

    def keeps_stranger_out(self, message: bytes, source: bytes, now: Instant) -> bool:
        """The same for a message of a stranger while none of any stranger may pass, at half the cost; else False.

        `message` without a marker, `source` the four octets of an address. A clock that goes back makes no difference.
        """
        if now >= self._some_wait:
            return False
        sort = Sort.STRANGER_BEGINS if _begins(message) else Sort.OTHER_OF_STRANGER
        until = self._strangers_wait[sort]
        if not until - SECOND < now < until or self._table.find(message[:8], message[8:_COOKIES]) is not None:
            return False
        if self.knows(IPv4Address(source)):
            return False
        self._drop(sort, now)
        return True

    def admit(self, sort: Sort, path: Path, now: Instant) -> None:
        """Let a datagram of this sort in that was not kept out, at the cost of its budget."""
        self._purse(sort, now).take(path.remote.address, now)

    def under_flood(self, sort: Sort, now: Instant) -> bool:
        """Whether some of this sort were dropped within the last second: the lines of the others would be too many."""
        shut = self._shut.get(sort)
        return shut is not None and 0 <= now - shut < SECOND

    def remember(self, peer: IPv4Address, beginning: bytes) -> None:
        """A negotiation that began with these octets, behind the initiator's cookie, was authenticated."""
        if not beginning or len(beginning) > _LONGEST_REMEMBERED:
            return
        others = [one for one in self._begun.pop(peer, ()) if one != beginning]
        self._begun[peer] = (*others, beginning)[-REMEMBERED_BEGINNINGS:]
        if len(self._begun) > REMEMBERED_PEERS:
            del self._begun[next(iter(self._begun))]

    def sources(self) -> int:
        """How many sources are remembered, over all sorts."""
        return sum(len(purse) for purse in self._purses.values())

    # --- telling -------------------------------------------------------------------------------------------------

    def deadline(self) -> Instant | None:
        """When `tell` wants to be called."""
        return self._tell_at

    def tell(self, now: Instant) -> Told | None:
        """What is to be told now, None where it is not time or nothing was dropped."""
        if self._tell_at is None or now < self._tell_at:
            return None
        self._tell_at = None
        self._told_at = now
        told = Told(
            _in_a_second(self._untold, between(self._since, now)),
            _in_a_second(self._in_all, between(self._began, now)),
            self._in_all,
        )
        self._since, self._untold = now, 0
        return told

    # --- inside --------------------------------------------------------------------------------------------------

    def _purse(self, sort: Sort, now: Instant) -> _Purse:
        purse = self._purses.get(sort)
        if purse is None:
            purse = self._purses[sort] = _Purse(sort, now)
        return purse

    def _drop(self, sort: Sort, now: Instant) -> None:
        self.dropped += 1
        self._shut[sort] = now
        if self._tell_at is None:
            self._plan_to_tell(now)
        self._untold += 1
        self._in_all += 1

    def _plan_to_tell(self, now: Instant) -> None:
        last = self._told_at
        if last is None or now >= later(last, Span(2 * TELL_AGAIN)) or now < last:
            self._began = self._since = now
            self._in_all = self._untold = 0
            self._tell_at = later(now, FIRST_TELL)
        else:
            self._tell_at = later(last, TELL_AGAIN)


def _begins(message: bytes) -> bool:
    """Whether it is a first message of main mode, without a marker."""
    return (
        len(message) >= HEADER_LENGTH
        and message[8:_COOKIES] == NO_COOKIE
        and message[_EXCHANGE] == ExchangeType.MAIN_MODE
        and not message[_FLAGS] & Flag.ENCRYPTED
    )


def _in_a_second(count: int, span: Span) -> int:
    return count * SECOND // max(span, SECOND)
