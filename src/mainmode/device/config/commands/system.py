"""Hostname, names, and the settings that stand once."""

from types import SimpleNamespace

from mainmode.device.config.declaration import Assign, Command, Table, command

GLOBALS = Table("configuration", (), lambda configuration: (configuration.settings,))
LISTS = Table("configuration", (), lambda configuration: (configuration,))
NAMES = Table(
    "name",
    ("name",),
    lambda configuration: [
        SimpleNamespace(name=name, address=address) for name, address in configuration.names.items()
    ],
)

HOSTNAME: tuple[Command, ...] = (
    command("hostname ~ {hostname:hostname}", Assign(GLOBALS, ("hostname",), default="ciscoasa", always=True)),
)

NAME: tuple[Command, ...] = (
    command(
        "name {address:address} {name:name}",
        Assign(NAMES, ("address",), removes=True),
        "The name may stand wherever an address does; it is written as the address.",
    ),
)

SYSOPT: tuple[Command, ...] = (
    command(
        "sysopt connection permit-vpn",
        Assign(GLOBALS, ("permit_vpn",), constant=True, default=True, off=False),
        "Traffic out of a tunnel skips the interface's access list.",
    ),
)
