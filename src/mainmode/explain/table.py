"""The negotiations of a busy device as rows: what a table of them shows first."""

from collections.abc import Sequence
from dataclasses import dataclass

from mainmode.base.instant import Instant, Span, between
from mainmode.catalogue.facts import Down, GaveUp, Notify, Refused, Role, Told, Up
from mainmode.explain.negotiation import Negotiation, Outcome


@dataclass(frozen=True, slots=True)
class Row:
    """One negotiation. `lasted` is from its first record to its last, None without stamps.

    `reached` as in `Negotiation`; `ended_with` says what its last telling record told, in a few words.
    """

    number: int
    peer: str
    group: str
    role: Role | None
    started: Instant | None
    lasted: Span | None
    outcome: Outcome
    reached: str
    repeated: int
    similar: int
    ended_with: str


def rows(negotiations: Sequence[Negotiation]) -> tuple[Row, ...]:
    """A row for each negotiation, in their order."""
    return tuple(map(_row, negotiations))


def _row(one: Negotiation) -> Row:
    lasted = between(one.started, one.ended) if one.started is not None and one.ended is not None else None
    return Row(
        one.number,
        one.peer,
        one.group,
        one.role,
        one.started,
        lasted,
        one.outcome,
        one.reached,
        one.repeated,
        one.similar,
        _ended_with(one),
    )


def _ended_with(one: Negotiation) -> str:
    for noted in reversed(one.noted):
        fact = noted.fact
        if isinstance(fact, Told):
            return fact.symptom.value
        if isinstance(fact, Down):
            return fact.words or fact.why.value
        if isinstance(fact, GaveUp):
            return f"waited for {fact.waiting_for}" if fact.waiting_for else "given up"
        if isinstance(fact, Refused):
            return f"{fact.attribute} refused" if fact.attribute else "every proposal refused"
        if isinstance(fact, Notify):
            return f"{fact.name} {fact.way.value}"
        if isinstance(fact, Up):
            return f"phase {fact.phase.value} up"
    return ""
