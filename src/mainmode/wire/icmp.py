"""ICMP errors about a packet that was too large (RFC 792, RFC 1191): written for a host, read about our own packets."""

import struct
from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop, WireError
from mainmode.wire.ip import Ipv4, checksum

_ERROR = struct.Struct(">BBHHH")
_UNREACHABLE, _TOO_LARGE = 3, 4
_QUOTED_PAYLOAD = 8
_IPV4_SMALLEST = 20
_PLATEAUS = (32000, 17914, 8166, 4352, 2002, 1492, 1006, 576)
"""Sizes of common links, largest first: what to try after a router that tells no MTU (RFC 1191 §7)."""


@dataclass(frozen=True, slots=True)
class TooLarge:
    """Destination unreachable, fragmentation needed: the MTU of the next hop, and what was quoted of the packet.

    `source`, `destination` and `protocol` are those of the quoted packet; `payload` begins behind its IP header.
    """

    mtu: int
    source: IPv4Address
    destination: IPv4Address
    protocol: int
    payload: bytes


def too_large(packet: Ipv4, mtu: int, reporter: IPv4Address) -> Ipv4:
    """What `reporter` tells the sender of `packet`: at most `mtu` octets fit (0 to 65535, else ValueError)."""
    header = _IPV4_SMALLEST + len(packet.options)
    quoted = packet.encode()[: header + _QUOTED_PAYLOAD]
    try:
        bare = _ERROR.pack(_UNREACHABLE, _TOO_LARGE, 0, 0, mtu) + quoted
    except struct.error as error:
        raise ValueError(f"ICMP header: {error}") from error
    message = bare[:2] + checksum(bare).to_bytes(2) + bare[4:]
    return Ipv4(reporter, packet.source, IpProtocol.ICMP, message)


def read_too_large(packet: Ipv4) -> TooLarge | None:
    """The error in `packet`, None for everything else.

    A router that tells no MTU gives the next smaller one of the usual links. Raises WireError (NOT_AN_IP_PACKET) for
    one with a wrong checksum, or that quotes less than an IPv4 header.
    """
    octets = packet.payload
    if packet.protocol != IpProtocol.ICMP or packet.fragment_offset or octets[:2] != bytes((_UNREACHABLE, _TOO_LARGE)):
        return None
    quoted = octets[_ERROR.size :]
    size = (quoted[0] & 15) * 4 if quoted else 0
    if size < _IPV4_SMALLEST or len(quoted) < size or quoted[0] >> 4 != 4 or checksum(octets):
        raise WireError(Drop.NOT_AN_IP_PACKET, 8, "an ICMP error with a wrong checksum, or that quotes no IPv4 packet")
    *_, mtu = _ERROR.unpack_from(octets)
    length = int.from_bytes(quoted[2:4])
    return TooLarge(
        mtu or next((one for one in _PLATEAUS if one < length), _PLATEAUS[-1]),
        IPv4Address(quoted[12:16]),
        IPv4Address(quoted[16:20]),
        quoted[9],
        quoted[size:],
    )
