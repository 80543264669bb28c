"""A lab that is sat at: devices on one net, their inside hosts, and a time that everybody shares."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from ipaddress import IPv4Address
from logging import getLogger

from mainmode.base.errors import InputError
from mainmode.base.faults import place_of
from mainmode.base.instant import Instant, Span, seconds
from mainmode.console.firewall import Action, Firewall
from mainmode.console.lab.casting import LabDevice, cast
from mainmode.console.lab.clock import LabClock
from mainmode.console.lab.firewall import LabFirewall
from mainmode.console.lab.heard import Heard
from mainmode.console.lab.negotiations import Negotiations
from mainmode.console.lab.stepper import Stepper
from mainmode.device.config.model import Configuration
from mainmode.lab.facing import ends, entries
from mainmode.lab.hosts import Probe
from mainmode.lab.inside import Flow
from mainmode.lab.link import Link
from mainmode.lab.scenario.casting import on_the_net
from mainmode.lab.scenario.stage import Stage
from mainmode.lab.traffic import behind

BOOT = seconds(20)
"""How long a device is down that starts anew."""

_MOST_FAULTS = 3
"""Faults of a device at one moment after which it starts anew."""

_MOST_FLOWS = 100
"""Flows of hosts that are known at once; who has not sent for longest is forgotten."""

_USUAL_LINK = Link()
_LOG = getLogger(__name__)


class Lab:
    """Devices by their names, each as a firewall to sit at. `run` must be running where time is to pass by itself."""

    def __init__(
        self, devices: Sequence[LabDevice], *, link: Link = _USUAL_LINK, seed: int = 1, still: bool = False
    ) -> None:
        """`link` is that between any two. Raises InputError for no device, and for two with one address on the net."""
        self.heard = Heard(self._fault)
        self.negotiations = Negotiations(self)
        self.stage: Stage = cast(devices, link, seed, (self.negotiations, self.heard), self.negotiations)
        self.negotiations.evidence = self.stage.evidence
        self.world = self.stage.world
        self.world.on_fault = self._fault
        self._link = link
        self._flows: dict[tuple[str, str, Probe], Flow] = {}
        self._faults: dict[str, tuple[Instant, int]] = {}
        self._facing = {name: set(actor.outside.values()) for name, actor in self.stage.actors.items()}
        self._clashes: set[tuple[str, IPv4Address]] = set()
        self.clock = LabClock(self.world, still, lambda: self.heard.telling, partial(self._fault, ""))
        self.stepper = Stepper(self)
        self.clock.on_hold = self.stepper.look_around
        self.firewalls: Mapping[str, LabFirewall] = {name: LabFirewall(self, name) for name in self.stage.actors}

    async def run(self) -> None:
        """Let time pass, until this is cancelled."""
        await self.clock.run()

    def find(self, word: str) -> LabFirewall:
        """The device of this name or hostname, or the only one that begins so. Raises InputError."""
        wanted = word.lower()
        called = {name: {name.lower(), self.hostname(name).lower()} for name in self.firewalls}
        exact = [name for name, words in called.items() if wanted in words]
        found = exact or [name for name, words in called.items() if any(one.startswith(wanted) for one in words)]
        if len(found) != 1:
            which = "there is no device" if not found else "more than one device begins with"
            raise InputError(f"{which} {word}; the lab has {', '.join(self.firewalls)}")
        return self.firewalls[found[0]]

    def name_of(self, firewall: Firewall) -> str:
        """The name of one of its devices. Raises KeyError for any other firewall."""
        return {id(one): name for name, one in self.firewalls.items()}[id(firewall)]

    def hostname(self, name: str) -> str:
        """What a device calls itself now."""
        return self.stage.actors[name].configuration.settings.hostname.value

    # --- who is where --------------------------------------------------------------------------------------------

    def meant(self, address: IPv4Address, asker: str) -> str:
        """The device that has this address on the net, or ought to have it for the asker; empty: none.

        One ought to have it whose interface is shut, or which names the asker as its peer while no peer of the asker
        is an address of its own.
        """
        actors = self.stage.actors
        owners = (name for name, actor in actors.items() if address in actor.outside)
        shut = (name for name, actor in actors.items() if address in _own(actor.configuration))
        return next(owners, "") or next(shut, "") or next(self._orphans(asker), "")

    def _orphans(self, asker: str) -> Iterator[str]:
        """Devices that name the asker as their peer, and that it does not name."""
        actors = self.stage.actors
        named = _peers(actors[asker].configuration)
        for name, actor in actors.items():
            names_asker = _peers(actor.configuration) & set(actors[asker].outside)
            if name != asker and names_asker and not named & _own(actor.configuration):
                yield name

    def addresses(self, name: str) -> tuple[IPv4Address, ...]:
        """The addresses of a device on the net."""
        return tuple(self.stage.actors[name].outside)

    def behind(self, address: IPv4Address, asker: str) -> str:
        """Another device than the asker that has this host behind it; empty: none."""
        return next(
            (
                name
                for name, actor in self.stage.actors.items()
                if name != asker and behind(actor.configuration, set(actor.outside.values()), address) is not None
            ),
            "",
        )

    # --- what happens to them ------------------------------------------------------------------------------------

    def act(self, name: str, action: Action) -> None:
        """Let something happen to a device; from within what happens to one, behind it."""
        if self.heard.telling:
            self.world.agenda.put(self.stage.now, partial(self.world.act, name, action))
        else:
            self.clock.catch_up()
            self.world.act(name, action)
        self.clock.stir()

    def reconfigure(self, name: str, configuration: Configuration) -> None:
        """Another configuration in a device, which everything around it follows. Raises InputError."""
        self.act(name, lambda box, now: box.reconfigure(configuration, now))
        self.stage.actors[name].configuration = configuration
        self._connect_anew()

    def restart(self, name: str, configuration: Configuration, down: Span = BOOT) -> None:
        """A device goes down, and is back after a time with this configuration."""
        self.stage.actors[name].configuration = configuration
        self._connect_anew()
        self.negotiations.forget(name)
        self.stage.rig.restart(name, down)
        self.clock.stir()

    def reset(self) -> None:
        """Every device starts anew, as it was when the lab began, and so do the links. Time goes on."""
        cloud = self.stage.cloud
        cloud.link = self._link
        for source in self.firewalls:
            for target in self.firewalls:
                cloud.set_link(source, target, None)
        for firewall in self.firewalls.values():
            firewall.begin_anew()
        self.world.remark("", "every device starts anew, as the lab began")

    # --- their hosts ---------------------------------------------------------------------------------------------

    def flow(self, probe: Probe, name: str | None = None, interface: str | None = None) -> Flow:
        """The flow of a host behind a device; asked for again, it goes on.

        Raises InputError where the host is behind no device, or not behind this one.
        """
        if name is None or interface is None:
            name, interface = self._place_of(probe.source, name)
        key = (name, interface, probe)
        flow = self._flows.pop(key, None) or self.stage.inside.flow(name, interface, probe)
        self._flows[key] = flow
        if len(self._flows) > _MOST_FLOWS:
            self.stage.inside.forget(self._flows.pop(next(iter(self._flows))))
        return flow

    def send(self, flow: Flow) -> None:
        """The host sends its next request."""
        self.clock.catch_up()
        self.world.into(flow.name, flow.interface, self.stage.inside.request(flow, self.stage.now))
        self.clock.stir()

    def _place_of(self, host: IPv4Address, wanted: str | None) -> tuple[str, str]:
        for name in self.firewalls if wanted is None else (wanted,):
            actor = self.stage.actors[name]
            interface = behind(actor.configuration, set(actor.outside.values()), host)
            if interface is not None:
                return name, interface
        raise InputError(f"{host} is not behind {wanted or 'any device of the lab'}")

    # --- inside --------------------------------------------------------------------------------------------------

    def _connect_anew(self) -> None:
        """Addresses on the net as the configurations have them now. An address that two have is the first one's.

        An interface that faced the net once goes on doing so, whatever is taken off it.
        """
        stage = self.stage
        configurations = {name: actor.configuration for name, actor in stage.actors.items()}
        owners: dict[IPv4Address, str] = {}
        clashes: set[tuple[str, IPv4Address]] = set()
        for name, actor in stage.actors.items():
            self._facing[name].update(on_the_net(name, configurations).values())
            own = {end.address: end.interface for end in ends(actor.configuration)}
            facing = {address: nameif for address, nameif in own.items() if nameif in self._facing[name]}
            clashes |= {(name, address) for address in facing if owners.setdefault(address, name) != name}
            found = {address: nameif for address, nameif in facing.items() if owners[address] == name}
            if found != actor.outside:
                actor.outside.clear()
                actor.outside.update(found)
                stage.cloud.move(name, found)
        for name, address in sorted(clashes - self._clashes):
            text = f"{owners[address]} has the address {address} already: nobody reaches it here"
            self.world.remark(name, text)
        self._clashes = clashes

    def _fault(self, name: str, fault: Exception) -> None:
        """Something went wrong within the lab: it is told, and a device that goes on so starts anew."""
        # What was raised may hold a key; where it was raised may not.
        _LOG.error("a fault in the lab, device %r: %s", name or "none", place_of(fault))
        at, count = self._faults.get(name, (self.stage.now, 0))
        count = count + 1 if at == self.stage.now else 1
        self._faults[name] = self.stage.now, count
        if count <= 1:
            text = f"a fault of the engine ({type(fault).__name__}); what caused it is dropped, all else goes on"
            self.world.remark(name, text)
        if name and count >= _MOST_FAULTS and self.world.stations[name].box is not None:
            self.world.remark(name, "faults without end: the device starts anew")
            self.stage.rig.restart(name, BOOT)


def _own(configuration: Configuration) -> set[IPv4Address]:
    """All addresses of a device, those of interfaces that are shut too."""
    return {end.address for shut in (False, True) for end in ends(configuration, shut=shut)}


def _peers(configuration: Configuration) -> set[IPv4Address]:
    return {peer for entry in entries(configuration) if entry.peers is not None for peer in entry.peers.value}
