"""What starts a negotiation: traffic that meets a crypto map, key acquires, the tunnel manager (8.4 and later)."""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.facts import GaveUp, Symptom, Told, Wanted
from mainmode.catalogue.kinds import HEX, IPV4, NAME, NUMBER, choice
from mainmode.catalogue.origins import FTD, GUIDE, MSG4, NOTE_MSG4, PARSER, RECALLED
from mainmode.catalogue.telling import begun, told, wanted

LOOKING_FOR_CRYPTO_MAP = entry(
    "LOOKING_FOR_CRYPTO_MAP",
    "IPSEC(crypto_map_check)-3: Looking for crypto map matching 5-tuple: "
    "Prot={protocol}, saddr={source}, sport={source_port}, daddr={destination}, dport={destination_port}",
    Channel.IPSEC,
    None,
    RECALLED,
    "A packet leaves through an interface with a crypto map; the device looks for an entry whose ACL holds it.",
    level=3,
    protocol=NUMBER,
    source=IPV4,
    source_port=NUMBER,
    destination=IPV4,
    destination_port=NUMBER,
    tells=Wanted(),
)
CRYPTO_MAP_MATCHED = entry(
    "CRYPTO_MAP_MATCHED",
    "IPSEC(crypto_map_check)-3: Checking crypto map {map} {sequence}: matched.",
    Channel.IPSEC,
    None,
    RECALLED,
    "This crypto map entry's ACL holds the packet: it will go through the entry's tunnel.",
    level=3,
    map=NAME,
    sequence=NUMBER,
    tells=wanted,
)
DISPATCHING_KEY_ACQUIRE = entry(
    "DISPATCHING_KEY_ACQUIRE",
    "Tunnel Manager dispatching a KEY_ACQUIRE message to IKEv1.  Map Tag = {map}.  Map Sequence Number = {sequence}.",
    Channel.IKE,
    "5-752004",
    FTD,
    "The tunnel manager asks IKEv1 to bring up the tunnel of this crypto map entry.",
    map=NAME,
    sequence=NUMBER,
    tells=wanted,
)
NO_IKEV2_PROPOSAL = entry(
    "NO_IKEV2_PROPOSAL",
    "IKEv2 Doesn't have a proposal specified",
    Channel.IKE,
    "4-752010",
    FTD,
    "The crypto map entry has no IKEv2 proposal, so only IKEv1 is tried.",
)
PITCHER_KEY_ACQUIRE = entry(
    "PITCHER_KEY_ACQUIRE",
    "Pitcher: received a key acquire message, spi {spi}",
    Channel.IKE_DEBUG,
    "7-715077",
    NOTE_MSG4,
    "IKE was asked for keys because interesting traffic has no SA yet.",
    spi=HEX,
    tells=Wanted(),
)
IKE_INITIATOR = entry(
    "IKE_INITIATOR",
    "IKE Initiator: {what}, Intf {interface}, IKE Peer {peer}  local Proxy Address {local}, "
    "remote Proxy Address {remote},  Crypto map ({map})",
    Channel.IKE,
    "5-713041",
    MSG4.but("the rekeying forms after the Cisco ASA syslog guide's 'new or rekey'"),
    "This device begins a negotiation: which phase, from which interface the traffic came, to which peer, "
    "for which addresses and crypto map.",
    what=choice("beginning", "New Phase 1", "New Phase 2", "Rekeying Phase 1", "Rekeying Phase 2"),
    interface=NAME,
    peer=IPV4,
    local=IPV4,
    remote=IPV4,
    map=NAME,
    tells=begun,
)
QUEUING_KEY_ACQUIRE = entry(
    "QUEUING_KEY_ACQUIRE",
    "Queuing KEY-ACQUIRE messages to be processed when P1 SA is complete.",
    Channel.IKE,
    "6-713219",
    MSG4,
    "Traffic asks for a tunnel while phase 1 is still under way; the request waits.",
    tells=Wanted(),
)
DEQUEUING_KEY_ACQUIRE = entry(
    "DEQUEUING_KEY_ACQUIRE",
    "De-queuing KEY-ACQUIRE messages that were left pending.",
    Channel.IKE,
    "6-713220",
    GUIDE,
    "Phase 1 is complete (or gone) and the waiting requests are taken up.",
)
NEGOTIATION_IN_PROGRESS = entry(
    "NEGOTIATION_IN_PROGRESS",
    "Tunnel negotiation in progress for destination {destination}, discarding data",
    Channel.IKE_DEBUG,
    "7-715013",
    GUIDE,
    "A data packet came before its tunnel was up and was dropped.",
    destination=IPV4,
)
TUNNEL_MANAGER_SUCCESS = entry(
    "TUNNEL_MANAGER_SUCCESS",
    "IKEv1 was successful at setting up a tunnel.  Map Tag = {map}. Map Sequence Number = {sequence}.",
    Channel.IKE,
    "5-752016",
    RECALLED,
    "The tunnel of this crypto map entry is up.",
    map=NAME,
    sequence=NUMBER,
)
TUNNEL_MANAGER_REMOVED_ENTRY = entry(
    "TUNNEL_MANAGER_REMOVED_ENTRY",
    "Tunnel Manager Removed entry.  Map Tag = {map}.  Map Sequence Number = {sequence}.",
    Channel.IKE,
    "7-752002",
    RECALLED,
    "The tunnel manager forgets its request: it was served or given up.",
    map=NAME,
    sequence=NUMBER,
)
TUNNEL_MANAGER_FAILED = entry(
    "TUNNEL_MANAGER_FAILED",
    "Tunnel Manager has failed to establish an L2L SA.  All configured IKE versions failed to establish the tunnel. "
    "Map Tag = {map}.  Map Sequence Number = {sequence}.",
    Channel.IKE,
    "3-752015",
    GUIDE,
    "Every IKE version that the entry allows was tried; the tunnel is down.",
    map=NAME,
    sequence=NUMBER,
    tells=told(Symptom.CATCH_ALL, None, "{map} {sequence}", GaveUp(None)),
)
IKEV1_UNSUCCESSFUL = entry(
    "IKEV1_UNSUCCESSFUL",
    "IKEv1 was unsuccessful at setting up a tunnel.  Map Tag = {map}.  Map Sequence Number = {sequence}.",
    Channel.IKE,
    "4-752012",
    PARSER.but("severity recalled"),
    "IKEv1 could not bring up the tunnel of this crypto map entry.",
    map=NAME,
    sequence=NUMBER,
    tells=told(Symptom.CATCH_ALL, None, "{map} {sequence}", GaveUp(None)),
)
DISPATCH_MISCONFIGURED = entry(
    "DISPATCH_MISCONFIGURED",
    "Tunnel Manager failed to dispatch a KEY_ACQUIRE message.  "
    "Probable mis-configuration of the crypto map or tunnel-group.",
    Channel.IKE,
    "3-752006",
    GUIDE,
    "The tunnel could not even be tried: look at the crypto map entry and the tunnel-group.",
    tells=Told(Symptom.CONFIGURATION, None, "the crypto map or the tunnel-group"),
)
DISPATCH_ALREADY_QUEUED = entry(
    "DISPATCH_ALREADY_QUEUED",
    "Tunnel Manager failed to dispatch a KEY_ACQUIRE message.  Entry already in Tunnel Manager.",
    Channel.IKE,
    "3-752007",
    GUIDE,
    "A request for the same tunnel is being served already.",
)
DISPATCH_NO_MEMORY = entry(
    "DISPATCH_NO_MEMORY",
    "Tunnel Manager failed to dispatch a KEY_ACQUIRE message.  Memory may be low.",
    Channel.IKE,
    "2-752005",
    GUIDE,
    "The request was lost; the device may lack memory.",
    tells=Told(Symptom.LIMIT, None, "memory"),
)
