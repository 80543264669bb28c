"""A prompt and the line behind it, drawn on a terminal that has nothing but a cursor.

What is typed at the end of a line is sent as it is, and nothing with it: programs compare it. Within one row an edit is
backspaces, letters and blanks, as the device does it. A line that is longer than the terminal is wide wraps at its
margin; an edit that crosses rows is the only place where an escape sequence is sent.
"""

from unicodedata import east_asian_width

_UP = "\x1b[A"


def cells(text: str) -> int:
    """How many columns a text takes on one row."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _cells_of(letter: str) -> int:
    return 2 if east_asian_width(letter) in "WF" else 1


class Drawing:
    """What stands on the screen since the last fresh row. `columns` 0: as wide as it likes to be."""

    def __init__(self, prompt: str, columns: int) -> None:
        """Nothing stands there yet: `begin` draws the prompt."""
        self.prompt = prompt
        self._columns = columns
        self._text = ""
        self._cursor = 0
        self._at = (0, 0)
        """Row and column of the cursor. A column that is not there: it waits in the last one, and goes on below."""

    def begin(self, text: str = "", cursor: int | None = None) -> str:
        """What draws prompt and text on a fresh row."""
        self._at = (0, 0)
        self._text, self._cursor = "", 0
        self._at = self._walk((0, 0), self.prompt)
        return self.prompt + self.draw(text, len(text) if cursor is None else cursor)

    def draw(self, text: str, cursor: int) -> str:
        """What makes the screen show this text with the cursor there."""
        if text == self._text and cursor == self._cursor:
            return ""
        if self._cursor == len(self._text) and cursor == len(text) and text.startswith(self._text):
            sent = text[len(self._text) :]
            self._at = self._walk(self._at, sent)
        elif self._in_one_row(self._text) and self._in_one_row(text):
            sent = self._edited(text, cursor)
        elif text == self._text:
            sent = self._moved(cursor)
        else:
            sent = self._redrawn(text, cursor)
        self._text, self._cursor = text, cursor
        return sent

    def leave(self) -> str:
        """What brings the cursor to a fresh row below."""
        if self._in_one_row(self._text) or self._cursor == len(self._text):
            return "\r\n"
        return f"{self._text[self._cursor :]}\r\n"

    def resize(self, columns: int) -> None:
        """The terminal is as wide as that now, and has put the rows in order by itself."""
        self._columns = columns
        self._at = self._walk((0, 0), self.prompt + self._text[: self._cursor])

    def _in_one_row(self, text: str) -> bool:
        return not self._columns or cells(self.prompt) + cells(text) < self._columns

    def _edited(self, text: str, cursor: int) -> str:
        """Within one row: to the first letter that differs, all that follows, and back to where the cursor belongs."""
        same = cursor
        if text != self._text:
            pairs = zip(self._text, text, strict=False)
            same = next((at for at, (old, new) in enumerate(pairs) if old != new), min(len(self._text), len(text)))
        before = cells(self._text[: self._cursor]) - cells(text[:same])
        sent = "\b" * before if before > 0 else text[self._cursor : same]
        if text != self._text:
            rest = max(0, cells(self._text) - cells(text))
            sent += text[same:] + " " * rest + "\b" * (rest + cells(text[cursor:]))
        self._at = self._walk((0, 0), self.prompt + text[:cursor])
        return sent

    def _moved(self, cursor: int) -> str:
        """The cursor only, from row to row."""
        row, column = self._place(cursor, self._text)
        down = row - self._at[0]
        self._at = (row, column)
        return "\r" + _UP * -down + "\n" * down + _on(column)

    def _redrawn(self, text: str, cursor: int) -> str:
        """Everything again, from the row of the prompt on."""
        old = self._walk((0, 0), self.prompt + self._text)
        new = self._walk((0, 0), self.prompt + text)
        rest = max(0, (old[0] - new[0]) * self._columns + old[1] - new[1])
        end = self._walk(new, " " * rest)
        sent = "\r" + _UP * self._at[0] + self.prompt + text + " " * rest
        row, column = self._place(cursor, text)
        if row > end[0]:
            sent += " "
            end = (row, 1)
        self._at = (row, column)
        return f"{sent}\r{_UP * (end[0] - row)}{_on(column)}"

    def _place(self, cursor: int, text: str) -> tuple[int, int]:
        """Row and column of the cursor, in the next row where it is at the margin."""
        row, column = self._walk((0, 0), self.prompt + text[:cursor])
        return (row + 1, 0) if column >= self._columns else (row, column)

    def _walk(self, at: tuple[int, int], text: str) -> tuple[int, int]:
        """Where the cursor is when a text was sent from there on."""
        row, column = at
        if not self._columns:
            return row, column + cells(text)
        if text.isascii():
            if not text:
                return at
            whole = row * self._columns + column + len(text)
            return (whole - 1) // self._columns, (whole - 1) % self._columns + 1
        for letter in text:
            width = _cells_of(letter)
            if column + width > self._columns:
                row, column = row + 1, 0
            column += width
        return row, column


def _on(columns: int) -> str:
    """What moves the cursor so many columns on from the first."""
    return f"\x1b[{columns}C" if columns else ""
