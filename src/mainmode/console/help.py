"""`?` and Tab: what may follow in a line that is half typed, in the device's layout."""

import textwrap
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from mainmode.console.configuring import offered
from mainmode.console.filters import filter_offer
from mainmode.device.line.expectation import Expectation, Kind, Offer
from mainmode.device.line.lookup import Fault, LineError, expected, look_up

if TYPE_CHECKING:
    from mainmode.console.session import Session

_WIDEST_WORD = 24
"""Letters of a word in the first column; the help of a longer one begins below it."""
_NARROWEST_HELP = 20


def help_on(session: "Session", before: str) -> str:
    """What `?` prints below a line of which this much stands before the cursor."""
    words, half = _cut(before)
    try:
        offers = _offers(session, words)
    except LineError as error:
        return _no_help(error)
    offers = [Offer(one.mode, tuple(_fitting(one.expectations, half))) for one in offers]
    offers = [one for one in offers if one.expectations]
    if not offers:
        return "ERROR: % Unrecognized command\n"
    headed = bool(words) or len(offers) > 1
    lists = [_list(one, session.screen.settings.width, headed, columns=bool(half)) for one in offers]
    return "\n" + "\n".join(lists)


def completion(session: "Session", before: str) -> str:
    """What Tab adds: the rest of a word that is the only one, with a blank; or what all that fit begin with."""
    words, half = _cut(before)
    try:
        offers = _offers(session, words)
    except LineError:
        return ""
    fitting = {
        one.word.lower() if one.kind is Kind.KEYWORD else one.word
        for offer in offers
        for one in _fitting(offer.expectations, half)
        if one.kind in (Kind.KEYWORD, Kind.NAME)
    }
    if not fitting or not half:
        return ""
    if len(fitting) == 1:
        return f"{fitting.pop()[len(half) :]} "
    alike = takewhile(
        lambda letters: len(set(letters)) == 1, zip(*(word[len(half) :] for word in fitting), strict=False)
    )
    return "".join(letters[0] for letters in alike)


def _cut(before: str) -> tuple[list[str], str]:
    """The whole words, and the one that is being typed: empty behind a blank."""
    words = before.split()
    if words and not before[-1].isspace():
        return words[:-1], words[-1]
    return words, ""


def _offers(session: "Session", words: Sequence[str]) -> list[Offer]:
    """Everything that may follow these words. Raises LineError where nothing does."""
    offers: list[Offer] = []
    errors: list[LineError] = []
    if session.place is not None:
        try:
            offers.append(offered(session, session.place, words))
        except LineError as error:
            errors.append(error)
    try:
        offers.append(_exec_offer(session, words))
    except LineError as error:
        errors.append(error)
    if not offers:
        raise max(errors, key=lambda error: error.at)
    return offers


def _exec_offer(session: "Session", words: Sequence[str]) -> Offer:
    """What may follow in a command of the exec mode, or in the filter behind one."""
    table, configuration = session.table, session.configuration
    piped = filter_offer(words, lambda command: look_up(table, command, configuration).command)
    return piped if piped is not None else Offer("exec", expected(table, words, configuration))


def _fitting(expectations: Iterable[Expectation], half: str) -> Iterable[Expectation]:
    """What a half word may become: a keyword or a name; where it is none of them, the value of a place."""
    if not half:
        return expectations
    lowered = half.lower()
    words = [
        one
        for one in expectations
        if (one.kind is Kind.KEYWORD and one.word.lower().startswith(lowered))
        or (one.kind is Kind.NAME and one.word.startswith(half))
    ]
    return words or [one for one in expectations if one.kind is Kind.PLACE]


def _no_help(error: LineError) -> str:
    if error.fault is Fault.AMBIGUOUS:
        return "ERROR: % Ambiguous command\n"
    return "ERROR: % Unrecognized command\n"


def _list(offer: Offer, width: int, headed: bool, columns: bool) -> str:
    """One list, each line with its newline."""
    head = f"{offer.mode} mode commands/options:\n" if headed else ""
    rows = offer.expectations
    if columns and all(one.kind is not Kind.PLACE for one in rows):
        return head + _in_columns([one.word for one in rows], width)
    return head + _with_help(rows, width)


def _with_help(rows: Sequence[Expectation], width: int) -> str:
    column = min(max(len(one.word) for one in rows), _WIDEST_WORD) + 4
    lines = []
    for one in rows:
        texts = textwrap.wrap(one.help, max(width - column - 1, _NARROWEST_HELP)) if width else [one.help]
        first = f"  {one.word}".ljust(column)
        if len(one.word) > _WIDEST_WORD and texts:
            lines.append(f"  {one.word}")
            first = " " * column
        lines.append(f"{first}{texts[0] if texts else ''}".rstrip())
        lines.extend(" " * column + text for text in texts[1:])
    return "".join(f"{line}\n" for line in lines)


def _in_columns(words: Sequence[str], width: int) -> str:
    """Words beside each other, each column as wide as its widest word needs."""
    cell = max(map(len, words)) + 2
    per_line = max(1, ((width or 80) - 2) // cell)
    lines = [words[start : start + per_line] for start in range(0, len(words), per_line)]
    return "".join("  " + "".join(word.ljust(cell) for word in line).rstrip() + "\n" for line in lines)
