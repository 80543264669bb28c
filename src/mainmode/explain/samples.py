"""Counts of a log's lines by what they are, and samples of those that nobody can read."""

import re

from mainmode.explain.record import Log, Sample

_MASKED = re.compile(r"0x[0-9A-Fa-f]{1,64}|[0-9A-Fa-f]{2,64}(?=[0-9A-Fa-f]*[^\w])|[0-9]{1,64}")
SHAPE_REACH = 240
MAX_SHAPES = 512
"""Kinds of unknown lines that are told apart; those beyond are counted only."""
MAX_SAMPLES = 20
MAX_SAMPLE = 400
"""Characters of a sample."""


def shape(line: str) -> str:
    """What lines that differ in numbers and addresses only have in common."""
    return _MASKED.sub("#", line[:SHAPE_REACH])


class Tally:
    """Counts lines that are not blank; see `Log`."""

    def __init__(self) -> None:
        self.recognised = 0
        self.other = 0
        self.console = 0
        self.unknown = 0
        self.truncated = False
        self.dialects: dict[str, int] = {}
        self._shapes: dict[str, list[int]] = {}
        self._texts: dict[str, str] = {}

    def read(self, dialect: str, lines: int, other: bool = False) -> None:
        """Count lines that a dialect read."""
        if other:
            self.other += lines
        else:
            self.recognised += lines
        self.dialects[dialect] = self.dialects.get(dialect, 0) + lines

    def strange(self, number: int, line: str) -> None:
        """Count a line that nobody can read."""
        self.unknown += 1
        kind = shape(line)
        seen = self._shapes.get(kind)
        if seen is not None:
            seen[1] += 1
        elif len(self._shapes) < MAX_SHAPES:
            self._shapes[kind] = [number, 1]
            self._texts[kind] = line[:MAX_SAMPLE]

    def log(self, number: int, name: str) -> Log:
        """The counts as a value, the commonest samples first."""
        common = sorted(self._shapes.items(), key=lambda one: (-one[1][1], one[1][0]))[:MAX_SAMPLES]
        return Log(
            number,
            name,
            self.recognised + self.other + self.console + self.unknown,
            self.recognised,
            self.other,
            self.console,
            self.unknown,
            tuple(sorted(self.dialects.items(), key=lambda one: -one[1])),
            tuple(Sample(line, self._texts[kind], count) for kind, (line, count) in common),
            self.truncated,
        )
