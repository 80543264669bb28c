"""Libreswan: against itself, which proves the harness, and against our gateway in both roles."""

import re
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


def both_have_it(ours: Firewall, daemon: Pluto, pairs: int = 1) -> None:
    """An IKE SA, and so many pairs of IPsec SAs with the same SPIs at both ends."""
    assert until(lambda: len(daemon.pairs()) == pairs, 15), ours.report() + daemon.log()
    assert ours.says("tunnel up"), ours.report()
    assert daemon.established()
    shown = re.findall(r"^ +spi: 0x(\w{8}) ", ours.show("crypto", "ipsec", "sa"), re.M)
    assert {spi.lower() for spi in shown} == {spi for pair in daemon.pairs() for spi in pair}


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


def test_renewals_and_deletes_of_either_side_are_followed_by_the_other(tmp_path: Path) -> None:
    short = Terms(ike="aes128-sha1;modp2048", esp="aes256-sha2_256;modp2048", pfs=True, ike_life=60, life=60, margin=50)
    with sites("renew") as net:
        tunnel = Tunnel.between(net.a, net.b).but(transform="esp-aes-256 esp-sha256-hmac", pfs="group14")
        text = configuration(net.a, tunnel, policies=[Policy("aes", "sha", 14)])
        with (
            firewall(net.a.gateway, tmp_path / "ours", text) as ours,
            pluto(net.b, net.a, tmp_path / "pluto", short) as daemon,
        ):
            daemon.initiate()
            both_have_it(ours, daemon)
            assert daemon.status()["ESP"] == "AES_CBC_256-HMAC_SHA2_256_128; pfsgroup=MODP2048"
            both_have_it(ours, daemon, pairs=2)
            assert until(lambda: len(ours.said("PHASE 1 COMPLETED")) == 2, 15), ours.report()
            assert not ours.said("tunnel down"), ours.report()
            daemon.whack("--name", "lan", "--terminate")
            assert ours.says("tunnel down.*the peer deleted the SA"), ours.report()
            daemon.initiate()
            both_have_it(ours, daemon)
            ours.command("clear", "crypto", "isakmp", "sa")
            assert until(lambda: "received Delete SA payload: self-deleting ISAKMP" in daemon.log(), 10), daemon.log()


def test_with_different_keys_our_side_names_the_cause_and_nothing_is_up(tmp_path: Path) -> None:
    with sites("keys") as net:
        text = configuration(net.a, Tunnel.between(net.a, net.b), policies=[Policy("aes-256", "sha256", 14)])
        with (
            firewall(net.a.gateway, tmp_path / "ours", text) as ours,
            pluto(net.b, net.a, tmp_path / "pluto", Terms(key="another")) as daemon,
        ):
            daemon.whack("--name", "lan", "--initiate", "--asynchronous")
            assert ours.says("probably due to mismatched pre-shared key"), ours.report()
            assert not daemon.established()
            assert not ours.said("tunnel up")
