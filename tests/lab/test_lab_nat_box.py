"""A NAT box: what of a packet it changes, what it remembers, and what it lets in."""

from ipaddress import IPv4Address

import pytest

from mainmode.base.codes import IpProtocol
from mainmode.base.instant import later, seconds
from mainmode.lab.clock import START
from mainmode.lab.cloud import ROUTER
from mainmode.lab.nat_box import NatBox
from mainmode.wire.fragments import cut
from mainmode.wire.icmp import too_large
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp, checksum, ports_of, read_echo, read_ipv4, read_udp

PUBLIC, NEAR, OTHER, FAR = (IPv4Address(text) for text in ("198.51.100.1", "10.9.0.2", "10.9.0.3", "203.0.113.2"))


def _udp(source: IPv4Address, source_port: int, destination: IPv4Address, port: int, data: bytes = b"ike") -> bytes:
    udp = Udp(source_port, port, data).encode(source, destination)
    return Ipv4(source, destination, IpProtocol.UDP, udp).encode()


def _through(found: bytes | str) -> Ipv4:
    assert isinstance(found, bytes), found
    return read_ipv4(found)


def test_a_datagram_goes_out_from_a_port_of_the_box_and_its_answer_comes_back() -> None:
    box = NatBox("nat", PUBLIC)
    out = _through(box.outward(_udp(NEAR, 500, FAR, 500), START))
    assert (out.source, out.destination) == (PUBLIC, FAR)
    sent = read_udp(out)
    assert (sent.source_port != 500, sent.destination_port, sent.payload) == (True, 500, b"ike")
    back = _through(box.inward(_udp(FAR, 500, PUBLIC, sent.source_port, b"answer"), START))
    assert back.destination == NEAR
    assert (read_udp(back).destination_port, read_udp(back).payload) == (500, b"answer")


def test_two_devices_behind_one_box_have_ports_of_their_own() -> None:
    box = NatBox("nat", PUBLIC, keep_ports=True)
    ports = [ports_of(_through(box.outward(_udp(near, 4500, FAR, 4500), START)))[0] for near in (NEAR, OTHER)]
    assert ports[0] == 4500
    assert ports[1] != 4500
    back = _through(box.inward(_udp(FAR, 4500, PUBLIC, ports[1]), START))
    assert back.destination == OTHER


def test_nobody_comes_in_who_was_not_written_to() -> None:
    box = NatBox("nat", PUBLIC, keep_ports=True)
    box.outward(_udp(NEAR, 500, FAR, 500), START)
    stranger = box.inward(_udp(IPv4Address("203.0.113.3"), 500, PUBLIC, 500), START)
    assert stranger == "the NAT box nat has no mapping for 203.0.113.3:500 to its port 500"


def test_a_mapping_that_rests_too_long_is_gone() -> None:
    box = NatBox("nat", PUBLIC, timeout=seconds(30), keep_ports=True)
    box.outward(_udp(NEAR, 4500, FAR, 4500), START)
    answer = _udp(FAR, 4500, PUBLIC, 4500)
    for second in (29, 58):
        assert isinstance(box.inward(answer, later(START, seconds(second))), bytes)
    assert isinstance(box.inward(answer, later(START, seconds(89))), str)


def test_after_a_reboot_no_mapping_is_left() -> None:
    box = NatBox("nat", PUBLIC, keep_ports=True)
    box.outward(_udp(NEAR, 4500, FAR, 4500), START)
    box.reboot()
    assert isinstance(box.inward(_udp(FAR, 4500, PUBLIC, 4500), START), str)


def test_a_forwarded_port_lets_everybody_in_and_answers_leave_from_it() -> None:
    box = NatBox("nat", PUBLIC, forwards={(17, 500): (NEAR, 500)})
    assert _through(box.inward(_udp(FAR, 1234, PUBLIC, 500), START)).destination == NEAR
    assert ports_of(_through(box.outward(_udp(NEAR, 500, FAR, 1234), START))) == (500, 1234)
    assert ports_of(_through(box.outward(_udp(NEAR, 500, FAR, 500), START))) == (500, 500)


def test_esp_passes_only_where_the_box_lets_it() -> None:
    esp = Ipv4(NEAR, FAR, IpProtocol.ESP, bytes(60)).encode()
    assert NatBox("nat", PUBLIC).outward(esp, START) == "the NAT box nat does not translate ESP"
    box = NatBox("nat", PUBLIC, passes_esp=True)
    assert _through(box.outward(esp, START)).source == PUBLIC
    assert _through(box.inward(Ipv4(FAR, PUBLIC, IpProtocol.ESP, bytes(60)).encode(), START)).destination == NEAR


def test_an_echo_is_told_by_its_identifier() -> None:
    box = NatBox("nat", PUBLIC)
    asked = Ipv4(NEAR, FAR, IpProtocol.ICMP, IcmpEcho(True, 7, 1, b"x").encode()).encode()
    out = read_echo(_through(box.outward(asked, START)))
    assert out is not None
    reply = Ipv4(FAR, PUBLIC, IpProtocol.ICMP, IcmpEcho(False, out.identifier, 1, b"x").encode()).encode()
    back = _through(box.inward(reply, START))
    echo = read_echo(back)
    assert echo is not None
    assert (back.destination, echo.identifier) == (NEAR, 7)


def test_the_pieces_of_a_datagram_stay_together() -> None:
    box = NatBox("nat", PUBLIC)
    whole = _udp(NEAR, 500, FAR, 500, bytes(2000))
    pieces = [_through(box.outward(piece.encode(), START)) for piece in cut(read_ipv4(whole), 1000)]
    assert {piece.source for piece in pieces} == {PUBLIC}
    joined = Ipv4(PUBLIC, FAR, IpProtocol.UDP, b"".join(piece.payload for piece in pieces))
    assert read_udp(joined).payload == bytes(2000)


@pytest.mark.parametrize("protocol", [IpProtocol.UDP, IpProtocol.ESP])
def test_an_error_about_a_translated_packet_is_translated_with_what_it_quotes(protocol: IpProtocol) -> None:
    box = NatBox("nat", PUBLIC, passes_esp=True)
    inner = _udp(NEAR, 4500, FAR, 4500) if protocol is IpProtocol.UDP else Ipv4(NEAR, FAR, 50, bytes(40)).encode()
    out = box.outward(inner, START)
    assert isinstance(out, bytes)
    error = _through(box.inward(too_large(read_ipv4(out), 1400, ROUTER).encode(), START))
    assert error.destination == NEAR
    assert checksum(error.payload) == 0
    quoted = error.payload[8:]
    assert quoted[:20] == inner[:20]
    assert quoted[20:24] == inner[20:24]
    unknown = _udp(PUBLIC, 9, FAR, 9)
    found = box.inward(too_large(read_ipv4(unknown), 1400, ROUTER).encode(), START)
    assert found == "the NAT box nat knows nothing of the packet that an ICMP error is about"
