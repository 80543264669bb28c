"""Two offices as text, healthy and modern; each test says what it changes."""

from dataclasses import dataclass, replace

from mainmode.check.subject import Subject, subject
from mainmode.device.config.reader import read
from mainmode.ladder.transcript import Side

A, B = Side.A, Side.B

_TEXT = """: Saved
ASA Version 9.6(1)
hostname {name}
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address {outside} 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.{site}.0.1 255.255.0.0
object network LAN
 subnet 10.{site}.0.0 255.255.0.0
object network FAR
 subnet 10.{other}.0.0 255.255.0.0
access-list VPN extended permit ip object LAN object FAR
nat (inside,outside) source static LAN LAN destination static FAR FAR no-proxy-arp route-lookup
object network LAN
 nat (inside,outside) dynamic interface
route outside 0.0.0.0 0.0.0.0 {gateway} 1
crypto ipsec ikev1 transform-set STRONG esp-aes-256 esp-sha-hmac
crypto map VPN 10 match address VPN
crypto map VPN 10 set peer {peer}
crypto map VPN 10 set ikev1 transform-set STRONG
crypto map VPN interface outside
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes-256
 hash sha
 group 14
 lifetime 86400
tunnel-group {peer} type ipsec-l2l
tunnel-group {peer} ipsec-attributes
 ikev1 pre-shared-key between-the-two
"""


@dataclass(frozen=True)
class Offices:
    """Both texts, in an order that later lines win."""

    a: str = _TEXT.format(
        name="hub", outside="198.51.100.1", site=1, other=2, gateway="198.51.100.254", peer="203.0.113.1"
    )
    b: str = _TEXT.format(
        name="plant", outside="203.0.113.1", site=2, other=1, gateway="203.0.113.254", peer="198.51.100.1"
    )

    def more(self, *, a: str = "", b: str = "") -> "Offices":
        """With lines typed at the end."""
        return replace(self, a=self.a + _lines(a), b=self.b + _lines(b))

    def swapped(self, old: str, new: str, *sides: Side) -> "Offices":
        """With one text for another, on these sides or on both; it must be there."""
        texts = {A: self.a, B: self.b}
        for side in sides or Side:
            assert old in texts[side], old
            texts[side] = texts[side].replace(old, new)
        return Offices(texts[A], texts[B])

    def subject(self) -> Subject:
        texts = {A: self.a, B: self.b}
        return subject({side: read(text, f"{side.value}.cfg") for side, text in texts.items()}, texts)


def _lines(text: str) -> str:
    return "".join(f"{line}\n" for line in text.strip("\n").splitlines())
