"""The verdict: both sides' reasons and the wire's, put together by somebody who sees all of it.

A side that knows why outranks one that only saw silence: the responder that refused the proposal, not the initiator
that waited. What neither side can know (a filter, a wrong address) the wire tells.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mainmode.base.errors import Drop
from mainmode.base.provenance import Source
from mainmode.device.decision import Decision
from mainmode.device.decision import Verdict as Ruling
from mainmode.ike.effects import Cause, Dropped, Failure
from mainmode.lab.blame import Scene
from mainmode.lab.causes import CAUSES
from mainmode.lab.evidence import Reason
from mainmode.lab.facing import Facing, Pair, entries
from mainmode.lab.link import Kind, Passage
from mainmode.lab.traffic import Traffic
from mainmode.ladder.transcript import Fate, Outcome, Side, Verdict

_NEGOTIATION = (Kind.IKE, Kind.IKE_NAT_T)

_VAGUE = {
    Cause.BAD_MESSAGE: 1,
    Cause.LIMIT: 1,
    Cause.LIFETIME: 2,
    Cause.PEER_DELETED: 2,
    Cause.PEER_REFUSED: 2,
    Cause.LOST_PEER: 3,
    Cause.NO_ANSWER: 3,
}
"""Causes that say less than why; the higher the number, the less. All others say why."""

_SILENT = 2
"""From this vagueness on, what the wire and the other side's drops tell is worth more."""

_DROPS = {
    Drop.IKE_NOT_ENABLED: "IKE_NOT_ENABLED",
    Drop.NO_CRYPTO_MAP: "CRYPTO_MAP_NOT_BOUND",
    Drop.NOT_DECRYPTABLE: "PSK_MISMATCH",
    Drop.BAD_HASH: "PSK_MISMATCH",
    Drop.NO_ROUTE: "NO_ROUTE",
    Drop.DENIED: "DENIED",
    Drop.IN_CLEAR: "NOT_INTERESTING",
}
"""What a drop by name means when nobody gave a better reason."""

_RENAMED = {Cause.NO_CRYPTO_MAP: "CRYPTO_MAP_NOT_BOUND"}


@dataclass(frozen=True, slots=True)
class Observed:
    """All there is to judge one series of traffic: reasons and packets of its time, and how far it came."""

    pair: Pair
    facing: Facing
    traffic: Traffic
    reasons: tuple[Reason, ...]
    passages: tuple[Passage, ...]
    phase1_done: bool
    tunnel_up: bool
    replied: bool
    ended_by: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause, who knew it, in which words, resting on what."""

    code: str
    knower: Side
    detail: str
    sources: tuple[Source, ...] = ()


def judge(observed: Observed) -> Verdict:
    """The verdict on one series of traffic."""
    reached = "phase 2" if observed.tunnel_up else "phase 1" if observed.phase1_done else "none"
    if observed.tunnel_up and observed.replied:
        return Verdict(Outcome.UP, reached, "", "The tunnel is up and carries traffic.")
    found = _no_reply(observed) if observed.tunnel_up else _no_tunnel(observed)
    names = {side: observed.pair[side].settings.hostname.value for side in Side}
    row = CAUSES[found.code]
    ends = observed.facing.ends
    sentence = row.sentence.format(
        knower=names[found.knower],
        interface=ends[found.knower].interface,
        other=names[found.knower.other],
        address=ends[found.knower.other].address,
        detail=found.detail.rstrip("."),
    )
    scene = Scene(observed.pair, observed.facing, observed.traffic, found.knower, found.sources)
    return Verdict(Outcome.DOWN, reached, found.code, sentence, row.places(scene))


def _no_reply(observed: Observed) -> Finding:
    """Why no reply came although the SAs stand."""
    side = observed.traffic.side
    blocked = _with_fate(observed.passages, Fate.BLOCKED)
    if blocked:
        return Finding("ESP_BLOCKED", blocked[0].side, blocked[0].detail)
    dropped = next(_dropped(observed.reasons, (Drop.DENIED, Drop.NO_ROUTE, Drop.NOT_FOR_US)), None)
    if dropped is not None:
        return dropped
    lost = _with_fate(observed.passages, Fate.LOST)
    if lost:
        return Finding("PACKETS_LOST", side, _share_lost(observed.passages))
    last = observed.reasons[-1].what if observed.reasons else None
    detail = last.detail or last.reason.value if isinstance(last, Dropped) else "no packet is missing on the wire"
    return Finding("NO_REPLY", side, detail)


def _no_tunnel(observed: Observed) -> Finding:
    """Why there is no pair of SAs on both sides."""
    failures = [(reason.side, reason.what) for reason in observed.reasons if isinstance(reason.what, Failure)]
    best = min(failures, key=lambda item: _VAGUE.get(item[1].cause, 0), default=None)
    if best is not None and _VAGUE.get(best[1].cause, 0) < _SILENT:
        return _known(observed, *best)
    found = _told_by_the_wire(observed) if best is not None else _never_began(observed)
    if found is not None:
        return found
    if best is not None:
        return _finding(*best)
    return Finding("RUN_ENDED", observed.traffic.side, observed.ended_by or "no reason was given")


def _finding(side: Side, failure: Failure) -> Finding:
    code = _RENAMED.get(failure.cause, failure.cause.name)
    detail = failure.detail
    if failure.attribute and failure.attribute not in detail:
        detail = f"{failure.attribute}: offered {failure.offered}, configured {failure.configured}"
    return Finding(code, side, detail or failure.cause.value, failure.sources)


def _known(observed: Observed, side: Side, failure: Failure) -> Finding:
    """A device's own reason, sharpened where the other configuration shows what is behind it."""
    found = _finding(side, failure)
    if failure.cause is not Cause.NO_MATCHING_ENTRY:
        return found
    configuration = observed.pair[side]
    peer = observed.facing.ends[side.other].address
    interface = observed.facing.ends[side].interface
    if configuration.map_on(interface) is None:
        return Finding("CRYPTO_MAP_NOT_BOUND", side, failure.detail)
    if not any(True for _ in entries(configuration, peer)):
        return Finding("PEER_ADDRESS_WRONG", side, f"no entry names {peer}")
    return found


def _told_by_the_wire(observed: Observed) -> Finding | None:
    """What lies behind a silence: a packet that was stopped, or one that the other side dropped by name."""
    ike = [passage for passage in observed.passages if passage.kind in _NEGOTIATION]
    for fate, code in ((Fate.UNREACHABLE, "PEER_ADDRESS_WRONG"), (Fate.BLOCKED, "UDP_BLOCKED")):
        stopped = _with_fate(ike, fate)
        if stopped:
            return Finding(code, stopped[0].side, stopped[0].detail)
    reasons = (Drop.IKE_NOT_ENABLED, Drop.NO_CRYPTO_MAP, Drop.NOT_DECRYPTABLE, Drop.BAD_HASH)
    dropped = next(_dropped(observed.reasons, reasons), None)
    if dropped is not None:
        return dropped
    return Finding("PACKETS_LOST", ike[0].side, _share_lost(ike)) if _with_fate(ike, Fate.LOST) else None


def _never_began(observed: Observed) -> Finding | None:
    """Why the traffic started no negotiation: read off the sender's packet path."""
    side = observed.traffic.side
    interface = observed.facing.ends[side].interface
    if observed.pair[side].map_on(interface) is None:
        return Finding("CRYPTO_MAP_NOT_BOUND", side, "no packet is protected")
    own = [reason for reason in observed.reasons if reason.side is side]
    dropped = next(_dropped(own, tuple(_DROPS)), None)
    if dropped is not None:
        return dropped
    clear = next((reason.what for reason in own if _is_clear(reason.what)), None)
    if isinstance(clear, Decision):
        return Finding("NOT_INTERESTING", side, clear.text, clear.sources)
    return next(_dropped(observed.reasons, tuple(_DROPS)), None)


def _is_clear(what: Failure | Dropped | Decision) -> bool:
    return isinstance(what, Decision) and what.verdict is Ruling.IN_CLEAR


def _dropped(reasons: Iterable[Reason], wanted: tuple[Drop, ...]) -> Iterator[Finding]:
    for reason in reasons:
        what = reason.what
        if isinstance(what, Dropped) and what.reason in wanted:
            code = _DROPS.get(what.reason, "NO_REPLY")
            detail = f"{what.reason.value}, {what.detail}" if what.detail else what.reason.value
            yield Finding(code, reason.side, detail, what.sources)


def _with_fate(passages: Iterable[Passage], fate: Fate) -> list[Passage]:
    return [passage for passage in passages if passage.fate is fate]


def _share_lost(passages: Iterable[Passage]) -> str:
    sent = list(passages)
    return f"{len(_with_fate(sent, Fate.LOST))} of {len(sent)} packets did not arrive"


def combine(verdicts: Iterable[tuple[Traffic, Verdict]]) -> Verdict:
    """The verdict on a run of one or more tunnels: up when all are, else the first that is not."""
    judged = list(verdicts)
    down = [(traffic, verdict) for traffic, verdict in judged if verdict.outcome is Outcome.DOWN]
    if not down:
        plural = f"All {len(judged)} tunnels are up and carry traffic." if len(judged) > 1 else judged[0][1].sentence
        return Verdict(Outcome.UP, "phase 2", "", plural)
    traffic, first = down[0]
    if len(judged) == 1:
        return first
    ends = f"{traffic.probe.source} to {traffic.probe.destination}"
    which = f"{len(down)} of {len(judged)} tunnels failed; {ends}: "
    return Verdict(first.outcome, first.reached, first.cause, which + first.sentence, first.blames)
