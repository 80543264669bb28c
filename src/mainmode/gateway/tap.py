"""What the kernel carries past the gateway, for those who watch packets (packet(7)).

Without a watcher the socket takes nothing: a filter of one instruction drops every packet in the kernel.
"""

import errno
import socket
import struct
from array import array
from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping
from contextlib import suppress
from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import MainmodeError
from mainmode.gateway.gateway import Gateway

_ETH_P_IP, _ETH_P_ALL = 0x0800, 0x0003
_PACKET_HOST, _PACKET_OUTGOING = 0, 4
_SO_ATTACH_FILTER, _SO_DETACH_FILTER, _SO_RCVBUFFORCE = 26, 27, 33
_RETURN = 0x06
"""The code of BPF's `ret k` (linux/bpf_common.h)."""
_ROOM = 4 << 20
_LARGEST = 65_535
_AT_ONCE = 256
_IPV4_HEADER, _UDP_HEADER = 20, 8
_NAT_T_PORT = 4500
_NOT_ESP = bytes(4)

Places = Callable[[], Mapping[str, str]]
"""The nameif of each of the host's interfaces that has one, by its name there."""

_Range = tuple[int, int]


class Tap:
    """Shows ESP of the gateway's addresses, and packets between the networks of its tunnels, as they come and go.

    IKE is not among it: the gateway shows that itself. Nor are packets in clear on the interface of their tunnel's ESP,
    where the kernel takes in what it has opened as if it came from there.
    """

    def __init__(self, gateway: Gateway, loop: AbstractEventLoop, places: Places) -> None:
        """Raises OSError where the process may not listen (CAP_NET_RAW)."""
        self._gateway = gateway
        self._loop = loop
        self._find = places
        self._places: Mapping[str, str] = {}
        kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_PACKET, kind, socket.htons(_ETH_P_ALL))
        try:
            self._deaf()
            with suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _ROOM)
            while self._receive() is not None:
                pass
        except BaseException:
            self._socket.close()
            raise
        loop.add_reader(self._socket.fileno(), self._drain)
        gateway.taps.append(self.listen)

    def listen(self, wanted: bool) -> None:
        """Somebody watches packets from here on, or nobody any more."""
        if wanted:
            try:
                self._places = self._find()
            except (MainmodeError, OSError) as error:
                self._gateway.trouble("the host's interfaces cannot be read for a capture", error)
            with suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
        else:
            self._deaf()

    def close(self) -> None:
        """No more."""
        if self.listen in self._gateway.taps:
            self._gateway.taps.remove(self.listen)
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _deaf(self) -> None:
        """A struct sock_fprog with one struct sock_filter, which keeps no octet of any packet."""
        program = array("B", struct.pack("HBBI", _RETURN, 0, 0, 0))
        address, _ = program.buffer_info()
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", 1, address))

    def _drain(self) -> None:
        tunnels = self._tunnels()
        own = frozenset(view.address.packed for view in self._gateway.box.interfaces.values())
        for _ in range(_AT_ONCE):
            received = self._receive()
            if received is None:
                return
            packet, (name, protocol, kind, *_) = received
            nameif = self._places.get(name)
            if nameif is None or protocol != _ETH_P_IP or kind not in (_PACKET_HOST, _PACKET_OUTGOING):
                continue
            if _is_esp(packet, own) or _is_of(packet, nameif, tunnels):
                self._gateway.show_packet(nameif, packet, out=kind == _PACKET_OUTGOING)

    def _receive(self) -> tuple[bytes, tuple[str, int, int, int, bytes]] | None:
        """The next packet with its sockaddr_ll; None where there is none. An interface that went down is no reason."""
        while True:
            try:
                return self._socket.recvfrom(_LARGEST)
            except OSError as error:
                if error.errno != errno.ENETDOWN:
                    return None

    def _tunnels(self) -> frozenset[tuple[str, _Range, _Range]]:
        """The interface of each tunnel, and the ends of the networks that it joins."""
        return frozenset(
            (
                state.pair.interface,
                (int(state.pair.proxies.local.first), int(state.pair.proxies.local.last)),
                (int(state.pair.proxies.remote.first), int(state.pair.proxies.remote.last)),
            )
            for state in self._gateway.box.sad.states()
        )


def _is_esp(packet: bytes, own: frozenset[bytes]) -> bool:
    """ESP to or from one of the gateway's addresses, as a protocol of its own or in UDP."""
    if len(packet) < _IPV4_HEADER or (packet[12:16] not in own and packet[16:20] not in own):
        return False
    if packet[9] == IpProtocol.ESP:
        return True
    start = (packet[0] & 0xF) * 4
    ports = packet[start : start + 2], packet[start + 2 : start + 4]
    payload = packet[start + _UDP_HEADER :]
    return (
        packet[9] == IpProtocol.UDP
        and _NAT_T_PORT.to_bytes(2) in ports
        and len(payload) > len(_NOT_ESP)
        and not payload.startswith(_NOT_ESP)
    )


def _is_of(packet: bytes, nameif: str, tunnels: frozenset[tuple[str, _Range, _Range]]) -> bool:
    """A packet in clear between the networks of a tunnel, in either direction."""
    if len(packet) < _IPV4_HEADER:
        return False
    source, destination = (int(IPv4Address(packet[place : place + 4])) for place in (12, 16))
    return any(
        nameif != interface
        and (
            (local[0] <= source <= local[1] and remote[0] <= destination <= remote[1])
            or (local[0] <= destination <= local[1] and remote[0] <= source <= remote[1])
        )
        for interface, local, remote in tunnels
    )
