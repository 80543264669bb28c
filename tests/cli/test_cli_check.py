"""`mainmode check` from the command line: what it prints and writes, and its exit codes."""

import json
import os
from pathlib import Path

import pytest
from junitparser import JUnitXml
from test_cli_lab import A, B, _config

from mainmode.cli.main import main
from mainmode.cli.parser import EXIT_DOWN, EXIT_INPUT, EXIT_UP

Console = pytest.CaptureFixture[str]
PFS = "crypto map MAP 10 set pfs group5\n"


def _pair(folder: Path, first: str = A, second: str = B) -> list[str]:
    return [_config(folder, first, "a.cfg"), _config(folder, second, "b.cfg")]


def test_a_pair_that_comes_up(tmp_path: Path, capsys: Console) -> None:
    assert main(["check", *_pair(tmp_path)]) == EXIT_UP
    printed = capsys.readouterr().out
    assert printed.startswith("UP  ")
    assert "whichever side begins" in printed
    assert "Neither down nor plainly up" not in printed


def test_a_pair_that_is_down_one_way(tmp_path: Path, capsys: Console) -> None:
    names = _pair(tmp_path, second=B + PFS.replace("MAP 10", _map(B)))
    assert main(["check", *names, "--width", "120"]) == EXIT_DOWN
    printed = capsys.readouterr().out
    assert printed.startswith("DOWN  ")
    assert "rejected in phase 2: PFS_MISMATCH" in printed


def _map(text: str) -> str:
    """`MAP 10`: the first entry of a configuration."""
    line = next(line for line in text.splitlines() if line.startswith("crypto map ") and " set peer " in line)
    return " ".join(line.split()[2:4])


def test_every_file_is_written(tmp_path: Path, capsys: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kinds = ("html", "json", "junit", "markdown", "sarif")
    names = _pair(tmp_path, second=B + PFS.replace("MAP 10", _map(B)))
    files = [part for kind in kinds for part in (f"--{kind}", f"out.{kind}")]
    assert main(["check", *names, *files]) == EXIT_DOWN
    capsys.readouterr()
    assert (tmp_path / "out.html").read_text().startswith("<!doctype html>")
    assert not json.loads((tmp_path / "out.json").read_text())["up"]
    assert JUnitXml.fromfile(str(tmp_path / "out.junit")).failures
    assert (tmp_path / "out.markdown").read_text().startswith("# ")
    (run,) = json.loads((tmp_path / "out.sarif").read_text())["runs"]
    uris = {
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for one in run["results"]
        if one["level"] == "error"
    }
    assert uris <= {"a.cfg", "b.cfg"}
    assert uris


def test_what_cannot_be_used_is_said_and_ends_with_its_code(tmp_path: Path, capsys: Console) -> None:
    first, second = _pair(tmp_path)
    (tmp_path / "empty.cfg").write_text("")
    (tmp_path / "log.cfg").write_text("Nov 30 10:38:29 something else\n" * 20)
    for names, said in (
        ([first], "one file alone"),
        ([first, str(tmp_path / "none.cfg")], "no such file"),
        ([first, str(tmp_path / "empty.cfg")], "empty"),
        ([first, str(tmp_path / "log.cfg")], "not an ASA's configuration"),
        ([first, second, first], "3 configuration file"),
        ([first, second, "--json", first], "overwrite"),
        ([first, second, "--hours", "0"], "from 1 to 720"),
    ):
        try:
            code = main(["check", *names])
        except SystemExit as left:
            code = int(str(left.code))
        assert (code, said in capsys.readouterr().err) == (EXIT_INPUT, True), names


def test_no_output_stands_on_a_configuration_of_the_folder(tmp_path: Path, capsys: Console) -> None:
    _pair(tmp_path)
    before = (tmp_path / "a.cfg").read_text()
    assert main(["check", str(tmp_path), "--json", str(tmp_path / "a.cfg")]) == EXIT_INPUT
    assert "would overwrite the configuration" in capsys.readouterr().err
    assert (tmp_path / "a.cfg").read_text() == before


def test_one_side_comes_from_standard_input(tmp_path: Path, capsys: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = _pair(tmp_path)
    with open(second, "rb") as piped:
        kept = os.dup(0)
        os.dup2(piped.fileno(), 0)
        try:
            assert main(["check", first, "-", "--sarif", str(tmp_path / "x.sarif")]) == EXIT_UP
        finally:
            os.dup2(kept, 0)
            os.close(kept)
    assert "asa2: standard input, outside" in capsys.readouterr().out


def test_no_key_is_shown_anywhere(tmp_path: Path, capsys: Console) -> None:
    secret = "Wh1spered-Only"
    names = _pair(tmp_path, A.replace("pre-shared-key ", f"pre-shared-key {secret} ", 1))
    text = Path(names[0]).read_text()
    Path(names[0]).write_text(
        "\n".join(line.split(secret)[0] + secret if secret in line else line for line in text.split("\n"))
    )
    files = [
        part for kind in ("html", "json", "junit", "markdown", "sarif") for part in (f"--{kind}", str(tmp_path / kind))
    ]
    assert main(["check", *names, "--decisions", *files]) == EXIT_DOWN
    said = capsys.readouterr()
    for shown in (said.out, said.err, *((tmp_path / kind).read_text() for kind in files[1::2])):
        assert secret not in shown


def test_the_page_of_a_pair_that_is_down_ends_with_the_ladder_of_what_fails(tmp_path: Path, capsys: Console) -> None:
    names = _pair(tmp_path, second=B + PFS.replace("MAP 10", _map(B)))
    main(["check", *names, "--html", str(tmp_path / "x.html")])
    capsys.readouterr()
    made = (tmp_path / "x.html").read_text()
    assert "The ladder below is that of entry 1, begun by asa1." in made
    assert 'id="msg-1"' in made
    assert "All IPSec SA proposals found unacceptable!" in made
