"""The front of a logged line: when, on which host, by which program; as syslogs, journals and daemons print it."""

import re
from datetime import datetime

from mainmode.base.instant import SECOND, Instant

MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_NO_YEAR = 1972
_EPOCH = datetime(1970, 1, 1)

_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?"
STAMP = (
    rf"(?:{_DAY},? )?{_MONTH} [ ]?[0-9]{{1,2}},? (?:[0-9]{{4}} )?{_CLOCK}(?: [0-9]{{4}}\b)?"
    rf"|(?:{_DAY},? )?[0-9]{{4}} {_MONTH} [ ]?[0-9]{{1,2}} {_CLOCK}"
    rf"|[0-9]{{4}}[-/][0-9]{{2}}[-/][0-9]{{2}}[T ]{_CLOCK}(?:Z|[ ]?[+-][0-9]{{2}}:?[0-9]{{2}})?"
)
"""A time stamp, without groups."""

_TEXTUAL = re.compile(
    rf"(?:{_DAY},? )?(?:(?P<early>[0-9]{{4}}) )?(?P<month>{_MONTH}) +(?P<day>[0-9]{{1,2}}),? (?:(?P<year>[0-9]{{4}}) )?"
    r"(?P<clock>[0-9:]{8})(?:[.,](?P<part>[0-9]{1,9}))?(?: (?P<late>[0-9]{4}))?"
)
_NUMERIC = re.compile(
    r"(?P<year>[0-9]{4})[-/](?P<month>[0-9]{2})[-/](?P<day>[0-9]{2})[T ]"
    r"(?P<clock>[0-9:]{8})(?:[.,](?P<part>[0-9]{1,9}))?"
)


def front_pattern(programs: str, behind: str = "") -> str:
    """A regular expression of what stands in front, with the groups `stamp`, `host` and `program`.

    Priority, stamp, facility, host, program and process id, each of which may be missing; `host` only where a program
    follows. `programs` and `behind` (what must follow) are regular expressions without groups.
    """
    return (
        r"(?:<[0-9]{1,3}>(?:1[ ])?)?"
        rf"(?:\[?(?P<stamp>{STAMP})\]?:?[ \t]+)?"
        r"(?:[a-z0-9]{3,8}\.[a-z]{3,7}[ \t]+)?"
        r"(?:(?:(?P<host>[A-Za-z0-9_.:-]{1,64})[ \t]+)?"
        rf"(?P<program>{programs})(?:\[[0-9]{{1,10}}\])?"
        r"(?::[ \t]*|[ \t]+(?:[0-9]{1,10}|-)[ \t]+-[ \t]+-[ \t]+|[ \t]+))?"
        f"{behind}"
    )


def instant(stamp: str) -> Instant | None:
    """A stamp as a number, in its own time zone; a stamp without a year lies in 1972. None where it is no time."""
    found = _TEXTUAL.fullmatch(stamp)
    if found is not None:
        year = int(found["early"] or found["year"] or found["late"] or _NO_YEAR)
        month = MONTHS[found["month"]]
    else:
        found = _NUMERIC.match(stamp)
        if found is None:
            return None
        year, month = int(found["year"]), int(found["month"])
    hours, minutes, seconds = (int(one) for one in found["clock"].split(":"))
    try:
        moment = datetime(year, month, int(found["day"]), hours, minutes, min(seconds, 59))
    except ValueError:
        return None
    parts = int((found["part"] or "0").ljust(6, "0")[:6])
    since = moment - _EPOCH
    return Instant((since.days * 86400 + since.seconds) * SECOND + parts)
