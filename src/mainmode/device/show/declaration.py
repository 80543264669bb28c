"""How a `show` command is declared: its words with typed places, its handler, one line of help, and how sure it is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import AddressValueError, IPv4Address

from mainmode.device.config.model import Configuration
from mainmode.device.show.standing import Standing

ADDRESS = "A.B.C.D"
NAME = "NAME"
ACCESS_LIST = "ACCESS-LIST"
CRYPTO_MAP = "CRYPTO-MAP"
INTERFACE = "INTERFACE"
OBJECT = "OBJECT"
REST = "SECTION…"


class Surety(Enum):
    """How sure a command's layout is."""

    ATTESTED = "attested"
    """A real device's output was read."""
    PARTLY = "attested in part"
    """Read for one release or for some rows; the rest is ours."""
    INFERRED = "inferred"
    """Recalled or completed by us; no public output was read."""


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


Handler = Callable[[Standing, Asked], str]


@dataclass(frozen=True, slots=True)
class Place:
    """An open place of a command: what it takes, and which of that exists in a configuration."""

    takes: Callable[[str], bool]
    knows: Callable[[Configuration, str], bool]
    help: str


def _is_address(token: str) -> bool:
    try:
        IPv4Address(token)
    except AddressValueError:
        return False
    return True


def _anything(_: str) -> bool:
    return True


def _is_interface(configuration: Configuration, token: str) -> bool:
    lowered = token.lower()
    return any(
        token == (one.nameif.value if one.nameif is not None else None) or lowered == one.name.lower()
        for one in configuration.interfaces
    )


PLACES: Mapping[str, Place] = {
    ADDRESS: Place(_is_address, lambda _, token: _is_address(token), "an IPv4 address"),
    NAME: Place(_anything, lambda *_: False, "any name"),
    ACCESS_LIST: Place(
        _anything, lambda configuration, token: token in configuration.access_lists, "the name of an access list"
    ),
    CRYPTO_MAP: Place(
        _anything, lambda configuration, token: token in configuration.crypto_maps, "the name of a crypto map"
    ),
    INTERFACE: Place(_anything, _is_interface, "the hardware's name of an interface, or its nameif"),
    OBJECT: Place(
        _anything,
        lambda configuration, token: token in configuration.objects or token in configuration.groups,
        "the name of an object or an object-group",
    ),
    REST: Place(_anything, lambda *_: False, "the first words of the lines that are wanted"),
}
"""All kinds of open places by the word that stands for them."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command behind `show`. `spellings` are its words, every choice and every option written out."""

    syntax: str
    spellings: tuple[tuple[str, ...], ...]
    handler: Handler
    help: str
    surety: Surety
    note: str


def command(syntax: str, handler: Handler, help_line: str, surety: Surety, note: str = "") -> Command:
    """Declare a command: words, `{a|b}` for a choice, `[a]` for what may be left out, places as in `PLACES`."""
    return Command(syntax, tuple(_spellings(syntax)), handler, help_line, surety, note)


def _spellings(syntax: str) -> Iterator[tuple[str, ...]]:
    """Every way to write `syntax`."""
    opening = next((letter for letter in syntax if letter in "{["), None)
    if opening is None:
        yield tuple(syntax.split())
        return
    start = syntax.index(opening)
    end = _closing(syntax, start)
    inner = syntax[start + 1 : end]
    choices = _split(inner) if opening == "{" else [*_split(inner), ""]
    for choice in choices:
        yield from _spellings(syntax[:start] + choice + syntax[end + 1 :])


def _closing(syntax: str, start: int) -> int:
    depth = 0
    for place in range(start, len(syntax)):
        depth += (syntax[place] in "{[") - (syntax[place] in "}]")
        if depth == 0:
            return place
    raise ValueError(f"{syntax!r}: the bracket at {start} does not end")


def _split(inner: str) -> list[str]:
    """The alternatives of a bracket, at its own depth only."""
    parts, depth = [""], 0
    for letter in inner:
        depth += (letter in "{[") - (letter in "}]")
        if letter == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
