"""What keeps a gateway at its configuration, with a file in memory and a host on which everything is in place."""

from collections.abc import Callable

from gateway_boxes import CONFIGURATION, Rig, SystemLike

from mainmode.base.instant import Instant
from mainmode.device.box import Box
from mainmode.device.config.model import Configuration
from mainmode.device.running import Running
from mainmode.gateway.interfaces import Placed
from mainmode.gateway.reload import Host, Reloading


class Unmoved(Host):
    """A host on which everything is where the file says."""

    def __init__(self) -> None:
        self.refuses: Exception | None = None

    def place(self, configuration: Configuration, *, patient: bool = False) -> Placed:
        if self.refuses is not None:
            raise self.refuses
        return Placed(configuration, ())


class Kept:
    """A file in memory. `written` is what was put there."""

    def __init__(self, text: Callable[[], str]) -> None:
        self.text = text
        self.written: list[str] = []

    def read(self) -> Running:
        return Running(self.text(), "a.cfg")

    def write(self, text: str, known: str) -> tuple[str, ...]:
        self.written.append(text)
        return ()


def box_of(configuration: Configuration) -> Box:
    return Box(configuration, SystemLike("again"), Instant(0), hosted=True)


def reloading(a: Rig, file: Callable[[], str]) -> tuple[Reloading, Unmoved]:
    running = Running(CONFIGURATION, "a.cfg")
    host = Unmoved()
    return Reloading(a.gateway, host, Kept(file), running, Placed(running.configuration, ()), box_of), host
