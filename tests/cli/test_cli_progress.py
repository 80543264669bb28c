"""How far long work is: one row of a terminal that goes away, a line now and then in a log, nothing for short work."""

import io
import sys

import pytest

from mainmode.cli import progress
from mainmode.cli.progress import Progress


class Stream(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def told(stream: Stream, clock: Clock, monkeypatch: pytest.MonkeyPatch, steps: int, seconds: float) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress() as shown:
        for done in range(1, steps + 1):
            clock.now += seconds
            shown.told(done, steps, f"checked {done} of {steps} pairs")
    return stream.getvalue()


def test_short_work_says_nothing(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(Stream(True), clock, monkeypatch, 9, 0.1) == ""
    assert told(Stream(False), clock, monkeypatch, 9, 1.0) == ""


def test_a_terminal_has_one_row_that_goes_away(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = told(Stream(True), clock, monkeypatch, 100, 0.5)
    assert "\n" not in printed
    seen, screen = [], ""
    for row in printed.split("\r"):
        screen = row + screen[len(row) :]
        seen.append(screen.rstrip())
    assert seen[2] == "checked 3 of 100 pairs"
    assert "checked 11 of 100 pairs, about 44 s left" in seen
    assert seen[-1] == ""
    assert all(row.count("checked") == 1 and row.endswith(("left", "pairs")) for row in seen if row)


def test_a_log_has_a_line_now_and_then(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = told(Stream(False), clock, monkeypatch, 100, 0.5).splitlines()
    assert rows[0] == "mainmode: checked 20 of 100 pairs, about 40 s left"
    assert len(rows) == 5


def test_what_is_being_done_cannot_steer_the_terminal(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(True)
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress() as shown:
        clock.now += 5
        shown.doing("reading \x1b[2Jevil.cfg\nand more")
    assert "\x1b" not in stream.getvalue()
    assert "\n" not in stream.getvalue()
