"""Runs of TCP segments: what goes in comes out, once the runs are cut again as the host cuts them."""

import random
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.codes import IpProtocol
from mainmode.gateway.user_space.segments import hand_over
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
    host = Host()
    assert hand_over(packets, host) == 0
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
