"""What a dialect says, declared: templates with typed parts, and the facts that they tell.

A template is plain text with parts in braces, `received packet from {peer} dport {there} sport {here}`. Runs of
blanks count as one, on both sides. An index on the first words of each template leaves a handful of patterns to try,
which are compiled when first needed. Every pattern is bounded and has no nested repetition over the same characters,
so the time is linear in the text.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, Generic, TypeVar

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.entry import Facts as Facts
from mainmode.catalogue.entry import Kind, teller
from mainmode.catalogue.facts import Fact
from mainmode.catalogue.origins import Origin

_BLANKS = re.compile(r"[ \t]+")
_PART = re.compile(r"\{(\w+)\}")

Owner = TypeVar("Owner")
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Saying:
    """One thing that a dialect says. `tells` makes the facts of the parts' values; a saying may tell nothing.

    `templates` are the ways in which it is written (releases differ).
    """

    name: str
    templates: tuple[str, ...]
    origin: Origin
    tells: Callable[[Values], Facts]
    kinds: Mapping[str, Kind] = field(default_factory=dict)


def says(
    name: str, /, *templates: str, origin: Origin, tells: Callable[[Values], Facts] | Fact | Facts = (), **kinds: Kind
) -> Saying:
    """Declare a saying. `tells` is one fact, several, or what makes them of the parts' values."""
    return Saying(name, templates, origin, teller(tells), kinds)


class Shape(Generic[Owner]):
    """One way in which something may look; `cut` where only the first line of a block is there."""

    __slots__ = ("_kinds", "_pattern", "cut", "owner", "template")

    def __init__(self, owner: Owner, template: str, kinds: Mapping[str, Kind], cut: bool = False) -> None:
        self.owner = owner
        self.template = folded(template)
        self.cut = cut
        self._kinds = kinds
        self._pattern: re.Pattern[str] | None = None

    def key(self) -> str:
        """The first two words if no part is in them, else the first, else nothing."""
        literal, part, _ = self.template.partition("{")
        words = literal.partition("\n")[0].split(" ")
        if part and "\n" not in literal:
            words.pop()
        return " ".join(words[:2])

    def read(self, text: str) -> Values | None:
        """The values of the parts, or None where the text does not fit."""
        if self._pattern is None:
            self._pattern = re.compile(self._expression())
        found = self._pattern.fullmatch(text)
        if found is None:
            return None
        try:
            return {part: self._kinds[part].read(value) for part, value in found.groupdict().items()}
        except ValueError:
            return None

    def _expression(self) -> str:
        pieces = []
        seen: set[str] = set()
        for number, piece in enumerate(_PART.split(self.template)):
            if number % 2 == 0:
                pieces.append(re.escape(piece))
            elif piece in seen:
                pieces.append(f"(?P={piece})")
            else:
                pieces.append(f"(?P<{piece}>{self._kinds[piece].pattern})")
                seen.add(piece)
        return "".join(pieces)


class Index(Generic[Owner]):
    """Shapes by their first words."""

    def __init__(self, shapes: Iterable[Shape[Owner]]) -> None:
        found: dict[str, list[Shape[Owner]]] = {}
        for shape in shapes:
            found.setdefault(shape.key(), []).append(shape)
        self._shapes = {key: tuple(several) for key, several in found.items()}

    def find(self, text: str) -> tuple[Shape[Owner], Values] | None:
        """The first shape that fits a folded text, and its values."""
        words = text.partition("\n")[0].split(" ", 2)
        for key in dict.fromkeys((" ".join(words[:2]), words[0], "")):
            for shape in self._shapes.get(key, ()):
                values = shape.read(text)
                if values is not None:
                    return shape, values
        return None


def phrasebook(sayings: Iterable[Saying]) -> Index[Saying]:
    """An index over all templates of the sayings."""
    return Index(Shape(one, template, one.kinds) for one in sayings for template in one.templates)


def folded(text: str) -> str:
    """Every line stripped, its runs of blanks made one blank; line ends made plain."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    text = text.strip("\n")
    if "  " in text or "\t" in text:
        text = _BLANKS.sub(" ", text)
    if "\n" not in text:
        return text.strip(" ")
    return "\n".join([line.strip(" ") for line in text.split("\n")])
