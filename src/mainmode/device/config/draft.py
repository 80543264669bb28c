"""A configuration in the making: tables of records, each with what the lines said of it so far."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from enum import Enum
from typing import Any

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Statement
from mainmode.device.config.model import Configuration, Sourced


class Mode(Enum):
    """Where a command stands; the value's first word is what a device's prompt shows."""

    GLOBAL = "config"
    INTERFACE = "config-if"
    OBJECT = "config-network-object"
    GROUP = "config-network-object-group"
    SERVICE = "config-service-object"
    SERVICE_GROUP = "config-service-object-group"
    TCP_GROUP = "config-service-object-group tcp"
    UDP_GROUP = "config-service-object-group udp"
    TCP_UDP_GROUP = "config-service-object-group tcp-udp"
    PROTOCOL_GROUP = "config-protocol-object-group"
    ICMP_GROUP = "config-icmp-object-group"
    TIME_RANGE = "config-time-range"
    GROUP_POLICY = "config-group-policy"
    USERNAME = "config-username"
    POLICY = "config-ikev1-policy"
    TUNNEL_GENERAL = "config-tunnel-general"
    TUNNEL_IPSEC = "config-tunnel-ipsec"
    POLICY_MAP = "config-pmap"
    POLICY_CLASS = "config-pmap-c"


class RefusedError(Exception):
    """The device would not take this line here. The text is its wording; `expected` says what is missing."""

    def __init__(self, wording: str, expected: str) -> None:
        self.expected = expected
        super().__init__(wording)


@dataclass(frozen=True, slots=True)
class Table:
    """One family of records. `keys` are the parts that name a record; a record's parts and fields bear the same names.

    `records` finds the family in a model. `builtin` are names that need no line to exist.
    """

    noun: str
    keys: tuple[str, ...]
    records: Callable[[Configuration], Iterable[Any]]
    builtin: frozenset[str] = frozenset()

    def key_values(self, record: Any) -> dict[str, Any]:
        """The key parts of a record of the model."""
        return {key: getattr(record, key) for key in self.keys}


class Roll:
    """An ordered list from which any element goes in constant time. One that two drafts share stays as it is."""

    def __init__(self) -> None:
        self._order: list[Any] = []
        self._alive: dict[Any, dict[int, None]] = {}
        self._dead = False
        self.shared = False

    def copy(self) -> "Roll":
        """Another list of the same elements."""
        made = Roll()
        made._order = list(self._order)
        made._alive = {element: dict(equals) for element, equals in self._alive.items()}
        made._dead = self._dead
        return made

    def add(self, element: Any, position: int | None = None, *, unique: bool = False) -> bool:
        """Append, or insert before the element at `position` (from 1). False: it is there already and is `unique`."""
        equals = self._alive.setdefault(element, {})
        if unique and equals:
            return False
        equals[id(element)] = None
        if position is None:
            self._order.append(element)
            return True
        if self._dead:
            self._order = list(self)
            self._dead = False
        self._order.insert(position - 1, element)
        return True

    def remove(self, element: Any) -> None:
        """Take out the last element equal to this one, if there is one."""
        equals = self._alive.get(element)
        if equals:
            equals.popitem()
            self._dead = True
            if not equals:
                del self._alive[element]

    def __iter__(self) -> Iterator[Any]:
        if not self._dead:
            return iter(self._order)
        return (element for element in self._order if id(element) in self._alive.get(element, ()))


@dataclass(slots=True)
class Record:
    """What the lines said of one record so far; `source` is its first line, None for a built-in one."""

    key: tuple[Any, ...]
    source: Statement | None
    fields: dict[str, Sourced[Any]] = field(default_factory=dict)
    rolls: dict[str, Roll] = field(default_factory=dict)

    def roll(self, name: str) -> Roll | None:
        """One of its lists, to be changed."""
        found = self.rolls.get(name)
        if found is not None and found.shared:
            found = self.rolls[name] = found.copy()
        return found

    def copy(self) -> "Record":
        """Another record that says the same; lists are copied where one of the two changes them."""
        for roll in self.rolls.values():
            roll.shared = True
        return Record(self.key, self.source, dict(self.fields), dict(self.rolls))


class Draft:
    """A configuration in the making."""

    def __init__(self) -> None:
        self._tables: dict[Table, dict[tuple[Any, ...], Record]] = {}
        self._families: dict[tuple[Table, tuple[Any, ...]], dict[tuple[Any, ...], None]] = {}

    def copy(self) -> "Draft":
        """Another draft that says the same."""
        made = Draft()
        made._tables = {
            table: {key: record.copy() for key, record in records.items()} for table, records in self._tables.items()
        }
        made._families = {name: dict(keys) for name, keys in self._families.items()}
        return made

    def counterpart(self, record: Record, copied: "Draft") -> Record | None:
        """The record of a copy that stands for one of this draft; None for one that is forgotten already."""
        for table, records in self._tables.items():
            if records.get(record.key) is record:
                return copied.of(table)[record.key]
        return None

    def of(self, table: Table) -> dict[tuple[Any, ...], Record]:
        """The records of a table by key, in the order of their first lines."""
        return self._tables.setdefault(table, {})

    def find(self, table: Table, key: tuple[Any, ...], source: Statement, *, create: bool) -> Record:
        """The record; made where it is not there and may be. Raises RefusedError where it may not."""
        records = self.of(table)
        if key not in records:
            if not create and key and key[0] not in table.builtin:
                name = " ".join(map(str, key))
                raise RefusedError(f"ERROR: {table.noun} {name} does not exist", f"a {table.noun} that exists")
            records[key] = Record(key, source)
            self._families.setdefault((table, key[:1]), {})[key] = None
        return records[key]

    def drop(self, table: Table, key: tuple[Any, ...]) -> None:
        """Forget the record and, where `key` is only the first part of keys, all that have it."""
        family = self._families.get((table, key[:1]), {})
        for one in (key,) if len(key) == len(table.keys) else tuple(family):
            self.of(table).pop(one, None)
            family.pop(one, None)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the reader stands: a mode and, in a submode, the record that its commands work on."""

    mode: Mode
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """The parts of one line to write; `negated` for its `no` form."""

    values: Mapping[str, Any]
    negated: bool = False
