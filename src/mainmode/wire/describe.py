"""A message as a tree of words for people: total for any number and octets, a peer's texts escaped."""

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from mainmode.base.codes import (
    Authentication1,
    Doi,
    Encapsulation,
    Encryption1,
    EspAuthentication,
    EspTransform,
    Group,
    Hash1,
    IdType,
    LifeType,
    NotifyType,
    OpenEnum,
    Phase1Attribute,
    Phase2Attribute,
    ProtocolId,
)
from mainmode.base.decoded import Decoded
from mainmode.base.errors import WireError
from mainmode.wire.cursor import Cursor
from mainmode.wire.layout import Structure
from mainmode.wire.message import Message, payload_name
from mainmode.wire.payloads import (
    Identification,
    NatOriginalAddress,
    Notify,
    Payload,
    SecurityAssociation,
    VendorId,
)
from mainmode.wire.sa import GENERIC, Attribute, Proposal, Transform, read_attributes
from mainmode.wire.vendor import Kind, fragmentation_modes, ios_capabilities, recognise

Fields = tuple[tuple[str, str], ...]

SHOWN_OCTETS = 16
"""Longer octet strings are shortened to this many."""
SHOWN_TEXT = 128
"""Longer texts of a peer are shortened to this many octets."""
SHOWN_ITEMS = 8

_LABELS = {"doi": "DOI", "spi": "SPI", "spis": "SPIs", "id_type": "ID type", "notify_type": "Type"}
_WORDS: dict[type[OpenEnum], dict[int, str]] = {
    Doi: {Doi.IPSEC: "IPsec"},
    LifeType: {LifeType.SECONDS: "seconds", LifeType.KILOBYTES: "kilobytes"},
    Authentication1: {
        Authentication1.PRE_SHARED_KEY: "pre-shared key",
        Authentication1.DSS_SIGNATURE: "DSS signature",
        Authentication1.RSA_SIGNATURE: "RSA signature",
        Authentication1.RSA_ENCRYPTION: "RSA encryption",
        Authentication1.REVISED_RSA_ENCRYPTION: "revised RSA encryption",
    },
    Encapsulation: {
        Encapsulation.TUNNEL: "tunnel",
        Encapsulation.TRANSPORT: "transport",
        Encapsulation.UDP_TUNNEL: "tunnel in UDP",
        Encapsulation.UDP_TRANSPORT: "transport in UDP",
        Encapsulation.UDP_TUNNEL_DRAFT: "tunnel in UDP (draft)",
        Encapsulation.UDP_TRANSPORT_DRAFT: "transport in UDP (draft)",
    },
}
_PHASE1_VALUES: dict[int, type[OpenEnum]] = {
    Phase1Attribute.ENCRYPTION: Encryption1,
    Phase1Attribute.HASH: Hash1,
    Phase1Attribute.AUTHENTICATION: Authentication1,
    Phase1Attribute.GROUP: Group,
    Phase1Attribute.LIFE_TYPE: LifeType,
}
_PHASE2_VALUES: dict[int, type[OpenEnum]] = {
    Phase2Attribute.LIFE_TYPE: LifeType,
    Phase2Attribute.GROUP: Group,
    Phase2Attribute.ENCAPSULATION: Encapsulation,
    Phase2Attribute.AUTHENTICATION: EspAuthentication,
}
_TEXT_IDS = (IdType.FQDN, IdType.USER_FQDN, IdType.KEY_ID)
_SEPARATORS = {IdType.IPV4_ADDR_RANGE: " - ", IdType.IPV6_ADDR_RANGE: " - "}
_ADDRESSES: dict[int, tuple[int, int]] = {
    IdType.IPV4_ADDR: (4, 1),
    IdType.IPV4_ADDR_SUBNET: (4, 2),
    IdType.IPV4_ADDR_RANGE: (4, 2),
    IdType.IPV6_ADDR: (16, 1),
    IdType.IPV6_ADDR_SUBNET: (16, 2),
    IdType.IPV6_ADDR_RANGE: (16, 2),
}
"""Octets of an address and how many addresses, by ID type (RFC 2407 §4.6.2)."""


def describe(message: Message) -> tuple[Decoded, ...]:
    """One piece for each payload, named as in the device's message lines; in an SA its proposals."""
    return tuple([_payload(payload) for payload in message.payloads])


def _payload(payload: Payload) -> Decoded:
    fields = _TELLERS.get(type(payload), structure_fields)(payload)
    children: tuple[Decoded, ...] = ()
    if isinstance(payload, SecurityAssociation):
        children = tuple([_proposal(proposal) for proposal in payload.proposals])
    return Decoded(payload_name(payload.type), payload.length, fields, children)


def _proposal(proposal: Proposal) -> Decoded:
    return Decoded(
        f"Proposal {proposal.number}",
        GENERIC.size + len(proposal.encode()),
        (("Protocol", word(proposal.protocol)), ("SPI", hexadecimal(proposal.spi))),
        tuple([_transform(transform, proposal.protocol) for transform in proposal.transforms]),
    )


def _transform(transform: Transform, protocol: ProtocolId) -> Decoded:
    identifier = str(transform.identifier)
    if protocol == ProtocolId.ISAKMP and transform.identifier == 1:
        identifier = "KEY_IKE"
    elif protocol == ProtocolId.ESP:
        identifier = word(EspTransform(transform.identifier))
    return Decoded(
        f"Transform {transform.number}",
        GENERIC.size + len(transform.encode()),
        (("Identifier", identifier), *_attributes(transform.attributes, protocol)),
    )


def _attributes(attributes: tuple[Attribute, ...], protocol: ProtocolId) -> Iterator[tuple[str, str]]:
    """Labels and values; the protocol says whether phase 1's names or phase 2's are meant."""
    phase1 = protocol == ProtocolId.ISAKMP
    values = _PHASE1_VALUES if phase1 else _PHASE2_VALUES
    for attribute in attributes:
        kind = Phase1Attribute(attribute.kind) if phase1 else Phase2Attribute(attribute.kind)
        label = _label(kind.name) if kind.known else f"Attribute {attribute.kind}"
        if len(attribute.value) > 8:
            yield label, hexadecimal(attribute.value)
        elif attribute.kind in values:
            yield label, word(values[attribute.kind](attribute.number))
        else:
            yield label, str(attribute.number)


def structure_fields(structure: Structure) -> Fields:
    """The declared fields of a structure that are not structures themselves, in wire order."""
    values = [(name, getattr(structure, name)) for name in structure.LAYOUT.fields]
    return tuple([(_label(name), _text(value)) for name, value in values if not _is_nested(value)])


def _is_nested(value: Any) -> bool:
    return isinstance(value, tuple) and any(isinstance(item, Structure) for item in value)


def _text(value: Any) -> str:
    if isinstance(value, OpenEnum):
        return word(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, bytes):
        return hexadecimal(value)
    if isinstance(value, tuple):
        shown = [hexadecimal(item) for item in value[:SHOWN_ITEMS]]
        return ", ".join(shown) + (f", … ({len(value)})" if len(value) > SHOWN_ITEMS else "")
    return str(value)


def _label(name: str) -> str:
    if name in _LABELS:
        return _LABELS[name]
    return name if name == "PRF" else name.replace("_", " ").capitalize()


def word(code: OpenEnum) -> str:
    """`3DES-CBC`, `2 (MODP 1024)`, `INITIAL-CONTACT (24578)`, `unknown (77)`: a number in words."""
    if not code.known:
        return f"unknown ({int(code)})"
    if isinstance(code, Group):
        return f"{int(code)} ({code.name.replace('_', ' ')})"
    name = code.name.replace("TRIPLE_DES", "3DES").replace("_", "-")
    if isinstance(code, NotifyType):
        return f"{name} ({int(code)})"
    return _WORDS.get(type(code), {}).get(code, name)


def hexadecimal(octets: bytes) -> str:
    """`0a1b2c`, or the first octets and the count: `0a1b…(128 octets)`; `none` for no octets."""
    if len(octets) > SHOWN_OCTETS:
        return f"{octets[:SHOWN_OCTETS].hex()}… ({len(octets)} octets)"
    return octets.hex() or "none"


def escaped(octets: bytes) -> str:
    """A peer's octets as text, shortened: printable ASCII as it is, all else and the backslash as `\\x..`."""
    shown = "".join(
        chr(octet) if 0x20 <= octet < 0x7F and octet != 0x5C else f"\\x{octet:02x}" for octet in octets[:SHOWN_TEXT]
    )
    return shown + (f"… ({len(octets)} octets)" if len(octets) > SHOWN_TEXT else "")


def identity_text(id_type: IdType, data: bytes) -> str:
    """`10.0.0.1`, `192.168.1.0/255.255.255.0`, `peer.example`; hexadecimal where data do not fit the type."""
    if id_type in _TEXT_IDS:
        return escaped(data)
    size, count = _ADDRESSES.get(id_type, (0, 0))
    if not count or len(data) != size * count:
        return hexadecimal(data)
    kind = IPv4Address if size == 4 else IPv6Address
    addresses = [str(kind(data[start : start + size])) for start in range(0, len(data), size)]
    return _SEPARATORS.get(id_type, "/").join(addresses)


def _identification(payload: Identification) -> Fields:
    return (
        ("ID type", word(payload.id_type)),
        ("Identity", identity_text(payload.id_type, payload.data)),
        ("Protocol", str(payload.protocol)),
        ("Port", str(payload.port)),
    )


def _original_address(payload: NatOriginalAddress) -> Fields:
    return (
        ("ID type", word(payload.id_type)),
        ("Address", identity_text(payload.id_type, payload.address)),
    )


def _vendor(payload: VendorId) -> Fields:
    vendor = recognise(payload.data)
    fields = (("Vendor", vendor.name if vendor else "unknown"), ("Data", hexadecimal(payload.data)))
    if vendor and vendor.kind is Kind.FRAGMENTATION:
        main, aggressive = fragmentation_modes(payload.data)
        return (*fields, ("Main mode", _text(main)), ("Aggressive mode", _text(aggressive)))
    if vendor and vendor.kind is Kind.IOS:
        return (*fields, ("Capabilities", f"{ios_capabilities(payload.data):08x}"))
    return fields


def _notify(payload: Notify) -> Fields:
    fields = structure_fields(payload)
    if payload.notify_type in (NotifyType.R_U_THERE, NotifyType.R_U_THERE_ACK) and len(payload.data) == 4:
        return (*fields, ("Sequence", str(int.from_bytes(payload.data))))
    if payload.notify_type == NotifyType.RESPONDER_LIFETIME:
        try:
            return (*fields, *_attributes(read_attributes(Cursor(payload.data)), payload.protocol))
        except WireError:
            return (*fields, ("Attributes", "malformed"))
    return fields


_TELLERS: dict[type[Payload], Callable[[Any], Fields]] = {
    Identification: _identification,
    NatOriginalAddress: _original_address,
    VendorId: _vendor,
    Notify: _notify,
}
"""Payloads of which more is known than their declared fields."""
