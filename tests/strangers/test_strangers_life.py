"""What befalls a tunnel with strongSwan: dead peers, deletes, restarts, NAT boxes that forget."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from firewall import Firewall, Tunnel, configuration, firewall
from lan import until
from pinger import pinging
from sites import Sites, pings, sites
from strongswan import Charon, Connection, charon

pytestmark = pytest.mark.root

QUICK = {"dpd_delay": 2, "dpd_timeout": 8}


@contextmanager
def standing(folder: Path, tag: str, hidden: str = "", **times: object) -> Iterator[tuple[Sites, Firewall, Charon]]:
    """A tunnel that our side began, with keepalives of ten seconds on our side."""
    with (
        sites(tag, hidden) as net,
        charon(net.b.gateway, folder / "b", Connection.between(net.b, net.a).but(**times)) as daemon,
        firewall(net.a.gateway, folder / "a", configuration(net.a, Tunnel.between(net.a, net.b))) as ours,
    ):
        assert pings(net.a, net.b) == {net.b.networks[0]: 1}
        yield net, ours, daemon


def passes(net: Sites) -> bool:
    """Whether a packet of our host gets its answer within a short time."""
    return pings(net.a, net.b, wait=2) == {net.b.networks[0]: 1}


def test_a_peer_killed_without_a_word_is_noticed_and_the_tunnel_comes_back_with_it(tmp_path: Path) -> None:
    with standing(tmp_path, "killed") as (net, ours, daemon):
        daemon.stop(kill=True)
        assert ours.says("IKE lost contact with remote peer, deleting connection .*DPD", 40), ours.report()
        assert ours.says("tunnel down: .*stopped answering")
        assert not passes(net)
        daemon.start()
        assert until(lambda: passes(net), 30), ours.report()
        assert len(daemon.children()) == 1


def test_our_gateway_killed_without_a_word_is_noticed_and_the_tunnel_comes_back_with_it(tmp_path: Path) -> None:
    with standing(tmp_path, "killedus", **QUICK) as (net, ours, daemon):
        ours.stop(kill=True)
        assert until(lambda: not daemon.sas(), 20)
        ours.start("--debug", "crypto ikev1 127")
        assert until(lambda: passes(net), 20), ours.report()


def test_a_peer_that_restarted_is_believed_when_it_says_that_it_knows_of_nothing(tmp_path: Path) -> None:
    with standing(tmp_path, "restart") as (net, ours, daemon):
        daemon.stop(kill=True)
        daemon.start()
        daemon.initiate()
        assert "N(INITIAL_CONTACT)" in daemon.log()
        assert pings(net.b, net.a, 3) == {net.a.networks[0]: 3}
        assert pings(net.a, net.b, 3) == {net.b.networks[0]: 3}
        shown = ours.show("crypto", "isakmp", "sa")
        assert "Total IKE SA: 1" in shown, shown
        [child] = daemon.children()
        spis = ours.show("crypto", "ipsec", "sa")
        assert spis.count("current outbound spi") == 1
        assert child.spi_in.upper() in spis


def test_a_gateway_that_restarted_takes_the_place_of_what_it_was(tmp_path: Path) -> None:
    with standing(tmp_path, "again") as (net, ours, daemon):
        ours.stop(kill=True)
        ours.start("--debug", "crypto ikev1 127")
        assert passes(net), ours.report()
        assert until(lambda: len(daemon.children()) == 1, 20), daemon.sas()
        assert pings(net.b, net.a, 3) == {net.a.networks[0]: 3}


class TwoNetworks(Connection):
    """A connection with a second child, for the second network here."""

    def text(self) -> str:
        """As swanctl.conf says it."""
        second = r"\1      second \g<2>172.16.2.0/24\3"
        return re.sub(r"( {6}lan (.*?)172\.16\.1\.0/24(.*?^ {6}\}\n))", second, super().text(), flags=re.M | re.S)


def test_a_peer_that_seals_for_what_our_gateway_was_before_its_restart_is_told_and_stops(tmp_path: Path) -> None:
    with sites("stale", networks=2) as net:
        more = "access-list VPN1 extended permit ip 192.168.1.0 255.255.255.0 172.16.2.0 255.255.255.0\n"
        tunnel = Tunnel(net.b.outside, net.a.network, net.b.network)
        with (
            charon(net.b.gateway, tmp_path / "b", TwoNetworks.between(net.b, net.a)) as daemon,
            firewall(net.a.gateway, tmp_path / "a", configuration(net.a, tunnel, more=more)) as ours,
        ):
            both = dict.fromkeys(net.b.networks, 1)
            assert pings(net.a, net.b) == both
            stale = {child.spi_out for child in daemon.children()}
            assert len(stale) == 2, daemon.sas()
            ours.stop(kill=True)
            ours.start("--debug", "crypto ikev1 127")
            with pinging(net.a.host, "172.16.1.10"):
                assert ours.says("PHASE 2 COMPLETED", 20, times=3), ours.report()
            assert pings(net.b, net.a, wait=2) == both | {"172.16.2": 0}, ours.report()
            assert until(lambda: not stale & {child.spi_out for child in daemon.children()}, 10), ours.report()
            assert pings(net.a, net.b) == both, ours.report()
            assert pings(net.b, net.a) == both, ours.report()


def test_the_peers_delete_of_a_pair_is_honoured_and_traffic_makes_another(tmp_path: Path) -> None:
    with standing(tmp_path, "child") as (net, ours, daemon):
        [before] = daemon.children()
        daemon.swanctl("--terminate", "--child", "lan")
        assert ours.says("tunnel down: .*the peer deleted the SA"), ours.report()
        assert "There are no ipsec sas" in ours.show("crypto", "ipsec", "sa")
        assert passes(net), ours.report()
        [after] = daemon.children()
        assert after.spi_in != before.spi_in


def test_the_peers_delete_of_the_ike_sa_is_honoured_and_traffic_makes_another(tmp_path: Path) -> None:
    with standing(tmp_path, "ike") as (net, ours, daemon):
        [before] = daemon.sas()
        daemon.swanctl("--terminate", "--ike", "tunnel")
        assert ours.says("tunnel down: .*the peer deleted the SA"), ours.report()
        assert "There are no isakmp sas" in ours.show("crypto", "isakmp", "sa")
        assert passes(net), ours.report()
        [after] = daemon.sas()
        assert after.cookies != before.cookies


def test_our_clear_is_honoured_by_the_peer(tmp_path: Path) -> None:
    with standing(tmp_path, "clear") as (net, ours, daemon):
        ours.command("clear", "crypto", "ipsec", "sa", "peer", net.b.seen_as)
        assert until(lambda: not daemon.children(), 10), daemon.log()[-3000:]
        assert passes(net)
        assert ours.process is not None
        ours.process.send_signal(signal.SIGTERM)
        assert until(lambda: not daemon.sas(), 10)


@pytest.mark.parametrize("hidden", ["a", "b"])
def test_a_nat_box_that_forgets_costs_no_tunnel(tmp_path: Path, hidden: str) -> None:
    with standing(tmp_path, f"nat{hidden}", hidden, **QUICK) as (net, ours, daemon):
        [before] = daemon.sas()
        net.remap("20000-29999")
        end = (net.a, net.b) if hidden == "a" else (net.b, net.a)
        assert until(lambda: set(pings(*end, wait=2).values()) == {1}, 30), ours.report()
        assert pings(net.a, net.b, 3) == {net.b.networks[0]: 3}
        assert pings(net.b, net.a, 3) == {net.a.networks[0]: 3}
        [after] = daemon.sas()
        assert after.cookies == before.cookies
        if hidden == "a":
            assert after.remote.startswith("198.51.100.1:2")
        else:
            assert "remote crypto endpt.: 203.0.113.1/2" in ours.show("crypto", "ipsec", "sa")
