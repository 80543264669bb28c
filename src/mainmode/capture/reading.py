"""Captures read: a file's octets in, what they hold for IPsec out, frame by frame. The file is never held whole.

The packet library is an extra of the package (`mainmode[pcap]`), imported when a capture is first read.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from mainmode.base.errors import InputError
from mainmode.capture.frame import Flaw

if TYPE_CHECKING:
    from mainmode.capture.datagrams import Seen
    from mainmode.capture.frame import Frame

_PCAP = frozenset(
    int(magic, 16).to_bytes(4, order) for magic in ("a1b2c3d4", "a1b23c4d", "a1b2cd34") for order in ("big", "little")
)
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_PCAPNG_MARKS = (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a")
HEAD = 12
"""Octets that `is_capture` wants."""


def is_capture(head: bytes) -> bool:
    """Whether a file that begins so is a pcap or pcapng file."""
    if head[:4] in _PCAP:
        return True
    return head[:4] == _PCAPNG and head[8:12] in _PCAPNG_MARKS


def read(stream: BinaryIO) -> "Iterator[tuple[Frame | None, Seen | None]]":
    """Every frame with what it carries for IPsec; None for other traffic, and no frame where the file has a flaw.

    Raises InputError where the packet library is missing; nothing for what the file holds.
    """
    try:
        from mainmode.capture.container import frames
    except ImportError:
        raise InputError(
            "to read a capture, the package dpkt is needed: install mainmode with its extra, as in "
            "`pip install '.[pcap]'` in its clone"
        ) from None
    from mainmode.capture.datagrams import Datagrams

    datagrams = Datagrams()
    for frame in frames(stream):
        if isinstance(frame, Flaw):
            yield None, frame
        else:
            yield frame, datagrams.of(frame)
