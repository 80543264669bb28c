"""From a scenario to its stage: configurations read, interfaces connected, hidden keys replaced."""

from collections.abc import Mapping
from ipaddress import IPv4Address

from mainmode.base.errors import InputError
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read
from mainmode.device.console import FORMS
from mainmode.lab.clock import START, Agenda, Bounds
from mainmode.lab.cloud import Cloud
from mainmode.lab.consoles import Console
from mainmode.lab.entropy import SeededEntropy
from mainmode.lab.facing import ends, entries
from mainmode.lab.faults.configuration import broken
from mainmode.lab.faults.declaration import Ordered
from mainmode.lab.hidden import keys_from_peers
from mainmode.lab.nat_box import NatBox
from mainmode.lab.observer import Observer
from mainmode.lab.scenario.ladder import PairLadder
from mainmode.lab.scenario.model import DevicePart, NatPart, Scenario
from mainmode.lab.scenario.stage import Actor, Stage


def stage_of(
    scenario: Scenario, bounds: Bounds, faults: tuple[Ordered, ...] = (), ladder: PairLadder | None = None
) -> Stage:
    """The stage with every device started and every fault in place. Raises InputError where that cannot be."""
    configurations = {part.name: read(part.text, part.file) for part in scenario.devices}
    cloud = Cloud(scenario.link, SeededEntropy(scenario.seed, "link"))
    actors = [
        Actor(part.name, part.file, part.text, configurations[part.name], outside_of(part, configurations))
        for part in scenario.devices
    ]
    for fault in faults:
        for actor in (one for one in actors if one.name == fault.device):
            actor.rewrite(broken(fault, actor.text, actor.configuration))
    _connect(cloud, scenario, actors)
    for (source, target), link in scenario.links.items():
        cloud.set_link(source, target, link)
    addresses = {actor.name: public_addresses(cloud, actor) for actor in actors}
    for actor in actors:
        actor.hidden_keys = keys_from_peers(actor.name, configurations, addresses)
    consoles = {
        part.name: Console(
            part.name,
            configurations[part.name].settings.hostname.value,
            FORMS[configurations[part.name].release],
            part.debugs,
            scenario.stamped,
            scenario.listened,
        )
        for part in scenario.devices
    }
    agenda = Agenda(START, bounds)
    listened = scenario.listened or ladder is not None
    observers: tuple[Observer, ...] = ()
    if ladder is not None:
        ladder.watch(cloud, tuple(configurations))
        observers = ladder.observers
    stage = Stage(actors, cloud, agenda, scenario.seed, consoles, scenario.silent, observers, ladder, listened)
    for fault in faults:
        fault.put_in_place(stage.rig)
    return stage


def outside_of(part: DevicePart, configurations: Mapping[str, Configuration]) -> dict[IPv4Address, str]:
    """The addresses of a device on the net, with their interfaces. Raises InputError where there is none.

    They are those of the interfaces that the scenario names; else with a crypto map or IKE on them, or with an address
    that another device names as its peer; else of the interface that is called outside.
    """
    configuration = configurations[part.name]
    if part.outside:
        own = list(ends(configuration))
        missing = [name for name in part.outside if name not in {end.interface for end in own}]
        if missing:
            raise InputError(f"{part.file}: no interface {missing[0]} that is up and has an address")
        return {end.address: end.interface for end in own if end.interface in part.outside}
    found = on_the_net(part.name, configurations)
    if not found:
        raise InputError(
            f"{part.file}: no interface with a crypto map or IKE, none that is called outside: say which face the net"
        )
    return found


def on_the_net(name: str, configurations: Mapping[str, Configuration]) -> dict[IPv4Address, str]:
    """The addresses of a device that face the net, with their interfaces, as they are found; empty: none does."""
    configuration = configurations[name]
    own = list(ends(configuration))
    peers = {
        peer
        for other_name, other in configurations.items()
        if other_name != name
        for entry in entries(other)
        if entry.peers is not None
        for peer in entry.peers.value
    }
    enabled = {enabled.value for enabled in configuration.enabled}
    return {
        end.address: end.interface
        for end in own
        if end.address in peers or end.interface in enabled or configuration.map_on(end.interface) is not None
    } or {end.address: end.interface for end in own if end.interface == "outside"}


def _connect(cloud: Cloud, scenario: Scenario, actors: list[Actor]) -> None:
    """Put everything on the net. Raises InputError for an address that two have, and NAT boxes in a ring."""
    behind = {part.name: part.behind for part in scenario.devices}
    boxes = {part.name: part.behind for part in scenario.nat_boxes}
    for name in boxes:
        seen = set()
        while name := boxes.get(name, ""):
            if name in seen:
                raise InputError(f"NAT box {name} stands behind itself")
            seen.add(name)
    taken: dict[tuple[str, IPv4Address], str] = {}
    for part in scenario.nat_boxes:
        _take(taken, part.behind, part.address, part.name)
        cloud.attach_nat(_box(part), part.behind)
    for actor in actors:
        for address in actor.outside:
            _take(taken, behind[actor.name], address, actor.name)
        cloud.attach(actor.name, actor.outside, behind[actor.name])


def _take(taken: dict[tuple[str, IPv4Address], str], segment: str, address: IPv4Address, name: str) -> None:
    other = taken.setdefault((segment, address), name)
    if other != name:
        raise InputError(f"{other} and {name} both have the address {address} on the net")


def _box(part: NatPart) -> NatBox:
    box = NatBox(
        part.name, part.address, keep_ports=part.keep_ports, passes_esp=part.passes_esp, forwards=dict(part.forwards)
    )
    if part.timeout is not None:
        box.timeout = part.timeout
    return box


def public_addresses(cloud: Cloud, actor: Actor) -> frozenset[IPv4Address]:
    """The addresses under which a device is known to others."""
    box = cloud.nat_boxes.get(cloud.edge(actor.name))
    return frozenset(actor.outside) | (frozenset((box.address,)) if box is not None else frozenset())
