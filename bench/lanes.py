"""Packets of a connection that stands, from host to host through two devices: fast lane, ordinary path, ESP alone."""

from collections import deque
from ipaddress import IPv4Address

from long_life import quiet_text
from negotiation import ENTROPY, NOON

from mainmode.base.address import Endpoint
from mainmode.base.codes import EspAuthentication, EspTransform, IpProtocol
from mainmode.base.instant import later, seconds
from mainmode.base.secret import Secret
from mainmode.device.box import Box, PacketOut
from mainmode.device.config.reader import read
from mainmode.device.express import Opened
from mainmode.ike.effects import Send
from mainmode.ipsec.dataplane import EspSuite, SaKeys
from mainmode.ipsec.esp import InboundSa, OutboundSa
from mainmode.wire.ip import Ipv4, Udp

EAST, WEST = IPv4Address("10.40.1.5"), IPv4Address("10.41.1.5")
SUITES = {
    "AES-GCM": ("esp-aes-gcm", EspSuite(EspTransform.AES_GCM_16, 128, EspAuthentication.NONE), (20, 0)),
    "AES-CBC/SHA-1": (
        "esp-aes esp-sha-hmac",
        EspSuite(EspTransform.AES_CBC, 128, EspAuthentication.HMAC_SHA1),
        (16, 20),
    ),
}
_IP = 20


def packet_of(octets: int) -> bytes:
    """A UDP packet of so many octets from east's host to west's."""
    udp = Udp(5000, 6000, bytes(octets - 28)).encode(EAST, WEST)
    return Ipv4(EAST, WEST, IpProtocol.UDP, udp, dont_fragment=True).encode()


class Lanes:
    """Two devices on hosts, whose tunnel carries the packet's connection."""

    def __init__(self, suite: str, octets: int) -> None:
        self.packet = packet_of(octets)
        texts = (
            quiet_text(name).replace("esp-aes esp-sha-hmac", SUITES[suite][0]) for name in ("east.cfg", "west.cfg")
        )
        self.boxes = [Box(read(text, "device.cfg"), ENTROPY, NOON, listened=False, hosted=True) for text in texts]
        self.peer = Endpoint(self.boxes[0].interfaces["outside"].address, 0)
        self.now = NOON
        self.ordinary(strict=False)
        self.now = later(NOON, seconds(1))
        for _ in range(2):
            self.ordinary(strict=False)
        self.fast()

    def fast(self) -> None:
        """By the fast lane. Raises RuntimeError where it does not take the packet."""
        east, west = self.boxes
        sealed = east.express.seal([self.packet], 0, self.now)
        out = west.express.open("outside", sealed.packets, 0, self.peer, self.now) if sealed is not None else None
        if not isinstance(out, Opened) or out.packets != [self.packet]:
            raise RuntimeError("the packet does not take the lane")

    def ordinary(self, *, strict: bool = True) -> None:
        """By the ordinary path. Raises RuntimeError where it does not come through, unless the tunnel may be new."""
        waiting = deque([(0, "inside", self.packet)])
        arrived = False
        while waiting:
            side, interface, packet = waiting.popleft()
            for effect in self.boxes[side].packet_in(interface, packet, self.now):
                if isinstance(effect, Send):
                    local, remote = effect.path.local, effect.path.remote
                    datagram = Udp(local.port, remote.port, effect.datagram).encode(local.address, remote.address)
                    whole = Ipv4(local.address, remote.address, IpProtocol.UDP, datagram).encode()
                    waiting.append((1 - side, "outside", whole))
                elif isinstance(effect, PacketOut):
                    arrived = effect.interface == "inside"
                    if not arrived:
                        waiting.append((1 - side, "outside", effect.packet))
        if strict and not arrived:
            raise RuntimeError("the packet does not come through")


class EspAlone:
    """The same packet sealed and opened, and nothing else."""

    def __init__(self, suite: str, octets: int) -> None:
        self.packet = packet_of(octets)
        algorithms, lengths = SUITES[suite][1:]
        keys = SaKeys(*(Secret(ENTROPY.take(length)) for length in lengths))
        self._outbound, self._inbound = OutboundSa(1, algorithms, keys), InboundSa(1, algorithms, keys)

    def once(self) -> None:
        """There. Raises RuntimeError where it does not come out as it went in."""
        if self._inbound.open(self._outbound.seal(self.packet, ENTROPY)) != self.packet:
            raise RuntimeError("ESP bent a packet")
