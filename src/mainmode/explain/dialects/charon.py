"""charon, the daemon of strongSwan: its log files, system logs and journals, and what its commands print."""

import re
from functools import lru_cache

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.dialects.charon import BARE, book, openings
from mainmode.catalogue.dialects.charon_messages import step_of
from mainmode.catalogue.dialects.charon_parts import End
from mainmode.catalogue.dialects.parts import Spot
from mainmode.catalogue.facts import NO_TAG, Fact, Role, Tag
from mainmode.catalogue.phrasebook import Values, folded
from mainmode.explain.dialect import NO_CLOCK, Clock, Reading, merged
from mainmode.explain.stamps import STAMP, front_pattern, instant

_GROUPS = "DMN|MGR|IKE|CHD|JOB|CFG|KNL|NET|ASN|ENC|TNC|IMC|IMV|PTS|TLS|APP|ESP|LIB"
_BRACKET = rf"(?P<thread>[0-9]{{2,3}})\[(?P<group>{_GROUPS})[0-4]?\] "
_INNER = r"(?:<(?P<id>[^<>\n]{1,200})> )?"
_RECORD = re.compile(front_pattern(r"[A-Za-z_/][A-Za-z0-9_./-]{0,47}", _BRACKET) + _INNER)
_LOOSE = re.compile(_BRACKET + _INNER)
_CLOCK = re.compile(front_pattern(r"[A-Za-z_/][A-Za-z0-9_./-]{0,47}"))
_JOURNAL = re.compile(
    rf"(?:<[0-9]{{1,3}}>(?:1 )?)?(?:\[?(?P<stamp>{STAMP})\]?:?[ \t]+)?(?:(?P<host>[A-Za-z0-9_.:-]{{1,64}})[ \t]+)?"
    r"(?:charon|charon-systemd|charon-nm|charon-custom)(?:\[[0-9]{1,10}\])?: (?![0-9]{2,3}\[)"
)
"""What a journal puts in front: the daemon's own worker and group are not written there."""
_TERMINAL = re.compile(rf"\[(?P<group>{_GROUPS})\] {_INNER}")
_DONE = "(?:initiate|terminate|rekey|redirect|install|uninstall) (?:completed|failed)"
_BARE = re.compile("|".join((*map(re.escape, openings(7)), r"[^\s]{2,64} is initiating an? ", _DONE)))
"""How a line begins that has neither thread nor group: what a command prints."""
_BARE_HEAD = "|".join(
    (
        *map(re.escape, openings(14)),
        r"(?:parsed|generating) [A-Z][A-Z0-9_]{3,32} re(?:quest|sponse) ",
        r"(?:IKE_SA|CHILD_SA) [^\s]{1,128} established ",
        r"received [^\s]{2,64} (?:vendor ID|error notify)",
        r"[^\s]{2,64} is initiating an? ",
        "initiating (?:Main|Aggressive) Mode IKE_SA ",
        "retransmit [0-9]{1,3} of request ",
        "connection '",
        _DONE,
    )
)
_STAMP = re.compile(STAMP)
_BRACKET_REACH = 200
"""How far into a line its bracket is sought where what stands in front is of no known form."""

_ELSEWHERE = frozenset({"DMN", "JOB", "ASN", "TNC", "IMC", "IMV", "PTS", "TLS", "APP", "LIB"})
"""Groups that do not speak of tunnels, with exceptions that are declared."""
_ABOUT_ITSELF = (
    "charon.start",
    "charon.starter",
    "charon.credentials",
    "charon.client",
    "charon.network",
    "charon.script",
)
_TERMINATE = ("vici terminate IKE_SA '", "received stroke: terminate '")
_RECEIVED, _CONFIGURED = "received proposals:", "configured proposals:"
_SA = re.compile(r"IKE_SA ([^\s\[\]]{1,128})\[([0-9]{1,10})\]")


@dataclass(frozen=True, slots=True)
class _Told:
    """What a body tells without its front."""

    entry: str
    facts: tuple[Fact, ...]
    tag: Tag
    step: str


class Charon:
    """How charon writes."""

    name = "charon"
    title = "strongSwan charon"
    head = re.compile(
        rf"(?:^[^\n]{{0,120}}?|(?:{STAMP})[^\n\[\]]{{0,100}}?(?:\[[0-9]{{1,10}}\][: ])?[ \t]{{0,8}})?"
        rf"(?<![0-9.])[0-9]{{2,3}}\[(?:{_GROUPS})[0-4]?\] "
        rf"|^\[(?:{_GROUPS})\] |^(?:{_BARE_HEAD})"
        rf"|(?:{STAMP})[^\n\[\]:]{{1,80}}?\bcharon(?:-[a-z]{{2,10}})?(?:\[[0-9]{{1,10}}\])?: (?![0-9]{{2,3}}\[)"
    )

    def read(self, text: str) -> Reading | None:
        """What a record tells; None where the text is none of charon's."""
        first, _, rest = text.strip("\r\n").partition("\n")
        front = _front(first)
        if front is None:
            return _journalled(first, rest) or _bare(first, rest)
        body = first[front.end() :]
        if rest:
            joined = _joined(body, front, rest)
            if joined is None:
                return None
            told = next((found for one in joined if (found := _tell(one)) is not None), None)
        else:
            told = _tell(folded(body))
        parts = front.groupdict()
        return _reading(told, parts, text[: front.start()], body)

    def parted(self, line: str) -> tuple[str, str, str] | None:
        """What stands before the worker, the worker with the IKE SA's name, and the text."""
        front = _LOOSE.search(line, 0, _BRACKET_REACH)
        if front is None:
            return None
        return line[: front.start()], front[0], line[front.end() :]

    def said(self, rest: str) -> Reading | None:
        """What a text tells."""
        told = _tell(folded(rest))
        return None if told is None else _plain(told, rest)

    def about(self, part: str) -> Tag:
        """The worker, and the name and number of the IKE SA where they are logged."""
        front = _LOOSE.match(part)
        return NO_TAG if front is None else _inner(front["id"] or "", front["thread"])

    def clock(self, front: str) -> Clock:
        """Stamp and host of a front."""
        found = _CLOCK.match(front)
        stamp = (found["stamp"] if found is not None else None) or ""
        if not stamp:
            sought = _STAMP.search(front)
            stamp = sought[0] if sought is not None else ""
        host = (found["host"] if found is not None else None) or ""
        return Clock(stamp, instant(stamp) if stamp else None, host) if stamp or host else NO_CLOCK

    def continues(self, text: str, line: str) -> bool:
        """The list of what is configured goes with the list of what was received; a line without front is a rest."""
        front = _front(line)
        if front is None:
            if line.startswith(_CONFIGURED) and text.startswith(_RECEIVED):
                return "\n" not in text
            return bool(line.strip()) and "\n" not in text and not _BARE.match(line) and not _STAMP.match(line)
        if not line.startswith(_CONFIGURED, front.end()):
            return False
        began = _front(text)
        return (
            began is not None
            and "\n" not in text
            and text.startswith(_RECEIVED, began.end())
            and began.groupdict().get("thread") == front.groupdict().get("thread")
        )


def _inner(inner: str, thread: str) -> Tag:
    """`hq|3` or `3`, and the worker."""
    group, _, number = inner.rpartition("|")
    if not (group or number or thread):
        return NO_TAG
    return Tag(group=group, sa=f"[{number}]" if number.isdigit() else "", thread=thread)


def _front(line: str) -> re.Match[str] | None:
    found = _RECORD.match(line) or _TERMINAL.match(line)
    return found if found is not None else _LOOSE.search(line, 0, _BRACKET_REACH)


def _joined(body: str, front: re.Match[str], rest: str) -> list[str] | None:
    """The ways to read a record of several lines; None where they are several records."""
    second = _front(rest)
    if second is None:
        lines = rest.split("\n")
        if any(_front(line) is not None for line in lines):
            return None
        return [folded(glue.join([body, *lines])) for glue in (" ", "")]
    if body.startswith(_RECEIVED) and rest.startswith(_CONFIGURED, second.end()) and "\n" not in rest:
        return [folded(f"{body}\n{rest[second.end() :]}")]
    return None


def _journalled(first: str, rest: str) -> Reading | None:
    """A journal's line, which names the daemon and neither worker nor group."""
    front = _JOURNAL.match(first)
    if front is None or any(_JOURNAL.match(line) for line in rest.split("\n")):
        return None
    body = first[front.end() :]
    told = _tell(folded(f"{body} {rest}"))
    if told is None:
        return None
    stamp = front["stamp"] or ""
    plain = _plain(told, body)
    return plain._replace(open=False, stamp=stamp, at=instant(stamp) if stamp else None, host=front["host"] or "")


def _bare(first: str, rest: str) -> Reading | None:
    """What a command prints without thread and group."""
    if _BARE.match(first) is None:
        return None
    if rest.startswith(_CONFIGURED) and first.startswith(_RECEIVED):
        told = _tell(folded(f"{first}\n{rest}"))
    elif any(_BARE.match(line) or _front(line) for line in rest.split("\n")):
        return None
    else:
        told = _tell(folded(first + rest)) or _tell(folded(f"{first} {rest}"))
    if told is None or told.entry not in BARE:
        return None
    waits = told.entry == "charon.received proposals"
    return Reading(told.entry, told.facts, told.tag, other=told.entry in _ABOUT_ITSELF, open=waits, step=told.step)


def _reading(told: _Told | None, parts: dict[str, str | None], before: str, body: str) -> Reading | None:
    stamp = parts.get("stamp") or ""
    if not stamp and before:
        sought = _STAMP.search(before)
        stamp = sought[0] if sought is not None else ""
    at = instant(stamp) if stamp else None
    host = parts.get("host") or ""
    if told is None:
        if parts["group"] in _ELSEWHERE:
            return Reading("charon.other", stamp=stamp, at=at, host=host, other=True)
        return None
    about = _inner(parts.get("id") or "", parts.get("thread") or "")
    plain = _plain(told, body)
    return plain._replace(tag=merged(about, told.tag), stamp=stamp, at=at, host=host)


def _plain(told: _Told, body: str) -> Reading:
    """What a text tells, without what stood in front."""
    return Reading(
        told.entry,
        told.facts,
        told.tag,
        other=told.entry in _ABOUT_ITSELF,
        open=told.entry == "charon.received proposals" and body.startswith(_RECEIVED),
        step=told.step,
    )


@lru_cache(maxsize=4096)
def _tell(body: str) -> _Told | None:
    found = book().find(body.replace("\u2026", "..."))
    if found is None:
        return None
    shape, values = found
    saying = shape.owner
    step = role = None
    if saying.name in ("charon.parsed", "charon.generating"):
        step = step_of(values["exchange"], values["kind"], values.get("payloads", ()))
        if values["exchange"] in ("ID_PROT", "AGGRESSIVE"):
            asks = values["kind"] == "request"
            role = Role.INITIATOR if asks == (saying.name == "charon.generating") else Role.RESPONDER
    elif saying.name in ("charon.initiating", "charon.is initiating"):
        role = Role.INITIATOR if saying.name == "charon.initiating" else Role.RESPONDER
    return _Told(saying.name, saying.tells(values), _tag(body, values, role), step or "")


def _tag(body: str, values: Values, role: Role | None) -> Tag:
    named = _SA.search(body)
    group = named[1] if named is not None and not named[1].startswith("(") else ""
    if not group and body.startswith(_TERMINATE):
        group = values.get("name", "")
    sa = f"[{named[2]}]" if named is not None else ""
    identifier = values.get("id")
    return Tag(
        _address(values.get("peer")),
        _address(values.get("own")),
        group,
        sa,
        message_id=identifier if isinstance(identifier, int) and 0 < identifier <= 0xFFFF_FFFF else None,
        role=role,
    )


def _address(value: object) -> str:
    if isinstance(value, End):
        value = value.spot
    if isinstance(value, Spot) and not value.address.startswith("%"):
        return value.address
    return ""
