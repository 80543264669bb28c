"""The table of connections and the way back through translation: dialogues with one box between inside and outside."""

from ipaddress import IPv4Address

import pytest
from device_configs import REFERENCE, configured, mirrored
from device_net import Net, addressed
from device_pair import HOST_A, HOST_B, START, echo, segment

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.device.box import Box
from mainmode.device.connections import MOST_CONNECTIONS, Connection, ConnectionTable, Kind
from mainmode.device.decision import BoxEffect, Decision, PacketOut, Stage
from mainmode.device.flow import Flow
from mainmode.ike.effects import Dropped
from mainmode.lab.entropy import SeededEntropy
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp, read_echo, read_ipv4, read_udp

WEB = IPv4Address("198.51.100.7")
OUT = "route outside 0 0 10.0.0.254\n"
HIDE = "object network INSIDE-RANGE\n nat (inside,outside) dynamic interface\n"
INSPECTION = (
    "policy-map global_policy\n class inspection_default\n  inspect ftp\n  inspect icmp\n  inspect icmp error\n"
)
GLOBAL = "service-policy global_policy global\n"
SYN, SYN_ACK, ACK, RST, FIN = 0x02, 0x12, 0x10, 0x14, 0x11


class Talk:
    """One box, and a clock."""

    def __init__(self, more: str = "", text: str = REFERENCE) -> None:
        self.box = Box(configured(text + OUT + more), SeededEntropy(1, "a"), START)
        self.now = START

    def comes(self, interface: str, packet: Ipv4, later: float = 0) -> list[BoxEffect]:
        self.now = Instant(self.now + round(later * 1_000_000))
        return self.box.packet_in(interface, packet.encode(), self.now)

    def out(self, packet: Ipv4, later: float = 0) -> Ipv4:
        """What leaves when a packet comes from inside."""
        return left(self.comes("inside", packet, later))

    def back(self, packet: Ipv4, later: float = 0) -> Ipv4:
        """What goes in when a packet comes from outside."""
        return left(self.comes("outside", packet, later))


def left(effects: list[BoxEffect]) -> Ipv4:
    (packet,) = (read_ipv4(effect.packet) for effect in effects if isinstance(effect, PacketOut))
    return packet


def reasons(effects: list[BoxEffect]) -> list[Drop]:
    return [effect.reason for effect in effects if isinstance(effect, Dropped)]


def datagram(source: IPv4Address, destination: IPv4Address, ports: tuple[int, int]) -> Ipv4:
    return Ipv4(source, destination, IpProtocol.UDP, Udp(*ports, b"data").encode(source, destination))


def test_a_tcp_reply_passes_without_an_access_list_and_a_stranger_does_not() -> None:
    talk = Talk()
    talk.out(segment(HOST_A, WEB, SYN, (4000, 80)))
    assert talk.back(segment(WEB, HOST_A, SYN_ACK, (80, 4000))).destination == HOST_A
    talk.out(segment(HOST_A, WEB, ACK, (4000, 80)))
    assert reasons(talk.comes("outside", segment(WEB, HOST_A, SYN_ACK, (81, 4000)))) == [Drop.NO_CONNECTION]
    assert reasons(talk.comes("outside", segment(WEB, HOST_A, SYN, (81, 4000)))) == [Drop.DENIED]


def test_a_segment_that_opens_nothing_needs_a_connection() -> None:
    talk = Talk()
    for flags in (ACK, SYN_ACK, RST, FIN, 0):
        assert reasons(talk.comes("inside", segment(HOST_A, WEB, flags))) == [Drop.NO_CONNECTION]


def test_a_reset_ends_the_connection_and_two_fins_leave_it_half_closed() -> None:
    talk = Talk()
    talk.out(segment(HOST_A, WEB, SYN, (4000, 80)))
    talk.back(segment(WEB, HOST_A, RST, (80, 4000)))
    assert talk.box.connections == ()
    talk.out(segment(HOST_A, WEB, SYN, (4001, 80)))
    talk.out(segment(HOST_A, WEB, FIN, (4001, 80)))
    talk.back(segment(WEB, HOST_A, FIN, (80, 4001)))
    (one,) = talk.box.connections
    assert one.kind is Kind.HALF_CLOSED
    talk.back(segment(WEB, HOST_A, ACK, (80, 4001)), later=599)
    assert reasons(talk.comes("outside", segment(WEB, HOST_A, ACK, (80, 4001)), later=600)) == [Drop.NO_CONNECTION]


@pytest.mark.parametrize(("idle", "passes"), [(119, True), (120, False)])
def test_an_idle_udp_connection_is_forgotten_after_two_minutes(idle: float, passes: bool) -> None:
    talk = Talk()
    talk.out(datagram(HOST_A, WEB, (4000, 53)))
    effects = talk.comes("outside", datagram(WEB, HOST_A, (53, 4000)), later=idle)
    assert (reasons(effects) == []) == passes


def test_the_way_back_through_a_shared_address_finds_each_host() -> None:
    talk = Talk(HIDE)
    other = IPv4Address("192.168.1.11")
    first = talk.out(datagram(HOST_A, WEB, (4000, 53)))
    second = talk.out(datagram(other, WEB, (4000, 53)))
    assert (first.source, second.source) == (addressed(1), addressed(1))
    ports = [read_udp(packet).source_port for packet in (first, second)]
    assert ports == [4000, 1024]
    for port, host in zip(ports, (HOST_A, other), strict=True):
        packet = talk.back(datagram(WEB, addressed(1), (53, port)))
        assert packet.destination == host
        assert read_udp(packet).destination_port == 4000
    assert reasons(talk.comes("outside", datagram(WEB, addressed(1), (53, 9999)))) == [Drop.NOT_FOR_US]


def test_an_echo_comes_back_by_its_identifier_where_icmp_is_inspected() -> None:
    talk = Talk(HIDE + INSPECTION + GLOBAL)
    other = IPv4Address("192.168.1.11")
    requests = [talk.out(echo(host, WEB)) for host in (HOST_A, other)]
    identifiers = [one.identifier for packet in requests if (one := read_echo(packet)) is not None]
    assert identifiers[0] == 7
    assert identifiers[1] != 7
    for identifier, host in zip(identifiers, (HOST_A, other), strict=True):
        reply = Ipv4(WEB, addressed(1), IpProtocol.ICMP, IcmpEcho(False, identifier, 1, bytes(56)).encode())
        packet = talk.back(reply)
        assert packet.destination == host
        assert read_echo(packet) == IcmpEcho(False, 7, 1, bytes(56))


def test_without_inspection_an_echo_reply_needs_an_access_list_and_the_missing_line_is_named() -> None:
    reply = Ipv4(WEB, HOST_A, IpProtocol.ICMP, IcmpEcho(False, 7, 1, bytes(56)).encode())
    talk = Talk()
    talk.out(echo(HOST_A, WEB))
    effects = talk.comes("outside", reply)
    assert reasons(effects) == [Drop.DENIED]
    (drop,) = (effect for effect in effects if isinstance(effect, Dropped))
    assert str(drop.sources[-1]).endswith("(absent) inspect icmp")
    allowed = Talk("access-list O extended permit icmp any any echo-reply\naccess-group O in interface outside\n")
    allowed.out(echo(HOST_A, WEB))
    assert allowed.back(reply).destination == HOST_A


def test_a_policy_map_inspects_where_a_service_policy_binds_it() -> None:
    reply = Ipv4(WEB, HOST_A, IpProtocol.ICMP, IcmpEcho(False, 7, 1, bytes(56)).encode())
    for more, missing in (
        (INSPECTION + GLOBAL, None),
        (INSPECTION + "service-policy global_policy interface outside\n", None),
        (INSPECTION, "service-policy global_policy global"),
        (INSPECTION + "service-policy global_policy interface dmz\n", "service-policy global_policy global"),
        (INSPECTION + GLOBAL + "no service-policy global_policy global\n", "service-policy global_policy global"),
        (INSPECTION.replace("  inspect icmp\n", "") + GLOBAL, "inspect icmp"),
        (INSPECTION + "  no inspect icmp\n" + GLOBAL, "inspect icmp"),
    ):
        talk = Talk(more)
        talk.out(echo(HOST_A, WEB))
        drops = [effect for effect in talk.comes("outside", reply) if isinstance(effect, Dropped)]
        assert [str(one.sources[-1]).partition("(absent) ")[2] for one in drops] == [missing] * (missing is not None)


def test_connections_are_idle_as_long_as_the_timeouts_say() -> None:
    packet, answer = datagram(HOST_A, WEB, (4000, 53)), datagram(WEB, HOST_A, (53, 4000))
    for line, idle, stands in (
        ("", 119, True),
        ("", 120, False),
        ("timeout udp 0:05:00\n", 299, True),
        ("timeout conn 2:00:00 half-closed 0:10:00 udp 0:05:00 icmp 0:00:02\n", 300, False),
        ("timeout udp 0\n", 86400, True),
        ("timeout udp 0:05:00\nno timeout udp 0:05:00\n", 120, False),
    ):
        talk = Talk(line)
        talk.out(packet)
        assert bool([one for one in talk.comes("outside", answer, idle) if isinstance(one, PacketOut)]) == stands
    talk = Talk()
    talk.out(packet)
    talk.box.reconfigure(configured(REFERENCE + OUT + "timeout udp 0:05:00\n"), talk.now)
    assert talk.back(answer, 299).destination == HOST_A


def test_nobody_gets_in_by_an_echo_request_that_answers_a_reply() -> None:
    talk = Talk(INSPECTION + GLOBAL)
    talk.out(Ipv4(HOST_A, WEB, IpProtocol.ICMP, IcmpEcho(False, 7, 1).encode()))
    assert reasons(talk.comes("outside", echo(WEB, HOST_A))) == [Drop.DENIED]


def test_a_forwarded_port_leads_in_and_its_answers_carry_the_outside_address() -> None:
    server = "object network SERVER\n host 192.168.1.80\n nat (inside,outside) static interface service tcp www 8080\n"
    permit = "access-list O extended permit tcp any host 192.168.1.80 eq 80\naccess-group O in interface outside\n"
    talk = Talk(server + permit)
    inward = talk.back(segment(WEB, addressed(1), SYN, (5000, 8080)))
    assert (str(inward.destination), inward.payload[2:4]) == ("192.168.1.80", (80).to_bytes(2))
    outward = talk.out(segment(inward.destination, WEB, SYN_ACK, (80, 5000)))
    assert (outward.source, outward.payload[:2]) == (addressed(1), (8080).to_bytes(2))
    (hits,) = (hits for line, hits in talk.box.nat_hits.items() if "static interface" in str(line))
    assert (hits.translated, hits.untranslated) == (0, 1)


def test_the_way_back_through_another_rule_is_refused() -> None:
    text = "".join(line for line in REFERENCE.splitlines(True) if not line.startswith("nat "))
    permit = "access-list O extended permit ip any any\naccess-group O in interface outside\n"
    talk = Talk(HIDE + permit, text)
    assert reasons(talk.comes("outside", segment(WEB, HOST_A))) == [Drop.NAT_REVERSE_PATH]


def test_hits_count_connections_not_packets() -> None:
    talk = Talk("access-list IN extended permit ip any any\naccess-group IN in interface inside\n" + HIDE)
    for _ in range(3):
        talk.out(datagram(HOST_A, WEB, (4000, 53)))
    talk.out(datagram(HOST_A, WEB, (4001, 53)))
    (ace,) = talk.box.configuration.access_lists["IN"].aces
    assert talk.box.hits.of(ace.source) == 2
    assert [hits.translated for line, hits in talk.box.nat_hits.items() if "dynamic" in str(line)] == [2]
    assert len(talk.box.translations) == 2


def test_the_first_packet_meets_every_rule_and_the_next_ones_find_their_connection() -> None:
    talk = Talk()
    first, second = (
        [effect.stage for effect in talk.comes("inside", datagram(HOST_A, WEB, (4000, 53)))
         if isinstance(effect, Decision)]
        for _ in range(2)
    )  # fmt: skip
    assert first[:2] == [Stage.ROUTE, Stage.ACCESS_LIST]
    assert Stage.FLOW_CREATION in first
    assert second[0] is Stage.FLOW_LOOKUP


def test_a_change_of_rules_lets_connections_stand_and_counts_stay_with_their_lines() -> None:
    lists = "access-list IN extended permit udp any any\naccess-group IN in interface inside\n"
    talk = Talk(lists)
    talk.out(datagram(HOST_A, WEB, (4000, 53)))
    new = REFERENCE + OUT + "access-list IN extended deny tcp any any\n" + lists
    talk.box.reconfigure(configured(new), talk.now)
    assert talk.back(datagram(WEB, HOST_A, (53, 4000))).destination == HOST_A
    deny, permit = talk.box.configuration.access_lists["IN"].aces
    assert (talk.box.hits.of(deny.source), talk.box.hits.of(permit.source)) == (0, 1)
    assert reasons(talk.comes("inside", segment(HOST_A, WEB))) == [Drop.DENIED]
    talk.box.counters.clear_access_lists()
    assert talk.box.hits.of(permit.source) == 0


def test_a_connection_through_a_tunnel_ends_with_it_unless_flows_are_preserved() -> None:
    for line, stands in (("", False), ("sysopt connection preserve-vpn-flows\n", True)):
        net = Net({"a": REFERENCE + line, "b": mirrored(REFERENCE)}, silent=True)
        for _ in range(2):
            net.inject("a", "inside", segment(HOST_A, HOST_B))
        assert len(net.inside["b"]) == 1
        net.carry_out("a", net.boxes["a"].clear(None, net.now))
        assert bool(net.boxes["a"].connections) == stands


def test_the_table_is_bounded_and_drops_the_longest_idle() -> None:
    table = ConnectionTable(configured(REFERENCE).settings.timeouts)
    flow = Flow(HOST_A, WEB, 17)
    gone: list[int] = []
    for number in range(MOST_CONNECTIONS + 2):
        now = Instant(START + number)
        key = (17, number, 0, 0, 0)
        one = Connection(key, (17, 0, number, 0, 0), flow, flow, "inside", "outside", Kind.UDP, now, now)
        one.release = lambda number=number: gone.append(number)  # type: ignore[misc]
        table.add(one, now)
    assert len(table) == MOST_CONNECTIONS
    assert gone == [0, 1]


def test_a_packet_grows_older_by_one_hop_and_leaves_under_its_new_address() -> None:
    talk = Talk(HIDE)
    packet = talk.out(segment(HOST_A, WEB)._replace(ttl=9))
    assert packet.ttl == 8
    assert packet.source == addressed(1)
