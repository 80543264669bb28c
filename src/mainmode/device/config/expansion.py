"""What addresses come to: objects, groups and interfaces become address ranges, entries become proxy pairs."""

from ipaddress import IPv4Address

from mainmode.base.address import Proxy, ProxyPair
from mainmode.device.config.model import (
    Ace,
    AclAddress,
    AddressRange,
    AnyAddress,
    Configuration,
    Fqdn,
    GroupRef,
    Host,
    InterfaceRef,
    Ipv6Host,
    Ipv6Prefix,
    Ipv6Range,
    ObjectRef,
    PortIs,
    PortMatch,
    Subnet,
)

MOST_PAIRS = 4096
"""More proxy pairs than this from one entry are refused."""

_ALL = Proxy.of("0.0.0.0/0")
_Address = AclAddress | AddressRange | Fqdn | Ipv6Range


class ExpansionError(Exception):
    """An address or an entry does not come to IPv4 ranges. The text says why, in a sentence for people."""


def address_ranges(configuration: Configuration, address: _Address) -> tuple[AddressRange, ...]:
    """The IPv4 ranges of an address as configured, each once.

    IPv6 members of a group are left out. Raises ExpansionError for an object that does not exist or has no IPv4
    addresses.
    """
    found: dict[AddressRange, None] = {}
    seen: set[_Address] = set()
    waiting: list[_Address] = [address]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        if isinstance(one, GroupRef):
            group = configuration.groups.get(one.name)
            if group is None:
                raise ExpansionError(f"object-group {one.name} does not exist")
            members = (member.content for member in reversed(group.members))
            waiting.extend(member for member in members if not isinstance(member, Ipv6Prefix | Ipv6Host))
        elif isinstance(one, ObjectRef):
            waiting.append(_content(configuration, one.name))
        else:
            found[_range(configuration, one)] = None
    return tuple(found)


def proxy_pairs(configuration: Configuration, entry: Ace) -> tuple[ProxyPair, ...]:
    """The proxy pairs of an access list entry; its source side is local.

    Raises ExpansionError where the entry says more than a proxy can: port ranges, icmp types, services, IPv6.
    """
    if not isinstance(entry.protocol, int):
        raise ExpansionError("a proxy has one protocol, not an object of services")
    if entry.icmp is not None:
        raise ExpansionError("a proxy has no icmp type")
    local_port, remote_port = _port(entry.source_port), _port(entry.destination_port)
    local = address_ranges(configuration, entry.source_address)
    remote = address_ranges(configuration, entry.destination_address)
    if len(local) * len(remote) > MOST_PAIRS:
        raise ExpansionError(f"the entry comes to more than {MOST_PAIRS} proxy pairs")
    return tuple(
        ProxyPair(
            Proxy(one.first, one.last, entry.protocol, local_port),
            Proxy(other.first, other.last, entry.protocol, remote_port),
        )
        for one in local
        for other in remote
    )


def _content(configuration: Configuration, name: str) -> _Address:
    found = configuration.objects.get(name)
    if found is None:
        raise ExpansionError(f"object {name} does not exist")
    if found.content is None:
        raise ExpansionError(f"object {name} is empty")
    return found.content.value


def _range(configuration: Configuration, address: _Address) -> AddressRange:
    match address:
        case Host(one):
            return AddressRange(one, one)
        case Subnet(network, mask):
            return AddressRange(network, IPv4Address(int(network) | ~int(mask) & 0xFFFFFFFF))
        case AddressRange():
            return address
        case AnyAddress(word) if word != "any6":
            return AddressRange(_ALL.first, _ALL.last)
        case InterfaceRef(name):
            interface = configuration.interface(name)
            if interface is None or interface.address is None:
                raise ExpansionError(f"interface {name} has no address")
            return AddressRange(interface.address.value.address, interface.address.value.address)
        case Fqdn(name):
            raise ExpansionError(f"nothing here resolves {name}")
        case _:
            raise ExpansionError("an IPv6 address cannot be a proxy")


def _port(match: PortMatch | None) -> int:
    if match is None:
        return 0
    if isinstance(match, PortIs) and match.operator == "eq":
        return match.port
    raise ExpansionError("a proxy has one port (eq) or any")
