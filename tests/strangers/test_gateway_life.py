"""A long life on real sockets: tunnels cleared, idle, lost with their peer, handed to another peer, ended."""

import re
import time
from pathlib import Path

import pytest
from firewall import Firewall, Tunnel, configuration, firewall
from host_state import traces_at
from lan import run, until
from pair_of_gateways import ping, two_gateways
from pinger import pinging
from sites import sites
from strongswan import Connection, charon

pytestmark = pytest.mark.root


def pairs(ours: Firewall) -> list[str]:
    """The inbound SPIs of the pairs of IPsec SAs that a gateway shows."""
    return re.findall(r"current inbound spi : (\w{8})", ours.show("crypto", "ipsec", "sa"))


def test_a_cleared_tunnel_goes_at_both_ends_and_the_next_packet_brings_it_back(tmp_path: Path) -> None:
    with two_gateways("clear", tmp_path) as (net, first, second):
        assert ping(net.a, net.b)[0] == 3
        assert len(pairs(first)) == 1, first.show("crypto", "ipsec", "sa")
        for times, words in enumerate(
            (
                ("crypto", "ipsec", "sa", "peer", net.b.outside),
                ("crypto", "isakmp", "sa"),
            ),
            1,
        ):
            first.command("clear", *words)
            assert second.says("tunnel down.*the peer deleted the SA", times=times), second.report()
            assert not pairs(first), first.show("crypto", "ipsec", "sa")
            assert ping(net.a, net.b)[0] == 3, first.report()
        first.command("clear", "crypto", "ipsec", "sa", "peer", "10.9.9.9")
        assert len(second.said("tunnel down")) == 2


@pytest.mark.parametrize("who", ["the near one", "the far one"])
def test_a_gateway_killed_without_a_word_and_started_again_has_its_tunnel_back_soon(tmp_path: Path, who: str) -> None:
    with two_gateways("kill", tmp_path) as (net, first, second):
        victim = first if who == "the near one" else second
        with pinging(net.a.host, net.b.address) as pings:
            assert until(lambda: pings.told()[net.b.address].answered > 3, 15), first.report()
            victim.stop(kill=True)
            victim.start()
            time.sleep(1)
            before = pings.told()[net.b.address].answered
            back = until(lambda: pings.told()[net.b.address].answered > before + 5, 40)
            assert back, f"{first.report()}\n---\n{second.report()}"


def test_a_gateway_whose_peer_says_nothing_goes_on_to_the_next_of_its_list_and_stays_there(tmp_path: Path) -> None:
    with sites("list") as net:
        tunnel = Tunnel.between(net.a, net.b)
        a = configuration(net.a, tunnel).replace(f"set peer {net.b.outside}", f"set peer 10.2.0.99 {net.b.outside}")
        b = configuration(net.b, Tunnel.between(net.b, net.a))
        with (
            firewall(net.a.gateway, tmp_path / "a", a) as first,
            firewall(net.b.gateway, tmp_path / "b", b),
            pinging(net.a.host, net.b.address) as pings,
        ):
            assert first.says(f"tunnel up: {net.b.outside}", 100), first.report()
            assert until(lambda: pings.told()[net.b.address].answered > 3, 10), first.report()
            first.command("clear", "crypto", "isakmp", "sa")
            assert first.says(f"tunnel up: {net.b.outside}", 10, times=2), first.report()


def test_a_tunnel_without_traffic_ends_when_its_idle_timeout_is_over(tmp_path: Path) -> None:
    more = "group-policy SHORT internal\ngroup-policy SHORT attributes\n vpn-idle-timeout 1\n"
    more += "tunnel-group {} general-attributes\n default-group-policy SHORT\n"
    with sites("idle") as net:
        a = configuration(net.a, Tunnel.between(net.a, net.b), more=more.format(net.b.outside))
        b = configuration(net.b, Tunnel.between(net.b, net.a))
        with (
            firewall(net.a.gateway, tmp_path / "a", a) as first,
            firewall(net.b.gateway, tmp_path / "b", b) as second,
        ):
            assert ping(net.a, net.b)[0] == 3
            time.sleep(20)
            assert ping(net.a, net.b)[0] == 3
            time.sleep(45)
            assert not first.said("tunnel down")
            assert first.says("tunnel down.*no traffic for as long as the idle timeout", 40), first.report()
            assert second.says("tunnel down.*the peer deleted the SA"), second.report()
            assert ping(net.a, net.b)[0] == 3


def test_sighup_takes_away_and_adds_one_tunnel_while_the_other_loses_no_ping(tmp_path: Path) -> None:
    with sites("hup", networks=2) as net:
        [near], [far, farther] = net.a.networks, net.b.networks
        peers = (net.b.outside, "10.2.0.3")
        tunnels = [
            Tunnel(peer, f"{near}.0/24", f"{network}.0/24") for peer, network in zip(peers, net.b.networks, strict=True)
        ]
        connections = [
            Connection(peer, net.a.outside, peer, net.a.outside, tunnel.remote_network, tunnel.local_network, f"to{n}")
            for n, (peer, tunnel) in enumerate(zip(peers, tunnels, strict=True))
        ]
        with (
            charon(net.b.gateway, tmp_path / "charon", *connections),
            firewall(net.a.gateway, tmp_path / "ours", configuration(net.a, *tunnels)) as ours,
            pinging(net.a.host, f"{far}.10", f"{farther}.10") as pings,
        ):
            assert until(lambda: all(told.answered > 5 for told in pings.told().values()), 20), ours.report()
            before = pings.told()[f"{far}.10"]
            ours.configure(configuration(net.a, tunnels[0]))
            assert ours.says(f"tunnel down: {peers[1]}"), ours.report()
            time.sleep(1)
            lost = pings.told()[f"{farther}.10"].answered
            time.sleep(1)
            assert pings.told()[f"{farther}.10"].answered == lost
            ours.configure(configuration(net.a, *tunnels))
            assert until(lambda: pings.told()[f"{farther}.10"].answered > lost + 3, 20), ours.report()
            time.sleep(1)
            after = pings.told()[f"{far}.10"]
            assert after.sent - before.sent - (after.answered - before.answered) <= 1, ours.report()
            assert not ours.said(f"tunnel down: {peers[0]}")


def test_after_sigterm_the_peer_has_its_delete_and_nothing_of_the_gateway_is_left_at_the_host(tmp_path: Path) -> None:
    with sites("end") as net:
        run("ip", "netns", "exec", net.a.gateway, "sysctl", "-q", "-w", "net.ipv4.ip_forward=0")
        before = traces_at(net.a.gateway)
        a = configuration(net.a, Tunnel.between(net.a, net.b))
        b = configuration(net.b, Tunnel.between(net.b, net.a))
        with (
            firewall(net.a.gateway, tmp_path / "a", a) as first,
            firewall(net.b.gateway, tmp_path / "b", b) as second,
        ):
            assert ping(net.a, net.b)[0] == 3, first.report() + second.report()
            during = traces_at(net.a.gateway)
            assert "mainmode0" in during
            first.stop()
            assert second.says("tunnel down.*the peer deleted the SA", 5), second.report()
            assert first.said("^ended"), first.report()
            assert traces_at(net.a.gateway) == before
            assert not list((tmp_path / "a").glob("control*"))
