"""`explain`: what the last negotiation came to, and which lines of the configurations are at fault."""

import asyncio

import pytest
from firewalls import LoneFirewall
from lab_rig import NO_IDLE_TIMEOUT, devices, entered, in_lab, sitting, typed
from screens import FakeScreen

from mainmode.console.lab.lab import Lab
from mainmode.console.session import Session, User

_OTHER_LIST = (
    "no access-list VPN extended permit icmp 192.168.2.0 255.255.255.0 192.168.1.0 255.255.255.0\n"
    "access-list VPN extended permit icmp 192.168.2.0 255.255.255.0 192.168.9.0 255.255.255.0"
)
_NAT_BEFORE = (
    "no nat (inside,outside) source static INSIDE-RANGE INSIDE-RANGE destination static FOREIGN_NETWORK "
    "FOREIGN_NETWORK no-proxy-arp route-lookup\nnat (inside,outside) source dynamic any interface"
)


def _explained(fault: str, *lines: str, on: str = "asa2") -> str:
    """What `explain` says once the fault was typed at a device and hosts behind the first one tried the tunnel."""

    async def act(lab: Lab) -> str:
        session, screen = sitting(lab)
        typed(lab.firewalls[on], fault)
        for line in lines or ("lab start",):
            await session.enter(line)
        screen.take()
        await session.enter("explain brief")
        brief = screen.take()
        await session.enter("explain")
        first, verdict = brief.splitlines()[1], screen.output.partition("── ")[0]
        assert first in verdict, "the verdict stands before the ladder"
        return " ".join(brief.split())

    return in_lab(Lab(devices(), still=True), act)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            "tunnel-group 10.0.0.1 ipsec-attributes\npre-shared-key wrong",
            ["PSK_MISMATCH", "console:2 pre-shared-key *****", "asa1.cfg:36 pre-shared-key *****"],
        ),
        ("crypto isakmp policy 10\nencryption aes", ["PHASE1_MISMATCH", "console:2 encryption aes", "asa1.cfg:30"]),
        ("crypto map MAP 10 set pfs group2", ["PFS_MISMATCH", "console:1 crypto map MAP 10 set pfs group2"]),
        (_OTHER_LIST, ["PROXY_MISMATCH", "console:2 access-list VPN", "asa1.cfg:19 access-list VPN"]),
        ("no crypto map MAP interface outside", ["CRYPTO_MAP_NOT_BOUND", "(absent) crypto map MAP interface outside"]),
        ("interface GigabitEthernet0/1\nshutdown", ["INTERFACE_DOWN", "console:2 shutdown"]),
        ("interface GigabitEthernet0/1\nip address 10.0.0.7 255.255.255.0", ["PEER_ADDRESS_WRONG", "asa1.cfg:23"]),
        ("no crypto isakmp enable outside", ["IKE_NOT_ENABLED", "(absent) crypto isakmp enable outside"]),
    ],
    ids=["key", "policy", "pfs", "access-list", "no-map", "shut", "address", "no-ike"],
)
def test_a_tunnel_that_fails_has_its_cause_and_the_lines(fault: str, said: list[str]) -> None:
    told = _explained(fault)
    assert told.startswith("asa1 with asa2, begun")
    assert "DOWN " in told
    for text in said:
        assert text in told


def test_traffic_that_asks_for_no_tunnel_is_explained_without_a_negotiation() -> None:
    told = _explained(_NAT_BEFORE, on="asa1")
    assert "NO_NAT_EXEMPTION" in told
    assert "console:2 nat (inside,outside) source dynamic any interface" in told


def test_a_blocked_wire_is_told() -> None:
    assert "UDP_BLOCKED" in _explained("", "lab link block=udp/500", "lab start")


def test_a_tunnel_that_is_up_says_so_and_shows_all_nine_messages() -> None:
    output = entered(Lab(devices(), still=True), "lab start", "explain")
    assert "asa1 with asa2, begun" in output
    assert "UP  The tunnel is up and carries traffic. (phase 2 came up)" in output
    for name in ("MM1", "MM2", "MM3", "MM4", "MM5", "MM6", "QM1", "QM2", "QM3"):
        assert f"── {name} " in output


def test_the_width_is_that_of_the_terminal_and_the_sides_stand_beside_each_other_where_it_is_wide() -> None:
    narrow = entered(Lab(devices(), still=True), "lab start", "explain", width=60)
    wide = entered(Lab(devices(), still=True), "lab start", "explain", width=511)
    assert max(map(len, narrow.splitlines()[3:])) <= 60
    assert max(map(len, wide.splitlines()[3:])) == 160


def test_the_other_side_tells_the_same() -> None:
    output = entered(Lab(devices(), still=True), "lab start", "lab device asa2", "explain brief")
    assert "asa1 with asa2, begun" in output
    assert "UP  The tunnel is up" in output


def test_a_tunnel_that_ended_is_told_with_the_reason() -> None:
    output = entered(Lab(devices(), still=True), "lab start", "lab time 1h", "explain brief")
    assert "CLOSED  The tunnel of asa2 carried nothing for too long" in " ".join(output.split("\n"))


def test_a_renewal_is_a_negotiation_of_its_own() -> None:
    short = "crypto map MAP 10 set security-association lifetime seconds 600\n" + NO_IDLE_TIMEOUT
    lab = Lab(devices(short, short), still=True)
    output = entered(lab, "lab start", "lab time 5m", "lab start", "lab time 290s", "explain").partition("begun")[2]
    assert "── QM1 " in output
    assert "── MM1 " not in output
    assert "UP  " in output


def test_keepalives_are_no_part_of_it() -> None:
    output = entered(Lab(devices(), still=True), "lab start", "lab time 10m", "explain")
    assert "DPD" not in output.partition("── QM3 ")[2].replace("R-U-THERE", "DPD")


def test_nothing_was_negotiated_yet() -> None:
    output = entered(Lab(devices(), still=True), "explain", "explain 192.0.2.1")
    assert output.startswith("this device has negotiated nothing since it started; `lab start` sends")
    assert "negotiated nothing with 192.0.2.1" in output


def test_a_device_alone_is_explained_by_what_it_said() -> None:
    output = entered(Lab(devices()[:1], still=True), "lab start", "lab time 3m", "explain")
    assert "10.0.0.2" in output
    assert "does not answer" in output
    assert "MM1" in output


def test_a_gateway_is_explained_by_what_it_said() -> None:
    async def act() -> str:
        firewall, screen = LoneFirewall(), FakeScreen()
        screen.settings.pager = 0
        session = Session(firewall, screen, User("", "console", 15))  # type: ignore[arg-type]
        await session.enter("explain")
        assert screen.take().startswith("this device has negotiated nothing since it started; traffic that matches")
        await session.enter("ping inside 192.168.2.9")
        for _ in range(20):
            await firewall.until(lambda: False, 10_000_000)  # type: ignore[arg-type]
        screen.take()
        await session.enter("explain 10.0.0.2")
        return screen.output

    output = asyncio.run(act())
    assert "what asa1 said" in output or "10.0.0.2" in output
    assert "does not answer" in output


def test_a_tunnel_that_only_one_side_can_begin_is_up_with_a_note() -> None:
    lab = Lab(devices(), still=True)
    typed(lab.firewalls["asa1"], "crypto map MAP 10 set pfs group2")
    output = " ".join(entered(lab, "lab start", "explain brief").split())
    assert "UP The tunnel is up and carries traffic." in output
    assert "note: only asa1 asks for perfect forward secrecy" in output


def test_what_is_under_way_is_told_as_such() -> None:
    lab = Lab(devices(), still=True)
    output = entered(lab, "step", "explain brief")
    assert "OPEN  It is under way: neither side has ended it yet. (phase 1 is not up yet)" in " ".join(
        output.split("\n  ")
    )
