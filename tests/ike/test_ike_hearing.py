"""Lines are made for those who want them, and for a record as long as they are few."""

from mainmode.base.instant import SECOND, Instant, later
from mainmode.ike.hearing import MOST_KEPT, REFILL, Hearing

NOON = Instant(1_000_000_000_000_000)


def recorded() -> Hearing:
    hearing = Hearing(everyone=False)
    hearing.kept = True
    return hearing


def test_who_wants_every_line_gets_every_line() -> None:
    hearing = Hearing(everyone=True)
    for _ in range(3):
        assert hearing.listens(NOON)
        hearing.said(MOST_KEPT)
    assert hearing.missed is None


def test_without_anybody_none_is_made_and_none_is_missed() -> None:
    hearing = Hearing(everyone=False)
    assert not hearing.listens(NOON)
    assert hearing.missed is None


def test_a_record_hears_as_much_as_it_holds() -> None:
    hearing = recorded()
    assert hearing.listens(NOON)
    hearing.said(MOST_KEPT - 1)
    assert hearing.listens(NOON)
    hearing.said(1)
    assert not hearing.listens(NOON)
    assert hearing.missed == (NOON, NOON)


def test_after_too_many_lines_a_record_hears_again_when_it_was_quiet_long_enough() -> None:
    hearing = recorded()
    assert hearing.listens(NOON)
    hearing.said(MOST_KEPT)
    almost = Instant(NOON + REFILL - SECOND)
    assert not hearing.listens(almost), "parts of negotiations are worth nothing"
    assert hearing.listens(later(NOON, REFILL))
    assert hearing.missed == (almost, almost)


def test_lines_that_come_slowly_are_all_made() -> None:
    hearing = recorded()
    now = NOON
    for _ in range(30):
        assert hearing.listens(now)
        hearing.said(MOST_KEPT // 10)
        now = Instant(now + REFILL // 10)
    assert hearing.missed is None


def test_a_clock_that_goes_back_gives_nothing() -> None:
    hearing = recorded()
    assert hearing.listens(NOON)
    hearing.said(MOST_KEPT)
    assert not hearing.listens(NOON)
    assert not hearing.listens(Instant(NOON - 5 * REFILL))
    assert not hearing.listens(Instant(NOON - 5 * REFILL + 1))
