"""pluto: notifies, deletes, repetitions, messages that fit nothing, and peers that are gone."""

from mainmode.catalogue import spelling
from mainmode.catalogue.dialects.parts import (
    ANY,
    HEX,
    LIST,
    NUMBER,
    QUOTED,
    SPI,
    SPOT,
    WORD,
    part,
    spot,
)
from mainmode.catalogue.dialects.pluto_parts import (
    MORE,
    RUNS,
    STATE,
    exchange_of,
    phase_of,
    sent_in,
    stands,
    waits_for,
)
from mainmode.catalogue.entry import Facts
from mainmode.catalogue.facts import (
    Deleted,
    Down,
    Exchange,
    GaveUp,
    Message,
    Notify,
    Phase,
    Spi,
    Symptom,
    Told,
    Way,
    Whose,
    Why,
)
from mainmode.catalogue.origins import RECALLED
from mainmode.catalogue.phrasebook import Values, says


def _notified(values: Values) -> Facts:
    named = values["name"].rstrip(",")
    if named.startswith("ISAKMP_N_"):
        named = named.removeprefix("ISAKMP_N_")
    if named.endswith("INITIAL_CONTACT"):
        return (Notify(Way.RECEIVED, spelling.notify(named)),)  # a payload of MM5 or QM1, no message of its own
    return (Message(Way.RECEIVED, Exchange.INFORMATIONAL, ("NOTIFY",)), Notify(Way.RECEIVED, spelling.notify(named)))


def _notifies(values: Values) -> Facts:
    protected = "encrypted" in values.get("how", "")
    return (
        Message(Way.SENT, Exchange.INFORMATIONAL, ("NOTIFY",)),
        Notify(Way.SENT, spelling.notify(values["name"]), protected),
    )


def _deleted_by_peer(values: Values) -> Facts:
    phase = Phase.TWO if values["kind"].upper() in ("IPSEC", "CHILD") else Phase.ONE
    spis = (values["spi"],) if "spi" in values else ()
    return Deleted(Way.RECEIVED, phase, spis), Down(phase, Why.PEER)


def _deleting(values: Values) -> Facts:
    state = values["state"]
    phase = phase_of(state)
    if not stands(state):
        return (GaveUp(phase, waits_for(state)),)
    told = values.get("told", "")
    sent = (Deleted(Way.SENT, phase),) if told == "and sending notification" else ()
    return (*sent, Down(phase, Why.UNSAID))


def _duplicate(values: Values) -> Facts:
    state = values.get("state", "")
    exchange = exchange_of(state) if state else None
    last = sent_in(state)
    before = f"{last[:-1]}{int(last[-1]) - 1}" if last[-1:] in tuple("23456") else ""
    answered = (Message(Way.SENT, exchange, again=True, name=last),) if values.get("answered") else ()
    return (Message(Way.RECEIVED, exchange, again=True, name=before), Told(Symptom.DUPLICATE), *answered)


def _expired(values: Values) -> Facts:
    phase = Phase.TWO if values["kind"].upper() in ("IPSEC SA", "CHILD SA") else Phase.ONE
    return (Down(phase, Why.REPLACED if "supersed" in values["rest"] else Why.LIFETIME),)


_KIND = part("kind", "ISAKMP SA|IPsec SA|IPSEC SA|IKE SA|CHILD SA|Child SA")


SAYINGS = (
    says(
        "pluto.notified",
        "ignoring informational payload {name}, msgid={id}, length={length}",
        "ignoring informational payload {name}, msgid={id}",
        "ignoring informational payload, type {name} msgid={id}",
        "ignoring informational payload, type {name} on st==NULL (deleted?)",
        "ignoring informational payload, type {name}",
        "received informational payload, type {name}",
        "received {name} notification {rest}",
        "Received {name} notification {rest}",
        "Informational Exchange notify message: {name}",
        origin=MORE,
        tells=_notified,
        name=part("notify's name", "[A-Z][A-Za-z0-9_]{2,60},?"),
        id=WORD,
        length=NUMBER,
        rest=LIST,
    ),
    says(
        "pluto.notified, again",
        "received and ignored notification payload: {rest}",
        "received and ignored informational message",
        "received and ignored empty informational notification payload",
        "received and failed on unknown informational message",
        origin=MORE,
        rest=LIST,
    ),
    says(
        "pluto.notifies",
        "sending {how} notification {name} to {peer}",
        "sending notification {name} to {peer}",
        "responding with notification {name} to {peer}",
        origin=MORE,
        tells=_notifies,
        how=WORD,
        name=part("notify's name", "[A-Z][A-Za-z0-9_]{2,60}"),
        peer=SPOT,
    ),
    says(
        "pluto.delete received",
        "received Delete SA({spi}) payload: deleting {kind} State #{number}",
        "received Delete SA payload: deleting {kind} State #{number}",
        "received Delete SA payload: deleting {kind} State #{number}: {rest}",
        "received Delete SA payload: self-deleting {kind} State #{number}",
        "received Delete SA payload: expire {kind} State #{number} now",
        "received Delete SA({spi}) payload: expire {kind} State #{number} now",
        "received Delete SA payload: replace {kind} State #{number} in {seconds} seconds",
        "received Delete SA payload: replace {kind} State #{number} now",
        "received Delete SA({spi}) payload: replace {kind} State #{number} in {seconds} seconds",
        "received Delete SA({spi}) payload: self-deleting {kind} State #{number}",
        "received Delete SA payload via #{via}: deleting {kind} State #{number}",
        origin=MORE,
        tells=_deleted_by_peer,
        spi=SPI,
        kind=WORD,
        number=NUMBER,
        seconds=NUMBER,
        via=NUMBER,
        rest=LIST,
    ),
    says(
        "pluto.delete ignored",
        "ignoring Delete SA payload: {rest}",
        "received Delete SA payload: {rest}",
        origin=RECALLED,
        rest=LIST,
    ),
    says(
        "pluto.deleting",
        "deleting state ({state}) aged {age} {told}",
        "deleting state ({state}) {told}",
        "deleting state ({state})",
        "deleting state #{number} ({state}) {told}",
        "deleting state #{number} ({state})",
        "deleting other state #{number} ({state}) aged {age} {told}",
        "deleting other state #{number} ({state}) {told}",
        "deleting other state #{number} ({state})",
        'deleting other state #{number} connection ({state}) "{name}"{rest}',
        "deleting other state #{number} connection {rest}",
        "deleting {kind} ({state}) aged {age} {told}",
        "deleting {kind} ({state}) {told}",
        origin=MORE,
        tells=lambda values: _deleting(values) if "state" in values else (),
        state=STATE,
        age=WORD,
        told=part("whether the peer is told", "and NOT sending notification|and sending notification"),
        number=NUMBER,
        kind=ANY,
        name=QUOTED,
        rest=LIST,
    ),
    says(
        "pluto.deleting, established",
        "deleting {kind} (established {other})",
        "deleting {kind} (established {other}) {told}",
        "deleting {kind} (established {other}) aged {age} {told}",
        origin=RECALLED,
        tells=lambda values: (Down(Phase.ONE if values["kind"] in ("IKE SA", "ISAKMP SA") else Phase.TWO, Why.UNSAID),),
        kind=_KIND,
        other=ANY,
        age=WORD,
        told=part("whether the peer is told", "and NOT sending notification|and sending notification"),
    ),
    says(
        "pluto.hard expire",
        "received hard EXPIRE for {side} SPI {spi} {rest}",
        "received soft EXPIRE for {side} SPI {spi} {rest}",
        origin=MORE,
        tells=lambda values: (
            Down(Phase.TWO, Why.LIFETIME),
            Spi(values["spi"], Whose.OWN if values["side"] == "inbound" else Whose.PEER),
        ),
        side=WORD,
        spi=SPI,
        rest=LIST,
    ),
    says(
        "pluto.expired",
        "{kind} expired ({rest}",
        origin=RECALLED,
        tells=_expired,
        kind=_KIND,
        rest=LIST,
    ),
    says(
        "pluto.again",
        "retransmitting in response to duplicate packet; already {state}",
        origin=RUNS,
        tells=lambda values: _duplicate({**values, "answered": True}),
        state=STATE,
    ),
    says(
        "pluto.duplicate",
        "discarding duplicate packet; already {state}",
        "discarding duplicate packet -- exhausted retransmission; already {state}",
        "discarding duplicate packet - exhausted retransmission; already {state}",
        "discarding duplicate packet; {rest}",
        "discarding packet received during asynchronous work (DNS or crypto) in {state}",
        "discarding initial packet; already {state}",
        "ignoring duplicate packet {rest}",
        origin=MORE,
        tells=_duplicate,
        state=STATE,
        rest=LIST,
    ),
    says(
        "pluto.repeated message id",
        "Quick Mode I1 message is unacceptable because it uses a previously used Message ID {id} (perhaps this is a "
        "duplicated packet)",
        "Quick Mode I1 message is unacceptable because it uses a previously used Message ID {rest}",
        origin=RECALLED,
        tells=Told(Symptom.DUPLICATE, Phase.TWO),
        id=HEX,
        rest=LIST,
    ),
    says(
        "pluto.peer dead",
        "DPD: No response from peer - declaring peer dead",
        "DPD: Info: No response from peer - declaring peer dead",
        "DPD action - {rest}",
        "DPD: {action} Connection",
        "DPD: Restarting all connections that share this peer",
        "DPD: Terminating all SAs using this connection",
        "DPD: Putting connection into {rest}",
        "DPD: Putting connection {rest}",
        "DPD: Clearing Connection {rest}",
        "DPD: Restarting Connection {rest}",
        "liveness action - {rest}",
        "IKE SA liveness {rest}",
        origin=MORE,
        tells=(Told(Symptom.PEER_LOST), Down(None, Why.LOST)),
        action=WORD,
        rest=LIST,
    ),
    says(
        "pluto.DPD",
        "Dead Peer Detection (RFC 3706): {rest}",
        "Dead Peer Detection (RFC3706): {rest}",
        "DPD: {rest}",
        "DPD Info: {rest}",
        "DPD Error: {rest}",
        "Configured DPD (RFC 3706) support not enabled because remote peer did not advertise DPD support",
        origin=RECALLED,
        rest=LIST,
    ),
    says(
        "pluto.unreachable",
        "ERROR: asynchronous network error report on {interface} (sport={port}) for message to {peer} port {there}, "
        "complainant {who}: {rest}",
        "ERROR: asynchronous network error report on {interface} for message to {peer} port {there}, complainant "
        "{who}: {rest}",
        "ERROR: asynchronous network error report on {interface} ({local}), complainant {who}: {rest}",
        "ERROR: asynchronous network error report on {interface} {rest}",
        "sendto on {interface} to {peer} failed in {rest}",
        "send on {interface} {rest}",
        "ERROR: sendto on {rest}",
        "write_packet {rest}",
        origin=MORE,
        tells=lambda values: (Told(Symptom.UNREACHABLE, None, values.get("rest", "").partition(" [")[0][:80]),),
        interface=WORD,
        port=NUMBER,
        peer=part("address", r"[0-9A-Fa-f.:]{2,45}", spot),
        there=NUMBER,
        local=WORD,
        who=part("address", r"[0-9A-Fa-f.:]{2,45}?"),
        rest=LIST,
    ),
    says(
        "pluto.malformed",
        "malformed payload in packet",
        "malformed payload in packet. {rest}",
        "more than {number} payloads in message; ignored",
        "next payload type of {payload} has an unknown value: {rest}",
        "{number}-byte length of {payload} is larger than can fit",
        "length of {payload} is smaller than minimum",
        "length of {payload} is larger than can fit",
        "not enough room in input packet for {rest}",
        "not enough room in input packet{rest}",
        "byte {number} of {payload} must be zero, but is not",
        "byte at offset {rest}",
        "invalid {rest}",
        "payload malformed after IV",
        "IKE message has the Commit Flag set but Pluto doesn't implement this feature {rest}",
        "message ignored because it contains {rest}",
        "received packet with mangled IKE header - dropped",
        "size ({rest}",
        "{payload} of {rest} has an unknown value: {number}",
        origin=MORE,
        tells=Told(Symptom.MALFORMED),
        payload=ANY,
        number=NUMBER,
        rest=ANY,
    ),
    says(
        "pluto.no SA",
        "phase 1 message is part of an unknown exchange",
        "Quick Mode message is for a non-existent (expired?) ISAKMP SA",
        "Quick Mode message is for an unknown {rest}",
        "{exchange} message is for a non-existent (expired?) ISAKMP SA",
        "Informational Exchange is for an unknown (expired?) SA {rest}",
        "Informational Exchange is for an unknown (expired?) SA",
        "Informational Exchange message {rest}",
        "encrypted Informational Exchange message is invalid because no key is known",
        "encrypted Informational Exchange message is invalid {rest}",
        "has no (corresponding|matching) {rest}",
        "message received for unknown {rest}",
        origin=MORE,
        tells=Told(Symptom.NO_SA),
        exchange=part("exchange", "[A-Za-z]{3,16} (?:Mode|Exchange|Config)"),
        rest=LIST,
    ),
    says(
        "pluto.unexpected",
        "Quick Mode message is unacceptable because it is for an incomplete ISAKMP SA",
        "Quick Mode message is unacceptable because {rest}",
        "Quick Mode I1 message is unacceptable because {rest}",
        "Main Mode message is part of an unknown exchange",
        "unexpected {rest}",
        "message in state {rest} ignored due to {more}",
        "received unexpected {rest}",
        "payload type {rest} unexpected",
        "dropping unexpected {rest}",
        "state transition function for {rest}",
        origin=RECALLED,
        tells=Told(Symptom.UNEXPECTED),
        rest=ANY,
        more=ANY,
    ),
)
"""Every saying about messages out of turn and endings."""
