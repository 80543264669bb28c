"""`debug …`, its conditions, and what of it is on. Debugs are each session's own.

That they are so, and `enabled at level N`, is told by public documents; the rows of `show crypto debug-condition` are
recalled.
"""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from mainmode.base.errors import InputError
from mainmode.catalogue.conditions import MOST_CONDITIONS, Conditions
from mainmode.catalogue.debugs import Debugs
from mainmode.console.commands.handling import Handler
from mainmode.device.config.model import Release
from mainmode.device.line.declaration import ADDRESS, NAME, Asked, Command, Surety, command

if TYPE_CHECKING:
    from mainmode.console.session import Session

_LEVEL = "<1-255>"
_USUAL_LEVEL = 1
_MASK = "mask"


async def _debug(session: "Session", asked: Asked) -> str:
    level = int(asked.get(_LEVEL) or _USUAL_LEVEL)
    sight = session.sight
    if "ipsec" in asked:
        sight.wish = replace(sight.wish, debugs=replace(sight.wish.debugs, ipsec=level))
    else:
        sight.wish = replace(sight.wish, debugs=replace(sight.wish.debugs, ikev1=level))
    return f"debug crypto {asked.keywords[-1]} enabled at level {level}\n"


async def _no_debug(session: "Session", asked: Asked) -> str:
    sight = session.sight
    if "all" in asked:
        sight.wish = replace(sight.wish, debugs=Debugs())
        return ""
    if "ipsec" in asked:
        sight.wish = replace(sight.wish, debugs=replace(sight.wish.debugs, ipsec=0))
    else:
        sight.wish = replace(sight.wish, debugs=replace(sight.wish.debugs, ikev1=0))
    return f"debug crypto {asked.keywords[-1]} disabled.\n"


async def _condition(session: "Session", asked: Asked) -> str:
    conditions = session.sight.wish.conditions
    peer, group = _peer(asked), asked.get(NAME)
    if peer is not None and peer not in conditions.peers:
        conditions = replace(conditions, peers=(*conditions.peers, peer))
    elif group is not None:
        conditions = replace(conditions, groups=conditions.groups | {group})
    elif "unmatched" in asked:
        conditions = replace(conditions, unmatched=True)
    if len(conditions.peers) + len(conditions.groups) > MOST_CONDITIONS:
        raise InputError(f"ERROR: more than {MOST_CONDITIONS} conditions; a subnet stands for many peers")
    session.sight.wish = replace(session.sight.wish, conditions=conditions)
    return ""


async def _no_condition(session: "Session", asked: Asked) -> str:
    conditions = session.sight.wish.conditions
    peer, group = _peer(asked), asked.get(NAME)
    if peer is not None and peer in conditions.peers:
        conditions = replace(conditions, peers=tuple(one for one in conditions.peers if one != peer))
    elif group is not None and group in conditions.groups:
        conditions = replace(conditions, groups=conditions.groups - {group})
    elif "unmatched" in asked and conditions.unmatched:
        conditions = replace(conditions, unmatched=False)
    else:
        raise InputError("ERROR: there is no such condition: show crypto debug-condition lists them")
    session.sight.wish = replace(session.sight.wish, conditions=conditions)
    return ""


def _peer(asked: Asked) -> IPv4Network | None:
    """The peer or subnet of peers that a condition names. Raises InputError for a mask that is none."""
    address, mask = asked.address, asked.get(_MASK)
    if address is None:
        return None
    try:
        return IPv4Network(f"{address}/{mask or '255.255.255.255'}", strict=False)
    except ValueError:
        raise InputError(f"ERROR: {mask} is no mask of a subnet") from None


async def _reset(session: "Session", asked: Asked) -> str:
    session.sight.wish = replace(session.sight.wish, conditions=Conditions())
    return ""


async def _show_debug(session: "Session", asked: Asked) -> str:
    wish = session.sight.wish
    lines = [*_on(wish.debugs, session.configuration.release)]
    if lines and wish.conditions:
        lines += [*_conditions(wish.conditions)]
    return "".join(f"{line}\n" for line in lines)


async def _show_conditions(session: "Session", asked: Asked) -> str:
    return "".join(f"{line}\n" for line in _conditions(session.sight.wish.conditions))


def _on(debugs: Debugs, release: Release) -> Iterator[str]:
    if debugs.ipsec:
        yield f"debug crypto ipsec enabled at level {debugs.ipsec}"
    if debugs.ikev1:
        yield f"debug crypto {'isakmp' if release is Release.OLD else 'ikev1'} enabled at level {debugs.ikev1}"


def _conditions(conditions: Conditions) -> Iterator[str]:
    yield f"Crypto conditional debug is turned {'ON' if conditions else 'OFF'}"
    if not conditions:
        return
    flag = "ON" if conditions.unmatched else "OFF"
    yield f"IKE debug context unmatched flag:  {flag}"
    yield f"IPSec debug context unmatched flag:  {flag}"
    if conditions.peers:
        yield ""
        yield "IKE peer IP address filters:"
        yield from (str(peer) for peer in conditions.peers)
    if conditions.groups:
        yield ""
        yield "IKE group filters:"
        yield from sorted(conditions.groups)


_CONDITIONS = f"{{peer {ADDRESS} [subnet {_MASK}={ADDRESS}]|group {NAME}|unmatched}}"

DEBUGGING: tuple[Command[Handler], ...] = (
    command(
        f"debug crypto {{ikev1|isakmp|ipsec}} [{_LEVEL}]",
        _debug,
        "Show the device's debug lines in this session, up to a level; 1 without one.",
        Surety.PARTLY,
        "254 decodes packets.",
    ),
    command(
        f"{{no debug|undebug}} crypto {{ikev1|isakmp|ipsec}} [{_LEVEL}]",
        _no_debug,
        "Show these debug lines no more.",
        Surety.PARTLY,
    ),
    command("{no debug|undebug} all", _no_debug, "Show no debug lines in this session any more.", Surety.ATTESTED),
    command(
        f"debug crypto condition {_CONDITIONS}",
        _condition,
        "Show only debug lines that fit one of the conditions: a peer, a group, or what is known of neither.",
        Surety.PARTLY,
    ),
    command(
        f"{{no debug|undebug}} crypto condition {_CONDITIONS}",
        _no_condition,
        "Take a condition back.",
        Surety.PARTLY,
    ),
    command(
        "debug crypto condition reset",
        _reset,
        "Take all conditions back.",
        Surety.PARTLY,
    ),
    command("show debug", _show_debug, "The debugs that are on in this session.", Surety.ATTESTED),
    command(
        "show crypto debug-condition",
        _show_conditions,
        "The conditions of debugs in this session.",
        Surety.INFERRED,
    ),
)
