"""What an SA payload holds: proposals, transforms and attributes (RFC 2408 §3.3, §3.5, §3.6)."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from mainmode.base.codes import PayloadType, ProtocolId
from mainmode.wire.cursor import Cursor
from mainmode.wire.layout import CountOf, Layout, Number, Octets, Part, Reserved, SizeOf, Structure

GENERIC = struct.Struct(">BBH")
"""The generic header: next payload, a reserved octet, the length with these four octets (RFC 2408 §3.2)."""

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


@lru_cache(maxsize=512)
def _short_form(kind: int, number: int) -> Attribute:
    """The same few attributes stand in all offers: one value serves them all."""
    return Attribute(kind, number.to_bytes(2), True)


def read_attributes(cursor: Cursor) -> tuple[Attribute, ...]:
    """The attributes that fill the cursor's window. Raises WireError."""
    found = []
    while cursor.remaining:
        kind, second = cursor.unpack(_PAIR)
        if kind & _BASIC:
            found.append(_short_form(kind & ~_BASIC, second))
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


class Chain(Part):
    """Structures of one type to the end, each behind a generic header, which says whether more follow."""

    __slots__ = ("_structure", "_type")

    def __init__(self, name: str, structure: type[Structure], type_: PayloadType) -> None:
        super().__init__(name)
        self._structure = structure
        self._type = type_

    def read(self, cursor: Cursor, known: Mapping[str, Any]) -> tuple[Structure, ...]:
        """One or more structures. Raises WireError for a broken chain, or a count that is not the head's."""
        found = []
        following: int = self._type
        while following == self._type:
            following, _, length = cursor.unpack(GENERIC)
            found.append(self._structure.read(cursor.window(length - GENERIC.size)))
        if following:
            cursor.fail(f"payload type {following} among {self.name}")
        if known.get(f"count#{self.name}", len(found)) != len(found):
            cursor.fail(f"{len(found)} {self.name}, not as many as announced")
        return tuple(found)

    def write(self, value: Sequence[Structure]) -> bytes:
        """The chain's octets. Raises ValueError where one is too long."""
        bodies = [structure.encode() for structure in value]
        last = len(bodies) - 1
        return b"".join(
            [
                generic_header(PayloadType.NONE if place == last else self._type, body) + body
                for place, body in enumerate(bodies)
            ]
        )


def generic_header(following: int, body: bytes) -> bytes:
    """The four octets before a body. Raises ValueError for a body of more than 65531 octets."""
    length = GENERIC.size + len(body)
    if length > 0xFFFF:
        raise ValueError(f"{len(body)} octets do not fit a payload")
    return GENERIC.pack(following, 0, length)


@dataclass(frozen=True, slots=True)
class Transform(Structure):
    """One transform: its number, the transform identifier of its protocol, and attributes in wire order."""

    LAYOUT: ClassVar[Layout] = Layout(
        Number("number", 1), Number("identifier", 1), Reserved(2), AttributeList("attributes")
    )

    number: int
    identifier: int
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class Proposal(Structure):
    """One proposal: number, protocol, the sender's SPI (mostly empty in phase 1), one or more transforms."""

    LAYOUT: ClassVar[Layout] = Layout(
        Number("number", 1),
        Number("protocol", 1, ProtocolId),
        SizeOf("spi", 1),
        CountOf("transforms", 1),
        Octets("spi"),
        Chain("transforms", Transform, PayloadType.TRANSFORM),
    )

    number: int
    protocol: ProtocolId
    spi: bytes
    transforms: tuple[Transform, ...]
