"""What a router and a syslog collector put in front of a line: priority, numbers, hosts and clocks in many forms."""

import re
from datetime import UTC, datetime

from mainmode.base.instant import SECOND, Instant
from mainmode.explain.dialect import NO_CLOCK, Clock

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_YEAR = 1972
"""A stamp without a year lies in it: it has a 29 February."""
_DATE = rf"(?:{'|'.join(_MONTHS)}) {{1,2}}[0-9]{{1,2}}"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?"
_DATED = rf"{_DATE}(?: [0-9]{{4}})? {_CLOCK}(?: [AP]M)?(?: ?[A-Z][A-Za-z]{{1,4}})?(?: [0-9]{{4}})?"
_ISO = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_CLOCK}(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?"
_UPTIME = r"[0-9]{1,5}[yw][0-9]{1,2}[wd]|[0-9]{1,5}d[0-9]{1,2}h"
STAMP = rf"[*.]?(?:{_DATED}|{_ISO}|{_CLOCK}|{_UPTIME})"
"""A clock: of the day, of the syslog collector, or since the start (`00:12:34`, `1d02h`, `2w3d`)."""
_HOST = r"(?!ISAKMP|IPSEC|CRYPTO)[A-Za-z0-9][\w.:-]{0,62}"
_HEADER = re.compile(
    r"[-> |]{0,8}(?:<[0-9]{1,3}>(?:1 )?)?\s{0,4}(?:(?P<number>[0-9]{1,10}): )?"
    rf"(?:(?P<first>{STAMP}):?\s{{1,4}})?(?:(?P<host>{_HOST}?):?\s{{1,4}})?(?:(?P<tail>{_HOST}?):?\s{{1,4}})?"
    r"(?:\[?[0-9]{1,10}\]?:\s{0,4}){0,2}"
    rf"(?:(?P<second>{STAMP}):?\s{{0,4}})?(?:-\s)?"
)
_STAMPED = re.compile(rf"[-> |]{{0,8}}(?:<[0-9]{{1,3}}>\s?)?(?:[0-9]{{1,10}}: )?(?P<first>{STAMP}):\s{{0,4}}")
_COLLECTED = re.compile(
    rf"(?:<[0-9]{{1,3}}>)?(?:{_DATED}|{_ISO}):?\s{{1,4}}{_HOST}?:?\s{{1,4}}(?:[0-9]{{1,10}}:\s{{1,4}}){{1,2}}"
    r"|<[0-9]{1,3}>(?:[0-9]{1,10}:\s{1,4}){1,2}"
)
_WORDS = re.compile(
    rf"(?:(?P<month>{'|'.join(_MONTHS)}) +(?P<day>[0-9]{{1,2}})(?: (?P<year>[0-9]{{4}}))? |"
    r"(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ])?"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?"
    r"(?: (?P<half>[AP]M))?(?: ?[A-Z][A-Za-z]{1,4})?(?: (?P<last>[0-9]{4}))?"
)
_SPANS = re.compile(r"([0-9]{1,5})([ywdh])")
_LENGTHS = {"y": 365 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 240
"""Characters in front of a subject at most."""


def front(text: str) -> Clock | None:
    """The clock of what stands in front of a subject; None where it is something else."""
    if not text:
        return NO_CLOCK
    found = _HEADER.fullmatch(text) if len(text) <= _MOST else None
    if found is None:
        return None
    own = found["second"] or found["first"]
    if found["host"] and not (found["first"] or found["number"] or text.startswith("<")):
        return None
    host = found["host"] or ""
    return Clock(" ".join((own or "").split()), instant(own or ""), "" if host.isdecimal() else host)


def stamped(text: str) -> tuple[Clock, str] | None:
    """A router's clock and what follows it; None where the text does not begin with one."""
    found = _STAMPED.match(text)
    if found is None:
        return None
    return Clock(" ".join(found["first"].split()), instant(found["first"])), text[found.end() :]


def collected(text: str) -> str | None:
    """What follows a collector's header with a line number; None where the text has none."""
    found = _COLLECTED.match(text)
    return None if found is None else text[found.end() :]


def instant(stamp: str) -> Instant | None:
    """`*Mar  1 00:55:40.767` as a number, in 1972 where no year is said; uptimes count from the start of 1972."""
    words = " ".join(stamp.lstrip("*.").split())
    if not words:
        return None
    spans = _SPANS.findall(words) if ":" not in words else ()
    if spans:
        return _at(_YEAR, 1, 1, sum(int(count) * _LENGTHS[unit] for count, unit in spans), 0)
    found = _WORDS.match(words)
    if found is None:
        return None
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] == "PM" else 0)
    second = (hour * 60 + int(found["minute"])) * 60 + int(found["second"])
    part = int((found["part"] or "0").ljust(6, "0")[:6])
    if found["iso"]:
        year, month, day = (int(one) for one in found["iso"].split("-"))
    elif found["month"]:
        year = int(found["year"] or found["last"] or _YEAR)
        month, day = _MONTHS.index(found["month"]) + 1, int(found["day"])
    else:
        year, month, day = _YEAR, 1, 1
    return _at(year, month, day, second, part)


def _at(year: int, month: int, day: int, seconds: int, micros: int) -> Instant | None:
    try:
        start = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
    return Instant(((start - _EPOCH).days * 86400 + seconds) * SECOND + micros)
