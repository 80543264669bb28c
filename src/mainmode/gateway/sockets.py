"""The sockets of IKE: UDP 500 and 4500 on all addresses, each datagram with the local one, and what routers tell."""

import errno
import socket
import struct
from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import lru_cache
from ipaddress import IPv4Address

from mainmode.base.address import Endpoint, Path
from mainmode.base.errors import InputError
from mainmode.gateway.holders import holders_of
from mainmode.gateway.marks import MARK
from mainmode.gateway.workers.program import Program, keep_of

IKE_PORT, NAT_T_PORT = 500, 4500
_IP_PKTINFO, _IP_MTU_DISCOVER, _PMTUDISC_DONT = 8, 10, 0
_SOL_RAW, _ICMP_FILTER, _HEARD = 255, 1, 1 << 0 | 1 << 3
_SO_RCVBUFFORCE = 33
_RECEIVE_BUFFER = 4 << 20
"""Octets: a burst of a thousand peers that all begin at once is not lost."""
_PACKET_INFO = struct.Struct("=i4s4s")
"""struct in_pktinfo (linux/in.h): interface index, local address, destination address of the header."""
_LOCAL, _UNSET = slice(4, 8), bytes(4)
_LARGEST = 0xFFFF
AT_ONCE = 64
"""Datagrams of one socket that are served before others have their turn."""
SHED_FOR_ONE = 4
"""Datagrams that are only looked at and dropped, as under a flood, in the place of one that is served."""

Received = Callable[[bytes, Path], bool]
"""Takes what was received. False: it was shed."""


class IkeSockets:
    """Sends and receives the datagrams of IKE. `nat_t` is the socket of port 4500, whose reader another may be."""

    def __init__(
        self,
        loop: AbstractEventLoop,
        received: Received,
        trouble: Callable[[str, Exception], None],
        sheds: Callable[[bytes, bytes, bytes], bool] = lambda datagram, local, source: False,
        opened: Mapping[int, socket.socket] | None = None,
    ) -> None:
        """Opens both ports. Raises InputError, which says who holds a port, or what is missing.

        `sheds` is asked first for what port 500 received, with both addresses in four octets. `opened` are sockets by
        their port that were opened before, as `open_groups` does; they are this one's from here on.
        """
        self._loop = loop
        self._received = received
        self._trouble = trouble
        self._sheds = sheds
        self._by_port: dict[int, socket.socket] = {}
        self._nat_t_reader: Callable[[], None] | None = None
        try:
            for port in (IKE_PORT, NAT_T_PORT):
                self._by_port[port] = _udp(port) if opened is None else opened[port]
        except BaseException:
            self.close()
            raise
        self.nat_t = self._by_port[NAT_T_PORT]

    def read_nat_t(self, reader: Callable[[], None]) -> None:
        """Another reads port 4500, once datagrams are received."""
        self._nat_t_reader = reader

    def listen(self) -> None:
        """From here on datagrams are received."""
        for port in self._by_port:
            self._loop.add_reader(self._by_port[port].fileno(), self._drain, port)
        if self._nat_t_reader is not None:
            self._loop.add_reader(self.nat_t.fileno(), self._nat_t_reader)

    @property
    def both(self) -> tuple[socket.socket, socket.socket]:
        """The sockets of port 500 and of port 4500."""
        return self._by_port[IKE_PORT], self.nat_t

    def send(self, datagram: bytes, path: Path) -> None:
        """One datagram from the local end of a path. Raises OSError."""
        local, remote = path.local, path.remote
        info = _PACKET_INFO.pack(0, local.address.packed, _UNSET)
        if not remote.port:
            raise OSError(errno.EINVAL, "no answer goes to port 0")
        try:
            to = socket.inet_ntoa(remote.address.packed), remote.port
            self._by_port[local.port].sendmsg([datagram], [(socket.IPPROTO_IP, _IP_PKTINFO, info)], 0, to)
        except OSError as error:
            if error.errno == errno.EINVAL:
                raise OSError(error.errno, f"the host has no address {local.address} at present") from None
            raise

    def close(self) -> None:
        """Nothing more is sent or received."""
        for one in self._by_port.values():
            self._loop.remove_reader(one.fileno())
            one.close()
        self._by_port.clear()

    def _drain(self, port: int) -> None:
        one, left = self._by_port[port], AT_ONCE * SHED_FOR_ONE
        while left > 0:
            try:
                datagram, ancillary, _, (address, remote) = one.recvmsg(_LARGEST, socket.CMSG_SPACE(_PACKET_INFO.size))
            except BlockingIOError:
                return
            except OSError as error:
                self._trouble(f"UDP port {port} cannot be read", error)
                return
            local, source = _local(ancillary), socket.inet_aton(address)
            if port == IKE_PORT and self._sheds(datagram, local, source):
                left -= 1
                continue
            if local:
                path = Path(Endpoint(_address(local), port), Endpoint(IPv4Address(source), remote))
                left -= SHED_FOR_ONE if self._received(datagram, path) else 1
            if port not in self._by_port:
                return


class RouterSocket:
    """Hears echo replies, and what routers say of packets that did not reach their end (destination unreachable)."""

    def __init__(self, loop: AbstractEventLoop, received: Callable[[bytes], None]) -> None:
        """`received` gets whole IPv4 packets. Raises OSError."""
        self._loop = loop
        self._received = received
        self._socket = socket.socket(
            socket.AF_INET, socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, socket.IPPROTO_ICMP
        )
        try:
            self._socket.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", 0xFFFFFFFF ^ _HEARD))
        except OSError:
            self._socket.close()
            raise

    def keep(self, program: Program) -> None:
        """Hear only what this program wants. Raises OSError."""
        keep_of(self._socket, program)

    def listen(self) -> None:
        """From here on they are heard."""
        self._loop.add_reader(self._socket.fileno(), self._drain)

    def close(self) -> None:
        """No more."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _drain(self) -> None:
        for _ in range(AT_ONCE):
            try:
                packet = self._socket.recv(_LARGEST)
            except OSError:
                return
            self._received(packet)


def open_groups(count: int) -> list[dict[int, socket.socket]]:
    """Both ports for so many processes that share them, in the order in which the kernel counts them.

    Raises InputError as `IkeSockets` does.
    """
    with ExitStack() as stack:
        opened: list[dict[int, socket.socket]] = [{} for _ in range(count)]
        for port in (IKE_PORT, NAT_T_PORT):
            # One that does not share finds out whether anybody else has the port, another group included.
            _udp(port).close()
            for by_port in opened:
                by_port[port] = stack.enter_context(_udp(port, shared=True))
        stack.pop_all()
    return opened


def _udp(port: int, *, shared: bool = False) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
        one.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        one.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _PMTUDISC_DONT)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
        one.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        one.bind(("0.0.0.0", port))  # noqa: S104 (the device's addresses may come and go)
    except OSError as error:
        one.close()
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"UDP port {port} is in use: {holders_of(port)}") from None
        raise InputError(f"UDP port {port} cannot be opened: {error.strerror}") from None
    return one


def _local(ancillary: list[tuple[int, int, bytes]]) -> bytes:
    for level, kind, octets in ancillary:
        if kind == _IP_PKTINFO and level == socket.IPPROTO_IP and len(octets) >= _PACKET_INFO.size:
            return octets[_LOCAL]
    return b""


@lru_cache(maxsize=64)
def _address(octets: bytes) -> IPv4Address:
    return IPv4Address(octets)
