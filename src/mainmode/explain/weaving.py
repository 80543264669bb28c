"""The tracks of one log or of two woven into the one order of a ladder: what was sent before it was received."""

from collections.abc import Callable
from dataclasses import replace

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant, Span
from mainmode.base.provenance import Source
from mainmode.catalogue.facts import Notify
from mainmode.explain.tracks import Hearing, Item, Left, Sending, Spoken
from mainmode.explain.wires import Wire, encrypted
from mainmode.ladder.transcript import Event, LineSaid, MessageArrived, MessageSent, Remark, Side

Sources = Callable[[Side, str], tuple[Source, ...]]


@dataclass(frozen=True, slots=True)
class Thread:
    """One side: its items in the order of its log, and what its clock is ahead of the ladder's, None without one."""

    side: Side
    items: list[Item]
    ahead: Span | None
    endpoints: tuple[str, str]
    """The addresses of this side and of the other, as it prints them."""
    unprotected: dict[int, tuple[Notify, ...]]
    """Notifies by the line that tells them."""


class Weaving:
    """Makes events, in one order."""

    def __init__(self, threads: tuple[Thread, ...], sources: Sources, clock: bool) -> None:
        self._threads = threads
        self._sources = sources
        self._clock = clock
        self._now = Instant(0)
        if clock:
            stamped = (self._at(thread, item) for thread in threads for item in thread.items)
            self._now = min((at for at in stamped if at is not None), default=self._now)
        self._sent: set[int] = set()
        self._places: dict[int, int] = {}
        self._told: set[tuple[Side, int, str]] = set()
        self._ends = {item.wire.number for thread in threads for item in thread.items if isinstance(item, Sending)}
        self.events: list[Event] = []

    def woven(self) -> tuple[Event, ...]:
        """All events."""
        places = [0] * len(self._threads)
        current = 0
        while True:
            ready = [
                number
                for number, thread in enumerate(self._threads)
                if places[number] < len(thread.items) and self._may(thread.items[places[number]])
            ]
            waiting = [number for number, thread in enumerate(self._threads) if places[number] < len(thread.items)]
            if not waiting:
                return tuple(self.events)
            current = self._choice(ready or waiting, places, current)
            thread = self._threads[current]
            self._put(thread, thread.items[places[current]])
            places[current] += 1

    def _may(self, item: Item) -> bool:
        """Whether an item's turn may be: a message must be sent before it is heard."""
        return not isinstance(item, Hearing) or item.wire.number in self._sent or item.wire.number not in self._ends

    def _choice(self, ready: list[int], places: list[int], current: int) -> int:
        """The earliest; of equal ones the side that is speaking."""

        def rank(number: int) -> tuple[int, bool, int]:
            thread = self._threads[number]
            at = self._at(thread, thread.items[places[number]])
            return (at if at is not None else self._now), number != current, number

        return min(ready, key=rank)

    def _at(self, thread: Thread, item: Item) -> Instant | None:
        at = item.record.reading.at
        return None if at is None or thread.ahead is None or not self._clock else Instant(at - thread.ahead)

    def _put(self, thread: Thread, item: Item) -> None:
        at = self._at(thread, item)
        self._now = Instant(self._now + 1) if not self._clock else max(self._now, at) if at else self._now
        match item:
            case Spoken():
                self._say(thread, item)
            case Left(text):
                self.events.append(Remark(self._now, thread.side, text))
            case Sending(wire):
                if wire.number not in self._sent:
                    self._send(thread, wire)
            case Hearing(wire):
                if wire.number not in self._sent:
                    self._send(thread, wire)
                self._arrive(thread, wire)

    def _say(self, thread: Thread, item: Spoken) -> None:
        key = (thread.side, item.about, item.step)
        sources = () if key in self._told else self._sources(thread.side, item.step)
        self._told.add(key)
        reading = item.record.reading
        self.events.append(
            LineSaid(
                thread.side,
                self._now,
                item.record.text,
                reading.entry,
                item.step,
                sources,
                line=item.record.first,
                about=item.about,
                gave_up=item.gave_up,
            )
        )

    def _arrive(self, thread: Thread, wire: Wire) -> None:
        place = self._places[wire.number]
        sent = self.events[place]
        if isinstance(sent, MessageSent) and sent.arrives_at is None:
            self.events[place] = replace(sent, arrives_at=self._now)
        self.events.append(MessageArrived(wire.number, thread.side, self._now))

    def _send(self, thread: Thread, wire: Wire) -> None:
        """The message goes out: by its sender's log, or in the moment in which it is heard."""
        told = wire.told
        known = wire.received or told
        own, peer = thread.endpoints
        source, destination = (own, peer) if wire.side is thread.side else (peer, own)
        notifies = thread.unprotected.get(told.record.first, ())
        self._sent.add(wire.number)
        self._places[wire.number] = len(self.events)
        self.events.append(
            MessageSent(
                wire.number,
                wire.side,
                self._now,
                wire.name or "message",
                told.length if told.length is not None else known.length,
                None,
                encrypted(told, notifies),
                source,
                destination,
                told.record.reading.tag.cookie,
                told.message_id or known.message_id or 0,
                told.payloads or known.payloads,
                (),
                wire.fate,
                wire.detail,
                None,
                told.again,
            )
        )
