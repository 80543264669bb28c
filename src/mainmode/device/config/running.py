"""`show running-config`: the model written by the declared commands, in the device's order and layout."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from itertools import islice
from typing import Any

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source, Statement
from mainmode.device.config.actions import Action, Append, Assign, Enter
from mainmode.device.config.commands import LAYOUT, access_lists, inspection
from mainmode.device.config.declaration import Command, EnterBelow
from mainmode.device.config.draft import Mode, Row
from mainmode.device.config.kept import Kept
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


def written_lines(configuration: Configuration) -> Mapping[Source, tuple[str, ...]]:
    """How `show running-config` writes each line that was typed: by itself, or below the line that it stands below.

    A line that says what holds anyway is not written, and is not here; nor are entries of access lists, of which there
    may be very many: `entry_text` writes one. Made once for a configuration.
    """
    return configuration.derived(_written_lines)


def _written_lines(configuration: Configuration) -> Mapping[Source, tuple[str, ...]]:
    writer = _Writer(configuration, reveal_keys=False)
    for family in LAYOUT:
        if not any(one in family for one in access_lists.COMMANDS):
            for _ in writer.family(family):
                pass
    return writer.written


@dataclass(slots=True)
class _Block:
    """A line and the lines below it, `kept` behind those that are read; `map_name` for those of crypto maps."""

    head: str
    map_name: str | None = None
    below: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        return self.head.removeprefix("no ").split()

    @property
    def lines(self) -> list[str]:
        return [self.head, *(f" {line}" for line in (*self.below, *self.kept))]


def running_config(
    configuration: Configuration,
    section: str | None = None,
    reveal_keys: bool = False,
    *,
    defaults: bool = False,
    kept: Kept | None = None,
) -> str:
    """The configuration in the spelling of its release, each line ended by a newline.

    `section` is what follows `show running-config`: only the commands that begin with these words, a `no` in front of
    them not counted. Keys are five stars unless `reveal_keys` (`more system:running-config`). `defaults`: the lines
    that say what holds anyway, too (`show running-config all`). `kept`: lines that are not read.
    """
    writer = _Writer(configuration, reveal_keys, defaults, kept)
    families = [list(writer.family(family)) for family in LAYOUT]
    families.insert(LAYOUT.index(inspection.POLICY_MAP), list(writer.kept()))
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
    def __init__(
        self, configuration: Configuration, reveal_keys: bool, defaults: bool = False, kept: Kept | None = None
    ) -> None:
        self._configuration = configuration
        self._kept = kept if kept is not None else Kept()
        self._done: set[tuple[Mode, tuple[Any, ...]]] = set()
        self._reveal_keys = reveal_keys
        self._defaults = defaults
        self._above: tuple[str, ...] = ()
        self.written: dict[Source, tuple[str, ...]] = {}
        shown = configuration.names.items() if configuration.settings.names_shown.value else ()
        self._spelling = Spelling(configuration.release, {named.value: name for name, named in shown})

    def kept(self) -> Iterator[_Block]:
        """The blocks that are kept as they came."""
        for one in self._kept.shown(reveal=self._reveal_keys):
            yield _Block(one.head, None, one.below)

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
            appends = isinstance(one.action, Append)
            beside = tuple(other for other in commands if other.mode is one.mode) if appends else ()
            self._above = (opened.head,) if opened is not None and one.mode is not Mode.GLOBAL else ()
            texts = list(self._texts(one, record, beside, lists_done)) if one.written else []
            if one.mode is not Mode.GLOBAL:
                if opened is not None:
                    opened.below.extend(self._below(one, record) if isinstance(one.action, EnterBelow) else texts)
                continue
            if opened is not None and (opened.below or opened.kept or alone):
                yield opened
            opened = None
            if isinstance(one.action, Enter):
                opened, alone = _Block(texts[0], name), one.action.written_alone
                mode = one.action.mode_of(record)
                opened.kept = list(self._kept_below(mode, one.action.table.key_values(record)))
            else:
                yield from (_Block(text, name) for text in texts)
        if opened is not None and (opened.below or opened.kept or alone):
            yield opened

    def _below(self, one: Command, record: Any) -> Iterator[str]:
        """The submodes that stand below a record's own: a line, and what stands below it, one blank further in."""
        action = one.action
        if isinstance(action, EnterBelow) and one.written:
            for inner in action.records(record):
                yield from self._text(one, action.row(inner))
                for other in action.commands:
                    yield from (f" {text}" for text in self._texts(other, inner, action.commands, set()))
                yield from (f" {text}" for text in self._kept_below(action.mode, action.inner.key_values(inner)))

    def _kept_below(self, mode: Mode, keys: Mapping[str, Any]) -> Iterator[str]:
        """What is kept below a record, written once."""
        place = mode, tuple(keys.values())
        if place not in self._done:
            self._done.add(place)
            yield from self._kept.lines_below(*place, reveal=self._reveal_keys)

    def _texts(self, one: Command, record: Any, commands: tuple[Command, ...], lists_done: set[str]) -> Iterator[str]:
        """The lines that a command writes of a record; a list is written whole by the first of its commands."""
        if not isinstance(one.action, Append):
            release = self._configuration.release
            for row in one.action.all_rows(record, release) if self._defaults else one.action.rows(record):
                for text in self._text(one, row):
                    self._note(_source_of(one.action, record), text)
                    yield text
        elif one.action.list_name not in lists_done:
            lists_done.add(one.action.list_name)
            for element in getattr(record, one.action.list_name):
                for text in islice(self.element(record, element, one.action.list_name, commands), 1):
                    self._note(getattr(element, "source", None), text)
                    yield text

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

    def _note(self, source: Source | None, text: str) -> None:
        """Keep how a line that was typed is written."""
        if isinstance(source, Statement):
            self.written.setdefault(source, (*self._above, f" {text}") if self._above else (text,))


def _source_of(action: Action, record: Any) -> Source | None:
    """The line behind what an action writes of a record: that of its first field, or of the record."""
    said = getattr(record, action.fields[0]) if isinstance(action, Assign) else None
    return said.source if isinstance(said, Sourced) else getattr(record, "source", None)
