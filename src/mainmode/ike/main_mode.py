"""Main mode with pre-shared keys (RFC 2409 §5.4), both roles: the actions, and the tables that order them.

initiator                                   responder
MM1  HDR, SA, VID…                     -->
                                       <--  MM2  HDR, SA, VID…
MM3  HDR, KE, Ni, VID…, NAT-D, NAT-D   -->
                                       <--  MM4  HDR, KE, Nr, VID…, NAT-D, NAT-D
MM5  HDR*, IDii, HASH_I, KEEPALIVE, VID-->
                                       <--  MM6  HDR*, IDir, HASH_R, KEEPALIVE, VID
"""

from mainmode.base.codes import Flag
from mainmode.base.instant import later
from mainmode.ike import authentication, sending
from mainmode.ike.effects import Cause, Phase1Up, Role, Step
from mainmode.ike.fsm import Event, Outcome, Row, State, Table
from mainmode.ike.main_mode_messages import (
    begin,
    build_exchange,
    build_msg1,
    build_msg2,
    build_msg5,
    build_msg6,
    commit,
    fail,
    generate_dh,
    generate_keys,
    look_up_group,
    open_authenticated,
    process_exchange,
    process_msg1,
    process_msg2,
    verify,
)
from mainmode.ike.sa import IkeSa, Turn
from mainmode.ike.silence import explain
from mainmode.ike.teardown import main_mode_failed, phase1_started
from mainmode.ike.timing import HALF_OPEN_LIFE, RESEND_AFTER, RESENDS
from mainmode.ike.voice import say_decode

# --- sending -----------------------------------------------------------------------------------------------------


def _send_step(number: int) -> Step:
    return Step(f"MM{number}")


def send(number: int) -> Row[IkeSa]:
    """The row that puts message `number` on the wire."""
    step = _send_step(number)

    def action(sa: IkeSa, turn: Turn) -> Outcome:
        """Say and send it; encrypted from MM5 on."""
        if sa.outgoing is None:
            return Outcome.FAIL
        again = sa.tries > 0
        say_decode(turn, sa.about_ip, "RESENDING" if again else "SENDING", sa.outgoing, step, sa.exchange)
        if again and sa.last_sent is not None:
            sa.last_sent = sending.repeat(sa, turn, sa.last_sent)
        else:
            encrypted = bool(sa.outgoing.flags & Flag.ENCRYPTED)
            octets = sa.chain.seal(sa.outgoing) if encrypted and sa.chain is not None else sa.outgoing.encode()
            sa.last_sent = sending.send(sa, turn, octets, step, sa.exchange, sa.outgoing)
        if number == 5 and not again:
            authentication.say_nat_status(sa, turn, step)
        return Outcome.OK

    return Row(action, {Outcome.OK: (_after_sending(number), _event_after_sending(number))})


def _after_sending(number: int) -> State:
    return State.MM_ACTIVE if number == 6 else State(f"MM_WAIT_MSG{number + 1}")


def _event_after_sending(number: int) -> Event:
    return Event.ACTIVE if number == 6 else Event.NULL


def _start_timer(sa: IkeSa, turn: Turn) -> Outcome:
    """How long to wait for the answer."""
    wait = RESEND_AFTER[min(sa.tries, RESENDS)] if sa.role is Role.INITIATOR else HALF_OPEN_LIFE
    sa.deadline = later(turn.now, wait)
    return Outcome.OK


def _timed_out(sa: IkeSa, turn: Turn) -> Outcome:
    """The wait is over."""
    return Outcome.OK


def _retry(sa: IkeSa, turn: Turn) -> Outcome:
    """Once more, or give up."""
    if sa.tries < RESENDS:
        sa.tries += 1
        return Outcome.OK
    fail(sa, *explain(sa))
    return Outcome.FAIL


def _gave_up_waiting(sa: IkeSa, turn: Turn) -> Outcome:
    """The initiator went silent."""
    awaited = "MM3" if sa.last_sent is None or sa.last_sent.step is Step.MM2 else "MM5"
    if sa.failure is None:
        fail(sa, Cause.NO_ANSWER, Step(awaited), f"no acceptable {awaited} came from the initiator")
    return Outcome.FAIL


def _probably_authentication(sa: IkeSa, turn: Turn) -> Outcome:
    """MM5 or MM6 never came through: keys that differ look just so."""
    step = Step.MM5 if sa.role is Role.RESPONDER else Step.MM6
    known = sa.failure
    if known is None or known.cause is not Cause.PSK_MISMATCH or not known.sources:
        cause = known.cause if known is not None and sa.role is Role.INITIATOR else Cause.NO_ANSWER
        before = known.detail if known is not None else ""
        fail(sa, cause, step, before, sources=authentication.key_sources(sa))
    return Outcome.FAIL


DONE = (State.MM_DONE, Event.ERROR)


def _sending_rows(number: int) -> dict[tuple[State, Event], Row[IkeSa]]:
    state = State(f"MM_SND_MSG{number}")
    return {
        (state, Event.START_TMR): Row(_start_timer, {Outcome.OK: (state, Event.SND_MSG)}),
        (state, Event.SND_MSG): send(number),
        (state, Event.RESEND_MSG): Row(_timed_out, {Outcome.OK: (state, Event.START_TMR)}),
    }


def _retrying_rows(number: int) -> dict[tuple[State, Event], Row[IkeSa]]:
    """An initiator that waits for message `number` sends the one before again, until it gives up."""
    state = State(f"MM_WAIT_MSG{number}")
    given_up = (state, Event.PROB_AUTH_FAIL) if number == 6 else DONE
    return {
        (state, Event.TIMEOUT): Row(_timed_out, {Outcome.OK: (state, Event.RETRY)}),
        (state, Event.RETRY): Row(
            _retry, {Outcome.OK: (State(f"MM_SND_MSG{number - 1}"), Event.RESEND_MSG), Outcome.FAIL: given_up}
        ),
    }


def _activate(sa: IkeSa, turn: Turn) -> Outcome:
    """Phase 1 is complete."""
    if sa.chain is None:
        return Outcome.FAIL
    sa.phase1_iv = sa.chain.iv
    sa.established = turn.now
    phase1_started(sa, turn)
    sa.settle()
    group_name = sa.tunnel_group.name if sa.tunnel_group is not None else ""
    turn.effects.append(Phase1Up(sa.exchange, sa.path, sa.role, group_name))
    return Outcome.OK


def _finish(sa: IkeSa, turn: Turn) -> Outcome:
    """Say the history and the reason; forget the SA."""
    main_mode_failed(sa, turn)
    return Outcome.FAIL


def _being_renewed(sa: IkeSa, turn: Turn) -> Outcome:
    """Another main mode with the peer was begun to take its place; it serves on meanwhile."""
    return Outcome.OK


def _renewed(sa: IkeSa, turn: Turn) -> Outcome:
    """Another IKE SA has taken its place; it is renewed no more, and ends after a short overlap."""
    sa.renew_at = None
    return Outcome.OK


def _serves_on(sa: IkeSa, turn: Turn) -> Outcome:
    """The renewal failed, or what took its place is gone."""
    sa.retire_at = None
    return Outcome.OK


def _end_rows() -> dict[tuple[State, Event], Row[IkeSa]]:
    active, rekeying, replaced = State.MM_ACTIVE, State.MM_ACTIVE_REKEY, State.MM_REKEY_DONE_H2
    return {
        DONE: Row(_finish, {}),
        (active, Event.ACTIVE): Row(_activate, {Outcome.OK: (active, Event.NULL)}),
        (active, Event.REKEY): Row(_being_renewed, {Outcome.OK: (rekeying, Event.NULL)}),
        (active, Event.REKEY_DONE): Row(_renewed, {Outcome.OK: (replaced, Event.NULL)}),
        (rekeying, Event.REKEY_DONE): Row(_renewed, {Outcome.OK: (replaced, Event.NULL)}),
        (rekeying, Event.REKEY_FAIL): Row(_serves_on, {Outcome.OK: (active, Event.NULL)}),
        (replaced, Event.REKEY_FAIL): Row(_serves_on, {Outcome.OK: (active, Event.NULL)}),
    }


_END = _end_rows()

S, E, O = State, Event, Outcome  # noqa: E741

INITIATOR: Table[IkeSa] = {
    (S.MM_START, E.START_MM): Row(begin, {O.OK: (S.MM_BLD_MSG1, E.CREATE_TMR)}),
    (S.MM_BLD_MSG1, E.CREATE_TMR): Row(begin, {O.OK: (S.MM_BLD_MSG1, E.BLD_MSG)}),
    (S.MM_BLD_MSG1, E.BLD_MSG): Row(build_msg1, {O.OK: (S.MM_SND_MSG1, E.START_TMR)}),
    **_sending_rows(1),
    (S.MM_WAIT_MSG2, E.RCV_MSG): Row(
        process_msg2,
        {O.OK: (S.MM_BLD_MSG3, E.GEN_DH_KEY), O.STAY: (S.MM_WAIT_MSG2, E.NULL), O.FAIL: DONE},
    ),
    **_retrying_rows(2),
    (S.MM_BLD_MSG3, E.GEN_DH_KEY): Row(generate_dh, {O.OK: (S.MM_BLD_MSG3, E.BLD_MSG), O.FAIL: DONE}),
    (S.MM_BLD_MSG3, E.BLD_MSG): Row(build_exchange, {O.OK: (S.MM_SND_MSG3, E.START_TMR), O.FAIL: DONE}),
    **_sending_rows(3),
    (S.MM_WAIT_MSG4, E.RCV_MSG): Row(
        process_exchange,
        {O.OK: (S.MM_BLD_MSG5, E.GROUP_LOOKUP), O.STAY: (S.MM_WAIT_MSG4, E.NULL)},
    ),
    **_retrying_rows(4),
    (S.MM_BLD_MSG5, E.GROUP_LOOKUP): Row(look_up_group, {O.OK: (S.MM_BLD_MSG5, E.GEN_SECRET_KEY), O.FAIL: DONE}),
    (S.MM_BLD_MSG5, E.GEN_SECRET_KEY): Row(generate_keys, {O.OK: (S.MM_BLD_MSG5, E.BLD_MSG), O.FAIL: DONE}),
    (S.MM_BLD_MSG5, E.BLD_MSG): Row(build_msg5, {O.OK: (S.MM_SND_MSG5, E.START_TMR)}),
    **_sending_rows(5),
    (S.MM_WAIT_MSG6, E.RCV_MSG): Row(
        open_authenticated, {O.OK: (S.MM_WAIT_MSG6, E.COMP_HASH), O.STAY: (S.MM_WAIT_MSG6, E.NULL)}
    ),
    (S.MM_WAIT_MSG6, E.COMP_HASH): Row(
        verify,
        {O.OK: (S.MM_WAIT_MSG6, E.HASH_OK), O.STAY: (S.MM_WAIT_MSG6, E.NULL), O.FAIL: DONE},
    ),
    (S.MM_WAIT_MSG6, E.HASH_OK): Row(commit, {O.OK: (S.MM_ACTIVE, E.ACTIVE)}),
    **_retrying_rows(6),
    (S.MM_WAIT_MSG6, E.PROB_AUTH_FAIL): Row(_probably_authentication, {O.FAIL: DONE}),
    **_END,
}

RESPONDER: Table[IkeSa] = {
    (S.MM_START, E.START_MM): Row(begin, {O.OK: (S.MM_START, E.RCV_MSG)}),
    (S.MM_START, E.RCV_MSG): Row(process_msg1, {O.OK: (S.MM_BLD_MSG2, E.BLD_MSG), O.FAIL: DONE}),
    (S.MM_BLD_MSG2, E.BLD_MSG): Row(build_msg2, {O.OK: (S.MM_SND_MSG2, E.START_TMR), O.FAIL: DONE}),
    **_sending_rows(2),
    (S.MM_WAIT_MSG3, E.RCV_MSG): Row(
        process_exchange, {O.OK: (S.MM_BLD_MSG4, E.GEN_DH_KEY), O.STAY: (S.MM_WAIT_MSG3, E.NULL)}
    ),
    (S.MM_WAIT_MSG3, E.TIMEOUT): Row(_gave_up_waiting, {O.FAIL: DONE}),
    (S.MM_BLD_MSG4, E.GEN_DH_KEY): Row(generate_dh, {O.OK: (S.MM_BLD_MSG4, E.BLD_MSG), O.FAIL: DONE}),
    (S.MM_BLD_MSG4, E.BLD_MSG): Row(build_exchange, {O.OK: (S.MM_BLD_MSG4, E.GROUP_LOOKUP), O.FAIL: DONE}),
    (S.MM_BLD_MSG4, E.GROUP_LOOKUP): Row(look_up_group, {O.OK: (S.MM_BLD_MSG4, E.GEN_SECRET_KEY), O.FAIL: DONE}),
    (S.MM_BLD_MSG4, E.GEN_SECRET_KEY): Row(generate_keys, {O.OK: (S.MM_SND_MSG4, E.START_TMR), O.FAIL: DONE}),
    **_sending_rows(4),
    (S.MM_WAIT_MSG5, E.RCV_MSG): Row(
        open_authenticated, {O.OK: (S.MM_WAIT_MSG5, E.COMP_HASH), O.STAY: (S.MM_WAIT_MSG5, E.NULL)}
    ),
    (S.MM_WAIT_MSG5, E.COMP_HASH): Row(
        verify,
        {O.OK: (S.MM_WAIT_MSG5, E.HASH_OK), O.STAY: (S.MM_WAIT_MSG5, E.NULL), O.FAIL: DONE},
    ),
    (S.MM_WAIT_MSG5, E.HASH_OK): Row(commit, {O.OK: (S.MM_BLD_MSG6, E.BLD_MSG)}),
    (S.MM_WAIT_MSG5, E.TIMEOUT): Row(_gave_up_waiting, {O.FAIL: (S.MM_WAIT_MSG5, E.PROB_AUTH_FAIL)}),
    (S.MM_WAIT_MSG5, E.PROB_AUTH_FAIL): Row(_probably_authentication, {O.FAIL: DONE}),
    (S.MM_BLD_MSG6, E.BLD_MSG): Row(build_msg6, {O.OK: (S.MM_SND_MSG6, E.SND_MSG)}),
    (S.MM_SND_MSG6, E.SND_MSG): send(6),
    **_END,
}
