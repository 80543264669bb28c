"""What can go wrong in this room."""

from mainmode.base.errors import MainmodeError


class CryptoError(MainmodeError):
    """A value that the arithmetic refuses: a public value out of range, a key of the wrong size."""


class UnsupportedAlgorithm(CryptoError):  # noqa: N818 (what it says is its name)
    """An algorithm number, or a key length for it, that this device does not have."""
