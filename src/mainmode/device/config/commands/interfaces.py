"""`interface` and what stands below it, and what is said of interfaces by nameif."""

from types import SimpleNamespace

from mainmode.device.config.actions import NOTHING, Assign, Enter
from mainmode.device.config.declaration import Command, command
from mainmode.device.config.draft import Mode, Table
from mainmode.device.config.model import InterfaceAddress

INTERFACES = Table("interface", ("name",), lambda configuration: configuration.interfaces)
MTUS = Table(
    "mtu",
    ("interface",),
    lambda configuration: [SimpleNamespace(interface=name, mtu=one) for name, one in configuration.mtus.items()],
)

COMMANDS: tuple[Command, ...] = (
    command("interface {name:name}", Enter(INTERFACES, Mode.INTERFACE)),
    command("description ~ {description:rest}", Assign(INTERFACES, ("description",)), mode=Mode.INTERFACE),
    command(
        "management-only",
        Assign(INTERFACES, ("management_only",), constant=True, default=False, off=False),
        mode=Mode.INTERFACE,
    ),
    command(
        "shutdown",
        Assign(INTERFACES, ("shutdown",), constant=True, default=False, off=False),
        mode=Mode.INTERFACE,
    ),
    command("vlan ~ {vlan:1-4094}", Assign(INTERFACES, ("vlan",)), "Of a sub-interface.", mode=Mode.INTERFACE),
    command("nameif ~ {nameif:name}", Assign(INTERFACES, ("nameif",), always=True), mode=Mode.INTERFACE),
    command(
        "security-level ~ {security_level:0-100}",
        Assign(INTERFACES, ("security_level",), default=NOTHING, always=True),
        "100 for the interface named inside, else 0.",
        mode=Mode.INTERFACE,
    ),
    command(
        "ip address ~ {address:address} {mask:mask} [standby {standby:address}]",
        Assign(INTERFACES, ("address",), build=InterfaceAddress, always=True),
        mode=Mode.INTERFACE,
    ),
)

MTU: tuple[Command, ...] = (
    command("mtu {interface:name} ~ {mtu:64-65535}", Assign(MTUS, ("mtu",), default=1500, stated=True, removes=True)),
)
