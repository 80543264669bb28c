"""The maximum segment size that TCP hosts tell each other, lowered to what `sysopt connection tcpmss` allows."""

from mainmode.base.codes import IpProtocol
from mainmode.wire.ip import Ipv4, adjusted

_SMALLEST = 20
_FLAGS_AT, _CHECKSUM_AT = 13, 16
_SYN = 0x02
_END, _NOTHING, _MSS = 0, 1, 2
_MSS_LENGTH = 4


def opens(packet: Ipv4) -> bool:
    """Whether this is a TCP segment with SYN."""
    payload = packet.payload
    return (
        packet.protocol == IpProtocol.TCP
        and not packet.fragment_offset
        and len(payload) >= _SMALLEST
        and bool(payload[_FLAGS_AT] & _SYN)
    )


def clamped(packet: Ipv4, most: int) -> Ipv4:
    """The packet with its MSS option at most `most`, checksum kept right; itself where there is nothing to do.

    `most` 0 leaves everything. Options that do not fit the header are left alone.
    """
    at = _option(packet) if most and opens(packet) else None
    if at is None:
        return packet
    payload = packet.payload
    told = payload[at : at + 2]
    if int.from_bytes(told) <= most:
        return packet
    new = payload[:at] + most.to_bytes(2) + payload[at + 2 :]
    # The option may stand at an odd octet: what the checksum sees are the whole words around it.
    first, last = at & ~1, (at + 3) & ~1
    carried = int.from_bytes(payload[_CHECKSUM_AT : _CHECKSUM_AT + 2])
    sum_ = adjusted(carried, payload[first:last], new[first:last])
    return packet._replace(payload=new[:_CHECKSUM_AT] + sum_.to_bytes(2) + new[_CHECKSUM_AT + 2 :])


def _option(packet: Ipv4) -> int | None:
    """Where the value of the MSS option stands."""
    payload = packet.payload
    end = min(len(payload), (payload[12] >> 4) * 4)
    at = _SMALLEST
    while at < end:
        kind = payload[at]
        if kind == _END:
            return None
        if kind == _NOTHING:
            at += 1
            continue
        length = payload[at + 1] if at + 1 < end else 0
        if length < 2 or at + length > end:
            return None
        if kind == _MSS and length == _MSS_LENGTH:
            return at + 2
        at += length
    return None
