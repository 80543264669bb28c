"""All that is told about one or two logs, as values. Every layout reads this."""

from mainmode.base.dataclass import dataclass
from mainmode.explain.finding import Finding
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.pairing import Pairing
from mainmode.explain.record import Log
from mainmode.ladder.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the other side must look like, from one side's log: `lines` in the language of `vendor`.

    A `!` or `#` comment tells what is not known. Keys never stand in it.
    """

    peer: str
    vendor: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to the partner, in the terms of their vendor, without secrets and names."""

    peer: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer. `verdict` is one sentence. `chosen` is the negotiation that the ladder shows, None without one.

    `findings` stand in order: the likeliest cause of the chosen negotiation first, then those of the others.
    `pairings` are best first; with two logs and none fitting, one that says so.
    """

    logs: tuple[Log, ...]
    negotiations: tuple[Negotiation, ...]
    findings: tuple[Finding, ...]
    verdict: str
    chosen: Negotiation | None = None
    pairings: tuple[Pairing, ...] = ()
    transcript: Transcript | None = None
    sketches: tuple[Sketch, ...] = ()
    letters: tuple[Letter, ...] = ()
    notes: tuple[str, ...] = ()
