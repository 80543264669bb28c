"""Six hours of a bad wire: traffic flows at the end and both hold the same keys, or both say why not; nothing leaks."""

import os
import random
from dataclasses import replace

import pytest
from long_life import SECOND, End, Wire, World
from pair import A, B, policy, settings

from mainmode.base.codes import Group
from mainmode.ike.settings import IkeSettings

SEEDS = int(os.environ.get("MAINMODE_LIVES", "24"))
"""More of them in the continuous integration."""
HOURS = 6
LIFETIME = 600
SOON, CALM = 240, 700
"""Seconds without damage at the end: after the first all traffic flows under the same keys; the whole is more than a
lifetime, after which each end has its IKE SA again, since children outlive one whose renewal was lost."""


def own(address: object, file: str, dice: random.Random) -> IkeSettings:
    """Ten-minute lifetimes, with what the seed adds: keepalives or none, PFS or none."""
    base = settings(
        address,
        policies=(policy(file=file, lifetime=LIFETIME),),
        entry_lifetime_seconds=LIFETIME,
        entry_pfs=Group.MODP_768 if dice.random() < 0.2 else None,
    )
    keepalive = dice.choice([None, (10, 2), (60, 5)])
    return replace(base, groups={name: replace(group, keepalive=keepalive) for name, group in base.groups.items()})


def soaked(seed: int, hours: float = HOURS) -> World:
    dice = random.Random(seed)
    wire = Wire(loss=dice.uniform(0, 0.3), twice=dice.uniform(0, 0.2), latency=(0.0, dice.choice([0.1, 1.0, 2.0])))
    shared = dice.random()
    ends = {
        "a": own(A, "a.cfg", random.Random(shared)),
        "b": own(B, "b.cfg", random.Random(shared)),
    }
    world = World(wire, seed, **ends)
    length = hours * 3600
    world.talk("a", dice.uniform(10, 60), length)
    world.talk("b", dice.uniform(10, 60), length)
    for number in range(dice.choice([0, 0, 1, 3])):
        victim = dice.choice(["a", "b"])
        world.at(world.later(dice.uniform(0.1, 0.8) * length), lambda v=victim, n=number: world.restart(v, n + 1))
    world.run(length)
    return world


def serving(end: End) -> int:
    """IKE SAs that are to stay: the others were renewed, or are on their way."""
    return sum(state in ("MM_ACTIVE", "MM_ACTIVE_REKEY") for state in end.states())


@pytest.mark.parametrize("seed", range(SEEDS))
def test_after_six_hours_of_a_bad_wire_all_is_well_or_both_say_why(seed: int) -> None:
    world = soaked(seed)
    world.check()
    a, b = world.ends.values()
    flowing = min(a.last_received, b.last_received) > world.now - 600 * SECOND
    if not flowing:
        assert a.reason is not None
        assert b.reason is not None
    world.wire = Wire()
    world.talk("a", 2, CALM)
    world.talk("b", 2, CALM)
    for part in (SOON, CALM - SOON):
        world.run(part)
        assert world.same_keys()
        assert min(a.last_received, b.last_received) > world.now - 10 * SECOND
        assert all(serving(end) == 1 or (serving(end) == 0 and end.sad.states()) for end in (a, b))
    assert [serving(end) for end in (a, b)] == [1, 1]
    world.check()


def test_when_the_talk_ends_everything_that_stood_goes_by_itself() -> None:
    world = soaked(3, hours=1)
    world.run(3600)
    for end in world.ends.values():
        assert end.engine.sas() == ()
        assert not end.sad.states()
        assert end.engine.deadline() is None
    world.check()


def test_the_same_seed_gives_the_same_life() -> None:
    first, second = soaked(5, hours=0.5), soaked(5, hours=0.5)
    assert first.steps == second.steps
    for one, other in zip(first.ends.values(), second.ends.values(), strict=True):
        assert one.effects == other.effects
