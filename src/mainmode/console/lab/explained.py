"""A negotiation of the lab explained by somebody who sees both devices and the wire: ladder, verdict, places."""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop, InputError
from mainmode.catalogue.debugs import Debugs
from mainmode.console.lab.negotiations import Event, Negotiation
from mainmode.device.console import FORMS
from mainmode.ike.effects import Cause, Dropped, Failure, InstallSa, Step
from mainmode.lab.evidence import Evidence, Reason
from mainmode.lab.facing import Facing, Pair, find_facing
from mainmode.lab.hosts import Probe
from mainmode.lab.mirror import one_way
from mainmode.lab.observer import Observer, Tap
from mainmode.lab.recorder import Recorder
from mainmode.lab.traffic import Traffic, chosen_traffic, interesting_traffic
from mainmode.lab.verdict import Observed, judge
from mainmode.ladder.transcript import Device, MessageSent, Outcome, Side, Transcript, Verdict

if TYPE_CHECKING:
    from mainmode.console.lab.lab import Lab

ALL_DEBUGS = Debugs(ikev1=127, ipsec=127)

_REFUSED = (Drop.NAT_REVERSE_PATH, Drop.NO_TRANSLATION, Drop.DENIED, Drop.NO_ROUTE, Drop.NOT_FOR_US)
"""Why what came through a tunnel goes no further."""


@dataclass(frozen=True, slots=True)
class Retold:
    """A negotiation told again: its events as a ladder has them, and what both sides and the wire showed of it."""

    sides: Mapping[str, Side]
    pair: Pair
    facing: tuple[Facing, ...]
    recorder: Recorder
    evidence: Evidence
    tap: Tap


def retold(lab: "Lab", one: Negotiation) -> Retold:
    """Tell it again. Raises InputError where nothing connects the two configurations as they are now."""
    actors = lab.stage.actors
    sides = {one.name: Side.A, one.other: Side.B}
    pair = {side: actors[name].configuration for name, side in sides.items()}
    facing = find_facing(pair)
    recorder = Recorder(sides, ALL_DEBUGS, {side: FORMS[pair[side].release] for side in Side})
    recorder.strangers = frozenset(actors) - frozenset(sides)
    told = Retold(sides, pair, facing, recorder, Evidence(tuple(sides), brief=True), Tap())
    observers = (told.evidence, told.tap, recorder)
    for event in one.told_again():
        _tell(event, sides, recorder, observers)
    return told


def _tell(event: Event, sides: Mapping[str, Side], recorder: Recorder, observers: tuple[Observer, ...]) -> None:
    method, (first, *rest) = event
    if method in ("requested", "replied"):
        side = sides.get(str(first))
        if side is not None:
            getattr(recorder, method)(side, *rest)
        return
    for observer in observers:
        about_another = method == "happened" and first not in sides
        if not about_another:
            getattr(observer, method)(first, *rest)


def explained(lab: "Lab", one: Negotiation) -> Transcript:
    """The ladder with its verdict. Raises InputError where the two have nothing to do with each other any more."""
    if not one.other:
        return _by_one(lab, one)
    told = retold(lab, one)
    verdict, notes = _verdict(lab, one, told)
    return Transcript(
        devices=tuple(_device(told, name, side) for name, side in told.sides.items()),
        events=tuple(told.recorder.events),
        verdict=verdict,
        initiator=told.recorder.initiator or Side.A,
        started_at=one.started,
        notes=notes,
    )


def _by_one(lab: "Lab", one: Negotiation) -> Transcript:
    """The ladder of a device whose peer is not in the lab."""
    configuration = lab.stage.actors[one.name].configuration
    recorder = Recorder({one.name: Side.A}, ALL_DEBUGS, {Side.A: FORMS[configuration.release]})
    for event in one.told_again():
        _tell(event, {one.name: Side.A}, recorder, (recorder,))
    hostname = configuration.settings.hostname.value
    address = next(map(str, lab.addresses(one.name)), "")
    outcome = Outcome.OPEN if one.under_way else Outcome.DOWN
    sentence = f"{hostname} stands alone: no device of the lab has the address {one.peer}."
    return Transcript(
        devices=(Device(Side.A, hostname, configuration.file, configuration.lines, address),),
        events=tuple(recorder.events),
        verdict=Verdict(outcome, "none", Cause.NO_ANSWER.name if outcome is Outcome.DOWN else "", sentence),
        initiator=Side.A,
        started_at=one.started,
    )


def _device(told: Retold, name: str, side: Side) -> Device:
    configuration = told.pair[side]
    return Device(
        side,
        configuration.settings.hostname.value,
        configuration.file,
        configuration.lines,
        str(told.facing[0].ends[side].address),
    )


def _verdict(lab: "Lab", one: Negotiation, told: Retold) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict, and what else is to be said: that the tunnel would fail if the other side began it."""
    live = lab.stage.evidence
    done = told.evidence.phase1_shared(one.name, one.other) or live.phase1_stands(one.name, one.other)
    waits = _waiting(one, told) if one.under_way else ()
    if one.under_way and not waits:
        reached = f"phase 1 is {'up' if done else 'not up yet'}"
        return Verdict(Outcome.OPEN, reached, "", "It is under way: neither side has ended it yet."), ()
    traffic = _traffic(told, one)
    stands = _stands(lab, one, told, traffic)
    refused = any(
        isinstance(reason.what, Dropped) and reason.what.reason in _REFUSED for reason in told.evidence.reasons
    )
    replied = one.answered > 0 or (not _asked_in_vain(one) and not refused)
    verdict = judge(
        Observed(
            told.pair,
            told.sides,
            _wire_of(told, traffic),
            traffic,
            (*told.evidence.reasons, *waits),
            tuple(told.tap.passages),
            done,
            stands,
            replied,
        )
    )
    if one.made and not stands:
        return replace(verdict, outcome=Outcome.CLOSED, reached="phase 2"), ()
    notes = one_way(told.pair, told.facing, [(traffic, verdict)])
    if verdict.outcome is Outcome.UP and not one.answered:
        return replace(verdict, sentence="The tunnel is up."), notes
    return verdict, notes


def _waiting(one: Negotiation, told: Retold) -> tuple[Reason, ...]:
    """What is to be said of a negotiation whose messages are repeated: that no answer came so far."""
    again = [event for event in told.recorder.events if isinstance(event, MessageSent) and event.retransmission]
    if not again:
        return ()
    last = again[-1]
    name = next(name for name, side in told.sides.items() if side is last.side)
    text = f"none came to {last.name} so far"
    return (Reason(name, last.at, Failure(Cause.NO_ANSWER, Step(last.name), text)),)


def _asked_in_vain(one: Negotiation) -> bool:
    """Whether hosts sent requests which the tunnel could have carried: those that ask for one are lost."""
    could = not one.negotiated
    for method, arguments in one.told_again():
        could |= method == "happened" and isinstance(arguments[1], InstallSa) and arguments[0] == one.name
        if could and method == "requested":
            return True
    return not one.made and bool(one.probes)


def _stands(lab: "Lab", one: Negotiation, told: Retold, traffic: Traffic) -> bool:
    """Whether the SAs that were made stand on both sides now; where none were made, whether any carry the traffic."""
    common = {pair.inbound_spi: pair for pair in lab.stage.evidence.tunnels(one.name, one.other)}
    if one.made:
        return any((one.name, spi) in one.made for spi in common)
    proxies = traffic.proxies
    if proxies is None:
        return bool(common)
    wanted = proxies if traffic.side is told.sides[one.name] else proxies.mirrored()
    return any((pair.proxies.local, pair.proxies.remote) == (wanted.local, wanted.remote) for pair in common.values())


def _traffic(told: Retold, one: Negotiation) -> Traffic:
    """What asked for it: as a host sent it, else what the access lists of the side that began name, or the other's."""
    for probe in one.probes:
        found = _of_probe(told, one, probe)
        if found is not None:
            return found
    try:
        return interesting_traffic(told.pair, told.facing, told.sides[one.name])[0]
    except InputError:
        return interesting_traffic(told.pair, told.facing, told.sides[one.name].other)[0]


def _of_probe(told: Retold, one: Negotiation, probe: Probe) -> Traffic | None:
    ends = (probe.source, probe.destination, probe.protocol)
    for side in (told.sides[one.name], told.sides[one.name].other):
        try:
            for traffic in interesting_traffic(told.pair, told.facing, side):
                if (traffic.probe.source, traffic.probe.destination, traffic.probe.protocol) == ends:
                    return traffic
        except InputError:
            continue
    try:
        return chosen_traffic(told.pair, told.facing, probe.source, probe.destination)
    except InputError:
        return None


def _wire_of(told: Retold, traffic: Traffic) -> Facing:
    """The pair of interfaces that the traffic's crypto map entry leads over."""
    entry = traffic.entry
    peers: tuple[IPv4Address, ...] = tuple(entry.peers.value) if entry is not None and entry.peers is not None else ()
    for facing in told.facing:
        if facing.ends[traffic.side.other].address in peers:
            return facing
    return told.facing[0]
