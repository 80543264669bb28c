"""Libreswan: against itself, which proves the harness, and against our gateway in both roles."""

from pathlib import Path

import pytest
from firewall import Firewall, Policy, Tunnel, configuration, firewall
from lan import run, until
from pluto import Pluto, Terms, pluto
from sites import sites

pytestmark = pytest.mark.root

GROUPS = {5: "modp1536", 14: "modp2048", 15: "modp3072", 16: "modp4096", 19: "dh19", 20: "dh20", 21: "dh21"}
"""Those that both offer: this build of pluto has no group 2, and we have none of 8192 bits nor curve 25519."""


def test_two_plutos_agree_on_a_tunnel(tmp_path: Path) -> None:
    with (
        sites("plutos") as net,
        pluto(net.a, net.b, tmp_path / "a", Terms()) as first,
        pluto(net.b, net.a, tmp_path / "b", Terms()) as second,
    ):
        said = first.initiate()
        assert "IPsec SA established tunnel mode" in said, f"{said}\n{first.log()}"
        assert until(lambda: bool(second.pairs()), 5)
        [(here, there)], [(theirs, ours)] = first.pairs(), second.pairs()
        assert (here, there) == (ours, theirs)
        assert second.established()


def both_have_it(ours: Firewall, daemon: Pluto) -> None:
    """One IKE SA, and one pair of IPsec SAs with the same SPIs at both ends."""
    assert until(lambda: bool(daemon.pairs()) and bool(ours.said("tunnel up")), 15), ours.report() + daemon.log()
    [(inbound, outbound)] = daemon.pairs()
    assert daemon.established()
    shown = ours.show("crypto", "ipsec", "sa")
    assert f"current outbound spi: {inbound.upper()}" in shown, shown
    assert f"current inbound spi : {outbound.upper()}" in shown, shown


@pytest.mark.parametrize(("group", "name"), GROUPS.items())
def test_our_gateway_begins_a_tunnel_with_pluto_in_each_group(tmp_path: Path, group: int, name: str) -> None:
    terms = Terms(ike=f"aes256-sha2_256;{name}")
    policy = Policy("aes-256", "sha256", group)
    with (
        sites("begins") as net,
        pluto(net.b, net.a, tmp_path / "pluto", terms) as daemon,
        firewall(
            net.a.gateway, tmp_path / "ours", configuration(net.a, Tunnel.between(net.a, net.b), policies=[policy])
        ) as ours,
    ):
        run("ip", "netns", "exec", net.a.host, "ping", "-c", "1", "-W", "1", net.b.address, check=False)
        both_have_it(ours, daemon)
        assert daemon.status() == {
            "IKEv1": f"AES_CBC_256-HMAC_SHA2_256-{name.upper()}",
            "ESP": "AES_CBC_128-HMAC_SHA1_96; pfsgroup=<N/A>",
        }


@pytest.mark.parametrize(("group", "name"), GROUPS.items())
def test_pluto_begins_a_tunnel_with_our_gateway_in_each_group(tmp_path: Path, group: int, name: str) -> None:
    terms = Terms(ike=f"3des-sha1;{name}")
    policy = Policy("3des", "sha", group)
    with (
        sites("pluto") as net,
        firewall(
            net.a.gateway, tmp_path / "ours", configuration(net.a, Tunnel.between(net.a, net.b), policies=[policy])
        ) as ours,
        pluto(net.b, net.a, tmp_path / "pluto", terms) as daemon,
    ):
        said = daemon.initiate()
        assert "IPsec SA established tunnel mode" in said, said + ours.report()
        both_have_it(ours, daemon)
        assert daemon.status() == {
            "IKEv1": f"3DES_CBC_192-HMAC_SHA1-{name.upper()}",
            "ESP": "AES_CBC_128-HMAC_SHA1_96; pfsgroup=<N/A>",
        }
