"""Deleting SAs, and tunnels that end."""

from mainmode.catalogue.declare import entry
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.facts import Deleted, Down, Phase, Way, Why
from mainmode.catalogue.kinds import HEX8, IPV4, NAME, NUMBER, PHRASE, WORD, choice
from mainmode.catalogue.origins import AWS, GUIDE, RECALLED
from mainmode.catalogue.telling import ended, state

CONNECTION_TERMINATED = entry(
    "CONNECTION_TERMINATED",
    "Connection terminated for peer {peer}.  Reason: {reason}  Remote Proxy {remote}, Local Proxy {local}",
    Channel.IKE,
    "5-713050",
    GUIDE,
    "A tunnel ended, and why.",
    peer=IPV4,
    reason=choice(
        "reason",
        "IPSec SA Idle Timeout",
        "IPSec SA Max Time Exceeded",
        "Administrator Reset",
        "Administrator Reboot",
        "Administrator Shutdown",
        "Session Disconnected",
        "Session Error Terminated",
        "Peer Terminate",
    ),
    remote=IPV4,
    local=IPV4,
    tells=ended(Phase.TWO),
)
SESSION_TORN_DOWN = entry(
    "SESSION_TORN_DOWN",
    "Session is being torn down. Reason: {reason}",
    Channel.IKE,
    "5-713259",
    AWS.but("further reasons from the Cisco ASA syslog guide"),
    "Everything with this peer ends, and why.",
    reason=PHRASE,
    tells=ended(None),
)
DELETE_EVENT = entry(
    "DELETE_EVENT",
    "Active unit receives a delete event for remote peer {peer}.",
    Channel.IKE_DEBUG,
    "7-713906",
    RECALLED,
    "An SA with this peer is to be deleted.",
    peer=IPV4,
)
DELETING_SA = entry(
    "DELETING_SA",
    "IKE Deleting SA: Remote Proxy {remote}, Local Proxy {local}",
    Channel.IKE_DEBUG,
    "7-715009",
    GUIDE,
    "The IPsec SAs between these addresses are deleted.",
    remote=IPV4,
    local=IPV4,
    tells=Down(Phase.TWO, Why.UNSAID),
)
IKE_SA_TERMINATE_RECEIVED = entry(
    "IKE_SA_TERMINATE_RECEIVED",
    "IKE SA MM:{cookie} rcv'd Terminate: state {state}  flags {flags}, refcnt {refs}, tuncnt {tunnels}",
    Channel.IKE_DEBUG,
    "7-713906",
    RECALLED,
    "The IKE SA with this cookie (its first half) is told to end, in this state.",
    cookie=WORD,
    state=NAME,
    flags=HEX8,
    refs=NUMBER,
    tunnels=NUMBER,
    tells=state,
)
IKE_SA_TERMINATING = entry(
    "IKE_SA_TERMINATING",
    "IKE SA MM:{cookie} terminating:  flags {flags}, refcnt {refs}, tuncnt {tunnels}",
    Channel.IKE_DEBUG,
    "7-713906",
    RECALLED,
    "The IKE SA with this cookie (its first half) ends.",
    cookie=WORD,
    flags=HEX8,
    refs=NUMBER,
    tunnels=NUMBER,
    tells=Down(Phase.ONE, Why.UNSAID),
)
SENDING_DELETE = entry(
    "SENDING_DELETE",
    "sending delete/delete with reason message",
    Channel.IKE_DEBUG,
    "7-713906",
    RECALLED,
    "The peer is told that an SA is deleted.",
    tells=Deleted(Way.SENT),
)
SENDING_DELETE_WITH_REASON = entry(
    "SENDING_DELETE_WITH_REASON",
    "Sending {protocol} Delete With Reason message: {reason}",
    Channel.IKE,
    "3-713194",
    GUIDE,
    "The peer is told that an SA is deleted, and why.",
    protocol=choice("protocol", "IKE", "IPSec"),
    reason=PHRASE,
    tells=lambda values: (
        Deleted(Way.SENT, Phase.ONE if values["protocol"] == "IKE" else Phase.TWO, (), values["reason"]),
    ),
)
IGNORING_MARK_DEAD = entry(
    "IGNORING_MARK_DEAD",
    "Ignoring msg to mark SA with dsID {id} dead because SA deleted",
    Channel.IKE_DEBUG,
    "7-713906",
    RECALLED,
    "A late message about an SA that is gone.",
    id=NUMBER,
)
UNEXPECTED_CLEANUP = entry(
    "UNEXPECTED_CLEANUP",
    "Unexpected cleanup of tunnel table entry during SA delete.",
    Channel.IKE_DEBUG,
    "7-715039",
    GUIDE,
    "A tunnel's record was still there when its SA went.",
)
