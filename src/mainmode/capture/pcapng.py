"""A pcapng writer, block by block: packets with comments on named interfaces, nothing that a clock or a host adds.

Format: draft-ietf-opsawg-pcapng (section header, interface description and enhanced packet blocks, little-endian). A
file is read as far as its blocks are whole, so one that is cut off loses its last packet only.
"""

import struct
from collections.abc import Iterable, Sequence

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant

LINKTYPE_IPV4 = 228
"""Each packet begins with its IPv4 header (registry of link-layer header types)."""

SNAP_LENGTH = 65_535
_LONGEST_OPTION = 65_535

_SECTION_HEADER = 0x0A0D0D0A
_INTERFACE_DESCRIPTION = 1
_ENHANCED_PACKET = 6
_BYTE_ORDER_MAGIC = 0x1A2B3C4D
_END_OF_OPTIONS = 0
_COMMENT = 1
_SHB_APPLICATION = 4
_IF_NAME = 2
_EPB_FLAGS = 2
_INBOUND, _OUTBOUND = 1, 2


@dataclass(frozen=True, slots=True)
class Captured:
    """One packet on an interface, which it left if not `inbound`. `interface` counts from 0, in the order described.

    `comments` stand beside it, one each. `kept` is how many of its octets the capture holds, from the first; None for
    all.
    """

    interface: int
    at: Instant
    packet: bytes
    comments: tuple[str, ...] = ()
    kept: int | None = None
    inbound: bool = False


def pcapng(application: str, interfaces: Sequence[str], packets: Iterable[Captured]) -> bytes:
    """The whole file. Times are microseconds; the packets stand in the order given."""
    blocks = [section_header(application)]
    blocks.extend(interface_description(name) for name in interfaces)
    blocks.extend(enhanced_packet(captured) for captured in packets)
    return b"".join(blocks)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _text_option(code: int, text: str) -> bytes:
    octets = text.encode()[:_LONGEST_OPTION]
    return _option(code, octets.decode(errors="ignore").encode())


def section_header(application: str) -> bytes:
    """The block that a file begins with; `application` wrote it."""
    fixed = struct.pack("<IHHq", _BYTE_ORDER_MAGIC, 1, 0, -1)
    return _block(_SECTION_HEADER, fixed + _text_option(_SHB_APPLICATION, application) + _option(_END_OF_OPTIONS, b""))


def interface_description(name: str) -> bytes:
    """The block that the next interface is described by; it stands before the first packet of it."""
    fixed = struct.pack("<HHI", LINKTYPE_IPV4, 0, SNAP_LENGTH)
    return _block(_INTERFACE_DESCRIPTION, fixed + _text_option(_IF_NAME, name) + _option(_END_OF_OPTIONS, b""))


def enhanced_packet(captured: Captured) -> bytes:
    """The block of one packet."""
    kept = captured.packet[: SNAP_LENGTH if captured.kept is None else captured.kept]
    fixed = struct.pack(
        "<IIIII", captured.interface, captured.at >> 32, captured.at & 0xFFFF_FFFF, len(kept), len(captured.packet)
    )
    options = [_text_option(_COMMENT, comment) for comment in captured.comments]
    options.append(_option(_EPB_FLAGS, struct.pack("<I", _INBOUND if captured.inbound else _OUTBOUND)))
    options.append(_option(_END_OF_OPTIONS, b""))
    return _block(_ENHANCED_PACKET, fixed + _padded(kept) + b"".join(options))
