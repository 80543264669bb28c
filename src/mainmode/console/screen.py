"""What a session prints on and asks at: a terminal, a pipe, the far end of SSH."""

from collections.abc import Iterable
from typing import Protocol

from mainmode.base.dataclass import dataclass


class InterruptedByUser(Exception):  # noqa: N818 - nothing went wrong
    """The person pressed Ctrl-C where a question was asked or a page shown."""


class EndOfInput(Exception):  # noqa: N818
    """Nobody will type any more."""


@dataclass(slots=True)
class TerminalSettings:
    """What `terminal …` sets for one session. `pager` 0: output is not cut into pages."""

    pager: int = 24
    width: int = 80
    monitor: bool = False


class Screen(Protocol):
    """One person's, or program's, view of the device."""

    settings: TerminalSettings

    def write(self, text: str) -> None:
        """Print at once, as it is; newlines are the screen's to translate."""

    async def show(self, text: str) -> None:
        """Print page by page. A person who has seen enough ends it; raises InterruptedByUser at Ctrl-C."""

    async def ask(self, question: str, *, echo: bool = True) -> str:
        """The line that is typed behind a question. Raises InterruptedByUser, EndOfInput."""

    async def confirm(self, question: str) -> bool:
        """`question` is printed, one key is the answer: Enter or y is yes. Raises as `ask`."""

    def tell(self, lines: Iterable[str]) -> None:
        """Whole lines that come by themselves, such as debugs: between other output, never within a line of it.

        What cannot be shown in time is counted and told; the device never waits for a screen.
        """
