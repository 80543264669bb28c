"""Established SAs: finding them, counting, and how long they live."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from ipsec_samples import AES_SHA, Dice, echo_request, pair_for

from mainmode.base.address import Endpoint, Path, Proxy, ProxyPair
from mainmode.base.codes import EspAuthentication, EspTransform
from mainmode.base.errors import Drop
from mainmode.base.instant import SECOND, Instant
from mainmode.crypto.errors import CryptoError
from mainmode.ipsec import sad as sad_module
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
        assert b.open(a.seal(PING, dice, NOW), NOW) == PING
        assert a.open(b.seal(PING, dice, NOW), NOW) == PING
    assert a.tally == SaTally(encapsulated=4, decapsulated=4, octets_out=4 * 84, octets_in=4 * 84)
    assert a.bitmaps == ((0, 0x1F), (0, 1))


def test_refusals_are_counted_by_their_kind() -> None:
    a, b = two_ends(pair_for())
    packet = a.seal(PING, Dice(), NOW)
    for octets, drop in (
        (packet[:-1] + bytes([packet[-1] ^ 1]), Drop.BAD_ICV),
        (b"", Drop.BAD_PADDING),
    ):
        with pytest.raises(EspRefused) as refused:
            b.open(octets, NOW)
        assert refused.value.drop is drop
    b.open(packet, NOW)
    with pytest.raises(EspRefused, match="seen before"):
        b.open(packet, NOW)
    b.count_selector_mismatch()
    assert b.tally == SaTally(decapsulated=1, octets_in=84, replays=1, bad_icv=1, selector_mismatches=1)


def test_the_kilobytes_of_the_reference() -> None:
    # `remaining key lifetime (kB/sec): (3914999/…)` both ways after four pings, 4608000 configured.
    a, b = two_ends(pair_for())
    assert a.kilobytes_left == (3915000, 3915000)
    for _ in range(4):
        a.open(b.seal(PING, Dice(), NOW), NOW)
        a.seal(PING, Dice(), NOW)
    assert a.kilobytes_left == (3914999, 3914999)


def test_the_kilobytes_count_each_direction_and_stop_at_zero() -> None:
    state = SaState(pair_for(kilobytes=2), NOW)
    assert state.kilobytes_left == (1, 1)
    for _ in range(15):
        state.seal(PING, Dice(), NOW)
    assert state.kilobytes_left == (1, 0)
    assert not state.expired(NOW)
    for _ in range(10):
        state.seal(PING, Dice(), NOW)
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


def test_a_renewed_pair_sends_only_when_its_peer_is_known_to_listen() -> None:
    sad = Sad()
    old = sad.install(pair_for(inbound_spi=1), NOW)
    began = replace(pair_for(inbound_spi=2), initiator=True)
    for learns in (lambda new: sad.use(2), lambda new: new.open(other_end(new).seal(PING, Dice(), NOW), NOW)):
        new = sad.install(began, after(5), replaces=1)
        assert sad.outbound_for("10.0.0.2", old.pair.proxies) is old
        learns(new)
        assert sad.outbound_for("10.0.0.2", old.pair.proxies) is new
        sad.remove(2)
    answered = sad.install(replace(began, initiator=False), after(5), replaces=1)
    assert sad.outbound_for("10.0.0.2", old.pair.proxies) is answered
    sad.remove(2)
    waiting = sad.install(began, after(5), replaces=1)
    sad.remove(1)
    assert sad.outbound_for("10.0.0.2", old.pair.proxies) is waiting


def other_end(state: SaState) -> SaState:
    return SaState(mirrored(state.pair), NOW)


def test_a_pair_asks_once_for_its_renewal_and_the_side_that_began_it_first() -> None:
    asked = []
    for initiator in (True, False):
        state = SaState(replace(pair_for(kilobytes=10), initiator=initiator), NOW)
        asked.append([count for count in range(130) if state.seal(PING, Dice(), NOW) and state.renewal_due()])
    (first,), (second,) = asked
    assert first < second < 10 * 1024 // 84
    assert (first + 1) * 84 >= 10 * 1024 * 0.85


def test_activity_tells_the_last_use_of_each_direction() -> None:
    a, b = two_ends(pair_for())
    assert a.activity.latest is None
    b.open(a.seal(PING, Dice(), after(3)), after(4))
    assert (a.activity.sent, a.activity.heard, a.activity.octets_out) == (after(3), None, 84)
    assert (b.activity.sent, b.activity.heard, b.activity.octets_in) == (None, after(4), 84)
    a.open(b.seal(PING, Dice(), after(9)), after(11))
    assert a.activity.latest == after(11)
    assert Sad().activity(1) is None


def test_a_tunnel_is_peer_and_exact_proxies() -> None:
    sad = Sad()
    state = sad.install(pair_for(), NOW)
    other = ProxyPair(Proxy.of("192.168.1.0/25"), Proxy.of("192.168.2.0/24"))
    assert sad.outbound_for("10.0.0.2", other) is None
    assert sad.outbound_for("10.0.0.3", state.pair.proxies) is None


def test_pairs_are_found_by_the_address_of_their_peer_wherever_it_moves() -> None:
    sad, pair = Sad(), pair_for(AES_SHA)
    first, there = pair.path.remote.address, IPv4Address("203.0.113.77")
    sad.install(pair, NOW)
    sad.install(replace(pair, inbound_spi=0x7777), NOW)
    sad.move(0x7777, Path(pair.path.local, Endpoint(there, 4500)))
    assert [state.pair.inbound_spi for state in sad.with_peer(first)] == [pair.inbound_spi]
    assert [state.pair.inbound_spi for state in sad.with_peer(there)] == [0x7777]
    sad.remove(0x7777)
    assert not sad.with_peer(there)
    assert not sad.with_peer(IPv4Address("192.0.2.200"))


def test_an_spi_used_again_takes_the_place_of_the_old_pair() -> None:
    sad = Sad()
    sad.install(pair_for(inbound_spi=1), NOW)
    new = sad.install(pair_for(inbound_spi=1, remote="192.168.3.0/24"), NOW)
    assert sad.states() == (new,)
    assert sad.outbound_for("10.0.0.2", pair_for().proxies) is None


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


def test_ciphers_are_made_for_the_first_packet(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    for name in ("OutboundSa", "InboundSa"):
        kind = getattr(sad_module, name)
        monkeypatch.setattr(sad_module, name, lambda *given, kind=kind: made.append(kind.__name__) or kind(*given))
    a, b = two_ends(pair_for())
    assert (a.sequence, a.bitmaps, a.renewal_due(), a.runs_on(100, NOW)) == (0, ((0, 1), (0, 1)), False, True)
    assert made == []
    b.open(a.seal(PING, Dice(), NOW), NOW)
    b.open(a.seal(PING, Dice(), NOW), NOW)
    assert made == ["OutboundSa", "InboundSa"]
    assert (a.sequence, b.sequence, b.bitmaps) == (2, 0, ((0, 7), (0, 1)))
