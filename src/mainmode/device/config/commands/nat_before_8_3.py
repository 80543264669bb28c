"""Address translation in the language of 7.x and 8.2, in the order in which those releases write it."""

from mainmode.device.config.actions import Append, Assign
from mainmode.device.config.commands.system import GLOBALS, LISTS
from mainmode.device.config.declaration import Command, command
from mainmode.device.config.model import GlobalPool, PolicyNat, PolicyStatic, SourceNat, StaticNat, StaticPat

_NAT = "nat {interface:nat-interface} {number:0-65535}"
_STATIC = "static {interfaces:nat-pair}"

NAT_BEFORE_8_3: tuple[Command, ...] = (
    command(
        "nat-control",
        Assign(GLOBALS, ("nat_control",), constant=True, default=False, off=False),
        "What no rule translates or exempts does not pass between interfaces of other security levels.",
    ),
    command(
        "global {interface:nat-interface} {number:1-2147483647} {mapped:global-pool} [netmask {mask:any-mask}]",
        Append(LISTS, "global_pools", GlobalPool),
        "The addresses that hosts of `nat (…) N` get on this interface.",
    ),
    command(
        f"{_NAT} access-list {{acl:name}} [{{options:rest}}]",
        Append(LISTS, "old_nat", PolicyNat),
        "With 0 the access list's traffic is exempt from translation; its `deny` lines are left out of account.",
    ),
    command(
        f"{_NAT} {{network:address}} {{mask:any-mask}} [{{options:rest}}]",
        Append(LISTS, "old_nat", SourceNat),
        "With 0 these hosts keep their addresses.",
    ),
    command(
        f"{_STATIC} {{mapped:nat-mapped}} access-list {{acl:name}} [{{options:rest}}]",
        Append(LISTS, "statics", PolicyStatic),
    ),
    command(
        f"{_STATIC} {{protocol:tcp|udp}} {{mapped:nat-mapped}} {{mapped_port:any-port}} {{real:address}} "
        "{real_port:any-port} [netmask {mask:any-mask}] [{options:rest}]",
        Append(LISTS, "statics", StaticPat),
    ),
    command(
        f"{_STATIC} {{mapped:nat-mapped}} {{real:address}} [netmask {{mask:any-mask}}] [{{options:rest}}]",
        Append(LISTS, "statics", StaticNat),
    ),
)
