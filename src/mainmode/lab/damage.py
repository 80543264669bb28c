"""Packets damaged on the way so that no checksum of IPv4 or UDP tells: only who verifies them finds out."""

from collections.abc import Callable

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import WireError
from mainmode.wire.ip import Udp, read_ipv4, read_udp


def inside(packet: bytes, change: Callable[[bytes], bytes]) -> bytes | None:
    """The packet with what UDP, or else IPv4, carries changed, its checksums fitting; None where there is nothing."""
    try:
        outer = read_ipv4(packet)
        carried = outer.payload
        if outer.protocol == IpProtocol.UDP:
            udp = read_udp(outer)
            if not udp.payload:
                return None
            changed = Udp(udp.source_port, udp.destination_port, change(udp.payload))
            carried = changed.encode(outer.source, outer.destination)
        elif carried:
            carried = change(carried)
        else:
            return None
        return outer._replace(payload=carried).encode()
    except (WireError, ValueError, IndexError):
        return None


def turned_over(packet: bytes, share: float) -> bytes | None:
    """The packet with one octet of what it carries inverted: the one at this share, 0 to 1, of its length."""

    def change(octets: bytes) -> bytes:
        at = int(share * len(octets))
        return octets[:at] + bytes((octets[at] ^ 0xFF,)) + octets[at + 1 :]

    return inside(packet, change)
