"""All that one file says."""

from collections.abc import Callable, Mapping
from dataclasses import field
from ipaddress import IPv4Address
from types import MappingProxyType
from typing import Any, TypeVar

from mainmode.base.dataclass import dataclass
from mainmode.device.config.model.access_lists import AccessGroup, AccessList
from mainmode.device.config.model.administration import Authenticator, EnablePassword, User
from mainmode.device.config.model.globals import Globals
from mainmode.device.config.model.ike import Policy, TunnelGroup
from mainmode.device.config.model.inspection import PolicyMap
from mainmode.device.config.model.interfaces import Interface
from mainmode.device.config.model.ipsec import CryptoMap, TransformSet
from mainmode.device.config.model.nat import NatRule
from mainmode.device.config.model.nat_before_8_3 import AnyStatic, GlobalPool, OldNat
from mainmode.device.config.model.objects import NetworkGroup, NetworkObject
from mainmode.device.config.model.policies import ConfiguredGroupPolicy, GroupPolicy, TimeRange
from mainmode.device.config.model.routes import NullRoute, Route
from mainmode.device.config.model.services import IcmpGroup, ProtocolGroup, ServiceGroup, ServiceObject
from mainmode.device.config.model.values import Release, Sourced
from mainmode.device.config.problem import Problem

T = TypeVar("T")
_NOTHING: Mapping[Any, Any] = MappingProxyType({})
DEFAULT_GROUP_POLICY = "DfltGrpPolicy"


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that one file says. `lines` is the whole file with its keys masked, line 1 first.

    Maps are keyed by name in the file's order, `enable_passwords` by level and `authenticators` by service;
    `policies` are sorted by priority, map entries by sequence.
    `mtus` (octets), `fragmentation` (`before-encryption` or `after-encryption`) and `df_bits` (`copy-df`, `set-df` or
    `clear-df`) are by nameif, and hold every named interface. `service_policies`
    name policy maps by nameif. `group_policies` always holds DfltGrpPolicy.
    `enabled` are the interfaces (nameif) with IKE, with their lines. A crypto map bound nowhere has no
    `interfaces`; one that is bound but has no entries stands here with none.
    `old_nat`, `global_pools` and `statics` are address translation as written before 8.3, each in the file's order.
    """

    file: str = field(compare=False)
    lines: tuple[str, ...] = field(compare=False, repr=False)
    release: Release = field(compare=False)
    problems: tuple[Problem, ...] = field(compare=False)
    settings: Globals
    interfaces: tuple[Interface, ...] = ()
    names: Mapping[str, Sourced[IPv4Address]] = field(default_factory=lambda: _NOTHING)
    objects: Mapping[str, NetworkObject] = field(default_factory=lambda: _NOTHING)
    groups: Mapping[str, NetworkGroup] = field(default_factory=lambda: _NOTHING)
    services: Mapping[str, ServiceObject] = field(default_factory=lambda: _NOTHING)
    service_groups: Mapping[str, ServiceGroup] = field(default_factory=lambda: _NOTHING)
    protocol_groups: Mapping[str, ProtocolGroup] = field(default_factory=lambda: _NOTHING)
    icmp_groups: Mapping[str, IcmpGroup] = field(default_factory=lambda: _NOTHING)
    time_ranges: Mapping[str, TimeRange] = field(default_factory=lambda: _NOTHING)
    mtus: Mapping[str, Sourced[int]] = field(default_factory=lambda: _NOTHING)
    access_lists: Mapping[str, AccessList] = field(default_factory=lambda: _NOTHING)
    access_groups: tuple[AccessGroup, ...] = ()
    nat_rules: tuple[NatRule, ...] = ()
    old_nat: tuple[OldNat, ...] = ()
    global_pools: tuple[GlobalPool, ...] = ()
    statics: tuple[AnyStatic, ...] = ()
    routes: tuple[Route, ...] = ()
    null_routes: tuple[NullRoute, ...] = ()
    transform_sets: Mapping[str, TransformSet] = field(default_factory=lambda: _NOTHING)
    crypto_maps: Mapping[str, CryptoMap] = field(default_factory=lambda: _NOTHING)
    dynamic_maps: Mapping[str, CryptoMap] = field(default_factory=lambda: _NOTHING)
    policies: tuple[Policy, ...] = ()
    fragmentation: Mapping[str, Sourced[str]] = field(default_factory=lambda: _NOTHING)
    df_bits: Mapping[str, Sourced[str]] = field(default_factory=lambda: _NOTHING)
    enabled: tuple[Sourced[str], ...] = ()
    policy_maps: Mapping[str, PolicyMap] = field(default_factory=lambda: _NOTHING)
    service_policies: Mapping[str, Sourced[str]] = field(default_factory=lambda: _NOTHING)
    group_policies: Mapping[str, ConfiguredGroupPolicy] = field(default_factory=lambda: _NOTHING)
    tunnel_groups: Mapping[str, TunnelGroup] = field(default_factory=lambda: _NOTHING)
    users: Mapping[str, User] = field(default_factory=lambda: _NOTHING)
    enable_passwords: Mapping[int, EnablePassword] = field(default_factory=lambda: _NOTHING)
    authenticators: Mapping[str, Authenticator] = field(default_factory=lambda: _NOTHING)
    _derived: dict[Callable[[Any], Any], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def derived(self, make: Callable[["Configuration"], T]) -> T:
        """What `make` makes of this configuration, made once for all who ask: a value that nobody changes.

        A hub of hundreds of tunnels is a device of many pairs, and its tables are the same in all of them.
        """
        if make not in self._derived:
            self._derived[make] = make(self)
        made: T = self._derived[make]
        return made

    def interface(self, nameif: str) -> Interface | None:
        """The interface with this nameif."""
        for interface in self.interfaces:
            if interface.nameif is not None and interface.nameif.value == nameif:
                return interface
        return None

    def map_on(self, nameif: str) -> CryptoMap | None:
        """The crypto map bound to the interface with this nameif."""
        for crypto_map in self.crypto_maps.values():
            if any(bound.value == nameif for bound in crypto_map.interfaces):
                return crypto_map
        return None

    def group_policy(self, name: str) -> GroupPolicy:
        """The group-policy in effect under this name: what it does not say, DfltGrpPolicy does.

        One that does not exist is DfltGrpPolicy's.
        """
        base = self.group_policies[DEFAULT_GROUP_POLICY]
        own = self.group_policies.get(name, base)
        return GroupPolicy(
            own.name,
            own.source,
            _first(own.vpn_filter, base.vpn_filter),
            _first(own.idle_timeout, base.idle_timeout),
            _first(own.session_timeout, base.session_timeout),
            _first(own.tunnel_protocols, base.tunnel_protocols),
        )


def _first(own: Sourced[T] | None, base: Sourced[T] | None) -> Sourced[T]:
    found = own or base
    if found is None:
        raise TypeError("the built-in group-policy says everything")
    return found
