from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.errors import Drop, WireError
from mainmode.wire.ip import (
    IcmpEcho,
    Ipv4,
    Udp,
    checksum,
    ports_of,
    read_echo,
    read_ipv4,
    read_udp,
)

A = IPv4Address("192.168.1.10")
B = IPv4Address("192.168.2.20")
ADDRESSES = st.integers(0, 0xFFFF_FFFF).map(IPv4Address)
PACKETS = st.builds(
    Ipv4,
    ADDRESSES,
    ADDRESSES,
    st.integers(0, 255),
    st.binary(max_size=80),
    st.integers(0, 255),
    st.integers(0, 65535),
    st.integers(0, 255),
    st.booleans(),
    st.booleans(),
    st.integers(0, 0x1FFF),
    st.integers(0, 10).map(lambda words: bytes([1]) * 4 * words),
)


def test_the_checksum_is_the_one_of_the_rfc() -> None:
    """The numerical example of RFC 1071 §3: the sum is ddf2, the checksum its complement."""
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF ^ 0xDDF2


@given(PACKETS, st.binary(max_size=20))
@settings(max_examples=150, deadline=None)
def test_a_packet_survives_and_what_follows_it_is_dropped(packet: Ipv4, behind: bytes) -> None:
    octets = packet.encode()
    assert len(octets) == packet.length
    assert read_ipv4(octets + behind) == packet


@given(st.integers(0, 65535), st.integers(0, 65535), st.binary(max_size=60), st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_datagram_survives(source: int, destination: int, payload: bytes, with_checksum: bool) -> None:
    udp = Udp(source, destination, payload)
    octets = udp.encode(A, B, with_checksum)
    assert (octets[6:8] == b"\0\0") is not with_checksum
    packet = Ipv4(A, B, 17, octets + b"padding")
    assert read_udp(packet) == udp
    assert ports_of(packet) == (source, destination)


def test_a_checksum_that_comes_out_as_zero_is_written_as_ffff() -> None:
    """RFC 768: zero on the wire means that there is none."""
    carried = Udp(500, 500, bytes(2)).encode(A, B)[6:8]
    octets = Udp(500, 500, carried).encode(A, B)
    assert octets[6:8] == b"\xff\xff"
    assert read_udp(Ipv4(A, B, 17, octets)).payload == carried


@given(st.booleans(), st.integers(0, 65535), st.integers(0, 65535), st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_an_echo_survives(request: bool, identifier: int, sequence: int, data: bytes) -> None:
    echo = IcmpEcho(request, identifier, sequence, data)
    packet = Ipv4(A, B, 1, echo.encode())
    assert read_echo(packet) == echo
    assert ports_of(packet) == (0, 0)


def refused(octets: bytes) -> bool:
    with pytest.raises(WireError) as caught:
        read_ipv4(octets)
    return caught.value.drop is Drop.NOT_AN_IP_PACKET


def test_packets_that_do_not_fit_their_header_are_refused() -> None:
    octets = Ipv4(A, B, 1, b"abcd").encode()
    assert refused(b"")
    assert refused(octets[:19])
    assert refused(octets[:-1])
    assert refused(b"\x65" + octets[1:])
    assert refused(b"\x44" + octets[1:])
    assert refused(b"\x4f" + octets[1:])
    assert refused(octets[:8] + b"\x41" + octets[9:])
    assert refused(octets[:2] + b"\0\x13" + octets[4:])


def test_datagrams_that_do_not_fit_are_refused() -> None:
    good = Udp(500, 500, b"abcd").encode(A, B)
    for octets in (good[:7], good[:-1], good[:4] + b"\0\x07" + good[6:], good[:-1] + b"x"):
        with pytest.raises(WireError):
            read_udp(Ipv4(A, B, 17, octets))
    for packet in (
        Ipv4(A, B, 6, good),
        Ipv4(A, B, 17, good, fragment_offset=1),
        Ipv4(A, B, 17, good, more_fragments=True),
        Ipv4(B, IPv4Address("10.0.0.1"), 17, good),
    ):
        with pytest.raises(WireError):
            read_udp(packet)


def test_what_is_no_echo_is_none_and_a_damaged_one_is_refused() -> None:
    echo = IcmpEcho(True, 1, 1, b"abcd").encode()
    assert read_echo(Ipv4(A, B, 17, echo)) is None
    assert read_echo(Ipv4(A, B, 1, b"")) is None
    assert read_echo(Ipv4(A, B, 1, b"\x03\x01" + echo[2:])) is None
    assert read_echo(Ipv4(A, B, 1, echo, more_fragments=True)) is None
    for octets in (echo[:-1] + b"x", echo[:6]):
        with pytest.raises(WireError):
            read_echo(Ipv4(A, B, 1, octets))


def test_fragments_and_stumps_have_no_ports() -> None:
    tcp = bytes.fromhex("04d20017") + bytes(16)
    assert ports_of(Ipv4(A, B, 6, tcp)) == (1234, 23)
    assert ports_of(Ipv4(A, B, 6, tcp, more_fragments=True)) == (1234, 23)
    assert ports_of(Ipv4(A, B, 6, tcp, fragment_offset=2)) == (0, 0)
    assert ports_of(Ipv4(A, B, 6, tcp[:3])) == (0, 0)
    assert ports_of(Ipv4(A, B, 50, tcp)) == (0, 0)


@given(st.binary(max_size=120))
@settings(max_examples=200, deadline=None)
def test_noise_is_a_packet_or_a_named_error(noise: bytes) -> None:
    for octets in (noise, b"\x45" + noise):
        try:
            packet = read_ipv4(octets)
        except WireError:
            continue
        assert read_ipv4(packet.encode()) == packet
    for protocol, read in ((17, read_udp), (1, read_echo)):
        try:
            read(Ipv4(A, B, protocol, noise))
        except WireError:
            continue


@pytest.mark.parametrize(
    "packet",
    [
        Ipv4(A, B, 256, b""),
        Ipv4(A, B, 1, b"", options=b"abc"),
        Ipv4(A, B, 1, b"", options=bytes(44)),
        Ipv4(A, B, 1, b"", fragment_offset=0x2000),
        Ipv4(A, B, 1, bytes(65516)),
    ],
)
def test_a_packet_that_does_not_fit_its_header_is_not_written(packet: Ipv4) -> None:
    with pytest.raises(ValueError, match="IPv4 header"):
        packet.encode()
