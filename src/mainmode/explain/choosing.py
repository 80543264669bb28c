"""Which negotiation of a log is told about, and which findings are about it."""

from collections.abc import Sequence

from mainmode.explain.explanation import Explanation
from mainmode.explain.finding import Finding
from mainmode.explain.negotiation import Negotiation, Outcome
from mainmode.explain.pairing import Pairing, Same

_REACHED = {"none": 0, "phase 1": 1, "phase 2": 2}


def peers_of(negotiations: Sequence[Negotiation]) -> tuple[str, ...]:
    """The peers that negotiations name, in order."""
    return tuple(dict.fromkeys(one.peer for one in negotiations if one.peer))


def chosen_of(negotiations: Sequence[Negotiation]) -> Negotiation | None:
    """The negotiation that is shown where all are with one peer; None where there are several peers, or none.

    How it ended last counts: the last one, but for what the log cuts off, and of several that ended the same way one
    after the other the one that tells most.
    """
    if len(peers_of(negotiations)) > 1:
        return None
    named = [one for one in negotiations if one.peer] or list(negotiations)
    if not named:
        return None
    ended = [one for one in named if one.outcome is not Outcome.OPEN] or named
    last = ended[-1]
    run: list[Negotiation] = []
    for one in reversed(ended):
        if one.outcome is not last.outcome:
            break
        run.append(one)
    return max(run, key=lambda one: (_REACHED[one.reached], one.phase1 is not None, one.records))


def how_far(negotiation: Negotiation) -> str:
    """How far it came, in words."""
    if negotiation.reached == "phase 2":
        return "phase 2 came up"
    if negotiation.reached == "phase 1":
        return "phase 1 came up, phase 2 did not"
    if negotiation.phase2:
        return "phase 2 did not come up, phase 1 is not in the log"
    return "phase 1 did not come up" if negotiation.phase1 is not None else "neither phase is in the log"


def fitting(explanation: Explanation) -> Pairing | None:
    """The best pairing where it is one exchange."""
    best = next(iter(explanation.pairings), None)
    return best if best is not None and best.same in (Same.YES, Same.LIKELY) else None


def own_findings(explanation: Explanation) -> tuple[Finding, ...]:
    """The findings on the chosen negotiation and its peer, in either log."""
    chosen, pairing = explanation.chosen, fitting(explanation)
    if chosen is None:
        return () if explanation.negotiations else explanation.findings
    second = pairing.second if pairing is not None else None
    return tuple(
        one
        for one in explanation.findings
        if not one.negotiations
        or (one.log == chosen.log and (chosen.number in one.negotiations or one.peer == chosen.peer))
        or (one.log == 1 and second in one.negotiations)
    )
