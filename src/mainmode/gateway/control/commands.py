"""The commands that a running gateway takes: those of the device's exec mode, and those that follow what happens."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

from mainmode.base.errors import InputError
from mainmode.catalogue.conditions import parse_wish
from mainmode.device.console import FORMS
from mainmode.device.exec_commands import Order, exec_table
from mainmode.device.line.complaining import refusal
from mainmode.device.line.declaration import Asked, Command, Surety, command
from mainmode.device.line.lookup import Found, LineError, look_up
from mainmode.device.line.places import INTERFACE, LINE
from mainmode.device.pinging import USUAL_COUNT
from mainmode.gateway.control.connection import Client, Connection, Errand
from mainmode.gateway.control.following import CaptureFollower, DebugFollower
from mainmode.gateway.control.pinging import MOST, Ping
from mainmode.gateway.control.protocol import FOLLOWING, OUTPUT
from mainmode.gateway.gateway import Gateway

Start = Callable[[Gateway, Client, Asked], Errand]
"""Begins what goes on. Raises InputError."""


def _debug(gateway: Gateway, connection: Client, asked: Asked) -> Errand:
    form = FORMS[gateway.box.configuration.release]
    return DebugFollower(gateway, connection, parse_wish(asked.places[LINE]), form)


def _capture(gateway: Gateway, connection: Client, asked: Asked) -> Errand:
    keys = "keys" in asked
    if keys and connection.who.uid not in (0, os.geteuid()):
        raise InputError(
            "keys are for root and the user that the gateway runs as; capture without --keys, or ask as one of them"
        )
    follower = CaptureFollower(gateway, connection, keys=keys)
    connection.say({FOLLOWING: True})
    return follower


def _ping(gateway: Gateway, connection: Client, asked: Asked) -> Errand:
    names = gateway.box.interfaces
    interface, destination = asked.get(INTERFACE), asked.address
    if destination is None:
        raise InputError("ping needs an address")
    if interface is not None and interface not in names:
        raise InputError(f"there is no interface {interface}; those that are up are {', '.join(names)}")
    if interface is None and gateway.box.towards(destination) is None:
        raise InputError(f"no route leads to {destination}; name the interface: ping NAMEIF {destination}")
    count = int(asked.get(_COUNT) or USUAL_COUNT)
    return Ping(gateway, connection, destination, interface, count)


_COUNT = f"<1-{MOST}>"

FOLLOW_COMMANDS: tuple[Command[Start], ...] = (
    command(
        f"debug {LINE}",
        _debug,
        "Lines of the device as they are said, until the client leaves: `crypto ikev1 127 and crypto ipsec 127 "
        "condition peer 10.0.0.2`. Conditions are `peer A.B.C.D`, `peer A.B.C.D subnet MASK`, `peer A.B.C.D/N`, `group "
        "NAME` and `unmatched`; a line is shown where one of them fits.",
        Surety.PARTLY,
    ),
    command(
        "capture [keys]",
        _capture,
        "Packets of IKE, ESP, and those of the tunnels in clear, as they come and go, until the client leaves. With "
        "`keys` also the keys of the SAs that stand and of those to come, for root and the gateway's own user only.",
        Surety.INFERRED,
    ),
    command(
        f"ping [{INTERFACE}] A.B.C.D [repeat {_COUNT}]",
        _ping,
        "Echo requests of the device itself, five if nothing else is said, from the address of an interface.",
        Surety.PARTLY,
    ),
)


@cache
def _table() -> tuple[Command[Any], ...]:
    """Commands whose handlers are orders or starts."""
    return (*exec_table(), *FOLLOW_COMMANDS)


def asked_for(gateway: Gateway, text: str) -> Found[Any]:
    """What a client asks. Raises InputError in words for the client."""
    try:
        return look_up(_table(), text.split(), gateway.box.configuration)
    except LineError as error:
        raise refusal(error, f"{gateway.box.hostname}# ", text) from None


def carry_out(gateway: Gateway, connection: Connection, text: str) -> None:
    """Do what a client asks, or begin it. Raises InputError in words for the client."""
    found = asked_for(gateway, text)
    handler = found.command.handler
    if isinstance(handler, Order):
        gateway.refresh()
        answer = handler.carried_out(gateway.act, found.asked)
        note(gateway, connection, found)
        give(connection, answer)
    else:
        connection.errand = handler(gateway, connection, found.asked)
        note(gateway, connection, found)


def give(connection: Connection, answer: str) -> None:
    """All that a command printed."""
    if answer:
        connection.say({OUTPUT: answer if answer.endswith("\n") else f"{answer}\n"})
    connection.end()


def pings(found: Found[Any]) -> bool:
    """Whether it is a ping, which ends by itself."""
    return found.command.handler is _ping


def note(gateway: Gateway, connection: Connection, found: Found[Any]) -> None:
    """The system log says who did it."""
    user, handler = connection.who.user, found.command.handler
    looks = handler.looks if isinstance(handler, Order) else pings(found)
    gateway.act(lambda box, now: box.executed(user, found.line, now, looks=looks))
