"""What the IKE machines ask of a device's configuration, as plain values; each carries the statement it came from.

The device builds these from its model. IKE never sees the configuration language.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import Enum
from functools import cached_property
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from mainmode.base.address import ProxyPair
from mainmode.base.codes import Authentication1, Encryption1, EspAuthentication, EspTransform, Group, Hash1
from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.base.secret import Secret
from mainmode.ike.entries import MapEntries
from mainmode.ipsec.dataplane import Mode

if TYPE_CHECKING:
    from mainmode.wire.payloads import SecurityAssociation

DEFAULT_IDLE_TIMEOUT = 1800
"""Seconds of `vpn-idle-timeout` where no group-policy says otherwise."""


@dataclass(frozen=True, slots=True)
class IkePolicy:
    """One `crypto ikev1 policy`. `lifetime` in seconds, None for no limit.

    `sources` keys: policy, authentication, encryption, hash, group, lifetime.
    """

    priority: int
    authentication: Authentication1
    encryption: Encryption1
    key_bits: int
    hash: Hash1
    group: Group
    lifetime: int | None
    sources: Mapping[str, Source] = field(default_factory=dict, compare=False)


Phase1Numbers = tuple[int | None, int | None, int | None, int | None, int]
"""Group, encryption, hash, authentication, and bits of the key (0 for a cipher with one key length)."""


class Policies(tuple[IkePolicy, ...]):
    """IKE policies in the order in which they are tried; what is derived from them is derived once."""

    offer: "SecurityAssociation | None" = None
    """What they are as an SA payload, once somebody made it."""

    @classmethod
    def of(cls, policies: tuple[IkePolicy, ...]) -> "Policies":
        """The same policies; these themselves where they are of this class already."""
        return policies if isinstance(policies, cls) else cls(policies)

    @cached_property
    def by_numbers(self) -> dict[Phase1Numbers, tuple[int, IkePolicy]]:
        """The first policy with certain numbers, and where it stands (from 1)."""
        found: dict[Phase1Numbers, tuple[int, IkePolicy]] = {}
        for place, one in enumerate(self, 1):
            found.setdefault((one.group, one.encryption, one.hash, one.authentication, one.key_bits), (place, one))
        return found


@dataclass(frozen=True, slots=True)
class TransformSet:
    """One `crypto ipsec ikev1 transform-set`. `key_bits` 0 for ciphers with one key length."""

    name: str
    encryption: EspTransform
    key_bits: int
    authentication: EspAuthentication
    mode: Mode
    source: Source

    @property
    def sound(self) -> bool:
        """Whether it protects anything, and just once: a null cipher needs a MAC, AES-GCM has its own."""
        bare = self.authentication == EspAuthentication.NONE
        return not bare if self.encryption == EspTransform.NULL else bare or self.encryption != EspTransform.AES_GCM_16


@dataclass(frozen=True, slots=True)
class AclEntry:
    """One expanded entry of a crypto ACL; `proxies.local` is its source side. `spelled` gives the line."""

    permit: bool
    proxies: ProxyPair
    spelled: Callable[[], str] = field(repr=False, compare=False)
    source: Source

    @property
    def text(self) -> str:
        """The line as the device writes it; few of many entries are ever asked for it."""
        return self.spelled()


class ConnectionType(Enum):
    """`set connection-type`."""

    BIDIRECTIONAL = "bidirectional"
    ORIGINATE_ONLY = "originate-only"
    ANSWER_ONLY = "answer-only"


@dataclass(frozen=True, slots=True)
class MapEntry:
    """One sequence of a crypto map that is bound to an interface.

    `sources` keys: entry, acl, peer, transform_set, pfs, lifetime_seconds, lifetime_kilobytes, connection_type,
    interface (the `crypto map M interface IFC` line). `acl` is None where no `match address` stands or the named ACL
    does not exist. Lifetimes are the effective ones: the entry's, else the global's, else the default.

    An entry of a dynamic map bears that map's name and its own sequence, as the device says them; `behind` is the
    static one (map, sequence) that names the dynamic map, and its place among the others.
    """

    map_name: str
    sequence: int
    interface: str
    acl_name: str | None
    acl: tuple[AclEntry, ...] | None
    peers: tuple[IPv4Address, ...]
    transform_sets: tuple[TransformSet, ...]
    pfs: Group | None
    lifetime_seconds: int
    lifetime_kilobytes: int | None
    connection_type: ConnectionType = ConnectionType.BIDIRECTIONAL
    nat_t_disable: bool = False
    dynamic: bool = False
    behind: tuple[str, int] | None = None
    reverse_route: bool = False
    sources: Mapping[str, Source] = field(default_factory=dict, compare=False)

    @property
    def complete(self) -> bool:
        """Whether the entry has what the device asks for: match address, peer and a transform set that is sound."""
        sets = any(candidate.sound for candidate in self.transform_sets)
        return sets and (self.dynamic or bool(self.acl_name and self.peers))


@dataclass(frozen=True, slots=True)
class TunnelGroup:
    """One `tunnel-group` of type ipsec-l2l, with what its group-policy says.

    Keepalive threshold (0: infinite) and retry in seconds; None: `isakmp keepalive disable`. Timeouts in seconds, None
    for none.
    `protocols` are the words of `vpn-tunnel-protocol` in the newer spelling (ikev1, ikev2, …).
    `sources` keys: group, key, keepalive, peer_id_validate, policy, idle_timeout, session_timeout, vpn_filter,
    protocols.
    """

    name: str
    key: Secret | None
    keepalive: tuple[int, int] | None
    peer_id_validate: str
    policy_name: str = "DfltGrpPolicy"
    idle_timeout: int | None = DEFAULT_IDLE_TIMEOUT
    session_timeout: int | None = None
    vpn_filter: str | None = None
    protocols: frozenset[str] = frozenset({"ikev1"})
    sources: Mapping[str, Source] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class IkeSettings:
    """All that IKE may know of one device.

    `addresses` are the device's own, by interface name; `enabled` the interfaces with IKE, each with its statement.
    `groups` by name; `default_group` is DefaultL2LGroup. `identity`: auto, address, hostname or key-id, with
    `identity_value` for the last. `nat_traversal` is the NAT keepalive in seconds, None where switched off.
    `tunnel_manager`: releases from 8.4 on have one, which hands key acquires to IKE and says so.
    `max_in_negotiation`: IKE SAs in negotiation at once, None for the platform's limit.
    `am_disable`: aggressive mode is refused by configuration, not only because this device does not speak it.
    `mtus`: octets of an IP packet, by interface name, where configured.
    `disconnect_notify`: peers are told when the device goes down or reloads.
    `unspoken` are policies of other methods than pre-shared keys: never offered or taken, named where all is refused.
    `sources` keys: identity, nat_traversal, hostname, max_in_negotiation, am_disable, disconnect_notify, and
    `enable <interface>` (an Absent where not enabled).
    """

    file: str
    hostname: str
    policies: tuple[IkePolicy, ...]
    entries: tuple[MapEntry, ...]
    groups: Mapping[str, TunnelGroup]
    default_group: TunnelGroup | None
    addresses: Mapping[str, IPv4Address]
    enabled: Mapping[str, Source]
    identity: str
    identity_value: str
    nat_traversal: int | None
    tunnel_manager: bool = False
    max_in_negotiation: int | None = None
    am_disable: bool = False
    disconnect_notify: bool = False
    unspoken: tuple[IkePolicy, ...] = ()
    mtus: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict, compare=False)
    _derived: "_Derived" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "policies", Policies.of(self.policies))
        object.__setattr__(self, "_derived", _Derived(self))

    def group_for(self, peer: IPv4Address) -> TunnelGroup | None:
        """The tunnel-group that a main mode peer with a pre-shared key lands on: by address, else the default's."""
        found = self.groups.get(str(peer))
        if found is not None:
            return found
        if self.default_group is not None and self.default_group.key is not None:
            return self.default_group
        return None

    def on(self, interface: str) -> MapEntries:
        """The crypto map entries bound to `interface`, with their indexes."""
        return self._derived.on.get(interface, _NO_ENTRIES)

    def entries_on(self, interface: str) -> tuple[MapEntry, ...]:
        """The crypto map entries bound to `interface`, in the order in which they are tried."""
        return self.on(interface).all

    def naming(self, peer: IPv4Address) -> tuple[MapEntry, ...]:
        """The crypto map entries that name the peer, whatever their interface."""
        return tuple([entry for entries in self._derived.on.values() for entry in entries.of(peer)])

    def interface_at(self, address: IPv4Address) -> str | None:
        """The interface with this address of the device's own; None where there is none."""
        return self._derived.interfaces.get(address)


_NO_ENTRIES = MapEntries(())


class _Derived:
    """What is derived from settings once, by the first who asks."""

    def __init__(self, settings: IkeSettings) -> None:
        self._settings = settings

    @cached_property
    def on(self) -> dict[str, MapEntries]:
        """The entries by interface."""
        found: dict[str, list[MapEntry]] = {}
        for entry in self._settings.entries:
            found.setdefault(entry.interface, []).append(entry)
        return {interface: MapEntries(tuple(entries)) for interface, entries in found.items()}

    @cached_property
    def interfaces(self) -> dict[IPv4Address, str]:
        """The interfaces by address; of two with one address the first."""
        return {address: name for name, address in reversed(list(self._settings.addresses.items()))}
