"""Sessions before a device of a lab, whose lines are typed by a test."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from lab_rig import devices, in_lab
from screens import FakeScreen

from mainmode.console.firewall import Firewall
from mainmode.console.lab.lab import Lab
from mainmode.console.session import Session, User

Result = TypeVar("Result")


class Sitting:
    """Somebody at a device, privileged unless told otherwise; at its console, or at an address."""

    def __init__(self, firewall: Firewall, place: str = "console", name: str = "", privilege: int = 15) -> None:
        self.screen = FakeScreen()
        self.session = Session(firewall, self.screen, User(name, place, privilege))

    async def type(self, *lines: str) -> str:
        """What is printed while these lines are typed, and between."""
        for line in lines:
            await self.session.enter(line)
        return self.screen.take()


def at_a_lab(act: Callable[[Lab], Awaitable[Result]], one: str = "", other: str = "") -> Result:
    """Do something in a lab of the packaged pair whose time stands still; lines are added to its devices."""
    return in_lab(Lab(devices(one, other), still=True), act)
