"""`step`: a negotiation message by message, with its payloads, both devices' states, and what each rested on."""

import asyncio
from typing import TYPE_CHECKING

from mainmode.base.errors import InputError
from mainmode.console.commands.explaining import width_of
from mainmode.console.commands.handling import Handler
from mainmode.console.commands.lab_time import lab_of
from mainmode.console.lab.explained import explained
from mainmode.console.lab.stepper import State, Stepped
from mainmode.device.line.declaration import Asked, Command, Level, Surety, command
from mainmode.ladder.text import one_step, verdict_text

if TYPE_CHECKING:
    from mainmode.console.lab.lab import Lab
    from mainmode.console.session import Session

_MANY = 1_000


async def _step(session: "Session", asked: Asked) -> str:
    """One message, so many, or all."""
    lab = lab_of(session)
    stepper = lab.stepper
    name = lab.name_of(session.firewall)
    if not stepper.active:
        one = stepper.begin(name, lambda: session.ended)
        if one is None:
            return _never_began(session, lab, name)
    count = _MANY if "run" in asked else int(asked.get("<1-100>") or 1)
    for _ in range(count):
        stepped = await stepper.next()
        if stepped is not None:
            session.screen.write(_told(session, stepped))
        if stepper.is_over:
            stepper.stop()
            return _ended(session, lab, name)
        await asyncio.sleep(0)
    return "the lab's time stands; step: the next message, step run: all of them, step stop: time goes on\n"


def _told(session: "Session", stepped: Stepped) -> str:
    width = width_of(session)
    pages = [one_step(stepped.transcript, rung, width) for rung in stepped.rungs]
    return "\n".join((*pages, _states(stepped.before, stepped.after)))


def _states(before: tuple[State, ...], after: tuple[State, ...]) -> str:
    """`asa1  MM_WAIT_MSG2 -> MM_WAIT_MSG4`: what changed at each device, and what stayed."""
    width = max(len(state.hostname) for state in after)
    rows = ["state"]
    for old, new in zip(before, after, strict=True):
        ike = new.ike if old.ike == new.ike else f"{old.ike} -> {new.ike}"
        pairs = f"{new.pairs}" if old.pairs == new.pairs else f"{old.pairs} -> {new.pairs}"
        rows.append(f"  {new.hostname:<{width}}  {ike}; IPsec SAs: {pairs}")
    return "".join(f"{row}\n" for row in rows) + "\n"


def _never_began(session: "Session", lab: "Lab", name: str) -> str:
    one = lab.negotiations.last(name)
    front = "the traffic was sent, and asked for no negotiation; time goes on\n"
    if one is None or not one.other:
        return front
    return front + verdict_text(explained(lab, one), width_of(session))


def _ended(session: "Session", lab: "Lab", name: str) -> str:
    front = "the negotiation is over; time goes on\n"
    one = lab.negotiations.last(name)
    if one is None:
        return front
    try:
        return front + verdict_text(explained(lab, one), width_of(session))
    except InputError as error:
        return f"{front}{error}\n"


async def _stop(session: "Session", asked: Asked) -> str:
    stepper = lab_of(session).stepper
    if not stepper.active:
        return "nobody steps through a negotiation\n"
    stepper.stop()
    return "time goes on\n"


_NOTE = "No command of the device: a lab has it, a gateway has not."
_WORDS = {
    "step": "A negotiation message by message; time stands meanwhile",
    "<1-100>": "So many messages",
    "run": "All messages that are left",
    "stop": "Time goes on",
}

STEPPING: tuple[Command[Handler], ...] = (
    command("step [<1-100>]", _step, "The next message of a negotiation; this device's traffic begins it.",
            Surety.OURS, _NOTE, words=_WORDS),
    command("step run", _step, "All messages that are left, one after the other.", Surety.OURS, _NOTE, words=_WORDS),
    command("step stop", _stop, "The lab's time goes on.", Surety.OURS, _NOTE, words=_WORDS, level=Level.USER),
)  # fmt: skip
"""The commands."""
