"""`object service` and the object-groups of services, protocols and ICMP types."""

from mainmode.device.config.actions import Append, Assign, Enter
from mainmode.device.config.declaration import Command, command
from mainmode.device.config.draft import Mode, Table
from mainmode.device.config.model import IcmpMember, ProtocolMember, ServiceMember

SERVICES = Table("object", ("name",), lambda configuration: configuration.services.values())
SERVICE_GROUPS = Table("object-group", ("name",), lambda configuration: configuration.service_groups.values())
PROTOCOL_GROUPS = Table("object-group", ("name",), lambda configuration: configuration.protocol_groups.values())
ICMP_GROUPS = Table("object-group", ("name",), lambda configuration: configuration.icmp_groups.values())

_PORT_MODES = {"tcp": Mode.TCP_GROUP, "udp": Mode.UDP_GROUP, "tcp-udp": Mode.TCP_UDP_GROUP}


def _described(table: Table, mode: Mode) -> Command:
    return command("description ~ {description:rest}", Assign(table, ("description",)), mode=mode)


def _nested(table: Table, mode: Mode, build: type[object]) -> Command:
    return command("group-object {content:group-name}", Append(table, "members", build), mode=mode)


SERVICE: tuple[Command, ...] = (
    command("object service {name:name}", Enter(SERVICES, Mode.SERVICE)),
    command("service ~ {content:service}", Assign(SERVICES, ("content",)), mode=Mode.SERVICE),
    _described(SERVICES, Mode.SERVICE),
)

SERVICE_GROUP: tuple[Command, ...] = (
    command(
        "object-group service {name:name} [{protocol:tcp|udp|tcp-udp}]",
        Enter(SERVICE_GROUPS, Mode.SERVICE_GROUP, fields=("protocol",), modes=_PORT_MODES),
        "With a protocol it holds ports, without one services.",
    ),
    _described(SERVICE_GROUPS, Mode.SERVICE_GROUP),
    command(
        "service-object {content:service-member}",
        Append(SERVICE_GROUPS, "members", ServiceMember),
        mode=Mode.SERVICE_GROUP,
    ),
    _nested(SERVICE_GROUPS, Mode.SERVICE_GROUP, ServiceMember),
    *(
        one
        for ports, mode in _PORT_MODES.items()
        for one in (
            _described(SERVICE_GROUPS, mode),
            command(
                f"port-object {{content:{ports}-ports}}", Append(SERVICE_GROUPS, "members", ServiceMember), mode=mode
            ),
            _nested(SERVICE_GROUPS, mode, ServiceMember),
        )
    ),
)

PROTOCOL_GROUP: tuple[Command, ...] = (
    command("object-group protocol {name:name}", Enter(PROTOCOL_GROUPS, Mode.PROTOCOL_GROUP)),
    _described(PROTOCOL_GROUPS, Mode.PROTOCOL_GROUP),
    command(
        "protocol-object {content:protocol}",
        Append(PROTOCOL_GROUPS, "members", ProtocolMember),
        mode=Mode.PROTOCOL_GROUP,
    ),
    _nested(PROTOCOL_GROUPS, Mode.PROTOCOL_GROUP, ProtocolMember),
)

ICMP_GROUP: tuple[Command, ...] = (
    command("object-group icmp-type {name:name}", Enter(ICMP_GROUPS, Mode.ICMP_GROUP)),
    _described(ICMP_GROUPS, Mode.ICMP_GROUP),
    command("icmp-object {content:icmp-type}", Append(ICMP_GROUPS, "members", IcmpMember), mode=Mode.ICMP_GROUP),
    _nested(ICMP_GROUPS, Mode.ICMP_GROUP, IcmpMember),
)
