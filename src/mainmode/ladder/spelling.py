"""How every layout spells the same things: sides, times, places of the configuration, foreign text."""

import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby

from mainmode.base.instant import SECOND, Instant
from mainmode.base.provenance import Absent, Default, Source, Statement
from mainmode.ladder.transcript import Clock, Device, Fate, MessageSent, Outcome, Side, Transcript, Verdict

TAB = 8
HOUR = 3600 * SECOND
YEARLESS = Instant(3 * 366 * 24 * HOUR)
"""Clocks that print no year are read as of 1972: before this nothing is told as a date."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def clean(text: str) -> str:
    """One line of foreign text made safe to show: tabs become blanks, what does not print becomes an escape.

    That covers terminal escapes, direction marks and lone surrogates; `ESC` is shown as `\\x1b`.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text.expandtabs(TAB))


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def clean_lines(text: str) -> list[str]:
    """The lines of a text, each clean; Windows line ends are taken in stride."""
    return [clean(line.removesuffix("\r")) for line in text.split("\n")]


def cells(text: str) -> int:
    """How many columns of a terminal a clean text takes; East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrap(text: str, width: int, hang: int = 2) -> list[str]:
    """A clean line in rows of at most `width` columns, broken after blanks where there are any; all of it.

    Later rows keep the line's own indentation and `hang` columns more.
    """
    width = max(width, 8)
    own = len(text) - len(text.lstrip(" "))
    indent = " " * min(own + hang, width // 2)
    rows, row, start = [], "", 0
    while True:
        end = _cut(text, start, width - len(row))
        rows.append((row + text[start:end]).rstrip(" "))
        while end < len(text) and text[end] == " ":
            end += 1
        if end >= len(text):
            return rows
        row, start = indent, end


def _cut(text: str, start: int, room: int) -> int:
    """Where a row from `start` ends: at the end, after the last blank that fits, or in a long word."""
    end, used = start, 0
    for character in text[start : start + room]:
        used += cells(character)
        if used > room:
            break
        end += 1
    if end == len(text) or text[end] == " ":
        return end
    blank = text.rfind(" ", start, end)
    return blank + 1 if text[start : blank + 1].strip(" ") else max(end, start + 1)


def since(transcript: Transcript, at: Instant) -> str:
    """`+0.020 s`: the time since the start, microseconds only where there are any; empty where there is no clock.

    In a ladder of logs an hour and more is told as `+26:03:04`.
    """
    if transcript.clock is Clock.NONE:
        return ""
    span = abs(at - transcript.started_at)
    sign = "+" if at >= transcript.started_at else "-"
    if transcript.clock is Clock.LOG and span >= HOUR:
        minutes, rest = divmod(span // SECOND, 60)
        return f"{sign}{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
    return f"{sign}{seconds(span)}"


def seconds(span: int) -> str:
    """`0.020 s` for a span of microseconds."""
    whole, rest = divmod(span, SECOND)
    return f"{whole}.{rest:06d} s" if rest % 1000 else f"{whole}.{rest // 1000:03d} s"


def milliseconds(span: int) -> str:
    """`20 ms` for a span of microseconds."""
    whole, rest = divmod(span, 1000)
    return f"{whole}.{rest:03d} ms" if rest else f"{whole} ms"


def iso(at: Instant) -> str:
    """`2024-11-30T10:38:29.020000Z`."""
    return (_EPOCH + timedelta(microseconds=at)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def date(transcript: Transcript, at: Instant) -> str | None:
    """An instant in ISO 8601, None where the clock has no year or there is none."""
    known = transcript.clock is Clock.VIRTUAL or (transcript.clock is Clock.LOG and at >= YEARLESS)
    return iso(at) if known else None


def left_side(transcript: Transcript) -> Side:
    """The initiator's side stands left; side A where nobody initiated."""
    return transcript.initiator or Side.A


def sides(transcript: Transcript) -> tuple[Side, Side]:
    """Left and right."""
    left = left_side(transcript)
    return left, left.other


def device_of(transcript: Transcript, side: Side) -> Device | None:
    """The device of a side, None where the transcript knows one side only."""
    return next((device for device in transcript.devices if device.side is side), None)


def name_of(transcript: Transcript, side: Side) -> str:
    """A side's hostname, with the side's letter where both are called the same; `peer` without a device."""
    device = device_of(transcript, side)
    if device is None:
        return "peer"
    other = device_of(transcript, side.other)
    name = clean(device.hostname)
    return f"{name} ({side.value})" if other and other.hostname == device.hostname else name


def role_of(transcript: Transcript, side: Side) -> str:
    """`initiator`, `responder`, or nothing where nobody initiated."""
    if transcript.initiator is None:
        return ""
    return "initiator" if side is transcript.initiator else "responder"


def place(source: Source) -> str:
    """`asa1.cfg:14`, or `asa1.cfg` for what no line says."""
    return clean(f"{source.file}:{source.line}" if isinstance(source, Statement) else source.file)


def command(source: Source) -> str:
    """What stands there: the line's text; the default or the missing command, marked as such."""
    match source:
        case Statement(text=text):
            return clean(text.strip())
        case Default(command=text):
            return clean(f"(default) {text.strip()}")
        case Absent(command=text):
            return clean(f"(absent) {text.strip()}")


def kind(source: Source) -> str:
    """`statement`, `default` or `absent`."""
    return type(source).__name__.lower()


def payload_chain(message: MessageSent) -> str:
    """`HDR + SA (1) + VENDOR (13) ×4`: the payloads as the device spells them, repetitions counted."""
    return " + ".join(["HDR", *_counted(message.payloads)]) if message.payloads else ""


def _counted(names: Iterable[str]) -> Iterable[str]:
    for name, run in groupby(names):
        count = sum(1 for _ in run)
        yield clean(name) if count == 1 else f"{clean(name)} ×{count}"


def size(message: MessageSent) -> str:
    """`96 octets, encrypted (100 on the wire)`: the printed total, the datagram's size where it differs.

    What no log tells is left out; empty where that is all.
    """
    protected = "encrypted" if message.encrypted else ""
    told = message.length if message.length is not None else message.octets
    octets = "" if told is None else f"{told} octets"
    wire = f" ({message.octets} on the wire)" if message.octets not in (told, None) else ""
    return ", ".join(part for part in (octets, protected) if part) + wire


def fate(message: MessageSent) -> str:
    """`blocked: UDP 500 is blocked`; the detail alone where it says so itself; empty for a delivered message."""
    if message.fate is Fate.DELIVERED:
        return ""
    detail = clean(message.fate_detail)
    if detail.startswith(message.fate.value):
        return detail
    return f"{message.fate.value}: {detail}" if detail else message.fate.value


REACHED = {
    "none": "phase 1 did not come up",
    "phase 1": "phase 1 came up, phase 2 did not",
    "phase 2": "phase 2 came up",
}
"""How far a run came (`Verdict.reached`), in words."""


SHOWN = {
    "none": "the log shows no phase 1 that came up",
    "phase 1": "phase 1 came up, the log shows no end of phase 2",
    "phase 2": "phase 2 came up",
}
"""The same where a log ends before the negotiation does."""


def reached(verdict: Verdict) -> str:
    """How far the run came: `phase 1 did not come up`."""
    told = SHOWN if verdict.outcome is Outcome.OPEN else REACHED
    return told.get(verdict.reached) or clean(verdict.reached)


def arrow_head(message: MessageSent, rightwards: bool) -> str:
    """What the arrow of a message ends in."""
    if message.fate is Fate.DELIVERED:
        return "▶" if rightwards else "◀"
    return "?" if message.fate is Fate.UNKNOWN else "✕"


def numbered(lines: list[str], line: int) -> list[str]:
    """The rows of what a log says, behind its line number where it has one."""
    if not line:
        return lines
    front = f"{line}: "
    return [f"{' ' * len(front) if place else front}{text}" for place, text in enumerate(lines)]


def judgement(transcript: Transcript) -> str:
    """The verdict in one line: `DOWN  The pre-shared keys differ. (PSK_MISMATCH; phase 1 did not come up)`."""
    verdict = transcript.verdict
    return f"{verdict.outcome.value.upper()}  {clean(verdict.sentence)} ({finding(verdict)})"


def finding(verdict: Verdict) -> str:
    """`PSK_MISMATCH; phase 1 did not come up`: the code where there is one, and how far the run came."""
    return "; ".join(part for part in (clean(verdict.cause), reached(verdict)) if part)
