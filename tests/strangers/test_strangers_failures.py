"""Tunnels with strongSwan that cannot come up: both ends end, and our gateway names the cause."""

from pathlib import Path

import pytest
from firewall import Tunnel, configuration, firewall
from lan import until
from sites import pings, sites
from strongswan import Connection, charon

pytestmark = pytest.mark.root

PEER = "10.2.0.2"


@pytest.mark.parametrize(
    ("theirs", "ours", "said", "there"),
    [
        (
            {"key": "another"},
            {},
            r"phase 1: the pre-shared keys differ: .*does not decrypt with the keys made from this side's pre-shared "
            r"key \[.*asa.cfg:\d+ pre-shared-key \*\*\*\*\*\]",
            "giving up after 3 retransmits",
        ),
        (
            {"ike": "aes256-sha1-modp1536"},
            {},
            r"phase 1: no common phase 1 policy: Group Description: offered Group 5, configured Group 14; Hash Alg: "
            r"offered SHA, configured SHA256; Key Length: offered 256, configured 128 \[.*asa.cfg:\d+ group 14",
            "received NO_PROPOSAL_CHOSEN error notify",
        ),
        (
            {"esp": "aes256-sha256"},
            {},
            r"phase 2: no common transform set: Encryption Alg: offered esp-aes-256, configured esp-aes; .*"
            r"asa.cfg:\d+ crypto ipsec transform-set SET1",
            "received NO_PROPOSAL_CHOSEN error notify",
        ),
        (
            {},
            {"pfs": "group14"},
            r"phase 2: the perfect forward secrecy settings differ: Group Description \(PFS\): offered none, "
            r"configured Group 14 \[asa.cfg:\d+ crypto map OUTSIDE 1 set pfs group14\]",
            "received NO_PROPOSAL_CHOSEN error notify",
        ),
        (
            {"remote_network": "192.168.7.0/24"},
            {},
            r"phase 2: the crypto ACLs are not mirrors of each other: the initiator's proxies 172.16.1.0/.*"
            r"192.168.7.0.* mirror no permit entry of access-list VPN1 \[asa.cfg:\d+ access-list VPN1",
            "received INVALID_ID_INFORMATION error notify",
        ),
    ],
    ids=["key", "phase1", "phase2", "pfs", "subnets"],
)
def test_what_charon_asks_for_in_vain_ends_at_both_ends_with_its_cause(
    tmp_path: Path, theirs: dict[str, str], ours: dict[str, str], said: str, there: str
) -> None:
    with (
        sites("refuse") as net,
        firewall(
            net.a.gateway, tmp_path / "a", configuration(net.a, Tunnel.between(net.a, net.b).but(**ours))
        ) as gateway,
        charon(net.b.gateway, tmp_path / "b", Connection.between(net.b, net.a).but(**theirs)) as daemon,
    ):
        daemon.initiate(check=False)
        assert until(lambda: there in daemon.log(), 60), daemon.log()[-3000:]
        assert gateway.says(f"{PEER}: {said}", 75), gateway.report()
        assert "There are no isakmp sas" in gateway.show("crypto", "isakmp", "sa")
        assert not daemon.sas()
        assert not gateway.said("tunnel up")


SECONDS_OF_FOUR_SENDINGS = 8 + 12 + 18 + 27


def test_what_we_ask_charon_for_in_vain_ends_at_both_ends_with_its_cause(tmp_path: Path) -> None:
    asked: dict[str, tuple[dict[str, str], dict[str, str], str, str]] = {
        "key": (
            {"key": "another"},
            {},
            r"phase 1: the pre-shared keys differ: no MM6 came; what the peer answered MM5 with does not decrypt "
            r"with this side's key \[.*asa.cfg:\d+ pre-shared-key \*\*\*\*\*\]",
            "could not decrypt payloads",
        ),
        "identity": (
            {"remote_id": "10.9.9.9"},
            {},
            r"phase 1: the peer refused, with a notify: the peer answered MM5 with Authentication failed \(24\)",
            "no peer config found",
        ),
        "phase1": (
            {"ike": "aes256-sha1-modp1536"},
            {},
            r"phase 1: the peer refused, with a notify: no MM2 came; the peer sent an unprotected NO_PROPOSAL_CHOSEN "
            "notify instead",
            "no proposal found",
        ),
        "phase2": (
            {"esp": "aes256-sha256"},
            {},
            r"phase 2: the peer refused, with a notify: the peer answered QM1 with No proposal chosen \(14\): it takes "
            r"nothing of esp-aes esp-sha-hmac, no PFS \[asa.cfg:\d+ crypto map OUTSIDE \d+ set transform-set SET",
            "no matching proposal found, sending NO_PROPOSAL_CHOSEN",
        ),
        "pfs": (
            {},
            {"pfs": "group14"},
            r"phase 2: the peer refused, with a notify: .* nothing of esp-aes esp-sha-hmac, PFS group 14 \[.*"
            r"asa.cfg:\d+ crypto map OUTSIDE \d+ set pfs group14",
            "no matching proposal found, sending NO_PROPOSAL_CHOSEN",
        ),
        "subnets": (
            {"remote_network": "192.168.7.0/24"},
            {},
            r"phase 2: the peer refused, with a notify: the peer answered QM1 with Invalid ID info \(18\): it has no "
            r"tunnel for 192.168.1.0/255.255.255.0/0/0 <-> 172.16.\d.0/255.255.255.0/0/0 "
            r"\[asa.cfg:\d+ crypto map OUTSIDE \d+ match address VPN",
            "no matching CHILD_SA config found",
        ),
    }
    with sites("ask", networks=len(asked)) as net:
        ends, tunnels = [], []
        for number, (name, (theirs, ours, _, _)) in enumerate(asked.items()):
            peer, inside = f"10.2.0.{number + 2}", f"{net.b.networks[number]}.0/24"
            base = Connection.between(net.b, net.a).but(name=name, local=peer, local_id=peer, local_network=inside)
            ends.append(base.but(**theirs))
            tunnels.append(Tunnel(peer, net.a.network, inside).but(**ours))
        with (
            charon(net.b.gateway, tmp_path / "b", *ends) as daemon,
            firewall(net.a.gateway, tmp_path / "a", configuration(net.a, *tunnels)) as gateway,
        ):
            assert set(pings(net.a, net.b, wait=2).values()) == {0}
            for number, (name, (_, _, said, there)) in enumerate(asked.items()):
                peer = f"10.2.0.{number + 2}"
                assert gateway.says(f"{peer}: {said}", SECONDS_OF_FOUR_SENDINGS + 15), f"{name}\n{gateway.report()}"
                assert there in daemon.log(), name
            assert "There are no isakmp sas" in gateway.show("crypto", "isakmp", "sa")
            assert until(lambda: not daemon.sas(), 10)
            assert not gateway.said("tunnel up")
