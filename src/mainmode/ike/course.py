"""How negotiations move on: the machines run, quick modes follow main mode, what ends is taken down, timers fire."""

from mainmode.base.address import ProxyPair
from mainmode.base.instant import Instant, later
from mainmode.catalogue import lines
from mainmode.ike import dead_peer, keepalives, nat_keepalive, quick_mode
from mainmode.ike.agenda import Timed
from mainmode.ike.closing import close_ike, end_session
from mainmode.ike.effects import Cause, Exchange, Failure, Phase2Failed, Role, Step
from mainmode.ike.endings import Ending
from mainmode.ike.fsm import Event, State, run
from mainmode.ike.gate import Gate
from mainmode.ike.origination import Origination
from mainmode.ike.quick_mode_exchange import begin
from mainmode.ike.renewal import Renewal
from mainmode.ike.sa import IkeSa, QuickMode, Turn
from mainmode.ike.session import Child, Session
from mainmode.ike.settings import AclEntry, MapEntry
from mainmode.ike.statistics import Statistics
from mainmode.ike.succession import rank, table_of
from mainmode.ike.table import SaTable
from mainmode.ike.teardown import fresh_message_id
from mainmode.ike.timing import CHILDLESS_LIFE, DOUBT_AGAIN, HALF_OPEN_LIFE

_PHASE2_REASONS = {
    Cause.PROXY_MISMATCH: "crypto map policy not found",
    Cause.NO_MATCHING_ENTRY: "crypto map policy not found",
    Cause.TRANSFORM_MISMATCH: "Phase 2 Mismatch",
    Cause.PFS_MISMATCH: "Phase 2 Mismatch",
    Cause.PEER_REFUSED: "Phase 2 Mismatch",
    Cause.NO_ANSWER: "Lost Service",
}


class Course:
    """Moves the SAs of one table."""

    def __init__(self, table: SaTable, statistics: Statistics, gate: Gate) -> None:
        self._table = table
        self._gate = gate
        self.renewal = Renewal(self)
        self.origination = Origination(self, statistics)

    # --- phase 1 -------------------------------------------------------------------------------------------------

    def begin_main_mode(self, sa: IkeSa, turn: Turn) -> None:
        """Send the first message of an SA that this device begins."""
        self._table.add_initiator(sa)
        self.run_main_mode(sa, (State.MM_START, Event.START_MM), turn)

    def run_main_mode(self, sa: IkeSa, start: tuple[State, Event], turn: Turn) -> None:
        """Post an event to a main mode machine and see to what follows from where it rests."""
        before, was_active = sa.state, sa.active
        sa.state = run(table_of(sa), sa, sa.trace, start, turn)
        self._table.touch(sa)
        if sa.state is State.MM_DONE:
            self._table.remove(sa)
            self._main_mode_over(sa, turn)
            return
        if sa.state is not before:
            sa.last_heard = turn.datagram
            if sa.role is Role.RESPONDER and sa.state is not State.MM_WAIT_MSG3:
                self._table.answered(sa)
        if sa.active and not was_active:
            self._opened(sa, turn)

    def _opened(self, sa: IkeSa, turn: Turn) -> None:
        """Phase 1 is complete: the SA joins its session, takes the place of older ones, and serves what waits."""
        self._table.opened(sa)
        self._gate.remember(sa.peer, sa.beginning)
        sa.beginning = b""
        if sa.tunnel_group is None:
            return
        session = turn.sessions.join(sa, sa.tunnel_group, turn.now)
        sa.renews = None
        if turn.initial_contact:
            self.forget_others(sa, turn)
        rank(sa.session or session, turn)
        self.origination.answered(sa)
        self._serve_pending(sa, turn)

    def _main_mode_over(self, sa: IkeSa, turn: Turn) -> None:
        if sa.renews is not None:
            self.renewal.phase1_failed(sa, turn)
        if sa.pending:
            self.origination.failed(sa, turn)

    def _serve_pending(self, sa: IkeSa, turn: Turn) -> None:
        first, session = sa.first_message_id, sa.session
        waiting, count = sa.pending, len(sa.pending)
        sa.pending = ()
        for place, request in enumerate(waiting):
            if place == 1 and count > 1:
                turn.say(lines.DEQUEUING_KEY_ACQUIRE, sa.about, Step.QM1, sa.exchange)
            carrying = session.carrying(request.ace.proxies) if session is not None else None
            if carrying is not None and carrying.stamp > sa.serial:
                continue
            message_id = first if place == 0 else None
            self.start_quick_mode(sa, request.entry, request.ace, request.ace.proxies, turn, message_id)

    # --- phase 2 -------------------------------------------------------------------------------------------------

    def start_quick_mode(
        self, sa: IkeSa, entry: MapEntry, ace: AclEntry | None, proxies: ProxyPair, turn: Turn,
        message_id: int | None = None,
    ) -> None:  # fmt: skip
        """Begin a quick mode, with a message id that was announced already or a fresh one.

        Where a pair for the same proxies stands it is renewed.
        """
        session = sa.session
        if session is None:
            return
        if message_id is None:
            message_id = fresh_message_id(sa, turn)
            turn.say(
                lines.QM_STARTING, sa.about, Step.QM1, Exchange(sa.cookie_i, message_id),
                role="Initiator", message_id=message_id,
            )  # fmt: skip
        qm = begin(sa, Role.INITIATOR, message_id, turn)
        if qm is None:
            return
        qm.entry, qm.ace, qm.proxies = entry, ace, proxies
        carrying = session.carrying(proxies)
        qm.replaces = carrying.spi if carrying is not None else None
        qm.initial_contact = not session.had_children and not sa.quick_modes and not self._table.others_with(sa)
        sa.quick_modes[message_id] = qm
        self.run_quick_mode(qm, (State.QM_START, Event.START_QM), turn)

    def run_quick_mode(self, qm: QuickMode, start: tuple[State, Event], turn: Turn) -> None:
        """Post an event to a quick mode machine and see to what follows from where it rests."""
        sa = qm.sa
        table = quick_mode.INITIATOR if qm.role is Role.INITIATOR else quick_mode.RESPONDER
        qm.state = run(table, qm, qm.trace, start, turn)
        self._table.touch(sa)
        if turn.initial_contact:
            self.forget_others(sa, turn)
        if qm.state is State.QM_DONE:
            self._quick_mode_over(qm, turn)
        elif qm.state is State.QM_ACTIVE and (child := turn.sessions.children.get(qm.spi_in)) is not None:
            qm.deadline = later(turn.now, HALF_OPEN_LIFE)
            if sa.role is Role.RESPONDER:
                sa.deadline = None
            self.renewal.installed(child, qm, turn)

    def heard_again(self, qm: QuickMode, turn: Turn) -> None:
        """QM2 came again: the peer did not get QM3, so it has not installed its pair."""
        self.renewal.wait_on(qm, turn)

    def _quick_mode_over(self, qm: QuickMode, turn: Turn) -> None:
        """A quick mode failed: forget it, and take the session down with it where that carries nothing else.

        But a responder that waited for QM3 in vain keeps phase 1, to tell an initiator that sends ESP already; not with
        DPD, by which that initiator finds out that all is gone.
        """
        sa, failure, session = qm.sa, qm.failure, qm.sa.session
        sa.drop(qm)
        sa.spend(qm.message_id, turn.now)
        if failure is None or session is None:
            return
        silent = failure.cause is Cause.NO_ANSWER
        if silent and qm.role is Role.RESPONDER and (session.children or not keepalives.agreed(sa)):
            return
        if silent and session.children:
            self._unanswered(sa, session, failure, turn)
        elif not session.children and not session.busy:
            reason = _PHASE2_REASONS.get(failure.cause, Ending.ERROR.session)
            end_session(session, turn, Ending.ERROR, failure, tell_peer=True, reason=reason)

    def _unanswered(self, sa: IkeSa, session: Session, failure: Failure, turn: Turn) -> None:
        """A quick mode got no answer. The peer holds this IKE SA no more, or nobody is there at all."""
        alive = any(
            (activity := turn.watch(child.spi)) is not None
            and activity.heard is not None
            and activity.heard >= turn.now - HALF_OPEN_LIFE
            for child in session.children.values()
        )
        if alive or len(session.ikes) > 1:
            close_ike(sa, turn, failure, tell_peer=False)
        else:
            self.origination.lost(session.key[0], turn.settings)
            end_session(session, turn, Ending.LOST_SERVICE, failure, tell_peer=True)

    # --- what ends -----------------------------------------------------------------------------------------------

    def forget_others(self, sa: IkeSa, turn: Turn) -> None:
        """INITIAL-CONTACT: what stood with this peer before its negotiation of this SA began is stale."""
        turn.initial_contact = False
        old = sa.session
        if old is None:
            return
        fresh_children = [child for child in old.children.values() if child.stamp > sa.serial]
        fresh_ikes = [ike for ike in old.ikes if ike.opened > sa.serial]
        if len(fresh_children) == len(old.children) and len(fresh_ikes) == len(old.ikes):
            return
        turn.sessions.forget(old)
        for ike in fresh_ikes:
            old.ikes.remove(ike)
            turn.sessions.join(ike, old.group, turn.now)
        for child in fresh_children:
            turn.sessions.remove(child)
            child.session = sa.session or old
            turn.sessions.add(child)
        failure = Failure(Cause.PEER_DELETED, Step.TEARDOWN, "the peer started afresh (initial contact)")
        end_session(old, turn, Ending.PEER, failure, tell_peer=False)
        if sa.session is not None:
            rank(sa.session, turn)

    def delete(self, sa: IkeSa, turn: Turn, failure: Failure, tell_peer: bool, ending: Ending = Ending.RESET) -> None:
        """Take an IKE SA down, and its session with it; again and again is harmless.

        A peer that is lost under one IKE SA may live under another of the session: then only this one ends.
        """
        session = sa.session
        if failure.cause is Cause.LOST_PEER:
            ending = Ending.LOST_SERVICE
        if session is None or sa.state is State.MM_DONE:
            close_ike(sa, turn, failure, tell_peer)
        elif ending is Ending.LOST_SERVICE and len(session.ikes) > 1:
            close_ike(sa, turn, failure, tell_peer=False)
        else:
            if ending is Ending.LOST_SERVICE:
                self.origination.lost(session.key[0], turn.settings)
            end_session(session, turn, ending, failure, tell_peer)

    # --- timers --------------------------------------------------------------------------------------------------

    def expire(self, item: Timed, turn: Turn) -> None:
        """Serve the timers of one IKE SA, child or session that are due."""
        if isinstance(item, IkeSa):
            self._table.touch(item)
            self._expire_ike(item, turn)
        elif isinstance(item, Child):
            turn.sessions.touch(item)
            self.renewal.child_due(item, turn)
        elif isinstance(item, Session) and item.ends_at is not None and item.ends_at <= turn.now:
            failure = Failure(
                Cause.SESSION_TIME, Step.TEARDOWN, f"the session timeout of {item.group.policy_name}",
                sources=tuple(filter(None, (item.group.sources.get("session_timeout"),))),
            )  # fmt: skip
            end_session(item, turn, Ending.MAX_TIME, failure, tell_peer=True)

    def _expire_ike(self, sa: IkeSa, turn: Turn) -> None:
        now = turn.now
        if sa.active and self._lost(sa, turn):
            return
        for qm in tuple(sa.quick_modes.values()):
            if not _due(qm.deadline, now) or sa.state is State.MM_DONE:
                continue
            if qm.state is State.QM_ACTIVE:
                sa.drop(qm)
                sa.spend(qm.message_id, turn.now)
            else:
                self.run_quick_mode(qm, (qm.state, Event.TIMEOUT), turn)
        if sa.state is State.MM_DONE:
            return
        if sa.active and _due(sa.expires, now):
            self.renewal.phase1_expired(sa, turn)
        elif sa.active and _due(sa.retire_at, now):
            self.renewal.retire_phase1(sa, turn)
        elif sa.active and _due(sa.renew_at, now):
            self.renewal.renew_phase1(sa, turn)
        elif _due(sa.deadline, now):
            if sa.active:
                self._childless(sa, turn)
            else:
                self.run_main_mode(sa, (sa.state, Event.TIMEOUT), turn)

    def _lost(self, sa: IkeSa, turn: Turn) -> bool:
        """Serve the keepalives of an established SA. True: its peer is dead, and it went."""
        newest = sa.session is None or sa.session.best() is sa
        nat_keepalive.serve(sa, turn, newest)
        failure = dead_peer.serve(sa, turn, newest)
        if failure is None:
            return False
        self.delete(sa, turn, failure, tell_peer=True)
        return True

    def _childless(self, sa: IkeSa, turn: Turn) -> None:
        """A responder's IKE SA under which nothing was ever negotiated: the initiator is gone or never saw MM6."""
        session = sa.session
        if session is None or session.children:
            sa.deadline = None
            if session is not None:
                self._doubted(sa, session, turn)
            return
        if session.busy:
            sa.deadline = later(turn.now, CHILDLESS_LIFE)
            return
        sa.deadline = None
        turn.say(lines.SESSION_TIMED_OUT, sa.about, Step.TEARDOWN, sa.exchange, state=sa.state.value)
        failure = Failure(Cause.NO_ANSWER, Step.QM1, "phase 1 is complete, and no quick mode came from the initiator")
        turn.effects.append(Phase2Failed(sa.exchange, sa.path, sa.role, failure))
        if len(session.ikes) > 1:
            close_ike(sa, turn, failure, tell_peer=True)
        else:
            end_session(session, turn, Ending.LOST_SERVICE, failure, tell_peer=True)

    def _doubted(self, sa: IkeSa, session: Session, turn: Turn) -> None:
        """The peer began this IKE SA and never spoke under it: MM6 may have been lost, and it has given up since.

        It would stand here to the end of its lifetime, and as the heir keep alive what it was to replace. So the peer
        is asked, where keepalives were agreed on, and where it answers under another one alone that one is enough.
        """
        others = [other for other in session.ikes if other is not sa]
        if sa.proven or not others or not keepalives.agreed(sa):
            return
        known = next((other for other in others if other.proven), others[0])
        if not dead_peer.unheld(sa, known, turn):
            sa.deadline = later(turn.now, DOUBT_AGAIN)
            return
        detail = "the peer answers under another IKE SA and not under this one"
        close_ike(sa, turn, Failure(Cause.NO_ANSWER, Step.MM6, detail), tell_peer=True)


def _due(moment: Instant | None, now: Instant) -> bool:
    return moment is not None and moment <= now
