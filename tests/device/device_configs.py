"""The reference configuration (Cisco tech note 113574) in both spellings, its mirror, and how tests read them."""

from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read

REFERENCE = """\
hostname asa1
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address 192.168.1.1 255.255.255.0
interface GigabitEthernet0/1
 nameif outside
 security-level 0
 ip address 10.0.0.1 255.255.255.0
object network INSIDE-RANGE
 subnet 192.168.1.0 255.255.255.0
object network FOREIGN_NETWORK
 subnet 192.168.2.0 255.255.255.0
access-list VPN extended permit tcp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0
access-list VPN extended permit icmp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0
nat (inside,outside) source static INSIDE-RANGE INSIDE-RANGE destination static FOREIGN_NETWORK FOREIGN_NETWORK \
no-proxy-arp route-lookup
crypto ipsec transform-set TRANSFORM esp-aes esp-sha-hmac
crypto map MAP 10 match address VPN
crypto map MAP 10 set peer 10.0.0.2
crypto map MAP 10 set transform-set TRANSFORM
crypto map MAP 10 set reverse-route
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
 pre-shared-key correct-horse
"""
"""asa1, in the spelling of 8.2/8.3."""

_SWAPPED = {
    "asa1": "asa2",
    "192.168.1.": "192.168.2.",
    "192.168.2.": "192.168.1.",
    "10.0.0.1": "10.0.0.2",
    "10.0.0.2": "10.0.0.1",
}
_RENAMED = {
    "crypto isakmp enable": "crypto ikev1 enable",
    "crypto isakmp policy": "crypto ikev1 policy",
    "crypto ipsec transform-set": "crypto ipsec ikev1 transform-set",
    "set transform-set": "set ikev1 transform-set",
    " pre-shared-key": " ikev1 pre-shared-key",
}


def mirrored(text: str) -> str:
    """The other side's configuration."""
    for place, old in enumerate(_SWAPPED):
        text = text.replace(old, f"<{place}>")
    for place, new in enumerate(_SWAPPED.values()):
        text = text.replace(f"<{place}>", new)
    return text


def modern(text: str) -> str:
    """The same in the spelling of 8.4 and later."""
    for old, new in _RENAMED.items():
        text = text.replace(old, new)
    return text


def configured(text: str, file: str = "asa1.cfg") -> Configuration:
    """The text as the reader reads it."""
    return read(text, file)
