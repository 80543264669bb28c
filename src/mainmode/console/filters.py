"""`show … | include REGEX`: a command line with a filter behind it, and what the filter leaves of the output."""

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Generic

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.console.patterns import Pattern, PatternError
from mainmode.device.config.model import Configuration
from mainmode.device.line.declaration import Command, Handler
from mainmode.device.line.expectation import Expectation, Kind, Offer
from mainmode.device.line.lookup import PIPE, Fault, Found, LineError, look_up

_TOKEN = re.compile(r"\S+")
_SLICE = 4096
"""Characters that are searched before others may go on."""

FILTERS = (
    ("begin", "From the first line on that matches"),
    ("exclude", "Lines that do not match"),
    ("grep", "Lines that match; with -v those that do not"),
    ("include", "Lines that match"),
)
"""The filters with their helps."""
_KINDS = tuple(kind for kind, _ in FILTERS)
_EXPRESSION = Expectation("WORD", "A regular expression: the rest of the line, blanks and all", Kind.PLACE)
_NOT = "-v"


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: `begin`, `exclude` or `include`, and the expression that it looks for."""

    kind: str
    pattern: Pattern

    async def left_of(self, text: str) -> str:
        """The lines that are left. Long texts are searched in slices."""
        kept: list[str] = []
        begun, searched = False, 0
        for line in text.splitlines(keepends=True):
            searched += len(line)
            if searched > _SLICE:
                searched = 0
                await asyncio.sleep(0)
            found = begun or self.pattern.found_in(line.rstrip("\r\n"))
            begun = found and self.kind == "begin"
            if found is not (self.kind == "exclude"):
                kept.append(line)
        return "".join(kept)


@dataclass(frozen=True, slots=True)
class Request(Generic[Handler]):
    """A line that was understood."""

    found: Found[Handler]
    filter: Filter | None


def understood(table: Iterable[Command[Handler]], line: str, configuration: Configuration) -> Request[Handler]:
    """The command that a line names, and its filter. Raises LineError, and InputError for a wrong expression."""
    tokens = list(_TOKEN.finditer(line))
    words = [token[0] for token in tokens]
    pipe = _pipe(words)
    if pipe is None:
        return Request(look_up(table, words, configuration), None)
    found = look_up(table, words[:pipe], configuration)
    if not found.command.filters:
        return Request(look_up(table, words, configuration), None)
    return Request(found, _filter(line, tokens, pipe))


def filter_offer(words: Sequence[str], understands: Callable[[Sequence[str]], Command[Handler]]) -> Offer | None:
    """What may follow whole words with a `|` among them; None: there is none. Raises LineError."""
    pipe = _pipe(words)
    if pipe is None:
        return None
    if not understands(words[:pipe]).filters:
        raise LineError(Fault.INVALID, pipe, ())
    behind = list(words[pipe + 1 :])
    if words[pipe] != PIPE:
        behind.insert(0, words[pipe][1:])
    if not behind:
        return Offer("exec", tuple(Expectation(word, text) for word, text in FILTERS))
    kind = _kind(behind[0], pipe + 1)
    if kind == "grep" and len(behind) == 1:
        return Offer("exec", (Expectation(_NOT, "Lines that do not match"), _EXPRESSION))
    return Offer("exec", (_EXPRESSION,))


def _pipe(words: Sequence[str]) -> int | None:
    """Where the filter begins: the first word that begins with the bar, and is not the first one of all."""
    return next((place for place, word in enumerate(words) if place and word.startswith(PIPE)), None)


def _filter(line: str, tokens: Sequence[re.Match[str]], pipe: int) -> Filter:
    """The filter that begins at token `pipe`, whose bar may stand apart or not."""
    place = pipe + (tokens[pipe][0] == PIPE)
    if place >= len(tokens):
        raise LineError(Fault.INCOMPLETE, place, _KINDS)
    kind = _kind(tokens[place][0].removeprefix(PIPE), place)
    place += 1
    if kind == "grep":
        negated = place < len(tokens) and tokens[place][0] == _NOT
        kind, place = "exclude" if negated else "include", place + negated
    if place >= len(tokens):
        raise LineError(Fault.INCOMPLETE, place, (_EXPRESSION.word,))
    text = line[tokens[place].start() :].rstrip("\r\n")
    try:
        return Filter(kind, Pattern(text))
    except PatternError as error:
        raise InputError(f"ERROR: % Invalid regular expression: {error}") from None


def _kind(word: str, place: int) -> str:
    fitting = tuple(kind for kind in _KINDS if kind.startswith(word.lower()))
    if not word or not fitting:
        raise LineError(Fault.INVALID, place, _KINDS)
    return fitting[0]
