"""Whatever stands before the cursor, `?` and Tab answer; and every declared word is offered and found."""

import re

from firewalls import LoneFirewall
from hypothesis import given, settings
from hypothesis import strategies as st
from screens import FakeScreen

from mainmode.console.commands import LAB_TABLE, TABLE
from mainmode.console.screen import TerminalSettings
from mainmode.console.session import Session, User
from mainmode.device.line import syntax
from mainmode.device.line.expectation import Kind
from mainmode.device.line.lookup import Fault, LineError, expected, look_up
from mainmode.device.line.places import place_of

_WORDS = sorted({word for one in TABLE for word in re.findall(r"[a-z][a-z0-9-]+", one.text)})
_VALUES = ["10.0.0.2", "outside", "MAP", "VPN", "0", "7", "4294967295", "x", "|", "|i", "-v", "[", "(a*)*", "?"]
_CUT = st.sampled_from(_WORDS).flatmap(lambda word: st.integers(1, len(word)).map(lambda cut: word[:cut]))
_WORD = st.sampled_from(_WORDS) | _CUT | st.sampled_from(_VALUES) | st.text(max_size=8)
_LINES = st.text(max_size=120) | st.lists(_WORD, max_size=8).map(" ".join)
_BOTH = (*TABLE, *LAB_TABLE)
CONFIGURATION = LoneFirewall().box.configuration


def _session(privilege: int = 15) -> tuple[Session, FakeScreen]:
    screen = FakeScreen(*["n"] * 50)
    screen.settings = TerminalSettings(pager=0)
    return Session(LoneFirewall(), screen, User("admin", "console", privilege)), screen  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(_LINES, st.sampled_from([1, 15]), st.sampled_from([0, 1, 20, 80, 511]))
def test_any_beginning_of_a_line_has_a_help_and_a_completion(before: str, privilege: int, width: int) -> None:
    session, screen = _session(privilege)
    screen.settings.width = width
    assert session.help(before).endswith("\n")
    added = session.complete(before)
    assert "\n" not in added
    assert not added or session.help(before + added)


def _walks() -> list[tuple[str, ...]]:
    """A line to every word of the table behind every other one, with values for its places."""
    lines = []
    for one in _BOTH:
        waiting: list[tuple[syntax.Sequence, tuple[str, ...]]] = [(one.sequence, ())]
        seen = set()
        while waiting:
            left, line = waiting.pop()
            for word, rest in syntax.following(left):
                if word is not None and (word, line[-1:]) not in seen:
                    seen.add((word, line[-1:]))
                    waiting.append((rest, (*line, _value(word))))
                    lines.append(waiting[-1][1])
    return lines


def _value(word: str) -> str:
    """What may stand for a word of a syntax: itself, the least number of a range, a value that a place takes."""
    place = place_of(word)
    if place is None:
        return word
    values = ["outside", "10.0.0.2", "1", "60", "+1m", "icmp", "echo", "www", place.shown.strip("<").partition("-")[0]]
    return next(value for value in values if place.knows(CONFIGURATION, value) or place.takes(value))


def test_every_word_of_the_table_is_found_and_was_offered() -> None:
    for line in _walks():
        offers = expected(_BOTH, line[:-1], CONFIGURATION)
        assert any(one.kind is Kind.PLACE or one.word == line[-1] for one in offers), line
        try:
            found = look_up(_BOTH, line, CONFIGURATION).line
        except LineError as error:
            found = " ".join(line) if error.fault is Fault.INCOMPLETE and error.expected else str(error)
        assert found == " ".join(line)
