"""Silence: no answer, answers that are lost, ports that are blocked, packets that do not arrive."""

from collections.abc import Iterator

from mainmode.catalogue.facts import GaveUp, NatFound, Symptom, Way, Whose
from mainmode.explain.diagnoses.case import Case
from mainmode.explain.diagnoses.declaration import At, Diagnosis, Match, Remedy, Scope, Weight
from mainmode.explain.finding import Check, Safety

_CAPTURES = (
    Remedy(
        "asa",
        "See on this device which packets come and go.",
        ("capture IKE type isakmp interface {interface} match udp any host {peer}", "show capture IKE"),
        Safety.LOOK,
        At.BOTH,
    ),
    Remedy(
        "ios",
        "See on this router which packets come and go.",
        ("debug crypto isakmp", "show ip access-lists", "show crypto isakmp sa"),
        Safety.LOOK,
        At.BOTH,
    ),
    Remedy(
        "charon",
        "See on this host which packets come and go.",
        ("tcpdump -ni any host {peer} and \\( udp port 500 or udp port 4500 or proto 50 \\)",),
        Safety.LOOK,
        At.BOTH,
    ),
    Remedy(
        "pluto",
        "See on this host which packets come and go.",
        ("tcpdump -ni any host {peer} and \\( udp port 500 or udp port 4500 or proto 50 \\)",),
        Safety.LOOK,
        At.BOTH,
    ),
)
_CHECKS = (
    Check(Whose.OWN, "A capture on the outside interface: does the message leave, does anything come back?"),
    Check(Whose.PEER, "A capture there: does it arrive, and does an answer leave?"),
    Check(None, "Filters, routes and NAT between {peer} and this device for UDP 500, UDP 4500 and ESP (protocol 50)."),
)


def _no_answer(case: Case) -> Iterator[Match]:
    if case.phase1_up or case.errors() or case.told(Symptom.NOT_PROTECTED):
        return
    unanswered = case.told(Symptom.UNANSWERED)
    if unanswered and case.waiting in ("MM2", "AM2", "MM4"):
        yield Match(
            Weight.SHAPED,
            f"In this capture {case.detail(Symptom.UNANSWERED)}: {case.peer} is heard, and this device is silent.",
            unanswered[:3],
            Whose.OWN,
            instead=(
                *("IKE_NOT_ENABLED", "CRYPTO_MAP_NOT_BOUND", "NO_TUNNEL_GROUP", "IKE_VERSION", "AGGRESSIVE_REFUSED"),
                "ANSWERS_LOST",
            ),
            unknowable="Why it is silent stands in its own log; a capture made elsewhere may lack its answers.",
        )
        return
    first = case.waiting in ("MM2", "AM2")
    if case.heard or not (case.silence or case.gave_up) or case.initiator is False or not (first or case.silence):
        return
    if case.waiting and not first:
        return
    count = len(case.repeats(Way.SENT))
    times = f", and {count} {'repetition' if count == 1 else 'repetitions'} of it," if count else ""
    sees = f"The first message to {case.peer}{times} had no answer."
    instead = ("IKE_NOT_ENABLED", "UDP_BLOCKED", "PEER_ADDRESS_WRONG", "CRYPTO_MAP_NOT_BOUND", "ANSWERS_LOST")
    more = ("CONNECTION_TYPE", "IKE_VERSION", "LIMIT", "AGGRESSIVE_REFUSED")
    heard = "its log shows nothing of this device" if case.both and case.pairing is None else ""
    yield Match(
        Weight.SHAPED,
        f"{sees[:-1]}, and {heard}." if heard else sees,
        (*case.messages(Way.SENT, "MM1", "AM1")[:1], *case.silence),
        instead=instead + more,
        unknowable="Who hears nothing cannot know why: the peer may be down or elsewhere, not speak IKE on that "
        "interface, drop this address in silence, or be behind a filter. Its log, or a capture on its side, tells.",
    )


NO_ANSWER = Diagnosis(
    "NO_ANSWER",
    "The peer does not answer",
    "the first message is sent again and again, and nothing comes back",
    "Either the first message does not arrive (filter, route, wrong address), or the peer drops it in silence (IKE not "
    "enabled there, no crypto map or connection for this side), or its answers do not come back.",
    "nothing of the peer is in the log",
    _no_answer,
    _CHECKS,
    _CAPTURES,
)


def _answers_lost(case: Case) -> Iterator[Match]:
    ours, theirs = case.lost(Whose.OWN), case.arrived(Whose.PEER)
    if case.phase1_up:
        yield from _late_answers(case)
        return
    if ours and theirs and not case.arrived(Whose.OWN):
        noted = tuple(link.sent for link in ours[:3] if link.sent is not None)
        sees = f"What {case.peer} sends arrives here, and nothing that this device sends arrives there."
        yield Match(Weight.IMPLIED, sees, noted, instead=("UDP_BLOCKED",), better=2)
        return
    unheard = case.told(Symptom.NOT_HEARD)
    if unheard:
        sees = f"In this capture {case.detail(Symptom.NOT_HEARD)}."
        yield Match(Weight.SHAPED, sees, unheard[:3], instead=("UDP_BLOCKED", "PACKETS_LOST"), better=2)
        return
    again = (*case.repeats(Way.RECEIVED, "MM1", "MM3", "AM1"), *case.told(Symptom.DUPLICATE))
    repeated = case.repeats(Way.RECEIVED, "MM3") or case.told(Symptom.DUPLICATE)
    waits = case.waiting in ("MM3", "AM3") or (case.waiting == "MM5" and bool(repeated))
    if case.initiator is False and again and (waits or not case.waiting) and not case.told(Symptom.KEY_WRONG):
        name = {"MM3": "MM1", "AM3": "AM1", "MM5": "MM3"}.get(case.waiting, "its message")
        sees = f"{case.peer} sends {name} again and again although this device answers it: the answers do not arrive."
        yield Match(
            Weight.SHAPED,
            sees,
            (*again[:3], *case.repeats(Way.SENT)[:2], *case.gave_up[:1]),
            instead=("UDP_BLOCKED", "PACKETS_LOST", "PEER_ADDRESS_WRONG"),
        )
    elif case.initiator is None and case.told(Symptom.DUPLICATE) and not case.errors():
        yield Match(
            Weight.MAYBE,
            f"{case.peer} sends a message of phase 1 again and again: the answers of this device do not arrive, or "
            "the peer does not take them.",
            case.told(Symptom.DUPLICATE)[:3],
            instead=("PSK_MISMATCH", "UDP_BLOCKED", "PACKETS_LOST", "NO_TUNNEL_GROUP"),
            unknowable="Which message it is stands in a debug of the whole negotiation.",
        )


def _late_answers(case: Case) -> Iterator[Match]:
    """Phase 1 stands on this side, and the peer asks again for the last answer; or so in a quick mode."""
    unheard = case.told(Symptom.NOT_HEARD)
    if unheard and not case.phase2_up:
        sees = f"In this capture {case.detail(Symptom.NOT_HEARD)}."
        yield Match(Weight.SHAPED, sees, unheard[:3], None, Scope.PHASE2, ("PACKETS_LOST", "UDP_BLOCKED"))
    if case.phase2_up or case.initiator is not False or case.told(Symptom.UNANSWERED, Symptom.UNREAD_ANSWER):
        return
    lame = case.in_lame((*case.repeats(Way.RECEIVED, "QM1"), *case.told(Symptom.DUPLICATE)))
    waits = case.in_lame(noted for noted in case.all(GaveUp) if getattr(noted.fact, "waiting_for", "") == "QM3")
    if case.lame and lame:
        sees = f"{case.peer} sends the first message of phase 2 again although this device answers it."
        yield Match(Weight.SHAPED, sees, (*lame[:3], *waits[:1]), None, Scope.PHASE2, ("PACKETS_LOST", "UDP_BLOCKED"))
    again = case.told(Symptom.DUPLICATE)
    if again and not case.negotiation.phase2:
        sees = f"{case.peer} sends MM5 again although this device answers it: MM6 does not arrive, or is not accepted."
        yield Match(
            Weight.FITS, sees, again[:3], None, Scope.PHASE2, ("PACKETS_LOST", "PSK_MISMATCH", "IDENTITY_MISMATCH")
        )


ANSWERS_LOST = Diagnosis(
    "ANSWERS_LOST",
    "Only the way back is cut",
    "a responder gets the same message again and again although it answers; or one log has what the other sent, "
    "and not the reverse",
    "One direction passes and the other does not: a filter without state, a route back over another interface, or an "
    "address translated one way.",
    "the responder's log shows the first message several times, each answered",
    _answers_lost,
    _CHECKS,
    _CAPTURES,
)


def _udp_4500(case: Case) -> Iterator[Match]:
    if case.phase1_up or not case.nat:
        return
    waits = case.waiting in ("MM5", "MM6")
    malformed = case.errors() or case.told(Symptom.KEY_WRONG)
    if waits and not malformed and (case.silence or case.gave_up):
        which = "MM5, the first on UDP 4500," if case.waiting == "MM6" else "MM5, which comes on UDP 4500,"
        sees = f"A NAT was found on the way to {case.peer}; {which} " + (
            "is never answered." if case.waiting == "MM6" else "never arrives."
        )
        again = case.repeats(Way.RECEIVED, "MM4")
        yield Match(
            Weight.SHAPED,
            sees,
            (*case.all(NatFound)[:1], *case.silence, *again[:1]),
            instead=("PSK_MISMATCH", "PACKETS_LOST", "IDENTITY_MISMATCH"),
            better=3,
        )


UDP_4500_BLOCKED = Diagnosis(
    "UDP_4500_BLOCKED",
    "UDP 4500 does not pass",
    "a NAT is found, the exchange goes on to UDP 4500, and there is silence from MM5 on",
    "With a NAT on the path both sides go on to UDP 4500 from MM5 on. A filter that allows UDP 500 alone stops "
    "it there, "
    "and it looks like a key that differs.",
    "a NAT on the path, and MM5 never reaches the peer; a capture shows UDP 4500 leave and not arrive",
    _udp_4500,
    (
        Check(None, "Every filter between the two for UDP 4500, both ways; it needs more than UDP 500."),
        Check(Whose.OWN, "A capture for UDP 4500 on the outside interface."),
        Check(Whose.PEER, "The same."),
    ),
    _CAPTURES,
)


def _udp_blocked(case: Case) -> Iterator[Match]:
    told = case.told(Symptom.UNREACHABLE)
    if told and not case.phase1_up and not case.heard:
        detail = case.detail(Symptom.UNREACHABLE)
        if "port" in detail.lower() or "refused" in detail.lower():
            return
        sees = f"The network says that {case.peer} cannot be reached{f': {detail}' if detail else ''}."
        yield Match(Weight.SHAPED, sees, told[:3], instead=("PEER_ADDRESS_WRONG", "IKE_NOT_ENABLED"))


UDP_BLOCKED = Diagnosis(
    "UDP_BLOCKED",
    "Something on the way blocks IKE",
    "the network itself says that the peer cannot be reached, or two logs show that nothing arrives in either "
    "direction",
    "UDP 500 (and 4500 behind NAT) must pass both ways between the two addresses.",
    "a capture on both sides: the message leaves here and does not arrive there",
    _udp_blocked,
    _CHECKS,
    _CAPTURES,
)


def _packets_lost(case: Case) -> Iterator[Match]:
    waits = case.in_lame(noted for noted in case.all(GaveUp) if getattr(noted.fact, "waiting_for", "") == "QM3")
    if waits and case.initiator is False and not case.told(Symptom.DUPLICATE):
        sees = f"{case.peer} had QM2, and its QM3, the last message of phase 2, never came."
        yield Match(
            Weight.FITS,
            sees,
            (*case.repeats(Way.SENT, "QM2")[:2], *waits[:1]),
            scope=Scope.PHASE2,
            instead=("ANSWERS_LOST", "TRANSFORM_MISMATCH"),
        )
    for whose, who in ((Whose.OWN, "this device"), (Whose.PEER, case.peer)):
        lost = case.lost(whose)
        if not lost or case.phase2_up:
            continue
        names = ", ".join(dict.fromkeys(link.name for link in lost))
        noted = tuple(link.sent for link in lost[:3] if link.sent is not None)
        sees = f"{names} of {who} never arrived at the other side, by the logs of both."
        unread = case.unread or (case.nat and case.waiting in ("MM5", "MM6"))
        weight = Weight.IMPLIED if len(lost) > 1 and not unread else Weight.FITS
        yield Match(weight, sees, noted, whose, instead=("UDP_BLOCKED", "ANSWERS_LOST", "UDP_4500_BLOCKED"))
    alone = case.pairing is None and not case.phase1_up and case.initiator is False and case.silence
    heard = case.told(Symptom.DUPLICATE, Symptom.KEY_WRONG) or case.repeats(Way.RECEIVED, "MM3")
    if alone and case.waiting == "MM5" and not heard:
        yield Match(
            Weight.MAYBE,
            f"{case.peer} had MM4, and its MM5 never comes: it stopped there, or MM5 is lost.",
            case.silence,
            instead=("UDP_4500_BLOCKED", "NO_TUNNEL_GROUP", "PSK_MISSING", "PSK_MISMATCH", "IDENTITY_MISMATCH"),
            unknowable="Whether the peer sent MM5, and if not why, stands in its log alone.",
        )
    stopped = case.pairing is None and not case.phase1_up and case.initiator is False and case.waiting == "MM3"
    if stopped and case.silence and not case.repeats(Way.RECEIVED, "MM1") and not case.told(Symptom.DUPLICATE):
        yield Match(
            Weight.MAYBE,
            f"{case.peer} had MM2 and sends no MM3: it stopped there, or one of the two is lost.",
            case.silence,
            instead=("ANSWERS_LOST", "PHASE1_MISMATCH", "CONNECTION_TYPE", "LIMIT"),
            unknowable="Whether MM2 arrived stands in the peer's log alone.",
        )


PACKETS_LOST = Diagnosis(
    "PACKETS_LOST",
    "Messages are lost on the way",
    "two logs of one exchange: a message is sent on one side and not received on the other; with one log, repetitions "
    "that are answered in the end",
    "A line that loses much, a filter that limits UDP, or a path on which larger messages do not pass (MM3 and MM4 are "
    "the largest in clear, with certificates MM5 and MM6).",
    "the logs of both sides show messages that were sent and never received",
    _packets_lost,
    _CHECKS,
    _CAPTURES,
)


def _wrong_address(case: Case) -> Iterator[Match]:
    told = case.told(Symptom.UNREACHABLE)
    if told and not case.phase1_up and not case.heard:
        detail = case.detail(Symptom.UNREACHABLE).lower()
        if "host" in detail or "route" in detail or "network" in detail:
            sees = f"The network says that nobody has the address {case.peer}."
            yield Match(Weight.SHAPED, sees, told[:3], Whose.OWN, instead=("UDP_BLOCKED", "NO_ROUTE"), better=1)
    other = case.in_lame(case.told(Symptom.WRONG_PEER_FOR_ENTRY))
    if other and case.phase2_lame and not case.phase2_up:
        named = case.detail(Symptom.WRONG_PEER_FOR_ENTRY)
        sees = f"The crypto map entry that fits the proxy identities is for another peer than {case.peer}" + (
            f": for {named}." if named else "."
        )
        yield Match(
            Weight.STATED,
            sees,
            other[:3],
            Whose.OWN,
            instead=("EARLIER_ENTRY", "PROXY_MISMATCH"),
            scope=Scope.PHASE2,
            better=4,
        )
    for noted in case.told(Symptom.SAME_OUTER_AND_INNER)[:1]:
        sees = f"{case.peer} is one of this device's own addresses, or asks for the gateways' own addresses."
        yield Match(Weight.FITS, sees, (noted,), instead=("PROXY_MISMATCH", "CONNECTION_TYPE"), scope=Scope.PHASE2)


PEER_ADDRESS_WRONG = Diagnosis(
    "PEER_ADDRESS_WRONG",
    "The peer's address is wrong",
    "a device says that the entry for this traffic names another peer, or the network that nobody has the address",
    "The crypto map entry (or connection) must name the address from which the peer really speaks; behind NAT that is "
    "the address after the translation.",
    "the peer's log is empty, or names another address; or its crypto map names another one for this side",
    _wrong_address,
    (
        Check(Whose.OWN, "set peer of the entry (remote address of the connection): is {peer} the peer's address?"),
        Check(Whose.PEER, "Which address its outside interface has, and what its own entry names as the peer."),
    ),
    (
        Remedy(
            "asa",
            "The peer's true address in the crypto map entry, and a tunnel-group of that name.",
            (
                "show run crypto map",
                "no crypto map {entry} set peer <the wrong address>",
                "crypto map {entry} set peer {peer}",
                "tunnel-group {peer} type ipsec-l2l",
                "tunnel-group {peer} ipsec-attributes",
                " ikev1 pre-shared-key <the agreed key>",
            ),
        ),
        Remedy(
            "ios",
            "The peer's true address in the crypto map entry, and a key for it.",
            (
                "show crypto map",
                "crypto map {entry} ipsec-isakmp",
                " no set peer <the wrong address>",
                " set peer {peer}",
                "crypto isakmp key <the agreed key> address {peer}",
            ),
        ),
        Remedy(
            "charon",
            "The peer's true address in swanctl.conf, then load it.",
            ("connections.{group}.remote_addrs = {peer}", "swanctl --load-conns"),
        ),
        Remedy(
            "pluto",
            "The peer's true address in ipsec.conf, then the connection is read anew.",
            ("conn {group}", "    right={peer}", "ipsec auto --replace {group}"),
        ),
    ),
)

SILENCE = (NO_ANSWER, ANSWERS_LOST, UDP_4500_BLOCKED, UDP_BLOCKED, PACKETS_LOST, PEER_ADDRESS_WRONG)
