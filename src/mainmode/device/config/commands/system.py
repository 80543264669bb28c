"""Hostname, names, and the settings that stand once."""

from types import SimpleNamespace

from mainmode.device.config.actions import Assign
from mainmode.device.config.declaration import Command, command
from mainmode.device.config.draft import Table

GLOBALS = Table("configuration", (), lambda configuration: (configuration.settings,))
LISTS = Table("configuration", (), lambda configuration: (configuration,))
TIMEOUTS = Table("timeout", (), lambda configuration: (configuration.settings.timeouts,))
NAMES = Table(
    "name",
    ("name",),
    lambda configuration: [
        SimpleNamespace(name=name, address=address) for name, address in configuration.names.items()
    ],
)

DEFAULT_HOSTNAME = "ciscoasa"


def flag(text: str, name: str, note: str = "", *, default: bool = False, also: tuple[str, ...] = ()) -> Command:
    """A global setting that is on or off."""
    return command(
        text, Assign(GLOBALS, (name,), constant=True, default=default, off=False, outspoken=True), note, also=also
    )


HOSTNAME: tuple[Command, ...] = (
    command("hostname ~ {hostname:hostname}", Assign(GLOBALS, ("hostname",), default=DEFAULT_HOSTNAME, always=True)),
    command("domain-name ~ {domain_name:name}", Assign(GLOBALS, ("domain_name",))),
)

NAME: tuple[Command, ...] = (
    flag("names", "names_shown", "Addresses are written by their names."),
    command(
        "name {address:address-itself} {name:address-name} [description {text:rest}]",
        Assign(NAMES, ("address",), removes=True),
        "The name may stand wherever an address does.",
    ),
)

SAME_SECURITY: tuple[Command, ...] = (
    flag(
        "same-security-traffic permit inter-interface",
        "same_security_inter",
        "Between interfaces of the same security level.",
    ),
    flag(
        "same-security-traffic permit intra-interface",
        "same_security_intra",
        "Back out of the interface it came in by, as between two tunnels.",
    ),
)

TIMEOUT: tuple[Command, ...] = (
    command(
        "timeout ~ <[conn {conn:duration}] [half-closed {half_closed:duration}] [udp {udp:duration}] "
        "[sctp {sctp:duration}] [icmp {icmp:duration}]>",
        Assign(TIMEOUTS, ("conn", "half_closed", "udp", "icmp"), default=(3600, 600, 120, 2), stated=True),
        "How long a connection may be idle. Those of other protocols are as those of UDP.",
    ),
)

MANAGEMENT: tuple[Command, ...] = (
    command(
        "management-access ~ {management_access:name}",
        Assign(GLOBALS, ("management_access",)),
        "The address of this interface is reached through tunnels too.",
    ),
)

SYSOPT: tuple[Command, ...] = (
    flag(
        "sysopt connection permit-vpn",
        "permit_vpn",
        "Traffic out of a tunnel skips the interface's access list.",
        default=True,
    ),
    command(
        "sysopt connection tcpmss ~ {tcpmss:0-65535}",
        Assign(GLOBALS, ("tcpmss",), default=1380),
        "Octets; 0: off.",
    ),
    command(
        "sysopt connection tcpmss minimum ~ {tcpmss_minimum:0-65535}",
        Assign(GLOBALS, ("tcpmss_minimum",), default=0),
    ),
    flag("sysopt connection preserve-vpn-flows", "preserve_vpn_flows"),
    flag("sysopt connection reclassify-vpn", "reclassify_vpn"),
)
