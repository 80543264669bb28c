"""Renewing what stands before its lifetime ends, and tidying up what was renewed.

Phase 2: the side that began a pair begins its renewal; the other side follows later, where that did not happen. The
new pair goes in at the initiator with QM2 and at the responder with QM3. The responder sends on it at once; the
initiator goes on sending on the old one until it hears the peer on the new one, or long enough for a lost QM3 to have
shown itself. Then the initiator deletes the old pair. A pair that carried nothing in its whole life is not renewed
(ASA configuration guide): it ends, and the next packet asks for another.

Phase 1: a new main mode while the old IKE SA serves. The children belong to the session, so they stay where they are.
Only what a static crypto map entry names can be begun: behind a dynamic map, or answer-only, the peer must renew.
"""

from typing import TYPE_CHECKING

from mainmode.base.instant import Instant, later, seconds
from mainmode.catalogue import lines
from mainmode.catalogue.entry import About
from mainmode.ike.acquire import Acquire
from mainmode.ike.closing import after_child, close_ike, delete_child, end_session
from mainmode.ike.effects import NO_EXCHANGE, Cause, Failure, Step, UseSa
from mainmode.ike.endings import Ending
from mainmode.ike.fsm import Event
from mainmode.ike.quick_mode_exchange import entry_sources
from mainmode.ike.sa import IkeSa, QuickMode, Turn
from mainmode.ike.session import Child, Session
from mainmode.ike.settings import ConnectionType, IkeSettings, MapEntry
from mainmode.ike.succession import shift
from mainmode.ike.timing import (
    OVERLAP,
    PHASE2_REKEY_SHARE,
    PHASE2_RESPONDER_SHARE,
    RENEW_AGAIN,
    RESEND_AFTER,
    RESENDS,
    RETIRE_ANSWERED,
    RETIRE_PHASE1,
    SETTLE,
)

if TYPE_CHECKING:
    from mainmode.ike.course import Course

_HALF_OF_A_KILOBYTE = 512
"""A pair that did not carry half of its kilobytes asks for its renewal because of its sequence numbers."""


def _due(moment: Instant | None, now: Instant) -> bool:
    return moment is not None and moment <= now


class Renewal:
    """Renews the children and IKE SAs of one engine."""

    def __init__(self, course: "Course") -> None:
        self._course = course

    # --- phase 2 -------------------------------------------------------------------------------------------------

    def installed(self, child: Child, qm: QuickMode, turn: Turn) -> None:
        """A pair went in: set its timers, and let one of those with the same proxies carry the traffic."""
        now, pair, session = turn.now, child.pair, child.session
        if pair.lifetime_seconds is not None:
            child.expires = later(now, seconds(pair.lifetime_seconds))
            child.renew_at = _soft_end(child)
        older = session.children.get(qm.replaces) if qm.replaces is not None else None
        if older is not None:
            activity = turn.watch(older.spi)
            child.used_from = max(
                older.used_from, (activity.latest if activity is not None else None) or older.used_from
            )
            if pair.initiator:
                child.use_at = _before_the_end(older, later(now, SETTLE))
        if session.group.idle_timeout is not None:
            child.idle_at = later(child.used_from, seconds(session.group.idle_timeout))
        for other in tuple(session.children.values()):
            if other is not child and other.renewed_by is None and other.pair.proxies == pair.proxies:
                winner, loser = (child, other) if child.beats(other) else (other, child)
                _supersede(winner, loser, turn)
                soft_end = _soft_end(winner)
                winner.renew_at = soft_end if soft_end is None or soft_end > now else winner.renew_at
                turn.sessions.touch(winner)
        turn.sessions.touch(child)

    def wait_on(self, qm: QuickMode, turn: Turn) -> None:
        """The peer did not get QM3: outbound traffic waits as long as QM2 may come again."""
        child = turn.sessions.children.get(qm.spi_in)
        qm.tries = min(qm.tries + 1, RESENDS)
        if child is not None and child.use_at is not None:
            older = child.session.children.get(qm.replaces) if qm.replaces is not None else None
            waiting = later(later(turn.now, RESEND_AFTER[qm.tries]), OVERLAP)
            child.use_at = _before_the_end(older, waiting) if older is not None else waiting
            turn.sessions.touch(child)

    def child_due(self, child: Child, turn: Turn) -> None:
        """Serve the timers of a child that are due."""
        now = turn.now
        if _due(child.expires, now):
            self._child_expired(child, turn)
        elif _due(child.retire_at, now):
            failure = Failure(Cause.LIFETIME, Step.TEARDOWN, "a renewed pair of IPsec SAs has taken over")
            delete_child(child, turn, failure, tell_peer=True)
        elif _due(child.use_at, now):
            child.use_at = None
            turn.effects.append(UseSa(child.spi))
            for other in child.session.children.values():
                if other.renewed_by == child.spi:
                    other.retire_at = later(now, OVERLAP)
                    turn.sessions.touch(other)
        elif _due(child.idle_at, now):
            self._idle(child, turn)
        elif _due(child.renew_at, now):
            self.renew_child(child, turn, by_data=False)

    def _child_expired(self, child: Child, turn: Turn) -> None:
        self.outlived(child, turn, "the lifetime of the IPsec SA ended")

    def outlived(self, child: Child, turn: Turn, detail: str) -> None:
        """The lifetime of a pair is over, by seconds or by what it carried."""
        session = child.session
        idle = _latest(child, turn) is None
        failure = Failure(Cause.LIFETIME, Step.TEARDOWN, detail)
        about = _about(session)
        turn.say(lines.PITCHER_KEY_DELETE, about, Step.TEARDOWN, child.exchange, child.pair.sources, spi=child.spi)
        delete_child(child, turn, failure, tell_peer=True)
        after_child(session, turn, Ending.IDLE if idle else Ending.LOST_SERVICE, failure)

    def _idle(self, child: Child, turn: Turn) -> None:
        timeout = child.session.group.idle_timeout
        if timeout is None:
            child.idle_at = None
            return
        latest = max(child.used_from, _latest(child, turn) or child.used_from)
        child.idle_at = later(latest, seconds(timeout))
        if child.idle_at > turn.now:
            return
        policy = child.session.group.policy_name
        source = child.session.group.sources.get("idle_timeout")
        failure = Failure(
            Cause.IDLE, Step.TEARDOWN, f"no traffic for {timeout} seconds (vpn-idle-timeout of {policy})",
            sources=(source,) if source is not None else (),
        )  # fmt: skip
        for older in tuple(child.session.children.values()):
            if older.renewed_by == child.spi:
                delete_child(older, turn, failure, tell_peer=True)
        delete_child(child, turn, failure, tell_peer=True, ending=Ending.IDLE)
        after_child(child.session, turn, Ending.IDLE, failure)

    def renew_child(self, child: Child, turn: Turn, by_data: bool) -> None:
        """Begin the renewal of a pair, unless another runs, or nothing ever passed through it."""
        session, pair = child.session, child.pair
        child.renew_at = later(turn.now, RENEW_AGAIN)
        turn.sessions.touch(child)
        if child.renewed_by is not None:
            child.renew_at = None
            return
        activity = turn.watch(child.spi)
        entry = _entry_of(child, turn)
        if entry is None or (not by_data and activity is not None and activity.latest is None):
            child.renew_at = None
            return
        sa = session.best()
        if session.negotiating(pair.proxies) or (sa is None and turn.table.initiating_with(session.peer) is not None):
            return
        self._say_soft_end(child, turn, by_data)
        if sa is not None:
            _say_beginning("Rekeying Phase 2", session, child, entry, turn)
            self._course.start_quick_mode(sa, entry, child.ace, pair.proxies, turn)
        elif child.ace is not None:
            local, remote = pair.proxies.local.first, pair.proxies.remote.first
            request = Acquire(entry, child.ace, pair.interface, local, remote, pair.proxies.local.protocol)
            self._course.origination.acquire(request, turn)

    def _say_soft_end(self, child: Child, turn: Turn, by_data: bool) -> None:
        """The data path's word that a pair nears its end."""
        if not turn.listened:
            return
        pair, about = child.pair, _about(child.session)
        activity = turn.watch(child.spi)
        outbound = activity is not None and activity.octets_out > activity.octets_in
        spi = pair.outbound_spi if outbound else pair.inbound_spi
        turn.say(
            lines.PITCHER_REKEY, about, Step.QM1, child.exchange, pair.sources,
            message="KEY_REKEY_OB" if outbound else "KEY_REKEY_IB", spi=spi,
        )  # fmt: skip
        if by_data:
            carried = max(activity.octets_in, activity.octets_out) if activity is not None else 0
            limit = pair.lifetime_kilobytes
            much = limit is not None and carried >= limit * _HALF_OF_A_KILOBYTE
            turn.say(
                lines.REKEYING_BY_DATA if much else lines.REKEYING_BY_SEQUENCE,
                step=Step.QM1, exchange=child.exchange, sources=pair.sources,
                direction="outbound" if outbound else "inbound", spi=spi, local=pair.path.local.address,
                remote=pair.path.remote.address, user=pair.peer,
            )  # fmt: skip

    # --- phase 1 -------------------------------------------------------------------------------------------------

    def renew_phase1(self, sa: IkeSa, turn: Turn) -> None:
        """Begin a main mode that is to take the place of this IKE SA."""
        session = sa.session
        sa.renew_at = None
        if session is None or session.heir() is not sa or not session.children:
            return
        entry = _entry_with(sa, turn)
        if entry is None:
            return
        sa.renew_at = later(turn.now, RENEW_AGAIN)
        peer = sa.entered_as.address
        if turn.table.answering(peer):
            turn.say(lines.PHASE1_REKEY_COLLISION, sa.about, Step.MM1, sa.exchange)
            return
        if turn.table.initiating_with(peer) is not None:
            return
        child = next(iter(session.children.values()))
        _say_beginning("Rekeying Phase 1", session, child, entry, turn)
        fresh = self._course.origination.new_sa(sa.path, sa.interface, turn)
        fresh.renews = sa
        shift(sa, Event.REKEY, turn)
        self._course.begin_main_mode(fresh, turn)

    def phase1_failed(self, fresh: IkeSa, turn: Turn) -> None:
        """A main mode that was to renew phase 1 failed: the old IKE SA serves on, if it still stands."""
        old = fresh.renews
        if old is None:
            return
        if old.active:
            shift(old, Event.REKEY_FAIL, turn)
        elif old.session is not None and old.session.children and not old.session.ikes:
            turn.say(lines.CANNOT_TRANSITION, old.about, Step.TEARDOWN, old.exchange)

    def retire_phase1(self, sa: IkeSa, turn: Turn) -> None:
        """The overlap is over: the IKE SA ends, where the one in its place is known to stand at the peer too."""
        session = sa.session
        heir = session.heir() if session is not None else None
        if heir is None or heir is sa:
            shift(sa, Event.REKEY_FAIL, turn)
            sa.retire_at = None
        elif not heir.proven:
            sa.retire_at = later(turn.now, RETIRE_PHASE1)
        else:
            failure = Failure(Cause.LIFETIME, Step.TEARDOWN, "a renewed IKE SA has taken over")
            close_ike(sa, turn, failure, tell_peer=True)

    def phase1_expired(self, sa: IkeSa, turn: Turn) -> None:
        """The lifetime of an IKE SA is over.

        The children of its session live on to their own end. Where no newer IKE SA stands the peer is not told: its
        own clock says the same, and a delete would take its children.
        """
        session = sa.session
        failure = Failure(Cause.LIFETIME, Step.TEARDOWN, "the lifetime of the IKE SA ended")
        if session is not None and not session.children and len(session.ikes) == 1:
            end_session(session, turn, Ending.IDLE, failure, tell_peer=True)
        else:
            newer = session is not None and any(other.opened > sa.opened for other in session.ikes)
            close_ike(sa, turn, failure, tell_peer=newer)


def _supersede(winner: Child, loser: Child, turn: Turn) -> None:
    """Both carry the same traffic: one goes on, the other ends after an overlap, as does what that had renewed.

    What is to end already does so in its time, and where the winner is not used yet what the loser had renewed ends all
    the same: renewals without pause would pile up pairs.
    """
    superseded = [one for one in winner.session.children.values() if one is loser or one.renewed_by == loser.spi]
    settled = later(later(turn.now, SETTLE), OVERLAP)
    if winner.use_at is not None:
        overlap = None
    elif winner.pair.initiator:
        overlap = settled
    else:
        overlap = later(turn.now, RETIRE_ANSWERED)
    for one in superseded:
        one.renewed_by = winner.spi
        one.renew_at = one.idle_at = one.use_at = None
        ends = overlap if one is loser or overlap is not None else settled
        if one.retire_at is None or (ends is not None and ends < one.retire_at):
            one.retire_at = ends
        turn.sessions.touch(one)
    if winner.use_at is None:
        turn.effects.append(UseSa(winner.spi))


def _soft_end(child: Child) -> Instant | None:
    """When a pair is to be renewed; None for one without a lifetime in seconds."""
    if child.pair.lifetime_seconds is None:
        return None
    share = PHASE2_REKEY_SHARE if child.pair.initiator else PHASE2_RESPONDER_SHARE
    return later(child.installed, seconds(child.pair.lifetime_seconds * share))


def _before_the_end(older: Child, moment: Instant) -> Instant:
    """That moment, or shortly before the old pair ends."""
    return moment if older.expires is None else min(moment, Instant(older.expires - OVERLAP))


def _latest(child: Child, turn: Turn) -> Instant | None:
    """When something last passed through a pair; now, where the data plane does not count."""
    activity = turn.watch(child.spi)
    return turn.now if activity is None else activity.latest


def _about(session: Session) -> About:
    return About(session.group.name, ip=str(session.peer))


def _entry_of(child: Child, turn: Turn) -> MapEntry | None:
    """The entry of a child as it is configured now; None where no entry holds its proxies any more."""
    entries = entries_named(child, turn.settings)
    if child.entry in entries:
        return child.entry
    return next((entry for entry in entries if serves(entry, child)), None)


def entries_named(child: Child, settings: IkeSettings) -> tuple[MapEntry, ...]:
    """The entries that bear the name of a child's entry now."""
    return settings.on(child.pair.interface).named(child.pair.map_name, child.pair.map_sequence)


def serves(entry: MapEntry, child: Child) -> bool:
    """Whether a crypto map entry still holds what a child was negotiated for."""
    if (entry.map_name, entry.sequence, entry.complete) != (child.pair.map_name, child.pair.map_sequence, True):
        return False
    permitted = any(ace.permit and ace.proxies == child.pair.proxies for ace in entry.acl or ())
    if entry.dynamic:
        return entry.acl is None or permitted
    return permitted and child.session.key[0] in entry.peers


def _entry_with(sa: IkeSa, turn: Turn) -> MapEntry | None:
    """A static entry by which this device may begin a main mode with the peer of an IKE SA."""
    for entry in turn.settings.on(sa.interface).of(sa.entered_as.address):
        if entry.complete and not entry.dynamic and entry.connection_type is not ConnectionType.ANSWER_ONLY:
            return entry
    return None


def _say_beginning(what: str, session: Session, child: Child, entry: MapEntry, turn: Turn) -> None:
    proxies, sa = child.pair.proxies, session.best()
    turn.say(
        lines.IKE_INITIATOR, _about(session), Step.TRIGGER, sa.exchange if sa is not None else NO_EXCHANGE,
        entry_sources(entry, "entry", "lifetime_seconds"),
        what=what, interface=child.pair.interface, peer=session.peer,
        local=proxies.local.first, remote=proxies.remote.first, map=entry.map_name,
    )  # fmt: skip
