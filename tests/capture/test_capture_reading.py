"""Files of every form and link type, whole and broken."""

import struct
import sys
from io import BytesIO
from ipaddress import IPv6Address

import pytest
from files import AT, MESSAGE, SECONDS, A, B, block, datagram, enhanced, ethernet, interface, pcap, section, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.errors import InputError
from mainmode.capture.container import LARGEST_FRAME, frames
from mainmode.capture.datagrams import Ends, Esp, Ike, Keepalive, Refusal
from mainmode.capture.frame import Flaw, Frame
from mainmode.capture.reading import HEAD, is_capture, read
from mainmode.wire.fragments import cut
from mainmode.wire.ip import Ipv4, read_ipv4

ENDS = Ends(A, B, 500, 500)
WHOLE = Ike(1, AT, ENDS, MESSAGE)
VLAN = bytes.fromhex("81000005")
SNAP = bytes.fromhex("aaaa03000000")
MODIFIED = (
    struct.pack("<IHHiIII", 0xA1B2CD34, 2, 4, 0, 0, 65535, 228)
    + struct.pack("<IIIIIHBB", SECONDS, AT % 1_000_000, 56, 56, 2, 0x0800, 4, 0)
    + datagram()
)
"""The form of old Linux kits, whose records name the interface."""
IPV6 = (
    bytes.fromhex("60000000")
    + (36).to_bytes(2)
    + bytes((17, 64))
    + IPv6Address("2001:db8::1").packed
    + IPv6Address("2001:db8::2").packed
    + struct.pack(">HHHH", 500, 500, 36, 0)
    + MESSAGE
)


@pytest.mark.parametrize(
    "octets",
    [
        pcap(1, ethernet(datagram())),
        pcap(1, ethernet(datagram()), order=">"),
        pcap(1, ethernet(datagram()), nano=True, fraction=123_456_789),
        MODIFIED,
        pcap(1, ethernet(datagram(), tags=VLAN)),
        pcap(1, ethernet(datagram(), tags=bytes.fromhex("88a80005") + VLAN)),
        pcap(1, bytes(12) + (90).to_bytes(2) + SNAP + b"\x08\x00" + datagram()),
        pcap(1, ethernet(bytes.fromhex("00010100") + datagram(), 0x8847)),
        pcap(1, ethernet(bytes.fromhex("110000010046" + "0021") + datagram(), 0x8864)),
        pcap(113, bytes(14) + b"\x08\x00" + datagram()),
        pcap(276, b"\x08\x00" + bytes(18) + datagram()),
        pcap(101, datagram()),
        pcap(12, datagram()),
        pcap(14, datagram()),
        pcap(228, datagram()),
        pcap(0, struct.pack("<I", 2) + datagram()),
        pcap(108, struct.pack(">I", 2) + datagram()),
        pcap(9, bytes.fromhex("ff030021") + datagram()),
        pcap(9, bytes.fromhex("0021") + datagram()),
        pcap(104, bytes.fromhex("0f000800") + datagram()),
        section() + interface(1) + enhanced(0, ethernet(datagram())),
        section(">") + interface(1, ">") + enhanced(0, ethernet(datagram()), order=">"),
        section() + interface(1) + interface(228) + enhanced(1, datagram()),
        section() + interface(1) + section(">") + interface(228, ">") + enhanced(0, datagram(), order=">"),
        section() + block(0x80000001, b"something of somebody's own") + interface(228) + enhanced(0, datagram()),
        section()
        + interface(228)
        + enhanced(0, datagram(), options=struct.pack("<HH", 1, 2) + b"\xff\xfe\0\0" + bytes(4)),
        section()
        + interface(228, options=struct.pack("<HHB3xHH", 9, 1, 9, 0, 0))
        + enhanced(0, datagram(), AT * 1000 + 7),
        section()
        + interface(228, options=struct.pack("<HHqHH", 14, 8, SECONDS, 0, 0))
        + enhanced(0, datagram(), AT - SECONDS * 1_000_000),
        section()
        + interface(228)
        + block(2, struct.pack("<HHIIII", 0, 0, AT >> 32, AT & 0xFFFFFFFF, 56, 56) + datagram()),
    ],
)
def test_a_message_is_read_from_every_form_and_link_type(octets: bytes) -> None:
    assert is_capture(octets[:HEAD])
    assert seen(octets) == [WHOLE]


def test_a_resolution_in_powers_of_two_is_counted_as_such() -> None:
    octets = section() + interface(228, options=struct.pack("<HHB3x", 9, 1, 0x80 | 10)) + enhanced(0, datagram(), 1536)
    found = next(iter(frames(BytesIO(octets))))
    assert isinstance(found, Frame)
    assert found.at == 1_500_000


def test_a_simple_packet_has_no_time() -> None:
    octets = section() + interface(228) + block(3, struct.pack("<I", 56) + datagram())
    assert seen(octets) == [Ike(1, None, ENDS, MESSAGE)]


def test_ipv6_is_read() -> None:
    ends = Ends(IPv6Address("2001:db8::1"), IPv6Address("2001:db8::2"), 500, 500)
    assert seen(pcap(229, IPV6)) == [Ike(1, AT, ends, MESSAGE)]
    assert seen(pcap(1, ethernet(IPV6, 0x86DD))) == [Ike(1, AT, ends, MESSAGE)]


def test_what_shares_port_4500_is_told_apart() -> None:
    ends = Ends(A, B, 4500, 4500)
    packets = (bytes(4) + MESSAGE, b"\xff", bytes.fromhex("1234567800000009") + bytes(60))
    assert seen(pcap(228, *(datagram(one, 4500, 4500) for one in packets))) == [
        Ike(1, AT, ends, MESSAGE, marked=True),
        Keepalive(2, AT, ends),
        Esp(3, AT, ends, 0x12345678, 9),
    ]


def test_a_nat_may_give_any_port_and_esp_is_known_there_afterwards() -> None:
    esp = bytes.fromhex("1234567800000001") + bytes(60)
    frames_ = (datagram(esp, 31000, 32000), datagram(bytes(4) + MESSAGE, 31000, 32000), datagram(esp, 31000, 32000))
    ends = Ends(A, B, 31000, 32000)
    assert seen(pcap(228, *frames_)) == [
        Ike(2, AT, ends, MESSAGE, marked=True),
        Esp(3, AT, ends, 0x12345678, 1),
    ]


def test_fragments_of_ip_are_put_together() -> None:
    long = MESSAGE[:24] + (2028).to_bytes(4) + bytes(2000)
    parts = [part.encode() for part in cut(read_ipv4(datagram(long)), 600)]
    assert len(parts) > 2
    assert seen(pcap(228, *parts)) == [Ike(len(parts), AT, ENDS, long)]
    assert seen(pcap(228, *reversed(parts))) == [Ike(len(parts), AT, ENDS, long)]
    assert seen(pcap(228, *parts[:-1])) == []
    [flaw] = seen(pcap(228, *parts[:-1], parts[0][:40]))
    assert flaw == Flaw(len(parts), "an IP fragment that was not captured whole")


def test_an_error_of_icmp_names_what_it_is_about() -> None:
    error = bytes((3, 13)) + bytes(6) + datagram()[:28]
    packet = Ipv4(B, A, 1, error).encode()
    assert seen(pcap(228, packet)) == [Refusal(1, AT, B, 3, 13, ENDS, 17)]
    about_web = bytes((3, 13)) + bytes(6) + datagram(b"x" * 40, 5353, 53)[:28]
    assert seen(pcap(228, Ipv4(B, A, 1, about_web).encode())) == []


def test_what_a_snap_length_cut_off_is_counted() -> None:
    octets = pcap(228, datagram(MESSAGE[:24] + (128).to_bytes(4) + bytes(100))[:70])
    [message] = seen(octets)
    assert isinstance(message, Ike)
    assert (len(message.octets), message.missing) == (42, 86)


def test_sixty_eight_octets_of_a_frame_are_enough_to_know_a_message() -> None:
    long = MESSAGE[:24] + (128).to_bytes(4) + bytes(100)
    [message] = seen(pcap(1, ethernet(datagram(long))[:68]))
    assert message == Ike(1, AT, ENDS, long[:28], missing=100)


def test_other_traffic_is_nothing() -> None:
    arp = ethernet(bytes(28), 0x0806)
    assert seen(pcap(1, arp, ethernet(datagram(b"hello", 5353, 53)), ethernet(Ipv4(A, B, 6, bytes(20)).encode()))) == []


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (b"", "neither pcap nor pcapng"),
        (b"%PDF-1.7\n", "neither pcap nor pcapng"),
        (pcap(228)[:20], "within its header"),
        (pcap(228, datagram())[:30], "within the header of frame 1"),
        (pcap(101, b"", datagram(b"x", 5353, 53))[:-1], "within frame 2"),
        (pcap(228) + struct.pack("<IIII", 1, 1, LARGEST_FRAME + 1, 60), "claims 262145 octets"),
        (pcap(147, b"x"), "link type 147"),
        (pcap(228, b"E"), "no whole IP header"),
        (pcap(228, datagram()[:50]), "no whole ISAKMP header"),
        (pcap(228, datagram(b"GET / HTTP/1.1\r\n")), "is no ISAKMP message"),
        (section()[:10], "without a byte order"),
        (section()[:6], "within the header of a block"),
        (section()[:20], "within a block"),
        (section() + b"\1\0\0\0" + struct.pack("<I", 0xFFFFFFF0), "claims 4294967280 octets"),
        (section() + b"\1\0\0\0" + struct.pack("<I", 0), "claims 0 octets"),
        (section() + enhanced(0, datagram()), "which is not described"),
        (section() + interface(228) + enhanced(0, datagram())[:-20], "within a block"),
        (
            section() + interface(228) + block(6, struct.pack("<IIIII", 0, 0, 0, 9999, 9999)),
            "more octets than its block",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(octets: bytes, what: str) -> None:
    flaws = [one for one in seen(octets) if isinstance(one, Flaw)]
    assert len(flaws) == 1
    assert what in flaws[0].what


def test_a_text_is_no_capture() -> None:
    assert not is_capture(b"Jan  1 00:00:00 asa1 %ASA-7-713236: IP = 10.0.0.2"[:HEAD])
    assert not is_capture(b"\n\r\r\n" + b"text and more"[:8])
    assert not is_capture(b"")


def test_without_the_package_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mainmode.capture.container", None)
    with pytest.raises(InputError, match=r"pip install '\.\[pcap\]'"):
        next(read(BytesIO(pcap(228))))


class _Stream(BytesIO):
    """Gives what a pipe gives, and notes the most that was asked for at once."""

    most = 0

    def read(self, count: int | None = -1, /) -> bytes:
        asked = -1 if count is None else count
        assert asked >= 0, "the whole rest was asked for"
        self.most = max(self.most, asked)
        return super().read(min(asked, 7))


def test_a_file_is_never_asked_for_as_a_whole() -> None:
    for octets in (
        pcap(228, *[datagram()] * 50),
        section() + interface(228) + enhanced(0, datagram()) * 50,
        section() + interface(228) + block(6, struct.pack("<IIIII", 0, 0, 0, 1 << 31, 1 << 31)),
    ):
        stream = _Stream(octets)
        list(frames(stream))
        assert stream.most < 200


_WHOLE = [
    pcap(1, ethernet(datagram()), ethernet(datagram(bytes(4) + MESSAGE, 4500, 4500))),
    section() + interface(228, options=struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)) + enhanced(0, datagram()),
    pcap(229, IPV6),
]


@given(
    st.sampled_from(_WHOLE),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    st.integers(0, 400),
)
@settings(max_examples=400, deadline=None)
def test_a_damaged_file_never_raises(octets: bytes, flips: list[tuple[int, int]], kept: int) -> None:
    damaged = bytearray(octets)
    for place, value in flips:
        damaged[place % len(damaged)] = value
    seen(bytes(damaged[: kept or None]))
