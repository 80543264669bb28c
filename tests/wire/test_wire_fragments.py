"""Fragments as values: cut, shuffled, repeated and put together again; what does not fit is refused by name."""

import shutil
import struct
import subprocess
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop, WireError
from mainmode.base.instant import Instant, later, seconds
from mainmode.wire.fragments import LONGEST_CHAIN, MOST_WAITING, Reassembler, cut
from mainmode.wire.icmp import read_too_large, too_large
from mainmode.wire.ip import IcmpEcho, Ipv4, checksum, read_ipv4

A, B = IPv4Address("192.168.1.10"), IPv4Address("192.168.2.10")
NOW = Instant(1_700_000_000_000_000)


def packet(octets: int, identification: int = 7) -> Ipv4:
    data = bytes(number % 251 for number in range(octets))
    return Ipv4(A, B, IpProtocol.UDP, data, identification=identification)


@given(st.integers(0, 5000), st.integers(100, 1500), st.randoms(use_true_random=False), st.booleans())
def test_fragments_in_any_order_and_repeated_are_the_packet_again(
    octets: int, mtu: int, order: object, with_options: bool
) -> None:
    whole = packet(octets)._replace(options=b"\x01\x01\x01\x00" if with_options else b"")
    parts = list(cut(whole, mtu))
    assert all(part.length <= mtu for part in parts)
    if len(parts) > LONGEST_CHAIN:
        return
    twice = [*parts, *parts[:-1]]
    order.shuffle(twice)  # type: ignore[attr-defined]
    table = Reassembler()
    found = [table.add(read_ipv4(part.encode()), NOW) for part in twice]
    assert whole in found
    assert found.count(whole) == 1 or len(parts) == 1


@pytest.mark.parametrize(
    ("second", "flaw"),
    [
        (Ipv4(A, B, 17, bytes(16), identification=7, fragment_offset=1, more_fragments=True), "overlaps"),
        (Ipv4(A, B, 17, b"x" * 16, identification=7, fragment_offset=0, more_fragments=True), "overlaps"),
        (Ipv4(A, B, 17, bytes(9), identification=7, fragment_offset=9, more_fragments=True), "illegal length 9"),
        (Ipv4(A, B, 17, bytes(800), identification=7, fragment_offset=8189), "ends at octet"),
        (Ipv4(A, B, 17, bytes(4), identification=7, fragment_offset=1), "overlaps"),
    ],
)
def test_what_overlaps_or_does_not_fit_gives_the_whole_packet_up(second: Ipv4, flaw: str) -> None:
    table = Reassembler()
    assert table.add(Ipv4(A, B, 17, bytes(16), identification=7, more_fragments=True), NOW) is None
    with pytest.raises(WireError, match=flaw) as refused:
        table.add(second, NOW)
    assert refused.value.drop is Drop.FRAGMENT_REFUSED
    assert table.waiting == 0


def test_a_last_fragment_before_another_is_refused() -> None:
    table = Reassembler()
    table.add(Ipv4(A, B, 17, bytes(16), identification=7, fragment_offset=4, more_fragments=True), NOW)
    with pytest.raises(WireError, match="before another"):
        table.add(Ipv4(A, B, 17, bytes(4), identification=7, fragment_offset=1), NOW)


def test_what_waits_is_bounded_in_number_in_parts_and_in_time() -> None:
    table = Reassembler()
    for number in range(MOST_WAITING):
        table.add(Ipv4(A, B, 17, bytes(8), identification=number, more_fragments=True), NOW)
    with pytest.raises(WireError, match="wait for fragments already"):
        table.add(Ipv4(A, B, 17, bytes(8), identification=9999, more_fragments=True), NOW)
    table.add(Ipv4(A, B, 17, bytes(8), identification=9999, more_fragments=True), later(NOW, seconds(5)))
    assert table.waiting == 1
    parts = [
        Ipv4(A, B, 17, bytes(8), identification=9999, fragment_offset=place, more_fragments=True)
        for place in range(1, LONGEST_CHAIN + 1)
    ]
    for part in parts[:-1]:
        table.add(part, later(NOW, seconds(6)))
    with pytest.raises(WireError, match=f"more than {LONGEST_CHAIN} fragments"):
        table.add(parts[-1], later(NOW, seconds(6)))


def test_nothing_fits_a_link_without_room_for_eight_octets() -> None:
    with pytest.raises(ValueError, match="no fragment fits"):
        list(cut(packet(100), 27))


def test_the_error_about_a_large_packet_says_the_size_and_quotes_its_beginning() -> None:
    large = packet(2000)
    told = too_large(large, 1426, IPv4Address("192.168.1.1"))
    assert (told.source, told.destination) == (IPv4Address("192.168.1.1"), A)
    error = read_too_large(read_ipv4(told.encode()))
    assert error is not None
    assert (error.mtu, error.source, error.destination, error.protocol) == (1426, A, B, 17)
    assert error.payload == large.payload[:8]


def test_a_router_that_tells_no_size_gives_the_next_smaller_link() -> None:
    error = read_too_large(too_large(packet(1480), 0, B))
    assert error is not None
    assert error.mtu == 1492
    assert read_too_large(Ipv4(A, B, IpProtocol.ICMP, IcmpEcho(True, 1, 1).encode())) is None


@given(st.binary(max_size=60))
def test_any_octets_of_an_error_are_an_error_or_refused(rest: bytes) -> None:
    bare = b"\x03\x04\x00\x00" + rest
    octets = bare[:2] + checksum(bare).to_bytes(2) + bare[4:]
    packet = Ipv4(A, B, IpProtocol.ICMP, octets)
    quoted = octets[8:]
    if len(quoted) >= 20 and quoted[0] >> 4 == 4 and 20 <= (quoted[0] & 15) * 4 <= len(quoted):
        error = read_too_large(packet)
        assert error is not None
        assert 0 < error.mtu <= 65535
        return
    with pytest.raises(WireError) as refused:
        read_too_large(packet)
    assert refused.value.drop is Drop.NOT_AN_IP_PACKET


def test_tshark_puts_our_fragments_together_and_reads_our_error(tmp_path: Path) -> None:
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("tshark is not installed")
    large = Ipv4(A, B, IpProtocol.ICMP, IcmpEcho(True, 1, 1, bytes(3000)).encode(), identification=9)
    packets = [*cut(large, 1426), too_large(large, 1426, IPv4Address("192.168.1.1"))]
    records = [
        struct.pack("<IIII", number, 0, one.length, one.length) + one.encode() for number, one in enumerate(packets)
    ]
    capture = tmp_path / "fragments.pcap"
    capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + b"".join(records))
    fields = ["ip.reassembled.length", "icmp.type", "icmp.code", "icmp.mtu", "icmp.checksum.status", "_ws.malformed"]
    command = [
        tshark,
        "-r",
        str(capture),
        "-T",
        "fields",
        "-E",
        "separator=;",
        "-E",
        "occurrence=f",
        "-o",
        "ip.check_checksum:TRUE",
    ]
    for field in fields:
        command += ["-e", field]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    rows = run.stdout.splitlines()
    assert rows[2].split(";")[:3] == ["3008", "8", "0"]
    assert rows[-1].split(";")[1:4] == ["3", "4", "1426"]
    assert all(not row.split(";")[5] for row in rows)
