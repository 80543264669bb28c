"""Octets that must not be printed."""

import hmac


class Secret:
    """Key material. Its repr and str are five stars, as the device shows a key; `reveal()` is the one way out."""

    __slots__ = ("_octets",)

    def __init__(self, octets: bytes) -> None:
        self._octets = bytes(octets)

    def reveal(self) -> bytes:
        """The octets themselves, for a cipher or for a key file that the user asked for."""
        return self._octets

    def __len__(self) -> int:
        return len(self._octets)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._octets, other._octets)

    def __hash__(self) -> int:
        return hash((Secret, len(self._octets)))

    def __repr__(self) -> str:
        return "*****"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")
