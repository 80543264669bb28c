"""What is checked: two configurations, as text and as read, and which of their interfaces face each other."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from mainmode.base.dataclass import dataclass
from mainmode.base.secret import Secret
from mainmode.check.absent import absent_peers
from mainmode.check.fix import Edit
from mainmode.check.lent import with_lent
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import Listing
from mainmode.lab.facing import Facing, Pair, find_facing
from mainmode.lab.faults.configuration import must_be_read
from mainmode.lab.hidden import stand_ins
from mainmode.ladder.transcript import Side

_LINES = re.compile("[\r\n]+")


@dataclass(frozen=True, slots=True)
class Subject:
    """A pair to be checked. `keys` stand in for those that a file hides; `assumptions` tell of them.

    `given` is how many lines of each file were there before edits were typed behind them.
    """

    pair: Pair
    texts: Mapping[Side, str] = field(repr=False)
    facing: tuple[Facing, ...]
    keys: Mapping[Side, Mapping[str, Secret]] = field(repr=False)
    assumptions: tuple[str, ...] = ()
    given: Mapping[Side, int] = field(default_factory=dict)

    @property
    def names(self) -> dict[Side, str]:
        """The hostnames."""
        return {side: self.pair[side].settings.hostname.value for side in Side}


def subject(pair: Mapping[Side, Configuration], texts: Mapping[Side, str]) -> Subject:
    """The two configurations as a pair. Raises InputError where they have nothing to do with each other."""
    pair, lent = with_lent(pair)
    facing = find_facing(pair)
    keys, notes = stand_ins(pair, facing)
    notes = (*lent, *notes, *absent_peers(pair, facing))
    return Subject(pair, texts, facing, keys, notes, {side: len(pair[side].lines) for side in Side})


def edited(before: Subject, edits: Iterable[Edit]) -> Subject:
    """The pair with the edits typed in, in their order, behind the last line of each file.

    Raises InputError as `subject` does, and where the device would not take a line of an edit.
    """
    typed: dict[Side, list[str]] = {side: [] for side in Side}
    for edit in edits:
        typed[edit.side] += edit.typed
    texts, pair = dict(before.texts), dict(before.pair)
    for side, lines in typed.items():
        if lines:
            texts[side] = _behind(before.texts[side], lines)
            pair[side] = before.pair[side].derived(_Read).of(before.texts[side]).followed_by(lines)
            must_be_read("a repair", pair[side], len(pair[side].lines) - len(lines))
    return replace(subject(pair, texts), given=before.given)


class _Read:
    """The listing that a configuration was read from: a search types hundreds of edits behind one text."""

    def __init__(self, configuration: Configuration) -> None:
        self._file = configuration.file
        self._listing: Listing | None = None

    def of(self, text: str) -> Listing:
        """The listing; `text` is the configuration's."""
        if self._listing is None:
            self._listing = Listing(text, self._file)
        return self._listing


def _behind(text: str, lines: Iterable[str]) -> str:
    """A listing with more lines behind it, ended and indented as it is."""
    newline = "\r\n" if "\r\n" in text else "\n" if "\n" in text else "\r" if "\r" in text else "\n"
    said = (line for line in _LINES.split(text) if line.strip() and line.lstrip()[0] not in "!:")
    margin = min((line[: len(line) - len(line.lstrip(" \t\xa0"))] for line in said), key=len, default="")
    return text.rstrip() + newline + "".join(f"{margin}{line}{newline}" for line in lines)
