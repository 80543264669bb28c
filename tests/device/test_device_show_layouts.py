"""Whole outputs, byte for byte. Rows and columns are those of public outputs where the command table says attested."""

import pytest
from show_states import SPELLINGS, state

from mainmode.base.errors import Drop
from mainmode.base.instant import later, seconds
from mainmode.device.show.drops import named_drops

SESSION = """\

Session Type: LAN-to-LAN Detailed

Connection   : 10.0.0.2
Index        : 1                      IP Addr      : 10.0.0.2
Protocol     : IKEv1 IPsec
Encryption   : IKEv1: (1)3DES  IPsec: (1)AES128
Hashing      : IKEv1: (1)SHA1  IPsec: (1)SHA1
Bytes Tx     : 336                    Bytes Rx     : 336
Login Time   : 22:13:20 UTC Tue Nov 14 2023
Duration     : 0h:00m:05s

IKEv1 Tunnels: 1
IPsec Tunnels: 1

IKEv1:
  Tunnel ID    : 1.1
  UDP Src Port : 500                    UDP Dst Port : 500
  IKE Neg Mode : Main                   Auth Mode    : preSharedKeys
  Encryption   : 3DES                   Hashing      : SHA1
  Rekey Int (T): 86400 Seconds          Rekey Left(T): 86395 Seconds
  D/H Group    : 2
  Filter Name  :\x20

IPsec:
  Tunnel ID    : 1.2
  Local Addr   : 192.168.1.0/255.255.255.0/1/0
  Remote Addr  : 192.168.2.0/255.255.255.0/1/0
  Encryption   : AES128                 Hashing      : SHA1                  \x20
  Encapsulation: Tunnel                 PFS Group    : 5                     \x20
  Rekey Int (T): 28800 Seconds          Rekey Left(T): 28795 Seconds         \x20
  Rekey Int (D): 4608000 K-Bytes        Rekey Left(D): 4607999 K-Bytes       \x20
"""

SUMMARY = """\
---------------------------------------------------------------------------
VPN Session Summary
---------------------------------------------------------------------------
                               Active : Cumulative : Peak Concur : Inactive
                             ----------------------------------------------
Site-to-Site VPN             :      1 :          1 :           1
  IKEv1 IPsec                :      1 :          1 :           1
---------------------------------------------------------------------------
Total Active and Inactive    :      1             Total Cumulative :       1
---------------------------------------------------------------------------
---------------------------------------------------------------------------
Tunnels Summary
---------------------------------------------------------------------------
                               Active : Cumulative : Peak Concurrent
                             ----------------------------------------------
IKEv1                        :      1 :          1 :               1
IPsecOverNatT                :      1 :          1 :               1
---------------------------------------------------------------------------
Totals                       :      2 :          2
---------------------------------------------------------------------------
"""

CONTEXTS = """\

VPN CTX  = 0x00004000

Peer IP  = 10.0.0.2
Pointer  = 0x00004000
State    = UP
Flags    = DECR+ESP
SA   = 0x00004000
SPI  = 0xINBOUND
Group    = 1
Pkts     = 4
Bad Pkts = 0
Bad SPI  = 0
Spoof    = 0
Bad Crypto = 0
Rekey Pkt  = 0
Rekey Call = 0
VPN Filter = <none>
"""

BRIEF = """\
Interface                  IP-Address      OK? Method Status                Protocol
GigabitEthernet0/0         192.168.1.1     YES CONFIG up                    up\x20\x20
GigabitEthernet0/1         10.0.0.1        YES CONFIG up                    up\x20\x20
GigabitEthernet0/2         unassigned      YES unset  administratively down down
"""

DROPS = """\
Frame drop:
  IPSEC tunnel is down (ipsec-tun-down)                                        1

Last clearing: Never

Flow drop:

Last clearing: Never
"""

UNNAMED = {
    Drop.RUNT, Drop.LENGTH_MISMATCH, Drop.BAD_VERSION, Drop.BAD_EXCHANGE, Drop.MALFORMED_PAYLOAD,
    Drop.TOO_MANY_PAYLOADS, Drop.MISSING_PAYLOAD, Drop.DUPLICATE_PAYLOAD, Drop.UNEXPECTED_MESSAGE,
    Drop.UNKNOWN_COOKIE, Drop.UNENCRYPTED, Drop.NOT_DECRYPTABLE, Drop.BAD_HASH, Drop.BAD_KEY_EXCHANGE,
    Drop.REPLAYED_MESSAGE_ID, Drop.DUPLICATE, Drop.LIMIT_REACHED, Drop.NO_CRYPTO_MAP, Drop.WRONG_KEEPALIVE,
    Drop.NEEDS_FRAGMENTATION,
}  # fmt: skip
"""Reasons for which IKE drops a datagram that the data path has delivered already; and one that is answered by ICMP,
which the device counts as a PMTU sent."""


def test_a_session_in_detail() -> None:
    assert state("PFS", "9.x").show("vpn-sessiondb detail l2l").startswith(SESSION)


def test_a_session_without_detail_ends_where_its_tunnels_would_begin() -> None:
    one = state("PFS", "9.x")
    brief = one.show("vpn-sessiondb l2l")
    assert brief == SESSION.replace(" Detailed", "").partition("\nIKEv1 Tunnels")[0] + "\n"
    assert one.show("vpn-sessiondb l2l filter ipaddress 10.0.0.2") == brief
    assert one.show("vpn-sessiondb l2l filter name 10.0.0.2") == brief


@pytest.mark.parametrize("command", ["l2l", "detail l2l", "l2l filter name HQ", "l2l filter ipaddress 10.9.9.9"])
def test_without_such_a_session_the_output_says_so(command: str) -> None:
    name = "PFS" if "filter" in command else "no SA"
    expected = "INFO: There are presently no active sessions of the type specified\n\n"
    assert state(name, "9.x").show(f"vpn-sessiondb {command}") == expected


def test_8_2_puts_algorithms_without_numbers_and_says_ike() -> None:
    lines = state("up, initiator", "8.2").show("vpn-sessiondb detail l2l").splitlines()
    assert "Protocol     : IKE IPsec" in lines
    assert "Encryption   : 3DES AES128            Hashing      : SHA1" in lines
    assert "  IPv6 Filter  : " in lines


def test_the_summary_counts_tunnels_over_nat_for_themselves() -> None:
    assert state("behind NAT", "9.x").show("vpn-sessiondb") == SUMMARY
    assert state("behind NAT", "9.x").show("vpn-sessiondb summary") == SUMMARY


def test_vpn_contexts() -> None:
    one = state("up, initiator", "9.x")
    output = one.show("asp table vpn-context detail")
    assert output.replace(f"{one.standing[0].inbound_spi:08X}", "INBOUND").startswith(CONTEXTS)


def test_interfaces_in_brief() -> None:
    more = "interface GigabitEthernet0/2\n shutdown\n"
    assert state("up, initiator", "9.x", more).show("interface ip brief") == BRIEF


def test_drops_by_the_devices_names() -> None:
    assert state("up, initiator", "9.x").show("asp drop") == DROPS


def test_every_reason_of_the_data_path_has_a_name_of_the_device() -> None:
    assert named_drops() | UNNAMED == set(Drop)
    assert not named_drops() & UNNAMED


@pytest.mark.parametrize("release", SPELLINGS)
def test_routes_have_the_releases_letters(release: str) -> None:
    one = state("up, initiator", release, "route outside 0.0.0.0 0.0.0.0 10.0.0.254\n")
    output = one.show("route")
    head, _, routes = output.partition("Gateway of last resort is 10.0.0.254 to network 0.0.0.0\n\n")
    assert head.startswith("\nCodes: ")
    old = [
        "S*   0.0.0.0 0.0.0.0 [1/0] via 10.0.0.254, outside",
        "C    10.0.0.0 255.255.255.0 is directly connected, outside",
        "C    192.168.1.0 255.255.255.0 is directly connected, inside",
        "S    192.168.2.0 255.255.255.0 [1/0] via 10.0.0.2, outside",
    ]
    new = [
        "S*       0.0.0.0 0.0.0.0 [1/0] via 10.0.0.254, outside",
        "C        10.0.0.0 255.255.255.0 is directly connected, outside",
        "L        10.0.0.1 255.255.255.255 is directly connected, outside",
        "C        192.168.1.0 255.255.255.0 is directly connected, inside",
        "L        192.168.1.1 255.255.255.255 is directly connected, inside",
        "V        192.168.2.0 255.255.255.0 connected by VPN (advertised), outside",
    ]
    assert routes.splitlines() == [*(new if release == "9.x" else old), ""]
    assert ("V - VPN" in head) == (release == "9.x")


def test_what_ike_counted_has_its_labels_and_true_numbers() -> None:
    one = state("up, initiator", "9.x")
    sent = [packet for name, packet in one.pair.wire if name == "a" and packet.protocol == 17]
    came = [packet for name, packet in one.pair.wire if name == "b" and packet.protocol == 17]
    rows = dict(
        line.strip().split(":") for line in one.show("crypto ikev1 stats").splitlines() if line.startswith("  ")
    )
    counted = {label: int(value) for label, value in rows.items()}
    assert list(counted)[:4] == ["Active Tunnels", "Previous Tunnels", "In Octets", "In Packets"]
    assert (counted["Active Tunnels"], counted["Initiator Tunnels"]) == (1, 1)
    assert (counted["In Packets"], counted["Out Packets"]) == (len(came), len(sent))
    assert counted["Out Octets"] == sum(len(packet.payload) - 8 for packet in sent)
    assert one.show("crypto isakmp stats") == one.show("crypto ikev1 stats")
    assert state("no SA", "8.2").show("crypto isakmp stats").startswith("Global IKE Statistics\n  Active Tunnels:")


def test_protocol_statistics_name_ike() -> None:
    lines = state("up, initiator", "9.x").show("crypto protocol statistics ikev1").splitlines()
    assert lines[0] == "[IKEv1 statistics]"
    assert "   SA creation requests: 2" in lines
    assert "   SA rekey requests: 0" in lines


def test_the_clock_and_the_time_since_the_start() -> None:
    one = state("no SA", "9.x")
    moment = later(one.pair.now, seconds(90061.5))
    assert one.box.show("clock", moment) == "23:14:21.500 UTC Wed Nov 15 2023\n"
    detail = "23:14:21.500 UTC Wed Nov 15 2023\nTime source is hardware calendar\n"
    assert one.box.show("clock detail", moment) == detail
    assert one.box.show("mode", moment) == "Security context mode: single\n"
    assert one.box.show("firewall", moment) == "Firewall mode: Router\n"
    assert "\nasa1 up 1 day 1 hour\n" in one.box.show("version", moment)


def test_the_forms_of_the_ipsec_sas() -> None:
    one = state("two tunnels", "9.x")
    whole = one.show("crypto ipsec sa")
    by_map = one.show("crypto ipsec sa map MAP")
    by_entry = one.show("crypto ipsec sa entry")
    assert by_map == whole.replace("interface: outside", "cryptomap: MAP")
    assert by_entry == whole.replace("interface: outside", "peer address: 10.0.0.2")
    identity = one.show("crypto ipsec sa identity")
    assert identity.count("Crypto map tag") == 2
    assert "inbound esp sas" not in identity
    detail = one.show("crypto ipsec sa detail")
    assert detail.count("      #pkts replay failed (rcv): 0\n") == 2
    assert one.show("crypto ipsec sa map OTHER") == "\nThere are no ipsec sas\n"


def test_the_summary_counts_each_direction() -> None:
    assert state("behind NAT", "9.x").show("crypto ipsec sa summary").splitlines()[2:] == [
        "  IPSec            :     0         Peak Concurrent SA  :     2",
        "  IPSec over UDP   :     0         Peak Concurrent L2L :     2",
        "  IPSec over NAT-T :     2         Peak Concurrent RA  :     0",
        "  IPSec over TCP   :     0",
        "  IPSec VPN LB     :     0",
        "  Total            :     2",
    ]


def test_crypto_maps_in_words() -> None:
    output = state("PFS", "9.x").show("crypto map")
    assert output.startswith('Crypto Map "MAP" 10 ipsec-isakmp\n        Peer = 10.0.0.2\n')
    assert "        PFS (Y/N): Y, DH group: group5\n" in output
    assert "        Current peer: 10.0.0.2\n" in output
    assert state("no SA", "9.x").show("crypto map").count("Current peer") == 0
