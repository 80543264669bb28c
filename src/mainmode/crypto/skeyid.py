"""The keys and hashes of IKEv1 with pre-shared keys (RFC 2409 §5 and App. B), as functions of octets.

The prf is HMAC with the negotiated hash. `cky_i`, `ni` and `g_xi` are always the initiator's of the exchange;
nonces (`ni_b`, `nr_b`) are payload bodies.
"""

import hmac
from dataclasses import field, replace

from mainmode.base.address import Endpoint
from mainmode.base.dataclass import dataclass
from mainmode.base.secret import Octets, Secret
from mainmode.crypto.algorithms import CbcCipher, HashAlgorithm
from mainmode.crypto.errors import CryptoError
from mainmode.crypto.primitives import BlockCipher, CbcKey, overwrite


@dataclass(frozen=True, slots=True)
class Phase1Keys:
    """SKEYID, its three children SKEYID_d, SKEYID_a and SKEYID_e, and the cipher's key made of the last.

    `messages` is the cipher under that key, which all messages of the SA go through.
    """

    skeyid: Secret
    d: Secret
    a: Secret
    e: Secret
    cipher_key: Secret
    messages: CbcKey = field(repr=False, compare=False)

    def settled(self) -> "Phase1Keys":
        """What later exchanges need; SKEYID and SKEYID_e are overwritten, nothing more is made of them."""
        self.skeyid.forget()
        self.e.forget()
        return replace(self, skeyid=_OVER, e=_OVER)


_OVER = Secret(b"")
_OVER.forget()


def skeyid_psk(hash_: HashAlgorithm, psk: Octets, ni: bytes, nr: bytes) -> bytes:
    """SKEYID for pre-shared keys: prf(key, Ni_b | Nr_b) (RFC 2409 §5.4)."""
    return hash_.prf(psk, ni, nr)


def phase1_keys(
    hash_: HashAlgorithm,
    cipher: CbcCipher,
    skeyid: Octets,
    shared_secret: Secret,
    cky_i: bytes,
    cky_r: bytes,
) -> Phase1Keys:
    """SKEYID_d, _a and _e from SKEYID and g^xy (RFC 2409 §5), and the cipher key (App. B)."""
    tail = (shared_secret.octets, cky_i, cky_r)
    d = hash_.prf(skeyid, *tail, b"\0")
    a = hash_.prf(skeyid, d, *tail, b"\1")
    e = hash_.prf(skeyid, a, *tail, b"\2")
    octets = _cipher_key(hash_, cipher, e)
    key = Secret(octets)
    keys = Phase1Keys(Secret(skeyid), Secret(d), Secret(a), Secret(e), key, cipher.under(key))
    overwrite(d, a, e, octets)
    return keys


def _cipher_key(hash_: HashAlgorithm, cipher: CbcCipher, skeyid_e: bytes) -> bytes:
    """The leading octets of SKEYID_e, or of its expansion where that is too short (RFC 2409 App. B)."""
    if cipher.cipher is BlockCipher.DES:
        return _des_key(hash_, skeyid_e)
    if cipher.key_length <= len(skeyid_e):
        return skeyid_e[: cipher.key_length]
    return _feedback(hash_, skeyid_e, (b"\0",), (), cipher.key_length)


def _des_key(hash_: HashAlgorithm, skeyid_e: bytes) -> bytes:
    """The first eight octets of SKEYID_e that are no weak or semi-weak DES key (RFC 2409 App. B).

    SKEYID_e, and its expansion after it, is read in groups of eight; one is weak once in 2^52. Raises
    CryptoError where all are.
    """
    material = bytearray().join((skeyid_e, _feedback(hash_, skeyid_e, (b"\0",), (), hash_.length)))
    for start in range(0, len(material) - 7, 8):
        key = bytes(material[start : start + 8])
        if bytes(octet & 0xFE for octet in key) not in _WEAK_DES_KEYS:
            material[:] = bytes(len(material))
            return key
    raise CryptoError("SKEYID_e gives only weak DES keys")


_WEAK_DES_KEYS = {
    bytes(octet & 0xFE for octet in bytes.fromhex(key))
    for key in (
        *("0101010101010101", "1F1F1F1F0E0E0E0E", "E0E0E0E0F1F1F1F1", "FEFEFEFEFEFEFEFE"),
        *("01FE01FE01FE01FE", "FE01FE01FE01FE01", "1FE01FE00EF10EF1", "E01FE01FF10EF10E"),
        *("01E001E001F101F1", "E001E001F101F101", "1FFE1FFE0EFE0EFE", "FE1FFE1FFE0EFE0E"),
        *("011F011F010E010E", "1F011F010E010E01", "E0FEE0FEF1FEF1FE", "FEE0FEE0FEF1FEF1"),
    )
}
"""The weak and semi-weak keys of DES (RFC 2409 App. A), without their parity bits."""


def _feedback(
    hash_: HashAlgorithm, key: Octets, first: tuple[Octets, ...], seed: tuple[Octets, ...], length: int
) -> bytes:
    """K1 = prf(key, first | seed), Kn = prf(key, Kn-1 | seed); the first `length` octets of K1 | K2 | …"""
    blocks = [hash_.prf(key, *first, *seed)]
    while len(blocks) * hash_.length < length:
        blocks.append(hash_.prf(key, blocks[-1], *seed))
    material = bytearray().join(blocks)
    found = bytes(memoryview(material)[:length])
    material[:] = bytes(len(material))
    overwrite(*blocks)
    return found


def hash_i(
    hash_: HashAlgorithm,
    keys: Phase1Keys,
    g_xi: bytes,
    g_xr: bytes,
    cky_i: bytes,
    cky_r: bytes,
    sai_b: bytes,
    idii_b: bytes,
) -> bytes:
    """HASH_I, what the initiator proves itself with (RFC 2409 §5). `sai_b`: its SA payload's body as sent."""
    return hash_.prf(keys.skeyid.octets, g_xi, g_xr, cky_i, cky_r, sai_b, idii_b)


def hash_r(
    hash_: HashAlgorithm,
    keys: Phase1Keys,
    g_xi: bytes,
    g_xr: bytes,
    cky_i: bytes,
    cky_r: bytes,
    sai_b: bytes,
    idir_b: bytes,
) -> bytes:
    """HASH_R, what the responder proves itself with (RFC 2409 §5); over the initiator's SA body as well."""
    return hash_.prf(keys.skeyid.octets, g_xr, g_xi, cky_r, cky_i, sai_b, idir_b)


def hash_1(hash_: HashAlgorithm, skeyid_a: Octets, message_id: int, rest: bytes) -> bytes:
    """HASH(1) of quick mode, and the HASH of an informational exchange (RFC 2409 §5.5, §5.7).

    `rest` is everything after the HASH payload, generic headers included, padding not.
    """
    return hash_.prf(skeyid_a, message_id.to_bytes(4), rest)


def hash_2(hash_: HashAlgorithm, skeyid_a: Octets, message_id: int, ni_b: bytes, rest: bytes) -> bytes:
    """HASH(2) of quick mode (RFC 2409 §5.5)."""
    return hash_.prf(skeyid_a, message_id.to_bytes(4), ni_b, rest)


def hash_3(hash_: HashAlgorithm, skeyid_a: Octets, message_id: int, ni_b: bytes, nr_b: bytes) -> bytes:
    """HASH(3) of quick mode (RFC 2409 §5.5)."""
    return hash_.prf(skeyid_a, b"\0", message_id.to_bytes(4), ni_b, nr_b)


def keymat(
    hash_: HashAlgorithm,
    skeyid_d: Octets,
    protocol: int,
    spi: bytes,
    ni_b: bytes,
    nr_b: bytes,
    length: int,
    pfs_secret: Octets | None,
) -> bytes:
    """KEYMAT, `length` octets for one direction (RFC 2409 §5.5): cipher key first, then integrity key.

    `spi` is the one that the receiver of that direction chose; `pfs_secret` is g(qm)^xy, None without PFS.
    """
    seed = (pfs_secret or b"", bytes([protocol]), spi, ni_b, nr_b)
    return _feedback(hash_, skeyid_d, (), seed, length)


def phase1_iv(hash_: HashAlgorithm, g_xi: bytes, g_xr: bytes, block: int) -> bytes:
    """The IV of the first encrypted message of phase 1: hash(g^xi | g^xr), cut to the block (App. B)."""
    return hash_.digest(g_xi + g_xr)[:block]


def phase2_iv(hash_: HashAlgorithm, last_block: bytes, message_id: int, block: int) -> bytes:
    """The first IV of a later exchange, from the last cipher block of phase 1 and the message id (App. B)."""
    return hash_.digest(last_block + message_id.to_bytes(4))[:block]


def nat_d(hash_: HashAlgorithm, cky_i: bytes, cky_r: bytes, endpoint: Endpoint) -> bytes:
    """The body of a NAT-D payload: HASH(CKY-I | CKY-R | IP | port) (RFC 3947 §3.2)."""
    return hash_.digest(cky_i + cky_r + endpoint.address.packed + endpoint.port.to_bytes(2))


def equal(a: bytes, b: bytes) -> bool:
    """Whether two check values are the same, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(a, b)
