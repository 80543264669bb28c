"""Which of a session's IKE SAs is to stay: it is MM_ACTIVE, and the others end after a short overlap."""

from mainmode.base.instant import later
from mainmode.ike import main_mode
from mainmode.ike.effects import Role
from mainmode.ike.fsm import Event, State, Table, run
from mainmode.ike.sa import IkeSa, Turn
from mainmode.ike.session import Session
from mainmode.ike.timing import RETIRE_ANSWERED, RETIRE_PHASE1


def table_of(sa: IkeSa) -> Table[IkeSa]:
    """The main mode machine of an SA's role."""
    return main_mode.INITIATOR if sa.role is Role.INITIATOR else main_mode.RESPONDER


def shift(sa: IkeSa, event: Event, turn: Turn) -> None:
    """Move an established SA to another of its states; an event that does not fit its state changes nothing."""
    table = table_of(sa)
    if (sa.state, event) in table:
        sa.state = run(table, sa, sa.trace, (sa.state, event), turn)
        turn.table.touch(sa)


def rank(session: Session, turn: Turn) -> None:
    """An IKE SA joined or left: one stays, and the others end after a short overlap.

    One that the peer began is left to the peer where it is newer than the heir: a peer that always keeps the newest
    one has its children there, and a delete would take them.
    """
    heir = session.heir()
    for sa in session.ikes:
        if sa is heir:
            if sa.state is State.MM_REKEY_DONE_H2:
                shift(sa, Event.REKEY_FAIL, turn)
        elif sa.retire_at is None and heir is not None:
            shift(sa, Event.REKEY_DONE, turn)
            if sa.role is Role.RESPONDER and sa.opened > heir.opened:
                continue
            overlap = RETIRE_PHASE1 if heir.role is Role.INITIATOR else RETIRE_ANSWERED
            sa.retire_at = later(turn.now, overlap)
            turn.table.touch(sa)
