"""Netlink messages and attributes as octets. Sources: linux/netlink.h. All numbers are in the host's byte order."""

import errno as codes
import os
import sys
from collections.abc import Iterator
from struct import Struct, error
from typing import NamedTuple

from mainmode.base.errors import MainmodeError

_HEADER = Struct("=IHHII")
_ATTRIBUTE = Struct("=HH")
_ERRNO = Struct("=i")

NOOP, ERROR, DONE, OVERRUN = 1, 2, 3, 4
"""The types of control messages (NLMSG_*)."""

REQUEST, MULTI, ACK, DUMP_INTERRUPTED = 0x1, 0x2, 0x4, 0x10
REPLACE, EXCLUSIVE, CREATE, DUMP = 0x100, 0x200, 0x400, 0x300
CAPPED, ACK_ATTRIBUTES = 0x100, 0x200
"""The flags (NLM_F_*) of any message, of a request, and of an answer of the type ERROR."""

_TYPE_MASK = 0x3FFF
"""NLA_TYPE_MASK: an attribute's type without the flags `nested` and `network byte order`."""

_ACK_TEXT, _ACK_OFFSET = 1, 2
"""NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS."""


class NetlinkError(MainmodeError):
    """A call to the kernel failed. The text says what was to be done, and why it was not.

    `errno` is the kernel's; 0 where there was no answer, or none that could be read.
    """

    def __init__(self, doing: str, errno: int, detail: str = "") -> None:
        self.doing = doing
        self.errno = errno
        self.detail = detail
        why = f"{os.strerror(errno)} ({codes.errorcode.get(errno, errno)})" if errno else ""
        self.why = ", ".join(part for part in (why, detail) if part)
        super().__init__(f"cannot {doing}: {self.why}")


class Message(NamedTuple):
    """One netlink message (struct nlmsghdr): its type, flags, sequence number, the sender's port, and its body."""

    kind: int
    flags: int
    sequence: int
    port: int
    body: bytes

    def encode(self) -> bytes:
        """The octets as they go to the kernel."""
        length = _HEADER.size + len(self.body)
        return _HEADER.pack(length, self.kind, self.flags, self.sequence, self.port) + self.body


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def messages(datagram: bytes) -> Iterator[Message]:
    """The messages of one datagram. Raises ValueError where a length does not fit."""
    at = 0
    while at < len(datagram):
        if len(datagram) - at < _HEADER.size:
            raise ValueError(f"{len(datagram) - at} octets where a header of {_HEADER.size} should be")
        length, kind, flags, sequence, port = _HEADER.unpack_from(datagram, at)
        if not _HEADER.size <= length <= len(datagram) - at:
            raise ValueError(f"a message of {length} octets at {at} of {len(datagram)}")
        yield Message(kind, flags, sequence, port, datagram[at + _HEADER.size : at + length])
        at += _aligned(length)


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute (struct nlattr), filled up to four octets. Raises ValueError for more than 65531 octets."""
    length = _ATTRIBUTE.size + len(value)
    if length > 0xFFFF:
        raise ValueError(f"{len(value)} octets do not fit an attribute")
    return _ATTRIBUTE.pack(length, kind) + value + bytes(_aligned(length) - length)


def attributes(body: bytes, start: int = 0) -> dict[int, bytes]:
    """The attributes in `body` from `start` on, by type. Raises ValueError where a length does not fit."""
    found: dict[int, bytes] = {}
    at = _aligned(start)
    while len(body) - at >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(body, at)
        if not _ATTRIBUTE.size <= length <= len(body) - at:
            raise ValueError(f"an attribute of {length} octets at {at} of {len(body)}")
        found[kind & _TYPE_MASK] = body[at + _ATTRIBUTE.size : at + length]
        at += _aligned(length)
    return found


class Answer(NamedTuple):
    """What a message of the type ERROR or DONE says: errno (0: done) and the kernel's own words, often empty."""

    errno: int
    detail: str


def answer_of(message: Message) -> Answer:
    """The answer in a message of the type ERROR (struct nlmsgerr) or DONE. Raises ValueError for one cut short."""
    try:
        (code,) = _ERRNO.unpack_from(message.body)
    except error as short:
        raise ValueError("an answer without an error number") from short
    detail = ""
    if message.flags & ACK_ATTRIBUTES:
        start = _ERRNO.size
        if message.kind == ERROR:
            quoted = Struct("=I").unpack_from(message.body, start)[0] if len(message.body) >= start + 4 else 0
            start += _HEADER.size if message.flags & CAPPED else _aligned(quoted)
        found = attributes(message.body, start)
        detail = found.get(_ACK_TEXT, b"").rstrip(b"\0").decode("utf-8", "replace")
        if not detail and len(found.get(_ACK_OFFSET, b"")) == 4:
            detail = f"at octet {int.from_bytes(found[_ACK_OFFSET], sys.byteorder)} of the request"
    return Answer(max(0, -code), detail)
