"""`mainmode check DIR`: the pairs of a folder by all cores, what is left out, how far it is, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mainmode.cli import check_folder
from mainmode.cli.main import main
from mainmode.cli.parser import EXIT_DOWN, EXIT_INPUT, EXIT_INTERRUPTED, EXIT_UP

Console = pytest.CaptureFixture[str]

COMMON = """\
crypto ipsec ikev1 transform-set STRONG esp-aes-256 esp-sha-hmac
crypto map VPN interface outside
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes-256
 hash sha
 group 5
 lifetime 86400
"""


def interfaces(hostname: str, outside: str, inside: str) -> str:
    return (
        f"hostname {hostname}\n"
        f"interface GigabitEthernet0/0\n nameif outside\n security-level 0\n ip address {outside} 255.255.255.0\n"
        f"interface GigabitEthernet0/1\n nameif inside\n security-level 100\n ip address {inside} 255.255.255.0\n"
        f"route outside 0.0.0.0 0.0.0.0 {outside.rpartition('.')[0]}.254\n"
    )


def tunnel(number: int, local: str, remote: str, peer: str, key: str) -> str:
    return (
        f"access-list TO-{number} extended permit ip {local} 255.255.255.0 {remote} 255.255.255.0\n"
        f"crypto map VPN {number} match address TO-{number}\n"
        f"crypto map VPN {number} set peer {peer}\n"
        f"crypto map VPN {number} set ikev1 transform-set STRONG\n"
        f"tunnel-group {peer} type ipsec-l2l\n"
        f"tunnel-group {peer} ipsec-attributes\n ikev1 pre-shared-key {key}\n"
    )


def site(number: int) -> str:
    made = interfaces(f"site{number}", f"198.51.100.{number}", f"10.1.{number}.1")
    return made + tunnel(1, f"10.1.{number}.0", "10.0.0.0", "203.0.113.1", f"key-of-{number}") + COMMON


def hub(count: int) -> str:
    tunnels = (
        tunnel(number, "10.0.0.0", f"10.1.{number}.0", f"198.51.100.{number}", f"key-of-{number}")
        for number in range(1, count + 1)
    )
    return interfaces("hub", "203.0.113.1", "10.0.0.1") + "".join(tunnels) + COMMON


def folder(place: Path, count: int = 3) -> Path:
    (place / "sites").mkdir(parents=True)
    (place / "hub.cfg").write_text(hub(count))
    for number in range(1, count + 1):
        (place / "sites" / f"site{number}.cfg").write_text(site(number))
    return place


def document(place: Path, out: Path) -> tuple[int, dict]:
    code = main(["check", str(place), "--json", str(out)])
    return code, json.loads(out.read_text())


def test_every_pair_of_a_folder_is_checked(tmp_path: Path, capsys: Console) -> None:
    code, told = document(folder(tmp_path / "net"), tmp_path / "out.json")
    assert (code, told["up"], len(told["pairs"])) == (EXIT_UP, True, 3)
    assert [[device["file"] for device in pair["devices"].values()] for pair in told["pairs"]] == [
        ["hub.cfg", f"sites/site{number}.cfg"] for number in (1, 2, 3)
    ]
    assert capsys.readouterr().err == ""


def test_one_that_is_down_says_so_with_its_place(tmp_path: Path, capsys: Console) -> None:
    place = folder(tmp_path / "net")
    broken = (place / "sites" / "site2.cfg").read_text().replace("group 5", "group 2")
    (place / "sites" / "site2.cfg").write_text(broken)
    assert main(["check", str(place), "--sarif", str(tmp_path / "out.sarif")]) == EXIT_DOWN
    assert "site2" in capsys.readouterr().out
    told = (tmp_path / "out.sarif").read_text()
    assert "sites/site2.cfg" in told
    assert "key-of-2" not in told


def test_it_is_the_same_whoever_does_the_work(tmp_path: Path, capsys: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    place, written = folder(tmp_path / "net", 5), []
    for count in (1, 2, 4):
        monkeypatch.setattr(check_folder, "cores", lambda count=count: count)
        written.append(document(place, tmp_path / "out.json"))
    capsys.readouterr()
    assert written[0] == written[1] == written[2]


def test_what_is_no_configuration_is_left_out_and_told(tmp_path: Path, capsys: Console) -> None:
    place = folder(tmp_path / "net", 1)
    (place / "README.md").write_text("# Our sites\n")
    (place / "show.log").write_text("interface Ethernet0 is up\n" + "nothing that a device says\n" * 50)
    (place / "words.txt").write_text("crypto map me if you can\n" * 50)
    (place / "elsewhere").symlink_to(place)
    os.mkfifo(place / "pipe.cfg")
    (place / "dump.pcap").write_bytes(b"\xd4\xc3\xb2\xa1\0\0\0")
    (place / ".git").mkdir()
    (place / ".git" / "hub.cfg").write_text(hub(1))
    (place / "hub-copy.cfg").write_text(hub(1))
    code, told = document(place, tmp_path / "out.json")
    capsys.readouterr()
    assert (code, len(told["pairs"])) == (EXIT_UP, 1)
    notes = "\n".join(told["notes"])
    assert "left out, not an ASA's configuration: README.md, show.log, words.txt" in notes
    assert "dump.pcap: left out: " in notes
    assert "hub.cfg is left out: it has the hostname hub and the address 203.0.113.1 of hub-copy.cfg" in notes
    assert ".git" not in notes


def test_a_peer_in_no_file_is_named_with_its_line(tmp_path: Path, capsys: Console) -> None:
    place = folder(tmp_path / "net", 2)
    (place / "sites" / "site2.cfg").unlink()
    _, told = document(place, tmp_path / "out.json")
    capsys.readouterr()
    assert [(one["file"], one["peer"]) for one in told["lonely"]] == [("hub.cfg", "198.51.100.2")]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "no file in it"),
        ({"a.cfg": site(1)}, "no two of its files are peers (1 configuration found)"),
        ({"a.cfg": site(1), "b.cfg": site(2)}, "a.cfg:13 crypto map VPN 1 set peer 203.0.113.1: in no file"),
        ({"notes.txt": "nothing"}, "left out, not an ASA's configuration: notes.txt"),
    ],
)
def test_a_folder_without_a_pair_is_bad_input(
    files: dict[str, str], told: str, tmp_path: Path, capsys: Console
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert main(["check", str(tmp_path)]) == EXIT_INPUT
    assert told in capsys.readouterr().err


def test_two_files_alone_are_a_pair_though_neither_names_the_other(tmp_path: Path, capsys: Console) -> None:
    place = folder(tmp_path / "net", 1)
    for name in ("hub.cfg", "sites/site1.cfg"):
        text = (place / name).read_text()
        (place / name).write_text(
            text.replace("set peer 198.51.100.1", "set peer 198.51.100.91").replace(
                "set peer 203.0.113.1", "set peer 203.0.113.91"
            )
        )
    code, told = document(place, tmp_path / "out.json")
    capsys.readouterr()
    assert (code, len(told["pairs"])) == (EXIT_DOWN, 1)
    assert {trouble["code"] for trouble in told["pairs"][0]["troubles"]} == {"PEER_ADDRESS_WRONG"}


def test_a_fault_in_one_pair_leaves_the_others(
    tmp_path: Path, capsys: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = check_folder.check

    def fails(subject, options):
        if "site2" in subject.names.values():
            raise KeyError("secret")
        return check(subject, options)

    monkeypatch.setattr(check_folder, "check", fails)
    code, told = document(folder(tmp_path / "net"), tmp_path / "out.json")
    capsys.readouterr()
    assert (code, len(told["pairs"])) == (EXIT_DOWN, 2)
    (unchecked,) = told["unchecked"]
    assert unchecked["files"] == ["hub.cfg", "sites/site2.cfg"]
    assert unchecked["why"].startswith("a fault in mainmode itself, please report it: KeyError in ")
    assert "secret" not in unchecked["why"]


def test_an_interruption_ends_all_of_it(tmp_path: Path) -> None:
    place = folder(tmp_path / "net", 60)
    program = "import sys; from mainmode.cli.main import main; sys.exit(main())"
    running = subprocess.Popen(
        [sys.executable, "-c", program, "check", str(place)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        end = time.monotonic() + 60
        while len(_children(running.pid)) < 2 and time.monotonic() < end:
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGINT)
        printed, said = running.communicate(timeout=60)
    finally:
        running.kill()
    assert (running.returncode, printed, said) == (EXIT_INTERRUPTED, "", "mainmode: interrupted\n")
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)


def _children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()
