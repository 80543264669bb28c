from ipaddress import IPv4Address
from pathlib import Path

import pytest

import mainmode.lab
from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.codes import Authentication1, Encryption1, EspAuthentication, EspTransform, Group, Hash1
from mainmode.base.provenance import Absent, Default, Statement
from mainmode.base.secret import Secret
from mainmode.device.config import read
from mainmode.device.settings import ike_settings, unbound_maps
from mainmode.ike.settings import ConnectionType
from mainmode.ipsec.dataplane import Mode

REFERENCE = (Path(mainmode.lab.__file__).parent / "examples" / "asa1.cfg").read_text()


def test_the_reference_as_ike_sees_it() -> None:
    found = ike_settings(read(REFERENCE, "asa1.cfg"))
    (policy,) = found.policies
    assert (policy.priority, policy.authentication) == (10, Authentication1.PRE_SHARED_KEY)
    assert (policy.encryption, policy.key_bits) == (Encryption1.TRIPLE_DES_CBC, 0)
    assert (policy.hash, policy.group, policy.lifetime) == (Hash1.SHA1, Group.MODP_1024, 86400)
    assert policy.sources["encryption"] == Statement("asa1.cfg", 30, " encryption 3des")
    (entry,) = found.entries
    assert entry.complete
    assert entry.acl is not None
    assert [one.proxies for one in entry.acl] == [
        ProxyPair(Proxy.of("192.168.1.0/24", protocol), Proxy.of("192.168.2.0/24", protocol)) for protocol in (6, 1)
    ]
    assert entry.acl[1].text == (
        "access-list VPN extended permit icmp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0"
    )
    (transform,) = entry.transform_sets
    assert (transform.encryption, transform.key_bits) == (EspTransform.AES_CBC, 128)
    assert (transform.authentication, transform.mode) == (EspAuthentication.HMAC_SHA1, Mode.TUNNEL)
    assert (entry.peers, entry.pfs) == ((IPv4Address("10.0.0.2"),), None)
    assert entry.sources["pfs"] == Absent("asa1.cfg", "crypto map MAP 10 set pfs")
    assert entry.sources["interface"] == Statement("asa1.cfg", 26, "crypto map MAP interface outside")
    assert (entry.lifetime_seconds, entry.lifetime_kilobytes) == (28800, 4608000)
    group = found.group_for(IPv4Address("10.0.0.2"))
    assert group is not None
    assert (group.key, group.keepalive) == (Secret(b"cisco"), (10, 2))
    assert group.sources["key"] == Statement("asa1.cfg", 36, " pre-shared-key *****")
    assert found.addresses == {"inside": IPv4Address("192.168.1.1"), "outside": IPv4Address("10.0.0.1")}
    assert found.enabled == {"outside": Statement("asa1.cfg", 27, "crypto isakmp enable outside")}
    assert (found.hostname, found.identity, found.nat_traversal) == ("asa1", "auto", 20)


def test_the_sources_have_the_documented_keys() -> None:
    found = ike_settings(read(REFERENCE, "asa1.cfg"))
    assert set(found.policies[0].sources) == {"policy", "authentication", "encryption", "hash", "group", "lifetime"}
    assert set(found.entries[0].sources) == {
        "entry", "acl", "peer", "transform_set", "pfs", "lifetime_seconds", "lifetime_kilobytes", "connection_type",
        "interface",
    }  # fmt: skip
    assert set(found.groups["10.0.0.2"].sources) == {
        "group", "key", "keepalive", "peer_id_validate", "policy", "idle_timeout", "session_timeout", "vpn_filter",
        "protocols",
    }  # fmt: skip
    assert set(found.sources) == {
        "identity", "nat_traversal", "hostname", "max_in_negotiation", "am_disable", "disconnect_notify",
        "enable inside", "enable outside",
    }  # fmt: skip


def test_a_tunnel_group_has_what_its_group_policy_says_and_else_what_the_default_one_does() -> None:
    text = (
        REFERENCE + "group-policy GP internal\ngroup-policy GP attributes\n vpn-filter value F\n"
        " vpn-idle-timeout none\n vpn-tunnel-protocol IPSec svc\n"
        "group-policy DfltGrpPolicy attributes\n vpn-session-timeout 90\n vpn-idle-timeout 5\n"
        "tunnel-group 10.0.0.2 general-attributes\n default-group-policy GP\n"
    )
    found = ike_settings(read(text, "asa1.cfg")).groups["10.0.0.2"]
    assert (found.policy_name, found.vpn_filter) == ("GP", "F")
    assert (found.idle_timeout, found.session_timeout) == (None, 5400)
    assert found.protocols == {"ikev1", "ssl-client"}
    assert isinstance(found.sources["session_timeout"], Statement)
    plain = ike_settings(read(REFERENCE, "asa1.cfg")).groups["10.0.0.2"]
    assert (plain.policy_name, plain.vpn_filter, plain.idle_timeout) == ("DfltGrpPolicy", None, 1800)
    assert plain.sources["idle_timeout"] == Default("asa1.cfg", "vpn-idle-timeout 30")


def test_the_limit_of_negotiations_is_a_share_of_what_the_platform_holds() -> None:
    found = ike_settings(read(REFERENCE + "crypto ikev1 limit max-in-negotiation-sa 5\nmtu outside 1400\n", "t.cfg"))
    assert found.max_in_negotiation == 500
    assert found.mtus == {"outside": 1400, "inside": 1500}


@pytest.mark.parametrize(
    ("word", "command"), [("isakmp", "crypto isakmp enable outside"), ("ikev1", "crypto ikev1 enable outside")]
)
def test_what_is_not_there_is_spelled_in_the_file_s_release(word: str, command: str) -> None:
    text = f"interface G0/0\n nameif outside\n ip address 10.0.0.1 255.255.255.0\ncrypto {word} policy 1\n"
    found = ike_settings(read(text, "t.cfg"))
    assert found.sources["enable outside"] == Absent("t.cfg", command)
    assert found.enabled == {}
    assert found.policies[0].sources["hash"] == Default("t.cfg", "hash sha")


def _entry(text: str) -> str:
    return REFERENCE.replace("crypto map MAP interface outside\n", text + "crypto map MAP interface outside\n")


def test_an_entry_s_own_settings_come_before_the_global_ones() -> None:
    text = _entry(
        "crypto ipsec security-association lifetime seconds 1000\n"
        "crypto map MAP 10 set security-association lifetime kilobytes unlimited\n"
        "crypto map MAP 10 set pfs\ncrypto map MAP 10 set connection-type answer-only\n"
        "crypto map MAP 10 set nat-t-disable\n"
    )
    (entry,) = ike_settings(read(text, "t.cfg")).entries
    assert (entry.lifetime_seconds, entry.lifetime_kilobytes) == (1000, None)
    assert (entry.pfs, entry.connection_type) == (Group.MODP_1024, ConnectionType.ANSWER_ONLY)
    assert entry.nat_t_disable
    assert str(entry.sources["lifetime_seconds"]).startswith("t.cfg:26 crypto ipsec security-association")


def test_objects_groups_and_ports_become_proxies_and_denials_stay() -> None:
    text = (
        REFERENCE
        + """object network SERVER
 host 192.168.1.5
object network SOME
 range 192.168.1.10 192.168.1.12
object-group network SITES
 network-object 10.1.0.0 255.255.0.0
 network-object host 10.9.9.9
 network-object 2001:db8::/32
 group-object SITES
access-list VPN extended deny ip object SERVER any
access-list VPN extended permit udp object SOME eq snmp object-group SITES eq 162
access-list VPN extended permit tcp any any range 1 5
access-list VPN extended permit ip any any inactive
access-list VPN remark done
access-list VPN extended permit ip interface inside host 10.5.5.5
"""
    )
    (entry,) = ike_settings(read(text, "t.cfg")).entries
    assert entry.acl is not None
    found = [(one.permit, str(one.proxies.local), str(one.proxies.remote)) for one in entry.acl[2:]]
    assert found == [
        (False, "192.168.1.5/255.255.255.255/0/0", "0.0.0.0/0.0.0.0/0/0"),
        (True, "192.168.1.10/192.168.1.12/17/161", "10.1.0.0/255.255.0.0/17/162"),
        (True, "192.168.1.10/192.168.1.12/17/161", "10.9.9.9/255.255.255.255/17/162"),
        (True, "192.168.1.1/255.255.255.255/0/0", "10.5.5.5/255.255.255.255/0/0"),
    ]
    assert entry.acl[3].text == entry.acl[4].text
    assert entry.acl[3].text == (
        "access-list VPN extended permit udp object SOME eq snmp object-group SITES eq snmptrap"
    )


def test_a_map_that_is_bound_nowhere_is_told_with_the_line_that_is_missing() -> None:
    unbound = read(REFERENCE.replace("crypto map MAP interface outside\n", ""), "t.cfg")
    assert ike_settings(unbound).entries == ()
    assert unbound_maps(unbound) == {"MAP": Absent("t.cfg", "crypto map MAP interface outside")}
    assert unbound_maps(read(REFERENCE, "t.cfg")) == {}


def test_a_hidden_key_is_none_or_what_stands_in_for_it() -> None:
    configuration = read(REFERENCE.replace("pre-shared-key cisco", "pre-shared-key *****"), "t.cfg")
    assert ike_settings(configuration).groups["10.0.0.2"].key is None
    stand_in = Secret(b"assumed")
    assert ike_settings(configuration, stand_in).groups["10.0.0.2"].key == stand_in
    without = read(REFERENCE.replace(" pre-shared-key cisco", ""), "t.cfg")
    assert ike_settings(without, stand_in).groups["10.0.0.2"].key is None
    assert ike_settings(without).groups["10.0.0.2"].sources["key"] == Absent("t.cfg", "pre-shared-key")


def test_the_built_in_group_needs_no_type_and_serves_every_peer() -> None:
    text = REFERENCE + "tunnel-group DefaultL2LGroup ipsec-attributes\n pre-shared-key other\n"
    configuration = read(text, "t.cfg")
    assert configuration.problems == ()
    found = ike_settings(configuration)
    assert "DefaultL2LGroup" not in found.groups
    group = found.group_for(IPv4Address("203.0.113.1"))
    assert group is not None
    assert group.key == Secret(b"other")


def test_what_cannot_be_used_is_left_out() -> None:
    text = (
        REFERENCE
        + """crypto isakmp policy 5
 authentication rsa-sig
tunnel-group RA type remote-access
crypto map MAP 10 set transform-set NONE TRANSFORM
crypto map MAP 20 match address NONE
interface GigabitEthernet0/2
 nameif dmz
 ip address 10.3.0.1 255.255.255.0
 shutdown
"""
    )
    found = ike_settings(read(text, "t.cfg"))
    assert [policy.priority for policy in found.policies] == [10]
    assert set(found.groups) == {"10.0.0.2"}
    assert [one.name for one in found.entries[0].transform_sets] == ["TRANSFORM"]
    assert (found.entries[1].acl_name, found.entries[1].acl, found.entries[1].complete) == ("NONE", None, False)
    assert "dmz" not in found.addresses


def test_a_dynamic_map_stands_at_the_sequence_that_names_it_and_keeps_its_own_names() -> None:
    text = _entry(
        "crypto dynamic-map DYN 2 set transform-set TRANSFORM\ncrypto dynamic-map DYN 1 set transform-set TRANSFORM\n"
        "crypto map MAP 65535 ipsec-isakmp dynamic DYN\n"
    )
    configuration = read(text, "t.cfg")
    assert configuration.problems == ()
    static, dynamic, second = ike_settings(configuration).entries
    assert (static.dynamic, static.behind) == (False, None)
    for sequence, entry in enumerate((dynamic, second), 1):
        assert (entry.dynamic, entry.map_name, entry.sequence, entry.behind) == (True, "DYN", sequence, ("MAP", 65535))
    assert dynamic.complete
    assert dynamic.sources["acl"] == Absent("t.cfg", "crypto dynamic-map DYN 1 match address ACL")


def test_sha_2_and_gcm_and_the_late_groups() -> None:
    text = """crypto ikev1 policy 1
 encryption aes-256
 hash sha512
 group 20
 lifetime none
crypto ipsec ikev1 transform-set G esp-aes-gcm-256
crypto ipsec ikev1 transform-set S esp-sha256-hmac esp-aes
crypto ipsec ikev1 transform-set S mode transport
crypto map M 1 set ikev1 transform-set G S
crypto map M 1 set pfs group14
crypto map M interface outside
"""
    found = ike_settings(read(text, "t.cfg"))
    (policy,) = found.policies
    assert (policy.encryption, policy.key_bits) == (Encryption1.AES_CBC, 256)
    assert (policy.hash, policy.group, policy.lifetime) == (Hash1.SHA2_512, Group.ECP_384, None)
    gcm, sha = found.entries[0].transform_sets
    assert (gcm.encryption, gcm.key_bits, gcm.authentication) == (EspTransform.AES_GCM_16, 256, EspAuthentication.NONE)
    assert (sha.authentication, sha.mode) == (EspAuthentication.HMAC_SHA2_256, Mode.TRANSPORT)
    assert found.entries[0].pfs is Group.MODP_2048


def test_a_transform_set_that_protects_nothing_or_twice_is_warned_about_and_not_offered() -> None:
    for words, told in (("esp-null esp-none", "protects nothing"), ("esp-aes-gcm esp-sha-hmac", "authenticates twice")):
        text = f"crypto ipsec transform-set T {words}\n"
        (problem,) = read(text, "x.cfg").problems
        assert told in problem.wording
        assert problem.line == 1
        assert "esp" in problem.expected
