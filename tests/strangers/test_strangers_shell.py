"""`mainmode up` as a process of a host: start, what it tells, SIGHUP, faults of the host, and an end without traces."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateways import Running, asking, command, gateway
from lan import run, until
from sites import Site, Sites, sites

pytestmark = pytest.mark.root


def config(site: Site, other: Site, more: str = "") -> str:
    """A device of one site with a tunnel to the other."""
    networks = "192.168.1.0 255.255.255.0", "172.16.1.0 255.255.255.0"
    local, remote = networks if site.inside.startswith("192") else networks[::-1]
    return f"""\
hostname {"asa-a" if site.inside.startswith("192") else "asa-b"}
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address {site.inside} 255.255.255.0
interface GigabitEthernet0/1
 nameif outside
 security-level 0
 ip address {site.outside} 255.255.255.0
access-list VPN extended permit ip {local} {remote}
crypto ipsec ikev1 transform-set TRANSFORM esp-aes esp-sha-hmac
crypto map MAP 10 match address VPN
crypto map MAP 10 set peer {other.outside}
crypto map MAP 10 set ikev1 transform-set TRANSFORM
crypto map MAP interface outside
route outside 0.0.0.0 0.0.0.0 {site.router}
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes
 hash sha
 group 14
 lifetime 86400
tunnel-group {other.outside} type ipsec-l2l
tunnel-group {other.outside} ipsec-attributes
 ikev1 pre-shared-key correct-horse-battery
management-access inside
{more}"""


def ping(namespace: str, address: str, *options: str, count: int = 3) -> int:
    """How many of some pings came back."""
    argv = ("ip", "netns", "exec", namespace, "ping", "-c", str(count), "-i", "0.2", "-W", "5", *options, address)
    found = re.search(r"(\d+) received", run(*argv, check=False, timeout=60))
    return int(found[1]) if found else 0


def traces(namespace: str) -> str:
    """What a gateway may leave behind on a host: rules, the device, forwarding."""
    rules = run("ip", "-n", namespace, "rule")
    links = run("ip", "-n", namespace, "-o", "link")
    states = run("ip", "-n", namespace, "xfrm", "state", check=False) + run(
        "ip", "-n", namespace, "xfrm", "policy", check=False
    )
    forwarding = run("ip", "netns", "exec", namespace, "cat", "/proc/sys/net/ipv4/ip_forward")
    return rules + re.sub(r"@\S+|state \S+|qlen \d+", "", links) + states + forwarding


@pytest.fixture(scope="module")
def net() -> Iterator[Sites]:
    with sites("sh") as both:
        yield both


@pytest.fixture
def pair(net: Sites, tmp_path: Path) -> Iterator[tuple[Running, Running]]:
    with (
        gateway(net.a.gateway, tmp_path / "a", config(net.a, net.b)) as a,
        gateway(net.b.gateway, tmp_path / "b", config(net.b, net.a)) as b,
    ):
        yield a, b


def test_the_first_packet_brings_the_tunnel_up_and_arrives_and_the_end_leaves_no_trace(
    net: Sites, tmp_path: Path
) -> None:
    before = traces(net.a.gateway), traces(net.b.gateway)
    with (
        gateway(net.a.gateway, tmp_path / "a", config(net.a, net.b)) as a,
        gateway(net.b.gateway, tmp_path / "b", config(net.b, net.a)) as b,
    ):
        assert ping(net.a.host, net.b.address) == 3, a.report() + b.report()
        assert b.says("tunnel up: 10.1.0.2, 172.16.1.0/24 to 192.168.1.0/24")
        assert a.end() == 0
        assert b.says("tunnel down: 10.1.0.2, 172.16.1.0/24 to 192.168.1.0/24: the peer deleted the SA"), b.report()
        assert b.end() == 0
        assert "tunnels taken down, with a delete to the peer: 1" in a.out
        assert a.err == b.err == ""
    assert (traces(net.a.gateway), traces(net.b.gateway)) == before


def test_the_start_tells_of_interfaces_data_plane_ports_and_tunnels_without_the_key(
    pair: tuple[Running, Running],
) -> None:
    a, _ = pair
    assert re.search(r"^mainmode \S+: asa-a, asa.cfg, process \d+$", a.out, re.M)
    assert re.search(r"^interface outside 10.1.0.2/24 is \S+, by its address, IKE$", a.out, re.M)
    assert re.search(r"^data plane: (user space|kernel); .+", a.out, re.M)
    assert "listening on UDP 500 and 4500\n" in a.out
    assert "tunnel MAP 10 on outside: to 10.2.0.2 for VPN (1 permit entry)\n" in a.out
    assert "correct-horse" not in a.report()
    assert "correct-horse" not in Path(f"/proc/{a.process.pid}/cmdline").read_text()


def test_the_process_keeps_one_capability_and_can_get_no_other(pair: tuple[Running, Running]) -> None:
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pair[0].process.pid}/status").read_text().splitlines())
    net_admin = f"{1 << 12:016x}"
    assert [status[name] for name in ("CapPrm", "CapEff", "CapBnd", "CapInh", "CapAmb")] == [net_admin] * 3 + [
        "0" * 16
    ] * 2
    assert status["NoNewPrivs"] == "1"
    limits = Path(f"/proc/{pair[0].process.pid}/limits").read_text()
    assert re.search(r"^Max core file size +0 +0 ", limits, re.M)


def test_a_second_gateway_on_the_same_host_says_who_holds_the_ports(
    net: Sites, pair: tuple[Running, Running], tmp_path: Path
) -> None:
    a, _ = pair
    second = subprocess.run(command(net.a.gateway, str(a.config)), capture_output=True, text=True, timeout=30)
    assert second.returncode == 2
    assert second.stderr == (
        f"mainmode: UDP port 500 is in use: by mainmode (pid {a.process.pid}): a gateway runs already; stop that one "
        "first\n"
    )
    assert ping(net.a.host, net.b.address) == 3, a.report()


def test_without_root_the_missing_capabilities_are_named(net: Sites, tmp_path: Path) -> None:
    (tmp_path / "asa.cfg").write_text(config(net.a, net.b))
    argv = command(net.a.gateway, str(tmp_path / "asa.cfg"))
    bare = ["setpriv", "--bounding-set", "-net_admin,-net_bind_service", "--inh-caps", "-all", *argv[4:]]
    done = subprocess.run([*argv[:4], *bare], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert (
        "missing: CAP_NET_ADMIN (tunnel devices, routes and the kernel's IPsec), CAP_NET_BIND_SERVICE (UDP port 500)."
        in done.stderr
    )
    assert "CAP_NET_RAW (" not in done.stderr


def test_sighup_changes_what_changed_and_leaves_the_tunnel_alone(net: Sites, pair: tuple[Running, Running]) -> None:
    a, b = pair
    assert ping(net.a.host, net.b.address) == 3, a.report() + b.report()
    a.reread(config(net.a, net.b))
    assert a.says("asa.cfg is read again: nothing changed")
    more = "access-list VPN extended permit ip 192.168.1.0 255.255.255.0 192.168.77.0 255.255.255.0\n"
    a.reread(config(net.a, net.b, more))
    assert a.says("asa.cfg is read again and in force\n"), a.report()
    if "data plane: user space" in a.out:
        assert "192.168.77.0/24" in run("ip", "-n", net.a.gateway, "rule")
    assert "tunnel down" not in a.out
    assert ping(net.a.host, net.b.address) == 3, a.report() + b.report()
    a.reread(config(net.a, net.b).replace("10 set peer 10.2.0.2", "10 set peer 10.2.0.3"))
    assert a.says("asa.cfg is read again and in force; pairs of SAs that no longer fit: 1"), a.report()
    assert b.says("tunnel down"), b.report()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the configuration stays as it was: asa.cfg: no interface runs IKE"),
        ("\0\0", "the configuration stays as it was: "),
        (None, "the configuration stays as it was: "),
    ],
)
def test_a_configuration_that_cannot_be_used_changes_nothing(
    net: Sites, pair: tuple[Running, Running], text: str | None, said: str
) -> None:
    a, b = pair
    assert ping(net.a.host, net.b.address) == 3, a.report() + b.report()
    if text is None:
        a.config.unlink()
        a.process.send_signal(1)
    else:
        a.reread(text)
    assert a.says(said), a.report()
    assert "tunnel down" not in a.out
    assert ping(net.a.host, net.b.address) == 3, a.report() + b.report()


def test_an_interface_that_loses_its_address_is_told_and_its_return_noticed(
    net: Sites, pair: tuple[Running, Running]
) -> None:
    a, b = pair
    link = re.search(r"interface outside \S+ is (\S+),", a.out)
    assert link is not None
    run("ip", "-n", net.a.gateway, "address", "delete", f"{net.a.outside}/24", "dev", link[1])
    try:
        assert a.says(f"interface outside: {link[1]} with {net.a.outside} is gone"), a.report()
        assert ping(net.a.host, net.b.address, count=1) == 0
    finally:
        run("ip", "-n", net.a.gateway, "address", "add", f"{net.a.outside}/24", "dev", link[1])
        run("ip", "-n", net.a.gateway, "route", "replace", "default", "via", net.a.router)
    assert a.says(f"interface outside {net.a.outside}/24 is {link[1]}, by its address: it is there again"), a.report()
    assert until(lambda: ping(net.a.host, net.b.address) == 3, 30), a.report() + b.report()


def test_a_device_that_is_taken_away_is_made_again_and_nothing_leaves_in_clear(net: Sites, tmp_path: Path) -> None:
    with (
        gateway(net.a.gateway, tmp_path / "a", config(net.a, net.b), "--data-plane", "user", "--tun", "mm1") as a,
        gateway(net.b.gateway, tmp_path / "b", config(net.b, net.a)) as b,
    ):
        assert ping(net.a.host, net.b.address) == 3, a.report() + b.report()
        assert "unreachable default" in run("ip", "-n", net.a.gateway, "route", "show", "table", "19789")
        run("ip", "-n", net.a.gateway, "link", "delete", "mm1")
        assert a.says("mm1 was taken away: it is in place again"), a.report()
        assert ping(net.a.host, net.b.address) == 3, a.report() + b.report()
        run("ip", "-n", net.a.gateway, "-batch", "-", said="link delete mm1\nlink add mm1 type veth peer name mm2\n")
        assert a.says("the TUN device mm1: Device or resource busy"), a.report()
        assert ping(net.a.host, net.b.address, count=1) == 0
        run("ip", "-n", net.a.gateway, "link", "delete", "mm1")
        assert until(lambda: ping(net.a.host, net.b.address) == 3, 30), a.report() + b.report()


def test_a_stranger_outside_with_an_inside_address_gets_into_no_tunnel(net: Sites, tmp_path: Path) -> None:
    forged = (
        "import socket, struct; s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)\n"
        f"ends = [socket.inet_aton(one) for one in ({net.a.networks[0] + '.77'!r}, {net.b.address!r})]\n"
        "packet = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 32, 1, 0, 64, 17, 0, *ends)\n"
        f"s.sendto(packet + bytes.fromhex('03e803e8000c000000000000'), ({net.b.address!r}, 0))"
    )
    strict = "ip", "netns", "exec", net.a.gateway, "sysctl", "-q", "-w"
    with gateway(net.a.gateway, tmp_path / "a", config(net.a, net.b), "--data-plane", "user") as a:
        run("ip", "-n", net.router, "route", "add", f"{net.b.address}/32", "via", net.a.outside)
        run(*strict, "net.ipv4.conf.outside.rp_filter=0")
        try:
            for _ in range(5):
                run("ip", "netns", "exec", net.router, sys.executable, "-c", forged)
        finally:
            run("ip", "-n", net.router, "route", "del", f"{net.b.address}/32")
            run(*strict, "net.ipv4.conf.outside.rp_filter=1")
        assert not until(lambda: "MM_" in asking(a, "show", "crypto", "isakmp", "sa").communicate()[0], 3), a.report()


def test_a_mapped_interface_takes_the_hosts_address(net: Sites, tmp_path: Path) -> None:
    text = config(net.a, net.b).replace(f"ip address {net.a.outside} ", "ip address 203.0.113.77 ")
    link = run("ip", "-n", net.a.gateway, "-o", "route", "get", net.a.router).split("dev ")[1].split()[0]
    with (
        gateway(net.a.gateway, tmp_path / "a", text, "--map", f"outside={link}") as a,
        gateway(net.b.gateway, tmp_path / "b", config(net.b, net.a)) as b,
    ):
        assert f"interface outside {net.a.outside}/24 is {link}, as mapped, IKE" in a.out
        assert ping(net.a.host, net.b.address) == 3, a.report() + b.report()


def test_the_host_itself_is_reached_by_its_inside_address_and_reaches_the_other_side(
    net: Sites, pair: tuple[Running, Running]
) -> None:
    a, b = pair
    assert ping(net.a.gateway, net.b.address, "-I", net.a.inside) == 3, a.report() + b.report()
    assert ping(net.a.host, net.b.inside) == 3, a.report() + b.report()
    listening = subprocess.Popen(
        ["ip", "netns", "exec", net.b.gateway, "python3", "-c",
         f"import socket; s = socket.create_server(('{net.b.inside}', 7777)); s.accept()[0].sendall(b'host b')"]
    )  # fmt: skip
    try:
        read = f"import socket; print(socket.create_connection(('{net.b.inside}', 7777), 10).recv(99))"
        assert until(
            lambda: "host b" in run("ip", "netns", "exec", net.a.host, "python3", "-c", read, check=False), 20
        ), a.report() + b.report()
    finally:
        listening.kill()
        listening.wait()


def test_hostile_datagrams_are_counted_and_harm_nothing(net: Sites, pair: tuple[Running, Running]) -> None:
    a, b = pair
    flood = (
        "import os, socket\n"
        "udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "for port in (500, 4500):\n"
        "    for size in (0, 1, 4, 27, 28, 29, 60, 1400, 60000):\n"
        "        for _ in range(20):\n"
        f"            udp.sendto(os.urandom(size), ('{net.a.outside}', port))\n"
        "            udp.sendto(bytes(4) + os.urandom(size), ('" + net.a.outside + "', port))\n"
        "raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, 50)\n"
        "for size in (0, 1, 7, 8, 9, 40, 1400):\n"
        f"    raw.sendto(os.urandom(size), ('{net.a.outside}', 0))\n"
    )
    run("ip", "netns", "exec", net.b.gateway, "python3", "-c", flood)
    assert ping(net.a.host, net.b.address) == 3, a.report() + b.report()
    assert a.process.poll() is None
    assert "fault" not in a.report()


def test_a_terminal_that_goes_away_does_not_stop_the_gateway(net: Sites, tmp_path: Path) -> None:
    (tmp_path / "asa.cfg").write_text(config(net.a, net.b))
    with gateway(net.b.gateway, tmp_path / "b", config(net.b, net.a)) as b:
        a = subprocess.Popen(
            command(net.a.gateway, str(tmp_path / "asa.cfg"), "--debug", "crypto ikev1 255"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            assert a.stdout is not None
            assert a.stderr is not None
            while b"ready;" not in a.stdout.readline():
                assert a.poll() is None
            a.stdout.close()
            a.stderr.close()
            assert ping(net.a.host, net.b.address) == 3, b.report()
            assert a.poll() is None
        finally:
            a.terminate()
            assert a.wait(10) == 0
