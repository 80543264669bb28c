"""`ping` from the box: echo requests of its own, one after the other, told as the device tells them."""

import asyncio
from ipaddress import IPv4Address

from mainmode.base.instant import Instant, between
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect, EchoReply
from mainmode.gateway.control.connection import Connection
from mainmode.gateway.control.following import Follower
from mainmode.gateway.control.protocol import OUTPUT
from mainmode.gateway.gateway import Gateway

USUAL_COUNT, MOST = 5, 1000
TIMEOUT_SECONDS = 2
_OCTETS = 100


class Ping(Follower):
    """So many echo requests; the next one goes when the one before is answered, or after two seconds."""

    def __init__(
        self,
        gateway: Gateway,
        connection: Connection,
        destination: IPv4Address,
        interface: str | None,
        count: int,
        first: int,
    ) -> None:
        """`first`: the sequence number of the first request; nobody else's are among the `count` from there on."""
        super().__init__(gateway, connection)
        self._destination = destination
        self._interface = interface
        self._count = count
        self._first = first
        self._sent = 0
        self._sent_at = Instant(0)
        self._times: list[float] = []
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None
        connection.say({OUTPUT: self._heading()})
        self._timer = self._loop.call_later(0, self._next)

    def stop(self) -> None:
        """Send no more."""
        super().stop()
        self._cancel()

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """The reply to the request that is out."""
        if (
            isinstance(effect, EchoReply)
            and self._timer is not None
            and effect == EchoReply(self._destination, self._sequence)
        ):
            self._times.append(between(self._sent_at, now) / 1000)
            self._judged("!")

    @property
    def _sequence(self) -> int:
        """That of the request that was sent last."""
        return (self._first + self._sent - 1) & 0xFFFF

    def _next(self) -> None:
        self._sent += 1
        self._sent_at = self._gateway.now()
        self._timer = self._loop.call_later(TIMEOUT_SECONDS, self._judged, "?")
        self._gateway.act(self._request)

    def _request(self, box: Box, now: Instant) -> list[BoxEffect]:
        return box.ping(self._destination, now, self._interface, self._sequence)

    def _judged(self, mark: str) -> None:
        self._cancel()
        self._connection.say({OUTPUT: mark})
        if self._sent < self._count:
            self._timer = self._loop.call_later(0, self._next)
        else:
            self._connection.say({OUTPUT: self._summary()})
            self._connection.end(received=len(self._times))

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _heading(self) -> str:
        return (
            "Type escape sequence to abort.\n"
            f"Sending {self._count}, {_OCTETS}-byte ICMP Echos to {self._destination}, "
            f"timeout is {TIMEOUT_SECONDS} seconds:\n"
        )

    def _summary(self) -> str:
        received = len(self._times)
        text = f"\nSuccess rate is {100 * received // self._count} percent ({received}/{self._count})"
        if self._times:
            least, mean, most = min(self._times), sum(self._times) / received, max(self._times)
            text += ", round-trip min/avg/max = " + "/".join(str(round(time)) for time in (least, mean, most)) + " ms"
        return f"{text}\n"
