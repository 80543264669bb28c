"""The lines that were typed at the prompt, for the arrow keys."""

MOST = 500


class History:
    """Lines, the newest last, and where in them the person is. The line under way is kept while they look back."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._at = 0
        self._under_way = ""

    def add(self, line: str) -> None:
        """A line that was entered; an empty one and a repetition are no new one."""
        if line.strip() and (not self._lines or self._lines[-1] != line):
            self._lines.append(line)
            del self._lines[:-MOST]
        self.leave()

    def leave(self) -> None:
        """Back to a new line."""
        self._at = len(self._lines)
        self._under_way = ""

    def back(self, shown: str) -> str | None:
        """The line before the one that is shown; None where there is none."""
        if self._at == 0:
            return None
        if self._at == len(self._lines):
            self._under_way = shown
        self._at -= 1
        return self._lines[self._at]

    def on(self) -> str | None:
        """The line behind the one that is shown, at last the one under way; None where there is none."""
        if self._at == len(self._lines):
            return None
        self._at += 1
        return self._under_way if self._at == len(self._lines) else self._lines[self._at]
