"""The algorithms by their numbers on the wire: hashes, phase 1 ciphers, ESP ciphers and ESP integrity."""

import hashlib
import hmac

from mainmode.base.codes import Encryption1, EspAuthentication, EspTransform, Hash1
from mainmode.base.dataclass import dataclass
from mainmode.base.secret import Octets, Secret
from mainmode.crypto.compiled import native
from mainmode.crypto.errors import UnsupportedAlgorithm
from mainmode.crypto.primitives import BlockCipher, CbcKey, cbc_key


@dataclass(frozen=True, slots=True)
class HashAlgorithm:
    """A hash by its name in hashlib, and the octets it gives."""

    name: str
    length: int

    def digest(self, data: bytes) -> bytes:
        """The hash of `data`, `length` octets."""
        digest: bytes = getattr(hashlib, self.name)(data, usedforsecurity=False).digest()
        return digest

    def prf(self, key: Octets, *parts: Octets) -> bytes:
        """HMAC of the parts, one behind the other (RFC 2104), the prf of IKEv1 (RFC 2409 §4): `length` octets.

        No joined copy stays behind.
        """
        helper = native()
        if helper is not None:
            return helper.prf(self.name, key, *parts)
        joined = bytearray().join(parts)
        found = hmac.digest(key, joined, self.name)
        joined[:] = bytes(len(joined))
        return found


MD5 = HashAlgorithm("md5", 16)
SHA1 = HashAlgorithm("sha1", 20)
SHA2_256 = HashAlgorithm("sha256", 32)
SHA2_384 = HashAlgorithm("sha384", 48)
SHA2_512 = HashAlgorithm("sha512", 64)

_HASHES = {
    Hash1.MD5: MD5,
    Hash1.SHA1: SHA1,
    Hash1.SHA2_256: SHA2_256,
    Hash1.SHA2_384: SHA2_384,
    Hash1.SHA2_512: SHA2_512,
}


def hash_algorithm(code: Hash1) -> HashAlgorithm:
    """The hash of a phase 1 attribute value. Raises UnsupportedAlgorithm."""
    found = _HASHES.get(code)
    if found is None:
        raise UnsupportedAlgorithm(f"phase 1 hash {code.name} ({code.value})")
    return found


@dataclass(frozen=True, slots=True)
class CbcCipher:
    """A block cipher in CBC mode for ISAKMP messages; key length and block in octets.

    Padding is the caller's.
    """

    name: str
    key_length: int
    block: int
    cipher: BlockCipher

    def under(self, key: Secret) -> CbcKey:
        """The cipher under a key, until that is forgotten. Raises CryptoError for one of the wrong size."""
        return cbc_key(self.cipher, key)


_DES = CbcCipher("DES-CBC", 8, 8, BlockCipher.DES)
_TRIPLE_DES = CbcCipher("3DES-CBC", 24, 8, BlockCipher.TRIPLE_DES)
_AES = {bits: CbcCipher(f"AES-CBC-{bits}", bits // 8, 16, BlockCipher.AES) for bits in (128, 192, 256)}

_PHASE1_CIPHERS = {
    (Encryption1.DES_CBC, 0): _DES,
    (Encryption1.DES_CBC, 56): _DES,
    (Encryption1.TRIPLE_DES_CBC, 0): _TRIPLE_DES,
    **{(Encryption1.AES_CBC, bits): cipher for bits, cipher in _AES.items()},
}


def phase1_cipher(code: Encryption1, key_bits: int) -> CbcCipher:
    """The cipher of a phase 1 policy. Raises UnsupportedAlgorithm.

    `key_bits` is 0 where the cipher has one key length.
    """
    found = _PHASE1_CIPHERS.get((code, key_bits))
    if found is None:
        raise UnsupportedAlgorithm(f"phase 1 cipher {code.name} ({code.value}) with {key_bits} key bits")
    return found


@dataclass(frozen=True, slots=True)
class EspCipher:
    """What ESP must know of a cipher, all lengths in octets.

    `key_length` is what KEYMAT gives to it; for AES-GCM that is the key and 4 octets of salt (RFC 4106 §8.1).
    `block` is what payload and trailer are padded to (RFC 4303 §2.4: at least 4). `icv_length` is the
    cipher's own check value, 0 where `aead` is false. `cipher` is None for NULL.
    """

    name: str
    key_length: int
    iv_length: int
    block: int
    icv_length: int
    aead: bool
    cipher: BlockCipher | None


GCM_SALT_LENGTH = 4
"""Octets of salt at the end of the keying material of AES-GCM (RFC 4106 §8.1)."""

_ESP_DES = EspCipher("DES-CBC", 8, 8, 8, 0, False, BlockCipher.DES)
_ESP_CIPHERS = {
    (EspTransform.DES, 0): _ESP_DES,
    (EspTransform.DES, 56): _ESP_DES,
    (EspTransform.TRIPLE_DES, 0): EspCipher("3DES-CBC", 24, 8, 8, 0, False, BlockCipher.TRIPLE_DES),
    (EspTransform.NULL, 0): EspCipher("NULL", 0, 0, 4, 0, False, None),
    **{
        (EspTransform.AES_CBC, bits): EspCipher(f"AES-CBC-{bits}", bits // 8, 16, 16, 0, False, BlockCipher.AES)
        for bits in (128, 192, 256)
    },
    **{
        (EspTransform.AES_GCM_16, bits): EspCipher(
            f"AES-GCM-{bits}", bits // 8 + GCM_SALT_LENGTH, 8, 4, 16, True, BlockCipher.AES
        )
        for bits in (128, 192, 256)
    },
}


def esp_cipher(code: EspTransform, key_bits: int) -> EspCipher:
    """The cipher of an ESP transform. Raises UnsupportedAlgorithm.

    `key_bits` is 0 where the cipher has one key length.
    """
    found = _ESP_CIPHERS.get((code, key_bits))
    if found is None:
        raise UnsupportedAlgorithm(f"ESP transform {code.name} ({code.value}) with {key_bits} key bits")
    return found


@dataclass(frozen=True, slots=True)
class EspIntegrity:
    """An HMAC cut to `icv_length` octets, or nothing at all: `hash` None and both lengths 0."""

    name: str
    key_length: int
    icv_length: int
    hash: HashAlgorithm | None


_ESP_INTEGRITY = {
    EspAuthentication.NONE: EspIntegrity("NONE", 0, 0, None),
    EspAuthentication.HMAC_MD5: EspIntegrity("HMAC-MD5-96", 16, 12, MD5),
    EspAuthentication.HMAC_SHA1: EspIntegrity("HMAC-SHA1-96", 20, 12, SHA1),
    EspAuthentication.HMAC_SHA2_256: EspIntegrity("HMAC-SHA2-256-128", 32, 16, SHA2_256),
    EspAuthentication.HMAC_SHA2_384: EspIntegrity("HMAC-SHA2-384-192", 48, 24, SHA2_384),
    EspAuthentication.HMAC_SHA2_512: EspIntegrity("HMAC-SHA2-512-256", 64, 32, SHA2_512),
}


def esp_integrity(code: EspAuthentication) -> EspIntegrity:
    """The integrity of an authentication attribute (RFC 2403, 2404, 4868). Raises UnsupportedAlgorithm."""
    found = _ESP_INTEGRITY.get(code)
    if found is None:
        raise UnsupportedAlgorithm(f"ESP authentication {code.name} ({code.value})")
    return found
