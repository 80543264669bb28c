"""ESP that leaves for peers: runs of packets, by the sockets of protocol 50 and of port 4500.

Of datagrams of one size the kernel gets a run in one call, and cuts it (UDP_SEGMENT, linux/udp.h): on the wire each is
a datagram of its own, and the peer needs to know nothing of it.
"""

import errno
import socket
import struct
from collections.abc import Iterator, Sequence
from functools import lru_cache

from mainmode.base.address import Path

_SOL_UDP, _UDP_SEGMENT = 17, 103
_IP_TOS, _IP_PKTINFO, _IP_MTU_DISCOVER = 1, 8, 10
_PMTUDISC_DONT, _PMTUDISC_PROBE = 0, 3
"""DF is not set; DF is set, and the box alone knows path MTUs."""
_PACKET_INFO = struct.Struct("=i4s4s")
_SEGMENT, _TOS = struct.Struct("=H"), struct.Struct("=i")
_MOST_OCTETS, _MOST_SEGMENTS = 65_000, 64
_NO_SUCH_SEGMENTS = (errno.EINVAL, errno.EIO, errno.EMSGSIZE)
"""What the kernel answers where it does not cut: a segment is larger than the link, or the link has no checksums."""


class PeerSender:
    """Sends by one socket; `cuts`: it is one of UDP. The host makes the headers; DF is switched where it changes."""

    def __init__(self, one: socket.socket, *, cuts: bool) -> None:
        self._socket = one
        self._cuts = cuts
        self._keeps_whole: bool | None = None

    def send(
        self, path: Path, packets: Sequence[bytes], tos: int, *, dont_fragment: bool
    ) -> tuple[int, OSError | None]:
        """Packets that leave along one path in this order; how many the host did not take, and what it said last."""
        if dont_fragment is not self._keeps_whole:
            self._keep_whole(dont_fragment)
        lost, said = 0, None
        for run in _runs(packets) if self._cuts else ((packet,) for packet in packets):
            more, error = self._send_run(path, run, tos)
            lost, said = lost + more, error or said
        return lost, said

    def settle(self) -> None:
        """What others send by the same socket may be fragmented again."""
        if self._keeps_whole:
            self._keep_whole(False)

    def _keep_whole(self, whole: bool) -> None:
        self._socket.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _PMTUDISC_PROBE if whole else _PMTUDISC_DONT)
        self._keeps_whole = whole

    def _send_run(self, path: Path, run: Sequence[bytes], tos: int) -> tuple[int, OSError | None]:
        to, ancillary = _addressed(path)
        if tos:
            ancillary = [*ancillary, (socket.IPPROTO_IP, _IP_TOS, _TOS.pack(tos))]
        if len(run) > 1:
            ancillary = [*ancillary, (_SOL_UDP, _UDP_SEGMENT, _SEGMENT.pack(len(run[0])))]
        try:
            self._socket.sendmsg(run, ancillary, 0, to)
        except OSError as error:
            if len(run) == 1 or error.errno not in _NO_SUCH_SEGMENTS:
                return len(run), error
            answers = [self._send_run(path, (packet,), tos) for packet in run]
            return sum(lost for lost, _ in answers), next((said for _, said in answers if said is not None), None)
        return 0, None


def _runs(datagrams: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Cut where the kernel can cut: each run has one size, but for a smaller last one."""
    sizes = list(map(len, datagrams))
    begin = 0
    while begin < len(sizes):
        size = sizes[begin]
        most = begin + max(1, min(_MOST_SEGMENTS, _MOST_OCTETS // size if size else 1))
        end = begin + 1
        while end < len(sizes) and end < most and sizes[end] <= size:
            end += 1
            if sizes[end - 1] < size:
                break
        yield datagrams[begin:end]
        begin = end


@lru_cache(maxsize=1024)
def _addressed(path: Path) -> tuple[tuple[str, int], list[tuple[int, int, bytes]]]:
    info = _PACKET_INFO.pack(0, path.local.address.packed, bytes(4))
    return (str(path.remote.address), path.remote.port), [(socket.IPPROTO_IP, _IP_PKTINFO, info)]
