"""Keys and names: pre-shared keys that differ or lack, tunnel-groups, identities."""

from collections.abc import Iterator

from mainmode.catalogue.facts import Identity, Symptom, Way, Whose
from mainmode.explain.diagnoses.case import Case
from mainmode.explain.diagnoses.declaration import At, Diagnosis, Match, Remedy, Scope, Weight
from mainmode.explain.finding import Check, Safety
from mainmode.explain.record import Noted

_ENCRYPTED = ("MM6", "AM2")


def _psk_mismatch(case: Case) -> Iterator[Match]:
    if case.phase1_up:
        return
    wrong = case.told(Symptom.KEY_WRONG)
    malformed = case.notified("PAYLOAD-MALFORMED", "INVALID-PAYLOAD-TYPE", "UNEQUAL-PAYLOAD-LENGTHS", "INVALID-COOKIE")
    at_last = case.waiting == "MM6" or bool(case.messages(Way.SENT, "MM5"))
    captured = _in_capture(case, wrong, malformed)
    if captured is not None:
        yield captured
        return
    if wrong:
        yield _unreadable(case, wrong, malformed)
        return
    damaged = case.told(Symptom.MALFORMED)
    if damaged and (case.waiting in ("MM5", "MM6", "AM2", "AM3") or at_last):
        sees = f"A message of {case.peer} cannot be read, as an encrypted one is where the pre-shared keys differ."
        yield Match(
            Weight.FITS,
            sees,
            (*damaged[:3], *malformed[:1]),
            instead=("IDENTITY_MISMATCH", "NO_TUNNEL_GROUP", "AGGRESSIVE_REFUSED", "BAD_MESSAGE"),
            unknowable=(
                "A device that cannot read a message does not know whether it is damaged or sealed with another key."
            ),
        )
        return
    if at_last and malformed:
        sees = f"{case.peer} answered the first encrypted message with {malformed[0].fact.name}: it cannot read it."  # type: ignore[union-attr]
        yield Match(Weight.SHAPED, sees, malformed[:3], instead=("IDENTITY_MISMATCH", "PACKETS_LOST"), better=2)
    elif at_last and case.initiator is not False and case.silence and not case.notified("AUTHENTICATION-FAILED"):
        again = case.repeats(Way.RECEIVED, "MM4")
        sees = f"The first encrypted message (MM5) to {case.peer} is never answered" + (
            ", and the peer repeats MM4." if again else "."
        )
        weight = Weight.FITS if case.nat else Weight.SHAPED
        yield Match(
            weight,
            sees,
            (*case.messages(Way.SENT, "MM5")[:1], *case.silence, *again[:2]),
            instead=("IDENTITY_MISMATCH", "UDP_4500_BLOCKED" if case.nat else "PACKETS_LOST", "NO_TUNNEL_GROUP"),
            unknowable="What the peer thinks of MM5 stands in its log alone.",
        )
    elif _waits_for_am3(case) and (case.silence or case.gave_up or malformed):
        yield Match(
            Weight.FITS,
            f"{case.peer} had this device's proof in AM2 and sends no AM3: as a rule it could not verify it.",
            (*case.messages(Way.SENT, "AM2")[:1], *malformed[:1], *case.silence),
            instead=("IDENTITY_MISMATCH", "ANSWERS_LOST", "PACKETS_LOST"),
            unknowable="What the peer thinks of AM2 stands in its log alone.",
        )


def _waits_for_am3(case: Case) -> bool:
    answered = case.messages(Way.SENT, "AM2") and not case.messages(Way.RECEIVED, "AM3")
    return case.initiator is False and bool(answered)


def _unreadable(case: Case, wrong: tuple[Noted, ...], malformed: tuple[Noted, ...]) -> Match:
    """A device says that a message does not decrypt or verify; who sends it decides how much that proves."""
    informational = _is_answer(case)
    if informational and case.initiator:
        sees = f"{case.peer} answered the first encrypted message with one that does not decrypt here."
        return Match(
            Weight.SHAPED,
            sees,
            (*wrong[:3], *malformed[:1]),
            instead=("IDENTITY_MISMATCH", "AGGRESSIVE_REFUSED", "PSK_MISSING"),
            unknowable="Some daemons protect this answer in a way that their peer cannot undo even with equal keys; "
            "then the peer's log tells of an identity or a connection.",
        )
    sees = f"A message of {case.peer} does not decrypt or verify with this device's pre-shared key."
    return Match(Weight.IMPLIED, sees, wrong[:4], instead=("PSK_MISSING", "IDENTITY_MISMATCH"), better=3)


def _in_capture(case: Case, wrong: tuple[Noted, ...], malformed: tuple[Noted, ...]) -> Match | None:
    """What a capture shows of keys that differ: proofs that were judged or refused, an answer under encryption."""
    if wrong and case.negotiation.dialect == "capture":
        sees = f"In this capture {case.detail(Symptom.KEY_WRONG)}."
        return Match(Weight.IMPLIED, sees, (*wrong[:3], *malformed[:1]), instead=("PSK_MISSING",), better=3)
    theirs = case.notified("INVALID-HASH-INFORMATION")
    disproved = (*theirs, *case.notified("INVALID-HASH-INFORMATION", way=Way.SENT))
    if disproved:
        who = case.peer if theirs else "This device"
        sees = f"{who} answered the other's proof with INVALID-HASH-INFORMATION: it was made with another key."
        return Match(Weight.SHAPED, sees, disproved[:3], instead=("IDENTITY_MISMATCH",), better=3)
    silent = case.told(Symptom.UNANSWERED) if case.waiting == "MM6" else ()
    if silent:
        sees = f"In this capture {case.detail(Symptom.UNANSWERED)}: this device does not take it."
        others = ("IDENTITY_MISMATCH", "PSK_MISSING", "UDP_4500_BLOCKED")
        unknowable = "Why it is not taken stands in this device's own log."
        return Match(Weight.FITS, sees, silent[:3], instead=others, unknowable=unknowable)
    unread = case.told(Symptom.UNREAD_ANSWER)
    if not unread:
        return None
    aggressive = bool(case.messages(Way.SENT, "AM2") or case.messages(Way.RECEIVED, "AM2"))
    sees = (
        f"In this capture {case.detail(Symptom.UNREAD_ANSWER)}: the exchange was refused, and the reason is encrypted."
    )
    if case.negotiation.dialect != "capture":
        sees = f"{case.peer} sent an informational message instead of going on, unread here: it refused."
    return Match(
        Weight.SHAPED if aggressive else Weight.FITS,
        sees,
        unread[:3],
        instead=("IDENTITY_MISMATCH", "AGGRESSIVE_REFUSED", "PSK_MISSING"),
        unknowable="The reason is encrypted: a key file (--keys) opens it, or either end's log tells it.",
    )


def _is_answer(case: Case) -> bool:
    """Whether what does not decrypt came while this device waited for MM6, and MM6 itself never did."""
    return not case.messages(Way.RECEIVED, *_ENCRYPTED) and bool(case.messages(Way.SENT, "MM5"))


PSK_MISMATCH = Diagnosis(
    "PSK_MISMATCH",
    "The pre-shared keys differ",
    "a device says that a message does not decrypt; or MM5 is answered by PAYLOAD-MALFORMED or never, however often it "
    "is sent",
    "The keys of the IKE SA are made from the pre-shared key. With two different ones the first encrypted "
    "message (MM5) "
    "decrypts to nonsense, and the responder drops it.",
    "the responder's log says that MM5 does not decrypt, or the keys of both sides, typed anew, bring the tunnel up",
    _psk_mismatch,
    (
        Check(Whose.OWN, "The key for {peer}: blanks at its end, a question mark that the terminal took, quotes."),
        Check(Whose.PEER, "The same; type the key anew on both sides rather than compare."),
    ),
    (
        Remedy(
            "asa",
            "Type the key anew (8.3 and earlier: pre-shared-key); more system:running-config shows it in clear.",
            ("tunnel-group {peer} ipsec-attributes", " ikev1 pre-shared-key <the agreed key>"),
            at=At.BOTH,
        ),
        Remedy(
            "ios",
            "Type the key anew; with a keyring or profile it stands there.",
            ("no crypto isakmp key <the old key> address {peer}", "crypto isakmp key <the agreed key> address {peer}"),
            at=At.BOTH,
        ),
        Remedy(
            "charon",
            "Type the secret anew in swanctl.conf, with an id for each end, then load it.",
            (
                "secrets.ike-{group}.id-1 = {own}",
                "secrets.ike-{group}.id-2 = {peer}",
                'secrets.ike-{group}.secret = "<the agreed key>"',
                "swanctl --load-creds --clear",
            ),
            at=At.BOTH,
        ),
        Remedy(
            "pluto",
            "Type the secret anew in ipsec.secrets, then read it.",
            ('{own} {peer} : PSK "<the agreed key>"', "ipsec auto --rereadsecrets"),
            at=At.BOTH,
        ),
    ),
)


def _psk_missing(case: Case) -> Iterator[Match]:
    if case.phase1_up or case.vendor == "asa":
        return
    missing = case.told(Symptom.KEY_MISSING)
    if missing:
        sees = f"This device has no pre-shared key for {case.peer}."
        yield Match(Weight.STATED, sees, missing[:3], Whose.OWN, better=1)


PSK_MISSING = Diagnosis(
    "PSK_MISSING",
    "No pre-shared key for the peer",
    "a router or a daemon says that it finds no key for this peer",
    "A device looks for a key by the peer's address (a daemon by both identities). Without one it drops the "
    "negotiation, and its peer sees silence or NO-PROPOSAL-CHOSEN.",
    "the peer's log says that no pre-shared key was found for this address or identity",
    _psk_missing,
    (
        Check(Whose.OWN, "A key for {peer}, under the address or the identity from which the peer really comes."),
        Check(Whose.PEER, "From which address it speaks, NAT on its way included."),
    ),
    (
        Remedy(
            "asa",
            "A tunnel-group with a key, named by the peer's address.",
            (
                "tunnel-group {peer} type ipsec-l2l",
                "tunnel-group {peer} ipsec-attributes",
                " ikev1 pre-shared-key <the agreed key>",
            ),
            Safety.SAFE,
        ),
        Remedy(
            "ios", "A key for the peer's address.", ("crypto isakmp key <the agreed key> address {peer}",), Safety.SAFE
        ),
        Remedy(
            "charon",
            "A secret for both ends in swanctl.conf, then load it.",
            (
                "secrets.ike-{group}.id-1 = {own}",
                "secrets.ike-{group}.id-2 = {peer}",
                'secrets.ike-{group}.secret = "<the agreed key>"',
                "swanctl --load-creds",
            ),
            Safety.SAFE,
        ),
        Remedy(
            "pluto",
            "A secret for both ends in ipsec.secrets, then read it.",
            ('{own} {peer} : PSK "<the agreed key>"', "ipsec auto --rereadsecrets"),
            Safety.SAFE,
        ),
    ),
)


def _no_tunnel_group(case: Case) -> Iterator[Match]:
    if case.phase1_up:
        return
    told = case.told(Symptom.NO_TUNNEL_GROUP)
    if case.vendor == "asa":
        told = (*told, *case.told(Symptom.KEY_MISSING))
    if told:
        what = "tunnel-group with a key" if case.vendor == "asa" else "connection"
        named = case.detail(Symptom.NO_TUNNEL_GROUP)
        sees = f"This device has no {what} for {case.peer}{f' ({named})' if named and named != case.peer else ''}."
        yield _nobody(case, sees, told[:4])
        return
    default = case.told(Symptom.KEY_FROM_DEFAULT)
    if default:
        sees = f"For want of a tunnel-group of its own, {case.peer} was tried with the default group's key."
        yield Match(Weight.MAYBE, sees, default[:2], Whose.OWN, instead=("PSK_MISMATCH",))
    if case.waiting == "MM4" and case.initiator is not False and (case.silence or case.errors()):
        yield _after_mm3(case)
    if case.waiting == "MM5" and case.initiator is False and not case.nat and case.silence:
        started = [one for one in case.others if one.phase1 is not None and one.reached == "none"]
        if started and not case.repeats(Way.RECEIVED, "MM3") and not case.told(Symptom.KEY_WRONG):
            sees = f"{case.peer} stops after MM4 and begins anew: it does not know this device well enough to go on."
            yield Match(
                Weight.FITS,
                sees,
                case.silence,
                Whose.PEER,
                instead=("PSK_MISSING", "PACKETS_LOST", "IDENTITY_MISMATCH"),
                unknowable="Why the peer stops after MM4 stands in its log alone.",
            )


def _nobody(case: Case, sees: str, told: tuple[Noted, ...]) -> Match:
    """No tunnel-group or connection. Daemons say so too where one is loaded that takes another version or mode."""
    if case.vendor == "asa":
        return Match(Weight.STATED, sees, told, Whose.OWN)
    if case.vendor not in ("charon", "pluto") or not case.loaded:
        return Match(Weight.STATED, sees, told, Whose.OWN, instead=("IKE_VERSION",))
    return Match(
        Weight.SHAPED,
        f"{sees[:-1]} that takes what it sends, though one is loaded.",
        told,
        Whose.OWN,
        instead=("AGGRESSIVE_REFUSED", "PEER_ADDRESS_WRONG", "IKE_VERSION"),
        unknowable="A daemon says the same where its connection is for other addresses, takes another mode or version, "
        "or authenticates otherwise: the configuration tells.",
        better=1,
    )


def _after_mm3(case: Case) -> Match:
    """MM3 is never answered although MM1 was: the responder looks for a key once it has MM3."""
    cookie = case.notified("INVALID-COOKIE", "INVALID-PAYLOAD-TYPE", "PAYLOAD-MALFORMED", "NO-PROPOSAL-CHOSEN")
    noted = (*case.messages(Way.SENT, "MM3")[:1], *cookie[:2], *case.silence[:3])
    if cookie:
        sees = f"{case.peer} dropped the negotiation once it had MM3 ({cookie[0].fact.name})."  # type: ignore[union-attr]
        return Match(Weight.SHAPED, sees, noted, Whose.PEER, instead=("PSK_MISSING", "PACKETS_LOST"))
    sees = (
        f"{case.peer} accepted the proposal, and is silent since MM3: it looks for the tunnel-group and the key then."
    )
    return Match(
        Weight.FITS,
        sees,
        noted,
        Whose.PEER,
        instead=("PSK_MISSING", "PACKETS_LOST", "ANSWERS_LOST"),
        unknowable="Whether MM3 arrived, and what the peer misses, stands in its log alone.",
    )


NO_TUNNEL_GROUP = Diagnosis(
    "NO_TUNNEL_GROUP",
    "No tunnel-group or connection with a key for the peer",
    "a device says that it finds no tunnel-group, key or connection for the peer; or the peer accepts the proposal and "
    "drops the negotiation after MM3",
    "A firewall looks for a tunnel-group that is named by the address from which the peer comes, and takes the "
    "key from it; without one, or without a key in it, it gives up as soon as it has MM3 (or before MM5).",
    "the peer's log says Can't find a valid tunnel group, no connection is known, or no pre-shared key was found",
    _no_tunnel_group,
    (
        Check(Whose.OWN, "A tunnel-group or connection that is named by {peer}, with a key in it."),
        Check(Whose.PEER, "From which address the other side comes, and that its tunnel-group has just that name."),
    ),
    (
        Remedy(
            "asa",
            "A tunnel-group with a key, named by the peer's address (8.3 and earlier: pre-shared-key).",
            (
                "show run tunnel-group",
                "tunnel-group {peer} type ipsec-l2l",
                "tunnel-group {peer} ipsec-attributes",
                " ikev1 pre-shared-key <the agreed key>",
            ),
            Safety.SAFE,
        ),
        Remedy(
            "ios",
            "A key for the peer's address, in the keyring of the profile where one is used.",
            ("show crypto isakmp key", "crypto isakmp key <the agreed key> address {peer}"),
            Safety.SAFE,
        ),
        Remedy(
            "charon",
            "A connection for both addresses in swanctl.conf, then load it.",
            (
                "connections.{group}.version = 1",
                "connections.{group}.local_addrs = {own}",
                "connections.{group}.remote_addrs = {peer}",
                "swanctl --load-all",
            ),
            Safety.SAFE,
        ),
        Remedy(
            "pluto",
            "A connection for both addresses in ipsec.conf, then add it.",
            (
                "conn {group}",
                "    authby=secret",
                "    ikev2=no",
                "    left={own}",
                "    right={peer}",
                "ipsec auto --add {group}",
            ),
            Safety.SAFE,
        ),
    ),
)


def _identity(case: Case) -> Iterator[Match]:
    told = case.told(Symptom.IDENTITY_MISMATCH)
    if case.phase1_up:
        if told:
            sees = f"The identity or certificate of {case.peer} does not name the address that it comes from."
            yield Match(Weight.IMPLIED, sees, told[:2], scope=Scope.REMARK, warning=True)
        return
    if told:
        theirs = next(
            (one.fact for one in case.all(Identity) if isinstance(one.fact, Identity) and one.fact.whose is Whose.PEER),
            None,
        )
        named = f" as {theirs.value}" if theirs is not None and theirs.value else ""
        detail = case.detail(Symptom.IDENTITY_MISMATCH)
        sees = f"{case.peer} names itself{named}, which is not the identity that this device expects"
        yield Match(Weight.STATED, f"{sees}{f' ({detail})' if detail else ''}.", told[:3], values=_names(theirs))
    failed = case.notified("AUTHENTICATION-FAILED", "INVALID-ID-INFORMATION", "INVALID-CERTIFICATE")
    if failed and not told and (case.waiting in ("MM6", "AM2", "") or case.messages(Way.SENT, "MM5")):
        name = failed[0].fact.name  # type: ignore[union-attr]
        proof = any(getattr(one.fact, "protected", None) for one in failed)
        sees = f"{case.peer} answered MM5 with {name}" + (
            ", under the IKE SA's keys: the keys are equal, and the name is not what it expects." if proof else "."
        )
        yield Match(
            Weight.SHAPED if proof else Weight.MAYBE,
            sees,
            failed[:3],
            instead=("AGGRESSIVE_REFUSED", "PSK_MISSING") if proof else ("PSK_MISMATCH", "PSK_MISSING"),
            unknowable=(
                "Which identity the peer expects, and whether its connection allows this mode, stands in its log."
            ),
            better=1 if proof else 0,
        )


def _names(identity: Identity | None) -> dict[str, str]:
    return {"identity": identity.value} if identity is not None and identity.value else {}


IDENTITY_MISMATCH = Diagnosis(
    "IDENTITY_MISMATCH",
    "The identity is not the one expected",
    "a device says that the peer's identity fits no connection; or MM5 is answered with AUTHENTICATION-FAILED or "
    "INVALID-ID-INFORMATION under keys that work",
    "In MM5 and MM6 each side names itself, as a rule by its address. Behind NAT that is the inside address; a daemon "
    "may be told a name. The other side must expect the very same.",
    "the peer's log names the identity that it got and that no connection has it",
    _identity,
    (
        Check(Whose.OWN, "As what it names itself (crypto isakmp identity, local id, leftid)."),
        Check(Whose.PEER, "Which identity it expects of this side; behind NAT the inside address is sent."),
    ),
    (
        Remedy(
            "asa",
            "Name this device by its address; with certificates, see what is checked.",
            ("crypto isakmp identity address", "show run all tunnel-group {peer} | include peer-id-validate"),
            Safety.WIDE,
            At.BOTH,
        ),
        Remedy(
            "ios",
            "Name this router by its address; a profile must match the peer's identity.",
            ("crypto isakmp identity address", "show crypto isakmp profile"),
            Safety.WIDE,
            At.BOTH,
        ),
        Remedy(
            "charon",
            "The identities of both ends in swanctl.conf, then load it.",
            (
                "connections.{group}.local.id = <own identity>",
                "connections.{group}.remote.id = {identity}",
                "swanctl --load-conns",
            ),
            at=At.BOTH,
        ),
        Remedy(
            "pluto",
            "The identities of both ends in ipsec.conf, then the connection is read anew.",
            ("conn {group}", "    leftid=<own identity>", "    rightid={identity}", "ipsec auto --replace {group}"),
            at=At.BOTH,
        ),
    ),
)


KEYS = (PSK_MISMATCH, PSK_MISSING, NO_TUNNEL_GROUP, IDENTITY_MISMATCH)
