"""Half-open negotiations under a flood: what nobody answered gives way, what was answered stays, peers have places."""

import os
import sys
from ipaddress import IPv4Address
from pathlib import Path
from unittest.mock import patch

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parents[1] / "ike"))

from pair import START, A, Pair, pair, path, settings
from test_ike_negotiations import up

from mainmode.base.errors import Drop
from mainmode.base.instant import SECOND, Instant
from mainmode.ike import limits
from mainmode.ike.effects import Cause, Dropped, Phase1Down, Phase1Up, Send, Step
from mainmode.ike.timing import GIVES_WAY_AFTER, MAX_HALF_OPEN, MAX_HALF_OPEN_PER_PEER, MAX_HALF_OPEN_STRANGERS

STRANGER = IPv4Address("198.18.0.1")


def _first() -> bytes:
    world = pair(seed="first")
    world.filter = lambda side, send: None
    world.trigger("a")
    return world.sends()[0][1].datagram[8:]


FIRST = _first()


def spoof(world: Pair, source: IPv4Address, count: int = 1, pause: int = 0) -> None:
    """First messages in the name of an address that answers nothing, and what is due meanwhile."""
    for _ in range(count):
        effects = world.b.receive(os.urandom(8) + FIRST, path(peer=source), world.now)
        world.note("b", [effect for effect in effects if not isinstance(effect, Send)])
        world.run(pause / SECOND)


def flood(world: Pair, seconds: float, per_second: int = 400) -> None:
    """Each from another address."""
    for number in range(int(seconds * per_second)):
        spoof(world, STRANGER + number, pause=SECOND // per_second)


def half_open(world: Pair) -> int:
    return world.b._table.negotiating


def test_a_long_flood_of_strangers_fills_their_places_only_and_the_peer_comes_up_in_the_middle_of_it() -> None:
    world = pair()
    flood(world, 15)
    assert half_open(world) == MAX_HALF_OPEN_STRANGERS
    assert world.b._table.strangers == MAX_HALF_OPEN_STRANGERS
    world.trigger("a")
    assert up(world)
    gone = [effect.failure for effect in world.effects("b", Phase1Down)]
    assert {failure.cause for failure in gone} == {Cause.LIMIT}
    assert min(sa.created for sa in world.b.sas()) > START + 2 * SECOND, "the oldest went first"
    flood(world, 1)
    assert half_open(world) == MAX_HALF_OPEN_STRANGERS
    world.run(70)
    assert half_open(world) == 0
    assert len(world.b.sas()) == 1


def test_a_stranger_that_answers_is_not_pushed_out_by_those_that_do_not() -> None:
    world = pair(settings(key=b"one"), settings(IPv4Address("10.0.0.2"), key=b"one", entry_peers=()))
    waiting: list[Send] = []

    def keep_mm5(side: str, send: Send) -> bytes | None:
        if send.step is Step.MM5:
            waiting.append(send)
            return None
        return send.datagram

    world.filter = keep_mm5
    world.trigger("a")
    assert {sa.state for sa in world.b.sas()} == {"MM_WAIT_MSG5"}
    assert world.b._table.strangers == 1
    flood(world, 20)
    assert half_open(world) == MAX_HALF_OPEN_STRANGERS
    world.note("b", world.b.receive(waiting[0].datagram, waiting[0].path.reversed(), world.now))
    assert len(world.effects("b", Phase1Up)) == 1


def test_a_flood_in_the_peers_name_does_not_lock_it_out_of_its_next_negotiation() -> None:
    world = pair()
    world.trigger("a")
    assert up(world)
    spoof(world, A, 200, SECOND // 20)
    assert world.b._table.half_open(A)[1] == MAX_HALF_OPEN_PER_PEER
    world.note("a", world.a.clear(None, world.now))
    world.run(GIVES_WAY_AFTER / SECOND)
    world.trigger("a")
    assert len(world.effects("b", Phase1Up)) == 2
    world.note("b", world.b.clear(None, world.now))
    assert half_open(world) == 0
    spoof(world, A, 200, SECOND // 20)
    world.trigger("b")
    assert len(world.effects("b", Phase1Up)) == 3, "what this side begins finds room in any case"


def test_one_that_only_just_began_keeps_its_place() -> None:
    world = pair()
    with patch.object(limits, "MAX_HALF_OPEN_PER_PEER", 5):
        spoof(world, A, 5)
        young = {sa.cookie_i for sa in world.b.sas()}
        spoof(world, A, 3)
        assert {sa.cookie_i for sa in world.b.sas()} == young
        assert [effect.reason for effect in world.effects("b", Dropped)] == [Drop.LIMIT_REACHED] * 3
        world.run(GIVES_WAY_AFTER / SECOND)
        spoof(world, A)
        assert len(young & {sa.cookie_i for sa in world.b.sas()}) == 4
        assert len(world.effects("b", Phase1Down)) == 1


def test_max_in_negotiation_sa_refuses_the_peer_too_as_the_device_does() -> None:
    world = pair(second=settings(IPv4Address("10.0.0.2"), max_in_negotiation=100))
    flood(world, 3)
    assert half_open(world) == 100
    world.trigger("a")
    assert not up(world)
    assert "Dropping new negotiation - IKEv1 in-negotiation context limit of 100 reached" in world.lines("b")
    world.run(70)
    assert half_open(world) == 0


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(("peer", "stranger", "others", "wait", "answer")), st.integers(1, 60)), max_size=25
    )
)
def test_whatever_is_begun_by_whomever_the_places_are_bounded_and_all_are_free_again(
    steps: list[tuple[str, int]],
) -> None:
    world = pair()
    world.filter = lambda side, send: None
    table = world.b._table
    for number, (what, count) in enumerate(steps):
        if what == "wait":
            world.run(count)
        elif what == "answer":
            table_before = table.negotiating
            world.trigger("b")
            assert table.negotiating >= min(table_before, MAX_HALF_OPEN - 1)
        else:
            source = {"peer": A, "stranger": STRANGER, "others": STRANGER + 1000 * (number + 1)}[what]
            for one in range(count):
                spoof(world, source + one if what == "others" else source, pause=20_000)
        assert table.negotiating <= MAX_HALF_OPEN
        assert table.strangers <= MAX_HALF_OPEN_STRANGERS
        assert table.half_open(STRANGER)[1] <= MAX_HALF_OPEN_PER_PEER
        assert table.half_open(A)[1] <= MAX_HALF_OPEN_PER_PEER + 1
    world.run(200)
    assert (table.negotiating, table.strangers, world.b.timers(), world.b.sas()) == (0, 0, 0, ())
    assert world.b._table.unanswered(reserved=True) is world.b._table.unanswered(reserved=False) is None
    kept = {effect.reason.name for effect in world.effects("b", Dropped)}
    assert kept <= {"RATE_LIMITED", "LIMIT_REACHED"}
    world.filter = lambda side, send: send.datagram
    world.now = Instant(world.now + SECOND)
    world.trigger("a")
    assert up(world), "an honest peer completes afterwards"
