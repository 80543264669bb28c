"""The packet path of two real boxes: what goes into the tunnel, what comes out of it, and what is dropped by name."""

from ipaddress import IPv4Address

import pytest
from device_configs import REFERENCE, configured, mirrored, modern
from device_pair import HOST_A, HOST_B, START, Pair, echo
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop
from mainmode.base.secret import Secret
from mainmode.device.box import Box
from mainmode.device.decision import PacketOut, Stage, Verdict
from mainmode.ike.effects import AcquireFailed, Cause, Dropped, InstallSa, RemoveSa
from mainmode.lab.entropy import SeededEntropy
from mainmode.wire.ip import Ipv4, Udp, read_echo, read_ipv4

A, B = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
DEFAULT_ROUTE = "route outside 0.0.0.0 0.0.0.0 10.0.0.254\n"


def without(text: str, start: str) -> str:
    kept = [line for line in text.splitlines(True) if not line.startswith(start)]
    assert len(kept) < len(text.splitlines())
    return "".join(kept)


def up(a: str = REFERENCE, b: str | None = None) -> Pair:
    """Two boxes after the ping that was lost to the negotiation."""
    pair = Pair(a, b)
    pair.ping(1)
    assert any(isinstance(effect, InstallSa) for effect in pair.effects["b"])
    return pair


def esp_of(pair: Pair) -> Ipv4:
    """The ESP packet that the next ping makes `a` send, taken from the wire."""
    effects = pair.boxes["a"].packet_in("inside", echo(HOST_A, HOST_B, 99).encode(), pair.now)
    return next(read_ipv4(effect.packet) for effect in effects if isinstance(effect, PacketOut))


def reasons(effects: list[object]) -> list[Drop]:
    return [effect.reason for effect in effects if isinstance(effect, Dropped)]


@pytest.mark.parametrize("spell", [str, modern])
def test_the_packet_that_asks_for_the_tunnel_is_lost_and_four_of_five_pings_come_back(spell: type[str]) -> None:
    pair = Pair(spell(REFERENCE))
    assert pair.ping(5) == 4
    assert [drop.reason for drop in pair.dropped("a")] == [Drop.NO_TUNNEL]
    assert pair.dropped("b") == []


def test_on_the_wire_there_is_ike_and_esp_and_nothing_in_clear() -> None:
    pair = Pair()
    pair.ping(3)
    assert {packet.protocol for _, packet in pair.wire} == {IpProtocol.UDP, IpProtocol.ESP}
    assert [packet.ttl for packet in pair.inside["b"]] == [62, 62]


def test_the_outer_header_copies_dscp_and_df_and_counts_its_identification() -> None:
    pair = up()
    marked = echo(HOST_A, HOST_B)._replace(tos=0xB8, dont_fragment=True)
    found = []
    for packet in (marked, echo(HOST_A, HOST_B)):
        effects = pair.boxes["a"].packet_in("inside", packet.encode(), pair.now)
        found += [read_ipv4(effect.packet) for effect in effects if isinstance(effect, PacketOut)]
    first, second = found
    assert (first.source, first.destination, first.tos, first.dont_fragment) == (A, B, 0xB8, True)
    assert (second.tos, second.dont_fragment) == (0, False)
    assert second.identification == (first.identification + 1) & 0xFFFF


def test_every_decision_on_the_way_into_the_tunnel_names_its_lines() -> None:
    pair = up()
    pair.effects["a"].clear()
    pair.ping(1)
    out = [one for one in pair.decisions("a") if one.stage is not Stage.FLOW_CREATION][:7]
    assert [decision.stage for decision in out] == [
        Stage.UN_NAT,
        Stage.ROUTE,
        Stage.ACCESS_LIST,
        Stage.NAT,
        Stage.NAT_RPF,
        Stage.CRYPTO_MAP,
        Stage.ENCRYPT,
    ]
    assert all(decision.sources for decision in out)
    protect = out[5]
    assert protect.verdict is Verdict.PROTECT
    assert [str(source).split(" ", 1)[1] for source in protect.sources] == [
        "crypto map MAP 10 match address VPN",
        "access-list VPN extended permit icmp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0",
    ]


def test_traffic_that_matches_no_entry_leaves_in_clear_and_says_why() -> None:
    pair = Pair(REFERENCE + DEFAULT_ROUTE)
    pair.inject("a", "inside", echo(HOST_A, IPv4Address("8.8.8.8")))
    assert [packet.destination for _, packet in pair.wire] == [IPv4Address("8.8.8.8")]
    clear = next(one for one in pair.decisions("a") if one.verdict is Verdict.IN_CLEAR)
    assert str(clear.sources[0]).endswith("crypto map MAP 10 match address VPN")


def test_a_deny_entry_sends_its_traffic_in_clear() -> None:
    denied = REFERENCE.replace("access-list VPN extended permit icmp", "access-list VPN extended deny icmp")
    pair = Pair(denied)
    pair.ping(1)
    clear = next(one for one in pair.decisions("a") if one.verdict is Verdict.IN_CLEAR)
    assert "deny icmp" in str(clear.sources[0])


def test_without_a_bound_map_the_missing_line_is_named() -> None:
    unbound = without(REFERENCE, "crypto map MAP interface")
    pair = Pair(unbound + DEFAULT_ROUTE, mirrored(REFERENCE))
    pair.ping(1)
    clear = next(one for one in pair.decisions("a") if one.verdict is Verdict.IN_CLEAR)
    assert str(clear.sources[0]) == "asa1.cfg: (absent) crypto map MAP interface outside"
    assert [drop.reason for drop in pair.dropped("b")] == [Drop.IN_CLEAR]


def test_without_a_bound_map_there_is_no_reverse_route_either() -> None:
    pair = Pair(without(REFERENCE, "crypto map MAP interface"))
    pair.ping(1)
    (drop,) = pair.dropped("a")
    assert drop.reason is Drop.NO_ROUTE
    assert str(drop.sources[-1]) == "asa1.cfg: (absent) crypto map MAP interface outside"


def test_without_any_route_the_packet_is_dropped_by_name() -> None:
    pair = Pair(without(REFERENCE, "crypto map MAP 10 set reverse-route"))
    pair.ping(1)
    assert [drop.reason for drop in pair.dropped("a")] == [Drop.NO_ROUTE]


def test_the_answer_goes_back_through_a_tunnel_of_a_dynamic_map() -> None:
    b = without(mirrored(REFERENCE), "crypto map MAP 10") + (
        "crypto dynamic-map ANY 5 set transform-set TRANSFORM\n"
        "crypto map MAP 65535 ipsec-isakmp dynamic ANY\n"
        "route outside 0.0.0.0 0.0.0.0 10.0.0.1\n"
    )
    pair = Pair(REFERENCE, b)
    assert pair.ping(3) == 2
    assert {packet.protocol for _, packet in pair.wire} == {IpProtocol.UDP, IpProtocol.ESP}


def test_an_incomplete_entry_is_passed_over_and_told_of() -> None:
    pair = Pair(without(REFERENCE, "crypto map MAP 10 set peer") + DEFAULT_ROUTE)
    pair.ping(1)
    skipped = next(one for one in pair.decisions("a") if one.verdict is Verdict.SKIPPED)
    assert skipped.text == "crypto map MAP 10 is incomplete"
    assert any(isinstance(effect, PacketOut) for effect in pair.effects["a"])


def test_a_translated_source_misses_the_crypto_map() -> None:
    hidden = without(REFERENCE, "nat ") + "object network INSIDE-RANGE\n nat (inside,outside) dynamic interface\n"
    pair = Pair(hidden, mirrored(REFERENCE))
    pair.ping(1)
    assert [(packet.source, packet.protocol) for _, packet in pair.wire][:1] == [(A, IpProtocol.ICMP)]


def test_ike_on_an_interface_without_ike_is_dropped_with_the_missing_line() -> None:
    pair = Pair(REFERENCE, without(mirrored(REFERENCE), "crypto isakmp enable"))
    pair.ping(1)
    (drop,) = pair.dropped("b")
    assert drop.reason is Drop.IKE_NOT_ENABLED
    assert str(drop.sources[0]) == "asa2.cfg: (absent) crypto isakmp enable outside"


def test_traffic_for_a_tunnel_that_cannot_begin_fails_with_a_cause() -> None:
    pair = Pair(without(REFERENCE, "crypto isakmp enable"))
    pair.ping(1)
    (failed,) = [effect for effect in pair.effects["a"] if isinstance(effect, AcquireFailed)]
    assert failed.failure.cause is Cause.IKE_NOT_ENABLED


def test_a_replayed_esp_packet_is_dropped_and_counted() -> None:
    pair = up()
    esp = esp_of(pair)
    box = pair.boxes["b"]
    assert reasons(list(box.packet_in("outside", esp.encode(), pair.now))) == []
    assert reasons(list(box.packet_in("outside", esp.encode(), pair.now))) == [Drop.REPLAY]
    output = box.show("crypto ipsec sa", pair.now)
    assert "#pkts decaps: 2, #pkts decrypt: 1, #pkts verify: 1\n" in output
    assert "#recv errors: 1\n" in output


def test_a_changed_esp_packet_fails_its_integrity_check_and_does_no_harm() -> None:
    pair = up()
    esp = esp_of(pair)
    bad = esp._replace(payload=esp.payload[:-1] + bytes((esp.payload[-1] ^ 1,)))
    box = pair.boxes["b"]
    assert reasons(list(box.packet_in("outside", bad.encode(), pair.now))) == [Drop.BAD_ICV]
    assert reasons(list(box.packet_in("outside", esp.encode(), pair.now))) == []


def test_esp_of_no_sa_here_is_dropped_and_the_peer_is_told_once_a_second() -> None:
    pair = up()
    stray = Ipv4(A, B, IpProtocol.ESP, b"\x12\x34\x56\x78" + bytes(60))
    effects = pair.boxes["b"].packet_in("outside", stray.encode(), pair.now)
    assert reasons(list(effects)) == [Drop.UNKNOWN_SPI]
    assert len(effects) > 1
    assert len(pair.boxes["b"].packet_in("outside", stray.encode(), pair.now)) == 1


def test_what_comes_under_an_sa_must_fit_its_proxies() -> None:
    pair = up()
    install = next(effect for effect in pair.effects["a"] if isinstance(effect, InstallSa))
    state = pair.boxes["a"].sad.inbound(install.pair.inbound_spi)
    assert state is not None
    spoofed = echo(IPv4Address("172.16.0.1"), HOST_B)
    esp = Ipv4(A, B, IpProtocol.ESP, state.seal(spoofed.encode(), SeededEntropy(1, "spoof"), pair.now))
    box = pair.boxes["b"]
    assert reasons(list(box.packet_in("outside", esp.encode(), pair.now))) == [Drop.SELECTOR_MISMATCH]
    output = box.show("crypto ipsec sa", pair.now)
    assert "#pkts decaps: 1, #pkts decrypt: 0, #pkts verify: 0\n" in output
    assert "#recv errors: 1\n" in output


def test_traffic_that_belongs_into_the_tunnel_is_refused_in_clear() -> None:
    pair = Pair(REFERENCE + "access-list OUT extended permit ip any any\naccess-group OUT in interface outside\n")
    pair.inject("a", "outside", echo(HOST_B, HOST_A))
    (drop,) = pair.dropped("a")
    assert drop.reason is Drop.IN_CLEAR
    assert any("match address VPN" in str(source) for source in drop.sources)


def test_with_the_exemption_off_tunnel_traffic_needs_an_access_list() -> None:
    pair = up(REFERENCE, mirrored(REFERENCE) + "no sysopt connection permit-vpn\n")
    assert pair.ping(1) == 0
    assert [drop.reason for drop in pair.dropped("b")] == [Drop.DENIED]


def test_the_box_answers_an_echo_to_its_own_address_and_to_no_other_of_its_own() -> None:
    pair = Pair()
    pair.inject("a", "inside", echo(HOST_A, IPv4Address("192.168.1.1")))
    (reply,) = pair.inside["a"]
    answered = read_echo(reply)
    assert (reply.source, reply.destination) == (IPv4Address("192.168.1.1"), HOST_A)
    assert answered is not None
    assert not answered.request
    pair.inject("a", "inside", echo(HOST_A, A))
    assert [drop.reason for drop in pair.dropped("a")] == [Drop.NOT_FOR_US]


def test_what_nothing_listens_to_is_not_for_us() -> None:
    box = Pair().boxes["a"]
    for packet in (
        Ipv4(B, A, IpProtocol.UDP, Udp(53, 53, b"").encode(B, A)),
        Ipv4(B, A, IpProtocol.TCP, bytes(20)),
        Ipv4(B, A, 89, b""),
    ):
        assert reasons(list(box.packet_in("outside", packet.encode(), START))) == [Drop.NOT_FOR_US]


def test_a_packet_at_the_end_of_its_life_is_dropped() -> None:
    box = Pair().boxes["a"]
    effects = box.packet_in("inside", echo(HOST_A, HOST_B, ttl=1).encode(), START)
    assert reasons(list(effects)) == [Drop.TTL_EXPIRED]


def test_a_packet_that_esp_would_make_too_large_is_dropped() -> None:
    pair = up(REFERENCE + "crypto ipsec fragmentation after-encryption outside\n")
    large = Ipv4(HOST_A, HOST_B, IpProtocol.ICMP, bytes(65500))
    effects = pair.boxes["a"].packet_in("inside", large.encode(), pair.now)
    assert reasons(list(effects)) == [Drop.TOO_LARGE]


def test_a_nat_keepalive_and_a_runt_on_4500_are_dropped_by_name() -> None:
    box = Pair().boxes["a"]
    for payload, reason in ((b"\xff", Drop.NAT_KEEPALIVE), (b"\0\0", Drop.RUNT)):
        packet = Ipv4(B, A, IpProtocol.UDP, Udp(4500, 4500, payload).encode(B, A))
        assert reasons(list(box.packet_in("outside", packet.encode(), START))) == [reason]


def test_a_lifetime_in_kilobytes_is_renewed_before_it_ends_and_the_old_pair_goes() -> None:
    pair = up(REFERENCE + "crypto map MAP 10 set security-association lifetime kilobytes 100\n")
    big = echo(HOST_A, HOST_B)._replace(payload=b"\x0d" + bytes(1399))
    before = pair.dropped("a")
    for _ in range(75):
        pair.inject("a", "inside", big)
    assert pair.dropped("a") == before
    assert sum(isinstance(effect, InstallSa) for effect in pair.effects["a"]) == 2
    pair.wait(120)
    removed = [effect for effect in pair.effects["a"] if isinstance(effect, RemoveSa)]
    assert [effect.failure.cause for effect in removed] == [Cause.LIFETIME]
    assert len(pair.boxes["b"].sad.states()) == 1


def test_clear_takes_the_tunnel_down_on_both_sides() -> None:
    pair = up()
    for where, port, packet in pair._carry_out("a", pair.boxes["a"].clear(None, pair.now)):
        pair.inject(where, port, packet)
    for box in pair.boxes.values():
        assert box.show("crypto ipsec sa", pair.now) == "\nThere are no ipsec sas\n"
        assert box.show("crypto isakmp sa", pair.now) == "\nThere are no isakmp sas\n"


def test_the_tunnel_outlives_its_first_lifetime_or_comes_back() -> None:
    pair = up(REFERENCE + "crypto ipsec security-association lifetime seconds 300\n")
    pair.wait(400)
    pair.ping(1)
    assert pair.ping(3) == 3


def test_the_same_seed_gives_the_same_packets() -> None:
    first, second = Pair(), Pair()
    for pair in (first, second):
        pair.ping(3)
    assert first.wire == second.wire


def test_the_interfaces_of_a_box_are_those_that_are_up() -> None:
    text = REFERENCE + "interface GigabitEthernet0/2\n nameif dmz\n ip address 10.9.0.1 255.255.255.0\n shutdown\n"
    box = Box(configured(text), SeededEntropy(1, "a"), START)
    assert {name: (view.hardware, str(view.address), str(view.network)) for name, view in box.interfaces.items()} == {
        "inside": ("GigabitEthernet0/0", "192.168.1.1", "192.168.1.0/24"),
        "outside": ("GigabitEthernet0/1", "10.0.0.1", "10.0.0.0/24"),
    }
    assert box.hostname == "asa1"


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["inside", "outside"]),
    st.binary(max_size=80)
    | st.builds(
        lambda source, destination, protocol, payload, ttl: Ipv4(
            IPv4Address(source), IPv4Address(destination), protocol, payload, ttl
        ).encode(),
        st.sampled_from([int(A), int(B), int(HOST_A), int(HOST_B)]) | st.integers(0, 2**32 - 1),
        st.sampled_from([int(A), int(HOST_A), int(HOST_B)]) | st.integers(0, 2**32 - 1),
        st.sampled_from([1, 6, 17, 50, 51]) | st.integers(0, 255),
        st.binary(max_size=60) | st.binary(max_size=40).map(lambda rest: b"\x01\xf4\x01\xf4" + rest),
        st.integers(0, 255),
    ),
)
def test_any_octets_on_any_interface_give_effects(interface: str, packet: bytes) -> None:
    box = Pair().boxes["a"]
    assert box.packet_in(interface, packet, START)


def test_traffic_that_translation_takes_from_the_tunnel_is_in_clear_because_of_that_line() -> None:
    translated = without(REFERENCE, "nat (") + "object network LAN\n subnet 192.168.1.0 255.255.255.0\n"
    pair = Pair(translated + " nat (inside,outside) dynamic interface\n")
    pair.ping(1)
    clear = next(one for one in pair.decisions("a") if one.verdict is Verdict.IN_CLEAR)
    assert str(clear.sources[0]).endswith("nat (inside,outside) dynamic interface")
    assert "permit icmp" in str(clear.sources[1])
    assert "would match crypto map MAP 10" in clear.text


def test_what_comes_out_of_a_tunnel_does_not_go_back_out_by_the_same_interface() -> None:
    elsewhere = mirrored(REFERENCE).replace("ip address 192.168.2.1", "ip address 192.168.9.1")
    pair = up(b=elsewhere + "route outside 0.0.0.0 0.0.0.0 10.0.0.1\n")
    pair.ping(1, start=2)
    drop = pair.dropped("b")[-1]
    assert drop.reason is Drop.NO_ROUTE
    assert "but back out by outside" in drop.detail
    assert "route outside 0.0.0.0 0.0.0.0 10.0.0.1" in str(drop.sources[0])


def test_a_hidden_key_is_given_to_the_box_for_all_groups_or_by_name() -> None:
    hidden = configured(REFERENCE.replace("pre-shared-key correct-horse", "pre-shared-key *****"))
    key = Secret(b"stand-in")

    def found(given: Secret | dict[str, Secret] | None) -> Secret | None:
        return Box(hidden, SeededEntropy(1, "a"), START, given).settings.groups["10.0.0.2"].key

    assert found(None) is None
    assert found(key) == found({"10.0.0.2": key}) == key
    assert found({"10.0.0.9": key}) is None
