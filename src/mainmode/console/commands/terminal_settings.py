"""What a session sets for its own terminal, and what it can look back at."""

from typing import TYPE_CHECKING

from mainmode.base.errors import InputError
from mainmode.console.commands.handling import Handler
from mainmode.device.line.declaration import Asked, Command, Level, Surety, command
from mainmode.device.line.places import LINE

if TYPE_CHECKING:
    from mainmode.console.session import Session

_LINES = "<0-2147483647>"
_COLUMNS = "<40-511>"
_USUAL_LINES, _USUAL_COLUMNS = 24, 80


async def _pager(session: "Session", asked: Asked) -> str:
    session.screen.settings.pager = int(asked.get(_LINES) or _USUAL_LINES)
    return ""


async def _no_pager(session: "Session", asked: Asked) -> str:
    session.screen.settings.pager = 0
    return ""


async def _width(session: "Session", asked: Asked) -> str:
    session.screen.settings.width = int(asked.get(_COLUMNS) or _USUAL_COLUMNS)
    return ""


async def _monitor(session: "Session", asked: Asked) -> str:
    session.screen.settings.monitor = "no" not in asked
    return ""


async def _show_pager(session: "Session", asked: Asked) -> str:
    lines = session.screen.settings.pager
    return f"pager lines {lines}\n" if lines else "no pager\n"


async def _show_terminal(session: "Session", asked: Asked) -> str:
    settings = session.screen.settings
    return f"\nWidth = {settings.width}, {'monitor' if settings.monitor else 'no monitor'}\nterminal interactive\n"


async def _show_history(session: "Session", asked: Asked) -> str:
    return "".join(f"  {line}\n" for line in session.history)


async def _set_clock(session: "Session", asked: Asked) -> str:
    raise InputError("ERROR: the clock cannot be set here: it is the host's, or the lab's, which lab time moves")


TERMINAL_SETTINGS: tuple[Command[Handler], ...] = (
    command(
        f"terminal pager [[lines] {_LINES}]",
        _pager,
        "Lines of a page in this session; 0 shows all at once.",
        Surety.ATTESTED,
        level=Level.USER,
    ),
    command(
        "{no terminal pager|terminal no pager}",
        _no_pager,
        "Show all at once in this session.",
        Surety.ATTESTED,
        level=Level.USER,
    ),
    command(
        f"terminal width {_COLUMNS}",
        _width,
        "Columns of this session's terminal.",
        Surety.ATTESTED,
        level=Level.USER,
    ),
    command("no terminal width", _width, "Back to 80 columns.", Surety.INFERRED, level=Level.USER),
    command(
        "terminal [no] monitor",
        _monitor,
        "Whether this session shows what logging monitor lets through.",
        Surety.ATTESTED,
    ),
    command("no terminal monitor", _monitor, "Messages of the log are not shown here.", Surety.INFERRED),
    command("show pager", _show_pager, "Lines of a page in this session.", Surety.ATTESTED, level=Level.USER),
    command(
        "show terminal",
        _show_terminal,
        "The settings of this session's terminal.",
        Surety.PARTLY,
        "The second line is recalled.",
        level=Level.USER,
    ),
    command(
        f"clock set {LINE}",
        _set_clock,
        "The time is the host's or the lab's: says so.",
        Surety.INFERRED,
    ),
    command(
        "show history",
        _show_history,
        "The last lines that were carried out in this session, keys masked.",
        Surety.ATTESTED,
        level=Level.USER,
    ),
)
