"""A session at a face of this process, from its greeting to its end."""

import asyncio
from collections.abc import Callable

from mainmode.console.faces.face import Face
from mainmode.console.screen import Screen
from mainmode.console.session import Session
from mainmode.console.terminal.terminal import Terminal


async def converse(face: Face, begin: Callable[[Screen], Session], minute: float = 60.0) -> None:
    """Let the person at a face have a session, to its end, or until nobody types for as long as `console timeout` says.

    `minute` is how long one takes, in seconds. Raises what `begin` raises.
    """
    terminal = Terminal(face.send, face.columns, face.rows, face.reading, face.piped)
    watched = _Watched(terminal)
    face.attach(watched)
    session = begin(terminal)
    idle = asyncio.get_running_loop().create_task(_end_idle(session, terminal, watched, minute))
    try:
        terminal.write(session.greeting)
        await terminal.run(session)
    finally:
        idle.cancel()
        session.close()


class _Watched:
    """A terminal, and when something was typed at it last, by the loop's clock."""

    def __init__(self, terminal: Terminal) -> None:
        self._loop = asyncio.get_running_loop()
        self._terminal = terminal
        self.touched = self._loop.time()
        self.end_of_input = terminal.end_of_input
        self.resize = terminal.resize
        self.redraw = terminal.redraw
        self.pause = terminal.pause
        self.resume = terminal.resume
        self.hang_up = terminal.hang_up

    def feed(self, octets: bytes) -> None:
        """What was typed."""
        self.touched = self._loop.time()
        self._terminal.feed(octets)


async def _end_idle(session: Session, terminal: Terminal, watched: _Watched, minute: float) -> None:
    """End a session at which nobody types. `console timeout` may be changed meanwhile; 0 is never."""
    loop = asyncio.get_running_loop()
    while True:
        minutes = session.configuration.settings.administration.console_timeout.value
        left = watched.touched + minutes * minute - loop.time() if minutes else minute
        if left <= 0:
            break
        await asyncio.sleep(min(left, minute))
    terminal.end(f"The session is over: nobody has typed for {minutes} min (console timeout)")
