"""The fast lane against the ordinary path: two worlds get the same packets, and only what they leave unsaid differs."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from itertools import takewhile
from unittest.mock import patch

import pytest
from device_configs import REFERENCE, configured, mirrored, modern
from device_pair import HOST_A, HOST_B, START, segment
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import IpProtocol
from mainmode.base.instant import Instant, later, seconds
from mainmode.device.box import Box, BoxEffect, PacketOut
from mainmode.device.decision import Decision
from mainmode.device.express import Opened
from mainmode.device.nat import rewritten
from mainmode.ike.effects import Send
from mainmode.ipsec import esp as esp_room
from mainmode.ipsec.segments import Segments, offload
from mainmode.lab.entropy import SeededEntropy
from mainmode.wire.fragments import cut
from mainmode.wire.icmp import too_large
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp, checksum, read_ipv4, read_udp

SEEN_AS, MOVED_TO = IPv4Address("203.0.113.1"), IPv4Address("203.0.113.7")
ROUTER = IPv4Address("10.0.0.200")
ACK, PSH_ACK, FIN_ACK, SYN, SYN_ACK, RST = 0x10, 0x18, 0x11, 0x02, 0x12, 0x04

BASE = modern(REFERENCE).replace("permit tcp", "permit ip") + (
    "policy-map global_policy\n class inspection_default\n  inspect icmp\nservice-policy global_policy global\n"
    "class-map inspection_default\n match default-inspection-traffic\n"
)
GCM = BASE.replace("esp-aes esp-sha-hmac", "esp-aes-gcm esp-none")
NATTED = "behind NAT"
CONFIGURATIONS = {
    "AES-CBC": BASE,
    "AES-GCM": GCM,
    "few kilobytes": BASE + "crypto ipsec security-association lifetime kilobytes 10\n",
    "short life": BASE + "crypto ipsec security-association lifetime seconds 120\n",
    "DF set, cut after": BASE
    + "crypto ipsec df-bit set-df outside\ncrypto ipsec fragmentation after-encryption outside\n",
    "DF cleared": BASE + "crypto ipsec df-bit clear-df outside\nmtu inside 1000\n",
    "vpn-filter": BASE
    + "access-list ONLY extended permit tcp any any eq 80\naccess-list ONLY extended permit icmp any any\n"
    + "group-policy GP internal\ngroup-policy GP attributes\n vpn-filter value ONLY\n"
    + "tunnel-group 10.0.0.2 general-attributes\n default-group-policy GP\n",
    NATTED: BASE,
}


@dataclass
class World:
    """Two boxes on a link, `a` perhaps behind a NAT. `lanes`: packets try the fast lane first, `taken` of them took it.

    `wire` is on its way, `past` was, `late` comes when told to. Hosts only take what comes. `longest`: so many packets
    took the lane as one run.
    """

    name: str
    lanes: bool
    boxes: dict[str, Box] = field(default_factory=dict)
    now: Instant = START
    nat: IPv4Address | None = None
    done: list[tuple[str, BoxEffect]] = field(default_factory=list)
    wire: list[tuple[str, bytes]] = field(default_factory=list)
    past: list[tuple[str, bytes]] = field(default_factory=list)
    late: list[tuple[str, bytes]] = field(default_factory=list)
    taken: int = 0
    longest: int = 0

    def __post_init__(self) -> None:
        text = CONFIGURATIONS[self.name]
        other = mirrored(text)
        if self.name == NATTED:
            self.nat = SEEN_AS
            other = other.replace("10.0.0.1", str(SEEN_AS)) + "route outside 0.0.0.0 0.0.0.0 10.0.0.254\n"
        for name, one in (("a", text), ("b", other)):
            self.boxes[name] = Box(configured(one), SeededEntropy(1, name), START, hosted=True)

    def host_sends(self, name: str, burst: Sequence[bytes | Segments]) -> None:
        """A burst of the host behind a box, or one that the other's host seems to send."""
        box, at, packets = self.boxes[name], 0, list(burst)
        while at < len(packets):
            one = packets[at]
            express = box.express.seal(packets, at, self.now) if self.lanes else None
            if express is not None:
                taken = self._took(express.packets)
                at += 1 if isinstance(one, Segments) else taken
                self.carry_out(name, [*express.leaving])
            elif isinstance(one, Segments):
                packets[at : at + 1] = cut_up(one)
            else:
                ingress = box.towards(IPv4Address(one[12:16])) or "inside"
                self.carry_out(name, box.packet_in(ingress, one, self.now))
                at += 1

    def _took(self, run: list[bytes]) -> int:
        """A run took a lane; of how many packets."""
        self.taken += len(run)
        self.longest = max(self.longest, len(run))
        return len(run)

    def arrives(self, name: str, packet: bytes) -> None:
        """A packet comes by the link between the boxes."""
        waiting = deque([(name, packet)])
        for _ in range(300):
            if not waiting:
                return
            where, one = waiting.popleft()
            self.carry_out(where, self._received(where, one), waiting)
        raise AssertionError("the boxes never come to rest")

    def _received(self, name: str, packet: bytes) -> list[BoxEffect]:
        box, outer = self.boxes[name], read_ipv4(packet)
        if outer.destination != box.interfaces["outside"].address or outer.fragment_offset or outer.more_fragments:
            return box.packet_in("outside", packet, self.now)
        if outer.protocol == IpProtocol.ESP:
            esp, remote, local = outer.payload, Endpoint(outer.source, 0), Endpoint(outer.destination, 0)
        elif outer.protocol == IpProtocol.UDP:
            udp = read_udp(outer)
            esp = udp.payload
            remote, local = Endpoint(outer.source, udp.source_port), Endpoint(outer.destination, udp.destination_port)
        else:
            return box.packet_in("outside", packet, self.now)
        door = box.datagram_in if local.port else box.esp_in
        return door("outside", esp, Path(local, remote), self.now)

    def carry_out(self, name: str, effects: list[BoxEffect], waiting: deque[tuple[str, bytes]] | None = None) -> None:
        """Notes what a box did; what it sends is on the wire, IKE arrives at once."""
        other = "b" if name == "a" else "a"
        for effect in effects:
            if isinstance(effect, Decision):
                continue
            self.done.append((name, effect))
            if isinstance(effect, Send):
                local, remote = effect.path.local, effect.path.remote
                udp = Udp(local.port, remote.port, effect.datagram).encode(local.address, remote.address)
                packet = self._through_nat(name, Ipv4(local.address, remote.address, IpProtocol.UDP, udp).encode())
                if waiting is None:
                    self.arrives(other, packet)
                else:
                    waiting.append((other, packet))
            elif isinstance(effect, PacketOut) and effect.interface == "outside":
                self.wire.append((other, self._through_nat(name, effect.packet)))

    def _through_nat(self, name: str, octets: bytes) -> bytes:
        packet = read_ipv4(octets)
        if self.nat is None:
            return octets
        if name == "a":
            return rewritten(packet, self.nat, packet.destination).encode()
        return rewritten(packet, packet.source, self.boxes["a"].interfaces["outside"].address).encode()

    def burst_arrives(self, name: str, packets: list[bytes]) -> None:
        """Packets come by the link one behind the other, as one burst where they are ESP along one path."""
        at = 0
        while at < len(packets):
            taken = self._run_arrives(name, packets[at:]) if self.lanes else 0
            if not taken:
                self.arrives(name, packets[at])
            at += taken or 1

    def _run_arrives(self, name: str, packets: list[bytes]) -> int:
        """How many of the first packets took the lane."""
        own = self.boxes[name].interfaces["outside"].address
        found = [_esp_in(packet, own) for packet in packets]
        first = found[0]
        if first is None:
            return 0
        alike = [one[1] for one in takewhile(lambda one: one is not None and one[0] == first[0], found) if one]
        out = self.boxes[name].express.open("outside", alike, 0, first[0], self.now)
        if not isinstance(out, Opened):
            return 0
        self.carry_out(name, [*out.leaving])
        return self._took(out.packets)

    def deliver(self, fate: str = "arrives") -> None:
        """All that is on the wire meets its fate, in its order."""
        while self.wire and fate == "arrives":
            burst = list(takewhile(lambda one: one[0] == self.wire[0][0], self.wire))
            del self.wire[: len(burst)]
            self.past += burst
            self.burst_arrives(burst[0][0], [packet for _, packet in burst])
        while self.wire:
            to, packet = self.wire.pop(0)
            self.past.append((to, packet))
            match fate:
                case "late":
                    self.late.append((to, packet))
                case "bent":
                    self.arrives(to, packet[:-3] + bytes((packet[-3] ^ 1,)) + packet[-2:])
                case "twice":
                    self.burst_arrives(to, [packet, packet])

    def wait(self, count: float) -> None:
        """Time passes, deadline by deadline."""
        end = later(self.now, seconds(count))
        for _ in range(500):
            due = [(at, name) for name, box in self.boxes.items() if (at := box.deadline()) is not None and at <= end]
            if not due:
                self.now = end
                return
            self.now, name = min(due)
            self.carry_out(name, self.boxes[name].expire(self.now))
            self.deliver()
        raise AssertionError("the boxes never come to rest")

    def shown(self) -> dict[tuple[str, str], str]:
        """Every `show` output of both boxes."""
        return {(name, command): box.show(command, self.now) for name, box in self.boxes.items() for command in SHOWN}


def _esp_in(packet: bytes, own: IPv4Address) -> tuple[Endpoint, bytes] | None:
    """Who sent what may be ESP for this address, as one packet, and what is in it."""
    outer = read_ipv4(packet)
    if outer.destination != own or outer.fragment_offset or outer.more_fragments:
        return None
    if outer.protocol == IpProtocol.ESP:
        return Endpoint(outer.source, 0), outer.payload
    if outer.protocol != IpProtocol.UDP:
        return None
    udp = read_udp(outer)
    return (Endpoint(outer.source, udp.source_port), udp.payload) if udp.destination_port == 4500 else None


SHOWN = (
    "crypto isakmp sa detail", "crypto ipsec sa detail", "crypto ipsec sa identity detail", "crypto ipsec sa summary",
    "crypto isakmp stats", "crypto protocol statistics ipsec", "crypto ipsec stats", "vpn-sessiondb detail l2l",
    "vpn-sessiondb", "interface", "route", "access-list", "nat detail", "xlate", "conn", "logging", "asp drop",
    "asp table vpn-context detail",
)  # fmt: skip


SHOWN_EVERY = 25

TWEAKS = (
    "none",
    "none",
    "none",
    "df",
    "ttl 1",
    "options",
    "wrong sum",
    "other zero",
    "trailing",
    "reserved",
    "cut",
    "tos",
)
SIZES = (0, 1, 100, 100, 100, 900, 1390, 1400, 1420, 1480, 3000)


def packet_of(kind: str, side: str, port: int, size: int) -> Ipv4:
    """A packet of the host behind a side."""
    source, destination = (HOST_A, HOST_B) if side == "a" else (HOST_B, HOST_A)
    ends = (1025 + port, 80) if side == "a" else (80, 1025 + port)
    flags = {"syn": SYN, "syn ack": SYN_ACK, "data": ACK, "push": PSH_ACK, "fin": FIN_ACK, "reset": RST}
    if kind in flags:
        bare = segment(source, destination, flags[kind], ends, b"\x02\x04\x05\xb4" if "syn" in kind else b"")
        return bare._replace(payload=bare.payload + bytes(size))
    if kind == "udp":
        datagram = Udp(*ends, bytes(size)).encode(source, destination)
        return Ipv4(source, destination, IpProtocol.UDP, datagram)
    if kind == "gre":
        return Ipv4(source, destination, 47, bytes(size))
    echo = IcmpEcho(kind == "ping", 7 + port, size & 0xFFFF, bytes(size)).encode()
    if kind == "unreachable":
        echo = b"\x03" + echo[1:]
    return Ipv4(source, destination, IpProtocol.ICMP, echo)


def tweaked(packet: Ipv4, tweak: str) -> list[bytes]:
    """The packet's octets, bent; in fragments they are several."""
    octets = packet.encode()
    match tweak:
        case "df":
            return [packet._replace(dont_fragment=True).encode()]
        case "ttl 1":
            return [packet._replace(ttl=1).encode()]
        case "tos":
            return [packet._replace(tos=0xB8).encode()]
        case "options":
            return [packet._replace(options=b"\x01\x01\x01\x00").encode()]
        case "wrong sum":
            return [octets[:10] + bytes((octets[10] ^ 1,)) + octets[11:]]
        case "other zero":
            free = int.from_bytes(octets[10:12])
            return [octets[:4] + free.to_bytes(2) + octets[6:10] + b"\xff\xff" + octets[12:]]
        case "trailing":
            return [octets + b"\x00"]
        case "reserved":
            return [octets[:6] + bytes((octets[6] | 0x80,)) + octets[7:10] + _less(octets[10:12], 0x8000) + octets[12:]]
        case "cut":
            return [piece.encode() for piece in cut(packet, 500)]
    return [octets]


def _less(carried: bytes, more: int) -> bytes:
    """A checksum over octets that have become more by `more`."""
    value = int.from_bytes(carried) - more
    return (value if value >= 0 else value + 0xFFFF).to_bytes(2)


FATES = ("arrives",) * 8 + ("lost", "bent", "late", "twice")

sides = st.sampled_from("ab")
packets = st.tuples(
    st.just("packet"),
    st.sampled_from(
        ("data",) * 6
        + ("push", "udp", "udp", "udp", "ping", "pong", "syn", "syn ack", "fin", "reset", "gre", "unreachable")
    ),
    sides,
    st.integers(0, 1),
    st.sampled_from(SIZES),
    st.sampled_from(TWEAKS),
    st.sampled_from(FATES),
)
bursts = st.tuples(
    st.just("burst"),
    sides,
    st.lists(
        st.tuples(
            st.sampled_from(("data",) * 8 + ("push", "udp", "udp", "fin", "ping", "syn", "gre")),
            st.sampled_from((0, 0, 0, 1)),
            st.sampled_from((*(100,) * 8, 0, 900, 1390, 1480)),
            st.sampled_from(("none",) * 16 + TWEAKS),
        ),
        max_size=12,
    ).map(tuple),
    st.sampled_from((*("arrives",) * 6, "lost", "bent", "late", "twice", "upside down")),
)
pieces = st.tuples(
    st.just("one piece"),
    sides,
    st.integers(0, 1),
    st.sampled_from((ACK, ACK, PSH_ACK, FIN_ACK)),
    st.sampled_from((1, 100, 1000, 3000)),
    st.sampled_from((100, 536, 1348, 1400)),
    st.booleans(),
)
others = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from((0.01, 1, 40, 130, 1900, 4000))),
    st.tuples(st.just("again"), st.integers(0, 10)),
    st.tuples(st.just("late ones arrive")),
    st.tuples(st.just("router"), sides, st.sampled_from((600, 1000, 1400))),
    st.tuples(st.just("clear"), st.sampled_from(("conn", "ipsec", "isakmp", "counters")), sides),
    st.tuples(st.just("reconfigure"), st.sampled_from((1300, 1500))),
    st.tuples(st.just("nat moves")),
)
steps = st.lists(st.one_of(packets, packets, packets, bursts, bursts, pieces, others), max_size=40)
Step = tuple[str, ...] | tuple[str, object] | tuple[object, ...]


def take(world: World, step: Step) -> None:
    """One step of the story."""
    match step:
        case ("packet", str(kind), str(side), int(port), int(size), str(tweak), str(fate)):
            world.host_sends(side, tweaked(packet_of(kind, side, port, size), tweak))
            world.deliver(fate)
        case ("burst", str(side), tuple(parts), str(fate)):
            burst = [
                octets
                for kind, port, size, tweak in parts
                for octets in tweaked(packet_of(kind, side, port, size), tweak)
            ]
            world.host_sends(side, burst)
            if fate == "upside down":
                world.wire.reverse()
            world.deliver("arrives" if fate == "upside down" else fate)
        case ("one piece", str(side), int(port), int(flags), int(length), int(size), bool(whole)):
            segments = one_piece(side, port, flags, length, size, whole)
            lane = segments is not None and world.lanes and offload() is not None
            if segments is not None:
                world.host_sends(side, [segments] if lane else cut_up(segments))
        case ("wait", count):
            world.wait(float(str(count)))
        case ("again", int(place)) if world.past:
            world.arrives(*world.past[-1 - place % len(world.past)])
        case ("late ones arrive",):
            world.wire, world.late = world.late[::-1], []
        case ("router", str(side), int(mtu)):
            seen = [packet for to, packet in world.past if to != side]
            if seen:
                world.arrives(side, too_large(read_ipv4(seen[-1]), mtu, ROUTER).encode())
        case ("reconfigure", mtu):
            text = CONFIGURATIONS[world.name] + f"mtu outside {mtu}\nmtu inside {mtu}\n"
            world.carry_out("a", world.boxes["a"].reconfigure(configured(text), world.now))
        case ("nat moves",) if world.nat is not None:
            world.nat = MOVED_TO if world.nat == SEEN_AS else SEEN_AS
        case ("clear", what, str(side)):
            clear(world, str(what), side)
    world.deliver()
    if any(state.settled_at > world.now for box in world.boxes.values() for state in box.sad.states()):
        world.wait(0.1)


def test_no_lane_holds_on_to_a_pair_that_is_gone() -> None:
    world = up("AES-GCM", lanes=True)
    for step in traffic(8):
        take(world, step)
    lanes = [box.express for box in world.boxes.values()]
    assert all(one._outward and one._inward for one in lanes)
    world.carry_out("a", world.boxes["a"].clear(None, world.now))
    world.deliver()
    assert not any(one._outward or one._inward for one in lanes)


def clear(world: World, what: str, side: str) -> None:
    """What an administrator clears."""
    box = world.boxes[side]
    if what == "conn":
        box.clear_connections()
    elif what == "counters":
        for clear_counters in (box.counters.clear_ipsec, box.counters.clear_access_lists, box.counters.clear_nat):
            clear_counters()
    else:
        world.carry_out(side, (box.clear_ipsec if what == "ipsec" else box.clear)(None, world.now))


def up(name: str, *, lanes: bool) -> World:
    """A world whose tunnel stands and carries a connection of each kind."""
    world = World(name, lanes)
    for kind in ("ping", "udp", "syn"):
        for side in "ab":
            for port in (0, 1):
                take(world, ("packet", kind, side, port, 10, "none", "arrives"))
    for port in (0, 1):
        take(world, ("packet", "syn", "a", port, 0, "none", "arrives"))
        take(world, ("packet", "syn ack", "b", port, 0, "none", "arrives"))
    return world


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_packets_of_connections_that_stand_take_the_lane_and_all_else_is_equal(name: str) -> None:
    laned, plain = up(name, lanes=True), up(name, lanes=False)
    before = laned.taken
    sent = 0
    for number in range(30):
        for kind in ("data", "udp", "ping"):
            for side in "ab":
                step = ("packet", kind, side, number % 2, 10 * number, "df" if number % 3 else "none", "arrives")
                take(laned, step)
                take(plain, step)
                sent += 1
    assert laned.done == plain.done
    assert laned.shown() == plain.shown()
    assert plain.taken == 0
    if name not in ("few kilobytes", "vpn-filter"):
        assert laned.taken - before > sent


def traffic(count: int, fate: str = "arrives", size: int = 100) -> list[Step]:
    """Packets of connections that stand, both ways."""
    return [("packet", ("data", "udp")[n % 2], "ab"[n // 2 % 2], n % 2, size, "none", fate) for n in range(count)]


MIXED = ("none", "none", "tos", "df")


def one_piece(side: str, port: int, flags: int, length: int, size: int, whole: bool) -> Segments | None:
    """So many octets of a TCP connection in one packet, to be cut; with DF or without."""
    bare = packet_of("data", side, port, length)._replace(dont_fragment=whole)
    packet = bare._replace(payload=bare.payload[:13] + bytes((flags,)) + bare.payload[14:]).encode()
    return Segments.of(packet, size)


def cut_up(segments: Segments) -> list[bytes]:
    """The packets that it stands for, made one by one."""
    whole, found = read_ipv4(segments.packet), []
    header, data = whole.payload[: segments.headers - 20], whole.payload[segments.headers - 20 :]
    for number, at in enumerate(range(0, len(data), segments.size)):
        part, last = data[at : at + segments.size], at + segments.size >= len(data)
        flags = header[13] if last else header[13] & ~(FIN_ACK ^ ACK | PSH_ACK ^ ACK)
        sequence = int.from_bytes(header[4:8]) + at
        tcp = (
            header[:4] + sequence.to_bytes(4) + header[8:13] + bytes((flags,)) + header[14:16] + bytes(2) + header[18:]
        )
        pseudo = whole.source.packed + whole.destination.packed + (6).to_bytes(2) + (len(tcp) + len(part)).to_bytes(2)
        tcp = tcp[:16] + checksum(pseudo + tcp + part).to_bytes(2) + tcp[18:]
        found.append(whole._replace(payload=tcp + part, identification=whole.identification + number).encode())
    return found


def several(side: str, fate: str, parts: Iterable[tuple[str, int, int, str]]) -> Step:
    """Packets one behind the other: kind, port, size and tweak of each."""
    return ("burst", side, tuple(parts), fate)


def burst(side: str, count: int, fate: str = "arrives", size: int = 100, kind: str = "data") -> Step:
    """Packets of one connection."""
    return several(side, fate, ((kind, 0, size, "none"),) * count)


STORIES: dict[str, list[Step]] = {
    "renewed while packets flow": [step for _ in range(26) for step in (*traffic(2), ("wait", 5))],
    "renewed while packets are late": [
        step for _ in range(26) for step in (*traffic(2, "late"), ("wait", 5), ("late ones arrive",))
    ],
    "a NAT gives another address": [*traffic(4), ("nat moves",), *traffic(8), ("nat moves",), *traffic(8)],
    "packets of before come late from another address": [*traffic(4, "late"), ("nat moves",), ("late ones arrive",)],
    "connections forgotten": [*traffic(4), ("clear", "conn", "a"), *traffic(4), ("clear", "conn", "b"), *traffic(4)],
    "connections idle": [*traffic(4), ("wait", 130), *traffic(4), ("wait", 4000), *traffic(8)],
    "closed and used again": [
        *traffic(4), ("packet", "fin", "a", 0, 0, "none", "arrives"), *traffic(4),
        ("packet", "fin", "b", 0, 0, "none", "arrives"), *traffic(4), ("packet", "reset", "b", 0, 0, "none", "arrives"),
        *traffic(4),
    ],
    "tunnels taken down": [*traffic(4), ("clear", "ipsec", "a"), *traffic(4), ("clear", "isakmp", "b"), *traffic(8)],
    "another link MTU": [*traffic(4), ("reconfigure", 1300), *traffic(8, size=1300), ("reconfigure", 1500),
                         *traffic(8, size=1300)],
    "a router's word": [*traffic(4), ("router", "a", 1000), *traffic(8, size=1000), ("wait", 700),
                        *traffic(4, size=1000)],
    "large ones": traffic(40, size=1380),
    "bent and repeated": [*traffic(4, "bent"), *traffic(4, "twice"), ("again", 3), ("again", 9), *traffic(4)],
    "bursts": [burst("a", 20), burst("b", 9, size=0), burst("a", 5, "twice"), burst("a", 6, "bent"), burst("b", 30),
               burst("a", 8, "late"), ("late ones arrive",), burst("b", 8, "upside down"), burst("a", 5, kind="udp")],
    "in one piece": [
        ("one piece", side, 0, flags, length, size, whole)
        for side in "ab"
        for flags in (ACK, PSH_ACK)
        for length, size in ((3000, 1000), (900, 1000), (3000, 1400), (250, 100))
        for whole in (True, False)
    ],
    "bursts that use up a pair": [burst("ab"[n % 2], 7, size=120) for n in range(12)],
    "bursts of what differs": [
        several(side, "arrives", (("data", n // 3 % 2, 50 + n % 2, MIXED[n % 4]) for n in range(20)))
        for side in "ab"
    ],
    "a burst with the end of its connection inside": [
        several(side, "arrives", (("data" if n != 4 else end, 0, 10, "none") for n in range(9)))
        for side, end in (("a", "fin"), ("b", "reset"))
    ],
    "bursts with packets that do not fit": [
        several(side, "arrives", (("data", 0, (1200, 1390, 1480)[n % 3], "df" if n > 6 else "none") for n in range(12)))
        for side in "ab"
    ],
    "two protocols between the same ports": [
        ("packet", kind, side, 0, 50, "none", "arrives") for _ in range(3) for kind in ("data", "udp") for side in "ab"
    ],
}  # fmt: skip


@contextmanager
def in_python() -> Iterator[None]:
    """ESP without the helper, for pairs of SAs whose first packet comes meanwhile."""
    with patch.object(esp_room, "native", lambda: None):
        yield


def both(name: str, story: list[Step]) -> World:
    """The story in both worlds, compared after each step; the one with the lane."""
    laned = up(name, lanes=True)
    with in_python():
        plain = up(name, lanes=False)
    for number, step in enumerate(story):
        take(laned, step)
        with in_python():
            take(plain, step)
        assert laned.done == plain.done, (number, step)
        if number % SHOWN_EVERY == 0:
            assert laned.shown() == plain.shown(), (number, step)
    assert laned.shown() == plain.shown()
    return laned


@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.parametrize("story", STORIES)
def test_what_ends_or_changes_a_lane_is_seen(name: str, story: str) -> None:
    both(name, STORIES[story])


def test_a_burst_of_one_connection_is_one_run() -> None:
    world = both("AES-GCM", [*traffic(4), burst("a", 40)])
    assert world.longest == 40
    if offload() is not None:
        take(world, ("one piece", "b", 0, ACK, 60_000, 1000, True))
        assert world.longest == 60


@pytest.mark.parametrize("name", CONFIGURATIONS)
@settings(max_examples=8, deadline=None)
@given(story=steps)
def test_no_story_ends_otherwise_with_the_lane_than_without(name: str, story: list[Step]) -> None:
    both(name, story)
