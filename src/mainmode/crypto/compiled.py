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


class Esp(Protocol):
    """ESP under the keys of one direction of a pair of SAs: one that seals, or one that opens.

    All raise ValueError for what does not fit, and RuntimeError where libcrypto refuses. `random` is a block of the
    cipher for each packet in CBC, and nothing without.
    """

    def seal(self, payload: bytes, next_header: int, sequence: int, random: bytes, /) -> bytes:
        """The ESP of a payload, SPI to ICV."""

    def seal_run(self, packets: list[bytes], sequence: int, random: bytes, /) -> list[bytes]:
        """The ESP of each of these whole packets, numbered from `sequence` on."""

    def seal_segments(self, packet: bytes, size: int, sequence: int, random: bytes, /) -> list[bytes]:
        """As `seal_run`, of the packets that `Native.cut` gives."""

    def decrypt(self, esp: bytes, /) -> bytes | None:
        """Payload and trailer of ESP in whole blocks; None where the ICV is wrong."""

    def open_run(self, datagrams: list[bytes], begin: int, sequence: int, first: bytes, largest: int, /) -> list[bytes]:
        """The packets in the ESP from `begin` on that go on with a run: numbers follow `sequence` without a gap, ICV
        and padding are right, and each is a packet that may take the lane of `first` (device/express.py), no larger
        than `largest`.
        """


class Native(Protocol):
    """What the helper offers. Long calls let other threads run."""

    def overwrite(self, secrets: tuple[bytes, ...], references: int, /) -> None:
        """Fills octets with zeros that so many references hold, the tuple's too, or fewer."""

    def prf(self, digest: str, key: Octets, /, *parts: Octets) -> bytes:
        """HMAC of the parts, one behind the other, with a hash by hashlib's name. Raises ValueError for another."""

    def cbc(self, cipher: str, key: Octets, iv: bytes, data: bytes, seals: bool, /) -> bytes:
        """A message through DES, 3DES or AES, unpadded. Raises ValueError for a wrong length of any of them."""

    def esp(
        self,
        spi: int,
        seals: bool,
        cipher: str,
        key: Octets,
        salt: bytes,
        digest: str,
        integrity_key: Octets,
        icv: int,
        /,
    ) -> Esp:
        """`cipher` is NULL, DES, 3DES, AES (all but NULL in CBC) or AES-GCM, which has a salt; `digest` is a name of
        hashlib's, or nothing. Raises ValueError for others and for keys of a wrong length, RuntimeError as `Esp` does.
        """

    def cut(self, packet: bytes, size: int, /) -> list[bytes]:
        """The segments of an IPv4 packet of TCP with `size` octets of data each, as the kernel cuts them.

        Raises ValueError for a packet that cannot be cut.
        """

    def with_checksum(self, packet: bytes, start: int, offset: int, /) -> bytes:
        """The packet with its checksum over all from `start` on made, at `offset` behind that. Raises ValueError."""

    def joined(self, packets: list[bytes], /) -> list[tuple[int, bytes]]:
        """What to write to a TUN device, virtio header and all, so that it takes these packets, and of how many."""

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
