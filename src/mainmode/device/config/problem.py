"""A remark on a line of a configuration, as the device would make it."""

from enum import Enum

from mainmode.base.dataclass import dataclass


class Severity(Enum):
    """How bad a problem is. UNKNOWN: a line that this reader does not know at all."""

    ERROR = "error"
    WARNING = "warning"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Problem:
    """One remark on one line. `text` is the line with its keys masked; `line` and `column` count from 1.

    `wording` is what the device would print, `expected` what should have stood there, in words.
    """

    severity: Severity
    file: str
    line: int
    column: int
    text: str
    wording: str
    expected: str = ""

    @property
    def place(self) -> str:
        """`file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}"

    def __str__(self) -> str:
        """Place, line, caret, wording and expectation, one under the other; a long line is shown in part."""
        start = max(0, self.column - 70)
        shown = self.text[start : start + 110]
        caret = " " * (self.column - 1 - start) + "^"
        rows = [f"{self.place}: {self.severity.value}", shown, caret, self.wording]
        if self.expected:
            rows.append(f"expected: {self.expected}")
        return "\n".join(rows)
