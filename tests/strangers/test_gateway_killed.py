"""kill -9 of our gateway in network namespaces: what it changed at the host is put back by the next one."""

from pathlib import Path

import pytest
from firewall import Tunnel, configuration, firewall
from host_state import traces_at
from lan import run, until
from pair_of_gateways import ping, two_gateways
from pinger import pinging
from sites import sites
from transfer import Transfer

pytestmark = pytest.mark.root

STALE_OF_THE_KERNEL_PLANE = """\
ip rule add priority 19800 from 192.168.1.0/24 lookup main suppress_prefixlength 0 protocol 77
ip rule add priority 19801 from 192.168.1.0/24 lookup 19800 protocol 77
ip route add 172.16.1.0/24 via 10.1.0.1 table 19800 proto 77
ip route add blackhole 192.0.2.1 table 19793 proto 77 metric 2
ip xfrm policy add src 172.16.1.0/24 dst 192.168.1.0/24 dir fwd priority 1296891904 \
 tmpl src 0.0.0.0 dst 10.1.0.2 proto esp reqid 1296891905 mode tunnel
sysctl -q -w net.core.xfrm_larval_drop=0
"""
"""As a gateway whose ESP was in the kernel would have left them."""


def host(namespace: str) -> str:
    """All that a gateway may change."""
    told = run("ip", "netns", "exec", namespace, "sh", "-c", "ip xfrm policy; cat /proc/sys/net/core/xfrm_larval_drop")
    return traces_at(namespace) + told


def test_what_a_killed_gateway_left_at_its_host_is_gone_after_the_next_one_whatever_its_data_plane(
    tmp_path: Path,
) -> None:
    with sites("left") as net:
        run("ip", "netns", "exec", net.a.gateway, "sysctl", "-q", "-w", "net.ipv4.ip_forward=0")
        before = host(net.a.gateway)
        with firewall(net.a.gateway, tmp_path / "a", configuration(net.a, Tunnel.between(net.a, net.b))) as ours:
            ours.stop(kill=True)
            left = host(net.a.gateway)
            assert "blackhole 192.0.2.2" in left
            assert left.rstrip().endswith("1")
            run("ip", "netns", "exec", net.a.gateway, "sh", "-ec", STALE_OF_THE_KERNEL_PLANE)
            ours.start("--data-plane", "user")
            told = ours.tells_one("a gateway that was killed left this behind")
            assert "policy rules (2), routes (1), policies (1), settings of the host (1)" in told
            assert "lookup 19800" not in host(net.a.gateway)
            ours.stop()
            assert host(net.a.gateway) == before
            assert ours.errors() == ""


@pytest.mark.parametrize("who", ["the one that begins", "the one that answers"])
def test_a_gateway_killed_under_load_carries_traffic_again_before_its_peer_could_have_missed_it(
    tmp_path: Path, who: str
) -> None:
    with two_gateways("load", tmp_path) as (net, first, second):
        assert ping(net.a, net.b)[0] == 3
        load = Transfer(net.a, net.b, 1 << 30, 2_000_000)
        try:
            with pinging(net.a.host, net.b.address) as pings:
                assert until(lambda: pings.told()[net.b.address].answered > 10, 15), first.report()
                victim = first if who == "the one that begins" else second
                victim.stop(kill=True)
                victim.start()
                before = pings.told()[net.b.address].answered
                assert until(lambda: pings.told()[net.b.address].answered > before + 5, 40), second.report()
                assert not first.said("IKE lost contact"), first.report()
                assert not second.said("IKE lost contact"), second.report()
        finally:
            load.abandon()
        assert first.errors() == second.errors() == ""
