"""ike-scan against a running gateway: it understands our answers, and names our vendor IDs."""

from pathlib import Path

import pytest
from firewall import Policy, Tunnel, configuration, firewall
from lan import run
from sites import Sites, sites

pytestmark = pytest.mark.root

RFC_3947, FRAGMENTATION = "4a131c81070358455c5728f20e95452f", "4048b7d56ebce88525e7de7f00d6c2d3"
DPD = "afcad71368a1f1c96b8696fc77570100"


def scan(net: Sites, *options: str) -> str:
    """What ike-scan finds at gateway a, from the address of its peer, with two tries."""
    argv = ("ike-scan", "--retry=2", "--timeout=1500", "--multiline", *options, net.a.outside)
    return run("ip", "netns", "exec", net.b.gateway, *argv)


def test_ike_scan_understands_what_a_gateway_answers_to_right_and_wrong_offers(tmp_path: Path) -> None:
    policies = [Policy("3des", "sha", 2), Policy("aes-256", "sha256", 14)]
    with sites("scan") as net:
        text = configuration(net.a, Tunnel.between(net.a, net.b), policies=policies)
        with firewall(net.a.gateway, tmp_path / "ours", text) as ours:
            vendors = [f"--vendor={one}" for one in (RFC_3947, FRAGMENTATION, DPD)]
            told = scan(net, "--trans=5,2,1,2", *vendors)
            assert "Main Mode Handshake returned" in told, told + ours.report()
            assert (
                "SA=(Enc=3DES Hash=SHA1 Auth=PSK Group=2:modp1024 LifeType=Seconds LifeDuration(4)=0x00007080)" in told
            )
            assert f"VID={RFC_3947} (RFC 3947 NAT-T)" in told
            assert f"VID={FRAGMENTATION}c0000000 (IKE Fragmentation)" in told

            # An answer is never longer than what it answers: ours has four octets more of that vendor ID than this one.
            told = scan(net, "--trans=5,2,1,2", *vendors[:2])
            assert f"VID={RFC_3947} (RFC 3947 NAT-T)" in told
            assert FRAGMENTATION not in told

            told = scan(net, "--lifetime=86400", "--trans=1,1,1,1", "--trans=7/256,4,1,14", "--trans=5,2,1,2")
            assert "SA=(Enc=AES Hash=SHA2-256 Auth=PSK Group=14:modp2048 KeyLength=256" in told, told
            assert "LifeDuration(4)=0x00015180" in told

            told = scan(net, "--trans=7/128,2,1,5")
            assert "Notify message 14 (NO-PROPOSAL-CHOSEN)" in told, told
            assert "1 returned notify" in told

            told = scan(net, "--situation=2", "--trans=5,2,1,2")
            assert "Notify message 3 (SITUATION-NOT-SUPPORTED)" in told, told

            for options in (("--aggressive", "--id=x", "--trans=5,2,1,2"), ("--ikev2",)):
                told = scan(net, *options)
                assert "0 returned handshake; 0 returned notify" in told, told
            assert not ours.errors()
