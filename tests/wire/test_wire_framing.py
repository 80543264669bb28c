"""The cursor, datagrams on port 4500, and the ESP header."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.errors import Drop, WireError
from mainmode.wire.cursor import Cursor
from mainmode.wire.esp import read_esp
from mainmode.wire.natt import EspDatagram, IkeDatagram, Keepalive, classify, mark


def test_a_cursor_reads_big_endian_and_keeps_its_position() -> None:
    cursor = Cursor(bytes(range(10)))
    assert (cursor.u8(), cursor.u16(), cursor.u32(), cursor.take(2)) == (0, 0x0102, 0x03040506, b"\x07\x08")
    assert (cursor.position, cursor.remaining) == (9, 1)
    assert cursor.rest() == b"\x09"
    cursor.finish()


def test_a_window_is_exact_on_both_sides() -> None:
    cursor = Cursor(b"abcdef", 1, 5, origin=100)
    window = cursor.window(3)
    assert (cursor.position, window.take(2), window.remaining) == (4, b"bc", 1)
    with pytest.raises(WireError) as left_over:
        window.finish()
    assert (left_over.value.drop, left_over.value.offset) == (Drop.MALFORMED_PAYLOAD, 103)
    with pytest.raises(WireError) as beyond:
        window.u16()
    assert (beyond.value.drop, beyond.value.offset) == (Drop.MALFORMED_PAYLOAD, 103)
    assert window.take(1) == b"d"


@pytest.mark.parametrize(
    "read",
    [
        lambda cursor: cursor.u8(),
        lambda cursor: cursor.u16(),
        lambda cursor: cursor.u32(),
        lambda cursor: cursor.take(1),
        lambda cursor: cursor.take(-1),
        lambda cursor: cursor.window(1),
        lambda cursor: cursor.window(-1),
        lambda cursor: cursor.unpack(struct.Struct(">B")),
    ],
)
def test_nothing_reads_past_a_window(read: object) -> None:
    with pytest.raises(WireError):
        read(Cursor(b"abcd", 1).window(0))  # type: ignore[operator]


def test_a_datagram_on_4500_is_told_by_its_first_octets() -> None:
    assert classify(b"\xff") == Keepalive()
    assert classify(bytes(4) + b"isakmp") == IkeDatagram(b"isakmp")
    assert classify(bytes(4)) == IkeDatagram(b"")
    assert classify(b"\0\0\0\1esp") == EspDatagram(b"\0\0\0\1esp")
    assert classify(b"\xff\xff\xff\xff") == EspDatagram(b"\xff\xff\xff\xff")
    assert mark(b"isakmp") == b"\0\0\0\0isakmp"
    for stump in (b"", b"\0", b"\0\0\0", b"\xfe", b"\xff\xff"):
        with pytest.raises(WireError) as caught:
            classify(stump)
        assert caught.value.drop is Drop.RUNT


@given(st.binary(max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_marked_message_is_told_apart_again(datagram: bytes) -> None:
    assert classify(mark(datagram)) == IkeDatagram(datagram)


def test_an_esp_header_is_spi_and_sequence() -> None:
    octets = bytes.fromhex("1234567800000009") + b"ciphertext"
    assert read_esp(octets) == (0x12345678, 9)
    for stump, drop in ((octets[:7], Drop.RUNT), (b"", Drop.RUNT), (bytes(20), Drop.UNKNOWN_SPI)):
        with pytest.raises(WireError) as caught:
            read_esp(stump)
        assert caught.value.drop is drop
