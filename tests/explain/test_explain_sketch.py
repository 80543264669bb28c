"""The other side drawn from one side's log: in its vendor's language, with what is known and no key."""

from dataclasses import replace

import pytest
from explanations import ESP, OWN, PEER, SUITE, negotiation, record

from mainmode.base.address import Proxy
from mainmode.catalogue.facts import (
    Agreed,
    Exchange,
    Fact,
    Identity,
    Message,
    NatFound,
    Offer,
    Phase,
    Proxies,
    Refused,
    Suite,
    Vendor,
    Way,
    Whose,
)
from mainmode.device.config.problem import Severity
from mainmode.device.config.reader import read
from mainmode.explain.portrait import of_dialect, portrait
from mainmode.explain.sketch import is_drawn, sketch

HERE, THERE = Proxy.of("10.77.5.0/24"), Proxy.of("172.23.9.0/24")
KNOWN: tuple[Fact, ...] = (
    Offer(Phase.ONE, Whose.OWN, SUITE, 1),
    Agreed(Phase.ONE),
    Agreed(Phase.TWO, replace(ESP, group="14")),
    Proxies(HERE, THERE, Whose.OWN),
)


def drawn(*facts: Fact) -> str:
    """The sketch of a peer of which these facts are told."""
    return "\n".join(sketch(portrait(negotiation(record(1, "x", *facts)))).lines)


def test_an_asa_s_sketch_is_a_configuration_that_is_read() -> None:
    lines = drawn(*KNOWN, Vendor(Whose.PEER, "VPN 3000"))
    for line in (
        "crypto ikev1 policy 10\n authentication pre-share\n encryption aes-256\n hash sha256\n group 14",
        "access-list VPN extended permit ip 172.23.9.0 255.255.255.0 10.77.5.0 255.255.255.0",
        "crypto ipsec ikev1 transform-set VPN esp-aes esp-sha-hmac",
        f"crypto map OUTSIDE 10 set peer {OWN}",
        "crypto map OUTSIDE 10 set pfs group14",
        "crypto map OUTSIDE 10 set security-association lifetime seconds 3600",
        f"tunnel-group {OWN} type ipsec-l2l",
    ):
        assert line in lines
    interface = (
        "interface GigabitEthernet0/0\n nameif outside\n security-level 0\n ip address 81.2.69.144 255.255.255.0\n"
    )
    found = read(interface + lines.replace("<the key that both sides share>", "k"), "sketch.cfg")
    assert [one for one in found.problems if one.severity is Severity.ERROR] == []


def test_a_router_s_sketch_has_wildcards_and_its_own_words() -> None:
    lines = drawn(*KNOWN, Vendor(Whose.PEER, "IOS"))
    for line in (
        "crypto isakmp policy 10\n authentication pre-share\n encr aes 256\n hash sha256\n group 14",
        " permit ip 172.23.9.0 0.0.0.255 10.77.5.0 0.0.0.255",
        "crypto ipsec transform-set VPN esp-aes esp-sha-hmac",
        f" set peer {OWN}",
        " set pfs group14",
    ):
        assert line in lines


def test_strongswan_s_and_libreswan_s_sketches() -> None:
    swan = drawn(*KNOWN, Vendor(Whose.PEER, "strongSwan"), Identity(Whose.PEER, "FQDN", "gw.example"))
    for line in (
        "    proposals = aes256-sha256-modp2048",
        "        esp_proposals = aes128-sha1-modp2048",
        "        local_ts = 172.23.9.0/24",
        "        remote_ts = 10.77.5.0/24",
        "      id = gw.example",
        f"    remote_addrs = {OWN}",
    ):
        assert line in swan
    assert swan.count("{") == swan.count("}")
    libre = drawn(*KNOWN, Vendor(Whose.PEER, "Libreswan"))
    assert f'{OWN} : PSK "<the key that both sides share>"' in libre
    for line in (
        *("    ike=aes256-sha2_256;modp2048", "    esp=aes128-sha1;modp2048", "    leftsubnet=172.23.9.0/24"),
        *("    rightsubnet=10.77.5.0/24", f"    right={OWN}", "    pfs=yes"),
    ):
        assert line in libre


def test_what_is_not_known_is_a_comment_or_a_place_to_fill_in() -> None:
    lines = drawn(Offer(Phase.ONE, Whose.OWN, Suite(encryption="3DES")))
    assert " encryption 3des" in lines
    assert " ! hash: not shown" in lines
    assert "! phase 2: the log does not show" in lines
    assert "transform-set VPN esp" not in lines
    assert "<the peer's networks>" in lines
    assert "the key that both sides share" in lines
    assert not is_drawn(portrait(negotiation(record(1, "x", NatFound(False, True)))))


def test_the_refused_attribute_is_as_this_side_has_it() -> None:
    theirs = Offer(Phase.ONE, Whose.PEER, Suite("AES-128", "SHA-1", "2", "pre-shared key", 86400))
    lines = drawn(theirs, Refused(Phase.ONE, "group", "2", "5"))
    assert " group 5\n" in lines
    assert " encryption aes\n" in lines
    assert "with what this side says to have instead" in " ".join(lines.replace("!", "").split())


def test_what_was_refused_before_an_agreement_is_not_what_was_agreed_on() -> None:
    lines = drawn(Refused(Phase.ONE, "hash", "SHA-1", "MD5"), Agreed(Phase.ONE), Proxies(HERE, THERE, Whose.OWN))
    assert "md5" not in lines
    assert "crypto ikev1 policy" not in lines


def test_networks_that_only_the_peer_proposed_are_not_taken_for_ours() -> None:
    lines = drawn(*KNOWN[:2], Proxies(HERE, THERE, Whose.PEER))
    assert "permit ip <the peer's networks>" in lines
    assert "172.23.9.0/24 to 10.77.5.0/24" in " ".join(lines.replace("!", "").split())


def test_pfs_is_seen_in_the_message_that_carries_a_key() -> None:
    quick = Message(Way.SENT, Exchange.QUICK, ("HASH", "SA", "NONCE", "KE", "ID", "ID"))
    assert "set pfs <group: not shown>" in drawn(KNOWN[0], quick)
    assert "set pfs" not in drawn(KNOWN[0], replace(quick, payloads=("HASH", "SA", "NONCE")))


def test_halves_of_proxies_come_together_and_ports_are_kept() -> None:
    ssh = Proxy.of("10.77.5.9/32", 6, 22)
    lines = drawn(KNOWN[0], Proxies(ssh, None, Whose.OWN), Proxies(None, THERE, Whose.OWN))
    assert "permit tcp 172.23.9.0 255.255.255.0 host 10.77.5.9 eq 22" in lines


def test_the_peer_s_own_log_tells_its_vendor() -> None:
    seen = portrait(negotiation(record(1, "x", *KNOWN)))
    assert sketch(seen).vendor == "Cisco ASA"
    assert "no vendor ID" in seen.ground
    assert sketch(of_dialect(seen, "charon")).vendor == "strongSwan (swanctl.conf)"


@pytest.mark.parametrize("name", ["strongSwan", "IOS", "VPN 3000", "Libreswan"])
def test_a_hostile_identity_stays_on_its_line(name: str) -> None:
    evil = Identity(Whose.PEER, "FQDN", "x\nenable password y\x1b[2J")
    lines = sketch(portrait(negotiation(record(1, "x", *KNOWN, evil, Vendor(Whose.PEER, name))))).lines
    assert all(line.isprintable() for line in lines)
    assert not [line for line in lines if line.lstrip().startswith("enable")]
    assert PEER in lines[0]
