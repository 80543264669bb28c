"""Which interfaces face each other, and what traffic is sent, found from configurations with and without faults."""

from importlib.resources import files
from ipaddress import IPv4Address

import pytest

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import InputError
from mainmode.device.config.reader import read
from mainmode.lab.facing import Pair, find_facing
from mainmode.lab.run import Order, run
from mainmode.lab.traffic import chosen_traffic, interesting_traffic
from mainmode.ladder.transcript import Outcome, Side

EXAMPLES = files("mainmode.lab") / "examples"
TEXT_A, TEXT_B = ((EXAMPLES / name).read_text("utf-8") for name in ("asa1.cfg", "asa2.cfg"))


def _pair(a: str = TEXT_A, b: str = TEXT_B) -> Pair:
    return {Side.A: read(a, "asa1.cfg"), Side.B: read(b, "asa2.cfg")}


def _ends(pair: Pair) -> list[tuple[str, str]]:
    return [(facing.ends[Side.A].interface, facing.ends[Side.B].interface) for facing in find_facing(pair)]


def test_peers_that_name_each_other_face_each_other() -> None:
    (facing,) = find_facing(_pair())
    assert facing.mutual
    assert {side: str(end.address) for side, end in facing.ends.items()} == {Side.A: "10.0.0.1", Side.B: "10.0.0.2"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("set peer 10.0.0.2", "set peer 10.0.0.9"),
        ("crypto map MAP interface outside\n", ""),
        ("crypto map MAP 10 set peer 10.0.0.2\n", ""),
        ("crypto isakmp enable outside\n", ""),
    ],
)
def test_a_fault_on_one_side_does_not_hide_the_wire(old: str, new: str) -> None:
    assert old in TEXT_A
    assert _ends(_pair(a=TEXT_A.replace(old, new))) == [("outside", "outside")]


def test_wrong_peers_on_both_sides_leave_the_common_subnet() -> None:
    pair = _pair(TEXT_A.replace("peer 10.0.0.2", "peer 10.0.0.9"), TEXT_B.replace("peer 10.0.0.1", "peer 10.0.0.8"))
    assert _ends(pair) == [("outside", "outside")]
    assert not find_facing(pair)[0].mutual


def test_peers_in_different_subnets_face_each_other() -> None:
    pair = _pair(
        TEXT_A.replace("peer 10.0.0.2", "peer 203.0.113.9"), TEXT_B.replace("address 10.0.0.2", "address 203.0.113.9")
    )
    assert _ends(pair) == [("outside", "outside")]


def test_configurations_with_nothing_in_common_are_refused_with_what_was_found() -> None:
    stranger = "hostname x\ninterface Gi0/0\n nameif dmz\n ip address 172.16.0.1 255.255.255.0\n"
    with pytest.raises(InputError, match=r"(?s)dmz 172\.16\.0\.1.*set peer"):
        find_facing(_pair(b=stranger))
    with pytest.raises(InputError, match="no interface"):
        find_facing(_pair("", ""))


@pytest.mark.parametrize("starter", list(Side))
def test_the_first_ace_that_ping_can_use_gives_the_traffic(starter: Side) -> None:
    pair = _pair()
    (traffic,) = interesting_traffic(pair, find_facing(pair), starter)
    assert traffic.side is starter
    assert traffic.probe.protocol is IpProtocol.ICMP
    expected = {Side.A: ("192.168.1.2", "192.168.2.2"), Side.B: ("192.168.2.2", "192.168.1.2")}[starter]
    assert (str(traffic.probe.source), str(traffic.probe.destination)) == expected
    assert traffic.ace is not None
    assert "permit icmp" in str(traffic.ace.source)
    assert set(traffic.interfaces.values()) == {"inside"}


def test_an_access_list_for_tcp_alone_is_probed_with_tcp() -> None:
    only_tcp = TEXT_A.replace(
        "permit icmp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0",
        "permit tcp host 192.168.1.7 host 192.168.2.7 eq www",
    )
    only_tcp = only_tcp.replace(
        "permit tcp 192.168.1.0 255.255.255.0 192.168.2.0", "permit gre host 1.1.1.1 192.168.2.0"
    )
    pair = _pair(a=only_tcp)
    (traffic,) = interesting_traffic(pair, find_facing(pair), Side.A)
    probe = traffic.probe
    assert (probe.protocol, probe.destination_port) == (IpProtocol.TCP, 80)
    assert (str(probe.source), str(probe.destination)) == ("192.168.1.7", "192.168.2.7")


def test_each_crypto_map_entry_for_the_other_device_is_a_tunnel() -> None:
    second = (
        "access-list SECOND extended permit ip host 192.168.5.9 host 192.168.6.9\n"
        "crypto map MAP 20 match address SECOND\ncrypto map MAP 20 set peer 10.0.0.2\n"
        "crypto map MAP 20 set transform-set TRANSFORM\n"
        "crypto map MAP 30 match address SECOND\ncrypto map MAP 30 set peer 10.9.9.9\n"
    )
    pair = _pair(a=TEXT_A + second)
    found = interesting_traffic(pair, find_facing(pair), Side.A)
    assert [traffic.entry and traffic.entry.sequence for traffic in found] == [10, 20]
    assert str(found[1].probe.source) == "192.168.5.9"


def test_no_usable_access_list_says_what_to_do() -> None:
    pair = _pair(a=TEXT_A.replace("match address VPN", "match address OTHER"))
    with pytest.raises(InputError, match=r"asa1\.cfg.*--ping SRC DST"):
        interesting_traffic(pair, find_facing(pair), Side.A)


def test_named_hosts_start_on_the_side_that_has_the_source() -> None:
    pair = _pair()
    traffic = chosen_traffic(pair, find_facing(pair), IPv4Address("192.168.2.77"), IPv4Address("192.168.1.5"))
    assert traffic.side is Side.B
    assert traffic.ace is not None
    outside = chosen_traffic(pair, find_facing(pair), IPv4Address("192.168.1.5"), IPv4Address("8.8.8.8"))
    assert (outside.side, outside.ace, outside.interfaces[Side.B]) == (Side.A, None, "inside")
    with pytest.raises(InputError, match=r"192\.168\.1\.0/24"):
        chosen_traffic(pair, find_facing(pair), IPv4Address("172.16.0.1"), IPv4Address("192.168.1.5"))


def test_a_host_is_never_the_device_itself() -> None:
    top = TEXT_A.replace("ip address 192.168.1.1 255", "ip address 192.168.1.254 255")
    pair = _pair(a=top)
    (traffic,) = interesting_traffic(pair, find_facing(pair), Side.A)
    assert str(traffic.probe.source) == "192.168.1.1"


_SECOND_LINE = """
interface GigabitEthernet0/2
 nameif backup
 ip address 10.1.0.{own} 255.255.255.0
access-list BACKUP extended permit ip host 192.168.{near}.50 host 192.168.{far}.50
crypto map SPARE 10 match address BACKUP
crypto map SPARE 10 set peer 10.1.0.{peer}
crypto map SPARE 10 set transform-set TRANSFORM
crypto map SPARE interface backup
crypto isakmp enable backup
route backup 192.168.{far}.50 255.255.255.255 10.1.0.{peer}
tunnel-group 10.1.0.{peer} type ipsec-l2l
tunnel-group 10.1.0.{peer} ipsec-attributes
 pre-shared-key spare
"""


def test_two_lines_between_the_devices_are_two_wires_each_with_its_tunnel() -> None:
    pair = _pair(
        TEXT_A + _SECOND_LINE.format(own=1, peer=2, near=1, far=2),
        TEXT_B + _SECOND_LINE.format(own=2, peer=1, near=2, far=1),
    )
    assert _ends(pair) == [("outside", "outside"), ("backup", "backup")]
    result = run(Order(pair, 1))
    assert result.transcript.verdict.outcome is Outcome.UP, result.transcript.verdict
    assert sorted(tunnel.interface for tunnel in result.tunnels) == ["backup", "outside"]
    assert result.interfaces == ("asa1 outside", "asa1 backup", "asa2 outside", "asa2 backup")
    assert {packet.interface for packet in result.packets} == {0, 1, 2, 3}


def test_a_single_host_of_an_access_list_is_used_as_it_is() -> None:
    pair = _pair(a=TEXT_A.replace("permit icmp 192.168.1.0 255.255.255.0", "permit icmp host 192.168.1.200"))
    traffic, _ = interesting_traffic(pair, find_facing(pair), Side.A)
    assert str(traffic.probe.source) == "192.168.1.200"


def test_a_network_behind_a_gateway_has_its_host_there() -> None:
    behind = TEXT_A.replace("permit icmp 192.168.1.0 255.255.255.0", "permit icmp 172.20.0.0 255.255.0.0")
    pair = _pair(a=behind + "route inside 172.20.0.0 255.255.0.0 192.168.1.254\n")
    traffic, _ = interesting_traffic(pair, find_facing(pair), Side.A)
    assert (str(traffic.probe.source), traffic.interfaces[Side.A]) == ("172.20.0.1", "inside")
