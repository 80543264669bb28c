"""A pair over hours of virtual time: light traffic, all timers running, and whether whoever asks is answered.

The traffic is that of an office: a request now and then while people work, none at lunch, none at night. So tunnels
are renewed under traffic, end by their idle timeouts, are watched by dead peer detection in between, and are asked for
anew. Whoever gets no reply repeats, as people and TCP do; only who then gets none either is let down.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from mainmode.base.address import ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.base.instant import NO_TIME, SECOND, Instant, Span, between, later, seconds
from mainmode.base.provenance import Source
from mainmode.check.agreed import matching
from mainmode.check.hours import Hours, What
from mainmode.check.living import Living
from mainmode.check.matrix import Came, Matrix, Row
from mainmode.check.moments import Watched, clock
from mainmode.check.numbering import numbered
from mainmode.check.subject import Subject
from mainmode.lab.clock import START, Bounds, RunawayError
from mainmode.lab.inside import Flow
from mainmode.lab.traffic import Traffic
from mainmode.ladder.transcript import Side

Progress = Callable[[Span, Span], None]
"""Called with the virtual time since the start, and the whole of it, every so many events."""

MOST_HOURS = 24 * 366
MOST_ROWS = 8
"""Rows that are tried over time: each has SAs of its own, and timers."""

PATIENCE = seconds(10)
"""How long somebody repeats a request before giving up: a negotiation without losses takes less than one second."""

GIVING_UP = seconds(70)
"""So much longer for each peer of a list that is not there: a device tries one for 65 s before it goes on."""

HOUR = 3600 * SECOND
_DAY = 24 * HOUR
_WORK = ((0, 4), (5, 9))
"""Hours of the day in which requests are sent."""
_EVERY = seconds(300)
_REPEAT = seconds(1)
_EVENTS_PER_HOUR = 100_000
_EVENTS_BETWEEN = 2_000
_MOST_REASONS = 3


@dataclass(slots=True)
class _Sender:
    """A host of one row that asks the other side's, for as long as it has `patience`.

    `let_down`: a request and its repetitions had no reply.
    """

    row: int
    side: Side
    flow: Flow
    patience: Span
    offset: Span = NO_TIME
    """How far behind the full five minutes it sends, so that not all begin at once."""
    let_down: int = 0


def hours_of(subject: Subject, matrix: Matrix, hours: int, progress: Progress | None = None) -> Hours:
    """So many hours, from 1 to MOST_HOURS, of the rows that the matrix found to carry traffic."""
    return _Course(subject, matrix, min(max(hours, 1), MOST_HOURS), progress).told()


class _Course:
    """The run while it lasts."""

    def __init__(self, subject: Subject, matrix: Matrix, hours: int, progress: Progress | None) -> None:
        self._subject, self._matrix, self._hours, self._progress = subject, matrix, hours, progress
        self._end = Span(hours * HOUR)
        carried = {cell.row for cell in matrix.cells if cell.came.carries}
        self._rows = [row for row in matrix.rows if row.number in carried]
        self._more = len(self._rows) - MOST_ROWS
        self._tried = self._rows[:MOST_ROWS]
        self._watched = Watched(
            subject.pair, _standing(matrix), {side: tuple(_lifetimes(subject, matrix, side)) for side in Side}
        )
        bounds = Bounds(hours * _EVENTS_PER_HOUR, Span(self._end + HOUR))
        self._living = Living(subject, bounds, (self._watched,))
        self._agenda = self._living.agenda
        self._senders = [sender for row in self._tried for sender in self._senders_of(row, matrix)]
        self._events = 0
        self._slowest = NO_TIME
        self._first_let_down = ""

    def _senders_of(self, row: Row, matrix: Matrix) -> Iterator[_Sender]:
        """A host on each side that can begin the row."""
        for side in Side:
            cell = matrix.of(row.number, side)
            if cell.came.carries and cell.sent is not None:
                patience = Span(PATIENCE + _absent(self._subject, cell.sent) * GIVING_UP)
                yield _Sender(row.number, side, self._living.flow(cell.sent), patience)

    # --- the traffic ---------------------------------------------------------------------------------------------

    def told(self) -> Hours:
        """Run it, and put together what came of it."""
        ended_by = ""
        for place, sender in enumerate(self._senders):
            sender.offset = Span(place * _EVERY // len(self._senders))
            self._agenda.put(later(START, sender.offset), partial(self._ask, sender, NO_TIME))
        try:
            if self._senders:
                self._living.world.drive(self._watching, later(START, self._end))
        except RunawayError as error:
            ended_by = str(error)
        return self._hours_of(ended_by)

    def _watching(self) -> bool:
        self._events += 1
        if self._progress is not None and self._events % _EVENTS_BETWEEN == 0:
            self._progress(between(START, self._agenda.now), self._end)
        return False

    def _ask(self, sender: _Sender, at: Span) -> None:
        """The request of the five minutes that begin at `at`, and the next one when its time comes."""
        self._send(sender, sender.flow.answered, self._agenda.now)
        after = _next(Span(at + _EVERY))
        if after < self._end:
            self._agenda.put(later(START, Span(after + sender.offset)), partial(self._ask, sender, after))

    def _send(self, sender: _Sender, answered: int, since: Instant) -> None:
        """Ask, and ask again until a reply comes or patience ends."""
        now = self._agenda.now
        waited = between(since, now)
        if sender.flow.answered > answered:
            self._slowest = max(self._slowest, waited)
            return
        if waited >= sender.patience:
            sender.let_down += 1
            name = self._subject.names[sender.side]
            text = f"a host behind {name} asks for {sender.patience // SECOND} s and has no reply"
            if not self._first_let_down:
                self._first_let_down = f"after {clock(between(START, since))}, {text}"
            self._watched.silent(sender.side, sender.row, text, since, now)
            return
        self._agenda.put(later(now, _REPEAT), partial(self._send, sender, answered, since))
        self._living.ask(sender.flow)

    # --- what is told --------------------------------------------------------------------------------------------

    def _hours_of(self, ended_by: str) -> Hours:
        moments = self._watched.moments(START, len(self._tried) > 1)
        let_down = sum(sender.let_down for sender in self._senders)
        sent = sum(sender.flow.sent for sender in self._senders)
        answered = sum(sender.flow.answered for sender in self._senders)
        sentence = self._sentence(let_down, ended_by)
        return Hours(self._hours, self._pattern(), START, moments, sent, answered, let_down > 0, sentence)

    def _pattern(self) -> str:
        if not self._senders:
            return "no traffic: nothing came up"
        sides = {sender.side for sender in self._senders}
        by = "either side" if len(sides) == len(Side) else self._subject.names[sides.pop()]
        what = numbered(row.number for row in self._tried)
        more = f" ({self._more} more were not tried)" if self._more > 0 else ""
        work = " and ".join(f"{first} to {last}" for first, last in _WORK)
        return (
            f"{what}{more}: a request every {_EVERY // SECOND // 60} minutes from {by}, in hours {work} of each day, "
            "and again each second until a reply comes, for "
            f"{max(sender.patience for sender in self._senders) // SECOND} s at most; no traffic at other times"
        )

    def _sentence(self, let_down: int, ended_by: str) -> str:
        if not self._senders:
            return "Nothing came up, so nothing was run over time."
        if let_down:
            times = "once" if let_down == 1 else f"{let_down} times"
            parts = [f"It drops: {times} somebody had no reply; {self._first_let_down}{self._watched.first_reason}."]
        else:
            hours = "1 hour" if self._hours == 1 else f"{self._hours} hours"
            slowest = -(-self._slowest // SECOND)
            parts = [f"It holds for {hours}: whoever asked was answered within {slowest} s."]
        parts += [text for what in (What.RENEWED_1, What.RENEWED_2) if (text := self._renewed(what))]
        parts += self._ends()
        parts += self._cut_off()
        parts.append(self._watch_kept())
        if self._watched.left_out:
            parts.append(f"{self._watched.left_out} moments more are not listed.")
        if ended_by:
            parts.append(f"The run ended early: {ended_by}.")
        return " ".join(parts)

    def _renewed(self, what: What) -> str:
        """`Phase 2 is renewed 8 times by hub.`"""
        names = self._subject.names
        told = [
            f"{count} {'time' if count == 1 else 'times'} by {names[side]}"
            for side in Side
            if (count := self._watched.counts.get((what, side), 0))
        ]
        return f"{what.value[0].upper()}{what.value[1:]} {' and '.join(told)}." if told else ""

    def _ends(self) -> Iterator[str]:
        """Why tunnels ended, each reason once."""
        for side, text, count, first in islice(self._watched.endings(START), _MOST_REASONS):
            times = "" if count == 1 else ", and once more" if count == 2 else f", and {count - 1} times more"
            yield f"{self._subject.names[side]} ends SAs after {clock(first)}{times}: {text}."

    def _watch_kept(self) -> str:
        """What the timers that nobody sees did."""
        signs, kept = self._watched.signs_of_life, self._watched.nat_keepalives
        watched = f"sent {signs} questions and answers" if signs else "sent nothing"
        hidden = self._living.hidden
        if hidden is None:
            return f"Dead peer detection {watched}; no NAT stands between the two."
        name = self._subject.names[hidden]
        nat = f"{kept} NAT keepalives went out to the NAT in front of {name}, whose outside address is a private one"
        return f"Dead peer detection {watched}; {nat}."

    def _cut_off(self) -> Iterator[str]:
        """What it means for a side that does not begin, as configured, that its SAs end."""
        end = later(START, self._end)
        for side in Side:
            waiting = [row.number for row in self._tried if self._matrix.of(row.number, side).came is Came.NOT_BEGUN]
            gaps = [self._watched.gaps(row, end) for row in waiting]
            longest = max(gaps, key=_total, default=[])
            if longest:
                name = self._subject.names[side]
                yield (
                    f"{name} does not begin, as configured: while no SAs stand, nobody behind it reaches the other "
                    f"side; that is so for {clock(_total(longest))} in all, first after "
                    f"{clock(between(START, longest[0][0]))}."
                )


def _total(gaps: list[tuple[Instant, Instant]]) -> Span:
    return Span(sum(between(since, until) for since, until in gaps))


def _standing(matrix: Matrix) -> dict[ProxyPair, int]:
    """The proxies of the SAs of each row, as side A has them, in either direction."""
    found = {row.proxies: row.number for row in matrix.rows}
    for cell in matrix.cells:
        if cell.agreed is not None:
            found.setdefault(cell.agreed.sides[Side.A].proxies, cell.row)
    return found


def _absent(subject: Subject, traffic: Traffic) -> int:
    """How many peers of the entry are not the other device, which a negotiation has to give up first."""
    peers = traffic.entry.peers.value if traffic.entry is not None and traffic.entry.peers is not None else ()
    there = {one.ends[traffic.side.other].address for one in subject.facing}
    return sum(peer not in there for peer in peers)


def _lifetimes(subject: Subject, matrix: Matrix, side: Side) -> Iterator[Source]:
    """The lifetime of the policy that a side agreed on."""
    for cell in matrix.cells:
        policy = matching(subject.pair[side], cell.agreed) if cell.agreed is not None else None
        if policy is not None:
            yield policy.lifetime.source
            return


def _next(at: Span) -> Span:
    """The first time from `at` on at which people work."""
    day, rest = divmod(at, _DAY)
    for first, last in _WORK:
        if rest < first * HOUR:
            return Span(day * _DAY + first * HOUR)
        if rest < last * HOUR:
            return at
    return Span((day + 1) * _DAY + _WORK[0][0] * HOUR)
