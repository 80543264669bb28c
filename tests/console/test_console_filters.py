"""Filters behind commands, and the regular expressions that they take."""

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prompts import at_prompt, typed

from mainmode.console.patterns import Pattern, PatternError

SESSION, _ = at_prompt()
RUNNING = typed(SESSION, "show running-config").splitlines()


def _filtered(behind: str) -> list[str]:
    return typed(SESSION, f"show running-config {behind}").splitlines()


@pytest.mark.parametrize("word", ["include", "i", "inc", "INCLUDE", "grep", "g"])
def test_lines_that_match_are_left(word: str) -> None:
    assert _filtered(f"| {word} crypto map") == [line for line in RUNNING if "crypto map" in line]


@pytest.mark.parametrize("word", ["exclude", "e", "ex", "grep -v", "gr -v"])
def test_lines_that_do_not_match_are_left(word: str) -> None:
    assert _filtered(f"| {word} crypto map") == [line for line in RUNNING if "crypto map" not in line]


def test_from_the_first_line_that_matches_on() -> None:
    begin = next(place for place, line in enumerate(RUNNING) if line.startswith("crypto map"))
    assert _filtered("| begin ^crypto map") == RUNNING[begin:]
    assert _filtered("| b ^nothing") == []


def test_the_bar_may_stand_against_the_word_behind_it() -> None:
    assert _filtered("|i crypto map") == _filtered("| i crypto map")


def test_a_bar_within_the_expression_is_either() -> None:
    assert _filtered("| i hostname|nameif") == [line for line in RUNNING if "hostname" in line or "nameif" in line]


def test_blanks_at_the_end_belong_to_the_expression() -> None:
    assert _filtered("| i esp-sha-hmac ") == [line for line in RUNNING if "esp-sha-hmac " in line]
    assert _filtered("| i hostname asa1 ") == []


def test_quotes_are_characters_like_others() -> None:
    assert typed(SESSION, 'show interface inside | i "inside"').startswith('Interface GigabitEthernet0/0 "inside"')
    assert typed(SESSION, 'show running-config | i "nameif"') == ""


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("show version |", "ERROR: % Incomplete command\n"),
        ("show version | i", "ERROR: % Incomplete command\n"),
        ("show version | grep -v", "ERROR: % Incomplete command\n"),
        ("show version | count x", f"{' ' * 21}^\nERROR: % Invalid input detected at '^' marker.\n"),
        ("show version |foo x", f"{' ' * 19}^\nERROR: % Invalid input detected at '^' marker.\n"),
        ("show foo | i x", f"{' ' * 11}^\nERROR: % Invalid input detected at '^' marker.\n"),
        ("show version | i [", "ERROR: % Invalid regular expression: unmatched [\n"),
    ],
)
def test_a_wrong_filter_is_told(line: str, answer: str) -> None:
    assert typed(SESSION, line) == answer


_LETTERS = st.sampled_from("ab.*+?|()[]^$-{}12,\\ ")


_ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "[1-2]", "[]a]", "-", " ", r"\."])
_REPEATED = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "{2,}"])
_EXPRESSIONS = st.recursive(
    _ATOMS,
    lambda inner: (
        st.lists(st.tuples(inner, _REPEATED), min_size=1, max_size=3).map(
            lambda items: "".join(
                f"({item}){mark}" if len(item) > 1 and mark else f"{item}{mark}" for item, mark in items
            )
        )
        | st.lists(inner, min_size=2, max_size=3).map(lambda items: f"({'|'.join(items)})")
    ),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(
    _EXPRESSIONS, st.sampled_from(["{}", "^{}", "{}$", "^{}$"]), st.lists(st.text("ab12-. ]", max_size=8), max_size=6)
)
def test_an_expression_finds_what_pythons_own_engine_finds(inner: str, form: str, lines: list[str]) -> None:
    pattern, judge = Pattern(form.format(f"({inner})")), re.compile(form.format(f"(?:{inner})").replace("$", r"\Z"))
    assert [pattern.found_in(line) for line in lines] == [judge.search(line) is not None for line in lines]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text(_LETTERS, max_size=60), st.text(max_size=40))
def test_any_text_is_an_expression_or_told_to_be_none(text: str, line: str) -> None:
    try:
        pattern = Pattern(text)
    except PatternError:
        return
    assert pattern.found_in(line) in (True, False)


@pytest.mark.parametrize(
    "text", ["(a*)*b", "(a|a)*b", "(a|aa)+$", "^" + "a?" * 60 + "a" * 60 + "$", "(.*)*x(.*)*y(.*)*z", "(a{1,9}){1,9}c"]
)
def test_a_hostile_expression_costs_no_more_than_its_length_times_the_lines(text: str) -> None:
    """With an engine that tries everything twice this test never ends."""
    assert not Pattern(text).found_in("a" * 400 + "!")


def test_what_would_grow_without_bounds_is_refused() -> None:
    for text in ("((a{99}){99}){99}", "(" * 400, "(" * 60 + "a" + ")" * 60):
        with pytest.raises(PatternError):
            Pattern(text)


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("a.c", "xabcx", True),
        ("^a", "ba", False),
        ("b$", "ab", True),
        ("^$", "", True),
        ("^$", " ", False),
        ("a{2}", "a", False),
        ("a{2}", "aa", True),
        ("^a{2,3}$", "aaaa", False),
        ("^a{2,3}$", "aaa", True),
        ("^a{2,}$", "aaaa", True),
        ("x{y", "x{y", True),
        (r"10\.0\.0\.2", "10.0.0.2", True),
        (r"10\.0\.0\.2", "10x0.0.2", False),
        ("[0-9]+ pkts", "12 pkts", True),
        ("[^0-9]", "123", False),
        ("^a+$", "aaa", True),
        ("^(ab)+$", "ababa", False),
        ("^a?b$", "aab", False),
        ("^a*$", "", True),
        ("(^a|b$)c", "xac", False),
        ("[]]", "]", True),
        ("(ab|c)+d", "abcabd", True),
        ("Map", "map", False),
        ("outside_map", "outside_map", True),
    ],
)
def test_what_an_expression_means(text: str, line: str, found: bool) -> None:
    assert Pattern(text).found_in(line) is found


def test_all_plain_characters_mean_themselves() -> None:
    for letter in set(string.printable) - set("\\[(*+?|)^$."):
        assert Pattern(letter).found_in(letter)
        assert not Pattern(letter).found_in("\x00")
