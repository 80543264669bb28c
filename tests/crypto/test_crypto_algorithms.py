"""Hashes, HMAC and ciphers against published vectors; the tables of algorithm numbers."""

import hmac
from contextlib import suppress

import pytest
from crypto_vectors import cases
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.codes import Encryption1, EspAuthentication, EspTransform, Hash1
from mainmode.base.secret import Secret
from mainmode.crypto.algorithms import esp_cipher, esp_integrity, hash_algorithm, phase1_cipher
from mainmode.crypto.errors import CryptoError, UnsupportedAlgorithm

pytestmark = pytest.mark.usefixtures("each_way")

PHASE1 = {
    "DES": (Encryption1.DES_CBC, 0),
    "3DES": (Encryption1.TRIPLE_DES_CBC, 0),
}


@pytest.mark.parametrize("case", cases("hmac"))
def test_the_prf_is_hmac_as_published(case: dict[str, str]) -> None:
    found = hash_algorithm(Hash1[case["hash"]]).prf(bytes.fromhex(case["key"]), bytes.fromhex(case["msg"]))
    # The cases "Test With Truncation" of RFC 4231 give 128 bits only.
    assert found.hex()[: len(case["md"])] == case["md"]


@given(
    st.sampled_from([Hash1.MD5, Hash1.SHA1, Hash1.SHA2_256, Hash1.SHA2_384, Hash1.SHA2_512]),
    st.binary(max_size=300),
    st.lists(st.binary(max_size=300), max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_the_prf_takes_its_parts_one_behind_the_other(code: Hash1, key: bytes, parts: list[bytes]) -> None:
    algorithm = hash_algorithm(code)
    expected = hmac.digest(key, b"".join(parts), algorithm.name)
    assert algorithm.prf(key, *parts) == expected
    assert algorithm.prf(memoryview(key), *map(bytearray, parts)) == expected


@pytest.mark.parametrize(
    ("code", "digest"),
    [  # RFC 1321 A.5; FIPS 180-2 App. A.1, B.1, C.1, D.1
        (Hash1.MD5, "900150983cd24fb0d6963f7d28e17f72"),
        (Hash1.SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (Hash1.SHA2_256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            Hash1.SHA2_384,
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        ),
        (
            Hash1.SHA2_512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
    ],
)
def test_the_hash_of_abc_is_the_published_one(code: Hash1, digest: str) -> None:
    algorithm = hash_algorithm(code)
    assert algorithm.digest(b"abc").hex() == digest
    assert algorithm.length == len(digest) // 2


@pytest.mark.parametrize("case", cases("cbc"))
def test_ciphers_encrypt_and_decrypt_as_published(case: dict[str, str]) -> None:
    key, iv, plaintext, ciphertext = (bytes.fromhex(case[name]) for name in ("key", "iv", "plaintext", "ciphertext"))
    code, bits = PHASE1.get(case["cipher"], (Encryption1.AES_CBC, len(key) * 8))
    cipher = phase1_cipher(code, bits)
    assert (cipher.key_length, cipher.block) == (len(key), len(iv))
    messages = cipher.under(Secret(key))
    assert messages.encrypt(iv, plaintext) == ciphertext
    assert messages.decrypt(iv, ciphertext) == plaintext


def test_messages_under_one_key_know_nothing_of_each_other() -> None:
    cipher = phase1_cipher(Encryption1.AES_CBC, 128)
    key, first, second = Secret(bytes(range(16))), bytes(range(48)), bytes(range(100, 132))
    one, other = b"1" * 16, b"2" * 16
    alone = cipher.under(key).encrypt(other, second)
    messages = cipher.under(key)
    sealed = messages.encrypt(one, first)
    assert messages.encrypt(other, second) == alone
    assert messages.encrypt(one, b"") == messages.decrypt(one, b"") == b""
    assert messages.encrypt(one, first) == sealed
    assert messages.decrypt(other, alone) == second
    assert messages.decrypt(one, sealed) == first


@pytest.mark.parametrize(
    ("code", "bits"),
    [
        (Encryption1.AES_CBC, 0),
        (Encryption1.AES_CBC, 64),
        (Encryption1.AES_CBC, 512),
        (Encryption1.DES_CBC, 64),
        (Encryption1.TRIPLE_DES_CBC, 168),
        (Encryption1.CAST_CBC, 0),
        (Encryption1(999), 128),
    ],
)
def test_a_phase_1_cipher_that_is_not_there_is_refused(code: Encryption1, bits: int) -> None:
    with pytest.raises(UnsupportedAlgorithm, match=str(code.value)):
        phase1_cipher(code, bits)


def test_des_may_say_its_56_bits() -> None:
    assert phase1_cipher(Encryption1.DES_CBC, 56) == phase1_cipher(Encryption1.DES_CBC, 0)
    assert esp_cipher(EspTransform.DES, 56) == esp_cipher(EspTransform.DES, 0)


def test_a_hash_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnsupportedAlgorithm, match="TIGER"):
        hash_algorithm(Hash1.TIGER)


@pytest.mark.parametrize("key", [b"", bytes(8), bytes(15), bytes(17), bytes(33)])
def test_a_key_of_the_wrong_size_is_an_error_of_this_room(key: bytes) -> None:
    cipher = phase1_cipher(Encryption1.AES_CBC, 128)
    with pytest.raises(CryptoError, match="key"):
        cipher.under(Secret(key))


@given(st.binary(max_size=40), st.binary(max_size=20), st.binary(max_size=50))
@settings(max_examples=60, deadline=None)
def test_any_sizes_give_octets_or_the_error_of_this_room(key: bytes, iv: bytes, data: bytes) -> None:
    for code, bits in ((Encryption1.AES_CBC, 128), (Encryption1.DES_CBC, 0), (Encryption1.TRIPLE_DES_CBC, 0)):
        cipher = phase1_cipher(code, bits)
        with suppress(CryptoError):
            assert len(cipher.under(Secret(key)).decrypt(iv, data)) == len(data)
            assert len(data) % cipher.block == 0


@pytest.mark.parametrize(
    ("code", "bits", "key", "iv", "block", "icv"),
    [  # RFC 2405, 2451, 3602, 2410, 4106
        (EspTransform.DES, 0, 8, 8, 8, 0),
        (EspTransform.TRIPLE_DES, 0, 24, 8, 8, 0),
        (EspTransform.AES_CBC, 128, 16, 16, 16, 0),
        (EspTransform.AES_CBC, 192, 24, 16, 16, 0),
        (EspTransform.AES_CBC, 256, 32, 16, 16, 0),
        (EspTransform.NULL, 0, 0, 0, 4, 0),
        (EspTransform.AES_GCM_16, 128, 20, 8, 4, 16),
        (EspTransform.AES_GCM_16, 192, 28, 8, 4, 16),
        (EspTransform.AES_GCM_16, 256, 36, 8, 4, 16),
    ],
)
def test_esp_ciphers_have_the_sizes_of_their_rfc(
    code: EspTransform, bits: int, key: int, iv: int, block: int, icv: int
) -> None:
    cipher = esp_cipher(code, bits)
    assert (cipher.key_length, cipher.iv_length, cipher.block, cipher.icv_length) == (key, iv, block, icv)
    assert cipher.aead == (icv > 0)


@pytest.mark.parametrize(
    ("code", "key", "icv"),
    [  # RFC 2403, 2404, 4868 §2.6
        (EspAuthentication.NONE, 0, 0),
        (EspAuthentication.HMAC_MD5, 16, 12),
        (EspAuthentication.HMAC_SHA1, 20, 12),
        (EspAuthentication.HMAC_SHA2_256, 32, 16),
        (EspAuthentication.HMAC_SHA2_384, 48, 24),
        (EspAuthentication.HMAC_SHA2_512, 64, 32),
    ],
)
def test_esp_integrity_has_the_sizes_of_its_rfc(code: EspAuthentication, key: int, icv: int) -> None:
    integrity = esp_integrity(code)
    assert (integrity.key_length, integrity.icv_length) == (key, icv)


def test_esp_algorithms_that_are_not_there_are_refused() -> None:
    for code, bits in ((EspTransform.AES_GMAC, 128), (EspTransform.AES_CBC, 0), (EspTransform(77), 0)):
        with pytest.raises(UnsupportedAlgorithm):
            esp_cipher(code, bits)
    for authentication in (EspAuthentication.DES_MAC, EspAuthentication(77)):
        with pytest.raises(UnsupportedAlgorithm):
            esp_integrity(authentication)
