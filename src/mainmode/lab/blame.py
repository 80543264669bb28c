"""Which statements of the two configurations a cause points at, on both sides, absent ones included."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import islice, product
from typing import Any

from mainmode.base.provenance import Absent, Source, Statement
from mainmode.device.addresses import AddressBook
from mainmode.device.config.model import Ace, Configuration, CryptoMapEntry, Policy, Release, Sourced, TransformSet
from mainmode.device.config.problem import Severity
from mainmode.device.routing import RoutingTable, routes_of
from mainmode.lab.facing import Facing, Pair, entries
from mainmode.lab.traffic import Traffic
from mainmode.ladder.transcript import Blame, Side

_MOST_REFUSED = 3
_WORDS = {"access-list": 2, "crypto": 3, "tunnel-group": 2, "object": 3, "object-group": 3, "ip": 2}
"""How many words say what a command is about, where it is not the first alone."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a cause is looked for: both configurations, their wire, the traffic, who knew, and what it rested on.

    `sources` are the knower's, or, with `decider`, that side's.
    """

    pair: Pair
    facing: Facing
    traffic: Traffic
    knower: Side
    sources: tuple[Source, ...] = ()
    decider: Side | None = None

    def entry(self, side: Side) -> CryptoMapEntry | None:
        """The crypto map entry of a side for this tunnel: the traffic's own, else the best for the peer's address."""
        if side is self.traffic.side and self.traffic.entry is not None:
            return self.traffic.entry
        configuration = self.pair[side]
        peer = self.facing.ends[side.other].address
        candidates = list(entries(configuration, peer)) or list(entries(configuration))
        return max(candidates, key=lambda entry: self._closeness(side, entry), default=None)

    def _closeness(self, side: Side, entry: CryptoMapEntry) -> int:
        return max((closeness(self, side, ace) for ace in permits(self.pair[side], entry)), default=-1)


def permits(configuration: Configuration, entry: CryptoMapEntry | None) -> list[Ace]:
    """The permit lines of an entry's access list."""
    if entry is None or entry.acl is None or entry.acl.value not in configuration.access_lists:
        return []
    return [ace for ace in configuration.access_lists[entry.acl.value].aces if ace.permit]


def closeness(scene: Scene, side: Side, ace: Ace) -> int:
    """How close an ACE of `side` is to matching the traffic (for its sender) or the way back (for the other)."""
    probe = scene.traffic.probe
    near, far = probe.source, probe.destination
    if side is not scene.traffic.side:
        near, far = far, near
    book = AddressBook(scene.pair[side])
    hits = sum(
        any(one.first <= address <= one.last for one in book.of(part))
        for part, address in ((ace.source_address, near), (ace.destination_address, far))
    )
    return 3 * hits + 4 * (ace.protocol == probe.protocol) + 2 * (ace.protocol == 0)


def stated(scene: Scene) -> tuple[Blame, ...]:
    """What the device itself rested its decision on."""
    side = scene.decider or scene.knower
    return tuple(Blame(side, _part_of(scene.pair[side], source), source) for source in scene.sources)


def rules(configuration: Configuration) -> set[Source]:
    """The lines of address translation."""
    own = {holder.nat.source for holder in configuration.objects.values() if holder.nat is not None}
    return own | {rule.source for rule in configuration.nat_rules}


def _part_of(configuration: Configuration, source: Source) -> str:
    """What a line did to a packet."""
    if source in rules(configuration):
        return "translates the traffic; no NAT exemption stands before it"
    aces = (ace for one in configuration.access_lists.values() for ace in one.aces)
    action = next((ace.action for ace in aces if ace.source == source), None)
    if action is not None:
        return "denies the traffic" if action == "deny" else "permits the traffic"
    return "decided by this line"


def refused_lines(configuration: Configuration, side: Side, command: str) -> Iterator[Blame]:
    """The first lines of the same kind as `command` that the reader refused or warned of."""
    wanted = _kind(command)
    near = (problem for problem in configuration.problems if wanted and _alike(wanted, _kind(problem.text)))
    for problem in islice(near, _MOST_REFUSED):
        warned = problem.severity is Severity.WARNING
        note = problem.wording.split("\n")[0].removeprefix("WARNING: ") if warned else "this line was not read"
        yield Blame(side, note, Statement(problem.file, problem.line, problem.text))


def _kind(command: str) -> list[str]:
    """The words that say what a line is about, alike in both spellings: `access-list VPN`, `encryption`."""
    words = [word for word in command.split() if word not in ("no", "isakmp", "ikev1")]
    return words[: _WORDS.get(words[0], 1)] if words else []


def _alike(one: list[str], other: list[str]) -> bool:
    return bool(other) and all(first == second for first, second in zip(one, other, strict=False))


def refused_first(pair: Pair, blames: tuple[Blame, ...]) -> tuple[Blame, ...]:
    """The places of a verdict, behind the lines of their kind that the reader did not take."""
    refused: dict[Source | None, Blame] = {}
    for blame in blames:
        if blame.source is not None:
            command = blame.source.text if isinstance(blame.source, Statement) else blame.source.command
            refused |= {found.source: found for found in refused_lines(pair[blame.side], blame.side, command)}
    rest = (blame for blame in blames if blame.source is None or blame.source not in refused)
    return (*refused.values(), *dict.fromkeys(rest))


def keys(scene: Scene) -> tuple[Blame, ...]:
    """The key of each side for the other."""
    return tuple(Blame(side, "the key for this peer", _key_source(scene, side)) for side in _knower_first(scene))


def _knower_first(scene: Scene) -> tuple[Side, Side]:
    return scene.knower, scene.knower.other


def _key_source(scene: Scene, side: Side) -> Source:
    configuration = scene.pair[side]
    peer = str(scene.facing.ends[side.other].address)
    for name in (peer, "DefaultL2LGroup"):
        group = configuration.tunnel_groups.get(name)
        if group is not None and group.key is not None:
            return group.key.source
    if peer not in configuration.tunnel_groups:
        return Absent(configuration.file, f"tunnel-group {peer} type ipsec-l2l")
    key = _spell(configuration, "pre-shared-key")
    return Absent(configuration.file, f"tunnel-group {peer} ipsec-attributes / {key}")


def _spell(configuration: Configuration, command: str) -> str:
    """A command in the release's spelling."""
    if configuration.release is Release.OLD:
        return command
    return f"ikev1 {command}" if command == "pre-shared-key" else command.replace("isakmp", "ikev1")


def tunnel_groups(scene: Scene) -> tuple[Blame, ...]:
    """The group that is missing, groups of that side that name another address, and the address it should name."""
    side = scene.knower
    configuration = scene.pair[side]
    peer = scene.facing.ends[side.other].address
    blames = [Blame(side, "missing", _key_source(scene, side))]
    for group in configuration.tunnel_groups.values():
        if group.is_l2l and group.name != str(peer) and group.type is not None:
            blames.append(Blame(side, "is for another address", group.source))
    entry = scene.entry(side)
    if entry is not None and entry.peers is not None and peer not in entry.peers.value:
        blames.append(Blame(side, "names another peer", entry.peers.source))
    return (*blames, _own_address(scene, side.other))


def _own_address(scene: Scene, side: Side) -> Blame:
    end = scene.facing.ends[side]
    interface = scene.pair[side].interface(end.interface)
    if interface is None or interface.address is None:
        return Blame(side, f"its address is {end.address}")
    return Blame(side, "the address it speaks from", interface.address.source)


_POLICY_PARTS: tuple[tuple[str, Callable[[Policy], Sourced[Any]]], ...] = (
    ("authentication", lambda policy: policy.authentication),
    ("encryption", lambda policy: policy.encryption),
    ("hash", lambda policy: policy.hash),
    ("group", lambda policy: policy.group),
)


def policies(scene: Scene) -> tuple[Blame, ...]:
    """The attributes in which the two nearest policies differ, on both sides."""
    sides = _knower_first(scene)
    if not all(scene.pair[side].policies for side in sides):
        return tuple(_policy_or_absent(scene, side) for side in sides)
    nearest = min(product(*(scene.pair[side].policies for side in sides)), key=lambda two: len(_differing(*two)))
    return tuple(
        Blame(side, f"in policy {policy.priority}", part(policy).source)
        for _, part in _differing(*nearest)
        for side, policy in zip(sides, nearest, strict=True)
    )


def _differing(one: Policy, two: Policy) -> list[tuple[str, Callable[[Policy], Sourced[Any]]]]:
    return [(name, part) for name, part in _POLICY_PARTS if part(one).value != part(two).value]


def _policy_or_absent(scene: Scene, side: Side) -> Blame:
    configuration = scene.pair[side]
    if configuration.policies:
        return Blame(side, "the policy", configuration.policies[0].source)
    return Blame(side, "missing", Absent(configuration.file, _spell(configuration, "crypto isakmp policy")))


def transform_sets(scene: Scene) -> tuple[Blame, ...]:
    """The transform sets of both entries, the nearest pair."""
    sides = _knower_first(scene)
    sets = [list(_sets_of(scene, side)) for side in sides]
    if not all(sets):
        return tuple(_missing_set(scene, side) for side, found in zip(sides, sets, strict=True) if not found)
    nearest = min(product(*sets), key=lambda two: _set_distance(*two))
    places = [blame for side, found in zip(sides, nearest, strict=True) for blame in _set_places(side, found, nearest)]
    return (*_dynamic_before(scene, nearest[0]), *places)


def _dynamic_before(scene: Scene, compared: TransformSet) -> Iterator[Blame]:
    """The dynamic entries of the knower before the static one for this tunnel, where one of them answered."""
    side = scene.knower
    entry = scene.entry(side)
    if entry is None or (entry.transform_sets is not None and compared.name in entry.transform_sets.value):
        return
    crypto_map = scene.pair[side].crypto_maps.get(entry.map_name)
    for one in crypto_map.entries if crypto_map is not None else ():
        if one.dynamic is not None and one.sequence < entry.sequence:
            yield Blame(side, f"a dynamic map that answers before entry {entry.sequence}", one.source)


def _set_places(side: Side, found: TransformSet, nearest: tuple[TransformSet, ...]) -> Iterator[Blame]:
    """The line of a transform set; where the modes differ, also the one that sets the mode."""
    note = f"{found.encryption.value} {found.authentication.value}, {found.mode.value} mode"
    if len({one.mode.value for one in nearest}) > 1 and isinstance(found.mode.source, Statement):
        yield Blame(side, f"{found.mode.value} mode", found.mode.source)
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
    return Blame(side, "missing", Absent(scene.pair[side].file, f"{_named(scene, side)} set transform-set"))


def _named(scene: Scene, side: Side) -> str:
    """`crypto map MAP 10`: the side's entry, as its commands begin."""
    entry = scene.entry(side)
    return f"crypto map {entry.map_name} {entry.sequence}" if entry is not None else "crypto map"


def _entry_part(
    scene: Scene, side: Side, part: Callable[[CryptoMapEntry], Sourced[Any] | None], command: str
) -> Source:
    """The statement of a part of the side's crypto map entry, or its absence."""
    entry = scene.entry(side)
    value = part(entry) if entry is not None else None
    return value.source if value is not None else Absent(scene.pair[side].file, f"{_named(scene, side)} {command}")


def perfect_forward_secrecy(scene: Scene) -> tuple[Blame, ...]:
    """`set pfs` of both entries, or that it is not there."""
    blames = []
    for side in _knower_first(scene):
        entry = scene.entry(side)
        group = entry.pfs.value if entry is not None and entry.pfs is not None else None
        note = "no perfect forward secrecy" if group is None else f"group {group}"
        blames.append(Blame(side, note, _entry_part(scene, side, lambda entry: entry.pfs, "set pfs")))
    return tuple(blames)


def access_lists(scene: Scene) -> tuple[Blame, ...]:
    """On each side the ACE that comes closest to the traffic; without any, the entry's `match address`."""
    blames = []
    for side in _knower_first(scene):
        aces = permits(scene.pair[side], scene.entry(side))
        if side is scene.traffic.side and scene.traffic.ace is not None:
            blames.append(Blame(side, "what this side asks for", scene.traffic.ace.source))
        elif aces:
            nearest = max(aces, key=lambda ace: closeness(scene, side, ace))
            blames.append(Blame(side, "the nearest line of this side", nearest.source))
        else:
            source = _entry_part(scene, side, lambda entry: entry.acl, "match address")
            blames.append(Blame(side, "names no traffic", source))
    return tuple(blames)


def uninteresting(scene: Scene) -> tuple[Blame, ...]:
    """The ACE that denies the traffic, with the other side's nearest line; else the nearest lines of both sides."""
    entry = scene.entry(scene.knower)
    access_list = scene.pair[scene.knower].access_lists.get(entry.acl.value) if entry and entry.acl else None
    lines = {ace.source for ace in (access_list.aces if access_list is not None else ())}
    nearest = access_lists(scene)
    if lines.isdisjoint(scene.sources):
        return nearest
    return (*stated(scene), *(blame for blame in nearest if blame.side is not scene.knower))


def peers(scene: Scene) -> tuple[Blame, ...]:
    """`set peer` of the knower, and the address that the other device has."""
    side = scene.knower
    source = _entry_part(scene, side, lambda entry: entry.peers, "set peer")
    return (
        *_earlier(scene, side),
        Blame(side, "the peer of this side", source),
        _own_address(scene, side.other),
    )


def _earlier(scene: Scene, side: Side) -> Iterator[Blame]:
    """The access list's line by which the traffic's entry takes it from a later one that is for the other device."""
    entry, ace = scene.traffic.entry, scene.traffic.ace
    if side is not scene.traffic.side or entry is None or ace is None:
        return
    address = scene.facing.ends[side.other].address
    if entry.peers is not None and address in entry.peers.value:
        return
    for later in entries(scene.pair[side], address):
        if later.map_name == entry.map_name and later.sequence > entry.sequence:
            yield Blame(side, f"takes the traffic before entry {later.sequence}", ace.source)
            return


def blocked_esp(scene: Scene) -> tuple[Blame, ...]:
    """Where NAT traversal is off, so that ESP travels without UDP around it; and who speaks with whom."""
    off = [
        Blame(side, "no NAT traversal", scene.pair[side].settings.nat_traversal.source)
        for side in _knower_first(scene)
        if scene.pair[side].settings.nat_traversal.value is None
    ]
    return (*off, *peers(scene))


def keepalives(scene: Scene) -> tuple[Blame, ...]:
    """Whether each side looks for a dead peer."""
    blames = []
    for side in _knower_first(scene):
        group = scene.pair[side].tunnel_groups.get(str(scene.facing.ends[side.other].address))
        if group is not None:
            note = "asks whether its peer lives" if group.keepalive.value is not None else "keepalives are off"
            blames.append(Blame(side, note, group.keepalive.source))
    return tuple(blames)


def bindings(scene: Scene) -> tuple[Blame, ...]:
    """The binding that is missing, the entry it would bring into force, and the other side's peer."""
    side = scene.knower
    entry = scene.entry(side)
    name = entry.map_name if entry is not None else "MAP"
    command = f"crypto map {name} interface {scene.facing.ends[side].interface}"
    blames = [Blame(side, "missing", Absent(scene.pair[side].file, command))]
    if entry is not None:
        blames.append(Blame(side, "not in force without it", entry.source))
    return (*blames, _peer_of(scene, side.other))


def _peer_of(scene: Scene, side: Side) -> Blame:
    return Blame(side, "its peer", _entry_part(scene, side, lambda entry: entry.peers, "set peer"))


def enabled_and_peer(scene: Scene) -> tuple[Blame, ...]:
    """The missing `crypto ikev1 enable`, and the other side's peer, whose messages nobody hears."""
    side = scene.knower
    configuration = scene.pair[side]
    command = _spell(configuration, f"crypto isakmp enable {scene.facing.ends[side].interface}")
    blames = [Blame(side, "missing", Absent(configuration.file, command))]
    blames.extend(Blame(side, "enabled elsewhere", enabled.source) for enabled in configuration.enabled)
    return (*blames, _peer_of(scene, side.other))


def routes(scene: Scene) -> tuple[Blame, ...]:
    """The route that is missing, to the network of the access list: towards the other device, or behind this one."""
    side = scene.knower
    wire = scene.facing.ends[side]
    near, far = scene.traffic.probe.source, scene.traffic.probe.destination
    if side is not scene.traffic.side:
        near, far = far, near
    hop = RoutingTable(routes_of(scene.pair[side])).hop(near)
    if hop is None or hop.interface == wire.interface:
        command = f"route {scene.traffic.interfaces[side]} {_network(scene, near)} GATEWAY"
        missing = Blame(side, "missing: nothing inside leads to it", Absent(scene.pair[side].file, command))
    else:
        command = f"route {wire.interface} {_network(scene, far)} {scene.facing.ends[side.other].address}"
        missing = Blame(side, "missing", Absent(scene.pair[side].file, command))
    return (missing, *stated(scene))


def _network(scene: Scene, address: IPv4Address) -> str:
    """The network of the traffic's ACE that holds `address`, with its mask; else the host alone."""
    proxies = scene.traffic.proxies
    for proxy in (proxies.local, proxies.remote) if proxies is not None else ():
        if proxy.mask is not None and proxy.first <= address <= proxy.last:
            return f"{proxy.first} {proxy.mask}"
    return f"{address} 255.255.255.255"


def connection_types(scene: Scene) -> tuple[Blame, ...]:
    """`set connection-type` of both entries."""
    blames = []
    for side in _knower_first(scene):
        entry = scene.entry(side)
        if entry is not None:
            blames.append(Blame(side, entry.connection_type.value, entry.connection_type.source))
    return tuple(blames)
