"""A TUN device with the virtio header (linux if_tun.h, virtio_net.h): packets of the host, read and written whole.

The host cuts what it sends to the device's MTU and fills in checksums, so each read is one ready packet; where the
compiled helper is there it does neither (TUNSETOFFLOAD), and a read may be TCP in one piece. A write may be a run of
TCP segments as one super-packet, which the host cuts again where it has to.
"""

import errno
import fcntl
import os
import socket
import struct
from collections.abc import Sequence

from mainmode.base.errors import MainmodeError
from mainmode.ipsec.segments import Segments, offload

_CLONE_DEVICE = "/dev/net/tun"
_TUNSETIFF, _TUNSETOFFLOAD, _TUNSETVNETHDRSZ = 0x400454CA, 0x400454D0, 0x400454D8
_IFF_TUN, _IFF_NO_PI, _IFF_VNET_HDR, _IFF_TUN_EXCL = 0x0001, 0x1000, 0x4000, 0x8000
_LONGEST_NAME = 15
_INTERFACE_REQUEST = struct.Struct("16sH22x")
_INTEGER = struct.Struct("i")

_HEADER = struct.Struct("=BBHHHH")
"""Flags, kind, octets of headers, segment size, where the checksum begins, where in it its field is; host order."""
_PLAIN = bytes(_HEADER.size)
_READY = bytes(2)
"""What the header of a packet with which nothing has to be done begins with."""
_NEEDS_CHECKSUM, _TCP_SEGMENTS, _ALONE = 1, 1, 0
_OFFLOAD = 1 | 2
"""TUN_F_CSUM and TUN_F_TSO4: packets without their checksum, and segments of TCP over IPv4 in one piece."""
_CHECKSUM_FIELD = 16
_LARGEST = 0xFFFF
_IPV4 = 4
_CLOSED = -1


class TunFailed(MainmodeError):  # noqa: N818 (it names what happened)
    """The TUN device cannot be opened. The text says what to do next."""


class Tun:
    """An open TUN device. The host forgets it, and the routes into it, when it is closed.

    `index` is its number among the host's links. `gone`: somebody took it away; it cannot be read any more, and those
    who wait until it can are called for ever.
    """

    def __init__(self, descriptor: int, name: str, index: int) -> None:
        """`descriptor` is non-blocking, each read and write of it one packet behind a virtio header."""
        self._descriptor = descriptor
        self._helper = offload()
        self._header, self._room = bytearray(_HEADER.size), memoryview(bytearray(_LARGEST))
        self.name = name
        self.index = index
        self.gone = False

    @classmethod
    def open(cls, name: str) -> "Tun":
        """A new device with this name, still down and without addresses. Raises TunFailed."""
        if not 0 < len(name.encode()) <= _LONGEST_NAME or "/" in name or "%" in name:
            raise TunFailed(f"{name!r} is no name for a network interface: at most {_LONGEST_NAME} octets, no / or %")
        try:
            descriptor = os.open(_CLONE_DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise TunFailed(f"{_CLONE_DEVICE}: {error.strerror}. {_advice(error)}") from None
        flags = _IFF_TUN | _IFF_NO_PI | _IFF_VNET_HDR | _IFF_TUN_EXCL
        try:
            fcntl.ioctl(descriptor, _TUNSETIFF, _INTERFACE_REQUEST.pack(name.encode(), flags))
            fcntl.ioctl(descriptor, _TUNSETVNETHDRSZ, _INTEGER.pack(_HEADER.size))
            fcntl.ioctl(descriptor, _TUNSETOFFLOAD, _OFFLOAD if offload() is not None else 0)
            index = socket.if_nametoindex(name)
        except OSError as error:
            os.close(descriptor)
            raise TunFailed(f"the TUN device {name}: {error.strerror}. {_advice(error)}") from None
        return cls(descriptor, name, index)

    def fileno(self) -> int:
        """The descriptor, for those who wait until it can be read."""
        return self._descriptor

    def read(self) -> bytes | Segments | None:
        """The next packet that the host sends this way; None where none waits, or the device is down.

        Nothing (b"") in the place of another version than IPv4: the host sends its IPv6 solicitations to any link. So
        in that of a packet that is not as its header says.
        """
        try:
            octets = os.readv(self._descriptor, (self._header, self._room))
        except OSError as error:
            self.gone = self.gone or error.errno == errno.EBADFD
            return None
        packet = self._room[: octets - _HEADER.size].tobytes() if octets > _HEADER.size else b""
        if packet and packet[0] >> 4 == _IPV4:
            return packet if self._header.startswith(_READY) else self._completed(packet)
        return b"" if octets else None

    def cut(self, segments: Segments) -> list[bytes]:
        """The packets that the host would have made of what it gave in one piece. Nothing where there are none."""
        if self._helper is None:
            return []
        try:
            return self._helper.cut(segments.packet, segments.size)
        except ValueError:
            return []

    def _completed(self, packet: bytes) -> bytes | Segments:
        """A packet that the host left to us to cut, or to make the checksum of."""
        flags, kind, _, size, start, offset = _HEADER.unpack(self._header)
        if kind == _TCP_SEGMENTS:
            return Segments.of(packet, size) or b""
        if kind != _ALONE:
            return b""
        if not flags & _NEEDS_CHECKSUM:
            return packet
        try:
            return self._helper.with_checksum(packet, start, offset) if self._helper is not None else b""
        except ValueError:
            return b""

    def write(self, packet: bytes) -> bool:
        """One packet to the host. False where it does not take it: the device is down, or memory is short."""
        return self._written((_PLAIN, packet))

    def write_joined(self, octets: bytes) -> bool:
        """What `Offload.joined` made of packets; False as for `write`, and then of none of them."""
        return self._written((octets,))

    def write_segments(self, headers: bytes, payloads: Sequence[bytes]) -> bool:
        """Segments of one TCP connection in one go; False as for `write`, and then of none of them.

        `headers` are the IPv4 header (20 octets, its length and checksum those of all together) and the TCP header,
        with the sum of the pseudo-header (RFC 1071, not complemented) where its checksum goes. All payloads but the
        last have the size of the first, and there are at most 65535 octets in all.
        """
        size = len(payloads[0])
        tcp = 20
        header = _HEADER.pack(_NEEDS_CHECKSUM, _TCP_SEGMENTS, len(headers), size, tcp, _CHECKSUM_FIELD)
        return self._written((header, headers, *payloads))

    def close(self) -> None:
        """The device is taken away; nothing is read or written any more."""
        os.close(self._descriptor)
        self._descriptor = _CLOSED

    def _written(self, parts: Sequence[bytes]) -> bool:
        try:
            os.writev(self._descriptor, parts)
        except OSError:
            return False
        return True


def device_of(name: str, worker: int) -> str:
    """The name of a worker's device, by its number from 0: `mainmode1` is behind `mainmode0`."""
    stem = name.rstrip("0123456789")
    return f"{stem}{int(name[len(stem) :] or 0) + worker}" if worker else name


def _advice(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "Opening it takes root, or the capability CAP_NET_ADMIN."
    if isinstance(error, FileNotFoundError):
        return "Load the kernel's module (modprobe tun); a container needs the device given to it."
    return "Is another gateway running with this device? Another name can be given."
