"""What an ASA says, without its envelope: the catalogue's own lines and the sayings, in one index by number of rows.

Blocks of several rows are recognised row by row: each beginning of a block is a shape too, which tells nothing and is
open for more. A block whose rows were run together in one line is read as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from mainmode.catalogue.entry import Facts, Kind, Tells
from mainmode.catalogue.facts import Fact, Message
from mainmode.catalogue.kinds import DUMP
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


@cache
def _indices() -> Mapping[int, Index[Spoken]]:
    whole: dict[int, list[Shape[Spoken]]] = {}
    cut: dict[int, list[Shape[Spoken]]] = {}
    for entry in ALL:
        spoken = Spoken(entry.name, entry.tells, entry.peer_in)
        for template in (entry.template, *entry.aliases):
            for rows, shape in _shapes(spoken, template, entry.kinds):
                (cut if shape.cut else whole).setdefault(rows, []).append(shape)
    return {rows: Index([*whole.get(rows, ()), *cut.get(rows, ())]) for rows in {*whole, *cut}}


def _step(name: str, facts: tuple[Fact, ...], values: Mapping[str, Any]) -> str:
    if name == "QM_PACKET":
        return _QM_STEPS.get(values["number"], "")
    for fact in facts:
        if isinstance(fact, Message):
            return fact.name
    return ""


def read_text(text: str) -> Text | None:
    """Read a folded text without envelope and prefix; None where the device says no such thing."""
    rows = text.count("\n") + 1
    found = None
    for number in (rows, ANY_ROWS) if rows > 1 else (rows,):
        index = _indices().get(number)
        found = index.find(text) if index is not None else None
        if found is not None:
            break
    else:
        return None
    shape, values = found
    spoken = shape.owner
    if shape.cut:
        return Text(spoken.name, (), values, "", True, "")
    facts = spoken.tells(values)
    peer = values.get(spoken.peer_in)
    step = _step(spoken.name, facts, values)
    return Text(spoken.name, facts, values, "" if peer is None else str(peer), number == ANY_ROWS, step)
