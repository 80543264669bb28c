"""Sentences that people type: declared once with typed places; reader and reference page come from that.

A sentence is declared as `restart {device:DEVICE} [for {down:SPAN}]`: words as they are, places in braces with the name
of a field and a kind, what may be left out in brackets.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from ipaddress import IPv4Address
from typing import Any, ClassVar, Generic, TypeVar

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError

_PLACE = re.compile(r"\{(\w+):(\w+)\}")
_LONGEST_SHOWN = 100

Known = TypeVar("Known", contravariant=True)


@dataclass(frozen=True, slots=True)
class Kind(Generic[Known]):
    """What may stand in a place: how it looks, what it means, and how it is read (raises InputError).

    `Known` is what a reader has to know beside the text, such as the names that exist.
    """

    pattern: str
    meaning: str
    read: Callable[[str, Known], Any]


def _address(text: str, _: object) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise InputError(f"{text} is no IPv4 address") from None


PLAIN: Mapping[str, Kind[object]] = {
    "ADDRESS": Kind(r"[\d.]+", "an IPv4 address", _address),
    "COUNT": Kind(r"\d{1,9}", "a whole number", lambda text, _: int(text)),
    "WORD": Kind(r"\S+", "a word", lambda text, _: text),
    "TEXT": Kind(r"\S.*", "the rest of the line", lambda text, _: text),
}
"""The kinds that are read without knowing anything."""


class Sentence:
    """What all sentences have: `SYNTAX` and, in the docstring, what it means. The fields are the places."""

    SYNTAX: ClassVar[str]


Form = TypeVar("Form", bound=Sentence)


class Grammar(Generic[Form, Known]):
    """The sentences that are understood in one place, in the order in which they are tried."""

    def __init__(self, forms: Iterable[type[Form]], kinds: Mapping[str, Kind[Known]]) -> None:
        self.forms = tuple(forms)
        self._kinds = kinds

    @cached_property
    def _patterns(self) -> tuple[tuple[type[Form], re.Pattern[str]], ...]:
        return tuple((form, _pattern(form.SYNTAX, self._kinds)) for form in self.forms)

    def read(self, text: str, known: Known) -> Form:
        """The first form that the text fits, with its places filled. Raises InputError, with what is understood."""
        for form, pattern in self._patterns:
            found = pattern.fullmatch(text.strip())
            if found is not None:
                kinds = places_of(form.SYNTAX)
                given = {name: value for name, value in found.groupdict().items() if value is not None}
                made: Callable[..., Form] = form
                return made(**{name: self._kinds[kinds[name]].read(value, known) for name, value in given.items()})
        raise InputError(_not_understood(text, [form.SYNTAX for form in self.forms]))


def _pattern(syntax: str, kinds: Mapping[str, Kind[Any]]) -> re.Pattern[str]:
    """The syntax as a regular expression; each place is a group of its name."""
    written = []
    position = 0
    for place in _PLACE.finditer(syntax):
        written.append(_literal(syntax[position : place.start()]))
        written.append(f"(?P<{place[1]}>{kinds[place[2]].pattern})")
        position = place.end()
    written.append(_literal(syntax[position:]))
    return re.compile("".join(written), re.DOTALL)


def _literal(text: str) -> str:
    """Words of a syntax as a regular expression: any blanks between them, and what is in brackets may be left out."""
    escaped = re.escape(text).replace(r"\ \[", r"(?:\s+").replace(r"\]", ")?")
    return escaped.replace(r"\ ", r"\s+")


def places_of(syntax: str) -> dict[str, str]:
    """The places of a sentence: field and kind."""
    return {place[1]: place[2] for place in _PLACE.finditer(syntax)}


def shown(syntax: str) -> str:
    """The syntax as a person reads it: `restart DEVICE [for SPAN]`."""
    return _PLACE.sub(lambda place: place[2], syntax)


def _not_understood(text: str, syntaxes: list[str]) -> str:
    first = text.split()[:1]
    alike = [syntax for syntax in syntaxes if syntax.split()[:1] == first] or syntaxes
    short = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return "\n  ".join([f"not understood: {short}", "what is understood:", *(shown(one) for one in alike)])
