"""The line that is being typed: a value with a cursor, and what the editing keys do to it."""

import re
from collections.abc import Callable, Mapping
from typing import Final
from unicodedata import category, normalize

from mainmode.console.terminal.keys import Key

LONGEST = 510
"""Characters of one line, as on the device. A longer one is not carried out: half a command would do something else."""

_WORD = re.compile(r"\W*\w*")
"""The way of the cursor over a word, in either direction."""
_ARGUMENT = re.compile(r"\s*\S*")


class Line:
    """Text with a cursor. `overlong`: more was typed than a line may hold, and is not in it."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.cursor = len(text)
        self.overlong = False
        self._erased = ""

    @property
    def before(self) -> str:
        """What stands before the cursor."""
        return self.text[: self.cursor]

    @property
    def behind(self) -> str:
        """What stands from the cursor on."""
        return self.text[self.cursor :]

    def insert(self, typed: str) -> None:
        """Text at the cursor, which stands behind it then. A mark joins the letter before it, or is nothing."""
        if not typed.isascii():
            joined = normalize("NFC", self.text[max(0, self.cursor - 1) : self.cursor] + typed)
            self._erase(self.cursor - 1, self.cursor, keep=False)
            typed = "".join(letter for letter in joined if not category(letter).startswith("M"))
        fits = typed[: max(0, LONGEST - len(self.text))]
        self.overlong |= len(fits) < len(typed)
        self.text = self.before + fits + self.behind
        self.cursor += len(fits)

    def replace(self, text: str) -> None:
        """Another text; the cursor stands at its end."""
        self.text = text[:LONGEST]
        self.cursor = len(self.text)
        self.overlong = len(text) > LONGEST

    def edit(self, key: Key) -> bool:
        """Do what an editing key does; False where it is none."""
        does = _EDITING.get(key)
        if does is None:
            return False
        does(self)
        return True

    def _move(self, to: int) -> None:
        self.cursor = min(max(0, to), len(self.text))

    def _erase(self, start: int, end: int, keep: bool = True) -> None:
        """Erase a part, into which the cursor falls; `keep` it for Ctrl-Y."""
        start, end = max(0, start), min(end, len(self.text))
        if start >= end:
            return
        if keep:
            self._erased = self.text[start:end]
        self.text = self.text[:start] + self.text[end:]
        self.cursor = start
        # What is not in an overlong line cannot come back: only an empty one is whole again.
        self.overlong &= bool(self.text)

    def _on(self, words: re.Pattern[str] = _WORD) -> int:
        """Where the word that the cursor is in or before ends."""
        return self.cursor + _length(words, self.behind)

    def _back(self, words: re.Pattern[str] = _WORD) -> int:
        """Where the word that the cursor is in or behind begins."""
        return self.cursor - _length(words, self.before[::-1])

    def _transpose(self) -> None:
        at = min(self.cursor, len(self.text) - 1)
        if at < 1:
            return
        self.text = f"{self.text[: at - 1]}{self.text[at]}{self.text[at - 1]}{self.text[at + 1 :]}"
        self.cursor = at + 1


def _length(words: re.Pattern[str], text: str) -> int:
    found = words.match(text)
    return found.end() if found is not None else 0


_EDITING: Final[Mapping[Key, Callable[[Line], None]]] = {
    Key.BACKSPACE: lambda line: line._erase(line.cursor - 1, line.cursor, keep=False),
    Key.DELETE: lambda line: line._erase(line.cursor, line.cursor + 1, keep=False),
    Key.LEFT: lambda line: line._move(line.cursor - 1),
    Key.RIGHT: lambda line: line._move(line.cursor + 1),
    Key.WORD_LEFT: lambda line: line._move(line._back()),
    Key.WORD_RIGHT: lambda line: line._move(line._on()),
    Key.HOME: lambda line: line._move(0),
    Key.END: lambda line: line._move(len(line.text)),
    Key.ERASE_TO_END: lambda line: line._erase(line.cursor, len(line.text)),
    Key.ERASE_TO_START: lambda line: line._erase(0, line.cursor),
    Key.ERASE_WORD_LEFT: lambda line: line._erase(line._back(_ARGUMENT), line.cursor),
    Key.ERASE_WORD_RIGHT: lambda line: line._erase(line.cursor, line._on()),
    Key.YANK: lambda line: line.insert(line._erased),
    Key.TRANSPOSE: Line._transpose,
}
