"""`packet-tracer input …` as a person types it: carried out on a box."""

from dataclasses import replace
from ipaddress import AddressValueError, IPv4Address

from mainmode.base.errors import InputError
from mainmode.base.instant import Instant
from mainmode.device.box import Box
from mainmode.device.captures.keeping import Captures
from mainmode.device.config.model import Configuration
from mainmode.device.config.words import ICMP_TYPES, PROTOCOLS, TCP_PORTS, UDP_PORTS
from mainmode.device.decision import BoxEffect
from mainmode.device.flow import flow_of
from mainmode.device.line.declaration import Asked
from mainmode.device.line.places import HOST, ICMP_TYPE, IP_PROTOCOL, NAMEIF, TCP_PORT, UDP_PORT, hosts, number_of
from mainmode.device.show.interfaces import unknown_interface
from mainmode.device.tracer import packets
from mainmode.device.tracer.phases import Outcome, captured, outcome, shut
from mainmode.device.tracer.printing import as_text, as_xml
from mainmode.wire.ip import read_ipv4

_PORTS = f"source={HOST} source-port={{0}} target={HOST} target-port={{0}}"
SYNTAX = (
    f"packet-tracer input {NAMEIF} "
    f"{{icmp source={HOST} type={ICMP_TYPE} code=<0-255> [identifier=<0-65535>] target={HOST}"
    f"|tcp {_PORTS.format(TCP_PORT)}|udp {_PORTS.format(UDP_PORT)}"
    f"|rawip source={HOST} protocol={IP_PROTOCOL} target={HOST}}} [detailed] [xml]"
)
"""How it is typed."""


def packet_tracer(
    box: Box, asked: Asked, now: Instant, captures: Captures | None = None
) -> tuple[str, tuple[BoxEffect, ...]]:
    """The output, and what a shell still has to carry out: the negotiation that the packet began.

    The packet meets the `captures` of its interface, and is kept by none. Raises InputError for a name that stands for
    no host, or an interface that is not there.
    """
    packet = packet_of(asked, box.configuration)
    interface = asked.get(NAMEIF) or ""
    met = captures.on(interface, packet, now) if captures is not None else ()
    found, effects = _traced(box, interface, packet, now, detailed="detailed" in asked)
    found = replace(found, phases=(*map(captured, met), *found.phases))
    return (as_xml if "xml" in asked else as_text)(found), effects


def _traced(
    box: Box, interface: str, packet: bytes, now: Instant, *, detailed: bool
) -> tuple[Outcome, tuple[BoxEffect, ...]]:
    if box.configuration.interface(interface) is None:
        raise InputError(unknown_interface(interface).rstrip())
    if interface not in box.interfaces:
        return shut(interface), ()
    trace = box.trace(interface, packet, now)
    return outcome(box, interface, trace, flow_of(read_ipv4(packet)), detailed=detailed), trace.effects


def packet_of(asked: Asked, configuration: Configuration) -> bytes:
    """The packet that a line describes. Raises InputError for a name that stands for no host."""
    source, destination = (host_of(asked.get(place) or "", configuration) for place in ("source", "target"))
    if "icmp" in asked:
        kind = number_of(asked.get("type") or "0", ICMP_TYPES)
        return packets.icmp(source, destination, kind, int(asked.get("code") or 0), int(asked.get("identifier") or 0))
    if "rawip" in asked:
        return packets.rawip(source, destination, number_of(asked.get("protocol") or "0", PROTOCOLS))
    names = TCP_PORTS if "tcp" in asked else UDP_PORTS
    ports = (number_of(asked.get(place) or "0", names) for place in ("source-port", "target-port"))
    make = packets.tcp if "tcp" in asked else packets.udp
    first, second = ports
    return make(source, first, destination, second)


def host_of(word: str, configuration: Configuration) -> IPv4Address:
    """The address that is written, or that a name stands for. Raises InputError."""
    found = hosts(configuration).get(word)
    if found is not None:
        return found
    try:
        return IPv4Address(word)
    except AddressValueError:
        raise InputError(f"ERROR: {word} is neither an address nor the name of one host") from None
