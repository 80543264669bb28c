"""Main mode and quick mode with strongSwan, our engine in both roles."""

from pathlib import Path

import pytest
from charon import Charon, Terms, charon
from lan import lan, replies, until
from ours import Ours, ours

from mainmode.catalogue.recogniser import recognise

pytestmark = pytest.mark.root

TERMS = Terms(key="correct-horse-battery")

CONFIG = """\
hostname asa1
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address 192.168.1.1 255.255.255.0
interface GigabitEthernet0/1
 nameif outside
 security-level 0
 ip address 10.0.0.1 255.255.255.0
access-list VPN extended permit icmp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0
crypto ipsec transform-set TRANSFORM esp-aes esp-sha-hmac
crypto map MAP 10 match address VPN
crypto map MAP 10 set peer 10.0.0.2
crypto map MAP 10 set transform-set TRANSFORM
crypto map MAP interface outside
crypto isakmp enable outside
crypto isakmp policy 10
 authentication pre-share
 encryption 3des
 hash sha
 group 2
 lifetime 86400
tunnel-group 10.0.0.2 type ipsec-l2l
tunnel-group 10.0.0.2 ipsec-attributes
 pre-shared-key correct-horse-battery
"""


def assert_both_say_established(shell: Ours, daemon: Charon, role: str) -> None:
    """The same IKE SA and the same pair of SPIs, by our effects and by charon's own list."""
    up = shell.tells("InstallSa") and until(lambda: bool(daemon.children()), 15)
    assert up, f"{shell.report()}\n--- charon\n{daemon.log()}"
    assert daemon.established()
    [phase1], [pair], [child] = shell.told("Phase1Up"), shell.told("InstallSa"), daemon.children()
    assert phase1["role"] == role
    assert phase1["group"] == "10.0.0.2"
    assert f"{phase1['cookie']}_i" in daemon.list_sas()
    assert (pair["spi_in"], pair["spi_out"]) == (child.spi_out, child.spi_in)
    assert pair["encapsulated"] is child.encapsulated is True
    assert pair["suite"] == ["AES_CBC", 128, "HMAC_SHA1"]
    assert pair["proxies"] == "192.168.1.0/255.255.255.0/1/0 <-> 192.168.2.0/255.255.255.0/1/0"
    assert pair["path"] == "10.0.0.1:4500 10.0.0.2:4500"
    assert not shell.told("Phase1Down")
    assert not shell.told("Phase2Failed")
    said = [line["text"] for line in shell.told("Say")]
    assert "[IKEv1]: Group = 10.0.0.2, IP = 10.0.0.2, PHASE 1 COMPLETED" in said
    assert any("PHASE 2 COMPLETED" in line for line in said)
    assert [line for line in said if recognise(line) is None] == []


def test_our_initiator_and_charon_as_responder_agree_on_a_tunnel(tmp_path: Path) -> None:
    with (
        lan("first") as net,
        charon(net, net.b, tmp_path / "charon", TERMS) as daemon,
        ours(net.a, tmp_path / "ours", CONFIG, "--ping", net.a.inside, net.b.inside) as shell,
    ):
        assert_both_say_established(shell, daemon, "Initiator")
        assert until(lambda: len(shell.told("Pong")) >= 3, 15), shell.report()
        answered = [pong["sequence"] for pong in shell.told("Pong")]
        assert answered == sorted(set(answered))
        assert daemon.children()[0].packets_in >= 3


def test_charon_as_initiator_and_our_responder_agree_on_a_tunnel(tmp_path: Path) -> None:
    with (
        lan("second") as net,
        ours(net.a, tmp_path / "ours", CONFIG) as shell,
        charon(net, net.b, tmp_path / "charon", TERMS) as daemon,
    ):
        daemon.swanctl("--initiate", "--child", "lan", "--timeout", "15", check=False)
        assert_both_say_established(shell, daemon, "Responder")
        assert replies(net.b, net.a) >= 3, shell.report()
        assert len(shell.told("Ping")) >= 3


def test_with_different_keys_charon_cannot_read_our_fifth_message_and_nobody_is_up(tmp_path: Path) -> None:
    with (
        lan("third") as net,
        charon(net, net.b, tmp_path / "charon", Terms(key="another")) as daemon,
        ours(net.a, tmp_path / "ours", CONFIG, "--ping", net.a.inside, net.b.inside) as shell,
    ):
        assert until(lambda: "could not decrypt payloads" in daemon.log(), 10), daemon.log()
        assert shell.told("Send")[-1]["step"] == "MM5"
        assert not daemon.established()
        assert not shell.told("Phase1Up")
        assert not shell.told("InstallSa")
