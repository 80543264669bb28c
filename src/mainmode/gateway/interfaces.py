"""Which interface of the host is which of the configuration: by its address, or as the command line says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.provenance import Default
from mainmode.device.config.model import Configuration, Interface, InterfaceAddress, Sourced
from mainmode.gateway.netlink.objects import Link, LinkAddress


@dataclass(frozen=True, slots=True)
class Place:
    """A named interface of the configuration on the host. `index` None: the host has nothing for it at present.

    `mapped` is the host's name for it on the command line. `prefix` is the length of its network's mask.
    """

    nameif: str
    address: IPv4Address | None
    prefix: int
    index: int | None = None
    link: str | None = None
    mapped: str | None = None

    def __str__(self) -> str:
        named = f"interface {self.nameif}" + (f" {self.address}/{self.prefix}" if self.address is not None else "")
        if self.index is not None:
            return f"{named} is {self.link}, {'as mapped' if self.mapped is not None else 'by its address'}"
        if self.mapped is not None:
            return f"{named}: the host has no {self.mapped} with an IPv4 address"
        if self.address is None:
            return f"{named}: no address is configured; give it one, or map it: --map {self.nameif}=IFNAME"
        return f"{named}: the host has no such address; add it (ip address add), or map it: --map {self.nameif}=IFNAME"


@dataclass(frozen=True, slots=True)
class Placed:
    """A configuration as it is on this host: where the host's addresses stand in, they do so with their source."""

    configuration: Configuration
    places: tuple[Place, ...]

    def on(self, nameif: str) -> Place | None:
        """The place of an interface."""
        return next((place for place in self.places if place.nameif == nameif), None)


def read_mapping(texts: Iterable[str]) -> dict[str, str]:
    """`outside=eth0` of the command line. Raises InputError."""
    mapping: dict[str, str] = {}
    for text in texts:
        nameif, separator, name = text.partition("=")
        if not (nameif and separator and name):
            raise InputError(f"--map {text}: say NAMEIF=IFNAME, such as outside=eth0")
        if nameif in mapping:
            raise InputError(f"--map {text}: {nameif} is mapped to {mapping[nameif]} already")
        mapping[nameif] = name
    return mapping


def place(
    configuration: Configuration,
    links: Sequence[Link],
    addresses: Sequence[LinkAddress],
    mapping: Mapping[str, str],
    *,
    patient: bool = False,
) -> Placed:
    """Find each named interface that is not shut down.

    Raises InputError for a mapping of what is not there; `patient`: the host's side of it may come yet.
    """
    named = {one.nameif.value for one in configuration.interfaces if one.nameif is not None}
    for nameif, name in mapping.items():
        if nameif not in named:
            known = ", ".join(sorted(named)) or "none"
            raise InputError(f"--map {nameif}={name}: {configuration.file} has no interface {nameif}; it has: {known}")
        if not patient and name not in {link.name for link in links}:
            known = ", ".join(link.name for link in links)
            raise InputError(f"--map {nameif}={name}: this host has no interface {name}; it has: {known}")
    by_index = {link.index: link for link in links}
    interfaces, places = [], []
    for one in configuration.interfaces:
        if one.nameif is not None and not one.shutdown.value:
            mapped = mapping.get(one.nameif.value)
            found = _found(one, addresses, by_index, mapped)
            places.append(_place_of(one, found, by_index, mapped))
            if found is not None and mapped is not None:
                one = _standing_in(one, found, mapped)
        interfaces.append(one)
    _check_apart(places)
    placed = replace(configuration, interfaces=tuple(interfaces))
    return Placed(replace(placed, mtus=_mtus(placed, places, by_index)), tuple(places))


def _check_apart(places: Sequence[Place]) -> None:
    """Raises InputError where two interfaces of the configuration are the same address of the host."""
    seen: dict[IPv4Address, Place] = {}
    for one in places:
        if one.address is not None and one.index is not None:
            other = seen.setdefault(one.address, one)
            if other is not one:
                raise InputError(
                    f"interface {other.nameif} and interface {one.nameif} are both {one.address} on {one.link}; map "
                    "them to interfaces with addresses of their own"
                )


def _found(
    one: Interface, addresses: Sequence[LinkAddress], links: Mapping[int, Link], mapped: str | None
) -> LinkAddress | None:
    """The host's address for an interface: the configured one, else the first of the interface mapped to it."""
    configured = one.address.value.address if one.address is not None else None
    on_link = [
        found for found in addresses if mapped is None or (found.link in links and links[found.link].name == mapped)
    ]
    exact = next((found for found in on_link if found.address == configured), None)
    return exact or (on_link[0] if mapped is not None and on_link else None)


def _place_of(one: Interface, found: LinkAddress | None, links: Mapping[int, Link], mapped: str | None) -> Place:
    nameif = one.nameif.value if one.nameif is not None else ""
    if found is not None:
        link = links.get(found.link)
        return Place(nameif, found.address, found.prefix, found.link, link.name if link is not None else None, mapped)
    address = one.address.value if one.address is not None else None
    if address is None:
        return Place(nameif, None, 0, mapped=mapped)
    return Place(nameif, address.address, int(address.mask).bit_count(), mapped=mapped)


def _standing_in(one: Interface, found: LinkAddress, name: str) -> Interface:
    """The interface with the host's address, where the configuration has another one or none."""
    if one.address is not None and one.address.value.address == found.address:
        return one
    mask = found.network.netmask
    source = Default(f"host interface {name}", f"ip address {found.address} {mask}")
    return replace(one, address=Sourced(InterfaceAddress(found.address, mask), source))


def _mtus(
    configuration: Configuration, places: Iterable[Place], links: Mapping[int, Link]
) -> Mapping[str, Sourced[int]]:
    """The MTUs of the configuration; a link of the host that carries less decides."""
    mtus = dict(configuration.mtus)
    for found in places:
        link = links.get(found.index) if found.index is not None else None
        configured = mtus.get(found.nameif)
        if link is not None and configured is not None and link.mtu < configured.value:
            source = Default(f"host interface {link.name}", f"mtu {found.nameif} {link.mtu}")
            mtus[found.nameif] = Sourced(link.mtu, source)
    return mtus
