"""The verdict: one sentence for somebody who reads nothing else."""

from collections import Counter

from mainmode.catalogue.facts import Down, Phase, Up
from mainmode.explain.choosing import own_findings, peers_of
from mainmode.explain.explanation import Explanation
from mainmode.explain.finding import Finding, Sure
from mainmode.explain.negotiation import Negotiation, Outcome
from mainmode.explain.pairing import Same

_HOW_SURE = {Sure.CERTAIN: "", Sure.LIKELY: "Most likely: ", Sure.POSSIBLE: "Possibly: "}
_SHOWN_CODES = 5


def verdict(explanation: Explanation) -> str:
    """The sentence, or two of them."""
    apart = ""
    if len(explanation.logs) > 1 and explanation.pairings and explanation.pairings[0].same is Same.NO:
        apart = "These two logs are not the same exchange, so each is read for itself. "
    if explanation.chosen is not None:
        return apart + _of_one(explanation, explanation.chosen)
    if not explanation.negotiations:
        return _of_none(explanation)
    return apart + _of_many(explanation)


def _of_one(explanation: Explanation, chosen: Negotiation) -> str:
    with_peer = f"The tunnel with {chosen.peer}" if chosen.peer else "The tunnel"
    faults = [one for one in own_findings(explanation) if not one.warning]
    cause = _cause(faults[0]) if faults else ""
    match chosen.outcome:
        case Outcome.UP:
            if faults and chosen.number not in faults[0].negotiations:
                return f"{with_peer} is up; an attempt before failed. {cause}"
            return f"{with_peer} is up{', but not well. ' + cause if cause else '.'}"
        case Outcome.FAILED:
            return f"{with_peer} does not come up{_stage(chosen)}. {cause or 'The log does not show why.'}"
        case Outcome.CLOSED:
            why = cause or _ended(explanation, chosen)
            return f"{with_peer} was up and ended. {why}".rstrip()
        case Outcome.OPEN:
            if cause:
                return f"{with_peer} has a failure in the log, which does not show its end. {cause}"
            if any(fact.phase is Phase.ONE for fact, _ in chosen.all(Up)) and not chosen.phase2:
                return f"Phase 1 with {chosen.peer or 'the peer'} stands; of phase 2 the log shows nothing."
            return f"The log does not show how the negotiation with {chosen.peer or 'the peer'} ends."


def _stage(chosen: Negotiation) -> str:
    """Where it failed; nothing where the log begins too late to tell."""
    if chosen.phase2 or chosen.reached != "none":
        return "; it fails in phase 2"
    return "; it fails in phase 1" if chosen.phase1 is not None else ""


def _cause(finding: Finding) -> str:
    title = finding.title.rstrip(".")
    return f"{_HOW_SURE[finding.sure]}{title} ({finding.code})."


def _ended(explanation: Explanation, chosen: Negotiation) -> str:
    remarks = [one for one in own_findings(explanation) if one.warning]
    if remarks:
        return _cause(remarks[0])
    downs = [fact for fact, _ in chosen.all(Down)]
    return f"Why: {downs[-1].words or downs[-1].why.value}." if downs else ""


def _of_many(explanation: Explanation) -> str:
    """How many of each outcome, and the causes by how often they come."""
    outcomes: Counter[Outcome] = Counter()
    for one in explanation.negotiations:
        outcomes[one.outcome] += 1 + one.similar
    counts = ", ".join(f"{outcomes[one]} {one.value}" for one in Outcome if outcomes[one])
    codes = Counter(one.code for one in explanation.findings if not one.warning)
    causes = ", ".join(f"{code} ×{count}" if count > 1 else code for code, count in codes.most_common(_SHOWN_CODES))
    peers = len(peers_of(explanation.negotiations))
    return (
        f"{sum(outcomes.values())} negotiations with {peers} peers: {counts}.{f' Causes: {causes}.' if causes else ''}"
    )


def _of_none(explanation: Explanation) -> str:
    if explanation.findings:
        return f"No negotiation is in the log. The configuration says: {_cause(explanation.findings[0])}"
    recognised = sum(log.recognised for log in explanation.logs)
    if recognised:
        return "The log speaks of IKE or IPsec, but holds no negotiation."
    if not any(log.lines for log in explanation.logs):
        return "The log is empty."
    return "Nothing in the log is about IKE or IPsec."
