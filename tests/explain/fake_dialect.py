"""A small dialect of our own, to test what is above all dialects: `@12 fw BOX<10.0.0.2;sa=7> sent SA VENDOR`.

The front is a second and a host, both may be missing. A text is `begin one initiator`, `sent SA KE`, `up two 0a 0b`,
`gave up one`, `down all peer`, `says NO_RESPONSE`, `note a b` (letters), or `list:` with rows `BOX+ anything`.
"""

import re

from mainmode.base.instant import SECOND, Instant
from mainmode.catalogue.facts import (
    NO_TAG,
    Began,
    Deleted,
    Down,
    Exchange,
    Fact,
    GaveUp,
    Message,
    Phase,
    Role,
    Symptom,
    Tag,
    Told,
    Up,
    Vendor,
    Wanted,
    Way,
    Whose,
    Why,
)
from mainmode.explain.assembler import Assembler
from mainmode.explain.correlate import Correlator
from mainmode.explain.dialect import OTHER, Clock, Reading, merged
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.record import Piece

_LINE = re.compile(r"BOX(?:<([^<>]*)>)? (.+)")
_PEER = re.compile(r"<([0-9.]+)>")
_FRONT = re.compile(r"(?:@([0-9]+) )?(?:([a-z][a-z0-9]*) )?")
_PHASES = {"one": Phase.ONE, "two": Phase.TWO, "all": None}
_ROLES = {"initiator": Role.INITIATOR, "responder": Role.RESPONDER}


def _tag(text: str | None) -> Tag:
    if not text:
        return NO_TAG
    parts = dict(part.split("=") if "=" in part else ("peer", part) for part in text.split(";"))
    message = parts.pop("id", None)
    role = parts.pop("role", None)
    return Tag(**parts, message_id=int(message, 16) if message else None, role=_ROLES[role] if role else None)


def _facts(words: list[str]) -> tuple[Fact, ...] | None:
    match words:
        case ["begin", phase, *rest]:
            roles = [_ROLES[word] for word in rest if word in _ROLES]
            return (Began(_PHASES[phase] or Phase.ONE, roles[0] if roles else None, "again" in rest),)
        case ["sent" | "got" as way, *payloads] if payloads:
            again, told = "again" in payloads, tuple(one for one in payloads if one.isupper() and one != "INFO")
            exchange = Exchange.INFORMATIONAL if "INFO" in payloads else None
            return (Message(Way.SENT if way == "sent" else Way.RECEIVED, exchange, told, again=again),)
        case ["up", phase, *spis]:
            return (Up(_PHASES[phase] or Phase.ONE, None, *spis),)
        case ["gave", "up", phase]:
            return (GaveUp(_PHASES[phase]),)
        case ["down", phase, why]:
            return (Down(_PHASES[phase], Why[why.upper()]),)
        case ["deleted", spi]:
            return (Deleted(Way.RECEIVED, Phase.TWO, (spi,)),)
        case ["says", symptom] if symptom in Symptom.__members__:
            return (Told(Symptom[symptom]),)
        case ["wanted"]:
            return (Wanted(),)
        case ["note", *letters] if letters and all(len(one) == 1 for one in letters):
            return ()
    return None


class FakeDialect:
    """See the module."""

    name = "fake"
    title = "Fake"
    head = re.compile(r"(?:@[0-9]{1,9} )?(?:\b[a-z][a-z0-9]{0,9} )?BOX[<+ ]")

    def parted(self, line: str) -> tuple[str, str, str] | None:
        place = line.find("BOX")
        if place < 0:
            return None
        if line.startswith("BOX<> other", place):
            return OTHER
        found = _PEER.match(line, place + 3)
        if found is not None:
            return line[:place], found[0], f"{line[place : place + 3]}{line[found.end() :]}"
        return line[:place], "", line[place:]

    def about(self, part: str) -> Tag:
        return _tag(part.strip("<>"))

    def said(self, rest: str) -> Reading | None:
        first, *rows = rest.split("\n")
        found = _LINE.fullmatch(first)
        if found is None or "BOX" in found[2]:
            return None
        if found[2] == "list:":
            if not all(re.fullmatch(r"\s*BOX\+ \w+", row) for row in rows):
                return None
            told = tuple(Vendor(Whose.PEER, row.split()[1]) for row in rows)
            return Reading("list", told, _tag(found[1]), open=True)
        if rows:
            return None
        if found[2].startswith("other "):
            return Reading("other", other=True)
        facts = _facts(found[2].split())
        return None if facts is None else Reading(" ".join(found[2].split()[:2]), facts, _tag(found[1]))

    def clock(self, front: str) -> Clock:
        found = _FRONT.match(front)
        if found is None:
            return Clock()
        return Clock(found[1] or "", Instant(int(found[1]) * SECOND) if found[1] else None, found[2] or "")

    def read(self, text: str) -> Reading | None:
        parts = self.parted(text)
        if parts is None:
            return None
        if parts is OTHER:
            return Reading("other", other=True)
        said, clock = self.said(parts[2]), self.clock(parts[0])
        if said is None or _FRONT.fullmatch(parts[0]) is None:
            return None
        tag = merged(self.about(parts[1]), said.tag)
        return said._replace(tag=tag, stamp=clock.stamp, at=clock.at, host=clock.host)

    def continues(self, text: str, line: str) -> bool:
        return line.lstrip().startswith("BOX+ ")


def assembled(text: str, *dialects: object) -> tuple[list[Piece], Assembler]:
    """All records of a text, and the counts."""
    assembler = Assembler(dialects or (FakeDialect(),))  # type: ignore[arg-type]
    pieces = [*assembler.feed(text.split("\n")), *assembler.finish()]
    return pieces, assembler


def negotiated(text: str, peer: str = "") -> tuple[Negotiation, ...]:
    """The negotiations of a text."""
    correlator = Correlator(0, peer)
    correlator.feed(assembled(text)[0])
    return correlator.finish()
