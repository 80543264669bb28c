"""Two logs of one exchange: which negotiation of one is which of the other, what never arrived, how sure that is."""

from enum import Enum

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Span
from mainmode.explain.record import Noted


class Same(Enum):
    """Whether two negotiations are two views of one exchange."""

    YES = "the same exchange"
    LIKELY = "probably the same exchange"
    NO = "not the same exchange"
    UNKNOWN = "too little to tell"


@dataclass(frozen=True, slots=True)
class Link:
    """A message in both logs: sent in one, received in the other; None where that log lacks it."""

    name: str
    sender: int
    sent: Noted | None
    received: Noted | None


@dataclass(frozen=True, slots=True)
class Pairing:
    """Negotiation `first` of log 0 and `second` of log 1 (their numbers).

    `confidence` is 0 to 1. `grounds` are sentences for and against. `offset` is the second log's clock minus the
    first's, `spread` how far single messages stray from it; None where the clocks cannot be compared. `links` are the
    messages in order; one that was sent and not received never arrived.
    """

    first: int
    second: int
    same: Same
    confidence: float
    grounds: tuple[str, ...]
    offset: Span | None = None
    spread: Span | None = None
    links: tuple[Link, ...] = ()
