"""What faces of this process have in common, and what stands behind one."""

from typing import Protocol


class Behind(Protocol):
    """What a face brings octets to: a terminal, or a cable to one in another process."""

    def feed(self, octets: bytes) -> None:
        """What was typed, in any pieces."""

    def end_of_input(self) -> None:
        """Nobody types any more."""

    def resize(self, columns: int, rows: int) -> None:
        """The screen is as large as that now."""

    def redraw(self) -> None:
        """Something else was on the screen."""

    def pause(self) -> None:
        """The screen takes no more for now."""

    def resume(self) -> None:
        """It takes more."""

    def hang_up(self) -> None:
        """The face is gone."""


class Face(Protocol):
    """A keyboard and a screen of this process."""

    columns: int
    rows: int
    """How large the screen is; 0: unknown."""
    piped: bool
    """Whether a file types, and no person."""

    def send(self, text: str) -> None:
        """Text for the screen."""

    def reading(self, on: bool) -> None:
        """Whether more may be typed."""

    def attach(self, behind: Behind) -> None:
        """Bring octets there from here on."""
