"""What a message is made of and which payloads are built and read: IKE_DECODE, constructing, processing, vendor IDs."""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.facts import Deleted, Identity, Vendor, Way, Whose
from mainmode.catalogue.kinds import (
    IPV4,
    MSGID_SHORT,
    NAME,
    NUMBER,
    PAYLOADS,
    TRUE_FALSE,
    WORD,
    choice,
)
from mainmode.catalogue.origins import FTD, GUIDE, MSG4, NOTE, NOTE_MSG4, RECALLED, RESPONDER_2013
from mainmode.catalogue.telling import constructing, floated, identity_kind, message, vendor

IKE_DECODE = entry(
    "IKE_DECODE",
    "IKE_DECODE {verb} Message (msgid={message_id}) with payloads : {payloads} total length : {length}",
    Channel.IKE,
    "7-713236",
    NOTE_MSG4,
    "An ISAKMP message was sent, sent again or received: its message id, its payloads in order with their numbers, "
    "and its length in octets without cipher padding.",
    aliases=("IKE_DECODE {verb} Message (msgid={message_id}) with payloads : {payloads} total length :{length}",),
    verb=choice("verb", "SENDING", "RECEIVED", "RESENDING"),
    message_id=MSGID_SHORT,
    payloads=PAYLOADS,
    length=NUMBER,
    tells=message,
)
CONSTRUCTING = entry(
    "CONSTRUCTING",
    "constructing {payload} payload",
    Channel.IKE_DEBUG,
    "7-715046",
    NOTE_MSG4.but(
        "recalled only: NAT-Discovery, hash, dpd vid, blank hash, qm hash, IPSec SA, IPSec nonce, pfs ke, "
        "ipsec notify and the delete forms"
    ),
    "The device builds this payload of the message that it is about to send.",
    payload=choice(
        "payload as built",
        "ISAKMP SA",
        "NAT-Traversal VID ver 02",
        "NAT-Traversal VID ver 03",
        "NAT-Traversal VID ver RFC",
        "Fragmentation VID + extended capabilities",
        "ke",
        "nonce",
        "Cisco Unity VID",
        "xauth V6 VID",
        "VID",
        "NAT-Discovery",
        "ID",
        "hash",
        "dpd vid",
        "blank hash",
        "IPSec SA",
        "IPSec nonce",
        "pfs ke",
        "qm hash",
        "ipsec notify",
        "IPSec delete",
        "IKE delete",
        "IKE delete with reason",
        "IPSec delete with reason",
    ),
    tells=constructing,
)
PROCESSING = entry(
    "PROCESSING",
    "processing {payload} payload",
    Channel.IKE_DEBUG,
    "7-715047",
    NOTE_MSG4.but("recalled only: IKE SA, ISA_KE, IPSec SA, NAT-Discovery, notify; 'ike' is the note's spelling of ke"),
    "The device reads this payload of the message that it received.",
    payload=choice(
        "payload as read",
        "SA",
        "IKE SA",
        "VID",
        "ke",
        "ike",
        "ISA_KE",
        "nonce",
        "NAT-Discovery",
        "ID",
        "hash",
        "notify",
        "IPSec SA",
    ),
)
CONSTRUCTING_PROXY_ID = entry(
    "CONSTRUCTING_PROXY_ID",
    "constructing proxy ID",
    Channel.IKE_DEBUG,
    "7-715046",
    RECALLED,
    "The device writes both proxy identities (the crypto ACL's networks) into the quick mode message.",
)
PROCESSING_DELETE = entry(
    "PROCESSING_DELETE",
    "processing delete",
    Channel.IKE_DEBUG,
    "7-715047",
    RECALLED,
    "The peer announces that it deleted an SA.",
    tells=Deleted(Way.RECEIVED),
)
PACKET_RECEIVED = entry(
    "PACKET_RECEIVED",
    "IKE Receiver: Packet received on {local}:{local_port} from {remote}:{remote_port}",
    Channel.IKE_DEBUG,
    "7-713906",
    FTD,
    "A datagram came in on an IKE port.",
    local=IPV4,
    local_port=NUMBER,
    remote=IPV4,
    remote_port=NUMBER,
    tells=floated,
    peer_in="remote",
)
SEND_VID = entry(
    "SEND_VID",
    "Send {vid} VID",
    Channel.IKE_DEBUG,
    "7-715048",
    MSG4,
    "The vendor ID of an IOS router, or the one that marks an ASA gateway, goes into the message.",
    vid=choice("vendor ID", "IOS", "Altiga/Cisco VPN3000/Cisco ASA GW"),
    tells=vendor(Whose.OWN),
)
CONSTRUCTING_IOS_VID = entry(
    "CONSTRUCTING_IOS_VID",
    "Constructing ASA spoofing IOS Vendor ID payload (version: {version}, capabilities: {capabilities})",
    Channel.IKE_DEBUG,
    "7-715038",
    MSG4,
    "The IOS vendor ID's version and capability word.",
    version=NAME,
    capabilities=WORD,
)
RECEIVED_VID = entry(
    "RECEIVED_VID",
    "Received {vid} VID",
    Channel.IKE_DEBUG,
    "7-715049",
    RESPONDER_2013.but(
        "public log: tunnelsup, stuck at MM_WAIT_MSG4 (Fragmentation); recalled only: NAT-Traversal ver 02 and 03, "
        "DPD, xauth V6, Cisco Unity client, Altiga"
    ),
    "The peer announced this ability by a vendor ID that the device knows.",
    vid=choice(
        "vendor ID",
        "NAT-Traversal RFC",
        "NAT-Traversal ver 02",
        "NAT-Traversal ver 03",
        "Fragmentation",
        "DPD",
        "xauth V6",
        "Cisco Unity client",
        "Altiga/Cisco VPN3000/Cisco ASA GW",
    ),
    tells=vendor(Whose.PEER),
)
FRAGMENTATION_FLAGS = entry(
    "FRAGMENTATION_FLAGS",
    "IKE Peer included IKE fragmentation capability flags:  Main Mode:        {main}  Aggressive Mode:{aggressive}",
    Channel.IKE_DEBUG,
    "7-715064",
    MSG4.but("Cisco ASA syslog guide, with other blanks"),
    "In which modes the peer can reassemble IKE fragments.",
    aliases=("IKE Peer included IKE fragmentation capability flags: Main Mode: {main} Aggressive Mode: {aggressive}",),
    main=TRUE_FALSE,
    aggressive=TRUE_FALSE,
)
PROCESSING_IOS_VID = entry(
    "PROCESSING_IOS_VID",
    "Processing IOS/PIX Vendor ID payload (version: {version}, capabilities: {capabilities})",
    Channel.IKE_DEBUG,
    "7-715038",
    RECALLED,
    "The peer's vendor ID is an IOS or PIX one, with this version and capability word.",
    version=NAME,
    capabilities=WORD,
    tells=Vendor(Whose.PEER, "IOS"),
)
IOS_VID_NOT_AUTHENTIC = entry(
    "IOS_VID_NOT_AUTHENTIC",
    "Claims to be IOS but failed authentication",
    Channel.IKE_DEBUG,
    "7-715050",
    GUIDE,
    "The peer's vendor ID looks like an IOS one, but the part that proves it does not verify.",
)
UNKNOWN_IOS_VID_VERSION = entry(
    "UNKNOWN_IOS_VID_VERSION",
    "Unknown IOS Vendor ID version: {version}",
    Channel.IKE_DEBUG,
    "7-715037",
    GUIDE,
    "An IOS vendor ID of a version that this device does not know.",
    version=NAME,
)
KEEPALIVE_PAYLOAD = entry(
    "KEEPALIVE_PAYLOAD",
    "{verb} IOS keep alive payload: proposal={interval}/{retry} sec.",
    Channel.IKE_DEBUG,
    "7-715034",
    GUIDE.but("the values and the word Processing are recalled"),
    "One side offers IOS style keepalives with this period and retry.",
    verb=choice("verb", "Constructing", "Processing"),
    interval=NUMBER,
    retry=NUMBER,
)
ID_ADDRESS_RECEIVED = entry(
    "ID_ADDRESS_RECEIVED",
    "ID_IPV4_ADDR ID received\n{address}",
    Channel.IKE_DECODE,
    "7-714011",
    RECALLED.but("the id is in the Cisco ASA syslog guide"),
    "The peer's identity is this address.",
    address=IPV4,
    tells=lambda values: (Identity(Whose.PEER, "address", str(values["address"])),),
)
ID_SUBNET_RECEIVED = entry(
    "ID_SUBNET_RECEIVED",
    "ID_IPV4_ADDR_SUBNET ID received--{address}--{mask}",
    Channel.IKE_DECODE,
    "7-714011",
    NOTE,
    "A proxy identity of the peer is this network.",
    address=IPV4,
    mask=IPV4,
)
ID_RANGE_RECEIVED = entry(
    "ID_RANGE_RECEIVED",
    "ID_IPV4_ADDR_RANGE ID received--{first}--{last}",
    Channel.IKE_DECODE,
    "7-714011",
    RECALLED.but("after the subnet form"),
    "A proxy identity of the peer is this address range.",
    first=IPV4,
    last=IPV4,
)
ID_FQDN_RECEIVED = entry(
    "ID_FQDN_RECEIVED",
    "{type} ID received, len {length}",
    Channel.IKE_DECODE,
    "7-714011",
    RECALLED,
    "The peer's identity is a name or a key id of this length.",
    type=choice("identity type", "ID_FQDN", "ID_USER_FQDN", "ID_KEY_ID", "ID_DER_ASN1_DN", "ID_IPV6_ADDR"),
    length=NUMBER,
    tells=identity_kind,
)
