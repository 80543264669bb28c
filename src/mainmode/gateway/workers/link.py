"""The link between the first worker and another one: a stream of messages, each a pickle behind its length.

Both ends are processes of one gateway, made by a fork of the first: nobody else can have an end of it. Keys are not
among what is sent but in a configuration, which goes from the first to the others.
"""

import asyncio
import pickle
import struct
from collections.abc import Callable

from mainmode.base.dataclass import dataclass

_LENGTH = struct.Struct("=I")
MOST_WAITING = 1 << 24
"""Octets that wait for the other end above which what may be missed is not sent."""


@dataclass(frozen=True, slots=True)
class Left:
    """A worker's last message: it took down so many tunnels."""

    pairs: int


class Link(asyncio.Protocol):
    """One end. `worker` is the number of who is at the other."""

    def __init__(self, worker: int, heard: Callable[["Link", object], None], lost: Callable[[int], None]) -> None:
        """`heard` takes each message, `lost` is told once that the other end is gone."""
        self.worker = worker
        self._heard = heard
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._left = 0
        self._gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a link is a stream")
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """The other end is gone."""
        self._transport = None
        self._gone.set()
        self._lost(self.worker)

    def eof_received(self) -> bool:
        """The other end says nothing more, but may still listen."""
        self._lost(self.worker)
        return self.worker == 0

    def data_received(self, octets: bytes) -> None:
        """A piece of a message, or several."""
        self._received += octets
        while len(self._received) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._received)
            end = _LENGTH.size + length
            if len(self._received) < end:
                return
            message = pickle.loads(memoryview(self._received)[_LENGTH.size : end])  # noqa: S301 (of this gateway)
            del self._received[:end]
            if isinstance(message, Left):
                self._left = message.pairs
            else:
                self._heard(self, message)

    def send(self, message: object) -> None:
        """One message; nothing happens where the other end is gone."""
        self.send_written(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))

    def send_written(self, octets: bytes) -> None:
        """The same, pickled already."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_LENGTH.pack(len(octets)) + octets)

    @property
    def crowded(self) -> bool:
        """Whether too much waits for the other end."""
        return self._transport is not None and self._transport.get_write_buffer_size() > MOST_WAITING

    def end(self) -> None:
        """Nothing more is said from here; what the other end says is still heard."""
        if self._transport is not None:
            self._transport.write_eof()

    def leave(self, pairs: int) -> None:
        """The last word of a worker: it took down so many tunnels."""
        self.send(Left(pairs))
        if self._transport is not None:
            self._transport.close()

    async def ended(self, seconds: float) -> int | None:
        """How many tunnels the other end took down, once it is gone: 0 where it did not say.

        None where it was not gone within that time.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._gone.wait()
        except TimeoutError:
            return None
        return self._left
