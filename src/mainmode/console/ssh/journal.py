"""What the device's system log says of logins over SSH."""

from ipaddress import IPv4Address, ip_address

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.catalogue import lines
from mainmode.catalogue.entry import Entry, Line
from mainmode.console.firewall import Firewall
from mainmode.device.config.model import ClientNetwork, Configuration, Ipv6ClientNetwork

_HIDDEN = "*****"
_LONGEST_NAME = 64
_NO_INTERFACE = "identity"
"""What a device calls the side of itself; here for a firewall without any interface that has a name."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who is at the other end: a textual address and a port."""

    address: str
    port: int

    @property
    def is_of_this_host(self) -> bool:
        """Whether it comes by the loopback of this host."""
        return ip_address(self.address).is_loopback


class Journal:
    """The lines about one client of a firewall. While the device is down nothing is said."""

    def __init__(self, firewall: Firewall, client: Client) -> None:
        self._firewall = firewall
        self._client = client

    @property
    def interface(self) -> str:
        """The nameif by which clients come: that of the `ssh` line that lets this one in, else of the first such line.

        Without any, the inside interface, else the first one that has a name.
        """
        configuration = self._firewall.running.configuration
        clients = configuration.settings.administration.ssh_clients
        fitting = [one for one in clients if lets_in(one, self._client)]
        for one in fitting or clients:
            return one.interface
        names = [one.nameif.value for one in configuration.interfaces if one.nameif is not None]
        return "inside" if "inside" in names else next(iter(names), _NO_INTERFACE)

    def permitted(self, user: str) -> None:
        """A user is in."""
        source, destination = self._ends()
        self._say(lines.LOGIN_PERMITTED, source=source, interface=self.interface, destination=destination, user=user)

    def authenticated(self, user: str, *, by_password: bool) -> None:
        """Name and password, or key, are right."""
        if by_password:
            self._say(lines.LOCAL_USER_FOUND, user=user)
        self._say(lines.USER_AUTHENTICATED, address=self._client.address, user=user)

    def denied(self, user: str) -> None:
        """Name and password do not belong together. Names that are nobody's are hidden: they may be passwords."""
        known = user in self._firewall.running.configuration.users
        name = _shown(user) if known else _HIDDEN
        reason = "Invalid password" if known else "User was not found"
        self._say(lines.LOCAL_USER_REJECTED, reason=reason, user=name, address=self._client.address)
        self._say(lines.USER_NOT_AUTHENTICATED, address=self._client.address, user=name)
        source, destination = self._ends()
        self._say(lines.LOGIN_DENIED, source=source, interface=self.interface, destination=destination, user=name)

    def turned_away(self) -> None:
        """No `ssh` line lets clients in from there."""
        self._say(lines.SSH_DENIED, address=self._client.address, interface=self.interface)

    def ended(self, user: str, reason: str) -> None:
        """A session is over; `reason` is empty where the user left."""
        values = {"address": self._client.address, "interface": self.interface, "user": user}
        if reason:
            self._say(lines.SSH_DISCONNECTED, **values, reason=reason)
        else:
            self._say(lines.SSH_ENDED, **values)

    def _ends(self) -> tuple[str, str]:
        configuration = self._firewall.running.configuration
        own = configuration.interface(self.interface)
        address = own.address.value.address if own is not None and own.address is not None else IPv4Address(0)
        return f"{self._client.address}/{self._client.port}", f"{address}/ssh"

    def _say(self, entry: Entry, **values: object) -> None:
        line: Line = entry(**values)
        try:
            self._firewall.act(lambda box, now: box.say(line, now))
        except InputError:
            # The device is down: it logs nothing.
            return


def lets_in(line: ClientNetwork | Ipv6ClientNetwork, client: Client) -> bool:
    """Whether an `ssh` line lets this client in, whatever interface it comes by."""
    address = ip_address(client.address)
    if isinstance(line, Ipv6ClientNetwork):
        return address in line.prefix
    return isinstance(address, IPv4Address) and int(address) & int(line.mask) == int(line.address) & int(line.mask)


def is_welcome(configuration: Configuration, client: Client) -> bool:
    """Whether a client may speak at all: by an `ssh` line, or from this host itself, where no line can be meant."""
    clients = configuration.settings.administration.ssh_clients
    return client.is_of_this_host or any(lets_in(one, client) for one in clients)


def _shown(user: str) -> str:
    text = "".join(letter if letter.isprintable() and letter != '"' else "?" for letter in user[:_LONGEST_NAME])
    return text.strip() or _HIDDEN
