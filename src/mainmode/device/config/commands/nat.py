"""Twice NAT (identity NAT is one of its cases) and static routes."""

from mainmode.device.config.actions import Append
from mainmode.device.config.commands.system import LISTS
from mainmode.device.config.declaration import Command, Support, command
from mainmode.device.config.model import NatRule, NullRoute, Route

POOL = "<[round-robin] [extended] [flat] [include-reserve] [interface [ipv6]]>"
"""What may follow a dynamic rule's mapped addresses."""

_TAIL = (
    f"source {{method:static|dynamic}} {{real_source:name}} [pat-pool] {{mapped_source:nat-name}} {POOL} "
    "[destination static {mapped_destination:name} {real_destination:name}] "
    "[service {mapped_service:name} {real_service:name}] "
    "<[net-to-net] [dns] [unidirectional] [no-proxy-arp] [route-lookup] [inactive]> [description {description:rest}]"
)

_RULE = Append(LISTS, "nat_rules", NatRule, apart=("after_auto", "late_nat_rules"))

TWICE_NAT: tuple[Command, ...] = (
    command(
        f"nat [{{interfaces:nat-pair}}] [after-auto] {_TAIL}",
        _RULE,
        "Where source and destination are mapped to themselves the rule exempts tunnel traffic from other NAT.",
    ),
    command(
        f"nat [{{interfaces:nat-pair}}] [after-auto] {{line:1-2147483647}} {_TAIL}",
        _RULE,
        "The number is the place in section 1, or in section 3.",
        written=False,
    ),
)

ROUTE: tuple[Command, ...] = (
    command(
        "route {interface:name} {network:address} {mask:mask} {gateway:address} ~ [{distance:1-255}] "
        "[track {track:1-500}] [tunneled]",
        Append(LISTS, "routes", Route),
    ),
    command(
        "route {interface:Null0|null0} {network:address} {mask:mask} ~ [{distance:1-255}]",
        Append(LISTS, "null_routes", NullRoute),
        "routes to Null0 are not built",
        support=Support.NOT_BUILT,
    ),
)
