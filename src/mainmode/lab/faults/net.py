"""Faults of the net and of devices: filters, outages, NAT boxes that forget, restarts, clocks."""

from dataclasses import field
from functools import partial
from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.instant import NO_TIME, Span, seconds
from mainmode.lab.cloud import Departure, Meddling
from mainmode.lab.facing import entries
from mainmode.lab.faults.declaration import Fault, Install, Ordered, Place, Rig, box_in_front
from mainmode.lab.hosts import Probe
from mainmode.lab.lengths import read_span
from mainmode.lab.link import Kind
from mainmode.lab.traffic import proxies_of

_WHEN = "when, such as `60s`"


@dataclass(slots=True)
class _Filter:
    """Stops packets of a kind, all of them or those of one device; None: everything. It is told once."""

    ordered: Ordered
    rig: Rig
    kinds: frozenset[Kind] | None
    what: str
    on: bool = field(default=True)

    def meddle(self, departure: Departure, kind: Kind, target: str) -> Meddling | None:
        """The fault, where this packet is meant."""
        if not self.on or self.ordered.device not in ("", departure.name):
            return None
        if self.kinds is not None and kind not in self.kinds:
            return None
        if self.ordered.fired:
            self.ordered.fired += 1
        else:
            self.ordered.announce(self.rig, departure.name, f"{self.what} of {departure.name} does not pass")
        return Meddling(detail=f"{self.what} does not pass: a fault", blocked=self.kinds is not None)


def _blocking(*kinds: Kind, what: str) -> Install:
    def install(ordered: Ordered, rig: Rig) -> None:
        rig.cloud.meddlers.append(_Filter(ordered, rig, frozenset(kinds), what))

    return install


def _one_way(ordered: Ordered, rig: Rig) -> None:
    rig.cloud.meddlers.append(_Filter(ordered, rig, None, "a packet"))


def _outage(ordered: Ordered, rig: Rig) -> None:
    start, _, end = ordered.value.partition("-")
    stopping = _Filter(ordered, rig, None, "a packet", on=False)
    rig.cloud.meddlers.append(stopping)
    rig.after(_span(ordered, start), partial(_switch, stopping, True))
    if end:
        rig.after(_span(ordered, end), partial(_switch, stopping, False))


def _switch(stopping: _Filter, on: bool) -> None:
    stopping.on = on


def _span(ordered: Ordered, text: str) -> Span:
    try:
        return read_span(text)
    except InputError as error:
        raise InputError(f"--fault {ordered.text}: {error}") from None


def _black_hole(ordered: Ordered, rig: Rig) -> None:
    if not ordered.value.isdigit() or not 68 <= int(ordered.value[:6]) <= 65_535:
        raise InputError(f"--fault {ordered.text}: write octets from 68 to 65535, such as mtu-black-hole=1400")
    rig.cloud.meddlers.append(_BlackHole(ordered, rig, int(ordered.value)))


@dataclass(slots=True)
class _BlackHole:
    ordered: Ordered
    rig: Rig
    mtu: int

    def meddle(self, departure: Departure, kind: Kind, target: str) -> Meddling | None:
        """What is too large vanishes, and nobody is told."""
        if self.ordered.device not in ("", departure.name) or len(departure.packet) <= self.mtu:
            return None
        what = f"a packet of {len(departure.packet)} octets vanishes, and nobody is told"
        self.ordered.announce(self.rig, departure.name, what)
        return Meddling(detail=f"larger than {self.mtu} octets: a fault")


def _nat_timeout(ordered: Ordered, rig: Rig) -> None:
    for name in _devices(ordered, rig):
        box = box_in_front(rig, name)
        if box is not None:
            box.timeout = _span(ordered, ordered.value)
            ordered.announce(rig, name, f"NAT box {box.name} forgets mappings after {ordered.value}")


def _nat_reboot(ordered: Ordered, rig: Rig) -> None:
    for name in _devices(ordered, rig):
        box = box_in_front(rig, name)
        if box is not None:

            def reboot(name: str = name) -> None:
                found = box_in_front(rig, name)
                if found is not None:
                    found.reboot()
                    ordered.announce(rig, name, f"NAT box {found.name} is rebooted, its mappings are gone")

            rig.after(_span(ordered, ordered.value), reboot)


def _devices(ordered: Ordered, rig: Rig) -> tuple[str, ...]:
    return (ordered.device,) if ordered.device else rig.device_names


def _restarting(down: Span) -> Install:
    def install(ordered: Ordered, rig: Rig) -> None:
        def fire() -> None:
            ordered.announce(rig, ordered.device, "the device loses its state, and nobody is told")
            rig.restart(ordered.device, down)

        rig.after(_span(ordered, ordered.value), fire)

    return install


def _clock_skew(ordered: Ordered, rig: Rig) -> None:
    rig.set_clock(ordered.device, _span(ordered, ordered.value))
    ordered.announce(rig, ordered.device, f"its clock is {ordered.value} ahead")


def _in_clear(ordered: Ordered, rig: Rig) -> None:
    def fire() -> None:
        ends = _hosts_of(rig, ordered.device)
        if ends is None:
            return
        source, destination, peer = ends
        packet = Probe(IpProtocol.ICMP, source, destination, identifier=0xFFFF).request(1)
        ordered.announce(rig, ordered.device, f"{source} to {destination} leaves in clear")
        rig.put_on_wire(ordered.device, packet, peer)

    rig.after(_span(ordered, ordered.value), fire)


def _hosts_of(rig: Rig, name: str) -> tuple[IPv4Address, IPv4Address, IPv4Address] | None:
    """A host behind the device, one behind its peer, and the peer: of the first line of its crypto access lists."""
    configuration = rig.configuration_of(name)
    for entry in entries(configuration):
        access_list = configuration.access_lists.get(entry.acl.value) if entry.acl is not None else None
        for ace in access_list.aces if access_list is not None and entry.peers is not None else ():
            for proxies in proxies_of(configuration, ace):
                if entry.peers is not None and proxies.local.protocol in (0, IpProtocol.ICMP):
                    near, far = proxies.local, proxies.remote
                    return min(near.first + 2, near.last), min(far.first + 2, far.last), entry.peers.value[0]
    return None


def _of(name: str, does: str, leads_to: tuple[str, ...], install: Install, value: str = "", usual: str = "") -> Fault:
    return Fault(name, Place.NET, does, leads_to, value, usual, install=install)


def _at(name: str, does: str, leads_to: tuple[str, ...], install: Install, value: str, usual: str) -> Fault:
    return Fault(name, Place.DEVICE, does, leads_to, value, usual, install=install, needs_device=True)


NET_FAULTS: tuple[Fault, ...] = (
    _of(
        "block-udp-500",
        "UDP 500 does not pass: both ways, or from the device that is named.",
        ("UDP_BLOCKED", "NO_ANSWER"),
        _blocking(Kind.IKE, what="UDP 500"),
    ),
    _of(
        "block-udp-4500",
        "UDP 4500 does not pass: both ways, or from the device that is named.",
        ("UDP_BLOCKED", "NO_ANSWER"),
        _blocking(Kind.IKE_NAT_T, what="UDP 4500"),
    ),
    _of(
        "block-esp",
        "ESP does not pass: both ways, or from the device that is named.",
        ("ESP_BLOCKED",),
        _blocking(Kind.ESP, what="ESP"),
    ),
    Fault(
        "one-way",
        Place.NET,
        "Nothing that the device sends arrives: only the way back is cut.",
        ("NO_ANSWER", "PACKETS_LOST"),
        install=_one_way,
        needs_device=True,
    ),
    _of(
        "outage",
        "Nothing passes from a time on, or until another: both ways, or from the device that is named.",
        ("LOST_PEER",),
        _outage,
        "when, such as `60s`, or `60s-5m`",
        "60s",
    ),
    _of(
        "mtu-black-hole",
        "Packets larger than so many octets vanish, and nobody is told.",
        ("large packets lost",),
        _black_hole,
        "octets",
        "1400",
    ),
    _of(
        "nat-timeout",
        "The NAT box in front of the device forgets mappings that rest so long.",
        ("a peer that moves",),
        _nat_timeout,
        "how long",
        "10s",
    ),
    _of(
        "nat-reboot",
        "The NAT box in front of the device forgets all mappings.",
        ("a peer that moves",),
        _nat_reboot,
        _WHEN,
        "60s",
    ),
    _at(
        "in-clear",
        "A packet of a protected network comes to the peer in clear.",
        ("a packet in clear that is dropped",),
        _in_clear,
        _WHEN,
        "30s",
    ),
    _at(
        "restart",
        "The device loses its state and is down for half a minute.",
        ("STALE_SA", "LOST_PEER"),
        _restarting(seconds(30)),
        _WHEN,
        "60s",
    ),
    _at(
        "forget-sas",
        "The device loses its SAs, and nobody is told: stale SAs at the peer.",
        ("STALE_SA", "LOST_PEER"),
        _restarting(NO_TIME),
        _WHEN,
        "60s",
    ),
    _at("clock-skew", "The device's clock is ahead.", ("up",), _clock_skew, "how much", "1h"),
)
"""All of them, in the order of the list."""
