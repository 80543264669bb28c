"""Gateways around boxes with a data plane of this process, joined by a wire that delivers at once."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import IpProtocol
from mainmode.base.instant import Instant
from mainmode.device.box import Box
from mainmode.device.config.reader import read
from mainmode.device.decision import PacketOut, ToHost
from mainmode.gateway.clock import Clock
from mainmode.gateway.gateway import Gateway
from mainmode.ipsec.dataplane import SaPair
from mainmode.wire.ip import IcmpEcho, Ipv4, read_ipv4

A, B = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
HOST_A, HOST_B = IPv4Address("192.168.1.10"), IPv4Address("192.168.2.10")
PATH = Path(Endpoint(A, 500), Endpoint(B, 500))
CONFIGURATION = """\
hostname asa1
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address 192.168.1.1 255.255.255.0
interface GigabitEthernet0/1
 nameif outside
 security-level 0
 ip address 10.0.0.1 255.255.255.0
access-list VPN extended permit ip 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0
crypto ipsec ikev1 transform-set TRANSFORM esp-aes esp-sha-hmac
crypto map MAP 10 match address VPN
crypto map MAP 10 set peer 10.0.0.2
crypto map MAP 10 set ikev1 transform-set TRANSFORM
crypto map MAP interface outside
route outside 0.0.0.0 0.0.0.0 10.0.0.2
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes
 hash sha
 group 2
 lifetime 86400
tunnel-group 10.0.0.2 type ipsec-l2l
tunnel-group 10.0.0.2 ipsec-attributes
 ikev1 pre-shared-key correct-horse-battery
management-access inside
"""
_SWAPPED = {"asa1": "asa2", "192.168.1.": "192.168.2.", "192.168.2.": "192.168.1.", str(A): str(B), str(B): str(A)}


def mirrored(text: str) -> str:
    """The other side's configuration."""
    for place, old in enumerate(_SWAPPED):
        text = text.replace(old, f"<{place}>")
    for place, new in enumerate(_SWAPPED.values()):
        text = text.replace(f"<{place}>", new)
    return text


def echo(source: IPv4Address, destination: IPv4Address, sequence: int = 1) -> Ipv4:
    """An echo request."""
    return Ipv4(source, destination, IpProtocol.ICMP, IcmpEcho(True, 7, sequence, bytes(56)).encode())


class SystemLike:
    """Octets that differ, and are the same in each run."""

    def __init__(self, name: str) -> None:
        self._count = 0
        self._name = name.encode()

    def take(self, count: int) -> bytes:
        """`count` fresh octets."""
        from hashlib import shake_128

        self._count += 1
        return shake_128(self._name + self._count.to_bytes(8)).digest(count)


@dataclass
class Sender:
    """Sends by a function."""

    send: Callable[[bytes, Path], None]


@dataclass
class Alarm:
    """Remembers when it is to ring."""

    at: Instant | None = None

    def set(self, at: Instant | None) -> None:
        """Ring then."""
        self.at = at


@dataclass
class Plane:
    """A data plane that counts. With `refuses` it installs nothing."""

    name: str = "test"
    why: str = "this is a test"
    refuses: Exception | None = None
    installed: int = 0
    removed: int = 0
    refreshed: int = 0
    protected: int = 0
    left: list[PacketOut] = field(default_factory=list)
    delivered: list[ToHost] = field(default_factory=list)

    def open(self) -> None:
        """Nothing."""

    def protect(self, box: Box) -> None:
        """Counted."""
        self.protected += 1

    def mend(self) -> None:
        """Nothing."""

    def install(self, pair: SaPair, replaces: int | None) -> None:
        """Counted."""
        if self.refuses is not None:
            raise self.refuses
        self.installed += 1

    def use(self, inbound_spi: int) -> None:
        """Nothing."""

    def move(self, inbound_spi: int, path: Path) -> None:
        """Nothing."""

    def remove(self, inbound_spi: int) -> None:
        """Counted."""
        self.removed += 1

    def leave(self, out: PacketOut) -> None:
        """Kept."""
        self.left.append(out)

    def deliver(self, packet: ToHost) -> None:
        """Kept."""
        self.delivered.append(packet)

    def refresh(self, now: Instant) -> None:
        """Counted."""
        self.refreshed += 1

    def close(self) -> None:
        """Nothing."""


class Rig:
    """A gateway whose time stands still until it is moved. `told` are its lines, `sent` its datagrams."""

    def __init__(self, name: str, text: str) -> None:
        self._boot = 0
        self.told: list[str] = []
        self.sent: deque[tuple[bytes, Path]] = deque()
        self.plane = Plane()
        self.alarm = Alarm()
        clock = Clock(lambda: 1_700_000_000_000_000_000, lambda: self._boot)
        box = Box(read(text, f"{name}.cfg"), SystemLike(name), clock.now(), hosted=True)
        self.gateway = Gateway(box, clock, self.told.append)
        self.gateway.alarm, self.gateway.plane = self.alarm, self.plane
        self.gateway.sender = Sender(lambda datagram, path: self.sent.append((datagram, path)))
        self._other: Rig | None = None
        self._carried = 0

    def advance(self, seconds: float) -> None:
        """Time passes."""
        self._boot += int(seconds * 1e9)

    def join(self, other: "Rig") -> None:
        """A wire to another gateway."""
        self._other, other._other = other, self

    def settle(self) -> None:
        """Deliver until nothing is on the wire."""
        other = self._other
        for _ in range(200):
            if other is None or not (self._deliver(other) or other._deliver(self)):
                return
        raise AssertionError("the gateways never come to rest")

    def carry(self) -> None:
        """What is on the wire arrives, and what waits for a tunnel that stands goes when its time has come."""
        self.settle()
        if self.gateway.held:
            self.advance(0.1)
            self.gateway.wake()
            self.settle()

    def _deliver(self, other: "Rig") -> bool:
        moved = False
        while self.sent:
            datagram, path = self.sent.popleft()
            other.gateway.datagram_arrived(datagram, path.reversed())
            moved = True
        while self._carried < len(self.plane.left):
            packet = read_ipv4(self.plane.left[self._carried].packet)
            self._carried += 1
            if packet.protocol == IpProtocol.ESP:
                ends = Path(Endpoint(packet.destination, 0), Endpoint(packet.source, 0))
                other.gateway.esp_arrived(packet.payload, ends)
                moved = True
        return moved


def gateway_of(name: str, text: str = CONFIGURATION) -> Rig:
    """The gateway of side a, or of side b, which is its mirror."""
    return Rig(name, text if name == "a" else mirrored(text))
