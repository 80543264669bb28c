"""ESP suites in the kernel's words: names of its crypto API, and keys as its attributes want them.

Source: linux/xfrm.h (struct xfrm_algo, xfrm_algo_auth, xfrm_algo_aead) and the names in the kernel's xfrm_algo.c.
"""

from struct import pack

from mainmode.base.codes import EspAuthentication, EspTransform
from mainmode.base.errors import MainmodeError
from mainmode.gateway.netlink.codec import attribute
from mainmode.gateway.xfrm.layout import Attribute
from mainmode.ipsec.dataplane import EspSuite, SaKeys

_NAME = 64
_CIPHERS = {
    EspTransform.DES: "cbc(des)",
    EspTransform.TRIPLE_DES: "cbc(des3_ede)",
    EspTransform.AES_CBC: "cbc(aes)",
    EspTransform.NULL: "ecb(cipher_null)",
}
_MACS = {
    EspAuthentication.HMAC_MD5: ("hmac(md5)", 96),
    EspAuthentication.HMAC_SHA1: ("hmac(sha1)", 96),
    EspAuthentication.HMAC_SHA2_256: ("hmac(sha256)", 128),
    EspAuthentication.HMAC_SHA2_384: ("hmac(sha384)", 192),
    EspAuthentication.HMAC_SHA2_512: ("hmac(sha512)", 256),
}
"""The name and the bits of the ICV (RFC 2403, RFC 2404, RFC 4868)."""
_GCM, _GCM_ICV = "rfc4106(gcm(aes))", 128


class UnknownSuiteError(MainmodeError):
    """A suite for which the kernel has no words."""


def named(suite: EspSuite) -> str:
    """The suite as people read it in a message."""
    cipher = _CIPHERS.get(suite.encryption, str(suite.encryption))
    text = _GCM if suite.encryption == EspTransform.AES_GCM_16 else cipher
    text += f" of {suite.key_bits} bits" if suite.key_bits else ""
    return text + (f" with {_MACS[suite.authentication][0]}" if suite.authentication in _MACS else "")


def key_lengths(suite: EspSuite) -> tuple[int, int]:
    """Octets of the cipher's key (with the salt of AES-GCM) and of the integrity key."""
    ciphers = {EspTransform.DES: 8, EspTransform.TRIPLE_DES: 24, EspTransform.NULL: 0}
    macs = {
        EspAuthentication.HMAC_MD5: 16,
        EspAuthentication.HMAC_SHA1: 20,
        EspAuthentication.HMAC_SHA2_256: 32,
        EspAuthentication.HMAC_SHA2_384: 48,
        EspAuthentication.HMAC_SHA2_512: 64,
    }
    salt = 4 if suite.encryption == EspTransform.AES_GCM_16 else 0
    return ciphers.get(suite.encryption, suite.key_bits // 8 + salt), macs.get(suite.authentication, 0)


def write_algorithms(suite: EspSuite, keys: SaKeys) -> bytes:
    """The attributes of a suite with its keys. Raises UnknownSuiteError."""
    cipher, integrity = keys.cipher.reveal(), keys.integrity.reveal()
    if suite.encryption == EspTransform.AES_GCM_16:
        head = _GCM.encode().ljust(_NAME, b"\0") + pack("=II", len(cipher) * 8, _GCM_ICV)
        return attribute(Attribute.ALG_AEAD, head + cipher)
    name = _CIPHERS.get(suite.encryption)
    if name is None or (suite.authentication not in _MACS and suite.authentication != EspAuthentication.NONE):
        raise UnknownSuiteError(f"the kernel has no ESP with {suite.encryption} and {suite.authentication}")
    parts = [attribute(Attribute.ALG_CRYPT, name.encode().ljust(_NAME, b"\0") + pack("=I", len(cipher) * 8) + cipher)]
    if suite.authentication in _MACS:
        mac, bits = _MACS[suite.authentication]
        head = mac.encode().ljust(_NAME, b"\0") + pack("=II", len(integrity) * 8, bits)
        parts.append(attribute(Attribute.ALG_AUTH_TRUNC, head + integrity))
    return b"".join(parts)
