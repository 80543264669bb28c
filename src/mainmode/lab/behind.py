"""What lies behind a device's own reason: faults of a configuration that the device meets without knowing them.

A device whose entry is incomplete lets its traffic pass in clear; one whose route leads elsewhere says that an access
list denies. Who sees both configurations knows better.
"""

from ipaddress import IPv4Address
from typing import NamedTuple

from mainmode.base.provenance import Source
from mainmode.device.config.model import Ace, Configuration, CryptoMapEntry, Interface
from mainmode.device.routing import RoutingTable
from mainmode.lab.blame import dynamic_before
from mainmode.lab.entry import entry_gaps
from mainmode.lab.facing import entries
from mainmode.lab.scene import Scene, head_of, holds, of_dynamic_map
from mainmode.lab.traffic import proxies_of
from mainmode.ladder.transcript import Side


class Behind(NamedTuple):
    """A cause, on which side, in which words, resting on which of its lines."""

    code: str
    side: Side
    detail: str
    sources: tuple[Source, ...] = ()


_ON_THE_WAY = ("NO_ROUTE", "RUN_ENDED", "NO_REPLY", "DENIED", "NOT_INTERESTING", "NO_NAT_EXEMPTION")
"""Causes that a packet met on its way through a device."""

_IN_PHASE_2 = ("TRANSFORM_MISMATCH", "PFS_MISMATCH", "PROXY_MISMATCH", "NO_MATCHING_ENTRY", "PEER_ADDRESS_WRONG")
"""Causes that a responder gave who looked for an entry."""

_BEGUN = (*_IN_PHASE_2, "NO_ANSWER", "NO_TUNNEL_GROUP", "PACKETS_LOST", "UDP_BLOCKED", "RUN_ENDED", "NO_REPLY")
"""Causes that traffic can come to that went to another peer."""


def behind(code: str, scene: Scene, side: Side) -> Behind | None:
    """The fault that explains a cause better than itself; `side` is who decided."""
    for wire in Side:
        shut = scene.pair[wire].interface(scene.facing.ends[wire].interface)
        if shut is not None and shut.shutdown.value:
            return Behind(
                "INTERFACE_DOWN", wire, f"{_named(shut)}, which faces the other device", (shut.shutdown.source,)
            )
    if code == "NO_ROUTE" and _routes_itself(scene, side):
        found = _entry_at_fault(scene, side, code)
        if found is not None:
            return found
    if code in _ON_THE_WAY:
        found = _shut_inside(scene) or _misrouted(scene, side, code)
        if found is not None:
            return found
    if code in _BEGUN:
        found = _earlier(scene, code)
        if found is not None:
            return found
    if code == "NO_REPLY":
        return _by_another_way(scene)
    if code in ("NOT_INTERESTING", "NO_NAT_EXEMPTION", "NO_TUNNEL_GROUP", *_IN_PHASE_2):
        return _entry_at_fault(scene, side, code)
    return None


def _routes_itself(scene: Scene, side: Side) -> bool:
    """Whether the entry that is meant would put the route in, were it in force."""
    entry = scene.entry(side)
    return entry is not None and entry.reverse_route.value is not None


def _named(interface: Interface) -> str:
    name = interface.nameif.value if interface.nameif is not None else interface.name
    return f"{name} {interface.address.value.address}" if interface.address is not None else name


def _shut_inside(scene: Scene) -> Behind | None:
    """An interface that is shut down, behind which a host of the traffic is."""
    for side in Side:
        near = scene.near(side)
        for interface in scene.pair[side].interfaces:
            if not interface.shutdown.value or interface.nameif is None or interface.address is None:
                continue
            mask = int(interface.address.value.mask)
            connected = int(near) & mask == int(interface.address.value.address) & mask
            routed = any(
                route.interface == interface.nameif.value
                and int(near) & int(route.mask) == int(route.network)
                and int(route.mask)
                for route in scene.pair[side].routes
            )
            if connected or routed or scene.traffic.interfaces[side] == interface.nameif.value:
                text = f"{_named(interface)}, behind which {near} is"
                return Behind("INTERFACE_DOWN", side, text, (interface.shutdown.source,))
    return None


def _misrouted(scene: Scene, side: Side, code: str) -> Behind | None:
    """A route by which the traffic, or its reply, leaves by another interface than the one of the crypto map."""
    configuration, entry = scene.pair[side], scene.entry(side)
    crypto_map = configuration.crypto_maps.get(entry.map_name) if entry is not None else None
    if crypto_map is None or not crypto_map.interfaces or code == "NO_ROUTE":
        return None
    bound = [one.value for one in crypto_map.interfaces]
    hop = RoutingTable.of(configuration).hop(scene.flow(side).destination)
    if hop is None or hop.interface in bound:
        return None
    text = f"{hop.route} leads away from {' and '.join(bound)}, where crypto map {crypto_map.name} is bound"
    return Behind("NO_ROUTE", side, text, hop.route.sources[:1])


def _by_another_way(scene: Scene) -> Behind | None:
    """A route to the peer by another interface than the one that faces it: what it sends has another address."""
    for side in Side:
        wire, peer = scene.facing.ends[side], scene.facing.ends[side.other].address
        hop = RoutingTable.of(scene.pair[side]).hop(peer)
        if hop is not None and hop.interface != wire.interface:
            text = f"{hop.route} leads to the peer by {hop.interface}, and the peer expects it by {wire.interface}"
            return Behind("NO_ROUTE", side, text, hop.route.sources[:1])
    return None


def _earlier(scene: Scene, code: str) -> Behind | None:
    """An earlier entry for another peer that takes the traffic, or, where the tunnel is up, the reply."""
    side = scene.traffic.side.other if code == "NO_REPLY" else scene.traffic.side
    meant = scene.meant[side]
    peer = scene.facing.ends[side.other].address
    if meant is None or not _for_peer(scene, side, meant, peer):
        return None
    place = _place_of(scene.pair[side], meant)
    taken = _taking(scene.pair[side], scene, side, place) if place is not None else None
    if taken is None or taken[0].peers is None or peer in taken[0].peers.value:
        return None
    entry, ace = taken
    peers = ", ".join(str(one) for one in entry.peers.value) if entry.peers is not None else ""
    number = place.sequence if place is not None else meant.sequence
    text = f"crypto map {entry.map_name} {entry.sequence} with peer {peers} stands before entry {number}"
    sources = (ace.source, *((entry.peers.source,) if entry.peers is not None else ()))
    return Behind("EARLIER_ENTRY", side, text, sources)


def _for_peer(scene: Scene, side: Side, meant: CryptoMapEntry, peer: IPv4Address) -> bool:
    """Whether an entry is for this peer and this traffic; one of a dynamic map is for every peer."""
    if meant.peers is None:
        return of_dynamic_map(scene.pair[side], meant) and (meant.acl is None or scene.permitted(side, meant))
    return peer in meant.peers.value and scene.permitted(side, meant)


def _place_of(configuration: Configuration, meant: CryptoMapEntry) -> CryptoMapEntry | None:
    """The entry of a crypto map that an entry stands at: itself, or the one that names its dynamic map."""
    if not of_dynamic_map(configuration, meant):
        return meant
    return next((one for one in entries(configuration) if one.dynamic and one.dynamic.value == meant.map_name), None)


def _taking(
    configuration: Configuration, scene: Scene, side: Side, meant: CryptoMapEntry
) -> tuple[CryptoMapEntry, Ace] | None:
    """The first complete entry before the one that is meant whose access list permits what a side sends."""
    flow = scene.flow(side)
    crypto_map = configuration.crypto_maps.get(meant.map_name)
    for entry in crypto_map.entries if crypto_map is not None else ():
        if entry.sequence >= meant.sequence:
            return None
        if entry.dynamic is not None or entry.acl is None or any(True for _ in entry_gaps(configuration, entry)):
            continue
        for ace in configuration.access_lists[entry.acl.value].aces:
            if any(holds(proxies, flow) for proxies in proxies_of(configuration, ace)):
                if ace.permit:
                    return entry, ace
                break
    return None


def _entry_at_fault(scene: Scene, side: Side, code: str) -> Behind | None:
    """What is wrong with the entry that is meant for the other device: incomplete, for another peer, not reached."""
    configuration, entry = scene.pair[side], scene.entry(side)
    peer = scene.facing.ends[side.other].address
    if entry is None:
        if code == "NO_TUNNEL_GROUP":
            return None
        return Behind("NO_MATCHING_ENTRY", side, f"no entry is for {peer}, and no dynamic map is bound")
    head = head_of(configuration, entry)
    for why, source in entry_gaps(configuration, entry) if code != "NO_TUNNEL_GROUP" else ():
        lacking = source.command.removeprefix(f"{head} ") if why == "missing" and not hasattr(source, "text") else ""
        return Behind("NO_MATCHING_ENTRY", side, f"{head} has no {lacking}" if lacking else f"{head}: {why}")
    if code not in ("NO_TUNNEL_GROUP", *_IN_PHASE_2):
        return None
    if entry.peers is not None and peer not in entry.peers.value:
        named = ", ".join(str(one) for one in entry.peers.value)
        return Behind("PEER_ADDRESS_WRONG", side, f"{head}, which protects these networks, names {named}")
    before = dynamic_before(configuration, entry)
    if before is not None and _dynamic_answered(scene, side, code, before, entry):
        text = f"entry {before.sequence} stands before entry {entry.sequence}"
        return Behind("DYNAMIC_FIRST", side, text, scene.sources)
    return None


def _dynamic_answered(scene: Scene, side: Side, code: str, before: CryptoMapEntry, meant: CryptoMapEntry) -> bool:
    """Whether the dynamic entry is why: the device rested on its map, or the entry that is meant would have done."""
    theirs = scene.entry(side.other)
    if code == "TRANSFORM_MISMATCH" and theirs is not None:
        return bool(_transforms(scene.pair[side], meant) & _transforms(scene.pair[side.other], theirs))
    return bool(_of_dynamic(scene.pair[side], before, meant) & set(scene.sources))


def _transforms(configuration: Configuration, entry: CryptoMapEntry) -> set[tuple[str, str, str]]:
    names = entry.transform_sets.value if entry.transform_sets is not None else ()
    found = (configuration.transform_sets[name] for name in names if name in configuration.transform_sets)
    return {(one.encryption.value, one.authentication.value, one.mode.value) for one in found}


def _of_dynamic(configuration: Configuration, outer: CryptoMapEntry, meant: CryptoMapEntry) -> set[Source]:
    """What a responder may have rested on that looked at the dynamic map, and not at the entry that is meant."""
    dynamic_map = configuration.dynamic_maps.get(outer.dynamic.value) if outer.dynamic is not None else None
    return {
        source
        for entry in (dynamic_map.entries if dynamic_map is not None else ())
        for source in _sources(configuration, entry)
    } - set(_sources(configuration, meant))


def _sources(configuration: Configuration, entry: CryptoMapEntry) -> list[Source]:
    sets = [
        configuration.transform_sets.get(name) for name in (entry.transform_sets.value if entry.transform_sets else ())
    ]
    parts = (entry.transform_sets, entry.pfs, entry.acl)
    return [
        entry.source,
        *(one.source for one in sets if one is not None),
        *(one.source for one in parts if one is not None),
    ]
