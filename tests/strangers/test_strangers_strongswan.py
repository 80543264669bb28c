"""Main mode and quick mode with strongSwan, our gateway in both roles, wherever NAT is between."""

import re
from pathlib import Path

import pytest
from firewall import Firewall, Tunnel, configuration, firewall
from lan import until
from sites import Site, pings, sites
from strongswan import Charon, Connection, charon
from transfer import carried

from mainmode.catalogue.recogniser import recognise

pytestmark = pytest.mark.root

MEGABYTE = 1_000_000


def assert_same_tunnel(ours: Firewall, daemon: Charon, role: str, peer: Site) -> None:
    """One IKE SA and one pair of SPIs, as our lines and charon's list tell it."""
    assert until(lambda: bool(daemon.children()), 15), f"{ours.report()}\n--- charon\n{daemon.log()[-4000:]}"
    [sa], [pair] = daemon.sas(), ours.pairs()
    [child] = sa.children
    assert sa.initiator is (role == "Responder")
    assert pair == (peer.seen_as, role, child.spi_out, child.spi_in)
    assert sa.suite == ("AES_CBC", "128", "HMAC_SHA2_256_128", "MODP_2048")
    assert child.suite == ("AES_CBC", "128", "HMAC_SHA1_96")
    assert child.encapsulated
    assert ours.said("PHASE 1 COMPLETED")
    assert ours.says("PHASE 2 COMPLETED")
    assert ours.says("tunnel up: ")
    assert not ours.errors()


def assert_every_debug_line_is_known(ours: Firewall) -> None:
    """The catalogue has all that was printed as a debug line; some of them go over several."""
    whole = re.findall(r"^\w{3} +\d+ [\d:]{8} \[IKEv1.*(?:\n(?!\w{3} +\d+ [\d:]{8} ).*)*", "\n".join(ours.said()), re.M)
    assert len(whole) > 50
    assert [text for text in whole if recognise(text) is None] == []


@pytest.mark.parametrize("hidden", ["", "a", "b", "ab"])
def test_our_initiator_brings_a_tunnel_up_and_the_first_packet_arrives(tmp_path: Path, hidden: str) -> None:
    with (
        sites("first", hidden) as net,
        charon(net.b.gateway, tmp_path / "b", Connection.between(net.b, net.a)) as daemon,
        firewall(net.a.gateway, tmp_path / "a", configuration(net.a, Tunnel.between(net.a, net.b))) as ours,
    ):
        assert pings(net.a, net.b) == {net.b.networks[0]: 1}, ours.report()
        assert_same_tunnel(ours, daemon, "Initiator", net.b)
        [seen] = [sa.remote for sa in daemon.sas()]
        assert seen.startswith("198.51.100.1:3" if "a" in hidden else "10.1.0.2:4500")
        assert pings(net.b, net.a, 3) == {net.a.networks[0]: 3}
        carried(net.b, net.a, MEGABYTE, 60)
        assert_every_debug_line_is_known(ours)
        ours.stop()
        assert until(lambda: not daemon.sas(), 10), "our deletes at the end"
    assert "received DELETE for IKE_SA" in daemon.log()


@pytest.mark.parametrize("hidden", ["", "a", "b", "ab"])
def test_charon_brings_a_tunnel_up_to_our_responder(tmp_path: Path, hidden: str) -> None:
    with (
        sites("second", hidden) as net,
        firewall(net.a.gateway, tmp_path / "a", configuration(net.a, Tunnel.between(net.a, net.b))) as ours,
        charon(net.b.gateway, tmp_path / "b", Connection.between(net.b, net.a)) as daemon,
    ):
        daemon.initiate()
        assert_same_tunnel(ours, daemon, "Responder", net.b)
        assert pings(net.b, net.a, 3) == {net.a.networks[0]: 3}
        assert pings(net.a, net.b, 3) == {net.b.networks[0]: 3}
        carried(net.b, net.a, MEGABYTE, 60)
        assert_every_debug_line_is_known(ours)
        daemon.stop()
        assert ours.says("tunnel down: .*the peer"), ours.report()


def test_a_hundred_megabytes_pass_both_ways_at_once_with_their_checksums(tmp_path: Path) -> None:
    with (
        sites("large") as net,
        charon(net.b.gateway, tmp_path / "b", Connection.between(net.b, net.a)),
        firewall(net.a.gateway, tmp_path / "a", configuration(net.a, Tunnel.between(net.a, net.b))) as ours,
    ):
        carried(net.b, net.a, 100 * MEGABYTE, 180)
        assert not ours.errors()
