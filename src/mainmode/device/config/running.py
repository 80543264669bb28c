"""`show running-config`: the model written by the declared commands, in the device's order and layout."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from mainmode.device.config.actions import Append, Enter
from mainmode.device.config.commands import LAYOUT, access_lists
from mainmode.device.config.declaration import Command, EnterBelow
from mainmode.device.config.draft import Mode, Row
from mainmode.device.config.model import AccessList, Ace, Configuration, Remark, Sourced, StandardAce
from mainmode.device.config.parts import Spelling, UnwritableError

_SHORT_SECTIONS = {"ipsec": "crypto ipsec", "isakmp": "crypto isakmp", "ikev1": "crypto ikev1"}


def entry_text(configuration: Configuration, access_list: AccessList, entry: Ace | StandardAce | Remark) -> str:
    """One access list entry as the device writes it."""
    return entry_writer(configuration)(access_list, entry)


def entry_writer(configuration: Configuration) -> Callable[[AccessList, Ace | StandardAce | Remark], str]:
    """What writes access list entries of one configuration as the device does, for those who have many."""
    writer = _Writer(configuration, reveal_keys=False)
    return lambda access_list, entry: next(writer.element(access_list, entry, "entries", access_lists.COMMANDS))


@dataclass(slots=True)
class _Block:
    """A line and the lines below it; `map_name` for those of crypto maps."""

    head: str
    map_name: str | None = None
    below: list[str] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        return self.head.removeprefix("no ").split()

    @property
    def lines(self) -> list[str]:
        return [self.head, *(f" {line}" for line in self.below)]


def running_config(
    configuration: Configuration, section: str | None = None, reveal_keys: bool = False, *, defaults: bool = False
) -> str:
    """The configuration in the spelling of its release, each line ended by a newline.

    `section` is what follows `show running-config`: only the commands that begin with these words, a `no` in front of
    them not counted. Keys are five stars unless `reveal_keys` (`more system:running-config`). `defaults`: the lines
    that say what holds anyway, too (`show running-config all`).
    """
    writer = _Writer(configuration, reveal_keys, defaults)
    families = [list(writer.family(family)) for family in LAYOUT]
    if section is not None:
        words = _SHORT_SECTIONS.get(section.strip(), section).split()
        chosen = [block for blocks in families for block in blocks if block.words[: len(words)] == words]
        return "".join(f"{line}\n" for block in chosen for line in block.lines)
    rows = [": Saved", ":"]
    for blocks in filter(None, families):
        parted = blocks[0].head.startswith(("hostname", "interface"))
        for block in blocks:
            rows.extend([*block.lines, "!"] if parted else block.lines)
    return "".join(f"{row}\n" for row in [*rows, ": end"])


class _Writer:
    def __init__(self, configuration: Configuration, reveal_keys: bool, defaults: bool = False) -> None:
        self._configuration = configuration
        self._reveal_keys = reveal_keys
        self._defaults = defaults
        shown = configuration.names.items() if configuration.settings.names_shown.value else ()
        self._spelling = Spelling(configuration.release, {named.value: name for name, named in shown})

    def family(self, commands: tuple[Command, ...]) -> Iterator[_Block]:
        """The blocks of a family: table by table and record by record, crypto maps name by name."""
        tables = dict.fromkeys(one.action.table for one in commands)
        blocks = [
            block
            for table in tables
            for record in table.records(self._configuration)
            for block in self._record(record, tuple(one for one in commands if one.action.table is table))
        ]
        order = {name: place for place, name in enumerate(dict.fromkeys(block.map_name for block in blocks))}
        return iter(sorted(blocks, key=lambda block: order[block.map_name]))

    def _record(self, record: Any, commands: tuple[Command, ...]) -> Iterator[_Block]:
        map_name = getattr(record, "map_name", None)
        name = map_name.value if isinstance(map_name, Sourced) else map_name
        opened: _Block | None = None
        alone, mode = True, Mode.GLOBAL
        lists_done: set[str] = set()
        for one in commands:
            if one.mode is not Mode.GLOBAL and one.mode is not mode:
                continue
            beside = tuple(other for other in commands if other.mode is one.mode)
            texts = list(self._texts(one, record, beside, lists_done)) if one.written else []
            if one.mode is not Mode.GLOBAL:
                if opened is not None:
                    opened.below.extend(self._below(one, record) if isinstance(one.action, EnterBelow) else texts)
                continue
            if opened is not None and (opened.below or alone):
                yield opened
            opened = None
            if isinstance(one.action, Enter):
                opened, alone = _Block(texts[0], name), one.action.written_alone
                mode = one.action.mode_of(record)
            else:
                yield from (_Block(text, name) for text in texts)
        if opened is not None and (opened.below or alone):
            yield opened

    def _below(self, one: Command, record: Any) -> Iterator[str]:
        """The submodes that stand below a record's own: a line, and what stands below it, one blank further in."""
        action = one.action
        if isinstance(action, EnterBelow) and one.written:
            for inner in action.records(record):
                yield from self._text(one, action.row(inner))
                for other in action.commands:
                    yield from (f" {text}" for text in self._texts(other, inner, action.commands, set()))

    def _texts(self, one: Command, record: Any, commands: tuple[Command, ...], lists_done: set[str]) -> Iterator[str]:
        """The lines that a command writes of a record; a list is written whole by the first of its commands."""
        if not isinstance(one.action, Append):
            release = self._configuration.release
            for row in one.action.all_rows(record, release) if self._defaults else one.action.rows(record):
                yield from self._text(one, row)
        elif one.action.list_name not in lists_done:
            lists_done.add(one.action.list_name)
            for element in getattr(record, one.action.list_name):
                yield from islice(self.element(record, element, one.action.list_name, commands), 1)

    def element(self, record: Any, element: Any, name: str, commands: tuple[Command, ...]) -> Iterator[str]:
        """The spellings of one element of the record's list `name`; the first one is the device's."""
        for one in commands:
            if one.written and isinstance(one.action, Append) and one.action.list_name == name:
                row = one.action.element_row(record, element)
                if row is not None:
                    yield from self._text(one, row)

    def _text(self, one: Command, row: Row) -> Iterator[str]:
        try:
            yield one.text(row, self._spelling, reveal=self._reveal_keys)
        except UnwritableError:
            return
