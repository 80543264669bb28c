"""The kernel's data plane on this host's kernel, with or without ESP: policies, ways and settings, seen by others."""

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from lan import run

pytestmark = pytest.mark.root

_GATEWAY = Path(__file__).parent.parent / "gateway"

_START = """
import asyncio, os, socket, subprocess, sys
sys.path.insert(0, sys.argv[1])
from gateway_boxes import CONFIGURATION, gateway_of
from mainmode.gateway.xfrm.plane import KernelPlane

DENY = CONFIGURATION.replace(
    "access-list VPN", "access-list VPN extended deny icmp 192.168.1.0 255.255.255.0 host 192.168.2.9\\naccess-list VPN"
)

def opened(text=CONFIGURATION):
    rig = gateway_of("a", text)
    sockets = []
    for port in (500, 4500):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("0.0.0.0", port))
        sockets.append(one)
    plane = KernelPlane(rig.gateway, asyncio.get_running_loop(), "this is a test", sockets)
    rig.gateway.plane = plane
    plane.open()
    plane.protect(rig.gateway.box)
    return rig, plane

def show(*words):
    print(subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout)
"""


@pytest.fixture
def namespace() -> Iterator[str]:
    """Side a of the gateways' configuration: outside 10.0.0.1, inside 192.168.1.1, and nobody at the other end."""
    name = f"mainmode-{os.getpid()}-plane"
    run("ip", "netns", "add", name)
    try:
        run("ip", "-n", name, "link", "add", "outside", "type", "veth", "peer", "name", "other")
        run("ip", "-n", name, "address", "add", "10.0.0.1/24", "dev", "outside")
        run("ip", "-n", name, "address", "add", "192.168.1.1/24", "dev", "lo")
        for end in ("lo", "outside", "other"):
            run("ip", "-n", name, "link", "set", end, "up")
        run("ip", "-n", name, "neighbour", "add", "10.0.0.2", "lladdr", "02:00:00:00:00:02", "dev", "outside")
        yield name
    finally:
        run("ip", "netns", "delete", name, check=False)


def plane(namespace: str, body: str) -> str:
    """What a coroutine prints that runs in the namespace."""
    script = _START + "async def main():\n" + textwrap.indent(textwrap.dedent(body), "    ") + "\nasyncio.run(main())"
    return run("ip", "netns", "exec", namespace, sys.executable, "-c", script, str(_GATEWAY), timeout=120)


def policies(namespace: str) -> str:
    """As iproute2 sees them, those of sockets left out."""
    return run("ip", "-n", namespace, "xfrm", "policy", "list", "nosock")


def left(namespace: str) -> str:
    """What there is of rules, policies and settings."""
    settings = ("sysctl", "-n", "net.ipv4.ip_forward", "net.core.xfrm_larval_drop")
    return policies(namespace) + run("ip", "-n", namespace, "rule") + run("ip", "netns", "exec", namespace, *settings)


def test_policies_ways_and_settings_stand_while_the_plane_is_open_and_only_then(namespace: str) -> None:
    before = left(namespace)
    said = plane(
        namespace,
        """
        rig, plane = opened(DENY)
        show("ip", "xfrm", "policy", "list", "nosock")
        show("ip", "rule")
        show("ip", "route", "get", "192.168.2.7", "from", "192.168.1.1")
        show("sysctl", "-n", "net.ipv4.ip_forward", "net.core.xfrm_larval_drop")
        plane.close()
        """,
    )
    tunnel = re.search(
        r"src 192\.168\.1\.0/24 dst 192\.168\.2\.0/24 dev outside\s+dir out priority (\d+) ptype main\s+"
        r"tmpl src 10\.0\.0\.1 dst 10\.0\.0\.2\s+proto esp reqid \d+ mode tunnel",
        said,
    )
    clear = re.search(
        r"src 192\.168\.1\.0/24 dst 192\.168\.2\.9/32 proto icmp dev outside\s+"
        r"dir out priority (\d+) ptype main *\n(?!\s+tmpl)",
        said,
    )
    assert tunnel
    assert clear
    assert int(clear[1]) < int(tunnel[1])
    assert "192.168.2.7 from 192.168.1.1 via 10.0.0.2 dev outside" in said
    assert "1\n0\n" in said
    assert left(namespace) == before


def test_what_comes_outside_with_a_source_that_is_inside_vanishes_before_it_meets_a_policy(namespace: str) -> None:
    run("ip", "-n", namespace, "link", "add", "inside", "type", "veth", "peer", "name", "lan")
    run("ip", "-n", namespace, "address", "delete", "192.168.1.1/24", "dev", "lo")
    run("ip", "-n", namespace, "address", "add", "192.168.1.1/24", "dev", "inside")
    for end in ("inside", "lan"):
        run("ip", "-n", namespace, "link", "set", end, "up")
    said = plane(
        namespace,
        """
        rig, plane = opened()
        way = "ip", "route", "get", "192.168.2.7", "from", "192.168.1.9", "iif"
        show(*way, "inside")
        show(*way, "outside")
        show("ip", "route", "get", "192.168.1.1", "from", "192.168.2.7", "iif", "outside")
        plane.close()
        show("ip", "route", "show", "table", "all", "type", "blackhole")
        """,
    )
    inside, forged, back, *left = re.split(r"\n\n+", said.strip())
    assert "via 10.0.0.2 dev outside" in inside
    assert forged == "RTNETLINK answers: Invalid argument"
    assert back.startswith("local 192.168.1.1 from 192.168.2.7")
    assert left == []


def test_a_packet_that_meets_a_policy_makes_the_gateway_begin(namespace: str) -> None:
    said = plane(
        namespace,
        """
        rig, plane = opened()
        ping = subprocess.Popen(("ping", "-c1", "-W1", "-I", "192.168.1.1", "192.168.2.7"), stdout=subprocess.DEVNULL)
        for _ in range(100):
            await asyncio.sleep(0.05)
            if rig.sent:
                break
        ping.wait()
        datagram, path = rig.sent[0]
        print(path, datagram[18])
        plane.close()
        """,
    )
    assert "10.0.0.2" in said
    assert said.strip().endswith(" 2")


def test_what_a_killed_gateway_left_behind_goes_at_the_next_start(namespace: str) -> None:
    before = left(namespace)
    with pytest.raises(RuntimeError):
        plane(namespace, "opened(DENY); os._exit(9)")
    assert policies(namespace).count("dir out") == 2
    plane(namespace, "rig, plane = opened(); plane.close()")
    assert policies(namespace) == ""
    assert left(namespace).splitlines()[:-2] == before.splitlines()[:-2]


def test_a_host_that_another_program_protects_already_is_told_of_and_left_alone(namespace: str) -> None:
    words = (
        "src 192.168.1.0/24 dst 192.168.2.0/24 dev outside dir out tmpl src 1.1.1.1 dst 2.2.2.2 proto esp mode tunnel"
    )
    run("ip", "-n", namespace, "xfrm", "policy", "add", *words.split())
    with pytest.raises(RuntimeError, match="another program on this host protects the same traffic"):
        plane(namespace, "opened()")
    assert "dst 2.2.2.2" in policies(namespace)


def test_the_gateway_says_what_the_kernel_lacks_or_takes_it(
    namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(_GATEWAY)
    from gateway_boxes import CONFIGURATION

    (tmp_path / "a.cfg").write_text(CONFIGURATION)
    command = (
        "ip",
        "netns",
        "exec",
        namespace,
        sys.executable,
        "-c",
        "from mainmode.cli.main import main; main()",
        "up",
    )
    argv = (*command, str(tmp_path / "a.cfg"), "--control", str(tmp_path / "control"))
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as gateway:
        said = []
        for line in gateway.stdout or ():
            said.append(line)
            if line.startswith("ready"):
                gateway.terminate()
    text = "".join(said)
    assert re.search(r"data plane: (kernel; the kernel has ESP|user space; the kernel does not take ESP)", text)
