"""The commands that a running gateway takes: those of the device's exec mode, and those that follow what happens."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import ClassVar

from mainmode.base.errors import InputError
from mainmode.base.instant import Instant
from mainmode.base.sentences import PLAIN, Grammar, Kind, Sentence
from mainmode.catalogue.conditions import parse_wish
from mainmode.device.box import Box
from mainmode.device.console import FORMS
from mainmode.device.decision import BoxEffect
from mainmode.device.terminal import COMMANDS as EXEC_COMMANDS
from mainmode.device.terminal import Command, Show
from mainmode.gateway.control.connection import Connection, Errand
from mainmode.gateway.control.following import CaptureFollower, DebugFollower
from mainmode.gateway.control.pinging import MOST, USUAL_COUNT, Ping
from mainmode.gateway.control.protocol import FOLLOWING, OUTPUT
from mainmode.gateway.gateway import Gateway


class FollowCommand(Sentence):
    """A command that goes on."""

    def start(self, gateway: Gateway, connection: Connection) -> Errand:
        """Begin. Raises InputError."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class DebugCommand(FollowCommand):
    """Lines of the device as they are said: `crypto ikev1 127 and crypto ipsec 127 condition peer 10.0.0.2`.

    Conditions are `peer A.B.C.D`, `peer A.B.C.D subnet MASK`, `peer A.B.C.D/N`, `group NAME` and `unmatched`; a line
    is shown where one of them fits. It goes on until the client leaves.
    """

    SYNTAX: ClassVar = "debug {what:TEXT}"
    what: str

    def start(self, gateway: Gateway, connection: Connection) -> Errand:
        """Follow."""
        form = FORMS[gateway.box.configuration.release]
        return DebugFollower(gateway, connection, parse_wish(self.what), form)


@dataclass(frozen=True, slots=True)
class CaptureCommand(FollowCommand):
    """Packets of IKE, ESP, and those of the tunnels in clear, as they come and go, until the client leaves.

    With `keys` also the keys of the SAs that stand and of those to come, for root and the gateway's own user only.
    """

    SYNTAX: ClassVar = "capture [{keys:KEYS}]"
    keys: bool = False

    def start(self, gateway: Gateway, connection: Connection) -> Errand:
        """Follow."""
        if self.keys and connection.who.uid not in (0, os.geteuid()):
            raise InputError(
                "keys are for root and the user that the gateway runs as; capture without --keys, or ask as one of them"
            )
        follower = CaptureFollower(gateway, connection, keys=self.keys)
        connection.say({FOLLOWING: True})
        return follower


@dataclass(frozen=True, slots=True)
class PingCommand(FollowCommand):
    """Echo requests of the device itself, five if nothing else is said, from the address of an interface."""

    SYNTAX: ClassVar = "ping [{interface:WORD}] {destination:ADDRESS} [repeat {count:COUNT}]"
    destination: IPv4Address
    interface: str | None = None
    count: int = USUAL_COUNT

    def start(self, gateway: Gateway, connection: Connection) -> Errand:
        """Send the first one."""
        names = gateway.box.interfaces
        if self.interface is not None and self.interface not in names:
            raise InputError(f"there is no interface {self.interface}; those that are up are {', '.join(names)}")
        if self.interface is None and gateway.box.towards(self.destination) is None:
            raise InputError(
                f"no route leads to {self.destination}; name the interface: ping NAMEIF {self.destination}"
            )
        if not 1 <= self.count <= MOST:
            raise InputError(f"repeat takes 1 to {MOST}")
        first = _SEQUENCES.take(self.count)
        return Ping(gateway, connection, self.destination, self.interface, self.count, first)


class _Sequences:
    """Numbers of echo requests, so that pings at the same time know their own."""

    def __init__(self) -> None:
        self._next = 1

    def take(self, count: int) -> int:
        first, self._next = self._next, (self._next + count) & 0xFFFF
        return first


_SEQUENCES = _Sequences()

KINDS: Mapping[str, Kind[object]] = {**PLAIN, "KEYS": Kind("keys", "`keys`", lambda *_: True)}
FOLLOW_COMMANDS: tuple[type[FollowCommand], ...] = (DebugCommand, CaptureCommand, PingCommand)
GRAMMAR = Grammar[Sentence, object]((*EXEC_COMMANDS, *FOLLOW_COMMANDS), KINDS)


def carry_out(gateway: Gateway, connection: Connection, text: str) -> None:
    """Do what a client asks, or begin it. Raises InputError in words for the client."""
    command = GRAMMAR.read(text, None)
    if isinstance(command, FollowCommand):
        connection.errand = command.start(gateway, connection)
        _note(gateway, connection, text, looks=isinstance(command, PingCommand))
    elif isinstance(command, Command):
        _execute(gateway, connection, text, command)


def _execute(gateway: Gateway, connection: Connection, text: str, command: Command) -> None:
    told: list[str | InputError] = []

    def action(box: Box, now: Instant) -> list[BoxEffect]:
        try:
            told.append(command.printed(box, now))
        except InputError as error:
            told.append(error)
            return []
        return command.act(box, now)

    gateway.refresh()
    gateway.act(action)
    if not told:
        raise InputError("a fault in mainmode itself: the gateway's own output says where; it goes on")
    (answer,) = told
    if isinstance(answer, InputError):
        raise answer
    _note(gateway, connection, text, looks=isinstance(command, Show))
    if answer:
        connection.say({OUTPUT: answer if answer.endswith("\n") else f"{answer}\n"})
    connection.end()


def _note(gateway: Gateway, connection: Connection, text: str, *, looks: bool) -> None:
    """The system log says who did it."""
    user = connection.who.user
    gateway.act(lambda box, now: box.executed(user, text, now, looks=looks))
