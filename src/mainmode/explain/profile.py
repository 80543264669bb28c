"""What one negotiation is recognised by in the other end's log: numbers that both ends see, addresses, messages."""

from dataclasses import replace

from mainmode.base.address import Proxy
from mainmode.base.dataclass import dataclass
from mainmode.base.instant import NO_TIME, SECOND, Instant, Span
from mainmode.catalogue.facts import (
    Agreed,
    Began,
    Deleted,
    Exchange,
    Fact,
    Floated,
    Identity,
    Message,
    NatFound,
    Notify,
    Offer,
    Phase,
    Proxies,
    Role,
    Spi,
    Suite,
    Up,
    Vendor,
    Way,
    Whose,
)
from mainmode.explain.negotiation import Attempt, Negotiation, Outcome
from mainmode.explain.passages import QUICK, Passage, passages
from mainmode.explain.record import Noted

CAPTURE = "capture"
"""The dialect's name of packets: they see both ends, so their viewpoint is a choice."""
SENDING_ONLY = frozenset({"pluto"})
"""Dialects that tell of what was sent, and of what came only by the answer to it."""
COOKIE_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Profile:
    """A negotiation, and what pairing asks of it. `passages` hold what is received by implication as well.

    `own_spis`, `peer_spis`: of the IPsec SAs that it names, by who chose them. `quick` are the message ids of its
    quick modes, `confirmed` those in which both directions are seen, `informational` the other ids. `own_proxies`:
    (own, peer) networks that it sent or has configured, `peer_proxies` those that it received. `hears` says whether
    the log would tell what came. `tick` is the clock's resolution in microseconds, `ended` the time of the last line.
    `shift` was taken from its times, so that they lie in the year of a log without one.
    """

    negotiation: Negotiation
    passages: tuple[Passage, ...]
    own_spis: frozenset[str]
    peer_spis: frozenset[str]
    cookies: frozenset[str]
    quick: frozenset[int]
    confirmed: frozenset[int]
    informational: frozenset[int]
    own_proxies: frozenset[tuple[Proxy, Proxy]]
    peer_proxies: frozenset[tuple[Proxy, Proxy]]
    identities: dict[Whose, frozenset[str]]
    notifies: dict[Way, frozenset[str]]
    suites: dict[Phase, Suite]
    nat: bool | None
    role: Role | None
    hears: bool
    tick: int
    ended: Instant | None = None
    shift: Span = NO_TIME


def profile(negotiation: Negotiation, shift: Span = NO_TIME) -> Profile:
    """What a negotiation is recognised by. `shift` is taken from its times."""
    told = passages(negotiation)
    hears = bool(told) and negotiation.dialect not in SENDING_ONLY
    if not hears:
        told = _implied(negotiation, told)
    if shift:
        told = tuple(replace(one, at=Instant(one.at - shift)) if one.at is not None else one for one in told)
    quick, confirmed, informational = _ids(negotiation, told)
    own, peer = _spis(negotiation)
    offered, received = _proxies(negotiation)
    last = ended(negotiation)
    times = [one.record.reading.at for one in negotiation.noted if one.record.reading.at is not None]
    return Profile(
        negotiation,
        told,
        own,
        peer,
        _cookies(negotiation),
        quick,
        confirmed,
        informational,
        offered,
        received,
        {
            whose: frozenset(
                fact.value.lower() for fact, _ in negotiation.all(Identity) if fact.whose is whose and fact.value
            )
            for whose in Whose
        },
        {
            way: frozenset(fact.name for fact, _ in negotiation.all(Notify) if fact.way is way and fact.name)
            for way in Way
        },
        {phase: suite for phase in Phase if (suite := _last_suite(negotiation, phase)) is not None},
        _nat(negotiation),
        negotiation.role or (negotiation.phase1.role if negotiation.phase1 else None),
        hears,
        SECOND if all(at % SECOND == 0 for at in times) else 1,
        None if last is None else Instant(last - shift),
        shift,
    )


def ended(one: Negotiation) -> Instant | None:
    """When the last of its lines that tell anything was written."""
    told = (noted.record.reading.at for noted in one.noted)
    return max((at for at in told if at is not None), default=one.ended)


def _spis(negotiation: Negotiation) -> tuple[frozenset[str], frozenset[str]]:
    own: set[str] = set()
    peer: set[str] = set()
    for up, _ in negotiation.all(Up):
        own.add(up.inbound.lower())
        peer.add(up.outbound.lower())
    for spi, _ in negotiation.all(Spi):
        (own if spi.whose is Whose.OWN else peer).add(spi.spi.lower())
    for deleted, _ in negotiation.all(Deleted):
        if deleted.phase is not Phase.ONE:
            (own if deleted.way is Way.SENT else peer).update(spi.lower() for spi in deleted.spis)
    nothing = {"", "00000000"}
    return frozenset(own - nothing), frozenset(peer - nothing)


def _cookies(negotiation: Negotiation) -> frozenset[str]:
    """The initiator's cookies, sixteen digits each; what is shorter says nothing."""
    found = (one.record.reading.tag.cookie.lower().removeprefix("0x") for one in negotiation.noted)
    cut = (cookie.replace(" ", "")[:COOKIE_DIGITS] for cookie in found)
    return frozenset(cookie for cookie in cut if len(cookie) == COOKIE_DIGITS)


def _ids(negotiation: Negotiation, told: tuple[Passage, ...]) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    ways: dict[int, set[Way]] = {}
    other: set[int] = set()
    for one in told:
        if one.message_id and (one.exchange is Exchange.QUICK or one.name in QUICK):
            ways.setdefault(one.message_id, set()).add(one.way)
        elif one.message_id:
            other.add(one.message_id)
    stood = set()
    for attempt in negotiation.phase2:
        if attempt.message_id:
            number = attempt.message_id & 0xFFFFFFFF
            ways.setdefault(number, set())
            if attempt.outcome in (Outcome.UP, Outcome.CLOSED):
                stood.add(number)
    both = {number for number, seen in ways.items() if len(seen) == len(Way)}
    return frozenset(ways), frozenset(both | stood), frozenset(other - set(ways))


def _proxies(
    negotiation: Negotiation,
) -> tuple[frozenset[tuple[Proxy, Proxy]], frozenset[tuple[Proxy, Proxy]]]:
    """Pairs (own, peer) that it offered, and that it was offered; two lines that give one end each are put together."""
    found: dict[Whose, set[tuple[Proxy, Proxy]]] = {whose: set() for whose in Whose}
    half: dict[Whose, tuple[Proxy | None, Proxy | None]] = dict.fromkeys(Whose, (None, None))
    for fact, _ in negotiation.all(Proxies):
        own, peer = half[fact.by]
        own, peer = fact.own or own, fact.peer or peer
        half[fact.by] = own, peer
        if own is not None and peer is not None:
            found[fact.by].add((own, peer))
            half[fact.by] = (None, None)
    return frozenset(found[Whose.OWN]), frozenset(found[Whose.PEER])


def _last_suite(negotiation: Negotiation, phase: Phase) -> Suite | None:
    found = [fact.suite for fact, _ in negotiation.all(Agreed) if fact.phase is phase and fact.suite != Suite()]
    return found[-1] if found else None


def _nat(negotiation: Negotiation) -> bool | None:
    """Whether a NAT is between the ends, None where nothing tells."""
    if any(True for _ in negotiation.all(Floated)):
        return True
    told = [found for fact, _ in negotiation.all(NatFound) for found in (fact.own, fact.peer) if found is not None]
    return any(told) if told else None


BEFORE = {
    "MM2": "MM1",
    "MM3": "MM2",
    "MM4": "MM3",
    "MM5": "MM4",
    "MM6": "MM5",
    "AM2": "AM1",
    "AM3": "AM2",
    "QM2": "QM1",
    "QM3": "QM2",
}
"""What must have come before a message is sent."""


def _implied(negotiation: Negotiation, told: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """With what was received, for a log that tells of sending only: who answers has heard the question."""
    known = {(one.name, one.message_id or 0) for one in told if one.way is Way.RECEIVED}
    found: list[Passage] = []
    for one in told:
        before = BEFORE.get(one.name, "") if one.way is Way.SENT else ""
        key = before, one.message_id or 0
        if before and not one.again and key not in known:
            known.add(key)
            found.append(replace(one, name=before, way=Way.RECEIVED, payloads=(), length=None))
        found.append(one)
    for up, noted in negotiation.all(Up):
        last = _last_heard(up, negotiation)
        number = noted.record.reading.tag.message_id
        if last and (last, number or 0) not in known:
            known.add((last, number or 0))
            found.append(Passage(last, Way.RECEIVED, None, number, (), None, False, noted.record.reading.at, (noted,)))
    return tuple(found)


def _last_heard(up: Up, negotiation: Negotiation) -> str:
    """The message whose coming makes an SA stand, empty where the role is not known."""
    attempts: list[Attempt | None] = [negotiation.phase1] if up.phase is Phase.ONE else [*negotiation.phase2]
    role = up.role or next((one.role for one in attempts if one is not None and one.role), negotiation.role)
    if role is None:
        return ""
    if up.phase is Phase.TWO:
        return "QM3" if role is Role.RESPONDER else "QM2"
    return "MM5" if role is Role.RESPONDER else "MM6"


def facing(negotiation: Negotiation, other: Negotiation) -> Negotiation:
    """The negotiation as the other end of `other` sees it: packets take the viewpoint that is opposite."""
    if negotiation.dialect != CAPTURE or other.dialect == CAPTURE:
        return negotiation
    same = negotiation.role is not None and negotiation.role is other.role
    return _turned(negotiation) if same else negotiation


def _turned(negotiation: Negotiation) -> Negotiation:
    """A capture from the other end's viewpoint."""
    made: dict[int, Noted] = {}

    def turn(one: Noted) -> Noted:
        return made.setdefault(id(one), Noted(_turned_fact(one.fact), one.record))

    def attempt(one: Attempt) -> Attempt:
        return replace(one, role=_other(one.role), noted=tuple(map(turn, one.noted)))

    return replace(
        negotiation,
        peer=negotiation.local,
        local=negotiation.peer,
        role=_other(negotiation.role),
        phase1=attempt(negotiation.phase1) if negotiation.phase1 else None,
        phase2=tuple(map(attempt, negotiation.phase2)),
        noted=tuple(map(turn, negotiation.noted)),
    )


def _turned_fact(fact: Fact) -> Fact:
    match fact:
        case Message(way=way) | Notify(way=way) | Deleted(way=way):
            return replace(fact, way=Way.RECEIVED if way is Way.SENT else Way.SENT)
        case Offer(whose=whose) | Vendor(whose=whose) | Identity(whose=whose) | Spi(whose=whose):
            return replace(fact, whose=Whose.PEER if whose is Whose.OWN else Whose.OWN)
        case Proxies(own, peer, by):
            return Proxies(peer, own, Whose.PEER if by is Whose.OWN else Whose.OWN)
        case NatFound(own, peer):
            return NatFound(peer, own)
        case Up(phase, role, inbound, outbound):
            return Up(phase, _other(role), outbound, inbound)
        case Began(role=role):
            return replace(fact, role=_other(role))
        case _:
            return fact


def _other(role: Role | None) -> Role | None:
    if role is None:
        return None
    return Role.RESPONDER if role is Role.INITIATOR else Role.INITIATOR


def started(one: Profile) -> Instant | None:
    """When its first message passed, or its first line was written."""
    told = next((passage.at for passage in one.passages if passage.at is not None), None)
    begun = one.negotiation.started
    return told if told is not None or begun is None else Instant(begun - one.shift)
