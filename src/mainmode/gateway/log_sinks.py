"""What carries messages away: datagrams to a host or to a socket of this machine, and lines over TCP (RFC 6587, 3.4.2).

None of them ever waits. What cannot leave now is lost and counted, or waits in a bounded queue where there is one.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from itertools import islice
from typing import Protocol

from mainmode.gateway.log_gate import TunnelGate
from mainmode.gateway.log_targets import LogTarget

LONGEST = 8192
"""Octets of one message; longer ones are cut. Receivers take 2048 at least (RFC 5424, 6.1), common ones 8192."""
_CONNECT_SECONDS = 10.0
_STUCK_SECONDS = 30.0
"""A connection that takes nothing for so long is given up."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_STEADY_SECONDS = 20.0
"""A connection that stood so long was a good one (connecting alone takes less): the next pause is the first again."""
_BATCH = 64
_ASK_SECONDS = 5.0


def _octets(text: str, most: int) -> bytes:
    """UTF-8, cut between characters."""
    octets = text.encode(errors="replace")
    return octets if len(octets) <= most else octets[:most].decode(errors="ignore").encode()


class Change(Enum):
    """What became of a sink."""

    DOWN = "down"
    BACK = "back"


Told = Callable[[Change], None]


class Sink(Protocol):
    """One target. `sent` and `lost` count messages."""

    sent: int
    lost: int

    @property
    def waiting(self) -> int:
        """Messages in its queue."""

    def limit(self, limit: int) -> None:
        """Another length of the queue; what waits already stays."""

    def send(self, text: str) -> None:
        """One message, without a line end. Never blocks, never raises."""

    async def close(self, patience: float) -> None:
        """Let go of it; what waits may leave within `patience` seconds."""


class DatagramSink:
    """UDP, or the datagram socket of this machine's own log. One that failed is made anew, once a second at most.

    Behind a `gate` that is not open messages wait, at most `limit`; one in `_ASK_SECONDS` goes and asks for the tunnel.
    """

    def __init__(
        self, target: LogTarget, told: Told, clock: Callable[[], float], limit: int, gate: TunnelGate | None = None
    ) -> None:
        self.sent = self.lost = 0
        self.gate = gate
        self._limit = limit
        self._queue: deque[str] = deque()
        self._asked = -_ASK_SECONDS
        self._target = target
        self._where = target.path if target.protocol == "unix" else (str(target.address), target.port)
        self._told = told
        self._clock = clock
        self._socket: socket.socket | None = None
        self._not_before = 0.0
        self._down = False

    @property
    def waiting(self) -> int:
        """Messages that wait for the tunnel."""
        return len(self._queue)

    def limit(self, limit: int) -> None:
        """Another length of the queue; what waits already stays."""
        self._limit = limit

    def send(self, text: str) -> None:
        """One datagram; what the host does not take now is lost."""
        if self.gate is None or (self.gate.open and not self._queue):
            self._send(text)
        elif not self.gate.open and self._clock() - self._asked >= _ASK_SECONDS:
            self._asked = self._clock()
            self._queue.append(text)
            self._send(self._queue.popleft())
        elif len(self._queue) < self._limit:
            self._queue.append(text)
        else:
            self.lost += 1

    def flush(self) -> None:
        """The gate has opened: what waited leaves."""
        while self._queue and (self.gate is None or self.gate.open):
            self._send(self._queue.popleft())

    def _send(self, text: str) -> None:
        try:
            self._ready().sendto(_octets(text, LONGEST), self._where)
        except BlockingIOError:
            self.lost += 1
        except OSError:
            self._fail()
        else:
            self.sent += 1
            if self._down:
                self._down = False
                self._told(Change.BACK)

    async def close(self, patience: float) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ready(self) -> socket.socket:
        if self._socket is None:
            now = self._clock()
            if now < self._not_before:
                raise BlockingIOError
            self._not_before = now + _FIRST_PAUSE
            self._socket = _opened(self._target)
        return self._socket

    def _fail(self) -> None:
        self.lost += 1
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if not self._down:
            self._down = True
            self._told(Change.DOWN)


def _opened(target: LogTarget) -> socket.socket:
    """Not connected: a refusal by an earlier datagram's host must not cost the next datagram."""
    family = socket.AF_UNIX if target.protocol == "unix" else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        if target.source is not None:
            made.bind((str(target.source), 0))
    except OSError:
        made.close()
        raise
    return made


class TcpSink:
    """Lines over TCP. A queue of at most `limit` messages stands in front; while the host is down new ones get lost.

    A connection that breaks costs nothing that was in the queue: what the network had not taken is sent again,
    so the last few lines may come twice.
    """

    def __init__(self, target: LogTarget, told: Told, limit: int) -> None:
        self.sent = self.lost = 0
        self._target = target
        self._told = told
        self._limit = limit
        self._queue: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._down = False
        self._task = asyncio.get_running_loop().create_task(self._run())

    @property
    def waiting(self) -> int:
        """Messages in the queue."""
        return len(self._queue)

    def limit(self, limit: int) -> None:
        """Another length of the queue; what waits already stays."""
        self._limit = limit

    def send(self, text: str) -> None:
        """One line; lost where the queue is full."""
        if len(self._queue) >= self._limit:
            self.lost += 1
            return
        self._queue.append(_octets(text, LONGEST - 1) + b"\n")
        self._empty.clear()
        self._wake.set()

    async def close(self, patience: float) -> None:
        """Send what waits, as far as there is a connection, and close it."""
        if not self._down:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._empty.wait()
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        pause = _FIRST_PAUSE
        while True:
            began = loop.time()
            try:
                await self._connection()
            except (OSError, TimeoutError):
                pass
            except Exception as fault:
                # Memory may be short for now: it costs this connection, and the next one is tried as after any other.
                loop.call_exception_handler({"message": "a connection of the system log", "exception": fault})
            self._change(Change.DOWN)
            pause = _FIRST_PAUSE if loop.time() - began > _STEADY_SECONDS else pause
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _connection(self) -> None:
        """One connection, from its beginning to its end. Raises OSError and TimeoutError."""
        source = (str(self._target.source), 0) if self._target.source is not None else None
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(
                str(self._target.address), self._target.port, local_addr=source
            )
        gone = asyncio.get_running_loop().create_task(_until_closed(reader))
        gone.add_done_callback(lambda _: self._wake.set())
        try:
            _notice_death(writer)
            while not gone.done():
                await self._drain(writer, gone)
                if not gone.done():
                    self._change(Change.BACK)
                await self._wake.wait()
                self._wake.clear()
        finally:
            gone.cancel()
            writer.transport.abort() if self._queue else writer.close()

    async def _drain(self, writer: asyncio.StreamWriter, gone: asyncio.Task[None]) -> None:
        """Everything in the queue. What leaves it has been taken by this system's network."""
        writer.transport.set_write_buffer_limits(high=0)
        while self._queue and not gone.done():
            batch = list(islice(self._queue, _BATCH))
            writer.write(b"".join(batch))
            async with asyncio.timeout(_STUCK_SECONDS):
                await writer.drain()
            for _ in batch:
                self._queue.popleft()
            self.sent += len(batch)
        if not self._queue:
            self._empty.set()

    def _change(self, change: Change) -> None:
        down = change is Change.DOWN
        if down is not self._down:
            self._down = down
            self._told(change)


async def _until_closed(reader: asyncio.StreamReader) -> None:
    """What a host says is thrown away; returns when it closes or breaks off the connection."""
    with suppress(OSError):
        while await reader.read(4096):
            pass


def _notice_death(writer: asyncio.StreamWriter) -> None:
    """A host that vanished without a word is noticed within half a minute (tcp(7))."""
    plain = writer.get_extra_info("socket")
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(_STUCK_SECONDS * 1000))
