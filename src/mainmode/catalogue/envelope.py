"""The form around a line: the clock, the bracket, `Group = G, IP = A, `, or the system log's `%ASA-5-713119: `."""

from datetime import UTC, datetime, timedelta
from enum import Enum

from mainmode.base.instant import Instant
from mainmode.catalogue.entry import About, Channel, Line, Syslog
from mainmode.catalogue.kinds import escape

DEBUG_TRACE = Syslog(7, 711001)
"""`logging debug-trace`: the id under which the system log carries debug lines that have none of their own."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Form(Enum):
    """The three ways in which a line is printed."""

    COLON = "8.x and the published exchange: `[IKEv1 DEBUG]: IP = A, text`"
    BARE = "9.x: `[IKEv1 DEBUG]IP = A, text`"
    SYSLOG = "system log: `%ASA-7-715046: IP = A, text`"


def clock(instant: Instant) -> str:
    """`Nov 30 10:38:29`, in UTC. Raises OverflowError outside the years 1 to 9999."""
    when = _EPOCH + timedelta(microseconds=instant)
    return f"{_MONTHS[when.month - 1]} {when.day:02d} {when:%H:%M:%S}"


def prefix(about: About) -> str:
    """`Group = G, Username = U, IP = A, `, without what is empty."""
    parts = (("Group", about.group), ("Username", about.username), ("IP", about.ip))
    return "".join(f"{label} = {escape(value)}, " for label, value in parts if value)


def render(line: Line, form: Form, stamp: str | None = None) -> str:
    """The line as a device prints it, with `stamp` (see `clock`) in front when given. No newline at its end.

    `IPSEC:` lines have no bracket; lines that only the system log has keep its form in every form.
    """
    text = prefix(line.about) + line.text
    channel = line.entry.channel
    if form is Form.SYSLOG or channel is Channel.SYSLOG:
        syslog = line.entry.syslog_of(line.values) or DEBUG_TRACE
        front = f"{stamp}: " if stamp else ""
        return f"{front}%ASA-{syslog.severity}-{syslog.id:06d}: {text}"
    front = f"{stamp} " if stamp else ""
    if channel is Channel.IPSEC:
        return front + text
    return f"{front}[{channel.value}]{': ' if form is Form.COLON else ''}{text}"
