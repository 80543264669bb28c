"""The server: for each firewall an address to listen at. All on one loop, with the lab or the gateway."""

import logging
from collections.abc import Iterable
from socket import socket

import asyncssh

from mainmode import __version__
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.secret import Secret
from mainmode.console.firewall import Firewall
from mainmode.console.passwords import LocalUsers, Verifier
from mainmode.console.ssh.gate import Gate

GRACE = 60.0
"""Seconds that somebody may take to log in, and that a connection may have no session."""
DELAY = 1.0
"""Seconds that a wrong password costs: with so many connections and tries, the passwords a second are bounded."""
_MOST_UNKNOWN = 10
"""Connections at once of those who have not logged in yet."""
_WINDOW = 1 << 17
"""Octets that a client may send ahead."""
_MINUTE = 60.0
_ALIVE = 30
_HIGHEST = 15


@dataclass(frozen=True, slots=True)
class Guest:
    """A user who stands in no configuration: they log in to each device of the server, and are privileged at once."""

    name: str
    password: Verifier


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a firewall listens now."""

    firewall: Firewall
    address: str
    port: int


class SshServer:
    """Lets users of configurations come in to their firewalls."""

    def __init__(
        self,
        host_keys: Iterable[asyncssh.SSHKey],
        guest: Guest | None = None,
        *,
        minute: float = _MINUTE,
        grace: float = GRACE,
        delay: float = DELAY,
    ) -> None:
        """`minute` is how many seconds a minute of `ssh timeout` takes, `grace` how many a login may.

        `delay` is how many a wrong password costs before the next one may be tried.
        """
        self._host_keys = list(host_keys)
        self._guest = guest
        self.minute = minute
        self.grace = grace
        self.delay = delay
        self._acceptors: list[asyncssh.SSHAcceptor] = []
        self._unknown: dict[Gate, None] = {}
        self._admitted: set[Gate] = set()
        # What goes wrong with a client is the client's matter, and the device's log has it.
        logging.getLogger("asyncssh").setLevel(logging.CRITICAL)

    async def listen(self, firewall: Firewall, address: str, port: int, bound: socket | None = None) -> Listening:
        """Listen for a firewall; port 0: any that is free. `bound` is a socket that is there already.

        Raises InputError where that cannot be.
        """
        try:
            acceptor = await asyncssh.listen(
                address if bound is None else "",
                port if bound is None else 0,
                sock=bound,
                server_factory=lambda: Gate(self, firewall),
                server_host_keys=self._host_keys,
                server_version=f"mainmode_{__version__}",
                encoding=None,
                line_editor=False,
                agent_forwarding=False,
                x11_forwarding=False,
                allow_scp=False,
                gss_host=None,
                compression_algs=["none"],
                window=_WINDOW,
                login_timeout=self.grace,
                keepalive_interval=_ALIVE,
                config=None,
            )
        except OSError as error:
            raise InputError(f"{address}:{port} cannot be listened at: {error.strerror or error}") from error
        self._acceptors.append(acceptor)
        name = acceptor.sockets[0].getsockname()
        return Listening(firewall, str(name[0]), int(name[1]))

    async def close(self, told: str) -> None:
        """Let nobody in any more, tell those who are there, and end their sessions."""
        for acceptor in self._acceptors:
            acceptor.close()
        gates = [*self._admitted, *self._unknown]
        shells = [shell for gate in gates for shell in gate.shells]
        for shell in shells:
            shell.end("Server shutdown", told)
        for shell in shells:
            await shell.wait_closed()
        for gate in gates:
            gate.close()
        for acceptor in self._acceptors:
            await acceptor.wait_closed()

    # --- for the connections -------------------------------------------------------------------------------------

    def receive(self, gate: Gate) -> None:
        """Somebody unknown is there. Where they are too many, the one goes who has waited longest before any login.

        So whoever holds connections open and says nothing keeps nobody out.
        """
        if len(self._unknown) >= _MOST_UNKNOWN:
            silent = [one for one in self._unknown if not one.asks]
            oldest = (silent or list(self._unknown))[0]
            self.forget(oldest)
            oldest.drop()
        self._unknown[gate] = None

    def admitted(self, gate: Gate) -> None:
        """They are known now."""
        self._unknown.pop(gate, None)
        self._admitted.add(gate)

    def forget(self, gate: Gate) -> None:
        """They are gone."""
        self._unknown.pop(gate, None)
        self._admitted.discard(gate)

    async def admits(self, firewall: Firewall, name: str, password: Secret) -> int | None:
        """With which privilege a session of whoever has this name and password begins; None for nobody."""
        if self._guest is not None:
            # Asked whoever it is: how long an answer takes must not tell who the guest is.
            is_right = await self._guest.password.is_right(password)
            if is_right and name == self._guest.name:
                return _HIGHEST
        users = LocalUsers(firewall.running.configuration)
        user = await users.admits_to_ssh(name, password)
        return None if user is None else users.first_privilege(user)
