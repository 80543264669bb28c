"""Which statements a cause on the packet's way through a device points at: routes, translation, filters, interfaces."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from mainmode.base.provenance import Absent, Source, Statement
from mainmode.device.addresses import AddressBook, holds
from mainmode.device.config.model import Configuration, PolicyNat
from mainmode.device.nat_rules import Rule
from mainmode.device.nat_sections import rules_of
from mainmode.device.routing import RoutingTable
from mainmode.lab.blame import access_lists
from mainmode.lab.scene import DECIDED, Scene, closeness, own_address, permits, rules, stated
from mainmode.ladder.transcript import Blame, Side

_MOST_EXEMPTIONS = 2


def uninteresting(scene: Scene) -> tuple[Blame, ...]:
    """The ACE that denies the traffic, with the other side's nearest line; else the nearest lines of both sides."""
    entry = scene.entry(scene.knower)
    access_list = scene.pair[scene.knower].access_lists.get(entry.acl.value) if entry and entry.acl else None
    lines = {ace.source for ace in (access_list.aces if access_list is not None else ())}
    nearest = access_lists(scene)
    if lines.isdisjoint(scene.sources):
        return nearest
    return (*stated(scene), *(blame for blame in nearest if blame.side is not scene.knower))


def earlier(scene: Scene) -> tuple[Blame, ...]:
    """The line by which an earlier entry takes the traffic and that entry's peer; the entry meant for it."""
    side = scene.knower
    entry = scene.meant[side]
    blames = [Blame(side, "takes the traffic first", source) for source in scene.sources[:1]]
    blames += [Blame(side, "its peer", source) for source in scene.sources[1:]]
    if entry is not None:
        blames.append(Blame(side, "the entry for this peer, which is not reached", entry.source))
    return (*blames, own_address(scene, side.other))


def shut_down(scene: Scene) -> tuple[Blame, ...]:
    """The interface that is shut down, and the other side's line that needs it."""
    side = scene.decider or scene.knower
    return (*(Blame(side, "shut down", source) for source in scene.sources), *_needed_by(scene, side.other))


def _needed_by(scene: Scene, side: Side) -> Iterator[Blame]:
    """The crypto access list's line of a side that the traffic belongs to."""
    if side is scene.traffic.side and scene.traffic.ace is not None:
        yield Blame(side, "what this side protects", scene.traffic.ace.source)
        return
    aces = permits(scene.pair[side], scene.entry(side))
    nearest = max(aces, key=lambda ace: closeness(scene, side, ace), default=None)
    if nearest is not None:
        yield Blame(side, "what this side protects", nearest.source)


def routes(scene: Scene) -> tuple[Blame, ...]:
    """The route that is missing, or leads elsewhere: towards the other device, or to what is behind this one."""
    side = scene.decider or scene.knower
    file, wire = scene.pair[side].file, scene.facing.ends[side]
    near, far = scene.near(side), scene.flow(side).destination
    table = RoutingTable.of(scene.pair[side])
    away = [source for source in scene.sources if not isinstance(source, Absent)]
    peer = scene.facing.ends[side.other].address
    for target in (near, far, peer):
        stuck = list(_stuck(scene, side, table, target))
        if stuck:
            return (*stuck, *_needed_by(scene, side.other))
    blames = [Blame(side, "leads the traffic this way", source) for source in away]
    hop = table.hop(near)
    if hop is None or hop.interface == wire.interface:
        command = f"route {scene.traffic.interfaces[side]} {_network(scene, near)} GATEWAY"
        blames.insert(0, Blame(side, "missing: nothing inside leads to it", Absent(file, command)))
        blames[:0] = idle_interfaces(scene.pair[side], side, near)
    elif table.hop(far, wire.interface) is None:
        command = f"route {wire.interface} {_network(scene, far)} {_gateway(scene, side)}"
        blames.insert(0, Blame(side, "missing", Absent(file, command)))
        blames += [Blame(side, "would put it in", source) for source in scene.sources if isinstance(source, Absent)]
    elif table.hop(peer) is None:
        command = f"route {wire.interface} {peer} 255.255.255.255 GATEWAY"
        blames.insert(0, Blame(side, "missing: nothing leads to the peer", Absent(file, command)))
    return (*blames, *_needed_by(scene, side.other))


def idle_interfaces(configuration: Configuration, side: Side, near: IPv4Address | None = None) -> list[Blame]:
    """Interfaces that are not in use for want of a name or an address; with `near`, those that may have this host."""
    blames = []
    for one in configuration.interfaces:
        if one.shutdown.value or one.management_only.value:
            continue
        mask = int(one.address.value.mask) if one.address is not None else 0
        held = one.address is None or near is None or not (int(one.address.value.address) ^ int(near)) & mask
        if one.address is not None and one.nameif is None and held:
            missing = Absent(configuration.file, f"interface {one.name} / nameif")
            blames += [Blame(side, "missing", missing), Blame(side, "is not in use without it", one.address.source)]
        elif one.address is None and one.nameif is not None:
            missing = Absent(configuration.file, f"interface {one.name} / ip address")
            blames += [Blame(side, "missing", missing), Blame(side, "is not in use without it", one.nameif.source)]
    return blames


def _stuck(scene: Scene, side: Side, table: RoutingTable, target: IPv4Address) -> Iterator[Blame]:
    """A route whose gateway is in no connected network, and the address of the interface that it is meant for."""
    route = table.lookup(target)
    if route is None or route.gateway is None or table.hop(target) is not None:
        return
    interface = scene.pair[side].interface(route.interface)
    if interface is not None and interface.address is not None:
        yield Blame(side, f"leaves gateway {route.gateway} out of its network", interface.address.source)
    note = f"its gateway {route.gateway} is in no connected network"
    if interface is None:
        note = f"{route.interface} is the name of no interface"
    for source in route.sources:
        yield Blame(side, note, source)


def _gateway(scene: Scene, side: Side) -> str:
    """The other device where it is a neighbour; else a gateway that the configuration does not tell."""
    address = scene.facing.ends[side.other].address
    return str(address) if address in scene.facing.ends[side].network else "GATEWAY"


def _network(scene: Scene, address: IPv4Address) -> str:
    """The network of the traffic's ACE that holds `address`, with its mask; else the host alone."""
    proxies = scene.traffic.proxies
    for proxy in (proxies.local, proxies.remote) if proxies is not None else ():
        if proxy.mask is not None and proxy.first <= address <= proxy.last:
            return f"{proxy.first} {proxy.mask}"
    return f"{address} 255.255.255.255"


def _typed(network: str) -> str:
    """A network as an access list has it."""
    address, mask = network.split()
    return f"host {address}" if mask == "255.255.255.255" else network


def exemptions(scene: Scene) -> tuple[Blame, ...]:
    """The rule that translates, the exemptions that come nearest with what is wrong about them, and what is missing."""
    side = scene.decider or scene.knower
    configuration = scene.pair[side]
    known = rules(configuration)
    found = rules_of(configuration)
    first = min((rule.order for rule in found if rule.source in scene.sources), default=len(found))
    near = [told for rule in found if (told := _about(scene, side, rule, first)) is not None]
    best = sorted(near, key=lambda told: told[0], reverse=True)[:_MOST_EXEMPTIONS]
    note = "translates the traffic" if best else "translates the traffic; no NAT exemption stands before it"
    blames = [Blame(side, note, source) for source in scene.sources if source in known]
    blames += [Blame(side, why, source) for _, why, source in best]
    blames.append(Blame(side, "missing before it", Absent(configuration.file, _exemption(scene, side))))
    return (*blames, *_needed_by(scene, side), *_needed_by(scene, side.other))


def _about(scene: Scene, side: Side, rule: Rule, first: int) -> tuple[int, str, Source] | None:
    """How near a rule comes to exempting the traffic, and why it does not. None for rules that exempt nothing of it."""
    destination = rule.real_destination
    identity = not rule.dynamic and rule.real_source == rule.mapped_source and rule.mapped_destination == destination
    flow = scene.flow(side)
    if not identity or destination is None:
        return None
    local, remote = holds(rule.real_source, scene.near(side)), holds(destination, flow.destination)
    if not (local or remote):
        return None
    ways = scene.traffic.interfaces[side], scene.facing.ends[side].interface
    fits = all(one in ("any", way) for one, way in zip(_interfaces(rule), ways, strict=True))
    if local and remote and not fits:
        return 3, f"is for {' to '.join(_interfaces(rule))}, not for {' to '.join(ways)}", rule.source
    if local and remote:
        return 4, "leaves the addresses as they are, but stands below" if rule.order > first else "exempts", rule.source
    lacking = flow.destination if local else scene.near(side)
    return 1 + fits, f"does not hold {_network(scene, lacking)}", rule.source


def _interfaces(rule: Rule) -> tuple[str, str]:
    return rule.real_interface, rule.mapped_interface


def _exemption(scene: Scene, side: Side) -> str:
    """The rule that a side lacks; networks that have no object's name yet stand in angle brackets.

    Before 8.3 it is a line of the access list that exempts.
    """
    older = _older_exemption(scene, side)
    if older:
        return older
    ends = scene.near(side), scene.flow(side).destination
    near, far = (_name(scene.pair[side], _network(scene, one)) for one in ends)
    ways = f"({scene.traffic.interfaces[side]},{scene.facing.ends[side].interface})"
    return f"nat {ways} source static {near} {near} destination static {far} {far}"


def _older_exemption(scene: Scene, side: Side) -> str:
    """What is missing from an exemption as it was written before 8.3; empty where none of that is used."""
    configuration, inside = scene.pair[side], scene.traffic.interfaces[side]
    if not (configuration.old_nat or configuration.statics):
        return ""
    exempting = (one for one in configuration.old_nat if isinstance(one, PolicyNat) and one.number == 0)
    named = (one.acl for one in exempting if one.interface == inside)
    name = next(named, None)
    if name is None:
        return f"nat ({inside}) 0 access-list ACL"
    near, far = (_typed(_network(scene, one)) for one in (scene.near(side), scene.flow(side).destination))
    return f"access-list {name} extended permit ip {near} {far}"


def _name(configuration: Configuration, network: str) -> str:
    """The object of a configuration that is just this network, else the network itself."""
    address, mask = network.split()
    wanted, book = IPv4Network(f"{address}/{mask}"), AddressBook(configuration)
    for one in configuration.objects.values():
        ranges = book.named(one.name)
        if len(ranges) == 1 and (ranges[0].first, ranges[0].last) == (wanted[0], wanted[-1]):
            return one.name
    return f"<{network}>"


def denials(scene: Scene) -> tuple[Blame, ...]:
    """What denies the traffic, and the line that would permit it."""
    side = scene.decider or scene.knower
    configuration = scene.pair[side]
    told = [one if one.note != DECIDED else replace(one, note=_kind_of_denial(one.source)) for one in stated(scene)]
    lists = {group.source: group.acl for group in configuration.access_groups}
    filters = {
        policy.vpn_filter.source: policy.vpn_filter.value
        for policy in map(configuration.group_policy, configuration.group_policies)
        if policy.vpn_filter.value is not None
    }
    arriving, leaving = scene.flow(side.other), scene.flow(side)
    permit_vpn = configuration.settings.permit_vpn
    for source in scene.sources:
        name = lists.get(source) or filters.get(source)
        if name is None:
            continue
        near, far = (_typed(_network(scene, one)) for one in (arriving.source, arriving.destination))
        if side is scene.traffic.side and source in lists and permit_vpn.value:
            near, far = (_typed(_network(scene, one)) for one in (leaving.source, leaving.destination))
        missing = Absent(configuration.file, f"access-list {name} extended permit ip {near} {far}")
        told.append(Blame(side, "missing before it", missing))
    if not permit_vpn.value:
        told.append(Blame(side, "the traffic of tunnels has to pass the interface's access list", permit_vpn.source))
    return (*told, *_needed_by(scene, side.other))


def _kind_of_denial(source: Source | None) -> str:
    text = source.text if isinstance(source, Statement) else source.command if source is not None else ""
    words = text.split()
    if isinstance(source, Absent) and words[:1] == ["access-group"]:
        return "missing"
    return _DENIALS.get(words[0], DECIDED) if words else DECIDED


_DENIALS = {
    "access-group": "binds the list",
    "vpn-filter": "names the filter",
    "inspect": "without it the replies of ICMP need a line of their own",
    "security-level": "the security level of its interface",
    "no": "interfaces of one security level do not reach each other without it",
}
