"""What captures tell, judged by tshark: exchange, message id, length and payloads of each message."""

import os
import subprocess
from pathlib import Path

import pytest
from captures import capture_of, played, secrets

from mainmode.capture.datagrams import Ike
from mainmode.capture.exchanges import Exchanges
from mainmode.capture.reading import read
from mainmode.capture.secrets import NO_SECRETS, Secrets

RUNS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "swan-runs"
FIELDS = ("frame.number", "isakmp.exchangetype", "isakmp.messageid", "isakmp.length", "isakmp.typepayload")
Seen = tuple[int, int, int, int | None, list[int]]
"""Frame, exchange type, message id, length (None where the message was cut), payload types."""
PCAP_HEADER = 24
INSIDE = {"2", "3"}
"""Proposals and transforms, which stand inside an SA."""


def by_tshark(file: Path, config: Path | None = None) -> list[Seen]:
    environment = os.environ | ({"WIRESHARK_CONFIG_DIR": str(config)} if config else {})
    command = ["tshark", "-r", file, "-Yisakmp && !icmp", "-Tfields", *(f"-e{field}" for field in FIELDS)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    found = []
    for line in shown.splitlines():
        number, exchange, message_id, length, kinds = line.split("\t")
        payloads = [int(kind) for kind in kinds.split(",") if kind and kind not in INSIDE]
        found.append((int(number), int(exchange), int(message_id, 0), int(length) if length else None, payloads))
    return found


def by_us(file: Path, secrets: Secrets = NO_SECRETS) -> list[Seen]:
    exchanges = Exchanges(secrets)
    found = []
    with file.open("rb") as stream:
        for _, seen in read(stream):
            if isinstance(seen, Ike):
                heard = exchanges.hear(seen)
                header = heard.header
                kinds = [int(payload.type) for payload in heard.payloads]
                length = None if seen.missing else header.length
                found.append((seen.number, int(header.exchange), header.message_id, length, kinds))
    return found


def test_tshark_sees_the_same_messages_in_the_runs_of_real_daemons(tmp_path: Path) -> None:
    captures = [file.read_bytes() for file in sorted(RUNS.glob("*/capture*.pcap"))]
    assert len({octets[:PCAP_HEADER] for octets in captures}) <= 1
    file = tmp_path / "all.pcap"
    file.write_bytes(b"".join([*(one[:PCAP_HEADER] for one in captures[:1]), *(one[PCAP_HEADER:] for one in captures)]))
    assert by_us(file) == (by_tshark(file) if captures else [])


@pytest.mark.parametrize("fault", ["", "acl,b", "transform,b", "drop=MM5", "wrong-key,b", "lifetime,b", "block-esp,a"])
def test_tshark_opens_the_same_payloads_of_our_lab(tmp_path: Path, fault: str) -> None:
    result = played(*([fault] if fault else []))
    file = tmp_path / "run.pcapng"
    file.write_bytes(capture_of(result))
    for name, content in result.keys.items():
        (tmp_path / name).write_text(content)
    assert by_us(file, secrets(result)) == by_tshark(file, tmp_path)
