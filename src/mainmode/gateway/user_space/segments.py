"""Runs of TCP segments out of a batch of packets, so that the host takes each run in one go.

What the kernel does for a network card (generic receive offload), with the same conditions: the segments of a run
follow each other, differ in nothing but sequence number, PSH and identification, and each checksum was right. A wrong
one has to stay wrong for the host behind to see, and in a run it would be made anew. The compiled helper does the same
where it is there (crypto/native/segments.c).
"""

from functools import cache
from typing import Protocol

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.ipsec.segments import offload
from mainmode.wire.ip import checksum

_IP = 20
_SMALLEST = 40
_ACK, _ACK_PSH = 0x10, 0x18
_LARGEST = 0xFFFF
_DONT_FRAGMENT = b"\x40\x00"
_PLAIN_IP = 0x45
_FLAGS = 33
_TCP = int(IpProtocol.TCP)


class Taker(Protocol):
    """Who takes packets and runs: a TUN device."""

    def write(self, packet: bytes) -> bool:
        """One packet; False where it is not taken."""

    def write_joined(self, octets: bytes) -> bool:
        """A packet or a run with its virtio header, as the helper made it; False where it is not taken."""

    def write_segments(self, headers: bytes, payloads: list[bytes]) -> bool:
        """One run; False where it is not taken."""


@dataclass(slots=True)
class _Run:
    """Segments that follow each other: the `headers` octets of the first one's headers, and the payloads of all.

    `shape` is what the headers have in common, as a number under `mask`; `due` the sequence number that comes. `flags`
    are those of the last segment; `ended`: none may follow it.
    """

    first: bytes
    headers: int
    mask: int
    shape: int
    size: int
    due: int
    octets: int
    payloads: list[bytes]
    flags: int
    ended: bool


def hand_over(packets: list[bytes], taker: Taker) -> int:
    """Every IPv4 packet to the taker, each connection's in its order; how many packets were not taken."""
    helper = offload()
    if helper is not None:
        return sum(count for count, octets in helper.joined(packets) if not taker.write_joined(octets))
    return _handed_over(packets, taker)


def _handed_over(packets: list[bytes], taker: Taker) -> int:
    """The same in Python."""
    lost = 0
    runs: dict[bytes, _Run] = {}
    for packet in packets:
        ends = packet[12:24]
        run = runs.get(ends)
        if run is not None:
            if _joined(run, packet):
                continue
            lost += _flushed(runs.pop(ends), taker)
        headers = _headers_of_segment(packet)
        if headers:
            runs[ends] = _begun(packet, headers)
        else:
            lost += not taker.write(packet)
    for run in runs.values():
        lost += _flushed(run, taker)
    return lost


def _headers_of_segment(packet: bytes) -> int:
    """Octets of both headers where this is a segment with data that may be part of a run; 0 for everything else."""
    length = len(packet)
    if (
        length <= _SMALLEST
        or packet[0] != _PLAIN_IP
        or packet[9] != _TCP
        or packet[6:8] != _DONT_FRAGMENT
        or packet[_FLAGS] not in (_ACK, _ACK_PSH)
    ):
        return 0
    headers = _IP + (packet[32] >> 4) * 4
    if not _SMALLEST <= headers < length or (packet[2] << 8 | packet[3]) != length:
        return 0
    return headers if _verifies(packet, length) else 0


def _verifies(packet: bytes, length: int) -> bool:
    """Whether the checksum of a segment is right."""
    # The pseudo-header of RFC 9293: both addresses, which stand in front of the segment, protocol and length.
    return ((checksum(packet[12:]) ^ 0xFFFF) + _TCP + length - _IP) % 0xFFFF == 0


@cache
def _mask(headers: int) -> int:
    """Where headers of so many octets must not differ in a run.

    They may in lengths, identification, sequence number and checksums, and in their flags, which are looked at apart.
    """
    mask = bytearray(b"\xff" * headers)
    for begin, end in ((2, 6), (10, 12), (24, 28), (_FLAGS, _FLAGS + 1), (36, 38)):
        mask[begin:end] = bytes(end - begin)
    return int.from_bytes(mask)


def _begun(packet: bytes, headers: int) -> _Run:
    payload, flags, mask = packet[headers:], packet[_FLAGS], _mask(headers)
    shape = int.from_bytes(packet[:headers]) & mask
    due = int.from_bytes(packet[24:28]) + len(payload) & 0xFFFFFFFF
    return _Run(packet, headers, mask, shape, len(payload), due, len(packet), [payload], flags, flags == _ACK_PSH)


def _joined(run: _Run, packet: bytes) -> bool:
    """Whether the segment is part of the run from here on. One that is shorter or pushed is its last."""
    length, headers = len(packet), run.headers
    size = length - headers
    if (
        run.ended
        or not 0 < size <= run.size
        or run.octets + size > _LARGEST
        or int.from_bytes(packet[24:28]) != run.due
        or int.from_bytes(packet[:headers]) & run.mask != run.shape
        or packet[_FLAGS] not in (_ACK, _ACK_PSH)
        or (packet[2] << 8 | packet[3]) != length
        or not _verifies(packet, length)
    ):
        return False
    run.payloads.append(packet[headers:])
    run.due = run.due + size & 0xFFFFFFFF
    run.octets += size
    run.flags = packet[_FLAGS]
    run.ended = size < run.size or run.flags == _ACK_PSH
    return True


def _flushed(run: _Run, taker: Taker) -> int:
    """The run to the taker; how many packets were not taken."""
    if len(run.payloads) == 1:
        return not taker.write(run.first)
    return 0 if taker.write_segments(_headers(run), run.payloads) else len(run.payloads)


def _headers(run: _Run) -> bytes:
    """The headers of the whole run: its length, PSH where its last segment had it, the pseudo-header's sum."""
    first, octets = run.first, run.octets
    header = first[:2] + octets.to_bytes(2) + first[4:10] + bytes(2) + first[12:_IP]
    header = header[:10] + checksum(header).to_bytes(2) + header[12:]
    sum_ = checksum(first[12:_IP] + (_TCP + octets - _IP).to_bytes(4)) ^ 0xFFFF
    tcp = first[_IP:_FLAGS] + bytes((run.flags,)) + first[34:36] + sum_.to_bytes(2) + first[38 : run.headers]
    return header + tcp
