"""Two clocks that nobody set alike: the difference between them, estimated from messages that both logs tell of."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from statistics import mean, median

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import NO_TIME, SECOND, Instant, Span
from mainmode.catalogue.facts import Way
from mainmode.explain.passages import Passage
from mainmode.explain.profile import Profile

SLACK = SECOND
"""How far a message on its way, or a line on its way into the log, may stray."""
MOST = 20
"""So many repetitions of one message are compared with one another."""
YEARLESS = Instant(3 * 366 * 86400 * SECOND)
"""A clock that prints no year is read as of 1972: times before this are of such a clock."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONE = 30 * 60 * SECOND
"""Time zones differ by multiples of this."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """`offset` is the second log's clock minus the first's; `spread` how far single messages stray from it.

    `matched` counts the messages that fit, `told` all that both logs tell of, `span` is the time that they cover.
    """

    offset: Span
    spread: Span
    matched: int
    told: int
    span: Span


def tolerance(first: Profile, second: Profile) -> int:
    """How far a message may stray from the offset; a clock that prints whole seconds adds half of one."""
    return SLACK + sum(one.tick // 2 for one in (first, second) if one.tick == SECOND)


def estimate(first: Profile, second: Profile, hint: Span | None = None) -> Clocks | None:
    """The offset that most messages agree on, the smallest of those; None where no message stands in both logs.

    With a `hint` only what lies near to it counts.
    """
    ways = [list(_threads(first.passages, second.passages, way)) for way in Way]
    threads = [thread for several in ways for thread in several]
    slack = tolerance(first, second)
    differences = sorted(
        (theirs - mine, number, mine)
        for number, (ours, others) in enumerate(threads)
        for mine in ours[:MOST]
        for theirs in others[:MOST]
    )
    if hint is not None:
        differences = [one for one in differences if abs(one[0] - hint) <= 2 * slack]
    if not differences:
        return None
    near = _most_agreed(differences, 2 * slack)
    middle = median(difference for difference, _, _ in near)
    offset = _between(near, middle, len(ways[0]))
    fitting = _nearest(near, offset)
    when = [mine for _, _, mine in near]
    return Clocks(
        Span(offset),
        Span(max(abs(one - offset) for one in fitting)),
        _agreeing(near),
        sum(min(len(ours), len(others)) for ours, others in threads),
        Span(max(when) - min(when)),
    )


def _between(near: list[tuple[int, int, int]], middle: float, there: int) -> int:
    """The offset: the way there shows it with the time on the way added, the way back with it taken off.

    The first `there` threads are of messages that the first log sent. With one direction only, its median.
    """
    ways = ([one for one in near if one[1] < there], [one for one in near if one[1] >= there])
    return round(mean(median(_nearest(several, middle)) for several in ways if several))


def _most_agreed(differences: list[tuple[int, int, int]], width: int) -> list[tuple[int, int, int]]:
    """The differences within `width` of each other that most messages agree on; among equals the smallest ones."""
    seen: Counter[tuple[int, int, int]] = Counter()
    best = (0, 0, 0, 0)
    sizes = [0, 0]
    start = 0
    for end, one in enumerate(differences):
        for side, key in enumerate(_keys(one)):
            seen[key] += 1
            sizes[side] += seen[key] == 1
        while one[0] - differences[start][0] > width:
            for side, key in enumerate(_keys(differences[start])):
                seen[key] -= 1
                sizes[side] -= seen[key] == 0
            start += 1
        best = max(best, (min(sizes), -abs(differences[(start + end) // 2][0]), start, end + 1))
    return differences[best[2] : best[3]]


def _keys(one: tuple[int, int, int]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """The message as the first log tells it, and as the second does: one repetition agrees with one only."""
    difference, number, mine = one
    return (0, number, mine), (1, number, mine + difference)


def _agreeing(near: list[tuple[int, int, int]]) -> int:
    """How many messages agree: each counts once, in the log that has fewer of them."""
    keys = [_keys(one) for one in near]
    return min(len({key[side] for key in keys}) for side in (0, 1))


def _nearest(near: list[tuple[int, int, int]], value: float) -> list[int]:
    """For each message the difference that is nearest to `value`."""
    found: dict[tuple[int, int], int] = {}
    for difference, number, mine in near:
        held = found.get((number, mine))
        if held is None or abs(difference - value) < abs(held - value):
            found[number, mine] = difference
    return list(found.values())


def _threads(first: Iterable[Passage], second: Iterable[Passage], way: Way) -> Iterable[tuple[list[int], list[int]]]:
    """Times of the same message in both logs, repetitions in order; `way` as the first log sees it."""
    ours: dict[tuple[str, int], list[int]] = {}
    others: dict[tuple[str, int], list[int]] = {}
    for held, log, wanted in ((ours, first, way), (others, second, _opposite(way))):
        for one in log:
            if one.name and one.way is wanted and one.at is not None:
                held.setdefault((one.kind, one.message_id or 0), []).append(one.at)
    for key, times in ours.items():
        if key in others:
            yield times, others[key]


def _opposite(way: Way) -> Way:
    return Way.RECEIVED if way is Way.SENT else Way.SENT


def spoken(offset: int) -> str:
    """`12.4 s ahead of`, `the same as`: the second clock beside the first."""
    if abs(offset) < SECOND:
        return f"within {max(abs(offset) / SECOND, 0.001):.3f} s of"
    size = _size(abs(offset))
    return f"{size} ahead of" if offset > 0 else f"{size} behind"


def _size(span: int) -> str:
    if span < 2 * 60 * SECOND:
        return f"{span / SECOND:.1f} s"
    if span < 2 * 3600 * SECOND:
        return f"{span / SECOND / 60:.1f} minutes"
    if span < 48 * 3600 * SECOND:
        return f"{span / SECOND / 3600:.2f} hours"
    return f"{span / SECOND / 86400:.1f} days"


def size(span: int) -> str:
    """A span for people: `1.5 s`, `3.0 minutes`."""
    return _size(abs(span))


def agree(offset: int, slack: int) -> bool:
    """Whether two clocks go alike, as clocks do that a server sets."""
    return abs(offset) <= slack


def zone_apart(offset: int, slack: int) -> bool:
    """Whether they go alike but for a time zone."""
    rest = abs(offset) % ZONE
    return ZONE <= abs(offset) + slack <= 14 * 2 * ZONE and min(rest, ZONE - rest) <= slack


def years(first: Instant | None, second: Instant | None) -> tuple[Span, Span]:
    """What to take from the times of each log, so that both lie in one year: nothing, unless one prints no year."""
    if first is None or second is None or (first < YEARLESS) is (second < YEARLESS):
        return NO_TIME, NO_TIME
    return (NO_TIME, since_1972(second)) if first < YEARLESS else (since_1972(first), NO_TIME)


def since_1972(at: Instant) -> Span:
    """The time from the same day in 1972."""
    told = _EPOCH + timedelta(microseconds=at)
    try:
        return Span((told - told.replace(year=1972)) // timedelta(microseconds=1))
    except (OverflowError, ValueError):
        return NO_TIME
