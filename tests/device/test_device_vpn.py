"""Tunnels as the packet path sees them: hubs, dynamic maps, filters, transport mode, replay, and the device's words."""

from ipaddress import IPv4Address

import pytest
from device_configs import REFERENCE, configured, mirrored
from device_net import Net, addressed
from device_pair import HOST_A, HOST_B, echo, segment
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop
from mainmode.base.instant import later, seconds
from mainmode.device.decision import BoxEffect, Decision, PacketOut, Stage, Verdict
from mainmode.device.routing import Origin
from mainmode.ike.effects import Dropped, InstallSa, RemoveSa, Say, Send
from mainmode.wire.ip import Ipv4, Udp, read_echo, read_ipv4


def reasons(effects: list[BoxEffect]) -> list[Drop]:
    return [effect.reason for effect in effects if isinstance(effect, Dropped)]


def said(effects: list[BoxEffect]) -> list[str]:
    return [effect.line.entry.name for effect in effects if isinstance(effect, Say)]


def gateway(name: str, last: int, inside: int, *tunnels: tuple[int, int, list[tuple[int, int]]], more: str = "") -> str:
    """A box at 10.0.0.LAST with 192.168.INSIDE.0/24 behind it, and a tunnel to each peer for pairs of networks."""
    text = f"""\
hostname {name}
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address 192.168.{inside}.1 255.255.255.0
interface GigabitEthernet0/1
 nameif outside
 security-level 0
 ip address 10.0.0.{last} 255.255.255.0
crypto ipsec transform-set TS esp-aes esp-sha-hmac
crypto map MAP interface outside
crypto isakmp enable outside
crypto isakmp policy 10
 authentication pre-share
 encryption aes
 hash sha
 group 2
"""
    for sequence, peer, pairs in tunnels:
        for local, remote in pairs:
            text += (
                f"access-list VPN{sequence} extended permit ip 192.168.{local}.0 255.255.255.0 "
                f"192.168.{remote}.0 255.255.255.0\n"
            )
        text += (
            f"crypto map MAP {sequence} match address VPN{sequence}\ncrypto map MAP {sequence} set peer 10.0.0.{peer}\n"
            f"crypto map MAP {sequence} set transform-set TS\ncrypto map MAP {sequence} set reverse-route\n"
            f"tunnel-group 10.0.0.{peer} type ipsec-l2l\ntunnel-group 10.0.0.{peer} ipsec-attributes\n"
            " pre-shared-key secret\n"
        )
    return text + more


INTRA = "same-security-traffic permit intra-interface\n"


def hub(more: str) -> Net:
    return Net(
        {
            "hub": gateway("hub", 1, 1, (10, 2, [(1, 2), (3, 2)]), (20, 3, [(1, 3), (2, 3)]), more=more),
            "left": gateway("left", 2, 2, (10, 1, [(2, 1), (2, 3)])),
            "right": gateway("right", 3, 3, (10, 1, [(3, 1), (3, 2)])),
        }
    )


def host(network: int) -> IPv4Address:
    return IPv4Address(f"192.168.{network}.10")


def test_spokes_reach_each_other_through_the_hub_where_the_line_permits_it() -> None:
    net = hub(INTRA)
    for sequence in (1, 2, 3):
        net.inject("left", "inside", echo(host(2), host(3), sequence))
        net.wait(1)
    assert [packet.source for packet in net.inside["left"]] == [host(3)]
    assert {packet.protocol for _, packet in net.wire} == {IpProtocol.UDP, IpProtocol.ESP}


def test_without_the_line_the_hub_drops_and_names_it() -> None:
    net = hub("")
    for sequence in (1, 2):
        net.inject("left", "inside", echo(host(2), host(3), sequence))
        net.wait(1)
    drop = net.dropped("hub")[-1]
    assert drop.reason is Drop.DENIED
    assert "same-security-traffic permit intra-interface" in str(drop.sources[-1])


DYNAMIC = """\
crypto dynamic-map ANY 5 set transform-set TRANSFORM
{reverse}crypto map MAP 65535 ipsec-isakmp dynamic ANY
route outside 10.0.0.0 255.255.255.0 10.0.0.1
"""


def test_under_a_dynamic_map_the_reverse_route_stands_as_long_as_the_sa() -> None:
    b = "".join(line for line in mirrored(REFERENCE).splitlines(True) if not line.startswith("crypto map MAP 10"))
    b += DYNAMIC.format(reverse="crypto dynamic-map ANY 5 set reverse-route\n")
    net = Net({"a": REFERENCE, "b": b})
    box = net.boxes["b"]
    assert not any(str(route.network) == "192.168.1.0/24" for route in box.routes)
    for sequence in (1, 2):
        net.inject("a", "inside", echo(HOST_A, HOST_B, sequence))
    assert len(net.inside["a"]) == 1
    (route,) = (route for route in box.routes if str(route.network) == "192.168.1.0/24")
    assert route.gateway == addressed(1)
    net.inject("b", "inside", echo(HOST_B, HOST_A, 7))
    assert len(net.inside["b"]) == 2
    assert reasons(net.inject("b", "outside", echo(HOST_A, HOST_B, 8))) == [Drop.IN_CLEAR]
    net.carry_out("b", box.clear(None, net.now))
    assert not any(str(route.network) == "192.168.1.0/24" for route in box.routes)


def test_a_tunnel_under_a_dynamic_map_bears_its_names_and_two_sequences_are_told_apart() -> None:
    b = "".join(line for line in mirrored(REFERENCE).splitlines(True) if not line.startswith("crypto map MAP 10"))
    more = (
        "access-list OTHER extended permit ip 172.16.0.0 255.255.0.0 172.17.0.0 255.255.0.0\n"
        "crypto dynamic-map ANY 1 match address OTHER\ncrypto dynamic-map ANY 1 set transform-set TRANSFORM\n"
        "crypto dynamic-map ANY 1 set reverse-route\ncrypto dynamic-map ANY 5 set df-bit clear-df\n"
        "route outside 192.168.1.0 255.255.255.0 10.0.0.1\n"
    )
    net = Net({"a": REFERENCE, "b": b + more + DYNAMIC.format(reverse="")})
    box = net.boxes["b"]
    for sequence in (1, 2):
        net.inject("a", "inside", echo(HOST_A, HOST_B, sequence))
    assert len(net.inside["a"]) == 1
    shown = box.show("crypto ipsec sa", net.now)
    assert "Crypto map tag: ANY, seq num: 5, local addr: 10.0.0.2" in shown
    assert "dynamic" in shown
    assert not any(route.origin is Origin.REVERSE for route in box.routes), "the other sequence has reverse-route"
    (pair,) = (state.pair for state in box.sad.states())
    assert box._plane.tables.df_bit(pair, "outside").value == "clear-df"
    first, second = box.show("crypto map MAP", net.now).split('Crypto Map "MAP" 65535 ipsec-isakmp')[1:]
    assert "Dynamic map template tag: ANY, seq num: 1" in first
    assert "Dynamic map template tag: ANY, seq num: 5" in second
    assert ("Current peer: 10.0.0.1" in first, "Current peer: 10.0.0.1" in second) == (False, True)


def test_the_dynamic_keyword_makes_a_static_entry_wait_for_its_sa() -> None:
    text = REFERENCE.replace("set reverse-route", "set reverse-route dynamic")
    net = Net({"a": text, "b": mirrored(REFERENCE)})
    assert reasons(net.inject("a", "inside", echo(HOST_A, HOST_B))) == [Drop.NO_ROUTE]
    for sequence in (1, 2):
        net.inject("b", "inside", echo(HOST_B, HOST_A, sequence))
    assert len(net.inside["b"]) == 1


FILTER = """\
access-list FILTER extended permit icmp host 192.168.1.10 host 192.168.2.10
access-list FILTER extended permit tcp 192.168.1.0 255.255.255.0 host 192.168.2.10 eq 80
group-policy TIGHT internal
group-policy TIGHT attributes
 vpn-filter value FILTER
tunnel-group 10.0.0.1 general-attributes
 default-group-policy TIGHT
"""


def test_the_vpn_filter_is_written_from_the_remote_side_and_holds_both_ways() -> None:
    net = Net({"a": REFERENCE, "b": mirrored(REFERENCE) + FILTER}, silent=True)
    for sequence in (1, 2):
        net.inject("a", "inside", echo(HOST_A, HOST_B, sequence))
    assert len(net.inside["b"]) == 1
    net.inject("a", "inside", echo(IPv4Address("192.168.1.11"), HOST_B))
    drop = net.dropped("b")[-1]
    assert drop.reason is Drop.DENIED
    assert "vpn-filter value FILTER" in str(drop.sources[-1])
    for _ in range(2):
        net.inject("a", "inside", segment(HOST_A, HOST_B, ports=(4000, 80)))
    assert len(net.inside["b"]) == 2
    net.inject("a", "inside", segment(HOST_A, HOST_B, ports=(4000, 81)))
    assert len(net.inside["b"]) == 2
    outward = net.inject("b", "inside", segment(HOST_B, HOST_A, ports=(81, 4001)))
    assert reasons(outward) == [Drop.DENIED]
    allowed = net.inject("b", "inside", segment(HOST_B, HOST_A, ports=(80, 4001)))
    assert reasons(allowed) == []


HOST_TO_HOST = """\
hostname {name}
interface GigabitEthernet0/1
 nameif outside
 security-level 0
 ip address 10.0.0.{own} 255.255.255.0
access-list VPN extended permit icmp host 10.0.0.{own} host 10.0.0.{peer}
crypto ipsec transform-set TS esp-aes esp-sha-hmac
crypto ipsec transform-set TS mode transport
crypto map MAP 10 match address VPN
crypto map MAP 10 set peer 10.0.0.{peer}
crypto map MAP 10 set transform-set TS
crypto map MAP interface outside
crypto isakmp enable outside
crypto isakmp policy 10
 authentication pre-share
tunnel-group 10.0.0.{peer} type ipsec-l2l
tunnel-group 10.0.0.{peer} ipsec-attributes
 pre-shared-key secret
"""


def test_two_gateways_ping_each_other_in_transport_mode() -> None:
    net = Net({name: HOST_TO_HOST.format(name=name, own=own, peer=3 - own) for name, own in (("a", 1), ("b", 2))})
    box = net.boxes["a"]
    assert reasons(net.carry_out("a", box.ping(addressed(2), net.now))) == [Drop.NO_TUNNEL]
    net.carry_out("a", box.ping(addressed(2), net.now, sequence=2))
    assert net.decisions("a")[-1].text == "10.0.0.2 replies to echo request 2"
    assert {packet.protocol for _, packet in net.wire} == {IpProtocol.UDP, IpProtocol.ESP}
    esp = next(packet for _, packet in net.wire if packet.protocol == IpProtocol.ESP)
    assert esp.length == 20 + 8 + 16 + 96 + 12
    (state,) = box.sad.states()
    assert state.tally.encapsulated == state.tally.decapsulated == 1


def test_between_gateways_clear_text_that_should_be_esp_is_refused() -> None:
    net = Net({name: HOST_TO_HOST.format(name=name, own=own, peer=3 - own) for name, own in (("a", 1), ("b", 2))})
    effects = net.inject("b", "outside", echo(addressed(1), addressed(2)))
    assert reasons(effects) == [Drop.IN_CLEAR]
    assert said(effects) == ["CLEAR_PACKET_RECEIVED"]


def up(a: str = REFERENCE, b: str | None = None) -> Net:
    net = Net({"a": a, "b": b if b is not None else mirrored(REFERENCE)})
    for sequence in (1, 2):
        net.inject("a", "inside", echo(HOST_A, HOST_B, sequence))
    assert len(net.inside["a"]) == 1
    return net


def sealed(net: Net, packet: Ipv4) -> Ipv4:
    """A packet as `a` would send it to `b`, whatever is in it."""
    state = net.boxes["a"].sad.states()[-1]
    esp = state.seal(packet.encode(), net.boxes["a"]._plane.entropy, net.now)
    return Ipv4(addressed(1), addressed(2), IpProtocol.ESP, esp)


def test_what_the_device_says_of_bad_packets_it_says_once_in_five_seconds() -> None:
    net = up()
    spoofed = [sealed(net, echo(IPv4Address("172.16.0.1"), HOST_B, number)) for number in range(3)]
    first = net.inject("b", "outside", spoofed[0])
    assert said(first) == ["INNER_PACKET_OUTSIDE_POLICY"]
    (line,) = (effect.line for effect in first if isinstance(effect, Say))
    assert "its source as 172.16.0.1, and its protocol as icmp" in line.text
    assert "local proxy as 192.168.2.0/255.255.255.0/icmp/0" in line.text
    assert said(net.inject("b", "outside", spoofed[1])) == []
    assert said(net.inject("b", "outside", spoofed[0])) == ["ESP_REPLAYED"]
    bad = spoofed[2]._replace(payload=spoofed[2].payload[:-1] + b"\x00")
    assert said(net.inject("b", "outside", bad)) == ["ESP_NOT_AUTHENTIC"]
    net.wait(5)
    assert said(net.inject("b", "outside", spoofed[2])) == ["INNER_PACKET_OUTSIDE_POLICY"]
    stray = Ipv4(addressed(1), addressed(2), IpProtocol.ESP, b"\x12\x34\x56\x78" + bytes(60))
    assert "ESP_INVALID_SPI" in said(net.inject("b", "outside", stray))
    statistics = net.boxes["b"].statistics
    assert (statistics.inbound.replay_failures, statistics.inbound.authentication_failures) == (1, 1)
    assert (statistics.protocol_failures, statistics.missing_sa_failures) == (3, 1)
    assert statistics.inbound.dropped == 6


@pytest.mark.parametrize(
    ("line", "late", "passes"),
    [
        ("", 63, True),
        ("", 64, False),
        ("crypto ipsec security-association replay window-size 128\n", 127, True),
        ("crypto ipsec security-association replay window-size 128\n", 128, False),
        ("crypto ipsec security-association replay disable\n", 500, True),
    ],
)
def test_the_replay_window_is_as_wide_as_configured(line: str, late: int, passes: bool) -> None:
    net = up(b=mirrored(REFERENCE) + line)
    net.silent = True
    kept = sealed(net, echo(HOST_A, HOST_B, 99))
    for number in range(late):
        net.inject("b", "outside", sealed(net, echo(HOST_A, HOST_B, 100 + number)))
    assert (reasons(net.inject("b", "outside", kept)) == []) == passes


def test_a_packet_that_asks_for_a_tunnel_is_lost_and_the_record_says_so() -> None:
    net = Net({"a": REFERENCE})
    trace = net.boxes["a"].trace("inside", echo(HOST_A, HOST_B).encode(), net.now)
    assert not trace.allowed
    assert trace.output is None
    assert [record.stage for record in trace.records if isinstance(record, Decision)][-1] is Stage.CRYPTO_MAP
    drop = trace.records[-1]
    assert isinstance(drop, Dropped)
    assert "no packet waits for a tunnel" in drop.detail
    assert any(isinstance(effect, Send) for effect in trace.effects)


def test_a_trace_through_a_standing_tunnel_shows_the_whole_way_and_sends_nothing() -> None:
    net = up()
    trace = net.boxes["a"].trace("inside", segment(HOST_A, HOST_B).encode(), net.now)
    assert not trace.allowed
    net.carry_out("a", list(trace.effects))
    trace = net.boxes["a"].trace("inside", segment(HOST_A, HOST_B).encode(), net.now)
    assert trace.allowed
    assert trace.output == "outside"
    assert [record.stage for record in trace.records if isinstance(record, Decision)] == [
        Stage.UN_NAT,
        Stage.ROUTE,
        Stage.ACCESS_LIST,
        Stage.NAT,
        Stage.NAT_RPF,
        Stage.FLOW_CREATION,
        Stage.CRYPTO_MAP,
        Stage.ENCRYPT,
    ]
    assert not any(isinstance(effect, PacketOut) for effect in trace.effects)


def test_clearing_ipsec_leaves_phase_1_and_the_next_packet_asks_anew() -> None:
    net = up()
    net.carry_out("a", net.boxes["a"].clear_ipsec(addressed(2), net.now))
    assert [len(net.boxes[name].sad.states()) for name in "ab"] == [0, 0]
    before = sum(isinstance(effect, InstallSa) for effect in net.effects["a"])
    for sequence in (3, 4):
        net.inject("a", "inside", echo(HOST_A, HOST_B, sequence))
    assert sum(isinstance(effect, InstallSa) for effect in net.effects["a"]) == before + 1
    assert net.boxes["a"].statistics.previous_tunnels == 1


def test_a_change_of_configuration_keeps_the_sas_that_still_fit() -> None:
    net = up()
    box = net.boxes["a"]
    net.carry_out("a", box.reconfigure(configured(REFERENCE + "mtu outside 1400\n"), net.now))
    assert len(box.sad.states()) == 1
    net.inject("a", "inside", echo(HOST_A, HOST_B, 3))
    assert len(net.inside["a"]) == 2
    gone = "".join(line for line in REFERENCE.splitlines(True) if "crypto map MAP 10" not in line)
    net.carry_out("a", box.reconfigure(configured(gone), net.now))
    assert [len(net.boxes[name].sad.states()) for name in "ab"] == [0, 0]


def test_counters_go_back_to_nothing_but_tunnels_stand() -> None:
    net = up()
    box = net.boxes["a"]
    assert box.statistics.outbound.packets == 1
    box.counters.clear_ipsec()
    assert (box.statistics.outbound.packets, box.statistics.active_tunnels) == (0, 1)


def test_logging_off_ends_the_session_on_both_sides() -> None:
    net = up()
    net.carry_out("a", net.boxes["a"].log_off(addressed(2), net.now))
    assert all("There are no isakmp sas" in box.show("crypto isakmp sa", net.now) for box in net.boxes.values())


def test_a_tunneled_route_is_for_what_came_out_of_a_tunnel_only() -> None:
    routes = "route inside 0 0 192.168.2.254 tunneled\nroute outside 0 0 10.0.0.254\n"
    b = mirrored(REFERENCE) + routes
    far = IPv4Address("172.16.0.9")
    a = REFERENCE.replace("192.168.2.0 255.255.255.0\n", "any\n") + "route outside 0 0 10.0.0.2\n"
    wide = b.replace("permit icmp 192.168.2.0 255.255.255.0", "permit icmp any").replace(
        "permit tcp 192.168.2.0 255.255.255.0", "permit tcp any"
    )
    net = Net({"a": a.replace(" subnet any", " subnet 192.168.2.0 255.255.255.0"), "b": wide}, silent=True)
    for sequence in (1, 2):
        net.inject("a", "inside", echo(HOST_A, far, sequence))
    assert [packet.destination for packet in net.inside["b"]] == [far]
    hop = next(one for one in net.decisions("b") if one.stage is Stage.ROUTE)
    assert "192.168.2.254" in hop.text


def test_of_many_tunnels_a_look_up_touches_the_right_one_only() -> None:
    spokes = [(number, 2, [(1, number)]) for number in range(2, 250)]
    net = Net({"hub": gateway("hub", 1, 1, *spokes)})
    maps = net.boxes["hub"]._plane.tables.maps
    index = maps._policy.spd._by_interface["outside"]
    assert len(index.find(int(host(77)))) == 1
    effects = net.inject("hub", "inside", echo(host(1), host(77)))
    assert any(isinstance(one, Decision) and one.verdict is Verdict.PROTECT and "MAP 77" in one.text for one in effects)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=90)
    | st.builds(
        lambda source, destination, protocol, payload, offset, more, whole: Ipv4(
            source, destination, protocol, payload,
            dont_fragment=whole, more_fragments=more, fragment_offset=offset,
        ).encode(),
        st.sampled_from([HOST_A, addressed(1), addressed(2), IPv4Address("255.255.255.255"), IPv4Address("224.0.0.1")]),
        st.sampled_from([HOST_B, HOST_A, addressed(1), addressed(2), IPv4Address("192.168.2.1")]),
        st.sampled_from([1, 4, 6, 17, 47, 50]),
        st.binary(max_size=60) | st.binary(min_size=1400, max_size=1600),
        st.sampled_from([0, 0, 0, 1, 8191]),
        st.booleans(),
        st.booleans(),
    ),
    st.sampled_from(["inside", "outside"]),
    st.booleans(),
)  # fmt: skip
def test_any_octets_on_any_side_and_inside_the_tunnel_give_effects(packet: bytes, interface: str, inner: bool) -> None:
    net = _standing()
    octets = packet
    if inner:
        state = net.boxes["a"].sad.states()[-1]
        esp = state.seal(packet, net.boxes["a"]._plane.entropy, net.now)
        octets, interface = Ipv4(addressed(1), addressed(2), IpProtocol.ESP, esp).encode(), "outside"
    effects = net.boxes["b"].packet_in(interface, octets, net.now)
    assert effects
    for effect in effects:
        if isinstance(effect, PacketOut):
            assert len(effect.packet) <= 1500
            assert read_ipv4(effect.packet)


_NETS: list[Net] = []


def _standing() -> Net:
    """One pair of boxes with a tunnel for all examples."""
    if not _NETS:
        _NETS.append(up(REFERENCE, mirrored(REFERENCE) + "route outside 0 0 10.0.0.254\n"))
    return _NETS[0]


def test_a_datagram_for_the_box_in_fragments_reaches_ike() -> None:
    net = Net({"a": REFERENCE})
    payload = Udp(500, 500, bytes(2000)).encode(addressed(2), addressed(1))
    whole = Ipv4(addressed(2), addressed(1), IpProtocol.UDP, payload, identification=4)
    first = whole._replace(payload=payload[:1480], more_fragments=True)
    last = whole._replace(payload=payload[1480:], fragment_offset=185)
    assert reasons(net.inject("a", "outside", last)) == []
    assert reasons(net.inject("a", "outside", first)) == [Drop.LENGTH_MISMATCH]


def test_the_box_pings_a_host_in_clear_from_the_address_of_the_way_out() -> None:
    net = Net({"a": REFERENCE})
    net.carry_out("a", net.boxes["a"].ping(HOST_A, net.now))
    (request,) = net.inside["a"]
    asked = read_echo(request)
    assert asked is not None
    assert (str(request.source), request.length) == ("192.168.1.1", 100)
    assert net.decisions("a")[-1].text == "192.168.1.10 replies to echo request 1"
    with pytest.raises(KeyError):
        net.boxes["a"].ping(HOST_A, net.now, "dmz")


def test_a_tunnel_reaches_the_inside_address_of_the_box_where_the_line_permits_it() -> None:
    own = IPv4Address("192.168.2.1")
    net = up()
    net.inject("a", "inside", echo(HOST_A, own, 3))
    assert net.dropped("b")[-1].reason is Drop.NOT_FOR_US
    net = up(b=mirrored(REFERENCE) + "management-access inside\n")
    net.inject("a", "inside", echo(HOST_A, own, 3))
    assert [packet.source for packet in net.inside["a"]] == [HOST_B, own]


def test_ah_of_a_peer_whose_sas_are_esp_is_told_of() -> None:
    net = up()
    for source, expected in ((addressed(1), ["WRONG_IPSEC_PROTOCOL"]), (addressed(9), [])):
        effects = net.inject("b", "outside", Ipv4(source, addressed(2), IpProtocol.AH, bytes(24)))
        assert reasons(effects) == [Drop.NOT_FOR_US]
        assert said(effects) == expected


def test_the_lines_of_a_crypto_access_list_count_the_flows_that_they_protect() -> None:
    net = up()
    net.silent = True
    box = net.boxes["a"]
    for _ in range(3):
        net.inject("a", "inside", segment(HOST_A, HOST_B))
    tcp, icmp = box.configuration.access_lists["VPN"].aces
    # Lost packets leave no connection, so each of them is a flow of its own.
    assert (box.hits.of(tcp.source), box.hits.of(icmp.source)) == (2, 2)


def test_a_packet_that_finds_its_tunnel_outlived_asks_for_another() -> None:
    """Nobody called `expire`: the packet itself meets the end of the lifetime, and of its connection with it."""
    net = up(REFERENCE + "crypto map MAP 10 set security-association lifetime seconds 120\n")
    net.silent = True
    for _ in range(2):
        net.inject("a", "inside", segment(HOST_A, HOST_B))
    assert len(net.boxes["a"].connections) >= 1
    net.now = later(net.now, seconds(130))
    effects = net.boxes["a"].packet_in("inside", segment(HOST_A, HOST_B).encode(), net.now)
    assert reasons(effects) == [Drop.NO_TUNNEL]
    assert any(isinstance(effect, RemoveSa) for effect in effects)
