"""Over any keys: nothing is raised, the line is a simple model's, and the screen shows prompt and line at all times."""

import asyncio
from unicodedata import east_asian_width

import pyte
from hypothesis import example, given, settings
from hypothesis import strategies as st
from keyboards import Keyboard, Listening

from mainmode.console.terminal.keys import Key, KeyReader

PROMPT = "asa1# "
LETTERS = "abc -.|019é"
WIDE = "漢"
KEYS = {
    "\x7f": Key.BACKSPACE,
    "\x04": Key.DELETE,
    "\x02": Key.LEFT,
    "\x1b[C": Key.RIGHT,
    "\x01": Key.HOME,
    "\x1b[F": Key.END,
    "\x0b": Key.ERASE_TO_END,
    "\x15": Key.ERASE_TO_START,
}
WORDS = ("\x17", "\x1bb", "\x1bf", "\x1bd", "\x19", "\x14", "\x1b[A", "\x1b[B", "\x0c", "?", "\t")

texts = st.text(LETTERS, min_size=1, max_size=30)
wide_texts = st.text(LETTERS + WIDE, min_size=1, max_size=30)
edits = st.lists(st.one_of(texts, st.sampled_from(sorted(KEYS)), st.sampled_from(WORDS)), max_size=25)
short_edits = st.lists(
    st.one_of(st.text(LETTERS + WIDE, min_size=1, max_size=6), st.sampled_from(sorted(KEYS)), st.sampled_from(WORDS)),
    max_size=20,
)
simple_edits = st.lists(st.one_of(wide_texts, st.sampled_from(sorted(KEYS))), max_size=40)


class Model:
    """What a line is: the letters before the cursor and those behind it."""

    def __init__(self) -> None:
        self.before: list[str] = []
        self.behind: list[str] = []

    def press(self, key: str) -> None:
        match KEYS.get(key):
            case None:
                self.before += key
            case Key.BACKSPACE:
                del self.before[-1:]
            case Key.DELETE:
                del self.behind[:1]
            case Key.LEFT:
                self.before, self.behind = self.before[:-1], self.before[-1:] + self.behind
            case Key.RIGHT:
                self.before, self.behind = self.before + self.behind[:1], self.behind[1:]
            case Key.HOME:
                self.before, self.behind = [], self.before + self.behind
            case Key.END:
                self.before, self.behind = self.before + self.behind, []
            case Key.ERASE_TO_END:
                self.behind = []
            case Key.ERASE_TO_START:
                self.before = []

    @property
    def text(self) -> str:
        return "".join(self.before + self.behind)


@example([b"A", b"\xcc\x8f"])
@given(st.lists(st.binary(max_size=40), max_size=8))
@example([b"\x1b", b"[", b"3", b"~"])
@example([b"\x16\x1b[", b"\xf0\x9f", b"\x98\x80\r"])
@settings(max_examples=150, deadline=None)
def test_any_octets_in_any_pieces_are_the_same_keys(pieces: list[bytes]) -> None:
    def keys(chunks: list[bytes]) -> list[str | Key]:
        reader = KeyReader()
        single: list[str | Key] = []
        for chunk in chunks:
            for key in reader.read(chunk):
                single += list(key) if isinstance(key, str) else [key]
        return single

    whole = b"".join(pieces)
    assert keys(pieces) == keys([whole]) == keys([whole[at : at + 1] for at in range(len(whole))])


@given(st.lists(st.binary(max_size=60), max_size=10), st.integers(0, 40), st.booleans())
@settings(max_examples=120, deadline=None)
def test_any_octets_end_no_session_and_send_nothing_that_is_no_echo(
    pieces: list[bytes], columns: int, piped: bool
) -> None:
    async def does(session: Listening, line: str) -> None:
        if line.startswith("a"):
            await session.screen.show("row\n" * 30)
        elif line.startswith("b"):
            await session.screen.ask("Password: ", echo=False)
        elif line.startswith("c"):
            await session.screen.confirm("Sure? ")

    async def go() -> None:
        async with Keyboard(does, columns=columns, piped=piped) as keyboard:
            for number, piece in enumerate(pieces):
                keyboard.terminal.feed(piece)
                if number % 3 == 0:
                    keyboard.terminal.tell([f"line {number}"])
                    await keyboard.settle()
            keyboard.terminal.feed(b"\x03\r\x03\r")
            keyboard.terminal.end_of_input()
            await keyboard.ended()
            assert not {letter for letter in keyboard.sent if letter < " "} - set("\r\n\b\a\x1b")
            if not columns:
                assert "\x1b" not in keyboard.sent

    asyncio.run(go())


@given(simple_edits, st.integers(20, 60))
@settings(max_examples=120, deadline=None)
def test_the_line_is_that_of_the_model(keys: list[str], columns: int) -> None:
    model = Model()
    for key in keys:
        model.press(key)

    async def go() -> None:
        async with Keyboard(columns=columns) as keyboard:
            await keyboard.type("".join(keys) + "\r")
            assert keyboard.session.entered == [model.text]

    asyncio.run(go())


def rows_of(text: str, columns: int) -> list[str]:
    """How a terminal lays out one long line."""
    rows, width = [""], 0
    for letter in text:
        wide = 2 if east_asian_width(letter) in "WF" else 1
        if width + wide > columns:
            rows.append("")
            width = 0
        rows[-1] += letter
        width += wide
    return [row.rstrip() for row in rows]


def shown(screen: pyte.Screen) -> list[str]:
    """The rows of a screen; the second half of a wide letter is none."""
    rows = []
    for number in range(screen.lines):
        line = screen.buffer[number]
        rows.append("".join(line[column].data for column in range(screen.columns)).rstrip())
    return rows


@given(edits, st.integers(12, 40))
@example(["abc" * 10, "\x02", "x", "\x7f", "\x0c"], 36)
@example(["a" * 6, "\x7f"], 12)
@settings(max_examples=120, deadline=None)
def test_the_screen_shows_prompt_and_line_and_the_cursor_at_its_place(keys: list[str], columns: int) -> None:
    follow(keys, columns)


@given(short_edits)
@settings(max_examples=40, deadline=None)
def test_the_screen_shows_letters_of_two_columns(keys: list[str]) -> None:
    # Not at the margin: there the judge, pyte, cuts such a letter in two, and terminals do not.
    follow(keys, 200)


def follow(keys: list[str], columns: int) -> None:
    """Compare the screen with prompt and line, key by key."""
    screen = pyte.Screen(columns, 60)
    stream = pyte.Stream(screen)

    async def go() -> None:
        async with Keyboard(columns=columns) as keyboard:
            await keyboard.type("older line\rhost 10.0.0.1\r")
            stream.feed(f"\r\n{PROMPT}")
            prompts = 1
            for number, key in enumerate(keys):
                stream.feed(await keyboard.type(key))
                if number % 7 == 6:
                    keyboard.terminal.tell(["[IKEv1]: a line"])
                    stream.feed(await keyboard.type(""))
                line = keyboard.terminal._line
                expected = rows_of(PROMPT + line.text, columns)
                rows = shown(screen)
                begins = max(at for at, row in enumerate(rows) if row.startswith(PROMPT.rstrip()))
                count = sum(row.startswith(PROMPT.rstrip()) for row in rows)
                # An edit happens in its place; what shows the line anew does so below.
                assert count <= prompts + (key in ("\x0c", "?")) + (number % 7 == 6)
                prompts = count
                assert rows[begins : begins + len(expected)] == expected
                assert not any(rows[begins + len(expected) :])
                # At the margin the cursor waits in the last column, or stands in the next row.
                row, column = screen.cursor.y - begins, screen.cursor.x
                places = {(row, column)} | ({(row + 1, 0)} if column >= columns else set())
                places |= {(row - 1, columns)} if column == 0 else set()
                assert exact(PROMPT + line.before, columns) in places

    asyncio.run(go())


def exact(text: str, columns: int) -> tuple[int, int]:
    """Row and column behind a text."""
    row = column = 0
    for letter in text:
        wide = 2 if east_asian_width(letter) in "WF" else 1
        if column + wide > columns:
            row, column = row + 1, 0
        column += wide
    return row, column
