"""The names in a configuration that may stand in a part of a line, for help and completion."""

from collections.abc import Callable, Iterable, Mapping

from mainmode.device.config.commands.ipsec import DYNAMIC_ENTRIES
from mainmode.device.config.declaration import Command
from mainmode.device.config.model import Configuration
from mainmode.device.config.ways import Value

_Names = Callable[[Configuration], Iterable[str]]


def _nameifs(configuration: Configuration) -> Iterable[str]:
    return [one.nameif.value for one in configuration.interfaces if one.nameif is not None]


def _lists(configuration: Configuration) -> Iterable[str]:
    return configuration.access_lists


def _objects(configuration: Configuration) -> Iterable[str]:
    return [*configuration.objects, *configuration.services]


def _groups(configuration: Configuration) -> Iterable[str]:
    return [
        *configuration.groups,
        *configuration.service_groups,
        *configuration.protocol_groups,
        *configuration.icmp_groups,
    ]


def _log_lists(configuration: Configuration) -> Iterable[str]:
    return configuration.settings.logging.lists


_BY_PART: Mapping[str, tuple[_Names, str]] = {
    "interface": (_nameifs, "an interface"),
    "management_access": (_nameifs, "an interface"),
    "acl": (_lists, "an access list"),
    "vpn_filter": (_lists, "an access list"),
    "transform_sets": (lambda configuration: configuration.transform_sets, "a transform-set"),
    "dynamic": (lambda configuration: configuration.dynamic_maps, "a dynamic map"),
    "group_policy": (lambda configuration: configuration.group_policies, "a group-policy"),
    "model": (lambda configuration: configuration.group_policies, "a group-policy"),
    "time_range": (lambda configuration: configuration.time_ranges, "a time-range"),
    "service_policy": (lambda configuration: configuration.policy_maps, "a policy map"),
    "policy_map": (lambda configuration: configuration.policy_maps, "a policy map"),
    "real_source": (_objects, "an object"),
    "mapped_source": (_objects, "an object"),
    "real_destination": (_objects, "an object"),
    "mapped_destination": (_objects, "an object"),
    "console": (_log_lists, "a logging list"),
    "monitor": (_log_lists, "a logging list"),
    "buffered": (_log_lists, "a logging list"),
    "trap": (_log_lists, "a logging list"),
    "history": (_log_lists, "a logging list"),
}
_BY_WORD: Mapping[str, tuple[_Names, str]] = {
    "interface": (_nameifs, "an interface"),
    "access-list": (_lists, "an access list"),
    "object": (_objects, "an object"),
    "object-group": (_groups, "an object-group"),
    "group-object": (_groups, "an object-group"),
    "tunnel-group": (lambda configuration: configuration.tunnel_groups, "a tunnel-group"),
    "group-policy": (lambda configuration: configuration.group_policies, "a group-policy"),
    "time-range": (lambda configuration: configuration.time_ranges, "a time-range"),
    "policy-map": (lambda configuration: configuration.policy_maps, "a policy map"),
    "transform-set": (lambda configuration: configuration.transform_sets, "a transform-set"),
    "username": (lambda configuration: configuration.users, "a user"),
}
"""By the word in front, where the part is only called a name."""


def existing(configuration: Configuration, command: Command, value: Value, before: str) -> dict[str, str]:
    """Names for one part of a command and what each is; `before` is the word in front of it."""
    if value.name == "map_name":
        dynamic = command.action.table is DYNAMIC_ENTRIES
        names: Iterable[str] = configuration.dynamic_maps if dynamic else configuration.crypto_maps
        return dict.fromkeys(names, "a dynamic map" if dynamic else "a crypto map")
    found = _BY_PART.get(value.name) if value.name != "name" else _named_by(command, before)
    named = dict.fromkeys(found[0](configuration), found[1]) if found is not None else {}
    if value.kind is not None and value.kind.label == "A.B.C.D":
        named |= dict.fromkeys(configuration.names, "an address by its name")
    return named


def _named_by(command: Command, before: str) -> tuple[_Names, str] | None:
    if before.lower() == "network" or before.lower() == "service":
        noun = command.action.table.noun
        return _BY_WORD.get(noun)
    if before.lower() == "interface" and command.action.table.noun == "interface":
        return (lambda configuration: [one.name for one in configuration.interfaces]), "an interface"
    return _BY_WORD.get(before.lower())
