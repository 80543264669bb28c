"""Our XFRM messages beside iproute2's own, and our policies in the kernel as iproute2 sees them."""

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from lan import run

from mainmode.base.codes import EspAuthentication, EspTransform
from mainmode.base.secret import Secret
from mainmode.gateway.netlink.codec import attributes
from mainmode.gateway.xfrm.layout import Direction, KernelMode, Limits, SaId, Selector
from mainmode.gateway.xfrm.policies import INFO_SIZE as POLICY_SIZE
from mainmode.gateway.xfrm.policies import Policy, Template, write_policy, write_policy_id
from mainmode.gateway.xfrm.states import INFO_SIZE as STATE_SIZE
from mainmode.gateway.xfrm.states import State, write_state, write_state_id
from mainmode.ipsec.dataplane import EspSuite, SaKeys

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]

OURS, THEIRS = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
SA = SaId(THEIRS, 0x12345678)
NAMED = ("src", "10.0.0.1", "dst", "10.0.0.2", "proto", "esp", "spi", "0x12345678")


def key(octets: int) -> Secret:
    """A key that shows a wrong place by its octets."""
    return Secret(bytes(range(1, octets + 1)))


def spelled(secret: Secret) -> str:
    """As iproute2 reads a key."""
    return f"0x{secret.reveal().hex()}" if len(secret) else ""


AES, MAC = EspTransform.AES_CBC, EspAuthentication
CIPHERS = {
    "aes-128": (EspSuite(AES, 128, MAC.HMAC_SHA1), "cbc(aes)", 16, "hmac(sha1)", 20, 96),
    "aes-256": (EspSuite(AES, 256, MAC.HMAC_SHA2_256), "cbc(aes)", 32, "hmac(sha256)", 32, 128),
    "3des": (EspSuite(EspTransform.TRIPLE_DES, 0, MAC.HMAC_MD5), "cbc(des3_ede)", 24, "hmac(md5)", 16, 96),
    "des": (EspSuite(EspTransform.DES, 0, MAC.HMAC_SHA2_384), "cbc(des)", 8, "hmac(sha384)", 48, 192),
    "null": (EspSuite(EspTransform.NULL, 0, MAC.HMAC_SHA2_512), "ecb(cipher_null)", 0, "hmac(sha512)", 64, 256),
}


@pytest.fixture
def namespace() -> Iterator[str]:
    """An empty namespace with a way to everywhere."""
    name = f"mainmode-{os.getpid()}-xfrm"
    run("ip", "netns", "add", name)
    try:
        run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", name, "link", "add", "outside", "type", "veth", "peer", "name", "other")
        run("ip", "-n", name, "address", "add", "10.0.0.1/24", "dev", "outside")
        run("ip", "-n", name, "address", "add", "192.168.1.1/24", "dev", "lo")
        for end in ("outside", "other"):
            run("ip", "-n", name, "link", "set", end, "up")
        run("ip", "-n", name, "neighbour", "add", "10.0.0.2", "lladdr", "02:00:00:00:00:02", "dev", "outside")
        run("ip", "-n", name, "route", "add", "default", "via", "10.0.0.2")
        yield name
    finally:
        run("ip", "netns", "delete", name, check=False)


def sent_by_iproute2(namespace: str, folder: Path, *words: str) -> bytes:
    """The body of the message that `ip xfrm …` sends to the kernel."""
    trace = folder / "trace"
    run(
        *("ip", "netns", "exec", namespace, "strace", "-e", "trace=sendmsg", "-xx", "-s", "65536", "-o", str(trace)),
        *("ip", "xfrm", *words),
        check=False,
    )
    [body] = re.findall(r'nlmsg_pid=0\}, "((?:\\x..)*)"', trace.read_text())
    return bytes.fromhex(str(body).replace("\\x", ""))


def alike(ours: bytes, theirs: bytes, size: int) -> None:
    """The same structure, and the same attributes in any order."""
    assert ours[:size] == theirs[:size]
    assert attributes(ours, size) == attributes(theirs, size)


@pytest.mark.parametrize("name", CIPHERS)
def test_an_sa_with_a_cipher_and_a_mac_is_said_as_iproute2_says_it(namespace: str, tmp_path: Path, name: str) -> None:
    terms, cipher, length, mac, mac_length, bits = CIPHERS[name]
    keys = SaKeys(key(length), key(mac_length))
    theirs = sent_by_iproute2(
        *(namespace, tmp_path, "state", "add", *NAMED, "reqid", "7", "mode", "tunnel", "replay-window", "32"),
        *("enc", cipher, spelled(keys.cipher), "auth-trunc", mac, spelled(keys.integrity), str(bits)),
    )
    alike(write_state(State(SA, OURS, 7, KernelMode.TUNNEL, terms, keys, 32)), theirs, STATE_SIZE)


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_an_sa_with_aes_gcm_is_said_as_iproute2_says_it(namespace: str, tmp_path: Path, bits: int) -> None:
    terms = EspSuite(EspTransform.AES_GCM_16, bits, MAC.NONE)
    keys = SaKeys(key(bits // 8 + 4), Secret(b""))
    theirs = sent_by_iproute2(
        *(namespace, tmp_path, "state", "add", *NAMED, "reqid", "7", "mode", "transport"),
        *("aead", "rfc4106(gcm(aes))", spelled(keys.cipher), "128"),
    )
    alike(write_state(State(SA, OURS, 7, KernelMode.TRANSPORT, terms, keys)), theirs, STATE_SIZE)


def test_lifetimes_udp_ports_flags_and_a_long_window_are_said_as_iproute2_says_them(
    namespace: str, tmp_path: Path
) -> None:
    terms, cipher, length, mac, mac_length, bits = CIPHERS["aes-128"]
    keys = SaKeys(key(length), key(mac_length))
    limits = Limits(1000, 2000, 30, 40, 50, 60)
    ours = State(SA, OURS, 9, KernelMode.TUNNEL, terms, keys, 1000, limits, (4500, 61234), clears_df=True)
    theirs = sent_by_iproute2(
        *(namespace, tmp_path, "state", "update", *NAMED, "reqid", "9", "mode", "tunnel", "replay-window", "1000"),
        *("flag", "nopmtudisc", "encap", "espinudp", "4500", "61234", "0.0.0.0"),
        *("enc", cipher, spelled(keys.cipher), "auth-trunc", mac, spelled(keys.integrity), str(bits)),
        *("limit", "byte-soft", "1000", "limit", "byte-hard", "2000", "limit", "packet-soft", "30"),
        *("limit", "packet-hard", "40", "limit", "time-soft", "50", "limit", "time-hard", "60"),
    )
    alike(write_state(ours), theirs, STATE_SIZE)


def test_an_sa_is_named_as_iproute2_names_it(namespace: str, tmp_path: Path) -> None:
    theirs = sent_by_iproute2(namespace, tmp_path, "state", "delete", *NAMED)
    assert write_state_id(SA) == theirs[: len(write_state_id(SA))]


SELECTOR = Selector(IPv4Network("192.168.1.0/24"), IPv4Network("192.168.2.0/25"))
WEB = Selector(IPv4Network("192.168.1.1/32"), IPv4Network("0.0.0.0/0"), 6, 80, 0)
TEMPLATE = Template(OURS, THEIRS, 7, KernelMode.TUNNEL)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (
            Policy(SELECTOR, Direction.OUT, 100, TEMPLATE),
            "src 192.168.1.0/24 dst 192.168.2.0/25 dir out priority 100 "
            "tmpl src 10.0.0.1 dst 10.0.0.2 proto esp reqid 7 mode tunnel",
        ),
        (
            Policy(WEB, Direction.FORWARD, 5),
            "src 192.168.1.1/32 dst 0.0.0.0/0 proto tcp sport 80 dir fwd priority 5 action allow",
        ),
    ],
)
def test_a_policy_is_said_as_iproute2_says_it(namespace: str, tmp_path: Path, policy: Policy, words: str) -> None:
    alike(write_policy(policy), sent_by_iproute2(namespace, tmp_path, "policy", "add", *words.split()), POLICY_SIZE)


def test_a_policy_is_named_as_iproute2_names_it(namespace: str, tmp_path: Path) -> None:
    words = "src 192.168.1.0/24 dst 192.168.2.0/25 dir in"
    theirs = sent_by_iproute2(namespace, tmp_path, "policy", "delete", *words.split())
    assert write_policy_id(SELECTOR, Direction.IN) == theirs


_START = """
import socket, subprocess, select
from ipaddress import IPv4Address, IPv4Network
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.xfrm.events import XfrmEvents
from mainmode.gateway.xfrm.kernel import Xfrm
from mainmode.gateway.xfrm.layout import Direction, KernelMode, SaId, Selector
from mainmode.gateway.xfrm.policies import Policy, Template
from mainmode.gateway.xfrm.sockets import bypass, take_esp
xfrm = Xfrm()
SELECTOR = Selector(IPv4Network("192.168.1.0/24"), IPv4Network("192.168.2.0/25"))
TEMPLATE = Template(IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2"), 7, KernelMode.TUNNEL)
OUT = Policy(SELECTOR, Direction.OUT, 100, TEMPLATE)
CLEAR = Policy(SELECTOR.reversed(), Direction.FORWARD, 99)
"""


def ours(namespace: str, script: str) -> str:
    """What our calls print that run in the namespace."""
    return run("ip", "netns", "exec", namespace, sys.executable, "-c", _START + textwrap.dedent(script), timeout=120)


def test_iproute2_sees_our_policies_as_we_mean_them(namespace: str) -> None:
    ours(namespace, "xfrm.add_policy(OUT); xfrm.add_policy(CLEAR)")
    seen = run("ip", "-n", namespace, "xfrm", "policy")
    assert re.search(
        r"src 192\.168\.1\.0/24 dst 192\.168\.2\.0/25\s+dir out priority 100 ptype main\s+"
        r"tmpl src 10\.0\.0\.1 dst 10\.0\.0\.2\s+proto esp reqid 7 mode tunnel",
        seen,
    )
    assert re.search(r"src 192\.168\.2\.0/25 dst 192\.168\.1\.0/24\s+dir fwd priority 99", seen)
    assert ours(namespace, "print(OUT in xfrm.policies(), CLEAR in xfrm.policies())") == "True True\n"
    ours(
        namespace,
        """
        xfrm.update_policy(Policy(SELECTOR, Direction.OUT, 50, TEMPLATE))
        xfrm.remove_policy(CLEAR.selector, CLEAR.direction)
        """,
    )
    seen = run("ip", "-n", namespace, "xfrm", "policy")
    assert "priority 50" in seen
    assert "dir fwd" not in seen


def test_a_packet_that_wants_an_sa_is_heard_of_with_its_flow_and_its_policy(namespace: str) -> None:
    said = ours(
        namespace,
        """
        events = XfrmEvents()
        xfrm.add_policy(OUT)
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("192.168.1.1", 1234))
        one.setblocking(False)
        try:
            one.sendto(b"x", ("192.168.2.9", 53))
        except OSError:
            pass
        select.select([events.fileno()], [], [], 5)
        [event] = events.read()
        print(event.flow, "|", event.peer, event.source, event.policy == OUT)
        """,
    )
    assert said == "192.168.1.1/32 to 192.168.2.9/32, protocol 17, ports 1234 to 53 | 10.0.0.2 10.0.0.1 True\n"


def test_a_socket_with_a_bypass_sends_in_clear_what_a_policy_protects(namespace: str) -> None:
    said = ours(
        namespace,
        """
        everything = Selector(IPv4Network("0.0.0.0/0"), IPv4Network("0.0.0.0/0"))
        events = XfrmEvents()
        xfrm.add_policy(Policy(everything, Direction.OUT, 100, TEMPLATE))
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bypass(one)
        take_esp(one)
        one.sendto(b"x", ("10.0.0.2", 500))
        print(events.read())
        """,
    )
    assert said == "[]\n"


def test_a_refused_call_names_the_sa_or_the_policy_and_the_kernel_s_reason(namespace: str) -> None:
    said = ours(
        namespace,
        """
        xfrm.add_policy(OUT)
        for call in (
            lambda: xfrm.add_policy(OUT),
            lambda: xfrm.remove_policy(CLEAR.selector, CLEAR.direction),
            lambda: xfrm.remove_state(SaId(IPv4Address("10.0.0.2"), 0x1234)),
            lambda: xfrm.state(SaId(IPv4Address("10.0.0.2"), 0x1234)),
        ):
            try:
                call()
            except NetlinkError as refused:
                print(refused)
        print(xfrm.states())
        """,
    )
    exists, absent, removed, looked, states = said.splitlines()
    assert exists.startswith("cannot install the out policy for 192.168.1.0/24 to 192.168.2.0/25: File exists (EEXIST)")
    assert "cannot remove the forward policy for 192.168.2.0/25 to 192.168.1.0/24: No such file" in absent
    assert removed.startswith("cannot remove the SA 0x00001234 to 10.0.0.2: No such process (ESRCH)")
    assert looked.startswith("cannot look at the SA 0x00001234 to 10.0.0.2: No such process (ESRCH)")
    assert states == "[]"
