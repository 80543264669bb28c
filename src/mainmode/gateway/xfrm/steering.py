"""The host's routes to the networks behind tunnels, so that their packets meet the policies at the right interface.

A host often has no route to a remote network but the default one, or none at all. Its own more special routes count
first, as the routes of the configuration would. What comes by a link behind which its source is not meets no policy.
"""

import errno
from collections.abc import Callable, Mapping, Set
from ipaddress import IPv4Address, IPv4Network

from mainmode.gateway.ingress import LOST, WRONG_LINK
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.netlink.host import HostNetwork
from mainmode.gateway.netlink.objects import OWN_PROTOCOL, TABLE_MAIN, HostRoute, Rule

TABLE = 0x4D58
_SPECIAL, _REMOTE = 0x4D58, 0x4D59
_UNKNOWN = IPv4Address(0)
_AS_WANTED = (errno.EEXIST, errno.ESRCH, errno.ENOENT)


class Steering:
    """What is made on the host; `close` takes it all away."""

    def __init__(self, network: HostNetwork) -> None:
        self._network = network
        self._rules: set[Rule] = set()
        self._routes: dict[IPv4Network, tuple[IPv4Address, HostRoute]] = {}

    def open(self) -> None:
        """What a crash left behind stands until `follow` says what is wanted. Raises NetlinkError."""
        for rule in self._network.rules():
            if is_ours(rule) or (rule.who == OWN_PROTOCOL and rule.priority == WRONG_LINK):
                self._rules.add(rule)
        for route in self._network.routes(TABLE):
            if route.protocol == OWN_PROTOCOL:
                self._routes[route.destination] = (_UNKNOWN, route)

    def follow(
        self,
        local: Set[IPv4Network],
        remote: Mapping[IPv4Network, IPv4Address],
        wrong: Set[Rule] = frozenset(),
        afresh: bool = False,
    ) -> list[NetlinkError]:
        """Exactly these local networks find these remote ones, each by the way to its peer. What failed is given back.

        `wrong` are the rules of `ingress.wrong_link_rules`. A peer to which the host itself has no way is left out: its
        packets could not leave anyhow. `afresh`: the ways to all peers are looked up, not only those that are new.
        """
        failed: list[NetlinkError] = []
        if wrong:
            _try(failed, lambda: self._network.add_route(LOST, replace=True))
        for network in self._routes.keys() - remote.keys():
            _, route = self._routes[network]
            if _try(failed, lambda route=route: self._network.remove_route(route)):  # type: ignore[misc]
                del self._routes[network]
        for network, peer in remote.items():
            known = self._routes.get(network)
            if afresh or known is None or known[0] != peer:
                self._lead(network, peer, failed)
        rules = {rule for network in local for rule in _rules(network)} | wrong
        for rule in sorted(rules - self._rules, key=lambda rule: rule.priority):
            if _try(failed, lambda rule=rule: self._network.add_rule(rule)):  # type: ignore[misc]
                self._rules.add(rule)
        for rule in self._rules - rules:
            if _try(failed, lambda rule=rule: self._network.remove_rule(rule)):  # type: ignore[misc]
                self._rules.discard(rule)
        return failed

    def close(self) -> list[NetlinkError]:
        """Rules and routes go. What failed is given back."""
        failed = self.follow(frozenset(), {})
        _try(failed, lambda: self._network.remove_route(LOST))
        return failed

    def _lead(self, network: IPv4Network, peer: IPv4Address, failed: list[NetlinkError]) -> None:
        """The route to one remote network; the host drops those of an interface that went down by itself."""
        try:
            way = self._network.route_to(peer)
        except NetlinkError as refused:
            if refused.errno not in (errno.ENETUNREACH, errno.EHOSTUNREACH):
                failed.append(refused)
            return
        route = HostRoute(network, way.link, way.gateway or peer, table=TABLE)
        if _try(failed, lambda: self._network.add_route(route, replace=True)):
            self._routes[network] = (peer, route)


def is_ours(rule: Rule) -> bool:
    """Whether a rule is of this data plane alone; those for wrong links are of both."""
    return rule.who == OWN_PROTOCOL and rule.priority in (_SPECIAL, _REMOTE)


def _try(failed: list[NetlinkError], call: Callable[[], None]) -> bool:
    """Whether things are as wanted afterwards; what was so already is no failure."""
    try:
        call()
    except NetlinkError as refused:
        if refused.errno not in _AS_WANTED:
            failed.append(refused)
            return False
    return True


def _rules(network: IPv4Network) -> tuple[Rule, Rule]:
    """The host's routes but the default one, then the table of remote networks."""
    source = network if network.prefixlen else None
    return Rule(_SPECIAL, TABLE_MAIN, source, shortest=1), Rule(_REMOTE, TABLE, source)
