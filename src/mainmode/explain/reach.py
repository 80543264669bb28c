"""What a log would tell, had something happened: the time that it covers, and what it does not write down."""

from bisect import bisect_left
from collections.abc import Iterable

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import SECOND, Span
from mainmode.catalogue.facts import Symptom, Told, Way
from mainmode.explain.negotiation import Negotiation, Outcome
from mainmode.explain.passages import AGGRESSIVE, CLEAR, MAIN, QUICK, Passage
from mainmode.explain.profile import Profile, ended

LATE = 2 * SECOND
"""How long after a message its line may be written."""
SOON = SECOND // 5
"""How long after its end a negotiation may still tell of what comes for it."""
OPENERS = ("MM1", "AM1")
"""A log that begins with one of these begins with the negotiation."""
TOLD_BY_SENDERS = frozenset({"MM1", "MM2", "MM3", "MM4", "AM1", "AM2", "QM1", "QM2"})
"""What a log that tells of sending only tells in any case."""
UNUSED = frozenset(
    {
        *(Symptom.NO_SA, Symptom.BAD_COOKIE, Symptom.UNKNOWN_SPI, Symptom.MALFORMED, Symptom.DUPLICATE),
        *(Symptom.UNEXPECTED, Symptom.NOT_PROTECTED, Symptom.FRAGMENTS, Symptom.KEY_WRONG),
    }
)
"""What is said of a message that came and could not be used; which one it was is often not said."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The time that a log covers by its own clock, None where it has none, and when something came unused.

    `unused` are times in order; `spoiled` counts them, those without a time as well. `folded` are peers with
    negotiations of which only one is kept.
    """

    first: int | None
    last: int | None
    unused: tuple[int, ...] = ()
    spoiled: int = 0
    folded: frozenset[str] = frozenset()

    def covers(self, at: int) -> bool:
        """Whether a time lies in what the log covers, and nothing came unused then."""
        if self.last is not None and at > self.last + LATE:
            return False
        place = bisect_left(self.unused, at - LATE)
        return place == len(self.unused) or self.unused[place] > at + LATE


def reach(negotiations: Iterable[Negotiation], shift: Span) -> Reach:
    """What one log covers; `shift` is taken from its times."""
    several = list(negotiations)
    starts = [one.started - shift for one in several if one.started is not None]
    ends = [at - shift for one in several if (at := ended(one)) is not None]
    spoiled = [noted.record.reading.at for one in several for fact, noted in one.all(Told) if fact.symptom in UNUSED]
    return Reach(
        min(starts, default=None),
        max(ends, default=None),
        tuple(sorted(at - shift for at in spoiled if at is not None)),
        len(spoiled),
        frozenset(one.peer for one in several if one.similar),
    )


def would_tell(sent: Passage, hearer: Profile, shift: Span | None, reached: Reach) -> bool:
    """Whether the hearer's log would show a message, had it come; `shift` is its clock minus the speaker's.

    A log that tells of sending only shows it by waiting: it repeats itself. What comes for a negotiation that is over,
    or that is dropped, is often not told.
    """
    if hearer.negotiation.peer in reached.folded:
        return False
    at = sent.at + shift if shift is not None and sent.at is not None else None
    if not hearer.hears:
        repeats = (one.at for one in hearer.passages if one.way is Way.SENT and one.again)
        return sent.name in CLEAR and any(at is None or when is None or when >= at for when in repeats)
    if at is None:
        return not reached.spoiled or sent.name in CLEAR
    opened = next((one.name for one in hearer.passages), "") in OPENERS
    early = not opened and reached.first is not None and at < reached.first - LATE
    one = hearer.negotiation
    over = one.outcome in (Outcome.FAILED, Outcome.CLOSED)
    forgotten = (
        over
        and hearer.ended is not None
        and at > hearer.ended + SOON + (hearer.tick // 2 if hearer.tick == SECOND else 0)
    )
    return not early and not forgotten and reached.covers(at)


NAMED = frozenset({*MAIN, *AGGRESSIVE, *QUICK})


def would_have_sent(heard: Passage, speaker: Profile, shift: Span | None, reached: Reach) -> bool:
    """Whether the speaker's log would show that it sent a message that came; `shift` is its clock minus the hearer's.

    Without clocks only a log that tells of the end as well can be relied on.
    """
    one = speaker.negotiation
    sends = [passage for passage in speaker.passages if passage.way is Way.SENT]
    opened = next((passage.name for passage in speaker.passages), "") in OPENERS
    names = TOLD_BY_SENDERS if not speaker.hears else NAMED
    if heard.name not in names or not sends or not opened or one.peer in reached.folded:
        return False
    if heard.at is None or shift is None:
        return one.outcome is not Outcome.OPEN
    at = heard.at + shift
    return reached.last is None or at <= reached.last + LATE
