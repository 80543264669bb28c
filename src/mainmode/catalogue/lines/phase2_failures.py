"""Why phase 2 fails: transform sets, crypto maps, proxies, groups."""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.facts import Phase, Refused, Symptom, Told, Whose
from mainmode.catalogue.kinds import ATTRIBUTE, IPV4, NAME, NUMBER, PHRASE, PROXY
from mainmode.catalogue.origins import AWS, GUIDE, PARSER, RECALLED
from mainmode.catalogue.telling import in_progress, proxies, refused, told

PHASE2_MISMATCH = entry(
    "PHASE2_MISMATCH",
    "Phase 2 failure:  Mismatched attribute types for class {attribute}:  Rcv'd: {offered}  Cfg'd: {configured}",
    Channel.IKE,
    "5-713257",
    GUIDE.but("values recalled"),
    "Why one transform set was not chosen: the attribute, what the peer offered and what is configured.",
    attribute=ATTRIBUTE,
    offered=PHRASE,
    configured=PHRASE,
    tells=refused(Phase.TWO),
)
ALL_IPSEC_SA_UNACCEPTABLE = entry(
    "ALL_IPSEC_SA_UNACCEPTABLE",
    "All IPSec SA proposals found unacceptable!",
    Channel.IKE_DEBUG,
    "7-713906",
    PARSER.but("id not sure"),
    "None of the peer's phase 2 proposals equals a transform set (or its group does not fit).",
    tells=Refused(Phase.TWO, everything=True),
)
STATIC_MAP_PROXIES_DIFFER = entry(
    "STATIC_MAP_PROXIES_DIFFER",
    "Static Crypto Map check, map = {map}, seq = {sequence}, ACL does not match proxy IDs src:{source} "
    "dst:{destination}",
    Channel.IKE,
    "7-713222",
    GUIDE,
    "The crypto map entry's ACL is not the mirror of what the peer asks for.",
    map=NAME,
    sequence=NUMBER,
    source=IPV4,
    destination=IPV4,
    tells=told(Symptom.ACL_MISMATCH, Phase.TWO, "{map} {sequence}"),
)
STATIC_MAP_NO_ACL = entry(
    "STATIC_MAP_NO_ACL",
    "Static Crypto Map check, map = {map}, seq = {sequence}, no ACL configured",
    Channel.IKE,
    "7-713223",
    GUIDE,
    "The crypto map entry has no ACL (match address).",
    map=NAME,
    sequence=NUMBER,
    tells=told(Symptom.ENTRY_INCOMPLETE, Phase.TWO, "{map} {sequence}"),
)
STATIC_MAP_INCOMPLETE = entry(
    "STATIC_MAP_INCOMPLETE",
    "Static Crypto Map Check by-passed: Crypto map entry incomplete!",
    Channel.IKE,
    "7-713224",
    GUIDE,
    "The crypto map entry lacks its ACL, its peer or its transform set and is not used.",
    tells=Told(Symptom.ENTRY_INCOMPLETE, Phase.TWO),
)
SKIPPING_STATIC_MAP = entry(
    "SKIPPING_STATIC_MAP",
    "Skipping static map check...",
    Channel.IKE,
    "7-713906",
    RECALLED.but("how the line goes on is not known"),
    "The static entries are passed over.",
)
CHECKING_DYNAMIC_MAP = entry(
    "CHECKING_DYNAMIC_MAP",
    "Checking dynamic map {map}...",
    Channel.IKE,
    "7-713906",
    RECALLED.but("how the line goes on is not known"),
    "No static entry fits; the dynamic map's entries are compared with the peer's proxies.",
    map=NAME,
    tells=told(Symptom.DYNAMIC_ENTRY, Phase.TWO, "{map}"),
)
SKIPPING_DYNAMIC_MAP = entry(
    "SKIPPING_DYNAMIC_MAP",
    "Skipping dynamic map {map} sequence {sequence}: cannot match peerless map when peer found in previous map entry.",
    Channel.IKE,
    "7-713906",
    RECALLED,
    "A dynamic entry is not tried because a static one has this peer.",
    map=NAME,
    sequence=NUMBER,
)
CHECKING_DYNAMIC_MAP = entry(
    "CHECKING_DYNAMIC_MAP",
    "Checking dynamic map {map} sequence {sequence}...",
    Channel.IKE,
    "7-713906",
    RECALLED,
    "The peer's proxies are compared with this dynamic entry.",
    map=NAME,
    sequence=NUMBER,
    tells=told(Symptom.DYNAMIC_ENTRY, Phase.TWO, "{map} {sequence}"),
)
NO_MATCHING_MAP_ENTRY = entry(
    "NO_MATCHING_MAP_ENTRY",
    "Rejecting IPSec tunnel: no matching crypto map entry for remote proxy {remote} local proxy "
    "{local} on interface {interface}",
    Channel.IKE,
    "3-713061",
    AWS,
    "No crypto map entry on this interface has the peer and the mirror of the proxies that it asks for.",
    remote=PROXY,
    local=PROXY,
    interface=NAME,
    tells=proxies(Whose.PEER, Told(Symptom.NO_MATCHING_ENTRY, Phase.TWO)),
)
CRYPTO_MAP_POLICY_NOT_FOUND = entry(
    "CRYPTO_MAP_POLICY_NOT_FOUND",
    "Tunnel rejected: Crypto Map Policy not found for Src:{source}, Dst: {destination}!",
    Channel.IKE,
    "3-713061",
    GUIDE,
    "The older wording of: no crypto map entry fits what the peer asks for.",
    source=IPV4,
    destination=IPV4,
    tells=told(Symptom.NO_MATCHING_ENTRY, Phase.TWO, "{source} > {destination}"),
)
ID_TYPE_UNSUPPORTED = entry(
    "ID_TYPE_UNSUPPORTED",
    "Identification type not supported, Phase 2, Type {type}",
    Channel.IKE,
    "3-713017",
    GUIDE,
    "A proxy identity of a type that this device cannot carry.",
    type=NUMBER,
    tells=told(Symptom.UNEXPECTED, Phase.TWO, "identity type {type}"),
)
OVERRIDING_GROUP = entry(
    "OVERRIDING_GROUP",
    "Mismatch: Overriding phase 2 DH Group(DH group {configured}) with phase 1 group(DH group {used}",
    Channel.IKE,
    "3-713133",
    GUIDE.but("the missing bracket is the device's"),
    "The perfect forward secrecy group of phase 2 is replaced by phase 1's.",
    configured=NUMBER,
    used=NUMBER,
    tells=told(Symptom.DH_GROUP, Phase.TWO, "{configured} becomes {used}"),
)
AH_NOT_SUPPORTED = entry(
    "AH_NOT_SUPPORTED",
    "AH proposal not supported",
    Channel.IKE_DEBUG,
    "7-715071",
    GUIDE,
    "The peer offers AH, which this device does not speak.",
    tells=Refused(Phase.TWO, "protocol", "AH", "ESP"),
)
BAD_SPI_SIZE = entry(
    "BAD_SPI_SIZE",
    "Invalid ESP SPI size of {size}",
    Channel.IKE_DEBUG,
    "7-715069",
    GUIDE,
    "An SPI that is not four octets long.",
    size=NUMBER,
    tells=Told(Symptom.MALFORMED, Phase.TWO, "SPI"),
)
UNKNOWN_PROTOCOL_ID = entry(
    "UNKNOWN_PROTOCOL_ID",
    "Received proposal with unknown protocol ID {protocol}",
    Channel.IKE_DEBUG,
    "7-715072",
    GUIDE,
    "A proposal for neither ESP nor AH.",
    protocol=NUMBER,
    tells=lambda values: (Refused(Phase.TWO, "protocol", str(values["protocol"]), "ESP"),),
)
NO_LOGICAL_ID = entry(
    "NO_LOGICAL_ID",
    "Can't load an IPsec SA! The corresponding IKE SA contains an invalid logical ID.",
    Channel.IKE_DEBUG,
    "7-715066",
    GUIDE,
    "The SA cannot be installed because its IKE SA is broken.",
    tells=Told(Symptom.CATCH_ALL, Phase.TWO),
)
NO_STATE_FOR_MESSAGE = entry(
    "NO_STATE_FOR_MESSAGE",
    "Failed to obtain state for message Id {message_id}, Peer Address: {peer}",
    Channel.IKE,
    "5-713006",
    GUIDE,
    "A message of a quick mode that does not exist here.",
    message_id=NUMBER,
    peer=IPV4,
    tells=Told(Symptom.NO_SA, Phase.TWO),
)
NO_CENTRY_FOR_MESSAGE = entry(
    "NO_CENTRY_FOR_MESSAGE",
    "IKE area: failed to find centry for message Id {message_id}",
    Channel.IKE,
    "5-713010",
    GUIDE,
    "A message of a quick mode that does not exist here.",
    message_id=NUMBER,
    tells=Told(Symptom.NO_SA, Phase.TWO),
)
NEGOTIATION_ALREADY_IN_PROGRESS = entry(
    "NEGOTIATION_ALREADY_IN_PROGRESS",
    "Rejecting new IPSec SA negotiation for peer {peer}.  A negotiation was already in progress for "
    "local Proxy {local}/{local_mask}, remote Proxy {remote}/{remote_mask}",
    Channel.IKE,
    "3-713227",
    GUIDE,
    "The same tunnel is being negotiated already.",
    peer=IPV4,
    local=IPV4,
    local_mask=IPV4,
    remote=IPV4,
    remote_mask=IPV4,
    tells=in_progress,
)
PEER_DOES_NOT_MATCH = entry(
    "PEER_DOES_NOT_MATCH",
    "Tunnel Rejected: IKE peer does not match remote peer as defined in L2L policy IKE peer address: "
    "{peer}, Remote peer address: {configured}",
    Channel.IKE,
    "7-713187",
    GUIDE,
    "The proxies fit a crypto map entry, but that entry is for another peer.",
    peer=IPV4,
    configured=IPV4,
    tells=told(Symptom.WRONG_PEER_FOR_ENTRY, Phase.TWO, "{configured}"),
)
PHASE1_ON_OTHER_INTERFACE = entry(
    "PHASE1_ON_OTHER_INTERFACE",
    "Attempting to establish a phase2 tunnel on {interface} interface but phase1 tunnel is on "
    "{phase1_interface} interface. Tearing down old phase1 tunnel due to a potential routing change.",
    Channel.IKE,
    "3-713258",
    GUIDE,
    "Routing moved the peer to another interface; phase 1 begins anew.",
    interface=NAME,
    phase1_interface=NAME,
    tells=told(Symptom.ROUTING, None, "{phase1_interface} > {interface}"),
)
