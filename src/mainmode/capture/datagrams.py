"""What a frame carries for IPsec: an ISAKMP message, an ESP packet, an ICMP error about either, or a flaw.

Checksums are not looked at: a host that leaves them to its network card captures them wrong. What was cut off by the
capture's snap length is told with what is left.
"""

from collections import OrderedDict
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import WireError
from mainmode.base.instant import Instant
from mainmode.capture.frame import Flaw, Frame
from mainmode.capture.link import UnknownLinkError, ip_of
from mainmode.wire.esp import ESP_HEADER_LENGTH, read_esp
from mainmode.wire.fragments import Reassembler
from mainmode.wire.ip import Ipv4
from mainmode.wire.message import HEADER_LENGTH
from mainmode.wire.natt import KEEPALIVE, NON_ESP_MARKER

Address = IPv4Address | IPv6Address

IKE_PORT, NAT_T_PORT = 500, 4500
_UDP_HEADER, _IPV4_HEADER, _IPV6_HEADER = 8, 20, 40
_ICMP, _ICMPV6 = 1, 58
_PROTOCOLS = (int(IpProtocol.UDP), int(IpProtocol.ESP), _ICMP)
_address = lru_cache(4096)(IPv4Address)
"""The addresses seen last are not made again for every packet."""
_EXTENSIONS = (0, 43, 60)
_IPV6_FRAGMENT = 44
_MOST_EXTENSIONS = 8
_MOST_FLOWS = 1024
_LENGTH = 24
"""Where the length stands in an ISAKMP header."""
_VERSIONS = (0x10, 0x20)
_EXCHANGES = {0x10: frozenset((1, 2, 3, 4, 5, 6, 32, 33)), 0x20: frozenset(range(34, 45))}


class Ends(NamedTuple):
    """From where to where, as on the wire at the place of the capture; ports 0 where there are none."""

    source: Address
    destination: Address
    source_port: int = 0
    destination_port: int = 0

    def reversed(self) -> "Ends":
        """The same of an answer."""
        return Ends(self.destination, self.source, self.destination_port, self.source_port)


@dataclass(frozen=True, slots=True)
class Ike:
    """An ISAKMP message, its non-ESP marker taken off (`marked`); `missing` octets of it were not captured."""

    number: int
    at: Instant | None
    ends: Ends
    octets: bytes
    marked: bool = False
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Esp:
    """The header of an ESP packet, bare or in UDP (then with ports)."""

    number: int
    at: Instant | None
    ends: Ends
    spi: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """An ICMP error: who sent it, type and code, and the ends and IP protocol of the packet that it is about."""

    number: int
    at: Instant | None
    reporter: Address
    kind: int
    code: int
    ends: Ends
    protocol: int
    mtu: int = 0


@dataclass(frozen=True, slots=True)
class Keepalive:
    """The octet that holds a NAT mapping open."""

    number: int
    at: Instant | None
    ends: Ends


Seen = Ike | Esp | Refusal | Keepalive | Flaw


class _Packet(NamedTuple):
    """An IP packet. `missing` octets at its end were not captured."""

    source: Address
    destination: Address
    protocol: int
    payload: bytes
    missing: int


class Datagrams:
    """Frames in, what they carry for IPsec out; remembers fragments and the ports that IKE was seen on, bounded."""

    def __init__(self) -> None:
        self._fragments = Reassembler()
        self._flows: OrderedDict[tuple[Address, Address, int, int], bool] = OrderedDict()

    def of(self, frame: Frame) -> Seen | None:
        """What the frame carries; None for other traffic and for a fragment that waits for the others."""
        try:
            octets = ip_of(frame.link, frame.octets)
        except UnknownLinkError as error:
            return Flaw(frame.number, str(error))
        if octets is None:
            return None
        packet = self._packet(frame, octets)
        if not isinstance(packet, _Packet):
            return packet
        if packet.protocol == IpProtocol.UDP:
            return self._udp(frame, packet)
        if packet.protocol == IpProtocol.ESP:
            return _esp(frame, Ends(packet.source, packet.destination), packet.payload)
        if packet.protocol in (_ICMP, _ICMPV6):
            return _refusal(frame, packet)
        return None

    def _packet(self, frame: Frame, octets: bytes) -> _Packet | Flaw | None:
        version, size = (octets[0] >> 4, (octets[0] & 15) * 4) if octets else (0, 0)
        if version == 6:
            return _ipv6(frame, octets)
        if version != 4 or size < _IPV4_HEADER or len(octets) < size:
            return Flaw(frame.number, "no whole IP header")
        if octets[9] not in _PROTOCOLS:
            return None
        total = int.from_bytes(octets[2:4]) or len(octets)
        if total < size:
            return Flaw(frame.number, "an IP packet that is shorter than its header")
        source, destination = _address(octets[12:16]), _address(octets[16:20])
        missing = max(0, total - len(octets))
        fragment = int.from_bytes(octets[6:8])
        if not fragment & 0x3FFF:
            return _Packet(source, destination, octets[9], octets[size:total], missing)
        if octets[9] == _ICMP:
            return None
        if missing:
            return Flaw(frame.number, "an IP fragment that was not captured whole")
        identification, more = int.from_bytes(octets[4:6]), bool(fragment & 0x2000)
        part = Ipv4(
            source, destination, octets[9], octets[size:total], 64, identification, 0, False, more, fragment & 0x1FFF
        )
        try:
            whole = self._fragments.add(part, frame.at or Instant(0))
        except WireError as error:
            return Flaw(frame.number, f"IP fragments do not come together: {error.detail}")
        return whole and _Packet(source, destination, whole.protocol, whole.payload, 0)

    def _udp(self, frame: Frame, packet: _Packet) -> Seen | None:
        octets = packet.payload
        if len(octets) < _UDP_HEADER:
            return Flaw(frame.number, "no whole UDP header") if packet.missing else None
        ends = Ends(packet.source, packet.destination, int.from_bytes(octets[:2]), int.from_bytes(octets[2:4]))
        length = int.from_bytes(octets[4:6]) or len(octets) + packet.missing
        datagram, missing = _completed(octets[_UDP_HEADER:length], max(0, length - len(octets)))
        ports = (ends.source_port, ends.destination_port)
        if NAT_T_PORT in ports or self._is_flow(ends):
            return self._floated(frame, ends, datagram, missing)
        if IKE_PORT in ports:
            if not _is_isakmp(datagram, missing):
                what = "no whole ISAKMP header" if missing else "a datagram on UDP 500 that is no ISAKMP message"
                return Flaw(frame.number, what)
            return Ike(frame.number, frame.at, ends, datagram, False, missing)
        marked = datagram.startswith(NON_ESP_MARKER)
        if _is_isakmp(datagram[len(NON_ESP_MARKER) :] if marked else datagram, missing):
            if marked:
                self._remember(ends)
                return self._floated(frame, ends, datagram, missing)
            return Ike(frame.number, frame.at, ends, datagram, False, missing)
        return None

    def _floated(self, frame: Frame, ends: Ends, datagram: bytes, missing: int) -> Seen | None:
        """A datagram where IKE and ESP share a port (RFC 3948)."""
        if datagram[:1] == KEEPALIVE and len(datagram) + missing == 1:
            return Keepalive(frame.number, frame.at, ends)
        if datagram.startswith(NON_ESP_MARKER):
            octets = datagram[len(NON_ESP_MARKER) :]
            if not _is_isakmp(octets, missing):
                return Flaw(frame.number, "a datagram with a non-ESP marker that is no ISAKMP message")
            return Ike(frame.number, frame.at, ends, octets, True, missing)
        if _is_isakmp(datagram, missing):
            return Ike(frame.number, frame.at, ends, datagram, False, missing)
        return _esp(frame, ends, datagram)

    def _is_flow(self, ends: Ends) -> bool:
        return ends in self._flows or ends.reversed() in self._flows

    def _remember(self, ends: Ends) -> None:
        self._flows[ends] = True
        if len(self._flows) > _MOST_FLOWS:
            self._flows.popitem(last=False)


def _completed(datagram: bytes, missing: int) -> tuple[bytes, int]:
    """What was cut off within the length at the end of an ISAKMP header follows from UDP's: as with 68 octets kept."""
    length = len(datagram) + missing
    if missing < HEADER_LENGTH - len(datagram) or not _LENGTH <= len(datagram) < HEADER_LENGTH:
        return datagram, missing
    return datagram[:_LENGTH] + length.to_bytes(4), length - HEADER_LENGTH


def _is_isakmp(octets: bytes, missing: int) -> bool:
    """Whether a datagram looks like an ISAKMP or IKEv2 message: version, exchange, a cookie and the length fit."""
    if len(octets) < HEADER_LENGTH or octets[17] not in _VERSIONS or not any(octets[:8]):
        return False
    known = octets[18] in _EXCHANGES[octets[17]]
    return known and int.from_bytes(octets[24:28]) == len(octets) + missing


def _esp(frame: Frame, ends: Ends, octets: bytes) -> Esp | Flaw:
    if len(octets) < ESP_HEADER_LENGTH:
        return Flaw(frame.number, "no whole ESP header")
    try:
        header = read_esp(octets)
    except WireError as error:
        return Flaw(frame.number, f"an ESP packet that cannot be one: {error.detail}")
    return Esp(frame.number, frame.at, ends, header.spi, header.sequence)


def _ipv6(frame: Frame, octets: bytes) -> _Packet | Flaw | None:
    if len(octets) < _IPV6_HEADER:
        return Flaw(frame.number, "no whole IP header")
    end = _IPV6_HEADER + int.from_bytes(octets[4:6])
    protocol, place = octets[6], _IPV6_HEADER
    for _ in range(_MOST_EXTENSIONS):
        if protocol not in _EXTENSIONS or len(octets) < place + 8:
            break
        protocol, place = octets[place], place + 8 + octets[place + 1] * 8
    if protocol == _IPV6_FRAGMENT:
        return Flaw(frame.number, "a fragment of IPv6, which is not put together here")
    missing = max(0, end - len(octets))
    source, destination = IPv6Address(octets[8:24]), IPv6Address(octets[24:40])
    return _Packet(source, destination, protocol, octets[place:end], missing)


def _refusal(frame: Frame, packet: _Packet) -> Refusal | None:
    """Destination unreachable, too big or time exceeded, where it quotes UDP or ESP."""
    octets = packet.payload
    old = packet.protocol == _ICMP
    if len(octets) < 8 or octets[0] not in ((3, 11) if old else (1, 2, 3)):
        return None
    quoted = octets[8:]
    if old:
        if len(quoted) < _IPV4_HEADER or quoted[0] >> 4 != 4:
            return None
        size, protocol = (quoted[0] & 15) * 4, quoted[9]
        source: Address = IPv4Address(quoted[12:16])
        destination: Address = IPv4Address(quoted[16:20])
    else:
        if len(quoted) < _IPV6_HEADER:
            return None
        size, protocol = _IPV6_HEADER, quoted[6]
        source, destination = IPv6Address(quoted[8:24]), IPv6Address(quoted[24:40])
    ports = (0, 0)
    if protocol == IpProtocol.UDP:
        inner = quoted[size : size + 4]
        ports = (int.from_bytes(inner[:2]), int.from_bytes(inner[2:4]))
        if not {IKE_PORT, NAT_T_PORT} & set(ports):
            return None
    elif protocol != IpProtocol.ESP:
        return None
    kind, code, mtu = _as_v4(octets) if not old else (octets[0], octets[1], int.from_bytes(octets[6:8]))
    ends = Ends(source, destination, *ports)
    return Refusal(frame.number, frame.at, packet.source, kind, code, ends, protocol, mtu)


def _as_v4(octets: bytes) -> tuple[int, int, int]:
    """An ICMPv6 error in the numbers of ICMP: type, code and MTU."""
    kind, code = octets[0], octets[1]
    if kind == 2:
        return 3, 4, int.from_bytes(octets[4:8])
    if kind == 3:
        return 11, code, 0
    return 3, {0: 0, 1: 13, 2: 9, 3: 1, 4: 3, 5: 13, 6: 13}.get(code, 1), 0
