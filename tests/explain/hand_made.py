"""Negotiations made by hand, for the tests of diagnoses: facts in, as a correlator would hand them on."""

from mainmode.base.instant import Instant
from mainmode.catalogue.facts import Exchange, Fact, Message, Phase, Role, Way
from mainmode.explain.dialect import Reading
from mainmode.explain.negotiation import Attempt, Negotiation, Outcome
from mainmode.explain.record import Noted, Record

SENT, RECEIVED = Way.SENT, Way.RECEIVED
MAIN, QUICK = Exchange.MAIN, Exchange.QUICK


def message(way: Way, name: str, *payloads: str, again: bool = False) -> Message:
    """A message by its name."""
    return Message(way, QUICK if name.startswith("QM") else MAIN, payloads, again=again, name=name)


def noted(facts: tuple[Fact, ...], dialect: str = "asa", log: int = 0, first: int = 1) -> tuple[Noted, ...]:
    """Facts, each on a line and in a second of its own."""
    found = []
    for line, fact in enumerate(facts, first):
        reading = Reading("test", (fact,), at=Instant(line * 1_000_000))
        found.append(Noted(fact, Record(log, line, line, f"line {line}", dialect, reading)))
    return tuple(found)


def negotiation(
    *phase1: Fact,
    phase2: tuple[Fact, ...] = (),
    after: tuple[Fact, ...] = (),
    role: Role | None = Role.INITIATOR,
    up: int = 0,
    dialect: str = "asa",
    number: int = 1,
    log: int = 0,
    peer: str = "192.0.2.2",
    local: str = "192.0.2.1",
    end: Outcome | None = None,
) -> Negotiation:
    """One negotiation; `up` is the phase that came up, 0 for none. Phase 2 is tried if it has facts or came up."""
    all_of_it = noted((*phase1, *phase2, *after), dialect, log, first=100 * number)
    ones = all_of_it[: len(phase1)]
    twos = all_of_it[len(phase1) : len(phase1) + len(phase2)]
    failed = end or Outcome.FAILED
    first = Attempt(Phase.ONE, role, None, ones, Outcome.UP if up else failed)
    seconds = (Attempt(Phase.TWO, role, 7, twos, Outcome.UP if up == 2 else failed),) if twos or up == 2 else ()
    outcome = Outcome.UP if up == 2 else failed
    return Negotiation(
        number, log, dialect, "", peer, local, "", role, first, seconds, all_of_it, outcome,
        all_of_it[0].record.first if all_of_it else 1, all_of_it[-1].record.first if all_of_it else 1, len(all_of_it),
    )  # fmt: skip


MM = tuple(f"MM{number}" for number in range(1, 7))


def until(name: str, initiator: bool = True) -> tuple[Message, ...]:
    """The main mode up to a message, seen from the initiator or the responder."""
    found = []
    for place, one in enumerate(MM):
        ours = (place % 2 == 0) is initiator
        found.append(message(SENT if ours else RECEIVED, one))
        if one == name:
            break
    return tuple(found)
