"""Phase 2 when it goes well."""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.facts import Agreed, Began, Notify, Phase, Symptom, Timer, Told, Up, Way, Whose
from mainmode.catalogue.kinds import (
    DUMP,
    HEX,
    IPV4,
    LOCAL_PROXY,
    MSGID,
    NAME,
    NUMBER,
    REMOTE_PROXY,
    ROLE,
    SPI,
    WORD,
    choice,
)
from mainmode.catalogue.origins import (
    GUIDE,
    NOTE,
    NOTE_GUIDE,
    RECALLED,
    REMOTE_ACCESS,
    UKFAST,
)
from mainmode.catalogue.telling import (
    lifetime,
    negotiated,
    proxies,
    received_proxy,
    responder_lifetime,
    role_of,
    spi_of,
    told,
)

SIDE = choice("side", "remote", "local")
UNIT = choice("unit", "seconds", "Kbs")

QM_STARTING = entry(
    "QM_STARTING",
    "IKE {role} starting QM: msg id = {message_id}",
    Channel.IKE_DECODE,
    "7-714002",
    NOTE_GUIDE,
    "A quick mode with this message id begins.",
    syslog_by={"role": {"Responder": "7-714003"}},
    role=ROLE,
    message_id=MSGID,
    tells=lambda values: (Began(Phase.TWO, role_of(values["role"])),),
)
QM_PACKET = entry(
    "QM_PACKET",
    "IKE {role} sending {number} QM pkt: msg id = {message_id}",
    Channel.IKE_DECODE,
    "7-714004",
    NOTE_GUIDE.but("public log: sample lines of a PIX log parser"),
    "A quick mode message goes out: the offer (1st), the answer (2nd), the confirmation (3rd).",
    syslog_by={"number": {"2nd": "7-714005", "3rd": "7-714006"}},
    role=ROLE,
    number=choice("which", "1st", "2nd", "3rd"),
    message_id=MSGID,
)
INITIAL_CONTACT = entry(
    "INITIAL_CONTACT",
    "IKE Initiator sending Initial Contact",
    Channel.IKE_DECODE,
    "7-714007",
    NOTE_GUIDE,
    "The first quick mode with this peer tells it to forget any older SAs.",
    tells=Notify(Way.SENT, "INITIAL-CONTACT", True),
)
GOT_SPI = entry(
    "GOT_SPI",
    "IKE got SPI from key engine: SPI = {spi}",
    Channel.IKE_DEBUG,
    "7-715006",
    NOTE_GUIDE,
    "The SPI on which this device will receive.",
    spi=SPI,
    tells=spi_of(Whose.OWN),
)
REQUESTING_SPI = entry(
    "REQUESTING_SPI",
    "IKE: requesting SPI!",
    Channel.IKE,
    "7-713906",
    NOTE,
    "The responder asks the data path for the SPI on which it will receive.",
)
OAKLEY_CONSTRUCTING_QM = entry(
    "OAKLEY_CONSTRUCTING_QM",
    "oakley constucting quick mode",
    Channel.IKE_DEBUG,
    "7-713906",
    RECALLED.but("spelt so by the device"),
    "A quick mode message is built.",
    aliases=("oakley constructing quick mode",),
)
OAKLEY_FINAL_QM = entry(
    "OAKLEY_FINAL_QM",
    "oakley constructing final quick mode",
    Channel.IKE_DEBUG,
    "7-713906",
    RECALLED,
    "The third quick mode message is built.",
)
TRANSMITTING_PROXY_ID = entry(
    "TRANSMITTING_PROXY_ID",
    "Transmitting Proxy Id:\n  {local}\n  {remote}",
    Channel.IKE_DEBUG,
    "7-713906",
    RECALLED,
    "The networks that the initiator wants the tunnel to carry, from its crypto ACL: its own, then the peer's.",
    local=LOCAL_PROXY,
    remote=REMOTE_PROXY,
    tells=proxies(Whose.OWN),
)
TRANSMITTING_PROXY_ID_RESPONDER = entry(
    "TRANSMITTING_PROXY_ID_RESPONDER",
    "Transmitting Proxy Id:\n  {remote}\n  {local}",
    Channel.IKE_DEBUG,
    "7-713906",
    RECALLED,
    "The networks of the tunnel as the responder confirms them: the peer's, then its own.",
    remote=REMOTE_PROXY,
    local=LOCAL_PROXY,
    tells=proxies(Whose.OWN),
)
PEER_CONFIGURED_FOR_MAP = entry(
    "PEER_CONFIGURED_FOR_MAP",
    "IKE Remote Peer configured for crypto map: {map}",
    Channel.IKE,
    "7-713066",
    RECALLED.but("the Cisco ASA syslog guide writes 'for SA:'"),
    "The crypto map that serves this peer.",
    aliases=("IKE Remote Peer configured for SA: {map}",),
    map=NAME,
)
IPSEC_TRANSFORM_ACCEPTABLE = entry(
    "IPSEC_TRANSFORM_ACCEPTABLE",
    "IPSec SA Proposal # {proposal}, Transform # {transform} acceptable  Matches global IPSec SA entry # {sequence}",
    Channel.IKE_DEBUG,
    "7-715027",
    GUIDE,
    "Which of the peer's phase 2 proposals was chosen, and the crypto map entry that it fits.",
    proposal=NUMBER,
    transform=NUMBER,
    sequence=NUMBER,
    tells=lambda values: (Agreed(Phase.TWO, matched=str(values["sequence"])),),
)
LOADING_SAS = entry(
    "LOADING_SAS",
    "loading all IPSEC SAs",
    Channel.IKE_DEBUG,
    "7-713906",
    RECALLED,
    "Phase 2 is agreed; the SAs go to the data path.",
)
GENERATING_QM_KEY = entry(
    "GENERATING_QM_KEY",
    "Generating Quick Mode Key!",
    Channel.IKE_DEBUG,
    "7-713906",
    NOTE,
    "The keys of one direction are computed.",
)
NP_ENCRYPT_RULE = entry(
    "NP_ENCRYPT_RULE",
    "NP encrypt rule look up for crypto map {map} {sequence} matching ACL {acl}: returned cs_id={cs_id}; rule={rule}",
    Channel.IKE_DEBUG,
    "7-713906",
    NOTE.but("recalled only: Unknown, where an entry of a dynamic map has no access list"),
    "The crypto map entry and ACL whose traffic the new SAs will carry, and the data path's rule for it.",
    map=NAME,
    sequence=NUMBER,
    acl=NAME,
    cs_id=WORD,
    rule=WORD,
)
NEGOTIATION_COMPLETE = entry(
    "NEGOTIATION_COMPLETE",
    "Security negotiation complete for LAN-to-LAN Group ({group})  {role}, "
    "Inbound SPI = {inbound}, Outbound SPI = {outbound}",
    Channel.IKE,
    "5-713049",
    NOTE.but("public log: UKFast, ASA to OpenStack"),
    "Phase 2 is agreed: the SPI of each direction.",
    group=NAME,
    role=ROLE,
    inbound=SPI,
    outbound=SPI,
    tells=negotiated,
)
NEGOTIATION_COMPLETE_USER = entry(
    "NEGOTIATION_COMPLETE_USER",
    "Security negotiation complete for User ({user}) {role}, Inbound SPI = {inbound}, Outbound SPI = {outbound}",
    Channel.IKE,
    "5-713049",
    REMOTE_ACCESS,
    "Phase 2 of a remote access user is agreed: the SPI of each direction.",
    user=NAME,
    role=ROLE,
    inbound=SPI,
    outbound=SPI,
    tells=negotiated,
)
KEY_ADD = entry(
    "KEY_ADD",
    "IKE got a KEY_ADD msg for SA: SPI = {spi}",
    Channel.IKE_DEBUG,
    "7-715007",
    GUIDE,
    "The data path has the outbound SA.",
    spi=SPI,
    tells=spi_of(Whose.PEER),
)
PITCHER_KEY_UPDATE = entry(
    "PITCHER_KEY_UPDATE",
    "Pitcher: received KEY_UPDATE, spi {spi}",
    Channel.IKE_DEBUG,
    "7-715077",
    RECALLED.but("the word KEY_UPDATE is in the Cisco ASA syslog guide"),
    "The data path has the inbound SA.",
    spi=HEX,
    tells=spi_of(Whose.OWN),
)
P2_REKEY_TIMER = entry(
    "P2_REKEY_TIMER",
    "Starting P2 rekey timer: {seconds} seconds.",
    Channel.IKE_DEBUG,
    "7-715080",
    NOTE_GUIDE,
    "After this time the IPsec SAs are renewed: 85 % of the lifetime.",
    aliases=("Starting P2 Rekey timer to expire in {seconds} seconds",),
    seconds=NUMBER,
    tells=lambda values: (Timer("rekey", Phase.TWO, values["seconds"]),),
)
PHASE2_COMPLETED = entry(
    "PHASE2_COMPLETED",
    "PHASE 2 COMPLETED (msgid={message_id})",
    Channel.IKE,
    "5-713120",
    NOTE_GUIDE,
    "The IPsec SAs of this quick mode are up; traffic can flow.",
    message_id=MSGID,
    tells=Up(Phase.TWO),
)
RECEIVED_PROXY_SUBNET = entry(
    "RECEIVED_PROXY_SUBNET",
    "Received {side} IP Proxy Subnet data in ID Payload:   "
    "Address {address}, Mask {mask}, Protocol {protocol}, Port {port}",
    Channel.IKE,
    "7-713035",
    NOTE_GUIDE,
    "A network that the peer asks for: its own (remote) or ours (local).",
    syslog_by={"side": {"local": "7-713034"}},
    side=SIDE,
    address=IPV4,
    mask=IPV4,
    protocol=NUMBER,
    port=NUMBER,
    tells=received_proxy,
)
RECEIVED_PROXY_HOST = entry(
    "RECEIVED_PROXY_HOST",
    "Received {side} Proxy Host data in ID Payload:  Address {address}, Protocol {protocol}, Port {port}",
    Channel.IKE,
    "7-713025",
    GUIDE,
    "A host that the peer asks for: its own (remote) or ours (local).",
    syslog_by={"side": {"local": "7-713024"}},
    side=SIDE,
    address=IPV4,
    protocol=NUMBER,
    port=NUMBER,
    tells=received_proxy,
)
RECEIVED_PROXY_RANGE = entry(
    "RECEIVED_PROXY_RANGE",
    "Received {side} Proxy Range data in ID Payload: Addresses {first} - {last}, Protocol {protocol}, Port {port}",
    Channel.IKE,
    "7-713029",
    GUIDE,
    "An address range that the peer asks for: its own (remote) or ours (local).",
    syslog_by={"side": {"local": "7-713028"}},
    side=SIDE,
    first=IPV4,
    last=IPV4,
    protocol=NUMBER,
    port=NUMBER,
    tells=received_proxy,
)
REKEY_NO_OLD_SA = entry(
    "REKEY_NO_OLD_SA",
    "QM IsRekeyed old sa not found by addr",
    Channel.IKE,
    "7-713906",
    NOTE,
    "This quick mode renews nothing: there is no older tunnel between these addresses.",
)
STATIC_MAP_CHECKING = entry(
    "STATIC_MAP_CHECKING",
    "Static Crypto Map check, checking map = {map}, seq = {sequence}...",
    Channel.IKE,
    "7-713221",
    GUIDE,
    "The peer's proxies are compared with this crypto map entry.",
    map=NAME,
    sequence=NUMBER,
)
STATIC_MAP_MATCH = entry(
    "STATIC_MAP_MATCH",
    "Static Crypto Map check, map {map}, seq = {sequence} is a successful match",
    Channel.IKE,
    "7-713225",
    GUIDE,
    "The entry's ACL mirrors the peer's proxies.",
    map=NAME,
    sequence=NUMBER,
)
OVERRIDING_DURATION = entry(
    "OVERRIDING_DURATION",
    "Overriding Initiator's IPSec rekeying duration from {before} to {after} {unit}",
    Channel.IKE,
    "5-713075",
    UKFAST.but("Cisco ASA syslog guide"),
    "The responder's lifetime is shorter than the peer's (or the peer named none) and wins.",
    syslog_by={"unit": {"Kbs": "5-713076"}},
    before=NUMBER,
    after=NUMBER,
    unit=UNIT,
    tells=lifetime(Phase.TWO, Whose.OWN),
)
RESPONDER_FORCING_DURATION = entry(
    "RESPONDER_FORCING_DURATION",
    "Responder forcing change of IPSec rekeying duration from {before} to {after} {unit}",
    Channel.IKE,
    "5-713073",
    GUIDE,
    "The responder wants a shorter lifetime, and gets it.",
    syslog_by={"unit": {"Kbs": "5-713074"}},
    before=NUMBER,
    after=NUMBER,
    unit=UNIT,
    tells=lifetime(Phase.TWO, Whose.PEER),
)
RESPONDER_LIFETIME_DECODE = entry(
    "RESPONDER_LIFETIME_DECODE",
    "Responder Lifetime decode follows (outb SPI[4]|attributes):\n{octets}",
    Channel.IKE_DECODE,
    "7-714001",
    RECALLED.but("id not sure"),
    "The notify by which the responder tells its lifetime, as octets.",
    octets=DUMP,
    tells=responder_lifetime,
)
STATIC_ROUTE_ADDED = entry(
    "STATIC_ROUTE_ADDED",
    "Adding static route for L2L peer coming in on a dynamic map. address: {address}, mask: {mask}",
    Channel.IKE,
    "6-713211",
    GUIDE,
    "Reverse route injection: the peer's network gets a route.",
    address=IPV4,
    mask=IPV4,
    tells=Told(Symptom.DYNAMIC_ENTRY, Phase.TWO),
)
STATIC_ROUTE_DELETED = entry(
    "STATIC_ROUTE_DELETED",
    "Deleting static route for L2L peer that came in on a dynamic map. address: {address}, mask: {mask}",
    Channel.IKE,
    "6-713213",
    GUIDE,
    "Reverse route injection: the peer's network loses its route.",
    address=IPV4,
    mask=IPV4,
)
STATIC_ROUTE_NOT_ADDED = entry(
    "STATIC_ROUTE_NOT_ADDED",
    "Could not add route for L2L peer coming in on a dynamic map. address: {address}, mask: {mask}",
    Channel.IKE,
    "3-713212",
    GUIDE,
    "Reverse route injection failed: the route could not be put in.",
    address=IPV4,
    mask=IPV4,
    tells=told(Symptom.ROUTING, Phase.TWO, "{address}"),
)
STATIC_ROUTE_NOT_DELETED = entry(
    "STATIC_ROUTE_NOT_DELETED",
    "Could not delete route for L2L peer that came in on a dynamic map. address: {address}, mask: {mask}",
    Channel.IKE,
    "3-713214",
    GUIDE,
    "Reverse route injection: the route could not be taken out.",
    address=IPV4,
    mask=IPV4,
)
