"""Numbers of the wire in the names that facts are spelled in."""

from typing import TypeVar

from mainmode.base.codes import (
    Authentication1,
    Encapsulation,
    Encryption1,
    EspAuthentication,
    EspTransform,
    ExchangeType,
    Hash1,
    IdType,
    LifeType,
    NotifyType,
    OpenEnum,
    PayloadType,
    Phase1Attribute,
    Phase2Attribute,
    ProtocolId,
)
from mainmode.catalogue.facts import Exchange, Suite
from mainmode.ladder.spelling import clean
from mainmode.wire.payloads import Transform
from mainmode.wire.vendor import Kind, recognise

_ENCRYPTION = {Encryption1.DES_CBC: "DES", Encryption1.TRIPLE_DES_CBC: "3DES", Encryption1.AES_CBC: "AES"}
_ESP = {
    EspTransform.DES: "DES",
    EspTransform.TRIPLE_DES: "3DES",
    EspTransform.NULL: "NULL",
    EspTransform.AES_CBC: "AES",
    EspTransform.AES_GCM_8: "AES-GCM",
    EspTransform.AES_GCM_12: "AES-GCM",
    EspTransform.AES_GCM_16: "AES-GCM",
}
_HASH = {
    Hash1.MD5: "MD5",
    Hash1.SHA1: "SHA-1",
    Hash1.SHA2_256: "SHA-256",
    Hash1.SHA2_384: "SHA-384",
    Hash1.SHA2_512: "SHA-512",
}
_INTEGRITY = {
    EspAuthentication.HMAC_MD5: "MD5",
    EspAuthentication.HMAC_SHA1: "SHA-1",
    EspAuthentication.HMAC_SHA2_256: "SHA-256",
    EspAuthentication.HMAC_SHA2_384: "SHA-384",
    EspAuthentication.HMAC_SHA2_512: "SHA-512",
}
_AUTHENTICATION = {
    Authentication1.PRE_SHARED_KEY: "pre-shared key",
    Authentication1.DSS_SIGNATURE: "DSS signature",
    Authentication1.RSA_SIGNATURE: "RSA signature",
    Authentication1.RSA_ENCRYPTION: "RSA encryption",
    Authentication1.REVISED_RSA_ENCRYPTION: "revised RSA encryption",
    Authentication1.HYBRID_INIT_RSA: "hybrid RSA",
    Authentication1.XAUTH_INIT_PRE_SHARED: "pre-shared key with XAUTH",
    Authentication1.XAUTH_RESP_PRE_SHARED: "pre-shared key with XAUTH",
    Authentication1.XAUTH_INIT_RSA: "RSA signature with XAUTH",
}
_MODE = {
    Encapsulation.TUNNEL: "tunnel",
    Encapsulation.TRANSPORT: "transport",
    Encapsulation.UDP_TUNNEL: "UDP tunnel",
    Encapsulation.UDP_TRANSPORT: "UDP transport",
    Encapsulation.UDP_TUNNEL_DRAFT: "UDP tunnel",
    Encapsulation.UDP_TRANSPORT_DRAFT: "UDP transport",
}
_PROTOCOL = {ProtocolId.ISAKMP: "IKE", ProtocolId.AH: "AH", ProtocolId.ESP: "ESP", ProtocolId.IPCOMP: "IPCOMP"}
_PAYLOAD = {
    PayloadType.NAT_D: "NAT-D",
    PayloadType.NAT_D_DRAFT: "NAT-D",
    PayloadType.NAT_OA: "NAT-OA",
    PayloadType.NAT_OA_DRAFT: "NAT-OA",
    PayloadType.IOS_KEEPALIVE: "VENDOR",
    PayloadType.DELETE_WITH_REASON: "DELETE",
    PayloadType.ATTR: "ATTRIBUTES",
}
_EXCHANGE = {
    ExchangeType.MAIN_MODE: Exchange.MAIN,
    ExchangeType.AGGRESSIVE: Exchange.AGGRESSIVE,
    ExchangeType.INFORMATIONAL: Exchange.INFORMATIONAL,
    ExchangeType.TRANSACTION: Exchange.TRANSACTION,
    ExchangeType.QUICK_MODE: Exchange.QUICK,
}
_IDENTITY = {
    IdType.IPV4_ADDR: "address",
    IdType.IPV6_ADDR: "address",
    IdType.FQDN: "FQDN",
    IdType.USER_FQDN: "user FQDN",
    IdType.DER_ASN1_DN: "DN",
    IdType.DER_ASN1_GN: "general name",
    IdType.KEY_ID: "key id",
}
_VENDOR = {
    Kind.NAT_T_RFC: "NAT-T RFC 3947",
    Kind.NAT_T_02: "NAT-T draft 02",
    Kind.NAT_T_03: "NAT-T draft 03",
    Kind.FRAGMENTATION: "fragmentation",
    Kind.DPD: "DPD",
    Kind.XAUTH: "XAUTH",
    Kind.UNITY: "Cisco Unity",
    Kind.IOS: "IOS",
    Kind.ALTIGA: "ASA",
}
_Code = TypeVar("_Code", bound=OpenEnum)

_DRAFT = "draft-ietf-ipsec-nat-t-ike-"
_TEXT_VENDOR = 64


def _named(code: OpenEnum) -> str:
    return code.name.replace("_", "-") if code.known else f"{type(code).__name__} {int(code)}"


def _sized(name: str, bits: int) -> str:
    return f"{name}-{bits}" if bits and name.startswith("AES") else name


def _lifetimes(transform: Transform, kind: int, duration: int) -> tuple[int | None, int | None]:
    """Seconds and kilobytes: each duration belongs to the type before it."""
    found: dict[int, int] = {}
    unit = 0
    for attribute in transform.attributes:
        if attribute.kind == kind:
            unit = attribute.number
        elif attribute.kind == duration:
            found[unit] = attribute.number
    return found.get(LifeType.SECONDS), found.get(LifeType.KILOBYTES)


def phase1_suite(transform: Transform) -> Suite:
    """The algorithms of a phase 1 transform."""
    numbers = transform.numbers
    seconds, kilobytes = _lifetimes(transform, Phase1Attribute.LIFE_TYPE, Phase1Attribute.LIFE_DURATION)
    encryption, hash_ = numbers.get(Phase1Attribute.ENCRYPTION), numbers.get(Phase1Attribute.HASH)
    authentication, group = numbers.get(Phase1Attribute.AUTHENTICATION), numbers.get(Phase1Attribute.GROUP)
    return Suite(
        "" if encryption is None else _sized(_in(_ENCRYPTION, Encryption1(encryption)), _bits(numbers.get(14))),
        "" if hash_ is None else _in(_HASH, Hash1(hash_)),
        "" if group is None else str(group),
        "" if authentication is None else _in(_AUTHENTICATION, Authentication1(authentication)),
        seconds,
        kilobytes,
        "",
        "IKE",
    )


def phase2_suite(transform: Transform, protocol: ProtocolId) -> Suite:
    """The algorithms of a phase 2 transform."""
    numbers = transform.numbers
    seconds, kilobytes = _lifetimes(transform, Phase2Attribute.LIFE_TYPE, Phase2Attribute.LIFE_DURATION)
    integrity, group = numbers.get(Phase2Attribute.AUTHENTICATION), numbers.get(Phase2Attribute.GROUP)
    mode = numbers.get(Phase2Attribute.ENCAPSULATION)
    encryption = ""
    if protocol == ProtocolId.ESP:
        name = _in(_ESP, EspTransform(transform.identifier))
        encryption = _sized(name, _bits(numbers.get(Phase2Attribute.KEY_LENGTH)))
    return Suite(
        encryption,
        "" if integrity is None else _in(_INTEGRITY, EspAuthentication(integrity)),
        "" if group is None else str(group),
        "",
        seconds,
        kilobytes,
        "" if mode is None else _in(_MODE, Encapsulation(mode)),
        _PROTOCOL.get(protocol, _named(protocol)),
    )


def _in(names: dict[_Code, str], code: _Code) -> str:
    return names.get(code) or _named(code)


def _bits(number: int | None) -> int:
    return number or 0


def payload_name(kind: PayloadType) -> str:
    """SA, NAT-D, VENDOR, …; `UNKNOWN (77)` for a number without a name."""
    return _PAYLOAD.get(kind) or (kind.name if kind.known else f"UNKNOWN ({int(kind)})")


def exchange_name(kind: ExchangeType) -> Exchange | None:
    """The kind of exchange, None for one that no fact knows."""
    return _EXCHANGE.get(kind)


def notify_name(kind: NotifyType) -> str:
    """NO-PROPOSAL-CHOSEN and so on; the number where it has no name."""
    return kind.name.replace("_", "-") if kind.known else str(int(kind))


def identity_kind(kind: IdType) -> str:
    """address, FQDN, DN, …"""
    return _IDENTITY.get(kind) or (kind.name if kind.known else str(int(kind)))


def vendor_name(data: bytes) -> str:
    """The vendor ID's name; text as it stands there, empty for octets that nobody knows."""
    vendor = recognise(data)
    if vendor is not None:
        if vendor.kind is Kind.NAT_T_OTHER and vendor.name.startswith(_DRAFT):
            return f"NAT-T draft {vendor.name.removeprefix(_DRAFT)}"
        return _VENDOR.get(vendor.kind, vendor.name)
    shown = data[:_TEXT_VENDOR]
    if len(shown) >= 4 and all(0x20 <= octet < 0x7F for octet in shown):
        return clean(shown.decode("ascii"))
    return ""
