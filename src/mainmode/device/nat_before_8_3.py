"""The translation rules of 7.x and 8.2 as rules of the device's one kind, in the order in which those releases ask.

First what `nat (IFC) 0 access-list` exempts, then `static` lines, then `nat (IFC) N access-list`, then `nat (IFC) N` by
the smaller network. A rule of pool N stands once for every interface that has a `global (IFC) N`.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.device.addresses import AddressBook, Ranges, size
from mainmode.device.config.model import (
    Ace,
    AddressRange,
    AnyStatic,
    Configuration,
    GlobalPool,
    OldNat,
    PolicyNat,
    PolicyStatic,
    SourceNat,
    StaticPat,
)
from mainmode.device.nat_rules import Rule, Services

_PROTOCOLS = {"tcp": 6, "udp": 17}
_HOST = IPv4Address("255.255.255.255")


@dataclass(frozen=True, slots=True)
class _Match:
    """What a rule is about: real sources, and where they go to (None: anywhere) by which protocol (None: any)."""

    sources: Ranges
    destinations: Ranges | None
    services: Services | None
    source: Source


def exemptions(configuration: Configuration, order: int) -> Iterator[Rule]:
    """The traffic that `nat (IFC) 0 access-list` exempts, a rule for each line; `order` is that of the first."""
    for nat in configuration.old_nat:
        if isinstance(nat, PolicyNat) and nat.number == 0:
            for match in _matches(configuration, nat.acl):
                yield _rule(order, 1, (nat.interface, "any"), match, match.sources, source=nat.source)
                order += 1


def statics(configuration: Configuration, order: int) -> Iterator[Rule]:
    """The rules of `static` lines."""
    for static in configuration.statics:
        for match, mapped in _static(configuration, static):
            yield _rule(order, 2, static.interfaces, match, mapped)
            order += 1


def dynamics(configuration: Configuration, order: int) -> Iterator[Rule]:
    """The rules of `nat (IFC) N` and their pools, and of `nat (IFC) 0 NETWORK MASK`."""
    policies = [one for one in configuration.old_nat if isinstance(one, PolicyNat) and one.number]
    plain = [one for one in configuration.old_nat if isinstance(one, SourceNat)]
    found: list[tuple[OldNat, _Match]] = [
        (one, match) for one in policies for match in _matches(configuration, one.acl)
    ]
    found += [(one, _of(one)) for one in sorted(plain, key=lambda one: -int(one.mask))]
    for nat, match in found:
        if nat.number == 0:
            yield _rule(order, 3, (nat.interface, "any"), match, match.sources, unidirectional=True)
            order += 1
            continue
        for leaving, pools in _pools(configuration, nat.number).items():
            yield _dynamic(order, (nat.interface, leaving), match, pools, nat.source)
            order += 1


def _of(nat: SourceNat) -> _Match:
    return _Match(_network(nat.network, nat.mask), None, None, nat.source)


def _matches(configuration: Configuration, name: str) -> Iterator[_Match]:
    """What the permit lines of an access list are about; ports are left out of account."""
    book = AddressBook(configuration)
    access_list = configuration.access_lists.get(name)
    for ace in access_list.aces if access_list is not None else ():
        if ace.permit:
            sources, destinations = book.of(ace.source_address), book.of(ace.destination_address)
            if sources and destinations:
                yield _Match(sources, destinations, _protocol(ace), ace.source)


def _protocol(ace: Ace) -> Services | None:
    return Services(frozenset((ace.protocol,))) if isinstance(ace.protocol, int) and ace.protocol else None


def _static(configuration: Configuration, static: AnyStatic) -> Iterator[tuple[_Match, Ranges | None]]:
    if isinstance(static.mapped, str) and static.mapped != "interface":
        return
    if isinstance(static, PolicyStatic):
        for match in _matches(configuration, static.acl):
            found = _Match(match.sources, match.destinations, match.services, static.source)
            yield found, _as_many(static.mapped, size(match.sources))
        return
    real = _network(static.real, static.mask if static.mask is not None else _HOST)
    services = None
    if isinstance(static, StaticPat):
        services = Services(
            frozenset((_PROTOCOLS[static.protocol],)),
            ((static.real_port, static.real_port),),
            ((static.mapped_port, static.mapped_port),),
        )
    yield _Match(real, None, services, static.source), _as_many(static.mapped, size(real))


def _as_many(first: IPv4Address | str, count: int) -> Ranges | None:
    """As many addresses from `first` on; None for the interface's own."""
    if isinstance(first, str):
        return None
    return (AddressRange(first, IPv4Address(min(int(first) + count - 1, 0xFFFFFFFF))),)


def _network(address: IPv4Address, mask: IPv4Address) -> Ranges:
    first = int(address) & int(mask)
    return (AddressRange(IPv4Address(first), IPv4Address(first | (0xFFFFFFFF ^ int(mask)))),)


def _pools(configuration: Configuration, number: int) -> dict[str, list[GlobalPool]]:
    """The pools of this number by interface."""
    found: dict[str, list[GlobalPool]] = {}
    for pool in configuration.global_pools:
        if pool.number == number:
            found.setdefault(pool.interface, []).append(pool)
    return found


def _dynamic(order: int, interfaces: tuple[str, str], match: _Match, pools: list[GlobalPool], source: Source) -> Rule:
    """Hosts get an address of their own as long as there is one; behind those, or alone, one is shared."""
    spans = [AddressRange(*pool.mapped) for pool in pools if isinstance(pool.mapped, tuple)]
    single = [AddressRange(pool.mapped, pool.mapped) for pool in pools if isinstance(pool.mapped, IPv4Address)]
    own = any(pool.mapped == "interface" for pool in pools)
    mapped = tuple(spans or single) or None
    kind = {"dynamic": True, "pool": not spans, "fallback": own and mapped is not None}
    return _rule(order, 3, interfaces, match, mapped, source=source, **kind)


def _rule(
    order: int,
    section: int,
    interfaces: tuple[str, str],
    match: _Match,
    mapped: Ranges | None,
    *,
    source: Source | None = None,
    dynamic: bool = False,
    unidirectional: bool = False,
    pool: bool = False,
    fallback: bool = False,
) -> Rule:
    return Rule(
        order=order,
        section=section,
        real_interface=interfaces[0],
        mapped_interface=interfaces[1],
        dynamic=dynamic,
        unidirectional=unidirectional,
        route_lookup=True,
        pool=pool,
        round_robin=False,
        fallback=fallback,
        real_source=match.sources,
        mapped_source=mapped,
        mapped_destination=match.destinations,
        real_destination=match.destinations,
        services=match.services,
        source=source or match.source,
    )
