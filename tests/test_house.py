"""The rooms table of docs/design.md and the bans of the house, proved over the syntax trees of the source."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
HOUSE = SOURCE / "mainmode"

SHELLS = {"cli", "gateway", "console"}
"""Rooms that meet the world: they may read clocks, draw random numbers, open sockets and print."""
NO_FILES = {"base", "wire", "crypto", "catalogue", "ipsec", "ike", "device", "explain", "check"}
FILE_DOORS = {"mainmode.crypto.primitives", "mainmode.crypto.compiled", "mainmode.explain.reading"}
"""The modules of those rooms that may look at files, or at the environment."""
BANNED_IMPORTS = {
    *("time", "random", "secrets", "uuid", "logging", "os.urandom", "os.getrandom", "subprocess"),
    *("socket", "socketserver", "select", "selectors", "ssl", "asyncio", "threading", "multiprocessing"),
}
BANNED_CALLS = {"print", "input", "breakpoint", "eval", "exec", "__import__"}
DEFAULTS = {"field", "frozenset", "bytes.fromhex", "Conditions", "Suite"}
"""What may be called for a field's default: it makes a field, or what cannot change."""
CLOCK_CALLS = {"now", "utcnow", "today"}
FILE_IMPORTS = {"os", "io", "pathlib", "shutil", "tempfile", "glob"}
NATIVE = {"mainmode.crypto.primitives": None, "mainmode.gateway.privileges": {"ctypes"}}
"""Modules that may import crypto packages or call native libraries, and which of them; None for all."""
CRYPTO_IMPORTS = {"cryptography", "ctypes", "_ctypes", "_hashlib", "gmpy2", "cffi"}
HELPER, HELPER_DOOR = "mainmode.crypto._native", "mainmode.crypto.compiled"
"""The compiled helper, which is not always there, and the one module that may import it."""
FOREIGN = {"ladder": {"jinja2", "markupsafe"}, "capture": {"dpkt"}, "console": {"asyncssh"}}
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60


def rooms_table(text: str) -> dict[str, tuple[str, ...]]:
    """What each room may import, by the last column: rooms or modules of rooms; ("all",) for all."""
    table = {}
    for row in re.finditer(r"^\| `(\w+)/` \|.*\| ([^|]+) \|$", text, re.M):
        table[row[1]] = () if row[2] == "standard library" else tuple(re.findall(r"[\w.]+", row[2]))
    return table


ROOMS = rooms_table((ROOT / "docs" / "design.md").read_text())


def modules() -> list[Path]:
    """All source files."""
    return sorted(HOUSE.rglob("*.py"))


def dotted(path: Path) -> str:
    """A file's module name, `mainmode.ike.effects`."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """`ike` for `mainmode.ike.effects`; empty for the package itself."""
    return module.split(".")[1] if "." in module else ""


def is_module(name: str) -> bool:
    """Whether `mainmode.…` names a file or a folder of the source."""
    place = SOURCE.joinpath(*name.split("."))
    return name == HELPER or place.is_dir() or place.with_suffix(".py").is_file()


def imports(tree: ast.AST, module: str, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Line and full name of all that is imported, at any depth; a name in our module counts as the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                here = module.split(".")
                base = here[: len(here) - node.level + is_package]
                origin = ".".join([*base, origin]) if origin else ".".join(base)
            for name in node.names:
                full = f"{origin}.{name.name}"
                yield node.lineno, full if origin.split(".")[0] != "mainmode" or is_module(full) else origin


def room_breaches(tree: ast.AST, module: str, is_package: bool = False) -> Iterator[str]:
    """Imports that the rooms table does not allow."""
    room = room_of(module)
    allowed = ROOMS.get(room, ())
    for line, name in imports(tree, module, is_package):
        if name.split(".")[0] != "mainmode" or allowed == ("all",):
            continue
        target = name.removeprefix("mainmode").removeprefix(".")
        if target.split(".")[0] in ("", room):
            continue
        if not any(target == door or target.startswith(f"{door}.") for door in allowed):
            yield f"{module}:{line} imports {name}"


def foreign_breaches(tree: ast.AST, module: str) -> Iterator[str]:
    """Imports of packages, clocks, dice, sockets and files where they must not be."""
    room = room_of(module)
    for line, name in imports(tree, module):
        top = name.split(".")[0]
        if top == "mainmode":
            if name == HELPER and module != HELPER_DOOR:
                yield f"{module}:{line} imports {name}"
            continue
        if top in CRYPTO_IMPORTS:
            allowed = NATIVE.get(module, set())
            bad = allowed is not None and top not in allowed
        elif top not in sys.stdlib_module_names:
            bad = top not in FOREIGN.get(room, ())
        else:
            bad = room not in SHELLS and (top in BANNED_IMPORTS or name in BANNED_IMPORTS)
            bad = bad or (room in NO_FILES and top in FILE_IMPORTS and module not in FILE_DOORS)
        if bad:
            yield f"{module}:{line} imports {name}"


def call_breaches(tree: ast.AST, module: str) -> Iterator[str]:
    """Calls that read a clock, draw random numbers, print or open files in an inner room; `assert` in any."""
    room = room_of(module)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            yield f"{module}:{node.lineno} asserts"
        if room in SHELLS or not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        first, _, last = called.rpartition(".")
        if (
            called in BANNED_CALLS
            or (called == "open" and room in NO_FILES and module not in FILE_DOORS)
            or (last in CLOCK_CALLS and first.split(".")[-1] in ("date", "datetime"))
            or called in ("os.urandom", "os.getrandom", "importlib.import_module")
        ):
            yield f"{module}:{node.lineno} calls {called}"


def field_breaches(tree: ast.AST, module: str) -> Iterator[str]:
    """Fields of a dataclass whose default is made by a call, once, for all that are ever made."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        if not any(re.match(r"dataclass\b", ast.unparse(one)) for one in node.decorator_list):
            continue
        for line in node.body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.value, ast.Call):
                called = ast.unparse(line.value.func)
                if called not in DEFAULTS and "ClassVar" not in ast.unparse(line.annotation):
                    yield f"{module}:{line.lineno} calls {called} for a default"


def length_breaches(tree: ast.AST, text: str, module: str) -> Iterator[str]:
    """Files and functions that are too long."""
    lines = text.count("\n")
    if lines > MAX_FILE_LINES:
        yield f"{module} has {lines} lines"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                yield f"{module}:{node.lineno} {node.name} has {length} lines"


def all_breaches(text: str, module: str, is_package: bool = False) -> list[str]:
    """Everything that is wrong with one file."""
    tree = ast.parse(text)
    return [
        *room_breaches(tree, module, is_package),
        *foreign_breaches(tree, module),
        *call_breaches(tree, module),
        *field_breaches(tree, module),
        *length_breaches(tree, text, module),
    ]


def test_the_rooms_are_those_of_the_design_page() -> None:
    folders = {path.name for path in HOUSE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(ROOMS)
    assert ROOMS["base"] == ()
    assert ROOMS["cli"] == ("all",)
    assert "ipsec.dataplane" in ROOMS["ike"]


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_a_module_keeps_the_rules_of_the_house(path: Path) -> None:
    assert all_breaches(path.read_text(), dotted(path), path.name == "__init__.py") == []


def test_nobody_imports_the_command_line() -> None:
    for path in modules():
        module = dotted(path)
        if room_of(module) != "cli":
            found = imports(ast.parse(path.read_text()), module, path.name == "__init__.py")
            assert not [name for _, name in found if name.startswith("mainmode.cli")], module


def test_a_room_that_is_entered_by_a_door_has_an_empty_front() -> None:
    doors = {door.split(".")[0] for allowed in ROOMS.values() for door in allowed if "." in door}
    assert doors == {"crypto", "ike", "ipsec", "ladder"}
    for room in doors:
        body = ast.parse((HOUSE / room / "__init__.py").read_text()).body
        assert [type(node) for node in body] == [ast.Expr], f"{room}/__init__.py is more than a docstring"


def test_no_room_is_a_box_for_odds_and_ends() -> None:
    names = {part for path in modules() for part in path.relative_to(HOUSE).with_suffix("").parts}
    assert not names & {"utils", "util", "common", "helpers", "helper", "misc"}


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("mainmode.base.x", "from mainmode.wire.message import Message"),
        ("mainmode.wire.x", "def f():\n    import mainmode.ike.effects"),
        ("mainmode.wire.x", "from ..ike.effects import Send"),
        ("mainmode.ike.x", "from mainmode.ipsec import esp"),
        ("mainmode.ike.x", "import mainmode.device"),
        ("mainmode.lab.x", "from mainmode.ike.settings import IkeSettings"),
        ("mainmode.lab.x", "from mainmode.ike import settings"),
        ("mainmode.lab.x", "from mainmode.ladder import text"),
        ("mainmode.device.x", "from mainmode.cli import main"),
        ("mainmode.ladder.x", "from mainmode.wire.message import Message"),
        ("mainmode.ike.x", "import time"),
        ("mainmode.ike.x", "from os import urandom"),
        ("mainmode.lab.x", "from os import urandom"),
        ("mainmode.lab.x", "import random"),
        ("mainmode.lab.x", "import os\nos.urandom(8)"),
        ("mainmode.lab.x", "import datetime\ndatetime.datetime.now()"),
        ("mainmode.lab.x", "from datetime import datetime\ndatetime.now(None)"),
        ("mainmode.ladder.x", "print('x')"),
        ("mainmode.ike.x", "open('x')"),
        ("mainmode.device.x", "from pathlib import Path"),
        ("mainmode.explain.x", "from pathlib import Path"),
        ("mainmode.crypto.dh", "import ctypes"),
        ("mainmode.crypto.primitives", "from mainmode.crypto import _native"),
        ("mainmode.gateway.x", "import ctypes"),
        ("mainmode.gateway.privileges", "import cffi"),
        ("mainmode.gateway.x", "from mainmode.ike.engine import Engine"),
        ("mainmode.gateway.x", "import mainmode.lab"),
        ("mainmode.capture.x", "from mainmode.device.box import Box"),
        ("mainmode.lab.x", "import mainmode.gateway.gateway"),
        ("mainmode.crypto.dh", "from cryptography.hazmat.primitives import hashes"),
        ("mainmode.cli.main", "import _hashlib"),
        ("mainmode.wire.x", "import jinja2"),
        ("mainmode.cli.main", "assert True"),
        ("mainmode.base.x", "@dataclass(frozen=True)\nclass X:\n    a: list[int] = made()"),
        ("mainmode.base.x", "\n" * (MAX_FILE_LINES + 1)),
        ("mainmode.base.x", "def f():\n" + "    x = 1\n" * MAX_FUNCTION_LINES),
    ],
)
def test_the_rules_see_what_breaks_them(module: str, text: str) -> None:
    assert len(all_breaches(text, module)) == 1


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("mainmode.ike.x", "from mainmode.ipsec.dataplane import SaPair"),
        ("mainmode.ike.x", "from mainmode.ipsec import dataplane"),
        ("mainmode.ike.x", "from . import effects"),
        ("mainmode.lab.x", "from mainmode.ike.effects import Send"),
        ("mainmode.lab.x", "import mainmode.ladder.transcript"),
        ("mainmode.gateway.privileges", "import ctypes"),
        ("mainmode.gateway.x", "import asyncio, socket, time\nfrom mainmode.ike.effects import Send"),
        ("mainmode.cli.main", "import time, socket, random\nprint(open('x'))"),
        (
            "mainmode.crypto.primitives",
            "import ctypes.util\nfrom cryptography.hazmat.primitives import hashes",
        ),
        ("mainmode.ladder.x", "import jinja2, json, datetime"),
        ("mainmode.explain.reading", "from pathlib import Path\nopen('x')"),
        ("mainmode.crypto.compiled", "import os\nfrom mainmode.crypto import _native"),
        ("mainmode.base.x", "def f():\n" + "    x = 1\n" * (MAX_FUNCTION_LINES - 1)),
    ],
)
def test_the_rules_let_good_code_pass(module: str, text: str) -> None:
    assert all_breaches(text, module) == []


def test_the_commands_of_the_readme_are_the_ones_that_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text()
    commands = re.findall(r"^python3 -m venv \.venv && .+$", readme, re.M)
    assert len(commands) == 2
    ci = (ROOT / ".ci" / "run").read_text()
    assert [command for command in commands if command not in ci] == []
