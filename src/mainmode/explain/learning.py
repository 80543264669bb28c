"""One text read for all that differ in words that come only once, such as SPIs: what they tell is filled in.

What was read is tried before it is believed: with other words in their place the text is read anew, and what would be
filled in must be the same. Where it is not, every such text is read for itself.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from mainmode.catalogue.facts import NO_TAG, Tag
from mainmode.explain.dialect import Reading
from mainmode.explain.sense import Sense, sense_of

Known = tuple[Reading, Tag, Sense]
"""What is known about a text: its reading with its tag and sense."""
_Maker = Callable[[list[str]], Any]
_TRIALS = (("d5a1", "0b3f"), ("7c04", "e9a6"))
"""First halves of the words that texts are tried with, those with letters; the second halves count."""
LETTERS, _CAPITALS, _DECIMAL, MIXED = "xXdm"
"""Kinds of words: whoever reads decimal numbers may take one for them, and names keep their capitals."""
_made = tuple.__new__


def kind_of(word: str) -> str:
    """Of small letters, capitals, digits alone, or of both letters."""
    digits = word[-8:]
    if digits.islower():
        return LETTERS
    return _CAPITALS if digits.isupper() else _DECIMAL if digits.isdigit() else MIXED


class Learnt:
    """How the reading of a text is made of its words; `anew` where it has to be read each time."""

    __slots__ = ("_facts", "_said", "_same", "_sense", "_tag")

    def __init__(self, words: list[str], read: Known) -> None:
        self._said = read[0]
        self._same = [words.index(word) for word in words]
        self._facts = _maker(read[0].facts, _digits(words))
        self._tag = _maker(read[1], _digits(words))
        if self._tag is None and read[1].role is not None:
            whom = read[1]
            self._tag = lambda _: replace(whom)  # a tag that tells a role is told anew by each text
        self._sense: Sense | None = read[2]

    def of(self, words: list[str]) -> Known | None:
        """The reading of a text with these words; None where they stand to each other as the first text's did not."""
        same = self._same
        if len(words) > 1 and [words.index(word) for word in words] != same:
            return None
        digits = [word[-8:].lower() for word in words]
        said, facts, tag = self._said, self._facts, self._tag
        told = said[1] if facts is None else facts(digits)
        whom = said[2] if tag is None else tag(digits)
        said = _made(Reading, (said[0], told, whom, "", None, "", False, said[7], said[8]))
        return said, whom, self._sense or sense_of(said)

    def varies(self) -> bool:
        """Whether what is told depends on the words at all."""
        return self._facts is not None or self._tag is not None

    def senses_anew(self) -> None:
        """What a reading means depends on its words."""
        self._sense = None


def tells_nothing(read: Known) -> bool:
    """Whether a reading has neither facts nor a tag: of such texts one is read for all that differ in words only."""
    return not read[0].facts and read[1] is NO_TAG


def learnt(text: str, words: list[str], read: Known, reader: Callable[[str], object]) -> Known | Learnt | None:
    """What one text teaches about all that differ in its words: its own reading where that holds for all of them.

    None where each must be read for itself.
    """
    found = Learnt(words, read)
    for trial in range(len(_TRIALS)):
        others = [_other(words.index(word), word, trial) for word in words]
        anew = reader(_replaced(text, words, others))
        if not isinstance(anew, tuple):
            return None
        if found.of(others) != anew:
            found.senses_anew()
            if found.of(others) != anew:
                return None
    return found if found.varies() else read


def _digits(words: list[str]) -> list[str]:
    return [word[-8:].lower() for word in words]


def _other(place: int, word: str, trial: int) -> str:
    """Another word in the place of one: with letters or without as that is, and with 0x or without."""
    digits = f"{10_000_000 * (trial + 3) + 1_234_567 * (place + 1) % 9_999_999}"
    kind = kind_of(word)
    if kind != _DECIMAL:
        digits = f"{_TRIALS[trial][place % 2]}{(0xA31F + 0x1357 * place) % 0x10000:04x}"
    return word[:-8] + (digits.upper() if kind == _CAPITALS else digits)


def _replaced(text: str, words: list[str], others: list[str]) -> str:
    pieces, last = [], 0
    for word, other in zip(words, others, strict=True):
        at = text.index(word, last)
        pieces += [text[last:at], other]
        last = at + len(word)
    return "".join([*pieces, text[last:]])


def _maker(value: Any, digits: list[str]) -> _Maker | None:
    """What makes a value like this one of other digits; None where none of the digits are in it."""
    if isinstance(value, str):
        return _of_text(value, digits)
    if isinstance(value, int) and not isinstance(value, bool):
        place = next((place for place, one in enumerate(digits) if int(one, 16) == value), None)
        return None if place is None else lambda words: int(words[place], 16)
    if isinstance(value, tuple):
        return _of_parts(tuple, value, digits)
    if is_dataclass(value) and not isinstance(value, type):
        made = _of_parts(tuple, tuple(getattr(value, field.name) for field in fields(value)), digits)
        kind = type(value)
        return None if made is None else lambda words: kind(*made(words))
    return None


def _of_text(value: str, digits: list[str]) -> _Maker | None:
    for place, one in enumerate(digits):
        if one == value:
            return lambda words, place=place: words[place]  # type: ignore[misc]
        before, found, after = value.partition(one)
        if found:
            return lambda words, place=place, before=before, after=after: f"{before}{words[place]}{after}"  # type: ignore[misc]
    return None


def _of_parts(kind: type, value: tuple[Any, ...], digits: list[str]) -> _Maker | None:
    makers = [(place, maker) for place, one in enumerate(value) if (maker := _maker(one, digits)) is not None]
    if not makers:
        return None
    start = list(value)

    def made(words: list[str]) -> tuple[Any, ...]:
        parts = start.copy()
        for place, maker in makers:
            parts[place] = maker(words)
        return tuple(parts)

    return made
