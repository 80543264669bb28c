"""Raw sockets: whole packets of the box to the host's links, and ESP of IP protocol 50 from them."""

import socket

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop, WireError
from mainmode.gateway.marks import MARK
from mainmode.gateway.user_space.sending import PeerSender
from mainmode.wire.ip import read_ipv4

_SO_RCVBUFFORCE, _SO_SNDBUFFORCE = 33, 32
_BUFFER = 4 << 20
_LARGEST = 0xFFFF
_ANY_PORT = 0


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
    """The ESP in a received packet, and the path it came along, without ports.

    Raises WireError (NOT_AN_IP_PACKET) as `read_ipv4` does, and for another protocol or a fragment.
    """
    outer = read_ipv4(packet)
    if outer.protocol != IpProtocol.ESP or outer.fragment_offset or outer.more_fragments:
        raise WireError(Drop.NOT_AN_IP_PACKET, 9, "not a whole packet of ESP")
    return outer.payload, Path(Endpoint(outer.destination, _ANY_PORT), Endpoint(outer.source, _ANY_PORT))


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
