"""Rows of text for a terminal: wrapped to its width, with colour where that is wanted."""

from enum import Enum

from mainmode.ladder.spelling import cells, wrap

NARROWEST = 40


class Style(Enum):
    """What a row is; the value is its SGR code (ECMA-48)."""

    PLAIN = ""
    HEADING = "1"
    WORDS = "3"
    ARROW = "36"
    REMARK = "33"
    QUIET = "2"
    GOOD = "1;32"
    BAD = "1;31"


class Rows:
    """Rows that gather to a page of `width` columns. All text that is put in must be clean (`spelling.clean`)."""

    def __init__(self, width: int, colour: bool) -> None:
        self.width = max(width, NARROWEST)
        self.colour = colour
        self.rows: list[str] = []

    def paint(self, text: str, style: Style) -> str:
        """The text with its colour, where colour is wanted."""
        return f"\x1b[{style.value}m{text}\x1b[0m" if self.colour and style.value and text else text

    def put(self, text: str, style: Style = Style.PLAIN, indent: int = 0, hang: int = 2) -> None:
        """A text over the whole width."""
        for row in wrap(text, self.width - indent, hang):
            self.rows.append((" " * indent + self.paint(row, style)).rstrip(" "))

    def gap(self) -> None:
        """An empty row, never two."""
        if self.rows and self.rows[-1]:
            self.rows.append("")

    def rule(self, title: str, right: str = "", mark: str = "─") -> None:
        """`── title ────── right ──` over the whole width; a title that is too long takes rows of its own."""
        head = f"{mark * 2} {title} "
        tail = f" {right} {mark * 2}" if right else ""
        fill = self.width - cells(head) - cells(tail)
        if fill < 1:
            self.put(f"{title} {right}".rstrip(), Style.HEADING)
            return
        self.rows.append(self.paint(f"{head}{mark * fill}{tail}", Style.HEADING))
