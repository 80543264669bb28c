"""Bursts of packets in user space: the fast lane and the ordinary way in one order, bounded, and losses counted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from itertools import takewhile
from types import SimpleNamespace
from typing import Any

import pytest

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.device.express import Express, Opened
from mainmode.device.routing import Hop, Origin, Route
from mainmode.gateway.user_space.nat_t import Received
from mainmode.gateway.user_space.traffic import Doors, Traffic
from mainmode.ipsec.segments import Segments
from mainmode.wire.ip import Ipv4

OUTSIDE, PEER = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
INSIDE = IPv4Address("192.168.1.5")
NAT_T = Path(Endpoint(OUTSIDE, 4500), Endpoint(PEER, 4500))
IKE = b"\0\0\0\0ike"


@dataclass
class Scene:
    """A gateway and its doors, written down in `said`. Packets that begin with `e` take the fast lane."""

    tun: list[bytes | Segments] = field(default_factory=list)
    esp: list[bytes] = field(default_factory=list)
    udp: list[Received] = field(default_factory=list)
    said: list[Any] = field(default_factory=list)
    watched: bool = False
    takes: bool = True
    fails: bool = False
    waiting: bool = False

    def __post_init__(self) -> None:
        self.box = SimpleNamespace(
            express=self, shedding=SimpleNamespace(esp=self._shed), dropped=self._dropped,
            towards=lambda address: "inside" if address == INSIDE else None,
        )  # fmt: skip
        doors = Doors(
            SimpleNamespace(  # type: ignore[arg-type]
                read=lambda: self.tun.pop(0) if self.tun else None,
                cut=lambda one: [one.packet[:2], one.packet[2:]],
                write=self._write,
                write_joined=lambda octets: self._write(octets[10:]),
                name="tun",
            ),
            SimpleNamespace(receive=lambda: self.esp.pop(0) if self.esp else None, sender=self),  # type: ignore[arg-type]
            SimpleNamespace(receive=self._receive),  # type: ignore[arg-type]
            self,  # type: ignore[arg-type]
        )
        self.traffic = Traffic(self, doors)  # type: ignore[arg-type]
        self.traffic.follow({OUTSIDE.packed: "outside"})

    # the fast lane

    def seal(self, packets: Sequence[bytes | Segments], begin: int, now: Instant) -> Express | None:
        one = packets[begin]
        if isinstance(one, Segments):
            return Express(OUTLETS[0], [one.packet] * 2, 0, False, 1) if one.packet.startswith(b"E") else None  # type: ignore[arg-type]
        run = _alike([b"" if isinstance(packet, Segments) else packet for packet in packets], begin)
        outlet: Any = OUTLETS[one[1:2] == b"u"]
        return Express(outlet, run, 0, False, 1) if run else None

    def open(
        self, interface: str, datagrams: Sequence[bytes], begin: int, remote: Endpoint, now: Instant
    ) -> Opened | Drop | None:
        run, hop = _alike(datagrams, begin), Hop("inside", INSIDE, WAY)
        return Opened(hop, run) if run else self._shed(interface, datagrams[begin], remote, now)

    def _shed(self, interface: str, esp: bytes, remote: Endpoint, now: Instant) -> Drop | None:
        return Drop.UNKNOWN_SPI if esp.startswith(b"s") else None

    # the gateway

    def now(self) -> Instant:
        return Instant(0)

    def give_again(self, now: Instant) -> None:
        if self.waiting:
            self.said.append("those that waited")

    def act(self, action: Any) -> None:
        action(self.box, Instant(0))

    def trouble(self, what: str, error: Exception) -> None:
        self.said.append(("trouble", what))

    def packet_arrived(self, nameif: str, packet: bytes) -> None:
        self.said.append((nameif, packet))

    def from_host(self, packet: bytes) -> None:
        self.said.append(("from host", packet))

    def datagram_arrived(self, datagram: bytes, path: Path) -> bool:
        self.said.append(("datagram", datagram))
        return not datagram.startswith(b"f")

    def esp_arrived(self, esp: bytes, path: Path) -> bool:
        self.said.append(("esp", esp))
        return not esp.startswith(b"f")

    def _dropped(self, dropped: Any, now: Instant) -> None:
        self.said.append(("dropped", dropped.reason))

    # the doors

    def send(
        self, path: Path, packets: Sequence[bytes], tos: int, *, dont_fragment: bool
    ) -> tuple[int, OSError | None]:
        self.said.append(("sent", *packets))
        return (0, None) if self.takes else (len(packets), OSError(105, "No buffer space available"))

    def settle(self) -> None:
        """Nothing."""

    def _write(self, packet: bytes) -> bool:
        self.said.append(("to the host", packet))
        return self.takes

    def _receive(self) -> Received | None:
        if self.fails:
            raise OSError(100, "Network is down")
        return self.udp.pop(0) if self.udp else None


def _alike(packets: Sequence[bytes], begin: int) -> list[bytes]:
    """The packets from here on that begin with `e` and do the same in their second octet."""
    kind = packets[begin][:2]
    return [*takewhile(lambda one: one[:1] == b"e" and one[:2] == kind, packets[begin:])]


WAY = Route(IPv4Network("192.168.1.0/24"), "inside", None, Origin.CONNECTED, 0, ())
OUTLETS = [SimpleNamespace(udp_encapsulated=udp, path=NAT_T) for udp in (False, True)]
ORDINARY = b"o" + bytes(11) + INSIDE.packed + bytes(4)


def test_what_is_alike_leaves_in_one_go_and_the_ordinary_packet_between_keeps_its_place() -> None:
    scene = Scene(tun=[b"e1", b"e2", b"eu3", ORDINARY, b"e4"])
    scene.traffic.from_the_host()
    assert scene.said == [("sent", b"e1", b"e2"), ("sent", b"eu3"), ("inside", ORDINARY), ("sent", b"e4")]


def test_what_the_host_gave_in_one_piece_leaves_as_a_run_or_goes_on_packet_by_packet() -> None:
    scene = Scene(tun=[b"e1", Segments(b"E2", 1, 1), Segments(b"e3e4", 1, 1), b"e5", Segments(b"o", 1, 1)])
    scene.traffic.from_the_host()
    assert scene.said == [("sent", b"e1", b"E2", b"E2", b"e3", b"e4", b"e5"), ("dropped", Drop.NO_ROUTE)]


def test_a_burst_is_bounded() -> None:
    scene = Scene(tun=[b"e1"] * 1000, esp=[b"x"] * 1000, udp=[Received([b"e1"] * 40, NAT_T)] * 1000)
    scene.traffic.from_the_host()
    assert len(scene.tun) == 1000 - 64
    scene.tun = [Segments(b"E" * 900, 20, 20)] * 1000
    scene.traffic.from_the_host()
    assert len(scene.tun) == 1000 - 11, "44 segments are as much as six packets"
    scene.traffic.by_port_4500()
    assert len(scene.udp) == 1000 - 6, "in a run each packet but the first is a quarter of one"
    scene.traffic.by_protocol_50()
    assert len(scene.esp) == 1000 - 64


@pytest.mark.parametrize("shed", [b"s1", b"f1"])
def test_what_is_only_looked_at_and_shed_costs_a_quarter_of_a_turn(shed: bytes) -> None:
    outer = Ipv4(PEER, OUTSIDE, IpProtocol.ESP, shed).encode()
    scene = Scene(esp=[outer] * 1000, udp=[Received([shed], NAT_T)] * 1000)
    scene.traffic.by_port_4500()
    scene.traffic.by_protocol_50()
    assert (len(scene.udp), len(scene.esp)) == (1000 - 256, 1000 - 256)


def test_what_waited_for_a_tunnel_goes_before_the_packets_of_the_fast_lane() -> None:
    scene = Scene(tun=[b"e1"], waiting=True)
    scene.traffic.from_the_host()
    assert scene.said == ["those that waited", ("sent", b"e1")]


def test_packets_that_are_not_ipv4_count_in_a_burst_and_go_nowhere() -> None:
    scene = Scene(tun=[b""] * 1000)
    scene.traffic.from_the_host()
    assert len(scene.tun) == 1000 - 64
    assert not scene.said


def test_what_did_not_fit_into_one_read_is_a_drop_by_name_and_the_rest_is_served() -> None:
    scene = Scene(udp=[Received([b"e1"], NAT_T, cut=True), *[Received([], NAT_T, cut=True)] * 1000])
    scene.traffic.by_port_4500()
    assert scene.said.count(("dropped", Drop.TOO_LARGE)) == 64
    assert ("to the host", b"e1") in scene.said


def test_while_somebody_captures_every_packet_goes_the_ordinary_way() -> None:
    outer = Ipv4(PEER, OUTSIDE, IpProtocol.ESP, b"e9").encode()
    scene = Scene(tun=[ORDINARY], udp=[Received([b"e1"], NAT_T)], esp=[outer], watched=True)
    scene.traffic.from_the_host()
    scene.traffic.by_port_4500()
    scene.traffic.by_protocol_50()
    assert scene.said == [("inside", ORDINARY), ("datagram", b"e1"), ("esp", b"e9")]


@pytest.mark.parametrize("watched", [False, True])
def test_what_is_shed_goes_no_way_whether_somebody_captures_or_not(watched: bool) -> None:
    outer = Ipv4(PEER, OUTSIDE, IpProtocol.ESP, b"s1").encode()
    scene = Scene(udp=[Received([b"s2", b"s3"], NAT_T)], esp=[outer], watched=watched)
    scene.traffic.by_port_4500()
    scene.traffic.by_protocol_50()
    assert scene.said == []


def test_ike_among_esp_reaches_the_box_in_its_place() -> None:
    scene = Scene(udp=[Received([b"e1", IKE, b"e2"], NAT_T)])
    scene.traffic.by_port_4500()
    assert scene.said == [("to the host", b"e1"), ("datagram", IKE), ("to the host", b"e2")]


def test_protocol_50_is_opened_or_goes_the_ordinary_way_and_what_is_no_packet_is_dropped() -> None:
    packets = [Ipv4(PEER, OUTSIDE, IpProtocol.ESP, esp).encode() for esp in (b"e1", b"x2")]
    scene = Scene(esp=[packets[0], packets[1], b"\x45\x00", packets[0]])
    scene.traffic.by_protocol_50()
    assert scene.said == [
        ("to the host", b"e1"), ("esp", b"x2"), ("dropped", Drop.NOT_AN_IP_PACKET), ("to the host", b"e1")
    ]  # fmt: skip


def test_what_the_host_does_not_take_is_a_named_drop_for_each_packet() -> None:
    scene = Scene(tun=[b"e1", b"e2"], udp=[Received([b"e3"], NAT_T)], takes=False)
    scene.traffic.from_the_host()
    scene.traffic.by_port_4500()
    assert [one for one in scene.said if one[0] == "dropped"] == [("dropped", Drop.NOT_SENT)] * 3


def test_the_hosts_own_packets_and_those_from_nowhere_are_told_apart() -> None:
    own = b"o" + bytes(11) + OUTSIDE.packed + bytes(4)
    scene = Scene(tun=[own, b"o" + bytes(19), b"o"])
    scene.traffic.from_the_host()
    assert scene.said == [("from host", own), ("dropped", Drop.NO_ROUTE), ("dropped", Drop.NO_ROUTE)]


def test_a_port_that_cannot_be_read_is_a_trouble_and_no_end() -> None:
    scene = Scene(fails=True)
    scene.traffic.by_port_4500()
    assert scene.said == [("trouble", "UDP port 4500 cannot be read")]
