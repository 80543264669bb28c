"""What the README shows is what its commands print."""

import re
from pathlib import Path

import pytest
from test_cli_lab import A, B, _config

from mainmode.cli.main import main

Console = pytest.CaptureFixture[str]


def _excerpts(root: Path) -> list[str]:
    return re.findall(r"```text\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)


def test_every_excerpt_of_the_readme_is_printed_by_its_command(
    pytestconfig: pytest.Config, capsys: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    files = [_config(tmp_path, A, "a.cfg"), _config(tmp_path, B.replace("group 2", "group 5", 1), "b.cfg")]
    scenario = pytestconfig.rootpath / "src" / "mainmode" / "lab" / "scenarios" / "fail_acl_not_mirrored"
    commands = (
        ["lab"],
        ["lab", *(Path(one).name for one in files)],
        ["lab", "--fault", "wrong-key,b"],
        ["check", *(Path(one).name for one in files)],
        ["explain", str(scenario / "consoles" / "branch.txt"), "--config", str(scenario / "branch.cfg")],
        ["lab", "peer_restart"],
    )
    excerpts = _excerpts(pytestconfig.rootpath)
    assert len(excerpts) == len(commands)
    for command, excerpt in zip(commands, excerpts, strict=True):
        main(command)
        printed = capsys.readouterr().out.splitlines()
        assert [line for line in excerpt.splitlines() if line not in printed] == []
