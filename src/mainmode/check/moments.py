"""What happens to the tunnels of a pair in the course of time: who renewed, what ended them, and by which timer."""

from collections.abc import Iterator, Mapping

from mainmode.base.address import ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop
from mainmode.base.instant import NO_TIME, SECOND, Instant, Span, between, seconds
from mainmode.base.provenance import Source
from mainmode.check.agreed import lifetime_of
from mainmode.check.hours import Moment, What
from mainmode.check.numbering import numbered
from mainmode.device.decision import BoxEffect
from mainmode.ike.effects import (
    AcquireFailed,
    Cause,
    Dropped,
    Failure,
    InstallSa,
    Phase1Down,
    Phase1Up,
    Phase2Failed,
    RemoveSa,
    Role,
    Send,
    Step,
)
from mainmode.ipsec.dataplane import SaPair
from mainmode.lab.facing import Pair
from mainmode.lab.observer import Observer
from mainmode.lab.trial import SIDES
from mainmode.ladder.transcript import Side

MOST_EVENTS = 4000
"""What is noted of one run; a lifetime of two minutes renews 36,000 times in 72 hours with ten entries."""

_CROSSING = seconds(30)
"""What comes up within this time of something that stands crossed it on the wire, and is no renewal."""

_ECHOES = (Cause.PEER_DELETED,)
"""What the other side caused, and told already."""


@dataclass(frozen=True, slots=True)
class _Event:
    """One thing that happened to one row, or to phase 1 (`row` 0)."""

    at: Instant
    what: What
    side: Side
    row: int
    text: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class _Why:
    """What a device last gave as a reason for letting something go."""

    at: Instant
    side: Side
    text: str
    sources: tuple[Source, ...]


class Watched(Observer):
    """Notes what becomes of the rows, whose proxies are given as side A sees them."""

    hears = frozenset({Phase1Up, Phase1Down, InstallSa, RemoveSa, Phase2Failed, AcquireFailed, Dropped, Send})

    def __init__(self, pair: Pair, rows: Mapping[ProxyPair, int], lifetimes: Mapping[Side, tuple[Source, ...]]) -> None:
        """`lifetimes` are the statements of phase 1's lifetime on each side."""
        self._pair, self._rows, self._lifetimes = pair, rows, lifetimes
        self._events: list[_Event] = []
        self._pairs: dict[Side, dict[int, tuple[SaPair, Instant]]] = {side: {} for side in Side}
        self._ikes: dict[Side, dict[bytes, Instant]] = {side: {} for side in Side}
        self._why: _Why | None = None
        self.left_out = 0
        self.first_reason = ""
        self.signs_of_life = self.nat_keepalives = 0
        self._down: dict[int, Instant] = {}
        self._gaps: dict[int, list[tuple[Instant, Instant]]] = {}
        self.counts: dict[tuple[What, Side], int] = {}

    def happened(self, name: str, effect: BoxEffect, now: Instant) -> None:
        """Keep what counts."""
        side = SIDES[name]
        match effect:
            case Phase1Up(exchange=exchange, role=role):
                self._phase1(side, exchange.cookie, role, now)
            case Phase1Down(exchange=exchange, failure=failure):
                self._ikes[side].pop(exchange.cookie, None)
                self._failed(side, failure, now)
            case InstallSa(pair=pair):
                self._installed(side, pair, now)
            case RemoveSa(inbound_spi=spi, failure=failure):
                self._removed(side, spi, failure, now)
            case Phase2Failed(failure=failure) | AcquireFailed(failure=failure):
                self._failed(side, failure, now)
            case Send(step=Step.KEEPALIVE, message=message):
                self.signs_of_life += message is not None
                self.nat_keepalives += message is None
            case Dropped(reason, _, detail, sources) if reason is not Drop.NO_TUNNEL:
                self._why = _Why(now, side, f"{reason.value}, {detail}" if detail else reason.value, sources)
            case _:
                pass

    def silent(self, side: Side, row: int, text: str, since: Instant, now: Instant) -> None:
        """A row carried nothing although its hosts asked from `since` on; a device may have said why meanwhile."""
        why = self._why
        if why is None or why.at < since:
            self._note(now, What.SILENT, side, row, text, ())
            return
        name = self._pair[why.side].settings.hostname.value
        self.first_reason = self.first_reason or f" ({name}: {why.text})"
        self._note(now, What.SILENT, side, row, f"{text} ({name}: {why.text})", why.sources)

    def _failed(self, side: Side, failure: Failure, now: Instant) -> None:
        if failure.cause not in _ECHOES:
            self._why = _Why(now, side, failure.detail or failure.cause.value, failure.sources)

    def _phase1(self, side: Side, cookie: bytes, role: Role, now: Instant) -> None:
        held = self._ikes[side]
        age = between(max(held.values()), now) if held else NO_TIME
        if age > _CROSSING and role is Role.INITIATOR:
            self._note(now, What.RENEWED_1, side, 0, f"{clock(age)} after it came up", self._lifetimes[side])
        held[cookie] = now

    def _row_of(self, side: Side, pair: SaPair) -> int:
        proxies = pair.proxies if side is Side.A else pair.proxies.mirrored()
        return self._rows.get(proxies, 0)

    def _installed(self, side: Side, pair: SaPair, now: Instant) -> None:
        row = self._row_of(side, pair)
        others = [at for one, at in self._pairs[side].values() if one.proxies == pair.proxies]
        self._pairs[side][pair.inbound_spi] = pair, now
        if side is Side.A and row in self._down:
            self._gaps.setdefault(row, []).append((self._down.pop(row), now))
        if pair.initiator and all(between(at, now) > _CROSSING for at in others):
            lifetime = "" if pair.lifetime_seconds is None else f"for {pair.lifetime_seconds} s"
            self._note(now, What.RENEWED_2 if others else What.UP, side, row, lifetime, self._lifetime(side, pair))

    def _lifetime(self, side: Side, pair: SaPair) -> tuple[Source, ...]:
        """The statement of the lifetime in seconds that an entry has for its SAs."""
        said = lifetime_of(self._pair[side], pair.map_name, pair.map_sequence)
        return (said.source,) if said is not None else ()

    def _removed(self, side: Side, spi: int, failure: Failure, now: Instant) -> None:
        pair, _ = self._pairs[side].pop(spi, (None, now))
        if pair is None or any(one.proxies == pair.proxies for one, _ in self._pairs[side].values()):
            return
        row = self._row_of(side, pair)
        if side is Side.A:
            self._down[row] = now
        if failure.cause in _ECHOES:
            return
        self._failed(side, failure, now)
        text, sources = failure.detail or failure.cause.value, failure.sources
        if failure.cause is Cause.LIFETIME:
            text, sources = f"{text}, and nothing renewed it", sources or self._lifetime(side, pair)
        self._note(now, What.ENDED, side, row, text, sources)

    def _note(self, at: Instant, what: What, side: Side, row: int, text: str, sources: tuple[Source, ...]) -> None:
        self.counts[what, side] = self.counts.get((what, side), 0) + 1
        if len(self._events) < MOST_EVENTS:
            self._events.append(_Event(at, what, side, row, text, sources))
        else:
            self.left_out += 1

    def endings(self, start: Instant) -> Iterator[tuple[Side, str, int, Span]]:
        """Who ended SAs and why, each reason once: how often, and when for the first time."""
        found: dict[tuple[Side, str], list[_Event]] = {}
        for event in self._events:
            if event.what is What.ENDED:
                found.setdefault((event.side, event.text), []).append(event)
        for (side, text), events in found.items():
            yield side, text, len(events), between(start, events[0].at)

    def gaps(self, row: int, end: Instant) -> list[tuple[Instant, Instant]]:
        """From when to when no SAs stood for a row, after it had been up."""
        still = [(self._down[row], end)] if row in self._down else []
        return [*self._gaps.get(row, ()), *still]

    def moments(self, start: Instant, several: bool) -> tuple[Moment, ...]:
        """All of it in order; what happened to several rows within one second stands once. `several` rows are named."""
        groups: dict[tuple[object, ...], list[_Event]] = {}
        for event in self._events:
            key = (event.at - start) // SECOND, event.what, event.side, event.text
            groups.setdefault(key, []).append(event)
        return tuple(_moment(events, start, several) for events in groups.values())


def _moment(events: list[_Event], start: Instant, several: bool) -> Moment:
    first = events[0]
    rows = {event.row for event in events if event.row}
    named = numbered(rows) if rows and several else ""
    sources = dict.fromkeys(source for event in events for source in event.sources)
    text = ", ".join(part for part in (named, first.text) if part)
    return Moment(between(start, first.at), first.what, first.side, text, tuple(sources))


def clock(span: Span) -> str:
    """`18:03:20`, or `1 d 03:00:00`."""
    days, rest = divmod(span // SECOND, 86_400)
    text = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days} d {text}" if days else text
