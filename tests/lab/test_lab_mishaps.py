"""What befalls the devices and the net of a scenario on a bad day: damage, goodbyes, ambushes, other addresses."""

from ipaddress import IPv4Address

import pytest
from labs import TEXTS

from mainmode.base.codes import IpProtocol
from mainmode.base.instant import seconds
from mainmode.lab.damage import turned_over
from mainmode.lab.link import read_link
from mainmode.lab.scenario.play import Performance, play
from mainmode.lab.scenario.reader import read_scenario
from mainmode.ladder.transcript import Side
from mainmode.wire.ip import Ipv4, Udp, read_ipv4, read_udp

PING = "ping 192.168.1.2 192.168.2.2"
BACK = "ping 192.168.2.2 192.168.1.2"
NOTIFY = "crypto isakmp disconnect-notify\n"


def _played(steps: list[str], expect: list[str], more: str = "", b: str = TEXTS[Side.B]) -> Performance:
    files = {"a.cfg": TEXTS[Side.A], "b.cfg": b}
    listed = {"steps": steps, "expect": expect}
    story = "\n".join(f"{name} = [{', '.join(repr(one) for one in ones)}]" for name, ones in listed.items())
    text = f"{more}\n[story]\n{story}\n"
    return play(read_scenario("mishaps", text, tuple(files), lambda name: files[name]))


def _failed(performance: Performance) -> list[str]:
    return [f"{one.expected.text}: {one.finding.evidence}" for one in performance.judged if not one.finding.holds]


def test_a_damaged_packet_is_one_octet_off_and_its_checksums_are_right() -> None:
    payload = bytes(range(40))
    ends = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
    packet = Ipv4(*ends, IpProtocol.UDP, Udp(500, 500, payload).encode(*ends)).encode()
    for share in (0.0, 0.5, 0.999):
        damaged = turned_over(packet, share)
        assert damaged is not None
        inside = read_udp(read_ipv4(damaged)).payload
        differing = [at for at, (one, other) in enumerate(zip(payload, inside, strict=True)) if one != other]
        assert differing == [int(share * 40)]
    assert turned_over(b"no packet", 0.5) is None
    assert read_link("corrupt=100%").corruption == 1


def test_no_damaged_packet_gets_through_a_tunnel() -> None:
    steps = [
        f"at 1s: {PING}",
        "at 20s: link a -> b corrupt=100%",
        f"at 21s: {PING}",
        "at 28s: mend link a b",
        f"at 29s: {PING}",
    ]
    assert (
        _failed(
            _played(
                steps, ["pings lost = 5 from 20s", "pings lost = 0 from 28s", "b drops = 5: the ESP integrity check"]
            )
        )
        == []
    )


@pytest.mark.parametrize(("b", "held"), [(TEXTS[Side.B] + NOTIFY, 0), (TEXTS[Side.B], 1)])
def test_a_reloaded_device_says_goodbye_where_it_is_told_to(b: str, held: int) -> None:
    steps = [f"at 1s: {PING}", "at 20s: reload b for 1m"]
    expect = [f"at 30s: a holds = {held} ipsec sas", "at 30s: b holds = 0 ipsec sas"]
    assert _failed(_played(steps, expect, 'until = "40s"', b)) == []


@pytest.mark.parametrize("message", ["MM3", "MM6", "QM2"])
def test_a_device_is_ambushed_in_the_middle_of_a_negotiation(message: str) -> None:
    steps = [f"at 1s: restart b on {message}", f"at 2s: {PING} count 120"]
    performance = _played(steps, ["tunnel a b is up", "pings lost = 0 from 80s"], 'until = "123s"')
    assert _failed(performance) == []
    told = [text for _, text in performance.happenings if "restarted on" in text]
    assert len(told) == 1
    assert told[0].startswith(f"b: restarted on {message} of ")


def test_a_device_whose_interface_gets_another_address_is_found_there() -> None:
    there = "configure b: interface GigabitEthernet0/1 / ip address 10.0.0.7 255.255.255.0"
    follow = (
        "configure a: no crypto map MAP 10 set peer 10.0.0.2 / crypto map MAP 10 set peer 10.0.0.7 / "
        "tunnel-group 10.0.0.7 type ipsec-l2l / tunnel-group 10.0.0.7 ipsec-attributes / pre-shared-key cisco"
    )
    steps = [f"at 1s: {PING}", f"at 20s: {there}", f"at 21s: {PING}", f"at 40s: {follow}", f"at 41s: {PING} count 20"]
    performance = _played(steps, ["at 39s: pings lost >= 5 from 20s", "tunnel a b is up", "pings lost = 0 from 50s"])
    assert _failed(performance) == []
    station = performance.stage.world.stations["b"]
    assert [str(address) for address in station.outside] == ["10.0.0.7"]


def test_pinging_ends_with_the_first_answer_and_it_is_known_when_that_came() -> None:
    steps = ["at 0s: link a b loss=100%", f"at 1s: {PING} count 100 every 2s until answered", "at 20s: mend link a b"]
    performance = _played(steps, [], 'until = "3m"')
    (waiting,) = performance.stage.waiting
    assert waiting.answered is not None
    assert seconds(20) < waiting.answered - performance.stage.start < seconds(40)
    assert waiting.flow.sent < 25


def test_a_device_that_restarts_while_it_is_down_comes_back_once() -> None:
    steps = ["at 1s: restart b for 20s", "at 10s: restart b for 30s", f"at 22s: {PING}", f"at 42s: {PING} count 20"]
    performance = _played(steps, ["at 39s: pings lost = 5", "tunnel a b is up"], 'until = "2m"')
    assert _failed(performance) == []
    assert [text for _, text in performance.happenings if "up again" in text] == ["b: the device is up again"]


def test_a_restarted_device_may_have_another_clock() -> None:
    steps = [f"at 1s: {PING}", "at 20s: restart b clock 2h behind", f"at 90s: {BACK}"]
    performance = _played(steps, ["tunnel a b is up"])
    assert _failed(performance) == []
    assert performance.stage.world.stations["b"].skew == -seconds(7200)
