"""Other traffic of a row, for devices whose access lists or vpn-filters let its first request not through.

A line that protects `ip` is tried with a ping. Where a list permits the row's networks some ports only, what it permits
is what its users send: the tunnel is judged by that.
"""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address
from itertools import islice

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.device.acl import AccessPolicy
from mainmode.device.addresses import AddressBook
from mainmode.device.config.model import Ace, AclAddress, AnyAddress, Configuration
from mainmode.device.decision import Verdict
from mainmode.device.flow import ECHO_REQUEST, Flow
from mainmode.device.services import Match, Ports, ServiceBook
from mainmode.device.settings import ike_settings
from mainmode.lab.clock import START
from mainmode.lab.facing import Facing, Pair
from mainmode.lab.hosts import Probe
from mainmode.ladder.transcript import Blame, Side

MOST_ALTERNATES = 6
_MOST_LINES = 2000
"""Permit lines that are looked at for something that may pass."""

_EPHEMERAL_PORT, _USUAL_PORT = 49_152, 80
_WITH_PORTS = (int(IpProtocol.TCP), int(IpProtocol.UDP))


@dataclass(frozen=True, slots=True)
class Way:
    """Between which interfaces a request passes through its devices, and the two hosts' own addresses."""

    starter: Side
    facing: Facing
    interfaces: Mapping[Side, str]
    near: IPv4Address
    far: IPv4Address


def alternates(pair: Pair, way: Way, proxies: ProxyPair, first: Probe, *, meant: bool) -> Iterator[Probe]:
    """Requests within `proxies` other than `first` that both devices' lists permit, as the lists say them, at most few.

    `proxies` are as the starter sees them; so are the addresses of `first`, which stay where they are translated.
    With `meant`, only lines that say between whom count: what denies the rest means these networks.
    """
    found: dict[Probe, None] = {first: None}
    for side in Side:
        for ace in islice(_permits(pair[side], way, side), _MOST_LINES):
            if meant and (_any(ace.source_address) or _any(ace.destination_address)):
                continue
            for probe in _suggested(pair[side], ace, proxies, first):
                if probe in found or not all(_passes(pair[one], way, one, probe, first) for one in Side):
                    continue
                found[probe] = None
                yield probe
                if len(found) > MOST_ALTERNATES:
                    return


def _permits(configuration: Configuration, way: Way, side: Side) -> Iterator[Ace]:
    """The permit lines of the access lists that stand in the way on one side."""
    named = [group.acl for group in configuration.access_groups if not group.control_plane]
    vpn_filter = _vpn_filter(configuration, way, side)
    for name in dict.fromkeys([*named, *([vpn_filter] if vpn_filter is not None else [])]):
        access_list = configuration.access_lists.get(name)
        for ace in access_list.aces if access_list is not None else ():
            if ace.permit:
                yield ace


def _vpn_filter(configuration: Configuration, way: Way, side: Side) -> str | None:
    settings = ike_settings(configuration)
    group = settings.groups.get(str(way.facing.ends[side.other].address)) or settings.default_group
    return group.vpn_filter if group is not None else None


def _suggested(configuration: Configuration, ace: Ace, proxies: ProxyPair, first: Probe) -> Iterator[Probe]:
    """What a permit line says of the row's networks, read from either end, since a vpn-filter is written so."""
    book, services = AddressBook(configuration), ServiceBook(configuration)
    for turned in (False, True):
        ends = (
            (ace.destination_address, ace.source_address) if turned else (ace.source_address, ace.destination_address)
        )
        near = _common(book, ends[0], proxies.local, first.source)
        far = _common(book, ends[1], proxies.remote, first.destination)
        if near is None or far is None:
            continue
        for match in services.of(ace):
            ports = (match.destination, match.source) if turned else (match.source, match.destination)
            for protocol in _protocols(match, proxies):
                if protocol not in _WITH_PORTS:
                    yield Probe(IpProtocol(protocol), near, far)
                    continue
                yield Probe(
                    IpProtocol(protocol),
                    near,
                    far,
                    proxies.local.port or _port(ports[0], _EPHEMERAL_PORT),
                    proxies.remote.port or _port(ports[1], _USUAL_PORT),
                )


def _protocols(match: Match, proxies: ProxyPair) -> Iterator[int]:
    """The protocols of a permit line that the row protects and a host here sends."""
    wanted = (proxies.local.protocol,) if proxies.local.protocol else (*_WITH_PORTS, int(IpProtocol.ICMP))
    return (one for one in wanted if match.protocols is None or one in match.protocols)


def _common(book: AddressBook, part: AclAddress, proxy: Proxy, usual: IPv4Address) -> IPv4Address | None:
    """A host of both a line's part and the row's network: the usual one if it is; None where they have none."""
    ranges = book.of(part)
    if any(one.first <= usual <= one.last for one in ranges):
        return usual
    for one in ranges:
        first, last = max(one.first, proxy.first), min(one.last, proxy.last)
        if first <= last:
            return first if last == first else first + 1
    return None


def _port(ports: Ports | None, usual: int) -> int:
    if ports is None or any(first <= usual <= last for first, last in ports):
        return usual
    return next((max(first, 1) for first, _ in ports), usual)


def _passes(configuration: Configuration, way: Way, side: Side, probe: Probe, first: Probe) -> bool:
    """Whether a device's lists let the request through on its way, as far as they are asked before it is sent."""
    near = way.near if probe.source == first.source else probe.source
    far = way.far if probe.destination == first.destination else probe.destination
    flow = Flow(near, far, probe.protocol, probe.source_port, probe.destination_port)
    if probe.protocol == IpProtocol.ICMP:
        flow = flow._replace(icmp_type=ECHO_REQUEST)
    policy, outside, inside = AccessPolicy(configuration), way.facing.ends[side].interface, way.interfaces[side]
    sends = side is way.starter
    between = (inside, outside) if sends else (outside, inside)
    judged = [policy.judge(flow, *between, START, tunnelled=not sends)]
    vpn_filter = _vpn_filter(configuration, way, side)
    if vpn_filter is not None:
        source = configuration.access_lists[vpn_filter].source if vpn_filter in configuration.access_lists else None
        if source is None:
            return False
        judged.append(policy.filtered(vpn_filter, source, flow.reversed() if sends else flow, START))
    return all(one.verdict is not Verdict.DROP for one in judged)


def is_meant(pair: Pair, places: Iterable[Blame]) -> bool:
    """Whether what denies the traffic is a line that means just these networks, all of IP: others would go round it."""
    denied = {place.source for place in places}
    return any(
        ace.source in denied and ace.action == "deny" and not ace.protocol and not _everything(ace)
        for configuration in pair.values()
        for one in configuration.access_lists.values()
        for ace in one.aces
    )


def _everything(ace: Ace) -> bool:
    return _any(ace.source_address) and _any(ace.destination_address)


def _any(part: AclAddress) -> bool:
    return isinstance(part, AnyAddress)


def named(probe: Probe) -> str:
    """`tcp to port 443 from 10.1.1.5 to 10.2.2.9`: what was sent instead."""
    kind = "ping" if probe.protocol == IpProtocol.ICMP else probe.protocol.name.lower()
    port = f" to port {probe.destination_port}" if probe.protocol in _WITH_PORTS else ""
    return f"{kind}{port} from {probe.source} to {probe.destination}"
