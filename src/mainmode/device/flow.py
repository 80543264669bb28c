"""What the stages of the packet path look at of a packet, and the name under which its connection is known."""

from ipaddress import IPv4Address
from typing import NamedTuple

from mainmode.base.codes import IpProtocol
from mainmode.wire.ip import Ipv4, ports_of

ECHO_REPLY, ECHO_REQUEST = 0, 8
_ICMP_IDENTIFIER = slice(4, 6)
_ICMP_HEADER = 8

ConnectionKey = tuple[int, int, int, int, int]
"""Protocol, source and destination address, source and destination port, all as numbers."""


class Flow(NamedTuple):
    """What access lists and crypto maps look at; ports, ICMP type and code are 0 where there are none."""

    source: IPv4Address
    destination: IPv4Address
    protocol: int
    source_port: int = 0
    destination_port: int = 0
    icmp_type: int = 0
    icmp_code: int = 0

    def reversed(self) -> "Flow":
        """The way back."""
        return Flow(
            self.destination,
            self.source,
            self.protocol,
            self.destination_port,
            self.source_port,
            self.icmp_type,
            self.icmp_code,
        )

    def moved(self, source: IPv4Address, destination: IPv4Address, source_port: int, destination_port: int) -> "Flow":
        """The same between other ends."""
        return Flow(source, destination, self.protocol, source_port, destination_port, self.icmp_type, self.icmp_code)

    def __str__(self) -> str:
        name = IpProtocol(self.protocol).name.lower()
        source = _end(self.source, self.source_port)
        return f"{name} {source} to {_end(self.destination, self.destination_port)}"


def _end(address: IPv4Address, port: int) -> str:
    return f"{address}/{port}" if port else str(address)


def flow_of(packet: Ipv4) -> Flow:
    """The five-tuple of a packet, with ICMP type and code; a later fragment has none of what follows the addresses."""
    kind = code = 0
    if packet.protocol == IpProtocol.ICMP and not packet.fragment_offset and len(packet.payload) > 1:
        kind, code = packet.payload[:2]
    return Flow(packet.source, packet.destination, packet.protocol, *ports_of(packet), kind, code)


def identifier_of(packet: Ipv4) -> int | None:
    """The identifier of an ICMP echo request or reply, which stands in for a port; None for everything else."""
    payload = packet.payload
    if packet.protocol != IpProtocol.ICMP or packet.fragment_offset or len(payload) < _ICMP_HEADER:
        return None
    return int.from_bytes(payload[_ICMP_IDENTIFIER]) if payload[0] in (ECHO_REPLY, ECHO_REQUEST) else None


def key_of(packet: Ipv4) -> ConnectionKey:
    """The name of the packet's connection as seen where the packet is."""
    protocol = packet.protocol
    source, destination = int(packet.source), int(packet.destination)
    if protocol == IpProtocol.ICMP:
        return (protocol, source, destination, *_icmp_ends(packet))
    return (protocol, source, destination, *ports_of(packet))


def _icmp_ends(packet: Ipv4) -> tuple[int, int]:
    """A request's identifier is its source's end, a reply's its destination's; other messages have none."""
    identifier = identifier_of(packet)
    if identifier is None:
        return (0x20000 | int.from_bytes(packet.payload[:2]), 0)
    return (identifier, 0x10000) if packet.payload[0] == ECHO_REQUEST else (0x10000, identifier)


def reversed_key(key: ConnectionKey) -> ConnectionKey:
    """The name under which the replies come."""
    protocol, source, destination, source_port, destination_port = key
    return protocol, destination, source, destination_port, source_port
