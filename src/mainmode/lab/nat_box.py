"""A NAT box: one public address for everything behind it, with ports of its own, as home routers and carriers have.

A mapping belongs to both ends (symmetric filtering): only the peer that was written to can answer. Errors of ICMP about
a translated packet are translated with the packet that they quote (RFC 5508 §4).
"""

import struct
from dataclasses import field
from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import WireError
from mainmode.base.instant import Instant, Span, later, seconds
from mainmode.device.nat import rewritten
from mainmode.wire.ip import Ipv4, adjusted, checksum, read_ipv4

_FIRST_PORT, _LAST_PORT = 1024, 65_535
_ECHOES = (0, 8)
_ERRORS = (3, 11, 12)
_ERROR_HEADER = 8
_MOST_TRAINS = 1000
_CHECKSUM_AT: dict[int, int] = {IpProtocol.UDP: 6, IpProtocol.TCP: 16, IpProtocol.ICMP: 2}

Ends = tuple[int, IPv4Address, int, IPv4Address, int]
"""Protocol, near address and port, far address and port; the near one is behind the box, or the box's own."""


@dataclass(slots=True)
class _Mapping:
    inside: IPv4Address
    inside_port: int
    public_port: int
    used: Instant


@dataclass(slots=True)
class NatBox:
    """`timeout` is how long a mapping lives unused. `forwards`: protocol and public port to inside address and port.

    `keep_ports`: a port stays as it is where nobody else has it. `passes_esp`: ESP, which has no ports, goes
    through for one inside address and each peer.
    """

    name: str
    address: IPv4Address
    timeout: Span = field(default_factory=lambda: seconds(60))
    keep_ports: bool = False
    passes_esp: bool = False
    forwards: dict[tuple[int, int], tuple[IPv4Address, int]] = field(default_factory=dict)
    _out: dict[Ends, _Mapping] = field(default_factory=dict)
    _in: dict[Ends, _Mapping] = field(default_factory=dict)
    _trains: dict[tuple[IPv4Address, IPv4Address, int, int], _Mapping] = field(default_factory=dict)
    _next_port: int = _FIRST_PORT

    def reboot(self) -> None:
        """Forget every mapping; ports begin with others than before."""
        self._out.clear()
        self._in.clear()

    def outward(self, octets: bytes, now: Instant) -> bytes | str:
        """The packet as it leaves the box, or why it does not."""
        return self._translated(octets, now, outward=True)

    def inward(self, octets: bytes, now: Instant) -> bytes | str:
        """The packet as it goes on to the inside, or why it does not."""
        return self._translated(octets, now, outward=False)

    def _translated(self, octets: bytes, now: Instant, *, outward: bool) -> bytes | str:
        try:
            packet = read_ipv4(octets)
        except WireError as error:
            return f"the NAT box {self.name} cannot read the packet: {error.detail}"
        if _is_error(packet):
            return self._error(packet, outward=outward)
        train = (packet.source, packet.destination, packet.protocol, packet.identification)
        if packet.fragment_offset:
            mapping = self._trains.get(train)
            if mapping is None:
                return f"the NAT box {self.name} has not seen the first fragment"
            return self._rewritten(packet, mapping, outward=outward).encode()
        found = self._leaving(packet, now) if outward else self._coming(packet, now)
        if isinstance(found, str):
            return found
        found.used = now
        if packet.more_fragments:
            if len(self._trains) >= _MOST_TRAINS:
                self._trains.clear()
            self._trains[train] = found
        rewritten_packet = self._rewritten(packet, found, outward=outward)
        port = found.public_port if outward else found.inside_port
        return _with_port(rewritten_packet, port, outward=outward).encode()

    def _rewritten(self, packet: Ipv4, mapping: _Mapping, *, outward: bool) -> Ipv4:
        if outward:
            return rewritten(packet, self.address, packet.destination)
        return rewritten(packet, packet.source, mapping.inside)

    # --- mappings ------------------------------------------------------------------------------------------------

    def _leaving(self, packet: Ipv4, now: Instant) -> _Mapping | str:
        """The mapping of a packet on its way out, a new one where there is none."""
        ports = _ports(packet, outward=True)
        if ports is None:
            return f"the NAT box {self.name} does not translate protocol {packet.protocol}"
        if packet.protocol == IpProtocol.ESP and not self.passes_esp:
            return f"the NAT box {self.name} does not translate ESP"
        ends = (packet.protocol, packet.source, ports[0], packet.destination, ports[1])
        mapping = self._alive(self._out.get(ends), now)
        if mapping is not None:
            return mapping
        public = self._public_port(ends, now)
        return f"the NAT box {self.name} has no port left" if public is None else self._remember(ends, public, now)

    def _coming(self, packet: Ipv4, now: Instant) -> _Mapping | str:
        """The mapping of a packet that came from outside, a new one where its port is forwarded."""
        ports = _ports(packet, outward=False)
        if ports is None:
            return f"the NAT box {self.name} does not translate protocol {packet.protocol}"
        mapping = self._alive(self._in.get((packet.protocol, self.address, ports[0], packet.source, ports[1])), now)
        if mapping is not None:
            return mapping
        forward = self.forwards.get((packet.protocol, ports[0]))
        if forward is None:
            return f"the NAT box {self.name} has no mapping for {packet.source}:{ports[1]} to its port {ports[0]}"
        return self._remember((packet.protocol, *forward, packet.source, ports[1]), ports[0], now)

    def _remember(self, ends: Ends, public: int, now: Instant) -> _Mapping:
        protocol, inside, port, far, far_port = ends
        mapping = _Mapping(inside, port, public, now)
        self._out[ends] = mapping
        self._in[protocol, self.address, public, far, far_port] = mapping
        return mapping

    def _alive(self, mapping: _Mapping | None, now: Instant) -> _Mapping | None:
        return mapping if mapping is not None and now <= later(mapping.used, self.timeout) else None

    def _public_port(self, ends: Ends, now: Instant) -> int | None:
        protocol, _, port, far, far_port = ends
        forwarded = next((public for (kind, public), to in self.forwards.items() if (kind, *to) == ends[:3]), None)
        if forwarded is not None:
            return forwarded
        keeps = self.keep_ports or protocol == IpProtocol.ESP
        if keeps and self._is_free(protocol, port, far, far_port, now):
            return port
        if protocol == IpProtocol.ESP:
            return None
        for _ in range(_LAST_PORT - _FIRST_PORT + 1):
            public = self._next_port
            self._next_port = public + 1 if public < _LAST_PORT else _FIRST_PORT
            if self._is_free(protocol, public, far, far_port, now):
                return public
        return None

    def _is_free(self, protocol: int, public: int, far: IPv4Address, far_port: int, now: Instant) -> bool:
        taken = self._alive(self._in.get((protocol, self.address, public, far, far_port)), now)
        return taken is None and (protocol, public) not in self.forwards

    # --- errors --------------------------------------------------------------------------------------------------

    def _error(self, packet: Ipv4, *, outward: bool) -> bytes | str:
        """An ICMP error with the packet that it quotes, both translated."""
        quoted = packet.payload[_ERROR_HEADER:]
        size = (quoted[0] & 15) * 4 if quoted else 0
        if len(quoted) < max(size, 20) + 4:
            return f"the NAT box {self.name} finds no packet in an ICMP error"
        source, destination = IPv4Address(quoted[12:16]), IPv4Address(quoted[16:20])
        near_port, far_port = struct.unpack_from(">HH", quoted, size)
        protocol = quoted[9]
        if protocol == IpProtocol.ESP:
            near_port = far_port = 0
        if outward:
            mapping = self._out.get((protocol, destination, far_port, source, near_port))
        else:
            mapping = self._in.get((protocol, source, near_port, destination, far_port))
        if mapping is None:
            return f"the NAT box {self.name} knows nothing of the packet that an ICMP error is about"
        if outward:
            inner = _quoted(quoted, size, None, (self.address, mapping.public_port), protocol)
            ends = self.address, packet.destination
        else:
            inner = _quoted(quoted, size, (mapping.inside, mapping.inside_port), None, protocol)
            ends = packet.source, mapping.inside
        bare = packet.payload[:2] + b"\0\0" + packet.payload[4:_ERROR_HEADER] + inner
        payload = bare[:2] + checksum(bare).to_bytes(2) + bare[4:]
        return packet._replace(source=ends[0], destination=ends[1], payload=payload).encode()


def _quoted(
    quoted: bytes,
    size: int,
    source: tuple[IPv4Address, int] | None,
    destination: tuple[IPv4Address, int] | None,
    protocol: int,
) -> bytes:
    """The header of a quoted packet with one end replaced; its ports where the protocol has any."""
    head, rest = bytearray(quoted[:size]), bytearray(quoted[size:])
    for end, at, port_at in ((source, 12, 0), (destination, 16, 2)):
        if end is not None:
            head[at : at + 4] = end[0].packed
            if protocol in (IpProtocol.UDP, IpProtocol.TCP):
                rest[port_at : port_at + 2] = end[1].to_bytes(2)
    head[10:12] = b"\0\0"
    head[10:12] = checksum(bytes(head)).to_bytes(2)
    return bytes(head + rest)


def _is_error(packet: Ipv4) -> bool:
    return packet.protocol == IpProtocol.ICMP and bool(packet.payload) and packet.payload[0] in _ERRORS


def _ports(packet: Ipv4, *, outward: bool) -> tuple[int, int] | None:
    """The inside's port and the far one; of an echo its identifier and 0, of ESP zeros; None: not to be translated."""
    if packet.protocol == IpProtocol.ESP:
        return 0, 0
    if packet.protocol in (IpProtocol.UDP, IpProtocol.TCP) and len(packet.payload) >= 8:
        source, destination = struct.unpack_from(">HH", packet.payload)
        return (source, destination) if outward else (destination, source)
    if packet.protocol == IpProtocol.ICMP and len(packet.payload) >= 8 and packet.payload[0] in _ECHOES:
        return int.from_bytes(packet.payload[4:6]), 0
    return None


def _with_port(packet: Ipv4, port: int, *, outward: bool) -> Ipv4:
    """The packet with the inside's port replaced; its checksum follows (RFC 1624)."""
    at = _CHECKSUM_AT.get(packet.protocol)
    if at is None:
        return packet
    place = 4 if packet.protocol == IpProtocol.ICMP else 0 if outward else 2
    payload = bytearray(packet.payload)
    old, carried = bytes(payload[place : place + 2]), int.from_bytes(payload[at : at + 2])
    payload[place : place + 2] = port.to_bytes(2)
    if carried or packet.protocol != IpProtocol.UDP:
        payload[at : at + 2] = (adjusted(carried, old, port.to_bytes(2)) or 0xFFFF).to_bytes(2)
    return packet._replace(payload=bytes(payload))
