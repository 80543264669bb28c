"""From what the lines said to the model: records become values, and what no line says gets its declared default."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from mainmode.base.provenance import Default, Source
from mainmode.device.config import model
from mainmode.device.config.actions import NOTHING, Assign, Enter
from mainmode.device.config.commands import COMMANDS
from mainmode.device.config.commands.access_lists import ACCESS_LISTS
from mainmode.device.config.commands.administration import ADMINISTRATION, AUTHENTICATORS, ENABLE_LEVELS, USERS
from mainmode.device.config.commands.ike import ENABLED, POLICIES, TUNNEL_GROUPS
from mainmode.device.config.commands.inspection import POLICY_CLASSES, POLICY_MAPS, SERVICE_POLICIES
from mainmode.device.config.commands.interfaces import INTERFACES, MTUS
from mainmode.device.config.commands.ipsec import (
    BINDINGS,
    DF_BITS,
    DYNAMIC_ENTRIES,
    FRAGMENTATIONS,
    MAP_ENTRIES,
    TRANSFORM_SETS,
)
from mainmode.device.config.commands.logs import LOG_LISTS, LOG_MESSAGES, LOGGING
from mainmode.device.config.commands.objects import GROUPS, OBJECTS
from mainmode.device.config.commands.policies import GROUP_POLICIES, TIME_RANGES
from mainmode.device.config.commands.services import ICMP_GROUPS, PROTOCOL_GROUPS, SERVICE_GROUPS, SERVICES
from mainmode.device.config.commands.system import GLOBALS, LISTS, NAMES, TIMEOUTS
from mainmode.device.config.declaration import Command
from mainmode.device.config.draft import Draft, Record, Row, Table
from mainmode.device.config.model import Configuration, Release, Sourced
from mainmode.device.config.parts import Spelling
from mainmode.device.config.problem import Problem

T = TypeVar("T")


def _fields() -> dict[Table, dict[str, Command | None]]:
    found: dict[Table, dict[str, Command | None]] = {}
    for one in COMMANDS:
        if isinstance(one.action, Assign | Enter) and one.written:
            fields = found.setdefault(one.action.table, {})
            for name in one.action.fields:
                fields[name] = one if _has_default(one) else fields.get(name)
    return found


def _has_default(one: Command) -> bool:
    return isinstance(one.action, Assign) and (one.action.default is not NOTHING or one.action.builtin is not NOTHING)


def _default_of(one: Command | None, name: str) -> Any:
    return one.action.default_of(name) if one is not None and isinstance(one.action, Assign) else NOTHING


_FIELDS = _fields()
"""By table: every field, with the command that declares its default."""


def _assigned() -> dict[Table, list[Assign]]:
    found: dict[Table, list[Assign]] = {}
    for one in COMMANDS:
        if one.written and isinstance(one.action, Assign):
            found.setdefault(one.action.table, []).append(one.action)
    return found


_ASSIGNED = _assigned()
"""By table: what sets fields of its records."""

Defaults = dict[tuple[Any, ...], Sourced[Any] | None]
"""Defaults by the command that declares them, the field and the record: they stay when a file is assembled again."""


def assemble(
    draft: Draft,
    file: str,
    lines: tuple[str, ...],
    release: Release,
    problems: tuple[Problem, ...],
    defaults: Defaults | None = None,
) -> Configuration:
    """The configuration that the draft's records amount to. `defaults` are kept from one time to the next."""
    build = _Builder(draft, file, release, {} if defaults is None else defaults)
    settings = draft.of(GLOBALS).get((), Record((), None))
    lists = draft.of(LISTS).get((), Record((), None))
    nat_rules = (*lists.rolls.get("nat_rules", ()), *lists.rolls.get("late_nat_rules", ()))
    interfaces = tuple(_with_security_level(one, file) for one in build.all(INTERFACES, model.Interface))
    draft.of(GROUP_POLICIES).setdefault((model.DEFAULT_GROUP_POLICY,), Record((model.DEFAULT_GROUP_POLICY,), None))
    names = {key[0]: record.fields["address"] for key, record in draft.of(NAMES).items()}
    return Configuration(
        file=file,
        lines=lines,
        release=release,
        problems=problems,
        settings=model.Globals(
            **build.values(GLOBALS, settings),
            logging=_logging(build, draft),
            administration=_administration(build, draft),
            timeouts=model.Timeouts(**build.values(TIMEOUTS, draft.of(TIMEOUTS).get((), Record((), None)))),
        ),
        interfaces=interfaces,
        names=names,
        objects={one.name: one for one in build.all(OBJECTS, model.NetworkObject)},
        groups={one.name: one for one in build.all(GROUPS, model.NetworkGroup, "members")},
        services={one.name: one for one in build.all(SERVICES, model.ServiceObject)},
        service_groups={one.name: one for one in build.all(SERVICE_GROUPS, model.ServiceGroup, "members")},
        protocol_groups={one.name: one for one in build.all(PROTOCOL_GROUPS, model.ProtocolGroup, "members")},
        icmp_groups={one.name: one for one in build.all(ICMP_GROUPS, model.IcmpGroup, "members")},
        time_ranges={one.name: one for one in build.all(TIME_RANGES, model.TimeRange, "periods")},
        mtus=build.by_interface(MTUS, "mtu", interfaces),
        fragmentation=build.by_interface(FRAGMENTATIONS, "fragmentation", interfaces),
        df_bits=build.by_interface(DF_BITS, "df_bits", interfaces),
        access_lists={one.name: one for one in build.all(ACCESS_LISTS, model.AccessList, "entries") if one.entries},
        access_groups=tuple(lists.rolls.get("access_groups", ())),
        nat_rules=nat_rules,
        old_nat=tuple(lists.rolls.get("old_nat", ())),
        global_pools=tuple(lists.rolls.get("global_pools", ())),
        statics=tuple(lists.rolls.get("statics", ())),
        routes=tuple(lists.rolls.get("routes", ())),
        null_routes=tuple(lists.rolls.get("null_routes", ())),
        transform_sets={one.name: one for one in build.all(TRANSFORM_SETS, model.TransformSet)},
        crypto_maps=_maps(build.entries(MAP_ENTRIES), _bindings(draft)),
        dynamic_maps=_maps(build.entries(DYNAMIC_ENTRIES), {}),
        policies=tuple(sorted(build.all(POLICIES, model.Policy), key=lambda policy: policy.priority)),
        enabled=tuple(Sourced(record.key[0], _source(record)) for record in draft.of(ENABLED).values()),
        policy_maps=_policy_maps(build),
        service_policies={key[0]: one.fields["policy_map"] for key, one in draft.of(SERVICE_POLICIES).items()},
        group_policies={one.name: one for one in build.all(GROUP_POLICIES, model.ConfiguredGroupPolicy)},
        tunnel_groups={one.name: one for one in build.tunnel_groups()},
        users={one.name: one for one in build.all(USERS, model.User)},
        enable_passwords={one.level: one for one in build.all(ENABLE_LEVELS, model.EnablePassword)},
        authenticators={one.service: one for one in build.all(AUTHENTICATORS, model.Authenticator)},
    )


class _Builder:
    """Makes records into values of the model."""

    def __init__(self, draft: Draft, file: str, release: Release, defaults: Defaults) -> None:
        self._draft = draft
        self._file = file
        self._release = release
        self._spelling = Spelling(release)
        self._defaults = defaults

    def all(self, table: Table, cls: Callable[..., T], *rolls: str) -> list[T]:
        """The table's records as values of `cls`; `rolls` are the lists that they hold."""
        return [
            cls(
                source=record.source or Default(self._file, f"{table.noun} {record.key[0]} attributes"),
                **self.values(table, record),
                **{name: tuple(record.rolls.get(name, ())) for name in rolls},
            )
            for record in self._draft.of(table).values()
        ]

    def by_interface(self, table: Table, name: str, interfaces: tuple[model.Interface, ...]) -> dict[str, Sourced[Any]]:
        """What is said by nameif; the default for every named interface of which nothing is said."""
        said = {key[0]: record.fields[name] for key, record in self._draft.of(table).items()}
        found: dict[str, Sourced[Any]] = {}
        for nameif in dict.fromkeys([one.nameif.value for one in interfaces if one.nameif is not None]):
            default = self._default(_FIELDS[table][name], name, {"interface": nameif})
            if default is not None:
                found[nameif] = said.pop(nameif, default)
        return found | {
            nameif: one for nameif, one in said.items() if one.value != _default_of(_FIELDS[table][name], name)
        }

    def entries(self, table: Table) -> list[model.CryptoMapEntry]:
        """Crypto map entries; one that says nothing but defaults is none, as it would not be written."""
        return [entry for entry in self.all(table, model.CryptoMapEntry) if _says_something(table, entry)]

    def tunnel_groups(self) -> list[model.TunnelGroup]:
        """Tunnel-groups; a built-in one that says nothing but defaults is none, as it would not be written."""
        groups = self.all(TUNNEL_GROUPS, model.TunnelGroup)
        return [one for one in groups if one.type is not None or _says_something(TUNNEL_GROUPS, one)]

    def values(self, table: Table, record: Record) -> dict[str, Any]:
        """Keys and fields of a record; None for what neither a line nor a default says."""
        keys = dict(zip(table.keys, record.key, strict=True))
        values: dict[str, Any] = dict(keys)
        builtin = bool(record.key) and record.key[0] in table.builtin
        for name, command in _FIELDS.get(table, {}).items():
            found = record.fields.get(name)
            values[name] = self._default(command, name, keys, builtin) if found is None else found
        return values

    def _default(
        self, command: Command | None, name: str, keys: Mapping[str, Any], builtin: bool = False
    ) -> Sourced[Any] | None:
        """The default that a command declares, said by its line; None: it has none for this record."""
        if command is None:
            return None
        known = (id(command), name, self._release, builtin, *keys.values())
        if known not in self._defaults:
            self._defaults[known] = self._declared(command, name, keys, builtin)
        return self._defaults[known]

    def _declared(self, command: Command, name: str, keys: Mapping[str, Any], builtin: bool) -> Sourced[Any] | None:
        if not isinstance(command.action, Assign):
            return None
        action = command.action
        value = action.builtin if builtin and action.builtin is not NOTHING else action.default
        if value is NOTHING:
            return None
        row = next(action.row_for(value, keys), Row(keys, negated=True))
        if len(action.fields) > 1:
            value = action.default_of(name)
        return Sourced(value, Default(self._file, command.text(row, self._spelling)))


def _says_something(table: Table, record: Any) -> bool:
    return any(True for action in _ASSIGNED.get(table, ()) for _ in action.rows(record))


def _source(record: Record) -> Source:
    if record.source is None:
        raise TypeError("only the globals come without a line")
    return record.source


def _with_security_level(interface: model.Interface, file: str) -> model.Interface:
    if interface.nameif is None or interface.security_level is not None:
        return interface
    level = 100 if interface.nameif.value == "inside" else 0
    return replace(interface, security_level=Sourced(level, Default(file, f"security-level {level}")))


def _logging(build: "_Builder", draft: Draft) -> model.LogSettings:
    record = draft.of(LOGGING).get((), Record((), None))
    messages = build.all(LOG_MESSAGES, model.LogMessage)
    return model.LogSettings(
        **build.values(LOGGING, record),
        hosts=tuple(record.rolls.get("hosts", ())),
        classes=tuple(record.rolls.get("classes", ())),
        messages={one.message: one for one in messages if one.level is not None or not one.enabled.value},
        lists={one.name: one for one in build.all(LOG_LISTS, model.LogList, "members") if one.members},
    )


def _administration(build: "_Builder", draft: Draft) -> model.Administration:
    record = draft.of(ADMINISTRATION).get((), Record((), None))
    return model.Administration(
        **build.values(ADMINISTRATION, record),
        ssh_clients=tuple(record.rolls.get("ssh_clients", ())),
        telnet_clients=tuple(record.rolls.get("telnet_clients", ())),
        banners=tuple(record.rolls.get("banners", ())),
    )


def _policy_maps(build: "_Builder") -> dict[str, model.PolicyMap]:
    found = {one.name: one for one in build.all(POLICY_MAPS, model.PolicyMap)}
    for one in build.all(POLICY_CLASSES, model.PolicyClass):
        outer = found[one.policy_map]
        found[one.policy_map] = replace(outer, classes=(*outer.classes, one))
    return found


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
