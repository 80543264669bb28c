"""What the configurations that were given say to the findings of the logs: causes without a line, and confirmations."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Address

from mainmode.catalogue.facts import Role, Whose
from mainmode.device.config.model import Configuration
from mainmode.explain.diagnoses import DIAGNOSES
from mainmode.explain.diagnoses.advice import filled
from mainmode.explain.diagnoses.case import Case
from mainmode.explain.diagnoses.declaration import At
from mainmode.explain.finding import Alternative, Check, Commands, Finding, Sure
from mainmode.explain.flaws import Flaw, flaws_between, flaws_of, wrong_addresses
from mainmode.explain.negotiation import Negotiation, Outcome
from mainmode.explain.places import sides_of
from mainmode.explain.sides import ConfiguredSide

_MOST_PEERS = 40
Configurations = tuple[Configuration | None, Configuration | None]


def with_configurations(
    findings: Sequence[Finding], negotiations: Sequence[Negotiation], configurations: Configurations
) -> tuple[Finding, ...]:
    """The findings with what the configurations show; what only fitted and is confirmed there is certain."""
    if configurations == (None, None):
        return tuple(findings)
    found = list(findings)
    nat = any(Case(one).nat for one in negotiations)
    for side, other, negotiation in _sides(negotiations, configurations):
        up = negotiation is not None and _healthy(negotiation, negotiations)
        flaws = list(_flaws(side, other, negotiation, nat))
        for flaw in flaws:
            if not up or not flaw.stops:
                found = _added(found, flaw, side, negotiation)
    return tuple(found)


def _sides(
    negotiations: Sequence[Negotiation], configurations: Configurations
) -> Iterator[tuple[ConfiguredSide, ConfiguredSide | None, Negotiation | None]]:
    """Each configuration from the view of each peer that a log names; without any, of each that it names itself."""
    done: set[tuple[int, str]] = set()
    for one in negotiations:
        if not one.peer or (one.log, one.peer) in done or len(done) >= _MOST_PEERS:
            continue
        done.add((one.log, one.peer))
        mine = min(one.log, 1)
        case = Case(one, (), configurations[mine], configurations[1 - mine])
        sides = sides_of(case)
        own, theirs = sides.get(Whose.OWN), sides.get(Whose.PEER)
        if own is not None:
            yield own, theirs, one
        if theirs is not None:
            yield theirs, own, one
    if any(log == 0 for log, _ in done):
        return
    for number, configuration in enumerate(configurations):
        if configuration is not None and not any(log == number for log, _ in done):
            yield from _by_itself(configuration, number, configurations[1 - number])


def _by_itself(
    configuration: Configuration, number: int, other: Configuration | None
) -> Iterator[tuple[ConfiguredSide, ConfiguredSide | None, None]]:
    peers: dict[IPv4Address | None, None] = {}
    for crypto_map in configuration.crypto_maps.values():
        for entry in crypto_map.entries:
            for peer in entry.peers.value[:1] if entry.peers is not None else (None,) if entry.dynamic is None else ():
                peers[peer] = None
    for peer in list(peers)[:_MOST_PEERS]:
        own = ConfiguredSide(configuration, number, peer)
        yield own, None if other is None else ConfiguredSide(other, 1 - number, own.address), None


def _flaws(
    side: ConfiguredSide, other: ConfiguredSide | None, negotiation: Negotiation | None, nat: bool
) -> Iterator[Flaw]:
    initiator = None
    if negotiation is not None and negotiation.role is not None:
        initiator = (negotiation.role is Role.INITIATOR) is (negotiation.log == side.log)
    mine = negotiation is None or side.log == min(negotiation.log, 1)
    if other is not None and mine and not nat:
        yield from wrong_addresses(side, other)
    own = list(flaws_of(side, initiator, nat))
    yield from own
    theirs = list(flaws_of(other, None if initiator is None else not initiator, nat)) if other is not None else []
    if other is not None and mine and not any(flaw.stops for flaw in (*own, *theirs)):
        yield from flaws_between(side, other, initiator)


def _healthy(negotiation: Negotiation, all_of_them: Sequence[Negotiation]) -> bool:
    """Whether the last try with a peer came up."""
    same = [one for one in all_of_them if one.peer == negotiation.peer and one.log == negotiation.log]
    last = max(same, key=lambda one: one.first)
    return last.reached == "phase 2" and all(attempt.outcome is not Outcome.FAILED for attempt in last.phase2)


def _added(found: list[Finding], flaw: Flaw, side: ConfiguredSide, negotiation: Negotiation | None) -> list[Finding]:
    """The findings with one flaw more: it confirms the one of its code, or explains those that only fit."""
    log = negotiation.log if negotiation is not None else side.log
    whose = Whose.OWN if log == side.log else Whose.PEER
    peer = negotiation.peer if negotiation is not None else str(side.peer or "")
    near = [one for one in found if not peer or not one.peer or one.peer == peer or one.log != log]
    same = next((one for one in near if one.code == flaw.code), None)
    if same is not None:
        confirmed = replace(
            same,
            sure=Sure.CERTAIN,
            sees=same.sees if same.sure is Sure.CERTAIN else f"{same.sees} {flaw.sees}",
            places=tuple(dict.fromkeys((*flaw.places, *same.places))),
            whose=same.whose or whose,
            unknowable="",
        )
        return [confirmed if one is same else one for one in found]
    diagnosis = DIAGNOSES[flaw.code]
    explained = [one for one in near if not one.warning and one.sure is not Sure.CERTAIN]
    values = {"peer": peer, "interface": side.interface}
    if side.entry is not None:
        values |= {"map": side.entry.map_name, "entry": f"{side.entry.map_name} {side.entry.sequence}"}
    evidence = tuple(record for one in explained for record in one.evidence)[:6]
    made = Finding(
        flaw.code,
        diagnosis.title,
        Sure.CERTAIN,
        flaw.sees,
        diagnosis.why,
        peer,
        (negotiation.number,) if negotiation is not None else (),
        evidence,
        whose,
        tuple(Check(check.where, filled(check.text, values)) for check in diagnosis.checks),
        tuple(
            Commands(
                whose, remedy.vendor, remedy.about, tuple(filled(line, values) for line in remedy.lines), remedy.safety
            )
            for remedy in diagnosis.remedies
            if remedy.vendor == "asa" and remedy.at in (At.FAULT, At.BOTH)
        ),
        _alternatives(flaw, explained),
        flaw.places,
        log=log,
    )
    rest = [one for one in found if one not in explained or not _leads_to(one, flaw.code)]
    return [*rest, made]


def _alternatives(flaw: Flaw, explained: list[Finding]) -> tuple[Alternative, ...]:
    codes = dict.fromkeys((*flaw.instead, *(one.code for one in explained)))
    return tuple(Alternative(code, DIAGNOSES[code].signs) for code in codes if code in DIAGNOSES)


def _leads_to(finding: Finding, code: str) -> bool:
    """Whether a finding that only fits named the cause among its alternatives, so that it is told by it."""
    return any(alternative.code == code for alternative in finding.alternatives) or finding.code == "UNDECIDED"
