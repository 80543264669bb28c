"""Devices, their inside hosts and the net between them, moved from event to event in virtual time."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from heapq import heappop, heappush
from ipaddress import IPv4Address
from typing import Protocol

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop, WireError
from mainmode.base.instant import NO_TIME, Instant, Span, later
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect, PacketOut
from mainmode.ike.effects import Dropped, Send, Step
from mainmode.lab.clock import Agenda
from mainmode.lab.cloud import Cloud, Delivery, Departure, Passage, kind_of
from mainmode.lab.link import Kind
from mainmode.lab.observer import Observer
from mainmode.wire.ip import Ipv4, Udp, read_ipv4

_DELETE = "DELETE (12)"
_ENCRYPTED = (Kind.ESP, Kind.IKE_NAT_T)
"""What a packet is that the packet path sends protected: ESP, or ESP in UDP."""


@dataclass(slots=True)
class Station:
    """A device's place in the world. `outside` are its addresses on the net, each with its interface.

    `box` is None while the device is down. `skew` is how much its clock is ahead.
    """

    name: str
    box: Box | None
    outside: dict[IPv4Address, str]
    skew: Span = NO_TIME


class Hosts(Protocol):
    """The hosts behind the devices."""

    def take(self, name: str, interface: str, packet: bytes, now: Instant) -> bytes | None:
        """A packet reaches an inside network of a device; the host's reply, if it has one."""


class World:
    """The shell around the boxes. All that happens goes through `agenda`, so nothing depends on real time."""

    def __init__(
        self, stations: Iterable[Station], cloud: Cloud, agenda: Agenda, hosts: Hosts, observers: Sequence[Observer]
    ) -> None:
        self.agenda = agenda
        self.cloud = cloud
        self.stations = {station.name: station for station in stations}
        self._hosts = hosts
        self._observers = observers
        self._hearers: dict[str, dict[type[BoxEffect], tuple[Hearer, ...]]] = {name: {} for name in self.stations}
        self._at_the_door = _who_have(observers, "entered")
        self._at_the_wire = _who_have(observers, "passed")
        self._of_ike = _who_have(observers, "sent")
        self._at_arrival = _who_have(observers, "arrived")
        self.on_fault: Callable[[str, Exception], None] | None = None
        """Told of a fault in a device that time or a packet brought about; None: the fault ends the run."""
        self._due: dict[str, Instant | None] = {}
        self._deadlines: list[tuple[Instant, int, str]] = []
        self._places = {name: place for place, name in enumerate(self.stations)}
        for name in self.stations:
            self._look_at_the_clock_of(name)

    # --- what a run asks for -------------------------------------------------------------------------------------

    def drive(self, done: Callable[[], bool], until: Instant) -> None:
        """Let happen what happens until `done`, or `until` comes. Raises RunawayError at the bounds of the agenda."""
        agenda = self.agenda
        while not done():
            due, name = self._next_deadline()
            coming = agenda.next()
            if min(due or until, coming or until) >= until:
                agenda.advance(until)
                return
            if due is None or (coming is not None and coming <= due):
                agenda.step()
            else:
                agenda.advance(due)
                self._let(name, lambda box, now: box.expire(now))

    def act(self, name: str, action: Callable[[Box, Instant], list[BoxEffect]]) -> None:
        """Let something happen to a device, and carry out what follows; nothing, while it is down."""
        station = self.stations[name]
        if station.box is not None:
            self._carry_out(station, action(station.box, self.time_of(name)))
        self._look_at_the_clock_of(name)

    def _let(self, name: str, action: Callable[[Box, Instant], list[BoxEffect]]) -> None:
        """What time or a packet does to a device: nobody is there whom a fault could be told but `on_fault`."""
        try:
            self.act(name, action)
        except Exception as fault:
            if self.on_fault is None:
                raise
            self.on_fault(name, fault)

    def time_of(self, name: str) -> Instant:
        """What a device's own clock shows."""
        return later(self.agenda.now, self.stations[name].skew)

    def exchange(self, name: str, box: Box | None) -> None:
        """Another box in a device's place, which knows nothing of what was before; None: the device goes down."""
        self.stations[name].box = box
        self._look_at_the_clock_of(name)

    def into(self, name: str, interface: str, packet: bytes) -> None:
        """A packet arrives at an interface of a device."""
        for observer in self._at_the_door:
            observer.entered(name, interface, packet, self.agenda.now)
        self._let(name, lambda box, now: box.packet_in(interface, packet, now) if interface in box.interfaces else [])

    def remark(self, name: str, text: str) -> None:
        """Tell everybody who watches that the lab itself did something."""
        for observer in self._observers:
            observer.remarked(name, text, self.agenda.now)

    # --- time ----------------------------------------------------------------------------------------------------

    def _look_at_the_clock_of(self, name: str) -> None:
        """Note when a device wants to be called next."""
        station = self.stations[name]
        due = station.box.deadline() if station.box is not None else None
        if due is not None:
            due = later(due, Span(-station.skew))
        if due != self._due.get(name):
            self._due[name] = due
            if due is not None:
                heappush(self._deadlines, (due, self._places[name], name))

    def next_event(self) -> Instant | None:
        """When the next thing happens; None: nothing will, unless somebody acts."""
        due, _ = self._next_deadline()
        coming = self.agenda.next()
        return min((one for one in (due, coming) if one is not None), default=None)

    def _next_deadline(self) -> tuple[Instant | None, str]:
        """The earliest deadline of all devices; at one instant that of the first of them."""
        heap = self._deadlines
        while heap:
            due, _, name = heap[0]
            if self._due.get(name) == due:
                return due, name
            heappop(heap)
        return None, ""

    # --- packets -------------------------------------------------------------------------------------------------

    def _carry_out(self, station: Station, effects: list[BoxEffect]) -> None:
        """What a device wants done, in its order; whoever wants to be told of such effects is, before."""
        name, hearers = station.name, self._hearers[station.name]
        for effect in effects:
            kind = type(effect)
            told = hearers.get(kind)
            if told is None:
                told = hearers[kind] = _hearers(self._observers, name, kind)
            for hear in told:
                hear(name, effect, self.agenda.now)
            if isinstance(effect, Send):
                self._send(station, effect)
            elif isinstance(effect, PacketOut):
                self._leave(station, effect)

    def _send(self, station: Station, send: Send) -> None:
        """An IKE datagram of a device, in UDP and IPv4, by the interface that has its source address.

        Where no route leads to the other device by that interface it ends here; what nobody has the net tells.
        """
        local, remote = send.path.local, send.path.remote
        stopped = self._stopped(station, send)
        if stopped is not None:
            self._carry_out(station, [stopped])
            return
        datagram = Udp(local.port, remote.port, send.datagram).encode(local.address, remote.address)
        packet = Ipv4(local.address, remote.address, IpProtocol.UDP, datagram).encode()
        interface = station.outside.get(local.address, "")
        departure = Departure(station.name, interface, packet, self.agenda.now, remote.address, label=label_of(send))
        passage = self.put_on_wire(departure)
        for observer in self._of_ike:
            observer.sent(station.name, send, passage)

    def _stopped(self, station: Station, send: Send) -> Dropped | None:
        """Why a device cannot send to another one from this address of its own; None where it can."""
        interface, remote = station.outside.get(send.path.local.address), send.path.remote.address
        if station.box is None or interface is None:
            return None
        route = station.box.route_to(remote)
        if route is not None and route.interface == interface:
            return None
        if not any(remote in other.outside for other in self.stations.values() if other is not station):
            return None
        if route is None:
            return Dropped(Drop.NO_ROUTE, send.path, f"to {remote}, where IKE would send")
        text = f"to {remote} by {interface}, where IKE would send: {route} leads away from it"
        return Dropped(Drop.NO_ROUTE, send.path, text, route.sources)

    def _leave(self, station: Station, out: PacketOut) -> None:
        """A packet that a device forwards: to an inside host, or onto the wire."""
        if out.interface not in station.outside.values():
            for observer in self._at_the_door:
                observer.left(station.name, out.interface, out.packet, self.agenda.now)
            self.agenda.put(self.agenda.now, partial(self._at_host, station.name, out.interface, out.packet))
            return
        try:
            packet = read_ipv4(out.packet)
        except WireError:
            return
        label = "ESP" if kind_of(out.packet) in _ENCRYPTED else "clear"
        if label == "clear" and packet.source in station.outside:
            label = "own"
        self.put_on_wire(
            Departure(station.name, out.interface, out.packet, self.agenda.now, packet.destination, out.next_hop, label)
        )

    def put_on_wire(self, departure: Departure) -> Passage:
        """A packet goes onto the net in a device's name."""
        for observer in self._at_the_door:
            observer.left(departure.name, departure.interface, departure.packet, departure.at)
        passage, deliveries = self.cloud.carry(departure)
        for observer in self._at_the_wire:
            observer.passed(passage)
        for delivery in deliveries:
            self.agenda.put(delivery.at, partial(self._arrive, delivery, passage))
        return passage

    def _arrive(self, delivery: Delivery, passage: Passage) -> None:
        found = self.cloud.receive(delivery, self.agenda.now)
        if isinstance(found, str):
            self.remark("", found)
            return
        station = self.stations[found.node]
        interface = station.outside.get(found.address)
        if interface is None:
            return
        if passage.name != station.name:
            for observer in self._at_arrival:
                observer.arrived(station.name, passage, self.agenda.now)
        self.into(station.name, interface, found.packet)

    def _at_host(self, name: str, interface: str, packet: bytes) -> None:
        """A packet reaches an inside network."""
        reply = self._hosts.take(name, interface, packet, self.agenda.now)
        if reply is not None:
            self.into(name, interface, reply)


def _who_have(observers: Sequence[Observer], method: str) -> list[Observer]:
    """Those that look at it: most look away from most."""
    return [one for one in observers if getattr(type(one), method) is not getattr(Observer, method)]


Hearer = Callable[[str, BoxEffect, Instant], None]


def _hearers(observers: Sequence[Observer], name: str, kind: type[BoxEffect]) -> tuple[Hearer, ...]:
    """Those who want to be told of such effects of a device: there are many effects, and most observers look away."""
    return tuple(
        one.happened
        for one in observers
        if one.about in ("", name)
        and (one.hears is None or kind in one.hears)
        and type(one).happened is not Observer.happened
    )


def label_of(send: Send) -> str:
    """What a datagram of IKE is called on the wire."""
    message = send.message
    if message is None:
        return "KEEPALIVE"
    if send.step is not Step.KEEPALIVE and _DELETE in message.names():
        return "DELETE"
    return send.step.value
