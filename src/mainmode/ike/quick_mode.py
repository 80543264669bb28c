"""Quick mode (RFC 2409 §5.5), both roles, with and without PFS: the tables, and the actions that send, time and end.

initiator                                            responder
QM1  HDR*, HASH(1), SA, Ni, [KE], IDci, IDcr    -->
                                                <--  QM2  HDR*, HASH(2), SA, Nr, [KE], IDci, IDcr
QM3  HDR*, HASH(3)                              -->
"""

from mainmode.base.instant import between, later
from mainmode.ike import quick_mode_initiator as initiator
from mainmode.ike import quick_mode_responder as responder
from mainmode.ike import sending
from mainmode.ike.effects import Cause, Failure, InstallSa, Role, Step
from mainmode.ike.fsm import Event, Outcome, Row, State, Table
from mainmode.ike.quick_mode_exchange import completed, load, verify_hash
from mainmode.ike.sa import QuickMode, Turn
from mainmode.ike.session import Child
from mainmode.ike.teardown import quick_mode_failed
from mainmode.ike.timing import RESEND_AFTER, RESENDS
from mainmode.ike.voice import say_decode

S, E, O = State, Event, Outcome  # noqa: E741
DONE = (S.QM_DONE, E.ERROR)


def _send(number: int) -> Row[QuickMode]:
    step = Step(f"QM{number}")

    def action(qm: QuickMode, turn: Turn) -> Outcome:
        """Say and send it, encrypted."""
        if qm.outgoing is None:
            return O.FAIL
        again = qm.tries > 0 and qm.last_sent is not None
        verb = "RESENDING" if again else "SENDING"
        say_decode(turn, qm.sa.about_ip, verb, qm.outgoing, step, qm.exchange)
        if again and qm.last_sent is not None:
            qm.last_sent = sending.repeat(qm.sa, turn, qm.last_sent)
        else:
            octets = qm.chain.seal(qm.outgoing)
            qm.last_sent = sending.send(qm.sa, turn, octets, step, qm.exchange, qm.outgoing)
        return O.OK

    then = (S.QM_ACTIVE, E.ACTIVE) if number == 3 else (State(f"QM_WAIT_MSG{number + 1}"), E.NULL)
    return Row(action, {O.OK: then, O.FAIL: DONE})


def _start_timer(qm: QuickMode, turn: Turn) -> Outcome:
    """How long to wait for the answer."""
    qm.deadline = later(turn.now, RESEND_AFTER[min(qm.tries, RESENDS)])
    return O.OK


def _pass(qm: QuickMode, turn: Turn) -> Outcome:
    """Nothing to do but to move on."""
    return O.OK


def _retry(qm: QuickMode, turn: Turn) -> Outcome:
    """Once more, or give up."""
    if qm.tries < RESENDS:
        qm.tries += 1
        return O.OK
    missing = "QM2" if qm.role is Role.INITIATOR else "QM3"
    sent = Step.QM1 if qm.role is Role.INITIATOR else Step.QM2
    qm.failure = Failure(Cause.NO_ANSWER, sent, f"{sent.value} was sent {qm.tries + 1} times and no {missing} came")
    return O.FAIL


def _finish(qm: QuickMode, turn: Turn) -> Outcome:
    """Say the error, the history and the reason."""
    quick_mode_failed(qm, turn)
    return O.FAIL


def _activate(qm: QuickMode, turn: Turn) -> Outcome:
    """Phase 2 is complete."""
    qm.deadline = None
    if qm.loaded is not None:
        completed(qm, turn, qm.loaded)
    qm.settle()
    return O.OK


def _install(qm: QuickMode, turn: Turn) -> Outcome:
    """Derive the keys and hand the pair of SAs to the data plane."""
    pair = load(qm, turn)
    if pair is None:
        return O.FAIL
    qm.loaded = pair
    session, entry = qm.sa.session, qm.entry
    if session is None or entry is None:
        return O.FAIL
    turn.sessions.add(Child(session, pair, entry, qm.ace, qm.exchange, turn.now, turn.now))
    answered_in = between(qm.asked, turn.now) if qm.asked is not None else None
    turn.effects.append(InstallSa(pair, qm.exchange, qm.replaces, answered_in))
    return O.OK


def _timing_rows(number: int) -> dict[tuple[State, Event], Row[QuickMode]]:
    sending, waiting = State(f"QM_SND_MSG{number}"), State(f"QM_WAIT_MSG{number + 1}")
    return {
        (sending, E.START_TMR): Row(_start_timer, {O.OK: (sending, E.SND_MSG)}),
        (sending, E.SND_MSG): _send(number),
        (sending, E.RESEND_MSG): Row(_pass, {O.OK: (sending, E.START_TMR)}),
        (waiting, E.TIMEOUT): Row(_pass, {O.OK: (waiting, E.RETRY)}),
        (waiting, E.RETRY): Row(_retry, {O.OK: (sending, E.RESEND_MSG), O.FAIL: DONE}),
    }


_END: dict[tuple[State, Event], Row[QuickMode]] = {
    DONE: Row(_finish, {}),
    (S.QM_ACTIVE, E.ACTIVE): Row(_activate, {O.OK: (S.QM_ACTIVE, E.NULL)}),
}

INITIATOR: Table[QuickMode] = {
    (S.QM_START, E.START_QM): Row(_pass, {O.OK: (S.QM_BLD_MSG1, E.GET_SPI)}),
    (S.QM_BLD_MSG1, E.GET_SPI): Row(initiator.get_spi, {O.OK: (S.QM_BLD_MSG1, E.BLD_MSG), O.FAIL: DONE}),
    (S.QM_BLD_MSG1, E.BLD_MSG): Row(initiator.build_msg1, {O.OK: (S.QM_SND_MSG1, E.START_TMR), O.FAIL: DONE}),
    **_timing_rows(1),
    (S.QM_WAIT_MSG2, E.RCV_MSG): Row(_pass, {O.OK: (S.QM_BLD_MSG3, E.COMP_HASH)}),
    (S.QM_BLD_MSG3, E.COMP_HASH): Row(
        verify_hash, {O.OK: (S.QM_BLD_MSG3, E.HASH_OK), O.STAY: (S.QM_WAIT_MSG2, E.NULL)}, rests=True
    ),
    (S.QM_BLD_MSG3, E.HASH_OK): Row(_pass, {O.OK: (S.QM_BLD_MSG3, E.PROC_MSG)}),
    (S.QM_BLD_MSG3, E.PROC_MSG): Row(initiator.process_msg2, {O.OK: (S.QM_BLD_MSG3, E.CONFIRM_SA), O.FAIL: DONE}),
    (S.QM_BLD_MSG3, E.CONFIRM_SA): Row(initiator.confirm_sa, {O.OK: (S.QM_BLD_MSG3, E.LOAD_SA), O.FAIL: DONE}),
    (S.QM_BLD_MSG3, E.LOAD_SA): Row(_install, {O.OK: (S.QM_BLD_MSG3, E.BLD_MSG), O.FAIL: DONE}),
    (S.QM_BLD_MSG3, E.BLD_MSG): Row(initiator.build_msg3, {O.OK: (S.QM_SND_MSG3, E.SND_MSG), O.FAIL: DONE}),
    (S.QM_SND_MSG3, E.SND_MSG): _send(3),
    **_END,
}

RESPONDER: Table[QuickMode] = {
    (S.QM_START, E.START_QM): Row(_pass, {O.OK: (S.QM_START, E.RCV_MSG)}),
    (S.QM_START, E.RCV_MSG): Row(_pass, {O.OK: (S.QM_BLD_MSG2, E.COMP_HASH)}),
    (S.QM_BLD_MSG2, E.COMP_HASH): Row(
        verify_hash, {O.OK: (S.QM_BLD_MSG2, E.HASH_OK), O.STAY: (S.QM_START, E.NULL)}, rests=True
    ),
    (S.QM_BLD_MSG2, E.HASH_OK): Row(_pass, {O.OK: (S.QM_BLD_MSG2, E.PROC_MSG)}),
    (S.QM_BLD_MSG2, E.PROC_MSG): Row(responder.process_msg1, {O.OK: (S.QM_BLD_MSG2, E.CONFIRM_SA), O.FAIL: DONE}),
    (S.QM_BLD_MSG2, E.CONFIRM_SA): Row(responder.confirm_sa, {O.OK: (S.QM_BLD_MSG2, E.IS_REKEY), O.FAIL: DONE}),
    (S.QM_BLD_MSG2, E.IS_REKEY): Row(responder.is_rekey, {O.OK: (S.QM_BLD_MSG2, E.NEGO_SA), O.FAIL: DONE}),
    (S.QM_BLD_MSG2, E.NEGO_SA): Row(responder.negotiate, {O.OK: (S.QM_BLD_MSG2, E.GET_SPI), O.FAIL: DONE}),
    (S.QM_BLD_MSG2, E.GET_SPI): Row(responder.get_spi, {O.OK: (S.QM_BLD_MSG2, E.BLD_MSG), O.FAIL: DONE}),
    (S.QM_BLD_MSG2, E.BLD_MSG): Row(responder.build_msg2, {O.OK: (S.QM_SND_MSG2, E.START_TMR), O.FAIL: DONE}),
    **_timing_rows(2),
    (S.QM_WAIT_MSG3, E.RCV_MSG): Row(_pass, {O.OK: (S.QM_BLD_MSG3, E.COMP_HASH)}),
    (S.QM_BLD_MSG3, E.COMP_HASH): Row(
        verify_hash, {O.OK: (S.QM_BLD_MSG3, E.HASH_OK), O.STAY: (S.QM_WAIT_MSG3, E.NULL)}, rests=True
    ),
    (S.QM_BLD_MSG3, E.HASH_OK): Row(_pass, {O.OK: (S.QM_BLD_MSG3, E.LOAD_SA)}),
    (S.QM_BLD_MSG3, E.LOAD_SA): Row(_install, {O.OK: (S.QM_ACTIVE, E.ACTIVE), O.FAIL: DONE}),
    **_END,
}
