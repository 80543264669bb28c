"""The words of a declared command as a value, and what may follow when some of them are typed.

    crypto {isakmp|ikev1} sa [A.B.C.D]      a choice, and what may be left out
    ping A.B.C.D <<[repeat <1-9>] [size <36-9000>]>>      options in any order, each at most once

A command's words are never written out in full: what remains of it is found word by word, so that many options in any
order cost no more than they are long.
"""

import re
from collections.abc import Iterator

from mainmode.base.dataclass import dataclass

_PIECE = re.compile(r"\s*(<<|>>|[\[\]{}|]|<\d+-\d+>|[^\s\[\]{}|]+)")

OPEN_ENDS = frozenset({"SECTION…", "LINE…"})
"""Places that take all words up to the end of the line."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences; an empty one means that it may be left out."""

    alternatives: tuple["Sequence", ...]


@dataclass(frozen=True, slots=True)
class AnyOrder:
    """Options, none of them empty, each at most once, in any order."""

    options: tuple["Sequence", ...]


Sequence = tuple["str | Choice | AnyOrder", ...]
"""Words and places, one behind the other."""


def parsed(text: str) -> Sequence:
    """A declared text as a sequence. Raises ValueError for one that does not parse: a bug of ours."""
    pieces = [piece[1] for piece in _PIECE.finditer(text)]
    sequence, rest = _sequence(pieces)
    if rest:
        raise ValueError(f"{text!r}: {rest[0]!r} stands alone")
    return sequence


def _sequence(pieces: list[str]) -> tuple[Sequence, list[str]]:
    """The sequence at the beginning, and the pieces behind it."""
    items: list[str | Choice | AnyOrder] = []
    while pieces and pieces[0] not in ("]", "}", "|", ">>"):
        first, *pieces = pieces
        if first in ("[", "{"):
            alternatives, pieces = _alternatives(pieces, "]" if first == "[" else "}")
            items.append(Choice((*alternatives, ()) if first == "[" else alternatives))
        elif first == "<<":
            options, pieces = _sequence(pieces)
            pieces = _closed(pieces, ">>")
            items.append(AnyOrder(tuple(one.alternatives[0] for one in options if isinstance(one, Choice))))
        else:
            items.append(first)
    return tuple(items), pieces


def _alternatives(pieces: list[str], closing: str) -> tuple[tuple[Sequence, ...], list[str]]:
    found = []
    while True:
        one, pieces = _sequence(pieces)
        found.append(one)
        if pieces[:1] != ["|"]:
            return tuple(found), _closed(pieces, closing)
        pieces = pieces[1:]


def _closed(pieces: list[str], closing: str) -> list[str]:
    if pieces[:1] != [closing]:
        raise ValueError(f"{closing!r} is missing before {' '.join(pieces)!r}")
    return pieces[1:]


def following(sequence: Sequence) -> Iterator[tuple[str | None, Sequence]]:
    """Each word or place that may come first, with what remains behind it; None where the sequence may end."""
    if not sequence:
        yield None, ()
        return
    head, tail = sequence[0], sequence[1:]
    if isinstance(head, str):
        yield head, (Choice(((head,), ())), *tail) if head in OPEN_ENDS else tail
    elif isinstance(head, Choice):
        for one in head.alternatives:
            yield from following((*one, *tail))
    else:
        for place, one in enumerate(head.options):
            others = head.options[:place] + head.options[place + 1 :]
            yield from following((*one, AnyOrder(others), *tail))
        yield from following(tail)


def spellings(sequence: Sequence) -> Iterator[tuple[str, ...]]:
    """Every way to write it, choices and options written out, options in the declared order; open ends once."""
    if not sequence:
        yield ()
        return
    head, tail = sequence[0], sequence[1:]
    if isinstance(head, str):
        yield from ((head, *rest) for rest in spellings(tail))
    elif isinstance(head, Choice):
        for one in head.alternatives:
            yield from spellings((*one, *tail))
    else:
        optional = tuple(Choice((one, ())) for one in head.options)
        yield from spellings((*optional, *tail))
