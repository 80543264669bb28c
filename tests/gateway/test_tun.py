"""The TUN device's octets, over a socket pair in its place; names and faults."""

import os
import socket
import struct
from collections.abc import Iterator

import pytest

from mainmode.gateway.user_space.tun import Tun, TunFailed
from mainmode.ipsec.segments import Segments
from mainmode.wire.ip import checksum

PACKET = bytes.fromhex("45000014000040004001f7970a0000010a000002")
NOTHING = bytes(10)


@pytest.fixture
def ends() -> Iterator[tuple[Tun, socket.socket]]:
    """A TUN device that is one end of a pair, and the host at the other end."""
    ours, host = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    host.settimeout(5)
    tun = Tun(ours.detach(), "pair", 9)
    with host:
        yield tun, host
        tun.close()


def test_reads_are_packets_without_their_header_until_none_waits(ends: tuple[Tun, socket.socket]) -> None:
    tun, host = ends
    host.send(NOTHING + PACKET)
    host.send(NOTHING + PACKET[:-1])
    assert tun.read() == PACKET
    assert tun.read() == PACKET[:-1]
    assert tun.read() is None


def test_other_versions_and_runts_are_passed_over_one_by_one(ends: tuple[Tun, socket.socket]) -> None:
    tun, host = ends
    for octets in (NOTHING + b"\x60" + bytes(39), NOTHING, NOTHING[:3], NOTHING + PACKET):
        host.send(octets)
    assert [tun.read() for _ in range(5)] == [b"", b"", b"", PACKET, None]
    assert not tun.gone


TCP = bytes.fromhex("450000340000400040065f8a0a0000010a000002") + bytes(12) + b"\x50\x10" + bytes(6) + bytes(12)
UDP = bytes.fromhex("4500001e00004000401100000a0000010a000002") + bytes(6) + b"\x13\x07" + b"ab"


@pytest.mark.helper
def test_tcp_in_one_piece_is_read_as_segments_and_cut(ends: tuple[Tun, socket.socket]) -> None:
    tun, host = ends
    host.send(struct.pack("=BBHHHH", 1, 1, 54, 5, 20, 16) + TCP)
    read = tun.read()
    assert isinstance(read, Segments)
    assert (read.packet, read.size, read.headers, read.count, read.largest) == (TCP, 5, 40, 3, 45)
    assert [len(one) for one in tun.cut(read)] == [45, 45, 42]


@pytest.mark.helper
def test_a_checksum_that_the_host_left_out_is_made(ends: tuple[Tun, socket.socket]) -> None:
    tun, host = ends
    host.send(struct.pack("=BBHHHH", 1, 0, 0, 0, 20, 6) + UDP)
    made = checksum(UDP[20:])
    assert tun.read() == UDP[:26] + made.to_bytes(2) + UDP[28:]
    host.send(struct.pack("=BBHHHH", 2, 0, 0, 0, 0, 0) + UDP)
    assert tun.read() == UDP, "the checksum is known to be right"


@pytest.mark.parametrize(
    "header",
    [(1, 1, 0, 0, 20, 16), (1, 1, 0, 65535, 20, 16), (1, 3, 0, 5, 20, 6), (1, 0x81, 0, 5, 20, 16), (1, 4, 0, 5, 0, 0),
     (1, 0, 0, 0, 65535, 65535), (1, 0, 0, 0, 29, 0), (1, 0, 0, 0, 0, 29)],
)  # fmt: skip
def test_a_packet_that_is_not_as_its_header_says_is_passed_over(
    ends: tuple[Tun, socket.socket], header: tuple[int, ...]
) -> None:
    tun, host = ends
    host.send(struct.pack("=BBHHHH", *header) + UDP)
    assert tun.read() == b""


def test_a_device_that_somebody_took_away_is_gone(
    ends: tuple[Tun, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    tun, _ = ends

    def bad_state(*_: object) -> int:
        raise OSError(77, "File descriptor in bad state")

    with monkeypatch.context() as here:
        here.setattr(os, "readv", bad_state)
        assert tun.read() is None
    assert tun.gone


def test_nothing_is_read_when_the_other_end_is_gone(ends: tuple[Tun, socket.socket]) -> None:
    tun, host = ends
    host.close()
    assert tun.read() is None
    assert not tun.write(PACKET)


def test_a_closed_device_writes_into_nothing_that_was_opened_since() -> None:
    ours, host = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    number = ours.detach()
    tun = Tun(number, "pair", 9)
    tun.close()
    reader, writer = os.pipe()
    os.dup2(writer, number)
    assert not tun.write(PACKET)
    assert tun.read() is None
    host.close()
    for descriptor in {reader, writer, number}:
        os.close(descriptor)


def test_a_packet_is_written_behind_an_empty_header(ends: tuple[Tun, socket.socket]) -> None:
    tun, host = ends
    assert tun.write(PACKET)
    assert host.recv(100) == NOTHING + PACKET


def test_segments_are_written_as_one_packet_that_says_how_to_cut_it(ends: tuple[Tun, socket.socket]) -> None:
    tun, host = ends
    headers = bytes(52)
    assert tun.write_segments(headers, [b"a" * 9, b"b" * 9, b"c"])
    octets = host.recv(1000)
    assert struct.unpack_from("=BBHHHH", octets) == (1, 1, 52, 9, 20, 16)
    assert octets[10:] == headers + b"a" * 9 + b"b" * 9 + b"c"


def test_a_write_that_nobody_takes_is_told(ends: tuple[Tun, socket.socket]) -> None:
    tun, _ = ends
    assert not all(tun.write(bytes(60000)) for _ in range(1000))


@pytest.mark.parametrize("name", ["", "sixteen-letters-", "a/b", "eth%d"])
def test_a_name_that_no_interface_can_have_is_refused(name: str) -> None:
    with pytest.raises(TunFailed, match="no name for a network interface"):
        Tun.open(name)


def test_without_the_device_file_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> int:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "open", missing)
    with pytest.raises(TunFailed, match=r"/dev/net/tun: No such file or directory\. .*modprobe tun"):
        Tun.open("mainmode0")


def test_without_the_capability_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(TunFailed, match="CAP_NET_ADMIN"):
        Tun.open("mainmode0")
