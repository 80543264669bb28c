"""A device's configuration as a value. Every value knows the line it came from, or that it is a default.

Equality compares what is configured, never where it was said: sources, file, lines and problems do not count.
Words are kept as the device spells them (`3des`, `esp-sha-hmac`); `device.settings` turns them into numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address, IPv6Network
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from mainmode.base.provenance import Source
from mainmode.base.secret import Secret
from mainmode.device.config.problem import Problem

T = TypeVar("T", covariant=True)
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Release(Enum):
    """Which spelling a file uses. 8.4 renamed `isakmp` to `ikev1` in most commands."""

    OLD = "8.2/8.3"
    NEW = "8.4+/9.x"


@dataclass(frozen=True, slots=True)
class Sourced(Generic[T]):
    """A value and where it came from: a Statement, or a Default spelled as the command that would say it."""

    value: T
    source: Source = field(compare=False)


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


AclAddress = AnyAddress | Host | Subnet | Ipv6Prefix | ObjectRef | GroupRef | InterfaceRef


@dataclass(frozen=True, slots=True)
class InterfaceAddress:
    """`ip address A M [standby B]`."""

    address: IPv4Address
    mask: IPv4Address
    standby: IPv4Address | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """One `interface`. `name` is the hardware's (`GigabitEthernet0/1`), `nameif` what other commands use.

    `security_level` is None where neither a level nor a nameif stands.
    """

    name: str
    source: Source = field(compare=False)
    nameif: Sourced[str] | None
    security_level: Sourced[int] | None
    address: Sourced[InterfaceAddress] | None
    shutdown: Sourced[bool]
    description: Sourced[str] | None


@dataclass(frozen=True, slots=True)
class ObjectNat:
    """` nat (REAL,MAPPED) {static|dynamic} …` inside `object network`: a rule of section 2.

    `mapped` is an address, an object's name or the word `interface`.
    """

    interfaces: tuple[str, str]
    method: str
    mapped: IPv4Address | str
    dns: bool = False
    no_proxy_arp: bool = False
    route_lookup: bool = False


@dataclass(frozen=True, slots=True)
class NetworkObject:
    """One `object network`; `content` is None for an empty one."""

    name: str
    source: Source = field(compare=False)
    content: Sourced[Host | Subnet | AddressRange | Fqdn] | None
    description: Sourced[str] | None
    nat: Sourced[ObjectNat] | None


@dataclass(frozen=True, slots=True)
class GroupMember:
    """`network-object …` (Host, Subnet, Ipv6Prefix or ObjectRef) or `group-object G` (GroupRef)."""

    content: Host | Subnet | Ipv6Prefix | ObjectRef | GroupRef
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class NetworkGroup:
    """One `object-group network`."""

    name: str
    source: Source = field(compare=False)
    members: tuple[GroupMember, ...]
    description: Sourced[str] | None


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
class Logging:
    """`log [LEVEL] [interval S]` or `log disable|default`."""

    level: str | None = None
    interval: int | None = None


@dataclass(frozen=True, slots=True)
class Ace:
    """One `access-list NAME extended` entry. `protocol` is an IP protocol number (0: ip) or a reference."""

    action: str
    protocol: int | ObjectRef | GroupRef
    source_address: AclAddress
    destination_address: AclAddress
    source: Source = field(compare=False)
    source_port: PortMatch | None = None
    destination_port: PortMatch | None = None
    icmp: IcmpMatch | None = None
    log: Logging | None = None
    time_range: str | None = None
    inactive: bool = False

    @property
    def permit(self) -> bool:
        """True for `permit`."""
        return self.action == "permit"


@dataclass(frozen=True, slots=True)
class Remark:
    """`access-list NAME remark TEXT`."""

    text: str
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class AccessList:
    """One extended access list, entries in their order. `source` is its first line."""

    name: str
    source: Source = field(compare=False)
    entries: tuple[Ace | Remark, ...]

    @property
    def aces(self) -> tuple[Ace, ...]:
        """The entries that match traffic: no remarks, none that is inactive."""
        return tuple(entry for entry in self.entries if isinstance(entry, Ace) and not entry.inactive)


@dataclass(frozen=True, slots=True)
class AccessGroup:
    """`access-group ACL {in|out} interface IFC`."""

    acl: str
    direction: str
    interface: str
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class NatRule:
    """A twice NAT rule, `nat (REAL,MAPPED) source …`; rules stand in their order of evaluation.

    `interfaces` are the real and the mapped one (a nameif or `any`), `method` is `static` or `dynamic`. Names are
    objects, object-groups, `any` or (mapped only) `interface`. On the destination side the device writes the mapped
    name first: `destination static MAPPED REAL`. `after_auto` puts the rule into section 3.
    """

    interfaces: tuple[str, str]
    method: str
    real_source: str
    mapped_source: str
    source: Source = field(compare=False)
    mapped_destination: str | None = None
    real_destination: str | None = None
    mapped_service: str | None = None
    real_service: str | None = None
    after_auto: bool = False
    dns: bool = False
    unidirectional: bool = False
    no_proxy_arp: bool = False
    route_lookup: bool = False
    inactive: bool = False
    description: str | None = None

    @property
    def identity(self) -> bool:
        """Whether the rule leaves every address as it is."""
        return (
            self.method == "static"
            and self.real_source == self.mapped_source
            and self.real_destination == self.mapped_destination
        )


@dataclass(frozen=True, slots=True)
class Route:
    """`route IFC NETWORK MASK GATEWAY [DISTANCE]`."""

    interface: str
    network: IPv4Address
    mask: IPv4Address
    gateway: IPv4Address
    source: Source = field(compare=False)
    distance: int = 1


@dataclass(frozen=True, slots=True)
class TransformSet:
    """One transform set: the device's words (`esp-aes-256`, `esp-sha-hmac`, `esp-none`), tunnel or transport."""

    name: str
    source: Source = field(compare=False)
    encryption: Sourced[str]
    authentication: Sourced[str]
    mode: Sourced[str]


@dataclass(frozen=True, slots=True)
class Phase1Mode:
    """`set phase1-mode {main|aggressive [groupN]}`."""

    mode: str = "main"
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Keepalive:
    """`isakmp keepalive threshold T [retry R]`, both in seconds."""

    threshold: int = 10
    retry: int = 2


@dataclass(frozen=True, slots=True)
class Identity:
    """`crypto isakmp identity {auto|address|hostname|key-id VALUE}`."""

    method: str = "auto"
    value: str | None = None


@dataclass(frozen=True, slots=True)
class CryptoMapEntry:
    """One sequence of a crypto map or a dynamic map. `source` is the entry's first line; None: nothing says it.

    `pfs` is a group number (a bare `set pfs` is group 2). `lifetime_kilobytes` holds None for `unlimited`.
    `dynamic` names the dynamic map behind `ipsec-isakmp dynamic`.
    """

    map_name: str
    sequence: int
    source: Source = field(compare=False)
    acl: Sourced[str] | None
    peers: Sourced[tuple[IPv4Address, ...]] | None
    transform_sets: Sourced[tuple[str, ...]] | None
    pfs: Sourced[int] | None
    lifetime_seconds: Sourced[int] | None
    lifetime_kilobytes: Sourced[int | None] | None
    reverse_route: Sourced[bool]
    connection_type: Sourced[str]
    phase1_mode: Sourced[Phase1Mode]
    nat_t_disable: Sourced[bool]
    dynamic: Sourced[str] | None = None

    @property
    def complete(self) -> bool:
        """Whether match address, peer and transform set stand, or the entry names a dynamic map."""
        return self.dynamic is not None or (
            self.acl is not None and self.peers is not None and self.transform_sets is not None
        )


@dataclass(frozen=True, slots=True)
class CryptoMap:
    """A crypto map (or dynamic map): entries by sequence, and the interfaces it is bound to with their lines."""

    name: str
    entries: tuple[CryptoMapEntry, ...]
    interfaces: tuple[Sourced[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """One `crypto ikev1 policy`. `lifetime` in seconds, None for `none`; `group` a number."""

    priority: int
    source: Source = field(compare=False)
    authentication: Sourced[str]
    encryption: Sourced[str]
    hash: Sourced[str]
    group: Sourced[int]
    lifetime: Sourced[int | None]


@dataclass(frozen=True, slots=True)
class TunnelGroup:
    """One `tunnel-group`. `type` is None for the built-in groups (`DefaultL2LGroup`), which no line creates.

    `key` is None where no key stands; its value is None where the file hides it (`*****`, or encrypted).
    `keepalive` is None for `disable`.
    """

    name: str
    source: Source = field(compare=False)
    type: Sourced[str] | None
    key: Sourced[Secret | None] | None
    peer_id_validate: Sourced[str]
    keepalive: Sourced[Keepalive | None]
    group_policy: Sourced[str]

    @property
    def key_hidden(self) -> bool:
        """Whether a key stands that the file does not tell."""
        return self.key is not None and self.key.value is None

    @property
    def is_l2l(self) -> bool:
        """Whether the group is for LAN-to-LAN peers."""
        return self.type.value == "ipsec-l2l" if self.type else self.name == "DefaultL2LGroup"


@dataclass(frozen=True, slots=True)
class Globals:
    """Settings that stand once.

    Lifetimes in seconds and kilobytes (None: unlimited); `nat_traversal` is the NAT keepalive in seconds, None where
    switched off.
    """

    hostname: Sourced[str]
    identity: Sourced[Identity]
    nat_traversal: Sourced[int | None]
    lifetime_seconds: Sourced[int]
    lifetime_kilobytes: Sourced[int | None]
    permit_vpn: Sourced[bool]


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that one file says. `lines` is the whole file with its keys masked, line 1 first.

    Maps are keyed by name in the file's order; `policies` are sorted by priority, map entries by sequence.
    `enabled` are the interfaces (nameif) with IKE, with their lines. A crypto map bound nowhere has no
    `interfaces`; one that is bound but has no entries stands here with none.
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
    access_lists: Mapping[str, AccessList] = field(default_factory=lambda: _NOTHING)
    access_groups: tuple[AccessGroup, ...] = ()
    nat_rules: tuple[NatRule, ...] = ()
    routes: tuple[Route, ...] = ()
    transform_sets: Mapping[str, TransformSet] = field(default_factory=lambda: _NOTHING)
    crypto_maps: Mapping[str, CryptoMap] = field(default_factory=lambda: _NOTHING)
    dynamic_maps: Mapping[str, CryptoMap] = field(default_factory=lambda: _NOTHING)
    policies: tuple[Policy, ...] = ()
    enabled: tuple[Sourced[str], ...] = ()
    tunnel_groups: Mapping[str, TunnelGroup] = field(default_factory=lambda: _NOTHING)

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
