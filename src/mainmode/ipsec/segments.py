"""TCP in one piece: what the compiled helper spares the host, which else cuts every packet and makes every checksum.

A host gives segments that differ in nothing but their numbers as one packet with the size that they are to have (linux
virtio_net.h). They are cut where they are sealed, or here, to the octets that the host would have made of them.
"""

from typing import Protocol

from mainmode.base.dataclass import dataclass
from mainmode.crypto.compiled import native

_IP, _TCP = 20, 6
_FRAGMENTS = 0x3FFF


class Offload(Protocol):
    """What the helper does with packets of the host."""

    def cut(self, packet: bytes, size: int, /) -> list[bytes]:
        """The segments of a packet, with `size` octets of data each. Raises ValueError for one that cannot be cut."""

    def with_checksum(self, packet: bytes, start: int, offset: int, /) -> bytes:
        """The packet with its checksum over all from `start` on made, at `offset` behind that. Raises ValueError."""

    def joined(self, packets: list[bytes], /) -> list[tuple[int, bytes]]:
        """What to write to a TUN device, virtio header and all, so that it takes these packets, and of how many."""


def offload() -> Offload | None:
    """The helper, where it is there."""
    return native()


@dataclass(frozen=True, slots=True)
class Segments:
    """A packet of TCP, IPv4 header first, that stands for segments with `size` octets of data each, the last with less.

    `headers` are octets of both headers.
    """

    packet: bytes
    size: int
    headers: int

    @classmethod
    def of(cls, packet: bytes, size: int) -> "Segments | None":
        """None where a packet cannot be cut."""
        length = len(packet)
        ip = (packet[0] & 15) * 4 if length > 2 * _IP and packet[0] >> 4 == 4 and packet[9] == _TCP else 0
        if ip < _IP or ip + _IP > length or int.from_bytes(packet[2:4]) != length:
            return None
        headers = ip + (packet[ip + 12] >> 4) * 4
        if not ip + _IP <= headers < length or not 0 < size <= 0xFFFF - headers:
            return None
        return None if int.from_bytes(packet[6:8]) & _FRAGMENTS else cls(packet, size, headers)

    @property
    def count(self) -> int:
        """How many they are."""
        return -((self.headers - len(self.packet)) // self.size)

    @property
    def octets(self) -> int:
        """Of all of them, headers and data."""
        return len(self.packet) + (self.count - 1) * self.headers

    @property
    def largest(self) -> int:
        """Octets of the first, and no other is larger."""
        return min(len(self.packet), self.headers + self.size)
