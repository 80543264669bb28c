"""How a command of the exec mode is declared: its words with typed places, its handler, a line of help, its surety."""

import re
from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from ipaddress import IPv4Address
from typing import Generic, TypeVar

from mainmode.base.dataclass import dataclass
from mainmode.device.line.places import ACCESS_LIST as ACCESS_LIST
from mainmode.device.line.places import ADDRESS as ADDRESS
from mainmode.device.line.places import CRYPTO_MAP as CRYPTO_MAP
from mainmode.device.line.places import INTERFACE as INTERFACE
from mainmode.device.line.places import NAME as NAME
from mainmode.device.line.places import OBJECT as OBJECT
from mainmode.device.line.places import PLACES as PLACES
from mainmode.device.line.places import REST as REST
from mainmode.device.line.syntax import Sequence, parsed, spellings

_LABEL = re.compile(r"\b[\w-]+=(?=[<A-Z])")
_SHOWING = frozenset({"show", "more", "dir"})
"""First words of commands that only print."""


class Surety(Enum):
    """How sure a command's layout is."""

    ATTESTED = "attested"
    """A real device's output was read."""
    PARTLY = "attested in part"
    """Read for one release or for some rows; the rest is ours."""
    INFERRED = "inferred"
    """Recalled or completed by us; no public output was read."""
    OURS = "ours"
    """No command of the device: a teaching aid, which takes no abbreviation away from the device's own."""


class Level(Enum):
    """How much a session may do."""

    USER = "user"
    PRIVILEGED = "privileged"


@dataclass(frozen=True, slots=True)
class Asked:
    """A command line that was understood: its keywords written out, and what stands in its open places."""

    keywords: tuple[str, ...]
    places: Mapping[str, str]

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.keywords

    def get(self, place: str) -> str | None:
        """What stands in the place; None where it was left out."""
        return self.places.get(place)

    @property
    def address(self) -> IPv4Address | None:
        """The address in the line, if it has one."""
        text = self.places.get(ADDRESS)
        return IPv4Address(text) if text is not None else None


Handler = TypeVar("Handler")
"""What carries a command out: whoever looks it up in a table knows how to call it."""


@dataclass(frozen=True, slots=True)
class Command(Generic[Handler]):
    """One command.

    `words` are the helps of its words, by the word or by the end of the path to it (`sa`, `ipsec sa`). `level` is the
    least that a session must have. `filters`: `| include …` and its like may follow.
    """

    syntax: str
    sequence: Sequence
    handler: Handler
    help: str
    surety: Surety
    note: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    level: Level = Level.PRIVILEGED
    filters: bool = False

    @property
    def text(self) -> str:
        """The syntax as a page prints it, without labels of places."""
        return _LABEL.sub("", self.syntax).replace("<<", "").replace(">>", "")

    @property
    def spellings(self) -> tuple[tuple[str, ...], ...]:
        """Its words, every choice and every option written out."""
        return tuple(spellings(self.sequence))


def command(
    syntax: str,
    handler: Handler,
    help_line: str,
    surety: Surety,
    note: str = "",
    *,
    words: Mapping[str, str] | None = None,
    filters: bool | None = None,
    level: Level = Level.PRIVILEGED,
) -> Command[Handler]:
    """Declare a command: words, choices and options as in `syntax`, places as in `places`.

    `label=PLACE` names a place that stands twice. Without `filters`, output is filtered of what shows something.
    """
    filtered = syntax.split()[0] in _SHOWING if filters is None else filters
    return Command(syntax, parsed(syntax), handler, help_line, surety, note, words or {}, level, filtered)
