"""`object network` and `object-group network`, and the NAT rule inside an object."""

from mainmode.device.config.actions import Append, Assign, Enter
from mainmode.device.config.commands.nat import POOL
from mainmode.device.config.declaration import Command, command
from mainmode.device.config.draft import Mode, Table
from mainmode.device.config.model import GroupMember, ObjectNat

OBJECTS = Table("object", ("name",), lambda configuration: configuration.objects.values())
GROUPS = Table("object-group", ("name",), lambda configuration: configuration.groups.values())

OBJECT: tuple[Command, ...] = (
    command("object network {name:name}", Enter(OBJECTS, Mode.OBJECT)),
    command("{content:object-content}", Assign(OBJECTS, ("content",)), mode=Mode.OBJECT),
    command("description ~ {description:rest}", Assign(OBJECTS, ("description",)), mode=Mode.OBJECT),
)

GROUP: tuple[Command, ...] = (
    command("object-group network {name:name}", Enter(GROUPS, Mode.GROUP)),
    command("description ~ {description:rest}", Assign(GROUPS, ("description",)), mode=Mode.GROUP),
    command("network-object {content:group-member}", Append(GROUPS, "members", GroupMember), mode=Mode.GROUP),
    command("group-object {content:group-name}", Append(GROUPS, "members", GroupMember), mode=Mode.GROUP),
)

NAT: tuple[Command, ...] = (
    command("object network {name:name}", Enter(OBJECTS, Mode.OBJECT, written_alone=False)),
    command(
        f"nat [{{interfaces:nat-pair}}] ~ {{method:static|dynamic}} [pat-pool] {{mapped:nat-mapped}} {POOL} "
        "<[net-to-net] [dns] [service {service:nat-service}] [no-proxy-arp] [route-lookup]>",
        Assign(OBJECTS, ("nat",), build=ObjectNat),
        mode=Mode.OBJECT,
    ),
)
