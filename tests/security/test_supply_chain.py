"""What looks through the locked dependencies notices what is wrong with them."""

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
HASH = f"--hash=sha256:{'0a' * 32}"


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_committed_is_all_right(audit: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main([]) == 0
    told = capsys.readouterr().out
    assert "nothing wrong" in told
    assert " 0" not in told


def test_a_requirement_without_a_version_or_a_hash_is_told(audit: ModuleType) -> None:
    good = f"jinja2==3.1.6 \\\n    {HASH} \\\n    {HASH}\n"
    assert audit.pins(good, "x") == ({"jinja2": "3.1.6"}, [])
    assert audit.pins("jinja2>=3.1\n", "x")[1] == ["x: not pinned: jinja2>=3.1"]
    assert audit.pins("Jinja2==3.1.6\n", "x") == ({"jinja2": "3.1.6"}, ["x: Jinja2 has no hash"])
    assert audit.pins("jinja2==3.1.6 \\\n    --hash=md5:00\n", "x")[1] == ["x: jinja2 has no hash"]
    marked = f"tomli==2.0.1 ; python_version < '3.11' \\\n    {HASH}\n"
    assert audit.pins(marked, "x") == ({"tomli": "2.0.1"}, [])


def test_a_version_below_what_an_advisory_names_as_fixed_is_told(audit: ModuleType) -> None:
    advisory = {"package": "jinja2", "id": "CVE-0", "fixed": "3.1.6", "what": "something"}
    for version, wrong in (
        ("3.1.5", True),
        ("3.1.6", False),
        ("3.1.10", False),
        ("3.2", False),
        ("3.1.6.post1", False),
    ):
        assert bool(audit.below({"jinja2": version}, [advisory], "x")) is wrong, version
    assert audit.below({"other": "1"}, [advisory], "x") == []


def test_every_lower_bound_of_the_product_is_read(audit: ModuleType) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(audit.bounds(project)) == {"cryptography", "jinja2", "asyncssh", "dpkt"}


def test_what_is_installed_and_not_locked_is_told(audit: ModuleType) -> None:
    told = audit.strangers({"pytest": "0.1"})
    assert any(line.startswith("pytest ") and line.endswith("locked is 0.1") for line in told)
    assert any(line.startswith("hypothesis ") and line.endswith("locked is none") for line in told)
    assert not any(line.startswith(("mainmode ", "pip ")) for line in told)


def test_a_licence_that_is_not_permissive_is_told(audit: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert audit.copyleft(["jinja2", "cryptography", "asyncssh", "dpkt"]) == []
    assert len(audit.copyleft(["paramiko"])) == 1
    monkeypatch.setattr(audit, "licence", lambda name: "GPL-3.0-only")
    assert len(audit.copyleft(["jinja2", "asyncssh"])) == 2


def test_an_advisory_service_that_knows_nothing_is_no_clean_bill(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answers(told: str) -> None:
        done = audit.subprocess.CompletedProcess((), 0, told, "no way there")
        monkeypatch.setattr(audit.subprocess, "run", lambda *_, **__: done)

    file = ROOT / ".ci" / "locked" / "core.txt"
    answers('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}')
    assert audit.asked(file) == []
    answers('{"dependencies": [{"name": "a", "skip_reason": "not found"}]}')
    assert len(audit.asked(file)) == 1
    answers('{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "CVE-1"}]}]}')
    assert audit.asked(file) == ["core.txt: a: CVE-1"]
    answers("")
    assert audit.asked(file) == ["core.txt: the advisory service gave no answer: no way there"]
