"""A gateway with a control socket in a folder of the test, on the loop of the test, and clients for it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gateway_boxes import HOST_A, HOST_B, Rig, echo, gateway_of

from mainmode.gateway.control.server import ControlServer
from mainmode.gateway.gateway import Gateway

PATIENCE = 20.0
"""Seconds after which a test gives up; nothing is judged by it."""


class Controlled:
    """Two joined gateways with a tunnel between them; the first one has the control socket."""

    def __init__(self, path: Path) -> None:
        self.a, self.b = gateway_of("a"), gateway_of("b")
        self.a.join(self.b)
        self.path = str(path)
        self.server = ControlServer(self.a.gateway, self.path)
        self.clients: list[Client] = []

    @property
    def gateway(self) -> Gateway:
        return self.a.gateway

    def ask(self, sequence: int = 1) -> None:
        """An inside host of the first asks for a tunnel, and gets it."""
        self.a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B, sequence).encode())
        self.settle()

    def settle(self) -> None:
        self.a.carry()


class Client:
    """A client that reads line by line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, rig: Controlled) -> "Client":
        client = cls(*await asyncio.open_unix_connection(rig.path, limit=1 << 26))
        rig.clients.append(client)
        return client

    def send(self, octets: bytes) -> None:
        self.writer.write(octets)

    def ask(self, command: str) -> None:
        self.send(json.dumps({"command": command}).encode() + b"\n")

    async def answer(self) -> dict[str, Any]:
        """The next line; empty where the gateway has closed the connection."""
        line = await asyncio.wait_for(self.reader.readline(), PATIENCE)
        return dict(json.loads(line)) if line else {}

    async def answers(self) -> list[dict[str, Any]]:
        """Everything to the end of the command, or of the connection."""
        found: list[dict[str, Any]] = []
        while not found or not ({"done", "error"} & set(found[-1])):
            answer = await self.answer()
            if not answer:
                break
            found.append(answer)
        return found

    async def command(self, command: str) -> list[dict[str, Any]]:
        self.ask(command)
        return await self.answers()

    async def closed(self) -> bool:
        """Whether nothing more comes."""
        try:
            return not await asyncio.wait_for(self.reader.read(), PATIENCE)
        except ConnectionError:
            return True

    def leave(self) -> None:
        self.writer.transport.abort()


@asynccontextmanager
async def controlled(folder: Path, *, tunnel: bool = True) -> AsyncIterator[Controlled]:
    """Everything stands; afterwards no file and no watcher is left."""
    rig = Controlled(folder / "run" / "control")
    watching = list(rig.gateway.watchers)
    rig.server.bind()
    await rig.server.listen()
    if tunnel:
        rig.ask()
    try:
        yield rig
    finally:
        rig.server.close()
        for client in rig.clients:
            client.leave()
        for _ in range(3):
            await asyncio.sleep(0)
        assert not Path(rig.path).exists()
        assert rig.gateway.watchers == watching


def joined(rig: Rig) -> str:
    """What the gateway told, as one text."""
    return "\n".join(rig.told)


def play(folder: Path, scene: Callable[[Controlled], Awaitable[None]], *, tunnel: bool = True) -> None:
    """A scene with a gateway that stands, and is taken down afterwards."""

    async def whole() -> None:
        async with controlled(folder, tunnel=tunnel) as rig:
            await scene(rig)

    asyncio.run(whole())
