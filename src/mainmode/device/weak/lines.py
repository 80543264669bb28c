"""What a configuration rests on and should not, each at its line: warnings of a device that loads it.

Only what is used is told: policies (a peer may ask for any of them), transform sets and groups of complete entries of
crypto maps that are bound to an interface, keys of LAN-to-LAN tunnel-groups. The wordings are ours: the device's older
releases say nothing of it, and newer ones refuse the commands.
"""

from collections.abc import Iterator

from mainmode.base.provenance import Source, Statement
from mainmode.device.config.checks.warning import warning
from mainmode.device.config.model import Configuration, CryptoMapEntry, Policy, TunnelGroup
from mainmode.device.config.problem import Problem
from mainmode.device.weak.algorithms import (
    DAY,
    INSTEAD,
    NO_AUTHENTICATION,
    WEAK_GROUPS,
    WEAK_WORDS,
    WHY_NO_AUTHENTICATION,
    lacks_authentication,
)
from mainmode.device.weak.keys import why_weak

_GOOD_KEY = "22 random characters or more, as docs/security/pre_shared_keys.md makes them"
_MOST_NAMED = 4


def weak_lines(configuration: Configuration) -> list[Problem]:
    """All of it, each line once, in the order of the file."""
    found: dict[tuple[str, int, str], Problem] = {}
    used = list(_used(configuration))
    for problem in (*_phase1(configuration, used), *_phase2(configuration, used), *_keys(configuration)):
        found.setdefault((problem.file, problem.line, problem.wording), problem)
    return sorted(found.values(), key=lambda problem: problem.line)


def _used(configuration: Configuration) -> Iterator[CryptoMapEntry]:
    """Complete entries of bound crypto maps, and of the dynamic maps behind them."""
    for crypto_map in configuration.crypto_maps.values():
        for entry in crypto_map.entries if crypto_map.interfaces else ():
            behind = configuration.dynamic_maps.get(entry.dynamic.value) if entry.dynamic is not None else None
            if behind is not None:
                yield from (one for one in behind.entries if one.transform_sets is not None)
            elif entry.complete:
                yield entry


def _phase1(configuration: Configuration, used: list[CryptoMapEntry]) -> Iterator[Problem]:
    for policy in configuration.policies if configuration.enabled else ():
        if policy.authentication.value != "pre-share":
            continue
        for attribute in (policy.encryption, policy.hash):
            if attribute.value in WEAK_WORDS:
                why, instead = WEAK_WORDS[attribute.value], INSTEAD[attribute.value]
                yield from _of_policy(policy, attribute.value, attribute.source, why, instead)
        if policy.group.value in WEAK_GROUPS:
            why = WEAK_GROUPS[policy.group.value]
            yield from _of_policy(policy, f"group {policy.group.value}", policy.group.source, why, INSTEAD["group"])
        lifetime = policy.lifetime.value
        if (lifetime is None or lifetime > DAY) and any(entry.pfs is None for entry in used):
            why = "without PFS all keys of that time come from one Diffie-Hellman exchange"
            said = "no end" if lifetime is None else f"a lifetime of {lifetime} s"
            yield from _of_policy(
                policy, said, policy.lifetime.source, why, "lifetime 86400, or set pfs in the crypto map"
            )


def _of_policy(policy: Policy, what: str, source: Source, why: str, instead: str) -> Iterator[Problem]:
    """At the line that says it, or at the policy's own where it is a default."""
    place = source if isinstance(source, Statement) else policy.source
    yield from warning(place, f"IKE policy {policy.priority} rests on {what}: {why}", instead)


def _phase2(configuration: Configuration, used: list[CryptoMapEntry]) -> Iterator[Problem]:
    for entry in used:
        for name in entry.transform_sets.value if entry.transform_sets is not None else ():
            found = configuration.transform_sets.get(name)
            if found is None:
                continue
            words = found.encryption.value, found.authentication.value
            reasons = [(word, WEAK_WORDS[word]) for word in words if word in WEAK_WORDS]
            if lacks_authentication(words):
                reasons.append((NO_AUTHENTICATION, WHY_NO_AUTHENTICATION))
            for word, why in reasons:
                yield from warning(found.source, f"transform set {name} rests on {word}: {why}", INSTEAD["esp"])
        if entry.pfs is not None and entry.pfs.value in WEAK_GROUPS:
            named = f"{entry.map_name} {entry.sequence}"
            wording = f"PFS of {named} rests on group {entry.pfs.value}: {WEAK_GROUPS[entry.pfs.value]}"
            yield from warning(entry.pfs.source, wording, INSTEAD["pfs"])


def _keys(configuration: Configuration) -> Iterator[Problem]:
    groups = [one for one in configuration.tunnel_groups.values() if one.is_l2l and one.key is not None]
    alike: dict[bytes, list[TunnelGroup]] = {}
    for group in groups:
        key = group.key
        if key is None or key.value is None:
            continue
        why = why_weak(key.value, configuration, group)
        if why:
            wording = f"the pre-shared key of tunnel-group {group.name} {why}: who answers in the peer's place finds it"
            yield from warning(key.source, wording, _GOOD_KEY)
        alike.setdefault(key.value.reveal(), []).append(group)
    for same in alike.values():
        if len(same) > 1 and _peers(configuration, same) > 1:
            names = ", ".join(one.name for one in same[:_MOST_NAMED])
            more = f" and {len(same) - _MOST_NAMED} more" if len(same) > _MOST_NAMED else ""
            wording = f"one pre-shared key for {len(same)} tunnel-groups, {names}{more}: each can pose as the others"
            last = same[1].key
            if last is not None:
                yield from warning(last.source, wording, "a key of its own for each peer")


def _peers(configuration: Configuration, groups: list[TunnelGroup]) -> int:
    """How many peers the groups are: the addresses that one entry lists are one."""
    listed = configuration.derived(_listed)
    left = {group.name for group in groups}
    count = 0
    while left:
        name = left.pop()
        count += 1
        left.difference_update(*listed.get(name, ()))
    return count


def _listed(configuration: Configuration) -> dict[str, list[frozenset[str]]]:
    """By the address of a peer, the peers of each entry that lists it."""
    found: dict[str, list[frozenset[str]]] = {}
    for crypto_map in configuration.crypto_maps.values():
        for entry in crypto_map.entries:
            peers = frozenset(map(str, entry.peers.value)) if entry.peers is not None else frozenset()
            for peer in peers:
                found.setdefault(peer, []).append(peers)
    return found
