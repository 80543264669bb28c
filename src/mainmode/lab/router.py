"""What a router on the way does with a packet that is too large for its next link (RFC 791 §3.2, RFC 1191 §4)."""

import struct
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.wire.ip import Ipv4, checksum

ROUTER = IPv4Address("100.64.0.1")
"""The router's own address, from which it complains; of the shared address space (RFC 6598)."""

_ERROR = struct.Struct(">BBHHH")
_UNREACHABLE, _FRAGMENTATION_NEEDED = 3, 4
_HEADER, _QUOTED = 20, 8


def fragmentation_needed(packet: Ipv4, octets: bytes, mtu: int) -> bytes:
    """The ICMP message to a packet's sender: it must not be fragmented, and the next link takes `mtu` octets."""
    quoted = octets[: _HEADER + len(packet.options) + _QUOTED]
    bare = _ERROR.pack(_UNREACHABLE, _FRAGMENTATION_NEEDED, 0, 0, mtu) + quoted
    message = bare[:2] + checksum(bare).to_bytes(2) + bare[4:]
    return Ipv4(ROUTER, packet.source, IpProtocol.ICMP, message).encode()


def fragments(packet: Ipv4, mtu: int) -> Iterator[bytes]:
    """The pieces of a packet, none larger than `mtu` (at least 68) octets, in order."""
    room = (mtu - _HEADER - len(packet.options)) // 8 * 8
    for start in range(0, len(packet.payload), room):
        piece = packet.payload[start : start + room]
        yield replace(
            packet,
            payload=piece,
            fragment_offset=packet.fragment_offset + start // 8,
            more_fragments=packet.more_fragments or start + len(piece) < len(packet.payload),
        ).encode()
