"""Interfaces, and what other commands say of one by its nameif."""

from dataclasses import field
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.device.config.model.values import Sourced


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """`ip address A M [standby B]`."""

    address: IPv4Address
    mask: IPv4Address
    standby: IPv4Address | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """One `interface`. `name` is the hardware's (`GigabitEthernet0/1`), `nameif` what other commands use.

    `security_level` is None where neither a level nor a nameif stands. `vlan` is the tag of a sub-interface
    (`GigabitEthernet0/1.20`).
    """

    name: str
    source: Source = field(compare=False)
    nameif: Sourced[str] | None
    security_level: Sourced[int] | None
    address: Sourced[InterfaceAddress] | None
    shutdown: Sourced[bool]
    description: Sourced[str] | None
    vlan: Sourced[int] | None
    management_only: Sourced[bool]
