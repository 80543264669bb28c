"""A transcript's events in the steps of a ladder: each message with what both sides say about it.

Within a section, what one side said stands in the order in which it was said; only what it said on a message that
crossed one of its own stands with the message that it is about. Sections exist where the transcript
holds more than one main mode: each has its own, with its quick modes and with what the run remarked meanwhile.
"""

from dataclasses import field
from enum import Enum

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.base.provenance import Absent, Default, Source, Statement
from mainmode.ladder.exchanges import (
    AGGRESSIVE_MODE,
    CLOSING,
    MAIN_MODE,
    QUICK_MODE,
    Belonging,
    Key,
    belongings,
    key_of,
    messages,
    several,
)
from mainmode.ladder.spelling import clean, device_of
from mainmode.ladder.transcript import Event, LineSaid, MessageArrived, MessageSent, Remark, Side, Transcript

NEGOTIATION = MAIN_MODE | AGGRESSIVE_MODE | QUICK_MODE | {"INFO"}
"""Names of steps that make a negotiation; the others stand for themselves."""

Said = LineSaid | Remark


class Ending(Enum):
    """How a negotiation ends in a step that has no message; the value is its heading."""

    GAVE_UP = "gave up waiting for {}"
    UNSENT = "{} not sent"


@dataclass(frozen=True, slots=True)
class LadderStep:
    """One rung. `index` counts from 1 over the whole ladder; `before` the message was sent, `after` it was.

    A step without a message has all it holds in `before`; it is `continued` where it adds to an earlier step's message.
    `again` counts the repetitions of the same message, `first` is what they repeat; `answered` says that the receiver
    repeated one of its own in the instant in which the repetition came. With an `ending` the negotiation
    failed here: without the message of this name, or while waiting for it.
    """

    index: int
    name: str
    message: MessageSent | None
    before: tuple[Said, ...]
    after: tuple[Said, ...]
    again: int = 0
    first: MessageSent | None = None
    continued: bool = False
    ending: Ending | None = None
    answered: bool = False

    @property
    def said(self) -> tuple[Said, ...]:
        """Lines and remarks in order."""
        return self.before + self.after

    @property
    def at(self) -> Instant:
        """When the message was sent; without one, when the first thing was said."""
        return self.message.at if self.message else self.said[0].at

    @property
    def title(self) -> str:
        """`MM1`, `MM1 retransmission 2`, `MM2 continued`, `gave up waiting for MM6`, `data`."""
        if self.ending is not None:
            return self.ending.value.format(clean(self.name))
        if self.message is not None and self.message.retransmission:
            return f"{clean(self.name)} retransmission {self.again or ''}".rstrip()
        return f"{clean(self.name)} continued" if self.continued else clean(self.name)


@dataclass(frozen=True, slots=True)
class Section:
    """Steps under one heading; the heading is empty where the transcript holds one tunnel only."""

    title: str
    steps: tuple[LadderStep, ...]


@dataclass(slots=True)
class _Draft:
    """A step while it is filled; `position` is (section, place in it)."""

    key: Key
    position: tuple[int, int]
    before: list[Said] = field(default_factory=list)
    after: list[Said] = field(default_factory=list)
    message: MessageSent | None = None

    def add(self, said: Said) -> None:
        (self.before if self.message is None else self.after).append(said)


_NOWHERE = Key("", 0, "")


class _Grouping:
    """Puts one event after another into its step.

    For each side, and under None for both together: the steps that are open by key, and what was done last and when.
    `_reached` is the last step of a section in which a side spoke, `_hearing` the step of the message that reached it
    since it sent one, and when.
    """

    def __init__(self, apart: bool) -> None:
        self.apart = apart
        self.sections: list[list[_Draft]] = []
        self.headings: list[str] = []
        self._section_of: dict[str, int] = {}
        self._open: dict[tuple[Key, Side | None], _Draft] = {}
        self._reached: dict[tuple[int, Side | None], int] = {}
        self._numbered: dict[int, _Draft] = {}
        self._busy: dict[Side | None, tuple[Instant, _Draft]] = {}
        self._hearing: dict[Side | None, tuple[Instant, _Draft]] = {}

    def sent(self, message: MessageSent) -> None:
        """A message begins a step, or completes the one that its sender's lines began."""
        key = key_of(message)
        draft = self._numbered.get(message.number) or self._open.get((key, message.side))
        if draft is None or draft.message is not None:
            draft = self._begin(key)
        draft.message = message
        self._numbered[message.number] = draft
        self._hearing.pop(message.side, None)
        self._touch(draft, message.side, message.at)

    def arrived(self, arrival: MessageArrived) -> None:
        """From now on, what this side says about the step concerns the message that arrived."""
        draft = self._numbered.get(arrival.number)
        if draft is not None:
            self._open[draft.key, arrival.side] = draft
            self._busy[arrival.side] = self._busy[None] = self._hearing[arrival.side] = arrival.at, draft

    def said(self, said: Said, belonging: Belonging) -> None:
        """A line or a remark goes to its step, or to what its side is doing in that instant."""
        draft = self._fitting(said, belonging)
        draft.add(said)
        self._touch(draft, said.side, said.at)

    def _fitting(self, said: Said, belonging: Belonging) -> _Draft:
        if belonging.announces is not None and belonging.key is not None:
            announced = self._numbered.get(belonging.announces) or self._unsent(belonging.key, said)
            self._numbered[belonging.announces] = announced
            return self._in_order(announced, said)
        at, busy = self._busy.get(said.side, (None, None))
        if busy is not None and not belonging.firm and at == said.at:
            return self._in_order(busy, said)
        if belonging.key is None:
            standing = self._busy.get(None)
            return self._in_order(standing[1] if standing else self._begin(_NOWHERE), said)
        held = (self._open.get((belonging.key, side)) for side in (said.side, Side.A, Side.B))
        opened = next((draft for draft in held if draft is not None), None)
        return self._in_order(opened or self._begin(belonging.key), said)

    def _unsent(self, key: Key, said: Said) -> _Draft:
        """The step that waits for its message and where this side still may speak, or a new one."""
        draft = self._open.get((key, said.side))
        if draft is None or draft.message is not None:
            return self._begin(key)
        fitting = self._in_order(draft, said)
        return fitting if fitting.key == key and fitting.message is None else self._begin(key)

    def _in_order(self, draft: _Draft, said: Said) -> _Draft:
        """The draft, or a later one where this side said something already that must stay before.

        What a side says on a message in the instant in which it came, before it sends one, stands with it. Any other
        word on an earlier message of a negotiation belongs to the message that the side has reached.
        """
        section, place = draft.position
        furthest = self.sections[section][self._reached.get((section, said.side), place)]
        if furthest.position <= draft.position or self._hearing.get(said.side) == (said.at, draft):
            return draft
        within = {draft.key.name, furthest.key.name} <= NEGOTIATION
        ended = draft.key.gave_up or furthest.key.gave_up
        return furthest if within and not ended else self._begin(draft.key)

    def _touch(self, draft: _Draft, side: Side | None, at: Instant) -> None:
        section, place = draft.position
        self._open[draft.key, side] = draft
        self._busy[side] = self._busy[None] = at, draft
        self._reached[section, side] = max(place, self._reached.get((section, side), 0))

    def _begin(self, key: Key) -> _Draft:
        section = self._section(key)
        draft = _Draft(key, (section, len(self.sections[section])))
        self.sections[section].append(draft)
        return draft

    def _section(self, key: Key) -> int:
        """One for each main mode, with its quick modes; what names no negotiation stands with what came last."""
        if self.apart and key.cookie:
            return self._named(key.cookie, f"Negotiation, initiator cookie {key.cookie}")
        standing = self._busy.get(None)
        return standing[1].position[0] if standing else self._named("", "")

    def _named(self, name: str, title: str) -> int:
        if name not in self._section_of:
            self._section_of[name] = len(self.sections)
            self.sections.append([])
            self.headings.append(title)
        return self._section_of[name]


def sections(transcript: Transcript) -> tuple[Section, ...]:
    """The ladder of a transcript. Every message, line and remark of it stands in exactly one step."""
    found = belongings(transcript.events)
    grouping = _Grouping(several(found))
    for event, belonging in zip(transcript.events, found, strict=True):
        if isinstance(event, MessageArrived):
            grouping.arrived(event)
        elif isinstance(event, MessageSent):
            grouping.sent(event)
        else:
            grouping.said(event, belonging)
    rungs = _Rungs(transcript.events)
    return tuple(
        Section(title or ("Before any negotiation" if grouping.apart else ""), tuple(map(rungs.rung, drafts)))
        for title, drafts in zip(grouping.headings, grouping.sections, strict=True)
    )


class _Rungs:
    """Makes steps of drafts, in the order of the ladder; knows what was sent before."""

    def __init__(self, events: tuple[Event, ...]) -> None:
        self.count = 0
        self.sent: dict[tuple[Key, Side], list[MessageSent]] = {}
        self.repeated = {(one.side, one.at) for one in messages(events) if one.retransmission}

    def rung(self, draft: _Draft) -> LadderStep:
        """The next step."""
        self.count += 1
        name = draft.key.name or "run"
        before, after, message = tuple(draft.before), tuple(draft.after), draft.message
        if message is None:
            continued = any((draft.key, side) in self.sent for side in Side)
            return LadderStep(self.count, name, None, before, after, 0, None, continued, _ending(draft, continued))
        earlier = self.sent.setdefault((draft.key, message.side), [])
        earlier.append(message)
        answered = message.retransmission and (message.side.other, message.arrives_at) in self.repeated
        return LadderStep(self.count, name, message, before, after, len(earlier) - 1, earlier[0], answered=answered)


def _ending(draft: _Draft, continued: bool) -> Ending | None:
    """How the negotiation ends in a step without a message, None where it does not end there."""
    if draft.key.gave_up:
        return Ending.GAVE_UP
    failed = any(isinstance(said, LineSaid) and said.entry in CLOSING for said in draft.before)
    negotiated = draft.key.name in MAIN_MODE | AGGRESSIVE_MODE | QUICK_MODE
    return Ending.UNSENT if failed and negotiated and not continued else None


def steps(transcript: Transcript) -> tuple[LadderStep, ...]:
    """All steps of all sections, in the order of the ladder."""
    return tuple(step for section in sections(transcript) for step in section.steps)


def related(transcript: Transcript, step: LadderStep, side: Side) -> tuple[Source, ...]:
    """The configuration that one side's part of a step rests on: each place once, in file order.

    What the run itself remarks counts for the device whose file it names; but what it remarks of a message's sender is
    about the packet that asked for the message, and does not count.
    """
    device = device_of(transcript, side)
    found: dict[Source, None] = {}
    for said in step.said:
        if isinstance(said, Remark) and step.message is not None and said.side is step.message.side:
            continue
        for source in said.sources:
            if said.side is side or (said.side is None and device is not None and source.file == device.file):
                found[source] = None
    return tuple(sorted(found, key=_file_order))


def _file_order(source: Source) -> tuple[int, str, int, str]:
    match source:
        case Statement(file=file, line=line, text=text):
            return 0, file, line, text
        case Default(file=file, command=text):
            return 1, file, 0, text
        case Absent(file=file, command=text):
            return 2, file, 0, text


def config_line(transcript: Transcript, source: Source, side: Side) -> tuple[Side, int] | None:
    """Where a statement stands in the configurations: side and line, None where it does not."""
    if not isinstance(source, Statement):
        return None
    for candidate in (side, side.other):
        device = device_of(transcript, candidate)
        if device and device.file == source.file and 1 <= source.line <= len(device.config):
            return candidate, source.line
    return None
