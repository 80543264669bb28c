"""What speaks for and against two negotiations being one exchange, in declared weights, each with a sentence.

Weights are natural logarithms of odds, added to what two negotiations of unknown kinship start with. What both ends
must see alike (SPIs, cookies, message ids) decides; addresses, lengths and times only lean, since NAT, padding and
clocks change them.
"""

from collections.abc import Callable, Iterable, Iterator
from math import exp

from mainmode.base.address import Proxy
from mainmode.base.dataclass import dataclass
from mainmode.base.instant import SECOND, Span
from mainmode.catalogue.facts import Phase, Suite, Way, Whose
from mainmode.explain import clocks
from mainmode.explain.clocks import Clocks
from mainmode.explain.links import Match
from mainmode.explain.negotiation import Outcome
from mainmode.explain.passages import CLEAR, Passage
from mainmode.explain.profile import BEFORE, Profile

START = -1.0
"""Before anything is compared."""
MARKER = 4
"""Octets of the non-ESP marker (RFC 3948 §2.2), which some count and some do not."""
PADDING = 40
"""Octets by which counts of an encrypted message differ: cipher padding, and a HASH that is counted twice."""
FEW = 3
TOO_FEW = 0.6
"""Where of the messages that both logs tell of no more than this share lies equally far apart, it is another time."""


@dataclass(frozen=True, slots=True)
class Weight:
    """How much one kind of evidence counts for and against."""

    says: float
    denies: float


WEIGHTS = {
    "spi": Weight(6.0, 6.0),
    "cookie": Weight(6.0, 8.0),
    "message id": Weight(6.0, 6.0),
    "informational id": Weight(4.0, 0.0),
    "addresses": Weight(1.5, 1.5),
    "same peer": Weight(0.0, 4.0),
    "identities": Weight(0.7, 2.5),
    "roles": Weight(0.5, 6.0),
    "payloads": Weight(0.5, 4.0),
    "lengths": Weight(0.5, 4.0),
    "proxies": Weight(1.0, 3.0),
    "suites": Weight(0.3, 5.0),
    "course": Weight(0.0, 3.0),
    "notifies": Weight(0.7, 0.0),
    "gaps": Weight(2.0, 4.0),
    "clocks": Weight(1.5, 3.5),
    "zone": Weight(0.7, 0.0),
    "other pairs": Weight(1.0, 4.0),
}
"""By kind. `payloads` and `lengths` count for each message, up to `FEW` in favour; against, messages that are
encrypted count half, since who cannot decrypt them lists anything."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One piece of evidence: its kind, how much it says (negative: against), and the sentence."""

    kind: str
    points: float
    sentence: str


def confidence(grounds: Iterable[Ground]) -> float:
    """0 to 1."""
    total = START + sum(one.points for one in grounds)
    return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


OF_EXCHANGE = frozenset(
    {
        *("spi", "cookie", "message id", "informational id", "payloads", "lengths", "proxies", "notifies"),
        *("gaps", "clocks", "zone", "other pairs"),
    }
)
"""Kinds that tell of one exchange; the others tell of its ends, which have many."""


def of_exchange(grounds: Iterable[Ground]) -> bool:
    """Whether anything tells of the exchange itself, for or against."""
    return any(one.kind in OF_EXCHANGE for one in grounds)


def _for(kind: str, sentence: str, times: float = 1.0) -> Ground:
    return Ground(kind, WEIGHTS[kind].says * times, sentence)


def _against(kind: str, sentence: str, times: float = 1.0) -> Ground:
    return Ground(kind, -WEIGHTS[kind].denies * times, sentence)


def grounds(
    first: Profile,
    second: Profile,
    found: Clocks | None,
    matched: tuple[Match, ...],
    common: Span | None,
    reached: Callable[[int, Passage], bool],
) -> tuple[Ground, ...]:
    """All evidence, the weightiest first. `common` is the offset that other pairs of these logs agree on, `reached`
    as in `course`.
    """
    kinds: tuple[Callable[[Profile, Profile], Iterator[Ground]], ...] = (
        _cookies,
        _spis,
        _message_ids,
        _addresses,
        _identities,
        _roles,
        _networks,
        _suites,
        _notifies,
    )
    told = [ground for kind in kinds for ground in kind(first, second)]
    told += _shapes(first, second, matched)
    told += course(matched, reached)
    told += _times(found, common, clocks.tolerance(first, second))
    return tuple(sorted(told, key=lambda one: -abs(one.points)))


def _some(values: Iterable[str]) -> str:
    """`a, b and 3 more`."""
    named = sorted(values)
    rest = f" and {len(named) - FEW} more" if len(named) > FEW else ""
    return ", ".join(named[:FEW]) + rest


def _cookies(first: Profile, second: Profile) -> Iterator[Ground]:
    if not first.cookies or not second.cookies:
        return
    common = first.cookies & second.cookies
    if common:
        yield _for("cookie", f"Both logs name the initiator's cookie {_some(common)}.")
    else:
        yield _against(
            "cookie",
            f"The initiator's cookie is {_some(first.cookies)} in the first log, and {_some(second.cookies)} in the "
            "second.",
        )


def _spis(first: Profile, second: Profile) -> Iterator[Ground]:
    common = (first.own_spis & second.peer_spis) | (first.peer_spis & second.own_spis)
    if common:
        yield _for("spi", f"SPIs fit: {_some(common)} is of one end in both logs.")
        return
    stood = all(profile.confirmed or _stood(profile) for profile in (first, second))
    ours, theirs = first.own_spis | first.peer_spis, second.own_spis | second.peer_spis
    if stood and ours and theirs and not ours & theirs:
        yield _against(
            "spi", f"SPIs differ: the first log names {_some(ours)}, the second {_some(theirs)}; none is in both."
        )


def _stood(profile: Profile) -> bool:
    return any(one.outcome in (Outcome.UP, Outcome.CLOSED) for one in profile.negotiation.phase2)


def _message_ids(first: Profile, second: Profile) -> Iterator[Ground]:
    common = first.quick & second.quick
    if common:
        yield _for("message id", f"Quick mode's message id {_some(f'{one:08x}' for one in common)} is in both logs.")
    elif first.confirmed and second.confirmed:
        mine, theirs = (_some(f"{one:08x}" for one in side.confirmed) for side in (first, second))
        yield _against("message id", f"Quick mode's message id is {mine} in the first log and {theirs} in the second.")
    others = first.informational & second.informational
    if others:
        yield _for(
            "informational id", f"Informational message id {_some(f'{one:08x}' for one in others)} is in both logs."
        )


def _addresses(first: Profile, second: Profile) -> Iterator[Ground]:
    one, other = first.negotiation, second.negotiation
    nat = first.nat or second.nat
    if one.peer and one.peer == other.peer and not (one.local and one.local == other.peer):
        yield _against(
            "same peer", f"Both logs say that the other end is {one.peer}: two ends do not face the same address."
        )
        return
    known = [(mine, theirs) for mine, theirs in ((one.peer, other.local), (one.local, other.peer)) if mine and theirs]
    fitting = [mine for mine, theirs in known if mine == theirs]
    if known and len(fitting) == len(known):
        yield _for("addresses", f"Addresses fit: {' and '.join(fitting)}.", len(fitting) / 2)
    elif known and not nat:
        wrong = next((mine, theirs) for mine, theirs in known if mine != theirs)
        yield _against(
            "addresses",
            f"Addresses differ ({wrong[0]} and {wrong[1]}), and no log speaks of NAT.",
            0.5 if nat is None else 1.0,
        )


def _identities(first: Profile, second: Profile) -> Iterator[Ground]:
    for own, other, whose in ((first, second, "first"), (second, first, "second")):
        mine, theirs = own.identities[Whose.OWN], other.identities[Whose.PEER]
        if mine & theirs:
            yield _for("identities", f"The {whose} log's identity {_some(mine & theirs)} is what the other received.")
        elif mine and theirs:
            yield _against(
                "identities", f"The {whose} log sends the identity {_some(mine)}, the other received {_some(theirs)}."
            )


def _roles(first: Profile, second: Profile) -> Iterator[Ground]:
    if first.role is None or second.role is None:
        return
    if first.role is second.role:
        yield _against("roles", f"Both are the {first.role.value}: an exchange has one of them.")
    else:
        yield _for("roles", f"The first log is the {first.role.value}'s, the second the {second.role.value}'s.")


def _networks(first: Profile, second: Profile) -> Iterator[Ground]:
    for own, other, whose in ((first, second, "first"), (second, first, "second")):
        sent = {(theirs, mine) for mine, theirs in own.own_proxies}
        if not sent or not other.peer_proxies:
            continue
        if sent & other.peer_proxies:
            mine, theirs = min(sent & other.peer_proxies, key=str)
            yield _for("proxies", f"Networks mirror each other: {mine} and {theirs}.", 0.5)
        elif not any(_overlap(one, two) for one in sent for two in other.peer_proxies):
            mine, theirs = min(sent, key=str)
            got = min(other.peer_proxies, key=str)
            yield _against(
                "proxies",
                f"The {whose} log's networks are {theirs} and {mine}; the other log received {got[1]} and {got[0]}.",
            )


def _overlap(one: tuple[Proxy, Proxy], other: tuple[Proxy, Proxy]) -> bool:
    """Whether one pair of networks holds the other, as where a responder narrows."""
    return all(a.covers(b) for a, b in zip(one, other, strict=True)) or all(
        b.covers(a) for a, b in zip(one, other, strict=True)
    )


def _suites(first: Profile, second: Profile) -> Iterator[Ground]:
    for phase in Phase:
        mine, theirs = first.suites.get(phase), second.suites.get(phase)
        if mine is None or theirs is None:
            continue
        differing = list(_differing(mine, theirs))
        if differing:
            yield _against(
                "suites", f"Phase {phase.value} agrees on {differing[0][0]} here and {differing[0][1]} there."
            )
        else:
            yield _for("suites", f"Phase {phase.value} agrees on the same algorithms.")


def _differing(one: Suite, other: Suite) -> Iterator[tuple[str, str]]:
    """Algorithms that both name and that are not the same; a cipher without its length fits every length."""
    for mine, theirs in (
        (one.encryption, other.encryption),
        (one.integrity, other.integrity),
        (one.group, other.group),
    ):
        if mine and theirs and not (mine.startswith(theirs) or theirs.startswith(mine)):
            yield mine, theirs


def _notifies(first: Profile, second: Profile) -> Iterator[Ground]:
    for own, other, whose in ((first, second, "first"), (second, first, "second")):
        common = (own.notifies[Way.SENT] & other.notifies[Way.RECEIVED]) - {"R-U-THERE", "R-U-THERE-ACK"}
        if common:
            yield _for("notifies", f"The {whose} log sends {_some(common)}, and the other received it.")


def _shapes(first: Profile, second: Profile, matched: tuple[Match, ...]) -> Iterator[Ground]:
    """Payloads and lengths of messages that stand in both logs."""
    read = {number: _reads(side) for number, side in enumerate((first, second))}
    for kind, compare in (("payloads", _payloads), ("lengths", _lengths)):
        alike: list[str] = []
        for match in matched:
            if match.sent is None or match.received is None:
                continue
            if match.name not in CLEAR and not read[1 - match.sender]:
                continue
            differs = compare(match.name, match.sent, match.received)
            if differs == "":
                alike.append(match.name)
            elif differs is not None and "FRAGMENT" not in match.received.payloads:
                yield _against(kind, differs, 1.0 if match.name in CLEAR else 0.5)
        names = list(dict.fromkeys(alike))
        if names:
            what = "payloads" if kind == "payloads" else "length"
            yield _for(kind, f"{', '.join(names[:6])}: the same {what} sent and received.", min(len(alike), FEW))


def course(matched: tuple[Match, ...], reached: Callable[[int, Passage], bool]) -> Iterator[Ground]:
    """What cannot be: a message that came and was never sent, or an answer to one that never came.

    `reached(side, passage)` says whether that side's log would tell of a message that the other side's tells of.
    """
    answered = {
        (match.sender, BEFORE[match.name], match.received.message_id or 0)
        for match in matched
        if match.received is not None and match.name in BEFORE
    }
    passed = {
        (match.sender, match.name, match.received.message_id or 0)
        for match in matched
        if match.sent is not None and match.received is not None
    }
    found: list[Ground] = []
    for match in matched:
        whose = ("first", "second")[match.sender]
        if match.sent is None and match.received is not None:
            doubled = (match.sender, match.name, match.received.message_id or 0) in passed
            if doubled or not reached(match.sender, match.received):
                continue
            found.append(_against("course", f"{match.name} came, and the {whose} log, its sender's, does not have it."))
        elif match.sent is not None and match.received is None and not match.sent.again:
            key = (1 - match.sender, match.name, match.sent.message_id or 0)
            if key in answered:
                found.append(_against("course", f"{match.name} was answered, and the other log does not have it.", 0.7))
    yield from found[:FEW]


def _reads(profile: Profile) -> bool:
    """Whether what it decrypted is what was sent: only with phase 1 up."""
    phase1 = profile.negotiation.phase1
    return phase1 is None or phase1.outcome in (Outcome.UP, Outcome.CLOSED)


def _payloads(name: str, sent: Passage, received: Passage) -> str | None:
    """Empty where alike, a sentence where not, None where one does not list them."""
    if not sent.payloads or not received.payloads:
        return None
    if sorted(sent.payloads) == sorted(received.payloads):
        return ""
    return f"{name} was sent with {' '.join(sent.payloads)}, and received with {' '.join(received.payloads)}."


def _lengths(name: str, sent: Passage, received: Passage) -> str | None:
    if sent.length is None or received.length is None:
        return None
    away = abs(sent.length - received.length)
    if away == 0 or (name in CLEAR and away == MARKER and sent.record.dialect != received.record.dialect):
        return ""
    if name not in CLEAR and (away <= PADDING or name == "QM3"):
        same = sorted(sent.payloads) == sorted(received.payloads) if sent.payloads and received.payloads else True
        if same and (away < 16 or name == "QM3" or sent.record.dialect != received.record.dialect):
            return None
    return f"{name} was sent with {sent.length} octets, and received with {received.length}."


def _times(found: Clocks | None, common: Span | None, slack: int) -> Iterator[Ground]:
    if found is None:
        return
    told = f"the second log's clock is {clocks.spoken(found.offset)} the first's"
    if found.matched >= 2:
        share = found.matched / max(found.told, 1)
        if share <= TOO_FEW and found.told > FEW:
            yield _against(
                "gaps", f"Times do not fit: of {found.told} messages only {found.matched} lie equally far apart."
            )
        else:
            long = 1.0 if found.span >= FEW * SECOND else 0.5
            yield _for(
                "gaps",
                f"{found.matched} messages lie equally far apart in both logs, to {found.spread / SECOND:.3f} s; "
                f"{told}.",
                long * min(found.matched, FEW) / FEW,
            )
    if common is not None and abs(found.offset - common) > 2 * slack:
        yield _against(
            "other pairs",
            f"Here the clocks would differ by {clocks.size(found.offset)}, for other negotiations of the same logs "
            f"by {clocks.size(common)}.",
        )
        return
    if common is not None:
        yield _for("other pairs", "The clocks differ as they do for other negotiations of these logs.")
    if clocks.agree(found.offset, slack):
        yield _for("clocks", f"Both happened at the same time: {told}.")
    elif clocks.zone_apart(found.offset, slack):
        yield _for("zone", f"Both happened at the same time but for a time zone: {told}.")
    elif common is None:
        yield _against("clocks", f"If it is one exchange, {told}.")
