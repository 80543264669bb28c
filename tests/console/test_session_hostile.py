"""Whatever is typed, a session answers it and goes on."""

import asyncio

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lab_rig import devices, in_lab
from screens import FakeScreen

from mainmode.console.commands import TABLE
from mainmode.console.lab.lab import Lab
from mainmode.console.session import Session, User
from mainmode.device.line.declaration import Command
from mainmode.device.line.places import place_of
from mainmode.device.line.syntax import following

FAULT = "a fault in mainmode itself"
KEY = "cisco"
"""The pre-shared key of the packaged pair."""
NOISE = st.one_of(
    st.sampled_from(["inside", "10.0.0.2", "255.255.255.0", "1", "9", "|", "?", "-v", "no", "sh", "cr", "d"]),
    st.text(max_size=6),
)
FILLERS = st.sampled_from(
    ["inside", "outside", "10.0.0.2", "192.168.2.10", "0.0.0.0", "255.255.255.0", "1", "VPN", "80"]
)


@st.composite
def commands(draw: st.DrawFn) -> str:
    """A line that is a command, or nearly: places have something in them, and words may be cut or changed."""
    one: Command[object] = draw(st.sampled_from(TABLE))
    left, words = one.sequence, []
    while len(words) < 14:
        onwards = [(word, rest) for word, rest in following(left)]
        word, left = draw(st.sampled_from(onwards))
        if word is None:
            break
        if place_of(word) is not None:
            words.append(draw(st.one_of(FILLERS, NOISE)))
        else:
            words.append(draw(st.sampled_from([word, word, word, word[:3]])))
    if draw(st.integers(0, 3)) == 0:
        words.append(draw(NOISE))
    return " ".join(words)


LINES = st.one_of(commands(), commands(), st.lists(NOISE, max_size=7).map(" ".join))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(LINES, max_size=4), st.sampled_from([1, 15]), st.lists(st.sampled_from(["", "y", "n", "x"]), max_size=3)
)
@example(["debug crypto condition peer 10.0.0.2 subnet 0.0.0.0", "show debug"], 15, [])
@example(["ping inside 10.0.0.2 size 9000 repeat 1 timeout 1", "ping outside 255.255.255.255 repeat 1"], 15, [])
@example(["ping 0.0.0.0 repeat 1", "ping 224.0.0.1 repeat 1", "ping 10.0.0.1 repeat 1"], 15, [])
@example(["help " + "show " * 100, "help " + "capture x " * 40], 15, [])
def test_any_lines_are_answered_without_a_fault(lines: list[str], privilege: int, answers: list[str]) -> None:
    screen = FakeScreen(*answers)

    async def typing(lab: Lab) -> None:
        session = Session(lab.find("asa1"), screen, User("", "console", privilege))
        for line in lines:
            if session.ended:
                return
            await asyncio.wait_for(session.enter(line), 30)
            session.help(line)
            session.complete(line)
            assert session.prompt
        session.close()

    in_lab(Lab(devices(), still=True), typing)
    assert FAULT not in screen.output, screen.output
    assert KEY not in screen.output
