"""Which packets the crypto maps protect."""

from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st

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


ADDRESSES = st.integers(0x0A000000, 0x0A00000F)
PROXIES = st.builds(
    lambda ends, protocol, port: Proxy(IPv4Address(min(ends)), IPv4Address(max(ends)), protocol, port),
    st.tuples(ADDRESSES, ADDRESSES),
    st.sampled_from([0, TCP, UDP]),
    st.sampled_from([0, 80]),
)
RULES = st.lists(st.tuples(PROXIES, PROXIES, st.sampled_from([10, 20, 30]), st.booleans()), max_size=12)


def one_by_one(rules: list[SpdRule], source: IPv4Address, destination: IPv4Address, protocol: int) -> Protect | Bypass:
    """What the rules mean, read without an index."""
    denied = None
    for sequence in sorted({rule.entry.sequence for rule in rules}):
        for rule in rules:
            fits = rule.proxies.local.holds(source, protocol, 80) and rule.proxies.remote.holds(
                destination, protocol, 80
            )
            if rule.entry.sequence == sequence and fits:
                if rule.permit:
                    return Protect(rule)
                denied = rule
                break
    return Bypass(denied)


@given(RULES, ADDRESSES, ADDRESSES, st.sampled_from([TCP, UDP, ICMP]))
def test_the_index_finds_what_reading_one_by_one_finds(
    parts: list[tuple[Proxy, Proxy, int, bool]], source: int, destination: int, protocol: int
) -> None:
    rules = [
        rule(line, local, remote, sequence, permit) for line, (local, remote, sequence, permit) in enumerate(parts)
    ]
    ends = IPv4Address(source), IPv4Address(destination)
    assert Spd(rules).lookup("outside", *ends, protocol, 80, 80) == one_by_one(rules, *ends, protocol)
