"""Capture files and frames of our own making, octet by octet."""

import struct
from io import BytesIO
from ipaddress import IPv4Address

from mainmode.capture.datagrams import Seen
from mainmode.capture.reading import read
from mainmode.wire.ip import Ipv4, Udp

A, B = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
MESSAGE = bytes.fromhex("0102030405060708") + bytes(8) + bytes((0, 0x10, 5, 0)) + bytes(4) + (28).to_bytes(4)
"""An ISAKMP message of 28 octets: an informational one without payloads."""
SECONDS, MICROSECONDS = 1_700_000_000, 123_456
AT = SECONDS * 1_000_000 + MICROSECONDS


def datagram(payload: bytes = MESSAGE, source_port: int = 500, destination_port: int = 500) -> bytes:
    """An IPv4 packet from A to B."""
    udp = Udp(source_port, destination_port, payload).encode(A, B)
    return Ipv4(A, B, 17, udp, identification=7).encode()


def ethernet(packet: bytes, kind: int = 0x0800, tags: bytes = b"") -> bytes:
    """A frame; `tags` stand in front of the type."""
    return bytes(12) + tags + kind.to_bytes(2) + packet


def pcap(link: int, *frames: bytes, order: str = "<", nano: bool = False, fraction: int = MICROSECONDS) -> bytes:
    """A pcap file; `fraction` is the part of a second of each frame, in the file's unit."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    octets = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for frame in frames:
        octets += struct.pack(f"{order}IIII", SECONDS, fraction, len(frame), len(frame)) + frame
    return octets


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    """A section header."""
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: int, order: str = "<", options: bytes = b"", snap: int = 0) -> bytes:
    """An interface description."""
    return block(1, struct.pack(f"{order}HHI", link, 0, snap) + options, order)


def enhanced(number: int, frame: bytes, ticks: int = AT, order: str = "<", options: bytes = b"") -> bytes:
    """A packet of an interface."""
    head = struct.pack(f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
    return block(6, head + frame + bytes(-len(frame) % 4) + options, order)


def seen(octets: bytes) -> list[Seen]:
    """What a file holds for IPsec, flaws among it."""
    return [one for _, one in read(BytesIO(octets)) if one is not None]
