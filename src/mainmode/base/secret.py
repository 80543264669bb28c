"""Octets that must not be printed, and are overwritten when nobody needs them any more."""

import hmac

from mainmode.base.errors import MainmodeError

Octets = bytes | bytearray | memoryview
"""What ciphers and MACs take keys as."""


class SecretForgotten(MainmodeError):  # noqa: N818 (it names what happened)
    """A secret was asked for after it was forgotten."""

    def __init__(self) -> None:
        super().__init__("a secret that was forgotten")


class Secret:
    """Key material. Its repr and str are five stars, as the device shows a key.

    Its octets are overwritten with zeros by `forget`, and when the last reference to it is gone. `octets` shows them
    without a copy; `reveal()` copies them, and what becomes of the copy is Python's affair.
    """

    __slots__ = ("_forgotten", "_octets")

    def __init__(self, octets: Octets) -> None:
        self._forgotten = False
        self._octets = bytearray()
        self._octets = bytearray(octets)

    @property
    def octets(self) -> memoryview:
        """The octets themselves, for a cipher or a MAC, which must not keep the view. Raises SecretForgotten."""
        if self._forgotten:
            raise SecretForgotten
        return memoryview(self._octets).toreadonly()

    def reveal(self) -> bytes:
        """A copy of the octets, for a key file that the user asked for, or a library. Raises SecretForgotten."""
        return bytes(self.octets)

    def forget(self) -> None:
        """Overwrite the octets; again and again is harmless."""
        self._octets[:] = bytes(len(self._octets))
        self._forgotten = True

    @property
    def forgotten(self) -> bool:
        """Whether the octets are gone."""
        return self._forgotten

    def __del__(self) -> None:
        self._octets[:] = bytes(len(self._octets))

    def __len__(self) -> int:
        return len(self._octets)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret) or self._forgotten or other._forgotten:
            return self is other
        return hmac.compare_digest(self._octets, other._octets)

    def __hash__(self) -> int:
        return hash((Secret, len(self._octets)))

    def __repr__(self) -> str:
        return "*****"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")
