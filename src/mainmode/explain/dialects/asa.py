"""The dialect of Cisco's ASA, PIX and FTD: debug lines in both shapes, system log in every form of header."""

import re

from mainmode.catalogue.dialects.asa import SUBJECTS, TUNNEL
from mainmode.catalogue.facts import NO_TAG, Tag
from mainmode.catalogue.phrasebook import folded
from mainmode.catalogue.telling import role_of
from mainmode.explain.dialect import OTHER, Clock, Reading
from mainmode.explain.dialects.asa_envelope import HEAD, REACH, is_other, is_single, opened, start
from mainmode.explain.dialects.asa_texts import Text, read_text
from mainmode.explain.dialects.stamps import clock_of

MAX_LENGTH = 8192
"""Characters of a record; anything longer is not read."""
_MOST_KEPT = 1 << 14
"""Texts that are remembered with what they tell."""
_OTHER = Reading("other", other=True)
_LABELS = ("Group", "Username", "User", "IP")
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")


class AsaDialect:
    """See the module. It keeps what it has read, bounded, since a log says the same again and again."""

    name = "asa"
    title = "Cisco ASA/PIX/FTD"
    head = HEAD

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str], Text | None] = {}
        self._said: dict[str, Reading | None] = {}
        self._clocks: dict[str, Clock] = {}

    def read(self, text: str) -> Reading | None:
        """See `Dialect`."""
        parts = self.parted(text)
        if parts is OTHER:
            return _OTHER
        if parts is None:
            return self._read_slowly(text)
        front, rest = parts
        reading = self._said.get(rest)
        if reading is None:
            reading = self.said(rest)
            if reading is None:
                return None
            if len(self._said) >= _MOST_KEPT:
                self._said.clear()
            self._said[rest] = reading
        if not front:
            return reading
        clock = self._clocks.get(front)
        if clock is None:
            if len(self._clocks) >= _MOST_KEPT:
                self._clocks.clear()
            clock = self._clocks[front] = clock_of(front)
        return Reading(
            reading[0], reading[1], reading[2], clock.stamp, clock.at, clock.host, False, reading[7], reading[8]
        )

    def continues(self, text: str, line: str) -> bool:
        """See `Dialect`: the next row of a block, or the rest of a line that is nothing yet."""
        if not line.strip() or HEAD.search(line) is not None:
            return False
        whole = self.read(f"{text}\n{line}")
        if whole is not None:
            return True
        return HEAD.match(text) is not None and self.read(text) is None

    # In parts: see `Enveloped`

    def parted(self, line: str) -> tuple[str, str] | None:
        """See `Enveloped`."""
        at = line.find("%ASA-")
        if at < 0:
            at = line.find("[IKEv1")
            if at < 0:
                at = start(line)
                if at < 0:
                    return None
        if at > REACH:
            return None
        if line[at] == "%":
            number = line[at + 7 : at + 13]
            if not number.isdigit():
                return (line[:at], line[at:]) if len(line) <= MAX_LENGTH else None
            if is_other(number, line):
                return OTHER if line.find("%ASA-", at + 5) < 0 else None
        return (line[:at], line[at:]) if len(line) <= MAX_LENGTH else None

    def said(self, rest: str) -> Reading | None:
        """See `Enveloped`."""
        if not is_single(rest):
            return None
        number, text = opened(rest)
        if number and is_other(number, rest):
            return _OTHER
        return self._reading(text, SUBJECTS.get(number[:3], TUNNEL))

    def clock(self, front: str) -> Clock:
        """See `Enveloped`."""
        return clock_of(front)

    def _read_slowly(self, text: str) -> Reading | None:
        """A text without envelope, with or without a clock in front."""
        if len(text) > MAX_LENGTH or start(text) >= 0:
            return None
        return self._reading(text, "")

    def _reading(self, text: str, subject: str) -> Reading | None:
        """What the text behind the envelope tells."""
        group, ip, body = _about(folded(text))
        found = self._text(body, subject)
        if found is None:
            return None
        values = found.values
        tag = Tag(
            peer=ip or found.peer or (group if _ADDRESS.fullmatch(group) else ""),
            group=group or str(values.get("group", "")),
            message_id=values.get("message_id"),
            role=role_of(str(values["role"])) if "role" in values else None,
        )
        return Reading(found.name, found.facts, NO_TAG if tag == NO_TAG else tag, open=found.open, step=found.step)

    def _text(self, body: str, subject: str) -> Text | None:
        key = (subject, body)
        if key in self._texts:
            return self._texts[key]
        if len(self._texts) >= _MOST_KEPT:
            self._texts.clear()
        found = self._texts[key] = read_text(body, subject)
        return found


def _about(text: str) -> tuple[str, str, str]:
    """Group, address and the rest of `Group = G, Username = U, IP = A, text`."""
    values = {}
    for label in _LABELS:
        opening = f"{label} = "
        if text.startswith(opening):
            value, comma, rest = text[len(opening) :].partition(", ")
            if not comma:
                break
            values[label] = value.strip(" ")
            text = rest
    return values.get("Group", ""), values.get("IP", ""), text


ASA = AsaDialect()
