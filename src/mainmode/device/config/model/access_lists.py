"""Access lists and where they are bound."""

from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.device.config.model.addresses import AclAddress, AnyAddress, GroupRef, Host, ObjectRef, Subnet
from mainmode.device.config.model.services import IcmpMatch, PortMatch


@dataclass(frozen=True, slots=True)
class Logging:
    """`log [LEVEL] [interval S]` or `log disable|default`."""

    level: str | None = None
    interval: int | None = None


@dataclass(frozen=True, slots=True)
class Ace:
    """One `access-list NAME extended` entry. `protocol` is an IP protocol number (0: ip) or a reference.

    `icmp` is a type, with a code or not, or an object-group of types. `time_range` names when the entry stands.
    """

    action: str
    protocol: int | ObjectRef | GroupRef
    source_address: AclAddress
    destination_address: AclAddress
    source: Source = field(compare=False)
    source_port: PortMatch | None = None
    destination_port: PortMatch | None = None
    icmp: IcmpMatch | GroupRef | None = None
    log: Logging | None = None
    time_range: str | None = None
    inactive: bool = False

    @property
    def permit(self) -> bool:
        """True for `permit`."""
        return self.action == "permit"


@dataclass(frozen=True, slots=True)
class StandardAce:
    """One `access-list NAME standard` entry: read for what else uses such lists, and matching no traffic here."""

    action: str
    address: AnyAddress | Host | Subnet
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class Remark:
    """`access-list NAME remark TEXT`."""

    text: str
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class AccessList:
    """One access list, extended or standard, entries in their order. `source` is its first line."""

    name: str
    source: Source = field(compare=False)
    entries: tuple[Ace | StandardAce | Remark, ...]

    @property
    def aces(self) -> tuple[Ace, ...]:
        """The entries that match traffic: no remarks, none that is inactive."""
        return tuple(entry for entry in self.entries if isinstance(entry, Ace) and not entry.inactive)


@dataclass(frozen=True, slots=True)
class AccessGroup:
    """`access-group ACL {in|out} interface IFC [per-user-override|control-plane]` or `access-group ACL global`.

    `direction` is `in`, `out` or `global`; a global one has no interface.
    """

    acl: str
    direction: str
    source: Source = field(compare=False)
    interface: str | None = None
    per_user_override: bool = False
    control_plane: bool = False
