"""One connection of SSH from its first octet on: who may come in, and what is never given."""

import asyncio
from typing import TYPE_CHECKING

import asyncssh

from mainmode.base.printable import printable
from mainmode.base.secret import Secret
from mainmode.console.banners import banner_lines
from mainmode.console.passwords import LocalUsers
from mainmode.console.roster import Way, roster_of
from mainmode.console.session import User
from mainmode.console.ssh.journal import Client, Journal, is_welcome
from mainmode.console.ssh.shell import Shell, way

if TYPE_CHECKING:
    from mainmode.console.firewall import Firewall
    from mainmode.console.ssh.server import SshServer

TRIES = 3
"""Wrong passwords after which a connection ends."""
_MOST_KEYS = 20
_TOO_MANY = "too many authentication failures"


class Gate(asyncssh.SSHServer):
    """A connection. It counts as unknown until somebody has logged in."""

    def __init__(self, server: "SshServer", firewall: "Firewall") -> None:
        self.firewall = firewall
        self.journal = Journal(firewall, Client("0.0.0.0", 0))  # noqa: S104 (nobody listens there)
        self._server = server
        self._client = Client("0.0.0.0", 0)  # noqa: S104
        self._conn: asyncssh.SSHServerConnection | None = None
        self.asks = False
        """Whether they want to log in by now."""
        self._greeted = False
        self._failures = 0
        self._keys = 0
        self._by_password = False
        self._privilege = 0
        self._shells: set[Shell] = set()
        self._lonely: asyncio.TimerHandle | None = None

    @property
    def minute(self) -> float:
        """Seconds that a minute of a timeout takes."""
        return self._server.minute

    @property
    def shells(self) -> tuple[Shell, ...]:
        """The sessions of this connection."""
        return tuple(self._shells)

    def ways(self) -> tuple[Way, Way]:
        """How packets are protected, inward and outward."""
        conn = self._conn
        return (Way("-", "-"), Way("-", "-")) if conn is None else (way(conn, "recv"), way(conn, "send"))

    # --- the connection ------------------------------------------------------------------------------------------

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Somebody is there. Whoever is not let in by an `ssh` line hears nothing."""
        self._conn = conn
        peer = conn.get_extra_info("peername") or ("0.0.0.0", 0)  # noqa: S104
        self._client = Client(str(peer[0]).partition("%")[0].removeprefix("::ffff:"), int(peer[1]))
        self.journal = Journal(self.firewall, self._client)
        if self.firewall.lab is None and not is_welcome(self.firewall.running.configuration, self._client):
            self.journal.turned_away()
            conn.abort()
        else:
            self._server.receive(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self._conn = None
        self._server.forget(self)
        if self._lonely is not None:
            self._lonely.cancel()

    def drop(self) -> None:
        """End the connection at once."""
        if self._conn is not None:
            self._conn.abort()

    def close(self) -> None:
        """End the connection."""
        if self._conn is not None:
            self._conn.close()

    # --- logging in ----------------------------------------------------------------------------------------------

    def begin_auth(self, username: str) -> bool:
        """Everybody has to prove who they are; the banner `login` comes first."""
        self.asks = True
        if roster_of(self.firewall).full:
            raise asyncssh.DisconnectError(asyncssh.DISC_TOO_MANY_CONNECTIONS, "all sessions of this device are in use")
        text = "".join(f"{printable(line)}\r\n" for line in banner_lines(self.firewall.running.configuration, "login"))
        if text and not self._greeted and self._conn is not None:
            self._greeted = True
            self._conn.send_auth_banner(text)
        return True

    def password_auth_supported(self) -> bool:
        """Passwords are taken."""
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        """Whether they belong together."""
        secret = Secret(password.encode("utf-8", "replace"))
        privilege = await self._server.admits(self.firewall, username, secret)
        if privilege is not None:
            self._privilege = privilege
            self._by_password = True
            return True
        self.journal.denied(username)
        self._failures += 1
        await asyncio.sleep(self._server.delay)
        if self._failures >= TRIES:
            raise asyncssh.DisconnectError(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, _TOO_MANY)
        return False

    def public_key_auth_supported(self) -> bool:
        """Keys are taken."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether the key is the user's. Clients offer all that they have."""
        self._keys += 1
        if self._keys > _MOST_KEYS:
            raise asyncssh.DisconnectError(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, _TOO_MANY)
        users = LocalUsers(self.firewall.running.configuration)
        user = users.has_key(username, key.public_data)
        if user is None:
            return False
        self._privilege = users.first_privilege(user)
        return True

    def auth_completed(self) -> None:
        """Somebody is in."""
        self._server.admitted(self)
        self.journal.authenticated(self._name(), by_password=self._by_password)
        self._await_sessions()

    # --- sessions ------------------------------------------------------------------------------------------------

    def session_requested(self) -> Shell | bool:
        """A session, where there is room for it. Ports, X11, agents and files are never asked of us."""
        if roster_of(self.firewall).full:
            return False
        shell = Shell(self, User(self._name(), self._client.address, self._privilege))
        self._shells.add(shell)
        if self._lonely is not None:
            self._lonely.cancel()
        return shell

    def left(self, shell: Shell) -> None:
        """A session is over. A connection without any ends soon."""
        self._shells.discard(shell)
        self._await_sessions()

    def _await_sessions(self) -> None:
        if not self._shells and self._conn is not None:
            if self._lonely is not None:
                self._lonely.cancel()
            self._lonely = asyncio.get_running_loop().call_later(self._server.grace, self.close)

    def _name(self) -> str:
        return str(self._conn.get_extra_info("username")) if self._conn is not None else ""
