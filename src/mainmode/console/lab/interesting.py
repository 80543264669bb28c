"""The traffic that asks for a device's tunnels, found from its crypto access lists as the lab does."""

from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.device.config.model import Ace, Configuration, CryptoMapEntry
from mainmode.lab.facing import ends, entries, find_facing
from mainmode.lab.hosts import Probe
from mainmode.lab.inside import Flow
from mainmode.lab.scene import head_of, permits
from mainmode.lab.traffic import behind, interesting_traffic, proxies_of
from mainmode.ladder.transcript import Side

if TYPE_CHECKING:
    from mainmode.console.lab.lab import Lab

_MOST = 8
"""Tunnels that are tried at once."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A host's flow, and a line that says what it is."""

    flow: Flow
    about: str


def chosen(lab: "Lab", name: str, source: IPv4Address, destination: IPv4Address, octets: int) -> Sending:
    """A host that pings another one. Raises InputError where the source is behind no device of the lab."""
    probe = Probe(IpProtocol.ICMP, source, destination, octets=octets)
    actor = lab.stage.actors[name]
    own = behind(actor.configuration, set(actor.outside.values()), source) is not None
    flow = lab.flow(probe, name if own else None)
    return Sending(flow, f"{source}, behind {flow.name}, pings {destination}:")


def interesting(lab: "Lab", name: str) -> tuple[Sending, ...]:
    """One flow for each crypto map entry of a device, the first that its list permits. Raises InputError for none."""
    found: dict[str, Sending] = {}
    reasons: list[str] = []
    for other in lab.firewalls:
        if other == name:
            continue
        try:
            for head, sending in _towards(lab, name, other):
                found.setdefault(head, sending)
        except InputError as error:
            reasons.append(str(error))
    for head, sending in _to_anybody(lab, name):
        found.setdefault(head, sending)
    if not found:
        raise InputError("\n".join(reasons[:2]) or _nothing(lab.stage.actors[name].configuration))
    return tuple(found.values())[:_MOST]


def _nothing(configuration: Configuration) -> str:
    return (
        f"{configuration.file}: no crypto map entry has a peer and an access list with a permit line for hosts behind "
        "this device; lab start A.B.C.D A.B.C.D names two hosts"
    )


def _towards(lab: "Lab", name: str, other: str) -> Iterator[tuple[str, Sending]]:
    """By what both configurations say. Raises InputError where the two have no tunnel that this side can begin."""
    actors = lab.stage.actors
    pair = {Side.A: actors[name].configuration, Side.B: actors[other].configuration}
    for traffic in interesting_traffic(pair, find_facing(pair), Side.A):
        entry = traffic.entry
        if entry is None or not _names(entry, lab, other):
            continue
        flow = lab.flow(traffic.probe, name, traffic.interfaces[Side.A])
        yield head_of(pair[Side.A], entry), Sending(flow, _about(traffic.probe, pair[Side.A], entry))


def _names(entry: CryptoMapEntry, lab: "Lab", other: str) -> bool:
    """Whether an entry is for a device of the lab, or for nobody else in it."""
    peers = set(entry.peers.value) if entry.peers is not None else set()
    owners = {name for peer in peers for name in lab.firewalls if peer in lab.addresses(name)}
    return not owners or other in owners


def _about(probe: Probe, configuration: Configuration, entry: CryptoMapEntry) -> str:
    peers = ", ".join(map(str, entry.peers.value)) if entry.peers is not None else "nobody"
    head = head_of(configuration, entry)
    return f"{probe.source} sends {probe.name} to {probe.destination} ({head}, peer {peers}):"


def _to_anybody(lab: "Lab", name: str) -> Iterator[tuple[str, Sending]]:
    """By what this configuration alone says: where its peer is not in the lab."""
    configuration = lab.stage.actors[name].configuration
    for entry in entries(configuration):
        if entry.peers is None:
            continue
        for ace in permits(configuration, entry):
            probe = _probe(lab, name, configuration, ace)
            if probe is not None:
                yield head_of(configuration, entry), Sending(lab.flow(probe, name), _about(probe, configuration, entry))
                break


def _probe(lab: "Lab", name: str, configuration: Configuration, ace: Ace) -> Probe | None:
    """A ping between the first hosts of a line's networks; None where it lets none through."""
    outside = set(lab.stage.actors[name].outside.values())
    for proxies in proxies_of(configuration, ace):
        if proxies.local.protocol not in (IpProtocol.IP, IpProtocol.ICMP):
            continue
        source, destination = (_host(int(one.first), int(one.last)) for one in (proxies.local, proxies.remote))
        if source in {end.address for end in ends(configuration)}:
            source += 1
        if behind(configuration, outside, source) is not None and proxies.local.holds(source, 1, 0):
            return Probe(IpProtocol.ICMP, source, destination)
    return None


def _host(first: int, last: int) -> IPv4Address:
    return IPv4Address(min(first + 1, last) if last - first > 1 else first)
