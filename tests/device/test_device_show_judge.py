"""ntc-templates' parsers of real devices' outputs read the true values out of ours, in every state and spelling."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest
from show_states import SPELLINGS, STATES, State
from show_states import state as make

from mainmode.base.codes import EspAuthentication, EspTransform, IpProtocol
from mainmode.ike.effects import Role
from mainmode.ipsec.dataplane import SaPair
from mainmode.wire.ip import Ipv4

state = lru_cache(maxsize=None)(make)
UP = [name for name in STATES if name != "no SA"]
every_state = pytest.mark.parametrize("name", UP)
every_release = pytest.mark.parametrize("release", SPELLINGS)

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
    pairs = one.standing
    assert len(rows) == len(pairs) > 0
    for row, pair in zip(rows, pairs, strict=True):
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
        sent, came = esp_packets(one, pair, out=True), esp_packets(one, pair, out=False)
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
@every_state
def test_show_vpn_sessiondb_detail_l2l(name: str, release: str) -> None:
    one = state(name, release)
    ike, *tunnels = one.parsed("vpn-sessiondb detail l2l")
    (up,) = one.ike_up
    assert ike["session_type"] == "LAN-to-LAN"
    assert (ike["connection"], ike["ip_address"]) == (up.group_name, str(up.path.remote.address))
    assert ike["connection_type"] == ("IKEv1" if release == "9.x" else "IKE")
    assert (ike["udp_src_port"], ike["udp_dst_port"]) == (str(up.path.local.port), str(up.path.remote.port))
    assert (ike["negoiaion_mode"] if "negoiaion_mode" in ike else ike["negotiaion_mode"]) == "Main"
    assert (ike["authentication_mode"], ike["encryption_method"]) == ("preSharedKeys", "3DES")
    policy = one.box.settings.policies[0]
    assert (ike["dh_group"], ike["rekey_interval"]) == (str(int(policy.group)), str(policy.lifetime))
    assert int(ike["rekey_interval"]) - int(ike["rekey_time_left"]) <= 10
    assert (ike["total_ike_sessions"], ike["total_ipsec_sessions"]) == ("1", str(len(one.standing)))
    assert [int(tunnel["session_id"]) for tunnel in tunnels] == list(range(2, 2 + len(one.standing)))
    for tunnel, pair in zip(tunnels, one.standing, strict=True):
        assert tunnel["connection_type"] == ("IPsecOverNatT" if pair.udp_encapsulated else "IPsec")
        assert tunnel["local_address_network"] == str(pair.proxies.local.first)
        assert tunnel["remote_address_mask"] == str(pair.proxies.remote.mask)
        assert (tunnel["encryption_method"], tunnel["hash_method"]) == ("AES128", "SHA1")
        assert tunnel["encapsulation"] == "Tunnel"
        assert tunnel["pfs_group"] == (str(int(pair.pfs_group)) if pair.pfs_group is not None else "")
        assert tunnel["rekey_interval"] == str(pair.lifetime_seconds)
        assert tunnel["rekey_data_interval"] == str(pair.lifetime_kilobytes)
        assert tunnel["packets_transmitted"] == str(esp_packets(one, pair, out=True))
        assert tunnel["packets_received"] == str(esp_packets(one, pair, out=False))
    assert int(ike["total_bytes_transmitted"]) == sum(int(tunnel["bytes_transmitted"]) for tunnel in tunnels)
    assert int(ike["total_bytes_received"]) == sum(int(tunnel["bytes_received"]) for tunnel in tunnels)


@every_release
@pytest.mark.parametrize("name", STATES)
def test_show_vpn_sessiondb(name: str, release: str) -> None:
    one = state(name, release)
    (row,) = one.parsed("vpn-sessiondb")
    sessions, pairs = len(one.ike_up), one.standing
    ike = "IKEv1" if release == "9.x" else "IKE"
    assert row["vpn_session_name"] == ["Site-to-Site VPN".removesuffix(" VPN") + " VPN", f"{ike} IPsec"]
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


JUDGED: dict[str, Callable[..., Any]] = {
    "show_asp_drop": test_show_asp_drop,
    "show_asp_table_vpn-context_detail": test_show_asp_table_vpn_context_detail,
    "show_crypto_ikev1_sa_detail": test_show_crypto_ikev1_sa_detail,
    "show_crypto_ipsec_sa": test_show_crypto_ipsec_sa,
    "show_interface": test_show_interface,
    "show_interface_ip_brief": test_show_interface_ip_brief,
    "show_logging": test_show_logging,
    "show_name": test_show_name,
    "show_object-group_network": test_show_object_group_network,
    "show_route": test_show_route,
    "show_version": test_show_version,
    "show_vpn-sessiondb": test_show_vpn_sessiondb,
    "show_vpn-sessiondb_detail_l2l": test_show_vpn_sessiondb_detail_l2l,
}
"""By template, the test whose judge it is."""
