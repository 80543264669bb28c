"""Phase 1 proposals: no policy in common, aggressive mode, the version of IKE, the authentication method."""

from collections.abc import Iterator

from mainmode.catalogue.facts import Began, Exchange, Offer, Phase, Refused, Suite, Symptom, Way, Whose
from mainmode.explain.diagnoses.advice import stronger, suite_values
from mainmode.explain.diagnoses.case import Case
from mainmode.explain.diagnoses.declaration import At, Diagnosis, Match, Remedy, Weight
from mainmode.explain.finding import Check, Safety
from mainmode.explain.offers import gathered
from mainmode.explain.record import Noted

ATTRIBUTES = ("encryption", "integrity", "group", "authentication")
_WORDS = {"integrity": "hash"}
_FIELDS = {"hash": "integrity", "key length": "encryption"}


def differing(offered: list[Suite], configured: list[Suite]) -> list[tuple[str, str, str]]:
    """Attribute, offered and configured value where the two nearest proposals differ."""
    best: list[tuple[str, str, str]] | None = None
    for one in offered:
        for other in configured:
            found = [
                (_WORDS.get(name, name), getattr(one, name), getattr(other, name))
                for name in ATTRIBUTES
                if getattr(one, name) and getattr(other, name) and getattr(one, name) != getattr(other, name)
            ]
            if best is None or len(found) < len(best):
                best = found
    return best or []


def offers(case: Case, phase: Phase, whose: Whose) -> list[tuple[Suite, Noted]]:
    """The proposals of one side in a phase, each whole."""
    return [
        (offer.suite, noted)
        for offer, noted in gathered(case.all(Offer))
        if offer.phase is phase and offer.whose is whose
    ]


def refused_attributes(case: Case, refusals: tuple[Noted, ...], phase: Phase) -> list[tuple[str, str, str]]:
    """Which attributes differ, with both values where told: by the refusals, else by comparing the proposals."""
    found: dict[tuple[str, str, str], None] = {}
    for noted in refusals:
        fact = noted.fact
        if isinstance(fact, Refused) and fact.attribute and fact.attribute != "lifetime":
            found[fact.attribute, fact.offered, fact.configured] = None
    compared = differing(
        [suite for suite, _ in offers(case, phase, Whose.PEER)], [suite for suite, _ in offers(case, phase, Whose.OWN)]
    )
    if compared and all(not offered for _, offered, _ in found):
        return compared
    return _with_values(case, refusals, phase) if found and not any(offered for _, offered, _ in found) else list(found)


def _with_values(case: Case, refusals: tuple[Noted, ...], phase: Phase) -> list[tuple[str, str, str]]:
    """What was offered of each refused attribute, by the offers that stand in front of the refusals."""
    offered = offers(case, phase, Whose.PEER)
    found: dict[str, dict[str, None]] = {}
    for noted in refusals:
        fact = noted.fact
        if not isinstance(fact, Refused) or not fact.attribute or fact.attribute == "lifetime":
            continue
        before = [suite for suite, other in offered if other.record.first <= noted.record.first]
        value = getattr(before[-1], _FIELDS.get(fact.attribute, fact.attribute), "") if before else ""
        found.setdefault(fact.attribute, {})[value] = None
    return [(name, " and ".join(value for value in list(values)[:4] if value), "") for name, values in found.items()]


def spelled(attributes: list[tuple[str, str, str]]) -> str:
    """`hash (offered SHA-1, configured MD5)`, one after the other."""
    rows = []
    for name, offered, configured in attributes:
        if offered and configured:
            rows.append(f"{name} (offered {offered}, configured {configured})")
        elif offered or configured:
            rows.append(f"{name} ({'offered' if offered else 'configured'} {offered or configured})")
        else:
            rows.append(name)
    return ", ".join(rows)


def _phase1_mismatch(case: Case) -> Iterator[Match]:
    if case.phase1_up:
        return
    refusals = case.refusals(Phase.ONE)
    values = _wanted(case)
    if refusals and not case.agreed(Phase.ONE):
        attributes = refused_attributes(case, refusals, Phase.ONE)
        which = f" in {spelled(attributes)}" if attributes else ""
        better = stronger(attributes)
        sees = f"This device refused every phase 1 proposal of {case.peer}{which}."
        if better and any(offered and configured for _, offered, configured in attributes):
            sees += " Either side may change; the commands take the stronger value for both."
        others = () if attributes else ("IKE_VERSION",)
        yield Match(Weight.STATED, sees, refusals[:4], instead=others, values=values | better)
    refused, whose = case.notified("NO-PROPOSAL-CHOSEN", "ATTRIBUTES-NOT-SUPPORTED"), case.peer
    begun_there = case.initiator is False and case.negotiation.dialect == "capture"
    if begun_there and not refused and not refusals and not case.agreed(Phase.ONE):
        refused, whose = case.notified("NO-PROPOSAL-CHOSEN", way=Way.SENT), "This device"
    if refused and (whose != case.peer or not case.heard):
        sees = f"{whose} answered the first message with NO-PROPOSAL-CHOSEN, and did not say what it misses."
        yield Match(
            Weight.FITS,
            sees,
            refused[:3],
            instead=("NO_TUNNEL_GROUP", "PSK_MISSING", "IKE_VERSION", "PEER_ADDRESS_WRONG"),
            unknowable="The notify has no reason in it: whether no policy fits, or the peer has no connection, no key "
            "or only IKEv2 for this address, stands in the peer's log alone.",
            values=values,
        )
    unread = case.told(Symptom.NOT_PROTECTED)
    if unread and not refused and not refusals and not case.heard and case.initiator is not False:
        sees = f"{case.peer} answers the first message with an unprotected notify, which this device does not read."
        yield Match(
            Weight.FITS,
            sees,
            unread[:3],
            instead=("NO_TUNNEL_GROUP", "PSK_MISSING", "IKE_VERSION", "PEER_ADDRESS_WRONG"),
            unknowable="The device rejects the notify without telling its name. It is nearly always "
            "NO-PROPOSAL-CHOSEN; a capture on UDP 500 shows it in clear, and the peer's log tells the reason.",
            values=values,
        )
    for noted in case.told(Symptom.NO_POLICY)[:1]:
        if not refusals and not case.agreed(Phase.ONE):
            sees = f"This device has no phase 1 policy for {case.peer}."
            yield Match(Weight.IMPLIED, sees, (noted,), Whose.OWN, instead=("IKE_NOT_ENABLED", "NO_MATCHING_ENTRY"))
    for noted in case.told(Symptom.DH_GROUP)[:1]:
        detail = case.detail(Symptom.DH_GROUP)
        yield Match(
            Weight.IMPLIED,
            f"The Diffie-Hellman group{f' {detail}' if detail else ''} of {case.peer} is unknown or its value wrong.",
            (noted,),
            instead=("PSK_MISMATCH",),
        )


def _wanted(case: Case) -> dict[str, str]:
    """What both sides could agree on: the first proposal of the peer, else the own one."""
    found = offers(case, Phase.ONE, Whose.PEER) or offers(case, Phase.ONE, Whose.OWN)
    return suite_values(found[0][0]) if found else {}


PHASE1_MISMATCH = Diagnosis(
    "PHASE1_MISMATCH",
    "No phase 1 policy in common",
    "this device refuses every phase 1 proposal, or the peer answers the first message with NO-PROPOSAL-CHOSEN",
    "The initiator offers its policies, and the responder must have one with the same encryption, hash, Diffie-Hellman "
    "group and authentication. A lifetime may differ. One attribute that differs is enough for a refusal.",
    "the responder's log names an attribute and both values (Mismatched attribute types, … does not match policy)",
    _phase1_mismatch,
    (
        Check(Whose.OWN, "The phase 1 policies: encryption, hash, group and authentication of each."),
        Check(Whose.PEER, "That one policy has the very same four values, the key length of AES included."),
    ),
    (
        Remedy(
            "asa",
            "A policy with the values that both sides are to have (8.3 and earlier: crypto isakmp policy).",
            (
                "show run crypto ikev1",
                "crypto ikev1 policy {policy}",
                " authentication pre-share",
                " encryption {encryption}",
                " hash {integrity}",
                " group {dh}",
                " lifetime 86400",
            ),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "ios",
            "A policy with the values that both sides are to have.",
            (
                "do show crypto isakmp policy",
                "crypto isakmp policy {policy}",
                " encr {encryption}",
                " hash {integrity}",
                " authentication pre-share",
                " group {dh}",
            ),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "charon",
            "The proposal that both sides are to have, in swanctl.conf, then swanctl --load-conns.",
            ("connections.{group}.proposals = {encryption}-{integrity}-{dh}", "swanctl --load-conns"),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "pluto",
            "The proposal that both sides are to have, in ipsec.conf, then the connection is read anew.",
            ("conn {group}", "    ike={encryption}-{integrity};{dh}", "ipsec auto --replace {group}"),
            Safety.DISRUPTIVE,
            At.BOTH,
        ),
    ),
)


def _aggressive(case: Case) -> Iterator[Match]:
    if case.phase1_up:
        return
    refused = case.told(Symptom.AGGRESSIVE_REFUSED)
    if refused:
        sees = f"{case.peer} began in aggressive mode, and this device refuses it."
        if case.initiator:
            sees = f"This device may not begin in aggressive mode, which {case.peer} is configured for."
        yield Match(Weight.STATED, sees, refused[:3], Whose.PEER)
    main = case.told(Symptom.MAIN_REFUSED)
    if main:
        sees = f"{case.peer} began in main mode, and this device is configured for aggressive mode with it."
        yield Match(Weight.STATED, sees, main[:3], instead=("IKE_VERSION",))
    began = [noted for noted in case.all(Began) if _began(noted) is Exchange.AGGRESSIVE]
    if began and case.initiator and not case.heard and (case.silence or case.errors()):
        sees = f"This device began in aggressive mode, and {case.peer} does not answer it."
        yield Match(
            Weight.MAYBE,
            sees,
            (began[0], *case.silence[:2], *case.errors()[:1]),
            instead=("NO_ANSWER", "NO_TUNNEL_GROUP", "PHASE1_MISMATCH"),
            unknowable="A peer that refuses aggressive mode often says nothing: its log tells.",
        )


def _began(noted: Noted) -> Exchange | None:
    return noted.fact.exchange if isinstance(noted.fact, Began) else None


AGGRESSIVE_REFUSED = Diagnosis(
    "AGGRESSIVE_REFUSED",
    "Main mode on one side, aggressive mode on the other",
    "a device refuses aggressive mode, or takes nothing else",
    "Aggressive mode sends identities and a hash of the key in clear, so many devices refuse it; and a connection that "
    "is set to one mode does not take the other.",
    "the responder's log says that aggressive mode is disabled, or that no connection allows main mode",
    _aggressive,
    (
        Check(Whose.OWN, "Which mode the crypto map entry or the connection begins with."),
        Check(Whose.PEER, "That it takes main mode."),
    ),
    (
        Remedy(
            "asa",
            "Begin in main mode with this peer.",
            ("show run crypto map", "no crypto map {entry} set ikev1 phase1-mode aggressive"),
            Safety.DISRUPTIVE,
            At.BOTH,
        ),
        Remedy(
            "ios",
            "Take the aggressive mode profile away, so that main mode is used.",
            ("no crypto isakmp peer address {peer}",),
            Safety.DISRUPTIVE,
            At.BOTH,
        ),
        Remedy(
            "charon",
            "Main mode, in swanctl.conf, then swanctl --load-conns.",
            ("connections.{group}.aggressive = no", "swanctl --load-conns"),
            Safety.DISRUPTIVE,
            At.BOTH,
        ),
        Remedy(
            "pluto",
            "Main mode, in ipsec.conf, then the connection is read anew.",
            ("conn {group}", "    aggressive=no", "ipsec auto --replace {group}"),
            Safety.DISRUPTIVE,
            At.BOTH,
        ),
    ),
)


def _version(case: Case) -> Iterator[Match]:
    if case.phase1_up:
        return
    told = case.told(Symptom.IKE_VERSION)
    if told:
        sees = f"This device and {case.peer} do not speak the same version of IKE."
        detail = case.detail(Symptom.IKE_VERSION)
        yield Match(
            Weight.STATED, f"{sees[:-1]}: {detail}." if detail else sees, told[:3], instead=("NO_TUNNEL_GROUP",)
        )
    wrong = case.notified("INVALID-MAJOR-VERSION", "INVALID-MINOR-VERSION", "INVALID-EXCHANGE-TYPE")
    if wrong:
        sees = f"{case.peer} answered with {wrong[0].fact.name}."  # type: ignore[union-attr]
        yield Match(Weight.IMPLIED, sees, wrong[:3], instead=("AGGRESSIVE_REFUSED",))
    yield from _loaded_otherwise(case)
    second = [one for one in case.messages(Way.RECEIVED) if getattr(one.fact, "exchange", None) is Exchange.IKEV2]
    alone = case.negotiation.dialect == "capture" and len(second) == len(case.messages(Way.RECEIVED))
    if second and not told and not alone:
        sees = f"{case.peer} speaks IKEv2."
        yield Match(Weight.SHAPED, sees, tuple(second[:3]), instead=("IKE_NOT_ENABLED",))


def _loaded_otherwise(case: Case) -> Iterator[Match]:
    """A daemon that has no connection for the peer in IKEv1: what it has loaded tells whether the version is why."""
    nobody = case.told(Symptom.NO_TUNNEL_GROUP)
    if not nobody or case.vendor not in ("charon", "pluto"):
        return
    second = case.loaded_for(Exchange.IKEV2)
    if second:
        sees = f"{case.peer} begins with IKEv1, and the connection that is loaded here takes IKEv2."
        others = case.loaded_for(Exchange.MAIN, Exchange.AGGRESSIVE, None)
        named = [one for one in others if getattr(one.fact, "name", "")] if case.vendor == "pluto" else others
        weight = Weight.IMPLIED if named else Weight.STATED
        yield Match(weight, sees, (*second[:2], *nobody[:2]), instead=("NO_TUNNEL_GROUP",), better=1)
    elif case.loaded_with(case.peer) and not case.loaded_for(Exchange.MAIN):
        sees = (
            f"This device knows {case.peer} (a key for it is loaded), and has no connection that takes IKEv1 from it: "
            "its connection takes IKEv2, or is for other addresses."
        )
        yield Match(
            Weight.SHAPED,
            sees,
            (*case.loaded_with(case.peer)[:2], *nobody[:2]),
            Whose.OWN,
            instead=("PEER_ADDRESS_WRONG", "NO_TUNNEL_GROUP"),
            unknowable="The log does not show the connection: its version and its addresses stand in the "
            "configuration, and in a log at level 2.",
            better=2,
        )


IKE_VERSION = Diagnosis(
    "IKE_VERSION",
    "One side speaks IKEv1, the other IKEv2",
    "a message, a notify or a statement about the other version of IKE",
    "The two versions do not understand each other: who gets the other one's first message drops it, or answers with "
    "NO-PROPOSAL-CHOSEN or INVALID-MAJOR-VERSION.",
    "the peer's log tells of no IKEv1 configuration for this address, or its connection is set to IKEv2",
    _version,
    (
        Check(Whose.OWN, "Which version the connection or the crypto map entry asks for."),
        Check(Whose.PEER, "The same; both must name one version."),
    ),
    (
        Remedy(
            "asa",
            "IKEv1 on the interface and in the crypto map entry.",
            ("crypto ikev1 enable {interface}", "show run crypto map"),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "ios",
            "See which profile is bound: an IKEv2 profile makes the router speak IKEv2 alone.",
            ("show crypto map", "show crypto ikev2 profile"),
            Safety.LOOK,
            At.BOTH,
        ),
        Remedy(
            "charon",
            "IKEv1, in swanctl.conf, then swanctl --load-conns.",
            ("connections.{group}.version = 1", "swanctl --load-conns"),
            Safety.DISRUPTIVE,
            At.BOTH,
        ),
        Remedy(
            "pluto",
            "IKEv1, in ipsec.conf (older: ikev2=never), then the connection is read anew.",
            ("conn {group}", "    keyexchange=ikev1", "ipsec auto --replace {group}"),
            Safety.DISRUPTIVE,
            At.BOTH,
        ),
    ),
)


def _certificate(case: Case) -> Iterator[Match]:
    told = case.told(Symptom.CERTIFICATE, Symptom.SIGNATURE)
    notified = case.notified(
        "INVALID-CERTIFICATE", "INVALID-CERT-AUTHORITY", "INVALID-SIGNATURE", "CERT-TYPE-UNSUPPORTED"
    )
    if not told and not notified:
        return
    up = case.phase1_up
    detail = case.detail(Symptom.CERTIFICATE, Symptom.SIGNATURE)
    sees = (
        f"A certificate or signature of the exchange with {case.peer} is not accepted{f': {detail}' if detail else ''}."
    )
    yield Match(Weight.IMPLIED, sees, (*told, *notified)[:4], warning=up)


CERTIFICATE = Diagnosis(
    "CERTIFICATE",
    "A certificate is not accepted",
    "a statement that a certificate is missing, expired, revoked or not trusted, or a signature does not verify",
    "With certificates each side must hold a certificate that the other trusts: its issuer, its validity at the "
    "device's clock, its name, and the revocation list count.",
    "the log of either side names the certificate and what is wrong with it",
    _certificate,
    (
        Check(Whose.OWN, "The clock, the trustpoint and its chain, and the certificate's name and validity."),
        Check(Whose.PEER, "The same, and that it has the issuer of this side's certificate."),
    ),
    (
        Remedy(
            "asa",
            "Look at clock and certificates.",
            ("show clock", "show crypto ca certificates", "show crypto ca trustpoints"),
            Safety.LOOK,
            At.BOTH,
        ),
        Remedy(
            "ios",
            "Look at clock and certificates.",
            ("show clock", "show crypto pki certificates"),
            Safety.LOOK,
            At.BOTH,
        ),
        Remedy("charon", "Look at clock and certificates.", ("date", "swanctl --list-certs"), Safety.LOOK, At.BOTH),
        Remedy("pluto", "Look at clock and certificates.", ("date", "ipsec auto --listall"), Safety.LOOK, At.BOTH),
    ),
)

PROPOSALS = (PHASE1_MISMATCH, AGGRESSIVE_REFUSED, IKE_VERSION, CERTIFICATE)
