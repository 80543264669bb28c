"""Address translation in the language of 7.x and 8.2: `nat-control`, `nat`, `global` and `static`."""

from dataclasses import field
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source


@dataclass(frozen=True, slots=True)
class PolicyNat:
    """`nat (IFC) N access-list ACL …`: with 0 the list's traffic is exempt from translation, else it meets pool N.

    `options` is the rest of the line as it stands (`outside`, `dns`, limits of connections).
    """

    interface: str
    number: int
    acl: str
    source: Source = field(compare=False)
    options: str | None = None


@dataclass(frozen=True, slots=True)
class SourceNat:
    """`nat (IFC) N NETWORK MASK …`: with 0 these hosts keep their addresses, else they meet pool N."""

    interface: str
    number: int
    network: IPv4Address
    mask: IPv4Address
    source: Source = field(compare=False)
    options: str | None = None


@dataclass(frozen=True, slots=True)
class GlobalPool:
    """`global (IFC) N …`: addresses of pool N: one, the first and last of many, or the word `interface`."""

    interface: str
    number: int
    mapped: IPv4Address | tuple[IPv4Address, IPv4Address] | str
    source: Source = field(compare=False)
    mask: IPv4Address | None = None


@dataclass(frozen=True, slots=True)
class StaticNat:
    """`static (REAL,MAPPED) MAPPED-ADDRESS REAL-ADDRESS [netmask M] …`; `mapped` may be the word `interface`."""

    interfaces: tuple[str, str]
    mapped: IPv4Address | str
    real: IPv4Address
    source: Source = field(compare=False)
    mask: IPv4Address | None = None
    options: str | None = None


@dataclass(frozen=True, slots=True)
class StaticPat:
    """`static (REAL,MAPPED) {tcp|udp} MAPPED-ADDRESS PORT REAL-ADDRESS PORT …`."""

    interfaces: tuple[str, str]
    protocol: str
    mapped: IPv4Address | str
    mapped_port: int
    real: IPv4Address
    real_port: int
    source: Source = field(compare=False)
    mask: IPv4Address | None = None
    options: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyStatic:
    """`static (REAL,MAPPED) MAPPED-ADDRESS access-list ACL …`: a static rule for the list's traffic alone."""

    interfaces: tuple[str, str]
    mapped: IPv4Address | str
    acl: str
    source: Source = field(compare=False)
    options: str | None = None


AnyStatic = StaticNat | StaticPat | PolicyStatic
OldNat = PolicyNat | SourceNat
