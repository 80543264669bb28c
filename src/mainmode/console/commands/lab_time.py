"""`lab time`, `lab history`: the lab's own time, made to pass, to run and to stand still; and what happened in it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from mainmode.base.errors import InputError
from mainmode.base.instant import SECOND, Instant, Span, between, seconds
from mainmode.console.commands.handling import Handler
from mainmode.console.lab.firewall import HELD
from mainmode.device.line.declaration import Asked, Command, Level, Surety, command
from mainmode.lab.lengths import length_text, read_span

if TYPE_CHECKING:
    from mainmode.console.lab.lab import Lab
    from mainmode.console.session import Session

LONGEST = seconds(366 * 86_400)
_PATIENCE = 2.0
"""Seconds of real time after which a jump says how far it is, and again after as many."""
_MOST_HAPPENINGS = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def lab_of(session: "Session") -> "Lab":
    """The lab that the session's device stands in. Raises InputError for a gateway."""
    lab = session.firewall.lab
    if lab is None:
        raise InputError("this device stands in no lab")
    return lab


def unhurried(lab: "Lab") -> None:
    """Raises InputError where time is held by somebody who steps."""
    if lab.clock.held:
        raise InputError(HELD)


async def _show_time(session: "Session", asked: Asked) -> str:
    return f"{_told(lab_of(session))}\n"


def _told(lab: "Lab") -> str:
    since = between(lab.stage.start, lab.stage.now)
    clock = lab.clock
    how = "it stands still: each line that is typed takes a second"
    if clock.held:
        how = "it is held: somebody steps through a negotiation"
    elif not clock.still:
        how = "it runs as fast as real time"
    begun = f"{length_text(since)} since the lab began" if since else "the lab begins"
    return f"{date_text(lab.stage.now)}, {begun}; {how}"


def date_text(now: Instant) -> str:
    """`2024-01-01 00:00:10 UTC`."""
    return f"{_EPOCH + timedelta(microseconds=now):%Y-%m-%d %H:%M:%S} UTC"


async def _set(session: "Session", asked: Asked) -> str:
    lab = lab_of(session)
    lab.clock.still = "still" in asked
    return f"{_told(lab)}\n"


async def _jump(session: "Session", asked: Asked) -> str:
    """Time passes; what happened meanwhile is told at the end."""
    lab = lab_of(session)
    unhurried(lab)
    span = read_span((asked.get("SPAN") or "").removeprefix("+"))
    if not 0 < span <= LONGEST:
        raise InputError("time jumps by 366d at most, and forward")
    start = lab.stage.now
    progress = _Progress(session, start, span)
    try:
        await lab.clock.advance(span, progress.told)
    except asyncio.CancelledError:
        session.screen.write(f"stopped after {length_text(between(start, lab.stage.now))}\n")
        raise
    return "".join(f"{row}\n" for row in (_told(lab), *_happened(lab, start, _MOST_HAPPENINGS)))


class _Progress:
    """Says how far a long jump is."""

    def __init__(self, session: "Session", start: Instant, span: Span) -> None:
        self._session, self._start, self._span = session, start, span
        self._next = monotonic() + _PATIENCE

    def told(self, now: Instant) -> None:
        """Called in between."""
        if monotonic() < self._next:
            return
        self._next = monotonic() + _PATIENCE
        passed = between(self._start, now)
        if passed >= SECOND:
            share = 100 * passed // self._span
            text = f"{length_text(passed)} of {length_text(self._span)} passed ({share} %); Ctrl-C stops it\n"
            self._session.screen.write(text)


def _happened(lab: "Lab", since: Instant, most: int) -> Iterator[str]:
    """The last happenings from a time on, each with its date."""
    rows = [(at, text) for at, text in lab.stage.chronicle.happenings if at >= since]
    if len(rows) > most:
        yield f"  … {len(rows) - most} more before these; lab history shows more"
    for at, text in rows[-most:]:
        yield f"  {date_text(at)[:-4]}  {text}"


async def _history(session: "Session", asked: Asked) -> str:
    lab = lab_of(session)
    rows = list(_happened(lab, lab.stage.start, 500))
    return "".join(f"{row}\n" for row in rows) if rows else "nothing happened to any tunnel so far\n"


_WORDS = {
    "lab": "What only a lab can do",
    "lab time": "The lab's time: show it, or let it pass",
    "SPAN": "Let so much time pass at once: 90s, +1h, 30d",
    "real": "Time runs as fast as real time",
    "still": "Time stands still, and each line takes a second",
    "history": "What happened to the lab's tunnels",
}
_NOTE = "No command of the device: a lab has it, a gateway has not."

LAB_TIME: tuple[Command[Handler], ...] = (
    command("lab time", _show_time, "The lab's time, and how it passes.", Surety.OURS, _NOTE, words=_WORDS,
            level=Level.USER),
    command("lab time SPAN", _jump, "Time passes as fast as it can; what happened to tunnels is told. Ctrl-C stops it.",
            Surety.OURS, _NOTE, words=_WORDS, level=Level.USER),
    command("lab time {real|still}", _set, "Time runs as the real one does, or stands but for what commands need.",
            Surety.OURS, _NOTE, words=_WORDS, level=Level.USER),
    command("lab history", _history, "When tunnels came up, were renewed, failed and ended, on all devices.",
            Surety.OURS, _NOTE, words=_WORDS, filters=True, level=Level.USER),
)  # fmt: skip
"""The commands."""
