"""The exec mode's `show`: words looked up in the table of commands, and the device's answer to a wrong one.

The caret line, its texts and the cutting of keywords to a unique prefix (`sh cry isa sa`) are seen in public
sessions.
"""

from mainmode.base.errors import InputError
from mainmode.device.show.commands import COMMANDS
from mainmode.device.show.declaration import PLACES, REST, Asked, Command
from mainmode.device.show.standing import Standing

_LONGEST = 510
"""Characters of a command line that the device takes."""


def show(standing: Standing, command: str) -> str:
    """The output of `command`, with or without its leading `show`.

    Raises InputError in the device's wording, with what was expected.
    """
    printable = "".join(letter if letter.isprintable() else "?" for letter in command.expandtabs(1))
    tokens = printable[:_LONGEST].split()
    if not tokens or not _is_show(tokens[0]):
        tokens.insert(0, "show")
    found, asked = _Line(standing, tokens).find()
    return found.handler(standing, asked)


def _is_show(token: str) -> bool:
    return len(token) > 1 and "show".startswith(token.lower())


class _Line:
    """One command line being looked up, and how it complains."""

    def __init__(self, standing: Standing, tokens: list[str]) -> None:
        self._standing = standing
        self._prompt = f"{standing.configuration.settings.hostname.value}# "
        self._tokens = tokens

    def find(self) -> tuple[Command, Asked]:
        """The one command that the words name, with its keywords and what stands in its open places."""
        candidates = [(words, one) for one in COMMANDS for words in one.spellings]
        keywords: list[str] = []
        places: dict[str, str] = {}
        for place, token in enumerate(self._tokens[1:]):
            expected = dict.fromkeys(word for words, _ in candidates if (word := _at(words, place)))
            chosen = self._choose(place + 1, token, expected)
            if chosen in PLACES:
                places[chosen] = f"{places[chosen]} {token}" if chosen in places else token
            else:
                keywords.append(chosen)
            candidates = [(words, one) for words, one in candidates if _at(words, place) == chosen]
        length = len(self._tokens) - 1
        for words, one in candidates:
            if _at(words, length) in (None, REST) and length >= len(words):
                return one, Asked(tuple(keywords), places)
        raise self._incomplete({word for words, _ in candidates if (word := _at(words, length))})

    def _choose(self, index: int, token: str, expected: dict[str, None]) -> str:
        """The expected word that `token` means: a keyword, a name that exists, a keyword cut short, a new name."""
        lowered = token.lower()
        keywords = [word for word in expected if word not in PLACES]
        if lowered in keywords:
            return lowered
        places = [word for word in expected if word in PLACES]
        for word in places:
            if PLACES[word].knows(self._standing.configuration, token):
                return word
        cut = sorted(word for word in keywords if word.startswith(lowered))
        if len(cut) > 1:
            raise self._ambiguous(cut)
        if cut:
            return cut[0]
        for word in places:
            if PLACES[word].takes(token):
                return word
        raise self._invalid(index, set(expected))

    @property
    def _shown(self) -> str:
        return self._prompt + " ".join(self._tokens)

    def _invalid(self, index: int, expected: set[str]) -> InputError:
        column = len(self._prompt) + sum(len(token) + 1 for token in self._tokens[:index])
        caret = " " * column + "^"
        return InputError(f"{self._shown}\n{caret}\nERROR: % Invalid input detected at '^' marker.\n{_hint(expected)}")

    def _incomplete(self, expected: set[str]) -> InputError:
        return InputError(f"{self._shown}\nERROR: % Incomplete command\n{_hint(expected)}")

    def _ambiguous(self, keywords: list[str]) -> InputError:
        typed = " ".join(self._tokens)
        return InputError(f'{self._shown}\nERROR: % Ambiguous command:  "{typed}"\n{_hint(set(keywords))}')


def _at(words: tuple[str, ...], place: int) -> str | None:
    """The word that a command has at `place`; an open end goes on for ever."""
    if place < len(words):
        return words[place]
    return REST if words[-1] == REST else None


def _hint(expected: set[str]) -> str:
    return f"expected: {', '.join(sorted(expected)) or 'nothing more'}"
