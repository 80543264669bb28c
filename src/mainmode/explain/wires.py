"""Each message of a ladder once: who sent it, which passage of which log tells of it, and what became of it."""

from collections.abc import Iterable, Iterator

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.facts import Notify, Role, Way
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.pairing import Link, Pairing
from mainmode.explain.passages import CLEAR, QUICK, Passage, passages
from mainmode.explain.record import Noted
from mainmode.ladder.transcript import Fate, Side

ANSWERS = {
    "MM1": ("MM2",),
    "MM2": ("MM3",),
    "MM3": ("MM4",),
    "MM4": ("MM5",),
    "MM5": ("MM6",),
    "MM6": ("QM1", "QM2", "QM3"),
    "AM1": ("AM2",),
    "AM2": ("AM3",),
    "AM3": ("QM1", "QM2"),
    "QM1": ("QM2",),
    "QM2": ("QM3",),
    "DPD": ("DPD",),
}
"""What shows that a message came: the answer to it, or what nobody sends without it."""
NOT_THERE = "lost: the other log does not have it"
UNTOLD = "unknown whether it arrived: no answer is in this log"
SIDES = (Side.A, Side.B)


@dataclass(slots=True)
class Wire:
    """A message with its number in the ladder. `sent` and `received` are None where that log does not tell."""

    number: int
    side: Side
    name: str
    sent: Passage | None
    received: Passage | None
    fate: Fate
    detail: str = ""

    @property
    def told(self) -> Passage:
        """The passage that tells of it, the sender's first."""
        known = self.sent or self.received
        if known is None:
            raise ValueError("a wire without a passage")
        return known


Place = tuple[int, int]
"""Log and line: where a passage is told first."""


def place_of(noted: Noted) -> Place:
    """Log and line of a fact."""
    return noted.record.log, noted.record.first


def side_of(negotiation: Negotiation) -> Side:
    """The column of a log's writer: the first log's is A."""
    return SIDES[min(negotiation.log, 1)]


class Wires:
    """All messages of one negotiation, or of two that are one exchange."""

    def __init__(self, told: tuple[Negotiation, ...], pairing: Pairing | None) -> None:
        self.all: list[Wire] = []
        self.sent: dict[Place, Wire] = {}
        self.heard: dict[Place, list[Wire]] = {}
        self._passages = {one.log: passages(one) for one in told}
        if pairing is not None and len(told) > 1:
            by_place = {(place_of(one.first), one.way): one for several in self._passages.values() for one in several}
            for link in pairing.links:
                self._link(link, told, by_place)
        for negotiation in told:
            self._rest(negotiation, self._passages[negotiation.log])

    def _link(self, link: Link, told: tuple[Negotiation, ...], by_place: dict[tuple[Place, Way], Passage]) -> None:
        sent = by_place.get((place_of(link.sent), Way.SENT)) if link.sent else None
        heard = by_place.get((place_of(link.received), Way.RECEIVED)) if link.received else None
        side = SIDES[link.sender]
        if sent is None and heard is None:
            return
        arrived = link.received is not None
        wire = Wire(
            len(self.all) + 1,
            side,
            link.name,
            sent,
            heard,
            Fate.DELIVERED if arrived else Fate.LOST,
            "" if arrived else NOT_THERE,
        )
        self._add(wire)
        if link.received is not None and heard is None:
            self.heard.setdefault(place_of(link.received), []).append(wire)

    def _rest(self, negotiation: Negotiation, told: tuple[Passage, ...]) -> None:
        """What no link holds."""
        own = side_of(negotiation)
        answered = _answered(told)
        for number, one in enumerate(told):
            place = place_of(one.first)
            if one.way is Way.SENT and place not in self.sent:
                came = number in answered
                fate, detail = (Fate.DELIVERED, "") if came else (Fate.UNKNOWN, UNTOLD)
                self._add(Wire(len(self.all) + 1, own, one.name, one, None, fate, detail))
            elif one.way is Way.RECEIVED and not any(wire.received is one for wire in self.heard.get(place, ())):
                self._add(Wire(len(self.all) + 1, own.other, one.name, None, one, Fate.DELIVERED))

    def _add(self, wire: Wire) -> None:
        self.all.append(wire)
        if wire.sent is not None:
            self.sent[place_of(wire.sent.first)] = wire
        if wire.received is not None:
            self.heard.setdefault(place_of(wire.received.first), []).append(wire)

    def passages(self, negotiation: Negotiation) -> tuple[Passage, ...]:
        """The messages of one of the negotiations."""
        return self._passages[negotiation.log]


def _answered(told: tuple[Passage, ...]) -> frozenset[int]:
    """The places in `told` of what was sent and answered: of repetitions the last before the answer."""
    found: set[int] = set()
    waiting: dict[tuple[str, int], int] = {}
    for number, one in enumerate(told):
        key = one.message_id if one.message_id and one.name in QUICK else 0
        if one.way is Way.SENT:
            if one.name in ANSWERS:
                waiting[one.name, key] = number
            continue
        for name, message_id in _answers(one.name, key):
            place = waiting.pop((name, message_id), None)
            if place is not None:
                found.add(place)
    return frozenset(found)


def _answers(name: str, message_id: int) -> Iterator[tuple[str, int]]:
    """What a message shows to have come."""
    for before, answers in ANSWERS.items():
        if name in answers:
            yield before, message_id
            yield before, 0


def encrypted(passage: Passage, unprotected: Iterable[Notify]) -> bool:
    """Whether a message went under the IKE SA, as far as its name and payloads tell."""
    if not passage.name or passage.name in CLEAR or passage.name == "IKEv2":
        return False
    if passage.name in ("INFO", "DPD") and passage.payloads:
        return "HASH" in passage.payloads or not {"NOTIFY", "DELETE"} & set(passage.payloads)
    return not any(notify.protected is False for notify in unprotected)


def initiator_of(told: tuple[Negotiation, ...]) -> Side | None:
    """The side that began, None where no log says it."""
    for one in told:
        role = one.role or (one.phase1.role if one.phase1 else None)
        if role is not None:
            return side_of(one) if role is Role.INITIATOR else side_of(one).other
    return None
