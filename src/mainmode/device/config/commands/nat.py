"""Twice NAT (identity NAT is one of its cases) and static routes."""

from mainmode.device.config.commands.system import LISTS
from mainmode.device.config.declaration import Append, Command, command
from mainmode.device.config.model import NatRule, Route

_TAIL = (
    "source {method:static|dynamic} {real_source:name} {mapped_source:name} "
    "[destination static {mapped_destination:name} {real_destination:name}] "
    "[service {mapped_service:name} {real_service:name}] [dns] [unidirectional] [no-proxy-arp] [route-lookup] "
    "[inactive] [description {description:rest}]"
)

TWICE_NAT: tuple[Command, ...] = (
    command(
        f"nat {{interfaces:nat-pair}} [after-auto] {_TAIL}",
        Append(LISTS, "nat_rules", NatRule),
        "Where source and destination are mapped to themselves the rule exempts tunnel traffic from other NAT.",
    ),
    command(
        f"nat {{interfaces:nat-pair}} {{line:1-2147483647}} {_TAIL}",
        Append(LISTS, "nat_rules", NatRule),
        "The number is the place in section 1.",
        written=False,
    ),
)

ROUTE: tuple[Command, ...] = (
    command(
        "route {interface:name} {network:address} {mask:mask} {gateway:address} ~ [{distance:1-255}]",
        Append(LISTS, "routes", Route),
    ),
)
