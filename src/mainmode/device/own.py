"""What is for the box itself: IKE, ESP, echo requests, and what routers say about the size of its packets."""

from collections.abc import Iterator

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop, WireError
from mainmode.base.instant import Instant
from mainmode.device.decision import BoxEffect, Decision, EchoReply, Stage, ToHost, Verdict
from mainmode.device.flow import flow_of
from mainmode.device.path import PacketPath
from mainmode.device.plane import Plane
from mainmode.ike.effects import Dropped
from mainmode.wire.icmp import read_too_large
from mainmode.wire.ip import IcmpEcho, Ipv4, read_echo, read_udp
from mainmode.wire.natt import EspDatagram, classify

_IKE_PORT, _NAT_T_PORT = 500, 4500
PING_IDENTIFIER = 0x4D4D
"""The identifier of the box's own echo requests."""


class OwnTraffic:
    """The box as a host."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self.path = PacketPath(plane, self._out_of_a_tunnel)

    def receive(self, packet: Ipv4, interface: str, now: Instant) -> list[BoxEffect]:
        """A whole packet for an address of the box."""
        try:
            if packet.protocol == IpProtocol.ESP:
                path = Path(Endpoint(packet.destination, 0), Endpoint(packet.source, 0))
                return self.path.receive_esp(packet.payload, path, now)
            if packet.protocol == IpProtocol.AH:
                return self._authentication_header(packet, now)
            if is_ike(packet):
                return self._ike(packet, interface, now)
            if self.path.claims(packet, interface, now):
                return self.path.arrive(packet, interface, now)
            flow = flow_of(packet)
            wanted = self._plane.tables.maps.protecting(interface, flow.reversed())
            if wanted is not None and read_too_large(packet) is None:
                text = f"{flow} came in by {interface} in clear"
                said = self._plane.complaints.in_clear(flow, now)
                return [Dropped(Drop.IN_CLEAR, None, text, wanted.sources), *said]
            return list(self._host(packet, now))
        except WireError as error:
            return [Dropped(error.drop, None, error.detail)]

    def _out_of_a_tunnel(self, packet: Ipv4, interface: str, now: Instant) -> list[BoxEffect]:
        """What a tunnel brings for the box's own address. The box answers pings; a host takes the rest."""
        try:
            if self._plane.hosted and not _is_ping(packet):
                text = f"{flow_of(packet)} goes to the host"
                return [
                    Decision(Stage.TO_THE_BOX, Verdict.ALLOW, text),
                    ToHost(self._plane.tables.own[packet.destination], packet.encode()),
                ]
            return list(self._host(packet, now))
        except WireError as error:
            return [Dropped(error.drop, None, error.detail)]

    def _ike(self, packet: Ipv4, interface: str, now: Instant) -> list[BoxEffect]:
        """A packet for port 500 or 4500. Raises WireError as `read_udp` does."""
        datagram = read_udp(packet)
        path = Path(
            Endpoint(packet.destination, datagram.destination_port), Endpoint(packet.source, datagram.source_port)
        )
        return self.datagram(datagram.payload, path, interface, now)

    def datagram(self, datagram: bytes, path: Path, interface: str, now: Instant) -> list[BoxEffect]:
        """What port 500 or 4500 received at an interface: IKE, or ESP in UDP."""
        plane = self._plane
        settings = plane.tables.settings
        if interface not in settings.enabled:
            source = settings.sources[f"enable {interface}"]
            return [Dropped(Drop.IKE_NOT_ENABLED, path, f"on {interface}", (source,))]
        if path.local.port == _NAT_T_PORT and _is_esp(datagram):
            return self.path.receive_esp(datagram, path, now)
        return plane.carry(plane.engine.receive(datagram, path, now), now)

    def _authentication_header(self, packet: Ipv4, now: Instant) -> list[BoxEffect]:
        """AH is not spoken here; of a peer whose SAs are ESP the device says so."""
        dropped = Dropped(Drop.NOT_FOR_US, None, f"nothing here listens to {flow_of(packet)}")
        if not self._plane.sad.with_peer(packet.source):
            return [dropped]
        return [dropped, *self._plane.complaints.wrong_protocol(packet.source, packet.destination, now)]

    def _host(self, packet: Ipv4, now: Instant) -> Iterator[BoxEffect]:
        """Echo requests are answered, replies and errors of routers noted; nothing else listens here."""
        error = read_too_large(packet)
        if error is not None:
            yield from self.path.vpn.learn(error, packet, now)
            return
        echo = read_echo(packet)
        if echo is None:
            yield Dropped(Drop.NOT_FOR_US, None, f"nothing here listens to {flow_of(packet)}")
        elif echo.request:
            reply = IcmpEcho(False, echo.identifier, echo.sequence, echo.data).encode()
            answer = Ipv4(packet.destination, packet.source, IpProtocol.ICMP, reply)
            yield Decision(Stage.TO_THE_BOX, Verdict.ALLOW, f"{packet.source} gets its echo back")
            yield from self.path.originate(answer, now)
        elif echo.identifier == PING_IDENTIFIER:
            text = f"{packet.source} replies to echo request {echo.sequence}"
            yield Decision(Stage.TO_THE_BOX, Verdict.ALLOW, text)
            yield EchoReply(packet.source, echo.sequence)
        else:
            yield Dropped(Drop.NOT_FOR_US, None, f"nobody here asked for {flow_of(packet)}")


def is_ike(packet: Ipv4) -> bool:
    """Whether a packet is UDP for a port of IKE: what translation never takes from the box."""
    ports = int.from_bytes(packet.payload[2:4])
    return packet.protocol == IpProtocol.UDP and not packet.fragment_offset and ports in (_IKE_PORT, _NAT_T_PORT)


def _is_ping(packet: Ipv4) -> bool:
    """Whether a packet asks the box for an echo, or answers a ping of its own. Raises WireError as `read_echo` does."""
    echo = read_echo(packet)
    return echo is not None and (echo.request or echo.identifier == PING_IDENTIFIER)


def _is_esp(datagram: bytes) -> bool:
    try:
        return isinstance(classify(datagram), EspDatagram)
    except WireError:
        return False
