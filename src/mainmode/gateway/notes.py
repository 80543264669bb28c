"""What the host was before the gateway changed it, noted in the host's own tables, where a crash cannot lose it.

A note is a route that leads nowhere, in a table that no rule looks up: its destination says which setting, its metric
what the setting was. It is there before the setting changes and goes after it was put back. As the setting itself it
belongs to the network namespace, and neither outlives the next boot.
"""

import errno
from ipaddress import IPv4Address, IPv4Network

from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.netlink.host import HostNetwork
from mainmode.gateway.netlink.objects import OWN_PROTOCOL, HostRoute, RouteKind

TABLE = 0x4D51
_PLACES = IPv4Address("192.0.2.0")
"""Addresses of documentation (RFC 5737)."""


class Notes:
    """Numbers by the number of their setting, 0 to 255. Methods raise NetlinkError."""

    def __init__(self, network: HostNetwork) -> None:
        self._network = network

    def read(self) -> dict[int, int]:
        """What the last gateway noted, and never put back."""
        return {
            int(route.destination.network_address) - int(_PLACES): (route.metric or 1) - 1
            for route in self._network.routes(TABLE)
            if route.protocol == OWN_PROTOCOL
        }

    def write(self, setting: int, value: int) -> None:
        """This is what the setting was. Values begin at 0."""
        self._network.add_route(_route(setting, value))

    def erase(self, setting: int, value: int) -> None:
        """The setting is what it was, or was not changed; nothing happens where nothing is noted."""
        try:
            self._network.remove_route(_route(setting, value))
        except NetlinkError as refused:
            if refused.errno not in (errno.ESRCH, errno.ENOENT):
                raise


def _route(setting: int, value: int) -> HostRoute:
    return HostRoute(IPv4Network(_PLACES + setting), table=TABLE, metric=value + 1, kind=RouteKind.BLACKHOLE)
