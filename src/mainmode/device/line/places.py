"""The open places of commands: what each takes, which of that exists in a configuration, and how `?` shows it."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.device.config.model import Configuration, Host
from mainmode.device.config.words import ICMP_TYPES, PROTOCOLS, TCP_PORTS, UDP_PORTS

ADDRESS = "A.B.C.D"
NAME = "NAME"
WORD = "WORD"
ACCESS_LIST = "ACCESS-LIST"
CRYPTO_MAP = "CRYPTO-MAP"
INTERFACE = "INTERFACE"
NAMEIF = "NAMEIF"
HOST = "HOST"
TCP_PORT = "TCP-PORT"
UDP_PORT = "UDP-PORT"
ICMP_TYPE = "ICMP-TYPE"
IP_PROTOCOL = "IP-PROTOCOL"
OBJECT = "OBJECT"
TUNNEL_GROUP = "TUNNEL-GROUP"
SPI = "SPI"
SPAN = "SPAN"
REST = "SECTION…"
LINE = "LINE…"

_RANGE = re.compile(r"<(\d+)-(\d+)>")
_SPI = re.compile(r"0[xX][0-9a-fA-F]{1,8}|[1-9][0-9]{0,9}")
_LENGTH = re.compile(r"\+?(?:\d{1,6}(?:ms|s|m|h|d))+")
_MOST_NAMES = 50
"""Names that a list offers; of more than these only the place itself is told."""


def _none(_: Configuration) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Place:
    """An open place: what it takes, the names that exist for it, and how it stands in a list of what may follow."""

    takes: Callable[[str], bool]
    names: Callable[[Configuration], Iterable[str]]
    help: str
    shown: str = WORD
    narrow: bool = False
    """Whether what it takes cannot be a keyword cut short: an address, a number."""
    any_case: Callable[[Configuration], Iterable[str]] = _none
    """Those of the names that are found in whatever case they are typed."""

    def knows(self, configuration: Configuration, token: str) -> bool:
        """Whether this is a name that exists."""
        if token in self.names(configuration):
            return True
        lowered = token.lower()
        return any(lowered == name.lower() for name in self.any_case(configuration))

    def offered(self, configuration: Configuration) -> tuple[str, ...]:
        """The names that are offered, sorted; none where there are too many to be looked through."""
        names = sorted(set(self.names(configuration)))
        return tuple(names) if len(names) <= _MOST_NAMES else ()


def _is_address(token: str) -> bool:
    try:
        IPv4Address(token)
    except AddressValueError:
        return False
    return True


def _is_spi(token: str) -> bool:
    return _SPI.fullmatch(token) is not None and 0 < int(token, 0) < 1 << 32


def _anything(_: str) -> bool:
    return True


def _interfaces(configuration: Configuration) -> tuple[str, ...]:
    return tuple(
        name
        for one in configuration.interfaces
        for name in (one.name, one.nameif.value if one.nameif is not None else None)
        if name is not None
    )


def _nameifs(configuration: Configuration) -> tuple[str, ...]:
    return tuple(one.nameif.value for one in configuration.interfaces if one.nameif is not None)


def hosts(configuration: Configuration) -> Mapping[str, IPv4Address]:
    """The names that stand for one address: those of `name`, and objects of one host."""
    found = {name: one.value for name, one in configuration.names.items()}
    for one in configuration.objects.values():
        if one.content is not None and isinstance(one.content.value, Host):
            found.setdefault(one.name, one.content.value.address)
    return found


def _numbered(names: Mapping[str, int], highest: int, help_line: str) -> Place:
    """A number up to `highest`, or one of the device's names for it."""

    def takes(token: str) -> bool:
        number = token.isascii() and token.isdigit() and len(token) <= len(str(highest)) and int(token) <= highest
        return number or token.lower() in names

    return Place(takes, _none, help_line, f"<0-{highest}>", narrow=True)


def number_of(token: str, names: Mapping[str, int]) -> int:
    """The number that a place of numbers with names was given."""
    lowered = token.lower()
    return names[lowered] if lowered in names else int(token)


PLACES: Mapping[str, Place] = {
    ADDRESS: Place(_is_address, _none, "an IPv4 address", ADDRESS, narrow=True),
    NAME: Place(_anything, _none, "any name"),
    WORD: Place(_anything, _none, "one word"),
    ACCESS_LIST: Place(_anything, lambda configuration: configuration.access_lists, "the name of an access list"),
    CRYPTO_MAP: Place(_anything, lambda configuration: configuration.crypto_maps, "the name of a crypto map"),
    INTERFACE: Place(
        _anything,
        _interfaces,
        "the hardware's name of an interface, or its nameif",
        any_case=lambda configuration: tuple(one.name for one in configuration.interfaces),
    ),
    OBJECT: Place(
        _anything,
        lambda configuration: (*configuration.objects, *configuration.groups),
        "the name of an object or an object-group",
    ),
    NAMEIF: Place(lambda _: False, _nameifs, "the name of an interface"),
    HOST: Place(_is_address, hosts, "an IPv4 address, or a name that stands for one", ADDRESS, narrow=True),
    TCP_PORT: _numbered(TCP_PORTS, 0xFFFF, "a port, or its name"),
    UDP_PORT: _numbered(UDP_PORTS, 0xFFFF, "a port, or its name"),
    ICMP_TYPE: _numbered(ICMP_TYPES, 0xFF, "a type of ICMP, or its name"),
    IP_PROTOCOL: _numbered(PROTOCOLS, 0xFF, "an IP protocol, or its name"),
    TUNNEL_GROUP: Place(_anything, lambda configuration: configuration.tunnel_groups, "the name of a tunnel-group"),
    SPI: Place(_is_spi, _none, "an SPI as it is shown, or as a number", "<1-4294967295>", narrow=True),
    SPAN: Place(
        lambda token: _LENGTH.fullmatch(token) is not None, _none, "a length of time: 90s, 5m, 30d", SPAN, narrow=True
    ),
    REST: Place(_anything, _none, "the first words of the lines that are wanted", "LINE"),
    LINE: Place(_anything, _none, "the rest of the line", "LINE"),
}
"""All kinds of open places by the word that stands for them; numbers in a range are places, too: `<1-65535>`."""


@lru_cache(maxsize=4096)
def place_of(word: str) -> Place | None:
    """The place that a word of a syntax stands for, `label=` in front of it or not; None: it is a keyword."""
    kind = word.rpartition("=")[2]
    found = _RANGE.fullmatch(kind)
    if found is None:
        return PLACES.get(kind)
    low, high = int(found[1]), int(found[2])

    def in_range(token: str) -> bool:
        return token.isascii() and token.isdigit() and len(token) <= len(found[2]) + 1 and low <= int(token) <= high

    return Place(in_range, _none, "a number in this range", kind, narrow=True)


def label_of(word: str) -> str:
    """The name under which a place's text is kept: its label, or the place itself."""
    return word.partition("=")[0]
