"""Tunnels with ESP in the kernels of both ends: our gateway and strongSwan, and one end of ours in user space."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from firewall import Firewall, Policy, Tunnel, configuration, firewall
from kernel_sas import kernel_sas, nothing_left
from lan import run, until
from sites import Sites, pings
from strongswan import Charon, Connection, charon
from transfer import carried

POLICIES = (Policy(), Policy("3des", "sha", 2))
SUITES = {
    "172.16.1": ("esp-aes esp-sha-hmac", "aes128-sha1", "aes128-sha256-modp2048"),
    "172.16.2": ("esp-3des esp-sha-hmac", "3des-sha1", "3des-sha1-modp1024"),
    "172.16.3": ("esp-aes-gcm esp-none", "aes128gcm16", "aes128-sha256-modp2048"),
}
"""By the network behind charon: our transform set, charon's ESP and IKE proposals."""


def tunnels(net: Sites) -> list[Tunnel]:
    return [
        Tunnel.between(net.a, net.b).but(
            peer=f"10.2.0.{number + 1}", remote_network=f"{network}.0/24", transform=SUITES[network][0]
        )
        for number, network in enumerate(net.b.networks, 1)
    ]


def connections(net: Sites) -> list[Connection]:
    return [
        Connection.between(net.b, net.a).but(
            name=f"n{number}",
            local=f"10.2.0.{number + 1}",
            local_id=f"10.2.0.{number + 1}",
            local_network=f"{network}.0/24",
            esp=SUITES[network][1],
            ike=SUITES[network][2],
        )
        for number, network in enumerate(net.b.networks, 1)
    ]


@contextmanager
def both(
    net: Sites, folder: Path, ours: list[Tunnel], theirs: list[Connection], plane: str = "kernel"
) -> Iterator[tuple[Firewall, Charon]]:
    """Our gateway at a, charon at b with kernel ESP."""
    text = configuration(net.a, *ours, policies=POLICIES)
    with (
        charon(net.b.gateway, folder / "charon", *theirs, kernel=True) as daemon,
        firewall(net.a.gateway, folder / "ours", text, "--data-plane", plane) as gateway,
    ):
        yield gateway, daemon


def same_sas(net: Sites, count: int) -> bool:
    """Whether both kernels hold the same SAs with the same keys, so many of them."""
    mine, theirs = ({sa.agreed for sa in kernel_sas(site.gateway)} for site in (net.a, net.b))
    return len(mine) == count and mine == theirs


def shared(net: Sites) -> int:
    """How many SAs both kernels hold: of a pair that was renewed charon keeps the inbound one only, until its end."""
    mine, theirs = ({sa.agreed for sa in kernel_sas(site.gateway)} for site in (net.a, net.b))
    return len(mine & theirs)


def report(gateway: Firewall, daemon: Charon, net: Sites) -> str:
    """All that tells what went wrong: what both programs said, and what both kernels hold and counted."""
    spoken = [line for line in gateway.said() if not re.search("keep-alive|constructing|processing|NOTIFY", line)]
    heard = [line for line in daemon.log().splitlines() if not re.search("DPD|NET|nothing|activating", line)]
    parts = ["\n".join(spoken)[-9000:], gateway.errors(), "\n".join(heard)[-4000:]]
    for site in (net.a, net.b):
        counters = run("ip", "netns", "exec", site.gateway, "cat", "/proc/net/xfrm_stat").splitlines()
        parts += [
            "\n".join(map(str, kernel_sas(site.gateway))),
            str([one for one in counters if one.split()[1] != "0"]),
        ]
    parts += [run("ip", "-n", net.a.gateway, *what) for what in (("xfrm", "policy", "list", "nosock"), ("rule",))]
    return "\n---\n".join(parts)


def test_our_gateway_begins_tunnels_of_three_suites_and_loses_no_packet(plain: Sites, tmp_path: Path) -> None:
    with both(plain, tmp_path, tunnels(plain), connections(plain)) as (gateway, daemon):
        gateway.tells_one("^data plane: kernel")
        assert pings(plain.a, plain.b, 1, wait=30) == dict.fromkeys(SUITES, 1), report(gateway, daemon, plain)
        assert same_sas(plain, 6), report(gateway, daemon, plain)
        assert not any(child.encapsulated for child in daemon.children())
        assert pings(plain.a, plain.b, 3) == dict.fromkeys(SUITES, 3)
        shown = gateway.show("crypto", "ipsec", "sa")
        assert re.findall(r"#pkts encaps: (\d+)", shown) == ["4", "4", "4"], shown
        assert re.findall(r"#pkts decaps: (\d+)", shown) == ["4", "4", "4"], shown
        carried(plain.b, plain.a, 200_000, 60)
        assert not gateway.errors()
    assert nothing_left(plain.a.gateway), run("ip", "-n", plain.a.gateway, "xfrm", "policy")


def test_packets_through_the_kernel_never_come_to_our_process(plain: Sites, tmp_path: Path) -> None:
    [ours, *_], [theirs, *_] = tunnels(plain), connections(plain)
    with both(plain, tmp_path, [ours], [theirs]) as (gateway, daemon):
        assert pings(plain.a, plain.b, 1, wait=30)["172.16.1"] == 1, report(gateway, daemon, plain)
        assert gateway.process is not None
        before, spent = wakings(gateway.process.pid), cpu_ticks(gateway.process.pid)
        carried(plain.b, plain.a, 5_000_000, 120)
        woken, spent = wakings(gateway.process.pid) - before, cpu_ticks(gateway.process.pid) - spent
        packets = sum(map(int, re.findall(r"#pkts (?:en|de)caps: (\d+)", gateway.show("crypto", "ipsec", "sa"))))
        assert packets > 4000
        assert woken < packets // 40, (woken, packets, spent)
        links = run("ip", "netns", "exec", plain.a.gateway, "cat", "/proc/net/dev")
        assert "mainmode" not in links, "a TUN device"
        print(f"{packets} packets: woken {woken} times, {spent} ticks of CPU")


def wakings(process: int) -> int:
    """How often threads of a process gave up the processor, to wait or for others: each that is woken does again."""
    found = 0
    for status in Path(f"/proc/{process}/task").glob("*/status"):
        found += sum(map(int, re.findall(r"ctxt_switches:\s+(\d+)", status.read_text())))
    return found


def cpu_ticks(process: int) -> int:
    """What a process has had of the processor, user and system."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_charon_begins_tunnels_and_ends_them(plain: Sites, tmp_path: Path) -> None:
    with both(plain, tmp_path, tunnels(plain), connections(plain)) as (gateway, daemon):
        for number in (1, 2, 3):
            daemon.initiate(f"n{number}")
        assert until(lambda: same_sas(plain, 6), 20), report(gateway, daemon, plain)
        assert pings(plain.b, plain.a, 2) == dict.fromkeys(SUITES, 2), report(gateway, daemon, plain)
        daemon.swanctl("--terminate", "--child", "lan", "--ike", "n1")
        daemon.swanctl("--terminate", "--ike", "n2")
        assert until(lambda: len(kernel_sas(plain.a.gateway)) == 2, 10), report(gateway, daemon, plain)
        assert pings(plain.a, plain.b, 1, wait=30) == dict.fromkeys(SUITES, 1), report(gateway, daemon, plain)
        assert until(lambda: same_sas(plain, 6), 10), report(gateway, daemon, plain)
        gateway.stop()
        assert until(lambda: not daemon.sas(), 10), daemon.log()[-2000:]


def test_a_peer_that_dies_is_noticed_and_its_sas_go(plain: Sites, tmp_path: Path) -> None:
    [ours, *_], [theirs, *_] = tunnels(plain), connections(plain)
    with both(plain, tmp_path, [ours], [theirs]) as (gateway, daemon):
        assert pings(plain.a, plain.b, 1, wait=30)["172.16.1"] == 1
        daemon.stop(kill=True)
        run("ip", "-n", plain.b.gateway, "xfrm", "state", "flush")
        run("ip", "-n", plain.b.gateway, "xfrm", "policy", "flush")
        pings(plain.a, plain.b, 5, wait=1, gap=1)
        assert until(lambda: not kernel_sas(plain.a.gateway), 60), report(gateway, daemon, plain)
        daemon.start()
        assert pings(plain.a, plain.b, 1, wait=30)["172.16.1"] == 1, report(gateway, daemon, plain)


@pytest.mark.parametrize("who", ["ours", "charon"])
def test_phase_2_is_renewed_by_time_without_a_lost_ping(plain: Sites, tmp_path: Path, who: str) -> None:
    [ours, *_], [theirs, *_] = tunnels(plain), connections(plain)
    ours = ours.but(seconds=120) if who == "ours" else ours
    theirs = theirs.but(rekey=40, life=120) if who == "charon" else theirs
    count = 220 if who == "ours" else 130
    with both(plain, tmp_path, [ours], [theirs]) as (gateway, daemon):
        assert one_by_one(plain, count) == count, report(gateway, daemon, plain)
        assert len(gateway.pairs()) >= 3, report(gateway, daemon, plain)
        assert shared(plain) >= 2, report(gateway, daemon, plain)


@pytest.mark.parametrize("who", ["ours", "charon"])
def test_phase_2_is_renewed_by_octets_without_a_lost_ping(plain: Sites, tmp_path: Path, who: str) -> None:
    [ours, *_], [theirs, *_] = tunnels(plain), connections(plain)
    ours = ours.but(kilobytes=100) if who == "ours" else ours
    theirs = theirs.but(rekey_octets=60_000, life_octets=100_000) if who == "charon" else theirs
    with both(plain, tmp_path, [ours], [theirs]) as (gateway, daemon):
        assert one_by_one(plain, 250, "-s", "1000", "-i", "0.5") == 250, report(gateway, daemon, plain)
        assert len(gateway.pairs()) >= 3, report(gateway, daemon, plain)


def one_by_one(net: Sites, count: int, *options: str) -> int:
    """How many of so many pings from host a to host b were answered: by default one each second."""
    ping = ("ping", "-n", "-q", "-c", str(count), "-W", "30", *options, net.b.address)
    told = run("ip", "netns", "exec", net.a.host, *ping, check=False, timeout=count + 60)
    return int(re.findall(r"(\d+) received", told)[0])


def test_a_peer_behind_nat_is_followed_to_its_new_port(hidden: Sites, tmp_path: Path) -> None:
    ours, theirs = Tunnel.between(hidden.a, hidden.b), Connection.between(hidden.b, hidden.a)
    with both(hidden, tmp_path, [ours], [theirs]) as (gateway, daemon):
        daemon.initiate()
        assert pings(hidden.a, hidden.b, 3) == {"172.16.1": 3}, report(gateway, daemon, hidden)
        [(_, before)] = {sa.ports for sa in kernel_sas(hidden.a.gateway) if sa.source == hidden.a.outside and sa.ports}
        assert 30000 <= before <= 39999
        hidden.remap("40000-49999")
        pings(hidden.b, hidden.a, 3)
        assert pings(hidden.a, hidden.b, 3) == {"172.16.1": 3}, report(gateway, daemon, hidden)
        [(_, after)] = {sa.ports for sa in kernel_sas(hidden.a.gateway) if sa.source == hidden.a.outside and sa.ports}
        assert 40000 <= after <= 49999
        carried(hidden.b, hidden.a, 100_000, 60)
        assert not gateway.errors()
    assert nothing_left(hidden.a.gateway)


def test_our_user_space_meets_a_kernel_over_protocol_50(plain: Sites, tmp_path: Path) -> None:
    with both(plain, tmp_path, tunnels(plain), connections(plain), "user") as (gateway, daemon):
        assert pings(plain.a, plain.b, 1, wait=30) == dict.fromkeys(SUITES, 1), report(gateway, daemon, plain)
        assert not any(child.encapsulated for child in daemon.children())
        assert not kernel_sas(plain.a.gateway)
        assert pings(plain.b, plain.a, 2) == dict.fromkeys(SUITES, 2), report(gateway, daemon, plain)
        carried(plain.b, plain.a, 100_000, 60)
        carried(plain.a, plain.b, 100_000, 60)
        assert not gateway.errors()
