"""A stranger reads our ESP: tshark decrypts every suite with its keys and checks every ICV it can."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from ipsec_samples import SUITES, Dice, echo_request, ipv4, keys_for, suite_name

from mainmode.base.codes import EspAuthentication, EspTransform, IpProtocol
from mainmode.ipsec.dataplane import EspSuite
from mainmode.ipsec.esp import OutboundSa

TSHARK = shutil.which("tshark")

CIPHER_NAMES = {
    EspTransform.DES: "DES-CBC [RFC2405]",
    EspTransform.TRIPLE_DES: "TripleDES-CBC [RFC2451]",
    EspTransform.AES_CBC: "AES-CBC [RFC3602]",
    EspTransform.NULL: "NULL",
    EspTransform.AES_GCM_16: "AES-GCM with 16 octet ICV [RFC4106]",
}
INTEGRITY_NAMES = {
    EspAuthentication.NONE: "NULL",
    EspAuthentication.HMAC_MD5: "HMAC-MD5-96 [RFC2403]",
    EspAuthentication.HMAC_SHA1: "HMAC-SHA-1-96 [RFC2404]",
    EspAuthentication.HMAC_SHA2_256: "HMAC-SHA-256-128 [RFC4868]",
    EspAuthentication.HMAC_SHA2_384: "HMAC-SHA-384-192 [RFC4868]",
    EspAuthentication.HMAC_SHA2_512: "HMAC-SHA-512-256 [RFC4868]",
}
PACKETS = 3
FIELDS = ("esp.spi", "esp.sequence", "esp.protocol", "esp.pad_len", "ip.src", "icmp.seq", "icmp.checksum.status")


def spi_of(suite: EspSuite) -> int:
    return 0x10000 + SUITES.index(suite)


def hexadecimal(octets: bytes) -> str:
    return f"0x{octets.hex()}" if octets else ""


def write_inputs(folder: Path) -> Path:
    """A capture with three pings of each suite, and the keys as Wireshark reads them from its folder."""
    lines, records = [], []
    for suite in SUITES:
        spi, keys, dice = spi_of(suite), keys_for(suite), Dice()
        outbound = OutboundSa(spi, suite, keys)
        row = (
            *("IPv4", "10.0.0.1", "10.0.0.2", f"0x{spi:08x}", CIPHER_NAMES[suite.encryption]),
            *(hexadecimal(keys.cipher.reveal()), INTEGRITY_NAMES[suite.authentication]),
            hexadecimal(keys.integrity.reveal()),
        )
        lines.append(",".join(f'"{part}"' for part in row))
        for number in range(1, PACKETS + 1):
            esp = outbound.seal(echo_request(number, 10 * number), dice)
            packet = ipv4("10.0.0.1", "10.0.0.2", IpProtocol.ESP, esp)
            records.append(struct.pack("<IIII", number, 0, len(packet), len(packet)) + packet)
    (folder / "esp_sa").write_text("\n".join(lines) + "\n")
    capture = folder / "esp.pcap"
    raw_ip = 101
    capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, raw_ip) + b"".join(records))
    return capture


@pytest.fixture(scope="module")
def dissected(tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[dict[str, str]]]:
    """What tshark reads, by SPI."""
    if TSHARK is None:
        pytest.skip("tshark is not installed")
    folder = tmp_path_factory.mktemp("wireshark")
    command = [TSHARK, "-r", str(write_inputs(folder)), "-T", "fields", "-E", "separator=;"]
    for option in ("esp.enable_encryption_decode", "esp.enable_authentication_check", "ip.check_checksum"):
        command += ["-o", f"{option}:TRUE"]
    for field in (*FIELDS, "esp.icv_good", "_ws.malformed"):
        command += ["-e", field]
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"WIRESHARK_CONFIG_DIR": str(folder), "PATH": "/usr/bin:/bin"},
    )
    found: dict[int, list[dict[str, str]]] = {}
    for line in run.stdout.splitlines():
        values = dict(zip((*FIELDS, "esp.icv_good", "malformed"), line.split(";"), strict=True))
        found.setdefault(int(values["esp.spi"], 16), []).append(values)
    return found


@pytest.mark.parametrize("suite", SUITES, ids=suite_name)
def test_tshark_reads_the_pings_inside(suite: EspSuite, dissected: dict[int, list[dict[str, str]]]) -> None:
    packets = dissected[spi_of(suite)]
    assert len(packets) == PACKETS
    for number, packet in enumerate(packets, start=1):
        assert packet["esp.sequence"] == packet["icmp.seq"] == str(number)
        assert int(packet["esp.protocol"], 0) == IpProtocol.IPIP
        assert packet["ip.src"] == "10.0.0.1,192.168.1.10"
        assert packet["icmp.checksum.status"] == "1"
        assert packet["malformed"] == ""


@pytest.mark.parametrize(
    "suite", [suite for suite in SUITES if suite.authentication is not EspAuthentication.NONE], ids=suite_name
)
def test_tshark_finds_every_icv_good(suite: EspSuite, dissected: dict[int, list[dict[str, str]]]) -> None:
    assert [packet["esp.icv_good"] for packet in dissected[spi_of(suite)]] == ["1"] * PACKETS
