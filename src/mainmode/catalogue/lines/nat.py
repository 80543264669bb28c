"""NAT traversal and IKE fragments."""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.facts import NatFound, Symptom, Told
from mainmode.catalogue.kinds import IPV4, NAME, NAT_POSITION, NUMBER, PHRASE, choice
from mainmode.catalogue.origins import GUIDE, NOTE
from mainmode.catalogue.telling import told

COMPUTING_NAT_HASH = entry(
    "COMPUTING_NAT_HASH",
    "computing NAT Discovery hash",
    Channel.IKE_DEBUG,
    "7-713906",
    NOTE,
    "A hash over cookies, address and port is computed; where the peer's differs there is a NAT between.",
)
NAT_STATUS = entry(
    "NAT_STATUS",
    "Automatic NAT Detection Status:     Remote end {remote} behind a NAT device"
    "     This   end {local} behind a NAT device",
    Channel.IKE,
    "6-713172",
    NOTE.but("blanks as in public log parsers"),
    "Which end's address is changed on the way; with a NAT the conversation moves to UDP 4500.",
    aliases=("Detection Status: Remote end {remote} behind a NAT device This end {local} behind a NAT device",),
    remote=NAT_POSITION,
    local=NAT_POSITION,
    tells=lambda values: (NatFound(values["local"], values["remote"]),),
)
NAT_D_MISSING = entry(
    "NAT_D_MISSING",
    "NAT-Discovery payloads missing. Aborting NAT-Traversal.",
    Channel.IKE_DEBUG,
    "7-715058",
    GUIDE,
    "The peer announced NAT traversal and did not send the payloads for it; the tunnel goes on without.",
)
NAT_T_MODES_ONLY = entry(
    "NAT_T_MODES_ONLY",
    "{action} only UDP-Encapsulated-Tunnel and  UDP-Encapsulated-Transport modes defined by NAT-Traversal",
    Channel.IKE_DEBUG,
    "7-715059",
    GUIDE,
    "There is a NAT on the path, so only ESP in UDP is offered or accepted.",
    action=choice("action", "Proposing", "Selecting", "Proposing/Selecting"),
)
NAT_T_KEEPALIVE_RECEIVED = entry(
    "NAT_T_KEEPALIVE_RECEIVED",
    "NAT-T keepalive received from {from_interface}:{source}/{source_port} "
    "to {to_interface}:{destination}/{destination_port}",
    Channel.IKE,
    "7-710007",
    GUIDE,
    "The peer keeps its NAT's mapping open.",
    from_interface=NAME,
    source=IPV4,
    source_port=NUMBER,
    to_interface=NAME,
    destination=IPV4,
    destination_port=NUMBER,
    peer_in="source",
)
FRAGMENT_DROPPED = entry(
    "FRAGMENT_DROPPED",
    "Dropped received IKE fragment. Reason: {reason}",
    Channel.IKE_DEBUG,
    "7-715060",
    GUIDE,
    "An IKE fragment could not be used.",
    reason=PHRASE,
    tells=told(Symptom.FRAGMENTS, None, "{reason}"),
)
FRAGMENT_NEW_SET = entry(
    "FRAGMENT_NEW_SET",
    "Rcv'd fragment from a new fragmentation set. Deleting any old fragments.",
    Channel.IKE_DEBUG,
    "7-715061",
    GUIDE,
    "The peer began a new fragmented message; what was left of the old one is dropped.",
)
FRAGMENTS_NOT_CONTINUOUS = entry(
    "FRAGMENTS_NOT_CONTINUOUS",
    "Error assembling fragments! Fragment numbers are non-continuous.",
    Channel.IKE_DEBUG,
    "7-715062",
    GUIDE,
    "A fragment is missing between the first and the last.",
    tells=Told(Symptom.FRAGMENTS),
)
FRAGMENTS_ASSEMBLED = entry(
    "FRAGMENTS_ASSEMBLED",
    "Successfully assembled an encrypted pkt from rcv'd fragments!",
    Channel.IKE_DEBUG,
    "7-715063",
    GUIDE,
    "All fragments of a message are here.",
)
