"""Diffie-Hellman groups: MODP 1, 2 (RFC 2409 §6), 5, 14, 15, 16 (RFC 3526), ECP 19, 20, 21 (RFC 5903).

Every peer's value is checked before it is used (CVE-2015-3240, CVE-2023-41913), every private value comes
from the caller's entropy, and modular powers are taken in constant time where the machine has libcrypto.
A key pair is for one exchange: none is used again.
"""

from dataclasses import field
from functools import cache

from mainmode.base.codes import Group
from mainmode.base.dataclass import dataclass
from mainmode.base.entropy import Entropy
from mainmode.base.secret import Secret
from mainmode.crypto import primitives
from mainmode.crypto.errors import CryptoError, UnsupportedAlgorithm
from mainmode.crypto.primitives import Curve, FixedPower, ModularPower


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private value and the public value that goes into the KE payload."""

    private: Secret
    public: bytes


@dataclass(frozen=True, slots=True)
class ModpGroup:
    """A multiplicative group modulo a safe prime, generator 2. Values are left-padded to the prime's size.

    `exponent_bits` is the size of private exponents: at least twice the group's strength by the first
    estimate of RFC 3526 §8: 90 bits for 1536, 110 for 2048, 130 for 3072, 150 for 4096.
    """

    code: Group
    bits: int
    exponent_bits: int
    prime: int = field(repr=False)
    _power: ModularPower = field(repr=False, compare=False)
    _own_power: FixedPower = field(repr=False, compare=False)

    @property
    def public_length(self) -> int:
        """Octets of the KE payload's body: those of the prime."""
        return self.bits // 8

    @property
    def secret_length(self) -> int:
        """Octets of the shared secret: those of the prime (RFC 2409 §5)."""
        return self.bits // 8

    def keypair(self, entropy: Entropy) -> KeyPair:
        """A fresh key pair. The top bit of the exponent is set, so that all exponents are equally long."""
        drawn = entropy.take(self.exponent_bits // 8)
        exponent = bytearray(drawn)
        exponent[0] |= 0x80
        private = Secret(exponent)
        exponent[:] = bytes(len(exponent))
        primitives.overwrite(drawn)
        return KeyPair(private, self._own_power(private.octets))

    def shared(self, pair: KeyPair, peer_public: bytes) -> Secret:
        """g^xy. Raises CryptoError for a wrong length, for 0, 1, p-1 and what is not below p, and for our own value."""
        _check(self, pair, peer_public)
        if not 1 < int.from_bytes(peer_public) < self.prime - 1:
            raise CryptoError("a public value out of range")
        power = self._power(peer_public, pair.private.octets)
        shared = Secret(power)
        primitives.overwrite(power)
        return shared


@dataclass(frozen=True, slots=True)
class EcpGroup:
    """A NIST curve over a prime field. Public values are x | y, the secret is the point's x (RFC 5903)."""

    code: Group
    curve: Curve

    @property
    def bits(self) -> int:
        """The size of the field in bits."""
        return self.curve.bits

    @property
    def public_length(self) -> int:
        """Octets of the KE payload's body: two coordinates."""
        return 2 * self.secret_length

    @property
    def secret_length(self) -> int:
        """Octets of the shared secret: one coordinate."""
        return self.curve.coordinate_length

    def keypair(self, entropy: Entropy) -> KeyPair:
        """A fresh key pair; 64 bits more than needed are drawn, for a uniform scalar (FIPS 186-5 A.2.1)."""
        drawn = int.from_bytes(entropy.take(self.secret_length + 8))
        scalar = (drawn % (self.curve.order - 1) + 1).to_bytes(self.secret_length)
        pair = KeyPair(Secret(scalar), primitives.ecp_public(self.curve, scalar))
        primitives.overwrite(scalar)
        return pair

    def shared(self, pair: KeyPair, peer_public: bytes) -> Secret:
        """x of the common point. Raises CryptoError for a wrong length, for our own point and for one off the curve."""
        _check(self, pair, peer_public)
        scalar = pair.private.reveal()
        point = primitives.ecp_shared(self.curve, scalar, peer_public)
        shared = Secret(point)
        primitives.overwrite(scalar, point)
        return shared


DhGroup = ModpGroup | EcpGroup
"""A group: its number, sizes in octets of public value and secret, `keypair` and `shared`."""


def _check(group: DhGroup, pair: KeyPair, peer_public: bytes) -> None:
    """Raises CryptoError for a wrong length, and for our own value: somebody sends it back to us."""
    if len(peer_public) != group.public_length:
        raise CryptoError(f"a public value of {len(peer_public)} octets, not {group.public_length}")
    if peer_public == pair.public:
        raise CryptoError("our own public value came back")


_GENERATOR = 2
_MODP = {
    Group.MODP_768: (768, 256, 149686),
    Group.MODP_1024: (1024, 256, 129093),
    Group.MODP_1536: (1536, 256, 741804),
    Group.MODP_2048: (2048, 256, 124476),
    Group.MODP_3072: (3072, 320, 1690314),
    Group.MODP_4096: (4096, 320, 240904),
}
"""Bits of the prime, bits of private exponents, and the number c in the prime's published formula:
p = 2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) * pi) + c) (RFC 2409 §6.1, §6.2; RFC 3526 §2 to §5)."""

_ECP = {Group.ECP_256: Curve.P256, Group.ECP_384: Curve.P384, Group.ECP_521: Curve.P521}

SUPPORTED = (*_MODP, *_ECP)
"""The groups that this device has."""


@cache
def group(code: Group) -> DhGroup:
    """The group of a number. Raises UnsupportedAlgorithm."""
    if code in _MODP:
        bits, exponent_bits, c = _MODP[code]
        prime = _modp_prime(bits, c)
        powers = primitives.modular_powers(prime.to_bytes(bits // 8), _GENERATOR, exponent_bits // 8)
        return ModpGroup(code, bits, exponent_bits, prime, *powers)
    if code in _ECP:
        return EcpGroup(code, _ECP[code])
    raise UnsupportedAlgorithm(f"Diffie-Hellman group {code.name} ({code.value})")


def _modp_prime(bits: int, c: int) -> int:
    """The prime by its published formula."""
    return (1 << bits) - (1 << bits - 64) - 1 + ((_pi_shifted(bits - 130) + c) << 64)


def _pi_shifted(bits: int) -> int:
    """floor(2^bits * pi), by Machin's formula pi = 16 arctan(1/5) - 4 arctan(1/239) with 64 bits to spare."""
    one = 1 << bits + 64

    def arctan_of_inverse(x: int) -> int:
        power = one // x
        total, n, sign = power, 1, 1
        while power:
            power //= x * x
            n, sign = n + 2, -sign
            total += sign * (power // n)
        return total

    return (16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)) >> 64
