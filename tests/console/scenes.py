"""Sessions of a person, kept as transcripts: the keys that were typed, and all that the terminal got for them.

A transcript is script and judgement in one. `$` begins the command line; `» ` keys and Enter, `»» ` keys without it;
below stands what came, line ends as they are, other control characters spelled out. Below `»» ` the rows of the prompt
are drawn, too, as a terminal shows them, with `▏` where the cursor is. A new scene is a file with `$` and keys only;

    python tests/console/scenes.py [NAME …]

writes what comes now. Whoever renews a transcript reads the difference.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pexpect
import pyte
from devices import SECONDS, at_a_terminal

FOLDER = Path(__file__).parent / "transcripts"
COLUMNS, ROWS = 80, 24
QUIET = 1.5
"""Seconds without a sign after which nothing more comes, when a transcript is made."""
_SHELL, _LINE, _KEYS, _DRAWN, _NOTE = "$ ", "» ", "»» ", "│", "# "
_NAMED = {
    "Enter": "\r",
    "Tab": "\t",
    "Esc": "\x1b",
    "Blank": " ",
    "Backspace": "\x7f",
    "Delete": "\x1b[3~",
    "Up": "\x1b[A",
    "Down": "\x1b[B",
    "Right": "\x1b[C",
    "Left": "\x1b[D",
    "Home": "\x1b[H",
    "End": "\x1b[F",
}
_KEY = re.compile(r"<(Ctrl-([A-Z])|\w+)>")
_PROMPT = "asa"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_SPELLED = re.compile(r"\\x([0-9a-f]{2})")


@dataclass(slots=True)
class Step:
    """Keys, and what came of them."""

    written: str
    came: str = ""
    drawn: list[str] = field(default_factory=list)

    @property
    def keys(self) -> str:
        """What is sent."""
        text = self.written.removeprefix(_KEYS)
        sent = _KEY.sub(lambda found: _named(found), text.removeprefix(_LINE))
        return sent if self.written.startswith(_KEYS) else f"{sent}\r"

    @property
    def text(self) -> str:
        """As it stands in the file."""
        return "\n".join([self.written, spelled(self.came), *self.drawn])


@dataclass(slots=True)
class Scene:
    """A whole session."""

    notes: list[str]
    command: str
    steps: list[Step]

    @property
    def text(self) -> str:
        """The file."""
        first, *rest = self.steps
        begun = [*self.notes, self.command, spelled(first.came)]
        return "\n".join([*begun, *(step.text for step in rest)]) + "\n"


def _named(found: "re.Match[str]") -> str:
    if found[2]:
        return chr(ord(found[2]) - 64)
    return _NAMED.get(found[1], found[0])


def spelled(came: str) -> str:
    """What came, as it can be read."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", came.replace("\r\n", "\n"))


def came_of(text: str) -> str:
    """What was spelled."""
    return _SPELLED.sub(lambda found: chr(int(found[1], 16)), text).replace("\n", "\r\n")


def scenes() -> list[str]:
    """The names of all."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def read_scene(name: str) -> Scene:
    """A scene from its file."""
    notes, command = [], ""
    steps = [Step("")]
    rows: list[str] = []
    for line in [*(FOLDER / f"{name}.txt").read_text("utf-8").removesuffix("\n").split("\n"), _LINE]:
        if not command and not line.startswith(_SHELL):
            notes.append(line)
        elif line.startswith(_SHELL) and not command:
            command = line
        elif line.startswith((_LINE, _KEYS)):
            steps[-1].came = came_of("\n".join(rows))
            rows = []
            steps.append(Step(line))
        elif line.startswith(_DRAWN):
            steps[-1].drawn.append(line)
        else:
            rows.append(line)
    return Scene(notes, command, steps[:-1])


def around_cursor(display: list[str], x: int, y: int) -> list[str]:
    """The rows of a screen from that of the prompt on, or from the one above the cursor's; the cursor is drawn."""
    rows = [row.rstrip() for row in display]
    rows[y] = f"{rows[y]:<{x}}"
    rows[y] = f"{rows[y][:x]}▏{rows[y][x:]}"
    prompts = [number for number in range(max(0, y - 3), y + 1) if rows[number].startswith(_PROMPT)]
    first = max([max(0, y - 1), *prompts] if rows[y].startswith(_PROMPT) else prompts or [max(0, y - 1)])
    last = max(number for number, row in enumerate(rows) if row)
    return [f"{_DRAWN}{row}" for row in rows[first : last + 1]]


class Terminal:
    """A process on a terminal, and the screen as it is drawn."""

    def __init__(self, command: str) -> None:
        self._child = at_a_terminal(*command.removeprefix(_SHELL).split()[1:], columns=COLUMNS, rows=ROWS)
        self._screen = pyte.Screen(COLUMNS, 400)
        self._stream = pyte.Stream(self._screen)

    def send(self, keys: str) -> None:
        self._child.send(keys)

    def read(self, seconds: float) -> str | None:
        """What comes next; None at the end, empty where nothing comes for so long."""
        try:
            came = str(self._child.read_nonblocking(1 << 16, seconds))
        except pexpect.TIMEOUT:
            return ""
        except pexpect.EOF:
            return None
        self._stream.feed(came)
        return came

    @property
    def drawn(self) -> list[str]:
        """The rows from that of the cursor's prompt on."""
        return around_cursor(list(self._screen.display), self._screen.cursor.x, self._screen.cursor.y)

    def close(self) -> int | None:
        """The exit code."""
        self._child.close(force=True)
        return self._child.exitstatus


def play(scene: Scene) -> Iterator[tuple[Step, str, list[str]]]:
    """Play a scene: each step with what came, read until it is all that is expected, or something else."""
    terminal = Terminal(scene.command)
    expected = came = ""
    try:
        for step in scene.steps:
            terminal.send(step.keys if step.written else "")
            start = len(expected)
            expected += step.came
            while len(came) < len(expected) and expected.startswith(came):
                more = terminal.read(SECONDS)
                if not more:
                    break
                came += more
            yield step, came[start:], terminal.drawn if step.drawn else []
            if not came.startswith(expected):
                return
        rest = terminal.read(SECONDS)
        yield Step("the end"), "" if rest is None else f"{rest}: goes on", []
    finally:
        terminal.close()


def renew(name: str) -> None:
    """Write what comes now."""
    scene = read_scene(name)
    terminal = Terminal(scene.command)
    try:
        for step in scene.steps:
            terminal.send(step.keys if step.written else "")
            step.came = ""
            while more := terminal.read(QUIET if step.came else SECONDS):
                step.came += more
            step.drawn = terminal.drawn if step.written.startswith(_KEYS) else []
    finally:
        terminal.close()
    (FOLDER / f"{name}.txt").write_text(scene.text, "utf-8")


if __name__ == "__main__":
    for each in sys.argv[1:] or scenes():
        renew(each)
