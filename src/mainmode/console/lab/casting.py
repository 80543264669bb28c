"""From configurations to a stage that can be sat at: every device on one net, by its own name."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import field
from ipaddress import IPv4Address
from pathlib import PurePath

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.instant import Span
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read
from mainmode.lab.clock import START, Agenda, Bounds
from mainmode.lab.cloud import Cloud
from mainmode.lab.entropy import SeededEntropy
from mainmode.lab.hidden import keys_from_peers
from mainmode.lab.inside import Watcher
from mainmode.lab.link import Link
from mainmode.lab.observer import Observer
from mainmode.lab.scenario.casting import on_the_net
from mainmode.lab.scenario.stage import Actor, Stage

_ENDLESS = Bounds(events=1 << 62, time=Span(1 << 62))
"""Who sits at a console ends it; every wait has a bound of its own."""

_REMEMBERED = 1_000
"""Reasons and happenings that are kept: the last ones are asked for."""


@dataclass(frozen=True, slots=True)
class LabDevice:
    """A device of a lab: the name of its configuration file, and that one's text."""

    file: str
    text: str = field(repr=False)


def cast(devices: Sequence[LabDevice], link: Link, seed: int, observers: Iterable[Observer], watcher: Watcher) -> Stage:
    """The stage with every device started; `watcher` is told of the hosts' requests.

    Raises InputError where there is none, or two have one address.
    """
    if not devices:
        raise InputError("a lab needs a configuration")
    read_ones = [read(device.text, device.file) for device in devices]
    names = _names(read_ones)
    configurations = dict(zip(names, read_ones, strict=True))
    actors = [
        Actor(name, device.file, device.text, configurations[name], on_the_net(name, configurations))
        for name, device in zip(names, devices, strict=True)
    ]
    cloud = Cloud(link, SeededEntropy(seed, "link"))
    owners: dict[IPv4Address, Actor] = {}
    for actor in actors:
        for address in actor.outside:
            other = owners.setdefault(address, actor)
            if other is not actor:
                raise InputError(f"{other.file} and {actor.file} both have the address {address} on the net")
        cloud.attach(actor.name, actor.outside)
    addresses = {actor.name: frozenset(actor.outside) for actor in actors}
    for actor in actors:
        actor.hidden_keys = keys_from_peers(actor.name, configurations, addresses)
    agenda = Agenda(START, _ENDLESS)
    return Stage(actors, cloud, agenda, seed, {}, frozenset(), observers, watcher, listened=True, most=_REMEMBERED)


def _names(configurations: Sequence[Configuration]) -> list[str]:
    """What the devices are called: by hostname; by file where that is not enough; at last by number."""
    hostnames = [one.settings.hostname.value for one in configurations]
    stems = [PurePath(one.file).stem for one in configurations]
    for names in (hostnames, stems):
        if max(Counter(name.lower() for name in names).values()) == 1:
            return names
    return [f"{name}-{number}" for number, name in enumerate(hostnames, 1)]
