"""The data path under an SA that is broken, exhausted, or whose peer's NAT gives it another address."""

from ipaddress import IPv4Address

from device_configs import REFERENCE, mirrored
from device_pair import HOST_A, HOST_B, Pair, echo

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop
from mainmode.ike.effects import MoveSa, Say
from mainmode.lab.entropy import SeededEntropy
from mainmode.wire.ip import Ipv4, Udp


def said(pair: Pair, name: str) -> list[str]:
    return [effect.line.text for effect in pair.effects[name] if isinstance(effect, Say)]


def test_an_esp_packet_that_holds_no_ip_packet_is_dropped_with_its_reason() -> None:
    pair = Pair()
    assert pair.ping(2)
    (state,) = pair.boxes["a"].sad.states()
    esp = state.outbound.seal(b"no IP packet", SeededEntropy(1, "x"))
    outside = pair.boxes["a"].interfaces["outside"].address
    there = pair.boxes["b"].interfaces["outside"].address
    pair.inject("b", "outside", Ipv4(outside, there, IpProtocol.ESP, esp))
    (told,) = [text for text in said(pair, "b") if "that was dropped by IPSec (" in text]
    assert told.startswith(f"IPSEC: Received an ESP packet (SPI= 0x{state.pair.outbound_spi:08X}, sequence number= 0x")
    assert pair.dropped("b")[-1].reason is Drop.NOT_AN_IP_PACKET


def test_a_packet_for_an_sa_without_sequence_numbers_is_dropped_with_its_reason() -> None:
    pair = Pair()
    assert pair.ping(2)
    (state,) = pair.boxes["a"].sad.states()
    state.outbound.sequence = 0xFFFF_FFFF
    pair.inject("a", "inside", echo(HOST_A, HOST_B, 9))
    told = f"IPSEC: Received a cleartext packet from {HOST_A} to {HOST_B} that was to be encapsulated in IPSec that was"
    assert any(text.startswith(told) for text in said(pair, "a"))


def test_esp_from_another_address_of_the_peers_nat_moves_the_tunnel_and_a_late_packet_does_not_move_it_back() -> None:
    first, second = IPv4Address("203.0.113.1"), IPv4Address("203.0.113.77")
    b = mirrored(REFERENCE).replace("10.0.0.1", str(first)) + "route outside 0.0.0.0 0.0.0.0 10.0.0.254\n"
    pair = Pair(b=b, seen_as=first)
    assert pair.ping(3) >= 2
    (state,) = pair.boxes["b"].sad.states()
    pair._seen_as = second
    esp = pair.boxes["a"].sad.states()[0]
    held_back = esp.seal(echo(HOST_A, HOST_B, 50).encode(), SeededEntropy(1, "x"), pair.now)
    assert pair.ping(2, start=60) == 2
    assert state.pair.path.remote.address == second
    moves = [effect for effect in pair.effects["b"] if isinstance(effect, MoveSa)]
    assert len(moves) == 1
    there = pair.boxes["b"].interfaces["outside"].address
    datagram = Udp(4500, 4500, held_back).encode(first, there, with_checksum=False)
    pair.inject("b", "outside", Ipv4(first, there, IpProtocol.UDP, datagram))
    assert state.pair.path.remote.address == second
