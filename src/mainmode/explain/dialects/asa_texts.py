"""What an ASA says, without its envelope: the catalogue's own lines and the sayings, in one index by number of rows.

Blocks of several rows are recognised row by row: each beginning of a block is a shape too, which tells nothing and is
open for more. A block whose rows were run together in one line is read as well.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.dialects.asa import ASA_SAYINGS
from mainmode.catalogue.dialects.asa_parts import HOST, MASKED_PROXY, MASKED_SERVICE_PROXY
from mainmode.catalogue.entry import Facts, Kind, Tells
from mainmode.catalogue.facts import Fact, Message
from mainmode.catalogue.kinds import DUMP, IPV4, PROXY, SERVICE_PROXY
from mainmode.catalogue.lines import ALL
from mainmode.catalogue.phrasebook import Index, Shape


@dataclass(frozen=True, eq=False)
class Spoken:
    """One thing that the device says, whether it is our own line or a saying."""

    name: str
    tells: Tells
    peer_in: str


class Text(NamedTuple):
    """A text, read: the declaration's name, its facts, the values of its parts, and whether more rows may follow."""

    name: str
    facts: Facts
    values: Mapping[str, Any]
    peer: str
    open: bool
    step: str


ANY_ROWS = 0
"""The number of rows of what ends in a dump of octets."""
_QM_STEPS = {"1st": "QM1", "2nd": "QM2", "3rd": "QM3"}


def _shapes(spoken: Spoken, template: str, kinds: Mapping[str, Kind]) -> Iterable[tuple[int, Shape[Spoken]]]:
    """The whole, its beginnings, and all rows in one, each with its number of rows."""
    rows = template.split("\n")
    is_dump = any(kind is DUMP for kind in kinds.values())
    yield ANY_ROWS if is_dump else len(rows), Shape(spoken, template, kinds)
    if len(rows) > 1:
        yield 1, Shape(spoken, " ".join(rows), kinds)
        for number in range(1, len(rows)):
            yield number, Shape(spoken, "\n".join(rows[:number]), kinds, cut=True)


_LENIENT = {id(IPV4): HOST, id(PROXY): MASKED_PROXY, id(SERVICE_PROXY): MASKED_SERVICE_PROXY}
"""Kinds of the catalogue's parts, and what is read in their place: addresses may be masked."""


def _own_lines() -> Iterable[tuple[int, Shape[Spoken]]]:
    for entry in ALL:
        spoken = Spoken(entry.name, entry.tells, entry.peer_in)
        kinds = {part: _LENIENT.get(id(kind), kind) for part, kind in entry.kinds.items()}
        for template in (entry.template, *entry.aliases):
            yield from _shapes(spoken, template, kinds)


def _sayings(subject: str) -> Iterable[tuple[int, Shape[Spoken]]]:
    for saying in ASA_SAYINGS.get(subject, ()):
        spoken = Spoken(saying.name, saying.tells, "peer")
        for template in saying.templates:
            yield from _shapes(spoken, template, saying.kinds)


def _by_rows(shapes: Iterable[tuple[int, Shape[Spoken]]]) -> Mapping[int, Index[Spoken]]:
    found: dict[int, list[Shape[Spoken]]] = {}
    for rows, shape in shapes:
        found.setdefault(rows, []).append(shape)
    return {rows: Index(several) for rows, several in found.items()}


@cache
def _own() -> tuple[Mapping[int, Index[Spoken]], Mapping[int, Index[Spoken]]]:
    """Our own lines as a whole, and the beginnings of blocks, by number of rows."""
    lines = list(_own_lines())
    return _by_rows(one for one in lines if not one[1].cut), _by_rows(one for one in lines if one[1].cut)


@cache
def _indices(subject: str) -> tuple[Mapping[int, Index[Spoken]], ...]:
    """In the order of trying: our own lines, beginnings of blocks, the sayings of a subject."""
    whole, cut = _own()
    return (whole, cut, _by_rows(_sayings(subject))) if subject else (whole, cut)


def _step(name: str, facts: tuple[Fact, ...], values: Mapping[str, Any]) -> str:
    if name == "QM_PACKET":
        return _QM_STEPS.get(values["number"], "")
    for fact in facts:
        if isinstance(fact, Message):
            return fact.name
    return ""


def _sought(text: str, subject: str) -> tuple[Shape[Spoken], Mapping[str, Any], bool] | None:
    """The shape that fits, the values of its parts, and whether it is one that any number of rows may end."""
    rows = text.count("\n") + 1
    for indices in _indices(subject):
        for number in (rows, ANY_ROWS) if rows > 1 else (rows,):
            index = indices.get(number)
            found = index.find(text) if index is not None else None
            if found is not None:
                return (*found, number == ANY_ROWS)
    return None


def read_text(text: str, subject: str) -> Text | None:
    """Read a folded text without envelope and prefix; None where the device says no such thing.

    Without a subject only our own lines are sought: what stands without an envelope may be anybody's.
    """
    found = _sought(text, subject)
    if found is None:
        return None
    shape, values, is_open = found
    spoken = shape.owner
    if shape.cut:
        return Text(spoken.name, (), values, "", True, "")
    facts = spoken.tells(values)
    peer = values.get(spoken.peer_in)
    step = _step(spoken.name, facts, values)
    return Text(spoken.name, facts, values, "" if peer is None or isinstance(peer, int) else str(peer), is_open, step)
