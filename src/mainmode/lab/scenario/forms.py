"""Sentences that a scenario is written in: declared once with typed places; reader and reference page come from that.

A sentence is declared as `restart {device:DEVICE} [for {down:SPAN}]`: words as they are, places in braces with the name
of a field and a kind, what may be left out in brackets.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address
from typing import Any, ClassVar, TypeVar

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import InputError
from mainmode.lab.lengths import read_span
from mainmode.lab.link import read_link

_PLACE = re.compile(r"\{(\w+):(\w+)\}")
_LONGEST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Known:
    """What names in a sentence may stand for: the scenario's devices and its NAT boxes."""

    devices: tuple[str, ...]
    nat_boxes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """What may stand in a place: how it looks, what it means, and how it is read (raises InputError)."""

    pattern: str
    meaning: str
    read: Callable[[str, Known], Any]


def _device(text: str, known: Known) -> str:
    if text not in known.devices:
        raise InputError(f"there is no device {text}; the devices are {', '.join(known.devices)}")
    return text


def _nat_box(text: str, known: Known) -> str:
    if text not in known.nat_boxes:
        raise InputError(f"there is no NAT box {text}; the NAT boxes are {', '.join(known.nat_boxes) or 'none'}")
    return text


def _node(text: str, known: Known) -> str:
    if text not in known.devices and text not in known.nat_boxes:
        raise InputError(f"there is no device {text}; there are {', '.join((*known.devices, *known.nat_boxes))}")
    return text


def _address(text: str, _: Known) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise InputError(f"{text} is no IPv4 address") from None


def _link(text: str, _: Known) -> str:
    read_link(text, "link")
    return text


KINDS: Mapping[str, Kind] = {
    "DEVICE": Kind(r"[\w.-]+", "a device of the scenario, by its name there", _device),
    "NAT": Kind(r"[\w.-]+", "a NAT box of the scenario", _nat_box),
    "NODE": Kind(r"[\w.-]+", "a device or a NAT box", _node),
    "ADDRESS": Kind(r"[\d.]+", "an IPv4 address", _address),
    "SPAN": Kind(r"[\d.a-z]+", "a length of time, such as `80ms`, `90s`, `1h30m`", lambda text, _: read_span(text)),
    "COUNT": Kind(r"\d{1,9}", "a whole number", lambda text, _: int(text)),
    "COMPARED": Kind(r"<=|>=|=", "`<=`, `>=` or `=`", lambda text, _: text),
    "DF": Kind(r"df", "`df`", lambda text, _: True),
    "ARROW": Kind(r"->", "`->`", lambda text, _: True),
    "PROTOCOL": Kind(r"udp|tcp", "`udp` or `tcp`", lambda text, _: IpProtocol[text.upper()]),
    "LINK": Kind(r"\S+", "options of a link, such as `delay=80ms,loss=5%` (see below)", _link),
    "STATE": Kind(r"up|down", "`up` or `down`", lambda text, _: text),
    "SAS": Kind(r"(?:ike|ipsec) sas", "`ike sas` or `ipsec sas`", lambda text, _: text.split()[0]),
    "COMMAND": Kind(r"\S.*?", "a `show` command, without the word itself", lambda text, _: text),
    "HAS": Kind(r"has no|has", "`has` or `has no`", lambda text, _: text == "has"),
    "PHASE": Kind(r"phase ?1|phase ?2", "`phase1` or `phase2`", lambda text, _: int(text[-1])),
    "CODE": Kind(r"[A-Z][A-Z0-9_]*", "a code of the page of the verdicts, or `UP`", lambda text, _: text),
    "WORD": Kind(r"\S+", "a word", lambda text, _: text),
    "TEXT": Kind(r"\S.*", "the rest of the line", lambda text, _: text),
}
"""All kinds of places."""


class Sentence:
    """What all sentences have: `SYNTAX` and, in the docstring, what it means. The fields are the places."""

    SYNTAX: ClassVar[str]


Form = TypeVar("Form", bound=Sentence)


@cache
def _pattern(syntax: str) -> re.Pattern[str]:
    """The syntax as a regular expression; each place is a group of its name."""
    written = []
    position = 0
    for place in _PLACE.finditer(syntax):
        written.append(_literal(syntax[position : place.start()]))
        written.append(f"(?P<{place[1]}>{KINDS[place[2]].pattern})")
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


def read_sentence(text: str, forms: Iterable[type[Form]], known: Known) -> Form:
    """The first of the forms that the text fits, with its places filled. Raises InputError, with what is understood."""
    forms = tuple(forms)
    for form in forms:
        found = _pattern(form.SYNTAX).fullmatch(text.strip())
        if found is not None:
            kinds = places_of(form.SYNTAX)
            given = {name: value for name, value in found.groupdict().items() if value is not None}
            made: Callable[..., Form] = form
            return made(**{name: KINDS[kinds[name]].read(value, known) for name, value in given.items()})
    raise InputError(_not_understood(text, [form.SYNTAX for form in forms]))


def _not_understood(text: str, syntaxes: list[str]) -> str:
    first = text.split()[:1]
    alike = [syntax for syntax in syntaxes if syntax.split()[:1] == first] or syntaxes
    short = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return "\n  ".join([f"not understood: {short}", "what is understood:", *(shown(one) for one in alike)])
