"""Printed text back into lines: the same entries, read backwards.

Runs of blanks count as one, so collapsed or padded copies are read too. An index on the first words of each template
leaves a handful of patterns to try; patterns are compiled when first needed. Every pattern is bounded and has no
nested repetition over the same characters, so the time is linear in the text, which is bounded as well.
"""

import re
from collections.abc import Iterator
from functools import cache

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.entry import NOBODY, About, Channel, Entry, Line, Syslog
from mainmode.catalogue.envelope import Form
from mainmode.catalogue.lines import ALL
from mainmode.catalogue.phrasebook import Index, Shape, folded

MAX_LENGTH = 8192
"""Characters of one line or block; anything longer is not recognised."""
_HEAD_REACH = 256
"""How far into a text its bracket or message id is sought: collectors put time, host and priority in front."""

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


def shapes(entry: Entry) -> Iterator[Shape[Entry]]:
    """The ways in which an entry may look when whole."""
    for template in (entry.template, *entry.aliases):
        yield Shape(entry, template, entry.kinds)


@cache
def _index() -> Index[Entry]:
    whole = [shape for entry in ALL for shape in shapes(entry)]
    heads: dict[str, list[Shape[Entry]]] = {}
    for shape in whole:
        head, block, _ = shape.template.partition("\n")
        if block:
            heads.setdefault(head, []).append(Shape(shape.owner, head, shape.owner.kinds, cut=True))
    return Index([*whole, *(alike[0] for alike in heads.values() if len(alike) == 1)])


def recognise_text(text: str) -> Line | None:
    """The line that a text without bracket, message id and prefix is; None where the catalogue has no such line."""
    if len(text) > MAX_LENGTH:
        return None
    found = _index().find(folded(text))
    if found is None or found[0].cut:
        return None
    return Line(found[0].owner, found[1])


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
        found = _index().find(rest)
        if found is not None:
            shape, values = found
            line = Line(shape.owner, values, about)
            return Recognised(line, channel or shape.owner.channel, form, syslog, stamp.strip(" :"), shape.cut)
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
