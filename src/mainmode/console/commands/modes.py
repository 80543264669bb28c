"""Coming and going: `enable`, `disable`, `login`, `logout`, `help`, and who one is here.

The texts of `enable` and of the end of a session are seen in public sessions; those of `login` are recalled.
"""

import re
from typing import TYPE_CHECKING

from mainmode.base.errors import InputError
from mainmode.base.secret import Secret
from mainmode.console.commands.handling import Handler
from mainmode.device.line.declaration import REST, Asked, Command, Level, Surety, command
from mainmode.device.line.glossary import word_help
from mainmode.device.line.syntax import following

if TYPE_CHECKING:
    from mainmode.console.session import Session

_TRIES = 3
_LEVEL = "<0-15>"
_HIGHEST, _USUAL_USER = 15, 1
_ENABLE = "enable"
"""The service of `aaa authentication enable console`: without it who enables is nobody in particular any more."""
_DENIED = "Access denied.\n"


async def _enable(session: "Session", asked: Asked) -> str:
    level = int(asked.get(_LEVEL) or _HIGHEST)
    for _ in range(_TRIES):
        password = await _secret(session, "Password: ")
        if await session.credentials.enables(session.user.name, password, level):
            own = _ENABLE in session.configuration.authenticators
            session.become(session.user.name if own else "", level)
            return ""
        session.screen.write("Invalid password\n")
    return _DENIED


async def _disable(session: "Session", asked: Asked) -> str:
    session.privilege = min(session.privilege, int(asked.get(_LEVEL) or _USUAL_USER))
    return ""


async def _login(session: "Session", asked: Asked) -> str:
    for _ in range(_TRIES):
        name = (await session.screen.ask("Username: ")).strip()
        password = await _secret(session, "Password: ")
        privilege = await session.credentials.admits(name, password)
        if privilege is not None:
            session.become(name, privilege)
            return ""
        session.screen.write("Invalid username or password\n")
    return _DENIED


async def _secret(session: "Session", question: str) -> Secret:
    return Secret((await session.screen.ask(question, echo=False)).encode())


async def _leave(session: "Session", asked: Asked) -> str:
    session.ended = True
    session.screen.write("\nLogoff\n\n")
    return ""


async def _help(session: "Session", asked: Asked) -> str:
    words = (asked.get(REST) or "").lower().split()
    found = [one for one in session.table if _begins(one, words)]
    if not words:
        rows = {word: word_help(one, (word,)) for one in found for word, _ in following(one.sequence) if word}
        width = max(len(word) for word in rows)
        lines = [f"  {word:{width}}  {meaning}".rstrip() for word, meaning in sorted(rows.items())]
        return "".join(f"{line}\n" for line in (*lines, "", *_KEYS))
    if not found:
        raise InputError(f"ERROR: there is no help for {' '.join(words)}")
    usage = [f"        {_readable(one.syntax)}" for one in found]
    meaning = [f"{_readable(one.syntax)}\n        {one.help}" for one in found]
    return "".join(f"{line}\n" for line in ("", "USAGE:", "", *usage, "", "DESCRIPTION:", "", *meaning, ""))


_KEYS = (
    "A word may be cut to a beginning that no other word has. help WORD tells of the commands that begin so.",
    "?    what may stand here; behind a word's beginning the words that begin so",
    "Tab  the rest of the word",
    "|    behind a show command: include, exclude, begin or grep, and a regular expression",
)
_LABEL = re.compile(r"\b[a-z-]+=(?=[A-Z<])")


def _readable(syntax: str) -> str:
    """A syntax without what only its reader needs: labels of places, brackets around options in any order."""
    return _LABEL.sub("", syntax.replace("<<[", "[").replace("]>>", "]"))


def _begins(one: Command[Handler], words: list[str]) -> bool:
    """Whether a command has these words, cut or not, at its beginning."""
    left = [one.sequence]
    for typed in words:
        onwards = [step for part in left for step in following(part)]
        left = list(dict.fromkeys(rest for word, rest in onwards if word is not None and word.startswith(typed)))
    return bool(left)


async def _who_am_i(session: "Session", asked: Asked) -> str:
    if session.place is not None:
        modes = "P_PRIV P_CONF"
    else:
        modes = "P_PRIV" if session.level is Level.PRIVILEGED else "P_UNPR"
    return f"Username : {session.user_name}\nCurrent privilege level : {session.privilege}\nCurrent Mode/s : {modes}\n"


MODES: tuple[Command[Handler], ...] = (
    command(
        f"enable [{_LEVEL}]",
        _enable,
        "Turn on privileged commands; the device asks for the password of enable.",
        Surety.ATTESTED,
        level=Level.USER,
    ),
    command(
        f"disable [{_LEVEL}]",
        _disable,
        "Turn off privileged commands, or go down to a level.",
        Surety.ATTESTED,
        level=Level.USER,
    ),
    command(
        "login",
        _login,
        "Log in as a user of the configuration, with that user's privilege.",
        Surety.PARTLY,
        "What it answers to a wrong password is recalled.",
        level=Level.USER,
    ),
    command("{exit|logout|quit}", _leave, "End the session.", Surety.ATTESTED, level=Level.USER),
    command(
        f"help [{REST}]",
        _help,
        "The commands that may be typed, or those that begin with some words.",
        Surety.INFERRED,
        level=Level.USER,
    ),
    command(
        "show curpriv",
        _who_am_i,
        "The user, the privilege level and the mode of this session.",
        Surety.ATTESTED,
        level=Level.USER,
    ),
)
