"""Foreign text is made safe, rows are broken without loss, times are spelt exactly."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.instant import Instant
from mainmode.base.provenance import Absent, Default, Statement
from mainmode.ladder.spelling import cells, clean, clean_lines, command, iso, milliseconds, place, seconds, wrap


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("plain  text", "plain  text"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\u202eb", r"a\u202eb"),
        ("\udc80", r"\udc80"),
        ("a\tb", "a       b"),
        ("\r\x00\x7f\x9b", r"\r\x00\x7f\x9b"),
        ("zürich 東京", "zürich 東京"),
    ],
)
def test_what_does_not_print_becomes_an_escape(foreign: str, shown: str) -> None:
    assert clean(foreign) == shown


def test_lines_are_split_at_line_ends_only() -> None:
    assert clean_lines("a\r\n  b\x0bc\u2028d\n") == ["a", r"  b\x0bc\u2028d", ""]


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_characters="\n"), max_size=120), st.integers(8, 60), st.integers(0, 4))
def test_wrapped_rows_fit_and_lose_nothing_but_blanks(text: str, width: int, hang: int) -> None:
    shown = clean(text)
    rows = wrap(shown, width, hang)
    assert all(cells(row) <= width for row in rows)
    assert "".join("".join(rows).split(" ")) == "".join(shown.split(" "))


def test_a_row_keeps_its_indentation_and_hangs_below_it() -> None:
    assert wrap("    Src addr: 192.168.1.0 and more", 26) == ["    Src addr: 192.168.1.0", "      and more"]


def test_runs_of_blanks_inside_a_row_stay() -> None:
    assert wrap("Status:     Remote end", 40) == ["Status:     Remote end"]


def test_wide_characters_take_two_columns() -> None:
    assert wrap("東京東京東京", 8, 0) == ["東京東京", "東京"]


def test_a_very_long_word_is_broken_in_reasonable_time() -> None:
    assert len(wrap("x" * 400_000, 80)) == 1 + -(-(400_000 - 80) // 78)


def test_times_are_exact() -> None:
    assert seconds(20_000) == "0.020 s"
    assert seconds(1_000_001) == "1.000001 s"
    assert milliseconds(20_150) == "20.150 ms"
    assert milliseconds(20_000) == "20 ms"
    assert iso(Instant(1_417_343_909_020_000)) == "2014-11-30T10:38:29.020000Z"


def test_a_place_names_file_and_line_and_says_what_is_not_there() -> None:
    assert place(Statement("a.cfg", 14, " group 2")) == "a.cfg:14"
    assert command(Statement("a.cfg", 14, " group 2")) == "group 2"
    assert command(Default("a.cfg", "crypto isakmp identity auto")) == "(default) crypto isakmp identity auto"
    assert command(Absent("a.cfg", "crypto isakmp enable outside")) == "(absent) crypto isakmp enable outside"
