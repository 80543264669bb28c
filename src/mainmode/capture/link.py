"""What lies between a frame's beginning and its IP packet, by link type (the registry of link-layer header types)."""

from collections.abc import Callable

ETHERNET, NULL, PPP, RAW_BSD, RAW_OPENBSD, RAW = 1, 0, 9, 12, 14, 101
C_HDLC, LOOP, LINUX_COOKED, IPV4, IPV6, LINUX_COOKED_2 = 104, 108, 113, 228, 229, 276

_IP = (0x0800, 0x86DD)
_TAGS = (0x8100, 0x88A8, 0x9100, 0x9200)
_MPLS = (0x8847, 0x8848)
_PPPOE = 0x8864
_PPP_IP = (0x0021, 0x0057)
_MOST_TAGS = 8
_SNAP = b"\xaa\xaa\x03\x00\x00\x00"


class UnknownLinkError(Exception):
    """Frames of a link type that is not read."""


def ip_of(link: int, frame: bytes) -> bytes | None:
    """The frame from its IP header on, None where it carries something else. Raises UnknownLinkError."""
    reader = _READERS.get(link)
    if reader is None:
        raise UnknownLinkError(f"link type {link} is not one that is read here")
    return reader(frame)


def _typed(frame: bytes, place: int) -> bytes | None:
    """What follows the type number at `place`, behind tags and labels."""
    for _ in range(_MOST_TAGS):
        kind = int.from_bytes(frame[place : place + 2])
        place += 2
        if kind in _IP:
            return frame[place:]
        if kind in _TAGS:
            place += 2
        elif kind in _MPLS:
            return _unlabelled(frame, place)
        elif kind == _PPPOE:
            return _after_ppp(frame[place + 6 :])
        elif kind <= 1500 and frame[place : place + 6] == _SNAP:
            place += 6
        else:
            return None
    return None


def _unlabelled(frame: bytes, place: int) -> bytes | None:
    for start in range(place, place + 4 * _MOST_TAGS, 4):
        if frame[start + 2 : start + 3] and frame[start + 2] & 1:
            return _raw(frame[start + 4 :])
    return None


def _after_ppp(octets: bytes) -> bytes | None:
    if octets[:2] == b"\xff\x03":
        octets = octets[2:]
    return octets[2:] if int.from_bytes(octets[:2]) in _PPP_IP else None


def _raw(octets: bytes) -> bytes | None:
    return octets if octets and octets[0] >> 4 in (4, 6) else None


_READERS: dict[int, Callable[[bytes], bytes | None]] = {
    ETHERNET: lambda frame: _typed(frame, 12),
    LINUX_COOKED: lambda frame: _typed(frame, 14),
    LINUX_COOKED_2: lambda frame: _raw(frame[20:]) if int.from_bytes(frame[:2]) in _IP else None,
    NULL: lambda frame: _raw(frame[4:]),
    LOOP: lambda frame: _raw(frame[4:]),
    PPP: _after_ppp,
    C_HDLC: lambda frame: _typed(frame, 2),
    **dict.fromkeys((RAW_BSD, RAW_OPENBSD, RAW, IPV4, IPV6), _raw),
}
