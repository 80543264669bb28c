"""The fast lane of a box on a host: packets of connections whose way stands, sealed and opened without a word about it.

A packet takes it when the ordinary path would find nothing to decide: the connection and its way are known, the pair of
SAs is in use, has settled, and is neither over nor due for renewal, and the packet is whole, without options, fits, and
opens or closes nothing. It counts what the ordinary path counts. For every other packet the lane has changed nothing
and gives None: the ordinary path takes it, so that every verdict comes from there.

The unit is a run: packets of one burst that follow each other, belong to one direction of one connection and would all
take the lane. What is decided and counted is decided and counted once for them; each is sealed or opened for itself.
Segments that the host gave in one piece are a run of their own, or none at all.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from mainmode.base.address import Endpoint
from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.device.connections import Connection
from mainmode.device.decision import PacketOut
from mainmode.device.flow import key_of
from mainmode.device.journal import Traffic
from mainmode.device.plane import Plane
from mainmode.device.routing import Hop
from mainmode.device.shedding import Shedding
from mainmode.device.vpn_path import COPY_DF, SET_DF, Outlet, VpnPath, around
from mainmode.device.ways import Way
from mainmode.ipsec.dataplane import Mode
from mainmode.ipsec.esp import EspRefused, InboundSa
from mainmode.ipsec.sad import SaState
from mainmode.ipsec.segments import Segments
from mainmode.wire.ip import Ipv4, read_ipv4

_IPIP = int(IpProtocol.IPIP)
_TCP, _UDP, _ICMP = int(IpProtocol.TCP), int(IpProtocol.UDP), int(IpProtocol.ICMP)
_IP, _IP_AND_UDP, _IP_AND_TCP = 20, 28, 40
_PLAIN_HEADER = 0x45
_WHOLE = (0x00, 0x40)
"""Octet 6 of a header without and with DF, and without fragments."""
_OTHER_ZERO = b"\xff\xff"
_FIN_SYN_RST = 0x07
_ECHOES = (0, 8)
_MOST_LANES = 32_768


class Express(NamedTuple):
    """A run sealed for a peer: the ESP of each packet, and what the packets around them say. The first of these has
    this identification, each other one more than that before it.
    """

    outlet: Outlet
    packets: list[bytes]
    tos: int
    dont_fragment: bool
    identification: int

    @property
    def leaving(self) -> list[PacketOut]:
        """The whole packets, as the ordinary path would let them leave."""
        hop = self.outlet.hop
        outers = (
            around(self.outlet, esp, self.tos, number & 0xFFFF, dont_fragment=self.dont_fragment)
            for number, esp in enumerate(self.packets, self.identification)
        )
        return [PacketOut(hop.interface, outer.encode(), hop.address) for outer in outers]


class Opened(NamedTuple):
    """A run that came out of a tunnel, and where it leaves in clear."""

    hop: Hop
    packets: list[bytes]

    @property
    def leaving(self) -> list[PacketOut]:
        """The packets, as the ordinary path would let them leave."""
        return [PacketOut(self.hop.interface, packet, self.hop.address) for packet in self.packets]


@dataclass(slots=True, eq=False)
class _Lane:
    """One direction of a connection; `outlet` None: out in clear."""

    protocol: int
    connection: Connection
    way: Way
    reply: bool
    state: SaState
    outlet: Outlet | None
    mtu: int
    came: Traffic
    left: Traffic


class ExpressLanes:
    """The lanes of one box, which is `hosted`: nothing lowers a TTL here."""

    def __init__(self, plane: Plane, vpn: VpnPath, shedding: Shedding) -> None:
        self._plane = plane
        self._vpn = vpn
        self._shedding = shedding
        self._outward: dict[bytes, _Lane] = {}
        self._inward: dict[bytes, _Lane] = {}
        self._found_under = plane.generation, plane.pairs

    def look_around(self) -> None:
        """After whatever happened to the box: where routes, rules or SAs have changed, no lane counts any more.

        So none holds on to a pair that is gone.
        """
        now_under = self._plane.generation, self._plane.pairs
        if self._found_under != now_under:
            self._found_under = now_under
            self._outward.clear()
            self._inward.clear()

    # --- into a tunnel -------------------------------------------------------------------------------------------

    def seal(self, packets: Sequence[bytes | Segments], begin: int, now: Instant) -> Express | None:
        """The run of packets that begins here, in clear, on their way into a tunnel.

        They arrived at the interface behind which their source is.
        """
        one = packets[begin]
        first, largest = (one.packet, one.largest) if isinstance(one, Segments) else (one, len(one))
        ends = _ends(first)
        if ends is None:
            return None
        plane = self._plane
        self.look_around()
        lane = self._outward.get(ends)
        if lane is None or not self._holds(lane, first, now):
            lane = self._outward_lane(first, ends, now)
            if lane is None:
                return None
        outlet, state = lane.outlet, lane.state
        if outlet is None or now < state.settled_at:
            return None
        room = plane.path_mtus.towards(outlet.path.remote.address, outlet.link_mtu, now) - outlet.overhead
        if largest > room:
            return None
        run: list[bytes] | Segments
        if isinstance(one, Segments):
            run, octets, count = one, one.octets, one.count
        else:
            run, octets, count = [first], largest, 1
            if begin + 1 < len(packets):
                several = _run(packets, begin, ends, room)
                if len(several) > 1 and state.runs_on(sum(map(len, several)), now, len(several)):
                    run, octets, count = several, sum(map(len, several)), len(several)
        if not state.runs_on(octets, now, count):
            return None
        if run == [first]:
            sealed = [state.seal(first, plane.entropy, now)]
            size = len(sealed[0])
        else:
            sealed = state.seal_run(run, octets, plane.entropy, now)
            size = sum(map(len, sealed))
        total = plane.statistics.outbound
        total.packets += count
        total.octets += size
        total.encryptions += count
        total.authentications += count
        came, left = lane.came, lane.left
        came.packets_in += count
        came.octets_in += octets
        left.packets_out += count
        left.octets_out += size + count * (_IP_AND_UDP if outlet.udp_encapsulated else _IP)
        plane.connections.touch(lane.connection, octets, now)
        identification = (plane.identification + 1) & 0xFFFF
        plane.identification = (plane.identification + count) & 0xFFFF
        word = outlet.df_bit.value
        dont_fragment = first[6] != 0 if word == COPY_DF else word == SET_DF
        return Express(outlet, sealed, first[1], dont_fragment, identification)

    def _outward_lane(self, packet: bytes, ends: bytes, now: Instant) -> _Lane | None:
        """A lane for this packet and those that follow it; None where the ordinary path has to find the way first."""
        plane, tables = self._plane, self._plane.tables
        parsed = read_ipv4(packet)
        if parsed.source in tables.own or parsed.destination in tables.own:
            return None
        ingress = tables.egress(parsed.source)
        found = self._way(ingress, parsed, None, now) if ingress is not None else None
        if ingress is None or found is None:
            return None
        connection, way, reply = found
        state = way.state
        if state is None or state.pair.mode is not Mode.TUNNEL:
            return None
        outlet = self._vpn.outlet(state.pair)
        if outlet is None:
            return None
        lane = _Lane(
            parsed.protocol, connection, way, reply, state, outlet, 0,
            plane.journal.traffic[ingress], plane.journal.traffic[outlet.hop.interface],
        )  # fmt: skip
        return _kept(self._outward, ends, lane)

    # --- out of a tunnel -----------------------------------------------------------------------------------------

    def open(
        self, interface: str, datagrams: list[bytes], begin: int, remote: Endpoint, now: Instant
    ) -> Opened | Drop | None:
        """The run of ESP packets that begins here and came to `interface`, SPI first; in UDP where the port of `remote`
        is not 0.

        A reason where the first was dropped, and counted, without a word (see `shedding`).
        """
        plane, esp = self._plane, datagrams[begin]
        state = plane.sad.inbound(int.from_bytes(esp[:4]))
        if state is None:
            return self._shedding.unknown_spi(interface, esp, remote, now)
        if not state.runs_on(len(esp), now):
            return None
        pair, port = state.pair, remote.port
        if port and interface not in plane.tables.settings.enabled:
            return None
        try:
            packet, next_header, sequence = state.inbound.peek(esp)
        except EspRefused as refused:
            return self._shedding.refused(state, refused.drop, interface, esp, remote, now)
        if pair.mode is not Mode.TUNNEL or (pair.udp_encapsulated and remote != pair.path.remote):
            return None
        ends = _ends(packet) if next_header == _IPIP else None
        if ends is None:
            return None
        self.look_around()
        lane = self._inward.get(ends)
        if lane is None or lane.state is not state or not self._holds(lane, packet, now):
            lane = self._inward_lane(packet, ends, state, now)
            if lane is None:
                return None
        if len(packet) > lane.mtu:
            return None
        state.inbound.take(sequence)
        packets, count, octets, size = [packet], 1, len(packet), len(esp)
        if begin + 1 < len(datagrams):
            packets += _others(state, datagrams, begin, sequence, packet, lane.mtu, now)
            count, octets = len(packets), sum(map(len, packets))
            size = sum(map(len, datagrams[begin : begin + count]))
        state.opened(count, octets, now)
        total = plane.statistics.inbound
        total.packets += count
        total.octets += size
        total.decryptions += count
        total.authentications += count
        came, left = plane.journal.traffic[interface], lane.left
        came.packets_in += count
        came.octets_in += size + count * (_IP_AND_UDP if port else _IP)
        left.packets_out += count
        left.octets_out += octets
        plane.connections.touch(lane.connection, octets, now)
        return Opened(lane.way.hop, packets)

    def _inward_lane(self, packet: bytes, ends: bytes, state: SaState, now: Instant) -> _Lane | None:
        """As `_outward_lane`, for what came out of the tunnel of this pair and leaves in clear."""
        plane, tables = self._plane, self._plane.tables
        parsed = read_ipv4(packet)
        found = self._way(state.pair.interface, parsed, state, now)
        if found is None:
            return None
        connection, way, reply = found
        if way.state is not None or way.protected is not None:
            return None
        left = plane.journal.traffic[way.hop.interface]
        lane = _Lane(
            parsed.protocol, connection, way, reply, state, None,
            tables.mtu(way.hop.interface), left, left,
        )  # fmt: skip
        return _kept(self._inward, ends, lane)

    # --- what both need ------------------------------------------------------------------------------------------

    def _way(
        self, ingress: str, packet: Ipv4, carrier: SaState | None, now: Instant
    ) -> tuple[Connection, Way, bool] | None:
        """The connection of a packet with its way, where that is still what the ordinary path would follow."""
        plane = self._plane
        found = plane.connections.find(ingress, key_of(packet), now)
        if found is None:
            return None
        connection, reply = found
        way = connection.back if reply else connection.there
        if not isinstance(way, Way) or way.carrier is not carrier or not plane.hosted:
            return None
        if way.generation != plane.generation or way.pairs != plane.pairs:
            return None
        if way.refused is not None or way.refused_out is not None:
            return None
        if way.identifier is not None or way.after is not way.before:
            return None
        return connection, way, reply

    def _holds(self, lane: _Lane, packet: bytes, now: Instant) -> bool:
        """Whether a lane that was found before is still this packet's."""
        connection = lane.connection
        return (
            lane.protocol == packet[9]
            and (connection.back if lane.reply else connection.there) is lane.way
            and self._plane.connections.stands(connection, now)
        )


def _ends(packet: bytes) -> bytes | None:
    """What names the connection of a packet that may take a lane; None for one that may not.

    It is whole, has no options and a right checksum as `Ipv4.encode` makes it, and opens or closes no TCP connection.
    """
    length = len(packet)
    if (
        length < _IP_AND_UDP
        or packet[0] != _PLAIN_HEADER
        or (packet[2] << 8 | packet[3]) != length
        or packet[6] not in _WHOLE
        or packet[7]
        or int.from_bytes(packet[:_IP]) % 0xFFFF
        or packet[10:12] == _OTHER_ZERO
    ):
        return None
    protocol = packet[9]
    if protocol == _TCP:
        return packet[12:24] if length >= _IP_AND_TCP and not packet[33] & _FIN_SYN_RST else None
    if protocol == _UDP:
        return packet[12:24]
    if protocol == _ICMP:
        return packet[12:21] + packet[24:26] if packet[20] in _ECHOES else None
    return packet[12:20]


def _run(packets: Sequence[bytes | Segments], begin: int, ends: bytes, room: int) -> list[bytes]:
    """The packet that begins a run, and those that follow it: they fit, and are alike where their ESP will show."""
    first, run = packets[begin], list[bytes]()
    if isinstance(first, Segments):
        return run
    protocol, tos, fragments = first[9], first[1], first[6]
    run.append(first)
    for number in range(begin + 1, len(packets)):
        packet = packets[number]
        if (
            isinstance(packet, Segments)
            or _ends(packet) != ends
            or packet[9] != protocol
            or packet[1] != tos
            or packet[6] != fragments
            or len(packet) > room
        ):
            break
        run.append(packet)
    return run


def _others(
    state: SaState, datagrams: list[bytes], begin: int, sequence: int, first: bytes, mtu: int, now: Instant
) -> Iterable[bytes]:
    """The packets behind the first of a run, which came as `sequence`; each is noted in the window."""
    octets = sum(map(len, datagrams[begin:]))
    if not state.runs_on(octets, now, len(datagrams) - begin):
        return ()
    inbound = state.inbound
    followers = inbound.follow(datagrams, begin + 1, sequence, first, mtu)
    return followers if followers is not None else _one_by_one(inbound, datagrams, begin, first, mtu)


def _one_by_one(inbound: InboundSa, datagrams: list[bytes], begin: int, first: bytes, mtu: int) -> Iterator[bytes]:
    """The same where the helper is not there, or the numbers are out of their order."""
    ends, protocol, spi = _ends(first), first[9], datagrams[begin][:4]
    for esp in datagrams[begin + 1 :]:
        if esp[:4] != spi:
            return
        try:
            packet, next_header, sequence = inbound.peek(esp)
        except EspRefused:
            return
        if next_header != _IPIP or _ends(packet) != ends or packet[9] != protocol or len(packet) > mtu:
            return
        inbound.take(sequence)
        yield packet


def _kept(lanes: dict[bytes, _Lane], ends: bytes, lane: _Lane) -> _Lane:
    if len(lanes) >= _MOST_LANES:
        lanes.clear()
    lanes[ends] = lane
    return lane
