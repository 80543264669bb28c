"""Any number of boxes on one outside link, without latency or loss; a packet goes to the box that has its address."""

from collections import deque
from ipaddress import IPv4Address

from device_configs import configured
from device_pair import START

from mainmode.base.codes import IpProtocol
from mainmode.base.instant import later, seconds
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect, Decision, PacketOut
from mainmode.ike.effects import Dropped, Send
from mainmode.lab.entropy import SeededEntropy
from mainmode.lab.hosts import answer
from mainmode.wire.fragments import Reassembler
from mainmode.wire.ip import Ipv4, Udp, read_ipv4


class Net:
    """`effects` is what each box did, `wire` every packet between them, `inside` what came out on an inside network.

    Hosts answer echo requests, UDP datagrams and TCP SYNs unless `silent`.
    """

    def __init__(self, texts: dict[str, str], *, silent: bool = False) -> None:
        self.boxes = {
            name: Box(configured(text, f"{name}.cfg"), SeededEntropy(1, name), START) for name, text in texts.items()
        }
        self.now = START
        self.silent = silent
        self._hosts = Reassembler()
        self.effects: dict[str, list[BoxEffect]] = {name: [] for name in texts}
        self.wire: list[tuple[str, Ipv4]] = []
        self.inside: dict[str, list[Ipv4]] = {name: [] for name in texts}

    def inject(self, name: str, interface: str, packet: Ipv4) -> list[BoxEffect]:
        """A packet arrives at a box; then all that follows from it. The effects of that box on that packet."""
        return self.carry_out(name, self.boxes[name].packet_in(interface, packet.encode(), self.now))

    def carry_out(self, name: str, effects: list[BoxEffect]) -> list[BoxEffect]:
        """What a box wants done is done, and everything that follows from it."""
        waiting = deque(self._sent(name, effects))
        for _ in range(500):
            if not waiting:
                return effects
            where, port, one = waiting.popleft()
            done = self.boxes[where].packet_in(port, one.encode(), self.now)
            waiting.extend(self._sent(where, done))
        raise AssertionError("the boxes never come to rest")

    def wait(self, count: float) -> None:
        """Time passes, deadline by deadline."""
        end = later(self.now, seconds(count))
        for _ in range(1000):
            due = [(at, name) for name, box in self.boxes.items() if (at := box.deadline()) is not None and at <= end]
            if not due:
                self.now = end
                return
            self.now, name = min(due)
            self.carry_out(name, self.boxes[name].expire(self.now))
        raise AssertionError("the boxes never come to rest")

    def dropped(self, name: str) -> list[Dropped]:
        return [effect for effect in self.effects[name] if isinstance(effect, Dropped)]

    def decisions(self, name: str) -> list[Decision]:
        return [effect for effect in self.effects[name] if isinstance(effect, Decision)]

    def _sent(self, name: str, effects: list[BoxEffect]) -> list[tuple[str, str, Ipv4]]:
        arriving: list[tuple[str, str, Ipv4]] = []
        self.effects[name] += effects
        for effect in effects:
            if isinstance(effect, Send):
                local, remote = effect.path.local, effect.path.remote
                udp = Udp(local.port, remote.port, effect.datagram).encode(local.address, remote.address)
                packet, interface = Ipv4(local.address, remote.address, IpProtocol.UDP, udp), "outside"
            elif isinstance(effect, PacketOut):
                packet, interface = read_ipv4(effect.packet), effect.interface
            else:
                continue
            if interface == "outside":
                self.wire.append((name, packet))
                arriving += [(where, "outside", packet) for where in self.boxes if self._owns(where, packet)]
                continue
            self.inside[name].append(packet)
            whole = self._hosts.add(packet, self.now)
            reply = answer(whole.encode()) if whole is not None and not self.silent else None
            if reply is not None:
                arriving.append((name, interface, read_ipv4(reply)))
        return arriving

    def _owns(self, name: str, packet: Ipv4) -> bool:
        return self.boxes[name].interfaces["outside"].address == packet.destination


def addressed(last: int) -> IPv4Address:
    """An address on the outside link."""
    return IPv4Address(f"10.0.0.{last}")
