"""A pcapng writer: as many interfaces as the run has ends, packets with comments, nothing that a clock or a host adds.

Format: draft-ietf-opsawg-pcapng (section header, interface description and enhanced packet blocks, little-endian).
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
_OUTBOUND = 2


@dataclass(frozen=True, slots=True)
class Captured:
    """One packet on the interface that sent it. `interface` counts from 0; `comments` stand beside it, one each.

    `kept` is how many of its octets the capture holds, from the first; None for all.
    """

    interface: int
    at: Instant
    packet: bytes
    comments: tuple[str, ...] = ()
    kept: int | None = None


def pcapng(application: str, interfaces: Sequence[str], packets: Iterable[Captured]) -> bytes:
    """The whole file. Times are microseconds; the packets stand in the order given."""
    blocks = [_section_header(application)]
    blocks.extend(_interface(name) for name in interfaces)
    blocks.extend(_packet(captured) for captured in packets)
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


def _section_header(application: str) -> bytes:
    fixed = struct.pack("<IHHq", _BYTE_ORDER_MAGIC, 1, 0, -1)
    return _block(_SECTION_HEADER, fixed + _text_option(_SHB_APPLICATION, application) + _option(_END_OF_OPTIONS, b""))


def _interface(name: str) -> bytes:
    fixed = struct.pack("<HHI", LINKTYPE_IPV4, 0, SNAP_LENGTH)
    return _block(_INTERFACE_DESCRIPTION, fixed + _text_option(_IF_NAME, name) + _option(_END_OF_OPTIONS, b""))


def _packet(captured: Captured) -> bytes:
    kept = captured.packet[: SNAP_LENGTH if captured.kept is None else captured.kept]
    fixed = struct.pack(
        "<IIIII", captured.interface, captured.at >> 32, captured.at & 0xFFFF_FFFF, len(kept), len(captured.packet)
    )
    options = [_text_option(_COMMENT, comment) for comment in captured.comments]
    options.append(_option(_EPB_FLAGS, struct.pack("<I", _OUTBOUND)))
    options.append(_option(_END_OF_OPTIONS, b""))
    return _block(_ENHANCED_PACKET, fixed + _padded(kept) + b"".join(options))
