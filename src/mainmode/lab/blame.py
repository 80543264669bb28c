"""Which statements of the two configurations a cause of the negotiation points at: on both sides, absent ones too."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from mainmode.base.address import ProxyPair
from mainmode.base.provenance import Absent, Source, Statement
from mainmode.device.config.model import Ace, Configuration, CryptoMapEntry, Policy, Sourced, TransformSet
from mainmode.lab.entry import access_line, entry_gaps, ignored_lines
from mainmode.lab.facing import entries
from mainmode.lab.scene import (
    Scene,
    closeness,
    entry_part,
    knower_first,
    named,
    of_dynamic_map,
    own_address,
    peer_of,
    permits,
    spelled,
)
from mainmode.lab.traffic import proxies_of
from mainmode.ladder.transcript import Blame, Side

DENIED_BEFORE = "denies the traffic before it"
WRONG_WAY_ROUND = "has source and destination the wrong way round"
NO_POLICY = "missing: there is no policy"
OTHER_METHOD = "is for another method than the pre-shared key of the tunnel-group"
TRANSPORT = "transport mode, which is for traffic of the two devices alone"
"""Notes on places that are wrong whatever the other side has."""


def keys(scene: Scene) -> tuple[Blame, ...]:
    """The key of each side for the other."""
    return tuple(Blame(side, "the key for this peer", _key_source(scene, side)) for side in knower_first(scene))


def _key_source(scene: Scene, side: Side) -> Source:
    configuration = scene.pair[side]
    peer = str(scene.facing.ends[side.other].address)
    for name in (peer, "DefaultL2LGroup"):
        group = configuration.tunnel_groups.get(name)
        if group is not None and group.key is not None:
            return group.key.source
    if peer not in configuration.tunnel_groups:
        return Absent(configuration.file, f"tunnel-group {peer} type ipsec-l2l")
    key = spelled(configuration, "pre-shared-key")
    return Absent(configuration.file, f"tunnel-group {peer} ipsec-attributes / {key}")


def tunnel_groups(scene: Scene) -> tuple[Blame, ...]:
    """The group that is missing, groups of that side that name another address, and the address it should name."""
    side = scene.knower
    configuration = scene.pair[side]
    peer = scene.facing.ends[side.other].address
    own = configuration.tunnel_groups.get(str(peer))
    if own is not None and own.type is not None and not own.is_l2l:
        blames = [Blame(side, f"is of type {own.type.value}: it is none for LAN-to-LAN peers", own.type.source)]
    else:
        blames = [Blame(side, "missing", _key_source(scene, side))]
    meant = scene.meant[side]
    if own is None and meant is not None and of_dynamic_map(configuration, meant):
        command = f"tunnel-group DefaultL2LGroup ipsec-attributes / {spelled(configuration, 'pre-shared-key')}"
        blames.append(Blame(side, "missing: for every peer of the dynamic map", Absent(configuration.file, command)))
    used = {str(one) for entry in entries(configuration) if entry.peers is not None for one in entry.peers.value}
    for group in configuration.tunnel_groups.values():
        if group.is_l2l and group.name not in used and group.name != str(peer) and group.type is not None:
            blames.append(Blame(side, "is for another address", group.source))
    entry = scene.entry(side)
    if entry is not None and entry.peers is not None and peer not in entry.peers.value:
        blames.append(Blame(side, "names another peer", entry.peers.source))
    return (*blames, own_address(scene, side.other))


_POLICY_PARTS: tuple[tuple[str, Callable[[Policy], Sourced[Any]]], ...] = (
    ("authentication", lambda policy: policy.authentication),
    ("encryption", lambda policy: policy.encryption),
    ("hash", lambda policy: policy.hash),
    ("group", lambda policy: policy.group),
)


def policies(scene: Scene) -> tuple[Blame, ...]:
    """The attributes in which the two nearest policies differ, on both sides."""
    sides = knower_first(scene)
    if not all(scene.pair[side].policies for side in sides):
        return tuple(_policy_or_absent(scene, side) for side in sides)
    nearest = nearest_policies(scene.pair[sides[0]], scene.pair[sides[1]])
    return tuple(
        Blame(side, _in_policy(name, policy), part(policy).source)
        for name, part in differing(*nearest)
        for side, policy in zip(sides, nearest, strict=True)
    )


def _in_policy(attribute: str, policy: Policy) -> str:
    if attribute == "authentication" and policy.authentication.value != "pre-share":
        return OTHER_METHOD
    return f"in policy {policy.priority}"


def nearest_policies(one: Configuration, other: Configuration) -> tuple[Policy, Policy]:
    """The two policies that differ least; both sides must have some."""
    return min(product(one.policies, other.policies), key=lambda two: len(differing(*two)))


def differing(one: Policy, two: Policy) -> list[tuple[str, Callable[[Policy], Sourced[Any]]]]:
    """The attributes in which two policies differ."""
    return [(name, part) for name, part in _POLICY_PARTS if part(one).value != part(two).value]


def _policy_or_absent(scene: Scene, side: Side) -> Blame:
    configuration = scene.pair[side]
    if configuration.policies:
        return Blame(side, "the policy", configuration.policies[0].source)
    return Blame(side, NO_POLICY, Absent(configuration.file, spelled(configuration, "crypto isakmp policy")))


def transform_sets(scene: Scene) -> tuple[Blame, ...]:
    """The transform sets of both entries, the nearest pair."""
    sides = knower_first(scene)
    sets = [list(_sets_of(scene, side)) for side in sides]
    if not all(sets):
        return tuple(_missing_set(scene, side) for side, found in zip(sides, sets, strict=True) if not found)
    nearest = min(product(*sets), key=lambda two: _set_distance(*two))
    return tuple(
        blame for side, found in zip(sides, nearest, strict=True) for blame in _set_places(side, found, nearest)
    )


def dynamic_first(scene: Scene) -> tuple[Blame, ...]:
    """The dynamic entry that answered, the static one behind it, and the transform sets that were compared."""
    side = scene.knower
    entry = scene.entry(side)
    before = dynamic_before(scene.pair[side], entry)
    if entry is None or before is None:
        return transform_sets(scene)
    return (
        Blame(side, f"a dynamic map that answers before entry {entry.sequence}", before.source),
        Blame(side, "the entry for this peer, which is not reached", entry.source),
        *transform_sets(scene),
    )


def dynamic_before(configuration: Configuration, entry: CryptoMapEntry | None) -> CryptoMapEntry | None:
    """The first dynamic entry of a static one's map that stands before it."""
    crypto_map = configuration.crypto_maps.get(entry.map_name) if entry is not None else None
    if crypto_map is None or entry is None or entry.dynamic is not None:
        return None
    before = (one for one in crypto_map.entries if one.dynamic is not None and one.sequence < entry.sequence)
    return next(before, None)


def _set_places(side: Side, found: TransformSet, nearest: tuple[TransformSet, ...]) -> Iterator[Blame]:
    """The line of a transform set; where the modes differ, also the one that sets the mode."""
    note = f"{found.encryption.value} {found.authentication.value}, {found.mode.value} mode"
    if len({one.mode.value for one in nearest}) > 1 and isinstance(found.mode.source, Statement):
        yield Blame(side, TRANSPORT if found.mode.value == "transport" else "tunnel mode", found.mode.source)
    yield Blame(side, note, found.source)


def _sets_of(scene: Scene, side: Side) -> Iterator[TransformSet]:
    known = scene.pair[side].transform_sets
    compared = [one for one in known.values() if one.source in scene.sources] if side is scene.knower else []
    if compared:
        yield from compared
        return
    entry = scene.entry(side)
    names = entry.transform_sets.value if entry is not None and entry.transform_sets is not None else ()
    for name in names:
        found = known.get(name)
        if found is not None:
            yield found


def _set_distance(one: TransformSet, two: TransformSet) -> int:
    pairs = ((one.encryption, two.encryption), (one.authentication, two.authentication), (one.mode, two.mode))
    return sum(first.value != second.value for first, second in pairs)


def _missing_set(scene: Scene, side: Side) -> Blame:
    return Blame(side, "missing", Absent(scene.pair[side].file, f"{named(scene, side)} set transform-set"))


def perfect_forward_secrecy(scene: Scene) -> tuple[Blame, ...]:
    """`set pfs` of both entries, or that it is not there."""
    blames = []
    for side in knower_first(scene):
        entry = scene.entry(side)
        group = entry.pfs.value if entry is not None and entry.pfs is not None else None
        note = "no perfect forward secrecy" if group is None else f"group {group}"
        blames.append(Blame(side, note, entry_part(scene, side, lambda entry: entry.pfs, "set pfs")))
    return tuple(blames)


def access_lists(scene: Scene) -> tuple[Blame, ...]:
    """On each side the line that asks for the networks, or those that keep the mirror from counting, or its absence."""
    blames: list[Blame] = []
    for side in knower_first(scene):
        wanted = scene.wanted(side)
        if side is scene.traffic.side and scene.traffic.ace is not None:
            blames.append(Blame(side, "what this side asks for", scene.traffic.ace.source))
            continue
        mirror = _mirror(scene, side, wanted)
        if mirror is not None:
            blames += [*_denied_before(scene, side, wanted), Blame(side, "the mirror of it", mirror.source)]
            continue
        ignored = list(ignored_lines(scene.pair[side], scene.entry(side), wanted, scene.flow(side)))
        blames += [Blame(side, why, ace.source) for ace, why in ignored] or _nearest(scene, side)
        if wanted is not None:
            blames.append(Blame(side, "missing", Absent(scene.pair[side].file, _line(scene, side, wanted))))
    return tuple(blames)


def _mirror(scene: Scene, side: Side, wanted: ProxyPair | None) -> Ace | None:
    """The permit line of the side's entry that says just this."""
    found = (ace for ace in permits(scene.pair[side], scene.entry(side)) if wanted in proxies_of(scene.pair[side], ace))
    return next(found, None)


def _denied_before(scene: Scene, side: Side, wanted: ProxyPair | None) -> Iterator[Blame]:
    """The first line that denies some of the networks before the one that permits them."""
    entry, configuration = scene.entry(side), scene.pair[side]
    access_list = configuration.access_lists.get(entry.acl.value) if entry is not None and entry.acl else None
    for ace in access_list.aces if access_list is not None else ():
        if ace.permit and wanted in proxies_of(configuration, ace):
            return
        meets = any(wanted is not None and one.covers(wanted) for one in proxies_of(configuration, ace))
        if not ace.permit and meets:
            yield Blame(side, DENIED_BEFORE, ace.source)
            return


def _nearest(scene: Scene, side: Side) -> list[Blame]:
    """The line that comes closest; one that has the networks the wrong way round, if there is one."""
    aces = permits(scene.pair[side], scene.entry(side))
    wanted = scene.wanted(side)
    turned = wanted.mirrored() if wanted is not None else None
    for ace in aces:
        if turned is not None and turned in proxies_of(scene.pair[side], ace):
            return [Blame(side, WRONG_WAY_ROUND, ace.source)]
    if aces:
        return [
            Blame(side, "the nearest line of this side", max(aces, key=lambda ace: closeness(scene, side, ace)).source)
        ]
    return [Blame(side, "names no traffic", entry_part(scene, side, lambda entry: entry.acl, "match address"))]


def _line(scene: Scene, side: Side, wanted: ProxyPair) -> str:
    """The access list line that a side lacks."""
    entry = scene.entry(side)
    name = entry.acl.value if entry is not None and entry.acl is not None else "ACL"
    return access_line(name, wanted)


def peers(scene: Scene) -> tuple[Blame, ...]:
    """`set peer` of the knower, and the address that the other device has."""
    side = scene.knower
    source = entry_part(scene, side, lambda entry: entry.peers, "set peer")
    return Blame(side, "the peer of this side", source), own_address(scene, side.other)


def gaps(scene: Scene) -> tuple[Blame, ...]:
    """What the knower's entry lacks; its peer, where it lacks nothing; and the address that the other device has."""
    entry = scene.entry(scene.knower)
    if entry is None:
        return (*_no_entry(scene, scene.knower), own_address(scene, scene.knower.other))
    lacking = tuple(Blame(scene.knower, why, source) for why, source in entry_gaps(scene.pair[scene.knower], entry))
    if not lacking:
        return peers(scene)
    return (*lacking, own_address(scene, scene.knower.other))


def _no_entry(scene: Scene, side: Side) -> Iterator[Blame]:
    """The entry that is missing; dynamic maps that no crypto map names."""
    configuration = scene.pair[side]
    bound = configuration.map_on(scene.facing.ends[side].interface)
    name = bound.name if bound is not None else "MAP"
    named = {entry.dynamic.value for entry in entries(configuration) if entry.dynamic is not None}
    idle = [one for one in configuration.dynamic_maps.values() if one.name not in named and one.entries]
    for one in idle:
        yield Blame(
            side, "missing", Absent(configuration.file, f"crypto map {name} 65535 ipsec-isakmp dynamic {one.name}")
        )
        yield Blame(side, "not in force without it", one.entries[0].source)
    if not idle:
        peer = scene.facing.ends[side.other].address
        yield Blame(side, "missing", Absent(configuration.file, f"crypto map {name} SEQUENCE set peer {peer}"))


def blocked_esp(scene: Scene) -> tuple[Blame, ...]:
    """Where NAT traversal is off, so that ESP travels without UDP around it; and who speaks with whom."""
    off = [
        Blame(side, "no NAT traversal", scene.pair[side].settings.nat_traversal.source)
        for side in knower_first(scene)
        if scene.pair[side].settings.nat_traversal.value is None
    ]
    return (*off, *peers(scene))


def keepalives(scene: Scene) -> tuple[Blame, ...]:
    """Whether each side looks for a dead peer."""
    blames = []
    for side in knower_first(scene):
        group = scene.pair[side].tunnel_groups.get(str(scene.facing.ends[side.other].address))
        if group is not None:
            note = "asks whether its peer lives" if group.keepalive.value is not None else "keepalives are off"
            blames.append(Blame(side, note, group.keepalive.source))
    return tuple(blames)


def bindings(scene: Scene) -> tuple[Blame, ...]:
    """The binding that is missing, one to another interface, the entry it would bring into force, the other's peer."""
    side = scene.knower
    entry = scene.entry(side)
    name = entry.map_name if entry is not None else "MAP"
    command = f"crypto map {name} interface {scene.facing.ends[side].interface}"
    blames = [Blame(side, "missing", Absent(scene.pair[side].file, command))]
    crypto_map = scene.pair[side].crypto_maps.get(name)
    for bound in crypto_map.interfaces if crypto_map is not None else ():
        note = f"bound to {bound.value} instead"
        if scene.pair[side].interface(bound.value) is None:
            note = f"bound to {bound.value}, which is the name of no interface"
        blames.append(Blame(side, note, bound.source))
    if entry is not None:
        blames.append(Blame(side, "not in force without it", entry.source))
    return (*blames, peer_of(scene, side.other))


def enabled_and_peer(scene: Scene) -> tuple[Blame, ...]:
    """The missing `crypto ikev1 enable`, and the other side's peer, whose messages nobody hears."""
    side = scene.knower
    configuration = scene.pair[side]
    command = spelled(configuration, f"crypto isakmp enable {scene.facing.ends[side].interface}")
    blames = [Blame(side, "missing", Absent(configuration.file, command))]
    for enabled in configuration.enabled:
        known = configuration.interface(enabled.value) is not None
        note = "enabled elsewhere" if known else f"{enabled.value} is the name of no interface"
        blames.append(Blame(side, note, enabled.source))
    return (*blames, peer_of(scene, side.other))


def connection_types(scene: Scene) -> tuple[Blame, ...]:
    """`set connection-type` of both entries."""
    blames = []
    for side in knower_first(scene):
        entry = scene.entry(side)
        if entry is not None:
            blames.append(Blame(side, entry.connection_type.value, entry.connection_type.source))
    return tuple(blames)
