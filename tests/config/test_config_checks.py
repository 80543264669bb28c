"""What is accepted and cannot work: a warning at its line."""

import pytest
from calls import calls_of

from mainmode.device.config import Severity, read

BASE = """interface GigabitEthernet0/0
 nameif outside
 ip address 10.0.0.1 255.255.255.0
access-list A extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0
access-list B extended permit ip 10.1.5.0 255.255.255.0 host 10.2.5.5
access-list C extended permit ip 10.1.0.0 255.255.0.0 10.3.0.0 255.255.0.0
access-list D extended deny ip 10.1.5.0 255.255.255.0 10.2.0.0 255.255.0.0
access-list D extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0
crypto ipsec ikev1 transform-set T esp-aes esp-sha-hmac
tunnel-group 10.0.0.2 type ipsec-l2l
tunnel-group 10.0.0.3 type ipsec-l2l
crypto map M interface outside
"""


NEVER = "is never reached: entry {} overlaps all of its traffic"
DYNAMIC = "ipsec-isakmp dynamic D\ncrypto dynamic-map D 1 set"


def _entry(sequence: int, acl: str, peer: str = "10.0.0.2") -> str:
    head = f"crypto map M {sequence}"
    return f"{head} match address {acl}\n{head} set peer {peer}\n{head} set ikev1 transform-set T\n"


def _warnings(text: str) -> list[tuple[str, str]]:
    problems = read(BASE + text, "t.cfg").problems
    assert all(problem.severity is Severity.WARNING for problem in problems)
    return [(problem.text.strip(), problem.wording.removeprefix("WARNING: ")) for problem in problems]


def test_a_sound_configuration_has_no_warning() -> None:
    assert _warnings(_entry(10, "A") + _entry(20, "C", "10.0.0.3")) == []


@pytest.mark.parametrize("acl", ["A", "B"])
def test_an_entry_whose_traffic_an_earlier_one_takes_is_never_reached(acl: str) -> None:
    assert _warnings(_entry(20, acl, "10.0.0.3") + _entry(10, "A")) == [
        (
            f"crypto map M 20 match address {acl}",
            "crypto map M 20 is never reached: entry 10 overlaps all of its traffic",
        )
    ]


def test_an_entry_that_is_wider_than_the_earlier_one_is_reached() -> None:
    assert _warnings(_entry(10, "B") + _entry(20, "A", "10.0.0.3")) == []


def test_what_an_earlier_entry_may_have_denied_is_left_to_the_later_one() -> None:
    assert _warnings(_entry(10, "D") + _entry(20, "A", "10.0.0.3")) == []


def test_a_part_that_overlaps_is_told_where_the_peer_is_the_same() -> None:
    more = "access-list C extended permit ip 10.1.5.0 255.255.255.0 10.2.9.0 255.255.255.0\n"
    found = _warnings(more + _entry(10, "A") + _entry(20, "C"))
    assert [wording for _, wording in found] == [
        "crypto map M 20 overlaps entry 10, which has the same peer and comes first"
    ]
    assert _warnings(more + _entry(10, "A") + _entry(20, "C", "10.0.0.3")) == []


def test_ports_and_protocols_tell_entries_apart() -> None:
    lists = (
        "access-list E extended permit tcp host 10.1.1.1 host 10.2.2.2 eq www\n"
        "access-list F extended permit tcp host 10.1.1.1 host 10.2.2.2 eq https\n"
        "access-list G extended permit tcp host 10.1.1.1 host 10.2.2.2\n"
    )
    assert _warnings(lists + _entry(10, "E") + _entry(20, "F", "10.0.0.3") + _entry(30, "G", "10.0.0.3")) == []
    assert len(_warnings(lists + _entry(10, "G") + _entry(20, "F", "10.0.0.3"))) == 1


def test_many_entries_are_compared_in_proportion() -> None:
    def text(count: int) -> str:
        rows = [
            f"access-list L{n} extended permit ip host 10.{n >> 8}.{n & 255}.1 10.9.0.0 255.255.0.0\n"
            + _entry(n + 100, f"L{n}")
            for n in range(count)
        ]
        return "".join(rows) + _entry(65000, "L70", "10.0.0.3")

    _, few = calls_of(lambda: _warnings(text(200)))
    found, many = calls_of(lambda: _warnings(text(400)))
    assert [wording for _, wording in found] == [
        "crypto map M 65000 is never reached: entry 170 overlaps all of its traffic"
    ]
    assert many < 2.2 * few


@pytest.mark.parametrize(
    ("lines", "at", "wording"),
    [
        (f"crypto map X 10 {DYNAMIC} ikev1 transform-set T", 0,
         "crypto map X is bound to no interface"),
        (f"crypto map M 5 {DYNAMIC} ikev1 transform-set T\n" + _entry(10, "A"), 2,
         "crypto map M 10 stands behind the dynamic entry 5"),
        (f"crypto map M 9 {DYNAMIC} pfs", 1, "The crypto map entry is incomplete!"),
        ("crypto map M 9 ipsec-isakmp dynamic D", 0, "crypto dynamic-map D does not exist"),
        (_entry(10, "A") + "crypto map M 10 set ikev1 phase1-mode aggressive", 3,
         "aggressive mode is not spoken; main mode is"),
        (_entry(10, "A") + "crypto map M 10 set inheritance data", 3,
         "SAs for each host are not built; one pair for each rule is"),
        ("access-group Z in interface outside", 0, "access-list Z does not exist"),
        ("access-group A in interface inside", 0, "interface inside does not exist"),
        ("route inside 0 0 10.0.0.9", 0, "interface inside does not exist"),
        ("group-policy G internal\ngroup-policy G attributes\n vpn-filter value Z", 2, "access-list Z does not exist"),
        ("tunnel-group 10.0.0.2 general-attributes\n default-group-policy G", 1, "group-policy G does not exist"),
        ("group-policy G internal\ngroup-policy G attributes\n vpn-tunnel-protocol webvpn\n"
         "tunnel-group 10.0.0.2 general-attributes\n default-group-policy G", 2,
         "group-policy G does not let tunnel-group 10.0.0.2 speak IKEv1"),
        ("access-list Q extended permit ip object N any", 0, "object N does not exist"),
        ("access-list Q extended permit tcp any any object-group N", 0, "object-group N does not exist"),
        ("access-list Q extended permit object N any any", 0, "object N does not exist"),
        ("access-list Q extended permit ip any any time-range N", 0, "time-range N does not exist"),
        ("nat (outside,any) source static N N", 0, "object N does not exist"),
        ("nat (outside,any) source static any any service S S", 0, "object S does not exist"),
        ("nat (dmz,any) source static any any", 0, "interface dmz does not exist"),
        ("access-list S standard permit host 10.1.1.1\n" + _entry(10, "S"), 0,
         "crypto access-list S: entry not used, a standard list has no destination"),
    ],
)  # fmt: skip
def test_what_leads_nowhere_is_told_at_its_line(lines: str, at: int, wording: str) -> None:
    assert _warnings(lines) == [(lines.splitlines()[at].strip(), wording)]


@pytest.mark.parametrize(
    ("lines", "at", "wording"),
    [
        ("crypto ikev2 policy 1\n encryption aes\ncrypto ikev2 enable outside", 0, "IKEv2 is not built"),
        ("no crypto ikev2 enable outside\ncrypto ikev2 enable outside", 1, "IKEv2 is not built"),
        ("tunnel-group 10.0.0.2 ipsec-attributes\n ikev1 trust-point CA", 1, "certificates are not built"),
        (
            "interface Tunnel1\n tunnel mode ipsec ipv4\n tunnel source interface outside",
            1,
            "tunnel interfaces are not",
        ),
        ("access-list Z advanced permit ip any any rule-id 7", 0, "rules of an access policy"),
        ("access-list Z extended permit ip user-group X any any", 0, "rules for users"),
        ("interface G0/7\n ip address dhcp setroute", 1, "an address is not asked for"),
    ],
)
def test_what_is_not_built_is_told_once_at_the_first_line_that_asks_for_it(lines: str, at: int, wording: str) -> None:
    ((text, found),) = _warnings(lines)
    assert text == lines.splitlines()[at].strip()
    assert found.startswith(wording)


def test_what_is_irrelevant_is_skipped_without_a_word() -> None:
    assert (
        _warnings("snmp-server community x\nwebvpn\n enable outside\n  deeper\naccess-list W webtype permit url any\n")
        == []
    )
