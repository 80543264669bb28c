"""`ping`: echo requests of the device itself, through a tunnel where the crypto map says so."""

import asyncio
from typing import TYPE_CHECKING

from mainmode.base.errors import InputError
from mainmode.base.instant import Instant, between, seconds
from mainmode.console.commands.handling import Handler
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect, EchoReply
from mainmode.device.line.declaration import ADDRESS, INTERFACE, Asked, Command, Surety, command
from mainmode.device.pinging import LOST, USUAL_COUNT, USUAL_OCTETS, USUAL_SECONDS, PingTally
from mainmode.device.show.interfaces import unknown_interface
from mainmode.device.watching import Watcher

if TYPE_CHECKING:
    from mainmode.console.session import Session

_REPEAT, _SIZE, _TIMEOUT = "repeat", "size", "timeout"


class _Request(Watcher):
    """One echo request, and the moment at which its reply came."""

    def __init__(self, tally: PingTally, interface: str | None) -> None:
        self.replied_at: Instant | None = None
        self._tally = tally
        self._interface = interface
        self._sequence = -1

    def send(self, box: Box, now: Instant) -> list[BoxEffect]:
        """Send it."""
        self._sequence = box.next_echo()
        return box.ping(self._tally.destination, now, self._interface, self._sequence, self._tally.octets)

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """The reply."""
        if effect == EchoReply(self._tally.destination, self._sequence) and self.replied_at is None:
            self.replied_at = now


async def _ping(session: "Session", asked: Asked) -> str:
    destination, interface = asked.address, asked.get(INTERFACE)
    if destination is None:
        raise InputError("ERROR: the address is missing")
    box = session.firewall.box
    if interface is not None and interface not in box.interfaces:
        raise InputError(unknown_interface(interface).rstrip())
    tally = PingTally(
        destination,
        int(asked.get(_REPEAT) or USUAL_COUNT),
        int(asked.get(_SIZE) or USUAL_OCTETS),
        int(asked.get(_TIMEOUT) or USUAL_SECONDS),
    )
    write = session.screen.write
    write(tally.heading())
    if interface is None and box.towards(destination) is None:
        return tally.no_route() + tally.summary()
    try:
        while tally.sent < tally.count:
            write(await _mark(session, tally, interface))
    finally:
        write(tally.summary())
    return ""


async def _mark(session: "Session", tally: PingTally, interface: str | None) -> str:
    """Send one request and wait for its reply; its mark."""
    firewall = session.firewall
    request, sent_at = _Request(tally, interface), firewall.now
    firewall.watch(request)
    try:
        tally.sent += 1
        firewall.act(request.send)
        await firewall.until(lambda: request.replied_at is not None, seconds(tally.seconds))
        await asyncio.sleep(0)
    finally:
        firewall.unwatch(request)
    return LOST if request.replied_at is None else tally.answered(between(sent_at, request.replied_at))


PINGING: tuple[Command[Handler], ...] = (
    command(
        f"ping [{INTERFACE}] {ADDRESS} <<[repeat {_REPEAT}=<1-2147483647>] [size {_SIZE}=<36-9000>] "
        f"[timeout {_TIMEOUT}=<1-3600>]>>",
        _ping,
        "Echo requests of the device itself, from the address of an interface; Ctrl-C ends them.",
        Surety.ATTESTED,
        "`!` is a reply, `?` none in time.",
    ),
)
