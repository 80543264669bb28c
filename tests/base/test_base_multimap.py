"""Several things under one key, against lists of them."""

from hypothesis import given
from hypothesis import strategies as st

from mainmode.base.multimap import Multimap

STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.integers(0, 3)), max_size=40)


@given(STEPS)
def test_things_stay_in_their_order_and_leave_nothing_behind(steps: list[tuple[bool, int, int]]) -> None:
    found: Multimap[int, int] = Multimap()
    lists: dict[int, list[int]] = {}
    for add, key, thing in steps:
        there = lists.setdefault(key, [])
        if add:
            found.add(key, thing)
            if thing not in there:
                there.append(thing)
        else:
            found.remove(key, thing)
            if thing in there:
                there.remove(thing)
        for one, things in lists.items():
            assert found.at(one) == tuple(things)
            assert (one in found) is bool(things)
        assert len(found) == sum(bool(things) for things in lists.values())


def test_a_thing_alone_takes_no_room_of_its_own() -> None:
    found: Multimap[str, object] = Multimap()
    thing = object()
    found.add("key", thing)
    found.add("key", object())
    found.remove("key", found.at("key")[1])
    assert found._found == {"key": thing}
