"""Which packets the crypto maps protect."""

from ipaddress import IPv4Address

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.provenance import Statement
from mainmode.ipsec.spd import Bypass, EntryKey, Protect, Spd, SpdRule

TCP, UDP, ICMP = 6, 17, 1


def rule(
    line: int,
    local: Proxy,
    remote: Proxy,
    sequence: int = 10,
    permit: bool = True,
    interface: str = "outside",
) -> SpdRule:
    return SpdRule(
        permit,
        ProxyPair(local, remote),
        EntryKey(interface, "MAP", sequence),
        Statement("asa1.cfg", line, "access-list"),
    )


HQ, BRANCH = Proxy.of("192.168.1.0/24"), Proxy.of("192.168.2.0/24")


def lookup(
    spd: Spd,
    source: str = "192.168.1.10",
    destination: str = "192.168.2.10",
    protocol: int = TCP,
    ports: tuple[int, int] = (40000, 80),
    interface: str = "outside",
) -> Protect | Bypass:
    return spd.lookup(interface, IPv4Address(source), IPv4Address(destination), protocol, *ports)


def test_the_first_matching_permit_protects() -> None:
    wide, narrow = rule(1, HQ, BRANCH), rule(2, Proxy.of("192.168.1.10"), BRANCH)
    assert lookup(Spd([wide, narrow])) == Protect(wide)
    assert lookup(Spd([narrow, wide])) == Protect(narrow)
    assert lookup(Spd([narrow, wide]), source="192.168.1.11") == Protect(wide)


def test_entries_go_by_sequence_and_not_by_the_order_given() -> None:
    late, early = rule(1, HQ, BRANCH, sequence=20), rule(2, HQ, BRANCH, sequence=5)
    assert lookup(Spd([late, early])) == Protect(early)


def test_nothing_that_matches_means_in_clear() -> None:
    assert lookup(Spd([rule(1, HQ, BRANCH)]), destination="8.8.8.8") == Bypass(None)
    assert lookup(Spd([])) == Bypass(None)


def test_a_deny_skips_to_the_next_entry() -> None:
    deny = rule(1, Proxy.of("192.168.1.10"), BRANCH, permit=False)
    permit = rule(2, HQ, BRANCH)
    other = rule(3, HQ, Proxy.of("192.168.0.0/16"), sequence=20)
    spd = Spd([deny, permit, other])
    assert lookup(spd) == Protect(other)
    assert lookup(spd, source="192.168.1.11") == Protect(permit)


def test_a_deny_without_a_later_permit_is_named() -> None:
    deny = rule(1, Proxy.of("192.168.1.10"), BRANCH, permit=False)
    permit = rule(2, HQ, BRANCH)
    elsewhere = rule(3, HQ, Proxy.of("10.9.0.0/16"), sequence=20)
    assert lookup(Spd([deny, permit, elsewhere])) == Bypass(deny)


def test_maps_of_other_interfaces_do_not_count() -> None:
    here, there = rule(1, HQ, BRANCH), rule(2, HQ, BRANCH, sequence=1, interface="backup")
    spd = Spd([here, there])
    assert lookup(spd) == Protect(here)
    assert lookup(spd, interface="backup") == Protect(there)
    assert lookup(spd, interface="inside") == Bypass(None)


def test_protocols_are_compared_and_zero_is_any() -> None:
    tcp = rule(1, Proxy.of("192.168.1.0/24", TCP), Proxy.of("192.168.2.0/24", TCP))
    icmp = rule(2, Proxy.of("192.168.1.0/24", ICMP), Proxy.of("192.168.2.0/24", ICMP))
    spd = Spd([tcp, icmp])
    assert lookup(spd) == Protect(tcp)
    assert lookup(spd, protocol=ICMP, ports=(0, 0)) == Protect(icmp)
    assert lookup(spd, protocol=UDP) == Bypass(None)
    assert lookup(Spd([rule(1, HQ, BRANCH)]), protocol=UDP) == Protect(rule(1, HQ, BRANCH))


def test_a_port_belongs_to_its_own_side() -> None:
    web = rule(1, Proxy.of("192.168.1.0/24", TCP), Proxy.of("192.168.2.0/24", TCP, 80))
    spd = Spd([web])
    assert lookup(spd, ports=(40000, 80)) == Protect(web)
    assert lookup(spd, ports=(80, 40000)) == Bypass(None)
