"""`access-list … extended` and `access-group`."""

from mainmode.device.config.actions import Append, Remove
from mainmode.device.config.commands.system import LISTS
from mainmode.device.config.declaration import Command, command
from mainmode.device.config.draft import Table
from mainmode.device.config.model import AccessGroup, Ace, Remark, StandardAce

ACCESS_LISTS = Table("access-list", ("name",), lambda configuration: configuration.access_lists.values())

_HEAD = "access-list {name:name} [line {line:1-2147483647}] [extended] {action:permit|deny}"
_TAIL = "[{log:logging}] [time-range {time_range:name}] [inactive]"
_ENTRY = Append(ACCESS_LISTS, "entries", Ace, {"extended": True})


def _ports(protocol: str, ports: str) -> str:
    return (
        f"{_HEAD} {{protocol:{protocol}}} {{source_address:acl-address}} "
        f"[{{source_port:{ports}-match-or-known-group}}] "
        f"{{destination_address:acl-address}} [{{destination_port:{ports}-match-or-group}}] {_TAIL}"
    )


COMMANDS: tuple[Command, ...] = (
    command(
        "access-list {name:name} [line {line:1-2147483647}] remark {text:rest}",
        Append(ACCESS_LISTS, "entries", Remark, unique=False),
    ),
    command(_ports("tcp", "tcp"), _ENTRY),
    command(_ports("udp", "udp"), _ENTRY),
    command(_ports("sctp", "any"), _ENTRY),
    *(
        command(
            f"{_HEAD} {{protocol:{icmp}}} {{source_address:acl-address}} {{destination_address:acl-address}} "
            f"[{{icmp:{icmp}-match-or-group}}] {_TAIL}",
            _ENTRY,
        )
        for icmp in ("icmp", "icmp6")
    ),
    command(
        _ports("group", "any"), _ENTRY, "An object-group of protocols, or of services, which has the ports itself."
    ),
    command(
        f"{_HEAD} {{protocol:other-protocol}} {{source_address:acl-address}} {{destination_address:acl-address}} "
        f"{_TAIL}",
        _ENTRY,
        "Any other protocol, by name or number, or an object of services.",
    ),
    command(
        "access-list {name:name} standard {action:permit|deny} {address:standard-address}",
        Append(ACCESS_LISTS, "entries", StandardAce),
        "For what matches destinations only; no crypto map does.",
    ),
    command("access-list {name:name}", Remove(ACCESS_LISTS), "The whole list.", written=False),
)

ACCESS_GROUP: tuple[Command, ...] = (
    command(
        "access-group {acl:name} {direction:in|out} interface {interface:name} [per-user-override] [control-plane]",
        Append(LISTS, "access_groups", AccessGroup),
    ),
    command("access-group {acl:name} {direction:global|}", Append(LISTS, "access_groups", AccessGroup)),
)
