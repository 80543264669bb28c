"""Encrypted messages of IKE that stand in a capture twice.

IKEv1 encrypts each message with an IV that comes from the one before it, and Wireshark takes every encrypted message
for the next of that chain. A repetition would make all that follow unreadable, so only its headers are kept.
"""

from collections import OrderedDict

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.wire.natt import NON_ESP_MARKER

_IKE_PORT, _NAT_T_PORT = 500, 4500
_IPV4_HEADER, _UDP_HEADER, _ISAKMP_HEADER = 20, 8, 28
_NOT_WHOLE = 0x3FFF
"""More Fragments and the offset in the third word of an IPv4 header."""
_FLAGS, _ENCRYPTED = 19, 1
"""Where the flags stand in an ISAKMP header (RFC 2408 §3.1), and the flag E."""
_KEPT = 32
"""Octets of a UDP payload that are kept: room for a non-ESP marker and the ISAKMP header."""
_MOST = 4096


@dataclass(frozen=True, slots=True)
class Repetition:
    """A repeated message: the packet in which it stood first, and how many octets of this one are kept."""

    first: int
    kept: int

    @property
    def note(self) -> str:
        """What stands beside it."""
        return f"the same octets as packet {self.first}; all after the ISAKMP header is left out here"


class Repetitions:
    """Remembers the encrypted messages of a capture, the latest few thousand of them."""

    def __init__(self) -> None:
        self._places: OrderedDict[bytes, int] = OrderedDict()

    def of(self, packet: bytes, place: int) -> Repetition | None:
        """Whether the whole IPv4 packet that is the capture's `place`-th (from 1) repeats an encrypted message."""
        message = _encrypted(packet)
        if message is None:
            return None
        first = self._places.setdefault(message, place)
        if len(self._places) > _MOST:
            self._places.popitem(last=False)
        if first == place:
            return None
        return Repetition(first, (packet[0] & 0xF) * 4 + _UDP_HEADER + _KEPT)


def _encrypted(packet: bytes) -> bytes | None:
    """The ISAKMP message in the packet where it is an encrypted one."""
    if len(packet) < _IPV4_HEADER or packet[9] != IpProtocol.UDP or int.from_bytes(packet[6:8]) & _NOT_WHOLE:
        return None
    start = (packet[0] & 0xF) * 4
    ports = {int.from_bytes(packet[start : start + 2]), int.from_bytes(packet[start + 2 : start + 4])}
    start += _UDP_HEADER
    if _NAT_T_PORT in ports:
        if packet[start : start + len(NON_ESP_MARKER)] != NON_ESP_MARKER:
            return None
        start += len(NON_ESP_MARKER)
    elif _IKE_PORT not in ports:
        return None
    message = packet[start:]
    return message if len(message) > _ISAKMP_HEADER and message[_FLAGS] & _ENCRYPTED else None
