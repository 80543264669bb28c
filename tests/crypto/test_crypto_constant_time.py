"""The helper's own arithmetic takes no branch and reads no address that depends on an exponent: valgrind's word for it,
and, for the vectors that valgrind does not know, the compiler's output.
"""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mainmode.crypto import compiled

HERE = Path(__file__).parent
SOURCES = Path(compiled.__file__).parent / "native"
REQUIRED = os.environ.get("CI") == "true"
COMPILER, VALGRIND = shutil.which("cc"), shutil.which("valgrind")

needs_valgrind = pytest.mark.skipif(
    (COMPILER is None or VALGRIND is None) and not REQUIRED, reason="no compiler, or no valgrind"
)
needs_x86 = pytest.mark.skipif(
    platform.machine() != "x86_64" or (COMPILER is None and not REQUIRED), reason="no compiler for these vectors"
)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    assert COMPILER is not None
    built = tmp_path_factory.mktemp("constant") / "constant_time"
    sources = HERE / "constant_time.c", SOURCES / "montgomery.c", SOURCES / "wide.c"
    subprocess.run([COMPILER, "-std=c11", "-O3", "-g", f"-I{SOURCES}", *sources, "-o", built], check=True)
    return str(built)


def under_valgrind(*command: str) -> subprocess.CompletedProcess[str]:
    assert VALGRIND is not None
    return subprocess.run([VALGRIND, "-q", "--error-exitcode=9", *command], capture_output=True, text=True)


@needs_valgrind
def test_nothing_depends_on_the_exponent(program: str) -> None:
    run = under_valgrind(program)
    assert run.stderr == ""
    assert run.returncode == 0
    radix, *found = run.stdout.split()
    assert radix == "64"
    prime = int.from_bytes(b"\xff" * 100 + b"\x12" + b"\xff" * 155)
    exponent = int.from_bytes(b"\xc3" * 32)
    powers = (pow(base, exponent, prime).to_bytes(256) for base in (2, int.from_bytes(b"\x5a" * 256)))
    assert found == [power[:1].hex() + power[-1:].hex() for power in powers]


@needs_valgrind
def test_a_branch_that_depends_on_the_exponent_is_seen(program: str) -> None:
    run = under_valgrind(program, "leak")
    assert run.returncode == 9
    assert "Conditional jump or move depends on uninitialised value" in run.stderr


@needs_x86
def test_the_vectors_branch_for_their_loops_only() -> None:
    assert COMPILER is not None
    command = [COMPILER, "-std=c11", "-O3", "-S", "-o", "-", str(SOURCES / "wide.c")]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    branches: dict[str, int] = {}
    name = ""
    for line in lines:
        if label := re.match(r"(\w+):", line):
            name = label[1]
        elif re.match(r"\tj(?!mp\b)", line):
            branches[name] = branches.get(name, 0) + 1
    # Over the limbs, with a look whether there are any; over the table's entries.
    expected = {f"{function}_{size}" for function in ("multiply", "choose") for size in (2, 3, 4, 5, 8, 10)}
    assert expected <= set(branches)
    assert {name: branches[name] for name in expected if branches[name] > 2} == {}
