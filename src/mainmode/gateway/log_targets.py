"""Where messages of the system log go: the hosts of the configuration, and what the command line adds to them."""

from ipaddress import AddressValueError, IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.device.config.model import USUAL_LOG_PORTS, Configuration, LogHost

_LONGEST_PATH = 107
"""Octets of a path that fit into a unix socket's address (unix(7))."""


@dataclass(frozen=True, slots=True)
class LogTarget:
    """One place for messages: `udp` and `tcp` have an address and a port, `unix` has a path.

    `host` is the statement that it comes from, None for the command line. `source` is the address to send from.
    """

    protocol: str
    address: IPv4Address | None = None
    port: int = 0
    path: str = ""
    host: LogHost | None = None
    source: IPv4Address | None = None

    @property
    def name(self) -> str:
        """As the command line says it, `udp:192.0.2.9:514`."""
        return f"unix:{self.path}" if self.protocol == "unix" else f"{self.protocol}:{self.address}:{self.port}"


def parse_target(text: str) -> LogTarget:
    """`unix:PATH`, `udp:A[:PORT]` or `tcp:A[:PORT]`, A an IPv4 address. Raises InputError."""
    protocol, _, rest = text.partition(":")
    if protocol == "unix" and rest and "\0" not in rest and len(rest.encode()) <= _LONGEST_PATH:
        return LogTarget("unix", path=rest)
    if protocol in USUAL_LOG_PORTS:
        address, colon, port = rest.partition(":")
        try:
            return LogTarget(protocol, IPv4Address(address), _port(port) if colon else USUAL_LOG_PORTS[protocol])
        except (AddressValueError, ValueError):
            pass
    raise InputError(
        f"{text[:100]!r} is no place for the system log: say unix:PATH (as unix:/dev/log), udp:ADDRESS:PORT or "
        "tcp:ADDRESS:PORT, with an IPv4 address"
    )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 0xFFFF:
        raise ValueError(text)
    return int(text)


def configured_targets(configuration: Configuration) -> list[LogTarget]:
    """Those of `logging host`, while `logging enable` stands; none of those that ask for TLS (see `refused_hosts`)."""
    settings = configuration.settings.logging
    if not settings.enabled.value:
        return []
    return [
        LogTarget(
            host.way.protocol, host.address, host.way.port, host=host, source=_address(configuration, host.interface)
        )
        for host in settings.hosts
        if not host.secure
    ]


def refused_hosts(configuration: Configuration) -> list[LogHost]:
    """Hosts with `secure`: TLS is not spoken here, and nothing goes to them in clear."""
    return [host for host in configuration.settings.logging.hosts if host.secure]


def _address(configuration: Configuration, nameif: str) -> IPv4Address | None:
    interface = configuration.interface(nameif)
    return interface.address.value.address if interface is not None and interface.address is not None else None
