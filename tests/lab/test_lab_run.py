"""Whole runs: the packaged pair, other pairs, bad links. The truth about the messages is the published exchange's."""

from ipaddress import IPv4Address

import pytest
from labs import NAMES, TEXTS, changed, healthy, order

from mainmode.base.instant import seconds
from mainmode.catalogue.debugs import Debugs
from mainmode.device.config.reader import read
from mainmode.ike.effects import Failure
from mainmode.lab.clock import Bounds
from mainmode.lab.facing import Pair
from mainmode.lab.link import Link, read_link
from mainmode.lab.run import Order, Result, run
from mainmode.ladder.transcript import LineSaid, MessageArrived, MessageSent, Outcome, Side

VENDOR, NAT_D = "VENDOR (13)", "NAT-D (20)"
PHASE1_HASH = ("ID (5)", "HASH (8)", "IOS KEEPALIVE (128)", VENDOR)
QUICK = ("HASH (8)", "SA (1)", "NONCE (10)", "ID (5)", "ID (5)")

MESSAGES = [
    ("MM1", 168, ("SA (1)", *[VENDOR] * 4)),
    ("MM2", 128, ("SA (1)", *[VENDOR] * 2)),
    ("MM3", 304, ("KE (4)", "NONCE (10)", *[VENDOR] * 4, NAT_D, NAT_D)),
    ("MM4", 304, ("KE (4)", "NONCE (10)", *[VENDOR] * 4, NAT_D, NAT_D)),
    ("MM5", 96, PHASE1_HASH),
    ("MM6", 96, PHASE1_HASH),
    ("QM1", 200, (*QUICK, "NOTIFY (11)")),
    ("QM2", 172, QUICK),
    ("QM3", 52, ("HASH (8)",)),
]
"""Name, printed length and payloads: Cisco tech note 113574, as its lengths add up (QM3 without the ESP header)."""


def _messages(result: Result) -> list[MessageSent]:
    return [event for event in result.transcript.events if isinstance(event, MessageSent)]


def test_the_nine_messages_are_those_of_the_published_exchange() -> None:
    result = healthy()
    assert [(message.name, message.length, message.payloads) for message in _messages(result)] == MESSAGES
    assert [message.side for message in _messages(result)] == [Side.A, Side.B] * 4 + [Side.A]
    assert result.transcript.verdict.outcome is Outcome.UP
    assert result.transcript.initiator is Side.A


def test_every_message_is_decoded_and_arrives_after_ten_milliseconds() -> None:
    result = healthy()
    arrivals = {event.number: event for event in result.transcript.events if isinstance(event, MessageArrived)}
    for message in _messages(result):
        assert [piece.name for piece in message.decoded] == list(message.payloads)
        assert arrivals[message.number].at == message.at + 10_000
        assert arrivals[message.number].side is message.side.other


def test_five_pings_lose_the_first_and_fill_the_anti_replay_window_like_the_reference() -> None:
    transcript = healthy().transcript
    assert [ping.round_trip for ping in transcript.pings] == [None, 20_000, 20_000, 20_000, 20_000]
    for shown in (shown.text for shown in transcript.shows if shown.command == "crypto ipsec sa"):
        assert "#pkts encaps: 4, #pkts encrypt: 4, #pkts digest: 4" in shown
        assert "#pkts decaps: 4, #pkts decrypt: 4, #pkts verify: 4" in shown
        assert "0x00000000 0x0000001F" in shown
        assert "ipsec overhead 74" in shown


def test_both_ends_hold_the_same_keys() -> None:
    evidence = healthy().evidence
    (pair,) = evidence.tunnels("a")
    (other,) = evidence.tunnels("b")
    assert (pair.inbound_spi, pair.outbound_spi) == (other.outbound_spi, other.inbound_spi)
    assert pair.inbound_keys == other.outbound_keys
    assert pair.outbound_keys == other.inbound_keys
    assert pair.inbound_keys != pair.outbound_keys


def test_the_same_seed_gives_the_same_run_and_another_seed_another() -> None:
    one, two, other = run(order(seed=5)), run(order(seed=5)), run(order(seed=6))
    assert one.transcript == two.transcript
    assert one.packets == two.packets
    assert one.keys == two.keys
    assert one.packets != other.packets


def test_every_line_is_said_at_its_step_with_places_of_its_own_file() -> None:
    lines = [event for event in healthy().transcript.events if isinstance(event, LineSaid)]
    assert {line.step for line in lines} >= {name for name, _, _ in MESSAGES}
    with_sources = [line for line in lines if line.sources]
    assert len(with_sources) > 30
    assert all(source.file == NAMES[line.side] for line in with_sources for source in line.sources)


def test_debug_levels_choose_the_lines() -> None:
    quiet = run(Order(order().pair, 1, debugs=Debugs(ikev1=1)))
    assert not [event for event in quiet.transcript.events if isinstance(event, LineSaid)]
    middle = run(Order(order().pair, 1, debugs=Debugs(ikev1=5)))
    texts = [event.text for event in middle.transcript.events if isinstance(event, LineSaid)]
    assert any("PHASE 2 COMPLETED" in text for text in texts)
    assert not any("IPSEC:" in text or "constructing ke payload" in text for text in texts)
    assert len(_messages(quiet)) == 9


def test_the_other_side_can_begin() -> None:
    result = run(order(starter=Side.B))
    assert result.transcript.verdict.outcome is Outcome.UP
    assert result.transcript.initiator is Side.B
    assert [message.length for message in _messages(result)] == [length for _, length, _ in MESSAGES]


def test_named_hosts_are_pinged() -> None:
    hosts = (IPv4Address("192.168.2.30"), IPv4Address("192.168.1.40"))
    result = run(Order(order().pair, 1, ping=hosts))
    assert result.transcript.verdict.outcome is Outcome.UP
    assert {(ping.source, ping.destination) for ping in result.transcript.pings} == {("192.168.2.30", "192.168.1.40")}


_SECOND = """\
access-list SECOND extended permit ip host {near}.9 host {far}.9
crypto map MAP 20 match address SECOND
crypto map MAP 20 set peer {peer}
crypto map MAP 20 set transform-set TRANSFORM
"""


def _two_tunnels(of_b: str = "") -> Pair:
    more = {
        Side.A: _SECOND.format(near="192.168.1", far="192.168.2", peer="10.0.0.2"),
        Side.B: of_b or _SECOND.format(near="192.168.2", far="192.168.1", peer="10.0.0.1"),
    }
    # ACEs of entry 10 cover ICMP between the hosts of entry 20 as well: it is narrowed to other hosts.
    texts = {
        Side.A: TEXTS[Side.A].replace("permit icmp 192.168.1.0 255.255.255.0", "permit icmp host 192.168.1.2"),
        Side.B: TEXTS[Side.B].replace(
            "icmp 192.168.2.0 255.255.255.0 192.168.1.0 255.255.255.0",
            "icmp 192.168.2.0 255.255.255.0 host 192.168.1.2",
        ),
    }
    return {side: read(texts[side] + more[side], NAMES[side]) for side in Side}


def test_several_tunnels_come_up_under_one_phase_1() -> None:
    result = run(order(_two_tunnels()))
    assert result.transcript.verdict.outcome is Outcome.UP
    assert sorted(pair.map_sequence for pair in result.tunnels) == [10, 10, 20]
    assert [message.name for message in _messages(result)].count("MM1") == 1
    assert len(result.transcript.pings) == 15


def test_one_tunnel_of_two_that_fails_is_named() -> None:
    wrong = _SECOND.format(near="192.168.2", far="192.168.1", peer="10.0.0.1").replace("permit ip", "permit udp")
    verdict = run(order(_two_tunnels(wrong))).transcript.verdict
    assert (verdict.outcome, verdict.cause) == (Outcome.DOWN, "PROXY_MISMATCH")
    assert verdict.sentence.startswith("1 of 3 tunnels failed; 192.168.1.9 to 192.168.2.9: ")


_NEW_SPELLING = (
    ("crypto ipsec transform-set", "crypto ipsec ikev1 transform-set"),
    ("set transform-set", "set ikev1 transform-set"),
    ("crypto isakmp enable", "crypto ikev1 enable"),
    ("crypto isakmp policy", "crypto ikev1 policy"),
    (" pre-shared-key", " ikev1 pre-shared-key"),
)


def test_the_9_x_spelling_on_one_side_prints_the_9_x_form_there() -> None:
    text = TEXTS[Side.B]
    for old, new in _NEW_SPELLING:
        text = text.replace(old, new)
    result = run(order({Side.A: read(TEXTS[Side.A], "asa1.cfg"), Side.B: read(text, "asa2.cfg")}))
    assert result.transcript.verdict.outcome is Outcome.UP
    said = {
        side: [e.text for e in result.transcript.events if isinstance(e, LineSaid) and e.side is side] for side in Side
    }
    assert any(text.startswith("[IKEv1]: ") for text in said[Side.A])
    assert any(text.startswith("[IKEv1]IP") for text in said[Side.B])
    assert not any(text.startswith("[IKEv1]: ") for text in said[Side.B])


def test_peers_in_different_networks_reach_each_other_over_their_gateways() -> None:
    a = (
        TEXTS[Side.A]
        .replace("peer 10.0.0.2", "peer 203.0.113.2")
        .replace("tunnel-group 10.0.0.2", "tunnel-group 203.0.113.2")
    )
    b = TEXTS[Side.B].replace("address 10.0.0.2", "address 203.0.113.2")
    pair = {
        Side.A: read(a + "route outside 0.0.0.0 0.0.0.0 10.0.0.254\n", "asa1.cfg"),
        Side.B: read(b + "route outside 0.0.0.0 0.0.0.0 203.0.113.254\n", "asa2.cfg"),
    }
    assert run(order(pair)).transcript.verdict.outcome is Outcome.UP


def test_traffic_for_tcp_alone_brings_the_tunnel_up() -> None:
    texts = {side: text.replace("permit icmp", "permit gre") for side, text in TEXTS.items()}
    result = run(order({side: read(texts[side], NAMES[side]) for side in Side}))
    assert result.transcript.verdict.outcome is Outcome.UP
    assert [ping.note for ping in result.transcript.pings] == ["TCP request to port 80"] * 5
    assert [ping.round_trip for ping in result.transcript.pings] == [None, 20_000, 20_000, 20_000, 20_000]


def test_slow_links_need_no_special_patience() -> None:
    result = run(order(link=Link(latency=seconds(1.5))))
    assert result.transcript.verdict.outcome is Outcome.UP
    assert 3_000_000 in {ping.round_trip for ping in result.transcript.pings}


def _says_why_or_stands(result: Result) -> bool:
    """Each side that took part holds a tunnel that the other side holds too, or gave a reason."""
    took_part = {message.side for message in _messages(result)}
    told = {Side(reason.name) for reason in result.evidence.reasons if isinstance(reason.what, Failure)}
    return all(side in told or any(True for _ in result.evidence.tunnels(side.value)) for side in took_part)


@pytest.mark.parametrize("seed", range(200))
def test_with_20_percent_loss_both_are_up_with_the_same_keys_or_say_why(seed: int) -> None:
    result = run(order(seed=seed, link=Link(loss=0.2)))
    verdict = result.transcript.verdict
    assert not result.transcript.notes
    assert _says_why_or_stands(result)
    for pair in result.evidence.tunnels("a"):
        other = result.evidence.pairs["b"][pair.outbound_spi]
        assert (pair.inbound_keys, pair.outbound_keys) == (other.outbound_keys, other.inbound_keys)
    if verdict.outcome is Outcome.UP:
        assert result.tunnels
    else:
        assert verdict.cause == "PACKETS_LOST"


@pytest.mark.parametrize(
    "link",
    ["duplicate=100%", "reorder=40%,duplicate=40%", "loss=100%", "loss=60%,duplicate=60%,reorder=60%,delay=400ms"],
)
def test_the_worst_of_links_ends_in_a_verdict(link: str) -> None:
    for seed in range(8):
        result = run(order(seed=seed, link=read_link(link)))
        assert not result.transcript.notes
        assert _says_why_or_stands(result)
        if "loss" not in link:
            assert result.transcript.verdict.outcome is Outcome.UP


def test_a_run_past_its_bounds_is_ended_and_says_so() -> None:
    verdicts = []
    for bounds in (Bounds(events=8), Bounds(time=seconds(3))):
        result = run(Order(changed(Side.A, "set peer 10.0.0.2", "set peer 10.0.0.9"), 1, bounds=bounds))
        verdicts.append(result.transcript.verdict.outcome)
        assert result.transcript.notes[-1].startswith("the run was ended: more than")
    assert set(verdicts) == {Outcome.DOWN}


def test_after_a_refusal_no_more_pings_begin_the_same_negotiation_again() -> None:
    result = run(order(changed(Side.B, "esp-aes esp-sha-hmac", "esp-3des esp-md5-hmac")))
    sent = [event.name for event in result.transcript.events if isinstance(event, MessageSent)]
    assert sent.count("QM1") == sent.count("MM1") == 1
    assert len(result.transcript.pings) == 1
