"""Negotiations made by hand: what a log of one end would tell, message by message. Imported by tests."""

from dataclasses import dataclass, field, replace

from mainmode.base.instant import SECOND, Instant
from mainmode.catalogue.facts import (
    Exchange,
    Fact,
    Message,
    Phase,
    Role,
    Tag,
    Up,
    Way,
)
from mainmode.explain.dialect import Reading
from mainmode.explain.negotiation import Attempt, Negotiation, Outcome
from mainmode.explain.record import Noted, Record

EXCHANGES = {"MM": Exchange.MAIN, "AM": Exchange.AGGRESSIVE, "QM": Exchange.QUICK}
START = Instant(1_700_000_000 * SECOND)
PAYLOADS = {
    "MM1": ("SA", "VENDOR", "VENDOR"),
    "MM2": ("SA", "VENDOR"),
    "MM3": ("KE", "NONCE", "NAT-D", "NAT-D"),
    "MM4": ("KE", "NONCE", "NAT-D", "NAT-D"),
    "MM5": ("ID", "HASH"),
    "MM6": ("ID", "HASH"),
    "QM1": ("HASH", "SA", "NONCE", "ID", "ID"),
    "QM2": ("HASH", "SA", "NONCE", "ID", "ID"),
    "QM3": ("HASH",),
    "INFO": ("HASH", "NOTIFY"),
}
LENGTHS = {"MM1": 168, "MM2": 128, "MM3": 304, "MM4": 304, "MM5": 96, "MM6": 96, "QM1": 200, "QM2": 172, "QM3": 76}
MAIN = ("MM1", "MM2", "MM3", "MM4", "MM5", "MM6")
QUICK = ("QM1", "QM2", "QM3")


@dataclass
class Book:
    """The log of one end. `skew` is what its clock is ahead, in microseconds; without `clock` it has no time stamps."""

    log: int
    role: Role = Role.INITIATOR
    peer: str = "10.0.0.2"
    local: str = "10.0.0.1"
    number: int = 1
    skew: int = 0
    clock: bool = True
    dialect: str = "asa"
    cookie: str = ""
    lines: list[Record] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)

    def line(self, at: float, text: str, *facts: Fact, message_id: int | None = None, step: str = "") -> None:
        """One line, `at` seconds after the start by a true clock."""
        stamp = Instant(START + round(at * SECOND) + self.skew) if self.clock else None
        tag = Tag(peer=self.peer, local=self.local, cookie=self.cookie, message_id=message_id)
        reading = Reading(text.split(" ")[0], facts, tag, at=stamp, step=step)
        number = self.lines[-1].last + 1 if self.lines else 1
        record = Record(self.log, number, number, text, self.dialect, reading)
        self.lines.append(record)
        self.noted += [Noted(fact, record) for fact in facts]

    def passes(
        self,
        at: float,
        way: Way,
        name: str,
        message_id: int = 0,
        again: bool = False,
        payloads: tuple[str, ...] | None = None,
        length: int | None = -1,
    ) -> None:
        """One line that tells of a message."""
        told = PAYLOADS.get(name, ()) if payloads is None else payloads
        octets = LENGTHS.get(name) if length == -1 else length
        exchange = EXCHANGES.get(name[:2], Exchange.INFORMATIONAL) if name else None
        fact = Message(way, exchange, told, octets, again, "" if name == "INFO" else name)
        self.line(at, f"{way.value} {name} {message_id:08x}", fact, message_id=message_id)

    def negotiation(self, outcome: Outcome = Outcome.UP) -> Negotiation:
        """The negotiation of this log."""
        noted = tuple(self.noted)
        quick = {
            one.record.reading.tag.message_id
            for one in noted
            if isinstance(one.fact, Message) and one.fact.exchange is Exchange.QUICK
        }
        phase2 = tuple(Attempt(Phase.TWO, self.role, number, (), outcome) for number in sorted(quick, key=str))
        phase1 = Attempt(Phase.ONE, self.role, None, (), Outcome.UP if phase2 else outcome)
        times = [one.reading.at for one in self.lines if one.reading.at is not None]
        return Negotiation(
            self.number, self.log, self.dialect, "", self.peer, self.local, self.peer, self.role, phase1, phase2,
            noted, outcome, 1, self.lines[-1].last, len(self.lines),
            times[0] if times else None, times[-1] if times else None, lines=tuple(self.lines),
        )  # fmt: skip


def ends(skew: int = 0, number: int = 1, clock: bool = True) -> tuple[Book, Book]:
    """The books of an initiator (log 0) and a responder (log 1) whose clock is `skew` microseconds ahead."""
    return (
        Book(0, number=number, clock=clock),
        Book(1, Role.RESPONDER, "10.0.0.1", "10.0.0.2", number, skew, clock),
    )


def talk(
    books: tuple[Book, Book],
    names: tuple[str, ...],
    at: float = 0.0,
    message_id: int = 0,
    lost: frozenset[str] = frozenset(),
    gap: float = 0.1,
) -> float:
    """Both books tell of these messages, each answered by the other; what is `lost` only its sender tells."""
    for name in names:
        sender = 0 if int(name[-1]) % 2 else 1
        books[sender].passes(at, Way.SENT, name, message_id)
        if name not in lost:
            books[1 - sender].passes(at + 0.01, Way.RECEIVED, name, message_id)
        at += gap
    return at


def healthy(
    message_id: int = 0x7B80C2B0, spis: tuple[str, str] = ("fd2d851f", "dde50931"), skew: int = 0, clock: bool = True
) -> tuple[Negotiation, Negotiation]:
    """Both views of a tunnel that comes up."""
    books = ends(skew, clock=clock)
    at = talk(books, MAIN)
    at = talk(books, QUICK, at, message_id)
    books[0].line(at, "up", Up(Phase.TWO, Role.INITIATOR, *spis), message_id=message_id)
    books[1].line(at, "up", Up(Phase.TWO, Role.RESPONDER, *reversed(spis)), message_id=message_id)
    return books[0].negotiation(), books[1].negotiation()


def renumbered(one: Negotiation, number: int) -> Negotiation:
    """The same under another number."""
    return replace(one, number=number)
