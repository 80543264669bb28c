"""Text in pages: as many rows at a time as are asked for, counted as the screen counts them."""

from mainmode.console.terminal.drawing import cells

MORE = "<--- More --->"
ERASED = "\r" + " " * len(MORE) + "\r"


class Pages:
    """What is left of a text to be shown."""

    def __init__(self, text: str, columns: int) -> None:
        """`columns` 0: no line takes more than one row."""
        self._lines = text.splitlines(keepends=True)
        self._columns = columns
        self._next = 0

    def __bool__(self) -> bool:
        return self._next < len(self._lines)

    def take(self, rows: int) -> str:
        """The next lines that fit on so many rows, at least one; it is empty where none are left."""
        start, left = self._next, rows
        while self:
            needed = self._rows(self._lines[self._next])
            if needed > left and self._next > start:
                break
            left -= needed
            self._next += 1
        return "".join(self._lines[start : self._next])

    def _rows(self, line: str) -> int:
        if not self._columns:
            return 1
        return max(1, -(-cells(line.rstrip("\r\n")) // self._columns))
