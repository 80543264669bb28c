"""The compiled helper `_native` (C, in `native/`), where it was built: the same octets as Python, in less time.

It is built when mainmode is installed where there is a C compiler, and the product works fully without it. The
environment's MAINMODE_PURE=1 leaves it out. Every use of it stands beside the Python that does the same.
"""

import os
from functools import cache
from typing import Protocol

from mainmode.base.secret import Octets


class Comb(Protocol):
    """The powers of one base modulo one number, by a table made once."""

    def power(self, exponent: Octets, /) -> bytes:
        """As `Modulus.power`. Raises ValueError for more octets than the comb was made for."""


class Modulus(Protocol):
    """An odd modulus, prepared to take powers by."""

    def power(self, base: Octets, exponent: Octets, /) -> bytes:
        """base ** exponent, as octets of the modulus's length, in a time that tells nothing of the exponent.

        Raises ValueError for more than 2048 octets.
        """

    def comb(self, base: int, octets: int, /) -> Comb:
        """The powers of a base below 256 by exponents of at most so many octets, each in the same time.

        The table has 1024 octets for each limb of 64 bits, or of 52 in whole vectors of eight. Raises ValueError for a
        modulus of more than 512 octets, or more than 2048 octets of exponents.
        """


class Native(Protocol):
    """What the helper offers. Long calls let other threads run."""

    def overwrite(self, secrets: tuple[bytes, ...], references: int, /) -> None:
        """Fills octets with zeros that so many references hold, the tuple's too, or fewer."""

    def wide(self) -> bool:
        """Whether the processor multiplies vectors of 52 bits (AVX-512 IFMA)."""

    def modulus(self, octets: Octets, wide: bool = True, /) -> Modulus:
        """`wide`: such vectors may be used. Raises ValueError for an even number, 1, and more than 2048 octets."""


@cache
def native() -> Native | None:
    """The helper, or None where it was not built, finds no libcrypto, or is not wanted."""
    if os.environ.get("MAINMODE_PURE") == "1":
        return None
    try:
        from mainmode.crypto import _native  # type: ignore[attr-defined] # there only where it was built
    except ImportError:
        return None
    helper: Native = _native
    return helper
