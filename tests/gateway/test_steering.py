"""The rules that lead the traffic of tunnels into the device: which ones, and that nothing of them stays."""

import errno
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

import pytest

from mainmode.base.address import Proxy, ProxyPair
from mainmode.gateway.ingress import NOWHERE
from mainmode.gateway.marks import MARK
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.netlink.objects import HostRoute, Link, Rule
from mainmode.gateway.user_space.steering import TABLE, Steering

DEVICE = "mainmode0"
LAN, BRANCH = Proxy.of("192.168.1.0/24"), Proxy.of("192.168.2.0/24")


@dataclass
class Host:
    """Stands in for the kernel: its rules, and what was asked of it. `refuses` is the errno of every removal."""

    standing: list[Rule] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refuses: int = 0

    def rules(self) -> list[Rule]:
        return list(self.standing)

    def links(self) -> list[Link]:
        return [Link(1, "lo", 65536, True, True, True), Link(7, DEVICE, 1500, False, False, False)]

    def set_mtu(self, index: int, mtu: int) -> None:
        self.asked.append(f"mtu {index} {mtu}")

    def set_up(self, index: int) -> None:
        self.asked.append(f"up {index}")

    def add_route(self, route: HostRoute, replace: bool = False) -> None:
        self.asked.append(f"route {route} dev {route.link}")

    def remove_route(self, route: HostRoute) -> None:
        if self.refuses:
            raise NetlinkError("remove", self.refuses)
        self.asked.append(f"no route {route} dev {route.link}")

    def add_rule(self, rule: Rule) -> None:
        if rule in self.standing:
            raise NetlinkError("add", errno.EEXIST)
        self.standing.append(rule)

    def remove_rule(self, rule: Rule) -> None:
        if self.refuses:
            raise NetlinkError("remove", self.refuses)
        if rule not in self.standing:
            raise NetlinkError("remove", errno.ENOENT)
        self.standing.remove(rule)

    def led(self) -> set[tuple[str, str]]:
        """The ends of the rules into the device."""
        return {(str(one.source), str(one.destination)) for one in self.standing if one.table == TABLE}


def steering(host: Host) -> Steering:
    made = Steering(host, DEVICE)  # type: ignore[arg-type]
    made.open(1500)
    return made


def test_the_device_is_brought_up_with_a_table_of_its_own() -> None:
    host = Host()
    steering(host)
    refused, led = (f"route 0.0.0.0/0 in table {TABLE} dev {link}" for link in (None, 7))
    assert host.asked[:4] == ["mtu 7 1500", "up 7", refused, led]
    first, second = sorted(host.standing, key=lambda rule: rule.priority)
    assert (first.mark, first.table) == (MARK, 254)
    assert (second.ingress, second.table) == (DEVICE, 254)


def test_both_directions_of_a_tunnel_are_led_and_the_first_rules_come_before_them() -> None:
    host = Host()
    steering(host).lead([ProxyPair(LAN, BRANCH)])
    assert host.led() == {("192.168.1.0/24", "192.168.2.0/24"), ("192.168.2.0/24", "192.168.1.0/24")}
    assert max(one.priority for one in host.standing if one.table != TABLE) < min(
        one.priority for one in host.standing if one.table == TABLE
    )


def test_only_what_changed_is_touched() -> None:
    host = Host()
    made = steering(host)
    other = ProxyPair(LAN, Proxy.of("192.168.3.0/24"))
    made.lead([ProxyPair(LAN, BRANCH), other])
    stays = [rule for rule in host.standing if rule.destination != IPv4Network("192.168.3.0/24")]
    made.lead([ProxyPair(LAN, BRANCH)])
    assert [rule for rule in host.standing if rule in stays] == [
        rule for rule in stays if rule.source != IPv4Network("192.168.3.0/24")
    ]
    assert len(host.led()) == 2


def test_ports_protocols_and_ranges_become_conditions() -> None:
    host = Host()
    web = ProxyPair(
        Proxy(IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2"), 6, 0), Proxy.of("0.0.0.0/0", protocol=6, port=443)
    )
    steering(host).lead([web])
    assert host.led() == {
        ("10.0.0.1/32", "None"), ("10.0.0.2/32", "None"), ("None", "10.0.0.1/32"), ("None", "10.0.0.2/32")
    }  # fmt: skip
    out = next(one for one in host.standing if one.source == IPv4Network("10.0.0.1/32"))
    assert (out.protocol, out.source_ports, out.destination_ports) == (6, None, (443, 443))


def test_what_a_crash_left_behind_leads_on_until_it_is_known_what_is_wanted() -> None:
    host = Host()
    steering(host).lead([ProxyPair(LAN, BRANCH)], lambda _: ["eth0"])
    foreign = Rule(host.standing[0].priority, 254, who=3)
    host.standing.append(foreign)
    old = Rule(0x4D4E, 254, ingress="gone0")
    host.standing.append(old)
    made = steering(host)
    assert old not in host.standing
    assert host.led() == {("192.168.1.0/24", "192.168.2.0/24"), ("192.168.2.0/24", "192.168.1.0/24")}
    made.lead([])
    assert len(host.standing) == 3
    assert foreign in host.standing


def test_no_rule_is_away_for_a_moment_while_the_device_is_made_again() -> None:
    host = Host()
    made = steering(host)
    made.lead([ProxyPair(LAN, BRANCH)])
    host.refuses = errno.EPERM
    made.open(1500)
    assert host.led() == {("192.168.1.0/24", "192.168.2.0/24"), ("192.168.2.0/24", "192.168.1.0/24")}


def test_packets_that_come_by_a_wrong_link_vanish_before_any_rule_leads_them() -> None:
    host = Host()
    made = steering(host)
    made.lead([ProxyPair(LAN, BRANCH)], lambda network: ["eth0"] if network == IPv4Network("192.168.1.0/24") else [])
    (wrong,) = (one for one in host.standing if one.table == NOWHERE)
    assert (str(wrong.source), str(wrong.destination), wrong.ingress) == ("192.168.1.0/24", "192.168.2.0/24", "eth0")
    assert wrong.priority < min(one.priority for one in host.standing if one.table == TABLE)
    assert f"route 0.0.0.0/0 in table {NOWHERE} dev None" in host.asked
    made.lead([ProxyPair(LAN, BRANCH)])
    assert not [one for one in host.standing if one.table == NOWHERE]


def test_closing_leaves_nothing_even_where_the_host_refuses() -> None:
    host = Host()
    made = steering(host)
    made.lead([ProxyPair(LAN, BRANCH)])
    host.standing.pop()
    made.close()
    assert host.standing == []
    refusing = Host()
    made = steering(refusing)
    refusing.refuses = errno.EPERM
    made.close()


def test_a_refused_rule_is_an_error_that_says_so() -> None:
    host = Host()
    made = steering(host)
    made.lead([ProxyPair(LAN, BRANCH)])
    host.refuses = errno.EPERM
    with pytest.raises(NetlinkError, match="EPERM"):
        made.lead([])
