"""How often the lines of access lists matched, for `show access-list`."""

from collections.abc import Iterable

from mainmode.base.instant import Instant
from mainmode.base.provenance import Source, Statement
from mainmode.device.config.model import AddressRange


class HitCounts:
    """Hits by line: those of the whole line, and of each of its elements once objects are expanded.

    A line is known by its words, not by its number: it keeps its count when lines before it come or go.
    """

    __slots__ = ("_elements", "_last", "_lines")

    def __init__(self) -> None:
        self._last: dict[str, Instant] = {}
        self._lines: dict[str, int] = {}
        self._elements: dict[tuple[str, int, int, int, int, int], int] = {}

    def hit(self, line: Source, source: AddressRange, destination: AddressRange, service: int, now: Instant) -> None:
        """A flow matched: the line, and in it these ranges and the service with this number, from 0."""
        words = _words(line)
        self._last[words] = now
        self._lines[words] = self._lines.get(words, 0) + 1
        element = _element(words, source, destination, service)
        self._elements[element] = self._elements.get(element, 0) + 1

    def of(self, line: Source) -> int:
        """How many flows matched the line."""
        return self._lines.get(_words(line), 0)

    def last(self, line: Source) -> Instant | None:
        """When a flow matched the line last; None where none did."""
        return self._last.get(_words(line))

    def of_element(self, line: Source, source: AddressRange, destination: AddressRange, service: int = 0) -> int:
        """How many flows matched one element of the line, `service` being the number of its protocol and ports."""
        return self._elements.get(_element(_words(line), source, destination, service), 0)

    def keep(self, lines: Iterable[Source]) -> None:
        """Forget the counts of all lines but these."""
        kept = {_words(line) for line in lines}
        self._lines = {words: count for words, count in self._lines.items() if words in kept}
        self._last = {words: at for words, at in self._last.items() if words in kept}
        self._elements = {element: count for element, count in self._elements.items() if element[0] in kept}

    def forget(self, lines: Iterable[Source]) -> None:
        """Forget the counts of these lines."""
        gone = {_words(line) for line in lines}
        self._lines = {words: count for words, count in self._lines.items() if words not in gone}
        self._elements = {element: count for element, count in self._elements.items() if element[0] not in gone}

    @classmethod
    def joined(cls, counts: Iterable["HitCounts"]) -> "HitCounts":
        """Those of several processes of one device, added."""
        whole = cls()
        for one in counts:
            for words, count in one._lines.items():
                whole._lines[words] = whole._lines.get(words, 0) + count
            for element, count in one._elements.items():
                whole._elements[element] = whole._elements.get(element, 0) + count
            for words, at in one._last.items():
                whole._last[words] = max(at, whole._last.get(words, at))
        return whole

    def clear(self) -> None:
        """Back to nothing."""
        self._lines.clear()
        self._last.clear()
        self._elements.clear()


def _words(line: Source) -> str:
    return line.text.strip() if isinstance(line, Statement) else line.command


def _element(
    words: str, source: AddressRange, destination: AddressRange, service: int
) -> tuple[str, int, int, int, int, int]:
    ends = int(source.first), int(source.last), int(destination.first), int(destination.last)
    return (words, *ends, service)
