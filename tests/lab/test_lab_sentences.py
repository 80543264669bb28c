"""The sentences of a scenario: examples of the page are read, places are typed, errors say what is understood."""

from dataclasses import fields, is_dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.errors import InputError
from mainmode.base.instant import seconds
from mainmode.base.sentences import Grammar, places_of
from mainmode.lab.lengths import read_span
from mainmode.lab.scenario.expectations import EXPECTATIONS, Expectation
from mainmode.lab.scenario.forms import KINDS, Known
from mainmode.lab.scenario.reader import read_scenario
from mainmode.lab.scenario.steps import STEPS, Ping, Step

KNOWN = Known(("a", "b"), ("home",))


def _scenario(text: str) -> None:
    read_scenario("test", text, ("a.cfg", "b.cfg"), lambda file: f"hostname {file[0]}")


def _story(sentence: str, kind: str = "steps") -> str:
    return f'title = "t"\n\n[story]\n{kind} = [\n  "{sentence}",\n]\n'


@pytest.mark.parametrize("form", [*STEPS, *EXPECTATIONS], ids=lambda form: form.__name__)
def test_the_example_of_every_sentence_is_read_as_that_sentence(form: type[Step] | type[Expectation]) -> None:
    forms: tuple[type[Step] | type[Expectation], ...] = STEPS if issubclass(form, Step) else EXPECTATIONS
    text = form.EXAMPLE.split(": ", 1)[1] if form.EXAMPLE.startswith("at ") else form.EXAMPLE
    assert type(Grammar(forms, KINDS).read(text, KNOWN)) is form
    _scenario(
        _story(form.EXAMPLE, "steps" if issubclass(form, Step) else "expect") + '[nat]\nhome = { address = "1.2.3.4" }'
    )


@pytest.mark.parametrize("form", [*STEPS, *EXPECTATIONS], ids=lambda form: form.__name__)
def test_every_place_is_a_field_and_has_a_kind(form: type[Step]) -> None:
    assert is_dataclass(form)
    names = {field.name for field in fields(form)}
    assert set(places_of(form.SYNTAX)) == names
    assert set(places_of(form.SYNTAX).values()) <= set(KINDS)


def test_what_is_left_out_has_its_default() -> None:
    ping = Grammar(STEPS, KINDS).read("ping 10.0.0.1  10.0.0.2 size 1400 df", KNOWN)
    assert isinstance(ping, Ping)
    assert (ping.count, ping.interval, ping.octets, ping.df, ping.device) == (5, seconds(1), 1400, True, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("restart c", "there is no device c; the devices are a, b"),
        ("reboot a", "there is no NAT box a; the NAT boxes are home"),
        ("ping 10.0.0.1 10.0.0.300", "10.0.0.300 is no IPv4 address"),
        ("restart b for 2w", "2w is no length of time; write 80ms, 90s, 5m, 2h, 1d or 1h30m"),
        ("restart", "not understood: restart\n  what is understood:\n  restart DEVICE [for SPAN]"),
        ("link a b loss=5", "link loss=5: write a percentage"),
        ("dance", "what is understood:\n  ping"),
    ],
)
def test_a_sentence_that_is_not_understood_says_what_is(text: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        Grammar(STEPS, KINDS).read(text, KNOWN)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "scenario.toml: Invalid value (at end of document"),
        ("colour = 1", "scenario.toml:1: colour: is not understood here; there are title, shows"),
        ("title = 5", "scenario.toml:1: title: a text in quotes is expected, not 5"),
        (_story("at 5x: restart b"), "scenario.toml:5: 5x is no length of time"),
        (_story("at 5s: type a: reload"), "scenario.toml:5: reload\n^\nERROR: % Invalid input detected at '^' marker."),
        (_story("every 0s until 5m: restart b"), "every 0s would never end"),
        (_story("every 5s until 5m: tunnel a b is up", "expect"), "an expectation is judged at one time"),
        ("[devices]\na = 5", "devices.a: a file name or a table is expected"),
        ('[devices]\na = { behind = "x" }', "scenario.toml:2: devices.a.behind: there is no NAT box x; there are none"),
        ("[nat]\nx = {}", "nat.x: its address is missing"),
        ('[nat]\nx = { address = "1.2.3.4", forward = ["udp/0 1.1.1.1"] }', "write udp/500 10.1.1.2"),
        ('[links]\n"a c" = "loss=5%"', 'links.a c: write "a b" = "delay=80ms"'),
        ('[links]\n"a b" = "loss=5"', "scenario.toml:2: link loss=5: write a percentage"),
        ("seed = -1", "seed: a whole number from 0"),
        ('until = "soon"', "scenario.toml:1: soon is no length of time"),
    ],
)
def test_an_error_of_the_file_has_its_place(text: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        _scenario(text)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("text", "span"), [("80ms", 0.08), ("90s", 90), ("1.5h", 5400), ("1h30m", 5400), ("2d", 172_800), ("0s", 0)]
)
def test_lengths_of_time_are_read(text: str, span: float) -> None:
    assert read_span(text) == seconds(span)


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_scenario_or_an_input_error(text: str) -> None:
    for whole in (text, _story(text), _story(text, "expect")):
        try:
            _scenario(whole)
        except InputError as error:
            assert str(error).startswith("scenario.toml")  # noqa: PT017
