"""Beginning negotiations: traffic asks for a tunnel, which peer of the entry is asked, and which one next.

`set peer` may list several. The first that answers serves; one that does not answer, or is declared dead, hands over
to the next, and after the last the first is tried again. An SA with any of them carries the entry's traffic.
"""

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from mainmode.base.address import Endpoint, Path
from mainmode.base.provenance import Absent
from mainmode.catalogue import lines
from mainmode.catalogue.entry import About
from mainmode.ike import limits
from mainmode.ike.acquire import Acquire
from mainmode.ike.closing import end_session
from mainmode.ike.effects import NO_EXCHANGE, AcquireFailed, Cause, Failure, Role, Step
from mainmode.ike.endings import Ending
from mainmode.ike.quick_mode_exchange import entry_sources
from mainmode.ike.sa import IkeSa, Turn
from mainmode.ike.session import Session
from mainmode.ike.settings import ConnectionType, IkeSettings, MapEntry
from mainmode.ike.statistics import Statistics
from mainmode.ike.table import NO_COOKIE
from mainmode.ike.teardown import say_unsuccessful
from mainmode.ike.timing import MAX_PENDING_ACQUIRES
from mainmode.ike.trigger_lines import request_sources, say_not_dispatched, say_obstacle, say_trigger

if TYPE_CHECKING:
    from mainmode.ike.course import Course

IKE_PORT = 500

_UNANSWERED = frozenset({Cause.NO_ANSWER, Cause.PEER_REFUSED, Cause.PSK_MISMATCH})

_EntryKey = tuple[str, str, int]


def fresh_cookie(turn: Turn) -> bytes:
    """Eight octets that are not all zero."""
    cookie = turn.entropy.take(8)
    while cookie == NO_COOKIE:
        cookie = turn.entropy.take(8)
    return cookie


def _key(entry: MapEntry) -> _EntryKey:
    return entry.interface, entry.map_name, entry.sequence


class Origination:
    """What this device begins."""

    def __init__(self, course: "Course", statistics: Statistics) -> None:
        self._course = course
        self._statistics = statistics
        self._turned_to: dict[_EntryKey, IPv4Address] = {}

    # --- traffic asks --------------------------------------------------------------------------------------------

    def acquire(self, request: Acquire, turn: Turn) -> None:
        """Begin a negotiation, join one that runs, or say why not."""
        entry = request.entry
        failure = obstacle(entry, turn.settings)
        if failure is not None:
            say_obstacle(request, failure, turn)
            turn.effects.append(AcquireFailed(failure))
            return
        session = _session_for(entry, turn)
        sa = session.best() if session is not None else None
        if sa is not None and session is not None and sa.interface != entry.interface:
            _leave_interface(session, sa, request, turn)
            session = sa = None
        half_open = None if sa is not None else _half_open_for(entry, turn)
        found = sa or half_open
        if found is not None and _asked_already(session, half_open, request):
            turn.say(
                lines.NEGOTIATION_IN_PROGRESS, found.about, Step.TRIGGER, found.exchange,
                destination=request.packet_destination,
            )  # fmt: skip
            say_not_dispatched(lines.DISPATCH_ALREADY_QUEUED, turn, request_sources(request))
            return
        if turn.listened:
            say_trigger(request, turn)
        if half_open is not None:
            turn.say(
                lines.QUEUING_KEY_ACQUIRE, About(ip=str(half_open.peer)), Step.TRIGGER, half_open.exchange,
                request_sources(request),
            )  # fmt: skip
            if len(half_open.pending) < MAX_PENDING_ACQUIRES:
                half_open.pending += (request,)
            else:
                say_not_dispatched(lines.DISPATCH_NO_MEMORY, turn, request_sources(request))
        elif sa is not None:
            _say_beginning(request, sa.peer, "New Phase 2", turn, sa)
            self._course.start_quick_mode(sa, entry, request.ace, request.ace.proxies, turn)
        else:
            peer = self._first_choice(entry)
            _say_beginning(request, peer, "New Phase 1", turn, None)
            self._begin(request.entry, peer, (request,), (), turn)

    def _begin(
        self, entry: MapEntry, peer: IPv4Address, requests: tuple[Acquire, ...], tried: tuple[IPv4Address, ...],
        turn: Turn,
    ) -> None:  # fmt: skip
        full = limits.reached(turn, peer, reserved=True, own=True)
        if full is not None:
            turn.say(full.entry, About(ip=str(peer)), Step.TRIGGER, NO_EXCHANGE, full.sources, **full.values)
            turn.effects.append(AcquireFailed(Failure(Cause.LIMIT, Step.TRIGGER, full.detail, sources=full.sources)))
            self._statistics.in_negotiation_rejected += 1
            return
        local = turn.settings.addresses[entry.interface]
        sa = self.new_sa(Path(Endpoint(local, IKE_PORT), Endpoint(peer, IKE_PORT)), entry.interface, turn)
        sa.tried = tried
        sa.pending += requests
        self._course.begin_main_mode(sa, turn)

    def new_sa(self, path: Path, interface: str, turn: Turn) -> IkeSa:
        """An IKE SA that this device is about to begin."""
        handle = turn.handles.address
        sa = IkeSa(Role.INITIATOR, path, interface, fresh_cookie(turn), NO_COOKIE, handle(), turn.now)
        sa.reserved = True
        return sa

    # --- which peer ----------------------------------------------------------------------------------------------

    def _first_choice(self, entry: MapEntry) -> IPv4Address:
        turned_to = self._turned_to.get(_key(entry))
        return turned_to if turned_to is not None and turned_to in entry.peers else entry.peers[0]

    def answered(self, sa: IkeSa) -> None:
        """Phase 1 is complete with this peer: the entries that asked for it stay with it."""
        for request in sa.pending:
            if len(request.entry.peers) > 1:
                self._turned_to[_key(request.entry)] = sa.peer

    def lost(self, peer: IPv4Address, settings: IkeSettings) -> None:
        """The peer is declared dead: entries that would ask it turn to the next of their list."""
        for entry in settings.naming(peer):
            if len(entry.peers) > 1 and self._first_choice(entry) == peer:
                self._turned_to[_key(entry)] = _after(entry.peers, peer)

    def failed(self, sa: IkeSa, turn: Turn) -> None:
        """Main mode failed with requests waiting: the next peer of the entry is asked, or the requests are given up."""
        waiting, sa.pending = sa.pending, ()
        entry = waiting[0].entry
        tried = (*sa.tried, sa.entered_as.address)
        following = _after(entry.peers, sa.entered_as.address)
        answerless = sa.failure is not None and sa.failure.cause in _UNANSWERED
        served: tuple[Acquire, ...] = ()
        if answerless and following not in tried and obstacle(entry, turn.settings) is None:
            served = tuple(request for request in waiting if following in request.entry.peers)
        for request in waiting:
            if request not in served:
                say_unsuccessful(turn, request.entry, Step.TRIGGER, sa.exchange)
        if served:
            _say_beginning(served[0], following, "New Phase 1", turn, None)
            self._begin(entry, following, served, tried, turn)


def _after(peers: tuple[IPv4Address, ...], peer: IPv4Address) -> IPv4Address:
    place = peers.index(peer) if peer in peers else -1
    return peers[(place + 1) % len(peers)]


def _session_for(entry: MapEntry, turn: Turn) -> Session | None:
    """The session with any peer of the entry in which an IKE SA is established."""
    for peer in entry.peers:
        for session in turn.sessions.with_peer(peer):
            if session.ikes:
                return session
    return None


def _leave_interface(session: Session, sa: IkeSa, request: Acquire, turn: Turn) -> None:
    """The peer is reached by another interface than the one where its phase 1 stands: that one comes down."""
    entry = request.entry
    turn.say(
        lines.PHASE1_ON_OTHER_INTERFACE, sa.about, Step.TRIGGER, sa.exchange, request_sources(request),
        interface=entry.interface, phase1_interface=sa.interface,
    )  # fmt: skip
    detail = f"the peer is reached by interface {entry.interface} now, not by {sa.interface}"
    failure = Failure(Cause.REROUTED, Step.TRIGGER, detail, sources=request_sources(request))
    end_session(session, turn, Ending.ERROR, failure, tell_peer=True)


def _half_open_for(entry: MapEntry, turn: Turn) -> IkeSa | None:
    for peer in entry.peers:
        found = turn.table.initiating_with(peer)
        if found is not None:
            return found
    return None


def _asked_already(session: Session | None, half_open: IkeSa | None, request: Acquire) -> bool:
    if half_open is not None and any(waiting.ace == request.ace for waiting in half_open.pending):
        return True
    return session is not None and session.negotiating(request.ace.proxies)


def obstacle(entry: MapEntry, settings: IkeSettings) -> Failure | None:
    """Why no negotiation can even begin, if so."""
    if entry.interface not in settings.enabled:
        absent = settings.sources.get(f"enable {entry.interface}") or Absent(
            settings.file, f"crypto isakmp enable {entry.interface}"
        )
        detail = f"IKE is not enabled on interface {entry.interface}"
        return Failure(Cause.IKE_NOT_ENABLED, Step.TRIGGER, detail, sources=(absent,))
    if not settings.policies:
        absent = Absent(settings.file, "crypto isakmp policy 10")
        detail = "no IKE policy with a pre-shared key is configured"
        return Failure(Cause.PHASE1_MISMATCH, Step.TRIGGER, detail, sources=(absent,))
    if not entry.complete or not entry.peers or entry.interface not in settings.addresses:
        detail = "the crypto map entry is incomplete (ACL, peer, sound transform set), or its interface has no address"
        return Failure(Cause.NO_MATCHING_ENTRY, Step.TRIGGER, detail, sources=tuple(entry.sources.values()))
    if any(settings.interface_at(peer) is not None for peer in entry.peers):
        detail = "a peer of the crypto map entry is this device's own address"
        return Failure(Cause.NO_MATCHING_ENTRY, Step.TRIGGER, detail, sources=entry_sources(entry, "peer"))
    if entry.connection_type is ConnectionType.ANSWER_ONLY:
        source = entry.sources.get("connection_type")
        detail = "the crypto map entry is answer-only"
        return Failure(Cause.CONNECTION_TYPE, Step.TRIGGER, detail, sources=(source,) if source is not None else ())
    return None


def _say_beginning(request: Acquire, peer: IPv4Address, what: str, turn: Turn, sa: IkeSa | None) -> None:
    if turn.listened:
        turn.say(
            lines.IKE_INITIATOR, sa.about if sa is not None else About(ip=str(peer)), Step.TRIGGER,
            sa.exchange if sa is not None else NO_EXCHANGE, request_sources(request),
            what=what, interface=request.ingress, peer=peer,
            local=request.ace.proxies.local.first, remote=request.ace.proxies.remote.first, map=request.entry.map_name,
        )  # fmt: skip
