"""The same sessions in tmux: another terminal draws the same rows, with the cursor at the same place."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from devices import SECONDS, command, environment
from scenes import COLUMNS, ROWS, around_cursor, read_scene


class Tmux:
    """A server of its own with one pane."""

    def __init__(self, socket: Path, words: list[str]) -> None:
        self._socket = str(socket)
        quoted = " ".join(f"'{word}'" for word in words)
        self._run("new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), quoted)

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, "-f", "/dev/null", *words],
            capture_output=True,
            env=environment(),
            timeout=SECONDS,
            check=True,
        )
        return done.stdout.decode()

    def send(self, keys: str) -> None:
        self._run("send-keys", "-H", *(f"{octet:02x}" for octet in keys.encode()))

    @property
    def drawn(self) -> list[str]:
        shown = self._run("display-message", "-p", "#{cursor_x}\n#{cursor_y}", ";", "capture-pane", "-p")
        x, y, *rows = shown.split("\n")
        return around_cursor(rows, int(x), int(y))

    def close(self) -> None:
        self._run("kill-server")


@pytest.fixture
def pane(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Tmux]:
    scene = read_scene(request.param)
    tmux = Tmux(tmp_path / "tmux", command(*scene.command.split()[2:]))
    try:
        yield tmux
    finally:
        tmux.close()


@pytest.mark.parametrize(("pane", "name"), [("editing", "editing"), ("paging", "paging")], indirect=["pane"])
def test_tmux_draws_what_the_transcript_says(pane: Tmux, name: str) -> None:
    drawn = ["│asa1> ▏"]
    for step in read_scene(name).steps[:-1]:
        if step.written:
            pane.send(step.keys)
            drawn = step.drawn or drawn
        if step.drawn or not step.written:
            wait_for(pane, drawn)


def wait_for(pane: Tmux, drawn: list[str]) -> None:
    """Until the pane shows these rows."""
    until = time.monotonic() + SECONDS
    while (shown := pane.drawn) != drawn and time.monotonic() < until:
        time.sleep(0.05)
    assert shown == drawn
