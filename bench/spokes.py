"""A hub of many tunnels: its configuration, and its peers, each an IKE engine of its own with one tunnel to the hub.

Run as a program it is these peers on one UDP socket, each with an address of its own: `spokes.py COUNT COUNT …`. When
so many tunnels are up it says how many in a line, keeps them up, and goes on to the next number at a line of input.
"""

import heapq
import select
import socket
import struct
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Address

from negotiation import ENTROPY

from mainmode.base.address import Endpoint, Path, Proxy, ProxyPair
from mainmode.base.instant import Instant
from mainmode.device.config.reader import read
from mainmode.device.settings import ike_settings
from mainmode.ike.acquire import Acquire
from mainmode.ike.effects import Effect, InstallSa, RemoveSa, Send
from mainmode.ike.engine import IKE_PORT, Engine
from mainmode.ipsec.dataplane import Activity

HUB, ROUTER = IPv4Address("192.0.2.1"), IPv4Address("192.0.2.254")
INSIDE = IPv4Address("10.0.0.1")
FIRST_SPOKE = IPv4Address("172.16.0.1")
SPOKES = "172.16.0.0/14"
"""The network that all spokes' outside addresses are in."""
KEY = "correct-horse-battery"

_HEAD = """\
hostname {name}
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address {outside} 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address {inside} 255.255.255.0
route outside 0.0.0.0 0.0.0.0 {router} 1
crypto ipsec ikev1 transform-set AES-SHA esp-aes esp-sha-hmac
crypto ipsec security-association lifetime seconds 3600
crypto map MAP interface outside
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes
 hash sha
 group 2
 lifetime 3600
group-policy DfltGrpPolicy attributes
 vpn-idle-timeout none
"""
_ENTRY = """\
access-list TUNNEL{number} extended permit ip {mine} 255.255.255.0 {theirs} 255.255.255.0
crypto map MAP {number} match address TUNNEL{number}
crypto map MAP {number} set peer {peer}
crypto map MAP {number} set ikev1 transform-set AES-SHA
tunnel-group {peer} type ipsec-l2l
tunnel-group {peer} ipsec-attributes
 ikev1 pre-shared-key {key}
 isakmp keepalive threshold 10 retry 2
"""


def outside(number: int) -> IPv4Address:
    """The outside address of a spoke, from 0 on."""
    return FIRST_SPOKE + number


def inside(number: int) -> IPv4Address:
    """The network behind a spoke, of 256 addresses."""
    return IPv4Address("10.1.0.0") + 256 * number


def hub(count: int) -> str:
    """The configuration of the hub of so many spokes: an entry and a tunnel-group for each, both phases for an hour."""
    entries = (
        _ENTRY.format(number=one + 1, mine=INSIDE - 1, theirs=inside(one), peer=outside(one), key=KEY)
        for one in range(count)
    )
    return _HEAD.format(name="hub", outside=HUB, inside=INSIDE, router=ROUTER) + "".join(entries)


Datagram = tuple[IPv4Address, bytes]
"""A spoke's outside address, and what it sent or is sent on UDP port 500."""


class Spokes:
    """So many engines that share one configuration but for addresses. What they say goes to the hub."""

    def __init__(self, count: int) -> None:
        entry = _ENTRY.format(number=1, mine=inside(0), theirs=INSIDE - 1, peer=HUB, key=KEY)
        text = _HEAD.format(name="spoke", outside=outside(0), inside=inside(0) + 1, router=ROUTER) + entry
        self._settings = ike_settings(read(text, "spoke.cfg"))
        self._engines = {outside(one): (one, self._engine(one)) for one in range(count)}
        self._dues: list[tuple[Instant, IPv4Address]] = []
        self._due: dict[IPv4Address, Instant | None] = {}
        self._hub = Endpoint(HUB, IKE_PORT)
        self.installed = 0
        """Pairs of IPsec SAs that stand."""
        self.busy = False
        """Whether packets come through every tunnel all the time. Each carried one anyhow: else none is renewed."""
        self._now = Instant(0)

    def _engine(self, number: int) -> Engine:
        [entry] = self._settings.entries
        [ace] = entry.acl or ()
        proxies = ProxyPair(Proxy(inside(number), inside(number) + 255), ace.proxies.remote)
        own = replace(entry, acl=(replace(ace, proxies=proxies),))
        settings = replace(self._settings, entries=(own,), addresses={"outside": outside(number)})
        return Engine(settings, ENTROPY, listened=False, watch=self._watch)

    def _watch(self, spi: int) -> Activity:
        return Activity(self._now if self.busy else None, self._now, 84, 84)

    def begin(self, number: int, now: Instant) -> list[Datagram]:
        """Traffic behind a spoke asks for its tunnel."""
        self._now = now
        address = outside(number)
        _, engine = self._engines[address]
        [entry] = engine.settings.entries
        [ace] = entry.acl or ()
        request = Acquire(entry, ace, "inside", ace.proxies.local.first, ace.proxies.remote.first, 1)
        return self._out(address, engine, engine.acquire(request, now))

    def receive(self, datagrams: Iterable[Datagram], now: Instant) -> list[Datagram]:
        """What the hub sent arrives; the answers."""
        self._now = now
        answers: list[Datagram] = []
        for address, datagram in datagrams:
            _, engine = self._engines[address]
            path = Path(Endpoint(address, IKE_PORT), self._hub)
            answers += self._out(address, engine, engine.receive(datagram, path, now))
        return answers

    def expire(self, now: Instant) -> list[Datagram]:
        """What is due until then."""
        self._now = now
        said: list[Datagram] = []
        while self._dues and self._dues[0][0] <= now:
            due, address = heapq.heappop(self._dues)
            if self._due[address] == due:
                self._due[address] = None
                _, engine = self._engines[address]
                said += self._out(address, engine, engine.expire(now))
        return said

    def deadline(self) -> Instant | None:
        """When something is due next, or earlier."""
        return self._dues[0][0] if self._dues else None

    def _out(self, address: IPv4Address, engine: Engine, effects: list[Effect]) -> list[Datagram]:
        said = []
        for effect in effects:
            if isinstance(effect, Send):
                said.append((address, effect.datagram))
            elif isinstance(effect, InstallSa):
                self.installed += 1
            elif isinstance(effect, RemoveSa):
                self.installed -= 1
        due = engine.deadline()
        if due is not None and due != self._due.get(address):
            self._due[address] = due
            heapq.heappush(self._dues, (due, address))
        return said


# --- as a program ------------------------------------------------------------------------------------------------

_AT_ONCE = 24
_PATIENCE = 30.0
"""Seconds without another tunnel after which no more are waited for."""
_IP_PKTINFO = 8
"""linux/in.h; Python 3.11 has no name for it."""
_PKTINFO = struct.Struct("=i4s4s")


class Socket:
    """One UDP socket for all spokes: what it sends comes from the spoke's address."""

    def __init__(self, spokes: Spokes) -> None:
        self._spokes = spokes
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(("", IKE_PORT))
        self._socket.setblocking(False)

    def bring_up(self, count: int) -> None:
        """So many tunnels in all, or fewer where no more come up."""
        spokes = self._spokes
        last, changed = spokes.installed, time.monotonic()
        begun = last
        while spokes.installed < count and time.monotonic() < changed + _PATIENCE:
            while begun < min(count, spokes.installed + _AT_ONCE):
                self.send(spokes.begin(begun, now()))
                begun += 1
            self.serve(0.1)
            if spokes.installed != last:
                last, changed = spokes.installed, time.monotonic()

    def serve(self, seconds: float) -> bool:
        """What comes and what is due, once; waits so long at most. False: there is a line of input."""
        ready, _, _ = select.select([self._socket, sys.stdin], [], [], seconds)
        self.send(self._spokes.expire(now()))
        for _ in range(64 if self._socket in ready else 0):
            try:
                datagram, told, _, _ = self._socket.recvmsg(65535, 64)
            except BlockingIOError:
                break
            _, _, address = _PKTINFO.unpack(told[0][2])
            self.send(self._spokes.receive([(IPv4Address(address), datagram)], now()))
        return sys.stdin not in ready

    def send(self, datagrams: Iterable[Datagram]) -> None:
        """All of these, to the hub."""
        for address, datagram in datagrams:
            source = (socket.IPPROTO_IP, _IP_PKTINFO, _PKTINFO.pack(0, address.packed, bytes(4)))
            self._socket.sendmsg([datagram], [source], 0, (str(HUB), IKE_PORT))


def now() -> Instant:
    """The time of a spoke on a socket."""
    return Instant(time.monotonic_ns() // 1000)


def main() -> None:
    """Brings all up, a few at a time, and keeps them. It goes on after each line when it is told to."""
    spokes = Spokes(int(sys.argv[-1]))
    wire = Socket(spokes)
    for count in map(int, sys.argv[1:]):
        wire.bring_up(count)
        print(spokes.installed, flush=True)
        while wire.serve(1.0):
            pass
        if not sys.stdin.readline():
            return


if __name__ == "__main__":
    main()
