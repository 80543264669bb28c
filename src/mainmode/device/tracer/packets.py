"""The packet that `packet-tracer` sends: the first one of a connection, as a host would send it."""

from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp, checksum

_TTL = 255
_SYN = 0x02
_WINDOW = 8192
_ECHOES = (0, 8)


def icmp(source: IPv4Address, destination: IPv4Address, kind: int, code: int, identifier: int = 0) -> bytes:
    """A message of this type (0-255) and code; only an echo has an identifier."""
    if kind in _ECHOES and code == 0:
        message = IcmpEcho(kind == _ECHOES[1], identifier, 1).encode()
    else:
        bare = bytes((kind, code, 0, 0)) + bytes(4)
        message = bare[:2] + checksum(bare).to_bytes(2) + bare[4:]
    return _packet(source, destination, IpProtocol.ICMP, message)


def tcp(source: IPv4Address, source_port: int, destination: IPv4Address, destination_port: int) -> bytes:
    """A segment that opens a connection."""
    bare = source_port.to_bytes(2) + destination_port.to_bytes(2) + bytes(8)
    bare += bytes((0x50, _SYN)) + _WINDOW.to_bytes(2) + bytes(4)
    pseudo = source.packed + destination.packed + bytes((0, IpProtocol.TCP)) + len(bare).to_bytes(2)
    segment = bare[:16] + checksum(pseudo + bare).to_bytes(2) + bare[18:]
    return _packet(source, destination, IpProtocol.TCP, segment)


def udp(source: IPv4Address, source_port: int, destination: IPv4Address, destination_port: int) -> bytes:
    """A datagram without data."""
    datagram = Udp(source_port, destination_port, b"").encode(source, destination)
    return _packet(source, destination, IpProtocol.UDP, datagram)


def rawip(source: IPv4Address, destination: IPv4Address, protocol: int) -> bytes:
    """A packet of any protocol (0-255), without data."""
    return _packet(source, destination, protocol, b"")


def _packet(source: IPv4Address, destination: IPv4Address, protocol: int, payload: bytes) -> bytes:
    return Ipv4(source, destination, protocol, payload, _TTL).encode()
