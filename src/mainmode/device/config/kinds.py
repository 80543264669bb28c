"""The makings of typed parts that are one token: addresses, masks, numbers, keywords, tables of names."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address
from typing import Any

from mainmode.base.dataclass import dataclass
from mainmode.device.config.parts import MismatchError, Spelling, Tokens, UnwritableError

HIDDEN, HIDDEN_BEFORE_8_3 = "*****", "*"
NETMASK = "a netmask such as 255.255.255.0"


_OCTETS = {str(value): value for value in range(256)}


@lru_cache(maxsize=4096)
def ipv4(text: str) -> IPv4Address:
    """The address; `0` is 0.0.0.0. Raises ValueError. A listing has few addresses many times."""
    value = 0
    octets = text.split(".") if text != "0" else ("0",) * 4
    for octet in octets:
        if octet not in _OCTETS:
            raise ValueError(text)
        value = value << 8 | _OCTETS[octet]
    if len(octets) != 4:
        raise ValueError(text)
    return IPv4Address(value)


@dataclass(frozen=True, slots=True)
class Token:
    """A kind of one token. `reader` raises ValueError for what it does not take, `writer` for what it cannot say.

    `yields`: it takes any word, but a typed one that is the beginning of one of its own `words` is that word.
    """

    label: str
    expected: str
    reader: Callable[[str], Any]
    writer: Callable[[Any], str] = str
    secret: bool = False
    wording: str = ""
    starts: frozenset[str] | None = None
    words: tuple[str, ...] = ()
    yields: bool = False

    def read(self, tokens: Tokens, at: int) -> tuple[Any, int]:
        """The token's value. Raises MismatchError."""
        try:
            return self.reader(tokens.words[at]), at + 1
        except ValueError:
            raise MismatchError(at, self.expected, self.wording) from None

    def write(self, value: Any, spelling: Spelling) -> str:
        """The value's text. Raises UnwritableError."""
        try:
            return self.writer(value)
        except ValueError:
            raise UnwritableError(self.label) from None


class AddressKind:
    """An IPv4 address or `0` for 0.0.0.0, and where `named` a name that `name A N` gave to one."""

    label = "A.B.C.D"
    expected = "an IPv4 address"
    secret = False
    starts = None
    words = ()

    def __init__(self, named: bool = True) -> None:
        self._named = named

    def read(self, tokens: Tokens, at: int) -> tuple[Any, int]:
        """The address. Raises MismatchError."""
        word = tokens.words[at]
        if self._named and word in tokens.names:
            return tokens.names[word], at + 1
        try:
            return ipv4(word), at + 1
        except ValueError:
            raise MismatchError(at, self.expected) from None

    def write(self, value: Any, spelling: Spelling) -> str:
        """Its name where names are shown, else the dotted address. Raises UnwritableError for what is none."""
        if not isinstance(value, IPv4Address):
            raise UnwritableError(self.label)
        return (spelling.names.get(value) if self._named else None) or str(value)


class RestKind:
    """Free text up to the end of the line."""

    label = "TEXT"
    expected = "some text"
    secret = False
    starts = None
    words = ()

    def read(self, tokens: Tokens, at: int) -> tuple[Any, int]:
        """The text as it stands, without blanks at its end."""
        return tokens.rest(at), len(tokens.words)

    def write(self, value: Any, spelling: Spelling) -> str:
        """The text."""
        return str(value)


def mask(text: str) -> IPv4Address:
    """A netmask. Raises ValueError for one with holes, a wildcard mask among them."""
    value = ipv4(text)
    if not is_netmask(value):
        raise ValueError(text)
    return value


def is_netmask(mask: IPv4Address) -> bool:
    """Whether the ones of a mask stand in one piece at its beginning."""
    inverted = int(mask) ^ 0xFFFF_FFFF
    return not inverted & (inverted + 1)


def number(low: int, high: int, word: str | None = None) -> Token:
    """A decimal number in a range; `word` stands for None where given."""

    def read(text: str) -> int | None:
        if word is not None and text.lower() == word:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 10 and low <= int(text) <= high):
            raise ValueError(text)
        return int(text)

    def write(value: Any) -> str:
        if value is None and word is not None:
            return word
        if not isinstance(value, int):
            raise ValueError(value)
        return str(value)

    if word is None:
        return Token(f"<{low}-{high}>", f"a number from {low} to {high}", read, write)
    return Token(f"{{<{low}-{high}>|{word}}}", f"a number from {low} to {high} or {word}", read, write, words=(word,))


def keywords(*words: str) -> Token:
    """One of these words; where all are numbers, the values are too."""
    numbers = all(word.isdigit() for word in words)
    values: Mapping[str, Any] = {word: int(word) if numbers else word for word in words}
    label = words[0] if len(words) == 1 else "{" + "|".join(words) + "}"
    expected = words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
    return Token(label, expected, *by_table(values, values), starts=frozenset(values), words=words)


def table(label: str, expected: str, names: Mapping[str, int], aliases: Mapping[str, int], most: int) -> Token:
    """A number 0 to `most` by name or digits, written by name where it has one; `aliases` are read only."""
    digits = number(0, most)
    read_name, write_name = by_table({**aliases, **names}, names)

    def read(text: str) -> Any:
        return digits.reader(text) if text.isdigit() else read_name(text)

    def write(value: Any) -> str:
        return write_name(value) if value in names.values() else digits.writer(value)

    written = dict.fromkeys(map(write_name, names.values()))
    return Token(label, expected, read, write, words=tuple(written))


def by_table(
    reading: Mapping[str, Any], writing: Mapping[str, Any]
) -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    """A reader and a writer of words; of several words for one value the first is written. Both raise ValueError."""
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
