"""The verdict: both sides' reasons and the wire's, put together by somebody who sees all of it.

A side that knows why outranks one that only saw silence: the responder that refused the proposal, not the initiator
that waited. What neither side can know (a filter, a wrong address) the wire tells.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop
from mainmode.base.provenance import Source
from mainmode.device.addresses import holds
from mainmode.device.config.model import Configuration
from mainmode.device.decision import Decision, Stage
from mainmode.device.decision import Verdict as Ruling
from mainmode.device.nat import Translator
from mainmode.device.routing import RoutingTable
from mainmode.ike.effects import Cause, Dropped, Failure
from mainmode.lab.behind import behind
from mainmode.lab.blame import differing, nearest_policies
from mainmode.lab.causes import CAUSES
from mainmode.lab.cloud import Passage
from mainmode.lab.evidence import Reason
from mainmode.lab.facing import Facing, Pair, entries
from mainmode.lab.link import Kind
from mainmode.lab.scene import Scene, refused_first, rules
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
    Drop.NAT_REVERSE_PATH: "NO_NAT_EXEMPTION",
    Drop.NO_TRANSLATION: "NO_NAT_EXEMPTION",
    Drop.IN_CLEAR: "NOT_INTERESTING",
    Drop.LIMIT_REACHED: "LIMIT",
    Drop.BAD_EXCHANGE: "BAD_MESSAGE",
    Drop.UNKNOWN_SPI: "STALE_SA",
}
"""What a drop by name means when nobody gave a better reason."""

_MOST_NAMED = 4

_RENAMED = {Cause.NO_CRYPTO_MAP: "CRYPTO_MAP_NOT_BOUND"}


@dataclass(frozen=True, slots=True)
class Observed:
    """All there is to judge one series of traffic: reasons and packets of its time, and how far it came.

    `sides`: which device of the world is which of the pair; reasons and packets are of these two.
    """

    pair: Pair
    sides: Mapping[str, Side]
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
    """A cause, who knew it, in which words, resting on what; the `decider` is the other side where it stood there."""

    code: str
    knower: Side
    detail: str
    sources: tuple[Source, ...] = ()
    decider: Side | None = None


def judge(observed: Observed) -> Verdict:
    """The verdict on one series of traffic."""
    reached = "phase 2" if observed.tunnel_up else "phase 1" if observed.phase1_done else "none"
    if observed.tunnel_up and observed.replied:
        return Verdict(Outcome.UP, reached, "", "The tunnel is up and carries traffic.")
    found = _no_reply(observed) if observed.tunnel_up else _no_tunnel(observed)
    found = _explained(observed, found)
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
    scene = Scene(observed.pair, observed.facing, observed.traffic, found.knower, found.sources, found.decider)
    places = refused_first(observed.pair, row.places(scene))
    return Verdict(Outcome.DOWN, reached, found.code, sentence, places, found.decider or found.knower)


def _explained(observed: Observed, found: Finding) -> Finding:
    """A finding, or the fault of a configuration that lies behind it."""
    side = found.decider or found.knower
    scene = Scene(observed.pair, observed.facing, observed.traffic, side, found.sources)
    deeper = behind(found.code, scene, side)
    if deeper is not None:
        return Finding(deeper.code, deeper.side, deeper.detail, deeper.sources)
    if found.code == "NO_ROUTE":
        detail = found.detail + _nowhere(observed.pair[side], scene.near(side), observed.facing.ends[side].interface)
        return replace(found, detail=detail, sources=(*_diverted(observed, side), *found.sources))
    return found


def _nowhere(configuration: Configuration, near: IPv4Address, wire: str) -> str:
    """What is to be said of a host that no network behind the device holds, though addresses are translated there."""
    hop = RoutingTable.of(configuration).hop(near)
    translator = configuration.derived(Translator)
    mapped = any(holds(rule.mapped_source or (), near) for rule in translator.rules)
    if (hop is not None and hop.interface != wire) or mapped or not translator.rules:
        return ""
    return f"; no network inside holds {near}, and no address translation maps anything to it"


def _diverted(observed: Observed, side: Side) -> tuple[Source, ...]:
    """The lines of address translation that lead a packet out by another interface than the routes would."""
    table = RoutingTable.of(observed.pair[side])
    for reason in observed.reasons:
        what = reason.what
        if observed.sides[reason.name] is not side or not isinstance(what, Decision) or what.stage is not Stage.UN_NAT:
            continue
        _, led, interface = what.text.partition("by way of ")
        near = observed.traffic.far_host if side is not observed.traffic.side else observed.traffic.probe.destination
        hop = table.hop(near)
        if led and hop is not None and hop.interface != interface:
            return what.sources
    return ()


def _no_reply(observed: Observed) -> Finding:
    """Why no reply came although the SAs stand."""
    side = observed.traffic.side
    blocked = _with_fate(observed.passages, Fate.BLOCKED)
    if blocked:
        return Finding("ESP_BLOCKED", observed.sides[blocked[0].name], blocked[0].detail)
    outside = _in_clear(observed, side.other, "sends the reply outside of the tunnel: ")
    if outside is not None:
        if outside.code == "NO_NAT_EXEMPTION":
            return outside
        return Finding("NO_REPLY", side, outside.detail, outside.sources, side.other)
    dropped = next(_dropped(observed, observed.reasons, _REFUSED), None)
    if dropped is not None:
        if dropped.code == "NO_REPLY":
            return Finding(dropped.code, side, dropped.detail, dropped.sources, dropped.knower)
        return dropped
    lost = _with_fate(observed.passages, Fate.LOST)
    if lost:
        return Finding("PACKETS_LOST", side, _share_lost(observed, observed.passages))
    last = observed.reasons[-1].what if observed.reasons else None
    detail = last.detail or last.reason.value if isinstance(last, Dropped) else "no packet is missing on the wire"
    return Finding("NO_REPLY", side, detail)


_REFUSED = (Drop.NAT_REVERSE_PATH, Drop.NO_TRANSLATION, Drop.DENIED, Drop.NO_ROUTE, Drop.NOT_FOR_US)
"""Why a device lets a packet of the tunnel go no further."""


def _no_tunnel(observed: Observed) -> Finding:
    """Why there is no pair of SAs on both sides."""
    failures = [
        (observed.sides[reason.name], reason.what) for reason in observed.reasons if isinstance(reason.what, Failure)
    ]
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
    if failure.cause is Cause.PHASE1_MISMATCH:
        detail = _without_keys(observed.pair[side]) or _other_method(observed.pair, side)
        return replace(found, detail=detail or found.detail)
    if failure.cause is not Cause.NO_MATCHING_ENTRY:
        return found
    configuration = observed.pair[side]
    peer = observed.facing.ends[side.other].address
    interface = observed.facing.ends[side].interface
    if configuration.map_on(interface) is None:
        return Finding("CRYPTO_MAP_NOT_BOUND", side, failure.detail)
    if not any(True for _ in entries(configuration, peer)) and not found.sources:
        return replace(found, detail=f"no entry names {peer}")
    return found


def _without_keys(configuration: Configuration) -> str:
    """What is to be said of a device all of whose policies are for other methods than pre-shared keys."""
    methods = {policy.authentication.value: policy.priority for policy in configuration.policies}
    if not methods or "pre-share" in methods:
        return ""
    named = ", ".join(f"policy {priority} is for {method}" for method, priority in methods.items())
    return f"only pre-shared keys are spoken here, and {named}"


def _other_method(pair: Pair, side: Side) -> str:
    """What is to be said where the two nearest policies differ in their method."""
    if not all(pair[one].policies for one in Side):
        return ""
    names = [pair[one].settings.hostname.value for one in (side, side.other)]
    policies = nearest_policies(pair[side], pair[side.other])
    if all(name != "authentication" for name, _ in differing(*policies)):
        return ""
    told = (
        f"policy {policy.priority} of {name} is for {policy.authentication.value}"
        for name, policy in zip(names, policies, strict=True)
    )
    return "of those most alike " + ", and ".join(told)


def _told_by_the_wire(observed: Observed) -> Finding | None:
    """What lies behind a silence: a packet that was stopped, or one that the other side dropped by name."""
    kept = next(_dropped(observed, observed.reasons, (Drop.LIMIT_REACHED, Drop.NO_ROUTE)), None)
    if kept is not None:
        return kept
    ike = [passage for passage in observed.passages if passage.kind in _NEGOTIATION]
    for fate, code in ((Fate.UNREACHABLE, "PEER_ADDRESS_WRONG"), (Fate.BLOCKED, "UDP_BLOCKED")):
        stopped = _with_fate(ike, fate)
        heard = {passage.name for passage in _with_fate(ike, Fate.DELIVERED)}
        if stopped and (fate is not Fate.UNREACHABLE or stopped[0].name not in heard):
            return Finding(code, observed.sides[stopped[0].name], stopped[0].detail)
    reasons = (Drop.IKE_NOT_ENABLED, Drop.NO_CRYPTO_MAP, Drop.BAD_EXCHANGE, Drop.NOT_DECRYPTABLE, Drop.BAD_HASH)
    dropped = next(_dropped(observed, observed.reasons, reasons), None)
    if dropped is not None:
        return dropped
    if not _with_fate(ike, Fate.LOST):
        return None
    return Finding("PACKETS_LOST", observed.sides[ike[0].name], _share_lost(observed, ike))


def _never_began(observed: Observed) -> Finding | None:
    """Why the traffic started no negotiation: read off the sender's packet path."""
    side = observed.traffic.side
    interface = observed.facing.ends[side].interface
    if observed.pair[side].map_on(interface) is None:
        return Finding("CRYPTO_MAP_NOT_BOUND", side, "no packet is protected")
    own = [reason for reason in observed.reasons if observed.sides[reason.name] is side]
    dropped = next(_dropped(observed, own, tuple(_DROPS)), None)
    if dropped is not None:
        return dropped
    return _in_clear(observed, side) or next(_dropped(observed, observed.reasons, tuple(_DROPS)), None)


def _in_clear(observed: Observed, side: Side, saying: str = "") -> Finding | None:
    """What a device sent in clear, and whether translation is why; `saying` comes behind its name."""
    for reason in observed.reasons:
        what = reason.what
        if observed.sides[reason.name] is side and isinstance(what, Decision) and what.verdict is Ruling.IN_CLEAR:
            if rules(observed.pair[side]) & set(what.sources):
                return Finding("NO_NAT_EXEMPTION", side, what.text, what.sources)
            name = f"{observed.pair[side].settings.hostname.value} {saying}" if saying else ""
            return Finding("NOT_INTERESTING", side, name + what.text, what.sources)
    return None


def _dropped(observed: Observed, reasons: Iterable[Reason], wanted: tuple[Drop, ...]) -> Iterator[Finding]:
    for reason in reasons:
        what = reason.what
        if isinstance(what, Dropped) and what.reason in wanted:
            code = _DROPS.get(what.reason, "NO_REPLY")
            detail = f"{what.reason.value}, {what.detail}" if what.detail else what.reason.value
            if what.reason is Drop.DENIED and what.detail:
                detail = what.detail
            yield Finding(code, observed.sides[reason.name], detail, what.sources)


def _with_fate(passages: Iterable[Passage], fate: Fate) -> list[Passage]:
    return [passage for passage in passages if passage.fate is fate]


def _share_lost(observed: Observed, passages: Iterable[Passage]) -> str:
    """How much was lost; where it is all of one direction and nothing of the other, that."""
    sent = list(passages)
    for name, side in observed.sides.items():
        own, others = ([one for one in sent if (one.name == name) is mine] for mine in (True, False))
        if own and others and len(_with_fate(own, Fate.LOST)) == len(own) and not _with_fate(others, Fate.LOST):
            hostname = observed.pair[side].settings.hostname.value
            return f"none of the {len(own)} packets of {hostname} arrived, and all {len(others)} of its peer"
    return f"{len(_with_fate(sent, Fate.LOST))} of {len(sent)} packets did not arrive"


def combine(verdicts: Iterable[tuple[Traffic, Verdict]]) -> Verdict:
    """The verdict on a run of one or more tunnels: up when all are, else the first that is not, with the others named.

    Places of all that failed stand in it, each once.
    """
    judged = list(verdicts)
    down = [(traffic, verdict) for traffic, verdict in judged if verdict.outcome is Outcome.DOWN]
    if len(judged) == 1:
        return judged[0][1]
    if not down:
        return Verdict(Outcome.UP, "phase 2", "", f"{_all(len(judged))} are up and carry traffic.")
    first = down[0][1]
    by_cause: dict[str, list[tuple[Traffic, Verdict]]] = {}
    for traffic, verdict in down:
        by_cause.setdefault(verdict.cause, []).append((traffic, verdict))
    told = " ".join(_told_once(alike) for alike in by_cause.values())
    blames = tuple(dict.fromkeys(blame for _, verdict in down for blame in verdict.blames))
    which = f"{len(down)} of {len(judged)} tunnels" if len(down) < len(judged) else _all(len(down))
    return Verdict(first.outcome, first.reached, first.cause, f"{which} failed; {told}", blames)


def _all(tunnels: int) -> str:
    return "Both tunnels" if tunnels == 2 else f"All {tunnels} tunnels"


def _told_once(alike: list[tuple[Traffic, Verdict]]) -> str:
    """Tunnels that failed for one cause: the first one's sentence, and which others it holds for."""
    first, *others = (f"{traffic.probe.source} to {traffic.probe.destination}" for traffic, _ in alike)
    likewise = f" So it is with {', '.join(_few(others))}." if others else ""
    return f"{first}: {alike[0][1].sentence}{likewise}"


def _few(hosts: list[str]) -> list[str]:
    return hosts if len(hosts) <= _MOST_NAMED else [*hosts[:_MOST_NAMED], f"{len(hosts) - _MOST_NAMED} more"]
