"""ASA, PIX and FTD: phase 2 lines that our own device never says, and tunnels' ends."""

from mainmode.base.address import Proxy
from mainmode.catalogue.dialects.asa_parts import AFTER_GUIDE, asa
from mainmode.catalogue.facts import (
    Began,
    Deleted,
    Down,
    GaveUp,
    Notify,
    Phase,
    Proxies,
    Refused,
    Symptom,
    Timer,
    Told,
    Up,
    Way,
    Whose,
    Why,
)
from mainmode.catalogue.origins import AWS
from mainmode.catalogue.phrasebook import Facts, Saying, Values
from mainmode.catalogue.telling import ended, history, network, role_of, told


def _rejected(values: Values) -> Facts:
    """The proxies that the peer asked for, as far as they are not masked."""
    own, peer = values.get("local_proxy"), values.get("remote_proxy")
    asked: Facts = ()
    if isinstance(own, Proxy) and isinstance(peer, Proxy):
        asked = (Proxies(own, peer, Whose.PEER),)
    return (*asked, Told(Symptom.NO_MATCHING_ENTRY, Phase.TWO))


def _received(values: Values) -> Facts:
    """A proxy as older releases print it: `Address A, Mask M, Protocol P, Port N`."""
    proxy = network(values["address"], values["mask"], values["protocol"], values["port"])
    if proxy is None:
        return ()
    is_peer = values["name"] == "remote"
    return (Proxies(None if is_peer else proxy, proxy if is_peer else None, Whose.PEER),)


def _negotiated(values: Values) -> Facts:
    return (Up(Phase.TWO, role_of(values["role"]), f"{values['inbound']:08x}", f"{values['outbound']:08x}"),)


PHASE2: tuple[Saying, ...] = (
    asa(
        "QM_FSM_ERROR_SO",
        "QM FSM error (P2 struct &{handle}, mess id {message_id})!{words}",
        "QM FSM error (P2 struct {handle}, mess id {message_id})!{words}",
        tells=(Told(Symptom.CATCH_ALL, Phase.TWO), GaveUp(Phase.TWO)),
    ),
    asa(
        "QM_HISTORY_SO",
        "IKE QM {role} FSM error history (struct &{handle}) <state>, <event>: {history}",
        "IKE QM {role} FSM error history (struct {handle}) <state>, <event>: {history}",
        tells=history(Phase.TWO),
    ),
    asa(
        "NO_ENTRY_FOR_PROXIES",
        "Rejecting IPSec tunnel: no matching crypto map entry for remote proxy {remote_proxy} "
        "local proxy {local_proxy} on interface {words}",
        "Tunnel rejected: Crypto Map Policy not found for remote traffic selector {words}",
        "Tunnel rejected: Crypto Map Policy not found {words}",
        "Rejecting IPSec tunnel: crypto map policy not found {words}",
        "Rejecting IPSec tunnel: no matching crypto map entry{words}",
        origin=AWS.but("the other wordings are recalled"),
        tells=_rejected,
    ),
    asa(
        "PROPOSALS_REFUSED",
        "All IPSec SA proposals found unacceptable{words}",
        "IPSec SA proposals found unacceptable{words}",
        tells=Refused(Phase.TWO, everything=True),
    ),
    asa("PHASE2_FAILURE_WORDS", "Phase 2 failure: {words}", "Phase 2 failure against {words}"),
    asa(
        "PFS_TROUBLE",
        "Received KE payload but PFS not configured{words}",
        "PFS is not configured{words}",
        tells=Told(Symptom.PFS_UNWANTED, Phase.TWO),
    ),
    asa(
        "PFS_LACKS",
        "PFS required but no KE payload received{words}",
        "PFS configured but not received{words}",
        tells=Told(Symptom.PFS_MISSING, Phase.TWO),
    ),
    asa(
        "INVALID_PROXY",
        "Invalid source proxy address: {words}",
        "Received invalid local Proxy Range {words}",
        "Received invalid remote Proxy Range {words}",
        origin=AFTER_GUIDE,
        tells=Told(Symptom.ACL_MISMATCH, Phase.TWO),
    ),
    asa(
        "RECEIVED_ANY_PROXY",
        "Received {name} IP Proxy Subnet data in ID Payload: Address {address}, Mask {mask}, Protocol {protocol}, "
        "Port {port}{words}",
        tells=_received,
    ),
    asa(
        "RECEIVED_PROXY_WORDS",
        "Received remote Proxy Host FQDN in ID Payload: {words}",
        "Received local Proxy Host FQDN in ID Payload: {words}",
        "Received local IP Proxy Subnet data in ID Payload: {words}",
        "Received remote IP Proxy Subnet data in ID Payload: {words}",
        "Received remote Proxy Host data in ID Payload: {words}",
        "Received local Proxy Host data in ID Payload: {words}",
        "ID_IPV4_ADDR_SUBNET ID received--{words}",
        "ID_IPV4_ADDR ID received--{words}",
        "ID_IPV6_ADDR_SUBNET ID received--{words}",
        "ID_IPV4_ADDR ID received",
        "IP Range type id was loaded: {words}",
        origin=AFTER_GUIDE,
    ),
    asa(
        "NEGOTIATED_FOR",
        "Security negotiation complete for {words} {role}, Inbound SPI = {inbound}, Outbound SPI = {outbound}",
        tells=_negotiated,
    ),
    asa("PHASE2_COMPLETED_SO", "PHASE 2 COMPLETED{words}", tells=Up(Phase.TWO)),
    asa(
        "P2_TIMER",
        "Starting P2 Rekey timer to expire in {seconds} seconds{words}",
        "Starting phase 2 rekey timer: {seconds} seconds{words}",
        "Starting P2 rekey timer: {seconds} seconds{words}",
        tells=lambda values: (Timer("rekey", Phase.TWO, values["seconds"]),),
    ),
    asa(
        "P2_TIMER_MS",
        "Starting P2 rekey timer: {number} (ms)",
        "Starting phase 2 rekey timer: {number} (ms)",
        tells=lambda values: (Timer("rekey", Phase.TWO, values["number"] // 1000),),
    ),
    asa("REKEYED", "QM IsRekeyed{words}", "QM Is Rekeyed{words}"),
    asa(
        "MAP_CHECK_WORDS",
        "Static Crypto Map check, {words}",
        "Static Crypto Map Check {words}",
        "Skipping static map check{words}",
        "Skipping dynamic map {words}",
        "Checking dynamic map {words}",
        "Dynamic map {words}",
        "Crypto map {words}",
        "IKE Remote Peer configured for {words}",
        "Crypto Map Policy {words}",
        "NP encrypt rule look up {words}",
    ),
    asa("SELECTING_MODES", "Selecting only UDP-Encapsulated{words}", "Proposing only UDP-Encapsulated{words}"),
    asa("LOADING", "loading all IPSEC SAs{words}", "Loading all IPSEC SAs{words}", "Loading IPSec SA{words}"),
    asa("DELAYED", "Delay Quick Mode processing, {words}", "Resume Quick Mode processing, {words}", origin=AFTER_GUIDE),
    asa(
        "PITCHER_WORDS",
        "Pitcher: received {words}",
        "Pitcher: {words}",
        "IKE got {words}",
        "IKE: requesting SPI{words}",
        "Key Engine: {words}",
        "IKE received {words}",
    ),
    asa(
        "NO_STATE",
        "Could not find connection entry and can not encrypt: {words}",
        "IKE area: failed to find {words}",
        "Failed to obtain state for message Id {words}",
        origin=AFTER_GUIDE,
        tells=Told(Symptom.NO_SA, Phase.TWO),
    ),
    asa("UNKNOWN_PROTOCOL", "Unknown protocol ({words}. Not adding SA {more}", origin=AFTER_GUIDE),
    asa(
        "CONNECTED_TERMINATED_SO",
        "Connection terminated for peer {peer}. Reason: {reason} Remote Proxy {words}",
        "Connection terminated for peer {peer}. Reason: {reason}",
        tells=ended(Phase.TWO),
    ),
    asa("TORN_DOWN_SO", "Session is being torn down. Reason: {reason}", tells=ended(None)),
    asa(
        "TERMINATED_SO",
        "Session terminated, reason: {reason}",
        "Session terminated. Reason: {reason}",
        tells=ended(None),
    ),
    asa(
        "DELETING_SO",
        "IKE Deleting SA: {words}",
        "Deleting IPSec SA{words}",
        tells=Down(Phase.TWO, Why.UNSAID),
    ),
    asa(
        "NO_SPI_TO_DELETE",
        "construct_ipsec_delete(): No SPI to identify Phase 2 SA!",
        "construct_ipsec_delete(){words}",
    ),
    asa(
        "DELETE_EVENT_SO",
        "Active unit {words}",
        "Standby unit {words}",
        "Failover: {words}",
        "Received failover {words}",
    ),
    asa(
        "DELETE_FOR_REKEYED",
        "IKE Received delete for {words}",
        "IKE Received Delete for {words}",
        tells=Deleted(Way.RECEIVED),
    ),
    asa(
        "LOST_CONTACT_SO",
        "IKE lost contact with remote peer, deleting connection{words}",
        tells=(Told(Symptom.PEER_LOST), Down(None, Why.LOST, "IKE lost contact with remote peer")),
    ),
    asa(
        "ROUTE_WORDS",
        "Adding static route for {words}",
        "Deleting static route for {words}",
        "Detected Hardware Client in network extension mode{words}",
        "Could not add static route for {words}",
        "Could not delete static route for {words}",
        "Could not add route for {words}",
        "Could not delete route for {words}",
        "Sending Gratuitous ARP for {words}",
        "Gratuitous ARP sent for {words}",
        "Route {words}",
    ),
    asa(
        "IN_PROGRESS",
        "Rejecting new IPSec SA negotiation for peer {peer}. A negotiation was already in progress for {words}",
        origin=AFTER_GUIDE,
        tells=Told(Symptom.COLLISION, Phase.TWO),
    ),
    asa(
        "LIFETIME_WORDS",
        "Overriding Initiator's {words}",
        "Responder forcing change of {words}",
        "Responder Lifetime decode follows {words}",
        "Changing rekey {words}",
    ),
    asa(
        "NOTIFY_SO",
        "Received non-routine Notify message: {words}",
        "Received unknown Notify {words}",
        tells=lambda values: (Notify(Way.RECEIVED, values["words"].strip().upper().replace(" ", "-")),),
    ),
    asa(
        "REQUEST_FAILED",
        "IKE Initiator unable to find policy: {words}",
        tells=told(Symptom.ENTRY_INCOMPLETE, None, "{words}"),
    ),
    asa(
        "REJECTED_SO",
        "Tunnel Rejected: {words}",
        "Tunnel rejected: {words}",
        tells=told(Symptom.CATCH_ALL, None, "{words}"),
    ),
    asa(
        "LIFETIME_SENT",
        "Sending RESPONDER LIFETIME notification to Initiator{words}",
        tells=Notify(Way.SENT, "RESPONDER-LIFETIME", True, Phase.TWO),
    ),
    asa("DELETE_OF_NOTHING", "Could not find centry for IPSec SA delete message{words}"),
    asa("L2TP", "L2TP/IPSec session {words}", "L2TP {words}"),
    asa(
        "BEGINNING_SO",
        "IKE Initiator: New Phase 2, {words}",
        tells=Began(Phase.TWO),
    ),
)
