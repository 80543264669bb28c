"""The host's network: its links, addresses, routes and policy rules, and what happens to them.

Source: linux/rtnetlink.h. Reading needs no privilege, changing needs CAP_NET_ADMIN.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from struct import error
from typing import TypeVar

from mainmode.base.dataclass import dataclass
from mainmode.gateway.netlink.codec import CREATE, EXCLUSIVE, REPLACE, Message, NetlinkError
from mainmode.gateway.netlink.objects import (
    HostRoute,
    Link,
    LinkAddress,
    Rule,
    any_address,
    any_link,
    any_route,
    any_rule,
    link_change,
    read_address,
    read_link,
    read_route,
    read_rule,
    route_lookup,
    write_route,
    write_rule,
)
from mainmode.gateway.netlink.sockets import EventSocket, RequestSocket

_NEWLINK, _DELLINK, _GETLINK, _SETLINK = 16, 17, 18, 19
_NEWADDR, _DELADDR, _GETADDR = 20, 21, 22
_NEWROUTE, _DELROUTE, _GETROUTE = 24, 25, 26
_NEWRULE, _DELRULE, _GETRULE = 32, 33, 34
_LINK_GROUP, _ADDRESS_GROUP = 1, 5

_Object = TypeVar("_Object")


def _read(found: list[Message], kind: int, reader: Callable[[bytes], _Object | None], doing: str) -> list[_Object]:
    """The objects of an answer. Raises NetlinkError for what cannot be read."""
    try:
        read = [reader(message.body) for message in found if message.kind == kind]
    except (ValueError, error) as broken:
        raise NetlinkError(doing, 0, f"the kernel's answer is not understood: {broken}") from broken
    return [one for one in read if one is not None]


class HostNetwork:
    """Reads and changes the host's network. Every method raises NetlinkError, whose text says what failed and why."""

    def __init__(self) -> None:
        self._socket = RequestSocket(socket.NETLINK_ROUTE, "the kernel's network configuration (rtnetlink)")

    def links(self) -> list[Link]:
        """All interfaces of the host."""
        doing = "list the interfaces"
        return _read(self._socket.dump(_GETLINK, any_link(), doing), _NEWLINK, read_link, doing)

    def addresses(self) -> list[LinkAddress]:
        """All IPv4 addresses of the host."""
        doing = "list the addresses"
        return _read(self._socket.dump(_GETADDR, any_address(), doing), _NEWADDR, read_address, doing)

    def routes(self, table: int) -> list[HostRoute]:
        """The IPv4 routes of one table; none where the table does not exist."""
        doing = f"list the routes of table {table}"
        try:
            found = self._socket.dump(_GETROUTE, any_route(table), doing)
        except NetlinkError as refused:
            if "table does not exist" in refused.detail:
                return []
            raise
        return [one for one in _read(found, _NEWROUTE, read_route, doing) if one.table == table]

    def rules(self) -> list[Rule]:
        """The IPv4 policy rules that look up a table, in their order."""
        doing = "list the policy rules"
        return _read(self._socket.dump(_GETRULE, any_rule(), doing), _NEWRULE, read_rule, doing)

    def route_to(self, destination: IPv4Address) -> HostRoute:
        """The way that a packet of the host takes, its source address included. ENETUNREACH where there is none."""
        doing = f"find the way to {destination}"
        found = self._socket.request(_GETROUTE, route_lookup(destination), doing)
        routes = _read(found, _NEWROUTE, read_route, doing)
        if not routes:
            raise NetlinkError(doing, 0, "the kernel's answer is empty")
        return routes[0]

    def set_up(self, index: int, up: bool = True) -> None:
        """Switch an interface on or off."""
        self._socket.request(_SETLINK, link_change(index, up=up), f"switch interface {index} {'on' if up else 'off'}")

    def set_mtu(self, index: int, mtu: int) -> None:
        """The largest packet of an interface."""
        self._socket.request(_SETLINK, link_change(index, mtu=mtu), f"set the MTU of interface {index} to {mtu}")

    def add_route(self, one: HostRoute, replace: bool = False) -> None:
        """A route; EEXIST where one with this destination and metric stands, unless it is replaced."""
        flags = CREATE | (REPLACE if replace else EXCLUSIVE)
        self._socket.request(_NEWROUTE, write_route(one), f"add the route to {one}", flags)

    def remove_route(self, one: HostRoute) -> None:
        """ESRCH where there is none."""
        self._socket.request(_DELROUTE, write_route(one), f"remove the route to {one}")

    def add_rule(self, one: Rule) -> None:
        """A policy rule. EEXIST where an equal one stands."""
        self._socket.request(_NEWRULE, write_rule(one), f"add the rule {one}", CREATE | EXCLUSIVE)

    def remove_rule(self, one: Rule) -> None:
        """ENOENT where there is none."""
        self._socket.request(_DELRULE, write_rule(one), f"remove the rule {one}")

    def close(self) -> None:
        """Close the door; what was made stays."""
        self._socket.close()


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """An interface is new or another than before."""

    link: Link


@dataclass(frozen=True, slots=True)
class LinkGone:
    """An interface has vanished."""

    link: Link


@dataclass(frozen=True, slots=True)
class AddressAdded:
    """An interface has an address."""

    address: LinkAddress


@dataclass(frozen=True, slots=True)
class AddressGone:
    """An interface has lost an address."""

    address: LinkAddress


@dataclass(frozen=True, slots=True)
class EventsLost:
    """The kernel had more to tell than fitted: read links and addresses again."""


HostEvent = LinkChanged | LinkGone | AddressAdded | AddressGone | EventsLost


def _event(message: Message) -> HostEvent | None:
    if message.kind in (_NEWLINK, _DELLINK):
        link = read_link(message.body)
        return LinkChanged(link) if message.kind == _NEWLINK else LinkGone(link)
    if message.kind in (_NEWADDR, _DELADDR):
        address = read_address(message.body)
        if address is not None:
            return AddressAdded(address) if message.kind == _NEWADDR else AddressGone(address)
    return None


class HostEvents:
    """Hears of links and addresses. Never blocks: wait for it with `add_reader(events.fileno(), …)`, then `read`."""

    def __init__(self) -> None:
        self._socket = EventSocket(
            socket.NETLINK_ROUTE, (_LINK_GROUP, _ADDRESS_GROUP), "changes of the host's interfaces"
        )

    def fileno(self) -> int:
        """For the event loop."""
        return self._socket.fileno()

    def read(self) -> list[HostEvent]:
        """What happened since, in order."""
        heard, lost = self._socket.read()
        events: list[HostEvent] = []
        for message in heard:
            try:
                event = _event(message)
            except (ValueError, error):
                lost = True
                continue
            if event is not None:
                events.append(event)
        return [*events, EventsLost()] if lost else events

    def close(self) -> None:
        """No more events."""
        self._socket.close()


EVERYWHERE = IPv4Network("0.0.0.0/0")
"""The destination of a default route."""
