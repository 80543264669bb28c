"""What rtnetlink tells of the host's network, as values, and their octets. IPv4 only.

Sources: linux/if_link.h and linux/if.h (links), linux/if_addr.h (addresses), linux/rtnetlink.h (routes),
linux/fib_rules.h (policy rules).
"""

import socket
from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network
from struct import Struct, error, pack

from mainmode.base.dataclass import dataclass
from mainmode.gateway.netlink.codec import attribute, attributes

OWN_PROTOCOL = 77
"""Who made a route or a rule (RTA_PROTOCOL, FRA_PROTOCOL): a number that no other program claims."""

TABLE_MAIN = 254
"""RT_TABLE_MAIN."""

_LINK = Struct("=BxHiII")
_ADDRESS = Struct("=BBBBI")
_ROUTE = Struct("=BBBBBBBBI")
_RULE = Struct("=BBBB3xBI")
_U32 = Struct("=I")

_IFF_UP, _IFF_LOOPBACK, _IFF_RUNNING = 0x1, 0x8, 0x40
_IFLA_NAME, _IFLA_MTU = 3, 4
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_RTA_DESTINATION, _RTA_EGRESS, _RTA_GATEWAY, _RTA_METRIC = 1, 4, 5, 6
_RTA_SOURCE, _RTA_METRICS, _RTA_TABLE = 7, 8, 15
_RTAX_MTU = 2
_FRA_DESTINATION, _FRA_SOURCE, _FRA_INGRESS, _FRA_PRIORITY, _FRA_MARK = 1, 2, 3, 6, 10
_FRA_SUPPRESS, _FRA_TABLE, _FRA_MASK, _FRA_EGRESS, _FRA_WHO, _FRA_PROTOCOL = 14, 15, 16, 17, 21, 22
_FRA_SOURCE_PORTS, _FRA_DESTINATION_PORTS = 23, 24
_TO_TABLE = 1
_SCOPE_GLOBAL, _SCOPE_LINK = 0, 253
_NO_MASK = 0xFFFF_FFFF


class RouteKind(IntEnum):
    """What a route does with a packet (RTN_*); other numbers are left as they are."""

    UNICAST = 1
    LOCAL = 2
    BROADCAST = 3
    BLACKHOLE = 6
    UNREACHABLE = 7
    PROHIBIT = 8
    THROW = 9


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface of the host. `running`: up, and its carrier is there."""

    index: int
    name: str
    mtu: int
    up: bool
    running: bool
    loopback: bool


@dataclass(frozen=True, slots=True)
class LinkAddress:
    """An address of an interface and the length of its network's prefix."""

    link: int
    address: IPv4Address
    prefix: int

    @property
    def network(self) -> IPv4Network:
        """The network on the link."""
        return IPv4Network((self.address, self.prefix), strict=False)


@dataclass(frozen=True, slots=True)
class HostRoute:
    """A route of the host. `link` and `gateway` say the next hop, `source` the host's own address on this way.

    `mtu` and `metric` None: the kernel's own. `protocol` is who made it.
    """

    destination: IPv4Network
    link: int | None = None
    gateway: IPv4Address | None = None
    source: IPv4Address | None = None
    table: int = TABLE_MAIN
    metric: int | None = None
    mtu: int | None = None
    kind: int = RouteKind.UNICAST
    protocol: int = OWN_PROTOCOL

    def __str__(self) -> str:
        return f"{self.destination} in table {self.table}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy rule: packets that fit all its conditions are looked up in `table`; lower priorities come first.

    `ingress` and `egress` are names of interfaces; `lo` as ingress is what the host itself sends. A `mark` counts
    where it is equal under `mask`. Ports are first and last; `protocol` is that of IP (6, 17, …). `invert`: packets
    that do not fit. `shortest`: only routes with a prefix of at least this length count. `who` is who made it.
    """

    priority: int
    table: int
    source: IPv4Network | None = None
    destination: IPv4Network | None = None
    ingress: str | None = None
    egress: str | None = None
    mark: int | None = None
    mask: int = _NO_MASK
    protocol: int | None = None
    source_ports: tuple[int, int] | None = None
    destination_ports: tuple[int, int] | None = None
    invert: bool = False
    shortest: int = 0
    who: int = OWN_PROTOCOL

    def __str__(self) -> str:
        conditions = ("from", self.source), ("to", self.destination), ("iif", self.ingress), ("oif", self.egress)
        parts = [f"{word} {value}" for word, value in conditions if value is not None]
        if self.mark is not None:
            parts.append(f"fwmark {self.mark:#x}")
        return f"{self.priority}: {' '.join(parts) or 'all'} lookup {self.table}"


def _u32(value: int) -> bytes:
    return _U32.pack(value)


def _name(value: str) -> bytes:
    return value.encode() + b"\0"


def _number(found: dict[int, bytes], kind: int) -> int | None:
    value = found.get(kind)
    return None if value is None else int(_U32.unpack(value)[0])


def _text(found: dict[int, bytes], kind: int) -> str | None:
    value = found.get(kind)
    return None if value is None else value.rstrip(b"\0").decode("utf-8", "replace")


def _host(found: dict[int, bytes], kind: int) -> IPv4Address | None:
    value = found.get(kind)
    return None if value is None else IPv4Address(value)


def _network(found: dict[int, bytes], kind: int, prefix: int) -> IPv4Network | None:
    value = found.get(kind)
    return None if value is None else IPv4Network((value, prefix))


def _fixed(layout: Struct, body: bytes) -> tuple[int, ...]:
    """The numbers at the start of a message. Raises ValueError for one that is too short."""
    try:
        return layout.unpack_from(body)
    except error as short:
        raise ValueError(f"{len(body)} octets where {layout.size} should be") from short


def any_link() -> bytes:
    """The request for all links."""
    return _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0)


def link_change(index: int, *, up: bool | None = None, mtu: int | None = None) -> bytes:
    """The body of RTM_SETLINK (struct ifinfomsg): up or down, and the MTU; None leaves it as it is."""
    flags, changed = (_IFF_UP if up else 0), (0 if up is None else _IFF_UP)
    body = _LINK.pack(socket.AF_UNSPEC, 0, index, flags, changed)
    return body if mtu is None else body + attribute(_IFLA_MTU, _u32(mtu))


def read_link(body: bytes) -> Link:
    """A link out of RTM_NEWLINK or RTM_DELLINK. Raises ValueError for a broken one."""
    _, _, index, flags, _ = _fixed(_LINK, body)
    found = attributes(body, _LINK.size)
    mtu = _number(found, _IFLA_MTU) or 0
    name = _text(found, _IFLA_NAME) or f"if{index}"
    return Link(index, name, mtu, bool(flags & _IFF_UP), bool(flags & _IFF_RUNNING), bool(flags & _IFF_LOOPBACK))


def any_address() -> bytes:
    """The request for all addresses."""
    return _ADDRESS.pack(socket.AF_INET, 0, 0, 0, 0)


def read_address(body: bytes) -> LinkAddress | None:
    """An address out of RTM_NEWADDR or RTM_DELADDR; None for one of another family. Raises ValueError."""
    family, prefix, _, _, link = _fixed(_ADDRESS, body)
    if family != socket.AF_INET:
        return None
    found = attributes(body, _ADDRESS.size)
    address = _host(found, _IFA_LOCAL) or _host(found, _IFA_ADDRESS)
    return None if address is None else LinkAddress(link, address, prefix)


def any_route(table: int) -> bytes:
    """The request for all routes of a table."""
    return _ROUTE.pack(socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0) + attribute(_RTA_TABLE, _u32(table))


def route_lookup(destination: IPv4Address) -> bytes:
    """The request for the way that a packet of the host to `destination` takes."""
    head = _ROUTE.pack(socket.AF_INET, 32, 0, 0, 0, 0, 0, 0, 0)
    return head + attribute(_RTA_DESTINATION, destination.packed)


def write_route(one: HostRoute) -> bytes:
    """The body of RTM_NEWROUTE and RTM_DELROUTE (struct rtmsg)."""
    direct = one.gateway is None and one.kind == RouteKind.UNICAST
    scope = _SCOPE_LINK if direct else _SCOPE_GLOBAL
    table = one.table if one.table < 256 else 0
    prefix = one.destination.prefixlen
    parts = [
        _ROUTE.pack(socket.AF_INET, prefix, 0, 0, table, one.protocol, scope, one.kind, 0),
        attribute(_RTA_TABLE, _u32(one.table)),
        attribute(_RTA_DESTINATION, one.destination.network_address.packed),
    ]
    if one.link is not None:
        parts.append(attribute(_RTA_EGRESS, _u32(one.link)))
    if one.gateway is not None:
        parts.append(attribute(_RTA_GATEWAY, one.gateway.packed))
    if one.source is not None:
        parts.append(attribute(_RTA_SOURCE, one.source.packed))
    if one.metric is not None:
        parts.append(attribute(_RTA_METRIC, _u32(one.metric)))
    if one.mtu is not None:
        parts.append(attribute(_RTA_METRICS, attribute(_RTAX_MTU, _u32(one.mtu))))
    return b"".join(parts)


def read_route(body: bytes) -> HostRoute | None:
    """A route out of RTM_NEWROUTE or RTM_DELROUTE; None for one of another family. Raises ValueError."""
    family, prefix, _, _, table, protocol, _, kind, _ = _fixed(_ROUTE, body)
    if family != socket.AF_INET:
        return None
    found = attributes(body, _ROUTE.size)
    return HostRoute(
        _network(found, _RTA_DESTINATION, prefix) or IPv4Network("0.0.0.0/0"),
        _number(found, _RTA_EGRESS),
        _host(found, _RTA_GATEWAY),
        _host(found, _RTA_SOURCE),
        _number(found, _RTA_TABLE) or table,
        _number(found, _RTA_METRIC),
        _number(attributes(found.get(_RTA_METRICS, b"")), _RTAX_MTU),
        kind,
        protocol,
    )


def any_rule() -> bytes:
    """The request for all policy rules."""
    return _RULE.pack(socket.AF_INET, 0, 0, 0, 0, 0)


_INVERT = 0x2


def write_rule(one: Rule) -> bytes:
    """The body of RTM_NEWRULE and RTM_DELRULE (struct fib_rule_hdr)."""
    lengths = [0 if network is None else network.prefixlen for network in (one.destination, one.source)]
    flags = _INVERT if one.invert else 0
    body = [_RULE.pack(socket.AF_INET, *lengths, 0, _TO_TABLE, flags), attribute(_FRA_TABLE, _u32(one.table))]
    body += [attribute(_FRA_PRIORITY, _u32(one.priority)), attribute(_FRA_WHO, pack("=B", one.who))]
    if one.shortest:
        body.append(attribute(_FRA_SUPPRESS, _u32(one.shortest - 1)))
    for kind, network in ((_FRA_DESTINATION, one.destination), (_FRA_SOURCE, one.source)):
        if network is not None:
            body.append(attribute(kind, network.network_address.packed))
    for kind, name in ((_FRA_INGRESS, one.ingress), (_FRA_EGRESS, one.egress)):
        if name is not None:
            body.append(attribute(kind, _name(name)))
    if one.mark is not None:
        body += [attribute(_FRA_MARK, _u32(one.mark)), attribute(_FRA_MASK, _u32(one.mask))]
    if one.protocol is not None:
        body.append(attribute(_FRA_PROTOCOL, pack("=B", one.protocol)))
    for kind, ports in ((_FRA_SOURCE_PORTS, one.source_ports), (_FRA_DESTINATION_PORTS, one.destination_ports)):
        if ports is not None:
            body.append(attribute(kind, pack("=HH", *ports)))
    return b"".join(body)


def _ports(found: dict[int, bytes], kind: int) -> tuple[int, int] | None:
    first, last = _fixed(Struct("=HH"), found[kind]) if kind in found else (0, 0)
    return (first, last) if last else None


def read_rule(body: bytes) -> Rule | None:
    """A rule out of RTM_NEWRULE or RTM_DELRULE; None for another family or one that looks up no table.

    Raises ValueError.
    """
    family, to_length, from_length, _, action, flags = _fixed(_RULE, body)
    if family != socket.AF_INET or action != _TO_TABLE:
        return None
    found = attributes(body, _RULE.size)
    mark, suppressed = _number(found, _FRA_MARK), _number(found, _FRA_SUPPRESS)
    return Rule(
        _number(found, _FRA_PRIORITY) or 0,
        _number(found, _FRA_TABLE) or 0,
        _network(found, _FRA_SOURCE, from_length),
        _network(found, _FRA_DESTINATION, to_length),
        _text(found, _FRA_INGRESS),
        _text(found, _FRA_EGRESS),
        mark,
        _NO_MASK if mark is None else (_number(found, _FRA_MASK) or 0),
        found[_FRA_PROTOCOL][0] if found.get(_FRA_PROTOCOL) else None,
        _ports(found, _FRA_SOURCE_PORTS),
        _ports(found, _FRA_DESTINATION_PORTS),
        bool(flags & _INVERT),
        0 if suppressed is None else (suppressed + 1) & _NO_MASK,
        found[_FRA_WHO][0] if found.get(_FRA_WHO) else 0,
    )
