"""Randomness as an argument: the engine draws from what its shell hands it."""

from typing import Protocol


class Entropy(Protocol):
    """A source of octets. A lab hands in a seeded one, a gateway the system's."""

    def take(self, count: int) -> bytes:
        """`count` fresh octets."""
        ...
