"""Octets from a keyboard or a program become keys: runs of text, and what is no text."""

import codecs
import re
from enum import Enum
from typing import Final

from mainmode.base.printable import printable


class Key(Enum):
    """A key that is no text, by what it does."""

    ENTER = "enter"
    BACKSPACE = "erase the character before the cursor"
    DELETE = "erase the character at the cursor"
    LEFT = "one character back"
    RIGHT = "one character on"
    WORD_LEFT = "one word back"
    WORD_RIGHT = "one word on"
    HOME = "to the beginning of the line"
    END = "to the end of the line"
    UP = "the line before in the history"
    DOWN = "the line behind in the history"
    PAGE_DOWN = "a page on"
    ERASE_TO_END = "erase from the cursor to the end"
    ERASE_TO_START = "erase from the beginning to the cursor"
    ERASE_WORD_LEFT = "erase the word before the cursor"
    ERASE_WORD_RIGHT = "erase the word behind the cursor"
    YANK = "what was erased last comes back"
    TRANSPOSE = "the two characters at the cursor change places"
    HELP = "?"
    TAB = "complete the word"
    REDRAW = "show prompt and line again"
    LEAVE = "end the configuration mode"
    INTERRUPT = "give up the line, or the command that runs"
    LOST = "what was typed from here on came too fast and is lost"


_CONTROLS: Final = {
    "\x01": Key.HOME,
    "\x02": Key.LEFT,
    "\x03": Key.INTERRUPT,
    "\x04": Key.DELETE,
    "\x05": Key.END,
    "\x06": Key.RIGHT,
    "\x08": Key.BACKSPACE,
    "\x09": Key.TAB,
    "\x0b": Key.ERASE_TO_END,
    "\x0c": Key.REDRAW,
    "\x0e": Key.DOWN,
    "\x10": Key.UP,
    "\x12": Key.REDRAW,
    "\x14": Key.TRANSPOSE,
    "\x15": Key.ERASE_TO_START,
    "\x17": Key.ERASE_WORD_LEFT,
    "\x18": Key.ERASE_TO_START,
    "\x19": Key.YANK,
    "\x1a": Key.LEAVE,
    "\x7f": Key.BACKSPACE,
    "?": Key.HELP,
}
_ESCAPED: Final = {
    "b": Key.WORD_LEFT,
    "B": Key.WORD_LEFT,
    "f": Key.WORD_RIGHT,
    "F": Key.WORD_RIGHT,
    "d": Key.ERASE_WORD_RIGHT,
    "D": Key.ERASE_WORD_RIGHT,
    "\x7f": Key.ERASE_WORD_LEFT,
    "\x08": Key.ERASE_WORD_LEFT,
}
_FINALS: Final = {
    "A": Key.UP,
    "B": Key.DOWN,
    "C": Key.RIGHT,
    "D": Key.LEFT,
    "H": Key.HOME,
    "F": Key.END,
}
_WITH_CONTROL: Final = {"C": Key.WORD_RIGHT, "D": Key.WORD_LEFT}
_NUMBERED: Final = {
    "1": Key.HOME,
    "7": Key.HOME,
    "4": Key.END,
    "8": Key.END,
    "3": Key.DELETE,
    "6": Key.PAGE_DOWN,
}
_LITERAL = "\x16"
_ESCAPE = "\x1b"
_LONGEST_SEQUENCE = 32
_PLAIN = re.compile(r"[^\x00-\x1f\x7f?]+")


class KeyReader:
    """Takes octets in any pieces. A character or a sequence that is cut waits for its rest."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._after_return = False
        self._literal = False
        self._sequence = ""

    def read(self, octets: bytes) -> list[str | Key]:
        """The keys in their order. What could steer a terminal and is no key is nothing."""
        text = self._decoder.decode(octets)
        keys: list[str | Key] = []
        place = 0
        while place < len(text):
            if self._sequence or self._literal:
                self._in_sequence(text[place], keys)
                place += 1
                continue
            plain = _PLAIN.match(text, place)
            if plain is None:
                self._control(text[place], keys)
                place += 1
                continue
            self._after_return = False
            place = plain.end()
            if typed := _typeable(plain[0]):
                keys.append(typed)
        return keys

    def _control(self, letter: str, keys: list[str | Key]) -> None:
        followed, self._after_return = self._after_return, letter == "\r"
        if letter in "\n\0":
            # The second half of CR LF or CR NUL is no key of its own.
            if letter == "\n" and not followed:
                keys.append(Key.ENTER)
        elif letter == "\r":
            keys.append(Key.ENTER)
        elif letter == _ESCAPE:
            self._sequence = letter
        elif letter == _LITERAL:
            self._literal = True
        elif letter in _CONTROLS:
            keys.append(_CONTROLS[letter])

    def _in_sequence(self, letter: str, keys: list[str | Key]) -> None:
        """One more letter behind Ctrl-V, Esc, or Esc with a bracket."""
        if self._literal:
            self._literal = False
            if letter < " " or letter == "\x7f":
                self._control(letter, keys)
            elif typed := _typeable(letter):
                keys.append(typed)
            return
        begun, self._sequence = self._sequence, ""
        if letter == _ESCAPE:
            self._sequence = letter
        elif begun == _ESCAPE and letter in "[O":
            self._sequence = begun + letter
        elif begun == _ESCAPE and letter in _ESCAPED:
            keys.append(_ESCAPED[letter])
        elif letter < " " or letter == "\x7f":
            self._control(letter, keys)
        elif begun == _ESCAPE:
            return
        elif letter in "0123456789;:<=>? !\"#$%&'()*+,-./" and len(begun) < _LONGEST_SEQUENCE:
            self._sequence = begun + letter
        elif key := _key_of_sequence(begun[2:], letter):
            keys.append(key)


def _key_of_sequence(parameters: str, final: str) -> Key | None:
    """`3` and `~` are Delete; a modifier stands behind a semicolon, and 5 is Ctrl, 3 is Alt."""
    number, _, modifier = parameters.partition(";")
    if final == "~":
        return _NUMBERED.get(number)
    if modifier in ("5", "3") and final in _WITH_CONTROL:
        return _WITH_CONTROL[final]
    return _FINALS.get(final)


def _typeable(text: str) -> str:
    """The text without what no line may hold. Marks are left: the line joins them with the letters before them."""
    if text.isascii():
        return text
    return "".join(letter for letter in text if letter.isprintable() and printable(letter) == letter)
