"""The configuration mode: where a session stands in it, and a line that is typed there.

A line is one of the submode, a global one, one that leaves the mode, or a command of the exec mode: the first of these
that it can be.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.lines import CONFIGURING_BEGUN
from mainmode.device.line.declaration import REST, Asked, Command, Surety, command
from mainmode.device.line.expectation import Expectation, Offer
from mainmode.device.line.lookup import Fault, LineError, expected, look_up
from mainmode.device.running import GLOBAL, Place, Running, Typed

if TYPE_CHECKING:
    from mainmode.console.commands.handling import Handler
    from mainmode.console.session import Session


_CLEARED = 2
"""Words in front of what `clear configure` clears."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A place in the running configuration of one device."""

    running: Running
    place: Place

    @property
    def prompt(self) -> str:
        """The name of the mode, as it stands in brackets in the prompt."""
        return self.running.prompt(self.place)


def begin(session: "Session") -> None:
    """`configure terminal`."""
    session.tell(CONFIGURING_BEGUN(place=session.user.place))
    session.place = Standing(session.firewall.running, GLOBAL)


def leave(session: "Session") -> None:
    """Out of the configuration mode, from wherever."""
    session.applying.settle()
    session.place = None


async def enter(session: "Session", standing: Standing, line: str) -> None:
    """Carry out one line of a session that stands in the configuration mode. Raises as commands do."""
    running = session.firewall.running
    place = standing.place if standing.running is running else GLOBAL
    typed = running.type(place, line)
    if typed.fault is None and not typed.passed_over:
        _take(session, running, typed)
        return
    if await _other(session, line):
        return
    error = typed.fault
    if error is None:
        running.keep(place, typed, line)
        _take(session, running, typed)
        return
    session.fail(_further(error, _no_command(session, line)), line)


def offered(session: "Session", standing: Standing, words: Sequence[str]) -> Offer:
    """What may follow whole words of a line of the configuration. Raises LineError where nothing does."""
    running = session.firewall.running
    place = standing.place if standing.running is running else GLOBAL
    leaving: tuple[Expectation, ...] = ()
    found: tuple[Expectation, ...] = ()
    try:
        found = running.expected(place, words)
    except LineError:
        leaving = expected(LEAVING, words, running.configuration)
    else:
        leaving = () if words else expected(LEAVING, words, running.configuration)
    return Offer("configure", tuple(dict.fromkeys([*found, *leaving])))


def _take(session: "Session", running: Running, typed: Typed) -> None:
    """The line was one of the configuration."""
    session.place = Standing(running, typed.place)
    if not typed.shown.strip():
        return
    for printed in typed.printed:
        session.screen.write(f"{printed}\n")
    session.history.append(typed.shown.strip())
    if typed.changed:
        session.applying.line_typed()
    session.log(typed.shown.strip(), configures=True)


async def _other(session: "Session", line: str) -> bool:
    """Carry out a line that leaves the mode, or a command of the exec mode; False: it is none."""
    words = line.split()
    try:
        leaving = look_up(LEAVING, words, session.configuration)
    except LineError:
        if _no_command(session, line) is not None:
            return False
        await session.execute(line)
        return True
    try:
        await leaving.command.handler(session, leaving.asked)
    except LineError as error:
        session.fail(LineError(error.fault, error.at + _CLEARED, error.expected), line)
        return True
    session.history.append(leaving.line)
    session.log(leaving.line, configures=leaving.asked.keywords[:1] == ("clear",))
    return True


def _no_command(session: "Session", line: str) -> LineError | None:
    """Why a line is no command of the exec mode; None: it is one."""
    try:
        session.understood(line)
    except LineError as error:
        return error
    return None


def _further(one: LineError, other: LineError | None) -> LineError:
    """The error that tells more: of two readings of a line the one that came further."""
    if other is None or other.at < one.at:
        return one
    if other.at > one.at:
        return other
    return other if other.fault is Fault.AMBIGUOUS and one.fault is Fault.INVALID else one


async def _exit(session: "Session", asked: Asked) -> str:
    standing = session.place
    if isinstance(standing, Standing) and standing.place.is_submode:
        session.place = Standing(standing.running, GLOBAL)
    else:
        leave(session)
    return ""


async def _end(session: "Session", asked: Asked) -> str:
    leave(session)
    return ""


async def _clear_all(session: "Session", asked: Asked) -> str:
    return _cleared(session, None)


async def _clear(session: "Session", asked: Asked) -> str:
    return _cleared(session, asked.get(REST))


def _cleared(session: "Session", section: str | None) -> str:
    running = session.firewall.running
    running.clear(section)
    session.place = Standing(running, GLOBAL)
    session.applying.settle()
    return ""


LEAVING: "tuple[Command[Handler], ...]" = (
    command(
        "{exit|quit}",
        _exit,
        "Leave the submode, or the configuration mode.",
        Surety.ATTESTED,
        words=dict.fromkeys(("exit", "quit"), "Out of this mode"),
    ),
    command(
        "clear configure all",
        _clear_all,
        "Take everything back that is configured.",
        Surety.PARTLY,
        "Interfaces stay, with nothing said of them.",
        words={"clear": "Reset, or take lines back", "configure": "Take lines back", "all": "All of them"},
    ),
    command(
        f"clear configure {REST}",
        _clear,
        "Take the lines back that begin with some words.",
        Surety.PARTLY,
        words={"clear": "Reset, or take lines back", "configure": "Take lines back"},
    ),
    command("end", _end, "Leave the configuration mode.", Surety.ATTESTED),
)
