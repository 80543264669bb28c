"""How a healthy pair is made faulty, or legally different: edits of the two texts, declared. Imported by the tests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mainmode.check.matrix import Came
from mainmode.check.subject import Subject, subject
from mainmode.device.config.reader import read
from mainmode.ladder.transcript import Side

PAIRS = Path(__file__).parent / "pairs"
ENTRY_A, ENTRY_B = "crypto map OUTSIDE-MAP 20", "crypto map VPN 10"
PFS_A, PFS_B = f"{ENTRY_A} set pfs group5", f"{ENTRY_B} set pfs group5"
"""The crypto map entries of the healthy pair for each other."""
SIDES = {"a": Side.A, "b": Side.B}


@dataclass(frozen=True)
class Change:
    """One text of one side replaced by another. `times`: how often it stands there; any other number is an error."""

    side: str
    old: str
    new: str
    times: int = 1

    def made(self, text: str) -> str:
        """The text with the change in it."""
        if text.count(self.old) != self.times:
            raise ValueError(f"{self.side}: {self.old!r} stands there {text.count(self.old)} times, not {self.times}")
        return text.replace(self.old, self.new)


def swap(side: str, old: str, new: str, times: int = 1) -> Change:
    """Part of a line, or several lines, written otherwise."""
    return Change(side, old, new, times)


def cut(side: str, *lines: str) -> Change:
    """Whole lines, one behind the other, that are not there."""
    old = "".join(f"{line}\n" for line in lines)
    return Change(side, f"\n{old}", "\n")


def put(side: str, before: str, *lines: str) -> Change:
    """More lines before a line."""
    return Change(side, f"\n{before}\n", "".join(f"\n{line}" for line in (*lines, before)) + "\n")


@cache
def texts(name_a: str, name_b: str) -> Mapping[Side, str]:
    """The two texts of a pair, by the names of their files."""
    return {side: (PAIRS / name).read_text("utf-8") for side, name in ((Side.A, name_a), (Side.B, name_b))}


def changed(pair: tuple[str, str], changes: Iterable[Change]) -> Mapping[Side, str]:
    """The texts of a pair with changes in them."""
    found = dict(texts(*pair))
    for change in changes:
        side = SIDES[change.side]
        found[side] = change.made(found[side])
    return found


def subject_of(pair: tuple[str, str], changes: Iterable[Change] = ()) -> Subject:
    """A pair with changes in it, ready to be checked."""
    written = changed(pair, changes)
    names = dict(zip(Side, pair, strict=True))
    return subject({side: read(written[side], names[side]) for side in Side}, written)


@dataclass(frozen=True, eq=False)
class Faulty:
    """A fault in the healthy pair, and what the preflight must say of it.

    `cause`: the codes of its troubles, with a blank between them; mostly one. `cells`: a letter of `LETTERS` for each
    row begun by A, a stroke, and for each row begun by B. `places` are lines that must be named, `b:text of the line`,
    or `b:- command` for one that is missing. `mends`: for each set of sides (`a`, `b`, `ab`) on which it can be mended,
    a command that is among those to type there, or several.
    """

    name: str
    cause: str
    changes: tuple[Change, ...]
    cells: str
    at_fault: str
    places: tuple[str, ...]
    mends: Mapping[str, str | tuple[str, ...]]
    pair: tuple[str, str] = ("hq.cfg", "plant.cfg")


LETTERS = {
    Came.UP: "U",
    Came.NARROWED: "N",
    Came.OTHER_ENTRY: "O",
    Came.REJECTED: "R",
    Came.NO_ANSWER: "?",
    Came.NO_REPLY: "Y",
    Came.IN_CLEAR: "C",
    Came.NEVER_LEAVES: "L",
    Came.NOT_BEGUN: "-",
    Came.UNTRIED: ".",
}


@dataclass(frozen=True, eq=False)
class Legal:
    """A pair that is up although its sides differ. `cells` as in `Faulty`."""

    name: str
    changes: tuple[Change, ...]
    pair: tuple[str, str] = ("hq.cfg", "plant.cfg")
    cells: str = "UUU/UUU"
