"""`mainmode explain` as a user meets it: what it prints and writes, its exit codes, what it says to bad input."""

import gzip
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest

from mainmode.cli.main import main
from mainmode.explain.schema import schema

Console = pytest.CaptureFixture[str]

REFUSED = """\
Nov 30 10:38:29 [IKEv1 DEBUG]: Pitcher: received a key acquire message, spi 0x0
Nov 30 10:38:29 [IKEv1]: IP = 10.0.0.2, IKE Initiator: New Phase 1, Intf inside, IKE Peer 10.0.0.2  local Proxy Address 192.168.1.0, remote Proxy Address 192.168.2.0,  Crypto map (MAP)
Nov 30 10:38:29 [IKEv1 DEBUG]: IP = 10.0.0.2, constructing ISAKMP SA payload
Nov 30 10:38:29 [IKEv1]: IP = 10.0.0.2, IKE_DECODE SENDING Message (msgid=0) with payloads : HDR + SA (1) + VENDOR (13) + VENDOR (13) + VENDOR (13) + VENDOR (13) + NONE (0) total length : 168
Nov 30 10:38:29 [IKEv1]: IP = 10.0.0.2, IKE_DECODE RECEIVED Message (msgid=0) with payloads : HDR + NOTIFY (11) + NONE (0) total length : 96
Nov 30 10:38:29 [IKEv1]: IP = 10.0.0.2, Received an un-encrypted NO_PROPOSAL_CHOSEN notify message, dropping
Nov 30 10:38:29 [IKEv1]: IP = 10.0.0.2, Information Exchange processing failed
"""  # noqa: E501
OTHER_PEER = REFUSED.replace("10.0.0.2", "10.0.0.3")
NOTHING = "Jan  1 00:00:00 web nginx: GET / 200\n"
FIREWALL = """\
hostname asa1
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 10.0.0.1 255.255.255.0
crypto isakmp policy 10
 authentication pre-share
tunnel-group 10.0.0.2 type ipsec-l2l
"""
ROUTER = """\
hostname R1
crypto isakmp policy 10
 encr aes 256
 group 2
crypto isakmp key SECRET address 10.0.0.2
crypto ipsec transform-set TS esp-aes 256 esp-sha-hmac
crypto map MAP 10 ipsec-isakmp
 set peer 10.0.0.2
 match address 110
interface FastEthernet0/0
 ip address 10.0.0.1 255.255.255.0
 crypto map MAP
access-list 110 permit ip 192.168.1.0 0.0.0.255 192.168.2.0 0.0.0.255
line vty 0 4
 login
"""


def _log(folder: Path, text: str, name: str = "debug.log") -> str:
    place = folder / name
    place.write_bytes(text.encode())
    return str(place)


def test_a_log_of_one_peer_is_explained_at_once(tmp_path: Path, capsys: Console) -> None:
    assert main(["explain", _log(tmp_path, REFUSED)]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("DOWN  The tunnel with 10.0.0.2 does not come up")
    assert "PHASE1_MISMATCH" in printed
    assert "6 │" in printed
    assert "── MM1 ──" in printed
    assert "Message to the engineer of 10.0.0.2" in printed


def test_files_are_written_and_the_document_keeps_to_its_schema(tmp_path: Path, capsys: Console) -> None:
    places = {name: str(tmp_path / f"out.{name}") for name in ("html", "json", "markdown")}
    options = [part for name, place in places.items() for part in (f"--{name}", place)]
    assert main(["explain", _log(tmp_path, REFUSED), *options, "--no-ladder"]) == 1
    assert "── MM1" not in capsys.readouterr().out
    made = json.loads(Path(places["json"]).read_text())
    jsonschema.Draft202012Validator(schema()).validate(made)
    assert made["findings"][0]["code"] == "PHASE1_MISMATCH"
    assert "sequenceDiagram" in Path(places["markdown"]).read_text()
    assert Path(places["html"]).read_text().startswith("<!doctype html>")


def test_many_peers_give_a_table_and_one_of_them_its_ladder(tmp_path: Path, capsys: Console) -> None:
    log = _log(tmp_path, REFUSED + OTHER_PEER)
    assert main(["explain", log]) == 1
    table = capsys.readouterr().out
    assert "2 negotiations with 2 peers" in table
    assert "--peer ADDRESS" in table
    assert "── MM1 ──" not in table
    assert main(["explain", log, "--peer", "10.0.0.3"]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("DOWN  The tunnel with 10.0.0.3")
    assert "── MM1 ──" in printed


def test_a_peer_that_is_not_there_is_told(tmp_path: Path, capsys: Console) -> None:
    assert main(["explain", _log(tmp_path, REFUSED), "--peer", "10.9.9.9"]) == 2
    told = capsys.readouterr()
    assert "No negotiation with 10.9.9.9 is in the log" in told.out


def test_packed_logs_folders_and_standard_input(
    tmp_path: Path, capsys: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "asa.log.gz").write_bytes(gzip.compress(REFUSED.encode()))
    for name in (str(folder), str(folder / "asa.log.gz")):
        assert main(["explain", name]) == 1
        assert "PHASE1_MISMATCH" in capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(REFUSED.encode())))
    assert main(["explain", "-"]) == 1
    assert "PHASE1_MISMATCH" in capsys.readouterr().out


def test_redaction_reaches_everything_that_is_written(tmp_path: Path, capsys: Console) -> None:
    secret = REFUSED.replace("10.0.0.2", "81.2.69.144").replace("(MAP)", "(acme_map)")
    secret += " ikev1 pre-shared-key s3cr3t\n"
    places = {name: str(tmp_path / f"out.{name}") for name in ("html", "json", "markdown")}
    options = [part for name, place in places.items() for part in (f"--{name}", place)]
    assert main(["explain", _log(tmp_path, secret, "acme.log"), "--redact", *options]) == 1
    written = [capsys.readouterr().out, *(Path(place).read_text() for place in places.values())]
    for text in written:
        assert not [one for one in ("81.2.69", "acme", "192.168.1.", "192.168.2.", "s3cr3t") if one in text]
        assert "PHASE1_MISMATCH" in text.replace("\\", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["{folder}/none.log"], "none.log: no such file"),
        (["-", "-"], "both logs are standard input"),
        (["{log}", "--config", "{folder}/none.cfg"], "none.cfg: no such file"),
        (["{log}", "--json", "{log}"], "would overwrite the input"),
        (["{log}", "--html", "{folder}/x", "--json", "{folder}/x"], "are one place"),
        (["{log}", "--keys", "{folder}/keys"], "keys: no such file"),
        (["{log}", "--width", "7"], "not a whole number from 40"),
        ([], "required: LOG"),
        (["{nothing}"], "no negotiation in it; give the output of"),
        (["{empty}"], "empty, no line is in it; give the output of"),
        (["{log}", "--peer", "10.9.9.9"], "no negotiation with 10.9.9.9 in it; leave --peer out"),
        (["{log}", "{log}"], "both logs are the file"),
        (["{firewall}"], "looks like a configuration, not like a log; give it with --config"),
        (["{swanctl}"], "looks like a configuration, not like a log"),
        (["{log}", "--config", "{router}"], "not an ASA's configuration (7 of its 15 lines are not understood)"),
        (["{log}", "--config", "{log}"], "not an ASA's configuration"),
        (["{log}", "--config", "{empty}"], "the configuration is empty"),
    ],
)
def test_bad_input_is_told_with_what_to_do(arguments: list[str], told: str, tmp_path: Path, capsys: Console) -> None:
    places = {
        "folder": str(tmp_path),
        "log": _log(tmp_path, REFUSED),
        "nothing": _log(tmp_path, NOTHING, "web.log"),
        "empty": _log(tmp_path, "", "empty.log"),
        "firewall": _log(tmp_path, FIREWALL, "asa.cfg"),
        "router": _log(tmp_path, ROUTER, "router.cfg"),
        "swanctl": _log(tmp_path, "connections {\n  hq {\n    version = 1\n  }\n}\n", "swanctl.conf"),
    }
    try:
        code = main(["explain", *(one.format(**places) for one in arguments)])
    except SystemExit as left:
        code = int(left.code or 0)
    assert code == 2
    errors = capsys.readouterr().err
    assert told in errors
    assert "Traceback" not in errors


def test_the_key_is_never_taken_from_a_pipe(tmp_path: Path, capsys: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_terminal(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr("mainmode.cli.explain.open", no_terminal, raising=False)
    assert main(["explain", _log(tmp_path, REFUSED), "--psk"]) == 2
    assert "asks for the pre-shared key at a terminal" in capsys.readouterr().err


HOSTILE = (
    b"\x1b]0;owned\x07" + b"[IKEv1]: IP = 10.0.0.2, <script>alert(1)</script>\n" * 3,
    b"A" * 300_000 + b"\n" + REFUSED.encode(),
    b"\xff\xfe" + REFUSED.encode("utf-16-le"),
    bytes(range(256)) * 400,
    b"%ASA-7-713906: Group = " + b"a," * 100_000 + b"\n",
    b"Group = " + b" " * 200_000 + b"x\n",
)


@pytest.mark.parametrize("octets", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_logs_come_out_harmless(octets: bytes, tmp_path: Path, capsys: Console) -> None:
    place = tmp_path / "evil.log"
    place.write_bytes(octets)
    page = tmp_path / "out.html"
    for extra in ([], ["--redact"]):
        assert main(["explain", str(place), "--html", str(page), *extra]) in (0, 1, 2)
        told = capsys.readouterr()
        assert all(one.isprintable() or one == "\n" for one in told.out)
        assert "fault in mainmode" not in told.err
        assert page.read_text().count("<script>") == 1


def test_lines_with_a_year_and_without_are_told_in_one(tmp_path: Path, capsys: Console) -> None:
    first, *rest = REFUSED.splitlines()
    mixed = "\n".join([first.replace("Nov 30", "Nov 30 2010"), *rest[:-1], rest[-1].replace("10:38:29", "10:39:29")])
    assert main(["explain", _log(tmp_path, mixed.replace("Nov 30 10:38", "Nov 30 2010 10:38"))]) == 1
    printed = capsys.readouterr().out
    assert "2010-11-30 10:39:29 by our clock" in printed.replace("\n    ", " ")
    assert "1972" not in printed
    assert "1973" not in printed
