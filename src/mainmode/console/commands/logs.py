"""The system log at a prompt; `show logging` itself is the device's."""

from typing import TYPE_CHECKING

from mainmode.console.commands.handling import Handler
from mainmode.device.line.declaration import Asked, Command, Surety, command

if TYPE_CHECKING:
    from mainmode.console.session import Session


async def _clear(session: "Session", asked: Asked) -> str:
    session.firewall.box.journal.log.clear()
    return ""


LOGS: tuple[Command[Handler], ...] = (
    command("clear logging buffer", _clear, "Empty the buffer that show logging prints.", Surety.ATTESTED),
)
