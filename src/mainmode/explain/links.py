"""Which message of one log is which of the other: sent here, received there, or lost between."""

from collections.abc import Iterable

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Span
from mainmode.catalogue.facts import Way
from mainmode.explain.clocks import tolerance
from mainmode.explain.pairing import Link
from mainmode.explain.passages import CLEAR, Passage
from mainmode.explain.profile import Profile
from mainmode.explain.reach import Reach, would_tell


@dataclass(frozen=True, slots=True)
class Match:
    """A message in both logs, or in one of them. `sender` is 0 or 1."""

    name: str
    sender: int
    sent: Passage | None
    received: Passage | None

    def link(self) -> Link:
        """The same as the pairing tells it."""
        return Link(
            self.name,
            self.sender,
            self.sent.first if self.sent else None,
            self.received.first if self.received else None,
        )


def matches(first: Profile, second: Profile, offset: Span | None, reaches: tuple[Reach, Reach]) -> tuple[Match, ...]:
    """All messages of both, in the order of sending; those that one log cannot know of are left out."""
    found: list[Match] = []
    slack = tolerance(first, second)
    for sender, (speaker, hearer) in enumerate(((first, second), (second, first))):
        shift = None if offset is None else Span(offset if sender == 0 else -offset)
        speaks = any(one.way is Way.SENT for one in speaker.passages)
        for sent, received in _pairs(speaker, hearer, shift, slack):
            known = received or sent
            told = (
                speaks if sent is None else received is not None or would_tell(sent, hearer, shift, reaches[1 - sender])
            )
            if known is not None and told:
                found.append(Match(sent.name if sent else known.name, sender, sent, received))
    return tuple(sorted(found, key=lambda match: _place(match, offset)))


def _place(match: Match, offset: Span | None) -> tuple[int, int]:
    """By the first log's clock, or by its lines."""
    own, other = (match.sent, match.received) if match.sender == 0 else (match.received, match.sent)
    for passage, moved in ((own, 0), (other, offset)):
        if passage is not None and passage.at is not None and moved is not None:
            return passage.at - moved, passage.record.first
    return 0, next(passage.record.first for passage in (own, other) if passage is not None)


Pair = tuple[Passage | None, Passage | None]


def _pairs(speaker: Profile, hearer: Profile, shift: Span | None, slack: int) -> list[Pair]:
    """Sent and received of one direction, each at most once: by name and message id, then by name, then by length."""
    sent = [one for one in speaker.passages if one.way is Way.SENT]
    heard = [one for one in hearer.passages if one.way is Way.RECEIVED]
    found: list[Pair] = []
    for exact in (True, False):
        for (name, _), (ours, theirs) in _threads(sent, heard, exact).items():
            if name:
                found += _thread(ours, theirs, shift, slack)
        sent, heard = _left(sent, found), _left(heard, found)
    found += _nameless(sent, heard, shift, slack)
    found += [(one, None) for one in _left(sent, found)]
    return found + [(None, one) for one in _left(heard, found) if one.name]


def _left(messages: list[Passage], found: list[Pair]) -> list[Passage]:
    """Those that are in no pair yet."""
    used = {id(one) for pair in found for one in pair}
    return [one for one in messages if id(one) not in used]


def _threads(
    sent: Iterable[Passage], heard: Iterable[Passage], exact: bool
) -> dict[tuple[str, int | None], tuple[list[Passage], list[Passage]]]:
    """By name, and by message id where `exact`."""
    threads: dict[tuple[str, int | None], tuple[list[Passage], list[Passage]]] = {}
    for column, messages in enumerate((sent, heard)):
        for one in messages:
            number = (one.message_id or 0) if exact else None
            threads.setdefault((one.kind, number), ([], []))[column].append(one)
    return threads


def _thread(sent: list[Passage], heard: list[Passage], shift: Span | None, slack: int) -> list[Pair]:
    """Repetitions of one message: each reception belongs to the sending that is nearest before it."""
    found: list[Pair] = []
    free = list(sent)
    for one in heard:
        place = _fitting(free, one, shift, slack)
        if place is not None:
            found.append((free[place], one))
            del free[: place + 1]
    return found


def _fitting(free: list[Passage], heard: Passage, shift: Span | None, slack: int) -> int | None:
    """Which of the sendings a reception is of: the first that is near enough; None where none can be."""
    fits = [
        place
        for place, one in enumerate(free)
        if not (one.message_id and heard.message_id and one.message_id != heard.message_id)
    ]
    if not fits:
        return None
    if shift is None or heard.at is None:
        return fits[0]
    aways = [(abs(heard.at - sent_at - shift), place) for place in fits if (sent_at := free[place].at) is not None]
    near = [place for away, place in aways if away <= slack]
    if near or not aways:
        return near[0] if near else fits[0]
    away, place = min(aways)
    return place if 2 * away <= 3 * slack else None


def _nameless(sent: list[Passage], heard: list[Passage], shift: Span | None, slack: int) -> list[Pair]:
    """What came and could not be read is what was sent at that time, of that length."""
    found: list[Pair] = []
    free = list(sent)
    for one in heard:
        if one.name:
            continue
        fits = [
            other for other in free if other.length is None or one.length is None or abs(other.length - one.length) <= 4
        ]
        place = _fitting(fits, one, shift, slack)
        if place is not None and fits[place].name not in CLEAR:
            found.append((fits[place], one))
            free.remove(fits[place])
    return found
