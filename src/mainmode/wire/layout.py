"""How a structure of octets is declared once: a head of numbers, then parts of variable size.

A `Layout` reads the values of a structure's fields from a cursor and writes them again; `describe` shows the
same fields. Sizes and counts on the wire are no fields: they follow from the part that they count.
"""

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from enum import IntEnum
from operator import attrgetter
from typing import Any, ClassVar, Self, TypeVar

from mainmode.base.dataclass import dataclass
from mainmode.wire.cursor import Cursor

_CODES = {1: "B", 2: "H", 4: "I"}

_set = object.__setattr__
_E = TypeVar("_E", bound=IntEnum)


def member_of(kind: type[_E]) -> Callable[[int], _E]:
    """The enumeration's constructor by way of a table of its named members, which honest numbers mostly are."""
    known = {int(member): member for member in kind}

    def member(number: int) -> _E:
        found = known.get(number)
        return kind(number) if found is None else found

    return member


def _quick(kind: Any) -> Callable[[int], Any]:
    return member_of(kind) if isinstance(kind, type) and issubclass(kind, IntEnum) else kind


@dataclass(frozen=True, slots=True)
class Number:
    """A number of 1, 2 or 4 octets; `kind` makes the field's value of it."""

    name: str
    size: int
    kind: Callable[[int], int] = int


@dataclass(frozen=True, slots=True)
class Reserved:
    """Octets that mean nothing: written as zero, read as they come (only the raw body keeps them)."""

    size: int
    name: ClassVar[str] = "reserved#"
    kind: ClassVar[type[int]] = int

    def written(self, structure: Any) -> int:
        """Zero."""
        return 0


@dataclass(frozen=True, slots=True)
class SizeOf:
    """How many octets the part `counted` has, or each item of it."""

    counted: str
    size: int
    kind: ClassVar[type[int]] = int

    @property
    def name(self) -> str:
        """The key under which the part finds its size while reading."""
        return f"size#{self.counted}"

    def written(self, structure: Any) -> int:
        """The size. Raises ValueError where items differ in size."""
        value = getattr(structure, self.counted)
        if isinstance(value, bytes):
            return len(value)
        sizes = {len(item) for item in value}
        if len(sizes) > 1:
            raise ValueError(f"{self.counted} of different sizes")
        return sizes.pop() if sizes else 0


@dataclass(frozen=True, slots=True)
class CountOf:
    """How many items the part `counted` has."""

    counted: str
    size: int
    kind: ClassVar[type[int]] = int

    @property
    def name(self) -> str:
        """The key under which the part finds its count while reading."""
        return f"count#{self.counted}"

    def written(self, structure: Any) -> int:
        """The count."""
        return len(getattr(structure, self.counted))


class Part(ABC):
    """A part of variable size, whose value is the structure's field `name`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def read(self, cursor: Cursor, known: Mapping[str, Any]) -> Any:
        """The field's value; `known` holds what was read before it. Raises WireError."""

    @abstractmethod
    def write(self, value: Any) -> bytes:
        """The value's octets."""


class Octets(Part):
    """As many octets as a SizeOf in the head says."""

    __slots__ = ()

    def read(self, cursor: Cursor, known: Mapping[str, Any]) -> bytes:
        """The octets."""
        return cursor.take(known[f"size#{self.name}"])

    def write(self, value: bytes) -> bytes:
        """The octets."""
        return value


class Rest(Part):
    """All octets to the end."""

    __slots__ = ()

    def read(self, cursor: Cursor, known: Mapping[str, Any]) -> bytes:
        """The octets."""
        return cursor.rest()

    def write(self, value: bytes) -> bytes:
        """The octets."""
        return value


class OctetItems(Part):
    """A tuple of octet strings of one size, which with their count stands in the head; they fill the rest."""

    __slots__ = ()

    def read(self, cursor: Cursor, known: Mapping[str, Any]) -> tuple[bytes, ...]:
        """The items. Raises WireError where size times count is not what is there, or the size is 0."""
        size, count = known[f"size#{self.name}"], known[f"count#{self.name}"]
        if size * count != cursor.remaining or (count and not size):
            cursor.fail(f"{count} {self.name} of {size} octets in {cursor.remaining}")
        return tuple(cursor.take(size) for _ in range(count))

    def write(self, value: tuple[bytes, ...]) -> bytes:
        """The items one after the other."""
        return b"".join(value)


HeadPart = Number | Reserved | SizeOf | CountOf


class Layout:
    """The declaration of one structure: numbers first, parts of variable size after them, in wire order.

    `whole` names the field that holds all octets, where the declaration is nothing but a Rest.
    """

    __slots__ = ("_kinds", "_names", "_struct", "_written", "fields", "head", "tail", "whole")

    def __init__(self, *parts: HeadPart | Part) -> None:
        self.head: tuple[HeadPart, ...] = tuple(part for part in parts if not isinstance(part, Part))
        self.tail: tuple[Part, ...] = tuple(part for part in parts if isinstance(part, Part))
        self.fields: tuple[str, ...] = tuple(part.name for part in parts if isinstance(part, Number | Part))
        self.whole: str = self.fields[0] if not self.head and isinstance(self.tail[0], Rest) else ""
        self._names = tuple(part.name for part in self.head)
        self._written = tuple(attrgetter(part.name) if isinstance(part, Number) else part.written for part in self.head)
        self._kinds = tuple((part.name, _quick(part.kind)) for part in self.head if part.kind is not int)
        self._struct = struct.Struct(">" + "".join(_CODES[part.size] for part in self.head))

    def read(self, cursor: Cursor) -> dict[str, Any]:
        """The values by name, the whole window read. Raises WireError."""
        values: dict[str, Any] = dict(zip(self._names, cursor.unpack(self._struct), strict=True))
        for name, kind in self._kinds:
            values[name] = kind(values[name])
        for part in self.tail:
            values[part.name] = part.read(cursor, values)
        cursor.finish()
        return values

    def write(self, structure: Any) -> bytes:
        """The octets of a structure. Raises ValueError where a number does not fit its octets."""
        if self.whole:
            octets: bytes = getattr(structure, self.whole)
            return octets
        try:
            head = self._struct.pack(*[written(structure) for written in self._written])
        except struct.error as error:
            raise ValueError(f"{type(structure).__name__}: {error}") from error
        for part in self.tail:
            head += part.write(getattr(structure, part.name))
        return head


class Structure:
    """A value that its `LAYOUT` reads and writes; subclasses are frozen dataclasses with those fields."""

    __slots__ = ()
    LAYOUT: ClassVar[Layout]

    @classmethod
    def read(cls, cursor: Cursor, **further: object) -> Self:
        """The value that fills the cursor's window; `further` are fields that are not on the wire.

        Raises WireError. Fields are set past the constructor, which would only encode again what was read.
        """
        layout = cls.LAYOUT
        made = object.__new__(cls)
        values = layout.read(cursor)
        for name in layout.fields:
            _set(made, name, values[name])
        for name, value in further.items():
            _set(made, name, value)
        return made

    def encode(self) -> bytes:
        """The octets. Raises ValueError where a number does not fit."""
        return self.LAYOUT.write(self)
