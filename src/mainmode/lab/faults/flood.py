"""A fault of strangers: many first messages from addresses of their own, and nothing after them."""

from dataclasses import field
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError, WireError
from mainmode.lab.cloud import Departure, Meddling
from mainmode.lab.faults.declaration import Fault, Ordered, Place, Rig
from mainmode.lab.link import Kind
from mainmode.wire.ip import Udp, read_ipv4, read_udp

_MOST = 5_000
_STRANGERS = int(IPv4Address("198.18.0.1"))
"""The first of the addresses that are kept for such tests (RFC 2544); nobody is there."""

_COOKIE = 8


@dataclass(slots=True)
class _Flood:
    ordered: Ordered
    rig: Rig
    count: int
    waiting: bool = field(default=True)

    def meddle(self, departure: Departure, kind: Kind, target: str) -> Meddling | None:
        """Ahead of the first MM1 that is on its way to the device come as many of strangers, made after it."""
        if not self.waiting or departure.label != "MM1" or target != self.rig.cloud.edge(self.ordered.device):
            return None
        self.waiting = False
        self.ordered.announce(self.rig, self.ordered.device, f"{self.count} strangers send an MM1 and nothing more")
        for number in range(1, self.count + 1):
            packet = _of_a_stranger(departure.packet, number)
            if packet is not None:
                self.rig.put_on_wire(departure.name, packet, departure.next_hop or departure.destination, "own")
        return None


def _of_a_stranger(packet: bytes, number: int) -> bytes | None:
    """The message with another source address and another cookie."""
    try:
        outer = read_ipv4(packet)
        udp = read_udp(outer)
        source = IPv4Address(_STRANGERS + number)
        message = number.to_bytes(_COOKIE) + udp.payload[_COOKIE:]
        payload = Udp(udp.source_port, udp.destination_port, message).encode(source, outer.destination)
        return outer._replace(source=source, payload=payload).encode()
    except (WireError, ValueError):
        return None


def _flood(ordered: Ordered, rig: Rig) -> None:
    if not ordered.value.isdigit() or not 1 <= int(ordered.value[:6]) <= _MOST:
        raise InputError(f"--fault {ordered.text}: write how many, from 1 to {_MOST}, such as flood,b=100")
    rig.cloud.meddlers.append(_Flood(ordered, rig, int(ordered.value)))


FLOOD_FAULTS: tuple[Fault, ...] = (
    Fault(
        "flood",
        Place.NET,
        "Strangers begin negotiations with the device ahead of its peer's first message, and leave them half open.",
        ("LIMIT", "up"),
        "how many",
        "100",
        install=_flood,
        needs_device=True,
    ),
)
"""All of them, in the order of the list."""
