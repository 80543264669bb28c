"""Two kinds of netlink sockets: one that asks and waits for the answer, one that hears what happens.

Source: linux/netlink.h. Both take messages from the kernel only: other processes may send to a netlink port too.
"""

import contextlib
import errno as codes
import socket
from collections.abc import Iterable
from struct import pack
from typing import NamedTuple

from mainmode.gateway.netlink.codec import (
    ACK,
    DONE,
    DUMP,
    DUMP_INTERRUPTED,
    ERROR,
    NOOP,
    OVERRUN,
    REQUEST,
    Message,
    NetlinkError,
    answer_of,
    messages,
)

_SOL_NETLINK = 270
_ADD_MEMBERSHIP, _CAP_ACK, _EXT_ACK, _STRICT_CHECK = 1, 10, 11, 12

_LARGEST = 1 << 16
"""Octets of one datagram: the kernel fills up to 32 KiB in a dump."""

_ANSWER_WITHIN = 5
"""Seconds. The kernel answers before `send` returns; the bound is for a kernel that does not answer at all."""

_MOST_MESSAGES = 1 << 20
"""Of one dump."""

_DUMP_TRIES = 3
"""A dump during which the table changed is begun again; the last one counts as it is."""

_EVENT_BUFFER = 1 << 20
"""Octets that wait in the kernel for us to read."""

_EVENTS_AT_ONCE = 64
"""Datagrams that one call reads, so that a storm of events leaves the loop time for the rest."""


def _open(family: int, doing: str) -> socket.socket:
    try:
        one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, family)
        one.bind((0, 0))
    except OSError as error:
        raise NetlinkError(doing, error.errno or 0) from error
    return one


def _datagram(one: socket.socket) -> bytes | None:
    """The next datagram of the kernel; None for one of somebody else. Raises OSError, ValueError for one too large."""
    octets, _, flags, sender = one.recvmsg(_LARGEST)
    if sender[0] != 0:
        return None
    if flags & socket.MSG_TRUNC:
        raise ValueError(f"a datagram of more than {_LARGEST} octets")
    return octets


class RequestSocket:
    """Asks the kernel and waits for its answer. Raises NetlinkError for every refusal and for every broken answer.

    `doing` completes the sentence "cannot …" of the error. Nothing of a request is ever repeated in an error.
    """

    def __init__(self, family: int, name: str) -> None:
        """`family` is one of NETLINK_*, `name` what people call it. Raises NetlinkError where there is no such door."""
        self._socket = _open(family, f"open {name}")
        self._sequence = 0
        for option in _CAP_ACK, _EXT_ACK, _STRICT_CHECK:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(_SOL_NETLINK, option, 1)
        self._socket.settimeout(_ANSWER_WITHIN)

    def request(self, kind: int, body: bytes, doing: str, flags: int = 0) -> list[Message]:
        """One request; what the kernel sends before it acknowledges: nothing for most, the object for a `get`."""
        return self._exchange(kind, body, doing, flags | ACK)[0]

    def dump(self, kind: int, body: bytes, doing: str) -> list[Message]:
        """All objects of a table."""
        found: list[Message] = []
        for _ in range(_DUMP_TRIES):
            found, whole = self._exchange(kind, body, doing, DUMP)
            if whole:
                break
        return found

    def close(self) -> None:
        """No more questions."""
        self._socket.close()

    def _exchange(self, kind: int, body: bytes, doing: str, flags: int) -> tuple[list[Message], bool]:
        self._sequence = (self._sequence + 1) & 0xFFFF_FFFF
        try:
            self._socket.send(Message(kind, flags | REQUEST, self._sequence, 0, body).encode())
            return self._answers(doing)
        except TimeoutError as error:
            raise NetlinkError(doing, 0, "the kernel does not answer") from error
        except OSError as error:
            raise NetlinkError(doing, error.errno or 0) from error
        except ValueError as error:
            raise NetlinkError(doing, 0, f"the kernel's answer is not understood: {error}") from error

    def _answers(self, doing: str) -> tuple[list[Message], bool]:
        """The messages up to the end of the answer, and whether the table stood still meanwhile."""
        found: list[Message] = []
        whole = True
        while True:
            for message in messages(_datagram(self._socket) or b""):
                if message.sequence != self._sequence or message.kind == NOOP:
                    continue
                whole = whole and not message.flags & DUMP_INTERRUPTED
                if message.kind in (ERROR, DONE):
                    answer = answer_of(message)
                    if answer.errno:
                        raise NetlinkError(doing, answer.errno, answer.detail)
                    return found, whole
                if message.kind == OVERRUN or len(found) >= _MOST_MESSAGES:
                    raise ValueError("more messages than fit")
                found.append(message)


class Heard(NamedTuple):
    """What an event socket heard; `lost`: the kernel had more than fitted, so that the tables must be read again."""

    messages: list[Message]
    lost: bool


class EventSocket:
    """Hears the events of some multicast groups. Never blocks: wait for it with `add_reader(events.fileno(), …)`."""

    def __init__(self, family: int, groups: Iterable[int], name: str) -> None:
        """`groups` are numbers (RTNLGRP_*, XFRMNLGRP_*). Raises NetlinkError where the kernel has no such door."""
        doing = f"listen to {name}"
        self._socket = _open(family, doing)
        self._socket.setblocking(False)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _EVENT_BUFFER)
            for group in groups:
                self._socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, pack("=i", group))
        except OSError as error:
            self._socket.close()
            raise NetlinkError(doing, error.errno or 0) from error

    def fileno(self) -> int:
        """For the event loop."""
        return self._socket.fileno()

    def read(self) -> Heard:
        """What waits, up to a bound; the rest makes the loop call again. A broken datagram counts as lost."""
        heard: list[Message] = []
        lost = False
        for _ in range(_EVENTS_AT_ONCE):
            try:
                heard.extend(messages(_datagram(self._socket) or b""))
            except BlockingIOError:
                break
            except ValueError:
                lost = True
            except OSError as error:
                lost = True
                if error.errno != codes.ENOBUFS:
                    break
        return Heard(heard, lost)

    def close(self) -> None:
        """No more events."""
        self._socket.close()
