"""Lines with their keys as five stars: every text that leaves this room goes through here first."""

import re

from mainmode.device.config.kinds import HIDDEN
from mainmode.device.config.parts import Tokens

_TELLS_A_KEY = re.compile(
    r"key|pass|secret|communit|psk|pre-?sh|md5|credential|(?<![a-z])pwd?(?![a-z])|^(auth|priv)$", re.IGNORECASE
)
_TELLS_A_KEY_IN_PROSE = re.compile(
    r"(?<![a-z])(pre-?shared|psk|keys?|pwd?|pass(word|wd|phrase|code)?|secrets?|credentials?)(?![a-z])", re.IGNORECASE
)
_PROSE = re.compile(r"(?:.*? )??(?:remark|description) ", re.IGNORECASE)
_NEXT_WORD = re.compile(r"(?: +|[=:])(?=[^ ])")
_HARMLESS = frozenset({"nopassword", "key-id", "keyring", "keypair", "password-storage", "passive"})


def masked_tokens(tokens: Tokens, secret: tuple[int, ...]) -> str:
    """The line with these tokens masked: what a declared command knows to be a key."""
    if not secret:
        return tokens.line
    text = tokens.line
    for index in sorted(secret, reverse=True):
        start = tokens.column(index) - 1
        text = text[:start] + HIDDEN + text[start + len(tokens.words[index]) :]
    return text


def masked_guess(tokens: Tokens, after: int | None = None) -> str:
    """A line that no declaration read, masked behind the first word that tells of a key, or behind token `after`.

    `auth` and `priv` are what stands before the passwords of an `snmp-server user`.
    """
    for index, word in enumerate(tokens.words[:-1]):
        if index == after or (word.lower() not in _HARMLESS and _TELLS_A_KEY.search(word)):
            return tokens.line[: tokens.column(index + 1) - 1] + HIDDEN
    return tokens.line


def masked_prose(line: str) -> str:
    """The line with its free text, a remark or a description, masked behind the first word that tells of a key."""
    prose = _PROSE.match(line)
    told = _TELLS_A_KEY_IN_PROSE.search(line, prose.end()) if prose is not None else None
    rest = _NEXT_WORD.search(line, told.end()) if told is not None else None
    return line[: rest.end()] + HIDDEN if rest is not None else line


def masked_typed(line: str) -> str:
    """A line as somebody typed it, in whatever mode, with all that may be a key masked: for histories and logs.

    What follows a key that is masked already is shown.
    """
    tokens = Tokens.of(masked_prose(line), {})
    last = max((index for index, word in enumerate(tokens.words) if word == HIDDEN), default=-1) + 1
    if not last or last >= len(tokens.words):
        return masked_guess(tokens)
    start = tokens.column(last) - 1
    return tokens.line[:start] + masked_guess(Tokens.of(tokens.line[start:], {}))
