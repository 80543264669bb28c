"""How a show output is declared: rows with named parts, and tables with columns; and the device's times."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant, Span, whole_seconds

Layout = tuple[str, ...]
"""The lines of one block, each with `{named}` parts; format specifications are allowed, nothing else is."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def fill(layout: Layout, values: Mapping[str, object]) -> list[str]:
    """The block's lines with their parts. Raises KeyError where the caller left one out (a bug)."""
    return [row.format_map(values) for row in layout]


def text(lines: Iterable[str]) -> str:
    """The lines as an output, each ended by a newline; nothing at all where there are none."""
    return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its heading, and its least width in characters with the gap to the next one."""

    heading: str
    width: int


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> list[str]:
    """A heading line and a line for each row, cells padded to their column."""
    headings = [column.heading for column in columns]
    return ["".join(_padded(columns, cells)) for cells in (headings, *rows)]


def _padded(columns: Sequence[Column], cells: Sequence[str]) -> list[str]:
    return [cell.ljust(column.width) for column, cell in zip(columns, cells, strict=True)]


def calendar(instant: Instant, *, milliseconds: bool = False) -> str:
    """`18:56:48.410 UTC Wed Apr 5 2017`, or `18:56:48 UTC …`. Raises OverflowError outside the years 1 to 9999."""
    when = _EPOCH + timedelta(microseconds=instant)
    fraction = f".{when.microsecond // 1000:03d}" if milliseconds else ""
    day = f"{_DAYS[when.weekday()]} {_MONTHS[when.month - 1]} {when.day} {when.year}"
    return f"{when:%H:%M:%S}{fraction} UTC {day}"


def log_stamp(instant: Instant) -> str:
    """`Aug 15 2019 13:44:38`, as `logging timestamp` puts it. Raises OverflowError outside the years 1 to 9999."""
    when = _EPOCH + timedelta(microseconds=instant)
    return f"{_MONTHS[when.month - 1]} {when.day:02d} {when.year} {when:%H:%M:%S}"


def duration(span: Span) -> str:
    """`0h:01m:02s`, from a day on `10d 7h:26m:52s`."""
    minutes, seconds = divmod(max(0, whole_seconds(span)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    front = f"{days}d " if days else ""
    return f"{front}{hours}h:{minutes:02d}m:{seconds:02d}s"


def uptime(span: Span) -> str:
    """`41 days 19 hours`: the two largest units that are not zero, `12 secs` at least."""
    minutes, seconds = divmod(max(0, whole_seconds(span)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "day"), (hours, "hour"), (minutes, "min"), (seconds, "sec"))
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    shown = [f"{count} {unit}{'s' * (count != 1)}" for count, unit in parts[first : first + 2]]
    return " ".join(shown)


def clock_time(span: Span) -> str:
    """`277:05:26`: hours, minutes and seconds, as idle times are printed."""
    minutes, seconds = divmod(max(0, whole_seconds(span)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"
