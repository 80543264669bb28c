"""How a configuration says networks: by an object or a group of its own where it has one, else plainly."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, summarize_address_range
from itertools import chain, islice

from mainmode.base.provenance import Absent
from mainmode.device.addresses import AddressBook
from mainmode.device.config.model import (
    AccessList,
    Ace,
    AclAddress,
    AddressRange,
    AnyAddress,
    Configuration,
    GroupRef,
    Host,
    ObjectRef,
    StandardAce,
    Subnet,
)
from mainmode.device.config.running import entry_text

Ranges = frozenset[AddressRange]

_ALL = AddressRange(IPv4Address(0), IPv4Address(0xFFFFFFFF))
_MOST_NAMES = 2_000
"""Objects and groups of one configuration that are looked through."""


def ranges_of(configuration: Configuration, address: AclAddress) -> Ranges:
    """The ranges of an address as configured; none where it has no IPv4 address."""
    return frozenset(AddressBook(configuration).of(address))


def plainly(one: AddressRange) -> AclAddress | None:
    """A range without a name: `any`, `host A`, `A M`; None where it is none of these."""
    if one == _ALL:
        return AnyAddress()
    if one.first == one.last:
        return Host(one.first)
    networks = list(summarize_address_range(one.first, one.last))
    return Subnet(networks[0].network_address, networks[0].netmask) if len(networks) == 1 else None


def names_of(configuration: Configuration, ranges: Ranges) -> Iterator[ObjectRef | GroupRef]:
    """The objects and the groups of a configuration that stand for exactly these ranges."""
    book = AddressBook(configuration)
    refs: Iterator[ObjectRef | GroupRef] = chain(
        map(ObjectRef, configuration.objects), map(GroupRef, configuration.groups)
    )
    for ref in islice(refs, _MOST_NAMES):
        if frozenset(book.of(ref)) == ranges:
            yield ref


def said_as(configuration: Configuration, ranges: Ranges, *, named: bool) -> AclAddress | None:
    """How a line of this configuration would say these ranges; None where it needs a new object for them.

    `named`: the lines beside it use names, so an object or a group of the configuration comes before plain addresses.
    """
    name = next(names_of(configuration, ranges), None)
    plain = plainly(next(iter(ranges))) if len(ranges) == 1 else None
    return name or plain if named else plain or name


def uses_names(aces: Iterable[Ace]) -> bool:
    """Whether lines say networks by objects and groups."""
    return any(
        isinstance(part, ObjectRef | GroupRef) for ace in aces for part in (ace.source_address, ace.destination_address)
    )


def new_name(configuration: Configuration, wanted: str, typed: Iterable[str] = ()) -> str:
    """A name that no object and no group has: of the configuration, or of the commands that are about to be typed."""
    taken = {*configuration.objects, *configuration.groups, *(line.split()[-1] for line in typed)}
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(name for name in numbered if name not in taken)


def content(one: AddressRange) -> str:
    """What stands in `object network` for a range: `host A`, `subnet A M`, `range A B`."""
    match plainly(one):
        case Host(address):
            return f"host {address}"
        case Subnet(address, mask):
            return f"subnet {address} {mask}"
        case AnyAddress():
            return "subnet 0.0.0.0 0.0.0.0"
        case _:
            return f"range {one.first} {one.last}"


def members(ranges: Iterable[AddressRange]) -> Iterator[str]:
    """What stands in `object-group network` for ranges; those that are no network come as several."""
    for one in sorted(ranges, key=lambda one: (one.first, one.last)):
        for network in summarize_address_range(one.first, one.last):
            host = network.prefixlen == 32
            yield (
                f"network-object host {network.network_address}"
                if host
                else (f"network-object {network.network_address} {network.netmask}")
            )


def defined(name: str, ranges: Ranges) -> tuple[str, ...]:
    """The commands that make an object of one range, or a group of several."""
    if len(ranges) == 1:
        return f"object network {name}", f" {content(next(iter(ranges)))}"
    return f"object-group network {name}", *(f" {member}" for member in members(ranges))


def in_force(ace: Ace) -> Ace:
    """The line as it counts at all times, without what it logs."""
    return replace(ace, log=None, time_range=None, inactive=False, source=Absent("", ""))


def turned(ace: Ace) -> Ace:
    """The line for the way back: source and destination change places."""
    return replace(
        ace,
        source_address=ace.destination_address,
        destination_address=ace.source_address,
        source_port=ace.destination_port,
        destination_port=ace.source_port,
    )


def line_of(configuration: Configuration, name: str, ace: Ace | StandardAce, at: int | None = None) -> str:
    """An entry of the access list `name` as it is typed; `at` is the place where it is put in, from 1."""
    text = entry_text(configuration, AccessList(name, ace.source, ()), ace)
    if at is None:
        return text
    head = f"access-list {name} "
    return f"{head}line {at} {text.removeprefix(head)}"


def place_of(access_list: AccessList, ace: Ace) -> int:
    """The number of the line in its list, from 1, remarks counted as the device does."""
    return next(number for number, entry in enumerate(access_list.entries, 1) if entry == ace)


def overlap(one: Iterable[AddressRange], other: Iterable[AddressRange]) -> bool:
    """Whether an address is in both."""
    held = tuple(other)
    return any(first.first <= second.last and second.first <= first.last for first in one for second in held)
