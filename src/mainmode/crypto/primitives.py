"""The one module that knows a crypto library: `cryptography` for ciphers and curves, libcrypto for powers.

Everything heavy is imported by the first call that needs it, so that importing this module costs nothing.
`cryptography` cannot serve MODP groups 1 and 2 and is about to drop the others; so modular powers are taken
by the compiled helper, or else through ctypes by `BN_mod_exp_mont_consttime` of the libcrypto that Python's
own `hashlib` stands on.
"""

import sys
from collections.abc import Callable
from enum import Enum
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Protocol

from mainmode.base.secret import Octets, Secret
from mainmode.crypto.compiled import Native, native
from mainmode.crypto.errors import CryptoError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

ModularPower = Callable[[bytes, Octets], bytes]
"""(base, exponent) -> base ** exponent by a fixed modulus, as octets of the modulus's length."""

FixedPower = Callable[[Octets], bytes]
"""The same of a fixed base."""

OctetStream = Callable[[bytes], bytes]
"""A cipher context that goes on where it stopped: whole blocks in, as many octets out."""


_REFERENCES = 4
"""To octets in `overwrite`: of the caller's name, the arguments, the loop, and the count itself. From Python 3.14 on
names may borrow what they refer to, so that the count says less: there nothing is overwritten.
"""


def overwrite(*secrets: bytes) -> None:
    """Fill octets with zeros that were made on the way to a secret. Those that somebody else refers to stay.

    Python's octets never change, and what is freed keeps its contents: this reaches behind that, where it is known how.
    """
    if sys.implementation.name != "cpython" or sys.version_info >= (3, 14):
        return
    helper = native()
    if helper is not None:
        # Without the loop's and the count's.
        helper.overwrite(secrets, _REFERENCES - 2)
        return
    fill = _fill()
    for octets in secrets:
        # One octet, and none, are objects that all of Python shares.
        if len(octets) > 1 and sys.getrefcount(octets) <= _REFERENCES:
            fill(id(octets) + _HEADER, 0, len(octets))


_HEADER = bytes.__basicsize__ - 1
"""Octets of an object of Python's before those that it holds."""


@cache
def _fill() -> Callable[[int, int, int], object]:
    from ctypes import memset

    return memset


# Block ciphers


class BlockCipher(Enum):
    """A block cipher: its name, octets of a block, and of its keys."""

    DES = ("DES", 8, (8,))
    TRIPLE_DES = ("3DES", 8, (24,))
    AES = ("AES", 16, (16, 24, 32))

    def __init__(self, title: str, block: int, key_lengths: tuple[int, ...]) -> None:
        self.title = title
        self.block = block
        self.key_lengths = key_lengths


class CbcKey(Protocol):
    """A cipher in CBC mode under one key, for messages each with an IV of its own, unpadded."""

    def encrypt(self, iv: bytes, data: bytes) -> bytes:
        """One message. Raises CryptoError for an IV or a message of the wrong size."""

    def decrypt(self, iv: bytes, data: bytes) -> bytes:
        """The inverse of `encrypt`, with the same errors."""


def cbc_key(cipher: BlockCipher, key: Secret) -> CbcKey:
    """The cipher under a key, which must not be forgotten before. Raises CryptoError for one of the wrong size."""
    helper = native()
    if helper is None:
        return _CbcContexts(cipher, key.octets)
    if len(key) not in cipher.key_lengths:
        raise CryptoError(f"a {cipher.title} key of {len(key)} octets")
    return _CbcOneByOne(helper, cipher, key)


class _CbcOneByOne:
    """The helper makes a context for each message, which takes less than to keep one, and leaves nothing behind."""

    __slots__ = ("_cbc", "_cipher", "_key")

    def __init__(self, helper: Native, cipher: BlockCipher, key: Secret) -> None:
        self._cbc, self._cipher, self._key = helper.cbc, cipher.title, key

    def encrypt(self, iv: bytes, data: bytes) -> bytes:
        try:
            return self._cbc(self._cipher, self._key.octets, iv, data, True)
        except ValueError as error:
            raise CryptoError(str(error)) from None

    def decrypt(self, iv: bytes, data: bytes) -> bytes:
        try:
            return self._cbc(self._cipher, self._key.octets, iv, data, False)
        except ValueError as error:
            raise CryptoError(str(error)) from None


class _CbcContexts:
    """Contexts that live on, since making one costs more than a message does: what the last message left in the
    chain is taken out of the first block of the next one.
    """

    __slots__ = ("_cipher", "_decrypt", "_encrypt", "_left")

    def __init__(self, cipher: BlockCipher, key: Octets) -> None:
        """Raises CryptoError for a key of the wrong size."""
        self._cipher = cipher
        both = _cbc(cipher, key)
        self._encrypt: OctetStream = both.encryptor().update
        self._decrypt: OctetStream = both.decryptor().update
        self._left = 0

    def encrypt(self, iv: bytes, data: bytes) -> bytes:
        block = self._check(iv, data)
        if not data:
            return data
        first = int.from_bytes(data[:block]) ^ int.from_bytes(iv) ^ self._left
        ciphertext = self._encrypt(first.to_bytes(block) + data[block:])
        self._left = int.from_bytes(ciphertext[-block:])
        return ciphertext

    def decrypt(self, iv: bytes, data: bytes) -> bytes:
        block = self._check(iv, data)
        return self._decrypt(iv + data)[block:]

    def _check(self, iv: bytes, data: bytes) -> int:
        block = self._cipher.block
        if len(iv) != block:
            raise CryptoError(f"a {self._cipher.title} IV of {len(iv)} octets")
        if len(data) % block:
            raise CryptoError(f"{len(data)} octets are no whole number of {self._cipher.title} blocks")
        return block


def cbc_encryptor(cipher: BlockCipher, key: Octets) -> OctetStream:
    """A CBC context that lives on between messages, from an IV of zeros. Raises CryptoError for a bad key.

    Fed one random block before each message, what it gives for that block is an unpredictable IV.
    """
    return _cbc(cipher, key).encryptor().update


def cbc_decryptor(cipher: BlockCipher, key: Octets) -> OctetStream:
    """A CBC context that lives on: fed IV and message, it gives one block of rubbish and the plaintext."""
    return _cbc(cipher, key).decryptor().update


def _cbc(cipher: BlockCipher, key: Octets) -> "Cipher[modes.CBC]":
    if len(key) not in cipher.key_lengths:
        raise CryptoError(f"a {cipher.title} key of {len(key)} octets")
    return _cbc_maker(cipher)(key, bytes(cipher.block))


@cache
def _cbc_maker(cipher: BlockCipher) -> "Callable[[Octets, bytes], Cipher[modes.CBC]]":
    """The library's cipher of a key and an IV. It has no single DES; 3DES with one key three times is DES."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    if cipher is BlockCipher.AES:
        from cryptography.hazmat.primitives.ciphers.algorithms import AES

        return lambda key, iv: Cipher(AES(key), CBC(iv))
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES

    if cipher is BlockCipher.DES:
        return lambda key, iv: Cipher(TripleDES(bytes(key) * 3), CBC(iv))
    return lambda key, iv: Cipher(TripleDES(key), CBC(iv))  # type: ignore[arg-type] # it takes what AES takes


class Gcm:
    """AES-GCM with a tag of 16 octets (NIST SP 800-38D)."""

    __slots__ = ("_invalid", "_open", "seal")

    def __init__(self, key: Octets) -> None:
        """`seal` takes nonce, data and associated data; it gives ciphertext and tag.

        A nonce of 12 octets must never come twice under one key.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if len(key) not in BlockCipher.AES.key_lengths:
            raise CryptoError(f"an AES-GCM key of {len(key)} octets")
        aead = AESGCM(key)
        self.seal: Callable[[bytes, bytes, bytes], bytes] = aead.encrypt
        self._open = aead.decrypt
        self._invalid = InvalidTag

    def open(self, nonce: bytes, data: bytes, associated: bytes) -> bytes:
        """The plaintext of ciphertext and tag. Raises CryptoError where the tag does not verify."""
        try:
            return self._open(nonce, data, associated)
        except self._invalid:
            raise CryptoError("the tag does not verify") from None


# Elliptic curves


class Curve(Enum):
    """A NIST curve over a prime field: bits of the field, and the order of the base point (SP 800-186)."""

    P256 = (256, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551)
    P384 = (
        384,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    )
    P521 = (
        521,
        (1 << 521) - (6 << 256) + 0x51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409,
    )

    def __init__(self, bits: int, order: int) -> None:
        self.bits = bits
        self.order = order

    @property
    def coordinate_length(self) -> int:
        """Octets of one coordinate."""
        return (self.bits + 7) // 8


def ecp_public(curve: Curve, scalar: bytes) -> bytes:
    """The public point x | y of a private scalar from 1 up to, but without, the order."""
    point = _ecp_private(curve, scalar).public_key().public_numbers()
    return point.x.to_bytes(curve.coordinate_length) + point.y.to_bytes(curve.coordinate_length)


def ecp_shared(curve: Curve, scalar: bytes, peer: bytes) -> bytes:
    """x of the common point. Raises CryptoError where the peer's x | y is no point of the curve."""
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(_ecp_curve(curve), b"\4" + peer)
    except ValueError:
        raise CryptoError("a public value that is no point of the curve") from None
    return _ecp_private(curve, scalar).exchange(ec.ECDH(), point)


def _ecp_private(curve: Curve, scalar: bytes) -> "ec.EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(int.from_bytes(scalar), _ecp_curve(curve))


def _ecp_curve(curve: Curve) -> "ec.EllipticCurve":
    from cryptography.hazmat.primitives.asymmetric import ec

    if curve is Curve.P256:
        return ec.SECP256R1()
    return ec.SECP384R1() if curve is Curve.P384 else ec.SECP521R1()


# Modular powers


class _Exponentiation(Protocol):
    """A library that takes modular powers."""

    name: str

    def powers(self, modulus: bytes, base: int, octets: int) -> tuple[ModularPower, FixedPower]: ...


def modular_powers(modulus: bytes, base: int, octets: int) -> tuple[ModularPower, FixedPower]:
    """The power functions of an odd modulus, from the best library there is; they may be kept for ever.

    The second is that of a base below 256 and of exponents of at most so many octets.
    """
    return _exponentiation().powers(modulus, base, octets)


def exponentiation() -> str:
    """What takes modular powers here: the compiled `helper`, `libcrypto` or `gmpy2`, all in constant time, or `pow`."""
    return _exponentiation().name


@cache
def _exponentiation() -> _Exponentiation:
    helper = native()
    if helper is not None:
        return _Compiled(helper)
    return _libcrypto() or _gmpy2() or _Python()


class _Python:
    """Python's own integers: slow, and the time tells something of the exponent. The last resort."""

    name = "pow"

    def powers(self, modulus: bytes, base: int, octets: int) -> tuple[ModularPower, FixedPower]:
        number = int.from_bytes(modulus)

        def power(base: bytes, exponent: Octets) -> bytes:
            return pow(int.from_bytes(base), int.from_bytes(exponent), number).to_bytes(len(modulus))

        return power, partial(power, base.to_bytes())


class _Gmpy2:
    """GMP's `mpz_powm_sec`."""

    name = "gmpy2"

    def __init__(self, powmod_sec: Callable[[int, int, int], int]) -> None:
        self._powmod_sec = powmod_sec

    def powers(self, modulus: bytes, base: int, octets: int) -> tuple[ModularPower, FixedPower]:
        number = int.from_bytes(modulus)

        def power(base: bytes, exponent: Octets) -> bytes:
            found = self._powmod_sec(int.from_bytes(base), int.from_bytes(exponent), number)
            return int(found).to_bytes(len(modulus))

        return power, partial(power, base.to_bytes())


def _gmpy2() -> _Gmpy2 | None:
    try:
        from gmpy2 import powmod_sec  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        return None
    return _Gmpy2(powmod_sec)


class _Compiled:
    """The compiled helper: libcrypto again, or vectors of 52 bits, and a table for the base that comes again."""

    name = "helper"

    def __init__(self, helper: Native) -> None:
        self._helper = helper

    def powers(self, modulus: bytes, base: int, octets: int) -> tuple[ModularPower, FixedPower]:
        prepared = self._helper.modulus(modulus)
        return prepared.power, prepared.comb(base, octets).power


_BN_FLG_CONSTTIME = 4
_LIBCRYPTO_NAMES = ("libcrypto.so.3", "libcrypto.so")


class _Libcrypto:
    """`BN_mod_exp_mont_consttime` through ctypes.

    Calls hold the interpreter's lock (the library is loaded as a PyDLL): one scratch context serves all.
    """

    name = "libcrypto"

    def __init__(self, library: Any) -> None:
        """Declares the calls. Raises AttributeError where the library lacks one."""
        from ctypes import c_char_p, c_int, c_void_p

        for name, result, arguments in (
            ("BN_CTX_secure_new", c_void_p, ()),
            ("BN_MONT_CTX_new", c_void_p, ()),
            ("BN_MONT_CTX_set", c_int, (c_void_p, c_void_p, c_void_p)),
            ("BN_new", c_void_p, ()),
            ("BN_clear_free", None, (c_void_p,)),
            ("BN_bin2bn", c_void_p, (c_char_p, c_int, c_void_p)),
            ("BN_bn2binpad", c_int, (c_void_p, c_char_p, c_int)),
            ("BN_set_flags", None, (c_void_p, c_int)),
            ("BN_mod_exp_mont_consttime", c_int, (c_void_p,) * 6),
        ):
            function = getattr(library, name)
            function.restype = result
            function.argtypes = arguments
        self._library = library
        self._scratch = _present(library.BN_CTX_secure_new())

    def powers(self, modulus: bytes, base: int, octets: int) -> tuple[ModularPower, FixedPower]:
        power = self._power(modulus)
        return power, partial(power, base.to_bytes())

    def _power(self, modulus: bytes) -> ModularPower:
        from ctypes import create_string_buffer, memset

        library, scratch, length = self._library, self._scratch, len(modulus)
        number = _present(library.BN_bin2bn(modulus, length, None))
        montgomery = _present(library.BN_MONT_CTX_new())
        _present(library.BN_MONT_CTX_set(montgomery, number, scratch))

        def power(base: bytes, exponent: Octets) -> bytes:
            copied = bytes(exponent)
            octets = create_string_buffer(length)
            numbers = [
                library.BN_bin2bn(base, len(base), None),
                library.BN_bin2bn(copied, len(copied), None),
                library.BN_new(),
            ]
            try:
                b, e, result = map(_present, numbers)
                library.BN_set_flags(e, _BN_FLG_CONSTTIME)
                _present(library.BN_mod_exp_mont_consttime(result, b, e, number, scratch, montgomery))
                if library.BN_bn2binpad(result, octets, length) != length:
                    raise MemoryError("libcrypto")
                return octets.raw
            finally:
                for allocated in numbers:
                    library.BN_clear_free(allocated)
                memset(octets, 0, length)
                overwrite(copied)

        return power


def _present(result: int | None) -> int:
    """What libcrypto gave. Raises MemoryError for a null pointer or a zero, which here mean no memory."""
    if not result:
        raise MemoryError("libcrypto")
    return result


def _libcrypto() -> _Libcrypto | None:
    """libcrypto by way of the module that has it loaded already, else by its name."""
    try:
        import ctypes
    except ImportError:
        return None
    for name in (_hashlib_file(), *_LIBCRYPTO_NAMES):
        try:
            if name is not None:
                return _Libcrypto(ctypes.PyDLL(name))
        except (OSError, AttributeError):
            continue
    return None


def _hashlib_file() -> str | None:
    """The file of Python's OpenSSL module, by which its libcrypto's symbols are found; None without one."""
    try:
        import _hashlib
    except ImportError:
        return None
    return getattr(_hashlib, "__file__", None)
