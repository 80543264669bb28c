"""The declaration language of commands: one text with typed parts, from which reader, writer and reference come.

    crypto isakmp/ikev1 policy {priority:1-65535}
    crypto map {map_name:name} {sequence:1-65535} set pfs ~ [{pfs:pfs-group}]

`isakmp/ikev1`   a keyword spelled by release (8.2/8.3, then 8.4+); `-/ikev1` stands in the later one only
`{name:kind}`    a typed part: a kind of `kinds.py` or `forms.py`, a range `1-65535`, or keywords `md5|sha` (a single
                 one: `main|`); `1-9|none` reads the word as None; `...10` after the kind: one to ten of them
`[ … ]`          optional; a flag of that name where a keyword is all that it must have (`no-proxy-arp` -> no_proxy_arp)
`<[ … ] [ … ]>`  optional parts that may change places
`~`              where the `no` form may end
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any, Protocol

from mainmode.device.config.model import Release

_PIECE = re.compile(r"\s*(?:([\[<])|([\]>])|(~)|\{(\w+):([^{}]+?)(?:\.\.\.(\d+))?\}|([^\s\[\]<>{}~]+))")
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


@dataclass(frozen=True, slots=True)
class Tokens:
    """One line cut at its blanks. `columns` count from 1; `names` are the file's `name A N` so far, and `port_groups`
    its object-groups of ports.

    `lower` are the words in lower case, each once.
    """

    line: str
    words: tuple[str, ...]
    columns: tuple[int, ...]
    names: Mapping[str, IPv4Address]
    lower: frozenset[str]
    port_groups: Collection[str] = ()

    @classmethod
    def of(cls, line: str, names: Mapping[str, IPv4Address], port_groups: Collection[str] = ()) -> "Tokens":
        """The tokens of `line`."""
        found = list(_WORD.finditer(line))
        words = tuple([one.group() for one in found])
        columns = tuple([one.start() + 1 for one in found])
        return cls(line, words, columns, names, frozenset(map(str.lower, words)), port_groups)

    def rest(self, at: int) -> str:
        """The line's text from token `at` on."""
        return self.line[self.columns[at] - 1 :].rstrip()


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


class Syntax:
    """One declared command text. Raises ValueError for a declaration that does not parse (a bug of ours)."""

    def __init__(self, text: str, kinds: Callable[[str], Kind]) -> None:
        self.text = text
        pieces = list(_PIECE.finditer(text))
        if "".join(piece.group() for piece in pieces) != text:
            raise ValueError(f"not a syntax: {text}")
        self.parts = _parts(pieces, kinds)
        self.secrets = frozenset(one.name for one in _inner(self.parts) if isinstance(one, Slot) and one.kind.secret)
        self._needs = tuple(_needs(self.parts))

    @property
    def starts(self) -> frozenset[str] | None:
        """The words, in lower case, that it may begin with; None: others too."""
        return _starts(self.parts[0])

    def possible(self, tokens: Tokens) -> bool:
        """Whether the line has all keywords that this syntax cannot do without: a quick test before `read`."""
        return not any(need.isdisjoint(tokens.lower) for need in self._needs)

    def keywords(self, place: int) -> tuple[str, ...]:
        """The spellings of the keyword at `place` (from 0), by which lines find declarations; none for other parts."""
        part = self.parts[place] if place < len(self.parts) else None
        if not isinstance(part, Word) or part.old is None:
            return ()
        return (part.old,) if part.new in (None, part.old) else (part.old, part.new or "")

    def read(self, tokens: Tokens, start: int, negated: bool, miss: Miss) -> Match | None:
        """The values of the line from token `start` on, or None; then `miss` knows how far it came."""
        found = _Reading(tokens, miss, negated=negated).follow(self.parts, start, Match({}, frozenset(), ()))
        return found[0] if found else None

    def read_prefix(self, tokens: Tokens, start: int, miss: Miss) -> tuple[Match, int] | None:
        """Like `read`, for the beginning of what stands there; also the token after it."""
        return _Reading(tokens, miss, whole=False).follow(self.parts, start, Match({}, frozenset(), ()))

    def write(self, values: Mapping[str, Any], spelling: Spelling, *, to_mark: bool = False) -> str:
        """The command with these values; `to_mark` ends it at `~`. Raises UnwritableError where it cannot say them."""
        words: list[str] = []
        used: set[str] = set()
        self._write(self.parts, values, spelling, (words, used), to_mark)
        if not to_mark and not used >= {name for name, value in values.items() if value is not False}:
            raise UnwritableError(self.text)
        return " ".join(words)

    def write_parts(self, values: Mapping[str, Any], spelling: Spelling) -> str:
        """The typed parts alone, without keywords. Raises UnwritableError."""
        slots = (part for part in _inner(self.parts) if isinstance(part, Slot) and part.name in values)
        return " ".join(slot.kind.write(values[slot.name], spelling) for slot in slots)

    def _write(
        self,
        parts: Sequence[Part],
        values: Mapping[str, Any],
        spelling: Spelling,
        out: tuple[list[str], set[str]],
        to_mark: bool,
    ) -> None:
        words, used = out
        for part in parts:
            if isinstance(part, NoEnd):
                if to_mark:
                    return
            elif isinstance(part, Word):
                spelled = part.spelled(spelling.release)
                if spelled:
                    words.append(spelled)
            elif isinstance(part, Optional):
                if part.wanted(values):
                    used.add(part.flag or "")
                    self._write(part.parts, values, spelling, out, to_mark)
            elif isinstance(part, AnyOrder):
                self._write(part.parts, values, spelling, out, to_mark)
            else:
                if part.name not in values:
                    raise UnwritableError(part.name)
                used.add(part.name)
                value = values[part.name]
                many = value if part.most > 1 else (value,)
                words.extend(part.kind.write(one, spelling) for one in many)

    def reference(self) -> str:
        """The syntax as a command reference prints it."""
        return _shown(self.parts)


class _Reading:
    """One try of one syntax on one line."""

    def __init__(self, tokens: Tokens, miss: Miss, *, negated: bool = False, whole: bool = True) -> None:
        self._tokens = tokens
        self._miss = miss
        self._negated = negated
        self._whole = whole

    def follow(self, parts: Sequence[Part], at: int, match: Match) -> tuple[Match, int] | None:
        """The match and the token after it; adds to the values of `match`."""
        count = len(self._tokens.words)
        for index, part in enumerate(parts):
            if isinstance(part, Optional | AnyOrder):
                found = self._choose(part, parts[index + 1 :], at, match)
                if found is not None:
                    return found
            elif isinstance(part, NoEnd):
                if self._negated and at == count:
                    return match, at
            else:
                step = self._word(part, at, match) if isinstance(part, Word) else self._slot(part, at, match)
                if step is None:
                    return None
                match, at = step
        if self._whole and at < count:
            self._miss.note(at, END)
            return None
        return match, at

    def _choose(
        self, part: Optional | AnyOrder, after: Sequence[Part], at: int, match: Match
    ) -> tuple[Match, int] | None:
        """The match with a part that may be left out, or with one of those that may change places; None: without."""
        options = part.parts if isinstance(part, AnyOrder) else (part,)
        for place, option in enumerate(options):
            if not self._begins(option, at):
                continue
            flags = {option.flag: True} if option.flag else {}
            taken = Match({**match.values, **flags}, match.releases, match.secrets)
            others = (*options[:place], *options[place + 1 :])
            rest = (AnyOrder(others),) if others else ()
            found = self.follow((*option.parts, *rest, *after), at, taken)
            if found is not None:
                return found
        return None

    def _begins(self, part: Optional, at: int) -> bool:
        head = part.parts[0]
        starts = _starts(head)
        if starts is None:
            return True
        fits = at < len(self._tokens.words) and self._tokens.words[at].lower() in starts
        if not fits:
            self._miss.note(at, head.kind.expected if isinstance(head, Slot) else str(getattr(head, "old", "")))
        return fits

    def _word(self, part: Word, at: int, match: Match) -> tuple[Match, int] | None:
        word = self._tokens.words[at].lower() if at < len(self._tokens.words) else None
        if word is not None and word in (part.old, part.new):
            if part.old == part.new:
                return match, at + 1
            told = Release.OLD if word == part.old else Release.NEW
            return Match(match.values, match.releases | {told}, match.secrets), at + 1
        self._miss.note(at, part.old or part.new or "")
        if part.old is None:
            return Match(match.values, match.releases | {Release.OLD}, match.secrets), at
        return None

    def _slot(self, part: Slot, at: int, match: Match) -> tuple[Match, int] | None:
        start = at
        many: list[Any] = []
        while len(many) < part.most:
            try:
                if at >= len(self._tokens.words):
                    raise MismatchError(at, part.kind.expected)
                value, at = part.kind.read(self._tokens, at)
            except MismatchError as mismatch:
                self._miss.note(mismatch.at, mismatch.expected, mismatch.wording)
                if not many:
                    return None
                break
            many.append(value)
        secrets = match.secrets + (tuple(range(start, at)) if part.kind.secret else ())
        match.values[part.name] = tuple(many) if part.most > 1 else many[0]
        releases = match.releases
        if part.tells:
            words = (word.lower() for word in self._tokens.words[start:at])
            releases = releases | {part.tells[word] for word in words if word in part.tells}
        if secrets == match.secrets and releases == match.releases:
            return match, at
        return Match(match.values, releases, secrets), at


def _parts(pieces: list[re.Match[str]], kinds: Callable[[str], Kind]) -> tuple[Part, ...]:
    stack: list[list[Part]] = [[]]
    for opening, closing, mark, name, kind, most, word in (piece.groups() for piece in pieces):
        if opening:
            stack.append([])
        elif closing == ">":
            options = tuple(one for one in stack.pop() if isinstance(one, Optional))
            stack[-1].append(AnyOrder(options))
        elif closing:
            inner = tuple(stack.pop())
            head = inner[0] if all(isinstance(one, Optional) for one in inner[1:]) else None
            flag = head.old.replace("-", "_") if isinstance(head, Word) and head.old else None
            stack[-1].append(Optional(inner, flag))
        elif mark:
            stack[-1].append(NoEnd())
        elif name:
            found = kinds(kind)
            stack[-1].append(Slot(name, found, int(most or 1), getattr(found, "tells", {})))
        else:
            old, _, new = word.partition("/")
            stack[-1].append(Word(None if old == "-" else old, new or old))
    return tuple(stack[0])


def _starts(part: Part) -> frozenset[str] | None:
    """The words that a part may begin with; None: others too, or none at all."""
    if isinstance(part, Slot):
        return part.kind.starts
    if isinstance(part, Word) and part.old is not None and part.new is not None:
        return frozenset((part.old, part.new))
    return None


def _needs(parts: Sequence[Part]) -> Iterator[frozenset[str]]:
    """Of each part that every line of a syntax has, its `no` form too, the words one of which must stand there."""
    for part in parts:
        if isinstance(part, NoEnd):
            return
        words = _starts(part)
        if words is not None:
            yield words


def _inner(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        yield part
        if isinstance(part, Optional | AnyOrder):
            yield from _inner(part.parts)


def _shown(parts: Sequence[Part]) -> str:
    shown: list[str] = []
    for part in parts:
        if isinstance(part, Word):
            if part.old == part.new:
                shown.append(part.new or "")
            else:
                shown.append(f"{{{part.old}|{part.new}}}" if part.old else f"[{part.new}]")
        elif isinstance(part, Slot):
            label = part.kind.label or part.name.upper().replace("_", "-")
            shown.append(label if part.most == 1 else f"{label} … (up to {part.most})")
        elif isinstance(part, Optional):
            shown.append(f"[{_shown(part.parts)}]")
        elif isinstance(part, AnyOrder):
            shown.append(_shown(part.parts))
    return " ".join(shown)
