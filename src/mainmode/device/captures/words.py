"""A packet in one line, in the words of the device, which are those of an early tcpdump.

Read in public sessions: TCP, ICMP echoes, UDP (two blanks before it), and the reason of a drop behind it all. Other
protocols, other ICMP messages and what `detail` adds are recalled.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.base.instant import Instant
from mainmode.device.captures.keeping import Kept
from mainmode.device.show.drops import name_of
from mainmode.wire.ip import Ipv4

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FLAGS = ((0x02, "S"), (0x01, "F"), (0x04, "R"), (0x08, "P"))
_ACK = 0x10
_TCP_HEADER, _UDP_HEADER, _ICMP_HEADER = 20, 8, 8
_UNREACHABLE = {
    0: "net {} unreachable", 1: "host {} unreachable", 2: "{} protocol {} unreachable", 3: "{} udp port {} unreachable",
    4: "{} unreachable - need to frag (mtu {})", 13: "host {} unreachable - admin prohibited filter",
}  # fmt: skip
_ICMP = {0: "echo reply", 4: "source quench", 5: "redirect", 8: "echo request", 11: "time exceeded in-transit",
         12: "parameter problem"}  # fmt: skip


def line_of(kept: Kept, number: int, *, detail: bool = False) -> str:
    """`   1: 09:41:12.535281       10.0.0.1.500 > 10.0.0.2.500:  udp 168`."""
    at = stamp(kept.at)
    packet = header_of(kept.packet)
    if packet is None:
        told = f"{kept.length} octets that are no IPv4 packet"
    else:
        told = _told(packet)
        if detail:
            dont = "(DF) " if packet.dont_fragment else ""
            told = f"{told} {dont}(ttl {packet.ttl}, id {packet.identification})"
    if kept.opened:
        told = f"{told} (decrypted)"
    found = name_of(kept.reason) if kept.reason is not None else None
    if kept.reason is not None:
        name, words = found or ("sp-security-failed", kept.reason.value)
        told = f"{told} Drop-reason: ({name}) {words}"
    return f"{number:>4}: {at}       {told}"


def stamp(at: Instant) -> str:
    """The time of day in UTC, to a microsecond."""
    return f"{_EPOCH + timedelta(microseconds=at):%H:%M:%S.%f}"


def header_of(octets: bytes) -> Ipv4 | None:
    """The IPv4 packet that a cut one begins with: its length may be more than what is there. None: no IPv4 packet."""
    size = (octets[0] & 15) * 4 if octets else 0
    if len(octets) < 20 or octets[0] >> 4 != 4 or not 20 <= size <= len(octets):
        return None
    fragment = int.from_bytes(octets[6:8])
    return Ipv4(
        IPv4Address(octets[12:16]),
        IPv4Address(octets[16:20]),
        octets[9],
        octets[size:],
        octets[8],
        int.from_bytes(octets[4:6]),
        octets[1],
        bool(fragment & 0x4000),
        bool(fragment & 0x2000),
        fragment & 0x1FFF,
        octets[20:size],
    )


def _told(packet: Ipv4) -> str:
    length = len(packet.payload)
    if packet.fragment_offset:
        more = "+" if packet.more_fragments else ""
        place = f"{packet.identification}:{length}@{packet.fragment_offset * 8}{more}"
        return f"{packet.source} > {packet.destination}: (frag {place})"
    if packet.protocol == IpProtocol.TCP and length >= _TCP_HEADER:
        return _tcp(packet)
    if packet.protocol == IpProtocol.UDP and length >= _UDP_HEADER:
        ports = int.from_bytes(packet.payload[:2]), int.from_bytes(packet.payload[2:4])
        told = int.from_bytes(packet.payload[4:6]) - _UDP_HEADER
        return f"{packet.source}.{ports[0]} > {packet.destination}.{ports[1]}:  udp {told}"
    if packet.protocol == IpProtocol.ICMP and length >= _ICMP_HEADER:
        return f"{packet.source} > {packet.destination}: icmp: {_icmp(packet.payload)}"
    return f"{packet.source} > {packet.destination}:  ip-proto-{packet.protocol}, length {length}"


def _tcp(packet: Ipv4) -> str:
    header = packet.payload
    sequence, acknowledged = int.from_bytes(header[4:8]), int.from_bytes(header[8:12])
    flags, window = header[13], int.from_bytes(header[14:16])
    size = (header[12] >> 4) * 4
    length = max(0, len(header) - size)
    letters = "".join(letter for bit, letter in _FLAGS if flags & bit) or "."
    ports = int.from_bytes(header[:2]), int.from_bytes(header[2:4])
    parts = [f"{packet.source}.{ports[0]} > {packet.destination}.{ports[1]}: {letters}"]
    if length or flags & 0x07:
        parts.append(f"{sequence}:{(sequence + length) & 0xFFFFFFFF}({length})")
    if flags & _ACK:
        parts.append(f"ack {acknowledged}")
    parts.append(f"win {window}")
    options = _options(header[_TCP_HEADER:size])
    if options:
        parts.append(f"<{options}>")
    return " ".join(parts)


def _options(octets: bytes) -> str:
    """Options of TCP as they stand; what does not fit ends the list."""
    found: list[str] = []
    place = 0
    while place < len(octets) and octets[place]:
        kind = octets[place]
        if kind == 1:
            found.append("nop")
            place += 1
            continue
        length = octets[place + 1] if place + 1 < len(octets) else 0
        if not 2 <= length <= len(octets) - place:
            break
        found.append(_option(kind, octets[place + 2 : place + length]))
        place += length
    return ",".join(found)


def _option(kind: int, value: bytes) -> str:
    number = int.from_bytes(value)
    if kind == 2:
        return f"mss {number}"
    if kind == 3:
        return f"wscale {number}"
    if kind == 4:
        return "sackOK"
    if kind == 8 and len(value) == 8:
        return f"timestamp {int.from_bytes(value[:4])} {int.from_bytes(value[4:])}"
    return f"opt-{kind}"


def _icmp(message: bytes) -> str:
    kind, code = message[0], message[1]
    if kind != 3 or code not in _UNREACHABLE:
        return _ICMP.get(kind, f"type-#{kind}")
    quoted = header_of(message[_ICMP_HEADER:])
    if quoted is None:
        return f"type-#{kind} code-#{code}"
    beside = {2: quoted.protocol, 3: int.from_bytes(quoted.payload[2:4]), 4: int.from_bytes(message[6:8])}.get(code, "")
    return _UNREACHABLE[code].format(quoted.destination, beside)
