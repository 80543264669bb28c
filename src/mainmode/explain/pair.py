"""Two logs: which negotiation of one is which of the other, how sure that is, and what never arrived."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant, Span
from mainmode.explain import alike
from mainmode.explain.alike import Ground
from mainmode.explain.clocks import SLACK, Clocks, estimate, years
from mainmode.explain.links import Match, matches
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.pairing import Pairing, Same
from mainmode.explain.passages import Passage
from mainmode.explain.profile import Profile, facing, profile, started
from mainmode.explain.reach import Reach, reach, would_have_sent
from mainmode.explain.strays import Home, brought_home, joined

SURE = 0.9
PROBABLE = 0.6
UNLIKELY = 0.15
ENDS_ONLY = 0.5
MOST = 40
"""So many negotiations of each log are compared one with each other where no number tells which belong together."""
NEAR = 90 * 1_000_000
"""How near in time two negotiations begin that are compared, once the clocks' difference is known; microseconds."""
SAID = 12
"""So many grounds are told."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Messages of one name that one side sent: how many of them the other received. `sender` is 0 or 1."""

    sender: int
    name: str
    sent: int
    arrived: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    first: Profile
    second: Profile
    clocks: Clocks | None
    matched: tuple[Match, ...]
    grounds: tuple[Ground, ...]
    common: Span | None = None

    @property
    def confidence(self) -> float:
        """0 to 1; what tells of the two ends only, and not of this exchange, is not enough to call it one."""
        found = alike.confidence(self.grounds)
        return found if alike.of_exchange(self.grounds) else min(found, ENDS_ONLY)

    @property
    def offset(self) -> Span | None:
        """The second log's clock minus the first's, as they print."""
        return Span(self.clocks.offset + self.second.shift - self.first.shift) if self.clocks is not None else None

    @property
    def numbers(self) -> tuple[int, int]:
        return self.first.negotiation.number, self.second.negotiation.number


def pairings(first: Sequence[Negotiation], second: Sequence[Negotiation]) -> tuple[Pairing, ...]:
    """Which negotiation of log 0 is which of log 1, each at most once, best first.

    Where none fits, one pairing says so: the one that has most to compare. Empty only where a log has no negotiation.
    """
    found = _candidates(first, second)
    if not found:
        return ()
    chosen = list(_assigned(found))
    fitting = [one for one in chosen if one.confidence >= PROBABLE]
    if not fitting:
        return (_pairing(max(found, key=_comparable)),)
    return tuple(_pairing(one) for one in _gathered(fitting, first, second))


def losses(pairing: Pairing) -> tuple[Loss, ...]:
    """What was sent and did not arrive, by sender and name in the order of the messages."""
    sent: dict[tuple[int, str], list[bool]] = {}
    for link in pairing.links:
        if link.sent is not None:
            sent.setdefault((link.sender, link.name), []).append(link.received is not None)
    return tuple(
        Loss(sender, name, len(arrived), sum(arrived)) for (sender, name), arrived in sent.items() if not all(arrived)
    )


def one_way(pairing: Pairing) -> int | None:
    """The side whose messages never arrive although the other's do; None where both ways carry, or none."""
    sent: dict[int, list[bool]] = {0: [], 1: []}
    for link in pairing.links:
        if link.sent is not None:
            sent[link.sender].append(link.received is not None)
    for side in (0, 1):
        if sent[side] and not any(sent[side]) and any(sent[1 - side]):
            return side
    return None


def _candidates(first: Sequence[Negotiation], second: Sequence[Negotiation]) -> list[_Candidate]:
    """Pairs worth a comparison, compared; with the clocks' difference that most of them agree on."""
    shifts = years(_begin(first), _begin(second))
    reaches = reach(first, shifts[0]), reach(second, shifts[1])
    ours, theirs = (
        [profile(one, shift) for one in several if one.peer or one.phase1 or one.phase2]
        for several, shift in zip((first, second), shifts, strict=True)
    )
    found = [_compared(one, other, None, reaches) for one, other in _worth(ours, theirs, None)]
    common = _common_offset(found)
    if common is None:
        return found
    again = {one.numbers: (one.first, one.second) for one in found if _total(one) > 0}
    again |= {
        (one.negotiation.number, other.negotiation.number): (one, other) for one, other in _worth(ours, theirs, common)
    }
    return [_compared(one, other, common, reaches) for one, other in again.values()]


def _worth(ours: list[Profile], theirs: list[Profile], common: Span | None) -> Iterator[tuple[Profile, Profile]]:
    """What shares a number, and the rest by time or one with each other."""
    keys: dict[object, list[Profile]] = {}
    for other in theirs:
        for key in _keys(other):
            keys.setdefault(key, []).append(other)
    known: set[tuple[int, int]] = set()
    for one in ours:
        for other in {id(found): found for key in _keys(one) for found in keys.get(key, ())}.values():
            known.add((id(one), id(other)))
            yield one, _facing(other, one)
    lonely = [one for one in ours if not any(pair[0] == id(one) for pair in known)] if known else ours
    fitted = {pair[1] for pair in known}
    rest = [other for other in theirs if id(other) not in fitted]
    if common is None:
        lonely, rest = (lonely or ours)[:MOST], (rest or theirs)[:MOST]
        yield from ((one, _facing(other, one)) for one in lonely for other in rest if (id(one), id(other)) not in known)
        return
    timed = sorted(((at, other) for other in rest if (at := started(other)) is not None), key=lambda pair: pair[0])
    for one in lonely:
        at = started(one)
        if at is not None:
            near = [other for when, other in timed if abs(when - at - common) <= NEAR]
            yield from ((one, _facing(other, one)) for other in near[:MOST])


def _keys(one: Profile) -> Iterator[object]:
    """Numbers that both ends see."""
    yield from one.cookies
    yield from one.quick | one.informational
    yield from one.own_spis | one.peer_spis


def _facing(other: Profile, one: Profile) -> Profile:
    """A capture as the opposite end of the log beside it."""
    turned = facing(other.negotiation, one.negotiation)
    return other if turned is other.negotiation else profile(turned, other.shift)


def _compared(
    one: Profile, other: Profile, common: Span | None, reaches: tuple[Reach, Reach], near: Span | None = None
) -> _Candidate:
    """Two negotiations side by side. Clocks are sought near to `near`, or to what is common to other pairs, first."""
    turned = _facing(one, other)
    hint = near if near is not None else common
    clocks = estimate(turned, other, hint) if hint is not None else None
    clocks = clocks or estimate(turned, other)
    offset = clocks.offset if clocks else None
    matched = matches(turned, other, offset, reaches)

    def reached(side: int, heard: Passage) -> bool:
        shift = None if offset is None else Span(offset if side else -offset)
        return would_have_sent(heard, (turned, other)[side], shift, reaches[side])

    told = alike.grounds(turned, other, clocks, matched, common, reached)
    return _Candidate(turned, other, clocks, matched, told, common)


def _common_offset(found: list[_Candidate]) -> Span | None:
    """The clocks' difference that most negotiations of both logs agree on; None where fewer than two of each do."""
    voters = sorted(
        (one.clocks.offset, one.confidence, one.numbers)
        for one in found
        if one.clocks is not None and one.confidence >= 0.5
    )
    best: tuple[float, int, Span] | None = None
    for offset, _, _ in voters[:2000]:
        near = [(sure, numbers) for value, sure, numbers in voters if abs(value - offset) <= 2 * SLACK]
        ours: dict[int, float] = {}
        for sure, numbers in near:
            ours[numbers[0]] = max(sure, ours.get(numbers[0], 0.0))
        theirs = {numbers[1] for _, numbers in near}
        if min(len(ours), len(theirs)) >= 2:
            score = (round(min(sum(ours.values()), len(theirs)), 3), -abs(offset), offset)
            best = score if best is None else max(best, score)
    return best[2] if best is not None else None


def _gathered(
    fitting: list[_Candidate], first: Sequence[Negotiation], second: Sequence[Negotiation]
) -> Iterator[_Candidate]:
    """Each pair with the negotiations that only one of the ends counts apart."""
    found = [
        brought_home([_home(one, side) for one in fitting], _lonely(fitting, side, several))
        for side, several in ((0, first), (1, second))
    ]
    for number, one in enumerate(fitting):
        ours, theirs = found[0][number], found[1][number]
        if not (ours or theirs):
            yield one
            continue
        held = [
            profile(joined(was.negotiation, more), was.shift) for was, more in ((one.first, ours), (one.second, theirs))
        ]
        reaches = reach(first, one.first.shift), reach(second, one.second.shift)
        yield _compared(held[0], held[1], one.common, reaches, one.clocks.offset if one.clocks else None)


def _lonely(fitting: list[_Candidate], side: int, several: Sequence[Negotiation]) -> Iterator[Negotiation]:
    """Negotiations of one log that are in no pair."""
    used = {one.numbers[side] for one in fitting}
    return (each for each in several if each.number not in used)


def _home(one: _Candidate, side: int) -> Home:
    """A pair as a home for strays of one of its logs."""
    profiles = (one.first, one.second)
    other = profiles[1 - side]
    ahead = one.offset or 0
    ahead = (ahead if side else -ahead) + other.shift
    times = [passage.at + ahead for passage in other.passages if passage.at is not None]
    return Home(profiles[side].negotiation, tuple(sorted(times)) if one.clocks is not None else None)


def _assigned(found: list[_Candidate]) -> Iterator[_Candidate]:
    """Each negotiation at most once, the surest pair first."""
    used: tuple[set[int], set[int]] = (set(), set())
    for one in sorted(found, key=lambda one: (-_total(one), one.numbers)):
        if one.numbers[0] not in used[0] and one.numbers[1] not in used[1]:
            used[0].add(one.numbers[0])
            used[1].add(one.numbers[1])
            yield one


def _total(one: _Candidate) -> float:
    return sum(ground.points for ground in one.grounds)


def _comparable(one: _Candidate) -> tuple[float, int]:
    """How much two negotiations have to compare, whatever it says."""
    return sum(abs(ground.points) for ground in one.grounds), -one.numbers[0]


def _begin(negotiations: Iterable[Negotiation]) -> Instant | None:
    return min((one.started for one in negotiations if one.started is not None), default=None)


def _pairing(one: _Candidate) -> Pairing:
    confidence = one.confidence
    same = (
        Same.YES
        if confidence >= SURE
        else Same.LIKELY
        if confidence >= PROBABLE
        else Same.NO
        if confidence < UNLIKELY
        else Same.UNKNOWN
    )
    sentences = [ground.sentence for ground in one.grounds[:SAID]]
    if same is Same.NO:
        sentences = [ground.sentence for ground in one.grounds if ground.points < 0][:SAID] or sentences
    if _same_end(one):
        same = Same.NO
        sentences.insert(0, "Both logs are of the same end: they tell of the same messages in the same direction.")
    links = tuple(match.link() for match in one.matched) if same is not Same.NO else ()
    pairing = Pairing(
        *one.numbers,
        same,
        round(confidence, 3),
        tuple(sentences),
        one.offset if same is not Same.NO else None,
        one.clocks.spread if one.clocks and same is not Same.NO else None,
        links,
    )
    return replace(pairing, grounds=pairing.grounds + tuple(_lost(pairing)))


def _same_end(one: _Candidate) -> bool:
    """Whether the numbers fit, but as one end sees them twice."""
    roles = one.first.role is not None and one.first.role is one.second.role
    numbers = one.first.quick & one.second.quick or one.first.cookies & one.second.cookies
    return roles and bool(numbers or one.first.own_spis & one.second.own_spis)


ORDINAL = ("first", "second")


def _lost(pairing: Pairing) -> Iterator[str]:
    """What never arrived, in sentences."""
    for loss in losses(pairing):
        times = "once" if loss.sent == 1 else f"{loss.sent} times"
        arrived = "never arrived" if not loss.arrived else f"arrived {loss.arrived} of {loss.sent} times"
        yield f"{loss.name}, sent {times} by the {ORDINAL[loss.sender]} log's device, {arrived}."
    cut = one_way(pairing)
    if cut is not None:
        yield (
            f"Only the way from the {ORDINAL[cut]} log's device to the other is cut: what the other sends arrives, "
            "and no answer comes back."
        )
