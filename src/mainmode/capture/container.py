"""Capture files, frame by frame: pcap (also with nanoseconds, also of the other byte order) and pcapng.

dpkt takes headers and blocks apart. Its own readers are not used: they trust every length, know one interface for a
file and lose what a frame's options say; so a damaged file would be read into memory whole. Here a length is checked
before it is followed, and a file that breaks off or is damaged ends with a flaw instead of an error.

Sources: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.
"""

import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

from dpkt import UnpackError, pcap, pcapng  # type: ignore[import-untyped,import-not-found,unused-ignore]

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import SECOND, Instant
from mainmode.capture.frame import Flaw, Frame

LARGEST_FRAME = 262_144
"""What no capture program's frame exceeds (libpcap's own limit)."""
LARGEST_BLOCK = 1 << 24
_MOST_INTERFACES = 4096
_SHORTEST_BLOCK = 12
_NANOSECONDS = (pcap.TCPDUMP_MAGIC_NANO, pcap.PMUDPCT_MAGIC_NANO)
_BLOCK_HEAD, _BYTE_ORDER = 8, 4
_ORDERS = {pcapng.BYTE_ORDER_MAGIC: ">", pcapng.BYTE_ORDER_MAGIC_LE: "<"}


def frames(stream: BinaryIO) -> Iterator[Frame | Flaw]:
    """All frames of a capture file, in its order. Never raises for what the file holds."""
    magic = _read(stream, 4)
    if magic == pcapng.PCAPNG_BT_SHB.to_bytes(4):
        yield from _Pcapng(stream).frames(magic)
    elif int.from_bytes(magic) in pcap.MAGIC_TO_PKT_HDR:
        yield from _pcap(stream, magic)
    else:
        yield Flaw(1, "no capture file that is known: neither pcap nor pcapng", ends=True)


def _read(stream: BinaryIO, count: int) -> bytes:
    """So many octets, fewer only at the end; a pipe gives them in pieces."""
    octets = stream.read(count)
    while len(octets) < count:
        more = stream.read(count - len(octets))
        if not more:
            break
        octets += more
    return octets


def _pcap(stream: BinaryIO, magic: bytes) -> Iterator[Frame | Flaw]:
    record_kind = pcap.MAGIC_TO_PKT_HDR[int.from_bytes(magic)]
    little = getattr(record_kind, "__byte_order__", ">") == "<"
    kind = pcap.LEFileHdr if little else pcap.FileHdr
    head = magic + _read(stream, kind.__hdr_len__ - 4)
    if len(head) < kind.__hdr_len__:
        yield Flaw(1, "the file ends within its header", ends=True)
        return
    link = kind(head).linktype & 0xFFFF
    divisor = 1000 if int.from_bytes(magic) in _NANOSECONDS else 1
    record, number = struct.Struct(record_kind.__hdr_fmt__), 0
    while head := _read(stream, record.size):
        number += 1
        if len(head) < record.size:
            yield Flaw(number, f"the file ends within the header of frame {number}", ends=True)
            return
        seconds, fraction, kept, *_ = record.unpack(head)
        if kept > LARGEST_FRAME:
            what = f"frame {number} claims {kept} octets: the file is damaged from here"
            yield Flaw(number, what, ends=True)
            return
        octets = _read(stream, kept)
        yield Frame(number, Instant(seconds * SECOND + fraction // divisor), link, octets)
        if len(octets) < kept:
            yield Flaw(number, f"the file ends within frame {number}", ends=True)
            return


@dataclass(frozen=True, slots=True)
class _Interface:
    """What the frames of an interface are read by; `ticks` are units of time in a second."""

    link: int
    snap: int
    ticks: int = SECOND
    offset: int = 0

    def instant(self, count: int) -> Instant:
        return Instant(count * SECOND // self.ticks + self.offset * SECOND)


class _Pcapng:
    """The blocks of one file. Sections may follow one another, each with its own byte order and interfaces."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._little = True
        self._interfaces: list[_Interface] = []
        self._number = 0

    def frames(self, magic: bytes) -> Iterator[Frame | Flaw]:
        """All frames; `magic` was read already."""
        head = magic + _read(self._stream, _BLOCK_HEAD - len(magic))
        while head:
            block = self._block(head)
            if isinstance(block, Flaw):
                yield block
                return
            found = self._frame(block)
            if found is not None:
                yield found
            head = _read(self._stream, _BLOCK_HEAD)

    def _flaw(self, what: str, ends: bool = False) -> Flaw:
        return Flaw(self._number + 1, what, ends)

    def _block(self, head: bytes) -> bytes | Flaw:
        """The whole block that begins so."""
        if len(head) < _BLOCK_HEAD:
            return self._flaw("the file ends within the header of a block", ends=True)
        if head[:4] == pcapng.PCAPNG_BT_SHB.to_bytes(4):
            mark = _read(self._stream, _BYTE_ORDER)
            order = _ORDERS.get(int.from_bytes(mark))
            if order is None:
                return self._flaw("a section without a byte order: the file is damaged from here", ends=True)
            self._little = order == "<"
            self._interfaces.clear()
            head += mark
        length = self._number_of(head[4:8])
        if not _SHORTEST_BLOCK <= length <= LARGEST_BLOCK or length < len(head):
            return self._flaw(f"a block claims {length} octets: the file is damaged from here", ends=True)
        wanted = length + -length % 4 - len(head)
        rest = _read(self._stream, wanted)
        if len(rest) < wanted:
            return self._flaw(f"the file ends within a block, after frame {self._number}", ends=True)
        return head + rest

    def _number_of(self, octets: bytes) -> int:
        return int.from_bytes(octets, "little" if self._little else "big")

    def _frame(self, block: bytes) -> Frame | Flaw | None:
        kind = self._number_of(block[:4])
        if kind == pcapng.PCAPNG_BT_IDB:
            return self._describe(block)
        if kind == pcapng.PCAPNG_BT_EPB:
            return self._packet(pcapng.EnhancedPacketBlockLE if self._little else pcapng.EnhancedPacketBlock, block)
        if kind == pcapng.PCAPNG_BT_PB:
            return self._packet(pcapng.PacketBlockLE if self._little else pcapng.PacketBlock, block)
        return self._simple(block) if kind == pcapng.PCAPNG_BT_SPB else None

    def _describe(self, block: bytes) -> Flaw | None:
        kind = pcapng.InterfaceDescriptionBlockLE if self._little else pcapng.InterfaceDescriptionBlock
        if len(block) < kind.__hdr_len__ or len(self._interfaces) == _MOST_INTERFACES:
            return self._flaw("an interface that cannot be read", ends=True)
        fields = kind()
        fields.unpack_hdr(block)
        ticks, offset = SECOND, 0
        try:
            options = kind(block).opts
        except (UnpackError, ValueError, struct.error):
            options = []
        for option in options:
            if option.code == pcapng.PCAPNG_OPT_IF_TSRESOL and option.data:
                exponent = option.data[0]
                ticks = 2 ** (exponent & 0x7F) if exponent & 0x80 else 10 ** min(exponent, 30)
            elif option.code == pcapng.PCAPNG_OPT_IF_TSOFFSET and len(option.data) == 8:
                offset = int.from_bytes(option.data, "little" if self._little else "big", signed=True)
        self._interfaces.append(_Interface(fields.linktype, fields.snaplen, ticks, offset))
        return None

    def _packet(self, kind: Any, block: bytes) -> Frame | Flaw:
        self._number += 1
        if len(block) < kind.__hdr_len__:
            return Flaw(self._number, f"the block of frame {self._number} is too short")
        fields = kind()
        fields.unpack_hdr(block)
        start = kind.__hdr_len__ - 4
        if fields.iface_id >= len(self._interfaces):
            return Flaw(self._number, f"frame {self._number} is of interface {fields.iface_id}, which is not described")
        if fields.caplen > len(block) - start - 4:
            return Flaw(self._number, f"frame {self._number} claims more octets than its block has")
        interface = self._interfaces[fields.iface_id]
        at = interface.instant(fields.ts_high << 32 | fields.ts_low)
        return Frame(self._number, at, interface.link, block[start : start + fields.caplen])

    def _simple(self, block: bytes) -> Frame | Flaw:
        """A packet without time, of the first interface; what was kept follows from its snap length."""
        self._number += 1
        if not self._interfaces or len(block) < _SHORTEST_BLOCK + 4:
            return Flaw(self._number, f"frame {self._number} is of an interface that is not described")
        interface = self._interfaces[0]
        length = min(self._number_of(block[8:12]), interface.snap or LARGEST_FRAME, len(block) - 16)
        return Frame(self._number, None, interface.link, block[12 : 12 + length])
