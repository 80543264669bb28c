"""Clock and host in front of a firewall's line, as it writes them and as collectors of the system log do.

A collector puts its own time in front of the device's: the last one counts, since it is the log writer's own.
"""

import re
from collections.abc import Iterator

from mainmode.base.instant import Instant
from mainmode.explain.dialect import NO_CLOCK, Clock
from mainmode.explain.stamps import STAMP, instant

_LONGEST = 400
"""Characters of a front that are looked at."""
_NUMBERS = (
    r"(?P<month>[0-9]{2})[-/](?P<day>[0-9]{2})[-/](?P<year>[0-9]{4})[\t ]{1,2}(?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})"
)
"""Month, day, year: some collectors for Windows."""
_STAMP = re.compile(rf"(?P<usual>{STAMP})|{_NUMBERS}|(?P<lone>(?<![0-9:.])[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?![0-9:]))")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45}")
_NO_HOST = re.compile(
    r"(?:local[0-7]|user|kern|daemon|auth|syslog)[.,].*|[0-9]{1,9}|info|notice|debug|warning|warn|err|error|alert|crit"
    r"|emerg|(?:UTC|GMT|CET|CEST|EST|EDT|CST|CDT|MST|MDT|PST|PDT|BST|MSK|IST|JST|AEST|AEDT|WET|WEST|EET|EEST)[+-]?[0-9]*",
    re.IGNORECASE,
)
"""Facilities, severities, numbers and time zones."""


def _at(found: re.Match[str]) -> Instant | None:
    if found["usual"]:
        return instant(found["usual"])
    if found["lone"]:
        return instant(f"Jan 01 {found['lone']}")
    return instant(f"{found['year']}-{found['month']}-{found['day']} {found['clock']}")


def _stamps(front: str) -> Iterator[tuple[re.Match[str], Instant]]:
    for found in _STAMP.finditer(front):
        at = _at(found)
        if at is not None:
            yield found, at


def _host(texts: tuple[str, ...]) -> str:
    """The first word of the first text that can be a host's name or address."""
    for text in texts:
        for word in text.split(" "):
            name = word.rpartition(">")[2].strip(":,*")
            if name and _HOST.fullmatch(name) and not _NO_HOST.fullmatch(name):
                return name
    return ""


def clock_of(front: str) -> Clock:
    """The clock that a front tells; `NO_CLOCK` where there is none and no host either."""
    if not front:
        return NO_CLOCK
    printed = front[-_LONGEST:]
    front = printed.replace("\t", " ")
    stamps = list(_stamps(front))
    if not stamps:
        host = _host((front,)) if front.rstrip().endswith(":") or front.startswith("<") else ""
        return Clock(host=host) if host else NO_CLOCK
    last, at = stamps[-1]
    first = stamps[0][0]
    between = front[first.end() : last.start()] if first is not last else ""
    return Clock(printed[last.start() : last.end()], at, _host((front[last.end() :], between)))
