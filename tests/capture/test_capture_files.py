"""The capture and the key files, judged by Wireshark's own tools."""

import hmac
import json
import os
import subprocess
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mainmode.base.codes import EspAuthentication, EspTransform, IpProtocol
from mainmode.base.instant import Instant
from mainmode.base.secret import Secret
from mainmode.capture.keys import EspKey, IkeKey, key_files
from mainmode.capture.pcapng import Captured, enhanced_packet, interface_description, pcapng, section_header
from mainmode.ipsec.dataplane import EspSuite
from mainmode.lab.clock import START
from mainmode.lab.hosts import Probe
from mainmode.wire.ip import Ipv4

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
except ImportError:
    from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES

A, B = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
INNER = Probe(IpProtocol.ICMP, IPv4Address("192.168.1.2"), IPv4Address("192.168.2.2")).request(1)


def _tshark(file: Path, *options: str, config: Path | None = None) -> str:
    environment = os.environ | ({"WIRESHARK_CONFIG_DIR": str(config)} if config else {})
    return subprocess.run(
        ["tshark", "-r", file, *options], capture_output=True, text=True, check=True, env=environment
    ).stdout


def test_capinfos_reads_interfaces_times_and_lengths(tmp_path: Path) -> None:
    file = tmp_path / "two.pcapng"
    packets = [
        Captured(0, START, INNER, ("a line", "größer")),
        Captured(1, Instant(START + 10_000), INNER),
    ]
    file.write_bytes(pcapng("mainmode test", ["asa1 outside", "asa2 outside"], packets))
    infos = subprocess.run(["capinfos", file], capture_output=True, text=True, check=True).stdout
    assert "Number of packets:   2" in infos
    assert "First packet time:   2024-01-01" in infos
    assert "Capture application: mainmode test" in infos
    assert infos.index("Name = asa1 outside") < infos.index("Name = asa2 outside")
    fields = ("frame.interface_name", "frame.time_epoch", "frame.packet_flags_direction", "frame.comment")
    rows = _tshark(file, "-Tfields", *(f"-e{field}" for field in fields)).splitlines()
    assert [row.split("\t") for row in rows] == [
        ["asa1 outside", "1704067200.000000000", "0x00000002", "a line,größer"],
        ["asa2 outside", "1704067200.010000000", "0x00000002", ""],
    ]


def test_an_interface_may_be_described_late_and_packets_come_in_as_well_as_go_out(tmp_path: Path) -> None:
    file = tmp_path / "late.pcapng"
    first, second = Captured(0, START, INNER), Captured(1, START, INNER, inbound=True)
    blocks = (interface_description("outside"), enhanced_packet(first), interface_description("inside"))
    file.write_bytes(section_header("mainmode test") + b"".join(blocks) + enhanced_packet(second))
    rows = _tshark(file, "-Tfields", "-eframe.interface_name", "-eframe.packet_flags_direction").splitlines()
    assert [row.split("\t") for row in rows] == [["outside", "0x00000002"], ["inside", "0x00000001"]]


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    file = tmp_path / "cut.pcapng"
    file.write_bytes(pcapng("mainmode test", ["one"], [Captured(0, START, INNER)] * 3)[:-40])
    shown = subprocess.run(["tshark", "-r", file], capture_output=True, text=True, check=False)
    assert len(shown.stdout.splitlines()) == 2
    assert "cut short" in shown.stderr


def test_a_capture_without_packets_is_one(tmp_path: Path) -> None:
    file = tmp_path / "none.pcapng"
    file.write_bytes(pcapng("mainmode test", ["one", "two"], []))
    assert _tshark(file) == ""


def test_a_comment_longer_than_the_format_allows_is_cut_between_characters(tmp_path: Path) -> None:
    file = tmp_path / "long.pcapng"
    file.write_bytes(pcapng("mainmode test", ["one"], [Captured(0, START, INNER, ("ß" * 40_000,))]))
    found = json.loads(_tshark(file, "-Tjson", "-eframe.len", "-eframe.comment"))
    assert found[0]["_source"]["layers"]["frame.len"] == ["100"]


_T, _I = EspTransform, EspAuthentication
_DIGESTS = {
    _I.NONE: ("", 0, 0),
    _I.HMAC_MD5: ("md5", 16, 12),
    _I.HMAC_SHA1: ("sha1", 20, 12),
    _I.HMAC_SHA2_256: ("sha256", 32, 16),
    _I.HMAC_SHA2_384: ("sha384", 48, 24),
    _I.HMAC_SHA2_512: ("sha512", 64, 32),
}
_KEY_OCTETS = {_T.NULL: 0, _T.DES: 8, _T.TRIPLE_DES: 24}
_SUITES = [
    (_T.NULL, 0, _I.HMAC_SHA1),
    (_T.DES, 0, _I.HMAC_MD5),
    (_T.TRIPLE_DES, 0, _I.HMAC_SHA1),
    (_T.AES_CBC, 128, _I.HMAC_SHA1),
    (_T.AES_CBC, 192, _I.HMAC_SHA2_384),
    (_T.AES_CBC, 256, _I.HMAC_SHA2_256),
    (_T.AES_CBC, 256, _I.HMAC_SHA2_512),
    (_T.AES_CBC, 128, _I.NONE),
    (_T.AES_GCM_16, 128, _I.NONE),
    (_T.AES_GCM_16, 256, _I.NONE),
]


def _esp(suite: EspSuite, spi: int, cipher_key: bytes, integrity_key: bytes) -> bytes:
    """INNER in ESP (RFC 4303), written with the cryptography package alone."""
    header = spi.to_bytes(4) + (1).to_bytes(4)
    block = {_T.DES: 8, _T.TRIPLE_DES: 8, _T.AES_CBC: 16}.get(suite.encryption, 4)
    padding = -(len(INNER) + 2) % block
    plain = INNER + bytes(range(1, padding + 1)) + bytes((padding, 4))
    if suite.encryption is _T.NULL:
        packet = header + plain
    elif suite.encryption is _T.AES_GCM_16:
        packet = header + bytes(8) + AESGCM(cipher_key[:-4]).encrypt(cipher_key[-4:] + bytes(8), plain, header)
    else:
        keyed = algorithms.AES(cipher_key) if suite.encryption is _T.AES_CBC else TripleDES(cipher_key[:8] * 3)
        if suite.encryption is _T.TRIPLE_DES:
            keyed = TripleDES(cipher_key)
        encryptor = Cipher(keyed, modes.CBC(bytes(block))).encryptor()
        packet = header + bytes(block) + encryptor.update(plain) + encryptor.finalize()
    name, _, kept = _DIGESTS[suite.authentication]
    return packet + (hmac.digest(integrity_key, packet, name)[:kept] if name else b"")


@pytest.mark.parametrize(("encryption", "bits", "authentication"), _SUITES)
def test_tshark_opens_esp_of_every_suite_with_our_key_files(
    tmp_path: Path, encryption: EspTransform, bits: int, authentication: EspAuthentication
) -> None:
    suite = EspSuite(encryption, bits, authentication)
    salt = 4 if encryption is _T.AES_GCM_16 else 0
    cipher_key = bytes(range(7, 7 + _KEY_OCTETS.get(encryption, bits // 8) + salt))
    integrity_key = bytes(range(100, 100 + _DIGESTS[authentication][1]))
    packet = Ipv4(A, B, IpProtocol.ESP, _esp(suite, 0x1698CAC7, cipher_key, integrity_key)).encode()
    capture, config = tmp_path / "esp.pcapng", tmp_path / "keys"
    capture.write_bytes(pcapng("test", ["wire"], [Captured(0, START, packet)]))
    config.mkdir()
    esp_key = EspKey(A, B, 0x1698CAC7, suite, Secret(cipher_key), Secret(integrity_key))
    for name, content in key_files([IkeKey(bytes(8), Secret(bytes(24)))], [esp_key, esp_key]).items():
        (config / name).write_text(content)
    shown = _tshark(capture, "-V", config=config)
    assert "Echo (ping) request" in shown
    assert "[Bad: True]" not in shown
    assert ("[Good: True]" in shown) is (authentication is not _I.NONE or salt > 0)
    assert "Echo (ping) request" not in _tshark(capture, "-V", config=tmp_path)


def test_an_association_that_both_ends_know_is_listed_once() -> None:
    suite = EspSuite(_T.AES_CBC, 128, _I.HMAC_SHA1)
    key = EspKey(A, B, 0x1000, suite, Secret(bytes(16)), Secret(bytes(20)))
    assert key_files([], [key, key])["esp_sa"].count("\n") == 1
