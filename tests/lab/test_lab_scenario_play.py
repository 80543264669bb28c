"""Scenarios played: what steps do to devices and the net, what expectations find, and runs of many hours."""

from collections.abc import Mapping

import pytest
from labs import TEXTS

from mainmode.base.errors import InputError
from mainmode.lab.scenario.play import Performance, play
from mainmode.lab.scenario.reader import read_scenario
from mainmode.ladder.transcript import Side

PING = "ping 192.168.1.2 192.168.2.2"
PAIR = {"a.cfg": TEXTS[Side.A], "b.cfg": TEXTS[Side.B]}


def _play(steps: list[str], expect: list[str], more: str = "", files: Mapping[str, str] = PAIR) -> Performance:
    """The packaged pair with these steps and expectations; `more` stands before them in the file."""
    listed = {"steps": steps, "expect": expect}
    story = "\n".join(f"{name} = [{', '.join(repr(one) for one in ones)}]" for name, ones in listed.items())
    scenario = read_scenario("test", f"{more}\n[story]\n{story}\n", tuple(files), lambda name: files[name])
    return play(scenario)


def _failed(performance: Performance) -> list[str]:
    return [f"{one.expected.text}: {one.finding.evidence}" for one in performance.judged if not one.finding.holds]


def test_expectations_tell_true_from_false_at_their_time() -> None:
    true = [
        "at 500ms: tunnel a b is down",
        "at 500ms: phase 1 a b is down",
        "at 10s: tunnel a b is up",
        "tunnel a b is up",
        "phase 1 a b is up",
        "sas equal a b",
        "verdict a b is UP",
        "pings lost = 1",
        "pings 192.168.1.2 192.168.2.2 lost <= 1",
        "pings lost = 0 from 2s",
        "pings answered >= 4",
        "line a: PHASE 2 COMPLETED",
        "no line a from 5s: PHASE 2 COMPLETED",
        "lines b = 1: PHASE 1 COMPLETED",
        "show a crypto isakmp sa has MM_ACTIVE",
        "show a crypto isakmp sa has no MM_WAIT",
        "rekeys phase2 a b = 0",
        "a holds = 1 ike sas",
        "a holds = 1 ipsec sas",
        "a drops = 1: the tunnel that the packet needs is not up",
        "nothing in clear",
    ]
    assert _failed(_play([f"at 1s: {PING}"], true)) == []
    false = [
        "at 500ms: tunnel a b is up",
        "at 500ms: phase 1 a b is up",
        "at 10s: tunnel a b is down",
        "phase 1 a b is down",
        "verdict a b is PSK_MISMATCH",
        "a says cause PSK_MISMATCH",
        "pings lost = 0",
        "pings lost = 1 from 2s",
        "pings answered >= 5",
        "line a: QM FSM error",
        "no line a: PHASE 2 COMPLETED",
        "lines b >= 2: PHASE 1 COMPLETED",
        "show a crypto isakmp sa has no MM_ACTIVE",
        "rekeys phase1 a b >= 1",
        "a holds = 0 ike sas",
        "b drops >= 1: ESP",
        "bulk reached >= 1",
        "192.168.1.2 is told mtu <= 1500",
    ]
    performance = _play([f"at 1s: {PING}"], false)
    assert [one.expected.text for one in performance.judged if one.finding.holds] == []


def test_a_restarted_device_has_forgotten_everything_and_is_deaf_while_it_is_down() -> None:
    performance = _play(
        [f"at 1s: {PING}", "at 10s: restart b for 20s", "at 15s: ping 192.168.1.2 192.168.2.2 count 3"],
        ["at 9s: tunnel a b is up", "at 11s: b holds = 0 ipsec sas", "at 11s: a holds = 1 ipsec sas", "pings lost = 4"],
        'until = "25s"',
    )
    assert _failed(performance) == []


def test_configuration_lines_are_typed_into_a_running_device() -> None:
    wrong = "configure b: tunnel-group 10.0.0.1 ipsec-attributes / pre-shared-key other"
    performance = _play(
        [f"at 1s: {PING}", f"at 20s: {wrong}", "at 30s: type a: clear crypto isakmp sa", f"at 40s: {PING}"],
        ["at 19s: tunnel a b is up", "tunnel a b is down", "verdict a b from 35s is PSK_MISMATCH"],
    )
    assert _failed(performance) == []
    console = performance.consoles["b"]
    assert "asa2(config)# tunnel-group 10.0.0.1 ipsec-attributes\nasa2(config)# pre-shared-key *****\n" in console
    assert "asa1# clear crypto isakmp sa\n" in performance.consoles["a"]
    assert "other" not in console


@pytest.mark.parametrize(
    ("command", "ike", "ipsec"),
    [
        ("clear crypto isakmp sa", 0, 0),
        ("clear crypto ikev1 sa 10.0.0.2", 0, 0),
        ("clear crypto isakmp sa 10.0.0.9", 1, 1),
        ("clear crypto ipsec sa", 0, 0),
        ("clear crypto ipsec sa peer 10.0.0.2", 0, 0),
        ("clear crypto ipsec sa peer 10.0.0.9", 1, 1),
        ("vpn-sessiondb logoff l2l", 0, 0),
        ("vpn-sessiondb logoff ipaddress 10.0.0.2", 0, 0),
        ("vpn-sessiondb logoff tunnel-group 10.0.0.9", 1, 1),
    ],
)
def test_an_administrator_takes_down_what_he_says_and_the_peer_follows(command: str, ike: int, ipsec: int) -> None:
    expect = [f"{name} holds = {count} {kind} sas" for name in "ab" for count, kind in ((ike, "ike"), (ipsec, "ipsec"))]
    assert _failed(_play([f"at 1s: {PING}", f"at 8s: type a: {command}"], expect, 'until = "9s"')) == []


def test_counters_go_back_to_nothing() -> None:
    for commands, packets in (([], 4), (["at 8s: type a: clear crypto ipsec sa counters"], 0)):
        box = _play([f"at 1s: {PING}", *commands], [], 'until = "9s"').stage.world.stations["a"].box
        assert box is not None
        assert box.statistics.outbound.packets == packets


def test_connections_are_forgotten() -> None:
    for commands, kept in (([], True), (["at 8s: type a: clear conn all"], False)):
        box = _play([f"at 1s: {PING}", *commands], [], 'until = "8s"').stage.world.stations["a"].box
        assert box is not None
        assert bool(box.connections) is kept


def test_a_link_is_cut_and_mended() -> None:
    performance = _play(
        [
            f"at 1s: {PING}",
            "at 10s: link a -> b loss=100%",
            "at 11s: ping 192.168.1.2 192.168.2.2 count 3",
            "at 15s: mend link a b",
            "at 16s: ping 192.168.1.2 192.168.2.2 count 3",
        ],
        ["pings lost = 4", "pings lost = 3 from 10s", "pings lost = 0 from 15s"],
        'until = "25s"',
    )
    assert _failed(performance) == []


def test_large_packets_are_cut_by_a_narrow_net_and_put_together_by_the_hosts() -> None:
    steps = [f"at 1s: {PING}", f"at 10s: {PING} size 1400", f"at 20s: {PING} size 4000"]
    performance = _play(steps, ["pings lost = 1", "sas equal a b"], 'link = "mtu=600"')
    assert _failed(performance) == []


def test_bulk_traffic_arrives_datagram_by_datagram() -> None:
    udp = {name: text.replace("permit tcp", "permit udp") for name, text in PAIR.items()}
    steps = ["at 1s: udp 192.168.1.2 192.168.2.2 port 7 count 3", "at 10s: bulk 192.168.1.2 192.168.2.2 200 kB"]
    assert _failed(_play(steps, ["bulk reached = 200", "pings lost = 1"], files=udp)) == []


def test_two_devices_behind_one_nat_box_both_reach_the_third() -> None:
    def text(name: str, outside: str, inside: str, peers: list[tuple[str, str]]) -> str:
        rows = [
            f"hostname {name}",
            "interface E0\n nameif outside\n security-level 0",
            f" ip address {outside} 255.255.255.0",
            "interface E1\n nameif inside\n security-level 100",
            f" ip address {inside}.1 255.255.255.0",
            f"route outside 0.0.0.0 0.0.0.0 {outside.rpartition('.')[0]}.254",
            "crypto ipsec transform-set SET esp-aes esp-sha-hmac",
            "crypto isakmp enable outside",
            "crypto isakmp policy 10\n authentication pre-share\n encryption aes\n hash sha\n group 2",
            "tunnel-group DefaultL2LGroup ipsec-attributes\n pre-shared-key shared",
            "crypto dynamic-map DYN 1 set transform-set SET",
        ]
        for number, (peer, network) in enumerate(peers, 1):
            rows += [
                f"access-list L{number} extended permit ip {inside}.0 255.255.255.0 {network}.0 255.255.255.0",
                f"crypto map MAP {number} match address L{number}",
                f"crypto map MAP {number} set peer {peer}",
                f"crypto map MAP {number} set transform-set SET",
                f"tunnel-group {peer} type ipsec-l2l\ntunnel-group {peer} ipsec-attributes\n pre-shared-key shared",
            ]
        if not peers:
            rows.append("crypto map MAP 99 ipsec-isakmp dynamic DYN")
        return "\n".join([*rows, "crypto map MAP interface outside", ""])

    files = {
        "east.cfg": text("east", "10.9.9.1", "192.168.1", [("203.0.113.1", "192.168.9")]),
        "west.cfg": text("west", "10.9.9.2", "192.168.2", [("203.0.113.1", "192.168.9")]),
        "office.cfg": text("office", "203.0.113.1", "192.168.9", []),
    }
    more = """
[devices]
east = { behind = "home" }
west = { behind = "home" }
office = {}
[nat]
home = { address = "198.51.100.1" }
"""
    performance = _play(
        ["at 1s: ping 192.168.1.5 192.168.9.5", "at 2s: ping 192.168.2.5 192.168.9.5", "at 20s: reboot home",
         "at 60s: ping 192.168.1.5 192.168.9.5", "at 61s: ping 192.168.2.5 192.168.9.5"],
        ["tunnel east office is up", "tunnel west office is up", "office holds = 2 ipsec sas", "pings lost <= 4"],
        more, files,
    )  # fmt: skip
    assert _failed(performance) == []


def test_a_step_that_cannot_happen_is_named_with_its_time() -> None:
    for step, said in (
        ("at 5s: configure b: crypto nonsense", "0:00:05.000 at 5s: configure b: crypto nonsense: configure b: b.cfg:"),
        ("at 5s: show a: nonsense", "0:00:05.000 at 5s: show a: nonsense: asa1# show nonsense"),
    ):
        with pytest.raises(InputError) as raised:
            _play([step], [])
        assert str(raised.value).startswith(said)


def test_hours_with_short_lifetimes_lose_nothing_and_leave_nothing_behind() -> None:
    short = "\ncrypto ipsec security-association lifetime seconds 600\n"
    lifetimes = {name: text.replace("lifetime 86400", "lifetime 3600") + short for name, text in PAIR.items()}
    performance = _play(
        ["every 20s until 359m: ping 192.168.1.2 192.168.2.2 count 1"],
        ["pings lost <= 1", "rekeys phase2 a b >= 35", "rekeys phase1 a b >= 5", "tunnel a b is up", "sas equal a b",
         "a holds <= 2 ipsec sas", "b holds <= 2 ipsec sas", "a holds <= 2 ike sas", "nothing in clear"],
        'consoles = false\nuntil = "6h"', lifetimes,
    )  # fmt: skip
    assert _failed(performance) == []
