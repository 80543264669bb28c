import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_generated import MESSAGES

from mainmode.base.codes import ExchangeType, IdType, NotifyType, PayloadType, ProtocolId
from mainmode.base.decoded import Decoded
from mainmode.wire import vendor
from mainmode.wire.describe import describe, escaped, hexadecimal, identity_text
from mainmode.wire.message import Message
from mainmode.wire.payloads import (
    Attribute,
    Delete,
    Fragment,
    Hash,
    Identification,
    Notify,
    Opaque,
    Payload,
    Proposal,
    SecurityAssociation,
    Transform,
    VendorId,
)

B = Attribute.basic_of


def described(payload: Payload) -> Decoded:
    (piece,) = describe(Message(bytes(8), bytes(8), ExchangeType.MAIN_MODE, 0, (payload,)))
    return piece


def sa(protocol: ProtocolId, spi: bytes, identifier: int, *attributes: Attribute) -> SecurityAssociation:
    return SecurityAssociation((Proposal(1, protocol, spi, (Transform(1, identifier, attributes),)),))


def test_a_phase_1_proposal_reads_in_phase_1s_words() -> None:
    piece = described(
        sa(
            *(ProtocolId.ISAKMP, b"", 1),
            *(B(1, 5), B(2, 2), B(3, 1), B(4, 2), B(11, 1), Attribute.variable(12, 86400), B(14, 256)),
            *(B(1, 99), B(4711, 1), Attribute.variable(12, bytes(9))),
        )
    )
    assert (piece.name, piece.fields) == ("SA (1)", (("DOI", "IPsec"), ("Situation", "1")))
    (proposal,) = piece.children
    assert proposal.fields == (("Protocol", "ISAKMP"), ("SPI", "none"))
    (transform,) = proposal.children
    assert transform.fields == (
        ("Identifier", "KEY_IKE"),
        ("Encryption", "3DES-CBC"),
        ("Hash", "SHA1"),
        ("Authentication", "pre-shared key"),
        ("Group", "2 (MODP 1024)"),
        ("Life type", "seconds"),
        ("Life duration", "86400"),
        ("Key length", "256"),
        ("Encryption", "unknown (99)"),
        ("Attribute 4711", "1"),
        ("Life duration", "000000000000000000"),
    )
    assert (piece.length, proposal.length, transform.length) == (81, 69, 61)


def test_a_phase_2_proposal_reads_in_phase_2s_words() -> None:
    piece = described(
        sa(
            *(ProtocolId.ESP, b"\x12\x34\x56\x78", 12),
            *(B(1, 2), B(2, 3600), B(3, 14), B(4, 1), B(5, 2), B(6, 128), B(4, 61443), B(5, 5)),
        )
    )
    assert piece.children[0].fields == (("Protocol", "ESP"), ("SPI", "12345678"))
    assert piece.children[0].children[0].fields == (
        ("Identifier", "AES-CBC"),
        ("Life type", "kilobytes"),
        ("Life duration", "3600"),
        ("Group", "14 (MODP 2048)"),
        ("Encapsulation", "tunnel"),
        ("Authentication", "HMAC-SHA1"),
        ("Key length", "128"),
        ("Encapsulation", "tunnel in UDP (draft)"),
        ("Authentication", "HMAC-SHA2-256"),
    )


@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        (
            Identification(IdType.IPV4_ADDR_SUBNET, 1, 0, bytes.fromhex("c0a80100ffffff00")),
            {
                "ID type": "IPV4-ADDR-SUBNET",
                "Identity": "192.168.1.0/255.255.255.0",
                "Protocol": "1",
                "Port": "0",
            },
        ),
        (VendorId(vendor.DPD), {"Vendor": "Dead peer detection, RFC 3706", "Data": vendor.DPD.hex()}),
        (
            VendorId(vendor.ios_vendor_id(bytes(12))),
            {"Vendor": "Cisco IOS", "Data": "00000000000000000000000020000001", "Capabilities": "20000001"},
        ),
        (VendorId(b"abc"), {"Vendor": "unknown", "Data": "616263"}),
        (
            Notify(NotifyType.R_U_THERE, ProtocolId.ISAKMP, bytes(2), b"\0\0\1\0"),
            {
                "DOI": "IPsec",
                "Protocol": "ISAKMP",
                "Type": "R-U-THERE (36136)",
                "SPI": "0000",
                "Data": "00000100",
                "Sequence": "256",
            },
        ),
        (
            Notify(NotifyType.RESPONDER_LIFETIME, ProtocolId.ESP, b"", bytes.fromhex("8001000180020e10")),
            {
                "DOI": "IPsec",
                "Protocol": "ESP",
                "Type": "RESPONDER-LIFETIME (24576)",
                "SPI": "none",
                "Data": "8001000180020e10",
                "Life type": "seconds",
                "Life duration": "3600",
            },
        ),
        (
            Notify(NotifyType(12345), ProtocolId(9), b""),
            {
                "DOI": "IPsec",
                "Protocol": "unknown (9)",
                "Type": "unknown (12345)",
                "SPI": "none",
                "Data": "none",
            },
        ),
        (
            Delete(ProtocolId.ESP, (b"abcd", b"efgh")),
            {"DOI": "IPsec", "Protocol": "ESP", "SPIs": "61626364, 65666768"},
        ),
        (
            Fragment(7, 2, True, b"x"),
            {"Identifier": "7", "Number": "2", "Last": "yes", "Data": "78"},
        ),
        (Hash(bytes(20)), {"Digest": "00" * 16 + "… (20 octets)"}),
        (Opaque(PayloadType(77), b"abcd"), {"Data": "61626364"}),
    ],
)
def test_a_payload_reads_in_words(payload: Payload, fields: dict[str, str]) -> None:
    assert dict(described(payload).fields) == fields


def test_a_peers_text_cannot_steer_a_terminal() -> None:
    assert escaped(b"a\x1b[31m\r\n\\\xe9\x7f") == r"a\x1b[31m\x0d\x0a\x5c\xe9\x7f"
    assert identity_text(IdType.FQDN, b"asa\n1") == r"asa\x0a1"
    assert escaped(b"x" * 500) == "x" * 128 + "… (500 octets)"
    assert hexadecimal(b"") == "none"


def test_identities_are_total() -> None:
    assert identity_text(IdType.IPV6_ADDR, bytes(15) + b"\1") == "::1"
    assert identity_text(IdType.IPV4_ADDR_RANGE, bytes.fromhex("0a0000050a000009")) == "10.0.0.5 - 10.0.0.9"
    assert identity_text(IdType.IPV4_ADDR, b"abc") == "616263"
    assert identity_text(IdType(200), b"abc") == "616263"


@given(MESSAGES)
@settings(max_examples=150, deadline=None)
def test_every_message_has_a_description_of_plain_text(generated: Message) -> None:
    pieces = describe(generated)
    assert tuple(piece.name for piece in pieces) == generated.names()
    assert sum(piece.length for piece in pieces) == generated.length - 28
    pending = list(pieces)
    while pending:
        piece = pending.pop()
        pending += piece.children
        for label, value in piece.fields:
            assert label.isprintable()
            assert value.isprintable()
            assert len(value) < 700


@given(st.integers(0, 0xFFFF_FFFF), st.binary(max_size=40))
@settings(max_examples=100, deadline=None)
def test_every_number_has_a_word(number: int, data: bytes) -> None:
    octet, short = number & 0xFF, number & 0xFFFF
    for payload in (
        sa(ProtocolId(octet), data[:4], octet, B(short & 0x7FFF, short), Attribute.variable(octet, data)),
        Notify(NotifyType(short), ProtocolId(octet), data[:16], data, number),
        Identification(IdType(octet), octet, short, data),
    ):
        assert described(payload).fields
