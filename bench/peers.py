"""Many peers in one process, each with an address of its own: the load of `bench/handshakes.py`, whoever is measured.

`peers.py begins|asks-mainmode|asks-charon …`, started in the network namespace of the device that is measured; its
peers live in another one (`--namespace`), where all addresses of `PEERS` are local (`ip route add local`). Each peer is
an engine of this project with one crypto map entry. It `begins` the negotiations, or makes the device begin them: ours
by a packet for each tunnel, charon by its socket. It prints a line of JSON when all is done: how many tunnels came up,
and how long that took.
"""

import argparse
import ctypes
import json
import selectors
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from negotiation import ENTROPY

from mainmode.base.address import Endpoint, Path, ProxyPair
from mainmode.base.instant import Instant
from mainmode.device.config.reader import read
from mainmode.device.settings import ike_settings
from mainmode.ike.acquire import Acquire
from mainmode.ike.effects import Effect, InstallSa, Send
from mainmode.ike.engine import Engine
from mainmode.ike.settings import IkeSettings

PEERS = IPv4Network("10.64.0.0/12")
"""Where the addresses of the peers are."""
NETWORKS = IPv4Network("10.128.0.0/9")
"""Where the networks behind them are, one of 256 addresses each."""
LOCAL, INSIDE = "10.9.0.0/24", "10.9.0.1"
"""The network behind the device that is measured, and its own address there."""
KEY = "correct-horse-battery"
GROUPS = {2: ("aes", "sha", "aes128-sha1-modp1024"), 14: ("aes", "sha256", "aes128-sha256-modp2048")}
"""By Diffie-Hellman group: cipher and hash of the IKE policy, and the whole proposal as charon spells it."""
_PKTINFO = struct.Struct("=i4s4s")
_IP_PKTINFO, _RCVBUFFORCE, _CLONE_NEWNET = 8, 33, 0x40000000
_REPEAT = 0.2
_TEXT = """\
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address {address} 255.255.255.255
access-list VPN extended permit ip {network} 255.255.255.0 10.9.0.0 255.255.255.0
crypto ipsec transform-set SET esp-aes esp-sha-hmac
crypto map MAP 10 match address VPN
crypto map MAP 10 set peer {device}
crypto map MAP 10 set transform-set SET
crypto map MAP interface outside
crypto isakmp enable outside
crypto isakmp policy 10
 authentication pre-share
 encryption {cipher}
 hash {hash}
 group {group}
 lifetime 86400
tunnel-group {device} type ipsec-l2l
tunnel-group {device} ipsec-attributes
 pre-shared-key {key}
"""


def peer_address(number: int) -> IPv4Address:
    """The address of a peer."""
    return PEERS[number + 1]


def peer_network(number: int) -> IPv4Network:
    """The network behind a peer."""
    return IPv4Network((int(NETWORKS.network_address) + 256 * number, 24))


class Peers:
    """Engines by their addresses, one socket for each port."""

    def __init__(self, device: str, group: int) -> None:
        cipher, digest, _ = GROUPS[group]
        text = _TEXT.format(
            address=peer_address(0), network=peer_network(0).network_address, device=device, cipher=cipher,
            hash=digest, group=group, key=KEY,
        )  # fmt: skip
        self._settings = ike_settings(read(text, "peer.cfg"))
        self._engines: dict[IPv4Address, Engine] = {}
        self._sockets: dict[int, socket.socket] = {}
        self._waiting: dict[IPv4Address, float] = {}
        self._selector = selectors.DefaultSelector()
        self.up = 0

    def open(self) -> None:
        """Both ports of all peers, in the namespace in which this is called. Raises OSError."""
        for port in (500, 4500):
            self._sockets[port] = _socket(port)
            self._selector.register(self._sockets[port], selectors.EVENT_READ, port)

    def settings_of(self, number: int) -> IkeSettings:
        """The settings of one peer: those of the first with other addresses."""
        entry = self._settings.entries[0]
        network = peer_network(number)
        ace = (entry.acl or ())[0]
        local = replace(ace.proxies.local, first=network[0], last=network[-1])
        return replace(
            self._settings,
            addresses={"outside": peer_address(number)},
            entries=(replace(entry, acl=(replace(ace, proxies=ProxyPair(local, ace.proxies.remote)),)),),
        )

    def expect(self, number: int) -> Engine:
        """One more peer; its tunnel is under way."""
        engine = Engine(self.settings_of(number), ENTROPY, listened=False)
        self._engines[peer_address(number)] = engine
        self._waiting[peer_address(number)] = time.monotonic()
        return engine

    def begin(self, number: int) -> None:
        """One more peer, and it asks for its tunnel."""
        engine = self.expect(number)
        entry = engine.settings.entries[0]
        ace = (entry.acl or ())[0]
        hosts = ace.proxies.local.first + 1, ace.proxies.remote.first + 1
        self._carry_out(peer_address(number), engine.acquire(Acquire(entry, ace, "inside", *hosts, 1), _now()))

    @property
    def under_way(self) -> int:
        """Negotiations that were begun here and are not over."""
        return len(self._waiting)

    def serve(self, seconds: float) -> None:
        """What comes within that time, and what is to be said again."""
        for key, _ in self._selector.select(seconds):
            self._drain(key.data)
        late = time.monotonic() - _REPEAT
        for address in [address for address, since in self._waiting.items() if since < late]:
            engine = self._engines[address]
            self._waiting[address] = time.monotonic()
            if (due := engine.deadline()) is not None and due <= _now():
                self._carry_out(address, engine.expire(_now()))

    def linger(self, seconds: float) -> None:
        """What comes late."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.serve(0.05)

    def _drain(self, port: int) -> None:
        for _ in range(256):
            try:
                octets, ancillary, _, (address, remote) = self._sockets[port].recvmsg(65535, 64)
            except BlockingIOError:
                return
            local = IPv4Address(_PKTINFO.unpack(ancillary[0][2])[2])
            engine = self._engines.get(local)
            if engine is not None:
                path = Path(Endpoint(local, port), Endpoint(IPv4Address(address), remote))
                self._carry_out(local, engine.receive(octets, path, _now()))

    def _carry_out(self, address: IPv4Address, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                local, remote = effect.path.local, effect.path.remote
                info = _PKTINFO.pack(0, local.address.packed, bytes(4))
                to = str(remote.address), remote.port
                ancillary = [(socket.IPPROTO_IP, _IP_PKTINFO, info)]
                self._sockets[local.port].sendmsg([effect.datagram], ancillary, 0, to)
            elif isinstance(effect, InstallSa):
                self.up += 1
                self._waiting.pop(address, None)


def _socket(port: int) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    one.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
    one.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, 8 << 20)
    one.bind(("0.0.0.0", port))
    return one


def _now() -> Instant:
    return Instant(time.time_ns() // 1000)


class Vici:
    """charon's socket, of which nothing is asked but to begin (strongSwan, src/libcharon/plugins/vici/README.md)."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)

    def initiate(self, name: str) -> None:
        """Begin this connection and its child, and do not wait for the end. Raises OSError."""
        values = (("child", "lan"), ("ike", name), ("timeout", "-1"))
        said = b"\x00\x08initiate" + b"".join(
            bytes((3, len(key))) + key.encode() + struct.pack(">H", len(value)) + value.encode()
            for key, value in values
        )
        self._socket.sendall(struct.pack(">I", len(said)) + said)
        length = int.from_bytes(self._exactly(4))
        answer = self._exactly(length)
        if b"yes" not in answer:
            raise OSError(f"charon does not begin {name}: {answer!r}")

    def _exactly(self, count: int) -> bytes:
        octets = b""
        while len(octets) < count:
            more = self._socket.recv(count - len(octets))
            if not more:
                raise OSError("charon is gone")
            octets += more
        return octets


def asking(role: str, peers: Peers, vici: str) -> Callable[[int], None]:
    """What makes a negotiation with a peer begin. Opens its socket in the namespace in which it is called."""
    if role == "begins":
        return peers.begin
    if role == "asks-charon":
        daemon = Vici(vici)

        def by_its_socket(number: int) -> None:
            peers.expect(number)
            daemon.initiate(f"peer{number}")

        return by_its_socket
    inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inside.bind((INSIDE, 0))

    def by_a_packet(number: int) -> None:
        peers.expect(number)
        inside.sendto(b"trigger", (str(peer_network(number)[1]), 9))

    return by_a_packet


def run(peers: Peers, ask: Callable[[int], None], numbers: range, window: int, patience: float) -> None:
    """All tunnels, so many under way at a time."""
    left = list(reversed(numbers))
    end = time.monotonic() + patience
    while (left or peers.under_way) and time.monotonic() < end:
        while left and peers.under_way < window:
            ask(left.pop())
        peers.serve(0.05)


@contextmanager
def inside_of(namespace: str) -> Iterator[None]:
    """What is opened within the block is opened in another network namespace. Raises OSError."""
    with open("/proc/self/ns/net") as here:
        enter(namespace)
        try:
            yield
        finally:
            _go(here.fileno())


def enter(namespace: str) -> None:
    """This process goes on in another network namespace; what is open stays where it was. Raises OSError."""
    with open(f"/run/netns/{namespace}") as there:
        _go(there.fileno())


def _go(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "cannot enter a network namespace")


def main() -> None:
    """Does it, and says what came of it."""
    parser = argparse.ArgumentParser(description="Many peers in one process.")
    parser.add_argument("role", choices=("begins", "asks-mainmode", "asks-charon"))
    parser.add_argument("--namespace", required=True, help="where the peers live")
    parser.add_argument("--device", required=True, help="the address of the device that is measured")
    parser.add_argument("--vici", default="", help="the place of charon's socket")
    parser.add_argument("--group", type=int, choices=tuple(GROUPS), default=2)
    parser.add_argument("--first", type=int, default=0, help="number of the first peer")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--window", type=int, default=32, help="negotiations that are under way at once")
    parser.add_argument("--patience", type=float, default=60, help="seconds; what is missing then is missing")
    arguments = parser.parse_args()
    peers = Peers(arguments.device, arguments.group)
    ask = asking(arguments.role, peers, arguments.vici)
    enter(arguments.namespace)
    peers.open()
    began = time.monotonic()
    numbers = range(arguments.first, arguments.first + arguments.count)
    run(peers, ask, numbers, arguments.window, arguments.patience)
    json.dump({"up": peers.up, "seconds": time.monotonic() - began, "cpu": time.process_time()}, sys.stdout)
    print(flush=True)
    peers.linger(0.3)


if __name__ == "__main__":
    main()
