"""`lab …` at the prompt: time, devices, links, hosts."""

import asyncio
from ipaddress import IPv4Address

import pytest
from firewalls import LoneFirewall
from lab_rig import NO_IDLE_TIMEOUT, devices, entered, in_lab, sitting, typed
from screens import FakeScreen

from mainmode.base.codes import IpProtocol
from mainmode.base.instant import SECOND, between
from mainmode.console.lab.casting import LabDevice
from mainmode.console.lab.lab import Lab
from mainmode.console.session import Session, User
from mainmode.lab.hosts import Probe


def _lab(one: str = "", other: str = "") -> Lab:
    return Lab(devices(one, other), still=True)


def test_a_gateway_has_no_lab() -> None:
    screen = FakeScreen()
    session = Session(LoneFirewall(), screen, User("", "console", 15))  # type: ignore[arg-type]
    asyncio.run(session.enter("lab time"))
    assert screen.output == "      ^\nERROR: % Invalid input detected at '^' marker.\n"
    assert "lab" not in session.help("l")


def test_time_is_shown_and_jumps_and_what_happened_is_told() -> None:
    lab = _lab()
    output = entered(lab, "lab time", "lab start", "lab time +1h")
    first, *rest = output.splitlines()
    assert first.startswith("2024-01-01 00:00:00 UTC, the lab begins; it stands still")
    assert any(row.startswith("2024-01-01 01:00:") and "1 h since the lab began" in row for row in rest)
    assert any("asa1: phase 2 with 10.0.0.2 ended: the peer sent a delete (PEER_DELETED)" in row for row in rest)


def test_a_jump_across_a_renewal_shows_it() -> None:
    short = "crypto map MAP 10 set security-association lifetime seconds 600\n" + NO_IDLE_TIMEOUT
    lab = _lab(short, short)
    output = entered(lab, "lab start", "lab time 5m", "lab start", "lab time 400s", "lab history")
    assert "phase 2 with 10.0.0.2 is renewed" in output.partition("lab history")[0]


def test_time_is_set_running_and_standing() -> None:
    lab = _lab()
    output = entered(lab, "lab time real", "lab time still")
    assert "it runs as fast as real time" in output
    assert lab.clock.still


@pytest.mark.parametrize("line", ["lab time 0s", "lab time +900d"])
def test_time_jumps_forward_and_by_a_year_at_most(line: str) -> None:
    assert entered(_lab(), line) == "time jumps by 366d at most, and forward\n"


def test_a_word_that_is_no_length_of_time_has_the_caret() -> None:
    assert entered(_lab(), "lab time soon").endswith("ERROR: % Invalid input detected at '^' marker.\n")


def test_a_jump_is_interrupted_where_it_is() -> None:
    none = NO_IDLE_TIMEOUT

    async def act(lab: Lab) -> tuple[str, int]:
        session, screen = sitting(lab)
        await session.enter("lab start")
        before = lab.stage.now
        jump = asyncio.create_task(session.enter("lab time 300d"))
        await asyncio.sleep(0.1)
        jump.cancel()
        with pytest.raises(asyncio.CancelledError):
            await jump
        return screen.output, between(before, lab.stage.now)

    output, passed = in_lab(_lab(none, none), act)
    assert "stopped after" in output
    assert 0 < passed < 300 * 86_400 * SECOND


def test_another_session_is_served_while_time_jumps() -> None:
    none = NO_IDLE_TIMEOUT

    async def act(lab: Lab) -> bool:
        (jumping, _), (other, screen) = sitting(lab), sitting(lab, "asa2")
        await jumping.enter("lab start")
        jump = asyncio.create_task(jumping.enter("lab time 300d"))
        await asyncio.sleep(0)
        await other.execute("show crypto isakmp sa")
        served = not jump.done()
        jump.cancel()
        assert "MM_ACTIVE" in screen.output
        return served

    assert in_lab(_lab(none, none), act)


def test_devices_are_listed_and_the_session_moves_to_another() -> None:
    async def act(lab: Lab) -> tuple[str, str, str]:
        session, screen = sitting(lab)
        await session.enter("lab device")
        listed = screen.take()
        await session.enter("lab dev asa2")
        return listed, session.prompt, screen.take()

    listed, prompt, said = in_lab(_lab(), act)
    assert listed.splitlines()[1].split() == ["*", "asa1", "10.0.0.1", "(outside)", "192.168.1.0/24", "(inside)"]
    assert (prompt, said) == ("asa2# ", "")


def test_a_device_that_is_not_there_is_told_with_those_that_are() -> None:
    assert entered(_lab(), "lab device x") == "there is no device x; the lab has asa1, asa2\n"


def test_links_are_changed_for_all_and_towards_one_and_undone() -> None:
    output = entered(
        _lab(),
        "lab link",
        "lab link loss=5% delay=80ms",
        "lab link asa2 block=esp mtu=1400",
        "lab link asa2 usual",
        "lab link usual",
    )
    assert output.splitlines() == [
        "every link: delay=10ms",
        "every link: delay=80ms loss=5%",
        "every link: delay=80ms loss=5%",
        "asa1 -> asa2: delay=80ms loss=5% mtu=1400 block=esp",
        "asa2 -> asa1: delay=80ms loss=5% mtu=1400 block=esp",
        "every link: delay=80ms loss=5%",
        "every link: delay=10ms",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("lab link loss=200%", "lab link loss=200%: write a percentage"),
        ("lab link asa2", "say what the link is to be"),
        ("lab link asa1 loss=5%", "a link leads from this device to another one"),
        ("lab link colour=red", "lab link does not know 'colour=red'"),
    ],
)
def test_a_link_that_cannot_be_is_told(line: str, said: str) -> None:
    assert entered(_lab(), line).startswith(said)


def test_a_blocked_link_is_felt() -> None:
    output = entered(_lab(), "lab link block=udp/500", "lab start repeat 2")
    assert output.splitlines()[-2:] == ["..", "0 of 2 answered"]


def test_the_interesting_traffic_is_found_and_its_answers_are_marked() -> None:
    lines = entered(_lab(), "lab start").splitlines()
    assert lines == [
        "192.168.1.2 sends echo request to 192.168.2.2 (crypto map MAP 10, peer 10.0.0.2):",
        ".!!!!",
        "4 of 5 answered, round trip 20/20/20 ms",
    ]


def test_two_named_hosts_ping() -> None:
    lines = entered(_lab(), "lab start 192.168.1.77 192.168.2.88 size 500 repeat 3").splitlines()
    assert lines[0] == "192.168.1.77, behind asa1, pings 192.168.2.88:"
    assert lines[1] == ".!!"


def test_a_host_that_is_behind_no_device_is_told() -> None:
    assert entered(_lab(), "lab start 172.16.0.1 192.168.2.2") == "172.16.0.1 is not behind any device of the lab\n"


def test_a_device_alone_sends_what_its_access_list_names() -> None:
    lines = entered(Lab(devices()[:1], still=True), "lab start repeat 2", "show crypto isakmp sa").splitlines()
    assert lines[:3] == [
        "192.168.1.2 sends echo request to 192.168.2.1 (crypto map MAP 10, peer 10.0.0.2):",
        "..",
        "0 of 2 answered",
    ]
    assert any("MM_WAIT_MSG2" in line for line in lines)


def test_a_device_without_tunnels_says_what_is_missing() -> None:
    text = "hostname bare\ninterface GigabitEthernet0/1\n nameif outside\n ip address 10.0.0.9 255.255.255.0\n"
    output = entered(Lab([LabDevice("bare.cfg", text)], still=True), "lab start")
    assert output.startswith("bare.cfg: no crypto map entry has a peer and an access list")


def test_many_hosts_leave_few_flows_behind() -> None:
    lab = _lab()
    for last in range(1, 200):
        lab.flow(Probe(IpProtocol.ICMP, IPv4Address("192.168.1.10"), IPv4Address(f"192.168.2.{last}")))
    assert len(lab.stage.inside.flows) == 100


def test_reset_asks_and_brings_everything_back() -> None:
    async def act(lab: Lab) -> tuple[str, str, str, str]:
        session, screen = sitting(lab, "asa1", "n", "")
        typed(lab.firewalls["asa1"], "hostname changed")
        await session.enter("lab link loss=50%")
        await session.enter("lab reset")
        kept = session.prompt
        await session.enter("lab reset")
        screen.take()
        await session.enter("lab link")
        links = screen.take()
        await session.enter("lab start")
        return kept, session.prompt, links, screen.take()

    kept, prompt, links, started = in_lab(_lab(), act)
    assert (kept, prompt, links) == ("changed# ", "asa1# ", "every link: delay=10ms\n")
    assert "4 of 5 answered" in started


def test_history_tells_what_happened_and_nothing_before() -> None:
    output = entered(_lab(), "lab history", "lab start repeat 2", "lab history | include asa2: phase 1")
    first, *rest = output.splitlines()
    assert first == "nothing happened to any tunnel so far"
    assert rest[-1].endswith("asa2: phase 1 with 10.0.0.1 is up")
