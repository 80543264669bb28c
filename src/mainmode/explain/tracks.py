"""One log as one side of a ladder: its lines in order, each with the message that it is about."""

from collections.abc import Iterator
from itertools import pairwise

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import SECOND, Instant
from mainmode.catalogue.facts import (
    Began,
    Down,
    GaveUp,
    Identity,
    Message,
    Notify,
    Offer,
    Role,
    Vendor,
    Wanted,
    Way,
    Whose,
)
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.passages import AGGRESSIVE, MAIN, QUICK, Passage
from mainmode.explain.record import Record
from mainmode.explain.wires import Wire, Wires, place_of

LONG = 5 * SECOND
"""After so long what is said is not about the last message any more."""
AWAITED = dict(pair for names in (MAIN, AGGRESSIVE, QUICK) for pair in pairwise(names))
"""The message that its sender waits for."""
PACKET_CAME = frozenset({"charon.packet received"})
"""Entries that tell of a datagram; what is in it, the next line tells."""
TRIGGER, TEARDOWN, BESIDE = "trigger", "teardown", "log"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line: `about` is the message's number, 0 where it stands in a step of its own, whose name is `step`."""

    record: Record
    about: int
    step: str
    gave_up: bool = False


@dataclass(frozen=True, slots=True)
class Sending:
    """Here the log's writer sends a message."""

    wire: Wire
    record: Record


@dataclass(frozen=True, slots=True)
class Hearing:
    """Here a message reaches the log's writer."""

    wire: Wire
    record: Record


@dataclass(frozen=True, slots=True)
class Left:
    """Here lines are left out of the ladder."""

    text: str
    record: Record


Item = Spoken | Sending | Hearing | Left


def records_of(negotiation: Negotiation) -> tuple[Record, ...]:
    """The records of a negotiation, each once, in order."""
    told = negotiation.lines or (one.record for one in negotiation.noted)
    by_line = {record.first: record for record in told}
    return tuple(by_line[line] for line in sorted(by_line))


def track(negotiation: Negotiation, wires: Wires, kept: frozenset[int] | None, left: dict[int, str]) -> list[Item]:
    """All that one log tells, in its order.

    `kept` are the numbers of the lines that are shown, None for all; `left` the remarks on what is not, by the line
    that they stand before.
    """
    return list(_Track(negotiation, wires, kept, left).items())


class _Track:
    def __init__(
        self, negotiation: Negotiation, wires: Wires, kept: frozenset[int] | None, left: dict[int, str]
    ) -> None:
        self._wires = wires
        self._left = left
        self._records = [one for one in records_of(negotiation) if kept is None or one.first in kept]
        self._facts = _facts(negotiation)
        self._closing: dict[int, Wire] = {}
        self._heard: set[int] = set()
        self._ending = False
        self._ended: Instant | None = None
        self._making: dict[int, Wire] = {}
        for one in wires.passages(negotiation):
            if one.way is Way.SENT:
                self._prepare(one, wires.sent[place_of(one.first)])

    def _prepare(self, passage: Passage, wire: Wire) -> None:
        """A message goes out with the last of its lines."""
        self._closing[passage.noted[-1].record.first] = wire
        for noted in passage.noted:
            self._making[noted.record.first] = wire

    def items(self) -> Iterator[Item]:
        coming = self._coming()
        last: Wire | None = None
        at: Instant | None = None
        for number, (record, ahead) in enumerate(zip(self._records, coming, strict=True)):
            if record.first in self._left:
                yield Left(self._left[record.first], record)
            again = False
            for wire in self._arriving(number):
                self._ending = False
                yield Hearing(wire, record)
                last, at = wire, record.reading.at
                again = wire.received is not None and wire.received.again
            spoken = self._spoken(record, None if again else ahead, last, at)
            if record.text:
                yield spoken
            closing = self._closing.get(record.first)
            if closing is not None:
                self._ending = False
                yield Sending(closing, record)
                last, at = closing, record.reading.at

    def _arriving(self, number: int) -> Iterator[Wire]:
        """What is heard with a record: what it tells itself, or the next one does, where it is of the packet only."""
        for place in (number, number + 1):
            record = self._records[place] if place < len(self._records) else None
            if record is None or (place > number and self._records[number].reading.entry not in PACKET_CAME):
                return
            for wire in self._wires.heard.get((record.log, record.first), ()):
                if wire.number not in self._heard:
                    self._heard.add(wire.number)
                    yield wire

    def _coming(self) -> list[Wire | None]:
        """For each record the message that it helps to make, None where it does not."""
        found: list[Wire | None] = []
        ahead: Wire | None = None
        pending: list[int] = []
        for number, record in enumerate(self._records):
            found.append(None)
            if self._wires.heard.get((record.log, record.first)):
                pending = []
            ahead = self._making.get(record.first)
            pending.append(number)
            if ahead is None:
                continue
            begun = next((place for place in pending if self._makes(self._records[place], ahead)), number)
            for place in range(begun, number + 1):
                found[place] = ahead
            if record.first in self._closing:
                pending = []
        return found

    def _makes(self, record: Record, wire: Wire) -> bool:
        """Whether a line is about making a message that is not sent yet."""
        if record.reading.step:
            return record.reading.step == wire.name
        for fact in self._facts.get(record.first, ()):
            match fact:
                case Vendor(whose=Whose.OWN) | Offer(whose=Whose.OWN) | Identity(whose=Whose.OWN):
                    return True
                case Notify(way=Way.SENT) | Message(way=Way.SENT):
                    return True
        return self._making.get(record.first) is wire

    def _still_ending(self, now: Instant | None) -> bool:
        """Whether an end was told just before."""
        return self._ending and (now is None or self._ended is None or now - self._ended <= LONG)

    def _spoken(self, record: Record, ahead: Wire | None, last: Wire | None, at: Instant | None) -> Spoken:
        facts = self._facts.get(record.first, ())
        now = record.reading.at
        if ahead is not None:
            return Spoken(record, ahead.number, ahead.name)
        gave_up = next((fact for fact in facts if isinstance(fact, GaveUp)), None)
        if gave_up is not None:
            awaited = gave_up.waiting_for or (AWAITED.get(last.name, "") if last and last.sent else "")
            if awaited:
                return Spoken(record, 0, awaited, gave_up=True)
        if last is None:
            asks = any(isinstance(fact, Wanted) or _begins(fact) for fact in facts)
            return Spoken(record, 0, TRIGGER if asks or record.reading.step == TRIGGER else BESIDE)
        if self._still_ending(now) or any(isinstance(fact, Down) for fact in facts) or record.reading.step == TEARDOWN:
            self._ending, self._ended = True, now
            return Spoken(record, 0, TEARDOWN)
        if at is not None and now is not None and now - at > LONG:
            return Spoken(record, 0, BESIDE)
        return Spoken(record, last.number, last.name)


def _begins(fact: object) -> bool:
    return isinstance(fact, Began) and fact.role is not Role.RESPONDER


def _facts(negotiation: Negotiation) -> dict[int, list[object]]:
    """Facts by the line that tells them."""
    found: dict[int, list[object]] = {}
    for one in negotiation.noted:
        found.setdefault(one.record.first, []).append(one.fact)
    return found
