"""Labs of the packaged pair for the console's tests: made, driven and looked at."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib.resources import files
from ipaddress import IPv4Address
from typing import TypeVar

from screens import FakeScreen

from mainmode.base.instant import Instant, seconds
from mainmode.console.lab.casting import LabDevice
from mainmode.console.lab.firewall import LabFirewall
from mainmode.console.lab.lab import Lab
from mainmode.console.session import Session, User
from mainmode.device.decision import BoxEffect, EchoReply
from mainmode.device.running import GLOBAL
from mainmode.device.watching import Watcher

_EXAMPLES = files("mainmode.lab") / "examples"
TEXTS = tuple((_EXAMPLES / f"asa{number}.cfg").read_text("utf-8") for number in (1, 2))
NEAR, FAR = IPv4Address("192.168.1.10"), IPv4Address("192.168.2.10")
NO_IDLE_TIMEOUT = "group-policy DfltGrpPolicy attributes\n vpn-idle-timeout none"
Result = TypeVar("Result")


def devices(one: str = "", other: str = "") -> tuple[LabDevice, ...]:
    """The packaged pair, whose devices can ping through the tunnel, with more lines typed behind each."""
    more = (one, other)
    return tuple(
        LabDevice(f"asa{number}.cfg", f"{text}\nmanagement-access inside\n{lines}\n")
        for number, (text, lines) in enumerate(zip(TEXTS, more, strict=True), 1)
    )


def in_lab(lab: Lab, act: Callable[[Lab], Awaitable[Result]], *, runs: bool = False) -> Result:
    """Do something in a lab; `runs`: its clock follows the loop's meanwhile. Bounded."""

    async def whole() -> Result:
        running = asyncio.create_task(lab.run()) if runs else None
        try:
            async with asyncio.timeout(60):
                return await act(lab)
        finally:
            if running is not None:
                running.cancel()

    return asyncio.run(whole())


class Heard(Watcher):
    """What a watcher was told."""

    wants_packets = True

    def __init__(self) -> None:
        self.effects: list[BoxEffect] = []
        self.remarks: list[str] = []
        self.packets: list[tuple[str, str]] = []

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """Keep it."""
        self.effects.append(effect)

    def remarked(self, text: str, now: Instant) -> None:
        """Keep it."""
        self.remarks.append(text)

    def sent(self, interface: str, packet: bytes, now: Instant) -> None:
        """Keep where it went."""
        self.packets.append(("sent", interface))

    def received(self, interface: str, packet: bytes, now: Instant) -> None:
        """Keep where it came in."""
        self.packets.append(("received", interface))

    @property
    def replies(self) -> int:
        """How many of the device's own pings were answered."""
        return sum(isinstance(effect, EchoReply) for effect in self.effects)


async def pings(firewall: LabFirewall, target: IPv4Address, count: int = 5, interface: str | None = "inside") -> int:
    """The device pings, each request two seconds after the last; how many were answered."""
    heard = Heard()
    firewall.watch(heard)
    try:
        for sequence in range(1, count + 1):
            before = heard.replies
            firewall.act(lambda box, now, number=sequence: box.ping(target, now, interface, number))
            await firewall.until(lambda known=before: heard.replies > known, seconds(2))
    finally:
        firewall.unwatch(heard)
    return heard.replies


def typed(firewall: LabFirewall, lines: str) -> None:
    """Other lines are in force."""
    place = GLOBAL
    for line in lines.splitlines():
        done = firewall.running.type(place, line)
        assert done.fault is None, f"{line}: {done.fault}"
        place = done.place
    firewall.reconfigure(firewall.running.configuration)


def sitting(lab: Lab, name: str = "asa1", *answers: str) -> tuple[Session, FakeScreen]:
    """A privileged session at a device of the lab; its screen is not cut into pages."""
    screen = FakeScreen(*answers)
    screen.settings.pager = 0
    return Session(lab.firewalls[name], screen, User("admin", "console", 15)), screen


def entered(lab: Lab, *lines: str, answers: tuple[str, ...] = (), width: int = 80) -> str:
    """What is printed while these lines are entered at the first device."""

    async def act(lab: Lab) -> str:
        session, screen = sitting(lab, next(iter(lab.firewalls)), *answers)
        screen.settings.width = width
        for line in lines:
            await session.enter(line)
        session.close()
        return screen.output

    return in_lab(lab, act)
