"""`show …`: every command of the device's own table, at the prompt."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from mainmode.console.commands.handling import Handler
from mainmode.device.line.declaration import Asked, Command, Level, command
from mainmode.device.show.commands import PROMPTED
from mainmode.device.show.commands import Handler as Shown

if TYPE_CHECKING:
    from mainmode.console.session import Session

_FOR_EVERYBODY = ("show version", "show clock [detail]", "show firewall", "show mode")
"""What is shown in user mode, too."""


def _showing(shown: Shown) -> Callable[["Session", Asked], Awaitable[str]]:
    """What shows it at the prompt."""

    async def show(session: "Session", asked: Asked) -> str:
        firewall = session.firewall
        firewall.refresh()
        return shown(firewall.box.standing(firewall.now), asked)

    return show


def _at_the_prompt(one: Command[Shown]) -> Command[Handler]:
    level = Level.USER if one.syntax in _FOR_EVERYBODY else Level.PRIVILEGED
    handler = _showing(one.handler)
    return command(one.syntax, handler, one.help, one.surety, one.note, words=one.words, level=level)


VIEWING: tuple[Command[Handler], ...] = tuple(
    _at_the_prompt(one) for one in PROMPTED if not one.syntax.startswith("show running-config")
)
"""All of them but the running configuration, which a session shows as it was typed."""
