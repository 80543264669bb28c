import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.instant import Instant, later, seconds
from mainmode.lab.clock import START, Agenda, Bounds, RunawayError


def test_what_is_due_at_one_instant_happens_in_the_order_in_which_it_was_put_down() -> None:
    agenda = Agenda()
    happened: list[str] = []
    agenda.put(later(START, seconds(2)), lambda: happened.append("late"))
    agenda.put(later(START, seconds(1)), lambda: happened.append("first"))
    agenda.put(later(START, seconds(1)), lambda: happened.append("second"))
    while agenda.next() is not None:
        agenda.step()
    assert happened == ["first", "second", "late"]
    assert agenda.now == START + 2_000_000


@given(st.lists(st.integers(0, 10**9), max_size=40))
@settings(max_examples=50, deadline=None)
def test_the_clock_never_goes_back(moments: list[int]) -> None:
    agenda = Agenda()
    seen: list[int] = []
    for moment in moments:
        agenda.put(Instant(START + moment), lambda: seen.append(agenda.now))
    while agenda.next() is not None:
        agenda.step()
    assert seen == sorted(START + moment for moment in moments)


def test_something_put_down_for_the_past_happens_now() -> None:
    agenda = Agenda()
    agenda.advance(later(START, seconds(5)))
    agenda.put(START, lambda: None)
    agenda.step()
    assert agenda.now == START + 5_000_000


def test_an_endless_chain_of_events_ends_at_the_bound() -> None:
    agenda = Agenda(bounds=Bounds(events=100))
    count = 0

    def again() -> None:
        nonlocal count
        count += 1
        agenda.put(agenda.now, again)

    agenda.put(agenda.now, again)
    with pytest.raises(RunawayError, match="more than 100 events"):
        _happen(agenda)
    assert count == 100


def _happen(agenda: Agenda) -> None:
    while agenda.next() is not None:
        agenda.step()


def test_virtual_time_has_a_bound() -> None:
    agenda = Agenda(bounds=Bounds(time=seconds(60)))
    agenda.put(later(START, seconds(61)), lambda: None)
    with pytest.raises(RunawayError, match="more than 60 s of virtual time"):
        agenda.step()
