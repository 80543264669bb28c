"""Users and passwords, `aaa`, `ssh`, and what sessions are like at first."""

from mainmode.device.config.actions import Append, Assign, Enter, Remove
from mainmode.device.config.declaration import Command, Support, command
from mainmode.device.config.draft import Mode, Table
from mainmode.device.config.model import (
    Banner,
    ClientNetwork,
    ExecAuthorization,
    Ipv6ClientNetwork,
    OpenLogin,
    PasswordLogin,
    PublicKey,
    StoredPassword,
)

ADMINISTRATION = Table("administration", (), lambda configuration: (configuration.settings.administration,))
USERS = Table("username", ("name",), lambda configuration: configuration.users.values())
ENABLE_LEVELS = Table("enable password", ("level",), lambda configuration: configuration.enable_passwords.values())
AUTHENTICATORS = Table("aaa authentication", ("service",), lambda configuration: configuration.authenticators.values())

_HASHES = "encrypted|pbkdf2"
_USER_HASHES = "encrypted|pbkdf2|nt-encrypted|mschap"
_GROUPS = "dh-group1-sha1|dh-group14-sha1|dh-group14-sha256|curve25519-sha256|ecdh-sha2-nistp256"
_TELNET = "Kept, and nobody listens: sessions come by SSH and from the console."

ENABLE_PASSWORD: tuple[Command, ...] = (
    command(
        f"enable password ~ {{password:password}} [{{form:{_HASHES}}}]",
        Assign(ADMINISTRATION, ("enable_password",), build=StoredPassword),
        "Always shown as *****, the hash as well.",
    ),
    command(
        f"enable password {{password:password}} level {{level:0-15}} [{{form:{_HASHES}}}]",
        Assign(ENABLE_LEVELS, ("stored",), build=StoredPassword, removes=True),
    ),
    command("enable password level {level:0-15}", Remove(ENABLE_LEVELS), written=False),
)

LOGIN_PASSWORD: tuple[Command, ...] = (
    command(
        "passwd ~ {password:password} [{form:encrypted|pbkdf2}]",
        Assign(ADMINISTRATION, ("login_password",), build=StoredPassword),
        "For Telnet, and so for nobody here.",
        also=("password ~ {password:password} [{form:encrypted|pbkdf2}]",),
    ),
)

BANNERS: tuple[Command, ...] = (
    command(
        "banner {kind:exec|login|motd|asdm} ~ {text:rest}",
        Append(ADMINISTRATION, "banners", Banner, unique=False),
        "A line of it; without a text the no form takes all of them.",
    ),
)

PAGER: tuple[Command, ...] = (
    command(
        "pager lines ~ {pager:0-2147483647}",
        Assign(ADMINISTRATION, ("pager",), default=24, off=0, stated=True),
        "How sessions begin; `terminal pager` changes it for one of them.",
        also=("pager ~ {pager:0-2147483647}",),
    ),
    command(
        "terminal width ~ {terminal_width:0-511}",
        Assign(ADMINISTRATION, ("terminal_width",), default=80),
    ),
)

AAA: tuple[Command, ...] = (
    command(
        "aaa authentication {service:ssh|enable|serial|telnet|http} console ~ {servers:name...2}",
        Assign(AUTHENTICATORS, ("servers",), removes=True),
        "LOCAL are the usernames. No server of a group is asked; LOCAL behind it is then the one that counts.",
    ),
    command(
        "aaa authorization exec ~ {by:exec-authority} [auto-enable]",
        Assign(ADMINISTRATION, ("exec_authorization",), build=ExecAuthorization),
    ),
)

SHELLS: tuple[Command, ...] = (
    command(
        "telnet {address:address} {mask:any-mask} {interface:name}",
        Append(ADMINISTRATION, "telnet_clients", ClientNetwork),
        _TELNET,
        support=Support.IRRELEVANT,
    ),
    command(
        "telnet {prefix:ipv6-prefix} {interface:name}",
        Append(ADMINISTRATION, "telnet_clients", Ipv6ClientNetwork),
        _TELNET,
        support=Support.IRRELEVANT,
    ),
    command(
        "telnet timeout ~ {telnet_timeout:1-1440}",
        Assign(ADMINISTRATION, ("telnet_timeout",), default=5, stated=True),
        _TELNET,
        support=Support.IRRELEVANT,
    ),
    command(
        "ssh stricthostkeycheck",
        Assign(ADMINISTRATION, ("ssh_strict_host_key_check",), constant=True, default=False, off=False, outspoken=True),
        "Of the device as a client, which it is not here.",
    ),
    command(
        "ssh {address:address} {mask:any-mask} {interface:name}",
        Append(ADMINISTRATION, "ssh_clients", ClientNetwork),
        "From where clients may come. In a lab every client comes from this host and is let in.",
    ),
    command("ssh {prefix:ipv6-prefix} {interface:name}", Append(ADMINISTRATION, "ssh_clients", Ipv6ClientNetwork)),
    command(
        "ssh timeout ~ {ssh_timeout:1-60}",
        Assign(ADMINISTRATION, ("ssh_timeout",), default=5, stated=True),
        "Minutes without a key.",
    ),
    command(
        "ssh version ~ {ssh_version:1|2}",
        Assign(ADMINISTRATION, ("ssh_version",), default=2, stated=True),
        "Version 2 is spoken in either case.",
        also=("ssh version {older:1|} {ssh_version:2|}",),
    ),
    command(
        f"ssh key-exchange group ~ {{ssh_key_exchange:{_GROUPS}}}",
        Assign(ADMINISTRATION, ("ssh_key_exchange",), default="dh-group14-sha256", stated=True),
        "Kept; what is offered is said in the page on SSH.",
    ),
    command(
        "console timeout ~ {console_timeout:0-60}",
        Assign(ADMINISTRATION, ("console_timeout",), default=0, stated=True),
        "Minutes without a key; 0: never.",
    ),
)

USER: tuple[Command, ...] = (
    command(
        f"username {{name:name}} ~ password {{password:password}} [{{form:{_USER_HASHES}}}] "
        "[privilege {privilege:0-15}]",
        Assign(USERS, ("login",), build=PasswordLogin, removes=True),
        "Always shown as *****, the hash as well. Of the hashes encrypted and pbkdf2 can be verified.",
    ),
    command(
        "username {name:name} nopassword [privilege {privilege:0-15}]",
        Assign(USERS, ("login",), build=OpenLogin, removes=True),
        "Any password is right.",
    ),
    command(
        "username {name:name} attributes",
        Enter(USERS, Mode.USERNAME, create=False, written_alone=False, removes=False),
    ),
    command(
        "service-type ~ {service_type:admin|nas-prompt|remote-access}",
        Assign(USERS, ("service_type",), default="admin"),
        "remote-access: no command line, where aaa authorization exec stands.",
        mode=Mode.USERNAME,
    ),
    command(
        "ssh authentication publickey ~ {key:name} [hashed]",
        Assign(USERS, ("public_key",), build=PublicKey),
        "The key in base64; hashed: its SHA-256, octets with colons.",
        mode=Mode.USERNAME,
    ),
)
