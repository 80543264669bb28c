"""What lines are cut into and what declared commands are made of: tokens, kinds, parts, and how they fail to fit."""

import re
from collections.abc import Collection, Mapping
from dataclasses import field
from ipaddress import IPv4Address
from itertools import islice
from typing import Any, Protocol

from mainmode.base.dataclass import dataclass
from mainmode.device.config.model import Release

_WORD = re.compile(r"[^ ]+")
END = "the end of the line"
INVALID = "ERROR: % Invalid input detected at '^' marker."


class UnwritableError(Exception):
    """A value does not fit this declaration; another one writes it."""


class MismatchError(Exception):
    """A token is not what a kind reads. `at` counts tokens; `wording` is the device's own text where it has one."""

    def __init__(self, at: int, expected: str, wording: str = "") -> None:
        self.at = at
        self.expected = expected
        self.wording = wording
        super().__init__(expected)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How values are written: in which release's words, and addresses by which names."""

    release: Release
    names: Mapping[IPv4Address, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """One line cut at its blanks; it has no repr, since it may hold a key.

    `names` are the file's `name A N` so far, `port_groups` its object-groups of ports. `lowered` are the words in lower
    case, `lower` the same as a set.
    """

    line: str
    words: tuple[str, ...]
    names: Mapping[str, IPv4Address]
    lowered: tuple[str, ...]
    lower: frozenset[str]
    port_groups: Collection[str] = ()

    @classmethod
    def of(cls, line: str, names: Mapping[str, IPv4Address], port_groups: Collection[str] = ()) -> "Tokens":
        """The tokens of `line`."""
        words = tuple(filter(None, line.split(" ")))
        lowered = tuple(map(str.lower, words))
        return cls(line, words, names, lowered, frozenset(lowered), port_groups)

    def column(self, at: int) -> int:
        """Where token `at` begins, from 1."""
        return next(islice(_WORD.finditer(self.line), at, None)).start() + 1

    def rest(self, at: int) -> str:
        """The line's text from token `at` on."""
        return self.line[self.column(at) - 1 :].rstrip()


class Kind(Protocol):
    """The type of a part: how the reference shows it, what an error says was expected, and both directions."""

    @property
    def label(self) -> str:
        """How a reference page shows it; empty: by the part's own name."""

    @property
    def expected(self) -> str:
        """What should have stood there, in words."""

    @property
    def secret(self) -> bool:
        """Whether the text must be masked wherever it is shown."""

    @property
    def starts(self) -> frozenset[str] | None:
        """The words, in lower case, that it may begin with; None: others too."""

    @property
    def words(self) -> tuple[str, ...]:
        """The words that it takes as they are, for help and completion: keywords, names of ports and the like."""

    def read(self, tokens: Tokens, at: int) -> tuple[Any, int]:
        """The value that begins at token `at` and the token after it. Raises MismatchError."""

    def write(self, value: Any, spelling: Spelling) -> str:
        """The value's text. Raises UnwritableError."""


@dataclass(frozen=True, slots=True)
class Word:
    """A keyword by release; None where that release has none."""

    old: str | None
    new: str | None

    def spelled(self, release: Release) -> str | None:
        """The word in one release."""
        return self.old if release is Release.OLD else self.new


@dataclass(frozen=True, slots=True)
class Slot:
    """A typed part; `most` > 1 reads a tuple of one to `most` values. `tells` are words that only one release has."""

    name: str
    kind: Kind
    most: int
    tells: Mapping[str, Release] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Optional:
    """A part that may be left out; `flag` is its name where a keyword is all that it must have."""

    parts: tuple["Part", ...]
    flag: str | None

    def wanted(self, values: Mapping[str, Any]) -> bool:
        """Whether these values ask for the part to be written."""
        if self.flag is not None:
            return bool(values.get(self.flag))
        return any(
            part.name in values if isinstance(part, Slot) else isinstance(part, Optional) and part.wanted(values)
            for part in self.parts
        )


@dataclass(frozen=True, slots=True)
class AnyOrder:
    """Parts that may be left out and may change places; they are written in this order."""

    parts: tuple[Optional, ...]


class NoEnd:
    """Where the `no` form may end."""


Part = Word | Slot | Optional | AnyOrder | NoEnd


@dataclass(slots=True)
class Miss:
    """How far a line fitted its nearest declarations: the token where it stopped and what was expected there."""

    at: int = -1
    expected: list[str] = field(default_factory=list)
    wording: str = ""

    def note(self, at: int, expected: str, wording: str = "") -> None:
        """Remember a failure at token `at`, if none came further."""
        if at < self.at:
            return
        if at > self.at:
            self.at, self.expected, self.wording = at, [], ""
        self.wording = self.wording or wording
        if expected not in self.expected:
            self.expected.append(expected)


@dataclass(frozen=True, slots=True)
class Match:
    """A line read by a syntax: values by part name, releases that its spelling tells of, and secret tokens."""

    values: dict[str, Any]
    releases: frozenset[Release]
    secrets: tuple[int, ...]


def starts(part: Part) -> frozenset[str] | None:
    """The words that a part may begin with; None: others too, or none at all."""
    if isinstance(part, Slot):
        return part.kind.starts
    if isinstance(part, Word) and part.old is not None and part.new is not None:
        return frozenset((part.old, part.new))
    return None
