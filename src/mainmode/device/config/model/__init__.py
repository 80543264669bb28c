"""A device's configuration as a value. Every value knows the line it came from, or that it is a default.

Equality compares what is configured, never where it was said: sources, file, lines and problems do not count.
Words are kept as the device spells them (`3des`, `esp-sha-hmac`); `device.settings` turns them into numbers.
"""

from mainmode.device.config.model.access_lists import AccessGroup, AccessList, Ace, Logging, Remark, StandardAce
from mainmode.device.config.model.addresses import (
    AclAddress,
    AddressRange,
    AnyAddress,
    Fqdn,
    GroupRef,
    Host,
    InterfaceRef,
    Ipv6Host,
    Ipv6Prefix,
    Ipv6Range,
    ObjectRef,
    Subnet,
)
from mainmode.device.config.model.configuration import DEFAULT_GROUP_POLICY, Configuration
from mainmode.device.config.model.globals import Globals, Timeouts
from mainmode.device.config.model.ike import Identity, Keepalive, Policy, TunnelGroup
from mainmode.device.config.model.inspection import PolicyClass, PolicyMap
from mainmode.device.config.model.interfaces import Interface, InterfaceAddress
from mainmode.device.config.model.ipsec import CryptoMap, CryptoMapEntry, Phase1Mode, TransformSet, Trustpoint
from mainmode.device.config.model.logs import (
    USUAL_LOG_PORTS,
    Destination,
    DeviceId,
    LogClass,
    LogHost,
    LogList,
    LogListLevel,
    LogListMessages,
    LogMessage,
    LogSettings,
    LogTarget,
    LogTransport,
)
from mainmode.device.config.model.nat import NatRule, NatService, ObjectNat
from mainmode.device.config.model.objects import GroupMember, NetworkGroup, NetworkObject
from mainmode.device.config.model.policies import Absolute, ConfiguredGroupPolicy, GroupPolicy, Periodic, TimeRange
from mainmode.device.config.model.routes import NullRoute, Route
from mainmode.device.config.model.services import (
    IcmpGroup,
    IcmpMatch,
    IcmpMember,
    PortIs,
    PortMatch,
    PortRange,
    ProtocolGroup,
    ProtocolMember,
    Service,
    ServiceGroup,
    ServiceMember,
    ServiceObject,
)
from mainmode.device.config.model.values import Release, Sourced

__all__ = [
    "DEFAULT_GROUP_POLICY",
    "USUAL_LOG_PORTS",
    "Absolute",
    "AccessGroup",
    "AccessList",
    "Ace",
    "AclAddress",
    "AddressRange",
    "AnyAddress",
    "Configuration",
    "ConfiguredGroupPolicy",
    "CryptoMap",
    "CryptoMapEntry",
    "Destination",
    "DeviceId",
    "Fqdn",
    "Globals",
    "GroupMember",
    "GroupPolicy",
    "GroupRef",
    "Host",
    "IcmpGroup",
    "IcmpMatch",
    "IcmpMember",
    "Identity",
    "Interface",
    "InterfaceAddress",
    "InterfaceRef",
    "Ipv6Host",
    "Ipv6Prefix",
    "Ipv6Range",
    "Keepalive",
    "LogClass",
    "LogHost",
    "LogList",
    "LogListLevel",
    "LogListMessages",
    "LogMessage",
    "LogSettings",
    "LogTarget",
    "LogTransport",
    "Logging",
    "NatRule",
    "NatService",
    "NetworkGroup",
    "NetworkObject",
    "NullRoute",
    "ObjectNat",
    "ObjectRef",
    "Periodic",
    "Phase1Mode",
    "Policy",
    "PolicyClass",
    "PolicyMap",
    "PortIs",
    "PortMatch",
    "PortRange",
    "ProtocolGroup",
    "ProtocolMember",
    "Release",
    "Remark",
    "Route",
    "Service",
    "ServiceGroup",
    "ServiceMember",
    "ServiceObject",
    "Sourced",
    "StandardAce",
    "Subnet",
    "TimeRange",
    "Timeouts",
    "TransformSet",
    "Trustpoint",
    "TunnelGroup",
]
