"""The dialect of Cisco's ASA, PIX and FTD: debug lines in both shapes, system log in every form of header."""

import re
from typing import Any, TypeVar

from mainmode.catalogue.dialects.asa import SUBJECTS, TUNNEL
from mainmode.catalogue.dialects.asa_ids import FIXED_IDS
from mainmode.catalogue.facts import NO_TAG, Role, Tag
from mainmode.catalogue.phrasebook import folded
from mainmode.catalogue.telling import role_of
from mainmode.explain.damage import cleaned
from mainmode.explain.dialect import OTHER, Clock, Reading, merged
from mainmode.explain.dialects.asa_clock import clock_of
from mainmode.explain.dialects.asa_dump import is_beginning, is_row, read_dump
from mainmode.explain.dialects.asa_envelope import (
    HEAD,
    OTHERS,
    OURS,
    REACH,
    STAMP,
    SUBJECT,
    is_other,
    is_single,
    number_of,
    opened,
    start,
    unwrapped,
    viewed,
)
from mainmode.explain.dialects.asa_shows import begins, is_next, read_show
from mainmode.explain.dialects.asa_texts import Text, read_text

_CODE_LENGTH = len("%ASA-5-713119: ")
_ABOUT = ("Group = ", "IP = ", "Username = ")
Kept = TypeVar("Kept")
MAX_LENGTH = 8192
"""Characters of a record; anything longer is not read."""
_MOST_KEPT = 1 << 14
"""Texts that are remembered with what they tell."""
_OTHER = Reading("other", other=True)
_made = tuple.__new__
"""Makes a reading of its fields in half the time that its own constructor takes."""
_STAMPED = re.compile(STAMP + r":? ")
_ROLES = {
    "IKE_INITIATOR": Role.INITIATOR,
    "IKE_TRANSFORM_ACCEPTABLE": Role.RESPONDER,
    "ALL_SA_UNACCEPTABLE": Role.RESPONDER,
}
"""Lines of phase 1 that only one side says."""
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")


_EQUALS = re.compile(r"=[ \n]?(?=[^\s=])")
"""What the data path writes with a blank behind it, which wrapping takes away."""


class AsaDialect:
    """See the module. It keeps what it has read, bounded, since a log says the same again and again."""

    name = "asa"
    title = "Cisco ASA/PIX/FTD"
    head = HEAD

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str], Text | None] = {}
        self._said: dict[str, Reading | None] = {}
        self._clocks: dict[str, Clock] = {}
        self._abouts: dict[str, Tag] = {}
        self._tags: dict[tuple[str, str], Tag] = {}

    def read(self, text: str) -> Reading | None:
        """See `Dialect`."""
        if len(text) > MAX_LENGTH:
            return None
        parts = self.parted(text)
        if parts is OTHER:
            return _OTHER
        if parts is None:
            return self._read_slowly(text)
        front, about, rest = parts
        reading = self._said.get(rest)
        if reading is None:
            reading = self.said(rest)
            if reading is None:
                return None
            self._said[rest] = self._bounded(self._said, reading)
        tag = reading[2]
        if about:
            whom = self._abouts.get(about)
            if whom is None:
                whom = self._abouts[about] = self._bounded(self._abouts, self.about(about))
            tag = whom if tag is NO_TAG else merged(whom, tag)
        clock = self._clocks.get(front)
        if clock is None:
            clock = self._clocks[front] = self._bounded(self._clocks, clock_of(front))
        return _made(
            Reading, (reading[0], reading[1], tag, clock.stamp, clock.at, clock.host, False, reading[7], reading[8])
        )

    @staticmethod
    def _bounded(kept: dict[Any, Any], value: Kept) -> Kept:
        """The value, for which there is place now among what is kept."""
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        return value

    def continues(self, text: str, line: str) -> bool:
        """See `Dialect`: the next row of a block or of a dump."""
        if not line.strip() or HEAD.search(line) is not None:
            return False
        first = text.partition("\n")[0]
        if begins(first):
            return is_next(first, line)
        if is_beginning(first) or (not HEAD.match(first) and is_row(first)):
            return is_row(line) or (is_beginning(line) and "ISAKMP Header" not in text)
        return self.read(f"{text}\n{line}") is not None

    # In parts: see `Enveloped`

    def parted(self, line: str) -> tuple[str, str, str] | None:
        """See `Enveloped`."""
        at = line.find("%ASA-")
        if at >= 0:
            subject = SUBJECT.get(line[at + 7 : at + 10])
            if subject == OTHERS:
                return OTHER if line.find("%ASA-", at + 5) < 0 else None
            if subject != OURS and is_other(number_of(line, at), line):
                return OTHER if line.find("%ASA-", at + 5) < 0 else None
            text = at + _CODE_LENGTH
        else:
            at = line.find("[IKEv1")
            if at >= 0:
                text = line.find("]", at) + 1
                if line.startswith(": ", text):
                    text += 2
            else:
                at = text = start(line)
                if at >= 0 and is_other(number_of(line, at), line):
                    return OTHER if is_single(line[at:]) else None
        if not 0 <= at <= REACH:
            return None
        if line.startswith(_ABOUT, text):
            address = line.find("IP = ", text, text + REACH)
            end = line.find(", ", address) + 2 if address >= 0 else 0
            if end > 2 and (address == text or line.startswith(", ", address - 2)):
                return line[:at], line[text:end], line[at:text] + line[end:]
        return line[:at], "", line[at:]

    def said(self, rest: str) -> Reading | None:
        """See `Enveloped`."""
        if not rest.isascii():
            rest = cleaned(rest)
        if rest.endswith("}"):
            rest = unwrapped(rest)
        if not is_single(rest):
            return None
        number, text = opened(rest)
        if is_other(number, rest):
            return _OTHER
        reading = self._reading(text, SUBJECTS.get(number[:3], TUNNEL))
        if reading is None and number in FIXED_IDS:
            group, ip, _ = _about(folded(text))
            return Reading(f"SYSLOG_{number}", (), Tag(peer=ip, group=group))
        return reading

    def about(self, part: str) -> Tag:
        """See `Enveloped`."""
        group, ip, _ = _about(f"{folded(part)} ")
        return self._tag(group, ip or _as_peer(group))

    def clock(self, front: str) -> Clock:
        """See `Enveloped`."""
        return clock_of(front)

    def _read_slowly(self, text: str) -> Reading | None:
        """A text without envelope, with or without a clock in front."""
        if start(text) >= 0:
            return None
        if text.startswith("IKEv2-"):
            return self._reading(text, "ikev2")
        copied = viewed(text)
        if copied is not None:
            said = self.said(copied[1])
            return said and said._replace(stamp=copied[0], at=clock_of(copied[0]).at)
        reading = self._reading(text, "")
        if reading is not None:
            return reading
        stamped = _STAMPED.match(text)
        if stamped is None:
            return read_dump(text) or read_show(text)
        reading = self._reading(text[stamped.end() :], "") or read_dump(text[stamped.end() :])
        if reading is None:
            return None
        clock = clock_of(stamped[0])
        return reading._replace(stamp=clock.stamp, at=clock.at)

    def _reading(self, text: str, subject: str) -> Reading | None:
        """What the text behind the envelope tells."""
        group, ip, body = _about(folded(text))
        found = self._text(body, subject)
        if found is None:
            return None
        values = found.values
        tag = self._tag(group or str(values.get("group", "")), ip or found.peer or _as_peer(group))
        if "message_id" in values or "role" in values or found.name in _ROLES:
            role = role_of(str(values["role"])) if "role" in values else _ROLES.get(found.name)
            tag = Tag(peer=tag.peer, group=tag.group, message_id=values.get("message_id"), role=role)
        return Reading(found.name, found.facts, tag, "", None, "", False, found.open, found.step)

    def _tag(self, group: str, peer: str) -> Tag:
        """The tag of a peer, made once for all its lines."""
        tag = self._tags.get((group, peer))
        if tag is None:
            tag = Tag(peer=peer, group=group) if group or peer else NO_TAG
            self._tags[(group, peer)] = self._bounded(self._tags, tag)
        return tag

    def _text(self, body: str, subject: str) -> Text | None:
        key = (subject, body)
        if key in self._texts:
            return self._texts[key]
        found = self._texts[key] = self._bounded(self._texts, self._alike(body, subject))
        return found

    def _alike(self, body: str, subject: str) -> Text | None:
        """Read a text; of those that a log is full of, only what is not the same each time."""
        if body.startswith("IKE_DECODE "):
            front, _, behind = body.partition("(msgid=")
            number, _, rest = behind.partition(")")
            key = (f"{front}{number == '0'}", rest)
        elif body.endswith(")") and " (seq number 0x" in body:
            number, key = "", ("", body.partition(" (seq number ")[0])
        elif body.startswith("IPSEC: Received a"):
            return read_text(_EQUALS.sub("= ", body), subject)
        else:
            return read_text(body, subject)
        known = self._texts.get(key)
        if known is None:
            known = read_text(body, subject)
            if known is None:
                return None
            self._texts[key] = known
        if not number:
            return known
        try:
            return Text(known.name, known.facts, {"message_id": int(number, 16)}, "", known.open, known.step)
        except ValueError:
            return None


def _as_peer(group: str) -> str:
    """The tunnel-group of a tunnel between sites is called by the peer's address."""
    return group if _ADDRESS.fullmatch(group) else ""


def _about(text: str) -> tuple[str, str, str]:
    """Group, address and the rest of `Group = G, Username = U, IP = A, text`."""
    group = ip = ""
    if text.startswith("Group = "):
        group, comma, rest = text[8:].partition(", ")
        if not comma:
            return "", "", text
        text = rest
    if text.startswith("User"):
        name, comma, rest = text.partition(", ")
        if comma and name.startswith(("Username = ", "User = ")):
            text = rest
    if text.startswith("IP = "):
        ip, comma, rest = text[5:].partition(", ")
        if not comma:
            return group, "", text
        text = rest
    return group.strip(" "), ip.strip(" "), text


ASA = AsaDialect()
