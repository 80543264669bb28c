"""The compiled helper `_native` (C, in `native/`), where it was built: the same octets as Python, in less time.

It is built when mainmode is installed where there is a C compiler, and the product works fully without it. The
environment's MAINMODE_PURE=1 leaves it out. Every use of it stands beside the Python that does the same.
"""

import os
from functools import cache
from typing import Protocol

from mainmode.base.secret import Octets


class Modulus(Protocol):
    """An odd modulus, prepared to take powers by."""

    def power(self, base: Octets, exponent: Octets, /) -> bytes:
        """base ** exponent, as octets of the modulus's length, in a time that tells nothing of the exponent.

        Raises ValueError for more than 2048 octets.
        """


class Native(Protocol):
    """What the helper offers. Long calls let other threads run."""

    def modulus(self, octets: Octets, /) -> Modulus:
        """Raises ValueError for an even number, for 1, and for more than 2048 octets."""


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
