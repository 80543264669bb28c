"""IPv4 packets with UDP and ICMP echo inside, as values (RFC 791, RFC 768, RFC 792)."""

import struct
from functools import lru_cache
from ipaddress import IPv4Address
from typing import NamedTuple

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop, WireError

_IPV4 = struct.Struct(">BBHHHBBHII")
_PORTS = struct.Struct(">HH")
_UDP = struct.Struct(">HHHH")
_ECHO = struct.Struct(">BBHHH")

_DONT_FRAGMENT = 0x4000
_MORE_FRAGMENTS = 0x2000
_OFFSET = 0x1FFF
_FOLDS = tuple((bits, (1 << bits) - 1) for bits in (6144, 3072, 1536, 768))
"""Halves of the number of a whole packet: adding them up is cheaper than the long division of all of it."""
_address = lru_cache(maxsize=4096)(IPv4Address)
"""The addresses seen last are not made again for every packet."""

_ECHO_REPLY = 0
_ECHO_REQUEST = 8


def checksum(octets: bytes) -> int:
    """The Internet checksum (RFC 1071); 0 over octets that hold their own right checksum."""
    number = int.from_bytes(octets)
    if len(octets) % 2:
        number <<= 8
    if 512 < len(octets) < 2048:
        for bits, mask in _FOLDS:
            number = (number >> bits) + (number & mask)
    # 2 ** 16 is 1 modulo 65535, so the remainder is the one's complement sum of the words.
    return (number % 0xFFFF or (0xFFFF if number else 0)) ^ 0xFFFF


def adjusted(carried: int, old: bytes, new: bytes) -> int:
    """A checksum after `old` became `new` under it (RFC 1624); both in whole words, of the same length."""
    total = (carried ^ 0xFFFF) + (checksum(old)) + (checksum(new) ^ 0xFFFF)
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def _refusal(offset: int, detail: str) -> WireError:
    return WireError(Drop.NOT_AN_IP_PACKET, offset, detail)


class Ipv4(NamedTuple):
    """One IPv4 packet. `fragment_offset` counts 8 octets each; `options` fill whole 4 octets, at most 40."""

    source: IPv4Address
    destination: IPv4Address
    protocol: int
    payload: bytes
    ttl: int = 64
    identification: int = 0
    tos: int = 0
    dont_fragment: bool = False
    more_fragments: bool = False
    fragment_offset: int = 0
    options: bytes = b""

    @property
    def length(self) -> int:
        """The total length in octets."""
        return _IPV4.size + len(self.options) + len(self.payload)

    def encode(self) -> bytes:
        """The packet's octets, with its checksum. Raises ValueError where a field does not fit."""
        size = _IPV4.size + len(self.options)
        if len(self.options) % 4 or len(self.options) > 40 or not 0 <= self.fragment_offset <= _OFFSET:
            raise ValueError("the options or the fragment offset do not fit an IPv4 header")
        flags = self.dont_fragment * _DONT_FRAGMENT | self.more_fragments * _MORE_FRAGMENTS
        try:
            header = _IPV4.pack(
                0x40 | size // 4,
                self.tos,
                self.length,
                self.identification,
                flags | self.fragment_offset,
                self.ttl,
                self.protocol,
                0,
                int(self.source),
                int(self.destination),
            )
        except struct.error as error:
            raise ValueError(f"IPv4 header: {error}") from error
        header += self.options
        return header[:10] + checksum(header).to_bytes(2) + header[12:] + self.payload


def read_ipv4(octets: bytes) -> Ipv4:
    """The packet at the start of `octets`; octets after its total length are dropped.

    Raises WireError (NOT_AN_IP_PACKET) for other versions, lengths that do not fit, and a wrong checksum.
    """
    if len(octets) < _IPV4.size:
        raise _refusal(len(octets), f"{len(octets)} octets")
    first, tos, total, identification, fragment, ttl, protocol, _, source, destination = _IPV4.unpack_from(octets)
    size = (first & 15) * 4
    if first >> 4 != 4:
        raise _refusal(0, f"IP version {first >> 4}")
    if size < _IPV4.size or total < size or total > len(octets):
        raise _refusal(2, f"header of {size} and packet of {total} in {len(octets)} octets")
    if checksum(octets[:size]):
        raise _refusal(10, "wrong header checksum")
    return Ipv4(
        _address(source),
        _address(destination),
        protocol,
        octets[size:total],
        ttl,
        identification,
        tos,
        bool(fragment & _DONT_FRAGMENT),
        bool(fragment & _MORE_FRAGMENTS),
        fragment & _OFFSET,
        octets[_IPV4.size : size],
    )


def ports_of(packet: Ipv4) -> tuple[int, int]:
    """Source and destination port of TCP and UDP; 0, 0 for other protocols and where a fragment has none."""
    has_ports = packet.protocol in (IpProtocol.TCP, IpProtocol.UDP) and not packet.fragment_offset
    if not has_ports or len(packet.payload) < _PORTS.size:
        return 0, 0
    source, destination = _PORTS.unpack_from(packet.payload)
    return source, destination


class Udp(NamedTuple):
    """One UDP datagram."""

    source_port: int
    destination_port: int
    payload: bytes

    def encode(self, source: IPv4Address, destination: IPv4Address, with_checksum: bool = True) -> bytes:
        """The octets between these addresses; checksum 0 (none) on request, as ESP in UDP has it.

        Raises ValueError where a port or the length does not fit.
        """
        length = _UDP.size + len(self.payload)
        try:
            octets = _UDP.pack(self.source_port, self.destination_port, length, 0) + self.payload
        except struct.error as error:
            raise ValueError(f"UDP header: {error}") from error
        if not with_checksum:
            return octets
        value = checksum(_pseudo_header(source, destination, length) + octets) or 0xFFFF
        return octets[:6] + value.to_bytes(2) + octets[8:]


def _pseudo_header(source: IPv4Address, destination: IPv4Address, length: int) -> bytes:
    return source.packed + destination.packed + _PORTS.pack(IpProtocol.UDP, length)


def read_udp(packet: Ipv4) -> Udp:
    """The UDP datagram in a packet; octets after its length are dropped.

    Raises WireError (NOT_AN_IP_PACKET) for other protocols, fragments, lengths that do not fit, and a wrong
    checksum.
    """
    octets = packet.payload
    if packet.protocol != IpProtocol.UDP or packet.fragment_offset or packet.more_fragments:
        raise _refusal(9, "not a whole UDP datagram")
    if len(octets) < _UDP.size:
        raise _refusal(len(octets), f"{len(octets)} octets of UDP")
    source_port, destination_port, length, carried = _UDP.unpack_from(octets)
    if not _UDP.size <= length <= len(octets):
        raise _refusal(4, f"UDP length {length} in {len(octets)} octets")
    octets = octets[:length]
    if carried and checksum(_pseudo_header(packet.source, packet.destination, length) + octets):
        raise _refusal(6, "wrong UDP checksum")
    return Udp(source_port, destination_port, octets[_UDP.size :])


class IcmpEcho(NamedTuple):
    """An ICMP echo request, or the reply to one."""

    request: bool
    identifier: int
    sequence: int
    data: bytes = b""

    def encode(self) -> bytes:
        """The octets, with their checksum. Raises ValueError where a number does not fit."""
        kind = _ECHO_REQUEST if self.request else _ECHO_REPLY
        try:
            bare = _ECHO.pack(kind, 0, 0, self.identifier, self.sequence) + self.data
        except struct.error as error:
            raise ValueError(f"ICMP header: {error}") from error
        return bare[:2] + checksum(bare).to_bytes(2) + bare[4:]


def read_echo(packet: Ipv4) -> IcmpEcho | None:
    """The echo request or reply in a packet, None for everything else.

    Raises WireError (NOT_AN_IP_PACKET) for an echo that is cut short or has a wrong checksum.
    """
    octets = packet.payload
    if packet.protocol != IpProtocol.ICMP or packet.fragment_offset or packet.more_fragments:
        return None
    if octets[:2] not in (bytes((_ECHO_REQUEST, 0)), bytes((_ECHO_REPLY, 0))):
        return None
    if len(octets) < _ECHO.size or checksum(octets):
        raise _refusal(2, "an echo cut short or with a wrong checksum")
    kind, _, _, identifier, sequence = _ECHO.unpack_from(octets)
    return IcmpEcho(kind == _ECHO_REQUEST, identifier, sequence, octets[_ECHO.size :])
