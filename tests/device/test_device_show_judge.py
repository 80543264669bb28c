"""ntc-templates' parsers of real devices' outputs read the true values out of ours, in every state and spelling."""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import ntc_templates
import pytest
from device_pair import HOST_A, segment
from show_states import SPELLINGS, STATES, State
from show_states import state as make

from mainmode.base.codes import EspAuthentication, EspTransform, IpProtocol
from mainmode.device.config.model import Ace
from mainmode.ike.effects import Role
from mainmode.ipsec.dataplane import SaPair
from mainmode.wire.ip import Ipv4

state = lru_cache(maxsize=None)(make)
UP = [name for name in STATES if name != "no SA"]
every_state = pytest.mark.parametrize("name", UP)
every_release = pytest.mark.parametrize("release", SPELLINGS)

WORDS = {"8.2": "isakmp", "9.x": "ikev1"}
TRANSFORMS = {EspTransform.AES_CBC: "esp-aes"}
INTEGRITIES = {EspAuthentication.HMAC_SHA1: "esp-sha-hmac"}


def esp_packets(one: State, pair: SaPair, *, out: bool) -> int:
    """How many ESP packets of a pair went over the wire, in one direction."""
    spi = pair.outbound_spi if out else pair.inbound_spi
    sender = one.name if out else ("b" if one.name == "a" else "a")
    return sum(name == sender and esp_spi(packet) == spi for name, packet in one.pair.wire)


def esp_spi(packet: Ipv4) -> int | None:
    at = 0 if packet.protocol == IpProtocol.ESP else 8
    return int.from_bytes(packet.payload[at : at + 4]) if len(packet.payload) >= at + 4 else None


@every_release
@every_state
def test_show_crypto_ipsec_sa(name: str, release: str) -> None:
    one = state(name, release)
    rows = one.parsed("crypto ipsec sa")
    assert len(rows) == len(one.tunnels) > 0
    assert len(one.standing) - len(one.tunnels) == (1 if name == "during rekey" else 0)
    for row, pairs in zip(rows, one.tunnels, strict=True):
        pair = pairs[-1]
        local, remote = pair.proxies.local, pair.proxies.remote
        assert (row["interface"], row["crypto_map_tag"]) == (pair.interface, pair.map_name)
        assert row["sequence_number"] == str(pair.map_sequence)
        assert (row["local_identity_addr"], row["local_identity_mask"]) == (str(local.first), str(local.mask))
        assert (row["remote_identity_addr"], row["remote_identity_mask"]) == (str(remote.first), str(remote.mask))
        assert (row["local_identity_protocol"], row["local_identity_port"]) == (str(local.protocol), str(local.port))
        named = "BRANCH" if name == "names" else ""
        peer = "" if named else str(pair.path.remote.address)
        assert (row["current_peer"], row["current_peer_name"]) == (peer, named)
        assert (row["remote_crypto_endpoint"], row["remote_crypto_endpoint_name"]) == (peer, named)
        assert row["local_crypto_endpoint"] == row["local_address"] == str(pair.path.local.address)
        assert row["dynamic_peer"] == ("0.0.0.0" if name == "dynamic map" else "")
        sent, came = (sum(esp_packets(one, each, out=out) for each in pairs) for out in (True, False))
        assert {row[f"packets_{what}"] for what in ("encapsulated", "encrypted", "digested")} == {str(sent)}
        assert {row[f"packets_{what}"] for what in ("decapsulated", "decrypted", "verified")} == {str(came)}
        assert int(row["current_inbound_spi"], 16) == int(row["inbound_spi_integer"]) == pair.inbound_spi
        assert int(row["current_outbound_spi"], 16) == int(row["outbound_spi_hex"], 16) == pair.outbound_spi
        assert row["inbound_connection_id"] == row["outbound_connection_id"] == str(pair.session)
        assert row["inbound_encryption"] == TRANSFORMS[pair.suite.encryption]
        assert row["outbound_authentication"] == INTEGRITIES[pair.suite.authentication]
        assert (row["path_mtu"], row["media_mtu"]) == ("1500", "1500")
        assert row["ipsec_overhead"] == ("82" if pair.udp_encapsulated else "74")
        settings = ["L2L", "Tunnel"]
        settings += [" NAT-T-Encaps"] if pair.udp_encapsulated else []
        settings += [f"PFS Group {int(pair.pfs_group)}"] if pair.pfs_group is not None else []
        settings += ["IKEv1"] if release == "9.x" else []
        assert row["inbound_settings_in_use"] == row["outbound_settings_in_use"] == ", ".join(settings)
        assert pair.lifetime_seconds is not None
        assert 0 <= pair.lifetime_seconds - int(row["inbound_remaining_lifetime"]) <= 10


@every_release
@every_state
def test_show_crypto_ikev1_sa_detail(name: str, release: str) -> None:
    one = state(name, release)
    (row,) = one.parsed("crypto ikev1 sa detail")
    (up,) = one.ike_up
    policy = one.box.settings.policies[0]
    assert row["peer"] == str(up.path.remote.address)
    assert row["dir"] == ("Init" if up.role is Role.INITIATOR else "Resp")
    assert (row["sequence"], row["type"], row["rekey"], row["state"]) == ("1", "L2L", "No", "MM_ACTIVE")
    assert (row["encryption"], row["hash"], row["authentication"]) == ("3des", "SHA", "preshrd")
    assert row["lifetime"] == str(policy.lifetime)


@every_release
def test_show_crypto_ikev1_sa_detail_while_phase_1_is_renewed(release: str) -> None:
    one = make("up, initiator", release, f"crypto {WORDS[release]} policy 10\n lifetime 300\n")
    for _ in range(400):
        if len(one.ike_up) > 1:
            break
        one.pair.wait(1)
    rows = one.parsed("crypto ikev1 sa detail")
    assert [(row["sequence"], row["rekey"], row["lifetime"]) for row in rows] == [
        ("1", "Yes", "300"),
        ("2", "No", "300"),
    ]
    assert {row["peer"] for row in rows} == {str(up.path.remote.address) for up in one.ike_up}
    assert "   Active SA: 1\n    Rekey SA: 1 (A tunnel will" in one.show("crypto isakmp sa")
    (session,) = [row for row in one.parsed("vpn-sessiondb detail l2l") if row["connection_type"].startswith("IKE")]
    assert session["total_ike_sessions"] == "1"


@every_release
@every_state
def test_show_vpn_sessiondb_detail_l2l(name: str, release: str) -> None:
    one = state(name, release)
    ike, *tunnels = one.parsed("vpn-sessiondb detail l2l")
    (up,) = one.ike_up
    assert ike["session_type"] == "LAN-to-LAN"
    assert (ike["connection"], ike["ip_address"]) == (up.group_name, str(up.path.remote.address))
    assert ike["connection_type"] == ("IKEv1" if release == "9.x" else "IKE")
    assert (ike["udp_src_port"], ike["udp_dst_port"]) == (str(up.path.local.port), str(up.path.remote.port))
    assert ike["negotiaion_mode"] == "Main"
    assert (ike["authentication_mode"], ike["encryption_method"]) == ("preSharedKeys", "3DES")
    policy = one.box.settings.policies[0]
    assert (ike["dh_group"], ike["rekey_interval"]) == (str(int(policy.group)), str(policy.lifetime))
    assert int(ike["rekey_interval"]) - int(ike["rekey_time_left"]) <= (300 if name == "during rekey" else 10)
    assert (ike["total_ike_sessions"], ike["total_ipsec_sessions"]) == ("1", str(len(one.tunnels)))
    assert [int(tunnel["session_id"]) for tunnel in tunnels] == list(range(2, 2 + len(one.tunnels)))
    for tunnel, pairs in zip(tunnels, one.tunnels, strict=True):
        pair = pairs[-1]
        assert tunnel["connection_type"] == ("IPsecOverNatT" if pair.udp_encapsulated else "IPsec")
        assert tunnel["local_address_network"] == str(pair.proxies.local.first)
        assert tunnel["remote_address_mask"] == str(pair.proxies.remote.mask)
        assert (tunnel["encryption_method"], tunnel["hash_method"]) == ("AES128", "SHA1")
        assert tunnel["encapsulation"] == "Tunnel"
        assert tunnel["pfs_group"] == (str(int(pair.pfs_group)) if pair.pfs_group is not None else "")
        assert tunnel["rekey_interval"] == str(pair.lifetime_seconds)
        assert tunnel["rekey_data_interval"] == str(pair.lifetime_kilobytes)
        assert tunnel["packets_transmitted"] == str(sum(esp_packets(one, each, out=True) for each in pairs))
        assert tunnel["packets_received"] == str(sum(esp_packets(one, each, out=False) for each in pairs))
    assert int(ike["total_bytes_transmitted"]) == sum(int(tunnel["bytes_transmitted"]) for tunnel in tunnels)
    assert int(ike["total_bytes_received"]) == sum(int(tunnel["bytes_received"]) for tunnel in tunnels)


@every_release
@pytest.mark.parametrize("name", STATES)
def test_show_vpn_sessiondb(name: str, release: str) -> None:
    one = state(name, release)
    (row,) = one.parsed("vpn-sessiondb")
    sessions, pairs = len(one.ike_up), [each[-1] for each in one.tunnels]
    ike = "IKEv1" if release == "9.x" else "IKE"
    assert row["vpn_session_name"] == ["Site-to-Site VPN", f"{ike} IPsec"]
    assert row["vpn_session_active"] == row["vpn_session_cumulative"] == [str(sessions)] * 2
    assert (row["total_active_and_inactive"], row["total_cumulative"]) == (str(sessions), str(sessions))
    over_nat = sum(pair.udp_encapsulated for pair in pairs)
    truth = {ike: sessions, "IPsec": len(pairs) - over_nat, "IPsecOverNatT": over_nat}
    shown = dict(zip(row["tunnels_summary_name"], row["tunnels_summary_active"], strict=True))
    assert shown == {kind: str(count) for kind, count in truth.items() if count}
    assert row["totals_active"] == str(sessions + len(pairs))


@every_release
@pytest.mark.parametrize("name", STATES)
def test_show_asp_table_vpn_context_detail(name: str, release: str) -> None:
    one = state(name, release)
    rows = one.parsed("asp table vpn-context detail")
    truth: list[tuple[str, int, int]] = []
    for pair in one.standing:
        truth.append(("DECR", pair.inbound_spi, esp_packets(one, pair, out=False)))
        truth.append(("ENCR", pair.outbound_spi, esp_packets(one, pair, out=True)))
    found = [(row["flags"].split("+")[0], int(row["spi"], 16), int(row["pkts"])) for row in rows]
    assert found == truth
    assert len({row["vpn_ctx"] for row in rows}) == len(rows)
    for row in rows:
        assert row["peer_ip"] == str(one.standing[0].path.remote.address)
        assert (row["state"], row["vpn_filter"]) == ("UP", "<none>")
        assert ("NATT" in row["flags"]) == (name == "behind NAT")


@every_release
@pytest.mark.parametrize("name", STATES)
def test_show_asp_drop(name: str, release: str) -> None:
    one = state(name, release)
    (row,) = one.parsed("asp drop")
    asked = sum(drop.reason.name == "NO_TUNNEL" for drop in one.pair.dropped(one.name))
    assert row["ipsec_tun_down"] == (str(asked) if asked else "")
    assert row["last_cleared"] == row["flow_last_cleared"] == "Never"


@every_release
@pytest.mark.parametrize("name", STATES)
def test_show_route(name: str, release: str) -> None:
    one = state(name, release)
    found = {(row["protocol"], row["network"], row["netmask"], row["nexthopif"]) for row in one.parsed("route")}
    truth = set()
    for interface in one.box.interfaces.values():
        network = interface.network
        truth.add(("C", str(network.network_address), str(network.netmask), interface.name))
        if release == "9.x":
            truth.add(("L", str(interface.address), "255.255.255.255", interface.name))
    for route in one.box.configuration.routes:
        truth.add(("S", str(route.network), str(route.mask), route.interface))
    behind = {str(pair.proxies.remote.first) for pair in one.standing} | ({"192.168.2.0"} if one.name == "a" else set())
    if name != "dynamic map":
        letter = "V" if release == "9.x" else "S"
        truth |= {(letter, network, "255.255.255.0", "outside") for network in behind}
    assert found == truth


@every_release
def test_show_interface(release: str) -> None:
    one = state("up, initiator", release, " description to the world\ninterface GigabitEthernet0/7\n shutdown\n")
    rows = {row["interface"]: row for row in one.parsed("interface")}
    assert set(rows) == {interface.name for interface in one.box.configuration.interfaces}
    for view in one.box.interfaces.values():
        row = rows[view.hardware]
        assert (row["interface_zone"], row["link_status"], row["protocol_status"]) == (view.name, "up", "up")
        assert (row["ip_address"], row["netmask"]) == (str(view.address), str(view.network.netmask))
        assert row["mtu"] == str(one.box.configuration.mtus[view.name].value)
    down = rows["GigabitEthernet0/7"]
    assert (down["link_status"], down["protocol_status"]) == ("administratively down", "down")


@every_release
def test_show_interface_ip_brief(release: str) -> None:
    one = state("up, initiator", release, "interface GigabitEthernet0/7\n shutdown\n")
    found = [
        (row["interface"], row["ip_address"], row["status"], row["proto"]) for row in one.parsed("interface ip brief")
    ]
    assert found == [
        *((view.hardware, str(view.address), "up", "up") for view in one.box.interfaces.values()),
        ("GigabitEthernet0/7", "unassigned", "administratively down", "down"),
    ]


@every_release
@pytest.mark.parametrize("name", ["no SA", "up, initiator"])
def test_show_version(name: str, release: str) -> None:
    one = state(name, release)
    (row,) = one.parsed("version")
    import mainmode

    assert (row["version"], row["hostname"]) == (mainmode.__version__, one.box.hostname)
    assert row["interfaces"] == [interface.name for interface in one.box.configuration.interfaces]
    assert row["max_intf"] == str(len(one.box.configuration.interfaces))
    assert row["uptime"] == ("0 secs" if name == "no SA" else "5 secs")
    assert row["serial"] == []


@every_release
@pytest.mark.parametrize("timestamp", ["", "logging timestamp\n"])
@pytest.mark.parametrize("device_id", ["", "logging device-id hostname\n"])
def test_show_logging(device_id: str, timestamp: str, release: str) -> None:
    settings = f"logging enable\nlogging buffered notifications\n{timestamp}{device_id}"
    one = state("up, initiator", release, settings)
    rows = one.parsed("logging")
    said = [
        line
        for effect in one.pair.effects["a"]
        if (line := getattr(effect, "line", None)) is not None
        and (syslog := line.entry.syslog_of(line.values)) is not None
        and syslog.severity <= 5
    ]
    assert len(rows) == len(said) > 3
    for row, line in zip(rows, said, strict=True):
        syslog = line.entry.syslog_of(line.values)
        assert (row["facility"], int(row["severity"]), int(row["mnemonic"])) == ("ASA", syslog.severity, syslog.id)
        assert row["message"][0].endswith(line.text)
        assert row["hostname"] == ("asa1" if device_id else "")
        assert row["year"] == ("2023" if timestamp else "")


@every_release
def test_show_name(release: str) -> None:
    one = state("names", release)
    found = [(row["ip_address"], row["name"]) for row in one.parsed("name")]
    assert found == [(str(named.value), name) for name, named in one.box.configuration.names.items()] != []


OBJECTS = """\
object-group network SITES
 description both of them
 network-object 192.168.2.0 255.255.255.0
 network-object host 192.168.3.1
 network-object object INSIDE-RANGE
"""


@every_release
def test_show_object_group_network(release: str) -> None:
    one = state("no SA", release, OBJECTS)
    rows = one.parsed("object-group network")
    assert {row["name"] for row in rows} == {"SITES"}
    assert {row["description"] for row in rows} == {"both of them"}
    found = [(row["network"], row["netmask"], row["host"], row["net_object"]) for row in rows]
    assert found == [
        ("192.168.2.0", "255.255.255.0", "", ""),
        ("", "", "192.168.3.1", ""),
        ("", "", "", "INSIDE-RANGE"),
    ]


LISTS = """\
object network WEB
 host 192.168.1.80
object network POOL
 range 192.168.1.100 192.168.1.110
object network NAMED
 fqdn www.example.com
object service DNS
 service udp destination eq domain
object-group network SITES
 network-object 192.168.2.0 255.255.255.0
 network-object host 192.168.3.1
 network-object object POOL
object-group service PORTS tcp
 port-object eq www
 port-object range 8000 8010
object-group protocol BOTH
 protocol-object tcp
 protocol-object udp
access-list IN remark what may enter
access-list IN extended permit tcp any object WEB eq www log
access-list IN extended permit tcp any object-group SITES object-group PORTS
access-list IN extended permit object-group BOTH host 1.1.1.1 any eq domain
access-list IN extended permit object DNS any any
access-list IN extended permit icmp any any echo-reply
access-list IN extended permit ip host 10.0.0.9 object NAMED
access-list IN extended deny ip any any inactive
access-list IN extended deny udp host 10.0.0.2 range 1 7 any
access-group IN in interface outside
route inside 192.168.3.0 255.255.255.0 192.168.1.254
"""
EXPANDED = {2: 1, 3: 6, 4: 2, 5: 1, 7: 1}
"""How many lines the lines with objects come to."""


@every_release
def test_show_access_list(release: str) -> None:
    one = make("up, initiator", release, LISTS)
    stranger, inside = IPv4Address("10.0.0.66"), IPv4Address("192.168.3.1")
    for place, port in enumerate((80, 80, 80, 8010, 9000)):
        one.pair.inject("a", "outside", segment(stranger, inside, ports=(1025 + place, port)))
    rows = one.parsed("access-list")
    head, *lines = [row for row in rows if row["acl_name"] == "IN"]
    whole = [row for row in lines if not row["entry_hash"]]
    expanded = [row for row in lines if row["entry_hash"] and int(row["line_num"]) in EXPANDED]
    entries = one.box.configuration.access_lists["IN"].entries
    assert [int(row["line_num"]) for row in whole] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert whole[0]["remark"] == "what may enter"
    assert Counter(int(row["line_num"]) for row in expanded) == EXPANDED
    assert int(head["acl_tot_elem"]) == len(entries) - 1 - len(EXPANDED) + sum(EXPANDED.values())
    for row, entry in zip(whole[1:], entries[1:], strict=False):
        assert isinstance(entry, Ace)
        assert row["action"] == entry.action
        assert row["state"] == ("inactive" if entry.inactive else "")
        assert int(row["hit_count"]) == one.box.hits.of(entry.source)
    hits = {int(row["line_num"]): int(row["hit_count"]) for row in whole[1:]}
    assert {line: count for line, count in hits.items() if count} == {3: 4}
    hit = [row for row in expanded if int(row["entry_hit_count"] or 0)]
    keys = ("entry_dst_host", "entry_port", "entry_port_range_end", "entry_hit_count")
    assert [tuple(row[key] for key in keys) for row in hit] == [
        ("192.168.3.1", "www", "", "3"),
        ("192.168.3.1", "", "8010", "1"),
    ]
    (unresolved,) = [row for row in expanded if row["line_num"] == "7"]
    assert (unresolved["entry_dst_fqdn"], unresolved["entry_state"]) == ("www.example.com", "inactive")
    assert whole[1]["line_hash"] == expanded[0]["entry_hash"]
    assert len({row["line_hash"] or row["entry_hash"] for row in lines[1:]}) == len(lines) - 1 - 3
    assert rows == one.parsed("access-list")


@every_release
@pytest.mark.parametrize("name", STATES)
def test_show_access_list_in_every_state(name: str, release: str) -> None:
    one = state(name, release)
    rows = one.parsed("access-list")
    assert {row["acl_name"] for row in rows} == set(one.box.configuration.access_lists)
    protected = {pair.proxies.local.protocol for pair in one.standing}
    for row in rows[1:]:
        hit = int(row["hit_count"]) > 0
        assert hit == ({"icmp": 1, "tcp": 6}[row["protocol"]] in protected and name != "dynamic map")


RULES = """\
object network WEB
 host 192.168.1.80
 nat (inside,outside) static 10.0.0.80 service tcp www 8080
object network ALL
 subnet 192.168.1.0 255.255.255.0
 nat (inside,outside) dynamic interface dns
object network MAPPED
 host 10.0.0.90
nat (inside,outside) source dynamic ALL pat-pool MAPPED inactive
nat (inside,outside) after-auto source static WEB MAPPED unidirectional description the last one
"""


@every_release
def test_show_nat(release: str) -> None:
    one = make("up, initiator", release, RULES)
    one.pair.inject("a", "inside", segment(HOST_A, IPv4Address("10.0.0.77")))
    rows = one.parsed("nat")
    keys = ("nat_section_number", "line_number", "source_type", "source_real", "source_mapped")
    assert [tuple(row[key] for key in keys) for row in rows] == [
        ("1", "1", "static", "INSIDE-RANGE", "INSIDE-RANGE"),
        ("1", "2", "dynamic", "ALL", "pat-pool MAPPED"),
        ("2", "1", "static", "WEB", "10.0.0.80"),
        ("2", "2", "dynamic", "ALL", "interface"),
        ("3", "1", "static", "WEB", "MAPPED"),
    ]
    identity, inactive, service, dynamic, last = rows
    assert (identity["destination_real"], identity["destination_mapped"]) == ("FOREIGN_NETWORK", "FOREIGN_NETWORK")
    assert (identity["no_proxy_arp"], identity["route_lookup"]) == ("no-proxy-arp", "route-lookup")
    assert inactive["inactive"] == "inactive"
    assert (service["service_protocol"], service["service_real"], service["service_mapped"]) == ("tcp", "www", "8080")
    assert (dynamic["dns"], dynamic["translate_hits"], dynamic["untranslate_hits"]) == ("dns", "1", "0")
    assert (last["unidirectional"], last["description"]) == ("unidirectional", "the last one")
    shown = [(int(row["translate_hits"]), int(row["untranslate_hits"])) for row in (identity, service, dynamic, last)]
    assert shown == [(hits.translated, hits.untranslated) for hits in one.box.nat_hits.values()]
    assert int(identity["translate_hits"]) > 0


@every_release
def test_show_xlate(release: str) -> None:
    one = make("up, initiator", release, RULES)
    one.pair.inject("a", "inside", segment(HOST_A, IPv4Address("10.0.0.77")))
    keys = ("source_intf", "source", "destination_intf", "destination")
    rows = one.parsed("xlate")
    assert [tuple(row[key] for key in keys) for row in rows[:4]] == [
        ("inside", ["192.168.1.0/24"], "outside", ["192.168.1.0/24"]),
        ("outside", ["192.168.2.0/24"], "inside", ["192.168.2.0/24"]),
        ("inside", ["192.168.1.80"], "outside", ["10.0.0.80"]),
        ("inside", ["192.168.1.80"], "outside", ["10.0.0.90"]),
    ]
    assert one.show("xlate").startswith("5 in use\n")
    assert one.show("xlate").endswith("TCP PAT from inside:192.168.1.10/1025 to outside:10.0.0.1/1025 flags ri\n")


JUDGED: dict[str, Callable[..., Any]] = {
    "show_access-list": test_show_access_list,
    "show_asp_drop": test_show_asp_drop,
    "show_asp_table_vpn-context_detail": test_show_asp_table_vpn_context_detail,
    "show_crypto_ikev1_sa_detail": test_show_crypto_ikev1_sa_detail,
    "show_crypto_ipsec_sa": test_show_crypto_ipsec_sa,
    "show_interface": test_show_interface,
    "show_interface_ip_brief": test_show_interface_ip_brief,
    "show_logging": test_show_logging,
    "show_name": test_show_name,
    "show_nat": test_show_nat,
    "show_object-group_network": test_show_object_group_network,
    "show_route": test_show_route,
    "show_version": test_show_version,
    "show_vpn-sessiondb": test_show_vpn_sessiondb,
    "show_vpn-sessiondb_detail_l2l": test_show_vpn_sessiondb_detail_l2l,
    "show_xlate": test_show_xlate,
}
"""By template, the test whose judge it is."""

CONFIGURATION = "a section of the configuration, judged in tests/config/test_config_judge.py or test_config_services.py"
NOT_HERE = {
    "dir": "mainmode has no flash",
    "ping": "a ping is told by the lab's transcript",
    "show_access-list_brief": "it tells the second of the last hit, which nothing here keeps",
    "show_arp": "the lab's links have no addresses below IP",
    "show_bgp_summary": "no routing protocol is spoken",
    "show_cpu_usage_detailed": "mainmode has no processor of its own",
    "show_failover": "a box stands alone",
    "show_interface_detail": "rings and queues of hardware",
    "show_inventory": "parts of hardware",
    "show_license_all": "mainmode needs no licence",
    "show_module": "parts of hardware",
    "show_module_details": "parts of hardware",
    "show_module_status": "parts of hardware",
    "show_ospf_interface_brief": "no routing protocol is spoken",
    "show_ospf_neighbor": "no routing protocol is spoken",
    "show_port-channel_summary": "links are not bundled",
    "show_resource_usage": "a box is one context",
    "show_running-config_access-group": CONFIGURATION,
    "show_running-config_all_crypto_map": CONFIGURATION,
    "show_running-config_crypto_ikev1": CONFIGURATION,
    "show_running-config_crypto_map": CONFIGURATION,
    "show_running-config_ipsec": CONFIGURATION,
    "show_running-config_object-group_service": CONFIGURATION,
    "show_running-config_object_network": CONFIGURATION,
    "show_running-config_object_service": CONFIGURATION,
    "show_running-config_tunnel-group": CONFIGURATION,
    "show_vpn-sessiondb_anyconnect": "remote access is not spoken",
}
"""Templates that are judged elsewhere, or of commands that this device has not, with the reason."""


def test_every_template_for_the_device_has_its_judge_here_or_a_reason_why_not() -> None:
    templates = Path(ntc_templates.__file__).parent / "templates"
    names = {path.stem.removeprefix("cisco_asa_") for path in templates.glob("cisco_asa_*.textfsm")}
    assert names == JUDGED.keys() | NOT_HERE.keys()
    assert not JUDGED.keys() & NOT_HERE.keys()
