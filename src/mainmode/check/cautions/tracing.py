"""One packet of a host let through a device, to see which of its rules it meets: what `packet-tracer` is for."""

from ipaddress import IPv4Address

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.device.box import Box
from mainmode.device.decision import Decision, Stage, Verdict
from mainmode.lab.clock import START
from mainmode.lab.hosts import PROBED, Probe
from mainmode.lab.traffic import behind

_EPHEMERAL_PORT, _USUAL_PORT = 49_152, 80


@dataclass(frozen=True, slots=True)
class Met:
    """What the crypto map of the way out decided: a sentence with the packet, whether a tunnel takes it, the lines."""

    text: str
    protected: bool
    sources: tuple[Source, ...]


def common(one: Proxy, other: Proxy) -> Proxy | None:
    """What two proxies have in common; None where that is nothing."""
    first, last = max(one.first, other.first), min(one.last, other.last)
    protocols = {one.protocol, other.protocol} - {0}
    ports = {one.port, other.port} - {0}
    if first > last or len(protocols) > 1 or len(ports) > 1:
        return None
    return Proxy(first, last, next(iter(protocols), 0), next(iter(ports), 0))


def networks(proxies: ProxyPair) -> str:
    """`10.1.0.0/24 to 10.9.0.0/16`, with the protocol and its port where there is one."""
    protocol = proxies.local.protocol
    named = f" {IpProtocol(protocol).name.lower()}" if protocol else ""
    port = f" port {proxies.remote.port}" if proxies.remote.port else ""
    return f"{_network(proxies.local)} to {_network(proxies.remote)}{named}{port}"


def _network(proxy: Proxy) -> str:
    if proxy.is_host:
        return str(proxy.first)
    mask = proxy.mask
    return f"{proxy.first}-{proxy.last}" if mask is None else f"{proxy.first}/{int(mask).bit_count()}"


def traced(box: Box, outside: set[str], proxies: ProxyPair) -> Met | None:
    """The decision on a packet between the first hosts of two networks.

    None where no such packet can be sent, or it does not get as far as the crypto map.
    """
    probe = _probe(proxies)
    interface = behind(box.configuration, outside, proxies.local.first) if probe is not None else None
    if probe is None or interface is None:
        return None
    for record in box.trace(interface, probe.request(1), START).records:
        if not isinstance(record, Decision) or record.stage is not Stage.CRYPTO_MAP:
            continue
        if record.verdict in (Verdict.PROTECT, Verdict.IN_CLEAR):
            return Met(record.text, record.verdict is Verdict.PROTECT, record.sources)
    return None


def _probe(proxies: ProxyPair) -> Probe | None:
    """A packet of these proxies; None for a protocol that no host of the lab sends."""
    number = proxies.local.protocol
    if number and number not in PROBED:
        return None
    protocol = IpProtocol(number) if number else IpProtocol.ICMP
    source, destination = _host(proxies.local), _host(proxies.remote)
    if protocol is IpProtocol.ICMP:
        return Probe(protocol, source, destination)
    ports = proxies.local.port or _EPHEMERAL_PORT, proxies.remote.port or _USUAL_PORT
    return Probe(protocol, source, destination, *ports)


def _host(proxy: Proxy) -> IPv4Address:
    """The first address that can be a host's."""
    return proxy.first + 1 if int(proxy.last) - int(proxy.first) > 1 else proxy.first
