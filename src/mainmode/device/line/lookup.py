"""A command line of the exec mode looked up in a table of declared commands, and how it does not fit.

The cutting of keywords to a unique prefix (`sh cry isa sa`) is seen in public sessions.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Generic

from mainmode.base.dataclass import dataclass
from mainmode.device.config.model import Configuration
from mainmode.device.line import syntax
from mainmode.device.line.declaration import Asked, Command, Handler, Level, Surety
from mainmode.device.line.expectation import END, Expectation, Kind
from mainmode.device.line.glossary import word_help
from mainmode.device.line.places import label_of, place_of

PIPE = "|"
"""What stands between a command and the filter of its output."""


class Fault(Enum):
    """Why a line is no command."""

    INVALID = "invalid"
    INCOMPLETE = "incomplete"
    AMBIGUOUS = "ambiguous"


class LineError(Exception):
    """A line that is no command: its fault, the token where it is (from 0), and the words that were expected there."""

    def __init__(self, fault: Fault, at: int, expected: tuple[str, ...]) -> None:
        self.fault = fault
        self.at = at
        self.expected = expected
        super().__init__(f"{fault.value} at word {at}: expected {', '.join(expected)}")


@dataclass(frozen=True, slots=True)
class Found(Generic[Handler]):
    """The command that a line names, and what the line says of it; `line` has its keywords written out."""

    command: Command[Handler]
    asked: Asked
    line: str


class _Path(Generic[Handler]):
    """The commands that the words so far are a beginning of, each with what remains of it."""

    def __init__(self, table: Iterable[Command[Handler]]) -> None:
        self.left: list[tuple[Command[Handler], syntax.Sequence]] = [(one, one.sequence) for one in table]
        self.chosen: list[str] = []
        self.written: list[str] = []
        self.keywords: list[str] = []
        self.places: dict[str, str] = {}

    def follow(self, token: str, configuration: Configuration | None) -> None:
        """One word more. Raises LineError where no command has it."""
        onwards = list(self.onwards())
        words = {word: None for _, word, _ in onwards if word}
        devices = {word for one, word, _ in onwards if word and one.surety is not Surety.OURS}
        chosen = _choose(len(self.chosen), token, words, devices, configuration)
        self.left = [(one, rest) for one, word, rest in onwards if word == chosen]
        self.chosen.append(chosen)
        if place_of(chosen) is None:
            self.keywords.append(chosen)
            self.written.append(chosen)
        else:
            self.written.append(token)
            label = label_of(chosen)
            self.places[label] = f"{self.places[label]} {token}" if label in self.places else token

    def onwards(self) -> Iterator[tuple[Command[Handler], str | None, syntax.Sequence]]:
        """Each command with a word that may come next, None for its end, and what remains behind that."""
        for one, left in self.left:
            for word, rest in syntax.following(left):
                yield one, word, rest


def allowed(table: Iterable[Command[Handler]], level: Level) -> tuple[Command[Handler], ...]:
    """The commands of a table that a session of this level may use."""
    return tuple(one for one in table if level is Level.PRIVILEGED or one.level is Level.USER)


def look_up(
    table: Iterable[Command[Handler]], tokens: Sequence[str], configuration: Configuration | None
) -> Found[Handler]:
    """The one command of the table that the words name. Raises LineError.

    Names are those of the configuration; without one any name is taken where no keyword fits.
    """
    path = _Path(table)
    for token in tokens:
        path.follow(token, configuration)
    onwards = list(path.onwards())
    for one, word, _ in onwards:
        if word is None:
            return Found(one, Asked(tuple(path.keywords), path.places), " ".join(path.written))
    raise _error(Fault.INCOMPLETE, len(tokens), {word for _, word, _ in onwards if word})


def expected(
    table: Iterable[Command[Handler]], tokens: Sequence[str], configuration: Configuration
) -> tuple[Expectation, ...]:
    """What may follow these words: keywords, names and places sorted, then the end. Raises LineError."""
    path = _Path(table)
    for token in tokens:
        path.follow(token, configuration)
    found: dict[str, Expectation] = {}
    ends = False
    for one, word, _ in path.onwards():
        if word is None:
            ends = True
            if one.filters:
                found[PIPE] = Expectation(PIPE, "Only some lines of the output")
            continue
        place = place_of(word)
        if place is None:
            if word not in found or not found[word].help:
                found[word] = Expectation(word, word_help(one, (*path.chosen, word)))
            continue
        help_text = word_help(one, (*path.chosen, word)) or f"{place.help[:1].upper()}{place.help[1:]}"
        found.setdefault(place.shown, Expectation(place.shown, help_text, Kind.PLACE))
        for name in place.offered(configuration):
            found.setdefault(name, Expectation(name, help_text, Kind.NAME))
    rows = sorted(found.values(), key=lambda one: (one.kind is not Kind.PLACE, one.word))
    return (*rows, END) if ends else tuple(rows)


def _choose(
    place: int, token: str, expected: dict[str, None], devices: set[str], configuration: Configuration | None
) -> str:
    """The expected word that `token` means: a keyword, a name that exists, a keyword cut short, a new name.

    What is cut short is a word of the device, if it can be: our own do not make `ex` ambiguous.
    """
    lowered = token.lower()
    places = {word: kind for word in expected if (kind := place_of(word)) is not None}
    keywords = [word for word in expected if word not in places]
    if lowered in keywords:
        return lowered
    for word, kind in places.items():
        if configuration is not None and kind.knows(configuration, token):
            return word
    fitting = [word for word, kind in places.items() if kind.narrow and kind.takes(token)]
    if fitting:
        return fitting[0]
    cut = sorted(word for word in keywords if word.startswith(lowered))
    cut = [word for word in cut if word in devices] or cut
    if len(cut) > 1:
        raise _error(Fault.AMBIGUOUS, place, set(cut))
    if cut:
        return cut[0]
    for word, kind in places.items():
        if kind.takes(token):
            return word
    raise _error(Fault.INVALID, place, set(expected))


def _error(fault: Fault, at: int, expected: set[str]) -> LineError:
    return LineError(fault, at, tuple(sorted({word.rpartition("=")[2] for word in expected})))
