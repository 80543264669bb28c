"""ISAKMP messages (RFC 2408 §3.1, §3.2): header and chain of payloads, from octets to values and back."""

import struct
from collections.abc import Iterable
from dataclasses import field
from typing import NamedTuple, TypeVar, cast

from mainmode.base.codes import ExchangeType, Flag, PayloadType
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop, WireError
from mainmode.wire.layout import member_of
from mainmode.wire.payloads import READERS, Payload, unknown_reader
from mainmode.wire.sa import GENERIC

VERSION = 0x10
"""Major 1, minor 0."""
MAX_PAYLOADS = 50
"""No honest message has more; the chain of a hostile one is not walked further."""
ALIGNMENT = 4
"""Messages may be filled up to a multiple of so many octets."""

_HEADER = struct.Struct(">8s8sBBBBII")
HEADER_LENGTH = _HEADER.size
_pack_header = _HEADER.pack

_payload_type = member_of(PayloadType)
_exchange_type = member_of(ExchangeType)
_unpack_generic, _pack_generic, _GENERIC_LENGTH = GENERIC.unpack_from, GENERIC.pack, GENERIC.size
_ENCRYPTED = int(Flag.ENCRYPTED)

_P = TypeVar("_P", bound=Payload)

_NAMES = {
    PayloadType.NAT_D: "NAT-D",
    PayloadType.NAT_D_DRAFT: "NAT-D",
    PayloadType.NAT_OA: "NAT-OA",
    PayloadType.NAT_OA_DRAFT: "NAT-OA",
    PayloadType.IOS_KEEPALIVE: "IOS KEEPALIVE",
    PayloadType.DELETE_WITH_REASON: "DWR",
}


def payload_name(type_: PayloadType) -> str:
    """`SA (1)`, `NAT-D (130)`, `UNKNOWN (77)`: the device's name of a payload in its message lines."""
    name = _NAMES.get(type_) or (type_.name if type_.known else "UNKNOWN")
    return f"{name} ({int(type_)})"


class Header(NamedTuple):
    """The 28 octets before the payloads. `length` counts the whole message, cipher padding included."""

    initiator_cookie: bytes
    responder_cookie: bytes
    next_payload: PayloadType
    version: int
    exchange: ExchangeType
    flags: int
    message_id: int
    length: int

    @property
    def encrypted(self) -> bool:
        """Whether all after the header is ciphertext."""
        return bool(self.flags & _ENCRYPTED)

    def encode(self) -> bytes:
        """The 28 octets. Raises ValueError where a cookie is not 8 octets or a number does not fit."""
        if len(self.initiator_cookie) != 8 or len(self.responder_cookie) != 8:
            raise ValueError("a cookie has 8 octets")
        try:
            return _HEADER.pack(*self)
        except struct.error as error:
            raise ValueError(f"ISAKMP header: {error}") from error


@dataclass(frozen=True, slots=True)
class Message:
    """A message in clear, to send or received. Cookies are 8 octets each."""

    initiator_cookie: bytes
    responder_cookie: bytes
    exchange: ExchangeType
    message_id: int
    payloads: tuple[Payload, ...]
    flags: int = 0
    version: int = VERSION
    written: bytes = field(default=b"", repr=False, compare=False)
    """The chain of payloads, where its writer has it already; gone once `spend` was asked for it."""
    _by_class: dict[type, tuple[Payload, ...]] | None = field(default=None, init=False, repr=False, compare=False)
    """The payloads of each class, in order; filed by the first who asks."""

    @property
    def length(self) -> int:
        """Header and payloads in octets, without cipher padding: the total length that the device prints."""
        return HEADER_LENGTH + sum([payload.length for payload in self.payloads])

    def body(self) -> bytes:
        """The chain of payloads: what a cipher encrypts."""
        return self.written or write_payloads(self.payloads)

    def spend(self) -> bytes:
        """The chain of payloads for the one cipher; what its writer left is not kept any longer."""
        body = self.body()
        if self.written:
            object.__setattr__(self, "written", b"")
        return body

    def encode(self) -> bytes:
        """The datagram in clear. Raises ValueError where something does not fit its octets."""
        body = self.body()
        return header_of(self, len(body)) + body

    def first(self, kind: type[_P]) -> _P | None:
        """The first payload of a class, or None."""
        found = self.all(kind)
        return found[0] if found else None

    def all(self, kind: type[_P]) -> tuple[_P, ...]:
        """All payloads of a class, in order."""
        known = self._by_class
        if known is None:
            known = {}
            for payload in self.payloads:
                class_ = type(payload)
                known[class_] = (*known[class_], payload) if class_ in known else (payload,)
            object.__setattr__(self, "_by_class", known)
        return cast("tuple[_P, ...]", known.get(kind, ()))

    def names(self) -> tuple[str, ...]:
        """The chain in the device's spelling: `SA (1)`, `VENDOR (13)`, …"""
        return tuple([payload_name(payload.type) for payload in self.payloads])


def read_header(datagram: bytes) -> Header:
    """The header of a datagram (without non-ESP marker).

    Raises WireError: RUNT, LENGTH_MISMATCH or BAD_VERSION.
    """
    if len(datagram) < HEADER_LENGTH:
        raise WireError(Drop.RUNT, len(datagram), f"{len(datagram)} octets")
    cookie_i, cookie_r, first, version, exchange, flags, message_id, length = _HEADER.unpack_from(datagram)
    if length != len(datagram):
        raise WireError(Drop.LENGTH_MISMATCH, 24, f"header says {length}, datagram has {len(datagram)}")
    if version != VERSION:
        raise WireError(Drop.BAD_VERSION, 17, f"version {version >> 4}.{version & 15}")
    next_payload, exchange_type = _payload_type(first), _exchange_type(exchange)
    return Header(cookie_i, cookie_r, next_payload, version, exchange_type, flags, message_id, length)


def read_payloads(first: PayloadType, octets: bytes, offset: int = HEADER_LENGTH) -> tuple[tuple[Payload, ...], int]:
    """The chain at the start of `octets`, and how many octets it takes; the rest is cipher padding.

    `offset` is where `octets` begin in the message, for the offsets of errors.
    Raises WireError: MALFORMED_PAYLOAD or TOO_MANY_PAYLOADS.
    """
    found: list[Payload] = []
    type_, position, last = int(first), 0, len(octets) - _GENERIC_LENGTH
    while type_:
        if position > last:
            raise WireError(Drop.MALFORMED_PAYLOAD, offset + position, f"a header in {len(octets) - position} octets")
        following, _, length = _unpack_generic(octets, position)
        start = position + _GENERIC_LENGTH
        if not _GENERIC_LENGTH <= length <= len(octets) - position:
            left = len(octets) - start
            raise WireError(Drop.MALFORMED_PAYLOAD, offset + start, f"a length of {length}, {left} octets there")
        position += length
        read = READERS.get(type_) or unknown_reader(type_)
        found.append(read(octets[start:position], offset + start))
        if len(found) == MAX_PAYLOADS and following:
            raise WireError(Drop.TOO_MANY_PAYLOADS, offset + position, f"more than {MAX_PAYLOADS}")
        type_ = following
    return tuple(found), position


def write_payloads(payloads: Iterable[Payload]) -> bytes:
    """The chain's octets. Raises ValueError for a body of more than 65531 octets."""
    octets, following = b"", 0
    try:
        for payload in reversed(tuple(payloads)):
            body = payload.body
            octets = _pack_generic(following, 0, len(body) + _GENERIC_LENGTH) + body + octets
            following = payload.type
    except struct.error as error:
        raise ValueError(f"a payload: {error}") from error
    return octets


def write_before(first: Payload, following: PayloadType, rest: bytes) -> bytes:
    """The octets of a chain that was written already and begins with a type, with one more payload before it."""
    return _pack_generic(following, 0, len(first.body) + _GENERIC_LENGTH) + first.body + rest


def header_of(message: "Message", octets: int) -> bytes:
    """The header of a message whose payloads take so many octets on the wire. Raises ValueError as `Header.encode`."""
    cookie_i, cookie_r, payloads = message.initiator_cookie, message.responder_cookie, message.payloads
    if len(cookie_i) != 8 or len(cookie_r) != 8:
        raise ValueError("a cookie has 8 octets")
    first = payloads[0].type if payloads else 0
    try:
        return _pack_header(
            cookie_i, cookie_r, first, message.version, message.exchange, message.flags, message.message_id,
            HEADER_LENGTH + octets,
        )  # fmt: skip
    except struct.error as error:
        raise ValueError(f"ISAKMP header: {error}") from error


def read_message(datagram: bytes, header: Header | None = None) -> Message:
    """A datagram in clear as a message. Up to three octets of alignment at its end are dropped (RFC 2408 §3).

    `header` is the datagram's, where the caller read it already.
    Raises WireError as `read_header` and `read_payloads` do; NOT_DECRYPTABLE for an encrypted one.
    """
    header = header or read_header(datagram)
    if header.encrypted:
        raise WireError(Drop.NOT_DECRYPTABLE, 19, "encrypted, and no key at hand")
    payloads, used = read_payloads(header.next_payload, datagram[HEADER_LENGTH:])
    left = len(datagram) - HEADER_LENGTH - used
    if left >= ALIGNMENT:
        raise WireError(Drop.MALFORMED_PAYLOAD, HEADER_LENGTH + used, f"{left} octets left over")
    return Message(
        header.initiator_cookie,
        header.responder_cookie,
        header.exchange,
        header.message_id,
        payloads,
        header.flags,
        header.version,
    )
