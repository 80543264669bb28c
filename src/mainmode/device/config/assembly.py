"""From what the lines said to the model: records become values, and what no line says gets its declared default."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from mainmode.base.provenance import Default, Source
from mainmode.device.config import model
from mainmode.device.config.commands import COMMANDS
from mainmode.device.config.commands.access_lists import ACCESS_LISTS
from mainmode.device.config.commands.ike import ENABLED, POLICIES, TUNNEL_GROUPS
from mainmode.device.config.commands.interfaces import INTERFACES
from mainmode.device.config.commands.ipsec import BINDINGS, DYNAMIC_ENTRIES, MAP_ENTRIES, TRANSFORM_SETS
from mainmode.device.config.commands.objects import GROUPS, OBJECTS
from mainmode.device.config.commands.system import GLOBALS, LISTS, NAMES
from mainmode.device.config.declaration import NOTHING, Assign, Command, Draft, Record, Table
from mainmode.device.config.model import Configuration, Release, Sourced
from mainmode.device.config.problem import Problem

T = TypeVar("T")


def _fields() -> dict[Table, dict[str, Command | None]]:
    found: dict[Table, dict[str, Command | None]] = {}
    for one in COMMANDS:
        if isinstance(one.action, Assign):
            fields = found.setdefault(one.action.table, {})
            for name in one.action.fields:
                defaulted = one.action.default is not NOTHING
                fields[name] = one if defaulted else fields.get(name)
    return found


_FIELDS = _fields()
"""By table: every field, with the command that declares its default."""


def assemble(
    draft: Draft, file: str, lines: tuple[str, ...], release: Release, problems: tuple[Problem, ...]
) -> Configuration:
    """The configuration that the draft's records amount to."""
    build = _Builder(draft, file, release)
    settings = draft.of(GLOBALS).get((), Record((), None))
    lists = draft.of(LISTS).get((), Record((), None))
    nat_rules = sorted(lists.rolls.get("nat_rules", ()), key=lambda rule: rule.after_auto)
    names = {key[0]: record.fields["address"] for key, record in draft.of(NAMES).items()}
    return Configuration(
        file=file,
        lines=lines,
        release=release,
        problems=problems,
        settings=model.Globals(**build.values(GLOBALS, settings)),
        interfaces=tuple(_with_security_level(one, file) for one in build.all(INTERFACES, model.Interface)),
        names=names,
        objects={one.name: one for one in build.all(OBJECTS, model.NetworkObject)},
        groups={one.name: one for one in build.all(GROUPS, model.NetworkGroup, "members")},
        access_lists={one.name: one for one in build.all(ACCESS_LISTS, model.AccessList, "entries") if one.entries},
        access_groups=tuple(lists.rolls.get("access_groups", ())),
        nat_rules=tuple(nat_rules),
        routes=tuple(lists.rolls.get("routes", ())),
        transform_sets={one.name: one for one in build.all(TRANSFORM_SETS, model.TransformSet)},
        crypto_maps=_maps(build.entries(MAP_ENTRIES), _bindings(draft)),
        dynamic_maps=_maps(build.entries(DYNAMIC_ENTRIES), {}),
        policies=tuple(sorted(build.all(POLICIES, model.Policy), key=lambda policy: policy.priority)),
        enabled=tuple(Sourced(record.key[0], _source(record)) for record in draft.of(ENABLED).values()),
        tunnel_groups={one.name: one for one in build.all(TUNNEL_GROUPS, model.TunnelGroup)},
    )


class _Builder:
    """Makes records into values of the model."""

    def __init__(self, draft: Draft, file: str, release: Release) -> None:
        self._draft = draft
        self._file = file
        self._release = release

    def all(self, table: Table, cls: Callable[..., T], *rolls: str) -> list[T]:
        """The table's records as values of `cls`; `rolls` are the lists that they hold."""
        return [
            cls(
                source=_source(record),
                **self.values(table, record),
                **{name: tuple(record.rolls.get(name, ())) for name in rolls},
            )
            for record in self._draft.of(table).values()
        ]

    def entries(self, table: Table) -> list[model.CryptoMapEntry]:
        """Crypto map entries; one that says nothing but defaults is none, as it would not be written."""
        actions = [command.action for command in COMMANDS if command.written and command.action.table is table]
        entries = self.all(table, model.CryptoMapEntry)
        return [entry for entry in entries if any(row for action in actions for row in action.rows(entry))]

    def values(self, table: Table, record: Record) -> dict[str, Any]:
        """Keys and fields of a record; None for what neither a line nor a default says."""
        keys = dict(zip(table.keys, record.key, strict=True))
        values: dict[str, Any] = dict(keys)
        for name, command in _FIELDS.get(table, {}).items():
            found = record.fields.get(name)
            values[name] = self._default(command, keys) if found is None and command is not None else found
        return values

    def _default(self, command: Command, keys: Mapping[str, Any]) -> Sourced[Any]:
        action = command.action
        if not isinstance(action, Assign):
            raise TypeError("only an assignment has a default")
        row = next(action.row_for(action.default, keys))
        return Sourced(action.default, Default(self._file, command.text(row, self._release)))


def _source(record: Record) -> Source:
    if record.source is None:
        raise TypeError("only the globals come without a line")
    return record.source


def _with_security_level(interface: model.Interface, file: str) -> model.Interface:
    if interface.nameif is None or interface.security_level is not None:
        return interface
    level = 100 if interface.nameif.value == "inside" else 0
    return replace(interface, security_level=Sourced(level, Default(file, f"security-level {level}")))


def _bindings(draft: Draft) -> dict[str, list[Sourced[str]]]:
    bound: dict[str, list[Sourced[str]]] = {}
    for record in draft.of(BINDINGS).values():
        map_name = record.fields["map_name"]
        bound.setdefault(map_name.value, []).append(Sourced(record.key[0], map_name.source))
    return bound


def _maps(
    entries: list[model.CryptoMapEntry], bindings: Mapping[str, list[Sourced[str]]]
) -> dict[str, model.CryptoMap]:
    by_name: dict[str, list[model.CryptoMapEntry]] = {one.map_name: [] for one in entries}
    by_name |= {name: [] for name in bindings if name not in by_name}
    for one in entries:
        by_name[one.map_name].append(one)
    return {
        name: model.CryptoMap(
            name, tuple(sorted(members, key=lambda entry: entry.sequence)), tuple(bindings.get(name, ()))
        )
        for name, members in by_name.items()
    }
