"""Points in time and spans of it, as whole microseconds.

Time is an argument everywhere below the shells: no room but a shell reads a clock. Whole numbers keep a run exact,
so the same seed gives the same bytes.
"""

from typing import NewType

Instant = NewType("Instant", int)
"""Microseconds since the Unix epoch, UTC."""

Span = NewType("Span", int)
"""A length of time in microseconds."""

NO_TIME = Span(0)

SECOND = 1_000_000


def seconds(count: float) -> Span:
    """The span of `count` seconds, rounded to a microsecond."""
    return Span(round(count * SECOND))


def later(moment: Instant, span: Span) -> Instant:
    """The instant `span` after `moment`."""
    return Instant(moment + span)


def between(start: Instant, end: Instant) -> Span:
    """The span from `start` to `end`; negative when `end` is earlier."""
    return Span(end - start)


def whole_seconds(span: Span) -> int:
    """The full seconds in `span`, rounded towards zero."""
    return int(span / SECOND)
