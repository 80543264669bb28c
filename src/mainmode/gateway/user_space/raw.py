"""Raw sockets: whole packets of the box to the host's links, and ESP of IP protocol 50 from them."""

import socket
from functools import lru_cache
from ipaddress import IPv4Address

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop, WireError
from mainmode.gateway.marks import MARK
from mainmode.gateway.user_space.sending import PeerSender
from mainmode.gateway.workers.program import Program, keep_of

_SO_RCVBUFFORCE, _SO_SNDBUFFORCE = 33, 32
_BUFFER = 4 << 20
_LARGEST = 0xFFFF
_ANY_PORT = 0
_IP = 20


class PacketSocket:
    """Sends IPv4 packets with the header that they have. The host fills in the header's checksum, and routes them."""

    def __init__(self) -> None:
        """Raises OSError: PermissionError without CAP_NET_RAW."""
        self._socket = _opened(socket.IPPROTO_RAW)

    def send(self, packet: bytes) -> None:
        """One packet. Raises OSError where the host does not take it; BlockingIOError where its queue is full."""
        self._socket.sendto(packet, (socket.inet_ntoa(packet[16:20]), _ANY_PORT))

    def close(self) -> None:
        """Nothing more is sent."""
        self._socket.close()


class EspSocket:
    """IP protocol 50 of the host's addresses. What came in fragments is put together; `sender` sends by it."""

    def __init__(self) -> None:
        """Raises OSError: PermissionError without CAP_NET_RAW."""
        self._socket = _opened(IpProtocol.ESP)
        self.sender = PeerSender(self._socket, cuts=False)

    def keep(self, program: Program) -> None:
        """Receive only what this program wants. Raises OSError."""
        keep_of(self._socket, program)

    def fileno(self) -> int:
        """For the event loop."""
        return self._socket.fileno()

    def receive(self) -> bytes | None:
        """The next packet, header first; None where none waits."""
        try:
            return self._socket.recv(_LARGEST)
        except OSError:
            return None

    def close(self) -> None:
        """Nothing more is received or sent."""
        self._socket.close()


def esp_of(packet: bytes) -> tuple[bytes, Path]:
    """The ESP in a packet that the host received, and the path it came along, without ports.

    The host has looked at the header already. Raises WireError (NOT_AN_IP_PACKET) where it does not fit all the same.
    """
    size = (packet[0] & 15) * 4 if packet else 0
    if not _IP <= size <= len(packet):
        raise WireError(Drop.NOT_AN_IP_PACKET, len(packet), f"{len(packet)} octets")
    return packet[size:], _path(packet[12:20])


@lru_cache(maxsize=1024)
def _path(addresses: bytes) -> Path:
    """From source and destination of a packet that came."""
    source, destination = IPv4Address(addresses[:4]), IPv4Address(addresses[4:])
    return Path(Endpoint(destination, _ANY_PORT), Endpoint(source, _ANY_PORT))


def _opened(protocol: int) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, protocol)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
        for option in _SO_RCVBUFFORCE, _SO_SNDBUFFORCE:
            one.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
    except OSError:
        one.close()
        raise
    return one
