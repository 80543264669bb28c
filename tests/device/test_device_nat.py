import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

import pytest
from device_configs import REFERENCE, configured
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.codes import IpProtocol
from mainmode.device.addresses import Ranges
from mainmode.device.config.model import AddressRange
from mainmode.device.flow import Flow
from mainmode.device.nat import Translator, rewritten
from mainmode.device.nat_rules import Rule
from mainmode.device.routing import RoutingTable, routes_of
from mainmode.device.translations import Translations
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp, checksum, read_echo, read_udp

DEFAULT_ROUTE = "route outside 0.0.0.0 0.0.0.0 10.0.0.254\n"
HIDE = "object network INSIDE-RANGE\n nat (inside,outside) dynamic interface\n"
MIRROR_NET = "object network OTHER\n subnet 172.16.1.0 255.255.255.0\n"
OWN: Ranges = (AddressRange(IPv4Address("10.0.0.1"), IPv4Address("10.0.0.1")),)


@dataclass(frozen=True)
class Outcome:
    source: str
    destination: str
    ports: tuple[int, int]
    rules: tuple[Rule, ...]
    egress: str | None
    asymmetric: Rule | None

    @property
    def lines(self) -> list[str]:
        return [str(rule.source) for rule in self.rules]


def translated(
    text: str, ingress: str, source: str, destination: str, protocol: int = 0, ports: tuple[int, int] = (0, 0)
) -> Outcome:
    """What the rules make of a packet; a dynamic rule's new source is asked of an empty table."""
    configuration = configured(text)
    routes = RoutingTable(routes_of(configuration))

    def egress(address: IPv4Address) -> str | None:
        hop = routes.hop(address)
        return hop.interface if hop is not None else None

    translator = Translator(configuration)
    flow = Flow(IPv4Address(source), IPv4Address(destination), protocol, *ports)
    found = translator.untranslate(ingress, flow, egress)
    leaving = found.egress or egress(found.destination) or ""
    new = translator.translate(ingress, leaving, flow, found)
    address = new.source
    if new.dynamic and new.rule is not None:
        taken = Translations().take(new.rule, translator.own(leaving), protocol, flow.source, new.port)
        assert taken is not None
        address = taken[0].mapped
    rules = tuple(rule for rule in (found.rule, new.rule) if rule is not None)
    asymmetric = translator.asymmetric(ingress, leaving, flow, found)
    return Outcome(str(address), str(found.destination), (new.port, found.port), rules, found.egress, asymmetric)


def addresses(found: Outcome) -> tuple[str, str]:
    return found.source, found.destination


def test_identity_rule_leaves_tunnel_traffic_alone_and_is_named() -> None:
    found = translated(REFERENCE + DEFAULT_ROUTE + HIDE, "inside", "192.168.1.10", "192.168.2.10")
    assert addresses(found) == ("192.168.1.10", "192.168.2.10")
    assert all("source static INSIDE-RANGE" in line for line in found.lines)


def test_other_traffic_is_hidden_behind_the_egress_address_by_the_object_rule() -> None:
    found = translated(REFERENCE + DEFAULT_ROUTE + HIDE, "inside", "192.168.1.10", "8.8.8.8")
    assert addresses(found) == ("10.0.0.1", "8.8.8.8")


def test_without_the_identity_rule_the_dynamic_rule_takes_tunnel_traffic_too() -> None:
    text = "".join(line for line in REFERENCE.splitlines(True) if not line.startswith("nat "))
    found = translated(text + HIDE, "inside", "192.168.1.10", "192.168.2.10")
    assert addresses(found) == ("10.0.0.1", "192.168.2.10")


def test_a_dynamic_rule_without_destination_above_the_identity_rule_wins() -> None:
    hide = "nat (inside,outside) source dynamic INSIDE-RANGE interface\n"
    found = translated(REFERENCE.replace("nat (inside", hide + "nat (inside"), "inside", "192.168.1.10", "192.168.2.10")
    assert addresses(found) == ("10.0.0.1", "192.168.2.10")


def test_after_auto_stands_behind_the_objects() -> None:
    late = "object network LATE\n host 10.0.0.99\nnat (inside,outside) after-auto source dynamic any LATE\n"
    text = REFERENCE + DEFAULT_ROUTE + late
    assert addresses(translated(text, "inside", "192.168.1.10", "8.8.8.8"))[0] == "10.0.0.99"
    assert addresses(translated(text + HIDE, "inside", "192.168.1.10", "8.8.8.8"))[0] == "10.0.0.1"


def test_an_inactive_rule_does_nothing() -> None:
    text = REFERENCE.replace("no-proxy-arp route-lookup", "no-proxy-arp route-lookup inactive")
    assert translated(text, "inside", "192.168.1.10", "192.168.2.10").rules == ()


def test_static_rule_maps_the_source_out_and_the_destination_back() -> None:
    text = REFERENCE + MIRROR_NET + DEFAULT_ROUTE + "nat (inside,outside) 1 source static INSIDE-RANGE OTHER\n"
    assert addresses(translated(text, "inside", "192.168.1.7", "8.8.8.8")) == ("172.16.1.7", "8.8.8.8")
    back = translated(text, "outside", "8.8.8.8", "172.16.1.7")
    assert addresses(back) == ("8.8.8.8", "192.168.1.7")
    assert back.egress == "inside"


def test_a_unidirectional_rule_lets_nobody_in() -> None:
    rule = "nat (inside,outside) 1 source static INSIDE-RANGE OTHER unidirectional\n"
    text = REFERENCE + MIRROR_NET + DEFAULT_ROUTE + rule
    assert addresses(translated(text, "inside", "192.168.1.7", "8.8.8.8")) == ("172.16.1.7", "8.8.8.8")
    assert translated(text, "outside", "8.8.8.8", "172.16.1.7").rules == ()


def test_twice_nat_destination_is_written_mapped_first() -> None:
    text = (
        REFERENCE
        + MIRROR_NET
        + DEFAULT_ROUTE
        + "nat (inside,outside) 1 source static INSIDE-RANGE INSIDE-RANGE destination static OTHER FOREIGN_NETWORK\n"
    )
    assert addresses(translated(text, "inside", "192.168.1.7", "172.16.1.9")) == ("192.168.1.7", "192.168.2.9")
    assert addresses(translated(text, "outside", "192.168.2.9", "192.168.1.7")) == ("172.16.1.9", "192.168.1.7")


def test_the_rule_says_the_way_out_unless_it_says_route_lookup() -> None:
    nowhere = "route inside 192.168.2.0 255.255.255.0 192.168.1.254\n"
    by_rule = REFERENCE.replace(" no-proxy-arp route-lookup", " no-proxy-arp") + nowhere
    assert translated(by_rule, "inside", "192.168.1.7", "192.168.2.9").egress == "outside"
    by_route = REFERENCE.replace("set reverse-route", "set pfs") + nowhere
    assert translated(by_route, "inside", "192.168.1.7", "192.168.2.9").rules == ()


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


def test_a_static_rule_with_a_service_forwards_one_port_of_the_interface() -> None:
    server = "object network SERVER\n host 192.168.1.80\n nat (inside,outside) static interface service tcp www 8080\n"
    text = REFERENCE + DEFAULT_ROUTE + server
    found = translated(text, "outside", "8.8.8.8", "10.0.0.1", 6, (4000, 8080))
    assert (found.destination, found.ports) == ("192.168.1.80", (4000, 80))
    assert translated(text, "outside", "8.8.8.8", "10.0.0.1", 6, (4000, 8081)).rules == ()
    assert translated(text, "outside", "8.8.8.8", "10.0.0.1", 17, (4000, 8080)).rules == ()


def test_twice_nat_with_services_translates_both_ports() -> None:
    text = (
        REFERENCE
        + DEFAULT_ROUTE
        + MIRROR_NET
        + "object service MAPPED\n service tcp destination eq 8080\n"
        + "object service REAL\n service tcp destination eq 80\n"
        + "nat (inside,outside) 1 source static INSIDE-RANGE OTHER destination static FOREIGN_NETWORK FOREIGN_NETWORK "
        + "service MAPPED REAL\n"
    )
    there = translated(text, "inside", "192.168.1.7", "192.168.2.9", 6, (4000, 8080))
    assert (there.source, there.ports) == ("172.16.1.7", (4000, 80))
    back = translated(text, "outside", "192.168.2.9", "172.16.1.7", 6, (80, 4000))
    assert (back.destination, back.ports) == ("192.168.1.7", (8080, 4000))
    assert translated(text, "inside", "192.168.1.7", "192.168.2.9", 6, (4000, 81)).source == "192.168.1.7"


def test_the_way_back_through_another_rule_is_found_out() -> None:
    text = "".join(line for line in REFERENCE.splitlines(True) if not line.startswith("nat "))
    found = translated(text + HIDE, "outside", "192.168.2.10", "192.168.1.10")
    assert found.asymmetric is not None
    assert "dynamic interface" in str(found.asymmetric.source)
    assert translated(REFERENCE + HIDE, "outside", "192.168.2.10", "192.168.1.10").asymmetric is None


def pool(text: str) -> Rule:
    (rule,) = (rule for rule in Translator(configured(text)).rules if rule.dynamic)
    return rule


def test_hosts_behind_one_address_keep_their_port_or_get_another_of_its_kind() -> None:
    rule, table = pool(REFERENCE + HIDE), Translations()

    def port_of(host: str, port: int) -> int | None:
        taken = table.take(rule, OWN, 17, IPv4Address(host), port)
        assert taken is not None
        return taken[0].mapped_port

    assert port_of("192.168.1.1", 5000) == 5000
    assert port_of("192.168.1.1", 5000) == 5000
    assert port_of("192.168.1.2", 5000) == 1024
    assert port_of("192.168.1.3", 5000) == 1025
    assert port_of("192.168.1.1", 123) == 123
    assert port_of("192.168.1.2", 123) == 0


def test_a_port_is_free_again_when_its_last_connection_is_gone() -> None:
    rule, table = pool(REFERENCE + HIDE), Translations()
    first, second = (table.take(rule, OWN, 6, IPv4Address("192.168.1.1"), 5000) for _ in range(2))
    assert first is not None
    assert second is not None
    first[1]()
    assert len(table.all()) == 1
    second[1]()
    assert table.all() == ()
    other = table.take(rule, OWN, 6, IPv4Address("192.168.1.2"), 5000)
    assert other is not None
    assert other[0].mapped_port == 5000


def test_a_pool_gives_each_host_an_address_until_none_is_left() -> None:
    objects = "object network POOL\n range 10.0.0.10 10.0.0.11\n"
    rule = pool(REFERENCE + objects + HIDE.replace("dynamic interface", "dynamic POOL"))
    table = Translations()
    taken = [table.take(rule, OWN, 6, IPv4Address(f"192.168.1.{host}"), 80) for host in (1, 2, 1, 3)]
    assert [str(one[0].mapped) if one else None for one in taken] == ["10.0.0.10", "10.0.0.11", "10.0.0.10", None]
    behind = pool(REFERENCE + objects + HIDE.replace("dynamic interface", "dynamic POOL interface"))
    table = Translations()
    last = [table.take(behind, OWN, 6, IPv4Address(f"192.168.1.{host}"), 80) for host in (1, 2, 3)][-1]
    assert last is not None
    assert str(last[0].mapped) == "10.0.0.1"


def test_a_pat_pool_fills_one_address_or_takes_turns() -> None:
    objects = "object network POOL\n range 10.0.0.10 10.0.0.11\n"
    for words, expected in (("pat-pool POOL", ["10", "10", "10"]), ("pat-pool POOL round-robin", ["10", "11", "10"])):
        rule = pool(REFERENCE + objects + HIDE.replace("dynamic interface", f"dynamic {words}"))
        table = Translations()
        taken = [table.take(rule, OWN, 6, IPv4Address(f"192.168.1.{host}"), 8000 + host) for host in (1, 2, 3)]
        assert [str(one[0].mapped).rsplit(".", 1)[1] if one else None for one in taken] == expected


def test_when_all_ports_are_taken_nothing_is_given() -> None:
    rule, table = pool(REFERENCE + HIDE), Translations()
    for host in range(512):
        assert table.take(rule, OWN, 17, IPv4Address(0xC0A80100 + host), 100) is not None
    assert table.take(rule, OWN, 17, IPv4Address(0xC0A80100 + 600), 100) is None
    assert table.take(rule, OWN, 17, IPv4Address(0xC0A80100 + 600), 600) is not None


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 65535))
def test_the_udp_checksum_follows_addresses_and_ports(payload: bytes, source: int, destination: int, port: int) -> None:
    old = IPv4Address("192.168.1.1"), IPv4Address("192.168.2.2")
    packet = Ipv4(*old, IpProtocol.UDP, Udp(7, 9, payload).encode(*old))
    moved = rewritten(packet, IPv4Address(source), IPv4Address(destination), (port, 9))
    assert read_udp(moved) == Udp(port, 9, payload)


def test_the_tcp_checksum_follows_the_addresses() -> None:
    old = IPv4Address("192.168.1.1"), IPv4Address("192.168.2.2")
    segment = struct.pack(">HHIIBBHHH", 1025, 80, 1, 0, 0x50, 2, 512, 0, 0)
    pseudo = old[0].packed + old[1].packed + struct.pack(">HH", IpProtocol.TCP, len(segment))
    segment = segment[:16] + checksum(pseudo + segment).to_bytes(2) + segment[18:]
    moved = rewritten(Ipv4(*old, IpProtocol.TCP, segment), IPv4Address("10.0.0.1"), old[1])
    pseudo = moved.source.packed + moved.destination.packed + struct.pack(">HH", IpProtocol.TCP, len(segment))
    assert checksum(pseudo + moved.payload) == 0


@pytest.mark.parametrize("identifier", [0, 1, 0xFFFF])
def test_an_echo_keeps_its_checksum_under_another_identifier(identifier: int) -> None:
    packet = Ipv4(OWN[0].first, OWN[0].first, IpProtocol.ICMP, IcmpEcho(True, 7, 1, b"abc").encode())
    moved = rewritten(packet, packet.source, packet.destination, None, identifier)
    assert read_echo(moved) == IcmpEcho(True, identifier, 1, b"abc")
