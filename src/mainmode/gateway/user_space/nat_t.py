"""What comes to port 4500, many datagrams of a peer in one read: the kernel joins those of one size (UDP_GRO)."""

import contextlib
import socket
import struct
from functools import lru_cache
from ipaddress import IPv4Address
from typing import NamedTuple

from mainmode.base.address import Endpoint, Path

NAT_T_PORT = 4500
_SOL_UDP, _UDP_GRO, _IP_PKTINFO = 17, 104, 8
_PACKET_INFO, _SIZE = struct.Struct("=i4s4s"), struct.Struct("=i")
_ANCILLARY = socket.CMSG_SPACE(_PACKET_INFO.size) + socket.CMSG_SPACE(_SIZE.size)
_LARGEST = 0xFFFF


class Received(NamedTuple):
    """What one peer sent, in its order. `cut`: there was more than fits into one read, and it is lost."""

    datagrams: list[bytes]
    path: Path
    cut: bool = False


class NatTraversalReader:
    """Reads the socket of port 4500, which stays another's."""

    def __init__(self, one: socket.socket, largest: int = _LARGEST) -> None:
        """A kernel that cannot join datagrams gives them one by one. `largest`: octets of one read."""
        self._socket = one
        self._room = memoryview(bytearray(largest))
        with contextlib.suppress(OSError):
            one.setsockopt(_SOL_UDP, _UDP_GRO, 1)

    def fileno(self) -> int:
        """For the event loop."""
        return self._socket.fileno()

    def receive(self) -> Received | None:
        """The next datagrams, of one peer; None where nothing waits. Raises OSError."""
        try:
            length, ancillary, flags, (address, port) = self._socket.recvmsg_into((self._room,), _ANCILLARY)
        except BlockingIOError:
            return None
        local, size, room = b"", length, self._room
        for level, kind, data in ancillary:
            if kind == _IP_PKTINFO and level == socket.IPPROTO_IP:
                local = _PACKET_INFO.unpack(data)[2]
            elif kind == _UDP_GRO and level == _SOL_UDP:
                (size,) = _SIZE.unpack(data[: _SIZE.size])
        path = _path(local, address, port)
        if flags & socket.MSG_TRUNC:
            whole = range(0, length - size + 1, size) if 0 < size < length else ()
            return Received([room[at : at + size].tobytes() for at in whole], path, cut=True)
        if size <= 0 or length <= size:
            return Received([room[:length].tobytes()], path)
        return Received([room[at : min(at + size, length)].tobytes() for at in range(0, length, size)], path)


@lru_cache(maxsize=1024)
def _path(local: bytes, address: str, port: int) -> Path:
    return Path(
        Endpoint(IPv4Address(local or bytes(4)), NAT_T_PORT), Endpoint(IPv4Address(socket.inet_aton(address)), port)
    )
