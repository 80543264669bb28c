"""Two gateways of the lab's kind, as far as a target wants them: `us`, which is attacked, and its genuine `peer`.

A scene is made once and put back for each input (`rewind.py`). `us` is hosted, as it is on a real gateway.
"""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from fuzz.rewind import Rewind
from fuzz.target import BrokenError

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import IpProtocol
from mainmode.base.instant import Instant, Span, later
from mainmode.device.box import Box
from mainmode.device.config.reader import read
from mainmode.device.decision import BoxEffect, PacketOut
from mainmode.ike.effects import Send, Step
from mainmode.ike.sa import IkeSa, QuickMode
from mainmode.lab.entropy import SeededEntropy
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp, read_ipv4

START = Instant(1_700_000_000_000_000)
OURS, THEIRS, NAT = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2"), IPv4Address("203.0.113.7")
STRANGER = IPv4Address("198.51.100.66")
HOST, FAR_HOST = IPv4Address("192.168.1.10"), IPv4Address("192.168.2.10")
PSK = "correct-horse-battery-staple"

_CONFIGURATION = """\
hostname us
logging enable
logging buffered debugging
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address 192.168.1.1 255.255.255.0
interface GigabitEthernet0/1
 nameif outside
 security-level 0
 ip address 10.0.0.1 255.255.255.0
route outside 0.0.0.0 0.0.0.0 10.0.0.254 1
access-list VPN extended permit ip 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0
access-list VPN extended permit tcp 192.168.1.0 255.255.255.0 192.168.3.0 255.255.255.0
access-list VPN extended permit udp host 192.168.1.10 host 192.168.4.1 eq 53
crypto ipsec ikev1 transform-set ONE esp-aes esp-sha-hmac
crypto ipsec ikev1 transform-set TWO esp-aes-256 esp-sha-hmac
crypto ipsec ikev1 transform-set THREE esp-3des esp-md5-hmac
crypto map MAP 10 match address VPN
crypto map MAP 10 set peer {peer}
crypto map MAP 10 set ikev1 transform-set ONE TWO THREE
crypto map MAP 10 set reverse-route
{more}crypto map MAP interface outside
crypto isakmp nat-traversal 20
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes
 hash sha
 group 1
 lifetime 86400
crypto ikev1 policy 20
 authentication pre-share
 encryption 3des
 hash md5
 group 2
 lifetime 3600
crypto ikev1 policy 30
 authentication pre-share
 encryption aes-256
 hash sha
 group 5
 lifetime none
group-policy GP internal
group-policy GP attributes
 vpn-idle-timeout none
 vpn-tunnel-protocol ikev1
tunnel-group {peer} type ipsec-l2l
tunnel-group {peer} general-attributes
 default-group-policy GP
tunnel-group {peer} ipsec-attributes
 ikev1 pre-shared-key {key}
{group}"""

DYNAMIC = """\
crypto dynamic-map DYN 5 set ikev1 transform-set ONE TWO
crypto map MAP 65000 ipsec-isakmp dynamic DYN
"""
_DEFAULT_GROUP = f"""\
tunnel-group DefaultL2LGroup general-attributes
 default-group-policy GP
tunnel-group DefaultL2LGroup ipsec-attributes
 ikev1 pre-shared-key {PSK}
"""
_MOST_AT_ONCE = 100
_SHORT = "crypto ipsec security-association lifetime seconds 120\n"
PFS = "crypto map MAP 10 set pfs group1\n"


def configuration(peer: IPv4Address = THEIRS, more: str = "") -> str:
    """Our configuration, facing `peer`; the default tunnel-group has a key where a dynamic map stands in `more`."""
    group = _DEFAULT_GROUP if "dynamic" in more else ""
    return _CONFIGURATION.format(peer=peer, key=PSK, more=more, group=group)


def _mirrored(text: str) -> str:
    swapped = {"us": "peer", "192.168.1.": "192.168.2.", "192.168.2.": "192.168.1.", "10.0.0.1 ": "10.0.0.2 "}
    swapped |= {"10.0.0.2\n": "10.0.0.1\n", "tunnel-group 10.0.0.2 ": "tunnel-group 10.0.0.1 "}
    lines = []
    for line in text.splitlines(keepends=True):
        words = line
        if line.startswith("access-list VPN"):
            fields = line.split()
            head, ends = fields[:5], " ".join(fields[5:])
            words = " ".join((*head, _turned(ends))) + "\n"
        else:
            for place, old in enumerate(swapped):
                words = words.replace(old, f"<{place}>") if old != "us" or line.startswith("hostname") else words
            for place, new in enumerate(swapped.values()):
                words = words.replace(f"<{place}>", new)
        lines.append(words)
    return "".join(lines)


def _turned(ends: str) -> str:
    """Source and destination of an access list's line the other way round; a port stays with its end."""
    words, parts = ends.split(), []
    while words:
        size = 2 + (2 if words[2:3] == ["eq"] else 0)
        parts.append(" ".join(words[:size]))
        words = words[size:]
    return " ".join(reversed(parts))


@dataclass
class Scene:
    """Two boxes and the wire between them. `seen_as` is what a NAT in front of the peer makes of its address.

    `stop` says which message of whom is not delivered any more when the scene is made: (name, step).
    `sent` are the datagrams that `us` sent, `kept` those of both, `packets` what both put on the wire else; `noted` is
    told every effect of `us`.
    """

    us: Box
    peer: Box
    seen_as: Endpoint | None = None
    stop: tuple[str, Step] | None = None
    now: Instant = START
    stopped: bool = False
    sent: list[Send] = field(default_factory=list)
    kept: list[tuple[str, Send]] = field(default_factory=list)
    packets: list[tuple[str, bytes]] = field(default_factory=list)
    inside: dict[str, list[bytes]] = field(default_factory=lambda: {"us": [], "peer": []})
    noted: Callable[[list[BoxEffect]], None] = field(default=lambda effects: None)

    def packet(self, name: str, packet: Ipv4) -> None:
        """A host behind a box sends a packet."""
        box = self.us if name == "us" else self.peer
        self.carry(name, box.packet_in("inside", packet.encode(), self.now))

    def carry(self, name: str, effects: list[BoxEffect]) -> None:
        """What a box wants done is done, and everything that follows from it."""
        waiting = deque([(name, effects)])
        for _ in range(500):
            if not waiting:
                return
            where, done = waiting.popleft()
            if where == "us":
                self.noted(done)
            other = "peer" if where == "us" else "us"
            for effect in done:
                if isinstance(effect, Send):
                    if where == "us":
                        self.sent.append(effect)
                    self.kept.append((where, effect))
                    waiting.extend(self._delivered(where, other, effect))
                elif isinstance(effect, PacketOut):
                    waiting.extend(self._packet_out(where, other, effect))
        raise AssertionError("the boxes never come to rest")

    def _delivered(self, where: str, other: str, send: Send) -> list[tuple[str, list[BoxEffect]]]:
        if self.stopped or self.stop == (where, send.step):
            self.stopped = True
            return []
        path = send.path.reversed()
        if where == "peer":
            if path.local.address != OURS:
                return []
            remote = self.seen_as or path.remote
            path = Path(path.local, Endpoint(remote.address, path.remote.port))
            return [(other, self.us.datagram_in("outside", send.datagram, path, self.now))]
        if path.local != (self.seen_as or path.local) and path.local.address != (self.seen_as or path.local).address:
            return []
        if self.seen_as is None and path.local.address != THEIRS:
            return []
        path = Path(Endpoint(THEIRS, path.local.port), path.remote)
        return [(other, self.peer.datagram_in("outside", send.datagram, path, self.now))]

    def _packet_out(self, where: str, other: str, effect: PacketOut) -> list[tuple[str, list[BoxEffect]]]:
        if effect.interface == "inside":
            self.inside[where].append(effect.packet)
            return []
        self.packets.append((where, effect.packet))
        packet = read_ipv4(effect.packet)
        if packet.destination not in (OURS, THEIRS, self.seen_as and self.seen_as.address) or self.stopped:
            return []
        source, destination = packet.source, packet.destination
        if self.seen_as is not None:
            source = self.seen_as.address if where == "peer" else source
            destination = THEIRS if where == "us" else destination
        if packet.protocol == IpProtocol.UDP:
            ports = packet.payload[:4]
            udp = Udp(int.from_bytes(ports[:2]), int.from_bytes(ports[2:]), packet.payload[8:])
            payload = udp.encode(source, destination)
        else:
            payload = packet.payload
        through = Ipv4(source, destination, packet.protocol, payload, packet.ttl)
        box = self.peer if where == "us" else self.us
        return [(other, box.packet_in("outside", through.encode(), self.now))]

    def wait(self, span: Span) -> None:
        """Time passes, deadline by deadline; raises BrokenError where one of ours does not go away."""
        end, still = later(self.now, span), 0
        for _ in range(1000):
            due = [
                (at, name)
                for name, box in (("peer", self.peer), ("us", self.us))
                if (at := box.deadline()) is not None and at <= end
            ]
            if not due:
                break
            moment, name = min(due)
            still = still + 1 if name == "us" and moment <= self.now else 0
            if still > _MOST_AT_ONCE:
                raise BrokenError(f"more than {_MOST_AT_ONCE} deadlines at one moment")
            self.now = max(self.now, moment)
            box = self.us if name == "us" else self.peer
            self.carry(name, box.expire(self.now))
        self.now = end

    def crosses(self, name: str, sequence: int) -> bool:
        """Whether a packet of a host behind this box comes out behind the other one."""
        source, destination = (HOST, FAR_HOST) if name == "us" else (FAR_HOST, HOST)
        other = "peer" if name == "us" else "us"
        echo = IcmpEcho(True, 7, sequence, b"does it cross?").encode()
        before = len(self.inside[other])
        self.packet(name, Ipv4(source, destination, IpProtocol.ICMP, echo, identification=sequence))
        return any(read_ipv4(packet).payload == echo for packet in self.inside[other][before:])

    # --- what only the keys of a genuine peer show -----------------------------------------------------------------

    @property
    def sas(self) -> tuple[IkeSa, ...]:
        """Our IKE SAs, oldest first."""
        return self.us._plane.engine._table.all()

    @property
    def quick_modes(self) -> tuple[QuickMode, ...]:
        """Our quick modes, oldest first."""
        return tuple(qm for sa in self.sas for qm in sa.quick_modes.values())


def scene(
    starter: str = "peer",
    stop: tuple[str, Step] | None = None,
    more: str = "",
    seen_as: Endpoint | None = None,
    quiet: bool = False,
    dynamic: bool = False,
    short: bool = False,
) -> "Played":
    """A scene in which a host behind `starter` sends a packet, up to `stop`; `quiet`: in which nothing happened.

    `dynamic`: we know the peer by a dynamic map and the default tunnel-group only. `short`: SAs live two minutes.
    """
    text = configuration(STRANGER if dynamic else seen_as.address if seen_as else THEIRS, DYNAMIC if dynamic else more)
    if dynamic:
        text = re.sub(r"crypto map MAP 10 .*\n", "", text)
    theirs = _mirrored(configuration(more=more))
    if short:
        text, theirs = (one.replace("lifetime 86400", "lifetime 120") + _SHORT for one in (text, theirs))
    us = Box(read(text, "us.cfg"), SeededEntropy(1, "us"), START, hosted=True)
    peer = Box(read(theirs, "peer.cfg"), SeededEntropy(1, "peer"), START)
    made = Scene(us, peer, seen_as, stop)
    if not quiet:
        made.crosses(starter, 1)
        made.wait(Span(1000))
        if stop is None:
            made.crosses("us", 2)
            made.crosses("peer", 3)
            made.wait(Span(2_000_000))
    return Played(made)


class Played:
    """A scene that can be had again and again, each time as it was."""

    def __init__(self, made: Scene) -> None:
        self.scene = made
        still = [part for box in (made.us, made.peer) for part in (box.configuration, box.settings)]
        self._rewind = Rewind(made.us, made.peer, made, still=still)

    def again(self) -> Scene:
        """The scene as it was."""
        self._rewind.back()
        return self.scene
