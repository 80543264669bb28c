"""The compiled helper: it is built, left out when told to, and refuses what it cannot take."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from mainmode.crypto import primitives
from mainmode.crypto.compiled import Native, native

SOURCES = Path(primitives.__file__).parent / "native"
HEADERS = sysconfig.get_paths()["include"]
COMPILER = shutil.which("cc")
BUILDS = COMPILER is not None and Path(HEADERS, "Python.h").is_file()
REQUIRED = os.environ.get("CI") == "true"

needs_helper = pytest.mark.skipif(native() is None and not REQUIRED, reason="the helper is not built here")
needs_compiler = pytest.mark.skipif(not BUILDS and not REQUIRED, reason="nothing can be built here")


@pytest.fixture
def helper() -> Native:
    found = native()
    assert found is not None, "CI=true, and the helper was not built"
    return found


@needs_helper
def test_the_helper_takes_the_powers_where_it_is_there(helper: Native) -> None:
    assert primitives.exponentiation() == "helper"


def test_the_environment_leaves_it_out() -> None:
    script = "from mainmode.crypto import primitives; print(primitives.exponentiation())"
    environment = {**os.environ, "MAINMODE_PURE": "1"}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() in ("libcrypto", "gmpy2")


@needs_helper
@pytest.mark.parametrize("octets", [b"", b"\0", b"\1", b"\0\1", b"\2", b"\xff" * 9 + b"\xfe", b"\3" * 2049])
def test_a_modulus_that_is_none_is_refused(helper: Native, octets: bytes) -> None:
    with pytest.raises(ValueError, match="modulus"):
        helper.modulus(octets)


@needs_helper
def test_what_is_too_long_is_refused(helper: Native) -> None:
    modulus = helper.modulus(b"\3")
    assert modulus.power(b"\2" * 2048, b"\1" * 2048) in (b"\0", b"\1", b"\2")
    with pytest.raises(ValueError, match="a base of 2049 octets"):
        modulus.power(b"\2" * 2049, b"\1")
    with pytest.raises(ValueError, match="an exponent of 2049 octets"):
        modulus.power(b"\2", b"\1" * 2049)


@needs_helper
def test_what_is_no_octets_is_refused(helper: Native) -> None:
    modulus = helper.modulus(b"\3")
    for arguments in ((), (b"\1",), (b"\1", 2), ("1", b"\2"), (b"\1", b"\2", b"\3")):
        with pytest.raises(TypeError):
            modulus.power(*arguments)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        helper.modulus(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        type(modulus)()


@needs_compiler
@pytest.mark.parametrize("source", sorted(SOURCES.glob("*.c")), ids=lambda path: path.name)
def test_the_compiler_has_nothing_to_say(source: Path) -> None:
    assert COMPILER is not None
    flags = ["-std=c11", "-O3", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wvla", "-Werror", "-fsyntax-only"]
    run = subprocess.run([COMPILER, *flags, f"-isystem{HEADERS}", str(source)], capture_output=True, text=True)
    assert run.stderr == ""
    assert run.returncode == 0
