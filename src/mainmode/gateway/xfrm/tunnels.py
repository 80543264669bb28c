"""The tunnels that policies lead to: those of the configuration, and those that peers of dynamic maps brought up."""

from dataclasses import field
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from mainmode.base.address import ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.gateway.ingress import NOWHERE, WRONG_LINK, Barred, wrong_link_rules
from mainmode.gateway.netlink.objects import Rule
from mainmode.gateway.xfrm.layout import KernelMode, Selector
from mainmode.gateway.xfrm.pairs import Installed
from mainmode.gateway.xfrm.policies import Policy
from mainmode.gateway.xfrm.policy_set import LAST, OWN, policies_for, template_of
from mainmode.gateway.xfrm.protection import TunnelKey, Wanted, protection, selectors
from mainmode.ike.settings import IkeSettings, MapEntry
from mainmode.ipsec.dataplane import Mode, SaPair


class Ends(NamedTuple):
    """Between which addresses, and in which mode, the SA is that packets want."""

    local: IPv4Address
    remote: IPv4Address
    mode: KernelMode


@dataclass(slots=True)
class Tunnel:
    """One tunnel: its number in the kernel, and its pairs of SAs, the one that carries its traffic last.

    Tunnels of several interfaces with the same proxies have one number: inbound packets may come from any of them.
    `entry` None: no line of the configuration leads there any more, or never did; its pairs say what it is for.
    `places` are its selectors with their places in the order of all.
    """

    key: TunnelKey
    reqid: int
    entry: MapEntry | None = None
    pairs: list[Installed] = field(default_factory=list)
    places: list[tuple[int, Selector]] = field(default_factory=list)

    def ends(self, settings: IkeSettings) -> Ends | None:
        """Those of the standing SA, else of the entry's first peer; None where nothing tells."""
        carrying = next((one for one in reversed(self.pairs) if one.outbound_stands), None)
        carrying = carrying or (self.pairs[-1] if self.pairs else None)
        if carrying is not None:
            path = carrying.pair.path
            return Ends(path.local.address, path.remote.address, carrying.mode)
        local = settings.addresses.get(self.key.interface)
        if self.entry is None or local is None or not self.entry.peers:
            return None
        remote, proxies = self.entry.peers[0], self.key.proxies
        mode = next((one.mode for one in self.entry.transform_sets if one.sound), Mode.TUNNEL)
        hosts = proxies.local.is_host and proxies.remote.is_host
        between = hosts and (proxies.local.first, proxies.remote.first) == (local, remote)
        return Ends(local, remote, KernelMode.TRANSPORT if mode is Mode.TRANSPORT and between else KernelMode.TUNNEL)

    def policies(self, settings: IkeSettings) -> list[Policy]:
        """Its policies."""
        ends = self.ends(settings)
        if ends is None:
            return []
        template = template_of(*ends[:2], self.reqid, ends.mode)
        return [policy for place, selector in self.places for policy in policies_for(selector, place, template)]


class Tunnels:
    """All of them, by what the configuration says first, then the newest of those that it does not name."""

    def __init__(self) -> None:
        self._by_key: dict[TunnelKey, Tunnel] = {}
        self._by_proxies: dict[ProxyPair, list[Tunnel]] = {}
        self._reqids: dict[int, ProxyPair] = {}
        self._order: list[Wanted] = []
        self._links: dict[str, int] = {}
        self._last_reqid = 0
        self._unnamed_place = LAST

    def follow(self, settings: IkeSettings, links: dict[str, int]) -> None:
        """Another configuration, or other interfaces. Raises InputError as `protection` does."""
        order = protection(settings, links)
        self._order, self._links = order, links
        for tunnel in self._by_key.values():
            tunnel.entry = None
            tunnel.places = []
        for place, wanted in enumerate(order):
            if wanted.tunnel is not None:
                tunnel = self._of(wanted.tunnel)
                tunnel.entry = wanted.entry
                tunnel.places.append((place, wanted.selector))
        self._unnamed_place = LAST
        for tunnel in tuple(self._by_key.values()):
            if not self.unused(tunnel) and tunnel.entry is None:
                self._place(tunnel)

    def joined(self, pair: SaPair) -> Tunnel:
        """The tunnel of a pair of SAs; a new one where no line leads to it. Raises InputError for one too many."""
        key = TunnelKey(pair.interface, pair.map_name, pair.map_sequence, pair.proxies)
        tunnel = self._of(key)
        if tunnel.entry is None and not tunnel.places:
            self._place(tunnel)
        return tunnel

    def unused(self, tunnel: Tunnel) -> bool:
        """Whether neither a line nor a pair of SAs needs it: then it is forgotten."""
        if tunnel.entry is not None or tunnel.pairs:
            return False
        if self._by_key.pop(tunnel.key, None) is not None:
            alike = self._by_proxies[tunnel.key.proxies]
            alike.remove(tunnel)
            if not alike:
                del self._by_proxies[tunnel.key.proxies], self._reqids[tunnel.reqid]
        return True

    def numbered(self, reqid: int) -> list[Tunnel]:
        """The tunnels with this number of the kernel's; none for a number that is not of ours."""
        proxies = self._reqids.get(reqid)
        return self._by_proxies[proxies] if proxies is not None else []

    def policies(self, settings: IkeSettings) -> list[Policy]:
        """All policies, those for what stays in clear too."""
        found = [policy for tunnel in self._by_key.values() for policy in tunnel.policies(settings)]
        for place, wanted in enumerate(self._order):
            if wanted.tunnel is None:
                found += policies_for(wanted.selector, place)
        return sorted(found, key=lambda policy: policy.priority)

    def networks(self, settings: IkeSettings) -> tuple[set[IPv4Network], dict[IPv4Network, IPv4Address]]:
        """The local networks of all tunnels, and the remote ones with their peers; transport mode needs no ways."""
        local: set[IPv4Network] = set()
        remote: dict[IPv4Network, IPv4Address] = {}
        for tunnel in self._by_key.values():
            ends = tunnel.ends(settings)
            if ends is not None and ends.mode is KernelMode.TUNNEL:
                for _, selector in tunnel.places:
                    local.add(selector.source)
                    remote.setdefault(selector.destination, ends.remote)
        return local, remote

    def wrong_links(self, barred: Barred) -> set[Rule]:
        """The rules by which packets vanish that come into tunnels by links behind which their sources are not."""
        outbound = {_rule_of(selector) for tunnel in self._by_key.values() for _, selector in tunnel.places}
        return {rule for one in outbound for rule in wrong_link_rules(one, barred)}

    def _place(self, tunnel: Tunnel) -> None:
        """Behind what the configuration names, before what came earlier."""
        link = self._links.get(tunnel.key.interface, 0)
        tunnel.places = [(self._unnamed_place, one) for one in selectors(tunnel.key.proxies, link)]
        self._unnamed_place = max(len(self._order), self._unnamed_place - 1)

    def _of(self, key: TunnelKey) -> Tunnel:
        found = self._by_key.get(key)
        if found is None:
            alike = self._by_proxies.get(key.proxies)
            found = self._by_key[key] = Tunnel(key, alike[0].reqid if alike else self._number())
            self._by_proxies.setdefault(key.proxies, []).append(found)
            self._reqids[found.reqid] = key.proxies
        return found

    def _number(self) -> int:
        for _ in range(LAST):
            self._last_reqid = self._last_reqid % LAST + 1
            if OWN + self._last_reqid not in self._reqids:
                return OWN + self._last_reqid
        raise InputError(f"more than {LAST} tunnels")


def _rule_of(selector: Selector) -> Rule:
    """The condition of a selector; rules say nothing of everywhere."""
    source, destination = (one if one.prefixlen else None for one in (selector.source, selector.destination))
    from_ports, to_ports = (
        (port, port) if port else None for port in (selector.source_port, selector.destination_port)
    )
    return Rule(WRONG_LINK, NOWHERE, source, destination, protocol=selector.protocol or None,
                source_ports=from_ports, destination_ports=to_ports)  # fmt: skip
