"""Two whole devices in one process, a wire without delay between them, and packets through their tunnel."""

from collections import deque
from ipaddress import IPv4Address

from negotiation import ENTROPY, NOON

from mainmode.base.codes import EspAuthentication, EspTransform, IpProtocol
from mainmode.base.secret import Secret
from mainmode.device.box import Box, BoxEffect, PacketOut
from mainmode.device.config.reader import read
from mainmode.ike.effects import Send
from mainmode.ipsec.dataplane import EspSuite, SaKeys
from mainmode.ipsec.esp import InboundSa, OutboundSa
from mainmode.lab.hosts import Probe, answer
from mainmode.wire.ip import Ipv4, Udp

EAST, WEST = IPv4Address("10.40.1.5"), IPv4Address("10.41.1.5")
PROBE = Probe(IpProtocol.ICMP, EAST, WEST)
OUTSIDE, INSIDE = "outside", "inside"


class Boxes:
    """East and west, their tunnel, and a host behind each; west's answers echo requests. No debug line is made."""

    def __init__(self, east: str, west: str) -> None:
        self.now = NOON
        self._boxes = [Box(read(text, "device.cfg"), ENTROPY, NOON, listened=False) for text in (east, west)]
        self._sequence = 0
        self._replies = 0
        self._arrive(0, INSIDE, PROBE.request(0))

    def ping(self) -> None:
        """An echo request and its reply, each sealed by one device and opened by the other.

        Raises RuntimeError where no reply comes.
        """
        self._sequence += 1
        before = self._replies
        self._arrive(0, INSIDE, PROBE.request(self._sequence))
        if self._replies == before:
            raise RuntimeError("no reply")

    def expire(self) -> list[BoxEffect]:
        """Jump to the next deadline of the two and serve it; what both devices did then."""
        deadlines = [box.deadline() for box in self._boxes]
        due = min((moment, side) for side, moment in enumerate(deadlines) if moment is not None)
        self.now = due[0]
        return self._carry_out(due[1], self._boxes[due[1]].expire(self.now))

    def _arrive(self, side: int, interface: str, packet: bytes) -> list[BoxEffect]:
        return self._carry_out(side, self._boxes[side].packet_in(interface, packet, self.now))

    def _carry_out(self, side: int, effects: list[BoxEffect]) -> list[BoxEffect]:
        done = list(effects)
        waiting = deque((side, effect) for effect in effects)
        while waiting:
            side, effect = waiting.popleft()
            if isinstance(effect, Send):
                local, remote = effect.path.local, effect.path.remote
                datagram = Udp(local.port, remote.port, effect.datagram).encode(local.address, remote.address)
                packet = Ipv4(local.address, remote.address, IpProtocol.UDP, datagram).encode()
            elif isinstance(effect, PacketOut):
                packet = effect.packet
            else:
                continue
            target, interface = 1 - side, OUTSIDE
            if isinstance(effect, PacketOut) and effect.interface == INSIDE:
                reply = answer(packet) if side else None
                self._replies += not side
                if reply is None:
                    continue
                target, interface, packet = side, INSIDE, reply
            more = self._boxes[target].packet_in(interface, packet, self.now)
            done += more
            waiting.extend((target, one) for one in more)
        return done


class BareEsp:
    """ESP of the same packets alone: request and reply, each sealed and opened."""

    def __init__(self) -> None:
        suite = EspSuite(EspTransform.AES_CBC, 128, EspAuthentication.HMAC_SHA1)
        self._ways = []
        for spi in (1, 2):
            keys = SaKeys(Secret(ENTROPY.take(16)), Secret(ENTROPY.take(20)))
            self._ways.append((OutboundSa(spi, suite, keys), InboundSa(spi, suite, keys)))
        request = PROBE.request(1)
        self._packets = request, answer(request) or b""

    def ping(self) -> None:
        """Both packets. Raises RuntimeError where one does not come out as it went in."""
        for packet, (outbound, inbound) in zip(self._packets, self._ways, strict=True):
            if inbound.open(outbound.seal(packet, ENTROPY)) != packet:
                raise RuntimeError("ESP bent a packet")
