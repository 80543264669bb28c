"""Phase 2: proxy identities, transform sets, perfect forward secrecy, crypto map entries."""

from collections.abc import Iterator

from mainmode.catalogue.facts import Down, Message, Phase, Refused, Symptom, Way, Whose, Why
from mainmode.explain.diagnoses.advice import plainly, proxies, stronger
from mainmode.explain.diagnoses.case import Case
from mainmode.explain.diagnoses.declaration import Match, Scope, Weight
from mainmode.explain.diagnoses.proposals import offers, refused_attributes, spelled
from mainmode.explain.record import Noted

_PFS = ("pfs", "group")


def in_trouble(case: Case) -> bool:
    """Whether a quick mode failed, or one was refused that no other replaced."""
    return case.phase2_lame


def asked(case: Case, by: Whose) -> str:
    """` 192.168.1.0/24 to 192.168.2.0/24`, what one side asks for, from its own end; empty where not told."""
    for fact in proxies(case):
        if fact.by is by and (fact.own is not None or fact.peer is not None):
            ends = (fact.own, fact.peer) if by is Whose.OWN else (fact.peer, fact.own)
            return f" ({plainly(ends[0])} to {plainly(ends[1])})"
    return ""


def offered_pfs(case: Case) -> bool | None:
    """Whether a quick mode's first message held a key exchange; None where no message lists its payloads."""
    for noted in case.all(Message):
        fact = noted.fact
        if isinstance(fact, Message) and fact.name == "QM1" and fact.payloads:
            return "KE" in fact.payloads
    return None


def proxy_mismatch(case: Case) -> Iterator[Match]:
    """The proxy identities fit no entry."""
    if not in_trouble(case):
        return
    acl = case.in_lame(case.told(Symptom.ACL_MISMATCH))
    none = case.in_lame(case.told(Symptom.NO_MATCHING_ENTRY))
    what = asked(case, Whose.PEER)
    said = f"{case.peer} asks for a tunnel between networks{what} that no access list of this device mirrors."
    others = ("NO_MATCHING_ENTRY", "PEER_ADDRESS_WRONG", "CRYPTO_MAP_NOT_BOUND")
    specific = case.told(Symptom.ENTRY_INCOMPLETE, Symptom.WRONG_PEER_FOR_ENTRY, Symptom.MAP_NOT_BOUND)
    if acl:
        weight = Weight.IMPLIED if specific else Weight.STATED
        unsaid = others if specific else ()
        yield Match(weight, said, (*acl[:2], *none[:2]), scope=Scope.PHASE2, instead=unsaid, better=2)
    elif none and not specific:
        yield Match(Weight.IMPLIED, said, none[:3], scope=Scope.PHASE2, instead=others, better=1)
    policy = [noted for noted in case.all(Down) if isinstance(noted.fact, Down) and noted.fact.why is Why.POLICY]
    if policy and not acl and not none and not specific and what:
        yield Match(Weight.SHAPED, said, tuple(policy[:2]), scope=Scope.PHASE2, instead=others)
    unread = case.in_lame(case.told(Symptom.UNREAD_ANSWER, Symptom.UNANSWERED))
    if unread and case.phase1_up:
        yield Match(
            Weight.FITS,
            f"In this capture {case.detail(Symptom.UNREAD_ANSWER, Symptom.UNANSWERED)}: phase 2 was refused, and the "
            "reason is not to be seen.",
            unread[:3],
            scope=Scope.PHASE2,
            instead=("TRANSFORM_MISMATCH", "PFS_MISMATCH", "NO_MATCHING_ENTRY"),
            unknowable="The reason is encrypted: a key file (--keys) opens it, or either end's log tells it.",
        )
    notified = case.in_lame(case.notified("INVALID-ID-INFORMATION"))
    if notified and case.phase1_up:
        mine = asked(case, Whose.OWN)
        sees = f"{case.peer} answered the proxy identities of this device{mine} with INVALID-ID-INFORMATION."
        yield Match(
            Weight.SHAPED,
            sees,
            notified[:3],
            scope=Scope.PHASE2,
            instead=("NO_MATCHING_ENTRY", "PEER_ADDRESS_WRONG", "CRYPTO_MAP_NOT_BOUND"),
            unknowable="Why no entry of the peer fits (its access list, its peer address, an incomplete entry) stands "
            "in its log alone.",
        )


_OTHER_REASONS = (
    Symptom.ACL_MISMATCH,
    Symptom.NO_MATCHING_ENTRY,
    Symptom.MAP_NOT_BOUND,
    Symptom.WRONG_PEER_FOR_ENTRY,
    Symptom.ENTRY_INCOMPLETE,
)
"""Why all proposals are refused although a transform set may fit."""


def transform_mismatch(case: Case) -> Iterator[Match]:
    """No transform set in common."""
    if not in_trouble(case):
        return
    refusals = case.in_lame(case.refusals(Phase.TWO))
    told = case.in_lame(case.told(Symptom.PROPOSAL_REFUSED))
    attributes = [row for row in refused_attributes(case, refusals, Phase.TWO) if row[0] not in _PFS]
    values = wanted(case) | {f"esp_{place}": value for place, value in stronger(attributes).items() if place != "dh"}
    if refusals and not attributes and not told and case.in_lame(case.told(*_OTHER_REASONS)):
        return
    if attributes or told or refusals:
        which = f" in {spelled(attributes)}" if attributes else _offered(case)
        only_pfs = not attributes and any(_attribute(noted) in _PFS for noted in refusals)
        unsaid = Weight.IMPLIED if told else Weight.SHAPED
        weight = Weight.FITS if only_pfs or pfs_stated(case) else Weight.STATED if attributes else unsaid
        sees = f"This device refused every phase 2 proposal of {case.peer}{which}."
        found = (*(one for one in refusals if _attribute(one) not in _PFS), *told)[:4]
        yield Match(
            weight,
            sees,
            found or refusals[:3],
            scope=Scope.PHASE2,
            instead=() if attributes else ("PFS_MISMATCH", "PROXY_MISMATCH"),
            values=values,
            better=1 if attributes else 0,
        )
        return
    notified = case.in_lame(case.notified("NO-PROPOSAL-CHOSEN", "ATTRIBUTES-NOT-SUPPORTED", "BAD-PROPOSAL-SYNTAX"))
    if notified and case.phase1_up and case.initiator is not False:
        yield _refused_there(case, notified, values)


def _refused_there(case: Case, notified: tuple[Noted, ...], values: dict[str, str]) -> Match:
    """The peer refused, and did not say why: without a key exchange PFS is as likely as the set."""
    pfs = offered_pfs(case)
    sees = f"{case.peer} refused every phase 2 proposal (NO-PROPOSAL-CHOSEN), and did not say what it misses"
    more = {
        True: "; this device asked for perfect forward secrecy.",
        False: "; this device did not offer perfect forward secrecy.",
        None: ".",
    }[pfs]
    return Match(
        Weight.FITS,
        sees + more,
        notified[:3],
        scope=Scope.PHASE2,
        instead=("PFS_MISMATCH", "PROXY_MISMATCH", "DYNAMIC_FIRST"),
        unknowable="The notify has no reason in it: whether encryption, hash, mode, perfect forward secrecy or (with a "
        "router) the networks do not fit stands in the peer's log alone.",
        values=values,
    )


def wanted(case: Case) -> dict[str, str]:
    """The algorithms of phase 2 that both sides could agree on: of the peer's proposal, else of the own one."""
    found = offers(case, Phase.TWO, Whose.PEER) or offers(case, Phase.TWO, Whose.OWN)
    if not found:
        return {}
    suite = found[0][0]
    return {"esp_encryption": suite.encryption, "esp_integrity": suite.integrity, "pfs": suite.group}


def _offered(case: Case) -> str:
    """What the peer offered, the first three that differ, as a bracket; nothing where it is not told."""
    words = {
        " ".join(word for word in (suite.encryption, suite.integrity, suite.mode) if word): None
        for suite, _ in offers(case, Phase.TWO, Whose.PEER)
        if suite.encryption
    }
    told = list(words)[:3]
    return f" (offered {', or '.join(told)})" if told else ""


def _attribute(noted: Noted) -> str:
    return noted.fact.attribute if isinstance(noted.fact, Refused) else ""


def pfs_stated(case: Case) -> tuple[Noted, ...]:
    """Where a device says that perfect forward secrecy does not fit."""
    refused = tuple(noted for noted in case.refusals(Phase.TWO) if _attribute(noted) in _PFS)
    return case.in_lame((*refused, *case.told(Symptom.PFS_MISSING, Symptom.PFS_UNWANTED)))


def pfs_mismatch(case: Case) -> Iterator[Match]:
    """Perfect forward secrecy does not fit."""
    if not in_trouble(case):
        return
    stated = pfs_stated(case)
    if stated:
        sees = f"{case.peer} and this device do not agree on perfect forward secrecy"
        for noted in stated:
            fact = noted.fact
            if isinstance(fact, Refused) and (fact.offered or fact.configured):
                sees += f" (offered {fact.offered or 'none'}, configured {fact.configured or 'none'})"
                break
        if case.told(Symptom.PFS_MISSING):
            sees += ": it sends no key exchange, and this device asks for one"
        elif case.told(Symptom.PFS_UNWANTED):
            sees += ": it wants a group that this device does not"
        yield Match(Weight.STATED, f"{sees}.", stated[:3], scope=Scope.PHASE2, values=wanted(case), better=3)
        return
    notified = case.in_lame(case.notified("NO-PROPOSAL-CHOSEN", "INVALID-KEY-INFORMATION"))
    if notified and case.phase1_up and case.initiator is not False:
        name = getattr(notified[0].fact, "name", "")
        key = name == "INVALID-KEY-INFORMATION"
        sees = f"{case.peer} refused phase 2 ({name}); the group of perfect forward secrecy may not fit."
        yield Match(Weight.SHAPED if key else Weight.MAYBE, sees, notified[:2], scope=Scope.PHASE2, values=wanted(case))


def no_entry(case: Case) -> Iterator[Match]:
    """There is no complete crypto map entry for it."""
    incomplete = case.in_lame(case.told(Symptom.ENTRY_INCOMPLETE))
    if incomplete and in_trouble(case):
        sees = (
            f"The crypto map entry for {case.peer} is incomplete, so it is passed over: it lacks its access list, its "
        )
        sees += "peer or its transform set."
        yield Match(Weight.STATED, sees, incomplete[:3], Whose.OWN, Scope.PHASE2, instead=("PROXY_MISMATCH",), better=4)
    vague = case.told(Symptom.CONFIGURATION)
    if vague and not case.phase1_up and not case.heard:
        yield Match(
            Weight.FITS,
            f"Traffic asks for a tunnel, and this device finds no complete policy for it ({vague_detail(case)}).",
            vague[:3],
            Whose.OWN,
            instead=(
                "IKE_NOT_ENABLED",
                "CONNECTION_TYPE",
                "PHASE1_MISMATCH",
                "NO_TUNNEL_GROUP",
                "CRYPTO_MAP_NOT_BOUND",
            ),
            unknowable=(
                "The line is the same whether the entry lacks something, may only answer, IKE is not "
                "enabled, or no phase 1 policy is for pre-shared keys: the running-config tells."
            ),
        )
    policy = [noted for noted in case.all(Down) if isinstance(noted.fact, Down) and noted.fact.why is Why.POLICY]
    specific = case.told(Symptom.ACL_MISMATCH, Symptom.WRONG_PEER_FOR_ENTRY, Symptom.ENTRY_INCOMPLETE)
    if policy and in_trouble(case) and not specific:
        sees = f"No crypto map entry of this device fits what {case.peer} asks for{asked(case, Whose.PEER)}."
        yield Match(
            Weight.SHAPED,
            sees,
            tuple(policy[:3]),
            Whose.OWN,
            Scope.PHASE2,
            instead=("PROXY_MISMATCH", "PEER_ADDRESS_WRONG", "CRYPTO_MAP_NOT_BOUND"),
            unknowable="Which part does not fit (access list, peer, binding) is told at a higher debug level.",
            better=-1,
        )


def vague_detail(case: Case) -> str:
    """What the device adds to its statement that the configuration is at fault."""
    return case.detail(Symptom.CONFIGURATION) or "it says no more"


def not_bound(case: Case) -> Iterator[Match]:
    """No crypto map is bound to the interface."""
    told = case.told(Symptom.MAP_NOT_BOUND)
    if told and not case.phase2_up:
        where = case.detail(Symptom.MAP_NOT_BOUND)
        sees = f"No crypto map is bound to the interface{f' {where}' if where else ''} where {case.peer} came in."
        later = case.phase1_up or any(getattr(noted.fact, "phase", None) is Phase.TWO for noted in told)
        scope = Scope.PHASE2 if later else Scope.PHASE1
        yield Match(Weight.STATED, sees, told[:3], Whose.OWN, scope, better=3)


def dynamic_first(case: Case) -> Iterator[Match]:
    """A dynamic entry answered for a static one."""
    told = case.in_lame(case.told(Symptom.DYNAMIC_ENTRY))
    refused = case.in_lame((*case.refusals(Phase.TWO), *case.told(Symptom.PROPOSAL_REFUSED)))
    static = case.told(Symptom.ACL_MISMATCH, Symptom.WRONG_PEER_FOR_ENTRY, Symptom.ENTRY_INCOMPLETE)
    if told and refused and in_trouble(case) and not case.phase2_up and not static:
        named = case.detail(Symptom.DYNAMIC_ENTRY)
        sees = (
            f"The dynamic entry{f' {named}' if named else ''} answered {case.peer}, and its transform sets do not fit."
        )
        yield Match(
            Weight.STATED, sees, (*told[:2], *refused[:2]), Whose.OWN, Scope.PHASE2, ("TRANSFORM_MISMATCH",), better=5
        )


def earlier_entry(case: Case) -> Iterator[Match]:
    """An earlier entry took the traffic: known where the entry that fits is for another peer."""
    told = case.in_lame(case.told(Symptom.WRONG_PEER_FOR_ENTRY))
    if told and in_trouble(case) and case.told(Symptom.ACL_MISMATCH):
        sees = f"An entry that fits the networks of {case.peer} is for another peer, and stands before its own."
        yield Match(Weight.FITS, sees, told[:2], Whose.OWN, Scope.PHASE2, ("PEER_ADDRESS_WRONG",))


def phase2_silence(case: Case) -> Iterator[Match]:
    """The first message of a quick mode is never answered."""
    if not case.phase1_up or (case.initiator is False and not case.messages(Way.SENT, "QM1")):
        return
    if case.in_lame(case.errors()) or case.in_lame(case.refusals(Phase.TWO)) or not case.lame:
        return
    if case.told(Symptom.UNREAD_ANSWER):
        return
    again = case.in_lame(case.repeats(Way.SENT, "QM1"))
    gave_up = tuple(noted for attempt in case.lame for noted in attempt.noted if type(noted.fact).__name__ == "GaveUp")
    came = case.in_lame(case.messages(Way.RECEIVED, "QM2"))
    if (again or gave_up) and not came:
        sees = f"The first message of phase 2 to {case.peer}{asked(case, Whose.OWN)} is never answered."
        yield Match(
            Weight.FITS,
            sees,
            (*again[:3], *gave_up[:2]),
            scope=Scope.PHASE2,
            instead=("PROXY_MISMATCH", "TRANSFORM_MISMATCH", "PFS_MISMATCH", "PACKETS_LOST", "LOST_PEER"),
            unknowable=(
                "Many devices drop a proposal for phase 2 that they do not like without a word; why "
                "stands in the "
                "peer's log alone."
            ),
        )
