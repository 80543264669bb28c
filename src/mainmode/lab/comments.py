"""The capture of a run: each packet as it was sent, with the debug lines of both ends beside it."""

from collections.abc import Iterable, Iterator, Mapping

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.capture.pcapng import Captured
from mainmode.capture.repetitions import Repetitions
from mainmode.lab.cloud import Passage
from mainmode.lab.facing import Facing
from mainmode.ladder.transcript import Event, LineSaid, MessageArrived, MessageSent, Side, Transcript

_TRIGGER = "trigger"

Seen = tuple[Side, int]
"""A message as one side's interface saw it: side and message number."""


@dataclass(frozen=True, slots=True)
class _Point:
    """Where in the events a side sent or received a message."""

    place: int
    at: Instant
    sent: bool
    number: int
    name: str


def captured(
    tap: Iterable[Passage],
    sides: Mapping[str, Side],
    facing: tuple[Facing, ...],
    transcript: Transcript,
    messages: Mapping[int, int],
) -> tuple[tuple[str, ...], tuple[Captured, ...]]:
    """The names of the capture's interfaces and its packets, each once, where and when it was sent.

    `sides`: which device of the world is which; `messages` gives the message number of a passage. Beside a message
    stand the lines of its sender, then those of its receiver, each behind the hostname; and what became of it, where
    it was not delivered.

    No packet stands there twice, once for each end; and of an encrypted message that is sent again only the headers are
    kept (see `capture.repetitions`).
    """
    names = _names(transcript)
    beside = comments(transcript.events)
    interfaces = list(dict.fromkeys((side, one.ends[side].interface) for side in Side for one in facing))
    repetitions = Repetitions()
    packets = []
    for place, passage in enumerate(tap, 1):
        number, sender = messages.get(passage.number, 0), sides[passage.name]
        notes = [f"{names[side]}: {line}" for side in (sender, sender.other) for line in beside.get((side, number), ())]
        if passage.detail:
            notes.append(f"{passage.fate.value}: {passage.detail}")
        kept = None
        repetition = repetitions.of(passage.packet, place)
        if repetition is not None:
            notes.append(repetition.note)
            kept = repetition.kept
        own = (sender, passage.interface or facing[0].ends[sender].interface)
        packets.append(Captured(interfaces.index(own), passage.at, passage.packet, tuple(notes), kept))
    return tuple(f"{names[side]} {interface}" for side, interface in interfaces), tuple(packets)


def _names(transcript: Transcript) -> dict[Side, str]:
    """The hostnames, told apart where they are alike."""
    names = {device.side: device.hostname for device in transcript.devices}
    if len(set(names.values())) < len(names):
        return {side: f"{name} ({side.value})" for side, name in names.items()}
    return names


def comments(events: tuple[Event, ...]) -> dict[Seen, tuple[str, ...]]:
    """Which lines stand beside which message on which side, in the order in which they were said.

    A line belongs to the message that its side sends in the same turn, if it is about that one; else to the last
    message of its step that this side saw; else to whatever this side saw last, or sees next.
    """
    points = {side: list(_points(side, events)) for side in Side}
    found: dict[Seen, list[str]] = {}
    for place, event in enumerate(events):
        if isinstance(event, LineSaid):
            point = _point_of(event, place, points[event.side])
            if point is not None:
                found.setdefault((event.side, point.number), []).append(event.text)
    return {seen: tuple(lines) for seen, lines in found.items()}


def _points(side: Side, events: tuple[Event, ...]) -> Iterator[_Point]:
    names: dict[int, str] = {}
    for place, event in enumerate(events):
        if isinstance(event, MessageSent):
            names[event.number] = event.name
            if event.side is side:
                yield _Point(place, event.at, True, event.number, event.name)
        elif isinstance(event, MessageArrived) and event.side is side:
            yield _Point(place, event.at, False, event.number, names.get(event.number, ""))


def _point_of(line: LineSaid, place: int, points: list[_Point]) -> _Point | None:
    following = [point for point in points if point.place > place]
    for point in following:
        if point.at != line.at:
            break
        if point.sent and line.step in (point.name, _TRIGGER):
            return point
    seen = [point for point in points if point.place < place]
    for point in reversed(seen):
        if point.name == line.step:
            return point
    if seen:
        return seen[-1]
    return following[0] if following else None
