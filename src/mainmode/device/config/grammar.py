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
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mainmode.device.config.parts import (
    AnyOrder,
    Kind,
    Match,
    Miss,
    NoEnd,
    Optional,
    Part,
    Slot,
    Spelling,
    Tokens,
    UnwritableError,
    Word,
    starts,
)
from mainmode.device.config.reading import Found, Reading, compiled

_PIECE = re.compile(r"\s*(?:([\[<])|([\]>])|(~)|\{(\w+):([^{}]+?)(?:\.\.\.(\d+))?\}|([^\s\[\]<>{}~]+))")


class Syntax:
    """One declared command text. Raises ValueError for a declaration that does not parse (a bug of ours).

    `yields`: it has a part that takes any word and means one of its own where that is cut short.
    """

    def __init__(self, text: str, kinds: Callable[[str], Kind]) -> None:
        self.text = text
        pieces = list(_PIECE.finditer(text))
        if "".join(piece.group() for piece in pieces) != text:
            raise ValueError(f"not a syntax: {text}")
        self.parts = _parts(pieces, kinds)
        self.secrets = frozenset(one.name for one in _inner(self.parts) if isinstance(one, Slot) and one.kind.secret)
        self.yields = any(getattr(one.kind, "yields", False) for one in _inner(self.parts) if isinstance(one, Slot))
        self._needs = tuple(_needs(self.parts))
        self._step = compiled(self.parts)

    @property
    def starts(self) -> frozenset[str] | None:
        """The words, in lower case, that it may begin with; None: others too."""
        return starts(self.parts[0])

    def possible(self, tokens: Tokens) -> bool:
        """Whether the line has all keywords that this syntax cannot do without: a quick test before `read`."""
        return not any(need.isdisjoint(tokens.lower) for need in self._needs)

    def keywords(self, place: int) -> tuple[str, ...]:
        """The spellings of the keyword at `place` (from 0), by which lines find declarations; none for other parts."""
        part = self.parts[place] if place < len(self.parts) else None
        if not isinstance(part, Word) or part.old is None:
            return ()
        return (part.old,) if part.new in (None, part.old) else (part.old, part.new or "")

    def read(self, tokens: Tokens, start: int, negated: bool, miss: Miss | None = None) -> Match | None:
        """The values of the line from token `start` on, or None; then `miss`, if given, knows how far it came."""
        reading = Reading(tokens, miss, negated)
        found = self._step(reading, start, {})
        return Match(found[0], frozenset(reading.told), tuple(reading.secrets)) if found is not None else None

    def read_prefix(self, tokens: Tokens, start: int, miss: Miss | None = None) -> Found:
        """The values of the beginning of what stands there, and the token after it."""
        return self._step(Reading(tokens, miss, whole=False), start, {})

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


def _needs(parts: Sequence[Part]) -> Iterator[frozenset[str]]:
    """Of each part that every line of a syntax has, its `no` form too, the words one of which must stand there."""
    for part in parts:
        if isinstance(part, NoEnd):
            return
        words = starts(part)
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
