"""All that sit at a running gateway: by its control socket, and over SSH where that was asked for."""

import asyncio
from collections.abc import Sequence
from socket import create_server, socket
from typing import TYPE_CHECKING

from mainmode.base.errors import InputError
from mainmode.console.gateway.cabled import CabledSession
from mainmode.console.gateway.firewall import GatewayFirewall
from mainmode.gateway.control.connection import Connection
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.reload import Reloading

if TYPE_CHECKING:
    import asyncssh

_ENDS = "the gateway ends"


class Consoles:
    """The sessions of one gateway."""

    def __init__(self, gateway: Gateway, reloading: Reloading, ssh: "SshPlace | None" = None) -> None:
        self._gateway = gateway
        self.firewall = GatewayFirewall(gateway, reloading)
        self._ssh = ssh
        self._cabled: set[CabledSession] = set()

    def sit(self, connection: Connection, words: Sequence[str]) -> CabledSession:
        """The errand `console` of the control socket. Raises InputError."""
        session = CabledSession(self._gateway, self.firewall, connection, list(words), self._cabled.discard)
        self._cabled.add(session)
        return session

    def bind(self) -> None:
        """Take what only a process with all its rights may take. Raises InputError."""
        if self._ssh is not None:
            self._ssh.bind()

    async def open(self) -> Sequence[str]:
        """Let people in; lines to be told of it. Raises InputError."""
        return (await self._ssh.open(self.firewall),) if self._ssh is not None else ()

    async def close(self) -> None:
        """End all sessions."""
        if self._ssh is not None:
            await self._ssh.close(_ENDS)
        await asyncio.gather(*(session.close(_ENDS) for session in tuple(self._cabled)))


class SshPlace:
    """Where the gateway's SSH server listens. Made before anything else, since it needs `mainmode[ssh]`."""

    def __init__(self, address: str, port: int, host_key: "asyncssh.SSHKey") -> None:
        from mainmode.console.ssh.server import SshServer

        self._where = address, port
        self._key = host_key
        self._server = SshServer([host_key])
        self._socket: socket | None = None

    def bind(self) -> None:
        """Bind the socket, which for a port below 1024 takes a right that is given up. Raises InputError."""
        address, port = self._where
        try:
            self._socket = create_server((address, port))
        except OSError as error:
            raise InputError(f"--ssh {address}:{port}: cannot be listened at: {error.strerror or error}") from None

    async def open(self, firewall: GatewayFirewall) -> str:
        """Let people in; where. Raises InputError."""
        from mainmode.console.ssh.host_key import fingerprint

        there = await self._server.listen(firewall, *self._where, self._socket)
        return f"SSH: {there.address}:{there.port}, host key {fingerprint(self._key)}"

    async def close(self, told: str) -> None:
        """Let nobody in any more, and end the sessions."""
        await self._server.close(told)
        if self._socket is not None:
            self._socket.close()
