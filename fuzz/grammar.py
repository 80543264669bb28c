"""Choices out of octets: how an input picks lines from what the project declares, and fills them with its own words.

Octets that are text seldom become a command, and octets that are a command seldom become another one. So a target takes
both: octets as they are, and, behind `CHOSEN`, octets that choose. Whatever is left out is zero, so every input means
something, and a change of one octet is a change of one choice.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from mainmode.device.config.forms import VariantsKind
from mainmode.device.config.parts import AnyOrder, Optional, Part, Slot, Word

One = TypeVar("One")

CHOSEN = b"\x01"
"""What stands in front of octets that choose; no text begins so."""
MARK = "Zq9"
"""What keys have in them that must not be shown: nothing of the project's own has it."""
KEY = f"{MARK}Key-of-tests"
_NUMBERS = ("0", "1", "2", "5", "255", "256", "65535", "65536", "4294967295", "4294967296", "-1", "1e9", "9" * 40)
_ADDRESSES = ("10.0.0.1", "10.0.0.2", "192.168.1.0", "192.168.2.0", "0.0.0.0", "255.255.255.255", "224.0.0.1", "::1")
_MASKS = ("255.255.255.0", "255.255.255.252", "255.255.255.255", "0.0.0.0", "0.0.0.255", "255.0.255.0")
_NAMES = ("inside", "outside", "VPN", "MAP", "GP", "10.0.0.2", "any", "DfltGrpPolicy", "O1", "G1", "G2")
_WORDS = (*_NUMBERS, *_ADDRESSES, *_MASKS, *_NAMES, KEY, "*****", "none", "no", "all")
_DEEPEST = 6


class Chooser:
    """Takes choices from octets, one after the other."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._place = 0

    def __bool__(self) -> bool:
        """Whether octets are left."""
        return self._place < len(self._octets)

    def octet(self) -> int:
        """The next octet."""
        found = self._octets[self._place] if self else 0
        self._place += 1
        return found

    def take(self, count: int) -> bytes:
        """So many octets, fewer at the end."""
        found = self._octets[self._place : self._place + count]
        self._place += count
        return found

    def number(self, below: int) -> int:
        """A number of two octets, taken below a bound."""
        return (self.octet() << 8 | self.octet()) % max(1, below)

    def of(self, several: Sequence[One]) -> One:
        """One of several."""
        return several[self.number(len(several)) if len(several) > 256 else self.octet() % len(several)]

    def often(self, share: int = 200) -> bool:
        """Yes for so many of 256 octets."""
        return self.octet() < share

    def text(self) -> str:
        """A few octets as they are, each a letter."""
        return self.take(self.octet() % 24).decode("latin-1")

    def word(self) -> str:
        """Something where a part of a line stands."""
        return self.of(_WORDS) if self.often() else self.text()


def line_of(parts: Sequence[Part], chooser: Chooser, depth: int = 0) -> Iterator[str]:
    """Words that fit these parts of a declared command, or nearly."""
    for part in parts:
        if isinstance(part, Word):
            yield chooser.of([word for word in (part.new, part.old) if word] or [""])
        elif isinstance(part, Slot):
            for _ in range(1 + (chooser.octet() % part.most if part.most > 1 else 0)):
                yield from _value(part, chooser, depth)
        elif isinstance(part, Optional):
            if chooser.often(128):
                yield from line_of(part.parts, chooser, depth)
        elif isinstance(part, AnyOrder):
            yield from line_of(part.parts, chooser, depth)
        elif not chooser.often(250):
            return


def _value(slot: Slot, chooser: Chooser, depth: int) -> Iterator[str]:
    kind = slot.kind
    if kind.secret:
        yield KEY if chooser.often() else chooser.word()
    elif isinstance(kind, VariantsKind) and depth < _DEEPEST and chooser.often(240):
        yield from line_of(chooser.of(kind.syntaxes).parts, chooser, depth + 1)
    elif kind.words and chooser.often():
        yield chooser.of(kind.words)
    elif "mask" in kind.label.lower() and chooser.often():
        yield chooser.of(_MASKS)
    elif "A.B.C.D" in kind.label and chooser.often():
        yield chooser.of(_ADDRESSES)
    elif "-" in kind.label and kind.label[:1].isdigit() and chooser.often():
        yield chooser.of((*kind.label.split("-"), *_NUMBERS))
    elif chooser.often():
        yield chooser.of(_NAMES)
    else:
        yield chooser.word()


def chosen(octets: bytes, line: Callable[[Chooser], str], most: int = 400) -> str:
    """Lines that octets choose, at most so many. The choices of one end at a line end, so that it can change alone."""
    return "".join(f"{line(Chooser(piece))}\n" for piece in octets.split(b"\n", most)[:most])
