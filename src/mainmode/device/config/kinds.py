"""The typed parts of commands that are one token: addresses, masks, names, numbers, ports, protocols, keys."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Network
from typing import Any

from mainmode.base.secret import Secret
from mainmode.device.config.grammar import Kind, MismatchError, Tokens, UnwritableError
from mainmode.device.config.model import Release
from mainmode.device.config.words import ICMP_TYPES, PROTOCOLS, TCP_PORTS, UDP_PORTS

_RANGE = re.compile(r"(\d+)-(\d+)(?:\|([a-z]+))?")
HIDDEN = "*****"


@lru_cache(maxsize=4096)
def ipv4(text: str) -> IPv4Address:
    """The address; `0` is 0.0.0.0. Raises ValueError. A listing has few addresses many times."""
    return IPv4Address("0.0.0.0" if text == "0" else text)  # noqa: S104


@dataclass(frozen=True, slots=True)
class Token:
    """A kind of one token. `reader` raises ValueError for what it does not take, `writer` for what it cannot say."""

    label: str
    expected: str
    reader: Callable[[str], Any]
    writer: Callable[[Any], str] = str
    secret: bool = False
    wording: str = ""
    starts: frozenset[str] | None = None

    def read(self, tokens: Tokens, at: int) -> tuple[Any, int]:
        """The token's value. Raises MismatchError."""
        try:
            return self.reader(tokens.words[at]), at + 1
        except ValueError:
            raise MismatchError(at, self.expected, self.wording) from None

    def write(self, value: Any, release: Release) -> str:
        """The value's text. Raises UnwritableError."""
        try:
            return self.writer(value)
        except ValueError:
            raise UnwritableError(self.label) from None


class AddressKind:
    """An IPv4 address, a name that `name A N` gave one, or `0` for 0.0.0.0."""

    label = "A.B.C.D"
    expected = "an IPv4 address"
    secret = False
    starts = None

    def read(self, tokens: Tokens, at: int) -> tuple[Any, int]:
        """The address. Raises MismatchError."""
        word = tokens.words[at]
        if word in tokens.names:
            return tokens.names[word], at + 1
        try:
            return ipv4(word), at + 1
        except ValueError:
            raise MismatchError(at, self.expected) from None

    def write(self, value: Any, release: Release) -> str:
        """The dotted address. Raises UnwritableError for what is none."""
        if not isinstance(value, IPv4Address):
            raise UnwritableError(self.label)
        return str(value)


class RestKind:
    """Free text up to the end of the line."""

    label = "TEXT"
    expected = "some text"
    secret = False
    starts = None

    def read(self, tokens: Tokens, at: int) -> tuple[Any, int]:
        """The text as it stands, without blanks at its end."""
        return tokens.rest(at), len(tokens.words)

    def write(self, value: Any, release: Release) -> str:
        """The text."""
        return str(value)


def mask(text: str) -> IPv4Address:
    """A netmask. Raises ValueError for one with holes, a wildcard mask among them."""
    value = ipv4(text)
    inverted = int(value) ^ 0xFFFF_FFFF
    if inverted & (inverted + 1):
        raise ValueError(text)
    return value


def number(low: int, high: int, word: str | None = None) -> Token:
    """A decimal number in a range; `word` stands for None where given."""

    def read(text: str) -> int | None:
        if word is not None and text.lower() == word:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 10 and low <= int(text) <= high):
            raise ValueError(text)
        return int(text)

    def write(value: int | None) -> str:
        if value is None and word is None:
            raise ValueError(value)
        return str(word if value is None else value)

    if word is None:
        return Token(f"<{low}-{high}>", f"a number from {low} to {high}", read, write)
    return Token(f"{{<{low}-{high}>|{word}}}", f"a number from {low} to {high} or {word}", read, write)


def keywords(*words: str) -> Token:
    """One of these words; where all are numbers, the values are too."""
    numbers = all(word.isdigit() for word in words)
    values: Mapping[str, Any] = {word: int(word) if numbers else word for word in words}
    label = words[0] if len(words) == 1 else "{" + "|".join(words) + "}"
    expected = words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
    return Token(label, expected, *_by_table(values, values), starts=frozenset(values))


def table(label: str, expected: str, names: Mapping[str, int], aliases: Mapping[str, int], most: int) -> Token:
    """A number 0 to `most` by name or digits, written by name where it has one; `aliases` are read only."""
    digits = number(0, most)
    read_name, write_name = _by_table({**aliases, **names}, names)

    def read(text: str) -> Any:
        return digits.reader(text) if text.isdigit() else read_name(text)

    def write(value: Any) -> str:
        return write_name(value) if value in names.values() else digits.writer(value)

    return Token(label, expected, read, write)


def _by_table(
    reading: Mapping[str, Any], writing: Mapping[str, Any]
) -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    spelled: dict[Any, str] = {}
    for word, value in writing.items():
        spelled.setdefault(value, word)

    def read(text: str) -> Any:
        if text.lower() not in reading:
            raise ValueError(text)
        return reading[text.lower()]

    def write(value: Any) -> str:
        if value not in spelled:
            raise ValueError(value)
        return spelled[value]

    return read, write


def _only_protocol(name: str, value: int) -> Token:
    words = {name: value, str(value): value}
    return Token(name, name, *_by_table(words, {name: value}), starts=frozenset(words))


def _protocol(text: str) -> int:
    value = _PROTOCOL.reader(text)
    if value in (1, 6, 17):
        raise ValueError(text)
    return int(value)


def _write_protocol(value: Any) -> str:
    if not isinstance(value, int) or value in (1, 6, 17):
        raise ValueError(value)
    return str(_PROTOCOL.writer(value))


def _group_word(text: str) -> int:
    prefix, digits = text[:5].lower(), text[5:]
    if prefix != "group" or digits not in GROUPS:
        raise ValueError(text)
    return int(digits)


def _nat_pair(text: str) -> tuple[str, str]:
    found = re.fullmatch(r"\(([^(),]+),([^(),]+)\)", text)
    if found is None:
        raise ValueError(text)
    return found[1], found[2]


def _key(text: str) -> Secret | None:
    if len(text) > 128:
        raise ValueError
    return None if text == HIDDEN else Secret(text.encode())


def _hostname(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", text) is None:
        raise ValueError(text)
    return text


def _nat_mapped(text: str) -> IPv4Address | str:
    try:
        return IPv4Address(text)
    except ValueError:
        return text


def _write_key(key: Secret | None) -> str:
    return HIDDEN if key is None else key.reveal().decode()


def _ipv6_prefix(text: str) -> IPv6Network:
    if "/" not in text:
        raise ValueError(text)
    return IPv6Network(text)


def _write_name(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value


_PROTOCOL = table("PROTOCOL", "a protocol", PROTOCOLS, {"ipsec": 50, "pptp": 47}, 255)
GROUPS = ("1", "2", "5", "14", "15", "16", "19", "20", "21")
_KINDS: dict[str, Kind] = {
    "address": AddressKind(),
    "mask": Token("MASK", "a netmask such as 255.255.255.0 (not a wildcard mask)", mask),
    "name": Token("", "a name", str, _write_name),
    "rest": RestKind(),
    "hostname": Token("NAME", "a hostname", _hostname, wording="ERROR: % Invalid Hostname"),
    "nat-mapped": Token("{A.B.C.D | OBJECT | interface}", "an address, an object or interface", _nat_mapped),
    "encrypted-key": Token("KEY", "an encrypted key", lambda text: None, secret=True),
    "key": Token("KEY", "a key of 1 to 128 characters", _key, _write_key, secret=True),
    "pfs-group": Token("groupN", "group" + ", group".join(GROUPS), _group_word, lambda value: f"group{value}"),
    "nat-pair": Token(
        "(REAL-IFC,MAPPED-IFC)",
        "(real interface,mapped interface)",
        _nat_pair,
        lambda pair: f"({pair[0]},{pair[1]})",
    ),
    "ipv6-prefix": Token("X:X::X/LEN", "an IPv6 prefix", _ipv6_prefix),
    "tcp": _only_protocol("tcp", 6),
    "udp": _only_protocol("udp", 17),
    "icmp": _only_protocol("icmp", 1),
    "protocol-number": Token("PROTOCOL", "a protocol by name or number", _protocol, _write_protocol),
    "tcp-port": table("PORT", "a TCP port by name or number", TCP_PORTS, {}, 65535),
    "udp-port": table("PORT", "a UDP port by name or number", UDP_PORTS, {}, 65535),
    "icmp-type": table("ICMP-TYPE", "an ICMP type by name or number", ICMP_TYPES, {}, 255),
}


def kind_named(name: str) -> Kind:
    """The kind that a declaration names. Raises ValueError for an unknown one (a bug of ours)."""
    if name in _KINDS:
        return _KINDS[name]
    span = _RANGE.fullmatch(name)
    if span is not None:
        return number(int(span[1]), int(span[2]), span[3])
    if "|" not in name:
        raise ValueError(f"no kind called {name}")
    return keywords(*(word for word in name.split("|") if word))
