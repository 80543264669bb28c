"""Which library takes modular powers, that all of them agree, and what importing costs."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.secret import Secret
from mainmode.crypto import primitives
from mainmode.crypto.compiled import native
from mainmode.crypto.errors import CryptoError

PRIME = (1 << 521) - 1


@pytest.fixture
def choose_again() -> Iterator[None]:
    primitives._exponentiation.cache_clear()
    yield
    primitives._exponentiation.cache_clear()


def test_powers_are_taken_in_constant_time_here() -> None:
    assert primitives.exponentiation() in ("helper", "libcrypto", "gmpy2")


def test_pythons_own_libcrypto_is_found_without_knowing_its_name(
    monkeypatch: pytest.MonkeyPatch, choose_again: None
) -> None:
    found = primitives._hashlib_file()
    assert found is not None
    monkeypatch.setattr(primitives, "native", lambda: None)
    monkeypatch.setattr(primitives, "_LIBCRYPTO_NAMES", ())
    assert primitives.exponentiation() == "libcrypto"


def test_without_libcrypto_and_gmpy2_python_does_it(monkeypatch: pytest.MonkeyPatch, choose_again: None) -> None:
    monkeypatch.setattr(primitives, "native", lambda: None)
    monkeypatch.setattr(primitives, "_libcrypto", lambda: None)
    monkeypatch.setattr(primitives, "_gmpy2", lambda: None)
    assert primitives.exponentiation() == "pow"
    power, fixed = primitives.modular_powers(PRIME.to_bytes(66), 3, 1)
    assert power(b"\3", b"\5") == fixed(b"\5") == (243).to_bytes(66)


def test_a_library_without_the_calls_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primitives, "_hashlib_file", lambda: None)
    monkeypatch.setattr(primitives, "_LIBCRYPTO_NAMES", ("libc.so.6", "libnothing-of-this-name.so"))
    assert primitives._libcrypto() is None


@given(
    st.integers(0, 1 << 600),
    st.integers(2, 255),
    st.integers(0, 1 << 300),
    st.integers(1, 1 << 512).map(lambda n: 2 * n + 1),
)
@settings(max_examples=60, deadline=None)
def test_all_libraries_agree(base: int, fixed: int, exponent: int, modulus: int) -> None:
    octets = modulus.to_bytes((modulus.bit_length() + 7) // 8)
    expected = [pow(one, exponent, modulus).to_bytes(len(octets)) for one in (base, fixed)]
    helper, libcrypto = native(), primitives._libcrypto()
    for library in (
        primitives._Python(),
        primitives._Gmpy2(pow),
        *([libcrypto] if libcrypto is not None else []),
        *([primitives._Compiled(helper)] if helper is not None else []),
    ):
        power, own = library.powers(octets, fixed, 40)
        assert power(base.to_bytes(76), memoryview(exponent.to_bytes(40))) == expected[0], library.name
        assert own(memoryview(exponent.to_bytes(40))) == expected[1], library.name


def test_a_cipher_context_that_lives_on_goes_on_chaining() -> None:
    key, first, second = bytes(range(16)), b"a" * 32, b"b" * 16
    seal = primitives.cbc_encryptor(primitives.BlockCipher.AES, key)
    whole = primitives.cbc_key(primitives.BlockCipher.AES, Secret(key)).encrypt(bytes(16), first + second)
    assert seal(first) + seal(second) == whole


def test_gcm_is_the_published_one() -> None:
    # McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 1 and 2.
    gcm = primitives.Gcm(bytes(16))
    assert gcm.seal(bytes(12), b"", b"").hex() == "58e2fccefa7e3061367f1d57a4e7455a"
    sealed = gcm.seal(bytes(12), bytes(16), b"")
    assert sealed.hex() == "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"
    assert gcm.open(bytes(12), sealed, b"") == bytes(16)


def test_gcm_refuses_a_bent_tag_and_a_bad_key() -> None:
    sealed = primitives.Gcm(bytes(16)).seal(bytes(12), b"text", b"header")
    for bent in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:3], b""):
        with pytest.raises(CryptoError):
            primitives.Gcm(bytes(16)).open(bytes(12), bent, b"header")
    with pytest.raises(CryptoError, match="key"):
        primitives.Gcm(bytes(15))


def test_importing_the_rooms_loads_nothing_heavy() -> None:
    script = (
        "import mainmode.crypto.groups, mainmode.crypto.skeyid, mainmode.ipsec.sad, sys;"
        "print([name for name in ('cryptography', 'ctypes', 'gmpy2') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
