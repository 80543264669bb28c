"""How negotiations move on: the machines run, quick modes follow main mode, what ends is taken down, timers fire."""

from mainmode.base.instant import later, seconds
from mainmode.catalogue import lines
from mainmode.ike import dead_peer, keepalives, main_mode, nat_keepalive, quick_mode
from mainmode.ike.acquire import Acquire
from mainmode.ike.effects import (
    Cause,
    Exchange,
    Failure,
    Phase2Failed,
    Role,
    Step,
)
from mainmode.ike.fsm import Event, State, run
from mainmode.ike.quick_mode_exchange import begin
from mainmode.ike.sa import IkeSa, QuickMode, Turn
from mainmode.ike.table import NO_COOKIE, SaTable
from mainmode.ike.teardown import delete_child, delete_phase1, fresh_message_id
from mainmode.ike.timing import (
    HALF_OPEN_LIFE,
)

_PHASE2_REASONS = {
    Cause.PROXY_MISMATCH: "crypto map policy not found",
    Cause.NO_MATCHING_ENTRY: "crypto map policy not found",
    Cause.TRANSFORM_MISMATCH: "Phase 2 Mismatch",
    Cause.PFS_MISMATCH: "Phase 2 Mismatch",
    Cause.PEER_REFUSED: "Phase 2 Mismatch",
    Cause.NO_ANSWER: "Lost Service",
}


def fresh_cookie(turn: Turn) -> bytes:
    """Eight octets that are not all zero."""
    cookie = turn.entropy.take(8)
    while cookie == NO_COOKIE:
        cookie = turn.entropy.take(8)
    return cookie


class Course:
    """Moves the SAs of one table."""

    def __init__(self, table: SaTable) -> None:
        self._table = table

    def run_main_mode(self, sa: IkeSa, start: tuple[State, Event], turn: Turn) -> None:
        """Post an event to a main mode machine and see to what follows from where it rests."""
        before = sa.state
        table = main_mode.INITIATOR if sa.role is Role.INITIATOR else main_mode.RESPONDER
        sa.state = run(table, sa, sa.trace, start, turn)
        self._table.touch(sa)
        if sa.state is State.MM_DONE:
            self._table.remove(sa)
            return
        if sa.state is not before:
            sa.last_heard = turn.datagram
        if sa.active and before is not State.MM_ACTIVE:
            self._table.opened(sa)
            if turn.initial_contact:
                self.forget_others(sa, turn)
            self._serve_pending(sa, turn)

    def _serve_pending(self, sa: IkeSa, turn: Turn) -> None:
        first = sa.first_message_id
        waiting, count = list(sa.pending), len(sa.pending)
        sa.pending.clear()
        for place, request in enumerate(waiting):
            if place == 1 and count > 1:
                turn.say(lines.DEQUEUING_KEY_ACQUIRE, sa.about, Step.QM1, sa.exchange)
            self.start_quick_mode(sa, request, turn, first if place == 0 else None)

    def start_quick_mode(self, sa: IkeSa, request: Acquire, turn: Turn, message_id: int | None = None) -> None:
        """Begin a quick mode for a key acquire, with a message id that was announced already or a fresh one."""
        if message_id is None:
            message_id = fresh_message_id(sa, turn)
            turn.say(
                lines.QM_STARTING, sa.about, Step.QM1, Exchange(sa.cookie_i, message_id),
                role="Initiator", message_id=message_id,
            )  # fmt: skip
        qm = begin(sa, Role.INITIATOR, message_id, turn)
        if qm is None:
            return
        qm.entry, qm.ace = request.entry, request.ace
        qm.proxies = request.ace.proxies
        qm.initial_contact = not sa.quick_modes and not sa.had_children and not self._table.others_with(sa)
        sa.quick_modes[message_id] = qm
        self.run_quick_mode(qm, (State.QM_START, Event.START_QM), turn)

    def run_quick_mode(self, qm: QuickMode, start: tuple[State, Event], turn: Turn) -> None:
        """Post an event to a quick mode machine and see to what follows from where it rests."""
        sa = qm.sa
        table = quick_mode.INITIATOR if qm.role is Role.INITIATOR else quick_mode.RESPONDER
        qm.state = run(table, qm, qm.trace, start, turn)
        if turn.initial_contact:
            self.forget_others(sa, turn)
        if qm.state is State.QM_DONE:
            self._quick_mode_over(qm, turn)
        elif qm.state is State.QM_ACTIVE and qm.loaded is not None:
            qm.deadline = later(turn.now, HALF_OPEN_LIFE)
            if sa.role is Role.RESPONDER:
                sa.deadline = None
            if qm.loaded.lifetime_seconds is not None:
                sa.child_expiry[qm.spi_in] = later(turn.now, seconds(qm.loaded.lifetime_seconds))
        self._table.touch(sa)

    def _quick_mode_over(self, qm: QuickMode, turn: Turn) -> None:
        """A quick mode failed: forget it, and take phase 1 down with it where it carries nothing else.

        But a responder that waited for QM3 in vain keeps phase 1, to tell an initiator that sends ESP already; not with
        DPD, by which that initiator finds out that all is gone.
        """
        sa = qm.sa
        sa.quick_modes.pop(qm.message_id, None)
        sa.spend(qm.message_id)
        failure = qm.failure
        busy = sa.children or any(other.state is not State.QM_ACTIVE for other in sa.quick_modes.values())
        unheard = qm.role is Role.RESPONDER and failure is not None and failure.cause is Cause.NO_ANSWER
        unheard = unheard and not keepalives.agreed(sa)
        if failure is None or busy or unheard:
            return
        reason = _PHASE2_REASONS.get(failure.cause, "Phase 2 Error")
        turn.say(lines.SESSION_TORN_DOWN, sa.about, Step.TEARDOWN, qm.exchange, failure.sources, reason=reason)
        self.delete(sa, turn, failure, tell_peer=True)

    def forget_others(self, sa: IkeSa, turn: Turn) -> None:
        """INITIAL-CONTACT: the peer knows no other SA with us, so what we hold besides this one is stale."""
        turn.initial_contact = False
        failure = Failure(Cause.PEER_DELETED, Step.TEARDOWN, "the peer started afresh (initial contact)")
        for other in self._table.others_with(sa):
            if other.active and other.created <= sa.created:
                self.delete(other, turn, failure, tell_peer=False)

    def delete(self, sa: IkeSa, turn: Turn, failure: Failure, tell_peer: bool) -> None:
        """Take an IKE SA down with everything under it; again and again is harmless."""
        if sa.state is State.MM_DONE:
            return
        delete_phase1(sa, turn, failure, tell_peer)
        sa.state = State.MM_DONE
        self._table.remove(sa)

    def expire(self, sa: IkeSa, turn: Turn) -> None:
        """Serve the timers of one SA that are due."""
        now = turn.now
        self._table.touch(sa)
        if sa.active and self._lost(sa, turn):
            return
        for qm in tuple(sa.quick_modes.values()):
            if qm.deadline is None or qm.deadline > now or sa.state is State.MM_DONE:
                continue
            if qm.state is State.QM_ACTIVE:
                del sa.quick_modes[qm.message_id]
                sa.spend(qm.message_id)
            else:
                self.run_quick_mode(qm, (qm.state, Event.TIMEOUT), turn)
        for spi, moment in tuple(sa.child_expiry.items()):
            if moment <= now:
                del sa.child_expiry[spi]
                failure = Failure(Cause.LIFETIME, Step.TEARDOWN, "the lifetime of the IPsec SA ended")
                delete_child(sa, turn, spi, failure, tell_peer=True)
        if sa.state is State.MM_DONE:
            return
        if sa.active and sa.expires is not None and sa.expires <= now:
            failure = Failure(Cause.LIFETIME, Step.TEARDOWN, "the lifetime of the IKE SA ended")
            self.delete(sa, turn, failure, tell_peer=True)
        elif sa.deadline is not None and sa.deadline <= now:
            if sa.active:
                self._childless(sa, turn)
            else:
                self.run_main_mode(sa, (sa.state, Event.TIMEOUT), turn)

    def _lost(self, sa: IkeSa, turn: Turn) -> bool:
        """Serve the keepalives of an established SA. True: its peer is dead, and all that stood with it went."""
        newest = self._table.active_with(sa.entered_as.address) is sa
        nat_keepalive.serve(sa, turn, newest)
        failure = dead_peer.serve(sa, turn, newest)
        if failure is None:
            return False
        for other in (*self._table.others_with(sa), sa):
            if other.active and other.path.remote == sa.path.remote:
                self.delete(other, turn, failure, tell_peer=True)
        return True

    def _childless(self, sa: IkeSa, turn: Turn) -> None:
        """A responder's IKE SA under which nothing was ever negotiated: the initiator is gone or never saw MM6."""
        sa.deadline = None
        if sa.had_children or sa.quick_modes:
            return
        turn.say(lines.SESSION_TIMED_OUT, sa.about, Step.TEARDOWN, sa.exchange, state=sa.state.value)
        failure = Failure(Cause.NO_ANSWER, Step.QM1, "phase 1 is complete, and no quick mode came from the initiator")
        turn.effects.append(Phase2Failed(sa.exchange, sa.path, sa.role, failure))
        self.delete(sa, turn, failure, tell_peer=True)
