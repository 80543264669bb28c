"""A pair and the hosts behind it, for runs that last: who asks goes on asking, and devices may restart."""

from ipaddress import IPv4Address, IPv4Network

from mainmode.base.instant import Instant
from mainmode.check.subject import Subject
from mainmode.device.box import Box
from mainmode.lab.clock import START, Agenda, Bounds
from mainmode.lab.cloud import Cloud
from mainmode.lab.entropy import SeededEntropy
from mainmode.lab.inside import Flow, Inside
from mainmode.lab.link import Link
from mainmode.lab.nat_box import NatBox
from mainmode.lab.observer import Observer
from mainmode.lab.traffic import Traffic
from mainmode.lab.world import Station, World
from mainmode.ladder.transcript import Side

_SEED = 1
_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""RFC 1918."""
_NAT, _PUBLIC = "NAT", IPv4Address("192.0.2.254")
"""The box in front of a private address, and its own one, of the documentation's."""


def behind_nat(subject: Subject) -> Side | None:
    """The side in front of which a NAT must stand: its address is a private one, the other's is not.

    None where there is no such side, or the other side names that address, which then is reached as it is.
    """
    for side in Side:
        addresses = [one.ends[side].address for one in subject.facing]
        others = [one.ends[side.other].address for one in subject.facing]
        other = subject.pair[side.other]
        named = any(str(address) in other.tunnel_groups for address in addresses)
        named = named or any(one.mutual for one in subject.facing)
        if all(map(_private, addresses)) and not any(map(_private, others)) and not named:
            return side
    return None


def _private(address: IPv4Address) -> bool:
    return any(address in network for network in _PRIVATE)


class Living:
    """Two devices on one net, each by the interfaces that face the other, and any host behind them.

    `hidden` is the side with a NAT in front of it, as routers of branches do it; None: there is none.
    """

    def __init__(self, subject: Subject, bounds: Bounds, observers: tuple[Observer, ...] = ()) -> None:
        self._subject = subject
        self.inside = Inside()
        self._starts = dict.fromkeys(Side, 0)
        self.agenda = Agenda(START, bounds)
        cloud = Cloud(Link(), SeededEntropy(_SEED, "link"))
        self.hidden = behind_nat(subject)
        if self.hidden is not None:
            cloud.attach_nat(NatBox(_NAT, _PUBLIC, keep_ports=True, passes_esp=True))
        stations = []
        for side in Side:
            outside = {one.ends[side].address: one.ends[side].interface for one in subject.facing}
            cloud.attach(side.value, outside, _NAT if side is self.hidden else "")
            stations.append(Station(side.value, self._new_box(side), outside))
        self.world = World(stations, cloud, self.agenda, self.inside, observers)

    @property
    def now(self) -> Instant:
        """The virtual time."""
        return self.agenda.now

    def _new_box(self, side: Side) -> Box:
        """A device as it is when it starts; every start has random numbers of its own."""
        self._starts[side] += 1
        entropy = SeededEntropy(_SEED, f"device {side.value} start {self._starts[side]}")
        return Box(self._subject.pair[side], entropy, self.agenda.now, self._subject.keys[side], listened=False)

    def restart(self, side: Side) -> None:
        """A device loses all that it negotiated."""
        self.world.exchange(side.value, self._new_box(side))

    def flow(self, traffic: Traffic) -> Flow:
        """The flow of requests that some traffic is the first of."""
        side = traffic.side
        return self.inside.flow(side.value, traffic.interfaces[side], traffic.probe, fixed=True)

    def ask(self, flow: Flow) -> None:
        """The host of a flow sends its next request."""
        self.world.into(flow.name, flow.interface, self.inside.request(flow, self.now))
