"""What an SA payload holds: proposals, transforms and attributes (RFC 2408 §3.3, §3.5, §3.6)."""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from typing import Any, ClassVar

from mainmode.base.codes import PayloadType, ProtocolId
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import WireError
from mainmode.wire.cursor import Cursor
from mainmode.wire.layout import CountOf, Layout, Number, Octets, Part, Reserved, SizeOf, Structure

GENERIC = struct.Struct(">BBH")
"""The generic header: next payload, a reserved octet, the length with these four octets (RFC 2408 §3.2)."""

_pack_generic = GENERIC.pack
_PAIR = struct.Struct(">HH")
_BASIC = 0x8000
_NUMBER_LIMIT = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its class (15 bits), the value's octets, and whether the form is the short one.

    Raises ValueError for a class beyond 15 bits and for a value that its form cannot hold.
    """

    kind: int
    value: bytes
    basic: bool

    def __post_init__(self) -> None:
        if not 0 <= self.kind < _BASIC or len(self.value) > 0xFFFF or (self.basic and len(self.value) != 2):
            raise ValueError(f"attribute {self.kind} cannot hold {len(self.value)} octets in this form")

    @classmethod
    def basic_of(cls, kind: int, number: int) -> "Attribute":
        """The short form, for numbers of 16 bits. Raises OverflowError for larger ones."""
        return cls(kind, int(number).to_bytes(2), True)

    @classmethod
    def variable(cls, kind: int, value: int | bytes, length: int = 4) -> "Attribute":
        """The long form of octets, or of a number in `length` octets; OverflowError where it does not fit."""
        return cls(kind, value if isinstance(value, bytes) else int(value).to_bytes(length), False)

    @property
    def number(self) -> int:
        """The value as a number, whichever the form; one of more than 64 bits counts as 2^64 - 1."""
        return min(int.from_bytes(self.value), _NUMBER_LIMIT)

    def encode(self) -> bytes:
        """The octets on the wire."""
        if self.basic:
            return (self.kind | _BASIC).to_bytes(2) + self.value
        return _PAIR.pack(self.kind, len(self.value)) + self.value


def read_attributes(cursor: Cursor) -> tuple[Attribute, ...]:
    """The attributes that fill the cursor's window. Raises WireError."""
    found = []
    while cursor.remaining:
        kind, second = cursor.unpack(_PAIR)
        if kind & _BASIC:
            found.append(Attribute(kind & ~_BASIC, second.to_bytes(2), True))
        else:
            found.append(Attribute(kind, cursor.take(second), False))
    return tuple(found)


def write_attributes(attributes: Sequence[Attribute]) -> bytes:
    """The attributes one after the other."""
    return b"".join([attribute.encode() for attribute in attributes])


class AttributeList(Part):
    """Attributes to the end."""

    __slots__ = ()

    def read(self, cursor: Cursor, known: Mapping[str, Any]) -> tuple[Attribute, ...]:
        """The attributes. Raises WireError."""
        return read_attributes(cursor)

    def write(self, value: tuple[Attribute, ...]) -> bytes:
        """Their octets."""
        return write_attributes(value)


_KEPT_OCTETS = 512
"""Longer chains are read anew each time: what strangers can fill memory with has bounds."""


class Chain(Part):
    """Structures of one type to the end, each behind a generic header, which says whether more follow."""

    __slots__ = ("_count", "_read_again", "_read_one", "_type")

    def __init__(self, name: str, read_one: Callable[[Cursor], Structure], type_: PayloadType, recur: bool) -> None:
        """`recur`: the same chains come again and again, so short ones are read once and the values serve all."""
        super().__init__(name)
        self._read_one = read_one
        self._type = type_
        self._count = f"count#{name}"
        self._read_again = lru_cache(128)(self._read_octets) if recur else None

    def read(self, cursor: Cursor, known: Mapping[str, Any]) -> tuple[Structure, ...]:
        """One or more structures. Raises WireError for a broken chain, or a count that is not the head's."""
        start, place, octets = cursor.position, cursor.place, cursor.rest()
        again = self._read_again
        try:
            found, used = self._read_octets(octets) if again is None or len(octets) > _KEPT_OCTETS else again(octets)
        except WireError as error:
            raise WireError(error.drop, place + error.offset, error.detail) from error
        cursor.position = start + used
        if known.get(self._count, len(found)) != len(found):
            cursor.fail(f"{len(found)} {self.name}, not as many as announced")
        return found

    def _read_octets(self, octets: bytes) -> tuple[tuple[Structure, ...], int]:
        """The structures at the start of `octets`, and how many octets they take."""
        cursor, found = Cursor(octets), []
        following = wanted = int(self._type)
        while following == wanted:
            following, _, length = cursor.unpack(GENERIC)
            found.append(self._read_one(cursor.window(length - GENERIC.size)))
        if following:
            cursor.fail(f"payload type {following} among {self.name}")
        return tuple(found), cursor.position

    def write(self, value: Sequence[Structure]) -> bytes:
        """The chain's octets. Raises ValueError where one is too long."""
        parts: list[bytes] = []
        following = 0
        for structure in reversed(value):
            body = structure.encode()
            parts += body, generic_header(following, body)
            following = self._type
        parts.reverse()
        return b"".join(parts)


def generic_header(following: int, body: bytes) -> bytes:
    """The generic header of a body which type `following` follows, or nothing (0).

    Raises ValueError for a body of more than 65531 octets.
    """
    length = len(body) + 4
    if length > 0xFFFF:
        raise ValueError(f"{len(body)} octets do not fit a payload")
    return _pack_generic(following, 0, length)


@dataclass(frozen=True, slots=True)
class Transform(Structure):
    """One transform: its number, the transform identifier of its protocol, and attributes in wire order.

    `body` is what goes on the wire, `numbers` each attribute class with the number of its first attribute.
    Raises ValueError where something does not fit its octets.
    """

    LAYOUT: ClassVar[Layout] = Layout(
        Number("number", 1), Number("identifier", 1), Reserved(2), AttributeList("attributes")
    )

    number: int
    identifier: int
    attributes: tuple[Attribute, ...]
    body: bytes = field(init=False, repr=False, compare=False)
    numbers: Mapping[int, int] = field(init=False, repr=False, compare=False)
    lives: dict[int, tuple[int | None, int | None]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was made of its lifetimes, by the class of their types; the same value stands in many offers."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "body", self.LAYOUT.write(self))
        found: dict[int, int] = {}
        for attribute in self.attributes:
            found.setdefault(attribute.kind, attribute.number)
        object.__setattr__(self, "numbers", found)

    def encode(self) -> bytes:
        """The octets."""
        return self.body


def read_transform(cursor: Cursor) -> Transform:
    """The transform that fills the cursor's window. Raises WireError.

    The same few stand in all offers; those are read once, one value serves all, of long chains too.
    """
    place, octets = cursor.place, cursor.rest()
    try:
        return _transform_again(octets) if len(octets) <= _KEPT_TRANSFORM else _transform(octets)
    except WireError as error:
        raise WireError(error.drop, place + error.offset, error.detail) from error


_KEPT_TRANSFORM = 128


def _transform(octets: bytes) -> Transform:
    values = Transform.LAYOUT.read(Cursor(octets))
    return Transform(values["number"], values["identifier"], values["attributes"])


_transform_again = lru_cache(512)(_transform)


@dataclass(frozen=True, slots=True)
class Proposal(Structure):
    """One proposal: number, protocol, the sender's SPI (mostly empty in phase 1), one or more transforms."""

    LAYOUT: ClassVar[Layout] = Layout(
        Number("number", 1),
        Number("protocol", 1, ProtocolId),
        SizeOf("spi", 1),
        CountOf("transforms", 1),
        Octets("spi"),
        Chain("transforms", read_transform, PayloadType.TRANSFORM, recur=True),
    )

    number: int
    protocol: ProtocolId
    spi: bytes
    transforms: tuple[Transform, ...]
