"""The kernel's data plane, in a small virtual machine: every check of `inside/` is a test here. One boot for all."""

import ast
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from job import PYTHON, pack
from machine import missing_tools, run_machine

pytestmark = pytest.mark.root

INSIDE = Path(__file__).with_name("inside")
SECONDS = 1800
"""A limit for a machine that hangs: it takes four minutes on two cores that have nothing else to do."""


def checks() -> list[str]:
    """The names of all checks of `inside/`."""
    trees = [ast.parse(path.read_text()) for path in sorted(INSIDE.glob("check_*.py"))]
    defined = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [node.name for node in defined if node.name.startswith("test_")]


@pytest.fixture(scope="session")
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], str]:
    """What the machine said of each check, and its console; it runs those that are selected here."""
    if os.geteuid() != 0:
        pytest.skip("needs root: a Debian system is unpacked")
    if missing := missing_tools():
        pytest.skip(f"needs {', '.join(missing)}")
    if sys.version_info[:2] != PYTHON:
        pytest.skip(f"needs Python {PYTHON[0]}.{PYTHON[1]}, the machine's")
    folder = tmp_path_factory.mktemp("machine")
    selected = [item.callspec.params["check"] for item in request.session.items if isinstance(item, pytest.Function)]
    outcome = run_machine(pack(folder, selected), folder, SECONDS)
    return [json.loads(line) for line in outcome.lines if line.endswith("}")], outcome.console


@pytest.mark.parametrize("check", checks())
def test_the_machine_holds_the_check(check: str, told: tuple[list[dict[str, Any]], str]) -> None:
    lines, console = told
    mine = [line for line in lines if line["check"] == check]
    assert mine, f"the machine never came to it\n{console[-4000:]}"
    for line in mine:
        assert line["outcome"] == "passed", f"{line['id']}\n{line['report']}"
