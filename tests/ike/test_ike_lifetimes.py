"""Which lifetime holds where the two sides want different ones: the shorter, and the longer side is told."""

import pytest
from long_life import World
from pair import A, B, policy, settings
from test_ike_renewal import said, talking, world_of

from mainmode.ike.settings import IkeSettings


def phase1(first: int | None, second: int | None) -> World:
    world = world_of(
        {
            "a": settings(A, policies=(policy(lifetime=first),)),
            "b": settings(B, policies=(policy(file="b.cfg", lifetime=second),)),
        }
    )
    talking(world, 2)
    world.run(5)
    return world


@pytest.mark.parametrize(
    ("first", "second", "holds"),
    [(86400, 3600, 3600), (3600, 86400, 3600), (3600, 3600, 3600), (None, 7200, 7200), (7200, None, 7200), (None,) * 3],
)
def test_in_phase_1_the_shorter_lifetime_holds_at_both_sides(first, second, holds) -> None:
    world = phase1(first, second)
    a, b = world.ends.values()
    (ours,), (theirs,) = a.engine.sas(), b.engine.sas()
    assert ours.lifetime == theirs.lifetime == holds
    for view in (ours, theirs):
        assert (view.expires is None) is (holds is None)
        assert holds is None or view.expires == view.established + holds * 1_000_000
    words = f"Responder forcing change of Phase 1 rekeying duration from {first or 0} to {second} seconds"
    assert said(a, words) is (second is not None and second != first and second == holds)


def phase2(**sides: tuple[int | None, int | None]) -> tuple[World, IkeSettings]:
    ends = {
        name: settings(own, entry_lifetime_seconds=sides[name][0], entry_lifetime_kilobytes=sides[name][1])
        for name, own in (("a", A), ("b", B))
    }
    world = world_of(ends)
    talking(world, 2)
    world.run(5)
    return world, ends["a"]


@pytest.mark.parametrize(
    ("first", "second", "holds"),
    [
        ((3600, 1000), (1800, 2000), (1800, 1000)),
        ((1800, 2000), (3600, 1000), (1800, 1000)),
        ((28800, None), (28800, 4608000), (28800, 4608000)),
        ((28800, 4608000), (28800, None), (28800, 4608000)),
        ((28800, None), (28800, None), (28800, None)),
    ],
)
def test_in_phase_2_the_shorter_lifetime_holds_in_seconds_and_in_kilobytes(first, second, holds) -> None:
    world, _ = phase2(a=first, b=second)
    a, b = world.ends.values()
    for end in (a, b):
        (state,) = end.sad.states()
        assert (state.pair.lifetime_seconds, state.pair.lifetime_kilobytes) == holds
    for unit, place in (("seconds", 0), ("Kbs", 1)):
        forced = first[place] != second[place] == holds[place]
        before = first[place] or 0
        words = f"Responder forcing change of IPSec rekeying duration from {before} to {second[place]} {unit}"
        assert said(a, words) is forced
        assert (
            said(b, f"Overriding Initiator's IPSec rekeying duration from {before} to {second[place]} {unit}") is forced
        )


def test_an_sa_without_any_limit_is_neither_renewed_nor_ended() -> None:
    world = phase1(None, None)
    a = world.ends["a"]
    (sa,) = a.engine._table.all()
    assert (sa.expires, sa.renew_at) == (None, None)
