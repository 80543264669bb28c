"""The control socket of a gateway: takes clients, and keeps a fault of one command to that command."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from mainmode.base.errors import InputError
from mainmode.gateway.control.commands import carry_out
from mainmode.gateway.control.connection import Connection, Talk
from mainmode.gateway.control.place import Place
from mainmode.gateway.gateway import Gateway

MOST_CLIENTS = 64

Door = Callable[[Connection, Sequence[str]], Talk]
"""Begins an errand whose client goes on talking; takes the words behind its name. Raises InputError."""


class ControlServer:
    """Listens from `bind` and `listen` until `close`. Everything happens on the gateway's loop."""

    def __init__(
        self,
        gateway: Gateway,
        path: str,
        doors: Mapping[str, Door] = MappingProxyType({}),
        of_all: Callable[[Gateway, Connection, str], None] | None = None,
    ) -> None:
        """`doors` are errands beside the device's commands, by the word that asks for them.

        `of_all` carries those out where several processes are the device.
        """
        self._gateway = gateway
        self._of_all = of_all
        self._doors = doors
        self._place = Place(path)
        self._listening: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._clients: dict[Connection, None] = {}

    @property
    def path(self) -> str:
        """Where it listens."""
        return self._place.path

    def bind(self) -> None:
        """Make the socket, while the process may still do so. Raises InputError, which says what to do."""
        self._listening = self._place.open()

    async def listen(self) -> None:
        """Take clients from here on; nothing happens where no socket was made."""
        if self._listening is not None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_unix_server(self._client, sock=self._listening, backlog=MOST_CLIENTS)

    @property
    def stands(self) -> bool:
        """Whether clients still find the socket where it was made."""
        return self._place.stands

    async def renew(self) -> None:
        """Make the socket again. Those who are there stay. Raises InputError; the next time may be better."""
        self._listen_no_more()
        self.bind()
        await self.listen()

    def close(self) -> None:
        """Listen no more, and take leave of all clients."""
        self._listen_no_more()
        for client in tuple(self._clients):
            client.close()
        self._place.close()

    def _listen_no_more(self) -> None:
        if self._server is not None:
            self._server.close()
        elif self._listening is not None:
            self._listening.close()
        self._server = self._listening = None

    def _client(self) -> Connection:
        return Connection(self._begin, self._come, self._gone)

    def _come(self, client: Connection) -> None:
        if len(self._clients) >= MOST_CLIENTS:
            self._make_room()
        self._clients[client] = None

    def _make_room(self) -> None:
        """Of too many clients the one that has been idle for longest goes."""
        idle = next((client for client in self._clients if client.idle), None)
        if idle is not None:
            del self._clients[idle]
            idle.close()

    def _gone(self, client: Connection) -> None:
        self._clients.pop(client, None)

    def _begin(self, client: Connection, command: str) -> None:
        if len(self._clients) > MOST_CLIENTS:
            raise InputError(f"{MOST_CLIENTS} clients have commands under way already; end one of them")
        word, *words = command.split()
        door = self._doors.get(word)
        try:
            if door is not None:
                client.errand = client.talk = door(client, words)
            else:
                (self._of_all or carry_out)(self._gateway, client, command)
        except InputError:
            raise
        except Exception as fault:
            self._gateway.contain(fault)
            raise InputError("a fault in mainmode itself: the gateway's own output says where; it goes on") from None
