"""Addresses of a configuration as a packet meets them: ranges, in which one address is or is not."""

from ipaddress import IPv4Address

from mainmode.device.config.expansion import ExpansionError, address_ranges
from mainmode.device.config.model import AclAddress, AddressRange, Configuration, GroupRef, ObjectRef

Ranges = tuple[AddressRange, ...]
EVERYTHING: Ranges = (AddressRange(IPv4Address(0), IPv4Address(0xFFFFFFFF)),)


def holds(ranges: Ranges, address: IPv4Address) -> bool:
    """Whether `address` is in one of `ranges`."""
    return held_in(ranges, address) is not None


def held_in(ranges: Ranges, address: IPv4Address) -> AddressRange | None:
    """The first of `ranges` that `address` is in."""
    number = int(address)
    for one in ranges:
        if int(one.first) <= number <= int(one.last):
            return one
    return None


def size(ranges: Ranges) -> int:
    """How many addresses `ranges` have together."""
    return sum(int(one.last) - int(one.first) + 1 for one in ranges)


class AddressBook:
    """Resolves the addresses of one configuration; what has no IPv4 address (FQDN, a lost name) gives ()."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def named(self, name: str) -> Ranges:
        """What an object's or an object-group's name stands for; `any` is everything."""
        if name in ("any", "any4"):
            return EVERYTHING
        if name in self._configuration.objects:
            return self.of(ObjectRef(name))
        return self.of(GroupRef(name))

    def of(self, address: AclAddress) -> Ranges:
        """The ranges that an access list's address part matches."""
        try:
            return address_ranges(self._configuration, address)
        except ExpansionError:
            return ()

    def interface(self, nameif: str) -> IPv4Address | None:
        """The address of an interface."""
        interface = self._configuration.interface(nameif)
        if interface is None or interface.address is None:
            return None
        return interface.address.value.address
