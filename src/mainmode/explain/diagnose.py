"""From negotiations to findings: each diagnosis is tried on each, the causes that fit are ranked, equal ones merged.

What a device states outranks what only the shape of the exchange shows, and a side that knows outranks one that saw
silence. Of all causes that fit one trouble the weightiest is the finding; the others are its alternatives.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.facts import Configured, Whose
from mainmode.device.config.model import Configuration
from mainmode.explain.configured import with_configurations
from mainmode.explain.diagnoses import DIAGNOSES
from mainmode.explain.diagnoses.advice import filled, nested, values
from mainmode.explain.diagnoses.case import Case
from mainmode.explain.diagnoses.declaration import At, Diagnosis, Match, Scope, Weight
from mainmode.explain.finding import Alternative, Check, Commands, Finding
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.pairing import Pairing, Same
from mainmode.explain.places import places
from mainmode.explain.record import Noted, Record

Configurations = tuple[Configuration | None, Configuration | None]

MOST_FINDINGS = 200
MOST_EVIDENCE = 8
MOST_OTHERS = 64
"""So many negotiations with the same peer are looked at before and after each."""
_MOST_ALTERNATIVES = 10
_ORDER = (Scope.PHASE1, Scope.PHASE2, Scope.LIFE, Scope.END, Scope.REMARK)


@dataclass(frozen=True, slots=True)
class _Found:
    """A diagnosis with its match, on a case."""

    diagnosis: Diagnosis
    match: Match
    case: Case

    @property
    def rank(self) -> tuple[int, int]:
        """How much speaks for it."""
        return self.match.weight, self.match.better


def diagnose(
    negotiations: Sequence[Negotiation],
    pairings: Sequence[Pairing] = (),
    configurations: Configurations = (None, None),
    chosen: Negotiation | None = None,
) -> tuple[Finding, ...]:
    """The findings, those of `chosen` and its peer first, then the surest; remarks last.

    `configurations` are those of the writer of log 0 and of log 1 (of the peer, where there is one log). Without any
    negotiation the configurations alone are looked at.
    """
    cases = list(_cases(negotiations, pairings, configurations))
    found: list[_Found] = []
    for case in cases:
        found += _of(case)
    found = _better_side(found)
    findings = [_finding(primary, others) for primary, others in found_with_others(found)]
    told = with_configurations(_merged(findings), negotiations, configurations)
    ordered = sorted(told, key=lambda finding: _order(finding, chosen))
    return tuple(ordered[:MOST_FINDINGS])


def _cases(
    negotiations: Sequence[Negotiation], pairings: Sequence[Pairing], configurations: Configurations
) -> Iterator[Case]:
    by_number = {(one.log, one.number): one for one in negotiations}
    partners: dict[tuple[int, int], tuple[Negotiation, Pairing]] = {}
    for pairing in pairings:
        first, second = by_number.get((0, pairing.first)), by_number.get((1, pairing.second))
        if pairing.same in (Same.YES, Same.LIKELY) and first is not None and second is not None:
            partners.setdefault((0, first.number), (second, pairing))
            partners.setdefault((1, second.number), (first, pairing))
    both = len({one.log for one in negotiations}) > 1
    loaded = {log: _loaded(negotiations, log) for log in {one.log for one in negotiations}}
    alike: dict[tuple[int, str], list[Negotiation]] = {}
    places: dict[int, int] = {}
    for one in negotiations:
        same = alike.setdefault((one.log, one.peer), [])
        places[id(one)] = len(same)
        same.append(one)
    for one in negotiations:
        others = _around(alike[one.log, one.peer], places[id(one)])
        partner = partners.get((one.log, one.number))
        yield Case(
            one,
            others,
            configurations[min(one.log, 1)],
            configurations[1 - min(one.log, 1)],
            partner[0].dialect if partner else "",
            partner[1] if partner else None,
            partner[0] if partner else None,
            both,
            loaded[one.log],
        )


def _around(same: list[Negotiation], place: int) -> tuple[Negotiation, ...]:
    """The other negotiations with a peer; of very many those before and after."""
    start = max(0, place - MOST_OTHERS)
    return (*same[start:place], *same[place + 1 : place + 1 + MOST_OTHERS])


def _loaded(negotiations: Sequence[Negotiation], log: int) -> tuple[Noted, ...]:
    """The connections and keys that the writer of a log says it has loaded."""
    ours = (noted for one in negotiations if one.log == log for noted in one.noted)
    return tuple(noted for noted in ours if isinstance(noted.fact, Configured))


def _of(case: Case) -> list[_Found]:
    """All that fits a case, the weightiest first."""
    found = [_Found(diagnosis, match, case) for diagnosis in DIAGNOSES.values() for match in diagnosis.find(case)]
    return sorted(found, key=lambda one: one.rank, reverse=True)


def _better_side(found: list[_Found]) -> list[_Found]:
    """Of two views of one exchange, what the side that knows less saw of the same trouble is left out."""
    by_pairing: dict[tuple[int, Scope], list[_Found]] = {}
    for one in found:
        if one.case.pairing is not None:
            by_pairing.setdefault((id(one.case.pairing), _trouble(one)), []).append(one)
    out: set[int] = set()
    for group in by_pairing.values():
        best = max(group, key=lambda one: one.rank)
        if best.match.scope is not Scope.REMARK:
            out |= {id(one) for one in group if one.case is not best.case and one.rank < best.rank}
    return [one for one in found if id(one) not in out]


def _trouble(found: _Found) -> Scope:
    """Failing phase 1 and failing phase 2 are one trouble of one exchange: where one side saw phase 1 through."""
    return Scope.PHASE1 if found.match.scope is Scope.PHASE2 else found.match.scope


def found_with_others(found: list[_Found]) -> Iterator[tuple[_Found, list[_Found]]]:
    """For each case and trouble the weightiest cause, with the others; every remark and every state of packets."""
    groups: dict[tuple[int, Scope], list[_Found]] = {}
    for one in found:
        groups.setdefault((id(one.case), one.match.scope), []).append(one)
    for (_, scope), ones in groups.items():
        if scope in (Scope.REMARK, Scope.LIFE):
            best: dict[str, _Found] = {}
            for one in ones:
                best.setdefault(one.diagnosis.code, one)
            yield from ((one, []) for one in best.values())
            continue
        first = ones[0]
        yield first, [one for one in ones[1:] if one.diagnosis.code != first.diagnosis.code]


def _finding(found: _Found, others: list[_Found]) -> Finding:
    """The finding of a cause; what fits as well stands behind it."""
    diagnosis, match, case = found.diagnosis, found.match, found.case
    if match.weight >= Weight.STATED:
        others = [one for one in others if one.match.weight >= Weight.IMPLIED and one.diagnosis.code != "PACKETS_LOST"]
    elif match.weight >= Weight.IMPLIED:
        others = [one for one in others if one.match.weight > Weight.FITS]
    codes = dict.fromkeys((*(one.diagnosis.code for one in others), *match.instead))
    weighed = [one.diagnosis.code for one in others if one.rank[0] >= match.weight]
    ordered = dict.fromkeys((*weighed, *match.instead, *codes))
    alternatives = tuple(
        Alternative(code, DIAGNOSES[code].signs)
        for code in ordered
        if code in DIAGNOSES and code not in (diagnosis.code, "UNDECIDED")
    )
    why = f"{diagnosis.why} {match.unknowable}" if match.unknowable else diagnosis.why
    return Finding(
        diagnosis.code,
        diagnosis.title,
        match.weight.sure,
        f"By the second log: {match.sees}" if case.both and case.negotiation.log else match.sees,
        why,
        case.negotiation.peer or (case.partner.local if case.partner is not None else ""),
        (case.negotiation.number,),
        _records(noted.record for noted in match.noted),
        match.whose,
        _checks(diagnosis, match, case),
        _commands(diagnosis, match, case),
        alternatives[:_MOST_ALTERNATIVES],
        places(diagnosis.code, match.whose, case),
        match.warning,
        case.negotiation.log,
        match.unknowable,
    )


def _records(records: Iterable[Record]) -> tuple[Record, ...]:
    kept = {(record.log, record.first): record for record in records}
    return tuple(kept[key] for key in sorted(kept))[:MOST_EVIDENCE]


def _checks(diagnosis: Diagnosis, match: Match, case: Case) -> tuple[Check, ...]:
    """The checks with their values; where the fault is the peer's, `own` and `peer` are exchanged."""
    own = values(case, Whose.OWN, case.vendor, match.values)
    rows = []
    swapped = match.whose is Whose.PEER
    for check in diagnosis.checks:
        where = check.where
        if swapped and where is not None:
            where = Whose.PEER if where is Whose.OWN else Whose.OWN
        side = own if where is not Whose.PEER else values(case, Whose.PEER, case.vendor, match.values)
        rows.append(Check(where, filled(check.text, side)))
    return tuple(rows)


def _commands(diagnosis: Diagnosis, match: Match, case: Case) -> tuple[Commands, ...]:
    """Commands for the writer's side in its language and for the partner's in theirs, the side at fault first."""
    rows: list[Commands] = []
    at_fault = match.whose
    sides = (Whose.PEER, Whose.OWN) if at_fault is Whose.PEER else (Whose.OWN, Whose.PEER)
    for whose in sides:
        vendor = case.vendor if whose is Whose.OWN else case.their_vendor or case.vendor
        found = values(case, whose, vendor, match.values)
        for remedy in diagnosis.remedies:
            if remedy.vendor != vendor or (remedy.at is At.FAULT and at_fault not in (None, whose)):
                continue
            templates = nested(remedy.lines) if vendor == "charon" else remedy.lines
            lines = tuple(filled(line, found) for line in templates)
            rows.append(Commands(whose, vendor, remedy.about, lines, remedy.safety))
    return tuple(rows)


def _merged(findings: list[Finding]) -> list[Finding]:
    """Equal findings over the negotiations of a peer made one, with the evidence of the first ones."""
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        key = (finding.code, finding.peer, finding.log, finding.whose, finding.warning)
        alike.setdefault(key, []).append(finding)
    return [same[0] if len(same) == 1 else _one_of(same) for same in alike.values()]


def _one_of(same: list[Finding]) -> Finding:
    return replace(
        min(same, key=_surety),
        negotiations=tuple(sorted({number for finding in same for number in finding.negotiations})),
        evidence=_records(record for finding in same for record in finding.evidence),
    )


_SURETIES = {"CERTAIN": 0, "LIKELY": 1, "POSSIBLE": 2}


def _surety(finding: Finding) -> int:
    return _SURETIES[finding.sure.name]


def _order(finding: Finding, chosen: Negotiation | None) -> tuple[object, ...]:
    own = chosen is not None and finding.log == chosen.log and chosen.number in finding.negotiations
    near = chosen is None or not finding.peer or not chosen.peer or finding.peer in (chosen.peer, chosen.local)
    first = finding.evidence[0].first if finding.evidence else 0
    return (
        not near,
        finding.warning,
        finding.code == "UNDECIDED",
        _surety(finding),
        not finding.evidence,
        not own,
        first,
    )
