"""The table of connections: what passed once lets its replies pass, and both go the way that was found for the first.

Bounded, with the configuration's idle times (`timeout conn …`). Nothing here needs a timer: who asks says what time it
is, and a connection that was idle too long is not found any more.
"""

from collections.abc import Callable, Iterator
from dataclasses import field
from enum import Enum
from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant, Span, seconds
from mainmode.device.config.model import Timeouts
from mainmode.device.flow import ConnectionKey, Flow

MOST_CONNECTIONS = 16_384


class Kind(Enum):
    """What decides how long a connection may be idle."""

    TCP = "tcp"
    HALF_CLOSED = "half-closed"
    UDP = "udp"
    ICMP = "icmp"
    OTHER = "other"

    __hash__ = object.__hash__
    """Members are single objects; an enum's own hash costs a call for every packet."""


_FOR_EVER = Span(2**63)
_KINDS = {int(IpProtocol.TCP): Kind.TCP, int(IpProtocol.UDP): Kind.UDP, int(IpProtocol.ICMP): Kind.ICMP}


@dataclass(slots=True, eq=False)
class Connection:
    """One connection: `forward` as its first packet came in, `reply` as answers come in (after translation).

    `there` and `back` hold what the packet path found for either direction; they mean nothing here. `translated` is
    the flow as it leaves, `identifier` and `mapped_identifier` an echo's before and after. `release` gives back a
    translated port. `octets` counts both directions. `tunnels` are the inbound SPIs of the pairs that carried it last.
    `number` counts the connections of the device from 1; the table gives it.
    """

    forward: ConnectionKey
    reply: ConnectionKey
    flow: Flow
    translated: Flow
    ingress: str
    egress: str
    kind: Kind
    since: Instant
    last: Instant
    release: Callable[[], None] | None = None
    there: object = None
    back: object = None
    octets: int = 0
    identifier: int | None = None
    mapped_identifier: int | None = None
    tunnels: tuple[int, int] = (0, 0)
    number: int = 0
    finished: set[bool] = field(default_factory=set)

    def has(self, address: IPv4Address) -> bool:
        """Whether an end of it has this address, before or after translation."""
        ends = (self.flow.source, self.flow.destination, self.translated.source, self.translated.destination)
        return address in ends


class ConnectionTable:
    """Connections by the names of both directions, each kind in the order of last use.

    `most` stood at once, `made` were there since the device started.
    """

    __slots__ = ("_idle", "_names", "_used", "made", "most")

    def __init__(self, timeouts: Timeouts) -> None:
        self.most = self.made = 0
        self.follow(timeouts)
        self._names: dict[tuple[str, ConnectionKey], tuple[Connection, bool]] = {}
        self._used: dict[Kind, dict[int, Connection]] = {kind: {} for kind in Kind}

    def __len__(self) -> int:
        return sum(map(len, self._used.values()))

    def follow(self, timeouts: Timeouts) -> None:
        """Other idle times from here on."""
        said = {
            Kind.TCP: timeouts.conn,
            Kind.HALF_CLOSED: timeouts.half_closed,
            Kind.UDP: timeouts.udp,
            Kind.ICMP: timeouts.icmp,
            Kind.OTHER: timeouts.udp,
        }
        self._idle = {kind: seconds(one.value) if one.value else _FOR_EVER for kind, one in said.items()}

    def find(self, interface: str, key: ConnectionKey, now: Instant) -> tuple[Connection, bool] | None:
        """The connection of a packet that came in by `interface`, and whether it is a reply; None without."""
        found = self._names.get((interface, key))
        if found is None:
            return None
        connection = found[0]
        if now - connection.last >= self._idle[connection.kind]:
            self.remove(connection)
            return None
        return found

    def stands(self, connection: Connection, now: Instant) -> bool:
        """Whether a connection that was found before would be found now."""
        kind = connection.kind
        return id(connection) in self._used[kind] and now - connection.last < self._idle[kind]

    def touch(self, connection: Connection, octets: int, now: Instant) -> None:
        """A packet of a connection passed. One that is not in the table any more stays out of it."""
        used = self._used[connection.kind]
        if used.pop(id(connection), None) is None:
            return
        used[id(connection)] = connection
        connection.octets += octets
        connection.last = now

    def add(self, connection: Connection, now: Instant) -> None:
        """A new connection. What was idle too long goes; where the table is full, so does the longest idle."""
        for held in list(self._stale(now)):
            self.remove(held)
        if len(self) >= MOST_CONNECTIONS:
            self.remove(min((next(iter(used.values())) for used in self._used.values() if used), key=_last))
        for name in (connection.ingress, connection.forward), (connection.egress, connection.reply):
            held_by = self._names.get(name)
            if held_by is not None:
                self.remove(held_by[0])
        self.made += 1
        connection.number = self.made
        self._names[connection.egress, connection.reply] = (connection, True)
        self._names[connection.ingress, connection.forward] = (connection, False)
        self._used[connection.kind][id(connection)] = connection
        self.most = max(self.most, len(self))

    def remove(self, connection: Connection) -> None:
        """Forget a connection, and give back its translation."""
        if self._used[connection.kind].pop(id(connection), None) is None:
            return
        for name in (connection.ingress, connection.forward), (connection.egress, connection.reply):
            held = self._names.get(name)
            if held is not None and held[0] is connection:
                del self._names[name]
        if connection.release is not None:
            connection.release()

    def close(self, connection: Connection, *, reset: bool, reply: bool) -> None:
        """A RST ends a TCP connection, a FIN of one side leaves it half-closed, of both sides ends it soon."""
        if reset:
            self.remove(connection)
            return
        connection.finished.add(reply)
        if self._used[Kind.TCP].pop(id(connection), None) is not None:
            connection.kind = Kind.HALF_CLOSED
            self._used[Kind.HALF_CLOSED][id(connection)] = connection

    def end_of_tunnel(self, inbound_spi: int) -> None:
        """Forget the connections through a tunnel that is gone (`sysopt connection preserve-vpn-flows` keeps them)."""
        for connection in self.all():
            if inbound_spi in connection.tunnels:
                self.remove(connection)

    def all(self) -> tuple[Connection, ...]:
        """Every connection, kind by kind, the longest idle first; some may be idle too long already."""
        return tuple(connection for used in self._used.values() for connection in used.values())

    def standing(self, now: Instant) -> tuple[Connection, ...]:
        """Every connection that is not idle too long, kind by kind, the longest idle first."""
        return tuple(one for one in self.all() if now - one.last < self._idle[one.kind])

    def _stale(self, now: Instant) -> Iterator[Connection]:
        for kind, used in self._used.items():
            for connection in used.values():
                if now - connection.last < self._idle[kind]:
                    break
                yield connection


def kind_of(protocol: int) -> Kind:
    """The kind that connections of an IP protocol are."""
    return _KINDS.get(protocol, Kind.OTHER)


def _last(connection: Connection) -> Instant:
    return connection.last
