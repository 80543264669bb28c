"""Negotiations: what records tell, sorted by peer and SA, repetitions folded."""

from collections.abc import Iterator
from enum import Enum
from typing import TypeVar

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.catalogue.facts import Fact, Phase, Role
from mainmode.explain.record import Noted, Record

Kind = TypeVar("Kind", bound=Fact)


class Outcome(Enum):
    """How it ended as far as the log shows."""

    UP = "up"
    FAILED = "failed"
    CLOSED = "was up, then ended"
    OPEN = "the log does not show the end"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One exchange that makes an SA: a main or aggressive mode, or one quick mode, with its repetitions.

    `repeated` counts messages sent or received again.
    """

    phase: Phase
    role: Role | None
    message_id: int | None
    noted: tuple[Noted, ...]
    outcome: Outcome
    rekey: bool = False
    repeated: int = 0

    def all(self, kind: type[Kind]) -> Iterator[tuple[Kind, Noted]]:
        """Its facts of one kind, in order, with where they stand."""
        return ((one.fact, one) for one in self.noted if isinstance(one.fact, kind))


@dataclass(frozen=True, slots=True)
class Negotiation:
    """One IKE SA with a peer, or the attempt at one: its phase 1, its quick modes, and what happened to them later.

    `log` counts the logs from 0. `device` is who wrote (host, empty where unknown). `peer`, `local` are addresses as
    printed, `group` the tunnel-group or connection. `phase1` is None where the log starts in the middle. `noted`
    holds all facts in order, those of the attempts included; a negotiation without peer gathers what names none.
    `first` and `last` are line numbers, `records` the number of its records. `similar` counts further negotiations
    with the same peer that went the same way and were folded into this one.
    """

    number: int
    log: int
    dialect: str
    device: str
    peer: str
    local: str
    group: str
    role: Role | None
    phase1: Attempt | None
    phase2: tuple[Attempt, ...]
    noted: tuple[Noted, ...]
    outcome: Outcome
    first: int
    last: int
    records: int
    started: Instant | None = None
    ended: Instant | None = None
    repeated: int = 0
    similar: int = 0
    lines: tuple[Record, ...] = ()
    """Its records in order, also those that tell nothing: for the ladder; bounded, or empty where none were kept."""

    @property
    def reached(self) -> str:
        """`none`, `phase 1` or `phase 2`: the furthest that stood."""
        if any(one.outcome in (Outcome.UP, Outcome.CLOSED) for one in self.phase2):
            return "phase 2"
        return "phase 1" if self.phase1 and self.phase1.outcome in (Outcome.UP, Outcome.CLOSED) else "none"

    def all(self, kind: type[Kind]) -> Iterator[tuple[Kind, Noted]]:
        """Its facts of one kind, in order, with where they stand."""
        return ((one.fact, one) for one in self.noted if isinstance(one.fact, kind))
