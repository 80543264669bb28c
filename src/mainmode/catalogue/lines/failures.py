"""What goes wrong in either phase, and the peer's messages that are dropped or refused."""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.facts import GaveUp, Notify, Phase, Symptom, Told, Way
from mainmode.catalogue.kinds import (
    FSM_HISTORY,
    HEX,
    IPV4,
    NAME,
    NOTIFY_NAME,
    NUMBER,
    PHRASE,
    POINTER,
    ROLE,
    SPI_OR_NUMBER,
    choice,
)
from mainmode.catalogue.origins import AWS, GUIDE, MSG4, PIX, RECALLED, RUNT, SCRAP
from mainmode.catalogue.telling import duplicate, hex8, history, notify, numbered_notify, timed_out, told

MM_FSM_HISTORY = entry(
    "MM_FSM_HISTORY",
    "IKE MM {role} FSM error history (struct &{handle})  <state>, <event>:  {history}",
    Channel.IKE_DEBUG,
    "7-715065",
    GUIDE.but("the states and events are recalled"),
    "Main mode failed; the states and events that led there, the newest first.",
    role=ROLE,
    handle=POINTER,
    history=FSM_HISTORY,
    tells=history(Phase.ONE),
)
QM_FSM_HISTORY = entry(
    "QM_FSM_HISTORY",
    "IKE QM {role} FSM error history (struct &{handle})  <state>, <event>:  {history}",
    Channel.IKE_DEBUG,
    "7-715065",
    GUIDE.but("the states and events are recalled"),
    "Quick mode failed; the states and events that led there, the newest first.",
    role=ROLE,
    handle=POINTER,
    history=FSM_HISTORY,
    tells=history(Phase.TWO),
)
QM_FSM_ERROR = entry(
    "QM_FSM_ERROR",
    "QM FSM error (P2 struct &{handle}, mess id {message_id})!",
    Channel.IKE,
    "3-713902",
    AWS,
    "Quick mode with this message id failed.",
    handle=POINTER,
    message_id=HEX,
    tells=(Told(Symptom.CATCH_ALL, Phase.TWO), GaveUp(Phase.TWO)),
)
REMOVING_PEER_FAILED = entry(
    "REMOVING_PEER_FAILED",
    "Removing peer from peer table failed, no match!",
    Channel.IKE,
    "3-713902",
    SCRAP,
    "Tidying up after a failed phase 1: the peer was never entered.",
    tells=Told(Symptom.CATCH_ALL, Phase.ONE),
)
PEER_TABLE_ERROR = entry(
    "PEER_TABLE_ERROR",
    "Error: Unable to remove PeerTblEntry",
    Channel.IKE,
    "4-713903",
    SCRAP,
    "Tidying up after a failed phase 1: the peer was never entered.",
    tells=Told(Symptom.CATCH_ALL, Phase.ONE),
)
REMOVING_CORRELATOR_FAILED = entry(
    "REMOVING_CORRELATOR_FAILED",
    "Removing peer from correlator table failed, no match!",
    Channel.IKE,
    "3-713902",
    AWS,
    "Tidying up after a failed phase 2: the tunnel was never entered.",
    tells=Told(Symptom.CATCH_ALL, Phase.TWO),
)
SESSION_TIMED_OUT = entry(
    "SESSION_TIMED_OUT",
    "IKE session establishment timed out [{state}], aborting!",
    Channel.IKE,
    "5-713136",
    GUIDE,
    "A negotiation rested too long in this state and was given up.",
    state=NAME,
    tells=timed_out,
)
DUPLICATE_PACKET = entry(
    "DUPLICATE_PACKET",
    "Duplicate {phase} packet detected.  {action}",
    Channel.IKE,
    "5-713201",
    GUIDE,
    "The peer sent the same message again: it may not have had our answer.",
    phase=choice("phase", "Phase 1", "Phase 2"),
    action=choice("action", "Retransmitting last packet.", "No last packet to transmit."),
    tells=duplicate,
)
P1_RETRANSMIT = entry(
    "P1_RETRANSMIT",
    "P1 Retransmit msg dispatched to MM FSM",
    Channel.IKE,
    "7-713906",
    RECALLED,
    "The timer asks for the last main mode message once more.",
)
DUPLICATE_FIRST_PACKET = entry(
    "DUPLICATE_FIRST_PACKET",
    "Duplicate first packet detected.  Ignoring packet.",
    Channel.IKE,
    "5-713202",
    RECALLED.but("the Cisco ASA syslog guide has an address in place of 'first'"),
    "The first message of a negotiation came twice.",
    tells=Told(Symptom.DUPLICATE, Phase.ONE),
)
DUPLICATE_FROM_PEER = entry(
    "DUPLICATE_FROM_PEER",
    "Duplicate {peer} packet detected.",
    Channel.IKE,
    "5-713202",
    GUIDE,
    "A message of this peer came twice.",
    peer=IPV4,
    tells=Told(Symptom.DUPLICATE, Phase.ONE),
)
UNENCRYPTED_NOTIFY = entry(
    "UNENCRYPTED_NOTIFY",
    "Received an un-encrypted {notify} notify message, dropping",
    Channel.IKE,
    "5-713904",
    MSG4,
    "A notify without protection; anybody could have sent it, so it changes nothing.",
    notify=NOTIFY_NAME,
    tells=notify(Way.RECEIVED, False),
)
INFORMATION_EXCHANGE_FAILED = entry(
    "INFORMATION_EXCHANGE_FAILED",
    "Information Exchange processing failed",
    Channel.IKE,
    "4-713903",
    MSG4,
    "An informational message could not be used.",
    tells=Told(Symptom.CATCH_ALL),
)
RUNT_PACKET = entry(
    "RUNT_PACKET",
    "IKE Receiver: Runt ISAKMP packet discarded on Port {port} from {source}:{source_port}",
    Channel.IKE,
    "4-713903",
    RUNT,
    "A datagram too short for an ISAKMP header.",
    port=NUMBER,
    source=IPV4,
    source_port=NUMBER,
    tells=Told(Symptom.MALFORMED, None, "runt"),
    peer_in="source",
)
MISSING_SA_PAYLOAD = entry(
    "MISSING_SA_PAYLOAD",
    "Header invalid, missing SA payload! (next payload = {payload})",
    Channel.IKE,
    "5-713904",
    RECALLED.but("id not sure"),
    "A message for cookies that this device does not know, and not the first of a negotiation.",
    payload=NUMBER,
    tells=Told(Symptom.BAD_COOKIE, Phase.ONE),
)
NO_MATCHING_SA = entry(
    "NO_MATCHING_SA",
    "Received encrypted packet with no matching SA, dropping",
    Channel.IKE,
    "5-713904",
    PIX,
    "An encrypted message for an IKE SA that this device does not have.",
    tells=Told(Symptom.NO_SA),
)
ERROR_PROCESSING_PAYLOAD = entry(
    "ERROR_PROCESSING_PAYLOAD",
    "Error processing payload: Payload ID: {payload}",
    Channel.IKE,
    "3-713048",
    GUIDE,
    "The payload of this number could not be used; the lines before it say why.",
    payload=NUMBER,
    tells=told(Symptom.CATCH_ALL, None, "payload {payload}"),
)
MISSING_PAYLOAD = entry(
    "MISSING_PAYLOAD",
    "Received packet with missing payload, Expected payload: {payload}",
    Channel.IKE,
    "3-713193",
    GUIDE,
    "The message lacks a payload that it must have.",
    payload=NUMBER,
    tells=told(Symptom.MALFORMED, None, "payload {payload} is missing"),
)
NON_ROUTINE_NOTIFY = entry(
    "NON_ROUTINE_NOTIFY",
    "Received non-routine Notify message: {notify} ({number})",
    Channel.IKE,
    "5-713068",
    GUIDE.but("the notify names are recalled"),
    "The peer tells under protection that something failed, and what.",
    notify=PHRASE,
    number=NUMBER,
    tells=numbered_notify,
)
SENDING_NOTIFY = entry(
    "SENDING_NOTIFY",
    "sending notify message",
    Channel.IKE_DEBUG,
    "7-713906",
    RECALLED,
    "The device tells the peer that something failed.",
)
INVALID_SPI_NOTIFY = entry(
    "INVALID_SPI_NOTIFY",
    "Received Invalid SPI notify (SPI {spi})!",
    Channel.IKE,
    "7-713117",
    GUIDE,
    "The peer got ESP for an SPI that it does not have.",
    spi=SPI_OR_NUMBER,
    tells=lambda values: (
        Notify(Way.RECEIVED, "INVALID-SPI"),
        Told(Symptom.UNKNOWN_SPI, Phase.TWO, hex8(values["spi"])),
    ),
)
PROCESSING_CONNECTED = entry(
    "PROCESSING_CONNECTED",
    "Processing CONNECTED notify (MsgId {message_id})",
    Channel.IKE_DEBUG,
    "7-715033",
    GUIDE,
    "The peer confirms that its side of a quick mode is installed.",
    message_id=NUMBER,
    tells=Notify(Way.RECEIVED, "CONNECTED", True, Phase.TWO),
)
CONNECTED_NOTIFY_FAILED = entry(
    "CONNECTED_NOTIFY_FAILED",
    "Failed to process CONNECTED notify (SPI {spi})!",
    Channel.IKE,
    "3-713112",
    GUIDE,
    "The peer's confirmation names no SA here.",
    spi=SPI_OR_NUMBER,
    tells=lambda values: (Told(Symptom.NO_SA, Phase.TWO, hex8(values["spi"])),),
)
