"""Show outputs of two real boxes, judged by the published reference output and by ntc-templates' parsers."""

import re
from ipaddress import IPv4Address

import pytest
from device_configs import REFERENCE, mirrored, modern
from device_pair import HOST_A, HOST_B, Pair, segment
from ntc_templates.parse import parse_output  # type: ignore[import-untyped]

from mainmode.base.codes import IpProtocol
from mainmode.base.instant import later, seconds
from mainmode.device.box import Box
from mainmode.ike.effects import InstallSa

TECH_NOTE_113574 = """
interface: outside
Crypto map tag: MAP, seq num: 10, local addr: 10.0.0.1
access-list VPN extended permit icmp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0
local ident (addr/mask/prot/port): (192.168.1.0/255.255.255.0/1/0)
remote ident (addr/mask/prot/port): (192.168.2.0/255.255.255.0/1/0)
current_peer: 10.0.0.2
#pkts encaps: 4, #pkts encrypt: 4, #pkts digest: 4
#pkts decaps: 4, #pkts decrypt: 4, #pkts verify: 4
#pkts compressed: 0, #pkts decompressed: 0
#pkts not compressed: 4, #pkts comp failed: 0, #pkts decomp failed: 0
#pre-frag successes: 0, #pre-frag failures: 0, #fragments created: 0
#PMTUs sent: 0, #PMTUs rcvd: 0, #decapsulated frgs needing reassembly: 0
#send errors: 0, #recv errors: 0
local crypto endpt.: 10.0.0.1/0, remote crypto endpt.: 10.0.0.2/0
path mtu 1500, ipsec overhead 74, media mtu 1500
current outbound spi: OUTBOUND
current inbound spi : INBOUND
inbound esp sas:
spi: 0xINBOUND
transform: esp-aes esp-sha-hmac no compression
in use settings ={L2L, Tunnel, }
slot: 0, conn_id: 16384, crypto-map: MAP
sa timing: remaining key lifetime (kB/sec): (3914999/3326)
IV size: 16 bytes
replay detection support: Y
Anti replay bitmap:
0x00000000 0x0000001F
outbound esp sas:
spi: 0xOUTBOUND
transform: esp-aes esp-sha-hmac no compression
in use settings ={L2L, Tunnel, }
slot: 0, conn_id: 16384, crypto-map: MAP
sa timing: remaining key lifetime (kB/sec): (3914999/3326)
IV size: 16 bytes
replay detection support: Y
Anti replay bitmap:
0x00000000 0x00000001
"""
"""The published output of the reference exchange, flat as it was printed, with names for its SPIs."""

LIFETIME = "crypto ipsec security-association lifetime seconds 3600\n"


def pair_after_pings(text: str = REFERENCE, count: int = 5) -> Pair:
    pair = Pair(text)
    pair.ping(count)
    return pair


def installed(pair: Pair, name: str) -> InstallSa:
    return next(effect for effect in pair.effects[name] if isinstance(effect, InstallSa))


def parsed(box: Box, pair: Pair) -> dict[str, str]:
    output = box.show("show crypto ipsec sa", pair.now)
    rows = parse_output(platform="cisco_asa", command="show crypto ipsec sa", data=output)
    assert len(rows) == 1
    return dict(rows[0])


def test_ipsec_sa_is_the_published_output_of_the_reference() -> None:
    pair = pair_after_pings(REFERENCE + LIFETIME)
    sa = installed(pair, "a").pair
    output = pair.boxes["a"].show("show crypto ipsec sa", later(pair.now, seconds(3595 - 3326)))
    for spi, name in ((sa.inbound_spi, "INBOUND"), (sa.outbound_spi, "OUTBOUND")):
        output = output.replace(f"{spi:08X} ({spi})", name).replace(f"{spi:08X}", name)
    flat = [line.strip() for line in output.splitlines() if line.strip()]
    assert flat == TECH_NOTE_113574.strip().splitlines()


@pytest.mark.parametrize("spell", [str, modern])
@pytest.mark.parametrize("name", ["a", "b"])
def test_ntc_templates_reads_the_true_values_from_either_layout(spell: type[str], name: str) -> None:
    pair = pair_after_pings(spell(REFERENCE) + "crypto map MAP 10 set pfs group5\n")
    sa = installed(pair, name).pair
    row = parsed(pair.boxes[name], pair)
    assert row["interface"] == "outside"
    assert (row["crypto_map_tag"], row["sequence_number"]) == ("MAP", "10")
    assert (row["local_identity_addr"], row["local_identity_protocol"]) == (str(sa.proxies.local.first), "1")
    assert (row["remote_identity_addr"], row["remote_identity_mask"]) == (str(sa.proxies.remote.first), "255.255.255.0")
    assert row["current_peer"] == row["remote_crypto_endpoint"] == str(sa.path.remote.address)
    assert row["local_crypto_endpoint"] == row["local_address"] == str(sa.path.local.address)
    counters = ("encapsulated", "encrypted", "digested", "decapsulated", "decrypted", "verified", "not_compressed")
    assert {row[f"packets_{name}"] for name in counters} == {"4"}
    assert (row["path_mtu"], row["ipsec_overhead"], row["media_mtu"]) == ("1500", "74", "1500")
    assert int(row["current_inbound_spi"], 16) == int(row["inbound_spi_integer"]) == sa.inbound_spi
    assert int(row["current_outbound_spi"], 16) == int(row["outbound_spi_hex"], 16) == sa.outbound_spi
    assert (row["inbound_encryption"], row["outbound_authentication"]) == ("esp-aes", "esp-sha-hmac")
    ending = "" if spell is str else ", IKEv1"
    assert row["inbound_settings_in_use"] == f"L2L, Tunnel, PFS Group 5{ending}"
    assert row["inbound_connection_id"] == row["outbound_connection_id"] == str(sa.session)
    assert (row["inbound_crypto_map"], row["inbound_iv_size"]) == ("MAP", "16 bytes")
    assert row["inbound_remaining_lifetime_kilobytes"] == "3914999"
    assert row["inbound_remaining_lifetime"] == "28795"
    assert row["outbound_replay_detection"] == "Y"


def test_the_newer_layout_has_the_rows_that_the_older_one_lacks() -> None:
    pair = pair_after_pings(modern(REFERENCE))
    output = pair.boxes["a"].show("crypto ipsec sa", pair.now)
    assert output.startswith(
        "interface: outside\n"
        "    Crypto map tag: MAP, seq num: 10, local addr: 10.0.0.1\n"
        "\n"
        "      access-list VPN extended permit icmp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0\n"
    )
    for row in (
        "      #TFC rcvd: 0, #TFC sent: 0\n      #Valid ICMP Errors rcvd: 0, #Invalid ICMP Errors rcvd: 0\n",
        "      path mtu 1500, ipsec overhead 74(44), media mtu 1500\n",
        "      PMTU time remaining (sec): 0, DF policy: copy-df\n",
        "      ICMP error validation: disabled, TFC packets: disabled\n",
        "         SA State: active\n         transform: esp-aes esp-sha-hmac no compression\n",
        "         in use settings ={L2L, Tunnel, IKEv1, }\n",
    ):
        assert row in output


def test_behind_nat_esp_goes_in_udp_and_the_output_says_so() -> None:
    seen_as = IPv4Address("203.0.113.1")
    b = mirrored(modern(REFERENCE)).replace("10.0.0.1", str(seen_as)) + "route outside 0.0.0.0 0.0.0.0 10.0.0.254\n"
    pair = Pair(modern(REFERENCE), b, seen_as)
    assert pair.ping(5) == 4
    assert {packet.protocol for _, packet in pair.wire} == {IpProtocol.UDP}
    row = parsed(pair.boxes["b"], pair)
    assert (row["packets_encapsulated"], row["packets_verified"]) == ("4", "4")
    assert (row["remote_crypto_endpoint"], row["ipsec_overhead"]) == (str(seen_as), "82")
    output = pair.boxes["b"].show("crypto ipsec sa", pair.now)
    assert "in use settings ={L2L, Tunnel,  NAT-T-Encaps, IKEv1, }\n" in output
    assert "local crypto endpt.: 10.0.0.2/4500, remote crypto endpt.: 203.0.113.1/4500\n" in output
    assert "ipsec overhead 82(52), media" in output


def test_the_peer_form_starts_with_the_peer_and_shows_its_tunnels_only() -> None:
    pair = pair_after_pings()
    box = pair.boxes["a"]
    assert box.show("crypto ipsec sa peer 10.0.0.2", pair.now).startswith("peer address: 10.0.0.2\n    Crypto map")
    assert box.show("crypto ipsec sa peer 10.0.0.9", pair.now) == "\nThere are no ipsec sas\n"


def test_two_tunnels_of_one_map_stand_below_one_interface_heading() -> None:
    pair = pair_after_pings()
    for _ in range(2):
        pair.inject("a", "inside", segment(HOST_A, HOST_B))
    output = pair.boxes["a"].show("crypto ipsec sa", pair.now)
    rows = parse_output(platform="cisco_asa", command="show crypto ipsec sa", data=output)
    found = [(row["local_identity_protocol"], row["packets_encapsulated"]) for row in rows]
    assert found == [("1", "4"), ("6", "1")]
    assert output.count("interface: outside") == 1


@pytest.mark.parametrize(
    ("spell", "opening", "closing"),
    [
        (str, "\n   Active SA: 1\n", "State   : MM_ACTIVE \n"),
        (modern, "IKEv1 SAs:\n\n   Active SA: 1\n", "State   : MM_ACTIVE \n\nThere are no IKEv2 SAs\n"),
    ],
)
def test_isakmp_sa_in_both_layouts(spell: type[str], opening: str, closing: str) -> None:
    pair = pair_after_pings(spell(REFERENCE), 1)
    output = pair.boxes["b"].show("show crypto isakmp sa", pair.now)
    assert output.startswith(opening)
    assert output.endswith(
        "Total IKE SA: 1\n\n1   IKE Peer: 10.0.0.1\n    Type    : L2L             Role    : responder \n"
        "    Rekey   : no              " + closing
    )
    assert output == pair.boxes["b"].show("show crypto ikev1 sa", pair.now)


def test_isakmp_sa_detail_tells_what_was_negotiated_and_what_is_left() -> None:
    pair = pair_after_pings(REFERENCE, 1)
    output = pair.boxes["a"].show("show crypto isakmp sa detail", later(pair.now, seconds(99)))
    assert output.endswith(
        "    Encrypt : 3des            Hash    : SHA       \n"
        "    Auth    : preshared       Lifetime: 86400\n"
        "    Lifetime Remaining: 86300\n"
    )


def test_an_initiator_without_answer_waits_for_message_two_and_is_no_l2l_peer_yet() -> None:
    pair = Pair(REFERENCE, REFERENCE.replace("10.0.0.1", "10.0.0.77"))
    pair.ping(1)
    output = pair.boxes["a"].show("crypto isakmp sa", pair.now)
    assert "    Type    : user            Role    : initiator \n" in output
    assert "State   : MM_WAIT_MSG2 \n" in output


def test_without_sas_both_commands_say_so() -> None:
    pair = Pair()
    assert pair.boxes["a"].show("crypto isakmp sa", pair.now) == "\nThere are no isakmp sas\n"
    assert pair.boxes["a"].show("crypto ipsec sa", pair.now) == "\nThere are no ipsec sas\n"
    fresh = Pair(modern(REFERENCE)).boxes["a"]
    assert fresh.show("crypto isakmp sa", pair.now) == "\nThere are no IKEv1 SAs\n\nThere are no IKEv2 SAs\n"


def test_show_ip_lists_each_address_twice_in_columns() -> None:
    pair = Pair()
    lines = pair.boxes["a"].show("show ip", pair.now).splitlines()
    half = [
        "Interface                Name                   IP address      Subnet mask     Method ",
        "GigabitEthernet0/0       inside                 192.168.1.1     255.255.255.0   manual",
        "GigabitEthernet0/1       outside                10.0.0.1        255.255.255.0   manual",
    ]
    assert lines == ["System IP Addresses:", *half, "Current IP Addresses:", *half]


def test_no_show_output_ever_holds_the_key() -> None:
    pair = pair_after_pings()
    for command in ("running-config", "running-config tunnel-group", "crypto isakmp sa detail", "crypto ipsec sa"):
        output = pair.boxes["a"].show(command, pair.now)
        assert "correct-horse" not in output
    assert re.search(r"pre-shared-key \*{5}\n", pair.boxes["a"].show("running-config", pair.now))
