"""A screen without a terminal: what was printed is kept, and answers are those of the test."""

from collections import deque
from collections.abc import Iterable

from mainmode.console.screen import EndOfInput, InterruptedByUser, TerminalSettings
from secrets_heard import said

INTERRUPT = "\x03"
"""As an answer: Ctrl-C."""


class FakeScreen:
    """Prints into `output`, lines that come by themselves also into `told`. Questions stand in `asked`.

    Answers are given in their order; where none is left nobody types any more. What is typed without echo leaves no
    trace in `output`.
    """

    def __init__(self, *answers: str) -> None:
        self.settings = TerminalSettings()
        self.output = ""
        self.told: list[str] = []
        self.asked: list[str] = []
        self._answers = deque(answers)

    def write(self, text: str) -> None:
        self.output += text
        said(text)

    async def show(self, text: str) -> None:
        self.write(text)

    async def ask(self, question: str, *, echo: bool = True) -> str:
        self.asked.append(question)
        self.write(question)
        if not self._answers:
            raise EndOfInput
        answer = self._answers.popleft()
        if answer == INTERRUPT:
            raise InterruptedByUser
        self.write(f"{answer if echo else ''}\n")
        return answer

    async def confirm(self, question: str) -> bool:
        return (await self.ask(question)).lower() in ("", "y", "yes")

    def tell(self, lines: Iterable[str]) -> None:
        told = list(lines)
        self.told += told
        self.write("".join(f"{line}\n" for line in told))

    def answer(self, *answers: str) -> None:
        """More answers, behind those that are left."""
        self._answers.extend(answers)

    def take(self) -> str:
        """What was printed since the last time."""
        output, self.output = self.output, ""
        return output
