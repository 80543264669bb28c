"""What keeps peers from being answered: policies, tunnel-groups and group-policies that cannot be used."""

from collections.abc import Iterator
from ipaddress import IPv4Address

from mainmode.device.config.checks.warning import missing, warning
from mainmode.device.config.commands.ike import TUNNEL_GROUPS
from mainmode.device.config.model import Configuration, CryptoMapEntry, TunnelGroup
from mainmode.device.config.problem import Problem

NOT_AN_ADDRESS = (
    "For IKEv1, L2L tunnel-groups that have names which are not an IP\n"
    "address may only be used if the tunnel authentication\n"
    "method is Digital Certificates and/or The peer is\n"
    "configured to use Aggressive Mode"
)


def peers(configuration: Configuration) -> Iterator[Problem]:
    """What is wrong with policies, tunnel-groups and the peers that need one."""
    for policy in configuration.policies:
        if policy.authentication.value != "pre-share":
            wording = f"policy {policy.priority} is not offered, only pre-shared keys are spoken"
            yield from warning(policy.authentication.source, wording, "pre-share")
    for crypto_map in configuration.crypto_maps.values():
        for entry in crypto_map.entries:
            yield from _without_group(configuration, entry)
    for group in configuration.tunnel_groups.values():
        yield from _group(configuration, group)
    yield from _masked_keys(configuration)


def _without_group(configuration: Configuration, entry: CryptoMapEntry) -> Iterator[Problem]:
    default = configuration.tunnel_groups.get("DefaultL2LGroup")
    if entry.peers is None or (default is not None and default.key is not None):
        return
    for peer in entry.peers.value:
        group = configuration.tunnel_groups.get(str(peer))
        if group is None or not group.is_l2l:
            yield from warning(
                entry.peers.source, f"no tunnel-group for peer {peer}", f"tunnel-group {peer} type ipsec-l2l"
            )


def _group(configuration: Configuration, group: TunnelGroup) -> Iterator[Problem]:
    named = group.name not in TUNNEL_GROUPS.builtin and not _is_address(group.name)
    if group.type is not None and group.is_l2l and named:
        yield from warning(group.type.source, NOT_AN_ADDRESS, "the peer's IPv4 address")
    policy = group.group_policy
    if policy.value not in configuration.group_policies:
        yield from missing(policy.source, "group-policy", policy.value, "the name of a group-policy")
    elif group.is_l2l and "ikev1" not in configuration.group_policy(policy.value).tunnel_protocols.value:
        protocols = configuration.group_policy(policy.value).tunnel_protocols
        wording = f"group-policy {policy.value} does not let tunnel-group {group.name} speak IKEv1"
        yield from warning(protocols.source, wording, "vpn-tunnel-protocol with ikev1 (8.2 and 8.3: IPSec)")


def _masked_keys(configuration: Configuration) -> Iterator[Problem]:
    """One warning for all keys that the file hides, at the first of them: every listing but one hides them all."""
    hidden = [
        (group.name, group.key.source)
        for group in configuration.tunnel_groups.values()
        if group.key is not None and group.is_l2l and group.key_hidden
    ]
    if not hidden:
        return
    name, source = hidden[0]
    wording = (
        f"the key of tunnel-group {name} is masked in this file; only the lab goes on, as if it were the peer's"
        if len(hidden) == 1
        else f"the keys of {len(hidden)} tunnel-groups are masked in this file, from {name} on; "
        "only the lab goes on, as if they were the peers'"
    )
    yield from warning(source, wording, "the key itself, as more system:running-config prints it")


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True
