"""The net between outside interfaces: each packet goes to whoever owns its destination, over the link between the two.

Everything on the net is a node: a device, by its name, or a NAT box with nodes behind it. A link belongs to an ordered
pair of nodes of the open net; what stands behind a NAT box uses the links of the box.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import NamedTuple, Protocol

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import WireError
from mainmode.base.instant import NO_TIME, Instant, Span, later
from mainmode.lab.damage import turned_over
from mainmode.lab.entropy import SeededEntropy
from mainmode.lab.link import Block, Kind, Link, Oversize
from mainmode.lab.nat_box import NatBox
from mainmode.ladder.transcript import Fate
from mainmode.wire.fragments import cut
from mainmode.wire.icmp import too_large
from mainmode.wire.ip import read_ipv4

ROUTER = IPv4Address("100.64.0.1")
"""The router of the net, which complains of packets that are too large; of the shared address space (RFC 6598)."""

_OPEN = ""
"""The segment that is behind no NAT box."""

_HEADER = 20
_UNREACHABLE = b"\x03"
_IKE_PORT, _NAT_T_PORT = 500, 4500


def kind_of(packet: bytes) -> Kind:
    """What a filter on the wire sees in a packet."""
    if len(packet) < _HEADER:
        return Kind.OTHER
    protocol = packet[9]
    if int.from_bytes(packet[6:8]) & 0x1FFF:
        return Kind.FRAGMENT
    if protocol == IpProtocol.ESP:
        return Kind.ESP
    size = (packet[0] & 15) * 4
    if protocol == IpProtocol.ICMP:
        return Kind.ICMP_UNREACHABLE if packet[size : size + 1] == _UNREACHABLE else Kind.OTHER
    if protocol != IpProtocol.UDP:
        return Kind.OTHER
    ports = int.from_bytes(packet[size : size + 2]), int.from_bytes(packet[size + 2 : size + 4])
    if _IKE_PORT in ports:
        return Kind.IKE
    return Kind.IKE_NAT_T if _NAT_T_PORT in ports else Kind.OTHER


class Departure(NamedTuple):
    """A packet that a device puts on the wire.

    `interface` is empty for one that is not connected to the net. `label` says which message it carries: `MM1` to
    `QM3`, `INFO`, `DELETE`, `DPD`, `KEEPALIVE`, `ESP`, `clear` for a packet of a host, `own` for one of the
    device's own.
    """

    name: str
    interface: str
    packet: bytes
    at: Instant
    destination: IPv4Address
    next_hop: IPv4Address | None = None
    label: str = ""


class Passage(NamedTuple):
    """One packet that a device put on the wire, as the tap saw it. `arrivals` is empty unless it was delivered.

    `name` is the sending device's, `target` the node's that it reaches, empty where there is none.
    """

    number: int
    name: str
    target: str
    interface: str
    kind: Kind
    packet: bytes
    at: Instant
    fate: Fate
    detail: str = ""
    arrivals: tuple[Instant, ...] = ()
    label: str = ""


class Delivery(NamedTuple):
    """A packet on its way to a node: to which of its addresses, and when it is there."""

    at: Instant
    node: str
    address: IPv4Address
    packet: bytes


@dataclass(frozen=True, slots=True)
class Meddling:
    """What a fault does to one packet: `detail` is why it ends, `blocked` if a filter does it, not chance.

    `copies` arrive so much later than the original; `packet` arrives in its place.
    """

    detail: str = ""
    blocked: bool = False
    delay: Span = NO_TIME
    copies: tuple[Span, ...] = ()
    packet: bytes | None = None


class Meddler(Protocol):
    """A fault on the wire."""

    def meddle(self, departure: Departure, kind: Kind, target: str) -> Meddling | None:
        """What it does to this packet, None: nothing."""


class Cloud:
    """Decides what becomes of each packet. The decisions come from seeded randomness, so a run can be repeated."""

    def __init__(self, link: Link, entropy: SeededEntropy) -> None:
        """`link` is the one of every pair of nodes that has none of its own."""
        self.link = link
        self.meddlers: list[Meddler] = []
        self.nat_boxes: dict[str, NatBox] = {}
        self._links: dict[tuple[str, str], Link] = {}
        self._segments: dict[str, dict[IPv4Address, str]] = {_OPEN: {}}
        self._behind: dict[str, str] = {}
        self._entropy = entropy
        self._count = 0

    # --- who is where --------------------------------------------------------------------------------------------

    def attach(self, node: str, addresses: Iterable[IPv4Address], behind: str = _OPEN) -> None:
        """Connect a device's addresses, or a NAT box's, to the open net or to the inside of a NAT box."""
        self._behind[node] = behind
        segment = self._segments.setdefault(behind, {})
        segment |= dict.fromkeys(addresses, node)

    def move(self, node: str, addresses: Iterable[IPv4Address]) -> None:
        """A device has other addresses than before; what is on its way to an old one arrives nowhere."""
        behind = self._behind[node]
        others = {address: owner for address, owner in self._segments[behind].items() if owner != node}
        self._segments[behind] = dict.fromkeys(addresses, node) | others

    def attach_nat(self, box: NatBox, behind: str = _OPEN) -> None:
        """Put a NAT box on the net."""
        self.nat_boxes[box.name] = box
        self.attach(box.name, (box.address,), behind)

    def edge(self, node: str) -> str:
        """What of a node is seen on the open net: itself, or the outermost NAT box in front of it."""
        while behind := self._behind.get(node, _OPEN):
            node = behind
        return node

    def link_between(self, source: str, target: str) -> Link:
        """The link from one node to another."""
        if not self._links:
            return self.link
        return self._links.get((self.edge(source), self.edge(target)), self.link)

    def set_link(self, source: str, target: str, link: Link | None) -> None:
        """Change the link from one node to another; None: back to the usual one."""
        key = self.edge(source), self.edge(target)
        if link is None:
            self._links.pop(key, None)
        else:
            self._links[key] = link

    def slowest(self) -> Span:
        """The longest latency of all links."""
        return Span(max(link.latency + link.jitter for link in (self.link, *self._links.values())))

    def receive(self, delivery: Delivery, now: Instant) -> Delivery | str:
        """What came to a node, through all NAT boxes to a device; or why a box on the way let it end."""
        while (box := self.nat_boxes.get(delivery.node)) is not None:
            packet = box.inward(delivery.packet, now)
            if isinstance(packet, str):
                return packet
            address = IPv4Address(packet[16:20])
            inside = self._segments.get(box.name, {}).get(address)
            if inside is None:
                return f"nobody behind the NAT box {box.name} has the address {address}"
            delivery = Delivery(now, inside, address, packet)
        return delivery

    # --- packets -------------------------------------------------------------------------------------------------

    def carry(self, departure: Departure) -> tuple[Passage, tuple[Delivery, ...]]:
        """Send a packet: what becomes of it, and what arrives where."""
        self._count += 1
        node, packet, detail = departure.name, departure.packet, ""
        target, address = self._owner(node, departure)
        while not target and not detail and (box := self.nat_boxes.get(self._behind.get(node, _OPEN))) is not None:
            translated = box.outward(packet, departure.at)
            if isinstance(translated, str):
                detail = translated
            else:
                packet, node = translated, box.name
                target, address = self._owner(node, departure)
        kind = kind_of(departure.packet)
        if detail:
            return self._passage(departure, kind, "", Fate.BLOCKED, detail), ()
        if not departure.interface:
            text = "it leaves by an interface that does not face the other device"
            return self._passage(departure, kind, "", Fate.UNREACHABLE, text), ()
        if not target or address is None:
            text = f"nobody on the wire has the address {departure.destination}"
            return self._passage(departure, kind, "", Fate.UNREACHABLE, text), ()
        return self._over(
            self.link_between(node, target), departure, kind, Delivery(departure.at, target, address, packet)
        )

    def _owner(self, node: str, departure: Departure) -> tuple[str, IPv4Address | None]:
        """Who on a node's segment gets the packet, and at which of its addresses."""
        segment = self._segments[self._behind.get(node, _OPEN)]
        for address in (departure.destination, departure.next_hop):
            if address is not None and segment.get(address, node) != node:
                return segment[address], address
        return "", None

    def _over(
        self, link: Link, departure: Departure, kind: Kind, delivery: Delivery
    ) -> tuple[Passage, tuple[Delivery, ...]]:
        target = delivery.node
        stopped_by = kind.stopped_by if link.blocks else None
        if stopped_by is not None and stopped_by in link.blocks:
            text = f"a filter on the way stops {stopped_by.value}"
            return self._passage(departure, kind, target, Fate.BLOCKED, text), ()
        meddlings: list[Meddling] = []
        if self.meddlers:
            asked = (one.meddle(departure, kind, target) for one in tuple(self.meddlers))
            meddlings = [found for found in asked if found is not None]
        stopping = next((one for one in meddlings if one.detail), None) if meddlings else None
        if stopping is not None:
            fate = Fate.BLOCKED if stopping.blocked else Fate.LOST
            return self._passage(departure, kind, target, fate, stopping.detail), ()
        if link.mtu is not None and len(delivery.packet) > link.mtu:
            return self._too_large(link, link.mtu, departure, kind, delivery)
        if self._chance(link.loss):
            return self._passage(departure, kind, target, Fate.LOST, "lost on the way"), ()
        arrivals = self._arrivals(link, departure.at)
        octets = delivery.packet
        for one in meddlings:
            octets = one.packet or octets
            arrivals = tuple(later(at, one.delay) for at in arrivals)
            arrivals += tuple(later(arrivals[0], after) for after in one.copies)
        if self._chance(link.corruption):
            octets = turned_over(octets, self._entropy.share()) or octets
        deliveries = tuple([Delivery(at, target, delivery.address, octets) for at in arrivals])
        return self._passage(departure, kind, target, Fate.DELIVERED, "", arrivals), deliveries

    def _arrivals(self, link: Link, at: Instant) -> tuple[Instant, ...]:
        arrival = later(at, link.latency)
        if link.jitter:
            arrival = later(arrival, Span(int(link.jitter * self._entropy.share())))
        late = later(arrival, Span(2 * link.latency + 1000))
        first = late if self._chance(link.reordering) else arrival
        return (first, later(first, Span(1000))) if self._chance(link.duplication) else (first,)

    def _too_large(
        self, link: Link, mtu: int, departure: Departure, kind: Kind, delivery: Delivery
    ) -> tuple[Passage, tuple[Delivery, ...]]:
        """Answered with an ICMP error where it must not be fragmented; else cut into pieces, or dropped in silence."""
        text = f"{len(delivery.packet)} octets are too large for the MTU {mtu} of the way"
        try:
            packet = read_ipv4(delivery.packet)
        except WireError:
            return self._passage(departure, kind, delivery.node, Fate.LOST, text), ()
        if packet.dont_fragment:
            error = too_large(packet, mtu, ROUTER).encode()
            back = Delivery(later(departure.at, link.latency), self.edge(departure.name), packet.source, error)
            silent = Block.ICMP_UNREACHABLE in link.blocks
            passage = self._passage(departure, kind, delivery.node, Fate.BLOCKED, f"{text}, and DF is set")
            return passage, () if silent else (back,)
        if link.oversize is Oversize.DROPPED:
            return self._passage(departure, kind, delivery.node, Fate.BLOCKED, text), ()
        pieces = [piece.encode() for piece in cut(packet, mtu)]
        if Block.FRAGMENTS in link.blocks:
            stopped = f"{text}, and a filter on the way stops its fragments"
            return self._passage(departure, kind, delivery.node, Fate.BLOCKED, stopped), ()
        if any(self._chance(link.loss) for _ in pieces):
            return self._passage(departure, kind, delivery.node, Fate.LOST, "lost on the way"), ()
        arrivals = self._arrivals(link, departure.at)
        deliveries = tuple(delivery._replace(at=at, packet=piece) for at in arrivals for piece in pieces)
        return self._passage(departure, kind, delivery.node, Fate.DELIVERED, "", arrivals), deliveries

    def _passage(
        self,
        departure: Departure,
        kind: Kind,
        target: str,
        fate: Fate,
        detail: str,
        arrivals: tuple[Instant, ...] = (),
    ) -> Passage:
        return Passage(
            self._count,
            departure.name,
            target,
            departure.interface,
            kind,
            departure.packet,
            departure.at,
            fate,
            detail,
            arrivals,
            departure.label,
        )

    def _chance(self, share: float) -> bool:
        return share > 0 and self._entropy.share() < share
