"""A session by the control socket: `mainmode console` is the cable, the terminal is here, in the gateway's process."""

import asyncio
import os
import pwd
from collections.abc import Callable

from mainmode.base.errors import InputError
from mainmode.console.gateway.firewall import GatewayFirewall
from mainmode.console.session import CONSOLE, Session, User
from mainmode.console.terminal.terminal import Terminal
from mainmode.gateway.control.connection import Connection
from mainmode.gateway.control.protocol import (
    COLUMNS,
    FOLLOWING,
    OUTPUT,
    PIPED,
    REDRAW,
    ROWS,
    TYPED,
    TYPED_AS,
    read_answer,
)
from mainmode.gateway.gateway import Gateway

_LARGEST = 1000
"""Columns and rows of a screen that are believed."""
_FORM = 'say "console columns 80 rows 24", with "piped" behind it where a file types'


class CabledSession:
    """One person at the end of the cable, from the `console` errand until either side ends it."""

    def __init__(
        self,
        gateway: Gateway,
        firewall: GatewayFirewall,
        connection: Connection,
        words: list[str],
        left: Callable[["CabledSession"], None],
    ) -> None:
        """`left` is told when it is over. Raises InputError for words that say no screen."""
        columns, rows, piped = _screen(words)
        self._left = left
        self.hungry = True
        self._gateway = gateway
        self._firewall = firewall
        self._connection: Connection | None = connection
        self._uid = connection.who.uid
        self._terminal = Terminal(self._send, columns, rows, self._reading, piped)
        connection.say({FOLLOWING: True})
        self._task = asyncio.get_running_loop().create_task(self._run())

    # --- the connection ------------------------------------------------------------------------------------------

    def heard(self, line: bytes) -> None:
        """What was typed, or that the screen has another size. Raises InputError for anything else."""
        message = read_answer(line)
        if message is None:
            raise InputError("a message to a console is one line of JSON")
        typed = message.get(TYPED)
        if isinstance(typed, str):
            self._terminal.feed(typed.encode(TYPED_AS, "replace"))
        elif COLUMNS in message and ROWS in message:
            self._terminal.resize(_size(message[COLUMNS]), _size(message[ROWS]))
        elif REDRAW in message:
            self._terminal.redraw()
        else:
            raise InputError(f"a message to a console has {TYPED}, {COLUMNS} and {ROWS}, or {REDRAW}")

    def no_more(self) -> None:
        """Nobody types any more; what was typed is still carried out."""
        self._terminal.end_of_input()

    def pause(self) -> None:
        """The far end reads slowly."""
        self._terminal.pause()

    def resume(self) -> None:
        """It reads again."""
        self._terminal.resume()

    def stop(self) -> None:
        """The far end is gone, or has been told that the session is over."""
        self._connection = None
        self._terminal.hang_up()

    # --- its life ------------------------------------------------------------------------------------------------

    async def close(self, told: str) -> None:
        """End it from this side."""
        self._send(f"\r\n{told}\r\n")
        self._terminal.hang_up()
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        try:
            name = await asyncio.to_thread(name_of, self._uid)
            sees_keys = self._uid in (0, os.geteuid())
            session = Session(self._firewall, self._terminal, User(name, CONSOLE), sees_keys=sees_keys)
            try:
                self._terminal.write(session.greeting)
                await self._terminal.run(session)
            finally:
                session.close()
        except asyncio.CancelledError:
            return
        except Exception as fault:
            self._gateway.contain(fault)
        finally:
            self._left(self)
            if self._connection is not None:
                self._connection.end()

    # --- inside --------------------------------------------------------------------------------------------------

    def _send(self, text: str) -> None:
        if self._connection is not None:
            self._connection.say({OUTPUT: text})

    def _reading(self, on: bool) -> None:
        self.hungry = on
        if on and self._connection is not None:
            self._connection.go_on_soon()


def name_of(uid: int) -> str:
    """The name of a user of the host; `uid-N` for one without a name. It may ask a directory, so not on the loop."""
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return f"uid-{uid}"


def _screen(words: list[str]) -> tuple[int, int, bool]:
    piped = words[4:] == [PIPED]
    if len(words) != 4 + piped or words[::2][:2] != [COLUMNS, ROWS] or not (words[1] + words[3]).isdecimal():
        raise InputError(_FORM)
    return _size(int(words[1])), _size(int(words[3])), piped


def _size(said: object) -> int:
    return max(0, min(said, _LARGEST)) if isinstance(said, int) else 0
