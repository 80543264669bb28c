"""What may begin: budgets over all and for each source, told of now and then; standing negotiations never wait."""

import os
from collections import Counter
from ipaddress import IPv4Address

import hypothesis
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pair import START, A, B, Pair, pair, path
from test_ike_negotiations import up

from mainmode.base.budget import Bucket, Budget
from mainmode.base.errors import Drop
from mainmode.base.instant import SECOND, Instant
from mainmode.ike import gate
from mainmode.ike.effects import Dropped, Phase1Up, Say, Send
from mainmode.ike.gate import Sort

STRANGER = IPv4Address("198.18.0.1")


def first_message() -> bytes:
    """An MM1 for engine b."""
    world = pair(seed="first")
    world.filter = lambda side, send: None
    world.trigger("a")
    return world.sends()[0][1].datagram


FIRST = first_message()


def begins(world: Pair, source: IPv4Address, octets: bytes = FIRST[8:]) -> bool:
    """One more first message from there to engine b, with a cookie of its own; whether it got an answer."""
    effects = world.b.receive(os.urandom(8) + octets, path(peer=source), world.now)
    world.note("b", [effect for effect in effects if not isinstance(effect, Send)])
    dropped = [effect.reason for effect in effects if isinstance(effect, Dropped)]
    assert dropped in ([], [Drop.RATE_LIMITED])
    return not dropped


def test_one_stranger_begins_ten_at_once_and_then_five_in_a_second() -> None:
    world = pair()
    assert [begins(world, STRANGER) for _ in range(12)] == [True] * 10 + [False] * 2
    world.now = Instant(world.now + SECOND)
    assert sum(begins(world, STRANGER) for _ in range(20)) == 5
    assert begins(world, STRANGER + 1)


def test_all_strangers_begin_two_hundred_at_once_and_then_fifty_in_a_second_and_the_peer_beside_them() -> None:
    world = pair()
    assert sum(begins(world, STRANGER + number) for number in range(1000)) == 200
    world.now = Instant(world.now + SECOND)
    assert sum(begins(world, STRANGER + number) for number in range(2000, 3000)) == 50
    assert begins(world, A), "the peer of the configuration does not wait behind strangers"
    world.trigger("a")
    assert up(world)


def test_other_messages_of_strangers_do_not_use_up_what_may_begin() -> None:
    world = pair()
    dropped: Counter[Drop] = Counter()
    for number in range(1000):
        effects = world.b.receive(os.urandom(28), path(peer=STRANGER + number), world.now)
        dropped.update(effect.reason for effect in effects if isinstance(effect, Dropped))
    assert dropped[Drop.RATE_LIMITED] == 800
    assert sum(dropped.values()) == 1000
    assert begins(world, STRANGER)


def test_a_message_with_the_cookies_of_a_standing_sa_never_waits() -> None:
    world = pair()
    world.trigger("a")
    assert up(world)
    for number in range(300):
        begins(world, STRANGER + number)
        begins(world, A)
    standing = world.installed("a")[0].pair.inbound_spi
    for number in range(100):
        last = world.b.receive(number.to_bytes(8) + bytes(60), path(peer=A), world.now)
    assert [effect.reason for effect in last if isinstance(effect, Dropped)] == [Drop.RATE_LIMITED]
    assert not begins(world, A)
    world.note("a", world.a.renew(standing, world.now))
    assert not [effect for effect in world.effects("b", Dropped) if effect.reason is not Drop.RATE_LIMITED]
    assert len(world.installed("b")) == 2


def test_the_peers_own_first_message_passes_a_flood_in_its_name_if_it_is_the_one_that_was_authenticated() -> None:
    world = pair()
    world.trigger("a")
    assert up(world)
    assert len(world.effects("b", Phase1Up)) == 1
    other = bytearray(FIRST[8:])
    other[-1] ^= 1
    for _ in range(100):
        begins(world, A, bytes(other))
        world.now = Instant(world.now + SECOND // 100)
    assert not all(begins(world, A, bytes(other)) for _ in range(3))
    world.note("a", world.a.clear(None, world.now))
    world.trigger("a")
    assert len(world.effects("b", Phase1Up)) == 2


def test_what_is_dropped_is_told_in_one_line_after_a_second_and_then_every_ten() -> None:
    world = pair()
    for tenth in range(250):
        for _ in range(50):
            begins(world, STRANGER)
        if (deadline := world.b.deadline()) is not None and deadline <= world.now:
            world.note("b", world.b.expire(world.now))
        world.now = Instant(START + (tenth + 1) * SECOND // 10)
    told = [text for text in world.lines("b") if "drop rate" in text]
    assert len(told) == 3
    assert told[0].startswith("[ Rate limit] drop rate-1 exceeded. Current burst rate is ")
    assert told[2].endswith(f"Cumulative total count is {211 * 50 - 10 - 21 * 5}")
    world.run(600)
    assert len([text for text in world.lines("b") if "drop rate" in text]) == 4, "the rest is told of, and no more"
    assert world.b.deadline() is None


def test_no_line_is_made_of_the_few_that_pass_while_others_of_their_sort_are_dropped() -> None:
    world = pair()
    assert begins(world, STRANGER)
    assert world.effects("b", Say)
    for number in range(500):
        begins(world, STRANGER + number)
    before = len(world.effects("b", Say))
    world.now = Instant(world.now + SECOND // 2)
    assert begins(world, STRANGER + 999)
    assert len(world.effects("b", Say)) == before
    world.now = Instant(world.now + 2 * SECOND)
    assert begins(world, STRANGER + 999)
    assert len(world.effects("b", Say)) > before


def test_a_shell_learns_without_effects_what_would_be_dropped_and_it_is_counted_alike() -> None:
    one, other = pair(), pair()
    for number in range(300):
        datagram = os.urandom(8) + FIRST[8:]
        begins(one, STRANGER + number)
        if not other.b.sheds(datagram, path(peer=STRANGER + number), other.now):
            other.b.receive(datagram, path(peer=STRANGER + number), other.now)
    a, b = one.b.statistics, other.b.statistics
    assert (a.inbound, a.capacity_fails, a.in_negotiation) == (b.inbound, b.capacity_fails, b.in_negotiation)
    assert a.capacity_fails == 100


@hypothesis_settings(max_examples=5, deadline=None, phases=(hypothesis.Phase.generate,))
@given(
    arrivals=st.lists(
        st.tuples(
            st.integers(0, 40_000), st.sampled_from((A, STRANGER, None, None)), st.sampled_from(["first", "rest", "sa"])
        ),
        min_size=1,
        max_size=60,
    )
)
def test_the_cheap_look_at_strangers_drops_nothing_that_the_whole_one_would_not(
    arrivals: list[tuple[int, IPv4Address | None, str]],
) -> None:
    one, other = pair(), pair()
    for world in (one, other):
        world.trigger("a")
    [sa] = one.b.sas()
    cheap = 0
    for number in range(500):
        step, source, kind = arrivals[number % len(arrivals)]
        one.now = other.now = Instant(one.now + step // 10)
        address = source if source is not None else STRANGER + 100 + number
        octets = {"first": FIRST, "rest": bytes(range(1, 61)), "sa": sa.cookie_i + sa.cookie_r + bytes(40)}[kind]
        datagram = octets if kind == "sa" else number.to_bytes(8) + octets[8:]
        found = [
            effect for effect in one.b.receive(datagram, path(peer=address), one.now) if isinstance(effect, Dropped)
        ]
        if other.b.sheds_stranger(datagram, address.packed, other.now):
            cheap += 1
            assert [effect.reason for effect in found] == [Drop.RATE_LIMITED]
            assert kind != "sa"
            assert address != A
        else:
            other.b.receive(datagram, path(peer=address), other.now)
        assert one.b.statistics.inbound == other.b.statistics.inbound
    hypothesis.event(f"dropped by the cheap look: {bool(cheap)}")


def test_the_cheap_look_takes_nearly_all_of_a_flood() -> None:
    world = pair()
    cheap = 0
    for number in range(2000):
        world.now = Instant(world.now + 50)
        datagram, address = number.to_bytes(8) + FIRST[8:], STRANGER + number
        if world.b.sheds_stranger(datagram, address.packed, world.now):
            cheap += 1
        else:
            world.b.receive(datagram, path(peer=address), world.now)
    assert cheap > 1700
    assert not world.b.sheds_stranger(FIRST, A.packed, world.now)
    assert not world.b.sheds_stranger(FIRST, STRANGER.packed, Instant(world.now + SECOND))


def test_a_bucket_saves_no_more_than_its_burst_however_long_nothing_comes() -> None:
    bucket = Bucket(Budget(3, 100), START)
    later = Instant(START + 3600 * SECOND)
    given = 0
    while bucket.holds(later) and given < 10:
        bucket.take()
        given += 1
    assert given == 3
    assert bucket.next_at() == later + SECOND // 100


MOMENTS = st.lists(st.integers(-200_000, 2_000_000), min_size=1, max_size=200)


@given(steps=MOMENTS, burst=st.integers(1, 20), rate=st.integers(1, 50))
def test_a_bucket_never_gives_more_than_its_budget(steps: list[int], burst: int, rate: int) -> None:
    bucket, now, given_at = Bucket(Budget(burst, rate), START), START, []
    for step in steps:
        now = Instant(now + step)
        if bucket.holds(now):
            bucket.take()
            given_at.append(now)
    moved = sum(step for step in steps if step > 0)
    assert len(given_at) <= burst + moved * rate / SECOND + 1e-6
    assert given_at, "the first is always let in"


@hypothesis_settings(max_examples=30, deadline=None)
@given(
    arrivals=st.lists(
        st.tuples(st.integers(0, 300_000), st.sampled_from((A, STRANGER, STRANGER + 1, None)), st.booleans()),
        max_size=120,
    )
)
def test_whatever_comes_in_whatever_order_the_bounds_hold(
    arrivals: list[tuple[int, IPv4Address | None, bool]],
) -> None:
    world = pair()
    passed: Counter[Sort] = Counter()
    for number, (step, source, first) in enumerate(arrivals):
        world.now = Instant(world.now + step)
        address = source if source is not None else STRANGER + 100 + number
        effects = world.b.receive(os.urandom(8) + FIRST[8:] if first else os.urandom(40), path(peer=address), world.now)
        kept_out = any(isinstance(effect, Dropped) and effect.reason is Drop.RATE_LIMITED for effect in effects)
        if not kept_out:
            known = address == A
            passed[
                (Sort.PEER_BEGINS if known else Sort.STRANGER_BEGINS)
                if first
                else (Sort.OTHER_OF_PEER if known else Sort.OTHER_OF_STRANGER)
            ] += 1
    lasted = (world.now - START) / SECOND
    for sort, count in passed.items():
        assert count <= sort.over_all.burst + sort.over_all.per_second * lasted + 1
    assert passed[Sort.PEER_BEGINS] <= 10 + 5 * lasted + 1
    world.run(100)
    assert world.b.sas() == ()
    assert world.b.timers() == 0


def test_a_gate_remembers_no_more_sources_than_it_may() -> None:
    world = pair()
    seen = world.b._gate
    for number in range(3 * gate.MAX_SOURCES):
        world.now = Instant(world.now + SECOND // 40)
        datagram, where = os.urandom(28), path(peer=STRANGER + number)
        sort = seen.sort(datagram, where)
        if sort is not None and not seen.shuts_out(sort, where, world.now):
            seen.admit(sort, where, world.now)
    assert gate.MAX_SOURCES // 2 < seen.sources() <= gate.MAX_SOURCES
    for number in range(3 * gate.REMEMBERED_PEERS):
        for beginning in range(2 * gate.REMEMBERED_BEGINNINGS):
            seen.remember(B + number, bytes([beginning]) * 8)
    assert len(seen._begun) == gate.REMEMBERED_PEERS
    assert {len(known) for known in seen._begun.values()} == {gate.REMEMBERED_BEGINNINGS}
