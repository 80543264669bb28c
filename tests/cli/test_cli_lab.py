"""`mainmode lab` as a user meets it: what it writes and prints, its exit codes, and what it says to bad input."""

import json
import os
import re
import stat
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from mainmode import __version__
from mainmode.cli import lab as lab_command
from mainmode.cli.main import main
from mainmode.cli.parser import EXIT_DOWN, EXIT_FAULT, EXIT_INPUT, EXIT_INTERRUPTED, EXIT_PIPE_CLOSED, EXIT_UP
from mainmode.lab.link import read_link

EXAMPLES = files("mainmode.lab") / "examples"
A, B = ((EXAMPLES / name).read_text("utf-8") for name in ("asa1.cfg", "asa2.cfg"))

PROGRAM = [sys.executable, "-c", "import sys; from mainmode.cli.main import main; sys.exit(main())"]
Console = pytest.CaptureFixture[str]


def _outputs(folder: Path) -> list[str]:
    return [
        *("--html", str(folder / "run.html"), "--json", str(folder / "run.json")),
        *("--markdown", str(folder / "run.md"), "--pcap", str(folder / "run.pcapng"), "--keys", str(folder / "keys")),
    ]


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _config(folder: Path, text: str, name: str = "b.cfg") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_the_packaged_pair_comes_up(capsys: Console) -> None:
    assert main(["lab", "--seed", "1"]) == EXIT_UP
    printed = capsys.readouterr()
    for name in ("MM1", "MM6", "QM3", "PHASE 2 COMPLETED", "UP", "asa1.cfg:28 crypto isakmp policy 10", "seed 1"):
        assert name in printed.out
    assert printed.err == ""
    assert "\x1b" not in printed.out
    ladder, _, _ = printed.out.partition("asa1# show")
    assert max(map(len, ladder.splitlines())) <= 80


def test_the_same_seed_writes_the_same_bytes_everywhere(tmp_path: Path, capsys: Console) -> None:
    folders = [tmp_path / name for name in ("one", "two", "three")]
    printed = []
    for folder, seed in zip(folders, ("7", "7", "8"), strict=True):
        folder.mkdir()
        assert main(["lab", "--seed", seed, *_outputs(folder)]) == EXIT_UP
        printed.append(capsys.readouterr().out)
    one, two, three = (_contents(folder) for folder in folders)
    assert set(one) == {
        *("run.html", "run.json", "run.md", "run.pcapng"),
        *("keys/esp_sa", "keys/ikev1_decryption_table", "keys/preferences"),
    }
    assert one == two
    assert printed[0] == printed[1]
    assert {name for name in one if one[name] != three[name]} == set(one) - {"keys/preferences"}


def test_the_same_seed_writes_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    written = []
    for hash_seed in ("1", "2"):
        folder = tmp_path / hash_seed
        folder.mkdir()
        arguments = ["lab", "--seed", "3", "--link", "loss=20%,duplicate=10%", *_outputs(folder)]
        done = subprocess.run(
            [*PROGRAM, *arguments], capture_output=True, check=False, env=os.environ | {"PYTHONHASHSEED": hash_seed}
        )
        assert done.returncode == EXIT_UP
        assert done.stderr == b""
        assert len(_contents(folder)) == 7
        written.append((done.returncode, done.stdout, _contents(folder)))
    assert written[0] == written[1]


def test_a_drawn_seed_is_printed_and_repeats_the_run(tmp_path: Path, capsys: Console) -> None:
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    assert main(["lab", "--json", str(first)]) == EXIT_UP
    seed = re.search(r"seed (\d+)", capsys.readouterr().out)
    assert seed is not None
    assert main(["lab", "--json", str(second), "--seed", seed[1]]) == EXIT_UP
    assert first.read_bytes() == second.read_bytes()


def test_keys_are_for_the_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "keys"
    assert main(["lab", "--seed", "1", "--keys", str(folder)]) == EXIT_UP
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert main(["lab", "--seed", "2", "--keys", str(folder)]) == EXIT_UP


def test_a_users_own_wireshark_folder_is_left_alone(tmp_path: Path, capsys: Console) -> None:
    (tmp_path / "preferences").write_text("gui.layout_type: 2\n")
    assert main(["lab", "--seed", "1", "--keys", str(tmp_path)]) == EXIT_INPUT
    assert "name a new folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["preferences"]


def test_the_command_of_the_documentation_decrypts(tmp_path: Path) -> None:
    assert main(["lab", "--seed", "1", *_outputs(tmp_path)]) == EXIT_UP
    shown = subprocess.run(
        ["tshark", "-r", tmp_path / "run.pcapng"],
        capture_output=True, text=True, check=True,
        env=os.environ | {"WIRESHARK_CONFIG_DIR": str(tmp_path / "keys")},
    ).stdout  # fmt: skip
    assert shown.count("Echo (ping) reply") == 4
    assert "Malformed" not in shown


def test_a_failed_tunnel_exits_with_1_and_names_both_lines(tmp_path: Path, capsys: Console) -> None:
    a, b = _config(tmp_path, A, "a.cfg"), _config(tmp_path, B.replace("key cisco", "key Zebra-crossing"))
    assert main(["lab", a, b, "--seed", "1", *_outputs(tmp_path)]) == EXIT_DOWN
    printed = capsys.readouterr().out
    verdict = printed[printed.index("── verdict") :]
    assert "DOWN" in verdict
    assert "a.cfg:36" in verdict
    assert "b.cfg:36" in verdict
    document = json.loads((tmp_path / "run.json").read_text())
    assert document["verdict"]["cause"] == "PSK_MISMATCH"
    written = b"".join(_contents(tmp_path)[name] for name in ("run.html", "run.json", "run.md", "run.pcapng"))
    assert b"Zebra" not in written
    assert "Zebra" not in printed


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path, capsys: Console) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    a, b = _config(tmp_path / "one", A, "asa.cfg"), _config(tmp_path / "two", B, "asa.cfg")
    assert main(["lab", a, b, "--seed", "1", "--width", "200"]) == EXIT_UP
    printed = capsys.readouterr().out
    assert f"{a}:28" in printed
    assert f"{b}:28" in printed


def test_problems_of_a_configuration_are_told_with_their_place(tmp_path: Path, capsys: Console) -> None:
    b = _config(tmp_path, B + "crypto isakmp policy ten\nfrobnicate\n")
    assert main(["lab", _config(tmp_path, A, "a.cfg"), b, "--seed", "1"]) == EXIT_UP
    errors = capsys.readouterr().err
    assert "b.cfg:37:22" in errors
    assert "b.cfg:38" in errors


def test_a_flood_of_problems_is_cut_short(tmp_path: Path, capsys: Console) -> None:
    b = _config(tmp_path, B + "frobnicate\n" * 500)
    assert main(["lab", _config(tmp_path, A, "a.cfg"), b, "--seed", "1"]) == EXIT_UP
    errors = capsys.readouterr().err
    assert "b.cfg: 480 more lines with problems" in errors
    assert len(errors.splitlines()) < 150


UNUSABLE = {
    "one file": (["{good}"], "takes two"),
    "three files": (["{good}"] * 3, "takes two"),
    "no such file": (["{good}", "{folder}/none.cfg"], "no such file"),
    "a directory": (["{good}", "{folder}"], "is a directory"),
    "binary": (["{good}", "{folder}/noise.bin"], "binary data"),
    "a name that no file can have": (["{good}", "a\0b"], "cannot be read"),
    "nothing in common": (["{good}", "{good}"], "no interface of one configuration faces"),
    "a device": (["{good}", "/dev/null"], "not a file but a pipe or a device"),
    "a pipe that nobody writes to": (["{good}", "{folder}/pipe"], "not a file but a pipe or a device"),
    "standard input twice": (["-", "/dev/stdin"], "which can be read once"),
    "empty": (["{good}", "{folder}/empty.cfg"], "no interface of one configuration faces"),
    "seed": (["--seed", "-1"], "not a whole number"),
    "width": (["--width", "10"], "from 40 to 400"),
    "link": (["--link", "loss=lots"], "percentage"),
    "ping": (["--ping", "192.168.1.2", "elsewhere"], "two IPv4 addresses"),
    "ping from nowhere": (["--ping", "1.1.1.1", "2.2.2.2"], "not behind either device"),
    "debug": (["--debug", "crypto everything"], "not a debug"),
    "show": (["--show", "crypto everything"], "Invalid input detected"),
    "output in no folder": (["--html", "{folder}/none/x.html"], "cannot be written"),
    "output on a folder": (["--json", "{folder}"], "cannot be written"),
    "keys on a file": (["--keys", "{good}"], "cannot be used for keys"),
    "link twice": (["--link", "loss=5%,delay=1s,loss=50%"], "loss stands more than once"),
    "link in hours": (["--link", "delay=1h"], "whole milliseconds or seconds"),
    "no output": (["--html", ""], "names nothing"),
    "no keys": (["--keys", ""], "names nothing"),
    "output on standard output": (["--html", "-"], "standard output carries the ladder"),
    "keys on standard output": (["--keys", "-"], "standard output carries the ladder"),
    "output on an input": (["--json", "{folder}/./a.cfg", "{good}", "{good}"], "would overwrite the configuration"),
    "output on an input by a link": (["--pcap", "{folder}/link.cfg", "{good}", "{good}"], "would overwrite"),
    "key file on an input": (["--keys", "{folder}", "{folder}/esp_sa", "{good}"], "would overwrite"),
    "two outputs on one place": (["--html", "{folder}/x", "--json", "{folder}/y/../x"], "are one place"),
    "output on a key file": (["--html", "{folder}/keys/esp_sa", "--keys", "{folder}/keys"], "are one place"),
    "output on the keys' folder": (["--html", "{folder}/k", "--keys", "{folder}/k"], "are one place"),
    "unknown option": (["--frobnicate"], "unrecognized arguments"),
}


@pytest.mark.parametrize("case", list(UNUSABLE))
def test_unusable_input_exits_with_2_and_says_what_to_do(tmp_path: Path, capsys: Console, case: str) -> None:
    arguments, expected = UNUSABLE[case]
    good = _config(tmp_path, A, "a.cfg")
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)) * 10)
    (tmp_path / "empty.cfg").touch()
    (tmp_path / "esp_sa").write_text(A)
    (tmp_path / "link.cfg").symlink_to(good)
    (tmp_path / "y").mkdir()
    os.mkfifo(tmp_path / "pipe")
    arguments = [argument.format(good=good, folder=tmp_path) for argument in arguments]
    try:
        code = main(["lab", "--seed", "1", *arguments])
    except SystemExit as left:
        code = left.code  # type: ignore[assignment]
    errors = capsys.readouterr()
    assert code == EXIT_INPUT
    assert errors.err.startswith("mainmode: ")
    assert expected in errors.err
    assert errors.out == ""
    assert Path(good).read_text() == A


def test_several_outputs_may_go_to_the_null_device() -> None:
    assert main(["lab", "--seed", "1", "--html", "/dev/null", "--json", "/dev/null"]) == EXIT_UP


def test_an_output_is_not_put_where_standard_output_goes(tmp_path: Path) -> None:
    place = tmp_path / "ladder.txt"
    with place.open("w") as file:
        done = subprocess.run([*PROGRAM, "lab", "--json", place], stdout=file, stderr=subprocess.PIPE, check=False)
    assert done.returncode == EXIT_INPUT
    assert b"standard output are one place" in done.stderr


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_a_configuration_may_come_by_standard_input(tmp_path: Path, name: str) -> None:
    done = subprocess.run(
        [*PROGRAM, "lab", _config(tmp_path, A, "a.cfg"), name, "--seed", "1"],
        input=B, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "standard input:28 crypto isakmp policy 10" in done.stdout


def test_standard_output_that_is_full_is_told_in_one_sentence() -> None:
    for arguments in (["lab", "--seed", "1"], ["--help"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run([*PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.stderr == "mainmode: standard output cannot be written: No space left on device\n"
        assert done.returncode == EXIT_INPUT


@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_stream_is_no_fault(tmp_path: Path, closed: int) -> None:
    command = [*PROGRAM, "lab", "--seed", "1", "--json", str(tmp_path / "run.json")]
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}>&-', "sh", *command], capture_output=True, check=False
    )  # fmt: skip
    assert done.returncode == EXIT_UP
    assert done.stderr == b""
    assert (tmp_path / "run.json").stat().st_size > 1000


def test_a_fault_of_ours_is_one_sentence_without_what_the_user_wrote(
    monkeypatch: pytest.MonkeyPatch, capsys: Console
) -> None:
    def broken(_: object) -> int:
        raise KeyError("pre-shared-key hunter2")

    monkeypatch.setattr(lab_command, "lab", broken)
    assert main(["lab"]) == EXIT_FAULT
    told = capsys.readouterr().err
    assert told.startswith("mainmode: a fault in mainmode itself, please report it: KeyError in test_cli_lab.py, line ")
    assert told.count("\n") == 1
    assert "hunter2" not in told


def test_no_name_can_steer_the_terminal(tmp_path: Path, capsys: Console) -> None:
    evil = _config(tmp_path, B + "frobnicate\n", "ev\x1b[31mil\u202e.cfg")
    assert main(["lab", _config(tmp_path, A, "a.cfg"), evil, "--seed", "1"]) == EXIT_UP
    printed = capsys.readouterr()
    assert "ev\\x1b[31mil\\u202e.cfg:37:1" in printed.err
    assert main(["lab", "a.cfg", "no\x1bne\x07.cfg"]) == EXIT_INPUT
    with pytest.raises(SystemExit):
        main(["lab", "--frob\x1bnicate"])
    printed_later = capsys.readouterr()
    assert "\\x1bnicate" in printed_later.err
    everything = printed.out + printed.err + printed_later.out + printed_later.err
    assert not set(everything) & set("\x1b\x07\u202e")


def test_half_a_file_is_never_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Console) -> None:
    target = tmp_path / "run.json"
    target.write_text("what was there")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fchmod", full)
    assert main(["lab", "--seed", "1", "--json", str(target)]) == EXIT_INPUT
    assert "No space left" in capsys.readouterr().err
    assert target.read_text() == "what was there"
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_a_larger_file_than_any_configuration_is_refused(tmp_path: Path, capsys: Console) -> None:
    with (tmp_path / "large.cfg").open("wb") as file:
        file.truncate(10_000_001)
    assert main(["lab", _config(tmp_path, A, "a.cfg"), str(tmp_path / "large.cfg")]) == EXIT_INPUT
    assert "larger than 10 MB" in capsys.readouterr().err


def test_colour_comes_on_request_only(capsys: Console) -> None:
    assert main(["lab", "--seed", "1", "--color", "always"]) == EXIT_UP
    assert "\x1b[" in capsys.readouterr().out


def test_a_wide_ladder_has_two_columns(capsys: Console) -> None:
    assert main(["lab", "--seed", "1", "--width", "160"]) == EXIT_UP
    lengths = [len(line) for line in capsys.readouterr().out.splitlines()]
    assert 120 < max(lengths) <= 160


def test_requested_shows_of_both_devices_are_printed(capsys: Console) -> None:
    assert main(["lab", "--seed", "1", "--show", "ip", "--show", "show running-config"]) == EXIT_UP
    printed = capsys.readouterr().out
    assert printed.count("System IP Addresses:") == 2
    assert "asa2# show running-config" in printed
    assert "crypto ipsec sa" not in printed


def test_a_terminal_that_knows_no_unicode_gets_question_marks() -> None:
    done = subprocess.run(
        [*PROGRAM, "lab", "--seed", "1"],
        capture_output=True, env=os.environ | {"PYTHONIOENCODING": "ascii"}, check=False,
    )  # fmt: skip
    assert done.returncode == EXIT_UP
    assert done.stderr == b""
    assert b"PHASE 2 COMPLETED" in done.stdout
    assert done.stdout.isascii()


def test_a_reader_that_closes_the_pipe_is_no_error() -> None:
    with subprocess.Popen([*PROGRAM, "lab", "--seed", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
    assert errors == b""
    assert process.returncode == EXIT_PIPE_CLOSED


def test_an_interrupt_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: Console) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(lab_command, "lab", interrupted)
    assert main(["lab"]) == EXIT_INTERRUPTED
    assert capsys.readouterr().err == "mainmode: interrupted\n"


def test_an_interrupt_while_the_rooms_are_loaded_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: Console) -> None:
    class Interrupting:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "mainmode.cli.lab":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "mainmode.cli.lab")
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    assert main(["lab"]) == EXIT_INTERRUPTED
    assert capsys.readouterr().err == "mainmode: interrupted\n"


def test_the_version_is_the_packages(capsys: Console) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["--version"])
    assert capsys.readouterr().out == f"mainmode {__version__}\n"


def test_help_loads_nothing_that_it_does_not_need() -> None:
    script = (
        "import sys\nfrom mainmode.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = ('mainmode', 'cryptography', 'jinja2', 'asyncio')\n"
        "print(*(name for name in sys.modules if name.startswith(heavy)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    needed = {"cli", "cli.console", "cli.console_options", "cli.control_options", "cli.main", "cli.parser"}
    needed |= {"base", "base.faults", "base.printable", "gateway", "gateway.control"}
    assert set(done.stderr.split()) == {"mainmode", *(f"mainmode.{name}" for name in needed)}


def test_a_delay_may_be_said_in_seconds() -> None:
    assert read_link("delay=60s,block=esp,block=udp/500") == read_link("delay=60000ms,block=udp/500,block=esp")
