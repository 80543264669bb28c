"""Gateways without a host whose time stands still: two with a wire between, or one that says lines."""

from dataclasses import dataclass, field
from hashlib import sha256

from mainmode.base.address import Path
from mainmode.device.box import Box
from mainmode.device.config.reader import read
from mainmode.gateway.clock import Clock
from mainmode.gateway.gateway import Gateway

CONFIGURATION = """\
hostname {name}
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address {inside}.1 255.255.255.0
interface GigabitEthernet0/1
 nameif outside
 security-level 0
 ip address {outside} 255.255.255.0
access-list VPN extended permit ip {inside}.0 255.255.255.0 {far}.0 255.255.255.0
route outside {far}.0 255.255.255.0 {peer}
crypto ipsec ikev1 transform-set T esp-aes esp-sha-hmac
crypto map MAP 10 match address VPN
crypto map MAP 10 set peer {peer}
crypto map MAP 10 set ikev1 transform-set T
crypto map MAP interface outside
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes
 hash sha
 group 14
tunnel-group {peer} type ipsec-l2l
tunnel-group {peer} ipsec-attributes
 ikev1 pre-shared-key {key}
"""
LEFT = {"name": "left", "inside": "10.1.1", "outside": "192.0.2.1", "far": "10.2.2", "peer": "192.0.2.2"}
RIGHT = {"name": "right", "inside": "10.2.2", "outside": "192.0.2.2", "far": "10.1.1", "peer": "192.0.2.1"}
KEY = "not-to-be-seen"


class Counted:
    """Octets that differ, from a seed."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._drawn = 0

    def take(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            self._drawn += 1
            found += sha256(f"{self._seed} {self._drawn}".encode()).digest()
        return found[:count]


@dataclass
class Wire:
    """What one gateway sends, until the other takes it."""

    waiting: list[tuple[bytes, Path]] = field(default_factory=list)

    def send(self, datagram: bytes, path: Path) -> None:
        self.waiting.append((datagram, path.reversed()))


def one_gateway(settings: str, told: list[str] | None = None) -> Gateway:
    """One whose configuration has these lines too."""
    return made(LEFT, settings, told)


def made(ends: dict[str, str], settings: str = "", told: list[str] | None = None) -> Gateway:
    clock = Clock(lambda: 1_700_000_000_000_000_000, lambda: 0)
    configuration = read(CONFIGURATION.format(**ends, key=KEY) + settings, f"{ends['name']}.cfg")
    box = Box(configuration, Counted(ends["name"]), clock.now(), hosted=True)
    return Gateway(box, clock, (told if told is not None else []).append)


def two_gateways(right_settings: str = "") -> tuple[Gateway, Gateway]:
    """Two with a wire between them: `talk` lets them exchange what waits."""
    left, right = made(LEFT), made(RIGHT, right_settings)
    left.sender, right.sender = Wire(), Wire()
    return left, right


def talk(left: Gateway, right: Gateway) -> None:
    """Until neither has anything to say."""
    for _ in range(50):
        moved = False
        for here, there in ((left, right), (right, left)):
            waiting, here.sender.waiting = here.sender.waiting, []
            for datagram, path in waiting:
                there.datagram_arrived(datagram, path)
                moved = True
        if not moved:
            return
