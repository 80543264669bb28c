"""An IKE SA that the peer began and does not hold, since no MM6 reached it, ends where another one stands."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from long_life import End, Wire, World
from pair import A, B, policy, settings, without_keepalives

from mainmode.base.codes import NotifyType
from mainmode.ike.effects import Phase1Down, Role, Send, Step
from mainmode.ike.settings import IkeSettings
from mainmode.wire.payloads import Notify

GIVEN_UP = 80
"""Seconds after which the side whose MM6 was lost has given up."""
DOUBTED = 180
"""Seconds from then on after which the other side has, too."""


def said(side: str, step: Step) -> Callable[[str, Send | bytes], bool]:
    """What this side sends in this step."""
    return lambda by, what: by == side and isinstance(what, Send) and what.step is step


def crossed(seed: int, ends: dict[str, IkeSettings] | None = None) -> World:
    """Both begin, b a little later; a's MM6 never comes, so that b holds only what a began."""
    ends = ends or {"a": settings(A), "b": settings(B)}
    world = World(Wire(latency=(0.5, 0.5), blocked=said("a", Step.MM6)), seed, listened=True, **ends)
    world.packet("a")
    world.run(0.8)
    world.packet("b")
    world.run(GIVEN_UP)
    a, b = world.ends.values()
    assert [sa.role for sa in b.engine.sas()] == [Role.RESPONDER], "b has given up"
    assert {sa.role for sa in a.engine.sas()} == {Role.INITIATOR, Role.RESPONDER}, "a has not noticed"
    world.wire.blocked = lambda side, what: False
    return world


def heir_of(end: End) -> Role:
    (session,) = end.engine._sessions.all()
    heir = session.heir()
    assert heir is not None
    return heir.role


def questions(end: End) -> int:
    """How many R-U-THERE went out from this end."""
    return sum(
        notify.notify_type == NotifyType.R_U_THERE
        for send in end.kinds(Send)
        if isinstance(send, Send) and send.message is not None
        for notify in send.message.all(Notify)
    )


def only_one(world: World) -> None:
    """One IKE SA, the same at both ends, that neither is to end; and nothing else is held."""
    a, b = world.ends.values()
    (ours,), (theirs,) = a.engine.sas(), b.engine.sas()
    assert (ours.cookie_i, ours.cookie_r) == (theirs.cookie_i, theirs.cookie_r)
    assert ours.state == theirs.state == "MM_ACTIVE"
    assert world.same_keys()
    world.check()


@pytest.mark.parametrize(("seed", "heir"), [(4, Role.RESPONDER), (1, Role.INITIATOR)])
@pytest.mark.parametrize("busy", [True, False])
def test_one_of_two_that_the_peer_never_held_ends_whichever_was_to_stay(seed: int, heir: Role, busy: bool) -> None:
    world = crossed(seed)
    a, b = world.ends.values()
    assert heir_of(a) is heir
    for end in (a, b):
        end.sent = end.received = 0
    if busy:
        world.talk("a", 1, DOUBTED)
        world.talk("b", 1.1, DOUBTED)
    world.run(DOUBTED + 5)
    only_one(world)
    assert (a.received, b.received) == (b.sent, a.sent)
    (down,) = a.kinds(Phase1Down)
    assert isinstance(down, Phase1Down)
    assert down.failure.detail == "the peer answers under another IKE SA and not under this one"
    before = questions(a)
    world.run(100)
    assert questions(a) - before <= 10, "asked no more often than its keepalives say"


def test_silence_under_both_shows_nothing_and_is_not_counted() -> None:
    world = crossed(4)
    a = world.ends["a"]
    world.wire.blocked = said("a", Step.KEEPALIVE)
    world.talk("a", 1, 400)
    world.talk("b", 1.1, 400)
    world.run(300)
    assert len(a.engine.sas()) == 2, "the questions are lost, whatever the peer holds"
    assert questions(a) > 16
    world.wire.blocked = lambda side, what: False
    world.run(120)
    only_one(world)


def held(seed: int) -> World:
    """What a began is renewed by b soon enough to count as crossed. Of b nothing is heard under the new one.

    Both hold both, b's deletes are lost, and neither asks for a long time of its own accord.
    """
    ends = {"a": rarely_asking(settings(A)), "b": rarely_asking(settings(B))}
    world = World(Wire(latency=(0.1, 0.1), blocked=said("b", Step.TEARDOWN)), seed, listened=True, **ends)
    world.packet("a")
    world.run(10)
    world.packet("a")
    b = world.ends["b"].engine
    (sa,) = b._table.all()
    sa.renew_at = world.now
    b._agenda.touch(sa)
    b._agenda.reschedule()
    world.run(15)
    assert [sa.proven for sa in world.ends["a"].engine._table.all()] == [True, False]
    return world


def rarely_asking(whole: IkeSettings) -> IkeSettings:
    groups = {name: replace(group, keepalive=(3600, 10)) for name, group in whole.groups.items()}
    return replace(whole, groups=groups)


def test_one_answer_shows_that_the_peer_holds_it_and_the_other_one_ends() -> None:
    world = held(4)
    a, b = world.ends.values()
    assert (len(a.engine.sas()), len(b.engine.sas())) == (2, 1), "b's delete was lost"
    assert heir_of(a) is Role.RESPONDER
    world.run(90)
    only_one(world)
    (ours,) = a.engine.sas()
    assert ours.role is Role.RESPONDER
    assert questions(a) == 2, "one under each"


def test_what_the_peer_holds_and_keeps_is_left_to_it_and_asked_for_once() -> None:
    world = held(1)
    a, b = world.ends.values()
    assert heir_of(a) is Role.INITIATOR
    for sa in b.engine._table.all():
        sa.retire_at = sa.renew_at = None
        b.engine._agenda.touch(sa)
    b.engine._agenda.reschedule()
    world.run(300)
    assert len(a.engine.sas()) == len(b.engine.sas()) == 2
    assert questions(a) == 2, "one under each"


def test_where_nobody_asks_both_stand_until_phase_1_is_renewed() -> None:
    ends = {
        "a": without_keepalives(settings(A, policies=(policy(lifetime=1800),), entry_lifetime_seconds=100)),
        "b": without_keepalives(settings(B, policies=(policy("b.cfg", lifetime=1800),), entry_lifetime_seconds=100)),
    }
    world = crossed(4, ends)
    a = world.ends["a"]
    world.talk("a", 5, 2000)
    world.talk("b", 5.5, 2000)
    world.run(1000)
    assert len(a.engine.sas()) == 2
    assert not questions(a)
    world.run(900)
    only_one(world)
