"""`mainmode check DIR`: the files of a folder are read and their pairs checked, by all cores."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from itertools import islice
from pathlib import Path

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.faults import place_of
from mainmode.check.check import Options, check
from mainmode.check.pairs import Card, Found, card_of, pairs_of
from mainmode.check.report import Checked, Preflight, Unchecked
from mainmode.check.subject import subject
from mainmode.cli.console import printable
from mainmode.cli.crew import Crew, cores
from mainmode.cli.files import read_text
from mainmode.cli.mistaken import check_firewalls
from mainmode.cli.progress import Progress
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read
from mainmode.ladder.transcript import Side

_MOST_FILES = 20_000
_MOST_NAMED = 10
"""Files that one note names."""
_SPEAKS_OF_A_DEVICE = re.compile(
    r"^[ \t]*(?:\S{1,80}[#>] ?)?(?:interface|nameif|ip address|access-list|tunnel-group|hostname|isakmp (?:policy|key)|"
    r"crypto (?:map|dynamic-map|isakmp|ikev1|ipsec)) +\S",
    re.MULTILINE | re.IGNORECASE,
)
_LEAST = 4
"""Lines of that kind that every configuration with a tunnel has; what has fewer, a log of megabytes, is not read."""

_Read = int
_Check = tuple[int, int]
_Task = _Read | _Check


@dataclass(frozen=True, slots=True)
class _Left:
    """A file or a pair that was left out, and why. `foreign`: it is no configuration, and nobody said it was."""

    why: str
    foreign: bool = False


_Answer = Card | Checked | _Left


@dataclass(slots=True)
class _Desk:
    """What one worker has before it: the files of the folder, and those that it has read."""

    paths: Sequence[Path]
    names: Sequence[str]
    options: Options
    read: dict[int, tuple[Configuration, str]] = field(default_factory=dict)

    def __call__(self, task: _Task) -> _Answer:
        """A file becomes its card, a pair is checked. All that goes wrong is told, none of it raised."""
        try:
            return self._card(task) if isinstance(task, int) else self._checked(*task)
        except InputError as error:
            return _Left(str(error))
        except Exception as fault:
            return _Left(f"a fault in mainmode itself, please report it: {place_of(fault)}")

    def _card(self, number: int) -> Card | _Left:
        text = read_text(self.paths[number])
        if sum(1 for _ in islice(_SPEAKS_OF_A_DEVICE.finditer(text), _LEAST)) < _LEAST:
            return _Left("not an ASA's configuration", foreign=True)
        configuration = read(text, self.names[number])
        try:
            check_firewalls(configuration)
        except InputError:
            return _Left("not an ASA's configuration", foreign=True)
        self.read[number] = configuration, text
        return card_of(configuration)

    def _checked(self, first: int, second: int) -> Checked:
        files = {Side.A: self._file(first), Side.B: self._file(second)}
        pair = {side: configuration for side, (configuration, _) in files.items()}
        return check(subject(pair, {side: text for side, (_, text) in files.items()}), self.options)

    def _file(self, number: int) -> tuple[Configuration, str]:
        if number not in self.read:
            text = read_text(self.paths[number])
            self.read[number] = read(text, self.names[number]), text
        return self.read[number]


def checked_folder(folder: Path, options: Options) -> tuple[Preflight, Mapping[str, Path]]:
    """Every pair of peers among the configurations below a folder; and the path of each file by its name in the report.

    Raises InputError where there is no pair.
    """
    closed: list[str] = []
    paths = tuple(_files(folder, closed))
    if not paths:
        raise InputError("\n  ".join([f"{folder}: no file in it; give a folder of configurations", *closed]))
    names = tuple(printable(path.relative_to(folder).as_posix()) for path in paths)
    with Progress() as progress, Crew(min(cores(), len(paths)), _Desk(paths, names, options)) as crew:
        cards, homes, notes = _cards(crew, paths, names, progress)
        notes += closed
        numbers = list(cards)
        found = pairs_of(list(cards.values()))
        pairs = [(numbers[first], numbers[second]) for first, second in found.pairs]
        checked, unchecked = _pairs(crew, pairs, homes, names, progress)
        if not pairs or (found.guessed and not checked):
            raise InputError(_no_pair(folder, len(cards), found, [*notes, *(one.why for one in unchecked)]))
    preflight = Preflight(checked, found.lonely, (*found.notes, *notes), unchecked)
    return preflight, dict(zip(names, paths, strict=True))


def _files(folder: Path, closed: list[str]) -> Iterator[Path]:
    """The files below a folder in the order of their names; hidden ones are left out.

    Folders that cannot be looked into are told in `closed`. Raises InputError for too many files.
    """

    def unreadable(error: OSError) -> None:
        closed.append(printable(f"{error.filename or folder}: cannot be read: {error.strerror or error}"))

    count = 0
    for root, below, files in os.walk(folder, onerror=unreadable):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(files):
            path = Path(root) / name
            if not name.startswith(".") and path.is_file():
                count += 1
                if count > _MOST_FILES:
                    raise InputError(f"{folder}: more than {_MOST_FILES} files; name the folder of configurations")
                yield path


def _cards(
    crew: Crew[_Task, _Answer], paths: Sequence[Path], names: Sequence[str], progress: Progress
) -> tuple[dict[int, Card], dict[int, int], list[str]]:
    """The card of each configuration by its number, the worker that has read it, and what is said of other files."""
    tasks = sorted(range(len(paths)), key=lambda number: -_size(paths[number]))
    cards: dict[int, Card] = {}
    homes: dict[int, int] = {}
    left: dict[int, _Left] = {}
    for count, done in enumerate(crew.each(tasks, lambda _: None), 1):
        number, answer = tasks[done.task], done.answer
        if isinstance(answer, Card):
            cards[number], homes[number] = answer, done.worker
        else:
            left[number] = answer if isinstance(answer, _Left) else _Left(f"the worker that read it {done.lost}")
        progress.told(count, len(tasks), f"read {count} of {len(tasks)} files")
    foreign = [names[number] for number, one in sorted(left.items()) if one.foreign]
    notes = [f"{names[number]}: left out: {one.why}" for number, one in sorted(left.items()) if not one.foreign]
    if foreign:
        more = f" and {len(foreign) - _MOST_NAMED} more" if len(foreign) > _MOST_NAMED else ""
        notes.append(f"left out, not an ASA's configuration: {', '.join(foreign[:_MOST_NAMED])}{more}")
    return dict(sorted(cards.items())), homes, notes


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _pairs(
    crew: Crew[_Task, _Answer],
    pairs: Sequence[_Check],
    homes: Mapping[int, int],
    names: Sequence[str],
    progress: Progress,
) -> tuple[tuple[Checked, ...], tuple[Unchecked, ...]]:
    """What came of each pair, in their order; and the pairs that could not be checked, with the reason.

    A pair goes to the worker that has read the one of its files that is in fewer pairs: a hub is read by all of them.
    """
    often: dict[int, int] = {}
    for number in (number for pair in pairs for number in pair):
        often[number] = often.get(number, 0) + 1
    checked: dict[int, Checked] = {}
    unchecked: dict[int, Unchecked] = {}
    down = 0
    progress.begin()
    home: dict[_Task, int | None] = {pair: homes.get(min(pair, key=lambda number: often[number])) for pair in pairs}
    for count, done in enumerate(crew.each(pairs, lambda pair: home[pair]), 1):
        if isinstance(done.answer, Checked):
            checked[done.task] = done.answer
            down += not done.answer.up
        else:
            why = done.answer.why if isinstance(done.answer, _Left) else f"the worker process {done.lost}"
            first, second = pairs[done.task]
            unchecked[done.task] = Unchecked((names[first], names[second]), why)
        found = f", {down} with something down" if down else ""
        progress.told(count, len(pairs), f"checked {count} of {len(pairs)} pairs{found}")
    return tuple(one for _, one in sorted(checked.items())), tuple(one for _, one in sorted(unchecked.items()))


def _no_pair(folder: Path, configurations: int, found: Found, notes: Sequence[str]) -> str:
    count = f"{configurations} configuration{'' if configurations == 1 else 's'}"
    rows = [f"{folder}: no two of its files are peers ({count} found): none names an address of another as its peer"]
    rows += [f"{one.line}: in no file" for one in found.lonely[:_MOST_NAMED]]
    return "\n  ".join([*rows, *found.notes, *notes])
