import struct
from ipaddress import IPv4Address

from device_configs import REFERENCE, configured
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.codes import IpProtocol
from mainmode.device.nat import Translation, Translator, rewritten
from mainmode.device.routing import RoutingTable, routes_of
from mainmode.wire.ip import Ipv4, Udp, checksum, read_udp

DEFAULT_ROUTE = "route outside 0.0.0.0 0.0.0.0 10.0.0.254\n"
HIDE = "object network INSIDE-RANGE\n nat (inside,outside) dynamic interface\n"
MIRROR_NET = "object network OTHER\n subnet 172.16.1.0 255.255.255.0\n"


def translated(text: str, ingress: str, source: str, destination: str) -> Translation:
    configuration = configured(text)
    routes = RoutingTable(routes_of(configuration))

    def egress(address: IPv4Address) -> str | None:
        hop = routes.hop(address)
        return hop.interface if hop is not None else None

    translator = Translator(configuration)
    return translator.translate(ingress, IPv4Address(source), IPv4Address(destination), egress)


def addresses(found: Translation) -> tuple[str, str]:
    return str(found.source), str(found.destination)


def test_identity_rule_leaves_tunnel_traffic_alone_and_is_named() -> None:
    found = translated(REFERENCE + DEFAULT_ROUTE + HIDE, "inside", "192.168.1.10", "192.168.2.10")
    assert addresses(found) == ("192.168.1.10", "192.168.2.10")
    assert found.rule is not None
    assert "source static INSIDE-RANGE" in str(found.rule.source)


def test_other_traffic_is_hidden_behind_the_egress_address_by_the_object_rule() -> None:
    found = translated(REFERENCE + DEFAULT_ROUTE + HIDE, "inside", "192.168.1.10", "8.8.8.8")
    assert addresses(found) == ("10.0.0.1", "8.8.8.8")


def test_without_the_identity_rule_the_dynamic_rule_takes_tunnel_traffic_too() -> None:
    text = "".join(line for line in REFERENCE.splitlines(True) if not line.startswith("nat "))
    found = translated(text + HIDE, "inside", "192.168.1.10", "192.168.2.10")
    assert addresses(found) == ("10.0.0.1", "192.168.2.10")


def test_an_inactive_rule_does_nothing() -> None:
    text = REFERENCE.replace("no-proxy-arp route-lookup", "no-proxy-arp route-lookup inactive")
    assert translated(text, "inside", "192.168.1.10", "192.168.2.10").rule is None


def test_static_rule_maps_the_source_out_and_the_destination_back() -> None:
    text = REFERENCE + MIRROR_NET + DEFAULT_ROUTE + "nat (inside,outside) 1 source static INSIDE-RANGE OTHER\n"
    assert addresses(translated(text, "inside", "192.168.1.7", "8.8.8.8")) == ("172.16.1.7", "8.8.8.8")
    assert addresses(translated(text, "outside", "8.8.8.8", "172.16.1.7")) == ("8.8.8.8", "192.168.1.7")


def test_twice_nat_destination_is_written_mapped_first() -> None:
    text = (
        REFERENCE
        + MIRROR_NET
        + DEFAULT_ROUTE
        + "nat (inside,outside) 1 source static INSIDE-RANGE INSIDE-RANGE destination static OTHER FOREIGN_NETWORK\n"
    )
    assert addresses(translated(text, "inside", "192.168.1.7", "172.16.1.9")) == ("192.168.1.7", "192.168.2.9")
    assert addresses(translated(text, "outside", "192.168.2.9", "192.168.1.7")) == ("172.16.1.9", "192.168.1.7")


def test_section_two_asks_static_before_dynamic_and_small_before_large() -> None:
    text = (
        REFERENCE
        + DEFAULT_ROUTE
        + HIDE
        + "object network A-HOST\n host 192.168.1.200\n nat (inside,outside) dynamic 10.0.0.50\n"
        + "object network B-HOST\n host 192.168.1.9\n nat (inside,outside) dynamic 10.0.0.60\n"
        + "object network Z-HALF\n subnet 192.168.1.0 255.255.255.128\n nat (inside,outside) static 172.16.5.0\n"
    )
    found = [
        addresses(translated(text, "inside", source, "8.8.8.8"))[0]
        for source in ("192.168.1.9", "192.168.1.200", "192.168.1.201")
    ]
    assert found == ["172.16.5.9", "10.0.0.50", "10.0.0.1"]


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_the_udp_checksum_follows_the_addresses(payload: bytes, source: int, destination: int) -> None:
    old = IPv4Address("192.168.1.1"), IPv4Address("192.168.2.2")
    packet = Ipv4(*old, IpProtocol.UDP, Udp(7, 9, payload).encode(*old))
    moved = rewritten(packet, IPv4Address(source), IPv4Address(destination))
    assert read_udp(moved).payload == payload


def test_the_tcp_checksum_follows_the_addresses() -> None:
    old = IPv4Address("192.168.1.1"), IPv4Address("192.168.2.2")
    segment = struct.pack(">HHIIBBHHH", 1025, 80, 1, 0, 0x50, 2, 512, 0, 0)
    pseudo = old[0].packed + old[1].packed + struct.pack(">HH", IpProtocol.TCP, len(segment))
    segment = segment[:16] + checksum(pseudo + segment).to_bytes(2) + segment[18:]
    moved = rewritten(Ipv4(*old, IpProtocol.TCP, segment), IPv4Address("10.0.0.1"), old[1])
    pseudo = moved.source.packed + moved.destination.packed + struct.pack(">HH", IpProtocol.TCP, len(segment))
    assert checksum(pseudo + moved.payload) == 0
