"""Every cause that a verdict can name, declared once: its code, its sentence, and the lines on each side to look at.

Codes of `ike.effects.Cause` are what a device knew; the others are what only somebody who sees both ends can know.
A sentence names `{knower}`, the device that found out or is at fault, with its `{interface}`, and `{other}` with its
`{address}`; `{detail}` is what the device or the wire said.
"""

from collections.abc import Callable, Mapping

from mainmode.base.dataclass import dataclass
from mainmode.lab.blame import (
    access_lists,
    bindings,
    blocked_esp,
    connection_types,
    dynamic_first,
    enabled_and_peer,
    gaps,
    keepalives,
    keys,
    peers,
    perfect_forward_secrecy,
    policies,
    transform_sets,
    tunnel_groups,
)
from mainmode.lab.blame_path import denials, earlier, exemptions, routes, shut_down, uninteresting
from mainmode.lab.scene import Scene, stated
from mainmode.ladder.transcript import Blame

Finder = Callable[[Scene], tuple[Blame, ...]]


@dataclass(frozen=True, slots=True)
class CauseRow:
    """One cause: its sentence and what finds the places."""

    sentence: str
    places: Finder


CAUSES: Mapping[str, CauseRow] = {
    "PSK_MISMATCH": CauseRow("The pre-shared keys of {knower} and {other} differ. {knower} found: {detail}.", keys),
    "NO_TUNNEL_GROUP": CauseRow(
        "{knower} has no tunnel-group with a pre-shared key for {other}, {address}.", tunnel_groups
    ),
    "PHASE1_MISMATCH": CauseRow("{knower} and {other} have no phase 1 policy in common: {detail}.", policies),
    "TRANSFORM_MISMATCH": CauseRow("{knower} and {other} have no transform set in common: {detail}.", transform_sets),
    "PFS_MISMATCH": CauseRow(
        "{knower} and {other} do not agree on perfect forward secrecy: {detail}.", perfect_forward_secrecy
    ),
    "PROXY_MISMATCH": CauseRow(
        "The crypto access lists of {knower} and {other} are not mirrors of each other: {detail}.", access_lists
    ),
    "PEER_ADDRESS_WRONG": CauseRow("The peer address that {knower} has for {other} is wrong: {detail}.", peers),
    "CRYPTO_MAP_NOT_BOUND": CauseRow("No crypto map is bound to interface {interface} of {knower}.", bindings),
    "NO_MATCHING_ENTRY": CauseRow("{knower} has no complete crypto map entry for {other}: {detail}.", gaps),
    "EARLIER_ENTRY": CauseRow(
        "An earlier crypto map entry of {knower} takes the traffic for {other}: {detail}.", earlier
    ),
    "DYNAMIC_FIRST": CauseRow(
        "A dynamic crypto map entry of {knower} answers {other} before the static one: {detail}.", dynamic_first
    ),
    "INTERFACE_DOWN": CauseRow("An interface of {knower} is shut down: {detail}.", shut_down),
    "IKE_NOT_ENABLED": CauseRow("IKE is not enabled on interface {interface} of {knower}.", enabled_and_peer),
    "UDP_BLOCKED": CauseRow("Something between {knower} and {other} blocks IKE: {detail}.", peers),
    "ESP_BLOCKED": CauseRow(
        "The tunnel is up, but something between {knower} and {other} blocks its packets: {detail}.", blocked_esp
    ),
    "PACKETS_LOST": CauseRow("The wire between {knower} and {other} lost too much: {detail}.", stated),
    "NOT_INTERESTING": CauseRow("The traffic asks {knower} for no tunnel: {detail}.", uninteresting),
    "NO_NAT_EXEMPTION": CauseRow(
        "{knower} translates traffic that belongs into the tunnel, and has no NAT exemption for it: {detail}.",
        exemptions,
    ),
    "NO_ROUTE": CauseRow("{knower} has no route for the traffic: {detail}.", routes),
    "DENIED": CauseRow("{knower} denies the traffic: {detail}.", denials),
    "CONNECTION_TYPE": CauseRow("The connection-type of {knower} forbids it: {detail}.", connection_types),
    "NO_REPLY": CauseRow("The tunnel is up, and no reply came back to {knower}: {detail}.", stated),
    "NO_ANSWER": CauseRow("{other} does not answer {knower}: {detail}.", peers),
    "PEER_REFUSED": CauseRow("{other} refused what {knower} asked for: {detail}.", stated),
    "PEER_DELETED": CauseRow("{other} deleted the SA of {knower}: {detail}.", stated),
    "BAD_MESSAGE": CauseRow("{knower} cannot accept a message of {other}: {detail}.", stated),
    "LIMIT": CauseRow("{knower} reached a limit on negotiations: {detail}.", stated),
    "LIFETIME": CauseRow("The lifetime ended on {knower}: {detail}.", stated),
    "PROTOCOL_NOT_ALLOWED": CauseRow("{knower} allows {other} no IKEv1 tunnel: {detail}.", stated),
    "REROUTED": CauseRow("{knower} gave up its tunnel with {other}: {detail}.", stated),
    "LOST_PEER": CauseRow("{other} stopped answering the keepalives of {knower}: {detail}.", stated),
    "STALE_SA": CauseRow("{knower} does not know the SA by which {other} sends: {detail}.", keepalives),
    "ADMIN": CauseRow("The tunnel was taken down on {knower}: {detail}.", stated),
    "IDLE": CauseRow("The tunnel of {knower} carried nothing for too long: {detail}.", stated),
    "SESSION_TIME": CauseRow("The session of {knower} lasted as long as it may: {detail}.", stated),
    "RUN_ENDED": CauseRow("The run was ended before {knower} and {other} were done: {detail}.", stated),
}
