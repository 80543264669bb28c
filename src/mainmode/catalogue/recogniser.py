"""Printed text back into lines: the same entries, read backwards.

Runs of blanks count as one, so collapsed or padded copies are read too. An index on the first words of each template
leaves a handful of patterns to try; patterns are compiled when first needed. Every pattern is bounded and has no
nested repetition over the same characters, so the time is linear in the text, which is bounded as well.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mainmode.catalogue.entry import NOBODY, About, Channel, Entry, Line, Syslog
from mainmode.catalogue.envelope import Form
from mainmode.catalogue.lines import ALL

MAX_LENGTH = 8192
"""Characters of one line or block; anything longer is not recognised."""
_HEAD_REACH = 256
"""How far into a text its bracket or message id is sought: collectors put time, host and priority in front."""

_BLANKS = re.compile(r"[ \t]+")
_PART = re.compile(r"\{(\w+)\}")
_BRACKET = re.compile(r"\[(IKEv1(?: DEBUG| DECODE)?)\]")
_MESSAGE_ID = re.compile(r"%(?:ASA|PIX|FTD)-(?:[A-Za-z]{1,16}-)?([0-7])-([0-9]{6}): ?")
_STAMP = re.compile(r"([A-Z][a-z]{2} [0-9]{1,2} (?:[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2}):? ")
_CHANNELS = {channel.value: channel for channel in Channel}


@dataclass(frozen=True, slots=True)
class Recognised:
    """A printed line, read. `form` is None where the text had neither bracket nor message id.

    `channel` is the bracket's, or the entry's own where there was none. `syslog` is severity and id as printed.
    `stamp` is whatever stood in front: clock, host, priority. `cut` tells that only the first line of a block was
    there: `line.values` holds what that line tells, and `line.text` raises KeyError.
    """

    line: Line
    channel: Channel
    form: Form | None = None
    syslog: Syslog | None = None
    stamp: str = ""
    cut: bool = False


class Shape:
    """One way in which an entry may look: its template, an alias, or the first line of its block."""

    __slots__ = ("_pattern", "cut", "entry", "template")

    def __init__(self, entry: Entry, template: str, cut: bool = False) -> None:
        self.entry = entry
        self.template = folded(template)
        self.cut = cut
        self._pattern: re.Pattern[str] | None = None

    def key(self) -> str:
        """The first two words if no part is in them, else the first, else nothing."""
        literal, part, _ = self.template.partition("{")
        words = literal.partition("\n")[0].split(" ")
        if part and "\n" not in literal:
            words.pop()
        return " ".join(words[:2])

    def read(self, text: str) -> Mapping[str, Any] | None:
        """The values of the parts, or None where the text does not fit."""
        if self._pattern is None:
            self._pattern = re.compile(self._expression())
        found = self._pattern.fullmatch(text)
        if found is None:
            return None
        kinds = self.entry.kinds
        try:
            return {part: kinds[part].read(value) for part, value in found.groupdict().items()}
        except ValueError:
            return None

    def _expression(self) -> str:
        pieces = []
        seen: set[str] = set()
        for number, piece in enumerate(_PART.split(self.template)):
            if number % 2 == 0:
                pieces.append(re.escape(piece))
            elif piece in seen:
                pieces.append(f"(?P={piece})")
            else:
                pieces.append(f"(?P<{piece}>{self.entry.kinds[piece].pattern})")
                seen.add(piece)
        return "".join(pieces)


def folded(text: str) -> str:
    """Every line stripped, its runs of blanks made one blank; line ends made plain."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    text = text.strip("\n")
    if "  " in text or "\t" in text:
        text = _BLANKS.sub(" ", text)
    if "\n" not in text:
        return text.strip(" ")
    return "\n".join([line.strip(" ") for line in text.split("\n")])


def shapes(entry: Entry) -> Iterator[Shape]:
    """The ways in which an entry may look when whole."""
    yield Shape(entry, entry.template)
    for alias in entry.aliases:
        yield Shape(entry, alias)


@cache
def _index() -> Mapping[str, tuple[Shape, ...]]:
    found: dict[str, list[Shape]] = {}
    heads: dict[str, list[Shape]] = {}
    for entry in ALL:
        for shape in shapes(entry):
            found.setdefault(shape.key(), []).append(shape)
            head, block, _ = shape.template.partition("\n")
            if block:
                heads.setdefault(head, []).append(Shape(entry, head, cut=True))
    for alike in heads.values():
        if len(alike) == 1:
            found.setdefault(alike[0].key(), []).append(alike[0])
    return {key: tuple(several) for key, several in found.items()}


def _find(text: str) -> tuple[Shape, Mapping[str, Any]] | None:
    """The shape that fits a folded text without prefix, and its values."""
    words = text.partition("\n")[0].split(" ", 2)
    index = _index()
    for key in dict.fromkeys((" ".join(words[:2]), words[0], "")):
        for shape in index.get(key, ()):
            values = shape.read(text)
            if values is not None:
                return shape, values
    return None


def recognise_text(text: str) -> Line | None:
    """The line that a text without bracket, message id and prefix is; None where the catalogue has no such line."""
    if len(text) > MAX_LENGTH:
        return None
    found = _find(folded(text))
    if found is None or found[0].cut:
        return None
    return Line(found[0].entry, found[1])


def _about(text: str) -> tuple[About, str]:
    """The prefix of a text, and the rest."""
    values = {}
    for label in ("Group", "Username", "IP"):
        opening = f"{label} = "
        if text.startswith(opening):
            value, comma, rest = text[len(opening) :].partition(", ")
            if not comma:
                break
            values[label.lower()] = value
            text = rest
    return (About(**values) if values else NOBODY), text


def recognise(text: str) -> Recognised | None:
    """Read one printed line, or one block of several lines, in any form; None where the catalogue has no such line."""
    if len(text) > MAX_LENGTH:
        return None
    text = folded(text)
    form: Form | None = None
    channel: Channel | None = None
    syslog: Syslog | None = None
    stamp = ""
    reach = min(len(text), _HEAD_REACH)
    message_id = _MESSAGE_ID.search(text, 0, reach)
    bracket = _BRACKET.search(text, 0, reach)
    if message_id is not None and (bracket is None or message_id.start() < bracket.start()):
        form = Form.SYSLOG
        syslog = Syslog(int(message_id[1]), int(message_id[2]))
        stamp, text = text[: message_id.start()], text[message_id.end() :]
        bracket = _BRACKET.match(text)
    elif bracket is None:
        clock = _STAMP.match(text)
        if clock is not None:
            stamp, text = clock[1], text[clock.end() :]
    ways = [(form, text)]
    if bracket is not None:
        channel = _CHANNELS[bracket[1]]
        if form is None:
            stamp = text[: bracket.start()]
        ways = _behind_bracket(text[bracket.end() :], form)
    for form, rest in ways:
        about, rest = _about(rest)
        found = _find(rest)
        if found is not None:
            shape, values = found
            line = Line(shape.entry, values, about)
            return Recognised(line, channel or shape.entry.channel, form, syslog, stamp.strip(" :"), shape.cut)
    return None


def _behind_bracket(text: str, form: Form | None) -> list[tuple[Form | None, str]]:
    """The ways to read what stands behind a bracket, likeliest first.

    A colon there is the form's, or begins a bare line's first part: a name may be `:` or begin so.
    """
    bare: tuple[Form | None, str] = (form or Form.BARE, text)
    if not text.startswith(":"):
        return [(bare[0], text.removeprefix(" "))]
    colon: tuple[Form | None, str] = (form or Form.COLON, text[1:].removeprefix(" "))
    return [colon, bare] if text.startswith(": ") else [bare, colon]
