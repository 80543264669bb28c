"""Which packets are repetitions of an encrypted message, and how much of them is kept."""

from ipaddress import IPv4Address

import pytest

from mainmode.base.codes import IpProtocol
from mainmode.capture.repetitions import Repetitions
from mainmode.wire.ip import Ipv4, Udp

A, B = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")


def _message(flags: int, octets: int = 92) -> bytes:
    return bytes(range(16)) + bytes((5, 0x10, 2, flags)) + bytes(8) + bytes(octets - 28)


def _packet(payload: bytes, port: int = 500, identification: int = 0) -> bytes:
    datagram = Udp(port, port, payload).encode(A, B)
    return Ipv4(A, B, IpProtocol.UDP, datagram, identification=identification).encode()


def _seen_twice(packet: bytes, again: bytes) -> int | None:
    repetitions = Repetitions()
    assert repetitions.of(packet, 3) is None
    found = repetitions.of(again, 7)
    if found is None:
        return None
    assert found.first == 3
    assert found.note.startswith("the same octets as packet 3")
    return found.kept


def test_an_encrypted_message_that_is_sent_again_keeps_its_headers_only() -> None:
    assert _seen_twice(_packet(_message(1)), _packet(_message(1), identification=9)) == 20 + 8 + 32


def test_behind_the_marker_of_port_4500_it_is_known_too() -> None:
    assert _seen_twice(_packet(bytes(4) + _message(1), 4500), _packet(bytes(4) + _message(1), 4500)) == 60


@pytest.mark.parametrize(
    "packet",
    [
        _packet(_message(0)),
        _packet(b"\x01" * 4 + _message(1), 4500),
        _packet(_message(1), 501),
        _packet(_message(1)[:28]),
        Ipv4(A, B, IpProtocol.UDP, Udp(500, 500, _message(1)).encode(A, B), more_fragments=True).encode(),
        Ipv4(A, B, IpProtocol.ESP, Udp(500, 500, _message(1)).encode(A, B)).encode(),
        b"",
        b"\x4f" + bytes(8) + b"\x11" + bytes(20),
    ],
    ids=["in clear", "ESP in UDP", "another port", "no body", "a fragment", "ESP", "nothing", "options without end"],
)
def test_everything_else_is_kept_whole(packet: bytes) -> None:
    assert _seen_twice(packet, packet) is None


def test_what_is_remembered_is_bounded() -> None:
    repetitions = Repetitions()
    for place in range(1, 5000):
        assert repetitions.of(_packet(place.to_bytes(4) + _message(1)[4:]), place) is None
    assert repetitions.of(_packet((1).to_bytes(4) + _message(1)[4:]), 5000) is None
    assert repetitions.of(_packet((4999).to_bytes(4) + _message(1)[4:]), 5001) is not None
