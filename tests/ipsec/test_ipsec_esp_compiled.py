"""ESP by the compiled helper against ESP in Python: the same octets and refusals, packet by packet and in runs."""

import hmac
import random
from collections.abc import Callable
from functools import partial
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipsec_samples import AES_SHA, SUITES, Dice, echo_request, ipv4, keys_for, suite_name

from mainmode.base.codes import EspAuthentication, EspTransform
from mainmode.crypto.compiled import native
from mainmode.ipsec import esp as room
from mainmode.ipsec.dataplane import EspSuite
from mainmode.ipsec.esp import EspRefused, InboundSa, OutboundSa
from mainmode.ipsec.segments import Segments

pytestmark = pytest.mark.helper

SPI = 0x1698CAC7
GCM = EspSuite(EspTransform.AES_GCM_16, 128, EspAuthentication.NONE)
sizes = st.one_of(st.integers(0, 70), st.sampled_from((1400, 9000, 65_535)))


def outbound(suite: EspSuite, *, helped: bool) -> OutboundSa:
    with patch.object(room, "native", native if helped else lambda: None):
        found = OutboundSa(SPI, suite, keys_for(suite))
    assert (found._compiled is not None) is helped
    return found


def inbound(suite: EspSuite, *, helped: bool, window: int | None = 64) -> InboundSa:
    with patch.object(room, "native", native if helped else lambda: None):
        return InboundSa(SPI, suite, keys_for(suite), window)


def answer(of: Callable[[], object]) -> object:
    """What is given, or why it is refused."""
    try:
        return of()
    except EspRefused as refused:
        return refused.drop, refused.detail


@pytest.mark.parametrize("suite", SUITES, ids=suite_name)
@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(sizes, st.integers(0, 255)), max_size=8), st.integers(0, 255))
def test_packets_are_sealed_and_opened_to_the_same_octets(
    suite: EspSuite, packets: list[tuple[int, int]], seed: int
) -> None:
    sealing, dice = [outbound(suite, helped=helped) for helped in (True, False)], [Dice(seed), Dice(seed)]
    opening = [inbound(suite, helped=helped) for helped in (True, False)]
    for size, next_header in packets:
        payload = random.Random(size).randbytes(size)
        one, other = (sa.seal(payload, d, next_header) for sa, d in zip(sealing, dice, strict=True))
        assert one == other
        assert [sa.unwrap(one) for sa in opening] == [(payload, next_header)] * 2
    assert opening[0].window.bitmap() == opening[1].window.bitmap()


@pytest.mark.parametrize("suite", SUITES, ids=suite_name)
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_bent_cut_and_invented_packets_are_refused_alike(suite: EspSuite, data: st.DataObject) -> None:
    dice, sealing = Dice(3), outbound(suite, helped=False)
    opening = [inbound(suite, helped=helped) for helped in (True, False)]
    for _ in range(3):
        packet = sealing.seal(bytes(data.draw(st.integers(0, 40))), dice, data.draw(st.sampled_from((4, 6, 59))))
        at = data.draw(st.integers(0, len(packet) - 1))
        kind = data.draw(st.sampled_from(("bent", "cut", "longer", "whole", "invented")))
        octets = {
            "bent": packet[:at] + bytes((packet[at] ^ data.draw(st.integers(1, 255)),)) + packet[at + 1 :],
            "cut": packet[:at],
            "longer": packet + bytes(at),
            "whole": packet,
            "invented": packet[:8] + data.draw(st.binary(max_size=80)),
        }[kind]
        one, other = (answer(partial(sa.unwrap, octets)) for sa in opening)
        assert one == other


@pytest.mark.parametrize("suite", SUITES, ids=suite_name)
def test_a_run_is_sealed_to_the_octets_of_its_packets_one_by_one(suite: EspSuite) -> None:
    packets = [echo_request(number, number * 13) for number in range(20)]
    one, other, runs = (outbound(suite, helped=helped) for helped in (True, False, False))
    dice = Dice(), Dice(), Dice()
    singles = [other.seal(packet, dice[1]) for packet in packets]
    assert one.seal_run(packets, dice[0]) == singles == runs.seal_run(packets, dice[2])
    assert one.sequence == other.sequence == runs.sequence == 20


@pytest.mark.parametrize("suite", SUITES[::4], ids=suite_name)
def test_segments_are_sealed_to_the_octets_of_the_packets_that_they_stand_for(suite: EspSuite) -> None:
    helper = native()
    assert helper is not None
    tcp = bytes.fromhex("13880050000003e80000000750100200") + bytes(4) + random.Random(1).randbytes(5000)
    packet = ipv4("192.168.1.10", "192.168.2.10", 6, tcp)
    for size in (99, 1368, 4999, 5000, 6000):
        segments = Segments.of(packet, size)
        assert segments is not None
        one, other = outbound(suite, helped=True), outbound(suite, helped=False)
        expected = [other.seal(part, dice) for dice in [Dice()] for part in helper.cut(packet, size)]
        assert one.seal_run(segments, Dice()) == expected


def followed(
    suite: EspSuite, datagrams: list[bytes], *, window: int | None = 64, largest: int = 1500
) -> list[bytes] | None:
    """What a run of these gives behind the first of them."""
    sa = inbound(suite, helped=True, window=window)
    packet, _, sequence = sa.peek(datagrams[0])
    sa.take(sequence)
    found = sa.follow(datagrams, 1, sequence, packet, largest)
    plain = inbound(suite, helped=False, window=window)
    for datagram in datagrams[: 1 + len(found or ())]:
        plain.open(datagram)
    assert sa.window.bitmap() == plain.window.bitmap()
    return found


ICMP = [echo_request(number, 40) for number in range(90)]


@pytest.mark.parametrize("suite", [AES_SHA, GCM, SUITES[2], SUITES[27]], ids=suite_name)
@pytest.mark.parametrize("count", [1, 2, 40, 70])
def test_a_run_is_opened_and_noted_in_the_window(suite: EspSuite, count: int) -> None:
    sealing, dice = outbound(suite, helped=False), Dice()
    datagrams = [sealing.seal(packet, dice) for packet in ICMP[:count]]
    assert followed(suite, datagrams) == ICMP[1:count]


@pytest.mark.parametrize("suite", [AES_SHA, GCM], ids=suite_name)
def test_a_run_ends_before_what_is_not_of_it(suite: EspSuite) -> None:
    tcp = ipv4("192.168.1.10", "192.168.2.10", 6, bytes(12) + b"\x50\x10" + bytes(6))
    fin = ipv4("192.168.1.10", "192.168.2.10", 6, bytes(12) + b"\x50\x11" + bytes(6))
    other = {
        "another connection": echo_request(1, 40)[:12] + echo_request(1, 40)[16:20] * 2 + echo_request(1, 40)[20:],
        "another protocol": ipv4("192.168.1.10", "192.168.2.10", 17, ICMP[0][20:]),
        "options": b"\x46" + ICMP[0][1:],
        "a fragment": ICMP[0][:6] + b"\x20" + ICMP[0][7:],
        "a wrong checksum": ICMP[0][:10] + bytes((ICMP[0][10] ^ 1,)) + ICMP[0][11:],
        "too long for its header": ICMP[0] + b"x",
        "too large": echo_request(1, 1473),
        "nothing": b"",
    }
    sealing, dice = outbound(suite, helped=False), Dice()
    for name, packet in other.items():
        run = [sealing.seal(one, dice) for one in (ICMP[0], ICMP[1], packet, ICMP[2])]
        assert followed(suite, run) == [ICMP[1]], name
    run = [sealing.seal(one, dice) for one in (tcp, tcp, fin, tcp)]
    assert followed(suite, run) == [tcp]
    run = [sealing.seal(one, dice) for one in ICMP[:4]]
    assert followed(suite, [run[0], run[1], run[3], run[2]]) == [ICMP[1]], "a number is left out"
    assert followed(suite, [run[0], run[1], run[1]]) == [ICMP[1]], "a number comes again"
    assert followed(suite, [run[0], run[1], run[2][:-1] + bytes((run[2][-1] ^ 1,))]) == [ICMP[1]], "a wrong ICV"
    assert followed(suite, [run[0], run[1], run[2][:-1]]) == [ICMP[1]], "cut"
    assert followed(suite, [run[0], run[1], b"\0" + run[2][1:]]) == [ICMP[1]], "another SPI"
    assert followed(suite, [run[0], sealing.seal(ICMP[2], dice, 6)]) == [], "no packet inside"


@pytest.mark.parametrize("trailer", [b"\x01\x03\x02\x04", b"\x02\x01\x02\x04", b"\0\0\xff\x04"])
def test_a_run_ends_before_padding_that_does_not_count_up_or_does_not_fit(trailer: bytes) -> None:
    suite = EspSuite(EspTransform.NULL, 0, EspAuthentication.HMAC_SHA1)
    sealing, dice = outbound(suite, helped=False), Dice()
    run = [sealing.seal(ICMP[0], dice)]
    good = ICMP[1] + b"\x01\x02\x02\x04"
    for number, plain in ((2, good), (3, good[:-4] + trailer)):
        packet = SPI.to_bytes(4) + number.to_bytes(4) + plain
        run.append(packet + hmac.digest(keys_for(suite).integrity.reveal(), packet, "sha1")[:12])
    assert followed(suite, run) == [ICMP[1]]


def test_a_run_left_of_the_highest_number_is_left_to_the_window() -> None:
    sealing, dice = outbound(AES_SHA, helped=False), Dice()
    run = [sealing.seal(packet, dice) for packet in ICMP[:9]]
    sa = inbound(AES_SHA, helped=True)
    sa.open(run[5])
    packet, _, sequence = sa.peek(run[2])
    sa.take(sequence)
    assert sa.follow(run, 3, sequence, packet, 1500) is None


def test_without_integrity_there_are_no_runs() -> None:
    suite = EspSuite(EspTransform.AES_CBC, 128, EspAuthentication.NONE)
    sealing, dice = outbound(suite, helped=False), Dice()
    assert followed(suite, [sealing.seal(packet, dice) for packet in ICMP[:3]]) is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.binary(max_size=120), max_size=6), st.integers(-3, 7), st.integers(0, 2**32 - 1), st.binary(max_size=60)
)
def test_any_octets_open_nothing_and_break_nothing(
    datagrams: list[bytes], begin: int, sequence: int, first: bytes
) -> None:
    for suite in (AES_SHA, GCM, SUITES[27]):
        sa = inbound(suite, helped=True)._compiled
        assert sa is not None
        spi = SPI.to_bytes(4) + ((sequence + 1) & 0xFFFFFFFF).to_bytes(4)
        assert sa.open_run([spi + one for one in datagrams], begin, sequence, first or ICMP[0], 1500) == []


def test_what_does_not_fit_is_refused() -> None:
    helper = native()
    assert helper is not None
    esp = helper.esp
    for arguments in (
        (1, True, "AES", bytes(15), b"", "sha1", bytes(20), 12),
        (1, True, "RC4", bytes(16), b"", "sha1", bytes(20), 12),
        (1, True, "AES-GCM", bytes(16), b"", "", b"", 0),
        (1, True, "AES-GCM", bytes(16), bytes(4), "sha1", bytes(20), 12),
        (1, True, "AES", bytes(16), bytes(4), "sha1", bytes(20), 12),
        (1, True, "AES", bytes(16), b"", "sha3", bytes(20), 12),
        (1, True, "AES", bytes(16), b"", "sha1", bytes(65), 12),
        (1, True, "AES", bytes(16), b"", "sha1", bytes(20), 21),
        (1, True, "AES", bytes(16), b"", "sha1", bytes(20), 0),
        (1, True, "DES", bytes(7), b"", "sha1", bytes(20), 12),
    ):
        with pytest.raises(ValueError, match=r"no cipher|no integrity|salt"):
            esp(*arguments)
    sealing = esp(1, True, "AES", bytes(16), b"", "sha1", bytes(20), 12)
    opening = esp(1, False, "AES", bytes(16), b"", "sha1", bytes(20), 12)
    for call in (
        lambda: sealing.seal(b"x", 4, 1, bytes(15)),
        lambda: sealing.seal_run([b"x", b"y"], 1, bytes(16)),
        lambda: sealing.seal_segments(ICMP[0], 10, 1, b""),
        lambda: sealing.decrypt(bytes(64)),
        lambda: opening.decrypt(bytes(35)),
        lambda: opening.decrypt(b""),
        lambda: opening.seal(b"x", 4, 1, bytes(16)),
        lambda: sealing.open_run([], 0, 0, ICMP[0], 9),
    ):
        with pytest.raises(ValueError, match=r"fit|random|direction|segments"):
            call()
    for bad in (lambda: sealing.seal_run([1], 1, bytes(16)), lambda: opening.open_run([1], 0, 0, ICMP[0], 9)):
        with pytest.raises(TypeError):
            bad()
    with pytest.raises(TypeError):
        type(sealing)()
