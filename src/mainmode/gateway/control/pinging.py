"""`ping` from the box: echo requests of its own, one after the other, told as the device tells them."""

import asyncio
from ipaddress import IPv4Address

from mainmode.base.instant import Instant, between
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect, EchoReply
from mainmode.device.pinging import LOST, USUAL_SECONDS, PingTally
from mainmode.gateway.control.connection import Client
from mainmode.gateway.control.following import Follower
from mainmode.gateway.control.protocol import OUTPUT
from mainmode.gateway.gateway import Gateway

MOST = 1000
"""Requests of one ping."""


class Ping(Follower):
    """So many echo requests; the next one goes when the one before is answered, or after two seconds."""

    def __init__(
        self, gateway: Gateway, connection: Client, destination: IPv4Address, interface: str | None, count: int
    ) -> None:
        super().__init__(gateway, connection)
        self._interface = interface
        self._tally = PingTally(destination, count)
        self._sequence = 0
        self._sent_at = Instant(0)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None
        connection.say({OUTPUT: self._tally.heading()})
        self._timer = self._loop.call_later(0, self._next)

    def stop(self) -> None:
        """Send no more."""
        super().stop()
        self._cancel()

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """The reply to the request that is out."""
        if self._timer is not None and effect == EchoReply(self._tally.destination, self._sequence):
            self._judged(self._tally.answered(between(self._sent_at, now)))

    def _next(self) -> None:
        self._tally.sent += 1
        self._sent_at = self._gateway.now()
        self._timer = self._loop.call_later(USUAL_SECONDS, self._judged, LOST)
        self._gateway.act(self._request)

    def _request(self, box: Box, now: Instant) -> list[BoxEffect]:
        self._sequence = box.next_echo()
        return box.ping(self._tally.destination, now, self._interface, self._sequence)

    def _judged(self, mark: str) -> None:
        self._cancel()
        self._connection.say({OUTPUT: mark})
        if self._tally.sent < self._tally.count:
            self._timer = self._loop.call_later(0, self._next)
        else:
            self._connection.say({OUTPUT: self._tally.summary()})
            self._connection.end(received=self._tally.received)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
