"""The messages of the data path that take a broken or an exhausted SA to hear."""

from device_pair import HOST_A, HOST_B, Pair, echo

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop
from mainmode.ike.effects import Say
from mainmode.lab.entropy import SeededEntropy
from mainmode.wire.ip import Ipv4


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
    state.outbound._sequence = 0xFFFF_FFFF
    pair.inject("a", "inside", echo(HOST_A, HOST_B, 9))
    told = f"IPSEC: Received a cleartext packet from {HOST_A} to {HOST_B} that was to be encapsulated in IPSec that was"
    assert any(text.startswith(told) for text in said(pair, "a"))
