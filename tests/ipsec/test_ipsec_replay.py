"""The anti-replay window and the bitmap that the device prints."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.ipsec.replay import ReplayWindow


def received(*sequences: int, size: int = 64) -> ReplayWindow:
    window = ReplayWindow(size)
    for sequence in sequences:
        window.mark(sequence)
    return window


def test_four_packets_give_the_bitmap_of_the_reference() -> None:
    assert received(1, 2, 3, 4).bitmap() == (0x00000000, 0x0000001F)


def test_a_window_that_received_nothing_shows_bit_0_as_outbound_sas_do() -> None:
    assert ReplayWindow().bitmap() == (0x00000000, 0x00000001)


def test_a_busy_sa_shows_two_full_words() -> None:
    assert received(*range(1, 5264)).bitmap() == (0xFFFFFFFF, 0xFFFFFFFF)


def test_the_bitmap_goes_over_into_the_last_64_numbers_without_a_jump() -> None:
    assert received(*range(1, 64)).bitmap() == (0xFFFFFFFF, 0xFFFFFFFF)
    assert received(*range(1, 63)).bitmap() == (0x7FFFFFFF, 0xFFFFFFFF)
    assert received(63).bitmap() == (0x80000000, 0x00000001)
    assert received(64).bitmap() == (0x80000000, 0x00000000)
    assert received(1, 64).bitmap() == (0x80000000, 0x00000001)


def test_a_lost_packet_is_a_hole_that_can_be_filled_once() -> None:
    window = received(1, 2, 4)
    assert window.bitmap() == (0, 0b10111)
    assert window.accepts(3)
    window.mark(3)
    assert not window.accepts(3)


@given(st.lists(st.one_of(st.integers(0, 200), st.tuples(st.integers(0, 90))), max_size=9), st.sampled_from((64, 128)))
def test_a_run_is_noted_as_its_numbers_one_by_one(steps: list[int | tuple[int]], size: int) -> None:
    one, other, highest = ReplayWindow(size), ReplayWindow(size), 0
    for step in steps:
        if isinstance(step, int):
            one.mark(step)
            other.mark(step)
            highest = max(highest, step)
            continue
        one.mark_run(step[0])
        for sequence in range(highest + 1, highest + step[0] + 1):
            other.mark(sequence)
        highest += step[0]
        assert not step[0] or one.advanced
    assert one.bitmap() == other.bitmap()
    assert [one.accepts(number) for number in range(400)] == [other.accepts(number) for number in range(400)]


def test_number_zero_is_never_accepted() -> None:
    assert not ReplayWindow().accepts(0)


def test_the_window_is_as_wide_as_it_says() -> None:
    window = received(100)
    assert window.accepts(37)
    assert not window.accepts(36)
    wide = received(2000, size=1024)
    assert wide.accepts(977)
    assert not wide.accepts(976)


def test_asking_changes_nothing() -> None:
    window = received(1)
    assert window.accepts(0xFFFFFFFF)
    assert window.accepts(2)
    assert window.bitmap() == (0, 3)


@pytest.mark.parametrize("size", [0, 63, 1025])
def test_sizes_outside_64_to_1024_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match=str(size)):
        ReplayWindow(size)


@given(
    st.sampled_from([64, 100, 1024]),
    st.lists(st.one_of(st.integers(0, 300), st.integers(0, 0xFFFFFFFF)), max_size=60),
)
@settings(max_examples=200, deadline=None)
def test_the_window_agrees_with_a_plain_set(size: int, sequences: list[int]) -> None:
    window, seen, top = ReplayWindow(size), {0}, 0
    for sequence in sequences:
        fresh = sequence not in seen and sequence > top - size
        assert window.accepts(sequence) == fresh
        if fresh:
            window.mark(sequence)
            seen.add(sequence)
            top = max(top, sequence)
    base = max(0, top - 63)
    expected = sum(1 << bit for bit in range(64) if base + bit in seen)
    assert window.bitmap() == (expected >> 32, expected & 0xFFFFFFFF)
