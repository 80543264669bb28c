"""Two boxes back to back on one outside link, without latency or loss: what one sends, the other gets at once."""

import struct
from collections import deque
from ipaddress import IPv4Address

from device_configs import REFERENCE, configured, mirrored

from mainmode.base.codes import IpProtocol
from mainmode.base.instant import Instant, later, seconds
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect, Decision, PacketOut
from mainmode.device.nat import rewritten
from mainmode.ike.effects import Dropped, Send
from mainmode.lab.entropy import SeededEntropy
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp, checksum, read_echo, read_ipv4

START = Instant(1_700_000_000_000_000)
HOST_A, HOST_B = IPv4Address("192.168.1.10"), IPv4Address("192.168.2.10")


def echo(source: IPv4Address, destination: IPv4Address, sequence: int = 1, ttl: int = 64) -> Ipv4:
    return Ipv4(source, destination, IpProtocol.ICMP, IcmpEcho(True, 7, sequence, bytes(56)).encode(), ttl)


def segment(
    source: IPv4Address,
    destination: IPv4Address,
    flags: int = 0x02,
    ports: tuple[int, int] = (1025, 80),
    options: bytes = b"",
) -> Ipv4:
    """A TCP segment without data, a SYN unless told otherwise, its checksum right."""
    bare = struct.pack(">HHIIBBHHH", *ports, 1, 0, (5 + len(options) // 4) << 4, flags, 8192, 0, 0) + options
    pseudo = source.packed + destination.packed + struct.pack(">HH", IpProtocol.TCP, len(bare))
    payload = bare[:16] + checksum(pseudo + bare).to_bytes(2) + bare[18:]
    return Ipv4(source, destination, IpProtocol.TCP, payload)


class Pair:
    """`effects` is all that either box did, `wire` each packet between them. `seen_as` is what a NAT makes of `a`."""

    def __init__(self, a: str = REFERENCE, b: str | None = None, seen_as: IPv4Address | None = None) -> None:
        self._seen_as = seen_as
        texts = {"a": (a, "asa1.cfg"), "b": (b if b is not None else mirrored(a), "asa2.cfg")}
        self.boxes = {
            name: Box(configured(text, file), SeededEntropy(1, name), START) for name, (text, file) in texts.items()
        }
        self.now = START
        self.effects: dict[str, list[BoxEffect]] = {"a": [], "b": []}
        self.wire: list[tuple[str, Ipv4]] = []
        self.inside: dict[str, list[Ipv4]] = {"a": [], "b": []}

    def inject(self, name: str, interface: str, packet: Ipv4) -> None:
        """A packet arrives at a box; then everything that follows from it happens."""
        waiting = deque([(name, interface, packet)])
        for _ in range(200):
            if not waiting:
                return
            where, port, one = waiting.popleft()
            waiting.extend(self._carry_out(where, self.boxes[where].packet_in(port, one.encode(), self.now)))
        raise AssertionError("the boxes never come to rest")

    def wait(self, count: float) -> None:
        """Time passes, deadline by deadline."""
        end = later(self.now, seconds(count))
        for _ in range(200):
            due = [(at, name) for name, box in self.boxes.items() if (at := box.deadline()) is not None and at <= end]
            if not due:
                self.now = end
                return
            self.now, name = min(due)
            self.carry_out(name, self.boxes[name].expire(self.now))
        raise AssertionError("the boxes never come to rest")

    def carry_out(self, name: str, effects: list[BoxEffect]) -> None:
        """What a box wants done is done, and everything that follows from it."""
        for where, port, one in self._carry_out(name, effects):
            self.inject(where, port, one)

    def ping(self, count: int, start: int = 1) -> int:
        """Echo requests from the host behind `a` to the one behind `b`; how many replies came back."""
        before = len(self.replies())
        for sequence in range(start, start + count):
            self.inject("a", "inside", echo(HOST_A, HOST_B, sequence))
            self.wait(1)
        return len(self.replies()) - before

    def replies(self) -> list[Ipv4]:
        return [packet for packet in self.inside["a"] if packet.destination == HOST_A]

    def dropped(self, name: str) -> list[Dropped]:
        return [effect for effect in self.effects[name] if isinstance(effect, Dropped)]

    def decisions(self, name: str) -> list[Decision]:
        return [effect for effect in self.effects[name] if isinstance(effect, Decision)]

    def _carry_out(self, name: str, effects: list[BoxEffect]) -> list[tuple[str, str, Ipv4]]:
        other = "b" if name == "a" else "a"
        arriving: list[tuple[str, str, Ipv4]] = []
        self.effects[name] += effects
        for effect in effects:
            if isinstance(effect, Send):
                local, remote = effect.path.local, effect.path.remote
                udp = Udp(local.port, remote.port, effect.datagram).encode(local.address, remote.address)
                packet = Ipv4(local.address, remote.address, IpProtocol.UDP, udp)
            elif isinstance(effect, PacketOut):
                packet = read_ipv4(effect.packet)
            else:
                continue
            if isinstance(effect, PacketOut) and effect.interface == "inside":
                self.inside[name].append(packet)
                asked = read_echo(packet)
                if asked is not None and asked.request:
                    reply = IcmpEcho(False, asked.identifier, asked.sequence, asked.data).encode()
                    answer = Ipv4(packet.destination, packet.source, IpProtocol.ICMP, reply)
                    arriving.append((name, "inside", answer))
            else:
                packet = self._through_nat(name, packet)
                self.wire.append((name, packet))
                arriving.append((other, "outside", packet))
        return arriving

    def _through_nat(self, name: str, packet: Ipv4) -> Ipv4:
        if self._seen_as is None:
            return packet
        if name == "a":
            return rewritten(packet, self._seen_as, packet.destination)
        return rewritten(packet, packet.source, self.boxes["a"].interfaces["outside"].address)
