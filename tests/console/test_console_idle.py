"""`console timeout`: a console at which nobody types ends."""

import asyncio

from lab_rig import devices, in_lab

from mainmode.console.faces.conversing import converse
from mainmode.console.faces.face import Behind
from mainmode.console.lab.lab import Lab
from mainmode.console.screen import Screen
from mainmode.console.session import CONSOLE, Session, User


class Fake:
    """A face that keeps what is printed."""

    columns, rows, piped = 80, 24, False

    def __init__(self) -> None:
        self.printed = ""
        self.behind: Behind | None = None

    def send(self, text: str) -> None:
        self.printed += text

    def reading(self, on: bool) -> None:
        """Nothing is read here."""

    def attach(self, behind: Behind) -> None:
        self.behind = behind


async def sit(lab: Lab, face: Fake, minute: float) -> None:
    firewall = next(iter(lab.firewalls.values()))

    def begin(screen: Screen) -> Session:
        return Session(firewall, screen, User("", CONSOLE))

    await converse(face, begin, minute)


def test_a_console_at_which_nobody_types_ends() -> None:
    face = Fake()
    lab = Lab(devices("console timeout 2"), still=True)
    in_lab(lab, lambda lab: sit(lab, face, 0.01))
    assert face.printed.endswith("asa1> \r\nThe session is over: nobody has typed for 2 min (console timeout)\r\n")


def test_a_page_that_waits_ends_too() -> None:
    face = Fake()

    async def go(lab: Lab) -> None:
        task = asyncio.create_task(sit(lab, face, 0.05))
        while face.behind is None:
            await asyncio.sleep(0)
        face.behind.feed(b"enable\r\rshow running-config all\r")
        await task

    in_lab(Lab(devices("console timeout 1"), still=True), go)
    assert "<--- More --->" in face.printed
    assert face.printed.endswith("(console timeout)\r\n")


def test_without_the_line_nobody_is_hurried() -> None:
    face = Fake()

    async def go(lab: Lab) -> None:
        task = asyncio.create_task(sit(lab, face, 0.001))
        while face.behind is None:
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0.005)
            face.behind.feed(b"show clock\r")
        face.behind.feed(b"exit\r")
        await task

    in_lab(Lab(devices(), still=True), go)
    assert face.printed.count("UTC Mon Jan 1 2024") == 20
    assert "timeout" not in face.printed
