"""Established SAs: finding them, counting, and how long they live."""

from dataclasses import replace

import pytest
from ipsec_samples import AES_SHA, Dice, echo_request, pair_for

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.codes import EspAuthentication, EspTransform
from mainmode.base.errors import Drop
from mainmode.base.instant import SECOND, Instant
from mainmode.crypto.errors import CryptoError
from mainmode.ipsec.dataplane import EspSuite, SaPair, SaTally
from mainmode.ipsec.esp import EspRefused
from mainmode.ipsec.sad import Sad, SaState

NOW = Instant(1_700_000_000 * SECOND)
PING = echo_request(1, 56)


def after(seconds: float) -> Instant:
    return Instant(NOW + round(seconds * SECOND))


def mirrored(pair: SaPair) -> SaPair:
    return replace(
        pair,
        inbound_spi=pair.outbound_spi,
        outbound_spi=pair.inbound_spi,
        inbound_keys=pair.outbound_keys,
        outbound_keys=pair.inbound_keys,
        proxies=pair.proxies.mirrored(),
    )


def two_ends(pair: SaPair) -> tuple[SaState, SaState]:
    return SaState(pair, NOW), SaState(mirrored(pair), NOW)


def test_two_ends_exchange_packets_and_count_them() -> None:
    a, b = two_ends(pair_for())
    dice = Dice()
    for _ in range(4):
        assert b.open(a.seal(PING, dice)) == PING
        assert a.open(b.seal(PING, dice)) == PING
    assert a.tally == SaTally(encapsulated=4, decapsulated=4, octets_out=4 * 84, octets_in=4 * 84)
    assert a.bitmaps == ((0, 0x1F), (0, 1))


def test_refusals_are_counted_by_their_kind() -> None:
    a, b = two_ends(pair_for())
    packet = a.seal(PING, Dice())
    for octets, drop in (
        (packet[:-1] + bytes([packet[-1] ^ 1]), Drop.BAD_ICV),
        (b"", Drop.BAD_PADDING),
    ):
        with pytest.raises(EspRefused) as refused:
            b.open(octets)
        assert refused.value.drop is drop
    b.open(packet)
    with pytest.raises(EspRefused, match="seen before"):
        b.open(packet)
    b.count_selector_mismatch()
    assert b.tally == SaTally(decapsulated=1, octets_in=84, replays=1, bad_icv=1, selector_mismatches=1)


def test_the_kilobytes_of_the_reference() -> None:
    # `remaining key lifetime (kB/sec): (3914999/…)` both ways after four pings, 4608000 configured.
    a, b = two_ends(pair_for())
    assert a.kilobytes_left == (3915000, 3915000)
    for _ in range(4):
        a.open(b.seal(PING, Dice()))
        a.seal(PING, Dice())
    assert a.kilobytes_left == (3914999, 3914999)


def test_the_kilobytes_count_each_direction_and_stop_at_zero() -> None:
    state = SaState(pair_for(kilobytes=2), NOW)
    assert state.kilobytes_left == (1, 1)
    for _ in range(15):
        state.seal(PING, Dice())
    assert state.kilobytes_left == (1, 0)
    assert not state.expired(NOW)
    for _ in range(10):
        state.seal(PING, Dice())
    assert state.tally.octets_out >= 2048
    assert state.expired(NOW)


def test_seconds_run_down_to_zero_and_then_the_sa_is_over() -> None:
    state = SaState(pair_for(seconds=3600), NOW)
    assert state.seconds_left(NOW) == 3600
    assert state.seconds_left(after(274)) == 3326
    assert state.seconds_left(after(0.5)) == 3599
    assert state.seconds_left(after(4000)) == 0
    assert state.expires_at == after(3600)
    assert not state.expired(after(3599.999999))
    assert state.expired(after(3600))


def test_without_limits_an_sa_lives_on() -> None:
    state = SaState(pair_for(seconds=None, kilobytes=None), NOW)
    assert state.seconds_left(NOW) is state.kilobytes_left is state.expires_at is None
    assert not state.expired(after(10**9))


def test_the_newest_pair_of_a_tunnel_carries_its_traffic() -> None:
    sad = Sad()
    old = sad.install(pair_for(inbound_spi=1), NOW)
    assert sad.outbound_for("10.0.0.2", old.pair.proxies) is old
    new = sad.install(pair_for(inbound_spi=2), after(5))
    assert sad.outbound_for("10.0.0.2", old.pair.proxies) is new
    assert (sad.inbound(1), sad.inbound(2)) == (old, new)
    assert sad.remove(2) is new
    assert sad.outbound_for("10.0.0.2", old.pair.proxies) is old
    assert sad.remove(1) is old
    assert sad.outbound_for("10.0.0.2", old.pair.proxies) is None
    assert sad.remove(1) is None
    assert sad.states() == ()


def test_a_tunnel_is_peer_and_exact_proxies() -> None:
    sad = Sad()
    state = sad.install(pair_for(), NOW)
    other = ProxyPair(Proxy.of("192.168.1.0/25"), Proxy.of("192.168.2.0/24"))
    assert sad.outbound_for("10.0.0.2", other) is None
    assert sad.outbound_for("10.0.0.3", state.pair.proxies) is None


def test_an_spi_used_again_takes_the_place_of_the_old_pair() -> None:
    sad = Sad()
    sad.install(pair_for(inbound_spi=1), NOW)
    new = sad.install(pair_for(inbound_spi=1, remote="192.168.3.0/24"), NOW)
    assert sad.states() == (new,)
    assert sad.outbound_for("10.0.0.2", pair_for().proxies) is None


def test_the_deadline_is_the_earliest_end() -> None:
    sad = Sad()
    assert sad.deadline() is None
    sad.install(pair_for(inbound_spi=1, seconds=None), NOW)
    assert sad.deadline() is None
    sad.install(pair_for(inbound_spi=2, seconds=3600), NOW)
    sad.install(pair_for(inbound_spi=3, seconds=1200), after(60))
    assert sad.deadline() == after(1260)
    assert sad.expired(after(1259)) == ()
    assert sad.expired(after(1260)) == (3,)
    assert sad.expired(after(3600)) == (2, 3)


def test_a_pair_that_esp_refuses_is_not_installed() -> None:
    sad = Sad()
    old = sad.install(pair_for(inbound_spi=1), NOW)
    nothing = EspSuite(EspTransform.NULL, 0, EspAuthentication.NONE)
    with pytest.raises(CryptoError):
        sad.install(pair_for(nothing, inbound_spi=1), NOW)
    assert sad.states() == (old,)


def test_no_key_is_in_a_repr() -> None:
    pair = pair_for(AES_SHA)
    text = repr(pair)
    for keys in (pair.inbound_keys, pair.outbound_keys):
        assert keys.cipher.reveal().hex() not in text
        assert repr(keys.cipher.reveal()) not in text
