"""tshark reads what we write."""

import shutil
import struct
import subprocess
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from mainmode.base.codes import ExchangeType, IdType, NotifyType, PayloadType, ProtocolId
from mainmode.wire import vendor
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp
from mainmode.wire.message import Message
from mainmode.wire.natt import mark
from mainmode.wire.payloads import (
    Attribute,
    CertificateRequest,
    Delete,
    Hash,
    Identification,
    IosKeepalive,
    KeyExchange,
    NatDiscovery,
    NatOriginalAddress,
    Nonce,
    Notify,
    Opaque,
    Payload,
    Proposal,
    SecurityAssociation,
    Signature,
    Transform,
    VendorId,
)

HERE = IPv4Address("10.0.0.1")
THERE = IPv4Address("10.0.0.2")
B = Attribute.basic_of

TRANSFORM_1 = Transform(1, 1, (B(1, 7), B(14, 256), B(2, 2), B(3, 1), B(4, 2), B(11, 1), Attribute.variable(12, 86400)))
TRANSFORM_2 = Transform(1, 12, (B(4, 1), B(5, 2), B(6, 128), B(1, 1), B(2, 3600)))
SA_1 = SecurityAssociation((Proposal(1, ProtocolId.ISAKMP, b"", (TRANSFORM_1, TRANSFORM_1)),))
SA_2 = SecurityAssociation(
    (
        Proposal(1, ProtocolId.ESP, b"\x12\x34\x56\x78", (TRANSFORM_2,)),
        Proposal(2, ProtocolId.ESP, b"\x9a\xbc\xde\xf0", (TRANSFORM_2,)),
    )
)
SUBNET = Identification(IdType.IPV4_ADDR_SUBNET, 1, 0, bytes.fromhex("c0a80100ffffff00"))

MESSAGES: tuple[tuple[ExchangeType, tuple[Payload, ...]], ...] = (
    (
        ExchangeType.MAIN_MODE,
        (SA_1, *(VendorId(data) for data in (vendor.NAT_T_02, vendor.NAT_T_RFC, vendor.FRAGMENTATION))),
    ),
    (
        ExchangeType.MAIN_MODE,
        (
            KeyExchange(bytes(range(128))),
            Nonce(bytes(range(20))),
            VendorId(vendor.UNITY),
            VendorId(vendor.XAUTH),
            VendorId(vendor.ios_vendor_id(bytes(12))),
            VendorId(vendor.ALTIGA_GATEWAY),
            VendorId(vendor.DPD),
            NatDiscovery(bytes(20)),
            NatDiscovery(bytes(20), draft=True),
        ),
    ),
    (
        ExchangeType.QUICK_MODE,
        (
            Hash(bytes(20)),
            SA_2,
            Nonce(bytes(20)),
            KeyExchange(bytes(128)),
            SUBNET,
            SUBNET,
            NatOriginalAddress(IdType.IPV4_ADDR, HERE.packed),
            Notify(NotifyType.INITIAL_CONTACT, ProtocolId.ISAKMP, bytes(16)),
        ),
    ),
    (
        ExchangeType.INFORMATIONAL,
        (
            Hash(bytes(20)),
            Notify(NotifyType.R_U_THERE, ProtocolId.ISAKMP, bytes(16), bytes(4)),
            Delete(ProtocolId.ESP, (b"\x12\x34\x56\x78", b"\x9a\xbc\xde\xf0")),
            IosKeepalive(),
            Opaque(PayloadType(200), b"abcd"),
        ),
    ),
    (
        ExchangeType.AGGRESSIVE,
        (
            Identification(IdType.FQDN, 17, 500, b"asa.example"),
            CertificateRequest(4, b""),
            Signature(bytes(128)),
        ),
    ),
)


def tshark(*arguments: str) -> list[str]:
    found = shutil.which("tshark")
    if found is None:
        pytest.skip("tshark is not installed")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def capture(path: Path, packets: list[bytes]) -> str:
    """A pcap file of raw IPv4 packets (link type 228), one a second."""
    pieces = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0x40000, 228)]
    for second, packet in enumerate(packets):
        pieces.append(struct.pack("<IIII", second, 0, len(packet), len(packet)) + packet)
    path.write_bytes(b"".join(pieces))
    return str(path)


def in_udp(port: int, octets: bytes) -> bytes:
    return Ipv4(HERE, THERE, 17, Udp(port, port, octets).encode(HERE, THERE)).encode()


def expected_types(payloads: tuple[Payload, ...]) -> list[int]:
    types: list[int] = []
    for payload in payloads:
        types.append(payload.type)
        if isinstance(payload, SecurityAssociation):
            for proposal in payload.proposals:
                types += [2, *[3] * len(proposal.transforms)]
    return types


def test_tshark_sees_our_payloads_and_nothing_malformed(tmp_path: Path) -> None:
    built = [Message(b"initiatr", b"respondr", kind, 7, payloads) for kind, payloads in MESSAGES]
    packets = [in_udp(500, message.encode()) for message in built]
    packets += [in_udp(4500, mark(message.encode())) for message in built]
    file = capture(tmp_path / "ours.pcap", packets)
    checks = ("-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE")
    suspicious = "_ws.malformed || _ws.expert.severity >= warning || ip.checksum.status == 0"
    assert tshark("-r", file, *checks, "-Y", suspicious) == []
    fields = ("isakmp.typepayload", "isakmp.length", "udp.checksum.status")
    rows = tshark("-r", file, *checks, "-T", "fields", *(part for name in fields for part in ("-e", name)))
    seen = [row.split("\t") for row in rows]
    assert len(seen) == len(packets)
    for message, (types, length, status) in zip(built * 2, seen, strict=True):
        assert [int(kind) for kind in types.split(",")] == expected_types(message.payloads)
        assert int(length) == message.length
        assert status == "1"


def test_tshark_reads_the_values_that_we_wrote(tmp_path: Path) -> None:
    built = [Message(b"initiatr", b"respondr", kind, 7, payloads) for kind, payloads in MESSAGES]
    file = capture(tmp_path / "ours.pcap", [in_udp(500, message.encode()) for message in built])
    text = "\n".join(tshark("-r", file, "-V"))
    for phrase in (
        "Encryption-Algorithm: AES-CBC",
        "Key-Length: 256",
        "Life-Duration: 86400",
        "Authentication-Algorithm: HMAC-SHA",
        "Encapsulation-Mode: Tunnel",
        "SPI: 12345678",
        "Identification Data:192.168.1.0/255.255.255.0",
        "Identification Data:asa.example",
        "Notify Message Type: INITIAL-CONTACT (24578)",
        "Notify Message Type: R-U-THERE (36136)",
        "Delete SPI: 9abcdef0",
        "Vendor ID: RFC 3947 Negotiation of NAT-Traversal in the IKE",
        "Vendor ID: draft-ietf-ipsec-nat-t-ike-02",
        "Vendor ID: RFC 3706 DPD (Dead Peer Detection)",
        "Vendor ID: CISCO-UNITY",
        "Vendor ID: XAUTH",
        "Vendor ID: Cisco Fragmentation",
    ):
        assert phrase in text


def test_tshark_finds_our_pings_in_order(tmp_path: Path) -> None:
    echoes = [IcmpEcho(kind, 7, number, b"abcdefg") for number in (1, 2) for kind in (True, False)]
    packets = [
        Ipv4(*((HERE, THERE) if echo.request else (THERE, HERE)), 1, echo.encode(), options=bytes([1] * 4)).encode()
        for echo in echoes
    ]
    file = capture(tmp_path / "pings.pcap", packets)
    rows = tshark(
        *("-r", file, "-o", "ip.check_checksum:TRUE", "-T", "fields"),
        *("-e", "icmp.type", "-e", "icmp.seq", "-e", "icmp.checksum.status", "-e", "ip.checksum.status"),
    )
    assert rows == ["8\t1\t1\t1", "0\t1\t1\t1", "8\t2\t1\t1", "0\t2\t1\t1"]
