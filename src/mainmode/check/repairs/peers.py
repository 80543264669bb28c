"""Repairs of what decides who speaks with whom: peer addresses, directions, where IKE is heard, what is allowed."""

from collections.abc import Iterator
from ipaddress import IPv4Address

from mainmode.check.repairs.declaration import Case, Change, Repair, head
from mainmode.device.config.model import DEFAULT_GROUP_POLICY, CryptoMapEntry, Release
from mainmode.device.config.words import TUNNEL_PROTOCOLS
from mainmode.explain.finding import Safety
from mainmode.ladder.transcript import Side

_MOST = 3
"""Peers of a list that are offered to be replaced."""


def _right_peer(case: Case) -> Iterator[Change]:
    """The other device's address in place of the peer that is nearest to it, in the entry for it."""
    for side in Side:
        right, entry = case.peer(side), case.entry(side)
        if entry is None or entry.dynamic is not None or entry.map_name not in case.of(side).crypto_maps:
            continue
        known = entry.peers.value if entry.peers is not None else ()
        if right in known:
            continue
        wrong = sorted(known, key=lambda peer: (_distance(peer, right), known.index(peer)))[:_MOST]
        for one in wrong or (None,):
            yield Change(
                side,
                f"names the address that {case.subject.names[side.other]} has as the peer of entry {entry.sequence}",
                _peer_lines(entry, one, right),
                Safety.DISRUPTIVE if known else Safety.SAFE,
            )


def _peer_lines(entry: CryptoMapEntry, wrong: IPv4Address | None, right: IPv4Address) -> tuple[str, ...]:
    """The peer replaced; a list is typed anew, so that its order stays."""
    known = entry.peers.value if entry.peers is not None else ()
    gone = tuple(f"no {head(entry)} set peer {peer}" for peer in known)
    kept = " ".join(str(right if peer == wrong else peer) for peer in known) or str(right)
    return *gone, f"{head(entry)} set peer {kept}"


def _distance(one: IPv4Address, other: IPv4Address) -> int:
    """How unlike two addresses are written: digits that differ, and a difference in length."""
    first, second = str(one), str(other)
    unlike = sum(left != right for left, right in zip(first, second, strict=False))
    return unlike + abs(len(first) - len(second))


def _both_ways(case: Case) -> Iterator[Change]:
    for side in Side:
        entry = case.entry(side)
        if entry is not None and entry.connection_type.value != "bidirectional" and entry.dynamic is None:
            yield Change(
                side,
                f"lets entry {entry.sequence} begin and answer",
                (f"{head(entry)} set connection-type bidirectional",),
                Safety.DISRUPTIVE,
            )


def _ike_enabled(case: Case) -> Iterator[Change]:
    for side in Side:
        interface = case.end(side).interface
        if all(enabled.value != interface for enabled in case.of(side).enabled):
            yield Change(
                side,
                f"lets IKE be spoken on {interface}",
                (f"crypto {case.ike(side)} enable {interface}",),
                Safety.SAFE,
            )


def _ike_allowed(case: Case) -> Iterator[Change]:
    """The protocol added to those of the group-policy that holds for the peer."""
    for side in Side:
        group, configuration = case.group(side), case.of(side)
        policy = configuration.group_policy(group.group_policy.value if group is not None else DEFAULT_GROUP_POLICY)
        if "ikev1" in policy.tunnel_protocols.value:
            continue
        words = ("ikev1", *policy.tunnel_protocols.value)
        if configuration.release is Release.OLD:
            words = tuple(TUNNEL_PROTOCOLS[word] for word in words)
        users = [one for one in configuration.tunnel_groups.values() if one.group_policy.value == policy.name]
        alone = policy.name != DEFAULT_GROUP_POLICY and len(users) <= 1
        yield Change(
            side,
            f"allows IKEv1 tunnels in the group-policy {policy.name}",
            (f"group-policy {policy.name} attributes", f" vpn-tunnel-protocol {' '.join(words)}"),
            Safety.SAFE if alone else Safety.WIDE,
            "" if alone else f"{policy.name} holds for other tunnel-groups too",
        )


def _no_limit(case: Case) -> Iterator[Change]:
    for side in Side:
        if case.of(side).settings.max_in_negotiation.value is not None:
            yield Change(
                side,
                "takes the limit on negotiations away",
                ("no crypto ikev1 limit max-in-negotiation-sa",),
                Safety.SAFE,
            )


_ANY_REFUSAL = (
    "PEER_ADDRESS_WRONG",
    "NO_MATCHING_ENTRY",
    "NO_TUNNEL_GROUP",
    "NO_ANSWER",
    "IKE_NOT_ENABLED",
    "NOT_INTERESTING",
    "TRANSFORM_MISMATCH",
    "PFS_MISMATCH",
    "PROXY_MISMATCH",
    "PSK_MISMATCH",
    "PHASE1_MISMATCH",
)
"""What a wrong peer may show itself as: nobody there, or another entry, or a dynamic one, that answers instead."""

PEERS = (
    Repair(
        "RIGHT_PEER",
        "Names the address that the other device has as the peer of the crypto map entry for it.",
        _ANY_REFUSAL,
        _right_peer,
    ),
    Repair(
        "BOTH_WAYS",
        "Lets a crypto map entry begin and answer.",
        ("CONNECTION_TYPE", "NO_ANSWER", "NO_MATCHING_ENTRY", "NOT_INTERESTING"),
        _both_ways,
    ),
    Repair(
        "IKE_ENABLED",
        "Enables IKE on the interface that faces the other device.",
        ("IKE_NOT_ENABLED", "NO_ANSWER"),
        _ike_enabled,
    ),
    Repair(
        "IKE_ALLOWED",
        "Allows IKEv1 in the group-policy of the peer's tunnel-group.",
        ("PROTOCOL_NOT_ALLOWED",),
        _ike_allowed,
    ),
    Repair("NO_LIMIT", "Takes a limit on negotiations away.", ("LIMIT",), _no_limit),
)
