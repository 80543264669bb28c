"""ESP against published packets, and what must not pass."""

import hashlib
import hmac
import json
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st
from ipsec_samples import AES_SHA, SUITES, Dice, echo_request, keys_for, suite_name

from mainmode.base.codes import EspAuthentication, EspTransform
from mainmode.base.errors import Drop
from mainmode.base.secret import Secret
from mainmode.crypto.errors import CryptoError, UnsupportedAlgorithm
from mainmode.ipsec.dataplane import EspSuite, SaKeys
from mainmode.ipsec.esp import EspRefused, InboundSa, OutboundSa

VECTORS = json.loads((Path(__file__).parent / "ipsec_vectors.json").read_text())
GCM_CASES = VECTORS["gcm"]["cases"]
CBC_CASES = VECTORS["cbc"]["cases"]
NO_KEY = Secret(b"")
SPI = 0x1698CAC7
PING = echo_request(1)


class Tape:
    """An Entropy that hands out one prepared block."""

    def __init__(self, block: bytes) -> None:
        self.block = block

    def take(self, count: int) -> bytes:
        assert count == len(self.block)
        return self.block


def ends(suite: EspSuite, window: int = 64) -> tuple[OutboundSa, InboundSa]:
    return OutboundSa(SPI, suite, keys_for(suite)), InboundSa(SPI, suite, keys_for(suite), window)


def refusal(inbound: InboundSa, packet: bytes) -> Drop:
    with pytest.raises(EspRefused) as refused:
        inbound.open(packet)
    return refused.value.drop


@pytest.mark.parametrize("case", GCM_CASES)
def test_published_gcm_packets_open(case: dict[str, str]) -> None:
    key, packet = bytes.fromhex(case["key"]), bytes.fromhex(case["packet"])
    suite = EspSuite(EspTransform.AES_GCM_16, len(key) * 8, EspAuthentication.NONE)
    keys = SaKeys(Secret(key + bytes.fromhex(case["salt"])), NO_KEY)
    inbound = InboundSa(int.from_bytes(packet[:4]), suite, keys)
    payload, next_header = inbound.unwrap(packet)
    assert payload.hex() == case["payload"]
    assert next_header == case["next_header"]
    with pytest.raises(EspRefused, match="seen before"):
        inbound.unwrap(packet)


@pytest.mark.parametrize("case", CBC_CASES)
def test_published_cbc_packets_open(case: dict[str, str]) -> None:
    suite = EspSuite(EspTransform.AES_CBC, 128, EspAuthentication.NONE)
    inbound = InboundSa(0x4321, suite, SaKeys(Secret(bytes.fromhex(case["key"])), NO_KEY))
    payload, next_header = inbound.unwrap(bytes.fromhex(case["packet"]))
    assert (payload.hex(), next_header) == (case["payload"], case["next_header"])


def test_a_published_cbc_packet_is_sealed_octet_by_octet() -> None:
    case = CBC_CASES[0]
    key = bytes.fromhex(case["key"])
    # The block that becomes the published IV when it is encrypted.
    before = Cipher(algorithms.AES(key), modes.ECB()).decryptor().update(bytes.fromhex(case["iv"]))
    suite = EspSuite(EspTransform.AES_CBC, 128, EspAuthentication.NONE)
    outbound = OutboundSa(0x4321, suite, SaKeys(Secret(key), NO_KEY))
    assert outbound.seal(bytes.fromhex(case["payload"]), Tape(before), case["next_header"]).hex() == case["packet"]


def test_the_icv_is_the_truncated_hmac_over_all_before_it() -> None:
    outbound, _ = ends(AES_SHA)
    packet = outbound.seal(PING, Dice())
    key = keys_for(AES_SHA).integrity.reveal()
    assert packet[-12:] == hmac.digest(key, packet[:-12], hashlib.sha1)[:12]


@pytest.mark.parametrize("suite", SUITES, ids=suite_name)
def test_what_is_sealed_opens_again_in_order(suite: EspSuite) -> None:
    outbound, inbound = ends(suite)
    dice = Dice()
    for number in range(1, 40):
        packet = outbound.seal(echo_request(number, number), dice)
        assert packet[:8] == SPI.to_bytes(4) + number.to_bytes(4)
        assert len(packet) % 4 == 0
        assert inbound.open(packet) == echo_request(number, number)
    assert outbound.sequence == 39


@pytest.mark.parametrize("suite", SUITES, ids=suite_name)
def test_packets_open_in_any_order_but_only_once(suite: EspSuite) -> None:
    outbound, inbound = ends(suite)
    packets = [outbound.seal(echo_request(number), Dice(number)) for number in range(5)]
    for index in (3, 0, 4, 2, 1):
        assert inbound.open(packets[index]) == echo_request(index)
    if suite.authentication is not EspAuthentication.NONE or suite.encryption is EspTransform.AES_GCM_16:
        assert [refusal(inbound, packet) for packet in packets] == [Drop.REPLAY] * 5


def test_without_integrity_there_is_no_anti_replay() -> None:
    outbound, inbound = ends(EspSuite(EspTransform.AES_CBC, 128, EspAuthentication.NONE))
    packet = outbound.seal(PING, Dice())
    assert inbound.open(packet) == inbound.open(packet) == PING
    assert inbound.window.bitmap() == (0, 1)


@pytest.mark.parametrize("suite", [suite for suite in SUITES if suite_name(suite).count("NONE") == 0], ids=suite_name)
def test_every_bent_octet_is_a_bad_icv_and_leaves_the_window_alone(suite: EspSuite) -> None:
    outbound, inbound = ends(suite)
    packet = outbound.seal(b"x" * 20, Dice())
    for at in range(4, len(packet)):
        bent = packet[:at] + bytes([packet[at] ^ 0x80]) + packet[at + 1 :]
        assert refusal(inbound, bent) is Drop.BAD_ICV
    assert inbound.window.bitmap() == (0, 1)
    assert inbound.open(packet) == b"x" * 20


def test_a_bent_gcm_packet_is_a_bad_icv() -> None:
    outbound, inbound = ends(EspSuite(EspTransform.AES_GCM_16, 256, EspAuthentication.NONE))
    packet = outbound.seal(PING, Dice())
    for at in (5, 9, 20, len(packet) - 1):
        bent = packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1 :]
        assert refusal(inbound, bent) is Drop.BAD_ICV
    assert inbound.open(packet) == PING


def test_a_replay_is_refused_before_its_icv_is_looked_at() -> None:
    outbound, inbound = ends(AES_SHA)
    packet = outbound.seal(PING, Dice())
    inbound.open(packet)
    assert refusal(inbound, packet[:-1] + b"\0") is Drop.REPLAY


def test_a_packet_left_of_the_window_is_refused() -> None:
    outbound, inbound = ends(AES_SHA)
    packets = [outbound.seal(PING, Dice()) for _ in range(70)]
    inbound.open(packets[-1])
    assert refusal(inbound, packets[5]) is Drop.REPLAY
    assert inbound.open(packets[6]) == PING


def test_another_sas_packet_is_refused() -> None:
    outbound, _ = ends(AES_SHA)
    other = InboundSa(SPI + 1, AES_SHA, keys_for(AES_SHA))
    assert refusal(other, outbound.seal(PING, Dice())) is Drop.UNKNOWN_SPI


def forged(plain: bytes) -> bytes:
    """A NULL packet with a good HMAC over whatever stands in it."""
    suite = EspSuite(EspTransform.NULL, 0, EspAuthentication.HMAC_SHA1)
    packet = SPI.to_bytes(4) + (1).to_bytes(4) + plain
    return packet + hmac.digest(keys_for(suite).integrity.reveal(), packet, hashlib.sha1)[:12]


@pytest.mark.parametrize(
    "plain",
    [b"ab\x01\x01\x02\x02\x03\x04", b"ab\x01\x02\x02\x02\x04\x04", b"\x01\x02\x03\x04", b"\0\0\xff\x04"],
)
def test_padding_that_does_not_count_up_or_does_not_fit_is_refused(plain: bytes) -> None:
    _, inbound = ends(EspSuite(EspTransform.NULL, 0, EspAuthentication.HMAC_SHA1))
    assert refusal(inbound, forged(plain)) is Drop.BAD_PADDING


def test_a_dummy_packet_is_no_ip_packet() -> None:
    _, inbound = ends(EspSuite(EspTransform.NULL, 0, EspAuthentication.HMAC_SHA1))
    assert refusal(inbound, forged(b"ab\0\x3b")) is Drop.NOT_AN_IP_PACKET


def test_transport_mode_carries_the_inner_protocol() -> None:
    outbound, inbound = ends(AES_SHA)
    assert inbound.unwrap(outbound.seal(PING[20:], Dice(), 1)) == (PING[20:], 1)


@pytest.mark.parametrize("suite", SUITES[::3], ids=suite_name)
@given(packet=st.binary(max_size=120))
@settings(max_examples=40, deadline=None)
def test_any_octets_are_refused_by_name(suite: EspSuite, packet: bytes) -> None:
    _, inbound = ends(suite)
    for octets in (packet, SPI.to_bytes(4) + packet):
        if suite.authentication is EspAuthentication.NONE and suite.encryption is not EspTransform.AES_GCM_16:
            with suppress(EspRefused):
                inbound.unwrap(octets)
        else:
            assert refusal(inbound, octets) in (Drop.BAD_PADDING, Drop.BAD_ICV, Drop.REPLAY, Drop.UNKNOWN_SPI)


def test_a_piece_of_a_packet_does_not_disturb_the_next() -> None:
    outbound, inbound = ends(EspSuite(EspTransform.AES_CBC, 128, EspAuthentication.NONE))
    packet = outbound.seal(PING, Dice())
    assert refusal(inbound, packet[:-1]) is Drop.BAD_PADDING
    assert inbound.open(packet) == PING


def test_the_sequence_numbers_do_not_wrap() -> None:
    outbound, inbound = ends(AES_SHA)
    outbound.sequence = 0xFFFFFFFE
    last = outbound.seal(PING, Dice())
    assert last[4:8] == b"\xff" * 4
    assert inbound.open(last) == PING
    with pytest.raises(EspRefused, match="used up") as refused:
        outbound.seal(PING, Dice())
    assert refused.value.drop is Drop.NO_TUNNEL


def test_the_same_entropy_gives_the_same_octets_and_another_gives_others() -> None:
    first = [ends(AES_SHA)[0].seal(PING, Dice(seed)) for seed in (1, 1, 2)]
    assert first[0] == first[1] != first[2]


def test_no_iv_comes_twice() -> None:
    for suite in (AES_SHA, EspSuite(EspTransform.AES_GCM_16, 128, EspAuthentication.NONE)):
        outbound, dice = ends(suite)[0], Dice()
        assert len({outbound.seal(PING, dice)[8:16] for _ in range(50)}) == 50


@pytest.mark.parametrize(
    "suite",
    [
        EspSuite(EspTransform.NULL, 0, EspAuthentication.NONE),
        EspSuite(EspTransform.AES_GCM_16, 128, EspAuthentication.HMAC_SHA1),
    ],
    ids=suite_name,
)
def test_no_service_at_all_and_integrity_twice_are_refused(suite: EspSuite) -> None:
    for end in (OutboundSa, InboundSa):
        with pytest.raises(CryptoError, match="with integrity"):
            end(SPI, suite, keys_for(suite))


def test_keys_of_the_wrong_length_are_refused() -> None:
    good = keys_for(AES_SHA)
    for keys in (SaKeys(Secret(bytes(15)), good.integrity), SaKeys(good.cipher, Secret(bytes(16)))):
        with pytest.raises(CryptoError, match="keys"):
            OutboundSa(SPI, AES_SHA, keys)


def test_a_suite_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnsupportedAlgorithm):
        InboundSa(SPI, EspSuite(EspTransform.AES_CTR, 128, EspAuthentication.HMAC_SHA1), keys_for(AES_SHA))
