"""The address translation rules of a configuration, resolved and in the device's order."""

from ipaddress import IPv4Address

from mainmode.base.provenance import Source
from mainmode.device.addresses import AddressBook, Ranges, size
from mainmode.device.config.model import (
    AddressRange,
    Configuration,
    NatRule,
    NetworkObject,
    ObjectNat,
    PortIs,
    PortRange,
    Service,
)
from mainmode.device.nat_before_8_3 import dynamics, exemptions, statics
from mainmode.device.nat_rules import Rule, Services
from mainmode.device.services import Ports, ServiceBook, ports_of_match


def rules_of(configuration: Configuration) -> tuple[Rule, ...]:
    """Section 1 (twice NAT), section 2 (objects), section 3 (`after-auto`); inactive rules are left out.

    In section 2 static rules come before dynamic ones, then smaller objects, lower addresses, names. Before 8.3 there
    are exemptions, statics and pools instead, which stand in the three sections in this order.
    """
    reader = _Reader(configuration)
    manual = [rule for rule in configuration.nat_rules if not rule.inactive]
    objects = [
        (holder, holder.nat)
        for holder in sorted(configuration.objects.values(), key=lambda holder: holder.name)
        if holder.nat is not None and reader.book.named(holder.name)
    ]
    objects.sort(key=lambda pair: (pair[1].value.method == "dynamic", *reader.extent(pair[0])))
    rules: list[Rule] = []
    for rule in manual:
        if not rule.after_auto:
            rules.append(reader.twice(len(rules), 1, rule))
    rules += exemptions(configuration, len(rules))
    for holder, nat in objects:
        rules.append(reader.of_object(len(rules), holder, nat.value, nat.source))
    rules += statics(configuration, len(rules))
    for rule in manual:
        if rule.after_auto:
            rules.append(reader.twice(len(rules), 3, rule))
    rules += dynamics(configuration, len(rules))
    return tuple(rules)


class _Reader:
    def __init__(self, configuration: Configuration) -> None:
        self.book = AddressBook(configuration)
        self._services = ServiceBook(configuration)

    def extent(self, holder: NetworkObject) -> tuple[int, IPv4Address]:
        """How large an object is, and where it begins."""
        ranges = self.book.named(holder.name)
        return size(ranges), ranges[0].first

    def twice(self, order: int, section: int, rule: NatRule) -> Rule:
        mapped = None if rule.mapped_source == "interface" else self.book.named(rule.mapped_source)
        dynamic = rule.method == "dynamic"
        return Rule(
            order=order,
            section=section,
            real_interface=rule.interfaces[0],
            mapped_interface=rule.interfaces[1],
            dynamic=dynamic,
            unidirectional=rule.unidirectional,
            route_lookup=rule.route_lookup,
            pool=dynamic and (rule.pat_pool or mapped is None or size(mapped) == 1),
            round_robin=rule.round_robin,
            fallback=rule.interface,
            real_source=self.book.named(rule.real_source),
            mapped_source=mapped,
            mapped_destination=self._optional(rule.mapped_destination),
            real_destination=self._optional(rule.real_destination),
            services=self._twice_services(rule),
            source=rule.source,
        )

    def of_object(self, order: int, holder: NetworkObject, nat: ObjectNat, source: Source) -> Rule:
        real = self.book.named(holder.name)
        dynamic = nat.method == "dynamic"
        mapped: Ranges | None = None
        if isinstance(nat.mapped, IPv4Address):
            count = 1 if dynamic else size(real)
            mapped = (AddressRange(nat.mapped, IPv4Address(min(int(nat.mapped) + count - 1, 0xFFFFFFFF))),)
        elif nat.mapped != "interface":
            mapped = self.book.named(nat.mapped)
        services = None
        if nat.service is not None:
            one = nat.service
            services = Services(frozenset((one.protocol,)), ((one.real, one.real),), ((one.mapped, one.mapped),))
        return Rule(
            order=order,
            section=2,
            real_interface=nat.interfaces[0],
            mapped_interface=nat.interfaces[1],
            dynamic=dynamic,
            unidirectional=False,
            route_lookup=nat.route_lookup,
            pool=dynamic and (nat.pat_pool or mapped is None or size(mapped) == 1),
            round_robin=nat.round_robin,
            fallback=nat.interface,
            real_source=real,
            mapped_source=mapped,
            mapped_destination=None,
            real_destination=None,
            services=services,
            source=source,
        )

    def _optional(self, name: str | None) -> Ranges | None:
        return None if name is None else self.book.named(name)

    def _twice_services(self, rule: NatRule) -> Services | None:
        """`service FIRST SECOND`: the first object has the real source and the mapped destination ports.

        The second has what they become: the mapped source and the real destination ports.
        """
        if rule.mapped_service is None or rule.real_service is None:
            return None
        first, second = self._services.named(rule.mapped_service), self._services.named(rule.real_service)
        if not first or not second:
            return Services(frozenset())
        return Services(
            frozenset(first[0].protocols),
            _ports(first[0], source=True),
            _ports(second[0], source=True),
            _ports(first[0], source=False),
            _ports(second[0], source=False),
        )


def _ports(service: Service, *, source: bool) -> Ports | None:
    match: PortIs | PortRange | None = service.source_port if source else service.destination_port
    return None if match is None else ports_of_match(match)
