"""Letters that are typed in parts: a mark joins the letter before it, however the pieces arrive."""

import pytest

from mainmode.console.terminal.keys import Key, KeyReader
from mainmode.console.terminal.line import LONGEST, Line


def typed(pieces: list[bytes], line: Line | None = None) -> Line:
    line = line or Line()
    reader = KeyReader()
    for piece in pieces:
        for key in reader.read(piece):
            if isinstance(key, str):
                line.insert(key)
            else:
                line.edit(key)
    return line


@pytest.mark.parametrize(
    ("text", "kept"),
    [("A\u030f", "\u0200"), ("cafe\u0301 x", "café x"), ("\u0301a", "a"), ("x\u0301", "x"), ("a\u0300\u0301", "à")],
)
def test_a_mark_joins_its_letter_in_one_piece_and_in_many(text: str, kept: str) -> None:
    octets = text.encode()
    assert typed([octets]).text == kept
    assert typed([octets[at : at + 1] for at in range(len(octets))]).text == kept


def test_a_mark_behind_the_cursor_s_letter_changes_that_one() -> None:
    line = Line("etre")
    line.edit(Key.HOME)
    line.edit(Key.RIGHT)
    assert typed(["\u0302".encode()], line).text == "être"
    assert line.cursor == 1


def test_a_full_line_still_takes_the_mark_of_its_last_letter() -> None:
    line = Line("e" * LONGEST)
    assert typed(["\u0301".encode()], line).text == "e" * (LONGEST - 1) + "é"
    assert not line.overlong
