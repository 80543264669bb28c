"""The ISAKMP payloads as values (RFC 2408 §3, RFC 2407 §4.6, RFC 3947, and the vendors' private ones).

Each is a frozen dataclass that declares its octets once in `LAYOUT`. `body` holds the exact octets after the
generic header: as received, or as encoded when the payload was built from its fields.
"""

from collections.abc import Callable
from dataclasses import field
from functools import lru_cache
from typing import ClassVar

from mainmode.base.codes import Doi, IdType, NotifyType, PayloadType, ProtocolId
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop, WireError
from mainmode.wire.cursor import Cursor
from mainmode.wire.layout import (
    CountOf,
    Layout,
    Number,
    OctetItems,
    Octets,
    Reserved,
    Rest,
    SizeOf,
    Structure,
)
from mainmode.wire.sa import GENERIC, Attribute, Chain, Proposal, Transform, read_attributes, write_attributes

__all__ = [
    "READERS",
    "Attribute",
    "Attributes",
    "Certificate",
    "CertificateRequest",
    "Delete",
    "DeleteWithReason",
    "Fragment",
    "Hash",
    "Identification",
    "IosKeepalive",
    "KeyExchange",
    "NatDiscovery",
    "NatOriginalAddress",
    "Nonce",
    "Notify",
    "Opaque",
    "Payload",
    "Proposal",
    "SecurityAssociation",
    "Signature",
    "Transform",
    "VendorId",
    "read_attributes",
    "read_payload",
    "unknown_reader",
    "write_attributes",
]

_ANY_DATA = Layout(Rest("data"))
_new, _set = object.__new__, object.__setattr__


@dataclass(frozen=True, slots=True)
class Payload(Structure):
    """Base of all payloads. Built ones raise ValueError where a field does not fit its octets."""

    TYPE: ClassVar[PayloadType]

    body: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        layout = self.LAYOUT
        _set(self, "body", getattr(self, layout.whole) if layout.whole else layout.write(self))

    @property
    def type(self) -> PayloadType:
        """The payload's number in a chain."""
        return self.TYPE

    @property
    def length(self) -> int:
        """The octets on the wire, generic header included."""
        return GENERIC.size + len(self.body)


@dataclass(frozen=True, slots=True)
class SecurityAssociation(Payload):
    """SA (1): what is offered or chosen. DOI and situation are kept whatever they are (1: identity only)."""

    TYPE = PayloadType.SA
    LAYOUT = Layout(
        Number("doi", 4, Doi),
        Number("situation", 4),
        Chain("proposals", Proposal.read, PayloadType.PROPOSAL, recur=False),
    )

    proposals: tuple[Proposal, ...]
    doi: int = Doi.IPSEC
    situation: int = 1


@dataclass(frozen=True, slots=True)
class KeyExchange(Payload):
    """KE (4): a public Diffie-Hellman value."""

    TYPE = PayloadType.KE
    LAYOUT = Layout(Rest("public"))

    public: bytes


@dataclass(frozen=True, slots=True)
class Identification(Payload):
    """ID (5): who, or which traffic. Protocol and port 0 mean any; `data` by `id_type` (RFC 2407 §4.6.2)."""

    TYPE = PayloadType.ID
    LAYOUT = Layout(Number("id_type", 1, IdType), Number("protocol", 1), Number("port", 2), Rest("data"))

    id_type: IdType
    protocol: int
    port: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Certificate(Payload):
    """CERT (6): an encoding number (RFC 2408 §3.9) and the certificate, not interpreted."""

    TYPE = PayloadType.CERT
    LAYOUT = Layout(Number("encoding", 1), Rest("data"))

    encoding: int
    data: bytes


@dataclass(frozen=True, slots=True)
class CertificateRequest(Payload):
    """CERT_REQ (7): an encoding number and the authority asked for, not interpreted."""

    TYPE = PayloadType.CERT_REQ
    LAYOUT = Layout(Number("encoding", 1), Rest("data"))

    encoding: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Hash(Payload):
    """HASH (8)."""

    TYPE = PayloadType.HASH
    LAYOUT = Layout(Rest("digest"))

    digest: bytes


@dataclass(frozen=True, slots=True)
class Signature(Payload):
    """SIG (9), not interpreted."""

    TYPE = PayloadType.SIG
    LAYOUT = _ANY_DATA

    data: bytes


@dataclass(frozen=True, slots=True)
class Nonce(Payload):
    """NONCE (10); whether its length is an honest one (8 to 256, RFC 2409 §5) is the reader's to judge."""

    TYPE = PayloadType.NONCE
    LAYOUT = _ANY_DATA

    data: bytes


@dataclass(frozen=True, slots=True)
class Notify(Payload):
    """NOTIFY (11): a type, the SA that it is about, and data by type."""

    TYPE = PayloadType.NOTIFY
    LAYOUT = Layout(
        Number("doi", 4, Doi),
        Number("protocol", 1, ProtocolId),
        SizeOf("spi", 1),
        Number("notify_type", 2, NotifyType),
        Octets("spi"),
        Rest("data"),
    )

    notify_type: NotifyType
    protocol: ProtocolId
    spi: bytes
    data: bytes = b""
    doi: int = Doi.IPSEC


@dataclass(frozen=True, slots=True)
class Delete(Payload):
    """DELETE (12): the SPIs, all of one size, that the sender receives on no more (RFC 2408 §3.15)."""

    TYPE = PayloadType.DELETE
    LAYOUT = Layout(
        Number("doi", 4, Doi),
        Number("protocol", 1, ProtocolId),
        SizeOf("spis", 1),
        CountOf("spis", 2),
        OctetItems("spis"),
    )

    protocol: ProtocolId
    spis: tuple[bytes, ...]
    doi: int = Doi.IPSEC


@dataclass(frozen=True, slots=True)
class VendorId(Payload):
    """VENDOR (13); `vendor.recognise` knows names."""

    TYPE = PayloadType.VENDOR
    LAYOUT = _ANY_DATA

    data: bytes


@dataclass(frozen=True, slots=True)
class Attributes(Payload):
    """ATTR (14) of transaction exchanges, not interpreted."""

    TYPE = PayloadType.ATTR
    LAYOUT = _ANY_DATA

    data: bytes


@dataclass(frozen=True, slots=True)
class NatDiscovery(Payload):
    """NAT-D: 20 of RFC 3947, or 130 of its drafts."""

    TYPE = PayloadType.NAT_D
    LAYOUT = Layout(Rest("digest"))

    digest: bytes
    draft: bool = False

    @property
    def type(self) -> PayloadType:
        """20 or 130."""
        return PayloadType.NAT_D_DRAFT if self.draft else PayloadType.NAT_D


@dataclass(frozen=True, slots=True)
class NatOriginalAddress(Payload):
    """NAT-OA: 21 of RFC 3947 §5.2, or 131 of its drafts: an ID type and an address."""

    TYPE = PayloadType.NAT_OA
    LAYOUT = Layout(Number("id_type", 1, IdType), Reserved(1), Reserved(2), Rest("address"))

    id_type: IdType
    address: bytes
    draft: bool = False

    @property
    def type(self) -> PayloadType:
        """21 or 131."""
        return PayloadType.NAT_OA_DRAFT if self.draft else PayloadType.NAT_OA


@dataclass(frozen=True, slots=True)
class IosKeepalive(Payload):
    """IOS KEEPALIVE (128), private; by default two attributes of 32767 (the contents are inferred)."""

    TYPE = PayloadType.IOS_KEEPALIVE
    LAYOUT = _ANY_DATA

    data: bytes = bytes.fromhex("80007fff80007fff")


@dataclass(frozen=True, slots=True)
class DeleteWithReason(Payload):
    """DWR (129), private, not interpreted."""

    TYPE = PayloadType.DELETE_WITH_REASON
    LAYOUT = _ANY_DATA

    data: bytes


def _is_last(flags: int) -> bool:
    return bool(flags & 1)


@dataclass(frozen=True, slots=True)
class Fragment(Payload):
    """FRAGMENT (132), private: piece `number` (from 1) of the message that `identifier` names."""

    TYPE = PayloadType.FRAGMENT
    LAYOUT = Layout(Number("identifier", 2), Number("number", 1), Number("last", 1, _is_last), Rest("data"))

    identifier: int
    number: int
    last: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Opaque(Payload):
    """A payload of a type that nobody here knows. Raises ValueError for one that has a meaning here."""

    LAYOUT = _ANY_DATA

    type: PayloadType = field()
    data: bytes

    def __post_init__(self) -> None:
        if self.type in READERS or self.type in _INSIDE_SA or not 0 < self.type < 256:
            raise ValueError(f"payload type {int(self.type)} is not opaque")
        object.__setattr__(self, "body", self.data)


_INSIDE_SA = (PayloadType.PROPOSAL, PayloadType.TRANSFORM)
_PLAIN: tuple[type[Payload], ...] = (
    SecurityAssociation,
    KeyExchange,
    Identification,
    Certificate,
    CertificateRequest,
    Hash,
    Signature,
    Nonce,
    Notify,
    Delete,
    VendorId,
    Attributes,
    IosKeepalive,
    DeleteWithReason,
    Fragment,
)
_FURTHER: dict[int, tuple[type[Payload], dict[str, object]]] = {
    **{cls.TYPE: (cls, {}) for cls in _PLAIN},
    PayloadType.NAT_D: (NatDiscovery, {"draft": False}),
    PayloadType.NAT_D_DRAFT: (NatDiscovery, {"draft": True}),
    PayloadType.NAT_OA: (NatOriginalAddress, {"draft": False}),
    PayloadType.NAT_OA_DRAFT: (NatOriginalAddress, {"draft": True}),
}
"""Class, and fields that the number alone decides."""

Reader = Callable[[bytes, int], Payload]
"""What makes a payload of its body, which begins at some octet of its message. Raises WireError."""


def _whole_reader(cls: type[Payload], name: str, further: dict[str, object]) -> Reader:
    """Of a payload of which one field is the whole body."""

    def read(body: bytes, offset: int) -> Payload:
        made = _new(cls)
        _set(made, "body", body)
        _set(made, name, body)
        for field_name in further:
            _set(made, field_name, further[field_name])
        return made

    return read


def _layout_reader(cls: type[Payload], further: dict[str, object]) -> Reader:
    return lambda body, offset: cls.read(Cursor(body, origin=offset), body=body, **further)


def _kept_reader(anew: Reader, most: int) -> Reader:
    """Of a payload whose bodies are often the same from one negotiation to the next: read once, one value serves all.

    `most` bodies are known, none of them long.
    """
    again = lru_cache(most)(lambda body: anew(body, 0))

    def read(body: bytes, offset: int) -> Payload:
        if len(body) > _KEPT_OCTETS:
            return anew(body, offset)
        try:
            return again(body)
        except WireError as error:
            raise WireError(error.drop, error.offset + offset, error.detail) from error

    return read


def _offer_reader() -> Reader:
    """Of an SA payload. One with an SPI in it never comes again."""
    anew = _layout_reader(SecurityAssociation, {})
    kept = _kept_reader(anew, 128)

    def read(body: bytes, offset: int) -> Payload:
        spi = len(body) > _SPI_SIZE and body[_SPI_SIZE]
        return anew(body, offset) if spi else kept(body, offset)

    return read


_KEPT_OCTETS = 512
_SPI_SIZE = 14
"""Where the size of the first proposal's SPI stands in an SA payload."""

READERS: dict[int, Reader] = {
    number: _whole_reader(cls, cls.LAYOUT.whole, further) if cls.LAYOUT.whole else _layout_reader(cls, further)
    for number, (cls, further) in _FURTHER.items()
}
READERS[PayloadType.SA] = _offer_reader()
READERS[PayloadType.ID] = _kept_reader(READERS[PayloadType.ID], 1024)
READERS[PayloadType.VENDOR] = _kept_reader(READERS[PayloadType.VENDOR], 256)
"""By payload number."""


def unknown_reader(type_: int) -> Reader:
    """Of a number that `READERS` lacks. It refuses a proposal or transform, which stand in SA payloads only."""

    def read(body: bytes, offset: int) -> Payload:
        if type_ in _INSIDE_SA:
            raise WireError(Drop.MALFORMED_PAYLOAD, offset, f"payload type {int(type_)} outside an SA payload")
        return Opaque(PayloadType(type_), body)

    return read


def read_payload(type_: int, body: bytes, offset: int = 0) -> Payload:
    """The payload of this number with this body, which begins at octet `offset` of its message. Raises WireError."""
    return (READERS.get(type_) or unknown_reader(type_))(body, offset)
