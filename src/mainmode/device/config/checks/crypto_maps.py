"""Crypto maps that cannot work: incomplete, bound nowhere, overlapping, behind a dynamic entry."""

from collections.abc import Iterator

from mainmode.device.config.checks.overlap import Overlap, overlaps
from mainmode.device.config.checks.warning import missing, warning
from mainmode.device.config.expansion import ExpansionError, proxy_pairs
from mainmode.device.config.model import Ace, Configuration, CryptoMap, CryptoMapEntry, StandardAce
from mainmode.device.config.problem import Problem

INCOMPLETE = "The crypto map entry is incomplete!"


def crypto_maps(configuration: Configuration) -> Iterator[Problem]:
    """What is wrong with crypto maps, dynamic maps, their access lists and transform sets."""
    for crypto_map in configuration.crypto_maps.values():
        yield from _binding(crypto_map)
        yield from _order(crypto_map)
        for entry in crypto_map.entries:
            yield from _incomplete(entry)
            yield from _entry(configuration, entry)
        for overlap in overlaps(configuration, crypto_map):
            yield from _overlapping(overlap)
    for dynamic_map in configuration.dynamic_maps.values():
        for entry in dynamic_map.entries:
            if entry.transform_sets is None:
                head = f"crypto dynamic-map {entry.map_name} {entry.sequence}"
                yield from warning(entry.source, INCOMPLETE, f"also {head} set transform-set")
            yield from _entry(configuration, entry)
    yield from _transform_sets(configuration)
    yield from _access_lists(configuration)


def _incomplete(entry: CryptoMapEntry) -> Iterator[Problem]:
    if not entry.complete:
        parts = {"match address": entry.acl, "set peer": entry.peers, "set transform-set": entry.transform_sets}
        lacking = ", ".join(part for part, value in parts.items() if value is None)
        yield from warning(
            entry.source, INCOMPLETE, f"also crypto map {entry.map_name} {entry.sequence} with {lacking}"
        )


def _binding(crypto_map: CryptoMap) -> Iterator[Problem]:
    if crypto_map.entries and not crypto_map.interfaces:
        wording = f"crypto map {crypto_map.name} is bound to no interface"
        yield from warning(crypto_map.entries[0].source, wording, f"crypto map {crypto_map.name} interface NAMEIF")


def _order(crypto_map: CryptoMap) -> Iterator[Problem]:
    first = next((entry for entry in crypto_map.entries if entry.dynamic is not None), None)
    for entry in crypto_map.entries:
        if first is not None and entry.dynamic is None and entry.sequence > first.sequence:
            wording = f"crypto map {entry.map_name} {entry.sequence} stands behind the dynamic entry {first.sequence}"
            expected = f"a sequence below {first.sequence}: the dynamic entry takes what this one's peer proposes"
            yield from warning(entry.source, wording, expected)


def _overlapping(overlap: Overlap) -> Iterator[Problem]:
    entry, earlier = overlap.entry, overlap.earlier
    name, sequence, first = entry.map_name, entry.sequence, earlier.sequence
    if overlap.whole:
        wording = f"crypto map {name} {sequence} is never reached: entry {first} overlaps all of its traffic"
    else:
        wording = f"crypto map {name} {sequence} overlaps entry {first}, which has the same peer and comes first"
    yield from warning(entry.acl.source if entry.acl is not None else entry.source, wording, "traffic of its own")


def _entry(configuration: Configuration, entry: CryptoMapEntry) -> Iterator[Problem]:
    """The names that an entry uses, and what it asks for that is not built."""
    if entry.acl is not None and entry.acl.value not in configuration.access_lists:
        yield from missing(entry.acl.source, "access-list", entry.acl.value, "the name of an access-list … extended")
    for name in entry.transform_sets.value if entry.transform_sets is not None else ():
        if entry.transform_sets is not None and name not in configuration.transform_sets:
            source = entry.transform_sets.source
            yield from missing(source, "transform-set", name, "the name of a crypto ipsec transform-set")
    if entry.dynamic is not None and entry.dynamic.value not in configuration.dynamic_maps:
        yield from missing(
            entry.dynamic.source, "crypto dynamic-map", entry.dynamic.value, "the name of a crypto dynamic-map"
        )
    if entry.phase1_mode.value.mode != "main":
        yield from warning(entry.phase1_mode.source, "aggressive mode is not spoken; main mode is", "main")
    if entry.inheritance.value != "rule":
        yield from warning(
            entry.inheritance.source, "SAs for each host are not built; one pair for each rule is", "rule"
        )


def _transform_sets(configuration: Configuration) -> Iterator[Problem]:
    for transform_set in configuration.transform_sets.values():
        cipher = transform_set.encryption.value
        bare = transform_set.authentication.value in ("", "esp-none")
        source = transform_set.encryption.source
        if cipher == "esp-null" and bare:
            wording = f"transform-set {transform_set.name} protects nothing and is not offered"
            yield from warning(source, wording, "esp-null with an authentication")
        elif cipher.startswith("esp-aes-gcm") and not bare:
            wording = f"transform-set {transform_set.name} authenticates twice and is not offered"
            yield from warning(source, wording, f"{cipher} esp-none")


def _access_lists(configuration: Configuration) -> Iterator[Problem]:
    """Entries of crypto access lists that no proxy can say."""
    maps = (*configuration.crypto_maps.values(), *configuration.dynamic_maps.values())
    names = dict.fromkeys(entry.acl.value for one in maps for entry in one.entries if entry.acl is not None)
    for name in names:
        found = configuration.access_lists.get(name)
        for entry in found.entries if found is not None else ():
            reason = _unusable(configuration, entry) if isinstance(entry, Ace | StandardAce) else ""
            if reason:
                wording = f"crypto access-list {name}: entry not used, {reason}"
                yield from warning(entry.source, wording, "addresses, a protocol and at most eq ports")


def _unusable(configuration: Configuration, entry: Ace | StandardAce) -> str:
    if isinstance(entry, StandardAce):
        return "a standard list has no destination"
    if entry.inactive:
        return ""
    try:
        proxy_pairs(configuration, entry)
    except ExpansionError as reason:
        return str(reason)
    return ""
