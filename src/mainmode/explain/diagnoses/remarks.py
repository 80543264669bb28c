"""Remarks on tunnels that come up, and what is left where nothing better is known."""

from collections.abc import Iterator

from mainmode.catalogue.facts import Agreed, LifetimeChanged, Phase, Suite, Symptom, Timer, Way, Whose
from mainmode.device.weak.algorithms import WEAK_GROUPS, WEAK_WORDS
from mainmode.explain.diagnoses.case import Case
from mainmode.explain.diagnoses.declaration import At, Diagnosis, Match, Remedy, Scope, Weight
from mainmode.explain.diagnoses.proposals import offers
from mainmode.explain.finding import Check, Safety
from mainmode.explain.negotiation import Outcome
from mainmode.explain.record import Noted

_WEAK_WORDS = frozenset(word.removeprefix("esp-").removesuffix("-hmac").upper() for word in WEAK_WORDS)
"""DES, 3DES, NULL, MD5."""
_WEAK_GROUPS = frozenset(map(str, WEAK_GROUPS))


def _weak(case: Case) -> Iterator[Match]:
    found: dict[str, Noted] = {}
    for noted in case.all(Agreed):
        if isinstance(noted.fact, Agreed):
            for word in weak_parts(noted.fact.suite):
                found.setdefault(f"{word} in phase {noted.fact.phase.value}", noted)
    if found and case.phase1_up:
        sees = f"The tunnel with {case.peer} rests on {', '.join(found)}."
        yield Match(Weight.IMPLIED, sees, tuple(found.values())[:3], scope=Scope.REMARK, warning=True)


def weak_parts(suite: Suite) -> list[str]:
    """What of a proposal should not be used any more."""
    weak = [suite.encryption] if suite.encryption in _WEAK_WORDS else []
    weak += [suite.integrity] if suite.integrity in _WEAK_WORDS else []
    weak += [f"group {suite.group}"] if suite.group in _WEAK_GROUPS else []
    return weak


WEAK = Diagnosis(
    "WEAK",
    "Weak algorithms were agreed on",
    "DES, 3DES, NULL, MD5 or a Diffie-Hellman group below 14 in what was agreed on",
    "They can be broken with today's means or soon will be; both sides must change together.",
    "the agreed proposal",
    _weak,
    (Check(Whose.OWN, "Whether both sides have AES and group 14 or higher, and agree on a date to change."),),
    (
        Remedy(
            "asa",
            "A stronger policy beside the old one, tried first.",
            ("crypto ikev1 policy 5", " authentication pre-share", " encryption aes-256", " hash sha", " group 14"),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "ios",
            "A stronger policy beside the old one, tried first.",
            ("crypto isakmp policy 5", " encr aes 256", " hash sha256", " authentication pre-share", " group 14"),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "charon",
            "A stronger proposal, tried first.",
            ("connections.{group}.proposals = aes256-sha256-modp2048,default", "swanctl --load-conns"),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "pluto",
            "A stronger proposal, tried first.",
            ("conn {group}", "    ike=aes256-sha2_256;modp2048", "ipsec auto --replace {group}"),
            Safety.DISRUPTIVE,
            At.BOTH,
        ),
    ),
)


def _lifetimes(case: Case) -> Iterator[Match]:
    changed: dict[str, Noted] = {}
    for noted in case.all(LifetimeChanged):
        fact = noted.fact
        if isinstance(fact, LifetimeChanged) and fact.before != fact.after:
            changed.setdefault(f"phase {fact.phase.value}: {fact.before} and {fact.after} {fact.unit}", noted)
    taken = _taken_instead(case)
    if taken is not None:
        changed.setdefault(*taken)
    if changed:
        sees = f"The lifetimes of this device and {case.peer} differ ({'; '.join(changed)}); the shorter one counts."
        yield Match(Weight.IMPLIED, sees, tuple(changed.values())[:3], scope=Scope.REMARK, warning=True)
    for noted in case.refusals(Phase.ONE):
        if getattr(noted.fact, "attribute", "") == "lifetime" and not case.phase1_up:
            sees = f"A lifetime that {case.peer} offers is refused."
            yield Match(Weight.IMPLIED, sees, (noted,), scope=Scope.PHASE1)
            return


def _taken_instead(case: Case) -> tuple[str, Noted] | None:
    """A lifetime of phase 1 that was taken although the peer offers only others."""
    offered = {suite.seconds for suite, _ in offers(case, Phase.ONE, Whose.PEER) if suite.seconds}
    for noted in case.all(Timer):
        fact = noted.fact
        if not isinstance(fact, Timer) or fact.name != "lifetime" or fact.phase is not Phase.ONE:
            continue
        seconds = fact.seconds
        if seconds and offered and seconds < min(offered):
            return f"phase 1: {min(offered)} and {seconds} seconds", noted
    return None


LIFETIME = Diagnosis(
    "LIFETIME",
    "The lifetimes differ",
    "a device says that it takes the shorter lifetime",
    "Each side proposes its own; the shorter one counts, so this alone breaks nothing. Some devices do not take "
    "a longer "
    "one than their own.",
    "a lifetime in the log that is not the configured one",
    _lifetimes,
    (Check(Whose.OWN, "The lifetimes of phase 1 and phase 2: alike on both sides is simplest."),),
    (
        Remedy(
            "asa", "Look at the lifetimes.", ("show run all crypto ikev1", "show run crypto map"), Safety.LOOK, At.BOTH
        ),
        Remedy("ios", "Look at the lifetimes.", ("show crypto isakmp policy", "show crypto map"), Safety.LOOK, At.BOTH),
        Remedy("charon", "Look at the lifetimes.", ("swanctl --list-conns",), Safety.LOOK, At.BOTH),
        Remedy("pluto", "Look at the lifetimes.", ("ipsec auto --status",), Safety.LOOK, At.BOTH),
    ),
)


def _repeated(case: Case) -> Iterator[Match]:
    again = case.repeats(Way.SENT)
    if again and case.phase2_up and not case.lame:
        sees = f"This device had to repeat {len(again)} messages to {case.peer} before the tunnel came up."
        yield Match(Weight.IMPLIED, sees, again[:3], scope=Scope.REMARK, warning=True)


REPEATED = Diagnosis(
    "REPEATED",
    "Messages had to be repeated",
    "repetitions in an exchange that came up in the end",
    "Single messages are lost on any line; many of them speak for a line that loses much, or a busy device.",
    "repetitions in the log",
    _repeated,
    (Check(None, "Whether the line loses packets: a long ping between the two outside addresses."),),
)


def _undecided(case: Case) -> Iterator[Match]:
    vague = case.told(Symptom.CATCH_ALL, Symptom.CONFIGURATION)
    negotiation = case.negotiation
    failed = negotiation.outcome is Outcome.FAILED
    tried = negotiation.phase1 is not None or bool(negotiation.phase2)
    if not vague and not (failed and tried) and not case.gave_up:
        return
    if (case.phase2_up and not case.lame) or (case.afterglow and not vague):
        return
    noted = (*vague[:3], *case.gave_up[:1]) or negotiation.noted[-1:]
    phases = {getattr(one.fact, "phase", None) for one in vague}
    if case.phase1_up or Phase.TWO in phases or (negotiation.phase1 is None and negotiation.phase2):
        likely: tuple[str, ...] = ("PROXY_MISMATCH", "TRANSFORM_MISMATCH", "PFS_MISMATCH", "NO_MATCHING_ENTRY")
        sees = f"Phase 2 with {case.peer} failed, and the log does not say why."
        scope = Scope.PHASE2
    elif Phase.ONE in phases and not case.silence and not case.gave_up and (case.heard or not case.initiator):
        likely = ("PHASE1_MISMATCH", "PSK_MISMATCH", "PSK_MISSING", "NO_TUNNEL_GROUP", "IDENTITY_MISMATCH")
        sees = f"Phase 1 with {case.peer} failed at a message that came, and the log does not say why."
        scope = Scope.PHASE1
    else:
        likely = ("NO_ANSWER", "PHASE1_MISMATCH", "PSK_MISMATCH", "NO_TUNNEL_GROUP", "PEER_ADDRESS_WRONG")
        sees = f"The negotiation with {case.peer} ended early, and the log does not say why."
        scope = Scope.PHASE1
    yield Match(
        Weight.CATCH_ALL,
        sees,
        noted,
        scope=scope,
        instead=likely,
        unknowable=(
            "The line is said after any failure. A debug of the whole negotiation on this device, or the "
            "peer's log, "
            "shows at which message it stops."
        ),
    )


UNDECIDED = Diagnosis(
    "UNDECIDED",
    "It failed, and the log does not say why",
    "a catch-all line (QM FSM error, Removing peer from peer table failed, Unable to remove PeerTblEntry) and "
    "nothing else",
    "These lines are said after any failure. What counts stands before them, at a higher debug level, or in the "
    "peer's log.",
    "nothing but lines of tidying up",
    _undecided,
    (
        Check(Whose.OWN, "The lines before this one, with the debug level raised, from the first message on."),
        Check(Whose.PEER, "Its log of the same second."),
    ),
    (
        Remedy(
            "asa",
            "Log the whole negotiation.",
            ("debug crypto condition peer {peer}", "debug crypto ikev1 127", "debug crypto ipsec 127"),
            Safety.LOOK,
            At.BOTH,
        ),
        Remedy(
            "ios",
            "Log the whole negotiation.",
            ("debug crypto condition peer ipv4 {peer}", "debug crypto isakmp", "debug crypto ipsec"),
            Safety.LOOK,
            At.BOTH,
        ),
        Remedy("charon", "Log more.", ("swanctl --log", "ipsec stroke loglevel ike 2"), Safety.LOOK, At.BOTH),
        Remedy("pluto", "Log more.", ("ipsec whack --debug base",), Safety.LOOK, At.BOTH),
    ),
)

REMARKS = (WEAK, LIFETIME, REPEATED, UNDECIDED)
