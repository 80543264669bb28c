"""A hub of hundreds of sites, each a firewall of a hundred lines: the folder that a whole network makes."""

from pathlib import Path

_SYSTEM = """\
: Saved
:
ASA Version 9.1(7)
!
hostname {name}
domain-name example.net
enable password {secret} encrypted
names
!
"""
_INTERFACE = """\
interface {hardware}
 nameif {nameif}
 security-level {level}
 ip address {address} {mask}
!
"""
_MIDDLE = """\
ftp mode passive
clock timezone CET 1
dns server-group DefaultDNS
 domain-name example.net
same-security-traffic permit inter-interface
object network INSIDE
 subnet {inside} {inside_mask}
object network DMZ-WEB
 host {web}
object-group network MANAGEMENT
 network-object host 192.0.2.10
 network-object host 192.0.2.11
object-group service WEB tcp
 port-object eq www
 port-object eq https
access-list OUTSIDE-IN remark what the world may reach
access-list OUTSIDE-IN extended permit tcp any object DMZ-WEB object-group WEB
access-list OUTSIDE-IN extended permit icmp any any echo-reply
access-list OUTSIDE-IN extended permit icmp any any time-exceeded
access-list OUTSIDE-IN extended deny ip any any log
access-list INSIDE-OUT extended permit ip object INSIDE any
access-list INSIDE-OUT extended permit icmp object INSIDE any
pager lines 24
logging enable
logging timestamp
logging buffered informational
logging host inside {logger}
mtu outside 1500
mtu inside 1500
mtu dmz 1500
icmp unreachable rate-limit 1 burst-size 1
arp timeout 14400
"""
_END = """\
object network DMZ-WEB
 nat (dmz,outside) static interface service tcp www 8080
nat (inside,outside) after-auto source dynamic any interface
access-group OUTSIDE-IN in interface outside
access-group INSIDE-OUT in interface inside
route outside 0.0.0.0 0.0.0.0 {gateway} 1
timeout xlate 3:00:00
timeout conn 1:00:00 half-closed 0:10:00 udp 0:02:00 icmp 0:00:02
aaa authentication ssh console LOCAL
snmp-server location {name}
ssh 192.0.2.0 255.255.255.0 inside
ssh timeout 5
crypto ipsec ikev1 transform-set AES256-SHA esp-aes-256 esp-sha-hmac
crypto ipsec ikev1 transform-set AES-SHA esp-aes esp-sha-hmac
crypto ipsec security-association lifetime seconds 28800
crypto map OUTSIDE interface outside
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes-256
 hash sha
 group 5
 lifetime 86400
crypto ikev1 policy 20
 authentication pre-share
 encryption aes
 hash sha
 group 2
 lifetime 86400
group-policy SITES internal
group-policy SITES attributes
 vpn-tunnel-protocol ikev1
{groups}!
class-map inspection_default
 match default-inspection-traffic
policy-map global_policy
 class inspection_default
  inspect dns
  inspect ftp
  inspect icmp
service-policy global_policy global
prompt hostname context
: end
"""
_HUB = "203.0.113.1"


def _entry(number: int, mine: str, theirs: str, other: str, peer: str) -> str:
    return (
        f"object network {other}\n subnet {theirs}\n"
        f"access-list TUNNEL-{number} extended permit ip {mine} object {other}\n"
        f"nat (inside,outside) source static INSIDE INSIDE destination static {other} {other} no-proxy-arp"
        " route-lookup\n"
        f"crypto map OUTSIDE {number} match address TUNNEL-{number}\n"
        f"crypto map OUTSIDE {number} set pfs group5\n"
        f"crypto map OUTSIDE {number} set peer {peer}\n"
        f"crypto map OUTSIDE {number} set ikev1 transform-set AES256-SHA AES-SHA\n"
    )


def _group(peer: str, key: str) -> str:
    return (
        f"tunnel-group {peer} type ipsec-l2l\n"
        f"tunnel-group {peer} general-attributes\n default-group-policy SITES\n"
        f"tunnel-group {peer} ipsec-attributes\n ikev1 pre-shared-key {key}\n"
    )


def _device(name: str, outside: str, inside: tuple[str, str], entries: str, groups: str) -> str:
    network = inside[0].rpartition(".")[0]
    rows = (
        ("GigabitEthernet0/0", "outside", 0, outside, "255.255.255.0"),
        ("GigabitEthernet0/1", "inside", 100, f"{network}.1", inside[1]),
        ("GigabitEthernet0/2", "dmz", 50, "192.168.77.1", "255.255.255.0"),
    )
    interfaces = "".join(
        _INTERFACE.format(hardware=hardware, nameif=nameif, level=level, address=address, mask=mask)
        for hardware, nameif, level, address, mask in rows
    )
    middle = _MIDDLE.format(inside=inside[0], inside_mask=inside[1], web="192.168.77.80", logger=f"{network}.9")
    end = _END.format(name=name, gateway=f"{outside.rpartition('.')[0]}.254", groups=groups)
    return _SYSTEM.format(name=name, secret="8Ry2YjIyt7RRXU24") + interfaces + middle + entries + end


def _place(number: int) -> tuple[str, str]:
    """The outside address and the inside network of a site."""
    return f"198.51.{100 + number // 250}.{number % 250 + 1}", f"10.{1 + number // 250}.{number % 250}.0"


def site(number: int) -> str:
    """The configuration of one site."""
    outside, network = _place(number)
    mask = "255.255.255.0"
    entry = _entry(1, "object INSIDE", "10.0.0.0 255.255.0.0", "HUB", _HUB)
    return _device(f"site{number:03}", outside, (network, mask), entry, _group(_HUB, f"key-{number}-of-many"))


def hub(count: int) -> str:
    """The configuration of the hub of so many sites, with a tunnel to each."""
    entries, groups = [], []
    for number in range(count):
        outside, network = _place(number)
        name = f"SITE-{number:03}"
        entries.append(_entry(number + 1, "object INSIDE", f"{network} 255.255.255.0", name, outside))
        groups.append(_group(outside, f"key-{number}-of-many"))
    return _device("hub", _HUB, ("10.0.0.0", "255.255.0.0"), "".join(entries), "".join(groups))


def write_folder(place: Path, count: int, faulty: int = 0) -> None:
    """The hub and its sites as files; so many sites, spread over all of them, have another PFS group."""
    (place / "hub.cfg").write_text(hub(count))
    wrong = {step * count // faulty for step in range(faulty)}
    for number in range(count):
        text = site(number)
        if number in wrong:
            text = text.replace("set pfs group5", "set pfs group2")
        (place / f"site{number:03}.cfg").write_text(text)
