"""`clear …` and `vpn-sessiondb logoff …`: every command that changes the box, at the prompt."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from mainmode.console.commands.handling import Handler
from mainmode.device.exec_commands import ORDERS, Order
from mainmode.device.line.declaration import Asked, Command, command

if TYPE_CHECKING:
    from mainmode.console.session import Session


def _ordering(order: Order) -> Callable[["Session", Asked], Awaitable[str]]:
    """What asks first, where the order has a question, and carries it out."""

    async def carry_out(session: "Session", asked: Asked) -> str:
        if order.question and "noconfirm" not in asked and not await session.screen.confirm(order.question):
            return ""
        session.firewall.refresh()
        return order.carried_out(session.firewall.act, asked)

    return carry_out


def _at_the_prompt(one: Command[Order]) -> Command[Handler]:
    handler = _ordering(one.handler)
    return command(one.syntax, handler, one.help, one.surety, one.note, words=one.words, level=one.level)


CLEARING: tuple[Command[Handler], ...] = tuple(_at_the_prompt(one) for one in ORDERS)
