"""The host's policy rules that lead the traffic of tunnels through a device, and what else the host must allow.

What matches a protected network goes into the device, in either direction: a packet in clear that should have come
through a tunnel is then the box's to refuse. What comes by a link behind which its source is not ends before that, as
the device does not show by which link a packet came. What the box sends itself (the mark) and what comes out of the
device take the host's own routes.
"""

import errno
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Network, summarize_address_range
from types import MappingProxyType
from typing import TypeVar

from mainmode.base.address import Proxy, ProxyPair
from mainmode.gateway.ingress import LOST, WRONG_LINK, Barred, wrong_link_rules
from mainmode.gateway.marks import MARK
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.netlink.host import EVERYWHERE, HostNetwork
from mainmode.gateway.netlink.objects import OWN_PROTOCOL, TABLE_MAIN, HostRoute, RouteKind, Rule

TABLE = 0x4D4D
_FURTHER_TABLES = 0x4D60
"""Those of the second worker and of further ones begin behind this one."""
_OURS, _OUT_OF_TUNNELS, _PROTECTED, _AGREED = 0x4D4D, 0x4D4E, 0x4D50, 0x4D51
"""Priorities. What was agreed with a peer and no access list announced comes behind what one did."""
_One = TypeVar("_One")


class Steering:
    """What is made on the host for one device; `close` takes it all away. Methods raise NetlinkError.

    Each worker of a gateway has a device and a table of its own. What is there once for all of them is the first one's,
    who ends last.
    """

    def __init__(
        self, network: HostNetwork, device: str, worker: int = 0, others: Mapping[int, str] = MappingProxyType({})
    ) -> None:
        """`worker` is the number of this one, from 0; `others` are the devices of the others by theirs."""
        self._network = network
        self._device = device
        self._first = worker == 0
        self._table = table_of(worker)
        self._others = set(others.values())
        self._other_tables = set(map(table_of, others))
        self._refused = HostRoute(EVERYWHERE, table=self._table, metric=0xFFFF, kind=RouteKind.UNREACHABLE)
        self._standing: set[Rule] = set()

    def open(self, mtu: int) -> None:
        """The device up, its table, and the rules that come before all others.

        Without its device the table refuses: what is to be protected never leaves in clear instead. So rules that a
        crash left behind stand until `lead` says which of them are wanted.
        """
        self._standing = {rule for rule in self._network.rules() if self._is_mine(rule)}
        index = next(link.index for link in self._network.links() if link.name == self._device)
        self._network.set_mtu(index, mtu)
        self._network.set_up(index)
        self._network.add_route(self._refused, replace=True)
        self._network.add_route(HostRoute(EVERYWHERE, index, table=self._table), replace=True)
        self._network.add_route(LOST, replace=True)
        ours = Rule(_OURS, TABLE_MAIN, mark=MARK)
        first = {ours, Rule(_OUT_OF_TUNNELS, TABLE_MAIN, ingress=self._device)}
        for rule in first:
            self._add(rule)
        if not self._first:
            self._standing.discard(ours)
            return
        for rule in {rule for rule in self._standing if rule.priority in (_OURS, _OUT_OF_TUNNELS)} - first:
            self._remove(rule)

    def lead(
        self,
        announced: Iterable[ProxyPair],
        barred: Barred = lambda _: (),
        *,
        agreed: Iterable[ProxyPair] = (),
        elsewhere: Iterable[ProxyPair] = (),
    ) -> None:
        """Exactly the traffic between these proxies goes into the device from here on: those that access lists
        announced, and behind them those that were agreed with peers. Of those that other workers lead, `elsewhere`,
        what bars wrong links is left alone.

        Where a rule fails the others are made all the same; the first failure is raised then.
        """
        wanted = {rule for pair in announced for rule in self._rules(pair, barred, _PROTECTED)}
        wanted |= {rule for pair in agreed for rule in self._rules(pair, barred, _AGREED)}
        standing = {rule for rule in self._standing if rule.priority in (WRONG_LINK, _PROTECTED, _AGREED)}
        failed = self._each(self._add, sorted(wanted - standing, key=lambda rule: rule.priority))
        unwanted = standing - wanted
        if unwanted:
            unwanted -= {rule for pair in elsewhere for rule in self._rules(pair, barred, _PROTECTED)}
        failed += self._each(self._remove, unwanted)
        if failed:
            raise failed[0]

    def close(self) -> list[NetlinkError]:
        """All rules go, and the routes: that into the device goes with it. What failed is given back."""
        failed = self._each(self._remove, tuple(self._standing))
        failed += self._each(self._network.remove_route, (self._refused, LOST) if self._first else (self._refused,))
        return [refused for refused in failed if refused.errno != errno.ESRCH]

    def _is_mine(self, rule: Rule) -> bool:
        """Whether a crash may have left it for this worker: the first one has all that is no other's."""
        if not self._first:
            return is_ours(rule) and (rule.table == self._table or rule.ingress == self._device)
        if rule.table in self._other_tables or rule.ingress in self._others:
            return False
        return is_ours(rule) or _is_wrong_link(rule)

    def _rules(self, pair: ProxyPair, barred: Barred, priority: int) -> list[Rule]:
        """Both directions of a pair of proxies; a range is the networks that it is made of."""
        protocol = pair.local.protocol or pair.remote.protocol or None
        rules = []
        for local in _networks(pair.local):
            for remote in _networks(pair.remote):
                local_ports, remote_ports = _ports(pair.local), _ports(pair.remote)
                outbound = Rule(priority, self._table, local, remote, protocol=protocol,
                                source_ports=local_ports, destination_ports=remote_ports)  # fmt: skip
                rules.append(Rule(priority, self._table, remote, local, protocol=protocol,
                                  source_ports=remote_ports, destination_ports=local_ports))  # fmt: skip
                rules += [outbound, *wrong_link_rules(outbound, barred)]
        return rules

    def _each(self, do: Callable[[_One], None], these: Iterable[_One]) -> list[NetlinkError]:
        failed = []
        for one in these:
            try:
                do(one)
            except NetlinkError as refused:
                failed.append(refused)
        return failed

    def _add(self, rule: Rule) -> None:
        try:
            self._network.add_rule(rule)
        except NetlinkError as refused:
            if refused.errno != errno.EEXIST:
                raise
        self._standing.add(rule)

    def _remove(self, rule: Rule) -> None:
        try:
            self._network.remove_rule(rule)
        except NetlinkError as refused:
            if refused.errno != errno.ENOENT:
                raise
        self._standing.discard(rule)


def table_of(worker: int) -> int:
    """The table of a worker, by its number from 0."""
    return TABLE if worker == 0 else _FURTHER_TABLES + worker


def is_ours(rule: Rule) -> bool:
    """Whether a rule is of this data plane alone; those for wrong links are of both."""
    return rule.who == OWN_PROTOCOL and rule.priority in (_OURS, _OUT_OF_TUNNELS, _PROTECTED, _AGREED)


def _is_wrong_link(rule: Rule) -> bool:
    return rule.who == OWN_PROTOCOL and rule.priority == WRONG_LINK


def _networks(proxy: Proxy) -> list[IPv4Network | None]:
    """The networks of a proxy; None for everywhere, of which a rule says nothing."""
    networks = summarize_address_range(proxy.first, proxy.last)
    return [None if network == EVERYWHERE else network for network in networks]


def _ports(proxy: Proxy) -> tuple[int, int] | None:
    return (proxy.port, proxy.port) if proxy.port else None
