"""The compiled helper: it is built, left out when told to, and refuses what it cannot take."""

import os
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from mainmode.base.codes import Group
from mainmode.crypto import primitives
from mainmode.crypto.compiled import Native, native
from mainmode.crypto.groups import SUPPORTED, ModpGroup, group

SOURCES = Path(primitives.__file__).parent / "native"
HEADERS = sysconfig.get_paths()["include"]
COMPILER = shutil.which("cc")
BUILDS = COMPILER is not None and Path(HEADERS, "Python.h").is_file()
REQUIRED = os.environ.get("CI") == "true"

needs_compiler = pytest.mark.skipif(not BUILDS and not REQUIRED, reason="nothing can be built here")


MODP = [code for code in SUPPORTED if isinstance(group(code), ModpGroup)]
WIDE = (True, False)
"""Vectors of 52 bits where the processor has them, and not."""


@pytest.fixture
def helper() -> Native:
    found = native()
    assert found is not None
    return found


@pytest.mark.helper
def test_the_helper_takes_the_powers_where_it_is_there(helper: Native) -> None:
    assert primitives.exponentiation() == "helper"


def test_the_environment_leaves_it_out() -> None:
    script = "from mainmode.crypto import primitives; print(primitives.exponentiation())"
    environment = {**os.environ, "MAINMODE_PURE": "1"}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() in ("libcrypto", "gmpy2")


@pytest.mark.helper
@pytest.mark.parametrize("octets", [b"", b"\0", b"\1", b"\0\1", b"\2", b"\xff" * 9 + b"\xfe", b"\3" * 2049])
def test_a_modulus_that_is_none_is_refused(helper: Native, octets: bytes) -> None:
    with pytest.raises(ValueError, match="modulus"):
        helper.modulus(octets)


def numbers(dice: Random, bits: int) -> list[int]:
    """Numbers of so many bits at most: random ones, and those in which carries run far."""
    top = 1 << bits
    found = (
        *(dice.randrange(top) for _ in range(4)),
        *(top - 1 - dice.randrange(top) & ~(top - 1 >> dice.randrange(bits)) for _ in range(2)),
        *(dice.randrange(top) >> dice.randrange(bits) for _ in range(2)),
        *(0, 1, 2, top - 1, top // 2, (1 << 52) - 1, (1 << 64) - 1, top - (1 << 52), top - (1 << bits // 2)),
    )
    return [number % top for number in found]


def compare(helper: Native, modulus: int, bits: int, octets: int, dice: Random, count: int) -> None:
    """Powers by each way beside Python's own."""
    size = bits // 8
    ways = [helper.modulus(modulus.to_bytes(size), wide) for wide in WIDE]
    fixed = dice.choice((2, 3, 255))
    combs = [way.comb(fixed, octets) for way in ways]
    for _ in range(count):
        base = dice.choice([*numbers(dice, bits), modulus - 1, modulus - 2, modulus]) % (1 << bits)
        exponent = dice.choice(numbers(dice, 8 * octets))
        raised = pow(base, exponent, modulus).to_bytes(size), pow(fixed, exponent, modulus).to_bytes(size)
        given = exponent.to_bytes(octets)
        if dice.random() < 0.2:
            given = given.lstrip(b"\0")
        for way, comb in zip(ways, combs, strict=True):
            assert way.power(base.to_bytes(size), given) == raised[0]
            assert comb.power(given) == raised[1]


@pytest.mark.helper
@pytest.mark.parametrize(("code", "count"), list(zip(MODP, (600, 400, 200, 100, 40, 20), strict=True)))
def test_powers_of_the_groups_are_pythons(helper: Native, code: Group, count: int) -> None:
    found = group(code)
    assert isinstance(found, ModpGroup)
    compare(helper, found.prime, found.bits, found.exponent_bits // 8, Random(code), count)


@pytest.mark.helper
@pytest.mark.parametrize("bits", [768, 1024, 1536, 2048, 3072, 4096])
def test_powers_by_any_modulus_of_their_sizes_are_pythons(helper: Native, bits: int) -> None:
    """The lowest 52 bits, and the highest, are ones, as vectors need them; what is between is not that of a group."""
    dice = Random(bits)
    ends = 1 << bits - 1 | (1 << 52) - 1
    for between in (*numbers(dice, bits), *(dice.randrange(1 << bits) for _ in range(20))):
        compare(helper, between | ends, bits, dice.choice((1, 8, 21)), dice, 3)


@pytest.mark.helper
def test_small_and_odd_sizes_are_pythons(helper: Native) -> None:
    dice = Random(7)
    for octets in (*range(1, 40), 63, 64, 65, 127, 129, 255, 257, 511, 512):
        for _ in range(3):
            modulus = dice.randrange(3, 1 << 8 * octets) >> dice.randrange(8 * octets - 1) | 3
            compare(helper, modulus, 8 * octets, dice.choice((1, 2, 9, 20)), dice, 3)


@pytest.mark.helper
def test_a_base_longer_than_the_modulus_is_reduced(helper: Native) -> None:
    prime = (1 << 768) - (1 << 100) - 1
    base = (1 << 2000) + 12345
    for wide in WIDE:
        power = helper.modulus(prime.to_bytes(96), wide).power(base.to_bytes(251), b"\x11\x01")
        assert int.from_bytes(power) == pow(base, 0x1101, prime)


@pytest.mark.helper
def test_zeros_before_a_modulus_stay_before_its_powers(helper: Native) -> None:
    for wide in WIDE:
        modulus = helper.modulus(b"\0\0\0" + b"\xff" * 128, wide)
        expected = pow(3, 0x99, (1 << 1024) - 1).to_bytes(131)
        assert modulus.power(b"\3", b"\x99") == modulus.comb(3, 1).power(b"\x99") == expected


@pytest.mark.helper
def test_threads_do_not_disturb_one_another(helper: Native) -> None:
    prime = group(Group.MODP_1024)
    assert isinstance(prime, ModpGroup)
    for wide in WIDE:
        modulus = helper.modulus(prime.prime.to_bytes(128), wide)
        comb = modulus.comb(2, 32)
        exponents = [bytes([number] * 32) for number in range(1, 60)]
        with ThreadPoolExecutor(4) as pool:
            powers = list(pool.map(lambda exponent, m=modulus: m.power(b"\2", exponent), exponents))
            assert powers == list(pool.map(comb.power, exponents))
        assert powers == [pow(2, int.from_bytes(one), prime.prime).to_bytes(128) for one in exponents]


@pytest.mark.helper
def test_a_comb_that_cannot_be_is_refused(helper: Native) -> None:
    modulus = helper.modulus(b"\xff" * 128)
    for octets in (0, -1, 2049, 1 << 31 - 1):
        with pytest.raises(ValueError, match="comb"):
            modulus.comb(2, octets)
    with pytest.raises(ValueError, match="comb"):
        helper.modulus(b"\xff" * 513).comb(2, 1)
    for base in (-1, 256):
        with pytest.raises(OverflowError):
            modulus.comb(base, 1)
    with pytest.raises(ValueError, match="an exponent of 3 octets"):
        modulus.comb(2, 2).power(b"\1\1\1")
    assert modulus.comb(2, 2).power(b"") == (1).to_bytes(128)


@pytest.mark.helper
def test_what_is_too_long_is_refused(helper: Native) -> None:
    modulus = helper.modulus(b"\3")
    assert modulus.power(b"\2" * 2048, b"\1" * 2048) in (b"\0", b"\1", b"\2")
    with pytest.raises(ValueError, match="a base of 2049 octets"):
        modulus.power(b"\2" * 2049, b"\1")
    with pytest.raises(ValueError, match="an exponent of 2049 octets"):
        modulus.power(b"\2", b"\1" * 2049)


@pytest.mark.helper
def test_a_prf_of_something_else_is_refused(helper: Native) -> None:
    with pytest.raises(ValueError, match="no hash sha3"):
        helper.prf("sha3", b"key", b"")
    for wrong in ((), ("sha1",), (b"sha1", b"key"), ("sha1", "key"), ("sha1", b"key", b"", 7)):
        with pytest.raises(TypeError):
            helper.prf(*wrong)  # type: ignore[arg-type]


@pytest.mark.helper
def test_a_cipher_that_does_not_fit_is_refused(helper: Native) -> None:
    for cipher, key, iv, data, match in (
        ("AES", 15, 16, 16, "an? AES key of 15"),
        ("AES-GCM", 16, 16, 16, "AES-GCM key"),
        ("DES", 24, 8, 8, "DES key of 24"),
        ("3DES", 8, 8, 8, "3DES key of 8"),
        ("AES", 16, 8, 16, "IV of 8"),
        ("AES", 16, 0, 0, "IV of 0"),
        ("3DES", 24, 8, 7, "7 octets"),
        ("AES", 16, 16, (1 << 24) + 16, "octets"),
    ):
        with pytest.raises(ValueError, match=match):
            helper.cbc(cipher, bytes(key), bytes(iv), bytes(data), True)


@pytest.mark.helper
def test_only_octets_are_overwritten(helper: Native) -> None:
    kept = bytes(bytearray(b"tern-Quarry-58"))
    helper.overwrite((kept,), 1)
    assert kept == b"tern-Quarry-58"
    helper.overwrite((kept,), 2)
    assert kept == bytes(14)
    for wrong in ((), ([kept], 2), ((bytearray(2),), 2), (("tern",), 2), ((kept,), "2")):
        with pytest.raises(TypeError):
            helper.overwrite(*wrong)  # type: ignore[arg-type]


@pytest.mark.helper
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
