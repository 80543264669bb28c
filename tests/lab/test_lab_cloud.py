"""The net between outside interfaces: who gets a packet, over which link, and what becomes of it on the way."""

from ipaddress import IPv4Address

import pytest

from mainmode.base.codes import IpProtocol
from mainmode.base.instant import Instant, Span, seconds
from mainmode.lab.clock import START
from mainmode.lab.cloud import ROUTER, Cloud, Delivery, Departure, Passage, kind_of
from mainmode.lab.entropy import SeededEntropy
from mainmode.lab.link import Block, Kind, Link, Oversize
from mainmode.ladder.transcript import Fate
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp, read_ipv4

A, B, C = (IPv4Address(f"192.0.2.{last}") for last in (1, 2, 3))


def _cloud(link: Link, seed: int = 1) -> Cloud:
    cloud = Cloud(link, SeededEntropy(seed, "link"))
    for name, address in (("a", A), ("b", B), ("c", C)):
        cloud.attach(name, (address,))
    return cloud


def _packet(kind: Kind = Kind.IKE, length: int = 100, dont_fragment: bool = False) -> bytes:
    if kind in (Kind.IKE, Kind.IKE_NAT_T):
        port = int(kind.value.partition("/")[2])
        udp = Udp(port, port, bytes(length - 28)).encode(A, B)
        return Ipv4(A, B, IpProtocol.UDP, udp, dont_fragment=dont_fragment).encode()
    if kind is Kind.FRAGMENT:
        return Ipv4(A, B, IpProtocol.UDP, bytes(80), fragment_offset=10).encode()
    if kind is Kind.ICMP_UNREACHABLE:
        return Ipv4(A, B, IpProtocol.ICMP, bytes((3, 4)) + bytes(40)).encode()
    if kind is Kind.ESP:
        return Ipv4(A, B, IpProtocol.ESP, bytes(length - 20), dont_fragment=dont_fragment).encode()
    return Ipv4(A, B, IpProtocol.ICMP, IcmpEcho(True, 1, 1, bytes(20)).encode()).encode()


def _carry(
    cloud: Cloud, packet: bytes, at: Instant = START, destination: IPv4Address = B, next_hop: IPv4Address | None = None
) -> tuple[Passage, tuple[Delivery, ...]]:
    return cloud.carry(Departure("a", "outside", packet, at, destination, next_hop))


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_of_packet_is_known_by_its_octets(kind: Kind) -> None:
    assert kind_of(_packet(kind)) is kind


def test_a_packet_arrives_once_after_the_latency() -> None:
    passage, deliveries = _carry(_cloud(Link(latency=seconds(0.08))), _packet())
    assert passage.fate is Fate.DELIVERED
    assert passage.arrivals == (START + 80_000,)
    assert [(one.node, one.address, one.at) for one in deliveries] == [("b", B, START + 80_000)]


@pytest.mark.parametrize(
    ("block", "stopped"),
    [
        (Block.UDP_500, {Kind.IKE}),
        (Block.UDP_4500, {Kind.IKE_NAT_T}),
        (Block.ESP, {Kind.ESP}),
        (Block.ICMP_UNREACHABLE, {Kind.ICMP_UNREACHABLE}),
        (Block.FRAGMENTS, {Kind.FRAGMENT}),
    ],
)
def test_a_filter_stops_its_kind_and_no_other(block: Block, stopped: set[Kind]) -> None:
    cloud = _cloud(Link(blocks=frozenset({block})))
    fates = {kind: _carry(cloud, _packet(kind))[0].fate for kind in Kind}
    assert {kind for kind, fate in fates.items() if fate is Fate.BLOCKED} == stopped
    assert {fate for kind, fate in fates.items() if kind not in stopped} == {Fate.DELIVERED}


def test_where_nobody_has_the_address_no_filter_and_no_luck_matters() -> None:
    cloud = _cloud(Link(loss=1.0, blocks=frozenset(Block)))
    passage, deliveries = _carry(cloud, _packet(), destination=IPv4Address("203.0.113.9"))
    assert (passage.fate, passage.arrivals, deliveries) == (Fate.UNREACHABLE, (), ())
    assert passage.detail == "nobody on the wire has the address 203.0.113.9"


def test_where_nobody_has_the_address_the_next_hop_gets_the_packet() -> None:
    _, (delivery,) = _carry(_cloud(Link()), _packet(), destination=IPv4Address("203.0.113.9"), next_hop=C)
    assert (delivery.node, delivery.address) == ("c", C)


def test_loss_is_about_the_share_asked_for() -> None:
    cloud = _cloud(Link(loss=0.2))
    lost = sum(_carry(cloud, _packet())[0].fate is Fate.LOST for _ in range(5000))
    assert 900 < lost < 1100


def test_a_duplicate_arrives_after_its_original() -> None:
    first, second = _carry(_cloud(Link(duplication=1.0)), _packet())[0].arrivals
    assert START < first < second


def test_a_reordered_packet_is_overtaken_by_the_next() -> None:
    late = _carry(_cloud(Link(reordering=1.0)), _packet())[0].arrivals[0]
    next_ = _carry(_cloud(Link()), _packet(), at=Instant(START + 5_000))[0].arrivals[0]
    assert next_ < late


def test_jitter_comes_on_top_of_the_latency() -> None:
    cloud = _cloud(Link(latency=seconds(1), jitter=seconds(2)))
    arrivals = {_carry(cloud, _packet())[0].arrivals[0] for _ in range(100)}
    assert len(arrivals) > 50
    assert all(START + 1_000_000 <= at < START + 3_000_000 for at in arrivals)


def test_a_link_is_changed_in_one_direction_and_back() -> None:
    cloud = _cloud(Link())
    cloud.set_link("a", "b", Link(loss=1.0))
    assert _carry(cloud, _packet())[0].fate is Fate.LOST
    assert _carry(cloud, _packet(), destination=C)[0].fate is Fate.DELIVERED
    back = cloud.carry(Departure("b", "outside", _packet(), START, A))
    assert back[0].fate is Fate.DELIVERED
    cloud.set_link("a", "b", None)
    assert _carry(cloud, _packet())[0].fate is Fate.DELIVERED


def test_the_same_seed_decides_the_same() -> None:
    link = Link(jitter=Span(5000), loss=0.3, duplication=0.1, reordering=0.1)
    one, two, other = (
        [_carry(cloud, _packet())[0] for _ in range(200)] for cloud in (_cloud(link, seed) for seed in (7, 7, 8))
    )
    assert one == two
    assert one != other


def test_a_large_packet_that_may_be_fragmented_arrives_in_pieces_that_fit() -> None:
    packet = _packet(Kind.ESP, length=1500)
    passage, deliveries = _carry(_cloud(Link(mtu=600)), packet)
    assert passage.fate is Fate.DELIVERED
    pieces = [read_ipv4(one.packet) for one in deliveries]
    assert all(piece.length <= 600 for piece in pieces)
    assert [piece.more_fragments for piece in pieces] == [True, True, False]
    assert b"".join(piece.payload for piece in pieces) == read_ipv4(packet).payload
    assert [piece.fragment_offset * 8 for piece in pieces] == [0, 576, 1152]
    assert _carry(_cloud(Link(mtu=600, oversize=Oversize.DROPPED)), packet)[0].fate is Fate.BLOCKED
    assert _carry(_cloud(Link(mtu=600, blocks=frozenset({Block.FRAGMENTS}))), packet)[0].fate is Fate.BLOCKED


def test_a_large_packet_with_df_is_answered_with_the_mtu_of_the_way() -> None:
    packet = _packet(Kind.ESP, length=1500, dont_fragment=True)
    passage, (back,) = _carry(_cloud(Link(mtu=1400)), packet)
    assert passage.fate is Fate.BLOCKED
    assert passage.detail == "1500 octets are too large for the MTU 1400 of the way, and DF is set"
    error = read_ipv4(back.packet)
    assert (back.node, error.source, error.destination) == ("a", ROUTER, A)
    assert error.payload[:2] == bytes((3, 4))
    assert int.from_bytes(error.payload[6:8]) == 1400
    assert error.payload[8:] == packet[:28]
    black_hole = _cloud(Link(mtu=1400, blocks=frozenset({Block.ICMP_UNREACHABLE})))
    assert _carry(black_hole, packet)[1] == ()
