"""What a tunnel goes through over hours with light traffic. Values only."""

from enum import Enum

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant, Span
from mainmode.base.provenance import Source
from mainmode.ladder.transcript import Side


class What(Enum):
    """What happened to the tunnel."""

    UP = "comes up"
    RENEWED_1 = "phase 1 is renewed"
    RENEWED_2 = "phase 2 is renewed"
    ENDED = "ends"
    """By a timer, a delete or a dead peer: `text` says which."""
    SILENT = "carries nothing although asked"


@dataclass(frozen=True, slots=True)
class Moment:
    """Something at a time since the start; `side` is who caused it. `sources` are the lines that set the timer."""

    after: Span
    what: What
    side: Side | None
    text: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Hours:
    """So many virtual hours of one pair. `sent` and `answered` count the requests of the light traffic.

    `pattern` says what was sent when. `sentence` is the sum: that it holds, or when and why it would drop. `drops` is
    whether requests that a person would send went unanswered for longer than a negotiation takes.
    """

    hours: int
    pattern: str
    began: Instant
    moments: tuple[Moment, ...]
    sent: int
    answered: int
    drops: bool
    sentence: str
