"""What each event of a transcript belongs to: which negotiation, which step of it, and which message it announces."""

from collections.abc import Iterable
from dataclasses import replace

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.catalogue.lines import failures, teardown
from mainmode.ladder.transcript import Event, LineSaid, MessageArrived, MessageSent, Remark, Side

MAIN_MODE = frozenset({"MM1", "MM2", "MM3", "MM4", "MM5", "MM6"})
AGGRESSIVE_MODE = frozenset({"AM1", "AM2", "AM3"})
QUICK_MODE = frozenset({"QM1", "QM2", "QM3"})
OPENERS = ("MM1", "AM1", "QM1")
TRIGGER = "trigger"
CLOSING = frozenset(
    entry.name
    for entry in (
        failures.MM_FSM_HISTORY,
        failures.QM_FSM_HISTORY,
        failures.QM_FSM_ERROR,
        failures.REMOVING_PEER_FAILED,
        failures.PEER_TABLE_ERROR,
        failures.REMOVING_CORRELATOR_FAILED,
        failures.SESSION_TIMED_OUT,
        teardown.IKE_SA_TERMINATING,
    )
)
"""Lines at the end of a negotiation that failed."""
ANSWERED_BY = {"MM1": "MM2", "MM2": "MM3", "MM3": "MM4", "MM4": "MM5", "MM5": "MM6", "QM1": "QM2", "QM2": "QM3"}


@dataclass(frozen=True, slots=True)
class Key:
    """A step of a negotiation: initiator's cookie (hexadecimal, may be empty), message id, and the step's name.

    With `gave_up` it is the end of the waiting for the message of that name.
    """

    cookie: str
    message_id: int
    name: str
    gave_up: bool = False


@dataclass(frozen=True, slots=True)
class Belonging:
    """What an event belongs to.

    `key` is None where the event does not say. `announces` is the number of a message that its side sends for the
    same key in the same instant. `firm` is False where an event rather belongs to what its side does in that instant:
    a remark, or a line that names no negotiation.
    """

    key: Key | None = None
    announces: int | None = None
    firm: bool = True


def key_of(message: MessageSent) -> Key:
    """The step that a message makes."""
    return Key(_cookie(message.cookies), message.message_id, message.name)


def _cookie(text: str) -> str:
    """The initiator's cookie in a spelling of one or both cookies: the first sixteen hexadecimal digits."""
    digits = "".join(c for c in text.lower().removeprefix("0x") if c in "0123456789abcdef")
    return digits[:16]


def belongings(events: tuple[Event, ...]) -> list[Belonging]:
    """One for each event; that of an arrival is empty, its message knows more."""
    keys = _keys(events)
    found: list[Belonging] = []
    numbered = {message.number: key_of(message) for message in messages(events)}
    coming: dict[tuple[Side, Key], MessageSent] = {}
    asked: dict[Side, tuple[LineSaid, Key]] = {}
    for event, key in zip(reversed(events), reversed(keys), strict=True):
        belonging = Belonging(key)
        if isinstance(event, LineSaid | Remark) and event.about in numbered:
            found.append(Belonging(numbered[event.about], announces=event.about))
            continue
        if isinstance(event, LineSaid) and not event.cookie:
            belonging = Belonging(key, firm=event.step == TRIGGER)
        if isinstance(event, MessageSent):
            coming[event.side, key_of(event)] = event
            asked.pop(event.side, None)
        elif isinstance(event, LineSaid) and key is not None:
            message = coming.get((event.side, key))
            if message is not None and message.at == event.at:
                belonging = replace(belonging, announces=message.number)
            if key.name == TRIGGER:
                asked[event.side] = event, key
        elif isinstance(event, Remark):
            line, trigger = asked.get(event.side, (None, None)) if event.side else (None, None)
            asks = line is not None and line.at == event.at
            belonging = Belonging(trigger if asks else key, firm=asks)
        found.append(belonging)
    return found[::-1]


def _keys(events: tuple[Event, ...]) -> list[Key | None]:
    """The key of each event; None for arrivals and for remarks without a step.

    A line without a cookie belongs to the next message of its step that its side sends, else to the last one of
    either side; a remark to the last one first.
    """
    coming = _coming(events)
    told_in = {(key.cookie, key.message_id): key.name for key in map(key_of, messages(events))}
    behind: dict[str, Key] = {}
    ends = _Ends()
    keys: list[Key | None] = []
    for event, later in zip(events, coming, strict=True):
        key: Key | None = None
        if isinstance(event, MessageArrived):
            ends.arrived(event)
        elif isinstance(event, MessageSent):
            behind[event.name] = key = key_of(event)
            ends.sent(event, key)
        elif isinstance(event, LineSaid) and event.cookie:
            key = ends.told(event, _line_key(event, told_in))
        elif isinstance(event, LineSaid) and event.gave_up:
            key = Key("", event.message_id, event.step, gave_up=True)
        elif event.step:
            earlier = behind.get(event.step)
            found = (later or earlier) if isinstance(event, LineSaid) else (earlier or later)
            key = replace(found, name=event.step) if found else Key("", 0, event.step)
        keys.append(key)
    return keys


class _Ends:
    """Knows which lines end a negotiation because a side has waited too long.

    Such a line comes by the clock: in its instant nothing has reached the side.
    """

    def __init__(self) -> None:
        self._begun: set[str] = set()
        self._sent: set[tuple[Side, Key]] = set()
        self._heard: dict[Side, Instant] = {}

    def sent(self, message: MessageSent, key: Key) -> None:
        """A side sends a message, so from now on it waits for the answer."""
        self._begun.add(key.cookie)
        self._sent.add((message.side, key))

    def arrived(self, arrival: MessageArrived) -> None:
        """A side speaks of what it received, in this instant."""
        self._heard[arrival.side] = arrival.at

    def told(self, line: LineSaid, key: Key) -> Key:
        """The line's key, or the end of the waiting for the message that did not come."""
        by_clock = self._heard.get(line.side) != line.at
        closes = line.entry in CLOSING and key.name in MAIN_MODE | QUICK_MODE and key.cookie in self._begun
        if not closes or not by_clock:
            return key
        awaited = ANSWERED_BY.get(key.name) if (line.side, key) in self._sent else key.name
        return replace(key, name=awaited, gave_up=True) if awaited else key


def _line_key(line: LineSaid, told_in: dict[tuple[str, int], str]) -> Key:
    """Main mode has no message id; what is said about an exchange of one message belongs to that message."""
    cookie, message_id = _cookie(line.cookie), 0 if line.step in MAIN_MODE else line.message_id
    name = line.step
    if message_id and name not in QUICK_MODE:
        name = told_in.get((cookie, message_id), name)
    return Key(cookie, message_id, name)


def _coming(events: tuple[Event, ...]) -> list[Key | None]:
    """For each line and remark, the next message of its step from its side; for a trigger, the one that opens."""
    ahead: dict[tuple[Side | None, str], Key] = {}
    coming: list[Key | None] = []
    for event in reversed(events):
        coming.append(ahead.get((event.side, event.step)) if isinstance(event, LineSaid | Remark) else None)
        if isinstance(event, MessageSent):
            for side in (event.side, None):
                ahead[side, event.name] = key_of(event)
                if event.name in OPENERS and not event.retransmission:
                    ahead[side, TRIGGER] = key_of(event)
    return coming[::-1]


def messages(events: tuple[Event, ...]) -> tuple[MessageSent, ...]:
    """The messages among the events."""
    return tuple(event for event in events if isinstance(event, MessageSent))


def several(found: Iterable[Belonging]) -> bool:
    """Whether there is more than one main mode."""
    keys = [one.key for one in found if one.key is not None]
    return len({key.cookie for key in keys if key.cookie and key.name in MAIN_MODE}) > 1
