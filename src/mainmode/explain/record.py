"""A record: the lines of a log that say one thing, where they stand, and what they tell."""

from typing import NamedTuple

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.facts import Fact, Tag
from mainmode.explain.dialect import NO_CLOCK, Clock, Reading
from mainmode.explain.sense import Sense, sense_of


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a log. `log` counts the logs from 0, lines count from 1; `text` may hold line ends.

    `dialect` is the dialect's name. `text` is empty where it was let go to bound the memory.
    """

    log: int
    first: int
    last: int
    text: str
    dialect: str
    reading: Reading


class Piece(NamedTuple):
    """A record on its way to the negotiations. All but place and text are shared by the records that say the same.

    `clock` and `tag` count, not those of `said`; `sense` is what `said` means for the sorting.
    """

    first: int
    last: int
    text: str
    dialect: str
    said: Reading
    tag: Tag
    clock: Clock
    sense: Sense

    def record(self, log: int, with_text: bool = True) -> Record:
        """The record of log number `log`."""
        said, clock = self.said, self.clock
        said = Reading(said.entry, said.facts, self.tag, clock.stamp, clock.at, clock.host, False, said.open, said.step)
        return Record(log, self.first, self.last, self.text if with_text else "", self.dialect, said)


def piece_of(first: int, last: int, text: str, dialect: str, said: Reading) -> Piece:
    """The piece of a record that was read whole."""
    clock = Clock(said.stamp, said.at, said.host) if said.stamp or said.host or said.at is not None else NO_CLOCK
    return Piece(first, last, text, dialect, said, said.tag, clock, sense_of(said))


@dataclass(frozen=True, slots=True)
class Noted:
    """A fact and the record that told it."""

    fact: Fact
    record: Record


@dataclass(frozen=True, slots=True)
class Sample:
    """Lines that were not recognised: one of them, and how many are like it."""

    line: int
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Log:
    """What was read of one log.

    `lines` counts lines that are not blank; each is recognised, or of another subject (`other`), or what a terminal
    adds (`console`: prompts, pings, commands), or unknown. `name` is the file as the user named it. `dialects` are
    names with the number of their lines, the most frequent first.
    """

    number: int
    name: str
    lines: int = 0
    recognised: int = 0
    other: int = 0
    console: int = 0
    unknown: int = 0
    dialects: tuple[tuple[str, int], ...] = ()
    samples: tuple[Sample, ...] = ()
    truncated: bool = False

    @property
    def share(self) -> float:
        """The share of lines that are accounted for, 0 to 1; 1 for an empty log."""
        return 1.0 if not self.lines else 1 - self.unknown / self.lines
