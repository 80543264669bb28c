"""Clocks and hosts in front of a log line, as devices and collectors of the system log write them.

A collector puts its own time in front of the device's: the last one counts, since it is the log writer's own.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from mainmode.base.instant import SECOND, Instant
from mainmode.explain.dialect import NO_CLOCK, Clock

YEARLESS = 1972
"""A stamp without a year lies in this one: a leap year."""
_LONGEST = 400
"""Characters of a front that are looked at."""
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_STAMP = re.compile(
    r"(?P<name>[A-Z][a-z]{2}) {1,2}(?P<day>[0-9]{1,2})(?:,? (?P<year>[0-9]{4}))?,? "
    r"(?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<part>[0-9]{1,9}))?"
    r"|(?P<iso>[0-9]{4}[-/][0-9]{2}[-/][0-9]{2})[T\t ](?P<iso_clock>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:[.,](?P<iso_part>[0-9]{1,9}))?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
    r"|(?P<us>[0-9]{2}[-/][0-9]{2}[-/][0-9]{4})[\t ]{1,2}(?P<us_clock>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"|(?P<lone>(?<![0-9:.])[0-9]{2}:[0-9]{2}:[0-9]{2}(?![0-9:]))"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45}")
_NO_HOST = re.compile(
    r"(?:local[0-7]|user|kern|daemon|auth|syslog)[.,].*|[0-9]{1,9}|info|notice|debug|warning|warn|err"
    r"|error|alert|crit|emerg",
    re.IGNORECASE,
)
_ZONES = frozenset(
    """UTC GMT CET CEST EST EDT CST CDT MST MDT PST PDT BST MSK IST JST AEST AEDT WET WEST EET EEST CLST BRT SGT HKT
    CEDT EEDT""".split()  # noqa: SIM905 (a table)
)


def _at(year: int, month: int, day: int, clock: str, part: str) -> Instant | None:
    try:
        when = datetime(year, month, day, int(clock[:2]), int(clock[3:5]), int(clock[6:8]), tzinfo=UTC)
    except ValueError:
        return None
    moment = int((when - _EPOCH).total_seconds()) * SECOND
    return Instant(moment + int((part or "0").ljust(6, "0")[:6]))


def _instant(found: re.Match[str]) -> Instant | None:
    if found["name"]:
        month = _MONTHS.get(found["name"].lower())
        if month is None:
            return None
        return _at(int(found["year"] or YEARLESS), month, int(found["day"]), found["clock"], found["part"])
    if found["iso"]:
        year, month, day = (int(one) for one in re.split("[-/]", found["iso"]))
        return _at(year, month, day, found["iso_clock"], found["iso_part"])
    if found["us"]:
        month, day, year = (int(one) for one in re.split("[-/]", found["us"]))
        return _at(year, month, day, found["us_clock"], "")
    return _at(YEARLESS, 1, 1, found["lone"], "")


def _stamps(front: str) -> Iterator[tuple[re.Match[str], Instant]]:
    for found in _STAMP.finditer(front):
        at = _instant(found)
        if at is not None:
            yield found, at


def _host(texts: tuple[str, ...]) -> str:
    """The first word of the first text that can be a host's name or address."""
    for text in texts:
        for word in text.replace("\t", " ").split(" "):
            name = word.rpartition(">")[2].strip(":,*")
            if name and name not in _ZONES and _HOST.fullmatch(name) and not _NO_HOST.fullmatch(name):
                return name
    return ""


def clock_of(front: str) -> Clock:
    """The clock that a front tells; `NO_CLOCK` where there is none and no host either."""
    if not front:
        return NO_CLOCK
    front = front[-_LONGEST:]
    stamps = list(_stamps(front))
    if not stamps:
        host = _host((front,)) if front.rstrip().endswith(":") or front.startswith("<") else ""
        return Clock(host=host) if host else NO_CLOCK
    last, at = stamps[-1]
    first = stamps[0][0]
    behind = front[last.end() :]
    between = front[first.end() : last.start()] if first is not last else ""
    return Clock(last[0], at, _host((behind, between)))
