"""ntc-templates' parsers of real devices' output judge what we write."""

from pathlib import Path

import pytest
from ntc_templates.parse import parse_output

import mainmode.lab
from mainmode.device.config import read, running_config

TEXT = """hostname hub
object network INSIDE
 subnet 192.168.1.0 255.255.255.0
object network SERVER
 host 192.168.1.5
 description the server
object network POOL
 range 192.168.1.10 192.168.1.20
object network WEB
 fqdn v4 www.example.com
object-group network SITES
 network-object 192.168.2.0 255.255.255.0
 network-object host 192.168.3.1
 network-object object SERVER
access-list VPN extended permit ip 192.168.1.0 255.255.255.0 object-group SITES
access-list VPN2 extended permit ip any any
access-group OUT in interface outside
crypto ipsec ikev1 transform-set AES256 esp-aes-256 esp-sha-hmac
crypto ipsec ikev1 transform-set NULL esp-null
crypto ipsec ikev1 transform-set DES esp-3des esp-md5-hmac
crypto map MAP 10 match address VPN
crypto map MAP 10 set pfs group5
crypto map MAP 10 set peer 10.0.0.2
crypto map MAP 10 set ikev1 transform-set AES256 DES
crypto map MAP 10 set security-association lifetime seconds 3600
crypto map MAP 20 match address VPN2
crypto map MAP 20 set peer 10.0.0.3
crypto map MAP 20 set ikev1 transform-set DES
crypto map MAP interface outside
crypto ikev1 enable outside
crypto ikev1 policy 5
 authentication pre-share
 encryption aes-256
 hash sha
 group 5
 lifetime 28800
crypto ikev1 policy 10
 authentication rsa-sig
tunnel-group 10.0.0.2 type ipsec-l2l
tunnel-group 10.0.0.2 general-attributes
 default-group-policy GP
tunnel-group 10.0.0.2 ipsec-attributes
 ikev1 pre-shared-key s3cret
 peer-id-validate nocheck
tunnel-group 10.0.0.3 type ipsec-l2l
tunnel-group 10.0.0.3 ipsec-attributes
 ikev1 pre-shared-key s3cret
"""


FIXTURES = Path(mainmode.lab.__file__).parent / "examples"


def _judged(section: str) -> list[dict[str, object]]:
    text = running_config(read(TEXT, "hub.cfg"), section)
    assert text
    found = parse_output(platform="cisco_asa", command=f"show running-config {section}", data=text)
    assert isinstance(found, list)
    return found


def test_crypto_map() -> None:
    first, second = _judged("crypto map")
    assert (first["map"], first["seq"], first["matched_address"]) == ("MAP", "10", "VPN")
    assert (first["pfs"], first["peer"], first["transform"]) == ("group5", "10.0.0.2", "AES256 DES")
    assert (first["ike"], first["sa"]) == ("ikev1", "3600")
    assert (second["seq"], second["peer"], second["transform"]) == ("20", "10.0.0.3", "DES")


def test_all_crypto_map() -> None:
    configuration = read(TEXT, "hub.cfg")
    text = running_config(configuration, "crypto map", defaults=True)
    found = parse_output(platform="cisco_asa", command="show running-config all crypto map", data=text)
    assert isinstance(found, list)
    entries = configuration.crypto_maps["MAP"].entries
    keys = ("seq", "peer", "connection_type", "ikev1_phase1_mode", "ikev2_mode", "tfc_packets")
    assert [tuple(one[key] for key in keys) for one in found] == [
        (str(one.sequence), str(one.peers.value[0]), one.connection_type.value, "main", "tunnel", "no")
        for one in entries
        if one.peers is not None
    ]
    assert [(one["matched_address"], one["sa_sec"], one["pfs"]) for one in found] == [
        ("VPN", "3600", "group5"),
        ("VPN2", "", ""),
    ]
    assert {one["interface"] for one in found} == {"outside"}


TUNNEL_GROUP_OF_ALL = """\
tunnel-group 10.0.0.3 type ipsec-l2l
tunnel-group 10.0.0.3 general-attributes
 default-group-policy DfltGrpPolicy
tunnel-group 10.0.0.3 ipsec-attributes
 ikev1 pre-shared-key *****
 peer-id-validate req
 no chain
 no ikev1 trust-point
 isakmp keepalive threshold 10 retry 2
 no ikev2 remote-authentication
 no ikev2 local-authentication
"""
"""As a public output of 9.x prints it."""


def test_all_writes_the_defaults_of_a_tunnel_group() -> None:
    text = running_config(read(TEXT, "hub.cfg"), "tunnel-group 10.0.0.3", defaults=True)
    assert text == TUNNEL_GROUP_OF_ALL


@pytest.mark.parametrize("text", [TEXT, (FIXTURES / "asa1.cfg").read_text()])
def test_all_that_is_written_reads_as_the_same_configuration(text: str) -> None:
    configuration = read(text, "hub.cfg")
    written = running_config(configuration, reveal_keys=True, defaults=True)
    assert len(written) > len(running_config(configuration)) + 500
    assert read(written, "hub.cfg") == configuration


def test_8_2_writes_no_defaults_of_commands_that_came_later() -> None:
    old = TEXT.replace("ikev1 transform-set", "transform-set").replace("crypto ikev1", "crypto isakmp")
    text = running_config(read(old.replace(" ikev1 pre", " pre"), "hub.cfg"), "crypto map", defaults=True)
    assert "set phase1-mode main" in text
    assert "ikev2" not in text
    assert "tfc" not in text


def test_crypto_ikev1() -> None:
    text = running_config(read(TEXT, "hub.cfg"), "crypto ikev1")
    policies = "".join(line for line in text.splitlines(keepends=True) if "enable" not in line)
    found = parse_output(platform="cisco_asa", command="show running-config crypto ikev1", data=policies)
    assert isinstance(found, list)
    keys = ("ike_version", "policy_id", "auth_method", "encryption", "auth_algorithm", "dh_group", "lifetime")
    assert [tuple(one[key] for key in keys) for one in found[-2:]] == [
        ("1", "5", "pre-share", "aes-256", "sha", "group 5", "28800"),
        ("1", "10", "rsa-sig", "3des", "sha", "group 2", "86400"),
    ]


def test_ipsec() -> None:
    assert [(one["name"], one["encryption"], one["auth"]) for one in _judged("ipsec") if one["name"]] == [
        ("AES256", ["esp-aes-256"], ["esp-sha-hmac"]),
        ("NULL", ["esp-null"], ["esp-none"]),
        ("DES", ["esp-3des"], ["esp-md5-hmac"]),
    ]


def test_tunnel_group() -> None:
    first, second = _judged("tunnel-group")
    assert (first["name"], first["type"], first["ikev1_psk"]) == ("10.0.0.2", "ipsec-l2l", "*****")
    assert (first["group_policy"], first["peer_id_validate"]) == ("GP", "nocheck")
    assert (second["name"], second["group_policy"]) == ("10.0.0.3", "")


def test_object_network() -> None:
    keys = ("name", "type", "host", "network", "netmask", "start_ip", "end_ip", "fqdn", "description")
    assert [tuple(one[key] for key in keys) for one in _judged("object network")] == [
        ("INSIDE", "subnet", "", "192.168.1.0", "255.255.255.0", "", "", "", ""),
        ("SERVER", "host", "192.168.1.5", "", "", "", "", "", "the server"),
        ("POOL", "range", "", "", "", "192.168.1.10", "192.168.1.20", "", ""),
        ("WEB", "fqdn", "", "", "", "", "", "www.example.com", ""),
    ]


def test_access_group() -> None:
    assert [(one["access_list"], one["interface"]) for one in _judged("access-group")] == [("OUT", "outside")]


@pytest.mark.parametrize(
    "section", ["crypto isakmp", "crypto", "tunnel-group 10.0.0.2", "interface", "hostname", "nat"]
)
def test_a_section_is_part_of_the_whole(section: str) -> None:
    configuration = read((FIXTURES / "asa1.cfg").read_text(), "asa1.cfg")
    part = running_config(configuration, section).splitlines()
    whole = running_config(configuration).splitlines()
    assert part
    assert [line for line in part if line not in whole] == []
    assert all(line.startswith((section, " ")) for line in part)


def test_a_section_that_nobody_knows_is_empty() -> None:
    assert running_config(read(TEXT, "hub.cfg"), "flurb") == ""
