"""Names that lead nowhere: interfaces, access lists, objects, time-ranges."""

from collections.abc import Iterator

from mainmode.device.config.checks.warning import missing
from mainmode.device.config.model import Ace, Configuration, GroupRef, NatRule, ObjectRef, PolicyNat, PolicyStatic
from mainmode.device.config.problem import Problem

_NO_OBJECT = frozenset({"any", "any4", "any6", "interface", "interface ipv6"})


def references(configuration: Configuration) -> Iterator[Problem]:
    """What commands outside the crypto maps name and nothing declares."""
    yield from _interfaces(configuration)
    yield from _access_lists(configuration)
    yield from _entries(configuration)
    for rule in configuration.nat_rules:
        yield from _nat(configuration, rule)


def _interfaces(configuration: Configuration) -> Iterator[Problem]:
    named = {one.nameif.value for one in configuration.interfaces if one.nameif is not None}
    used = [(bound.value, bound.source) for one in configuration.crypto_maps.values() for bound in one.interfaces]
    used += [(one.value, one.source) for one in configuration.enabled]
    used += [(one.interface, one.source) for one in configuration.access_groups if one.interface is not None]
    used += [(route.interface, route.source) for route in configuration.routes]
    used += [
        (name, rule.source)
        for rule in configuration.nat_rules
        for name in dict.fromkeys(rule.interfaces)
        if name != "any"
    ]
    used += [(one.interface, one.source) for one in (*configuration.old_nat, *configuration.global_pools)]
    used += [(name, rule.source) for rule in configuration.statics for name in dict.fromkeys(rule.interfaces)]
    for name, source in used:
        if name not in named:
            yield from missing(source, "interface", name, "the nameif of an interface")


def _access_lists(configuration: Configuration) -> Iterator[Problem]:
    used = [(one.acl, one.source) for one in configuration.access_groups]
    used += [
        (one.vpn_filter.value, one.vpn_filter.source)
        for one in configuration.group_policies.values()
        if one.vpn_filter is not None and one.vpn_filter.value is not None
    ]
    used += [(one.acl, one.source) for one in configuration.old_nat if isinstance(one, PolicyNat)]
    used += [(one.acl, one.source) for one in configuration.statics if isinstance(one, PolicyStatic)]
    for name, source in used:
        if name not in configuration.access_lists:
            yield from missing(source, "access-list", name, "the name of an access-list … extended")


def _entries(configuration: Configuration) -> Iterator[Problem]:
    """Objects and time-ranges of access lists that no crypto map uses: those of the others are told there."""
    maps = (*configuration.crypto_maps.values(), *configuration.dynamic_maps.values())
    told = {entry.acl.value for one in maps for entry in one.entries if entry.acl is not None}
    for access_list in configuration.access_lists.values():
        for entry in access_list.entries:
            if isinstance(entry, Ace):
                if access_list.name not in told:
                    yield from _objects(configuration, entry)
                if entry.time_range is not None and entry.time_range not in configuration.time_ranges:
                    yield from missing(entry.source, "time-range", entry.time_range, "the name of a time-range")


def _objects(configuration: Configuration, entry: Ace) -> Iterator[Problem]:
    for address in (entry.source_address, entry.destination_address):
        if isinstance(address, ObjectRef) and address.name not in configuration.objects:
            yield from missing(entry.source, "object", address.name, "the name of an object network")
        elif isinstance(address, GroupRef) and address.name not in configuration.groups:
            yield from missing(entry.source, "object-group", address.name, "the name of an object-group network")
    services = (entry.source_port, entry.destination_port, entry.icmp, entry.protocol)
    for service in services:
        if isinstance(service, ObjectRef) and service.name not in configuration.services:
            yield from missing(entry.source, "object", service.name, "the name of an object service")
        elif isinstance(service, GroupRef) and not _is_service_group(configuration, service.name):
            yield from missing(entry.source, "object-group", service.name, "the name of an object-group of services")


def _is_service_group(configuration: Configuration, name: str) -> bool:
    return any(
        name in one for one in (configuration.service_groups, configuration.protocol_groups, configuration.icmp_groups)
    )


def _nat(configuration: Configuration, rule: NatRule) -> Iterator[Problem]:
    addresses = (rule.real_source, rule.mapped_source, rule.mapped_destination, rule.real_destination)
    for name in dict.fromkeys(addresses):
        known = name is None or name in _NO_OBJECT or name in configuration.objects or name in configuration.groups
        if name is not None and not known:
            yield from missing(rule.source, "object", name, "the name of an object or object-group network")
    for name in dict.fromkeys((rule.mapped_service, rule.real_service)):
        if name is not None and name not in configuration.services:
            yield from missing(rule.source, "object", name, "the name of an object service")
