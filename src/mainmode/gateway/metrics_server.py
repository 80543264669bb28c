"""A page of metrics over HTTP/1.1: GET and HEAD of /metrics and nothing else, one request for each connection."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from ipaddress import AddressValueError, IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.gateway.exposition import CONTENT_TYPE

_LONGEST_HEAD = 4096
_MOST_CONNECTIONS = 16
_SECONDS = 5.0
"""For a whole request, and for a whole answer."""
_EXPOSED = "exposed:"


@dataclass(frozen=True, slots=True)
class MetricsAddress:
    """Where the page is served."""

    address: IPv4Address
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


def parse_metrics_address(text: str) -> MetricsAddress:
    """`127.0.0.1:9500`; any other than a loopback address only as `exposed:192.0.2.1:9500`. Raises InputError."""
    exposed = text.startswith(_EXPOSED)
    address, _, port = text.removeprefix(_EXPOSED).partition(":")
    try:
        where = MetricsAddress(IPv4Address(address), int(port) if port.isascii() and port.isdigit() else 0)
    except AddressValueError:
        where = None
    if where is None or not 1 <= where.port <= 0xFFFF:
        raise InputError(f"{text[:100]!r} is no place for metrics: say ADDRESS:PORT, as 127.0.0.1:9500")
    if not where.address.is_loopback and not exposed:
        raise InputError(
            f"{where}: whoever reaches this address could read the names and addresses of all tunnels; "
            f"if that is meant, say exposed:{where}, else a loopback address as 127.0.0.1:{where.port}"
        )
    return where


class MetricsServer:
    """Serves what `page` gives. Slow, long and wrong requests cost one connection for a few seconds and no more."""

    def __init__(self, page: Callable[[], Awaitable[str]]) -> None:
        """`page` raises InputError where there is none now."""
        self._page = page
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self, where: MetricsAddress) -> None:
        """Listen. Raises InputError where the address is not free or not this host's."""
        try:
            self._server = await asyncio.start_server(
                self._connected, str(where.address), where.port, limit=_LONGEST_HEAD, backlog=_MOST_CONNECTIONS
            )
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise InputError(f"--metrics {where}: {reason}; choose another port or address") from None

    async def close(self) -> None:
        """Stop listening, and break off what is under way."""
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= _MOST_CONNECTIONS:
            writer.transport.abort()
            return
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                answer = await self._answer(await _head(reader))
            async with asyncio.timeout(_SECONDS):
                writer.write(answer)
                await writer.drain()
                writer.write_eof()
                while await reader.read(_LONGEST_HEAD):
                    pass
        except (OSError, TimeoutError):
            pass
        finally:
            writer.transport.abort()

    async def _answer(self, head: bytes | None) -> bytes:
        if head is None:
            return _response("431 Request Header Fields Too Large", "the request is too long\n")
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return _response("400 Bad Request", "not a request of HTTP/1.1\n")
        method, target, _ = words
        if target.partition("?")[0] != "/metrics":
            return _response("404 Not Found", "there is only /metrics here\n", with_body=method != "HEAD")
        if method not in ("GET", "HEAD"):
            return _response("405 Method Not Allowed", "GET or HEAD\n", ("Allow: GET, HEAD",))
        try:
            page = await self._page()
        except InputError as error:
            return _response("503 Service Unavailable", f"{error}\n", with_body=method == "GET")
        return _response("200 OK", page, kind=CONTENT_TYPE, with_body=method == "GET")


async def _head(reader: asyncio.StreamReader) -> bytes | None:
    """Everything before the empty line; None where it is too long. Raises OSError where the client goes before."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        return None
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError from error


def _response(
    status: str,
    body: str,
    further: tuple[str, ...] = (),
    *,
    kind: str = "text/plain; charset=utf-8",
    with_body: bool = True,
) -> bytes:
    octets = body.encode()
    head = (
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(octets)}",
        "Connection: close",
        "X-Content-Type-Options: nosniff",
        *further,
    )
    return "\r\n".join((*head, "", "")).encode() + (octets if with_body else b"")
