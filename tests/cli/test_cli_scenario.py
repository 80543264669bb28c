"""`mainmode lab SCENARIO` as a user meets it: the report, kept consoles, ladders, folders of configurations, faults."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mainmode.cli.main import main
from mainmode.cli.parser import EXIT_DOWN, EXIT_INPUT, EXIT_UP
from mainmode.cli.scenario import packaged

Console = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a packaged scenario."""
    return Path(shutil.copytree(packaged()["reference"], tmp_path / "mine"))


def test_a_packaged_scenario_is_played_by_its_name_and_listed(capsys: Console) -> None:
    assert main(["lab", "reference"]) == EXIT_UP
    printed = capsys.readouterr().out
    assert printed.startswith("The reference: two firewalls, one tunnel\n")
    assert "holds  tunnel a b is up\n       SPIs 0x" in printed
    assert "phase 1 with 10.0.0.2 is up" in printed
    assert main(["lab", "--list"]) == EXIT_UP
    assert "reference" in capsys.readouterr().out


def test_an_expectation_that_does_not_hold_is_shown_and_is_exit_code_1(folder: Path, capsys: Console) -> None:
    text = (folder / "scenario.toml").read_text().replace('"tunnel a b is up"', '"tunnel a b is down"')
    (folder / "scenario.toml").write_text(text)
    assert main(["lab", str(folder)]) == EXIT_DOWN
    assert "FAILS  tunnel a b is down\n       SPIs 0x" in capsys.readouterr().out


def test_consoles_that_differ_are_shown_as_a_diff_and_renewed_on_request(folder: Path, capsys: Console) -> None:
    kept = folder / "consoles" / "a.txt"
    before = kept.read_bytes()
    kept.write_bytes(before.replace(b"processing SA payload", b"processing no payload"))
    assert main(["lab", str(folder)]) == EXIT_DOWN
    printed = capsys.readouterr().out
    assert "--- consoles/a.txt\n+++ a as played" in printed
    assert "processing no payload\n+" in printed
    assert main(["lab", str(folder), "--renew"]) == EXIT_UP
    assert kept.read_bytes() == before
    (folder / "consoles" / "b.txt").unlink()
    (folder / "consoles" / "gone.txt").write_text("x")
    assert main(["lab", str(folder)]) == EXIT_DOWN
    printed = capsys.readouterr().out
    assert "console b: none is kept; --renew writes it" in printed
    assert "console gone: kept, but there is no such device" in printed
    assert main(["lab", str(folder), "--renew"]) == EXIT_UP
    assert sorted(path.name for path in (folder / "consoles").iterdir()) == ["a.txt", "b.txt"]


def test_a_console_is_printed(folder: Path, capsys: Console) -> None:
    assert main(["lab", str(folder), "--console", "b"]) == EXIT_UP
    assert capsys.readouterr().out == (folder / "consoles" / "b.txt").read_text()
    assert main(["lab", str(folder), "--console", "c"]) == EXIT_INPUT
    assert "the devices are a, b" in capsys.readouterr().err


def test_two_devices_have_a_ladder_and_files(tmp_path: Path, capsys: Console) -> None:
    files = {name: tmp_path / f"run.{name}" for name in ("html", "json", "markdown", "pcap", "keys")}
    options = [text for name, path in files.items() for text in (f"--{name}", str(path))]
    assert main(["lab", "nat_on_one_side", "--ladder", "branch", "office", *options]) == EXIT_UP
    printed = capsys.readouterr().out
    assert "── MM1 ──" in printed
    assert "UP  The tunnel is up and carries traffic." in printed
    document = json.loads(files["json"].read_text())
    assert [device["hostname"] for device in document["devices"]] == ["branch", "office"]
    assert all(path.exists() for path in files.values())
    environment = {"WIRESHARK_CONFIG_DIR": str(files["keys"]), "PATH": os.environ["PATH"]}
    shown = subprocess.run(
        ["tshark", "-r", files["pcap"], "-Yicmp", "-Tfields", "-eicmp.seq"],
        capture_output=True, text=True, check=True, env=environment,
    ).stdout  # fmt: skip
    assert shown.split() == [str(number) for number in (2, 3, 4, 5) for _ in range(2)]


def test_a_fault_of_the_command_line_changes_the_run_and_no_console_is_compared(folder: Path, capsys: Console) -> None:
    assert main(["lab", str(folder), "--fault", "wrong-key,b"]) == EXIT_DOWN
    printed = capsys.readouterr().out
    assert "b: fault wrong-key,b: typed: tunnel-group 10.0.0.1 ipsec-attributes / pre-shared-key *****" in printed
    assert "--- consoles" not in printed
    assert "not-the-key" not in printed
    assert main(["lab", str(folder), "--fault", "drop=QM3:9"]) == EXIT_UP
    assert "fault drop=QM3:9 never fired" in capsys.readouterr().out
    assert main(["lab", str(folder), "--renew", "--seed", "5"]) == EXIT_INPUT


def test_the_same_seed_plays_the_same_and_another_seed_another(folder: Path, capsys: Console) -> None:
    printed = []
    for seed in ("5", "5", "6"):
        assert main(["lab", str(folder), "--seed", seed, "--console", "a"]) == EXIT_UP
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert printed[0] != printed[2]


def test_a_scenario_that_cannot_be_read_says_where(folder: Path, capsys: Console) -> None:
    file = folder / "scenario.toml"
    text = file.read_text()
    for old, new, said in (
        ('"at 1s: ping', '"at 1s: pong', "scenario.toml:13: not understood: pong"),
        ('b = "b.cfg"', 'b = "c.cfg"', "c.cfg: no such file"),
        ('b = "b.cfg"', 'b = "../b.cfg"', "a file beside scenario.toml is expected, without a path"),
        ('b = "b.cfg"', 'b = "a.cfg"', "a and b both have the address 10.0.0.1 on the net"),
        ("192.168.1.2 192.168.2.2", "172.16.1.2 192.168.2.2", "172.16.1.2 is behind no device of the scenario"),
        ("crypto isakmp sa", "crypto isakmp nonsense", "ERROR: % Invalid input detected at '^' marker."),
    ):
        assert old in text
        file.write_text(text.replace(old, new))
        assert main(["lab", str(folder)]) == EXIT_INPUT
        assert said in capsys.readouterr().err


def test_a_folder_of_configurations_is_connected_and_every_tunnel_tried(tmp_path: Path, capsys: Console) -> None:
    reference = packaged()["reference"]
    for name in ("a", "b"):
        shutil.copy(reference / f"{name}.cfg", tmp_path)
    assert main(["lab", str(tmp_path)]) == EXIT_UP
    assert capsys.readouterr().out == ("a b  192.168.1.2 192.168.2.2  4/5  UP  The tunnel is up and carries traffic.\n")
    assert main(["lab", str(tmp_path), "--fault", "transform,b"]) == EXIT_DOWN
    assert "0/5  TRANSFORM_MISMATCH  asa2 and asa1 have no transform set in common" in capsys.readouterr().out
    (tmp_path / "b.cfg").unlink()
    assert main(["lab", str(tmp_path)]) == EXIT_INPUT
    assert "no two of its configurations name each other as peers; they are: a.cfg" in capsys.readouterr().err
