"""Seeded randomness: one seed, and every device and link of a run has its own stream of octets from it."""

from hashlib import shake_256


class SeededEntropy:
    """A stream of octets that a seed and a name determine: SHAKE-256 over both and a counter.

    Streams of different names are independent, so one device drawing more does not change what another one gets.
    """

    __slots__ = ("_counter", "_key")

    def __init__(self, seed: int, name: str) -> None:
        self._key = shake_256(f"mainmode lab {seed} {name}".encode()).digest(32)
        self._counter = 0

    def take(self, count: int) -> bytes:
        """The next `count` octets."""
        self._counter += 1
        return shake_256(self._key + self._counter.to_bytes(8)).digest(count)

    def share(self) -> float:
        """The next number from 0 up to, but without, 1."""
        return int.from_bytes(self.take(6)) / (1 << 48)
