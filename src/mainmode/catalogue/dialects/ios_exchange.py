"""IOS, `debug crypto isakmp`: messages, states, nodes, timers and the keeping of peers."""

from dataclasses import replace

from mainmode.catalogue.dialects.ios_parts import (
    ADDRESS,
    MESSAGE_ID,
    NUMBER,
    PHRASE,
    POINTER,
    QUOTED,
    ROLE,
    SPI,
    STATE,
    WORD,
    recalled,
    shown,
)
from mainmode.catalogue.entry import Facts
from mainmode.catalogue.facts import (
    Agreed,
    Began,
    Exchange,
    Floated,
    GaveUp,
    Message,
    Phase,
    Role,
    Spi,
    State,
    Symptom,
    Told,
    Up,
    Way,
    Whose,
)
from mainmode.catalogue.facts import (
    Timer as TimerFact,
)
from mainmode.catalogue.phrasebook import Values

_SENT = {
    ("I", "MM_NO_STATE"): "MM1",
    ("R", "MM_SA_SETUP"): "MM2",
    ("I", "MM_SA_SETUP"): "MM3",
    ("I", "MM_KEY_EXCH"): "MM5",
    ("I", "AG_INIT_EXCH"): "AM1",
    ("I", "AG_NO_STATE"): "AM1",
    ("R", "AG_INIT_EXCH"): "AM2",
    ("I", "AG_AUTH"): "AM3",
}
_RECEIVED = {
    ("I", "MM_NO_STATE"): "MM2",
    ("R", "MM_SA_SETUP"): "MM3",
    ("I", "MM_SA_SETUP"): "MM4",
    ("R", "MM_KEY_EXCH"): "MM5",
    ("I", "MM_KEY_EXCH"): "MM6",
    ("I", "AG_INIT_EXCH"): "AM2",
    ("R", "AG_INIT_EXCH"): "AM3",
}
"""The message that the state asks for. A responder in MM_KEY_EXCH sends MM4 and MM6: which, the port may tell."""

WAITS = {
    "IKE_I_MM1": "MM2",
    "IKE_R_MM2": "MM3",
    "IKE_I_MM3": "MM4",
    "IKE_R_MM4": "MM5",
    "IKE_I_MM5": "MM6",
    "IKE_I_AM1": "AM2",
    "IKE_R_AM2": "AM3",
    "IKE_QM_I_QM1": "QM2",
    "IKE_QM_R_QM2": "QM3",
}
"""What each state of the new kind waits for."""
WAITS_OLD = {
    ("I", "MM_NO_STATE"): "MM2",
    ("I", "MM_SA_SETUP"): "MM4",
    ("I", "MM_KEY_EXCH"): "MM6",
    ("R", "MM_SA_SETUP"): "MM3",
    ("R", "MM_KEY_EXCH"): "MM5",
    ("I", "AG_INIT_EXCH"): "AM2",
    ("I", "AG_NO_STATE"): "AM2",
    ("R", "AG_INIT_EXCH"): "AM3",
}
"""What each role waits for in a state of the old kind (that of `show crypto isakmp sa`)."""


def exchange_of(state: str) -> Exchange | None:
    """Which exchange a state of the old kind is part of; QM_IDLE leaves it open."""
    if state.startswith("MM_"):
        return Exchange.MAIN
    if state.startswith("AG_"):
        return Exchange.AGGRESSIVE
    if state.startswith(("CONF_", "XAUTH")):
        return Exchange.TRANSACTION
    return None


def _message(way: Way, values: Values) -> Facts:
    state = str(values.get("state", "")).replace(" ", "_")
    role = values.get("role", "")
    name = (_SENT if way is Way.SENT else _RECEIVED).get((role, state), "")
    own, peer = values.get("own", 500), values.get("there", 500)
    floated = 4500 in (own, peer)
    if way is Way.SENT and role == "R" and state == "MM_KEY_EXCH" and floated:
        name = "MM6"
    message = Message(way, exchange_of(state), name=name)
    if role == "N" and way is Way.RECEIVED:
        return (Began(Phase.ONE, Role.RESPONDER), replace(message, name="MM1"))
    return (message, Floated()) if floated and name else (message,)


def _dropped(values: Values) -> Facts:
    """A quick mode that ran out of time or of repetitions."""
    reason = str(values.get("reason", "")).lower()
    timed_out = "timer" in reason or "err count" in reason or "retrans" in reason
    return (GaveUp(Phase.TWO, timeout=True),) if values.get("error") == "TRUE" and timed_out else ()


def _sent(values: Values) -> Facts:
    return _message(Way.SENT, values)


def _received(values: Values) -> Facts:
    return _message(Way.RECEIVED, values)


def _again(values: Values) -> Facts:
    state = str(values.get("state", "")).strip(". ")
    return (Message(Way.SENT, exchange_of(state), again=True),)


def _changed(values: Values) -> Facts:
    before, after = values["before"], values["after"]
    facts: Facts = (State(after, WAITS.get(after, "")),)
    if before == after:
        return facts
    if after == "IKE_P1_COMPLETE":
        return (*facts, Up(Phase.ONE))
    if after == "IKE_QM_PHASE2_COMPLETE":
        return (*facts, Up(Phase.TWO))
    if after == "IKE_DEST_SA" and before in WAITS and not before.startswith("IKE_QM"):
        return (*facts, GaveUp(Phase.ONE, WAITS[before]))
    return facts


MESSAGES = (
    shown(
        "sending packet",
        "sending packet to {peer} my_port {own} peer_port {there} ({role}) {state}",
        "sending packet to {peer} ({role}) {state}",
        "sending packet to {peer} my_port {own} peer_port {there} ({role})",
        "beginning Main Mode exchange, sending packet to {peer} ({role}) {state}",
        tells=_sent,
        peer=ADDRESS,
        own=NUMBER,
        there=NUMBER,
        role=ROLE,
        state=STATE,
    ),
    shown(
        "received packet",
        "received packet from {peer} dport {own} sport {there} {vrf} ({role}) {state}",
        "received packet from {peer} dport {own} sport {there} {vrf} ({role})",
        "received packet from {peer} dport {own} sport {there} ({role}) {state}",
        "received packet from {peer} ({role}) {state}",
        "received packet from {peer} dport {own} sport {there} {vrf}",
        tells=_received,
        vrf=WORD,
        peer=ADDRESS,
        own=NUMBER,
        there=NUMBER,
        role=ROLE,
        state=STATE,
    ),
    recalled(
        "sending IKE packet again",
        "retransmitting phase 1 {state}",
        "retransmitting phase 2 {state} {node}",
        "retransmitting phase 2 {state} {node} {more}",
        "retransmitting phase 2 {state}",
        tells=_again,
        state=WORD,
        node=MESSAGE_ID,
        more=PHRASE,
    ),
    recalled(
        "repeating because asked",
        "retransmitting due to retransmit phase {phase}",
        "retransmission skipped for phase {phase}",
        "retransmission skipped for phase {phase} (time since last transmission {since})",
        "retransmission skipped (time since last transmission {since})",
        "retransmit phase {phase}",
        "retransmission skipped",
        phase=NUMBER,
        since=NUMBER,
    ),
    recalled(
        "counting attempts",
        "incrementing error counter on sa, attempt {attempt} of {most}: {reason}",
        "incrementing error counter on sa: {reason}",
        "incrementing error counter on sa, attempt {attempt} of {most}",
        "incrementing error counter on node, attempt {attempt} of {most}: {reason}",
        "incrementing error counter on node, attempt {attempt} of {most}",
        "incrementing error counter on node: {reason}",
        attempt=NUMBER,
        most=NUMBER,
        reason=PHRASE,
    ),
    recalled(
        "message repeated by the peer",
        "phase {phase} packet is a duplicate of a previous packet",
        "phase 1 packet is a duplicate of a previous packet",
        "phase 2 packet is a duplicate of a previous packet",
        "phase 1 going away; let's be paranoid",
        tells=Told(Symptom.DUPLICATE),
        phase=NUMBER,
    ),
    shown("sent", "Sending an IKE IPv4 Packet", "Sending an IKE IPv6 Packet", "Sending an IKE"),
    shown(
        "state",
        "Old State = {before} New State = {after}",
        tells=_changed,
        before=STATE,
        after=STATE,
    ),
    shown(
        "input",
        "Input = {source}, {event}",
        "Node {node}, Input = {source}, {event}",
        "Unknown Input {source}, {event}: state = {state}",
        "Unknown Input for node {node}: state = {state}, major = {source}, minor = {event}",
        "Unknown Input: state = {state}, major, minor = {source}, {event}",
        source=WORD,
        event=WORD,
        node=MESSAGE_ID,
        state=STATE,
    ),
    shown(
        "main mode begins",
        "beginning Main Mode exchange",
        tells=Began(Phase.ONE, Role.INITIATOR, exchange=Exchange.MAIN),
    ),
    recalled(
        "aggressive mode begins",
        "beginning Aggressive Mode exchange",
        tells=Began(Phase.ONE, Role.INITIATOR, exchange=Exchange.AGGRESSIVE),
    ),
    shown(
        "quick mode begins",
        "beginning Quick Mode exchange, M-ID of {node}",
        "beginning Quick Mode exchange, M-ID of {node}:{hex}",
        tells=Began(Phase.TWO, Role.INITIATOR, exchange=Exchange.QUICK),
        node=MESSAGE_ID,
        hex=WORD,
    ),
    shown(
        "main mode instead of aggressive mode",
        "Can not start Aggressive mode, trying Main mode",
    ),
    shown(
        "phase 1 asked for",
        "received ke message ({number}/{count})",
        "SA request profile is {profile}",
        "local port {own}, remote port {there}",
        "Error while processing SA request: {reason}",
        "SA has outstanding requests (local {here} port {own}, remote {peer} port {there})",
        "sitting IDLE. Starting QM immediately ({state})",
        "sitting IDLE. Starting QM immediately (QM_IDLE )",
        "SA is still budding. Attached new ipsec request to it. (local {here}, remote {peer})",
        "SA is still budding. Attached new ipsec request to it",
        "received packet with {profile}",
        "no idb in request",
        "callback: {profile}",
        "got callback {number}",
        "FSM action returned error: {number}",
        "quick mode timer expired",
        "Quick mode timer expired",
        number=NUMBER,
        count=NUMBER,
        profile=PHRASE,
        own=NUMBER,
        there=NUMBER,
        reason=PHRASE,
        here=ADDRESS,
        peer=ADDRESS,
        state=STATE,
    ),
)

NODES = (
    shown("node", "set new node {node} to {state}", "set new node {node} to", node=MESSAGE_ID, state=STATE),
    shown(
        "node deleted",
        "deleting node {node} error {error} reason {reason}",
        "deleting node {node} error {error} reason",
        "deleting node {node} error {error}",
        "deleting node {node}",
        tells=_dropped,
        node=MESSAGE_ID,
        error=WORD,
        reason=QUOTED,
    ),
    shown(
        "node purged",
        "purging node {node}",
        "purging SA., sa={sa}, delme={other}",
        "purging SA",
        "Node {node} is being purged",
        node=MESSAGE_ID,
        sa=POINTER,
        other=POINTER,
    ),
    shown(
        "peer kept",
        "Created a peer struct for {peer}, peer port {there}",
        "Found a peer struct for {peer}, peer port {there}",
        "Trying to find existing peer {path}",
        "Trying to insert a peer {path}, and inserted successfully {sa}",
        "Trying to insert a peer {path}, and found existing one {sa}, Deleting existing one",
        "Trying to insert a peer {path}",
        "Deleting peer node by peer_reap for {peer}: {sa}",
        "Deleting peer node by peer_reap for {peer}",
        peer=ADDRESS,
        there=NUMBER,
        path=WORD,
        sa=POINTER,
    ),
    shown(
        "bookkeeping",
        "New peer created peer = {sa} peer_handle = {other}",
        "Locking peer struct {sa}, refcount {count} for {what}",
        "Locking peer struct {sa}, {more}",
        "Unlocking peer struct {sa} for {what}, count {count}",
        "Unlocking {what} struct {sa} {more}",
        "Locking {what} struct {sa} {more}",
        "insert sa successfully sa = {sa}",
        "Find a dup sa in the avl tree during calling isadb_insert sa = {sa}",
        "Found an existing sa in the avl tree during calling isadb_insert sa = {sa}",
        "and inserted successfully {sa}",
        "and found existing one {sa}, Deleting existing one",
        "Setting UDP ENC peer struct {sa} sa= {other}",
        "Failed to find peer index node to update peer_info_list",
        "isadb_{more}",
        "Unable to copy name into saved_grpname",
        "Couldn't find peer struct for {more}",
        "decrement ref count on peer {more}",
        "Delete all SAs for peer {more}",
        "Old entry with same index {more}",
        "deleting spi {number} message ID = {node}",
        sa=POINTER,
        other=POINTER,
        count=NUMBER,
        what=WORD,
        more=PHRASE,
        number=NUMBER,
        node=MESSAGE_ID,
    ),
    shown(
        "SPIs",
        "QM Initiator gets spi",
        "Received IPSec Install callback... proceeding with the negotiation",
        "Received IPSec Install callback",
        "Successfully installed IPSEC SA",
        more=PHRASE,
    ),
    shown(
        "responder's SPI",
        "QM Responder gets spi",
        tells=Agreed(Phase.TWO),
    ),
    shown(
        "proposal taken",
        "asking for {number} spis from ipsec for {more}",
        "asking for {number} spis from ipsec",
        "Asking for {number} SPIs from ipsec for {more}",
        "Asking for {number} SPIs from ipsec",
        "Creating IPSec SAs",
        "Creating IPsec SAs",
        tells=Agreed(Phase.TWO),
        number=NUMBER,
        more=PHRASE,
    ),
    shown(
        "IPsec SA installed",
        "Successfully installed IPSEC SA (SPI:{spi}) on {interface}",
        tells=lambda values: (Spi(values["spi"], Whose.OWN),) if values["spi"] else (),
        spi=SPI,
        interface=WORD,
    ),
    shown(
        "lifetime timer",
        "Started lifetime timer: {seconds}",
        "restart ike sa timer to {seconds} secs",
        "Returning Actual lifetime: {seconds}",
        tells=lambda values: (TimerFact("lifetime", Phase.ONE, values["seconds"]),),
        seconds=NUMBER,
    ),
    shown(
        "lifetime as reckoned",
        "Acceptable atts:actual life: {seconds}",
        "Acceptable atts:life: {seconds}",
        "Basic life_in_seconds:{seconds}",
        "Fill atts in sa vpi_length:{seconds}",
        "Fill atts in sa life_in_seconds:{seconds}",
        "Fill atts in sa life_in_kilobytes:{seconds}",
        "processing responder lifetime",
        "start processing isakmp responder lifetime",
        "start processing ipsec responder lifetime",
        "responder lifetime of {seconds}s",
        "responder lifetime of {seconds}kb",
        "Unknown attribute {more}",
        "new {what} {more}",
        seconds=NUMBER,
        what=WORD,
        more=PHRASE,
    ),
)
