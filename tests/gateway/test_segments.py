"""Runs of TCP segments: what goes in comes out, once the runs are cut again as the host cuts them."""

import random
import struct
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.codes import IpProtocol
from mainmode.gateway.user_space import segments as room
from mainmode.gateway.user_space.segments import hand_over
from mainmode.ipsec.segments import Segments, offload
from mainmode.wire.ip import Ipv4, checksum, read_ipv4

A, B = IPv4Address("192.168.1.5"), IPv4Address("192.168.2.5")
ACK, PSH_ACK, SYN, FIN_ACK = 0x10, 0x18, 0x02, 0x11


def tcp_sum(packet: bytes) -> int:
    """0 where the TCP checksum of a packet is right."""
    return checksum(packet[12:20] + (6).to_bytes(2) + (len(packet) - 20).to_bytes(2) + packet[20:])


def segment(
    sequence: int, data: bytes, flags: int = ACK, port: int = 5000, options: bytes = b"", acked: int = 7, **ip: object
) -> bytes:
    """A TCP segment in its packet, with its right checksum."""
    words = (20 + len(options)) // 4 << 12 | flags
    header = b"".join(
        (
            port.to_bytes(2),
            (80).to_bytes(2),
            (sequence & 0xFFFFFFFF).to_bytes(4),
            acked.to_bytes(4),
            words.to_bytes(2),
            (512).to_bytes(2),
            bytes(4),
            options,
        )
    )
    fields = {"dont_fragment": True, **ip}
    packet = Ipv4(A, B, IpProtocol.TCP, header + data, **fields).encode()  # type: ignore[arg-type]
    return packet[:36] + tcp_sum(packet).to_bytes(2) + packet[38:]


@dataclass
class Host:
    """Takes what a TUN device takes, and cuts runs as the kernel does. `writes`: how many packets each write had."""

    packets: list[bytes] = field(default_factory=list)
    writes: list[int] = field(default_factory=list)
    takes: bool = True

    def write(self, packet: bytes) -> bool:
        if self.takes:
            self.packets.append(packet)
            self.writes.append(1)
        return self.takes

    def write_joined(self, octets: bytes) -> bool:
        flags, kind, headers, size, start, offset = struct.unpack_from("=BBHHHH", octets)
        packet = octets[10:]
        if not kind:
            assert not any(octets[:10])
            return self.write(packet)
        assert (flags, kind, start, offset) == (1, 1, 20, 16)
        parts = [packet[at : at + size] for at in range(headers, len(packet), size)]
        return self.write_segments(packet[:headers], parts)

    def write_segments(self, headers: bytes, payloads: list[bytes]) -> bool:
        if not self.takes:
            return False
        whole = headers + b"".join(payloads)
        assert read_ipv4(whole).length == len(whole) <= 0xFFFF
        pseudo = headers[12:20] + (6).to_bytes(2) + (len(whole) - 20).to_bytes(2)
        assert int.from_bytes(headers[36:38]) == checksum(pseudo) ^ 0xFFFF
        assert {len(part) for part in payloads[:-1]} == {len(payloads[0])}
        assert len(payloads[-1]) <= len(payloads[0])
        sequence = int.from_bytes(headers[24:28])
        for number, part in enumerate(payloads, 1):
            flags = headers[33] if number == len(payloads) else headers[33] & ~0x08
            ip = read_ipv4(whole)
            packet = segment(
                sequence,
                part,
                flags,
                int.from_bytes(headers[20:22]),
                headers[40:],
                int.from_bytes(headers[28:32]),
                tos=ip.tos,
                ttl=ip.ttl,
                identification=ip.identification,
            )
            self.packets.append(packet)
            sequence += len(part)
        self.writes.append(len(payloads))
        return True


def handed(packets: list[bytes]) -> Host:
    """What the host took: in Python, and where the helper is there, the same by it."""
    host, other = Host(), Host()
    with patch.object(room, "offload", lambda: None):
        assert hand_over(packets, host) == 0
    assert hand_over(packets, other) == 0
    assert (host.packets, host.writes) == (other.packets, other.writes)
    return host


def test_segments_that_follow_each_other_are_one_write() -> None:
    packets = [segment(1000 + 100 * n, bytes(100)) for n in range(10)]
    host = handed(packets)
    assert host.writes == [10]
    assert host.packets == packets


def test_a_shorter_segment_and_a_pushed_one_end_their_run() -> None:
    sizes = [100, 100, 60, 100, 100]
    starts = [1000 + sum(sizes[:n]) for n in range(5)]
    flags = [ACK, ACK, ACK, PSH_ACK, ACK]
    packets = [segment(at, bytes(size), flag) for at, size, flag in zip(starts, sizes, flags, strict=True)]
    host = handed(packets)
    assert host.writes == [3, 1, 1]
    assert host.packets == packets


def test_two_connections_in_turns_are_two_runs() -> None:
    packets = [segment(1000 + 100 * (n // 2), bytes(100), port=5000 + n % 2) for n in range(8)]
    assert handed(packets).writes == [4, 4]


def test_a_run_is_no_longer_than_an_ip_packet_may_be() -> None:
    packets = [segment(1400 * n, bytes(1400)) for n in range(100)]
    host = handed(packets)
    assert host.writes == [46, 46, 8]
    assert host.packets == packets


def test_a_sequence_number_may_run_over() -> None:
    packets = [segment(0xFFFFFF9C + 100 * n, bytes(100)) for n in range(3)]
    assert handed(packets).writes == [3]


def test_a_wrong_checksum_stays_wrong() -> None:
    packets = [segment(100 * n, bytes(100)) for n in range(3)]
    packets[1] = packets[1][:-1] + b"\x01"
    host = handed(packets)
    assert host.packets == packets
    assert host.writes == [1, 1, 1]


def test_what_differs_in_more_than_its_number_is_not_joined() -> None:
    first = segment(0, bytes(100))
    timestamps = b"\x01\x01\x08\x0a" + bytes(8)
    for second in (
        segment(100, bytes(100), acked=8),
        segment(100, bytes(100), options=timestamps),
        segment(100, bytes(100), FIN_ACK),
        segment(100, bytes(100), SYN),
        segment(100, bytes(100), tos=4),
        segment(100, bytes(100), ttl=63),
        segment(100, bytes(100), dont_fragment=False),
        segment(100, bytes(100), options=bytes(4)),
        segment(101, bytes(100)),
        segment(100, bytes(101)),
        segment(100, b""),
    ):
        host = handed([first, second])
        assert host.packets == [first, second]
        assert host.writes == [1, 1]


def test_what_the_host_does_not_take_is_counted_packet_by_packet() -> None:
    host = Host(takes=False)
    packets = [*(segment(100 * n, bytes(100)) for n in range(3)), segment(0, b"", SYN, 6000)]
    assert hand_over(packets, host) == 4
    with patch.object(room, "offload", lambda: None):
        assert hand_over(packets, host) == 4


@st.composite
def batches(draw: st.DrawFn) -> list[bytes]:
    dice = random.Random(draw(st.integers(0, 2**32)))
    due = {5000: 0, 5001: 0xFFFFFF00}
    packets = []
    for _ in range(draw(st.integers(0, 24))):
        port = dice.choice((5000, 5001))
        size = dice.choice((0, 1, 99, 100, 100, 100, 100, 101))
        flags = dice.choice((ACK, ACK, ACK, ACK, PSH_ACK, FIN_ACK))
        at = due[port] + (0 if dice.random() < 0.9 else 5)
        packet = segment(at, dice.randbytes(size), flags, port)
        due[port] = at + size
        bent = dice.random()
        if bent < 0.05:
            packet = packet[:-1] + bytes((packet[-1] ^ 1,))
        elif bent < 0.08:
            packet = packet[: dice.randrange(24, len(packet))]
        packets.append(packet)
    return packets


@settings(deadline=None)
@given(batches())
def test_every_packet_comes_out_as_it_was_and_each_connection_in_its_order(packets: list[bytes]) -> None:
    host = handed(packets)
    assert sorted(host.packets) == sorted(packets)
    for port in (5000, 5001):
        of_port = [packet for packet in packets if packet[20:22] == port.to_bytes(2)]
        assert [packet for packet in host.packets if packet[20:22] == port.to_bytes(2)] == of_port


def cut(packet: bytes, size: int) -> list[bytes]:
    """The segments of a packet without IP options, made one by one."""
    whole = read_ipv4(packet)
    headers = (packet[32] >> 4) * 4
    data = packet[20 + headers :]
    found = []
    for number, at in enumerate(range(0, len(data), size)):
        last = at + size >= len(data)
        flags = packet[33] if last else packet[33] & ~0x09
        found.append(
            segment(
                int.from_bytes(packet[24:28]) + at,
                data[at : at + size],
                flags & ~0x80 if number else flags,
                int.from_bytes(packet[20:22]),
                packet[40 : 20 + headers],
                int.from_bytes(packet[28:32]),
                tos=whole.tos,
                ttl=whole.ttl,
                dont_fragment=whole.dont_fragment,
                identification=(whole.identification + number) & 0xFFFF,
            )
        )
    return found


@pytest.mark.helper
@settings(deadline=None)
@given(
    st.integers(1, 30_000),
    st.sampled_from((1, 7, 100, 536, 1368, 1448, 29_999)),
    st.sampled_from((ACK, PSH_ACK, FIN_ACK, 0x19, 0x98, 0xD0)),
    st.sampled_from((0, 0xFFFFFF00, 0x7FFFFFFF)),
    st.integers(0, 0xFFFF),
    st.sampled_from((b"", b"\x01\x01\x08\x0a" + bytes(range(8)))),
    st.booleans(),
)
def test_a_packet_in_one_piece_is_cut_as_the_host_would_have_cut_it(
    length: int, size: int, flags: int, sequence: int, number: int, options: bytes, whole: bool
) -> None:
    data = random.Random(length).randbytes(min(length, 500 * size))
    packet = segment(sequence, data, flags, 5000, options, tos=3, ttl=9, identification=number, dont_fragment=whole)
    packet = packet[:36] + b"\x12\x34" + packet[38:]
    helper, segments = offload(), Segments.of(packet, size)
    assert helper is not None
    assert segments is not None
    expected = cut(packet, size)
    assert helper.cut(packet, size) == expected
    assert (segments.count, segments.octets) == (len(expected), sum(map(len, expected)))
    assert segments.largest == max(map(len, expected))
    assert all(tcp_sum(one) == 0 for one in expected)


@pytest.mark.helper
@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(-2, 300))
def test_what_cannot_be_cut_is_refused_by_both_who_look_at_it(octets: bytes, size: int) -> None:
    helper = offload()
    assert helper is not None
    good = segment(0, bytes(100))
    for packet in (octets, good[: len(octets)] + octets, octets[:20] + good[20:], good[:20] + octets[:20] + good[40:]):
        if Segments.of(packet, size) is None:
            with pytest.raises(ValueError, match="no packet that can be cut"):
                helper.cut(packet, size)
        else:
            assert sum(map(len, helper.cut(packet, size))) >= len(packet)


@pytest.mark.helper
@settings(deadline=None)
@given(st.binary(max_size=100), st.integers(-1, 110), st.integers(-1, 110))
def test_a_checksum_that_the_host_left_out_is_made_and_never_outside_of_the_packet(
    packet: bytes, start: int, offset: int
) -> None:
    helper = offload()
    assert helper is not None
    if start < 0 or offset < 0 or start + offset + 2 > len(packet):
        with pytest.raises(ValueError, match="outside"):
            helper.with_checksum(packet, start, offset)
        return
    made = checksum(packet[start:]) or 0xFFFF
    at = start + offset
    assert helper.with_checksum(packet, start, offset) == packet[:at] + made.to_bytes(2) + packet[at + 2 :]


@pytest.mark.helper
@settings(deadline=None)
@given(
    st.lists(
        st.one_of(st.binary(max_size=80), st.just(segment(0, bytes(9))), st.just(segment(9, bytes(9)))), max_size=9
    )
)
def test_any_octets_come_out_as_they_were(packets: list[bytes]) -> None:
    handed(packets)
