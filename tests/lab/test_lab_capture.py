"""The capture of whole runs, judged by tshark with our own key files."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from labs import TEXTS, changed, healthy, order

from mainmode.capture.pcapng import pcapng
from mainmode.device.config.reader import read
from mainmode.lab.comments import comments
from mainmode.lab.link import read_link
from mainmode.lab.run import Result, run
from mainmode.ladder.transcript import LineSaid, MessageSent, Outcome, Side


def _tshark(folder: Path, result: Result, *options: str, keys: bool = True) -> str:
    """What tshark prints of the run's capture, its configuration folder holding our key files."""
    config = folder / "config"
    config.mkdir(exist_ok=True)
    for name, content in result.keys.items() if keys else ():
        (config / name).write_text(content)
    capture = folder / "run.pcapng"
    capture.write_bytes(pcapng("mainmode test", result.interfaces, result.packets))
    return subprocess.run(
        ["tshark", "-r", capture, *options],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"WIRESHARK_CONFIG_DIR": str(config)},
    ).stdout


def _payload_numbers(message: MessageSent) -> list[int]:
    return [int(name.rpartition("(")[2].rstrip(")")) for name in message.payloads]


def _payloads_by_tshark(folder: Path, result: Result) -> list[list[int]]:
    """The payload types of each ISAKMP packet, proposals (2) and transforms (3) inside an SA left out."""
    found = json.loads(_tshark(folder, result, "-Yisakmp", "-Tjson", "-eisakmp.typepayload"))
    listed = [packet["_source"]["layers"]["isakmp.typepayload"] for packet in found]
    return [[int(kind) for kind in kinds if int(kind) not in (2, 3)] for kinds in listed]


def test_tshark_shows_the_payloads_that_the_ladder_shows(tmp_path: Path) -> None:
    result = healthy()
    messages = [event for event in result.transcript.events if isinstance(event, MessageSent)]
    assert _payloads_by_tshark(tmp_path, result) == [_payload_numbers(message) for message in messages]


def test_tshark_opens_the_pings_with_the_key_files_and_not_without(tmp_path: Path) -> None:
    shown = _tshark(tmp_path, healthy(), "-Yicmp", "-Tfields", "-eicmp.type", "-eicmp.seq")
    assert [tuple(map(int, line.split())) for line in shown.splitlines()] == [
        (kind, sequence) for sequence in (2, 3, 4, 5) for kind in (8, 0)
    ]
    bare = tmp_path / "bare"
    bare.mkdir()
    assert _tshark(bare, healthy(), "-Yicmp", keys=False) == ""
    assert len(_tshark(bare, healthy(), "-Yesp", keys=False).splitlines()) == 8


_POLICY = "encryption 3des\n hash sha\n group 2"
_SUITES = [
    ("encryption des\n hash md5\n group 1", "esp-des esp-md5-hmac"),
    ("encryption aes\n hash sha\n group 5", "esp-3des esp-sha-hmac"),
    ("encryption aes-192\n hash md5\n group 14", "esp-aes-192 esp-md5-hmac"),
    ("encryption aes-256\n hash sha\n group 2", "esp-aes-256 esp-sha-hmac"),
    ("encryption 3des\n hash md5\n group 2", "esp-null esp-sha-hmac"),
]


@pytest.mark.parametrize(("policy", "transform"), _SUITES)
@pytest.mark.parametrize("pfs", ["", "crypto map MAP 10 set pfs group2\n"])
def test_tshark_reads_every_suite_without_complaint(tmp_path: Path, policy: str, transform: str, pfs: str) -> None:
    texts = {
        side: text.replace(_POLICY, policy).replace("esp-aes esp-sha-hmac", transform) + pfs
        for side, text in TEXTS.items()
    }
    result = run(order({side: read(texts[side], f"{side.value}.cfg") for side in Side}))
    assert result.transcript.verdict.outcome is Outcome.UP
    messages = [event for event in result.transcript.events if isinstance(event, MessageSent)]
    assert _payloads_by_tshark(tmp_path, result) == [_payload_numbers(message) for message in messages]
    assert len(_tshark(tmp_path, result, "-Yicmp").splitlines()) == 8
    assert _tshark(tmp_path, result, "-Y_ws.malformed || esp.icv_bad == 1") == ""


@pytest.mark.parametrize(
    ("side", "old", "new"),
    [
        (Side.B, "pre-shared-key cisco", "pre-shared-key other"),
        (Side.B, "hash sha", "hash md5"),
        (Side.B, "TRANSFORM esp-aes", "TRANSFORM esp-3des"),
        (Side.B, "set peer 10.0.0.1", "set peer 10.0.0.9"),
    ],
)
def test_tshark_names_no_malformed_packet_in_a_failed_run(tmp_path: Path, side: Side, old: str, new: str) -> None:
    result = run(order(changed(side, old, new)))
    assert result.transcript.verdict.outcome is Outcome.DOWN
    assert _tshark(tmp_path, result, "-Y_ws.malformed") == ""


def test_lost_and_blocked_packets_are_in_the_capture_with_what_became_of_them(tmp_path: Path) -> None:
    result = run(order(link=read_link("block=udp/500")))
    shown = _tshark(tmp_path, result, "-Tfields", "-eframe.comment", "-eframe.interface_name")
    lines = shown.splitlines()
    assert len(lines) == 4
    assert all("blocked: a filter on the way stops udp/500" in line for line in lines)
    assert all(line.endswith("asa1 outside") for line in lines)


def test_every_debug_line_stands_beside_one_packet_of_its_exchange() -> None:
    result = healthy()
    said = [event for event in result.transcript.events if isinstance(event, LineSaid)]
    beside = comments(result.transcript.events)
    assert sorted(line for lines in beside.values() for line in lines) == sorted(line.text for line in said)
    numbers = {event.name: event.number for event in result.transcript.events if isinstance(event, MessageSent)}
    assert any("constructing ke payload" in line for line in beside[Side.A, numbers["MM3"]])
    assert any("processing ke payload" in line for line in beside[Side.B, numbers["MM3"]])
    assert any("key acquire" in line for line in beside[Side.A, numbers["MM1"]])
    in_capture = [comment for packet in result.packets for comment in packet.comments]
    assert len(in_capture) == len(said)
    assert in_capture[0].startswith("asa1: ")


@pytest.mark.parametrize("seed", [9, 31, 56, 99])
def test_tshark_is_not_led_astray_by_repetitions(tmp_path: Path, seed: int) -> None:
    result = run(order(seed=seed, link=read_link("loss=20%,duplicate=20%,reorder=20%")))
    messages = [event for event in result.transcript.events if isinstance(event, MessageSent)]
    assert any(message.retransmission for message in messages)
    assert _tshark(tmp_path, result, "-Y_ws.malformed || esp.icv_bad == 1") == ""
    shown = _tshark(tmp_path, result, "-Yisakmp", "-Tfields", "-eframe.number", "-eframe.len", "-eframe.cap_len")
    cut = [line for line in shown.splitlines() if line.split()[1] != line.split()[2]]
    repeated = [message for message in messages if message.encrypted and message.retransmission]
    assert len(cut) == len(repeated)
