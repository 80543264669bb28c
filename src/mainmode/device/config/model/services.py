"""Protocols, ports and ICMP types: matches, `object service`, and the groups of them."""

from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.device.config.model.addresses import GroupRef, ObjectRef
from mainmode.device.config.model.values import Sourced


@dataclass(frozen=True, slots=True)
class PortIs:
    """`eq P`, `lt P`, `gt P` or `neq P`."""

    operator: str
    port: int


@dataclass(frozen=True, slots=True)
class PortRange:
    """`range P Q`, both included."""

    first: int
    last: int


PortMatch = PortIs | PortRange | GroupRef


@dataclass(frozen=True, slots=True)
class IcmpMatch:
    """`[TYPE [CODE]]` after an icmp entry's addresses."""

    type: int
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What an `object service` or a `service-object` matches.

    `protocols` are IP protocol numbers (`tcp-udp` is both; 0: any). Ports are None for any; only `icmp` and `icmp6`
    have a type.
    """

    protocols: tuple[int, ...]
    source_port: PortIs | PortRange | None = None
    destination_port: PortIs | PortRange | None = None
    icmp: IcmpMatch | None = None


@dataclass(frozen=True, slots=True)
class ServiceObject:
    """One `object service`; `content` is None for an empty one."""

    name: str
    source: Source = field(compare=False)
    content: Sourced[Service] | None
    description: Sourced[str] | None


@dataclass(frozen=True, slots=True)
class ServiceMember:
    """`port-object …` (PortIs, PortRange), `service-object …` (Service, ObjectRef) or `group-object G` (GroupRef)."""

    content: PortIs | PortRange | Service | ObjectRef | GroupRef
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    """One `object-group service`.

    With a `protocol` (`tcp`, `udp` or `tcp-udp`) it holds ports and stands where ports do; without one it holds
    services and stands where a protocol does.
    """

    name: str
    source: Source = field(compare=False)
    protocol: Sourced[str] | None
    members: tuple[ServiceMember, ...]
    description: Sourced[str] | None


@dataclass(frozen=True, slots=True)
class ProtocolMember:
    """`protocol-object P` (an IP protocol number; 0: ip) or `group-object G`."""

    content: int | GroupRef
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class ProtocolGroup:
    """One `object-group protocol`; it stands where a protocol does."""

    name: str
    source: Source = field(compare=False)
    members: tuple[ProtocolMember, ...]
    description: Sourced[str] | None


@dataclass(frozen=True, slots=True)
class IcmpMember:
    """`icmp-object TYPE` or `group-object G`."""

    content: int | GroupRef
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class IcmpGroup:
    """One `object-group icmp-type`; it stands where an icmp entry's type does."""

    name: str
    source: Source = field(compare=False)
    members: tuple[IcmpMember, ...]
    description: Sourced[str] | None
