"""What a whole configuration lacks, as warnings with their places. The device prints the first of them itself."""

from collections.abc import Iterator
from ipaddress import IPv4Address

from mainmode.base.provenance import Source, Statement
from mainmode.device.config.commands.ike import TUNNEL_GROUPS
from mainmode.device.config.expansion import ExpansionError, proxy_pairs
from mainmode.device.config.model import Configuration, CryptoMapEntry
from mainmode.device.config.problem import Problem, Severity

INCOMPLETE_ENTRY = "WARNING: The crypto map entry is incomplete!"
NOT_AN_ADDRESS = (
    "WARNING: For IKEv1, L2L tunnel-groups that have names which are not an IP\n"
    "address may only be used if the tunnel authentication\n"
    "method is Digital Certificates and/or The peer is\n"
    "configured to use Aggressive Mode"
)


def warnings(configuration: Configuration) -> list[Problem]:
    """Incomplete crypto map entries, names that lead nowhere, entries and policies that cannot be used."""
    return [
        *_crypto_maps(configuration),
        *_transform_sets(configuration),
        *_crypto_access_lists(configuration),
        *_interfaces(configuration),
        *_policies(configuration),
        *_tunnel_groups(configuration),
    ]


def _warning(source: Source, wording: str, expected: str) -> Iterator[Problem]:
    if isinstance(source, Statement):
        column = len(source.text) - len(source.text.lstrip(" ")) + 1
        place = source.file, source.line, column
        yield Problem(Severity.WARNING, *place, source.text, wording, expected)


def _crypto_maps(configuration: Configuration) -> Iterator[Problem]:
    for crypto_map in configuration.crypto_maps.values():
        for entry in crypto_map.entries:
            if not entry.complete:
                parts = {"match address": entry.acl, "set peer": entry.peers, "set transform-set": entry.transform_sets}
                missing = ", ".join(part for part, value in parts.items() if value is None)
                head = f"crypto map {entry.map_name} {entry.sequence}"
                yield from _warning(entry.source, INCOMPLETE_ENTRY, f"also {head} with {missing}")
            yield from _dynamic(configuration, entry)
            yield from _peers(configuration, entry)
    for family in (configuration.crypto_maps, configuration.dynamic_maps):
        for entry in (entry for one in family.values() for entry in one.entries):
            yield from _references(configuration, entry)


def _transform_sets(configuration: Configuration) -> Iterator[Problem]:
    for transform_set in configuration.transform_sets.values():
        cipher = transform_set.encryption.value
        bare = transform_set.authentication.value in ("", "esp-none")
        if cipher == "esp-null" and bare:
            wording = f"WARNING: transform-set {transform_set.name} protects nothing and is not offered"
            yield from _warning(transform_set.encryption.source, wording, "esp-null with an authentication")
        elif cipher.startswith("esp-aes-gcm") and not bare:
            wording = f"WARNING: transform-set {transform_set.name} authenticates twice and is not offered"
            yield from _warning(transform_set.encryption.source, wording, f"{cipher} esp-none")


def _references(configuration: Configuration, entry: CryptoMapEntry) -> Iterator[Problem]:
    if entry.acl is not None and entry.acl.value not in configuration.access_lists:
        wording = f"WARNING: access-list {entry.acl.value} does not exist"
        yield from _warning(entry.acl.source, wording, "the name of an access-list … extended")
    if entry.transform_sets is not None:
        for name in entry.transform_sets.value:
            if name not in configuration.transform_sets:
                wording = f"WARNING: transform-set {name} does not exist"
                yield from _warning(entry.transform_sets.source, wording, "the name of a crypto ipsec transform-set")


def _dynamic(configuration: Configuration, entry: CryptoMapEntry) -> Iterator[Problem]:
    if entry.dynamic is not None and entry.dynamic.value not in configuration.dynamic_maps:
        wording = f"WARNING: crypto dynamic-map {entry.dynamic.value} does not exist"
        yield from _warning(entry.dynamic.source, wording, "the name of a crypto dynamic-map")


def _peers(configuration: Configuration, entry: CryptoMapEntry) -> Iterator[Problem]:
    default = configuration.tunnel_groups.get("DefaultL2LGroup")
    if entry.peers is None or (default is not None and default.key is not None):
        return
    for peer in entry.peers.value:
        group = configuration.tunnel_groups.get(str(peer))
        if group is None or not group.is_l2l:
            wording = f"WARNING: no tunnel-group for peer {peer}"
            yield from _warning(entry.peers.source, wording, f"tunnel-group {peer} type ipsec-l2l")


def _crypto_access_lists(configuration: Configuration) -> Iterator[Problem]:
    maps = (*configuration.crypto_maps.values(), *configuration.dynamic_maps.values())
    names = dict.fromkeys(entry.acl.value for one in maps for entry in one.entries if entry.acl is not None)
    for name in names:
        found = configuration.access_lists.get(name)
        for entry in found.aces if found is not None else ():
            try:
                proxy_pairs(configuration, entry)
            except ExpansionError as reason:
                wording = f"WARNING: crypto access-list {name}: entry not used, {reason}"
                yield from _warning(entry.source, wording, "addresses, a protocol and at most eq ports")


def _interfaces(configuration: Configuration) -> Iterator[Problem]:
    named = {one.nameif.value for one in configuration.interfaces if one.nameif is not None}
    bound = [bound for one in configuration.crypto_maps.values() for bound in one.interfaces]
    for used in (*bound, *configuration.enabled):
        if used.value not in named:
            wording = f"WARNING: interface {used.value} does not exist"
            yield from _warning(used.source, wording, "the nameif of an interface")


def _policies(configuration: Configuration) -> Iterator[Problem]:
    for policy in configuration.policies:
        if policy.authentication.value != "pre-share":
            wording = f"WARNING: policy {policy.priority} is not offered, only pre-shared keys are spoken"
            yield from _warning(policy.authentication.source, wording, "pre-share")


def _tunnel_groups(configuration: Configuration) -> Iterator[Problem]:
    for group in configuration.tunnel_groups.values():
        if (
            group.type is not None
            and group.is_l2l
            and not _is_address(group.name)
            and group.name not in TUNNEL_GROUPS.builtin
        ):
            yield from _warning(group.type.source, NOT_AN_ADDRESS, "the peer's IPv4 address")
        if group.key is not None and group.is_l2l and group.key_hidden:
            wording = (
                f"WARNING: the key of tunnel-group {group.name} is masked in this file; "
                "the lab assumes it equal to the peer's"
            )
            yield from _warning(group.key.source, wording, "the key itself, as more system:running-config prints it")


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True
