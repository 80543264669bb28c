"""pluto, the daemon of Libreswan and Openswan: its log file, system logs, and what `ipsec auto --up` prints."""

import re
from functools import lru_cache

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.dialects.parts import Spot, spot
from mainmode.catalogue.dialects.pluto import book
from mainmode.catalogue.dialects.pluto_parts import Ends, role_of
from mainmode.catalogue.facts import NO_TAG, Began, Configured, Exchange, Fact, Message, Role, Tag
from mainmode.catalogue.phrasebook import Values, folded
from mainmode.explain.dialect import NO_CLOCK, Clock, Reading, merged
from mainmode.explain.stamps import STAMP, front_pattern, instant

_PROGRAM = r"pluto|_{0,2}(?:ipsec_{1,2})?plutorun|ipsec__plutorun|ipsec|libreswan|openswan|addconn|whack"
_PREFIXES = ("ERROR: ", "WARNING: ", "FATAL ERROR: ", "EXPECTATION FAILED: ", "ASSERTION FAILED: ")
_PREFIX = f"(?:{'|'.join(_PREFIXES)})?"
_CONNECTION = (
    r'"(?P<name>[^"\n]{1,200})"(?:\[(?P<instance>[0-9]{1,10})\])?'
    r"(?: (?:\.\.\.)?(?P<address>[0-9A-Za-z.:*<>%@-]{2,60}(?:\[[0-9]{1,5}\])?))?"
    r"(?: [$#](?P<sa>[0-9]{1,10})(?:\.#?[0-9]{1,10})?)?: "
)
_PACKET = r"packet from (?P<packet>[^\s]{2,60}): "
_NUMBER = r"#(?P<bare>[0-9]{1,10}): "
_SUBJECT = rf"(?:{_CONNECTION}|{_PACKET}|{_NUMBER})"
_CODE = r"(?P<code>[0-9]{3}) "

_RECORD = re.compile(front_pattern(_PROGRAM) + rf"(?:{_CODE})?(?P<prefix>{_PREFIX})(?P<subject>{_SUBJECT})?")
_CLOCK = re.compile(front_pattern(_PROGRAM))
_WHOM = re.compile(_SUBJECT)
_MICROSECONDS = re.compile(r"[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}\.[0-9]{6}: ")
_STAMPED = re.compile(STAMP)

_ALONE = ("| ", "initial Main Mode message ", "initial Aggressive Mode message ")
"""How lines begin that are pluto's whatever stands before them."""

_ABOUT_ITSELF = frozenset({"pluto.start", "pluto.algorithms", "pluto.script", "pluto.expectation"})


@dataclass(frozen=True, slots=True)
class _Told:
    """What a body tells without its front."""

    entry: str
    facts: tuple[Fact, ...]
    peer: str
    local: str
    message_id: int | None
    role: Role | None


class Pluto:
    """How pluto writes."""

    name = "pluto"
    title = "Libreswan or Openswan pluto"
    head = re.compile(
        r"[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}: "
        rf"|(?:<[0-9]{{1,3}}>(?:1 )?)?(?:{STAMP}):?[ \t]+"
        rf"(?:[\w.:-]{{1,64}}[ \t]+)?(?:{_PROGRAM})(?:\[[0-9]{{1,10}}\])?:"
        rf"|(?:{STAMP}):[ \t]+(?=\"[^\"\n]{{1,200}}\"[^\"\n]{{0,60}}?: |packet from )"
        rf"|(?<![\w.:/-])(?:{_PROGRAM})\[[0-9]{{1,10}}\]: "
        r"|(?<![0-9.:])[0-9]{3} (?=(?:ERROR: )?\"[^\"\n]{1,200}\"(?:\[[0-9]{1,10}\])?[^\"\n]{0,60}?: |#[0-9]{1,10}: )"
        r"|^(?=\"[^\"\n]{1,200}\"(?:\[[0-9]{1,10}\])?[^\"\n]{0,60}?: )"
        r"|^(?=packet from [^\s]{2,60}: )"
        r"|^\| |^initial (?:Main|Aggressive) Mode message "
    )

    def read(self, text: str) -> Reading | None:
        """What a record tells; None where the text is none of pluto's."""
        lines = text.strip("\r\n").split("\n")
        front = _RECORD.match(lines[0])
        if front is None or any(_begins(line) for line in lines[1:]):
            return None
        parts = front.groupdict()
        ours = bool(
            parts["program"]
            or parts["subject"]
            or parts["code"]
            or _MICROSECONDS.match(lines[0])
            or lines[0].startswith(_ALONE)
        )
        body = lines[0][front.end() :]
        told = None
        for glue in (" ", "") if len(lines) > 1 else ("",):
            told = _tell(folded(parts["prefix"] + glue.join([body, *lines[1:]]))) or _tell(
                folded(glue.join([body, *lines[1:]]))
            )
            if told is not None:
                break
        if told is None:
            return _unknown(parts) if ours and len(lines) == 1 else None
        if not ours:
            return None
        return _reading(told, parts)

    def parted(self, line: str) -> tuple[str, str, str] | None:
        """What stands before the connection or packet, that, and the text; a connection that is loaded goes whole."""
        front = _RECORD.match(line)
        if front is None or not front["subject"] or line.startswith("added ", front.end()):
            return None
        begins = front.start("code") if front["code"] else front.start("prefix")
        return line[:begins], front["subject"], front["prefix"] + line[front.end() :]

    def said(self, rest: str) -> Reading | None:
        """What a text tells."""
        told = _tell(folded(rest))
        if told is None:
            for prefix in _PREFIXES:
                if rest.startswith(prefix):
                    told = _tell(folded(rest[len(prefix) :]))
        return None if told is None else _plain(told, told.facts, NO_TAG)

    def about(self, part: str) -> Tag:
        """The connection, its state's number and its peer."""
        subject = _WHOM.match(part)
        return NO_TAG if subject is None else _whom(subject.groupdict())

    def clock(self, front: str) -> Clock:
        """Stamp and host of a front."""
        found = _CLOCK.match(front)
        if found is None or not (found["stamp"] or found["host"]):
            return NO_CLOCK
        stamp = found["stamp"] or ""
        return Clock(stamp, instant(stamp) if stamp else None, found["host"] or "")

    def continues(self, text: str, line: str) -> bool:
        """A line without a front of its own is a wrapped rest."""
        return bool(line.strip()) and text.count("\n") < 2 and not _begins(line) and not _STAMPED.match(line)


def _begins(line: str) -> bool:
    """Whether a record begins with the line."""
    return Pluto.head.match(line) is not None


def _unknown(parts: dict[str, str | None]) -> Reading | None:
    """What no declaration fits: about the daemon itself where it names neither a connection nor a peer."""
    if parts["code"] == "000" and not parts["stamp"]:
        return Reading("pluto.status", other=True)
    if parts["subject"] or parts["prefix"]:
        return None
    if parts["code"] not in (None, "000") and not parts["program"]:
        return None
    stamp = parts["stamp"] or ""
    return Reading("pluto.other", stamp=stamp, at=instant(stamp), host=parts["host"] or "", other=True)


def _whom(parts: dict[str, str | None]) -> Tag:
    """The connection, its state's number and its peer, as they stand in front of a text."""
    peer = spot(parts["packet"] or parts["address"] or "").address
    number = parts["sa"] or parts["bare"]
    return Tag(peer="" if peer.startswith("%") else peer, group=parts["name"] or "", sa=f"#{number}" if number else "")


def _reading(told: _Told, parts: dict[str, str | None]) -> Reading:
    stamp = parts["stamp"] or ""
    about = _whom(parts)
    facts = told.facts
    if about.group and any(isinstance(one, Configured) for one in facts):
        facts = tuple(Configured(about.group, one.exchange) if isinstance(one, Configured) else one for one in facts)
    plain = _plain(told, facts, about)
    return plain._replace(stamp=stamp, at=instant(stamp) if stamp else None, host=parts["host"] or "")


def _plain(told: _Told, facts: tuple[Fact, ...], about: Tag) -> Reading:
    """What a text tells, without what stood in front but whom it is about."""
    own = Tag(peer=told.peer, local=told.local, message_id=told.message_id, role=told.role)
    return Reading(
        told.entry,
        facts,
        merged(about, own),
        other=told.entry in _ABOUT_ITSELF,
        step=next((one.name for one in reversed(facts) if isinstance(one, Message) and one.name), ""),
    )


@lru_cache(maxsize=4096)
def _tell(body: str) -> _Told | None:
    found = book().find(body)
    if found is None:
        return None
    shape, values = found
    facts = shape.owner.tells(values)
    return _Told(shape.owner.name, facts, *_sides(values), _message_id(values), _role(values, facts))


def _sides(values: Values) -> tuple[str, str]:
    """Peer and own address, where the line names them."""
    drawn = values.get("ends")
    if isinstance(drawn, Ends):
        return drawn.peer_address, drawn.own_address
    peer = values.get("peer")
    return (peer.address if isinstance(peer, Spot) else ""), ""


def _message_id(values: Values) -> int | None:
    identifier = values.get("id")
    return identifier if isinstance(identifier, int) and identifier else None


def _role(values: Values, facts: tuple[Fact, ...]) -> Role | None:
    """The role in phase 1; quick modes go either way."""
    for one in facts:
        if isinstance(one, Began) and one.exchange in (Exchange.MAIN, Exchange.AGGRESSIVE):
            return one.role
    state = values.get("state")
    return role_of(state) if isinstance(state, str) and ("MAIN" in state or "AGGR" in state) else None
