"""Which address translation rule a packet meets, in either direction, and what becomes of the packet's addresses.

The device's order: the destination is translated back first, which may also say by which interface the packet leaves;
access lists come in between; then the first rule that fits the source translates it.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from ipaddress import IPv4Address
from typing import NamedTuple

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.prefixes import PrefixIndex
from mainmode.base.provenance import Source
from mainmode.device.addresses import EVERYTHING, AddressBook, Ranges, holds, size
from mainmode.device.config.model import AddressRange, Configuration
from mainmode.device.flow import Flow
from mainmode.device.nat_rules import Rule
from mainmode.device.nat_sections import rules_of
from mainmode.device.services import Ports, within
from mainmode.wire.ip import Ipv4, adjusted

_CHECKSUM_AT = {int(IpProtocol.TCP): 16, int(IpProtocol.UDP): 6}
Egress = Callable[[IPv4Address], str | None]
"""The interface (nameif) by which an address is reached."""


class Untranslated(NamedTuple):
    """Where a packet really goes. `rule` None: no rule says anything about its destination.

    `backward`: the packet comes from the rule's mapped side. `egress` is the interface that the rule leads out by;
    None where the routes decide.
    """

    destination: IPv4Address
    port: int
    rule: Rule | None = None
    backward: bool = False
    egress: str | None = None


class Translated(NamedTuple):
    """What a static rule makes of a packet's source. A `dynamic` one still has to find a free address or port."""

    source: IPv4Address
    port: int
    rule: Rule | None = None
    dynamic: bool = False


@dataclass(slots=True)
class NatHits:
    """How many connections a rule translated, from its real side and from its mapped side."""

    translated: int = 0
    untranslated: int = 0


@dataclass(slots=True)
class _Index:
    """Rules by the end of a packet that tells more of them apart, its source or its destination."""

    source: PrefixIndex[Rule] = field(default_factory=PrefixIndex)
    destination: PrefixIndex[Rule] = field(default_factory=PrefixIndex)

    def add(self, rule: Rule, source: Ranges, destination: Ranges) -> None:
        """A rule that looks for both ends in these ranges."""
        by_source = size(source) <= size(destination)
        ranges = source if by_source else destination
        (self.source if by_source else self.destination).add(((one.first, one.last) for one in ranges), rule)

    def find(self, flow: Flow) -> list[Rule]:
        """The rules that may be about a packet, in their order."""
        found = [*self.source.find(int(flow.source)), *self.destination.find(int(flow.destination))]
        return sorted(found, key=_order)


def _order(rule: Rule) -> int:
    return rule.order


@dataclass(slots=True)
class _RuleBook:
    """The rules of one configuration in the device's order, and those for packets from each of their two sides."""

    rules: tuple[Rule, ...]
    ahead: _Index = field(default_factory=_Index)
    back: _Index = field(default_factory=_Index)


class Translator:
    """The rules of one configuration, in the device's order."""

    def __init__(self, configuration: Configuration, previous: "Translator | None" = None) -> None:
        """`previous` is the translator before a change of configuration: rules that stayed keep their counts."""
        self._book = AddressBook(configuration)
        self._by = configuration.derived(_rule_book)
        self.rules = self._by.rules
        self._hits: list[NatHits]
        if previous is None:
            self._hits = [NatHits() for _ in self.rules]
        else:
            kept = dict(zip(previous.rules, previous._hits, strict=True))
            self._hits = [kept.get(rule) or NatHits() for rule in self.rules]

    @property
    def hits(self) -> Mapping[Source, NatHits]:
        """The counts of each rule, by its line."""
        return {rule.source: hits for rule, hits in zip(self.rules, self._hits, strict=True)}

    def clear_hits(self) -> None:
        """All counts back to nothing."""
        self._hits = [NatHits() for _ in self.rules]

    def count(self, found: Untranslated, source: Translated) -> None:
        """A connection began that these rules translated."""
        ahead = found.rule if not found.backward else None
        if found.rule is not None and found.backward:
            self._hits[found.rule.order].untranslated += 1
        if ahead is not None:
            self._hits[ahead.order].translated += 1
        if source.rule is not None and source.rule is not ahead and source.rule is not found.rule:
            self._hits[source.rule.order].translated += 1

    def untranslate(self, ingress: str, flow: Flow, egress: Egress) -> Untranslated:
        """The real destination of a packet that came in by `ingress`, by the first rule that knows it."""
        candidates = {rule.order: rule for rule in self._by.ahead.find(flow) if rule.on_destination}
        candidates |= {rule.order: rule for rule in self._by.back.find(flow)}
        for _, rule in sorted(candidates.items()):
            found = self._ahead(rule, ingress, flow, egress) if rule.on_destination else None
            if found is None and not rule.dynamic and not rule.unidirectional:
                found = self._back(rule, ingress, flow, egress)
            if found is not None:
                return found
        return Untranslated(flow.destination, flow.destination_port)

    def translate(self, ingress: str, leaving: str, flow: Flow, found: Untranslated) -> Translated:
        """What becomes of the source of a packet that leaves by `leaving`; `flow` is as it came in."""
        if found.rule is not None and found.backward and found.rule.on_destination:
            return _origin(found.rule, flow)
        for rule in self._by.ahead.find(flow):
            if not _on(rule.real_interface, ingress) or not _on(rule.mapped_interface, leaving):
                continue
            if _real_side(rule, flow):
                return self._mapped_source(rule, flow, leaving)
        return Translated(flow.source, flow.source_port)

    def asymmetric(self, ingress: str, leaving: str, flow: Flow, found: Untranslated) -> Rule | None:
        """The rule that would translate the replies though none translated the packet; None where all is well."""
        if found.rule is not None and not found.backward:
            return None
        back = Flow(found.destination, flow.source, flow.protocol, found.port, flow.source_port)
        answered = self.translate(leaving, ingress, back, Untranslated(back.destination, back.destination_port))
        if answered.rule is None or answered.rule is found.rule:
            return None
        changed = answered.dynamic or (answered.source, answered.port) != (flow.destination, flow.destination_port)
        return answered.rule if changed else None

    def _ahead(self, rule: Rule, ingress: str, flow: Flow, egress: Egress) -> Untranslated | None:
        """From the rule's real side to a mapped destination."""
        if not _on(rule.real_interface, ingress) or not _real_side(rule, flow):
            return None
        real = _mapped(flow.destination, rule.mapped_destination, rule.real_destination)
        if real is None:
            return None
        services = rule.services
        port = flow.destination_port
        if services is not None and services.mapped_destination is not None:
            port = _port(port, services.mapped_destination, services.real_destination)
        return _led(rule, rule.mapped_interface, Untranslated(real, port, rule), egress)

    def _back(self, rule: Rule, ingress: str, flow: Flow, egress: Egress) -> Untranslated | None:
        """From the rule's mapped side to a mapped source."""
        if not _on(rule.mapped_interface, ingress):
            return None
        target = rule.mapped_source if rule.mapped_source is not None else self.own(ingress)
        if not holds(target, flow.destination):
            return None
        services = rule.services
        port = flow.destination_port
        if services is not None:
            if flow.protocol not in services.protocols:
                return None
            if services.mapped_source is not None:
                if not within(services.mapped_source, port):
                    return None
                port = _port(port, services.mapped_source, services.real_source)
            if services.real_destination is not None and not within(services.real_destination, flow.source_port):
                return None
        if rule.real_destination is not None and not holds(rule.real_destination, flow.source):
            return None
        real = _mapped(flow.destination, target, rule.real_source)
        if real is None:
            return None
        return _led(rule, rule.real_interface, Untranslated(real, port, rule, backward=True), egress)

    def _mapped_source(self, rule: Rule, flow: Flow, leaving: str) -> Translated:
        if rule.dynamic:
            return Translated(flow.source, flow.source_port, rule, dynamic=True)
        target = rule.mapped_source if rule.mapped_source is not None else self.own(leaving)
        mapped = _mapped(flow.source, rule.real_source, target)
        services = rule.services
        port = flow.source_port
        if services is not None and services.real_source is not None:
            port = _port(port, services.real_source, services.mapped_source)
        return Translated(mapped if mapped is not None else flow.source, port, rule)

    def own(self, nameif: str) -> Ranges:
        """The address of an interface, as ranges; empty where it has none."""
        own = self._book.interface(nameif)
        return () if own is None else (AddressRange(own, own),)


def _rule_book(configuration: Configuration) -> _RuleBook:
    by = _RuleBook(rules_of(configuration))
    for rule in by.rules:
        by.ahead.add(rule, rule.real_source, rule.mapped_destination or EVERYTHING)
        if not rule.dynamic and not rule.unidirectional:
            mapped = rule.mapped_source if rule.mapped_source is not None else EVERYTHING
            by.back.add(rule, rule.real_destination or EVERYTHING, mapped)
    return by


def _led(rule: Rule, towards: str, found: Untranslated, egress: Egress) -> Untranslated | None:
    """The way out that a rule gives: its own interface, or with `any` and `route-lookup` the routes' if that fits."""
    if towards != "any" and not rule.route_lookup:
        return found._replace(egress=towards)
    leaving = egress(found.destination)
    return found if leaving is not None and _on(towards, leaving) else None


def _real_side(rule: Rule, flow: Flow) -> bool:
    """Whether a packet from the real side is one that the rule is about."""
    if not holds(rule.real_source, flow.source):
        return False
    if rule.mapped_destination is not None and not holds(rule.mapped_destination, flow.destination):
        return False
    services = rule.services
    return services is None or (
        flow.protocol in services.protocols
        and (services.real_source is None or within(services.real_source, flow.source_port))
        and (services.mapped_destination is None or within(services.mapped_destination, flow.destination_port))
    )


def _origin(rule: Rule, flow: Flow) -> Translated:
    """What the source of a packet from the mapped side becomes: the mapped destination of the rule."""
    source = _mapped(flow.source, rule.real_destination, rule.mapped_destination)
    services = rule.services
    port = flow.source_port
    if services is not None and services.real_destination is not None:
        port = _port(port, services.real_destination, services.mapped_destination)
    return Translated(source if source is not None else flow.source, port, rule)


def _on(wanted: str, interface: str) -> bool:
    return wanted in ("any", interface)


def _port(port: int, inside: Ports, beyond: Ports | None) -> int:
    """A port's counterpart by its place in the range; itself where the rule has no other ports."""
    if not beyond:
        return port
    (first, _), (other, last) = inside[0], beyond[0]
    return min(other + port - first, last)


def _mapped(address: IPv4Address, inside: Ranges | None, beyond: Ranges | None) -> IPv4Address | None:
    """`address`, a member of `inside`, as its counterpart in `beyond`; unchanged where the rule has none."""
    if inside is None or beyond is None:
        return address if inside is None or holds(inside, address) else None
    offset = 0
    for one in inside:
        if int(one.first) <= int(address) <= int(one.last):
            return nth(beyond, (offset + int(address) - int(one.first)) % size(beyond)) if beyond else None
        offset += int(one.last) - int(one.first) + 1
    return None


def nth(ranges: Ranges, offset: int) -> IPv4Address | None:
    """The address at this place, counted from 0; None behind the end."""
    for one in ranges:
        length = int(one.last) - int(one.first) + 1
        if offset < length:
            return IPv4Address(int(one.first) + offset)
        offset -= length
    return None


def rewritten(
    packet: Ipv4,
    source: IPv4Address,
    destination: IPv4Address,
    ports: tuple[int, int] | None = None,
    identifier: int | None = None,
) -> Ipv4:
    """The packet with other addresses, ports (TCP, UDP) or echo identifier (ICMP); checksums follow (RFC 1624)."""
    payload = packet.payload
    if packet.fragment_offset:
        return packet._replace(source=source, destination=destination)
    at = _CHECKSUM_AT.get(packet.protocol)
    if identifier is not None:
        new = identifier.to_bytes(2)
        carried = adjusted(int.from_bytes(payload[2:4]), payload[4:6], new)
        payload = payload[:2] + carried.to_bytes(2) + new + payload[6:]
    elif at is not None and len(payload) >= at + 2:
        moved = payload[:4] if ports is None else ports[0].to_bytes(2) + ports[1].to_bytes(2)
        carried = int.from_bytes(payload[at : at + 2])
        if carried or packet.protocol != IpProtocol.UDP:
            old = packet.source.packed + packet.destination.packed + payload[:4]
            carried = adjusted(carried, old, source.packed + destination.packed + moved) or 0xFFFF
        payload = moved + payload[4:at] + carried.to_bytes(2) + payload[at + 2 :]
    return packet._replace(source=source, destination=destination, payload=payload)
