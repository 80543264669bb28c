"""Lengths of time as people write them, and how far a run is."""

import re

from mainmode.base.errors import InputError
from mainmode.base.instant import SECOND, Instant, Span, seconds

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_SPAN = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(ms|s|m|h|d)")


def read_span(text: str) -> Span:
    """A length of time, such as `80ms`, `90s`, `5m`, `2h`, `1d`, `1h30m`. Raises InputError."""
    parts = list(_SPAN.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        raise InputError(f"{text} is no length of time; write 80ms, 90s, 5m, 2h, 1d or 1h30m")
    return seconds(sum(float(part[1]) * _UNITS[part[2]] for part in parts))


def clock_text(start: Instant, now: Instant) -> str:
    """How far a run is, as `1:02:03.456`."""
    whole, rest = divmod(now - start, SECOND)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}.{rest // 1000:03d}"


def length_text(span: Span) -> str:
    """A length of time in its two largest units: `30 d`, `1 h 30 min`, `12 s`, `80 ms`."""
    if span < SECOND:
        return f"{span // 1000} ms"
    whole = span // SECOND
    parts = [(whole // 86_400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    first = next(place for place, (count, _) in enumerate(parts) if count)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count)
