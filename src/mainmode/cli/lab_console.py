"""`mainmode console CFG`: sit at a firewall of a lab."""

import asyncio
from argparse import Namespace
from collections.abc import Callable

from mainmode.base.errors import InputError
from mainmode.cli.lab_at_hand import lab_of, passing_time
from mainmode.cli.own_face import exit_code, own_face
from mainmode.console.faces.conversing import converse
from mainmode.console.lab.lab import Lab
from mainmode.console.screen import Screen
from mainmode.console.session import CONSOLE, Session, User


def sit_at_lab(arguments: Namespace) -> int:
    """Until the session, the lab or the terminal ends; the exit code. Raises InputError."""
    if arguments.control is not None:
        raise InputError("--control is for the running gateway: leave the files out")
    lab = lab_of(arguments)
    firewall = lab.find(arguments.device) if arguments.device is not None else next(iter(lab.firewalls.values()))

    def begin(screen: Screen) -> Session:
        return Session(firewall, screen, User("", CONSOLE))

    return asyncio.run(_sit(lab, begin))


async def _sit(lab: Lab, begin: Callable[[Screen], Session]) -> int:
    """One session at this process's own keyboard, while the lab's time goes on."""
    face = own_face()
    async with passing_time(lab) as time, face:
        await _whichever(asyncio.get_running_loop().create_task(converse(face, begin)), time)
    return exit_code(face)


async def _whichever(session: "asyncio.Task[None]", time: "asyncio.Task[None]") -> None:
    """Until the session has ended; the lab does not end by itself but by a fault, which is raised then."""
    try:
        await asyncio.wait({session, time}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not session.done():
            session.cancel()
            await asyncio.wait({session})
    if not session.cancelled():
        session.result()
    if time.done():
        time.result()
