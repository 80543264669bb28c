"""The messages of a negotiation as one log tells them: each once, however many lines speak of it, with its name.

Daemons tell of one message in two lines, its payloads in one and its octets in the other; routers name the state and
leave the message to be guessed. What is here is what pairing and the ladder count and compare.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.catalogue.facts import Exchange, Message, Notify, Phase, Role, Symptom, Told, Way
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.record import Noted, Record

MAIN = ("MM1", "MM2", "MM3", "MM4", "MM5", "MM6")
AGGRESSIVE = ("AM1", "AM2", "AM3")
QUICK = ("QM1", "QM2", "QM3")
BY_INITIATOR = frozenset({"MM1", "MM3", "MM5", "AM1", "AM3", "QM1", "QM3"})
CLEAR = frozenset({"MM1", "MM2", "MM3", "MM4", "AM1", "AM2"})
"""Messages that are never encrypted, so that everybody counts the same octets (RFC 2409 §5)."""
ALIVE = frozenset({"R-U-THERE", "R-U-THERE-ACK"})


@dataclass(frozen=True, slots=True)
class Passage:
    """One message, sent or received. `name` is MM1 … MM6, AM1 … AM3, QM1 … QM3, INFO, DPD, or empty where unknown.

    `noted` are the facts that tell of it, in order. `at` is the log's own clock. `message_id` is None where no line
    says it, 0 for phase 1. `length` is as printed, of the datagram or of the payloads.
    """

    name: str
    way: Way
    exchange: Exchange | None
    message_id: int | None
    payloads: tuple[str, ...]
    length: int | None
    again: bool
    at: Instant | None
    noted: tuple[Noted, ...]

    @property
    def kind(self) -> str:
        """The name by which both ends know it: that a message is a sign of life, only who decrypts it knows."""
        return "INFO" if self.name == "DPD" else self.name

    @property
    def record(self) -> Record:
        """The first record that tells of it."""
        return self.noted[0].record

    @property
    def first(self) -> Noted:
        """The first fact that tells of it."""
        return self.noted[0]


def passages(negotiation: Negotiation) -> tuple[Passage, ...]:
    """The messages of a negotiation in the order of its log, named."""
    noted = tuple(sorted(negotiation.noted, key=lambda one: one.record.first))
    return tuple(_named(negotiation.role, noted, _merged(noted)))


def _merged(noted: Iterable[Noted]) -> Iterator[Passage]:
    """One passage per message: a line with its payloads and one with its octets are the same message."""
    held: Passage | None = None
    duplicates = _Duplicates()
    for one in noted:
        if not isinstance(one.fact, Message):
            repeated = list(duplicates.told(one))
            if held is not None and repeated:
                yield held
                held = None
            yield from repeated
            continue
        fresh = _passage(one, one.fact)
        joined = _joined(held, fresh) if held is not None else None
        if joined is not None:
            duplicates.passed(joined)
            held = joined
            continue
        if held is not None:
            yield held
        duplicates.passed(fresh)
        held = fresh
    if held is not None:
        yield held


def _passage(one: Noted, message: Message) -> Passage:
    reading = one.record.reading
    number = reading.tag.message_id
    return Passage(
        message.name or (reading.step if message.exchange is None else ""),
        message.way,
        message.exchange,
        None if number is None else number & 0xFFFFFFFF,
        message.payloads,
        message.length,
        message.again,
        reading.at,
        (one,),
    )


class _Duplicates:
    """Repetitions that a line tells of without the message: the last one of its phase came again.

    Where the message itself was told just before, the line adds nothing.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[bool, Way], Passage] = {}
        self._heard_now = False

    def passed(self, one: Passage) -> None:
        """A message passed."""
        self._last[one.exchange is Exchange.QUICK, one.way] = one
        self._heard_now = one.way is Way.RECEIVED

    def told(self, one: Noted) -> Iterator[Passage]:
        """What a fact that is no message says to have passed again."""
        fact = one.fact
        if not isinstance(fact, Told) or fact.symptom is not Symptom.DUPLICATE:
            return
        quick = fact.phase is Phase.TWO
        heard, answer = (self._last.get((quick, way)) for way in (Way.RECEIVED, Way.SENT))
        if heard is None or self._heard_now:
            return
        yield _again(heard, one)
        if answer is not None and fact.detail.startswith("Retransmitting"):
            yield _again(answer, one)


def _again(passed: Passage, one: Noted) -> Passage:
    return replace(passed, again=True, at=one.record.reading.at, noted=(one,))


def _joined(held: Passage, fresh: Passage) -> Passage | None:
    """Both as one where each lacks what the other has and nothing contradicts; None where they are two messages."""
    if held.way is not fresh.way or held.noted[-1].record is fresh.record:
        return None
    complete = (bool(held.payloads), held.length is not None)
    if (held.payloads and fresh.payloads) or (held.length is not None and fresh.length is not None):
        return None
    if not any(complete) and not held.again:
        return None
    if not fresh.payloads and fresh.length is None:
        return None
    for mine, theirs in (
        (held.name, fresh.name),
        (held.exchange, fresh.exchange),
        (held.message_id, fresh.message_id),
    ):
        if mine and theirs and mine != theirs:
            return None
    return Passage(
        held.name or fresh.name,
        held.way,
        held.exchange or fresh.exchange,
        held.message_id if held.message_id is not None else fresh.message_id,
        held.payloads or fresh.payloads,
        held.length if held.length is not None else fresh.length,
        held.again or fresh.again,
        held.at if held.at is not None else fresh.at,
        held.noted + fresh.noted,
    )


def _named(role: Role | None, noted: tuple[Noted, ...], found: Iterable[Passage]) -> Iterator[Passage]:
    """Gives names to those that have none, from exchange, payloads and order."""
    alive = _keepalives(noted)
    naming = _Naming(role)
    for one in found:
        name = one.name or naming.name(one)
        if name == "INFO" and any(id(note) in alive for note in one.noted):
            name = "DPD"
        yield replace(one, name=name) if name != one.name else one


def _keepalives(noted: tuple[Noted, ...]) -> frozenset[int]:
    """The message facts beside which a sign of life is asked for or given: before one sent, after one received.

    By identity, since facts of repetitions are equal.
    """
    found: set[int] = set()
    asked = False
    last: Noted | None = None
    for one in noted:
        fact = one.fact
        if isinstance(fact, Message):
            if asked and fact.way is Way.SENT:
                found.add(id(one))
            asked, last = False, one
        elif isinstance(fact, Notify) and fact.name in ALIVE:
            if last is not None and last.record is one.record:
                found.add(id(last))
            elif fact.way is Way.SENT:
                asked = True
            elif last is not None and isinstance(last.fact, Message) and last.fact.way is Way.RECEIVED:
                found.add(id(last))
    return frozenset(found)


class _Naming:
    """Knows how far the exchanges have come."""

    def __init__(self, role: Role | None) -> None:
        self._role = role
        self._main: list[str] = []
        self._quick: dict[int | None, Way] = {}

    def name(self, one: Passage) -> str:
        """The message's name, empty where nothing tells it."""
        match one.exchange:
            case Exchange.MAIN:
                return self._phase1(one, MAIN, self._main_stage(one))
            case Exchange.AGGRESSIVE:
                return self._phase1(one, AGGRESSIVE, 0 if "SA" in one.payloads else 1)
            case Exchange.QUICK:
                return self._quick_name(one)
            case Exchange.INFORMATIONAL:
                return "INFO"
            case Exchange.TRANSACTION:
                return "XAUTH"
            case Exchange.IKEV2:
                return "IKEv2"
            case None:
                return ""

    def _main_stage(self, one: Passage) -> int | None:
        """0 for the messages with SA, 1 with KE, 2 for the encrypted ones; None where the payloads are not listed."""
        if not one.payloads:
            return None
        return 0 if "SA" in one.payloads else 1 if "KE" in one.payloads else 2

    def _phase1(self, one: Passage, names: tuple[str, ...], stage: int | None) -> str:
        if self._role is None:
            self._role = Role.INITIATOR if one.way is Way.SENT else Role.RESPONDER
        begun = (one.way is Way.SENT) is (self._role is Role.INITIATOR)
        ours = [name for name in names if (name in BY_INITIATOR) is begun]
        if stage is None:
            before = sum(name in ours for name in self._main)
            stage = max(0, before - 1) if one.again else before
        name = ours[min(stage, len(ours) - 1)]
        if name not in self._main:
            self._main.append(name)
        return name

    def _quick_name(self, one: Passage) -> str:
        begun = self._quick.setdefault(one.message_id, one.way) is one.way
        if not begun:
            return "QM2"
        return "QM1" if not one.payloads or "SA" in one.payloads else "QM3"
