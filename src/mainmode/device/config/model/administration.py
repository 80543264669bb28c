"""Who may log in to the device, how, and what their sessions are like at first."""

from dataclasses import field
from ipaddress import IPv4Address, IPv6Network

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.base.secret import Secret
from mainmode.device.config.model.values import Sourced


@dataclass(frozen=True, slots=True)
class Password:
    """A password, or the hash of one, as it stands in a line; None where a listing shows stars instead."""

    text: Secret | None


@dataclass(frozen=True, slots=True)
class StoredPassword:
    """A password as a line keeps it. `form` says what hash it is (`encrypted`, `pbkdf2`, …); None: in clear."""

    password: Password
    form: str | None = None


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    """`username … password …`. `privilege` is None where not said: 2."""

    password: Password
    form: str | None = None
    privilege: int | None = None

    @property
    def stored(self) -> StoredPassword:
        """The password alone."""
        return StoredPassword(self.password, self.form)


@dataclass(frozen=True, slots=True)
class OpenLogin:
    """`username … nopassword`: any password is right."""

    privilege: int | None = None


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that logs a user in: in base64 as key tools write it, or where `hashed` its SHA-256, octets with colons."""

    key: str
    hashed: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """One `username`. `service_type` is `admin`, `nas-prompt` or `remote-access`; the last has no command line."""

    name: str
    source: Source = field(compare=False)
    login: Sourced[PasswordLogin | OpenLogin] | None
    service_type: Sourced[str]
    public_key: Sourced[PublicKey] | None

    @property
    def privilege(self) -> int:
        """The privilege level, 0 to 15."""
        said = self.login.value.privilege if self.login is not None else None
        return 2 if said is None else said


@dataclass(frozen=True, slots=True)
class EnablePassword:
    """`enable password P level N`; the one without a level is that of level 15 and stands in the settings."""

    level: int
    source: Source = field(compare=False)
    stored: Sourced[StoredPassword]


@dataclass(frozen=True, slots=True)
class ClientNetwork:
    """`ssh A MASK IFC` or `telnet A MASK IFC`: from where clients may come."""

    address: IPv4Address
    mask: IPv4Address
    interface: str
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class Ipv6ClientNetwork:
    """`ssh PREFIX IFC` with an IPv6 prefix."""

    prefix: IPv6Network
    interface: str
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class Authenticator:
    """`aaa authentication SERVICE console SERVERS`: who knows the users, one or two; `LOCAL` are the usernames."""

    service: str
    source: Source = field(compare=False)
    servers: Sourced[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ExecAuthorization:
    """`aaa authorization exec WHO [auto-enable]`: service types count, and sessions begin privileged where they may."""

    by: str
    auto_enable: bool = False


@dataclass(frozen=True, slots=True)
class Banner:
    """One line of a banner: `motd`, `login`, `exec` or `asdm`."""

    kind: str
    text: str
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class Administration:
    """What stands once. Timeouts in minutes, that of the console 0 for never; `pager` in lines, 0 for none."""

    enable_password: Sourced[StoredPassword] | None
    login_password: Sourced[StoredPassword] | None
    exec_authorization: Sourced[ExecAuthorization] | None
    ssh_timeout: Sourced[int]
    ssh_version: Sourced[int]
    ssh_key_exchange: Sourced[str]
    ssh_strict_host_key_check: Sourced[bool]
    telnet_timeout: Sourced[int]
    console_timeout: Sourced[int]
    pager: Sourced[int]
    terminal_width: Sourced[int]
    ssh_clients: tuple[ClientNetwork | Ipv6ClientNetwork, ...] = ()
    telnet_clients: tuple[ClientNetwork | Ipv6ClientNetwork, ...] = ()
    banners: tuple[Banner, ...] = ()
