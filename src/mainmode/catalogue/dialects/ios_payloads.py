"""IOS, `debug crypto isakmp`: payloads processed, vendor IDs, identities, keys found, NAT traversal, notifies, DPD."""

from mainmode.base.codes import NotifyType
from mainmode.catalogue import spelling
from mainmode.catalogue.dialects.ios_parts import (
    ADDRESS,
    MESSAGE_ID,
    NUMBER,
    PHRASE,
    SPI,
    WORD,
    recalled,
    shown,
)
from mainmode.catalogue.entry import Facts
from mainmode.catalogue.facts import (
    Deleted,
    Floated,
    Group,
    Identity,
    NatFound,
    Notify,
    Phase,
    Symptom,
    Told,
    Up,
    Vendor,
    Way,
    Whose,
)
from mainmode.catalogue.phrasebook import Values

_VENDORS = {
    "UNITY": "Cisco Unity",
    "DPD": "DPD",
    "XAUTH": "XAUTH",
    "NAT-T RFC 3947": "NAT-T RFC 3947",
    "NAT-T RFC3947": "NAT-T RFC 3947",
    "VENDOR-RFC3947": "NAT-T RFC 3947",
    "NAT-T V2": "NAT-T 02",
    "NAT-T V3": "NAT-T 03",
    "NAT-T V7": "NAT-T 07",
}
_PARTS = {"id_address": "address", "fqdn": "FQDN", "user_fqdn": "user FQDN", "key_id": "key id"}
_KINDS = {
    "ID_IPV4_ADDR": "address",
    "ID_IPV6_ADDR": "address",
    "ID_FQDN": "FQDN",
    "ID_USER_FQDN": "user FQDN",
    "ID_DER_ASN1_DN": "DN",
    "ID_KEY_ID": "key id",
}


def _vendor(values: Values) -> Facts:
    name = str(values["name"])
    return (Vendor(Whose.PEER, _VENDORS.get(name.upper(), name)),)


def _constructed(values: Values) -> Facts:
    name = values["name"]
    return (Vendor(Whose.OWN, "NAT-T RFC 3947" if "3947" in name else f"NAT-T {name}"),)


def _named(values: Values) -> Facts:
    """An identity; whose it is the line before tells, so who reads a line alone leaves it out."""
    for part, kind in _PARTS.items():
        if values.get(part):
            return (Identity(Whose.PEER, kind, str(values[part])),)
    return ()


def _own_identity(values: Values) -> Facts:
    kind = str(values["kind"])
    return (Identity(Whose.OWN, _KINDS.get(kind, kind), ""),)


def phase_of(protocol: int) -> Phase | None:
    """The phase of an SA of this protocol (RFC 2407 §4.4.1)."""
    return {0: Phase.ONE, 1: Phase.ONE, 2: Phase.TWO, 3: Phase.TWO}.get(protocol)


def _notified(way: Way, values: Values) -> Facts:
    phase = phase_of(values["protocol"]) if "protocol" in values else None
    name = NotifyType(values["number"]).name if "number" in values else values["name"]
    name = spelling.notify(str(name))
    return (Notify(way, name.removeprefix("DPD/"), phase=phase),)


def _deleted(values: Values) -> Facts:
    spis = (values["spi"],) if values.get("spi") else ()
    return (Deleted(Way.RECEIVED, Phase.TWO if spis else None, spis),)


PAYLOADS = (
    shown("ID payload processed", "processing ID payload. message ID = {node}", node=MESSAGE_ID),
    shown("ID payload", "ID payload", tells=_named),
    shown(
        "ID row",
        "address : {id_address}",
        "address : {id_address} {more}",
        "FQDN name : {fqdn}",
        "USER FQDN : {user_fqdn}",
        "group id : {key_id}",
        "Group id : {key_id}",
        "protocol : {more}",
        "port : {number}",
        "length : {number}",
        "type : {number}",
        "next-payload : {number}",
        tells=_named,
        id_address=ADDRESS,
        fqdn=WORD,
        user_fqdn=WORD,
        key_id=WORD,
        more=PHRASE,
        number=NUMBER,
    ),
    shown("HASH payload", "processing HASH payload. message ID = {node}", node=MESSAGE_ID),
    shown("SA payload", "processing SA payload. message ID = {node}", node=MESSAGE_ID),
    shown(
        "payload",
        "processing {name} payload. message ID = {node}",
        "processing {name} payload",
        "processing {name} payload. addr = {more}, message ID = {node}",
        "processing vendor id payload",
        "processing vendor id payload {more}",
        "processing IKE frag vendor id payload",
        "processing unity/dpd ID. {more}",
        "received payload type {number}",
        "processing payload type {number}",
        "Total payload length: {number}",
        "KE payload {more}",
        "NONCE payload {more}",
        "SKEYID state generated",
        "SKEYID keys generated",
        "Skipping {more}",
        "Support for IKE Fragmentation not enabled",
        "Support for IKE Fragmentation enabled",
        "constructing {more}",
        "constructed HIS NAT-D",
        "Compression not supported",
        "Signature hash {more}",
        "Unity/DPD ID: {more}",
        "Unity/DPD {more}",
        "IKE_DPD is enabled, initializing timers",
        "Deleting spi {more}",
        "constructed MINE NAT-D",
        name=WORD,
        node=MESSAGE_ID,
        more=PHRASE,
        number=NUMBER,
    ),
    shown(
        "delete payload",
        "processing DELETE payload. message ID = {node}",
        "processing DELETE_WITH_REASON payload, message ID = {node}, reason: {reason}",
        "processing DELETE_WITH_REASON payload, message ID = {node}",
        tells=lambda values: (Deleted(Way.RECEIVED, reason=values.get("reason", "")),),
        node=MESSAGE_ID,
        reason=PHRASE,
    ),
    shown(
        "deleted SPI",
        "Enqueued KEY_MGR_DELETE_SAS for IPSEC SA (SPI:{spi})",
        tells=_deleted,
        spi=SPI,
    ),
    shown("vendor", "vendor ID is {name}", "vendor is {name}", "Detected vendor {name}", tells=_vendor, name=PHRASE),
    shown(
        "vendor not known",
        "vendor ID seems Unity/DPD but {more}",
        "vendor ID seems {more}",
        "vendor ID unknown {more}",
        "Unknown vendor ID",
        "client supports {more}",
        "peer supports {more}",
        "Peer supports {more}",
        more=PHRASE,
    ),
    shown("IOS peer", "speaking to another IOS box", tells=Vendor(Whose.PEER, "IOS")),
    recalled(
        "Unity client",
        "speaking to a Unity client",
        "speaking to Unity client",
        tells=Vendor(Whose.PEER, "Cisco Unity"),
    ),
    recalled(
        "VPN 3000 peer",
        "speaking to a VPN3000 concentrator",
        "speaking to VPN3000 concentrator",
        tells=Vendor(Whose.PEER, "VPN 3000"),
    ),
    shown("own vendor IDs", "constructed NAT-T vendor-{name} ID", tells=_constructed, name=WORD),
)

IDENTITIES = (
    shown(
        "key found",
        "found peer pre-shared key matching {peer}",
        "found peer pre-shared key match {peer}",
        "found peer-shared key matching {peer}",
        "Looking for a matching key for {peer} in {ring} : success",
        "Looking for a matching key for {peer} in {ring}",
        "Looking for a matching key for {peer} in {ring} {more}",
        peer=ADDRESS,
        ring=WORD,
        more=PHRASE,
    ),
    shown(
        "keys and profiles",
        "local preshared key found",
        "Found {name} key in keyring {ring}",
        "Scanning profiles for xauth",
        "Scanning profiles for xauth ... {more}",
        "Scanning profiles for xauth {more}",
        "Looking for xauth in profile {more}",
        "Looking for {more} in profile {ring}",
        "peer matches *none* of the profiles",
        "Profile has no keyring, aborting key search",
        "Profile has no keyring, aborting host key search",
        "Setting client config settings {more}",
        "(Re)Setting client xauth list and state",
        "no pre-shared key based on address {peer}",
        "no pre-shared key based on hostname {peer}",
        "User Authentication in this group {more}",
        name=WORD,
        ring=WORD,
        more=PHRASE,
        peer=ADDRESS,
    ),
    shown(
        "profile",
        "peer matches {name} profile",
        "Profile {name} assigned peer the group named {group}",
        tells=lambda values: (Group(values["name"]),),
        name=WORD,
        group=WORD,
    ),
    shown(
        "own identity",
        "SA is doing pre-shared key authentication using id type {kind}",
        "SA is doing RSA signature authentication using id type {kind}",
        "SA is doing {how} authentication using id type {kind}",
        "SA is doing pre-shared key authentication plus XAUTH using id type {kind}",
        "pre-shared key authentication using id type {kind}",
        "RSA signature authentication using id type {kind}",
        "pre-shared key authentication plus XAUTH using id type {kind}",
        tells=_own_identity,
        kind=WORD,
        how=PHRASE,
    ),
    shown(
        "authenticating",
        "SA is doing pre-shared key authentication",
        "SA is doing",
        "SA authentication status",
        "SA authentication status: authenticated",
        "SA authentication status: {more}",
        "SA is doing pre-shared key authentication using id type",
        "Authentication by xauth preshared",
        more=PHRASE,
    ),
    shown(
        "authenticated",
        "SA has been authenticated with {peer}",
        "SA has been authenticated",
        tells=Up(Phase.ONE),
        peer=ADDRESS,
    ),
    shown(
        "initial contact",
        "Send initial contact",
        "Process initial contact",
        "Process initial contact, bring down existing phase 1 and 2 SA's with local {own} remote {peer} {more}",
        "Process initial contact, bring down existing phase 1 and 2 SA's {more}",
        own=ADDRESS,
        peer=ADDRESS,
        more=PHRASE,
    ),
)

NAT = (
    shown("both behind NAT", "NAT found, both nodes inside NAT", tells=NatFound(True, True)),
    recalled(
        "peer behind NAT",
        "NAT found, the node outside NAT",
        "NAT found, the peer is inside NAT",
        tells=NatFound(False, True),
    ),
    shown("his hash differs", "His hash no match - this node outside NAT", tells=NatFound(False, True)),
    shown(
        "my hash differs",
        "My hash no match - this node inside NAT",
        "NAT found, the node inside NAT",
        "NAT found, this node inside NAT",
        tells=NatFound(True, False),
    ),
    shown(
        "no NAT",
        "No NAT Found for self or peer",
        "NAT not found",
        tells=NatFound(False, False),
    ),
    recalled(
        "hash alike",
        "NAT match MINE hash",
        "NAT match HIS hash",
        "NAT does not match MINE hash",
        "NAT does not match HIS hash",
        "hash received: {more}",
        "my nat hash : {more}",
        "his nat hash : {more}",
        more=PHRASE,
    ),
    shown(
        "floated",
        "Detected port floating to port = {port}",
        "Detected port,floating to port = {port}",
        tells=Floated(4500),
        port=NUMBER,
    ),
    recalled(
        "NAT keepalive",
        "NAT keepalive {more}",
        "NAT-T keepalive {more}",
        "sending NAT keepalive {more}",
        "UDP ENC {more}",
        more=PHRASE,
    ),
)

NOTIFIES = (
    shown(
        "notify received",
        "processing NOTIFY {name} protocol {protocol} spi {spi}, message ID = {node}, sa = {sa}",
        "processing NOTIFY {name} protocol {protocol}",
        "processing NOTIFY payload {number} protocol {protocol}",
        "processing NOTIFY {name} protocol {protocol} {more}",
        "processing NOTIFY {name}",
        "notify payload {name} received",
        tells=lambda values: _notified(Way.RECEIVED, values),
        number=NUMBER,
        name=WORD,
        protocol=NUMBER,
        spi=NUMBER,
        node=MESSAGE_ID,
        sa=WORD,
        more=PHRASE,
    ),
    shown(
        "notify sent",
        "Sending NOTIFY {name} protocol {protocol}",
        "Sending NOTIFY {name} protocol {protocol} {more}",
        "Sending {name} protocol {protocol}",
        "sending notify {name}",
        tells=lambda values: _notified(Way.SENT, values),
        name=WORD,
        protocol=NUMBER,
        more=PHRASE,
    ),
    recalled(
        "DPD question sent",
        "DPD/R_U_THERE sent to peer {peer}, id: {more}",
        "DPD/R_U_THERE sent to peer {peer}, sequence {more}",
        "DPD/R_U_THERE sent to {peer}",
        "sending DPD R_U_THERE to {peer}",
        "Sending DPD R_U_THERE to {peer}",
        tells=Notify(Way.SENT, "R-U-THERE", phase=Phase.ONE),
        peer=ADDRESS,
        more=PHRASE,
    ),
    recalled(
        "DPD question received",
        "DPD/R_U_THERE received from peer {peer}, sequence {sequence}",
        "DPD/R_U_THERE received from peer {peer} {more}",
        tells=Notify(Way.RECEIVED, "R-U-THERE", True, Phase.ONE),
        peer=ADDRESS,
        sequence=WORD,
        more=PHRASE,
    ),
    recalled(
        "DPD answer received",
        "DPD/R_U_THERE_ACK received from peer {peer}, sequence {sequence}",
        "DPD/R_U_THERE_ACK received from peer {peer} {more}",
        tells=Notify(Way.RECEIVED, "R-U-THERE-ACK", True, Phase.ONE),
        peer=ADDRESS,
        sequence=WORD,
        more=PHRASE,
    ),
    recalled(
        "DPD answer sent",
        "DPD/R_U_THERE_ACK sent to peer {peer}, {more}",
        "Sending NOTIFY DPD/R_U_THERE_ACK protocol 1",
        "Sending NOTIFY DPD/R_U_THERE_ACK protocol 1 {more}",
        tells=Notify(Way.SENT, "R-U-THERE-ACK", phase=Phase.ONE),
        peer=ADDRESS,
        more=PHRASE,
    ),
    recalled(
        "DPD",
        "DPD Sequence number {more}",
        "purging DPD {more}",
        "DPD received KMI message",
        "DPD incrementing error counter ({number}/{most})",
        "IKE->{more}",
        "Sending a DPD message to {peer}",
        "DPD {more}",
        number=NUMBER,
        most=NUMBER,
        peer=ADDRESS,
        more=PHRASE,
    ),
    recalled(
        "peer lost",
        "Peer {peer} is dead",
        "peer {peer} not responding!",
        "peer not responding",
        "peer {peer} not responding",
        "Peer not responding",
        "DPD: peer {peer} is dead",
        "IPSec SA's for peer {peer} deleted, DPD",
        tells=Told(Symptom.PEER_LOST),
        peer=ADDRESS,
    ),
    shown(
        "no paranoid keepalives",
        "peer does not do paranoid keepalives",
        "peer does paranoid keepalives",
    ),
)
