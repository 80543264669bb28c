"""Our words for the kernel's IPsec on a kernel that has ESP, with iproute2 as the judge. Both gateways of two sites."""

import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network

import pytest
from lan import run, until
from namespaces import within
from sites import Site, Sites

from mainmode.base.codes import EspAuthentication, EspTransform
from mainmode.base.secret import Secret
from mainmode.gateway.xfrm.algorithms import key_lengths
from mainmode.gateway.xfrm.events import Acquired, Expired, Mapped, XfrmEvent, XfrmEvents
from mainmode.gateway.xfrm.kernel import Xfrm
from mainmode.gateway.xfrm.layout import Direction, KernelMode, Limits, SaId, Selector
from mainmode.gateway.xfrm.policies import Policy, Template
from mainmode.gateway.xfrm.sockets import take_esp
from mainmode.gateway.xfrm.states import State
from mainmode.ipsec.dataplane import EspSuite, SaKeys

A, B = IPv4Address("10.1.0.2"), IPv4Address("10.2.0.2")
NETWORK_A, NETWORK_B = IPv4Network("192.168.1.0/24"), IPv4Network("172.16.1.0/24")
CBC = [
    (EspTransform.DES, 0, "cbc(des)"),
    (EspTransform.TRIPLE_DES, 0, "cbc(des3_ede)"),
    (EspTransform.AES_CBC, 128, "cbc(aes)"),
    (EspTransform.AES_CBC, 192, "cbc(aes)"),
    (EspTransform.AES_CBC, 256, "cbc(aes)"),
    (EspTransform.NULL, 0, "ecb(cipher_null)"),
]
MACS = [
    (EspAuthentication.HMAC_MD5, "hmac(md5)", 96),
    (EspAuthentication.HMAC_SHA1, "hmac(sha1)", 96),
    (EspAuthentication.HMAC_SHA2_256, "hmac(sha256)", 128),
    (EspAuthentication.HMAC_SHA2_384, "hmac(sha384)", 192),
    (EspAuthentication.HMAC_SHA2_512, "hmac(sha512)", 256),
]
AES_SHA1 = EspSuite(EspTransform.AES_CBC, 128, EspAuthentication.HMAC_SHA1)


@dataclass
class End:
    """One namespace with the doors of its kernel."""

    side: Site
    xfrm: Xfrm
    events: XfrmEvents

    def hears(self, wanted: Callable[[XfrmEvent], bool], seconds: float = 20) -> XfrmEvent:
        """The first event of that kind. Raises AssertionError when none comes."""
        heard: list[XfrmEvent] = []

        def came() -> bool:
            heard.extend(self.events.read())
            return any(map(wanted, heard))

        assert until(came, seconds), heard
        return next(filter(wanted, heard))


@dataclass
class Ends:
    a: End
    b: End


@pytest.fixture
def ends(plain: Sites) -> Iterator[Ends]:
    """Both ends with an empty kernel, emptied again."""
    made = []
    for side in (plain.a, plain.b):
        with within(side.gateway):
            made.append(End(side, Xfrm(), XfrmEvents()))
    yield Ends(*made)
    for end in made:
        run("ip", "-n", end.side.gateway, "xfrm", "state", "flush")
        run("ip", "-n", end.side.gateway, "xfrm", "policy", "flush")
        end.xfrm.close()
        end.events.close()


def keys_of(suite: EspSuite) -> SaKeys:
    cipher, integrity = key_lengths(suite)
    return SaKeys(Secret(bytes(range(1, cipher + 1))), Secret(bytes(range(101, 101 + integrity))))


def state(spi: int, suite: EspSuite = AES_SHA1, back: bool = False, **more: object) -> State:
    """An SA from a to b, or back."""
    source, destination = (B, A) if back else (A, B)
    return State(SaId(destination, spi), source, 7, KernelMode.TUNNEL, suite, keys_of(suite), **more)  # type: ignore[arg-type]


def policies(out: bool) -> list[Policy]:
    """What end a needs, or with `out` False what end b needs for the same packets."""
    selector = Selector(NETWORK_A, NETWORK_B)
    here, there = (A, B) if out else (B, A)
    there_template, here_template = (Template(x, y, 7, KernelMode.TUNNEL) for x, y in ((here, there), (there, here)))
    mine, theirs = (selector, selector.reversed()) if out else (selector.reversed(), selector)
    return [
        Policy(mine, Direction.OUT, 100, there_template),
        Policy(theirs, Direction.IN, 100, here_template),
        Policy(theirs, Direction.FORWARD, 100, here_template),
    ]


def listed(end: End, what: str = "state") -> str:
    return run("ip", "-n", end.side.gateway, "-s", "xfrm", what)


def one_listed(end: End, spi: int) -> str:
    return run("ip", "-n", end.side.gateway, "xfrm", "state", "get", *f"dst {B} proto esp spi {spi}".split())


def ping(ends: Ends, count: int = 1) -> int:
    """How many pings from network a to network b were answered."""
    argv = ("ping", "-n", "-c", str(count), "-i", "0.2", "-W", "3", "-I", ends.a.side.inside, ends.b.side.inside)
    found = re.search(r"(\d+) received", run("ip", "netns", "exec", ends.a.side.gateway, *argv, check=False))
    return int(found[1]) if found else 0


def tunnel(ends: Ends, forth: State, back: State) -> None:
    """Both SAs and all policies at both ends."""
    for end, out in ((ends.a, True), (ends.b, False)):
        for one in (forth, back):
            end.xfrm.add_state(one)
        for policy in policies(out):
            end.xfrm.add_policy(policy)


def test_iproute2_lists_an_sa_of_every_suite_as_it_was_meant(ends: Ends) -> None:
    spi = 0x1000
    for transform, bits, name in CBC:
        for mac, mac_name, icv in MACS:
            spi += 1
            suite = EspSuite(transform, bits, mac)
            ends.a.xfrm.add_state(state(spi, suite))
            said = run(
                "ip",
                "-n",
                ends.a.side.gateway,
                "xfrm",
                "state",
                "get",
                "dst",
                str(B),
                "proto",
                "esp",
                "spi",
                str(spi),
            )
            keys = keys_of(suite)
            assert f"auth-trunc {mac_name} 0x{keys.integrity.reveal().hex()} {icv}" in said
            cipher = keys.cipher.reveal().hex()
            assert f"enc {name} 0x{cipher}" in said if cipher else f"enc {name}" in said
            assert f"src {A} dst {B}" in said
            assert f"proto esp spi 0x{spi:08x} reqid 7 mode tunnel" in said
    for bits in (128, 192, 256):
        spi += 1
        suite = EspSuite(EspTransform.AES_GCM_16, bits, EspAuthentication.NONE)
        ends.a.xfrm.add_state(state(spi, suite))
        said = one_listed(ends.a, spi)
        assert f"aead rfc4106(gcm(aes)) 0x{keys_of(suite).cipher.reveal().hex()} 128" in said
    assert {report.sa.spi for report in ends.a.xfrm.states()} == set(range(0x1001, spi + 1))


def test_iproute2_lists_ports_window_limits_and_df_of_an_sa(ends: Ends) -> None:
    limits = Limits(soft_octets=9000, hard_octets=10000, soft_seconds=500, hard_seconds=600)
    ends.a.xfrm.add_state(state(0x2001, limits=limits, encapsulation=(4500, 30123), window=32, clears_df=True))
    said = listed(ends.a)
    assert "encap type espinudp sport 4500 dport 30123" in said
    assert "replay-window 32" in said
    assert "flag nopmtudisc" in said
    assert "limit: soft 9000(bytes), hard 10000(bytes)" in said
    assert "limit: soft (INF)(packets), hard (INF)(packets)" in said
    assert "expire add: soft 500(sec), hard 600(sec)" in said
    ends.a.xfrm.add_state(state(0x2002, window=1024))
    assert "replay_window 1024" in listed(ends.a)
    report = ends.a.xfrm.state(SaId(B, 0x2001))
    assert (report.limits, report.encapsulation, report.clears_df) == (limits, (4500, 30123), True)
    longer = Limits(soft_octets=19000, hard_octets=20000, soft_seconds=1500, hard_seconds=1600)
    ends.a.xfrm.update_state(state(0x2001, limits=longer, encapsulation=(4500, 30999), window=32, clears_df=True))
    said = listed(ends.a)
    assert "sport 4500 dport 30999" in said
    assert "soft 19000(bytes), hard 20000(bytes)" in said
    ends.a.xfrm.remove_state(SaId(B, 0x2001))
    assert [report.sa for report in ends.a.xfrm.states()] == [SaId(B, 0x2002)]


def test_iproute2_lists_policies_as_they_were_meant(ends: Ends) -> None:
    selector = Selector(IPv4Network("192.168.1.7/32"), NETWORK_B, 17, 5000, 53)
    exact = Policy(selector, Direction.OUT, 50, Template(A, B, 9, KernelMode.TUNNEL))
    for policy in (*policies(True), exact, Policy(Selector(NETWORK_A, NETWORK_A), Direction.OUT, 10)):
        ends.a.xfrm.add_policy(policy)
    said = " ".join(run("ip", "-n", ends.a.side.gateway, "xfrm", "policy").replace("ptype main", "").split())
    for way, one, other, here, there in (
        ("out", NETWORK_A, NETWORK_B, A, B),
        ("in", NETWORK_B, NETWORK_A, B, A),
        ("fwd", NETWORK_B, NETWORK_A, B, A),
    ):
        assert (
            f"src {one} dst {other} dir {way} priority 100 tmpl src {here} dst {there} proto esp reqid 7 mode tunnel"
            in said
        )
    assert "src 192.168.1.7/32 dst 172.16.1.0/24 proto 17 sport 5000 dport 53 dir out priority 50" in said
    assert set(ends.a.xfrm.policies()) == {
        *policies(True),
        exact,
        Policy(Selector(NETWORK_A, NETWORK_A), Direction.OUT, 10),
    }
    for policy in ends.a.xfrm.policies():
        ends.a.xfrm.remove_policy(policy.selector, policy.direction)
    assert listed(ends.a, "policy") == ""


def test_a_packet_without_an_sa_is_told_and_waits_for_it(ends: Ends) -> None:
    run("ip", "netns", "exec", ends.a.side.gateway, "sysctl", "-q", "-w", "net.core.xfrm_larval_drop=0")
    tunnel(ends, state(0x3001), state(0x3002, back=True))
    ends.a.xfrm.remove_state(SaId(B, 0x3001))
    ping = ("ping", "-n", "-c", "1", "-W", "10", "-I", ends.a.side.inside, ends.b.side.inside)
    argv = ("ip", "netns", "exec", ends.a.side.gateway, *ping)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as pinging:
        told = ends.a.hears(lambda event: isinstance(event, Acquired))
        assert isinstance(told, Acquired)
        assert (told.source, told.peer) == (A, B)
        assert (told.flow.source, told.flow.destination) == (
            IPv4Network("192.168.1.1/32"),
            IPv4Network("172.16.1.1/32"),
        )
        assert told.flow.protocol == 1
        assert told.policy is not None
        assert told.policy.selector == Selector(NETWORK_A, NETWORK_B)
        time.sleep(1)
        ends.a.xfrm.add_state(state(0x3001))
        said, _ = pinging.communicate(timeout=20)
    assert "1 received" in said


def test_every_suite_carries_pings_between_two_kernels(ends: Ends) -> None:
    suites = [
        EspSuite(EspTransform.TRIPLE_DES, 0, EspAuthentication.HMAC_MD5),
        EspSuite(EspTransform.AES_CBC, 256, EspAuthentication.HMAC_SHA2_256),
        EspSuite(EspTransform.AES_GCM_16, 256, EspAuthentication.NONE),
    ]
    tunnel(ends, state(0x4000), state(0x4001, back=True))
    for number, suite in enumerate(suites, 1):
        for end in (ends.a, ends.b):
            for back in (False, True):
                end.xfrm.add_state(state(0x4000 + 2 * number + back, suite, back=back))
                end.xfrm.remove_state(SaId(A if back else B, 0x4000 + 2 * number + back - 2))
        assert ping(ends) == 1, suite
        [report] = [one for one in ends.b.xfrm.states() if one.sa.destination == B]
        assert report.carried.packets == 1
        assert report.carried.octets == 84


def test_soft_and_hard_lifetimes_are_told_by_octets_and_by_time(ends: Ends) -> None:
    octets = Limits(soft_octets=200, hard_octets=400)
    tunnel(ends, state(0x5001), state(0x5002, back=True, limits=Limits(soft_seconds=4, hard_seconds=6)))
    ends.a.xfrm.remove_state(SaId(B, 0x5001))
    ends.a.xfrm.add_state(state(0x5001, limits=octets))
    ping(ends, 4)
    soft = ends.a.hears(lambda event: isinstance(event, Expired) and event.state.sa.spi == 0x5001)
    assert isinstance(soft, Expired)
    assert not soft.hard
    ping(ends, 4)
    hard = ends.a.hears(lambda event: isinstance(event, Expired) and event.hard and event.state.sa.spi == 0x5001)
    assert isinstance(hard, Expired)
    first = ends.b.hears(lambda event: isinstance(event, Expired))
    last = ends.b.hears(lambda event: isinstance(event, Expired) and event.hard)
    for event, late in ((first, False), (last, True)):
        assert isinstance(event, Expired)
        assert (event.state.sa, event.hard) == (SaId(A, 0x5002), late)


def test_a_peer_behind_another_port_is_told(ends: Ends) -> None:
    with within(ends.b.side.gateway), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("10.2.0.2", 4500))
        take_esp(door)
        with_ports = state(0x6001, encapsulation=(4500, 4500))
        tunnel(ends, with_ports, state(0x6002, back=True))
        assert ping(ends) == 1
        ends.a.xfrm.remove_state(with_ports.sa)
        ends.a.xfrm.add_state(replace(with_ports, encapsulation=(30001, 4500)))
        ping(ends)
        told = ends.b.hears(lambda event: isinstance(event, Mapped))
    assert isinstance(told, Mapped)
    assert told.sa == SaId(B, 0x6001)
    assert (told.remote.address, told.remote.port) == (A, 30001)
