"""The exec mode's `show` commands: a table of them, unique prefixes, and the device's words for a wrong one.

The caret line, its texts and the cutting of keywords to a unique prefix (`sh cry isa sa`) are seen in public
sessions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

from mainmode.base.errors import InputError
from mainmode.base.instant import Instant
from mainmode.device.config.model import Configuration
from mainmode.device.config.running import running_config
from mainmode.device.show.ip import ip_addresses
from mainmode.device.show.ipsec_sa import ipsec_sa
from mainmode.device.show.isakmp_sa import isakmp_sa
from mainmode.ike.engine import IkeSaView
from mainmode.ipsec.sad import Sad

_ADDRESS = "A.B.C.D"
_REST = "…"
_LONGEST = 510
"""Characters of a command line that the device takes."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What `show` commands look at: the configuration, the IKE SAs, the IPsec SAs, and the time."""

    configuration: Configuration
    ike: tuple[IkeSaView, ...]
    sad: Sad
    now: Instant


Handler = Callable[[Standing, list[str]], str]


def _isakmp_sa(standing: Standing, _: list[str]) -> str:
    return isakmp_sa(standing.ike, standing.configuration.release, standing.now)


def _isakmp_sa_detail(standing: Standing, _: list[str]) -> str:
    return isakmp_sa(standing.ike, standing.configuration.release, standing.now, detail=True)


def _ipsec_sa(standing: Standing, arguments: list[str]) -> str:
    peer = IPv4Address(arguments[0]) if arguments else None
    return ipsec_sa(standing.sad, standing.configuration.release, standing.now, peer)


def _ip(standing: Standing, _: list[str]) -> str:
    return ip_addresses(standing.configuration)


def _running_config(standing: Standing, arguments: list[str]) -> str:
    return running_config(standing.configuration, " ".join(arguments))


_COMMANDS: tuple[tuple[str, Handler], ...] = (
    ("crypto isakmp sa", _isakmp_sa),
    ("crypto isakmp sa detail", _isakmp_sa_detail),
    ("crypto ikev1 sa", _isakmp_sa),
    ("crypto ikev1 sa detail", _isakmp_sa_detail),
    ("crypto ipsec sa", _ipsec_sa),
    (f"crypto ipsec sa peer {_ADDRESS}", _ipsec_sa),
    ("ip", _ip),
    ("ip address", _ip),
    ("running-config", _running_config),
    (f"running-config {_REST}", _running_config),
)


def show(standing: Standing, command: str) -> str:
    """The output of `command`, with or without its leading `show`.

    Raises InputError in the device's wording, with what was expected.
    """
    printable = "".join(letter if letter.isprintable() else "?" for letter in command.expandtabs(1))
    tokens = printable[:_LONGEST].split()
    if not tokens or not _is_show(tokens[0]):
        tokens.insert(0, "show")
    line = _Line(standing.configuration.settings.hostname.value, tokens)
    handler, arguments = line.find()
    return handler(standing, arguments)


def _is_show(token: str) -> bool:
    return len(token) > 1 and "show".startswith(token.lower())


class _Line:
    """One command line being looked up, and how it complains."""

    def __init__(self, hostname: str, tokens: list[str]) -> None:
        self._prompt = f"{hostname}# "
        self._tokens = tokens

    def find(self) -> tuple[Handler, list[str]]:
        """The one command that the words name, and what stands in its open places."""
        candidates = [(pattern.split(), handler) for pattern, handler in _COMMANDS]
        arguments: list[str] = []
        for place, token in enumerate(self._tokens[1:]):
            expected = {word for words, _ in candidates if (word := _at(words, place))}
            chosen = self._choose(place + 1, token, expected)
            if chosen in (_ADDRESS, _REST):
                arguments.append(token)
            candidates = [(words, handler) for words, handler in candidates if _at(words, place) == chosen]
        length = len(self._tokens) - 1
        for words, handler in candidates:
            if _at(words, length) in (None, _REST) and length >= len(words):
                return handler, arguments
        raise self._incomplete({word for words, _ in candidates if (word := _at(words, length))})

    def _choose(self, index: int, token: str, expected: set[str]) -> str:
        """The expected word that `token` means."""
        lowered = token.lower()
        if lowered in expected:
            return lowered
        keywords = sorted(word for word in expected - {_ADDRESS, _REST} if word.startswith(lowered))
        if len(keywords) > 1:
            raise self._ambiguous(keywords)
        if keywords:
            return keywords[0]
        if _REST in expected:
            return _REST
        if _ADDRESS in expected and _is_address(token):
            return _ADDRESS
        raise self._invalid(index, expected)

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


def _at(words: list[str], place: int) -> str | None:
    """The word that a command has at `place`; an open end goes on for ever."""
    if place < len(words):
        return words[place]
    return _REST if words[-1] == _REST else None


def _is_address(token: str) -> bool:
    try:
        IPv4Address(token)
    except AddressValueError:
        return False
    return True


def _hint(expected: set[str]) -> str:
    return f"expected: {', '.join(sorted(expected)) or 'nothing more'}"
