"""The key hierarchy of IKEv1 against published values, and by hand from the RFC's formulas where none are."""

import hashlib
import hmac
from ipaddress import IPv4Address

import pytest
from crypto_vectors import cases

from mainmode.base.address import Endpoint
from mainmode.base.codes import Encryption1, Hash1
from mainmode.base.secret import Secret
from mainmode.crypto.algorithms import MD5, SHA1, SHA2_256, HashAlgorithm, hash_algorithm, phase1_cipher
from mainmode.crypto.skeyid import (
    Phase1Keys,
    _des_key,
    equal,
    hash_1,
    hash_2,
    hash_3,
    hash_i,
    hash_r,
    keymat,
    nat_d,
    phase1_iv,
    phase1_keys,
    phase2_iv,
    skeyid_psk,
)

TRIPLE_DES = phase1_cipher(Encryption1.TRIPLE_DES_CBC, 0)
AES_256 = phase1_cipher(Encryption1.AES_CBC, 256)
pytestmark = pytest.mark.usefixtures("each_way")

HASHES = {"md5": MD5, "sha1": SHA1}


def only_skeyid(skeyid: bytes) -> Phase1Keys:
    none = Secret(b"")
    return Phase1Keys(Secret(skeyid), none, none, none, none, AES_256.under(Secret(bytes(32))))


@pytest.mark.parametrize("case", cases("psk"), ids=lambda case: case["hash"])
def test_a_known_key_proves_a_captured_hash_r(case: dict[str, str]) -> None:
    value = {name: bytes.fromhex(text) for name, text in case.items() if name not in ("hash", "psk")}
    algorithm = HASHES[case["hash"]]
    skeyid = skeyid_psk(algorithm, case["psk"].encode(), value["ni_b"], value["nr_b"])
    names = ("g_xi", "g_xr", "cky_i", "cky_r", "sai_b", "idir_b")
    arguments = [value[name] for name in names]
    assert hash_r(algorithm, only_skeyid(skeyid), *arguments) == value["hash_r"]
    assert hash_i(algorithm, only_skeyid(skeyid), *arguments) != value["hash_r"]
    other = skeyid_psk(algorithm, b"Hashcat", value["ni_b"], value["nr_b"])
    assert hash_r(algorithm, only_skeyid(other), *arguments) != value["hash_r"]


def test_hash_i_is_hash_r_with_the_ends_exchanged() -> None:
    keys = only_skeyid(b"skeyid")
    assert hash_i(SHA1, keys, b"1", b"2", b"3", b"4", b"5", b"6") == hash_r(
        SHA1, keys, b"2", b"1", b"4", b"3", b"5", b"6"
    )


@pytest.mark.parametrize("case", cases("kdf"))
def test_the_chain_of_keys_is_the_published_one(case: dict[str, str]) -> None:
    keys = phase1_keys(
        HASHES[case["hash"]],
        TRIPLE_DES,
        bytes.fromhex(case["skeyid"]),
        Secret(bytes.fromhex(case["g_xy"])),
        bytes.fromhex(case["cky_i"]),
        bytes.fromhex(case["cky_r"]),
    )
    assert keys.d.reveal().hex() == case["skeyid_d"]
    assert keys.a.reveal().hex() == case["skeyid_a"]
    assert keys.e.reveal().hex() == case["skeyid_e"]


def made(algorithm: HashAlgorithm, code: Encryption1, bits: int) -> Phase1Keys:
    return phase1_keys(algorithm, phase1_cipher(code, bits), b"skeyid", Secret(b"shared"), b"CKY-I", b"CKY-R")


def test_a_long_enough_skeyid_e_is_cut_to_the_cipher_key() -> None:
    keys = made(SHA1, Encryption1.AES_CBC, 128)
    assert keys.cipher_key.reveal() == keys.e.reveal()[:16]
    keys = made(SHA2_256, Encryption1.AES_CBC, 256)
    assert keys.cipher_key == keys.e


@pytest.mark.parametrize(
    ("code", "bits", "length"),
    [(Encryption1.TRIPLE_DES_CBC, 0, 24), (Encryption1.AES_CBC, 192, 24), (Encryption1.AES_CBC, 256, 32)],
)
def test_a_short_skeyid_e_is_replaced_by_its_expansion(code: Encryption1, bits: int, length: int) -> None:
    keys = made(SHA1, code, bits)
    e = keys.e.reveal()
    k1 = hmac.digest(e, b"\0", hashlib.sha1)
    k2 = hmac.digest(e, k1, hashlib.sha1)
    assert keys.cipher_key.reveal() == (k1 + k2)[:length]


def test_a_weak_des_key_is_passed_over() -> None:
    good = bytes(range(2, 10))
    assert _des_key(SHA1, good + bytes(12)) == good
    # All zeros is the first weak key but for its parity bits (RFC 2409 App. A).
    assert _des_key(SHA1, bytes(8) + good + bytes(4)) == good
    assert _des_key(SHA1, bytes.fromhex("e0fee0fef1fef1fe") + good) == good
    all_weak = bytes(8) + bytes.fromhex("fefefefefefefefe")
    assert _des_key(MD5, all_weak) == hmac.digest(all_weak, b"\0", hashlib.md5)[:8]


def test_the_hashes_of_quick_mode_are_the_rfcs_formulas() -> None:
    def prf(data: bytes) -> bytes:
        return hmac.new(b"skeyid_a", data, hashlib.sha256).digest()

    mid = b"\1\2\3\4"
    assert hash_1(SHA2_256, b"skeyid_a", 0x01020304, b"rest") == prf(mid + b"rest")
    assert hash_2(SHA2_256, b"skeyid_a", 0x01020304, b"Ni", b"rest") == prf(mid + b"Ni" + b"rest")
    assert hash_3(SHA2_256, b"skeyid_a", 0x01020304, b"Ni", b"Nr") == prf(b"\0" + mid + b"Ni" + b"Nr")


def test_keymat_is_the_rfcs_feedback_with_and_without_pfs() -> None:
    def prf(data: bytes) -> bytes:
        return hmac.new(b"skeyid_d", data, hashlib.sha1).digest()

    spi, tail = b"SPI!", b"\3SPI!NiNr"
    k1 = prf(tail)
    k2 = prf(k1 + tail)
    assert keymat(SHA1, b"skeyid_d", 3, spi, b"Ni", b"Nr", 36, None) == (k1 + k2)[:36]
    assert keymat(SHA1, b"skeyid_d", 3, spi, b"Ni", b"Nr", 20, None) == k1
    k1 = prf(b"g^xy" + tail)
    k2 = prf(k1 + b"g^xy" + tail)
    assert keymat(SHA1, b"skeyid_d", 3, spi, b"Ni", b"Nr", 40, b"g^xy") == k1 + k2


def test_the_ivs_are_hashes_cut_to_the_block() -> None:
    assert phase1_iv(SHA1, b"gxi", b"gxr", 8) == hashlib.sha1(b"gxigxr").digest()[:8]
    last = b"last block of 16"
    assert phase2_iv(SHA1, last, 0xDEADBEEF, 16) == hashlib.sha1(last + b"\xde\xad\xbe\xef").digest()[:16]


def test_nat_d_is_the_hash_of_cookies_address_and_port() -> None:
    end = Endpoint(IPv4Address("10.0.0.2"), 500)
    expected = hashlib.md5(b"IIIIIIIIRRRRRRRR" + bytes([10, 0, 0, 2]) + bytes([1, 244])).digest()
    assert nat_d(MD5, b"I" * 8, b"R" * 8, end) == expected


def test_equality_is_of_content_and_length() -> None:
    assert equal(b"abc", b"abc")
    assert not equal(b"abc", b"abd")
    assert not equal(b"abc", b"ab")


@pytest.mark.parametrize("code", [Hash1.MD5, Hash1.SHA1, Hash1.SHA2_256, Hash1.SHA2_384, Hash1.SHA2_512])
def test_every_hash_makes_keys_for_every_cipher(code: Hash1) -> None:
    algorithm = hash_algorithm(code)
    for encryption, bits in (
        (Encryption1.DES_CBC, 0),
        (Encryption1.TRIPLE_DES_CBC, 0),
        *((Encryption1.AES_CBC, bits) for bits in (128, 192, 256)),
    ):
        keys = made(algorithm, encryption, bits)
        assert len(keys.cipher_key) == phase1_cipher(encryption, bits).key_length
        assert len(keys.skeyid) + len(keys.d) == 6 + algorithm.length
        assert "*****" in repr(keys)
        assert keys.cipher_key.reveal().hex() not in repr(keys)
