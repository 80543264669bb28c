"""Dead peer detection and the older keepalives."""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.facts import Down, Symptom, Told, Way, Why
from mainmode.catalogue.kinds import HEX, IPV4, NAME, NUMBER, choice
from mainmode.catalogue.origins import ASAV_DPD, GUIDE
from mainmode.catalogue.telling import notify

DPD_TYPE = choice("DPD message", "R-U-THERE", "R-U-THERE-ACK")

DPD_SENDING = entry(
    "DPD_SENDING",
    "Sending keep-alive of type DPD {type} (seq number {sequence})",
    Channel.IKE_DEBUG,
    "7-715036",
    ASAV_DPD.but("Cisco ASA syslog guide"),
    "The device asks whether the peer is alive (R-U-THERE), or answers that it is (ACK).",
    type=DPD_TYPE,
    sequence=HEX,
    tells=notify(Way.SENT, True, "type"),
)
DPD_RECEIVED = entry(
    "DPD_RECEIVED",
    "Received keep-alive of type DPD {type} (seq number {sequence})",
    Channel.IKE_DEBUG,
    "7-715075",
    ASAV_DPD.but("Cisco ASA syslog guide"),
    "The peer asks whether the device is alive (R-U-THERE), or answers that it is (ACK).",
    type=DPD_TYPE,
    sequence=HEX,
    tells=notify(Way.RECEIVED, True, "type"),
)
LOST_CONTACT = entry(
    "LOST_CONTACT",
    "IKE lost contact with remote peer, deleting connection (keepalive type: {type})",
    Channel.IKE,
    "3-713123",
    GUIDE,
    "The peer answered none of the keepalives; everything with it is deleted.",
    type=NAME,
    tells=(Told(Symptom.PEER_LOST), Down(None, Why.LOST, "IKE lost contact with remote peer")),
)
DPD_WRONG_SEQUENCE = entry(
    "DPD_WRONG_SEQUENCE",
    "Received DPD sequence number {sequence} in DPD {action}, expected seq # {expected}",
    Channel.IKE,
    "6-713124",
    GUIDE.but("the words behind the comma are completed by us"),
    "A keepalive with an unexpected number; it is dropped.",
    sequence=HEX,
    action=DPD_TYPE,
    expected=HEX,
)
KEEPALIVES_NOT_SUPPORTED = entry(
    "KEEPALIVES_NOT_SUPPORTED",
    "Keep-alives configured {configured} but peer {peer} {supports} support keep-alives (type = {type})",
    Channel.IKE,
    "3-713122",
    GUIDE.but("words recalled"),
    "The two sides differ on keepalives.",
    configured=choice("switch", "on", "off"),
    peer=IPV4,
    supports=choice("verb", "does", "does not"),
    type=choice("keepalive type", "DPD", "None"),
)
STARTING_KEEPALIVE_MONITOR = entry(
    "STARTING_KEEPALIVE_MONITOR",
    "Starting IOS keepalive monitor: {seconds} sec.",
    Channel.IKE_DEBUG,
    "7-715035",
    GUIDE,
    "The older keepalives begin.",
    seconds=NUMBER,
)
KEEPALIVE_IGNORED = entry(
    "KEEPALIVE_IGNORED",
    "Ignoring Keepalive payload from vendor not support KeepAlive capability",
    Channel.IKE_DEBUG,
    "7-715044",
    GUIDE,
    "A keepalive payload from a peer that did not announce the ability.",
)
KEEPALIVE_MALFORMED = entry(
    "KEEPALIVE_MALFORMED",
    "ERROR: malformed Keepalive payload",
    Channel.IKE_DEBUG,
    "7-715045",
    GUIDE,
    "A keepalive payload that cannot be read.",
    tells=Told(Symptom.MALFORMED),
)
KEEPALIVE_WRONG_TYPE = entry(
    "KEEPALIVE_WRONG_TYPE",
    "Received keep-alive of type {type}, not the negotiated type",
    Channel.IKE_DEBUG,
    "7-715041",
    GUIDE,
    "A keepalive of another kind than agreed.",
    type=NAME,
)
