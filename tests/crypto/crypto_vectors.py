"""The published vectors of crypto_vectors.json; each set there names its origin."""

import json
from pathlib import Path

_SETS = json.loads((Path(__file__).parent / "crypto_vectors.json").read_text())


def cases(name: str) -> list[dict[str, str]]:
    """The cases of one set."""
    return _SETS[name]["cases"]


class Tape:
    """An Entropy that hands out prepared octets, and zeros for ever after."""

    def __init__(self, octets: bytes = b"") -> None:
        self.octets = octets

    def take(self, count: int) -> bytes:
        taken, self.octets = self.octets[:count], self.octets[count:]
        return taken.ljust(count, b"\0")
