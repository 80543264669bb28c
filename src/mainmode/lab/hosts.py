"""The hosts behind the devices: one sends real requests, the other answers them with real replies.

Which request depends on what the crypto ACL lets through: an ICMP echo (RFC 792), a UDP datagram that the far host
sends back (RFC 862), or a TCP SYN that it refuses with a reset (RFC 9293 §3.10.7.1). Of any other protocol a packet
with a mark of the lab's own, which comes back with another.
"""

import struct
from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import WireError
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp, checksum, read_echo, read_ipv4, read_udp

PROBED = (IpProtocol.ICMP, IpProtocol.TCP, IpProtocol.UDP)
"""What every host can send and answer, the usual one first."""

_ASKED, _ANSWERED = b"asked", b"answered"
"""How the payload of a packet of any other protocol begins; the number of the request follows."""

_ECHO_DATA = bytes(range(0x61, 0x78)) * 3 + b"abc"
"""72 octets, so that the packet has the 100 of a device's own ping."""

_USUAL_ECHO, _UDP_WITH_NUMBER = 100, 32
_TCP = struct.Struct(">HHIIBBHHH")
_FIN, _SYN, _RST, _ACK = 0x01, 0x02, 0x04, 0x10
_WINDOW = 8192


@dataclass(frozen=True, slots=True)
class Probe:
    """What one host sends to another. Ports are 0 for ICMP; `octets` is the least length of the packet.

    With `identifier` the host tells its echo requests from those of others.
    """

    protocol: IpProtocol
    source: IPv4Address
    destination: IPv4Address
    source_port: int = 0
    destination_port: int = 0
    identifier: int = 1
    octets: int = 0
    dont_fragment: bool = False

    @property
    def name(self) -> str:
        """What the request is called."""
        if self.protocol is IpProtocol.ICMP:
            return "echo request"
        port = f" to port {self.destination_port}" if self.destination_port else ""
        return f"{self.protocol.name} request{port}"

    def request(self, sequence: int) -> bytes:
        """The IPv4 packet of the request with this number, from 1."""
        if self.protocol is IpProtocol.ICMP:
            data = _ECHO_DATA + bytes(max(0, self.octets - _USUAL_ECHO))
            payload = IcmpEcho(True, self.identifier, sequence & 0xFFFF, data).encode()
        elif self.protocol is IpProtocol.UDP:
            data = sequence.to_bytes(4) + bytes(max(0, self.octets - _UDP_WITH_NUMBER))
            datagram = Udp(self.source_port, self.destination_port, data)
            payload = datagram.encode(self.source, self.destination)
        elif self.protocol is not IpProtocol.TCP:
            payload = _ASKED + sequence.to_bytes(4)
        else:
            segment = _Segment(self.source_port, self.destination_port, sequence << 16 & 0xFFFF_FFFF, 0, _SYN)
            payload = segment.encode(self.source, self.destination)
        return Ipv4(
            self.source,
            self.destination,
            self.protocol,
            payload,
            identification=sequence & 0xFFFF,
            dont_fragment=self.dont_fragment,
        ).encode()

    def sequence_in(self, packet: Ipv4) -> int | None:
        """The number of the request that `packet` replies to; None where it replies to none of this probe."""
        ends = (packet.source, packet.destination, packet.protocol)
        if ends != (self.destination, self.source, self.protocol):
            return None
        if self.protocol is IpProtocol.ICMP:
            echo = read_echo(packet)
            return echo.sequence if echo is not None and not echo.request else None
        if self.protocol is IpProtocol.UDP:
            return int.from_bytes(read_udp(packet).payload[:4])
        if self.protocol is not IpProtocol.TCP:
            return int.from_bytes(packet.payload[-4:]) if packet.payload.startswith(_ANSWERED) else None
        segment = _read_segment(packet)
        return (segment.acknowledgment - 1) >> 16 if segment is not None and segment.flags & _RST else None


@dataclass(frozen=True, slots=True)
class _Segment:
    """A TCP segment without data."""

    source_port: int
    destination_port: int
    sequence: int
    acknowledgment: int
    flags: int

    def encode(self, source: IPv4Address, destination: IPv4Address) -> bytes:
        bare = _TCP.pack(
            self.source_port,
            self.destination_port,
            self.sequence,
            self.acknowledgment,
            _TCP.size // 4 << 4,
            self.flags,
            _WINDOW,
            0,
            0,
        )
        pseudo = source.packed + destination.packed + struct.pack(">HH", IpProtocol.TCP, len(bare))
        return bare[:16] + checksum(pseudo + bare).to_bytes(2) + bare[18:]


def _read_segment(packet: Ipv4) -> _Segment | None:
    if packet.protocol != IpProtocol.TCP or packet.fragment_offset or len(packet.payload) < _TCP.size:
        return None
    source_port, destination_port, sequence, acknowledgment, _, flags, *_ = _TCP.unpack_from(packet.payload)
    return _Segment(source_port, destination_port, sequence, acknowledgment, flags)


def answer(octets: bytes) -> bytes | None:
    """What a host replies to the packet; None to a packet that is not a request, or damaged."""
    try:
        return answer_to(read_ipv4(octets))
    except WireError:
        return None


def answer_to(packet: Ipv4) -> bytes | None:
    """The same of a packet that was read. Raises WireError for one that is damaged within."""
    payload = _answer(packet)
    if payload is None:
        return None
    reply = Ipv4(packet.destination, packet.source, packet.protocol, payload, identification=packet.identification)
    return reply.encode()


def _answer(packet: Ipv4) -> bytes | None:
    if packet.protocol == IpProtocol.UDP:
        asked = read_udp(packet)
        reply = Udp(asked.destination_port, asked.source_port, asked.payload)
        return reply.encode(packet.destination, packet.source)
    if packet.protocol == IpProtocol.TCP:
        segment = _read_segment(packet)
        if segment is None or segment.flags & (_SYN | _ACK | _RST | _FIN) != _SYN:
            return None
        acknowledgment = segment.sequence + 1 & 0xFFFF_FFFF
        reset = _Segment(segment.destination_port, segment.source_port, 0, acknowledgment, _RST | _ACK)
        return reset.encode(packet.destination, packet.source)
    if packet.protocol != IpProtocol.ICMP:
        marked = packet.payload.startswith(_ASKED)
        return _ANSWERED + packet.payload[len(_ASKED) :] if marked else None
    echo = read_echo(packet)
    if echo is None or not echo.request:
        return None
    return IcmpEcho(False, echo.identifier, echo.sequence, echo.data).encode()
