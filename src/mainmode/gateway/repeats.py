"""What is said again and again is said once in a while: a stranger cannot fill a disk with our lines."""

from mainmode.base.instant import Instant, Span, later, seconds

QUIET: Span = seconds(60)
_MOST_REMEMBERED = 1000
_MOST_IN_A_ROW = 50


class Repeats:
    """Says which lines are to be told: each once in `QUIET`, and at most 50 different ones in that time."""

    def __init__(self) -> None:
        self._told: dict[str, Instant] = {}
        self._since: Instant | None = None
        self._count = 0
        self._unsaid = 0

    def lines(self, text: str, now: Instant, key: str = "") -> list[str]:
        """The lines to print: this one or none, and before it how many others were not.

        Lines with the same `key` are the same, whatever else they say; without one the text is the key.
        """
        key = key or text
        told = self._told.get(key)
        if told is not None and now < later(told, QUIET):
            self._unsaid += 1
            return []
        if self._since is None or now >= later(self._since, QUIET):
            self._since, self._count = now, 0
        if self._count >= _MOST_IN_A_ROW:
            self._unsaid += 1
            return []
        self._count += 1
        if len(self._told) >= _MOST_REMEMBERED:
            self._told.clear()
        self._told[key] = now
        unsaid, self._unsaid = self._unsaid, 0
        return [*([f"({unsaid} more lines of this kind were left out)"] if unsaid else []), text]
