"""Address translation: twice NAT (sections 1 and 3) and object NAT (section 2), for one packet at a time.

Not evaluated: rules with a service (the configuration has no service objects), and the way back through a
dynamic rule, since the box keeps no table of translations.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.base.provenance import Source
from mainmode.device.addresses import AddressBook, Ranges, holds, size
from mainmode.device.config.model import AddressRange, Configuration, NatRule, NetworkObject
from mainmode.wire.ip import Ipv4

_CHECKSUM_AT = {int(IpProtocol.TCP): 16, int(IpProtocol.UDP): 6}
Egress = Callable[[IPv4Address], str | None]
"""The interface (nameif) by which an address is reached."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `mapped_source` None: the egress interface's address; destination None: any."""

    real_interface: str
    mapped_interface: str
    dynamic: bool
    unidirectional: bool
    real_source: Ranges
    mapped_source: Ranges | None
    mapped_destination: Ranges | None
    real_destination: Ranges | None
    source: Source


@dataclass(frozen=True, slots=True)
class Translation:
    """The addresses of a packet behind the box, and the rule that says so (None: no rule matches)."""

    source: IPv4Address
    destination: IPv4Address
    rule: Rule | None


class Translator:
    """The rules of one configuration, in the device's order."""

    def __init__(self, configuration: Configuration) -> None:
        self._book = AddressBook(configuration)
        manual = [rule for rule in configuration.nat_rules if not rule.inactive and rule.real_service is None]
        self.rules = (
            *(self._twice(rule) for rule in manual if not rule.after_auto),
            *self._object_rules(configuration),
            *(self._twice(rule) for rule in manual if rule.after_auto),
        )

    def translate(self, ingress: str, source: IPv4Address, destination: IPv4Address, egress: Egress) -> Translation:
        """What the first rule that matches, in either direction, makes of the addresses."""
        for rule in self.rules:
            found = self._forward(rule, ingress, source, destination, egress)
            if found is None and not rule.dynamic and not rule.unidirectional:
                found = self._backward(rule, ingress, source, destination, egress)
            if found is not None:
                return found
        return Translation(source, destination, None)

    def _forward(
        self, rule: Rule, ingress: str, source: IPv4Address, destination: IPv4Address, egress: Egress
    ) -> Translation | None:
        """Real to mapped: the packet comes from the rule's real side."""
        if not _on(rule.real_interface, ingress) or not holds(rule.real_source, source):
            return None
        beyond = _mapped(destination, rule.mapped_destination, rule.real_destination)
        leaving = egress(beyond) if beyond is not None else None
        if beyond is None or leaving is None or not _on(rule.mapped_interface, leaving):
            return None
        if rule.mapped_source is None:
            own = self._book.interface(leaving)
            return None if own is None else Translation(own, beyond, rule)
        mapped = _mapped(source, rule.real_source, rule.mapped_source)
        return None if mapped is None else Translation(mapped, beyond, rule)

    def _backward(
        self, rule: Rule, ingress: str, source: IPv4Address, destination: IPv4Address, egress: Egress
    ) -> Translation | None:
        """Mapped to real: the packet comes from the other side and is for a mapped address."""
        if not _on(rule.mapped_interface, ingress):
            return None
        target = rule.mapped_source if rule.mapped_source is not None else self._own(ingress)
        if not holds(target, destination):
            return None
        real = _mapped(destination, target, rule.real_source)
        origin = _mapped(source, rule.real_destination, rule.mapped_destination)
        leaving = egress(real) if real is not None else None
        if real is None or origin is None or leaving is None or not _on(rule.real_interface, leaving):
            return None
        return Translation(origin, real, rule)

    def _own(self, nameif: str) -> Ranges:
        own = self._book.interface(nameif)
        return () if own is None else (AddressRange(own, own),)

    def _twice(self, rule: NatRule) -> Rule:
        def named(name: str | None) -> Ranges | None:
            return None if name in (None, "interface") else self._book.named(str(name))

        return Rule(
            rule.interfaces[0],
            rule.interfaces[1],
            rule.method == "dynamic",
            rule.unidirectional,
            self._book.named(rule.real_source),
            named(rule.mapped_source),
            named(rule.mapped_destination),
            named(rule.real_destination),
            rule.source,
        )

    def _object_rules(self, configuration: Configuration) -> list[Rule]:
        """Section 2: static before dynamic, then the smaller object, the lower address, the name."""
        holders = sorted(configuration.objects.values(), key=lambda holder: holder.name)
        rules = [rule for holder in holders if (rule := self._object(holder)) is not None]
        return sorted(rules, key=lambda rule: (rule.dynamic, size(rule.real_source), rule.real_source[0].first))

    def _object(self, holder: NetworkObject) -> Rule | None:
        real = self._book.named(holder.name)
        if holder.nat is None or not real:
            return None
        nat = holder.nat.value
        mapped: Ranges | None = None
        if isinstance(nat.mapped, IPv4Address):
            count = 1 if nat.method == "dynamic" else size(real)
            mapped = (AddressRange(nat.mapped, IPv4Address(min(int(nat.mapped) + count - 1, 0xFFFFFFFF))),)
        elif nat.mapped != "interface":
            mapped = self._book.named(nat.mapped)
        return Rule(*nat.interfaces, nat.method == "dynamic", False, real, mapped, None, None, holder.nat.source)


def rewritten(packet: Ipv4, source: IPv4Address, destination: IPv4Address) -> Ipv4:
    """The packet with other addresses; the checksum of TCP and UDP follows them (RFC 1624)."""
    at = _CHECKSUM_AT.get(packet.protocol)
    payload = packet.payload
    if at is not None and not packet.fragment_offset and len(payload) >= at + 2:
        carried = int.from_bytes(payload[at : at + 2])
        if carried or packet.protocol != IpProtocol.UDP:
            new = _adjusted(carried, packet, source, destination)
            payload = payload[:at] + new.to_bytes(2) + payload[at + 2 :]
    return replace(packet, source=source, destination=destination, payload=payload)


def _adjusted(carried: int, packet: Ipv4, source: IPv4Address, destination: IPv4Address) -> int:
    old = struct.unpack(">4H", packet.source.packed + packet.destination.packed)
    new = struct.unpack(">4H", source.packed + destination.packed)
    total = (carried ^ 0xFFFF) + sum(word ^ 0xFFFF for word in old) + sum(new)
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return (total ^ 0xFFFF) or 0xFFFF


def _on(wanted: str, interface: str) -> bool:
    return wanted in ("any", interface)


def _mapped(address: IPv4Address, inside: Ranges | None, beyond: Ranges | None) -> IPv4Address | None:
    """`address`, a member of `inside`, as its counterpart in `beyond`; unchanged where the rule has none."""
    if inside is None or beyond is None:
        return address if inside is None or holds(inside, address) else None
    offset = 0
    for one in inside:
        if one.first <= address <= one.last:
            return _nth(beyond, (offset + int(address) - int(one.first)) % size(beyond)) if beyond else None
        offset += int(one.last) - int(one.first) + 1
    return None


def _nth(ranges: Ranges, offset: int) -> IPv4Address | None:
    for one in ranges:
        length = int(one.last) - int(one.first) + 1
        if offset < length:
            return IPv4Address(int(one.first) + offset)
        offset -= length
    return None
