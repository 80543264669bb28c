"""What may follow in a line of the configuration, from the declared commands: help, and words that are cut short.

All declarations of a mode are walked at once, token by token. A keyword may be cut to what no other keyword begins with
at that place; names and values stay as they are typed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import field
from functools import cache

from mainmode.base.dataclass import dataclass
from mainmode.device.config.commands import COMMANDS
from mainmode.device.config.declaration import Command
from mainmode.device.config.draft import Mode
from mainmode.device.config.glossary import help_for_part, help_for_word
from mainmode.device.config.model import Configuration, Release
from mainmode.device.config.names import existing
from mainmode.device.config.parts import Tokens
from mainmode.device.config.ways import Keyword, Node, Value, chain
from mainmode.device.line.expectation import END, Expectation, Kind
from mainmode.device.line.lookup import Fault, LineError

_At = tuple[Node, Command]
"""A place, and the command whose text it is in."""


@dataclass(slots=True)
class _Next:
    """What leads on from several places at once: keywords by their lower case, and values."""

    keywords: dict[str, list[tuple[Keyword, Command]]] = field(default_factory=dict)
    values: list[tuple[Value, Command]] = field(default_factory=list)
    ends: list[Command] = field(default_factory=list)

    @property
    def words(self) -> tuple[str, ...]:
        """All that may stand there, for an error."""
        labels = dict.fromkeys(value.label for value, _ in self.values)
        return (*sorted(self.keywords), *labels, *(("<cr>",) if self.ends else ()))


def written_out(mode: Mode, tokens: Tokens) -> str:
    """The line with its keywords written out. Raises LineError where it is no line of the mode."""
    words, after = _walk(mode, tokens)
    if not after.ends:
        raise LineError(Fault.INCOMPLETE, len(words), after.words)
    indent = len(tokens.line) - len(tokens.line.lstrip(" "))
    return " " * indent + _spaced(tokens, words)


def section_words(tokens: Tokens) -> tuple[str, ...]:
    """The first words of global lines, their keywords written out. Raises LineError for one that may be several."""
    for length in range(len(tokens.words), 0, -1):
        try:
            words, _ = _walk(Mode.GLOBAL, Tokens.of(" ".join(tokens.words[:length]), tokens.names))
        except LineError as error:
            if error.fault is Fault.AMBIGUOUS:
                raise
            continue
        return (*words, *tokens.words[length:])
    return tokens.words


def expected(mode: Mode, tokens: Tokens, configuration: Configuration) -> tuple[Expectation, ...]:
    """What may follow behind whole words, in the order of a help list. Raises LineError where nothing does."""
    negated = _negated(tokens)
    words, after = _walk(mode, tokens)
    before = words[-1] if words else ""
    found = [
        Expectation(word, help_for_word(word, before, ways)) for word, ways in _offered(after, configuration.release)
    ]
    if not words:
        found.append(Expectation("no", help_for_word("no", "", [])))
    for value, command in _labels(after):
        expects = value.kind.expected if value.kind is not None else ""
        text = help_for_part(value.name, expects)
        if value.label.lower() not in after.keywords:
            found.append(Expectation(value.label, text, Kind.PLACE))
        names = existing(configuration, command, value, before)
        found += [Expectation(name, what, Kind.NAME) for name, what in names.items()]
    found.sort(key=lambda one: (one.kind is not Kind.PLACE, one.word))
    return tuple(dict.fromkeys([*found, *([END] if after.ends and len(words) > negated else [])]))


def _offered(after: _Next, release: Release) -> Iterator[tuple[str, list[tuple[Keyword, Command]]]]:
    for ways in after.keywords.values():
        fitting = [(way, command) for way, command in ways if way.only in (None, release)]
        if fitting:
            yield fitting[0][0].word, fitting


def _labels(after: _Next) -> Iterator[tuple[Value, Command]]:
    """Every way to show a value, once."""
    seen: set[tuple[str, str]] = set()
    for value, command in after.values:
        if (value.label, value.name) not in seen:
            seen.add((value.label, value.name))
            yield value, command


# --- the walk --------------------------------------------------------------------------------------------------------


@cache
def _beginning(mode: Mode) -> tuple[_At, ...]:
    return tuple(
        (chain(syntax.parts), one) for one in COMMANDS if one.mode is mode for syntax in (one.syntax, *one.also)
    )


def _negated(tokens: Tokens) -> bool:
    return bool(tokens.lowered) and tokens.lowered[0] == "no"


def _walk(mode: Mode, tokens: Tokens) -> tuple[list[str], _Next]:
    """The words of the line written out, and what leads on behind them. Raises LineError."""
    negated = _negated(tokens)
    start = int(negated)
    after = _next(((node, one) for node, one in _beginning(mode) if negated or not one.only_negated), negated)
    words = list(tokens.words[:start])
    for at in range(start, len(tokens.words)):
        word, places = _choose(after, tokens, at)
        words.append(word)
        after = _next(places, negated)
    return words, after


def _next(places: Iterable[_At], negated: bool) -> _Next:
    found = _Next()
    for node, command in places:
        ways = node.ways
        for way in ways.keywords:
            found.keywords.setdefault(way.word.lower(), []).append((way, command))
        found.values += [(value, command) for value in ways.values]
        if ways.end or (negated and ways.no_end):
            found.ends.append(command)
    return found


def _choose(after: _Next, tokens: Tokens, at: int) -> tuple[str, list[_At]]:
    """What the token means, written out, and where it leads. Raises LineError."""
    token, lowered = tokens.words[at], tokens.lowered[at]
    values = [(value, command) for value, command in after.values if value.reads(tokens, at)]
    exact = after.keywords.get(lowered, [])
    cut = sorted(word for word in after.keywords if word.startswith(lowered)) if not exact else []
    if len(cut) == 1 and all(value.yields for value, _ in values):
        exact, values = after.keywords[cut[0]], []
        token = exact[0][0].word
    places = [(way.after, command) for way, command in exact] + [(value.after, command) for value, command in values]
    if places:
        return token, list(dict.fromkeys(places))
    if cut:
        raise LineError(Fault.AMBIGUOUS, at, tuple(cut))
    raise LineError(Fault.INVALID, at, after.words)


def _spaced(tokens: Tokens, words: list[str]) -> str:
    """The words with the blanks of the line between them."""
    text, end = "", 0
    line = tokens.line.lstrip(" ")
    for typed, word in zip(tokens.words, words, strict=True):
        begin = line.index(typed, end)
        text += line[end:begin] + word
        end = begin + len(typed)
    return text
