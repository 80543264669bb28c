"""charon: messages that it makes and reads, repeats, loses or does not understand."""

from mainmode.catalogue import spelling
from mainmode.catalogue.dialects.charon_parts import EXCHANGE, MESSAGE_PAYLOADS, MORE, RUNS
from mainmode.catalogue.dialects.parts import ANY, LIST, NUMBER, SPOT, WORD
from mainmode.catalogue.entry import Facts
from mainmode.catalogue.facts import (
    Exchange,
    Floated,
    GaveUp,
    Message,
    Notify,
    Phase,
    Symptom,
    Told,
    Vendor,
    Way,
    Whose,
)
from mainmode.catalogue.origins import RECALLED
from mainmode.catalogue.phrasebook import Values, says

_EXCHANGES = {
    "ID_PROT": Exchange.MAIN,
    "AGGRESSIVE": Exchange.AGGRESSIVE,
    "QUICK_MODE": Exchange.QUICK,
    "INFORMATIONAL_V1": Exchange.INFORMATIONAL,
    "TRANSACTION": Exchange.TRANSACTION,
    "IKE_SA_INIT": Exchange.IKEV2,
    "IKE_INTERMEDIATE": Exchange.IKEV2,
    "IKE_AUTH": Exchange.IKEV2,
    "CREATE_CHILD_SA": Exchange.IKEV2,
    "INFORMATIONAL": Exchange.IKEV2,
    "IKE_SESSION_RESUME": Exchange.IKEV2,
    "IKE_FOLLOWUP_KE": Exchange.IKEV2,
}


def step_of(exchange: str, kind: str, payloads: tuple[str, ...]) -> str:
    """MM1 … QM3, as far as the exchange, request or response, and the payloads tell; else empty."""
    names = {spelling.payload(one) for one in payloads}
    request = kind == "request"
    if exchange == "ID_PROT":
        for first, at in (("SA", 1), ("KE", 3), ("ID", 5), ("HASH", 5)):
            if first in names:
                return f"MM{at if request else at + 1}"
    elif exchange == "AGGRESSIVE":
        return ("AM1" if "SA" in names else "AM3") if request else "AM2"
    elif exchange == "QUICK_MODE":
        if "SA" in names:
            return "QM1" if request else "QM2"
        return "QM3" if request else ""
    elif exchange == "INFORMATIONAL_V1":
        return "INFO"
    return ""


def _message(way: Way, values: Values) -> Facts:
    printed = values.get("payloads", ())
    exchange = _EXCHANGES.get(values["exchange"])
    names = tuple(spelling.payload(one) for one in printed)
    notifies = tuple(
        Notify(way, spelling.notify(one[2:-1]), "HASH" in names or exchange is Exchange.MAIN)
        for one in printed
        if one.startswith("N(") and exchange is not Exchange.IKEV2
    )
    step = step_of(values["exchange"], values["kind"], printed)
    return (Message(way, exchange, names, name=step.replace("INFO", "")), *notifies)


def _again(values: Values) -> Facts:
    exchange = Exchange.QUICK if values["id"] else None
    return (Message(Way.SENT, exchange, again=True),)


def _duplicate(values: Values) -> Facts:
    exchange = Exchange.QUICK if values["id"] else None
    return Message(Way.RECEIVED, exchange, again=True), Told(Symptom.DUPLICATE)


def _packet(values: Values) -> Facts:
    return (Floated(),) if values["own"].port == 4500 else ()


def _failed(values: Values) -> Facts:
    """A message that could not be read: of phase 1 before there are keys that both know."""
    phase = {"ID_PROT": Phase.ONE, "AGGRESSIVE": Phase.ONE, "QUICK_MODE": Phase.TWO}.get(values["exchange"])
    return (Told(Symptom.MALFORMED, phase, f"{values['exchange']} {values['kind']}"),)


def _undecrypted(values: Values) -> Facts:
    """The first encrypted message of main mode begins with an identity; anything else may be out of turn."""
    if values["payload"].startswith("ID"):
        return (Told(Symptom.KEY_WRONG, Phase.ONE),)
    return (Told(Symptom.MALFORMED, None, "decryption failed"),)


SAYINGS = (
    says(
        "charon.generating",
        "generating {exchange} {kind} {id} [ {payloads} ]",
        "generating {exchange} {kind} {id} [ ]",
        "generating {exchange} {kind} [ {payloads} ]",
        origin=MORE,
        tells=lambda values: _message(Way.SENT, values),
        exchange=EXCHANGE,
        kind=WORD,
        id=NUMBER,
        payloads=MESSAGE_PAYLOADS,
    ),
    says(
        "charon.parsed",
        "parsed {exchange} {kind} {id} [ {payloads} ]",
        "parsed {exchange} {kind} {id} [ ]",
        "parsed {exchange} {kind} [ {payloads} ]",
        origin=MORE,
        tells=lambda values: _message(Way.RECEIVED, values),
        exchange=EXCHANGE,
        kind=WORD,
        id=NUMBER,
        payloads=MESSAGE_PAYLOADS,
    ),
    says(
        "charon.packet sent",
        "sending packet: from {own} to {peer} ({length} bytes)",
        "sending packet: from {own} to {peer}({length} bytes)",
        "sending packet: from {own} to {peer}",
        origin=MORE,
        tells=_packet,
        own=SPOT,
        peer=SPOT,
        length=NUMBER,
    ),
    says(
        "charon.packet received",
        "received packet: from {peer} to {own} ({length} bytes)",
        "received packet: from {peer} to {own}({length} bytes)",
        "received packet: from {peer} to {own}",
        "received packet: from {peer} to {own} on {interface}",
        origin=MORE,
        tells=_packet,
        own=SPOT,
        peer=SPOT,
        length=NUMBER,
        interface=WORD,
    ),
    says(
        "charon.retransmit",
        "sending retransmit {number} of {kind} message ID {id}, seq {sequence}",
        "retransmit {number} of request with message ID {id}",
        origin=MORE,
        tells=_again,
        number=NUMBER,
        kind=WORD,
        id=NUMBER,
        sequence=NUMBER,
    ),
    says(
        "charon.answered again",
        "received retransmit of {kind} with ID {id}, retransmitting response",
        origin=RUNS,
        tells=lambda values: (*_duplicate(values), *_again(values)),
        kind=WORD,
        id=NUMBER,
    ),
    says(
        "charon.received again",
        "received retransmit of {kind} with ID {id}, but no response to retransmit",
        "received retransmit of {kind} with ID {id}, but next request already sent",
        "received retransmit of {kind} with ID {id}, resending last request",
        "received retransmit of {kind} with ID {id}, next request already sent",
        "ignoring {kind} with ID {id}, already processing",
        origin=MORE,
        tells=_duplicate,
        kind=WORD,
        id=NUMBER,
    ),
    says(
        "charon.gave up",
        "giving up after {number} retransmits",
        origin=RUNS,
        tells=GaveUp(None, timeout=True),
        number=NUMBER,
    ),
    says(
        "charon.no response",
        "establishing IKE_SA failed, peer not responding",
        "peer not responding, trying again ({number}/{most})",
        "peer not responding, trying again in background ({number}/{most})",
        origin=MORE,
        tells=(GaveUp(Phase.ONE, timeout=True), Told(Symptom.NO_RESPONSE, Phase.ONE)),
        number=NUMBER,
        most=WORD,
    ),
    says(
        "charon.half open",
        "deleting half open IKE_SA with {peer} after timeout",
        "deleting half open IKE_SA after timeout",
        origin=MORE,
        tells=GaveUp(Phase.ONE, timeout=True),
        peer=SPOT,
    ),
    says(
        "charon.notified",
        "received {name} error notify",
        "received {name} notify error",
        "received {name} notify",
        "received {name} notify error, no CHILD_SA built",
        origin=MORE,
        tells=lambda values: (Notify(Way.RECEIVED, spelling.notify(values["name"])),),
        name=WORD,
    ),
    says(
        "charon.vendor received",
        "received {name} vendor ID",
        "received {name} Vendor ID",
        origin=MORE,
        tells=lambda values: (Vendor(Whose.PEER, spelling.vendor(values["name"])),),
        name=ANY,
    ),
    says(
        "charon.vendor sent",
        "sending {name} vendor ID",
        origin=RUNS,
        tells=lambda values: (Vendor(Whose.OWN, spelling.vendor(values["name"])),),
        name=ANY,
    ),
    says(
        "charon.vendor unknown",
        "received unknown vendor ID: {octets}",
        origin=RECALLED,
        tells=lambda values: (Vendor(Whose.PEER, f"unknown {values['octets'].replace(':', '')}"),),
        octets=LIST,
    ),
    says(
        "charon.not decrypted",
        "invalid {payload} payload length, decryption failed?",
        origin=RUNS,
        tells=_undecrypted,
        payload=WORD,
    ),
    says(
        "charon.processing failed",
        "{exchange} {kind} with message ID {id} processing failed",
        origin=RUNS,
        tells=_failed,
        exchange=EXCHANGE,
        kind=WORD,
        id=NUMBER,
    ),
    says(
        "charon.malformed",
        "message parsing failed",
        "message ID {number} processing failed",
        "could not decrypt payloads",
        "decryption failed, invalid length",
        "payload type {payload} was not encrypted",
        "message verification failed",
        "message rule violation",
        "SA payload missing",
        "sa payload missing",
        "{payload} payload missing",
        "{payload} payload missing in message",
        "unable to extract SA payload encoding",
        "parsing of message failed",
        "{payload} payload verification failed",
        "payload of type {payload} not occurred {number} times ({count})",
        "payload of type {payload} more than {number} times ({count}) occurred in current message",
        "payload type {payload} not allowed",
        "unable to decrypt message",
        "failed to decrypt message",
        "header could not be parsed",
        "header verification failed",
        "received message with invalid length, ignored",
        "received invalid IKE header from {peer} - ignored",
        "received packet with invalid length ({number})",
        origin=MORE,
        tells=Told(Symptom.MALFORMED),
        payload=WORD,
        number=NUMBER,
        count=NUMBER,
        peer=SPOT,
    ),
    says(
        "charon.informational waits",
        "queueing INFORMATIONAL_V1 request as tasks still active",
        "ignoring INFORMATIONAL_V1 request, queue full",
        origin=MORE,
        tells=(
            Message(Way.RECEIVED, Exchange.INFORMATIONAL, ("NOTIFY",)),
            Told(Symptom.UNREAD_ANSWER, Phase.ONE, "an informational message waits while its exchange is not done"),
        ),
    ),
    says(
        "charon.malformed informational",
        "ignore malformed INFORMATIONAL request",
        "queueing {exchange} request as tasks still active",
        "ignoring {exchange} request, queue full",
        "ignoring fragment, {rest}",
        "received fragment #{number}, waiting for complete IKE message",
        "received fragment #{number} of {count}, waiting for complete IKE message",
        "received fragment #{number}, reassembled fragmented IKE message ({size} bytes)",
        "received fragment #{number} of {count}, reassembled fragmented IKE message ({size} bytes)",
        "splitting IKE message ({size} bytes) into {count} fragments",
        "splitting IKE message with length of {size} bytes into {count} fragments",
        "received duplicate fragment #{number}",
        "peer supports IKE fragmentation",
        "generating fragments for IKE message ({size} bytes)",
        origin=MORE,
        exchange=EXCHANGE,
        rest=LIST,
        number=NUMBER,
        count=NUMBER,
        size=NUMBER,
    ),
    says(
        "charon.mac mismatch",
        "MAC mismatched",
        "MAC of message does not match",
        "verification of message authentication failed",
        "integrity check failed",
        origin=RECALLED,
        tells=Told(Symptom.KEY_WRONG, Phase.ONE),
    ),
    says(
        "charon.unprotected",
        "ignoring unprotected INFORMATIONAL from {peer}",
        "ignoring unprotected INFORMATIONAL_V1 request",
        "received unencrypted informational: from {peer}",
        origin=RECALLED,
        tells=Told(Symptom.NOT_PROTECTED),
        peer=SPOT,
    ),
    says(
        "charon.unexpected",
        "unexpected {exchange} {kind} {rest}",
        "received unexpected {exchange} {kind}",
        "received quick mode request for unestablished IKE_SA, ignored",
        "received {exchange} response, but expected {rest}",
        "ignoring fourth Quick Mode message",
        "unsupported exchange type",
        "ignoring {exchange} request in state {state}",
        "ignoring {exchange} request in IKE_SA state {state}",
        "ignoring IKE_SA setup from {peer}, peer too aggressive",
        "ignoring IKE_SA setup from {peer}, per-IP half-open IKE_SA limit reached",
        "ignoring IKE_SA setup from {peer}, half open IKE_SA count of {number} exceeds limit of {most}",
        "ignoring IKE_SA setup from {peer}, job load of {number} exceeds limit of {most}",
        "ignoring IKE_SA setup from {peer}, {rest}",
        origin=RECALLED,
        tells=lambda values: (Told(Symptom.LIMIT if "peer" in values else Symptom.UNEXPECTED),),
        exchange=EXCHANGE,
        kind=WORD,
        rest=LIST,
        state=WORD,
        peer=SPOT,
        number=NUMBER,
        most=NUMBER,
    ),
    says(
        "charon.version",
        "received unsupported IKE version {version} from {peer}, sending INVALID_MAJOR_VERSION",
        "received unsupported IKE version {version} from {peer}, ignored",
        "unsupported IKE version {version} from {peer}, ignored",
        "received INVALID_MAJOR_VERSION error notify",
        "IKEv1 not supported by this build",
        "received a {exchange} request, but IKEv1 is disabled",
        "no IKE version accepted",
        origin=RECALLED,
        tells=Told(Symptom.IKE_VERSION, Phase.ONE),
        version=WORD,
        peer=SPOT,
        exchange=WORD,
    ),
    says(
        "charon.no SA",
        "no IKE_SA found for {rest}",
        "IKE_SA checkout not successful",
        "{exchange} request for unknown IKE_SA, {rest}",
        "received {exchange} for unknown IKE_SA {rest}",
        origin=RECALLED,
        tells=Told(Symptom.NO_SA),
        exchange=EXCHANGE,
        rest=LIST,
    ),
    says(
        "charon.unreachable",
        "error writing to socket: {reason}",
        "error writing to IPv4 socket: {reason}",
        "unable to send packet: {reason}",
        "sendto: {reason}",
        origin=RECALLED,
        tells=lambda values: (Told(Symptom.UNREACHABLE, None, values["reason"][:80]),),
        reason=ANY,
    ),
)
"""Every saying about a message."""
