"""What commands do: an action reads a line's parts into a record, takes them back for `no`, and gives the parts again
for writing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, field, fields
from typing import Any

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Statement
from mainmode.device.config.draft import Draft, Mode, Record, RefusedError, Roll, Row, Scope, Table
from mainmode.device.config.model import Release, Sourced


class _Nothing:
    """No value was declared; None is a value."""


NOTHING: Any = _Nothing()


class Action:
    """What a command does. The base does nothing and writes nothing."""

    table: Table

    def do(self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement) -> Scope | None:
        """Carry the line out. The scope after it, None: as before. Raises RefusedError."""
        return None

    def undo(self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement) -> None:
        """Carry out the `no` form."""

    def rows(self, record: Any) -> Iterator[Row]:
        """The lines that a record of the model has of this command."""
        return iter(())

    def all_rows(self, record: Any, release: Release) -> Iterator[Row]:
        """The same with defaults that the device writes when it is asked for all."""
        return self.rows(record)

    def key_of(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The key of the record that these parts name."""
        return tuple(values[key] for key in self.table.keys)

    def record_of(
        self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement, create: bool
    ) -> Record:
        """The record: the scope's in a submode, else the one that the parts name. Raises RefusedError."""
        if scope.record is not None:
            return scope.record
        return draft.find(self.table, self.key_of(values), source, create=create)

    def remove(self, draft: Draft, values: Mapping[str, Any]) -> None:
        """Forget the record that these parts name."""
        draft.drop(self.table, self.key_of(values))


@dataclass(frozen=True, slots=True)
class Enter(Action):
    """Opens a submode on a record, and sets the fields that the line itself says.

    `written_alone`: the line is written even when nothing stands below it. `modes` are other submodes by the value of
    the first field. The records of the table `below` stand below this one's and go with it.
    """

    table: Table
    mode: Mode
    create: bool = True
    written_alone: bool = True
    removes: bool = True
    fields: tuple[str, ...] = ()
    modes: Mapping[Any, Mode] = field(default_factory=dict, hash=False)
    below: Table | None = None

    def do(self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement) -> Scope | None:
        """Find or make the record and stand in it. Raises RefusedError."""
        record = draft.find(self.table, self.key_of(values), source, create=self.create)
        for name in self.fields:
            if name in values:
                record.fields[name] = Sourced(values[name], source)
        return Scope(self.mode_of(record), record)

    def mode_of(self, record: Any) -> Mode:
        """The submode on a record, of a draft or of the model."""
        if not self.fields:
            return self.mode
        said = record.fields.get(self.fields[0]) if isinstance(record, Record) else getattr(record, self.fields[0])
        return self.modes.get(said.value, self.mode) if said is not None else self.mode

    def undo(self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement) -> None:
        """Forget the record."""
        if self.removes:
            self.remove(draft, values)
            if self.below is not None:
                draft.drop(self.below, self.key_of(values))

    def rows(self, record: Any) -> Iterator[Row]:
        """The header line."""
        said = {name: getattr(record, name) for name in self.fields}
        values = {name: one.value for name, one in said.items() if one is not None}
        yield Row({**self.table.key_values(record), **values})


@dataclass(frozen=True, slots=True)
class Create(Action):
    """The line itself is the record: it stands or it does not."""

    table: Table

    def do(self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement) -> Scope | None:
        """Make the record."""
        draft.find(self.table, self.key_of(values), source, create=True)
        return None

    def undo(self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement) -> None:
        """Forget the record."""
        self.remove(draft, values)

    def rows(self, record: Any) -> Iterator[Row]:
        """The line."""
        yield Row(self.table.key_values(record))


@dataclass(frozen=True, slots=True)
class Remove(Action):
    """Exists in its `no` form only: forgets the record with this key, or all whose keys begin so."""

    table: Table

    def undo(self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement) -> None:
        """Forget the records."""
        draft.drop(self.table, tuple(values[key] for key in self.table.keys if key in values))


@dataclass(frozen=True, slots=True)
class Assign(Action):
    """Sets fields of a record from the parts of the same names, or one field as `build(parts)` or `constant`.

    `default` is the value without a line (of several fields: one for each), `builtin` the one of the table's built-in
    records. `off` is what `no` gives (else the default; `off_creates`: in a record that is not there, too), `bare` the
    value of an omitted part. A line is written where the value is not the default, where one said it and `stated`, or
    `always` (None: as the `no` form). Asked for all, the device writes defaults too, unless they are `tacit`, or are
    `no` forms (also of what has no value at all) and not `outspoken`, or the command came with a `later` release.
    """

    table: Table
    fields: tuple[str, ...]
    build: Callable[..., Any] | None = None
    constant: Any = NOTHING
    default: Any = NOTHING
    builtin: Any = NOTHING
    off: Any = NOTHING
    off_creates: bool = False
    bare: Any = NOTHING
    always: bool = False
    stated: bool = False
    tacit: bool = False
    outspoken: bool = False
    later: bool = False
    create: bool = True
    removes: bool = False

    def do(self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement) -> Scope | None:
        """Set the fields. Raises RefusedError."""
        record = self.record_of(draft, scope, values, source, self.create)
        if self.build is not None:
            parts = {name: value for name, value in values.items() if name not in self.table.keys}
            record.fields[self.fields[0]] = Sourced(self.build(**parts), source)
            return None
        for name in self.fields:
            value = self.constant if self.constant is not NOTHING else values.get(name, self.bare)
            if value is not NOTHING:
                record.fields[name] = Sourced(value, source)
        return None

    def undo(self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement) -> None:
        """Back to the default, to `off`, or forget the record."""
        if self.removes:
            self.remove(draft, values)
            return
        record = scope.record or draft.of(self.table).get(self.key_of(values))
        if record is None and (self.off_creates or not self.table.keys):
            record = draft.find(self.table, self.key_of(values), source, create=True)
        if record is None:
            return
        for name in [name for name in self.fields if name in values] or self.fields:
            if self.off is NOTHING:
                record.fields.pop(name, None)
            else:
                record.fields[name] = Sourced(self.off, source)

    def rows(self, record: Any) -> Iterator[Row]:
        """The line, where the value calls for one."""
        keys = self.table.key_values(record)
        sourced = [getattr(record, name) for name in self.fields]
        if sourced[0] is None:
            if self.always:
                yield Row(keys, negated=True)
        elif self.always or self._says_something(sourced, keys):
            yield from self.row_for(_value(sourced), keys)

    def all_rows(self, record: Any, release: Release) -> Iterator[Row]:
        """The line that gives the value, whether it is the default or not."""
        found = tuple(self.rows(record))
        sourced = [getattr(record, name) for name in self.fields]
        unknown = self.later and release is Release.OLD
        if found or self.tacit or unknown:
            yield from found
            return
        keys = self.table.key_values(record)
        if sourced[0] is None:
            yield from (Row(keys, negated=True),) if self.outspoken else ()
            return
        value = _value(sourced)
        if self.bare is not NOTHING and value == self.bare:
            yield Row({**keys, self.fields[0]: value})
        else:
            yield from (row for row in self.row_for(value, keys) if self.outspoken or not row.negated)

    def default_of(self, name: str) -> Any:
        """The declared default of one of the fields; NOTHING without."""
        several = len(self.fields) > 1 and self.default is not NOTHING
        return self.default[self.fields.index(name)] if several else self.default

    def _says_something(self, sourced: Sequence[Sourced[Any]], keys: Mapping[str, Any]) -> bool:
        if self.stated and any(isinstance(one.source, Statement) for one in sourced):
            return True
        is_builtin = bool(keys) and next(iter(keys.values())) in self.table.builtin
        usual = self.builtin if is_builtin and self.builtin is not NOTHING else self.default
        return bool(_value(sourced) != usual)

    def row_for(self, value: Any, keys: Mapping[str, Any]) -> Iterator[Row]:
        """The line that gives the field this value (several: these values); none where another command says it."""
        if len(self.fields) > 1:
            yield Row({**keys, **dict(zip(self.fields, value, strict=True))})
        elif self.off is not NOTHING and value == self.off:
            yield Row(keys, negated=True)
        elif self.build is not None:
            if isinstance(self.build, type) and isinstance(value, self.build):
                yield Row({**keys, **parts_of(value)})
        elif self.constant is not NOTHING:
            if value == self.constant:
                yield Row(keys)
        elif value == self.bare:
            yield Row(keys)
        else:
            yield Row({**keys, self.fields[0]: value})


def _value(sourced: Sequence[Sourced[Any]]) -> Any:
    return sourced[0].value if len(sourced) == 1 else tuple(one.value for one in sourced)


@dataclass(frozen=True, slots=True)
class Append(Action):
    """Adds `build(parts, source)` to a list of a record. `extra` are parts that are written and not stored.

    A part `line` is the position to insert at. `apart` is a flag, and the list for those lines that have it.
    """

    table: Table
    list_name: str
    build: type[Any]
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)
    unique: bool = True
    apart: tuple[str, str] = ("", "")

    def do(self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement) -> Scope | None:
        """Add the element. Raises RefusedError for a duplicate."""
        roll = self._roll(draft, scope, values, source)
        element = self._element(values, source)
        if not roll.add(element, values.get("line"), unique=self.unique):
            raise RefusedError("WARNING: found duplicate element", "an entry that does not stand there already")
        return None

    def undo(self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement) -> None:
        """Take the element out; where the line leaves parts of it open, all that have the others."""
        record = scope.record or draft.of(self.table).get(self.key_of(values))
        roll = record.roll(self._list(values)) if record is not None else None
        if roll is None:
            return
        parts = self._parts(values)
        if self._is_whole(parts):
            roll.remove(self.build(**parts, source=source))
            return
        for element in tuple(roll):
            if isinstance(element, self.build) and all(getattr(element, name) == parts[name] for name in parts):
                roll.remove(element)

    def element_row(self, record: Any, element: Any) -> Row | None:
        """The line of one element of a record of the model; None: another command's."""
        if not isinstance(element, self.build):
            return None
        return Row({**self.table.key_values(record), **self.extra, **parts_of(element)})

    def _roll(self, draft: Draft, scope: Scope, values: Mapping[str, Any], source: Statement) -> Roll:
        record = self.record_of(draft, scope, values, source, True)
        name = self._list(values)
        found = record.roll(name)
        if found is None:
            found = record.rolls[name] = Roll()
        return found

    def _list(self, values: Mapping[str, Any]) -> str:
        flag, other = self.apart
        return other if values.get(flag) else self.list_name

    def _element(self, values: Mapping[str, Any], source: Statement) -> Any:
        return self.build(**self._parts(values), source=source)

    def _parts(self, values: Mapping[str, Any]) -> dict[str, Any]:
        outer = {*self.table.keys, *self.extra, "line"}
        return {name: value for name, value in values.items() if name not in outer}

    def _is_whole(self, parts: Mapping[str, Any]) -> bool:
        """Whether the parts say all of an element that has to be said."""
        needed = (one for one in fields(self.build) if one.default is MISSING and one.default_factory is MISSING)
        return all(one.name in parts or one.name == "source" for one in needed)


def parts_of(value: Any) -> dict[str, Any]:
    """The parts of a dataclass value that a line says: no sources, nothing that is None or False."""
    found = {one.name: getattr(value, one.name) for one in fields(value) if one.name != "source"}
    return {name: part for name, part in found.items() if part is not None and part is not False}
