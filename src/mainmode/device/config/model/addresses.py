"""Addresses as commands say them, and the references that stand in their place."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network

from mainmode.base.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class AnyAddress:
    """`any`, `any4` or `any6`."""

    word: str = "any"


@dataclass(frozen=True, slots=True)
class Host:
    """`host A`."""

    address: IPv4Address


@dataclass(frozen=True, slots=True)
class Subnet:
    """`A M`, with a netmask; the address has no bits outside the mask."""

    address: IPv4Address
    mask: IPv4Address


@dataclass(frozen=True, slots=True)
class AddressRange:
    """`range A B`, both ends included."""

    first: IPv4Address
    last: IPv4Address


@dataclass(frozen=True, slots=True)
class Fqdn:
    """`fqdn [v4|v6] NAME`; nothing here resolves it."""

    name: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Ipv6Prefix:
    """`V6/LEN`, kept and not acted on."""

    prefix: IPv6Network


@dataclass(frozen=True, slots=True)
class Ipv6Host:
    """`host V6`, kept and not acted on."""

    address: IPv6Address


@dataclass(frozen=True, slots=True)
class Ipv6Range:
    """`range V6 V6`, kept and not acted on."""

    first: IPv6Address
    last: IPv6Address


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """`object NAME`."""

    name: str


@dataclass(frozen=True, slots=True)
class GroupRef:
    """`object-group NAME`."""

    name: str


@dataclass(frozen=True, slots=True)
class InterfaceRef:
    """`interface NAMEIF`: the interface's own address."""

    name: str


AclAddress = AnyAddress | Host | Subnet | Ipv6Host | Ipv6Prefix | ObjectRef | GroupRef | InterfaceRef
