"""The state machine runner: tables of rows, and the trace that the device prints as its FSM error history.

A row says what to do when an event arrives in a state, and which state and event follow each outcome. A pair that no
table has is not an error of the machine: the message simply does not fit (the caller drops it by name).
The state and event names are the ASA's, as its 715065 lines print them; those that no public history shows are
completed in the same manner.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Generic, TypeVar

from mainmode.base.dataclass import dataclass

Machine = TypeVar("Machine")
HISTORY = 8
"""Pairs that the device's error history shows."""


class _Name(Enum):
    """Members are looked up by the thousand as halves of table keys; the identity hash is the quick one."""

    __hash__ = object.__hash__


class State(_Name):
    """Main mode and quick mode states; the value is the device's name."""

    MM_START = "MM_START"
    MM_BLD_MSG1 = "MM_BLD_MSG1"
    MM_SND_MSG1 = "MM_SND_MSG1"
    MM_WAIT_MSG2 = "MM_WAIT_MSG2"
    MM_BLD_MSG2 = "MM_BLD_MSG2"
    MM_SND_MSG2 = "MM_SND_MSG2"
    MM_WAIT_MSG3 = "MM_WAIT_MSG3"
    MM_BLD_MSG3 = "MM_BLD_MSG3"
    MM_SND_MSG3 = "MM_SND_MSG3"
    MM_WAIT_MSG4 = "MM_WAIT_MSG4"
    MM_BLD_MSG4 = "MM_BLD_MSG4"
    MM_SND_MSG4 = "MM_SND_MSG4"
    MM_WAIT_MSG5 = "MM_WAIT_MSG5"
    MM_BLD_MSG5 = "MM_BLD_MSG5"
    MM_SND_MSG5 = "MM_SND_MSG5"
    MM_WAIT_MSG6 = "MM_WAIT_MSG6"
    MM_BLD_MSG6 = "MM_BLD_MSG6"
    MM_SND_MSG6 = "MM_SND_MSG6"
    MM_ACTIVE = "MM_ACTIVE"
    MM_ACTIVE_REKEY = "MM_ACTIVE_REKEY"
    MM_REKEY_DONE_H2 = "MM_REKEY_DONE_H2"
    MM_DONE = "MM_DONE"
    QM_START = "QM_START"
    QM_BLD_MSG1 = "QM_BLD_MSG1"
    QM_SND_MSG1 = "QM_SND_MSG1"
    QM_WAIT_MSG2 = "QM_WAIT_MSG2"
    QM_BLD_MSG2 = "QM_BLD_MSG2"
    QM_SND_MSG2 = "QM_SND_MSG2"
    QM_WAIT_MSG3 = "QM_WAIT_MSG3"
    QM_BLD_MSG3 = "QM_BLD_MSG3"
    QM_SND_MSG3 = "QM_SND_MSG3"
    QM_ACTIVE = "QM_ACTIVE"
    QM_DONE = "QM_DONE"


class Event(_Name):
    """Events; the value is the device's name."""

    NULL = "NullEvent"
    START_MM = "EV_START_MM"
    CREATE_TMR = "EV_CREATE_TMR"
    RCV_MSG = "EV_RCV_MSG"
    PROC_MSG = "EV_PROC_MSG"
    BLD_MSG = "EV_BLD_MSG"
    GEN_DH_KEY = "EV_GEN_DH_KEY"
    GROUP_LOOKUP = "EV_GROUP_LOOKUP"
    GEN_SECRET_KEY = "EV_GEN_SECRET_KEY"  # noqa: S105
    COMP_HASH = "EV_COMP_HASH"
    HASH_OK = "EV_HASH_OK"
    START_TMR = "EV_START_TMR"
    SND_MSG = "EV_SND_MSG"
    RESEND_MSG = "EV_RESEND_MSG"
    TIMEOUT = "EV_TIMEOUT"
    RETRY = "EV_RETRY"
    PROB_AUTH_FAIL = "EV_PROB_AUTH_FAIL"
    ACTIVE = "EV_ACTIVE"
    REKEY = "EV_REKEY"
    REKEY_DONE = "EV_REKEY_DONE"
    REKEY_FAIL = "EV_REKEY_FAIL"
    ERROR = "EV_ERROR"
    START_QM = "EV_START_QM"
    GET_SPI = "EV_GET_SPI"
    CONFIRM_SA = "EV_CONFIRM_SA"
    IS_REKEY = "EV_IS_REKEY"
    NEGO_SA = "EV_NEGO_SA"
    LOAD_SA = "EV_LOAD_SA"


class Outcome(_Name):
    """What an action found."""

    OK = "ok"
    FAIL = "fail"
    STAY = "stay"
    """The message or event changes nothing; rest where the row says."""


Next = tuple[State, Event]
_PAIRS: dict[Next, Next] = {}
"""All that were ever at rest in a history, each once: there are not many, and histories are kept by the thousand."""

_NULL = Event.NULL


@dataclass(frozen=True, slots=True)
class Row(Generic[Machine]):
    """What happens in one state at one event. A next event of NULL rests there; without next ones the machine ends.

    `rests`: the device hands the work to its crypto engine here, and its trace shows a NullEvent before the result.
    """

    action: Callable[[Machine, Any], Outcome]
    then: Mapping[Outcome, Next]
    rests: bool = False


Table = Mapping[tuple[State, Event], Row[Machine]]


class Trace:
    """The last pairs of state and event, as the device keeps them for its error history."""

    __slots__ = ("pairs",)

    def __init__(self) -> None:
        self.pairs: list[Next] = []
        """As they came; more than are kept while a machine runs."""

    def rest(self) -> None:
        """The machine rests: no more are kept than the history shows."""
        self.pairs = [_PAIRS.setdefault(pair, pair) for pair in self.pairs[-HISTORY:]]

    def newest_first(self) -> tuple[tuple[str, str], ...]:
        """The pairs in the order in which the device prints them."""
        return tuple((state.value, event.value) for state, event in reversed(self.pairs[-HISTORY:]))


def run(table: Table[Machine], machine: Machine, trace: Trace, start: Next, turn: Any) -> State:
    """Post the event of `start` in its state and follow the rows until one rests; the state where it rests.

    Raises KeyError where the table has no row for the pair that a row itself leads to (a bug of the table; a test
    walks all of them).
    """
    note, pair = trace.pairs.append, start
    while True:
        note(pair)
        if pair[1] is _NULL:
            break
        row = table[pair]
        outcome = row.action(machine, turn)
        if row.rests:
            note((pair[0], _NULL))
        then = row.then
        if not then:
            break
        pair = then[outcome]
    trace.rest()
    return pair[0]
