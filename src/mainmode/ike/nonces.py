"""Nonces of both phases (RFC 2409 §5)."""

from mainmode.base.entropy import Entropy

OWN_LENGTH = 20
"""Octets of ours: what the device's message lengths show."""

_HONEST = range(8, 257)


def fresh_nonce(entropy: Entropy) -> bytes:
    """A nonce of ours."""
    return entropy.take(OWN_LENGTH)


def honest_length(nonce: bytes) -> bool:
    """Whether a peer's nonce has 8 to 256 octets."""
    return len(nonce) in _HONEST
