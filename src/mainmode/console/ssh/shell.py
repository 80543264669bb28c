"""One session of SSH: the octets of its channel, before a session at the prompt or a single command."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import asyncssh

from mainmode.base.errors import InputError
from mainmode.console.roster import Present, Way, roster_of
from mainmode.console.session import Session, User
from mainmode.console.ssh.plain import PlainScreen
from mainmode.console.terminal.terminal import Terminal

if TYPE_CHECKING:
    from mainmode.console.ssh.gate import Gate

_WIDEST, _TALLEST = 1000, 1000
_LONGEST_COMMAND = 4096
_BACKLOG = 1 << 16
"""Octets of output that wait in the channel before the terminal holds back."""
_FLUSH_SECONDS = 5.0
_INTERRUPT = b"\x03"
_INTERRUPTS = frozenset({"INT", "QUIT", "BREAK"})
_TIMED_OUT = "Time-out activated"


class Shell(asyncssh.SSHServerSession[bytes]):
    """A user's session, or the one command that came with the connection."""

    def __init__(self, gate: "Gate", user: User) -> None:
        self._gate = gate
        self._user = user
        self._loop = asyncio.get_running_loop()
        self._chan: asyncssh.SSHServerChannel[bytes] | None = None
        self._has_screen = False
        self._columns = self._rows = 0
        self._command: str | None = None
        self._behind: Terminal | PlainScreen | None = None
        self._task: asyncio.Task[None] | None = None
        self._touched = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._reason = ""

    # --- what the channel is asked for ---------------------------------------------------------------------------

    def connection_made(self, chan: "asyncssh.SSHServerChannel[bytes]") -> None:
        """The channel is open."""
        self._chan = chan
        chan.set_write_buffer_limits(_BACKLOG)

    def pty_requested(self, term_type: str, term_size: tuple[int, int, int, int], term_modes: object) -> bool:
        """A person, or a tool that looks like one."""
        self._has_screen = True
        self._columns, self._rows = min(term_size[0], _WIDEST), min(term_size[1], _TALLEST)
        return True

    def shell_requested(self) -> bool:
        """A session at the prompt."""
        return True

    def exec_requested(self, command: str) -> bool:
        """Commands, one in each line."""
        self._command = command
        return len(command) <= _LONGEST_COMMAND

    def subsystem_requested(self, subsystem: str) -> bool:
        """No files, no NETCONF."""
        return False

    def session_started(self) -> None:
        """It may begin."""
        self._behind = self._screen()
        self._task = self._loop.create_task(self._run())
        self._watch_idleness()

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """The far end's window has another size."""
        self._columns, self._rows = min(width, _WIDEST), min(height, _TALLEST)
        if self._behind is not None:
            self._behind.resize(self._columns, self._rows)

    # --- octets --------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """What was typed."""
        self._touched = self._loop.time()
        if self._behind is not None:
            self._behind.feed(data)

    def eof_received(self) -> bool:
        """Nobody types any more; what was typed is still carried out."""
        if self._behind is not None:
            self._behind.end_of_input()
        return True

    def signal_received(self, signal: str) -> None:
        """A signal that interrupts is Ctrl-C."""
        if signal in _INTERRUPTS:
            self.data_received(_INTERRUPT, None)

    def break_received(self, msec: int) -> bool:
        """So is a break."""
        self.data_received(_INTERRUPT, None)
        return True

    def pause_writing(self) -> None:
        """The far end reads slowly."""
        if self._behind is not None:
            self._behind.pause()

    def resume_writing(self) -> None:
        """It reads again."""
        if self._behind is not None:
            self._behind.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """The far end is gone."""
        self._chan = None
        if self._timer is not None:
            self._timer.cancel()
        if self._behind is not None:
            self._behind.hang_up()

    # --- its life ------------------------------------------------------------------------------------------------

    def end(self, reason: str, told: str = "") -> None:
        """End it from this side: `reason` is for the system log, `told` is printed."""
        self._reason = self._reason or reason
        if told:
            self._send(f"\r\n{told}\r\n")
        if self._task is not None and self._behind is not None:
            self._task.cancel()

    async def wait_closed(self) -> None:
        """Until it is over."""
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        """The session from its beginning to its end, whatever happens in it."""
        gate = self._gate
        present = roster_of(gate.firewall).enter(self._user.name, self._user.place, gate.ways(), self.end)
        status = 1
        try:
            if present is None:
                self._send("All sessions of this device are in use.\r\n")
                return
            gate.journal.permitted(self._user.name)
            await self._converse()
            status = 0
        except asyncio.CancelledError:
            # Ended from this side, or the far end hung up.
            status = 1
        except InputError as error:
            self._send(f"{error}\r\n")
        finally:
            self._over(present)
            await self._close(status)

    async def _converse(self) -> None:
        screen = self._behind
        if screen is None:
            return
        session = Session(self._gate.firewall, screen, self._user)
        try:
            if isinstance(screen, PlainScreen):
                await self._carry_out(session, screen)
            else:
                screen.write(session.greeting)
                await screen.run(session)
        finally:
            session.close()

    async def _carry_out(self, session: Session, screen: PlainScreen) -> None:
        """The command that came with the connection."""
        lines = (self._command or "").splitlines()
        if self._task is not None:
            screen.carry_out(self._task)
        for line in lines:
            if not session.ended:
                await session.enter(line)

    def _over(self, present: Present | None) -> None:
        self._behind = None
        if self._timer is not None:
            self._timer.cancel()
        if present is not None:
            roster_of(self._gate.firewall).leave(present)
            self._gate.journal.ended(self._user.name, self._reason)

    async def _close(self, status: int) -> None:
        """Send what waits and close the channel; a far end that takes nothing loses the connection."""
        chan = self._chan
        self._gate.left(self)
        if chan is None:
            return
        with suppress(OSError):
            chan.exit(status)
        try:
            await asyncio.wait_for(chan.wait_closed(), _FLUSH_SECONDS)
        except TimeoutError:
            self._gate.drop()

    # --- inside --------------------------------------------------------------------------------------------------

    def _screen(self) -> Terminal | PlainScreen:
        if self._command is not None:
            return PlainScreen(lambda text: self._send(text.replace("\n", "\r\n")))
        return Terminal(self._send, self._columns, self._rows, self._reading, piped=not self._has_screen)

    def _send(self, text: str) -> None:
        """Text with CR LF at its line ends; a far end without a screen gets plain newlines."""
        chan = self._chan
        if chan is None or chan.is_closing():
            return
        if not self._has_screen:
            text = text.replace("\r\n", "\n")
        with suppress(OSError):
            chan.write(text.encode("utf-8", "replace"))

    def _reading(self, on: bool) -> None:
        chan = self._chan
        if chan is not None:
            if on:
                chan.resume_reading()
            else:
                chan.pause_reading()

    def _watch_idleness(self) -> None:
        """End the session when nobody has typed for as long as `ssh timeout` says now."""
        minutes = self._gate.firewall.running.configuration.settings.administration.ssh_timeout.value
        idle = self._loop.time() - self._touched
        left = minutes * self._gate.minute - idle
        if left <= 0:
            self.end(_TIMED_OUT)
        else:
            # The line may be changed meanwhile.
            self._timer = self._loop.call_later(min(left, self._gate.minute / 4) + 0.01, self._watch_idleness)


def way(conn: asyncssh.SSHServerConnection, direction: str) -> Way:
    """How packets of one direction, `recv` or `send`, are protected. Ciphers that need no MAC are named for it, too."""
    cipher, mac = (str(conn.get_extra_info(f"{direction}_{what}") or "-") for what in ("cipher", "mac"))
    return Way(cipher, mac if mac != cipher else "-")
