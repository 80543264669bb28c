"""`object network` and `object-group network`."""

from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.device.config.model.addresses import (
    AddressRange,
    Fqdn,
    GroupRef,
    Host,
    Ipv6Host,
    Ipv6Prefix,
    Ipv6Range,
    ObjectRef,
    Subnet,
)
from mainmode.device.config.model.nat import ObjectNat
from mainmode.device.config.model.values import Sourced


@dataclass(frozen=True, slots=True)
class NetworkObject:
    """One `object network`; `content` is None for an empty one."""

    name: str
    source: Source = field(compare=False)
    content: Sourced[Host | Subnet | AddressRange | Fqdn | Ipv6Host | Ipv6Prefix | Ipv6Range] | None
    description: Sourced[str] | None
    nat: Sourced[ObjectNat] | None


@dataclass(frozen=True, slots=True)
class GroupMember:
    """`network-object …` (an address or ObjectRef) or `group-object G` (GroupRef)."""

    content: Host | Subnet | Ipv6Host | Ipv6Prefix | ObjectRef | GroupRef
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class NetworkGroup:
    """One `object-group network`."""

    name: str
    source: Source = field(compare=False)
    members: tuple[GroupMember, ...]
    description: Sourced[str] | None
