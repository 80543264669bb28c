"""Repairs of phase 2 and of the packet path: each mends its fault, on each side where that is possible.

A fault is typed behind a pair that is up; each edit of the repair is typed behind that, and the matrix is made again.
"""

from dataclasses import dataclass

import pytest

from mainmode.check.fix import Edit
from mainmode.check.matrix import Matrix
from mainmode.check.repairs import REPAIRS
from mainmode.check.repairs.declaration import Case
from mainmode.check.subject import Subject, edited, subject
from mainmode.check.trying import matrix_of
from mainmode.device.config.reader import read
from mainmode.explain.finding import Safety
from mainmode.ladder.transcript import Side

_A = """hostname left
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.2 255.255.255.248
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.255.0
object network LAN
 subnet 10.1.0.0 255.255.255.0
object network FAR
 subnet 10.2.0.0 255.255.255.0
object-group network OURS
 network-object object LAN
 network-object 10.1.8.0 255.255.255.0
access-list VPN extended permit ip object-group OURS object FAR
nat (inside,outside) source static OURS OURS destination static FAR FAR no-proxy-arp route-lookup
nat (inside,outside) after-auto source dynamic any interface
route outside 0.0.0.0 0.0.0.0 203.0.113.1 1
route inside 10.1.8.0 255.255.255.0 10.1.0.254 1
crypto ipsec ikev1 transform-set STRONG esp-aes-256 esp-sha-hmac
crypto ipsec ikev1 transform-set WEAK esp-3des esp-md5-hmac
crypto map VPN 10 match address VPN
crypto map VPN 10 set pfs group14
crypto map VPN 10 set peer 198.51.100.2
crypto map VPN 10 set ikev1 transform-set STRONG
crypto map VPN interface outside
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes-256
 hash sha
 group 14
group-policy SITES internal
group-policy SITES attributes
 vpn-tunnel-protocol ikev1
tunnel-group 198.51.100.2 type ipsec-l2l
tunnel-group 198.51.100.2 general-attributes
 default-group-policy SITES
tunnel-group 198.51.100.2 ipsec-attributes
 ikev1 pre-shared-key a-long-word
"""
_B = """hostname right
name 10.1.8.0 left-servers
interface Vlan2
 nameif outside
 security-level 0
 ip address 198.51.100.2 255.255.255.248
interface Vlan1
 nameif inside
 security-level 100
 ip address 10.2.0.1 255.255.255.0
interface Vlan3
 nameif guests
 security-level 10
 ip address 10.3.0.1 255.255.255.0
access-list outside_1 extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0
access-list outside_1 extended permit ip 10.2.0.0 255.255.255.0 left-servers 255.255.255.0
route outside 0.0.0.0 0.0.0.0 198.51.100.1 1
crypto ipsec transform-set AES256 esp-aes-256 esp-sha-hmac
crypto map outside_map 1 match address outside_1
crypto map outside_map 1 set pfs group14
crypto map outside_map 1 set peer 203.0.113.2
crypto map outside_map 1 set transform-set AES256
crypto map outside_map interface outside
crypto isakmp enable outside
crypto isakmp policy 5
 authentication pre-share
 encryption aes-256
 hash sha
 group 14
tunnel-group 203.0.113.2 type ipsec-l2l
tunnel-group 203.0.113.2 ipsec-attributes
 pre-shared-key a-long-word
"""


@dataclass(frozen=True)
class Broken:
    """Lines typed on one side, what mends them, and for each side that can the first lines of an edit that does."""

    side: Side
    lines: str
    code: str
    mends: dict[Side, str]


def _broken(side: Side, lines: str, code: str, **mends: str) -> Broken:
    return Broken(side, lines, code, {Side(side): text for side, text in mends.items()})


A, B = Side.A, Side.B
FAULTS = (
    _broken(
        B,
        "crypto ipsec transform-set AES256 esp-aes-192 esp-sha-hmac",
        "TRANSFORM_SET_CHANGED",
        a="crypto ipsec ikev1 transform-set STRONG esp-aes-192 esp-sha-hmac",
        b="crypto ipsec transform-set AES256 esp-aes-256 esp-sha-hmac",
    ),
    _broken(
        B,
        "crypto ipsec transform-set AES256 esp-3des esp-md5-hmac",
        "TRANSFORM_SET_ADDED",
        a="crypto map VPN 10 set ikev1 transform-set STRONG WEAK",
        b="crypto ipsec transform-set STRONG esp-aes-256 esp-sha-hmac\n"
        "crypto map outside_map 1 set transform-set AES256 STRONG",
    ),
    _broken(
        A,
        "crypto ipsec ikev1 transform-set STRONG mode transport",
        "TUNNEL_MODE",
        a="no crypto ipsec ikev1 transform-set STRONG mode transport",
    ),
    _broken(
        A,
        "crypto map VPN 10 set ikev1 transform-set STRNG",
        "TRANSFORM_SET_NAMED",
        a="crypto map VPN 10 set ikev1 transform-set STRONG",
    ),
    _broken(
        B,
        "no crypto map outside_map 1 set transform-set AES256",
        "TRANSFORM_SET_NAMED",
        b="crypto map outside_map 1 set transform-set AES256",
    ),
    _broken(
        A,
        "no crypto map VPN 10 set pfs",
        "SAME_PFS",
        a="crypto map VPN 10 set pfs group14",
        b="no crypto map outside_map 1 set pfs",
    ),
    _broken(
        A,
        "crypto map VPN 10 set pfs group5",
        "SAME_PFS",
        a="crypto map VPN 10 set pfs group14",
        b="crypto map outside_map 1 set pfs group5",
    ),
    _broken(
        B,
        "no access-list outside_1 extended permit ip 10.2.0.0 255.255.255.0 left-servers 255.255.255.0",
        "MIRROR_ADDED",
        b="access-list outside_1 extended permit ip 10.2.0.0 255.255.255.0 10.1.8.0 255.255.255.0",
    ),
    _broken(
        A,
        "object-group network OURS\n no network-object 10.1.8.0 255.255.255.0",
        "NETWORK_OF_OBJECT",
        a="object-group network OURS\n network-object 10.1.8.0 255.255.255.0",
    ),
    _broken(
        A,
        "object network FAR\n subnet 10.2.0.0 255.255.254.0",
        "NETWORK_OF_OBJECT",
        a="object network FAR\n subnet 10.2.0.0 255.255.255.0",
    ),
    _broken(
        B,
        "no access-list outside_1 extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0\n"
        "access-list outside_1 line 1 extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.128",
        "MIRROR_REPLACED",
        b="access-list outside_1 line 1 extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0\n"
        "no access-list outside_1 extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.128",
    ),
    _broken(
        A,
        "object network GUESTS\n subnet 10.3.0.0 255.255.255.0\n"
        "nat (inside,outside) source static LAN LAN destination static GUESTS GUESTS\n"
        "access-list VPN extended permit tcp object LAN eq smtp object GUESTS",
        "MIRROR_ADDED",
        b="access-list outside_1 extended permit tcp 10.3.0.0 255.255.255.0 10.1.0.0 255.255.255.0 eq smtp",
    ),
    _broken(
        B,
        "no access-list outside_1 extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0\n"
        "access-list outside_1 extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.254.0",
        "MIRROR_REPLACED",
        a="access-list VPN line 1 extended permit ip 10.1.0.0 255.255.254.0 object FAR\n"
        "access-list VPN line 2 extended permit ip 10.1.8.0 255.255.255.0 object FAR\n"
        "no access-list VPN extended permit ip object-group OURS object FAR",
    ),
    _broken(
        B,
        "access-list STRAY extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.128\n"
        "crypto map outside_map 1 match address STRAY",
        "MIRROR_MADE",
        b="access-list STRAY extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0\n"
        "access-list STRAY extended permit ip 10.2.0.0 255.255.255.0 10.1.8.0 255.255.255.0\n"
        "no access-list STRAY extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.128",
    ),
    _broken(
        B,
        "access-list STRAY extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.128\n"
        "crypto map outside_map 1 match address STRAY",
        "LIST_NAMED",
        b="crypto map outside_map 1 match address outside_1",
    ),
    _broken(
        B,
        "access-list outside_1 line 1 extended deny ip any 10.1.0.0 255.255.255.0",
        "LINE_IN_FORCE",
        b="no access-list outside_1 extended deny ip any 10.1.0.0 255.255.255.0",
    ),
    _broken(
        A,
        "no access-list VPN extended permit ip object-group OURS object FAR\n"
        "access-list VPN extended permit ip object-group OURS object FAR inactive",
        "LINE_IN_FORCE",
        a="no access-list VPN extended permit ip object-group OURS object FAR inactive\n"
        "access-list VPN line 1 extended permit ip object-group OURS object FAR",
    ),
    _broken(A, "no crypto map VPN interface outside", "MAP_BOUND", a="crypto map VPN interface outside"),
    _broken(
        B,
        "no crypto map outside_map 1 set peer 203.0.113.2",
        "PEER_GIVEN",
        b="crypto map outside_map 1 set peer 203.0.113.2",
    ),
    _broken(A, "crypto map VPN 10 match address VNP", "LIST_NAMED", a="crypto map VPN 10 match address VPN"),
    _broken(
        B,
        "no access-list outside_1",
        "LIST_NAMED",
        b="access-list outside_1 extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0\n"
        "access-list outside_1 extended permit ip 10.2.0.0 255.255.255.0 10.1.8.0 255.255.255.0",
    ),
    _broken(
        B,
        "no crypto map outside_map 1",
        "ENTRY_MADE",
        b="access-list VPN-left extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0",
    ),
    _broken(
        A,
        "access-list ELSEWHERE extended permit ip object LAN 10.0.0.0 255.0.0.0\n"
        "crypto map VPN 5 match address ELSEWHERE\n"
        "crypto map VPN 5 set peer 192.0.2.9\n"
        "crypto map VPN 5 set ikev1 transform-set STRONG",
        "KEPT_OUT",
        a="access-list ELSEWHERE line 1 extended deny ip 10.1.0.0 255.255.255.0 10.2.0.0 255.255.255.0",
    ),
    _broken(
        A,
        "access-list ELSEWHERE extended permit ip object LAN 10.0.0.0 255.0.0.0\n"
        "crypto map VPN 5 match address ELSEWHERE\n"
        "crypto map VPN 5 set peer 192.0.2.9\n"
        "crypto map VPN 5 set ikev1 transform-set STRONG",
        "ENTRY_FIRST",
        a="no crypto map VPN 10\ncrypto map VPN 4 match address VPN",
    ),
    _broken(
        A,
        "crypto dynamic-map REMOTES 10 set ikev1 transform-set WEAK\ncrypto map VPN 5 ipsec-isakmp dynamic REMOTES",
        "DYNAMIC_LAST",
        a="no crypto map VPN 5 ipsec-isakmp dynamic REMOTES\ncrypto map VPN 65535 ipsec-isakmp dynamic REMOTES",
    ),
    _broken(
        A,
        "no nat (inside,outside) source static OURS OURS destination static FAR FAR no-proxy-arp route-lookup",
        "EXEMPTION_MADE",
        a="nat (inside,outside) source static OURS OURS destination static FAR FAR no-proxy-arp route-lookup",
    ),
    _broken(
        B,
        "object network everything\n subnet 0.0.0.0 0.0.0.0\n nat (inside,outside) dynamic interface",
        "EXEMPTION_MADE",
        b="object network NET-10.2.0.0-10.2.0.255\n subnet 10.2.0.0 255.255.255.0",
    ),
    _broken(
        A,
        "nat (inside,outside) 1 source dynamic OURS interface",
        "EXEMPTION_MOVED",
        a="no nat (inside,outside) source static OURS OURS destination static FAR FAR no-proxy-arp route-lookup\n"
        "nat (inside,outside) 1 source static OURS OURS destination static FAR FAR no-proxy-arp route-lookup",
    ),
    _broken(
        A,
        "no nat (inside,outside) source static OURS OURS destination static FAR FAR no-proxy-arp route-lookup\n"
        "object-group network EXEMPT\n network-object object LAN\n"
        "nat (inside,outside) source static EXEMPT EXEMPT destination static FAR FAR",
        "EXEMPTION_WIDENED",
        a="object-group network EXEMPT\n network-object 10.1.8.0 255.255.255.0",
    ),
    _broken(
        A,
        "interface GigabitEthernet0/2\n nameif dmz\n security-level 50\n ip address 10.1.50.1 255.255.255.0\n"
        "nat (dmz,outside) 1 source static OURS OURS destination static FAR FAR",
        "EXEMPTION_ROUTED",
        a="no nat (dmz,outside) source static OURS OURS destination static FAR FAR\n"
        "nat (dmz,outside) 1 source static OURS OURS destination static FAR FAR route-lookup",
    ),
    _broken(
        B,
        "nat (inside) 1 10.2.0.0 255.255.255.0\nglobal (outside) 1 interface",
        "EXEMPTION_BEFORE_8_3",
        b="access-list inside_nat0_outbound extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0\n"
        "access-list inside_nat0_outbound extended permit ip 10.2.0.0 255.255.255.0 10.1.8.0 255.255.255.0\n"
        "nat (inside) 0 access-list inside_nat0_outbound",
    ),
    _broken(
        B,
        "access-list NONAT permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0\n"
        "nat (inside) 0 access-list NONAT\nnat (inside) 1 0.0.0.0 0.0.0.0\nglobal (outside) 1 interface",
        "EXEMPTION_BEFORE_8_3",
        b="access-list NONAT extended permit ip 10.2.0.0 255.255.255.0 10.1.8.0 255.255.255.0",
    ),
    _broken(
        B,
        "nat-control\naccess-list NONAT permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.240.0",
        "EXEMPTION_BEFORE_8_3",
        b="nat (inside) 0 access-list NONAT",
    ),
    _broken(
        A,
        "interface GigabitEthernet0/0\n no nameif outside",
        "INTERFACE_NAMED",
        a="interface GigabitEthernet0/0\n nameif outside",
    ),
    _broken(
        A,
        "interface GigabitEthernet0/0\n no ip address 203.0.113.2 255.255.255.248",
        "INTERFACE_ADDRESS",
        a="interface GigabitEthernet0/0\n ip address 203.0.113.2 <mask>",
    ),
    _broken(
        A, "no route outside 0.0.0.0 0.0.0.0 203.0.113.1", "ROUTE_TO_PEER", a="route outside 0.0.0.0 0.0.0.0 <gateway>"
    ),
    _broken(
        A,
        "route inside 10.2.0.0 255.255.0.0 10.1.0.254 1",
        "ROUTE_TO_NETWORKS",
        a="no route inside 10.2.0.0 255.255.0.0 10.1.0.254 1",
    ),
    _broken(
        A,
        "no route inside 10.1.8.0 255.255.255.0 10.1.0.254",
        "ROUTE_INSIDE",
        a="route inside 10.1.8.0 255.255.255.0 <gateway>",
    ),
    _broken(
        A,
        "access-list IN extended permit ip any host 192.0.2.1\naccess-list IN extended deny ip any any\n"
        "access-group IN in interface inside",
        "TUNNEL_TRAFFIC_PERMITTED",
        a="access-list IN line 2 extended permit ip object-group OURS object FAR",
    ),
    _broken(
        A,
        "no sysopt connection permit-vpn\naccess-list OUT extended deny ip any any\n"
        "access-group OUT in interface outside",
        "TUNNELS_UNFILTERED",
        a="sysopt connection permit-vpn",
    ),
    _broken(
        A,
        "access-list FILTER extended permit tcp object FAR object LAN eq 22\n"
        "group-policy SITES attributes\n vpn-filter value FILTER",
        "VPN_FILTER",
        a="access-list FILTER extended permit ip object FAR object-group OURS",
    ),
    _broken(
        B,
        "interface Vlan1\n security-level 0",
        "SECURITY_LEVEL",
        b="same-security-traffic permit inter-interface",
    ),
    _broken(
        A,
        "access-list INSIDE extended permit ip any any\naccess-group INSIDES in interface inside",
        "ACCESS_GROUP_NAMED",
        a="access-group INSIDE in interface inside",
    ),
    _broken(B, "interface Vlan1\n shutdown", "INTERFACE_UP", b="interface Vlan1\n no shutdown"),
    _broken(
        A,
        "interface GigabitEthernet0/1\n ip address 10.1.0.1 255.0.0.0",
        "INTERFACE_MASK",
        a="interface GigabitEthernet0/1\n ip address 10.1.0.1 255.255.255.0",
    ),
    _broken(
        A,
        "interface GigabitEthernet0/0\n ip address 203.0.113.2 255.255.255.254",
        "INTERFACE_MASK",
        a="interface GigabitEthernet0/0\n ip address 203.0.113.2 255.255.255.252",
    ),
)


def _subject(more: dict[Side, str]) -> Subject:
    texts = {side: f"{text}{more.get(side, '')}\n" for side, text in ((A, _A), (B, _B))}
    return subject({side: read(text, f"{side.value}.cfg") for side, text in texts.items()}, texts)


def _edits(before: Subject, matrix: Matrix, code: str) -> list[Edit]:
    """What a repair would try for each cause that the matrix shows."""
    found: dict[tuple[Side, tuple[str, ...]], Edit] = {}
    for cause in dict.fromkeys(cell.cause for cell in matrix.down()):
        cells = tuple(cell for cell in matrix.down() if cell.cause == cause)
        rows = tuple(row for row in matrix.rows if any(cell.row == row.number for cell in cells))
        if cause in REPAIRS[code].causes:
            found |= {(edit.side, edit.lines): edit for edit in REPAIRS[code].edits(Case(before, cause, cells, rows))}
    return list(found.values())


def test_the_pair_is_up_without_a_fault() -> None:
    assert matrix_of(_subject({})).up


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.code}-{fault.lines.split(chr(10))[-1][:40]}")
def test_a_repair_mends_its_fault_on_each_side_that_can(fault: Broken) -> None:
    before = _subject({fault.side: fault.lines})
    matrix = matrix_of(before)
    assert not matrix.up
    edits = _edits(before, matrix, fault.code)
    assert len(edits) <= 12
    for side, lines in fault.mends.items():
        wanted = [edit for edit in edits if edit.side is side and "\n".join(edit.lines).startswith(lines)]
        assert wanted, [edit.lines for edit in edits]
        assert wanted[0].about
        assert matrix_of(edited(before, wanted[:1])).up, wanted[0].lines


def test_an_entry_for_another_site_is_kept_from_the_traffic_of_a_dynamic_one() -> None:
    more = {
        A: "no crypto map VPN 10\naccess-list SITE extended permit ip object LAN 10.0.0.0 255.0.0.0\n"
        "crypto map VPN 5 match address SITE\ncrypto map VPN 5 set peer 192.0.2.9\n"
        "crypto map VPN 5 set ikev1 transform-set STRONG\n"
        "crypto dynamic-map ANYBODY 1 set ikev1 transform-set STRONG\ncrypto map VPN 9 ipsec-isakmp dynamic ANYBODY"
    }
    before = _subject(more)
    matrix = matrix_of(before)
    edit = _edits(before, matrix, "KEPT_OUT")[0]
    assert edit.side is A
    assert edit.lines[0] == "access-list SITE line 1 extended deny ip 10.1.0.0 255.255.255.0 10.2.0.0 255.255.255.0"
    assert matrix_of(edited(before, [edit])).up


def test_a_network_that_nobody_has_is_what_one_inside_is_mapped_to() -> None:
    seen = "object network SEEN\n subnet 10.77.0.0 255.255.255.0\n"
    more = {
        A: f"{seen}no access-list VPN\naccess-list VPN extended permit ip object SEEN object FAR",
        B: "no access-list outside_1\naccess-list outside_1 extended permit ip 10.2.0.0 255.255.255.0 "
        "10.77.0.0 255.255.255.0",
    }
    before = _subject(more)
    edit = _edits(before, matrix_of(before), "NETWORK_MAPPED")[0]
    assert edit.lines == ("nat (inside,outside) 1 source static LAN SEEN destination static FAR FAR",)
    assert matrix_of(edited(before, [edit])).up


def test_every_repair_of_a_tunnel_has_a_fault_that_it_mends() -> None:
    theirs = {
        repair.code
        for repair in REPAIRS.values()
        if not repair.find.__module__.endswith(("keys", "peers", "proposals"))
    }
    assert theirs == {fault.code for fault in FAULTS} | {"NETWORK_MAPPED"}


def test_no_repair_has_an_edit_for_a_pair_that_is_up_but_for_what_it_may_always_try() -> None:
    """Asked about a healthy row, most repairs have nothing to say: what they would change is right."""
    before = _subject({})
    matrix = matrix_of(before)
    quiet = {fault.code for fault in FAULTS} - {"MAP_BOUND"}
    for code in sorted(quiet):
        case = Case(before, REPAIRS[code].causes[0], matrix.cells, matrix.rows)
        assert [edit.lines for edit in REPAIRS[code].edits(case)] == [], code


def test_what_others_use_is_changed_at_their_risk() -> None:
    other = "crypto map VPN 20 set ikev1 transform-set STRONG\n"
    before = _subject({A: other + "crypto ipsec ikev1 transform-set STRONG esp-aes esp-sha-hmac"})
    edits = _edits(before, matrix_of(before), "TRANSFORM_SET_CHANGED")
    by_side = {edit.side: edit for edit in reversed(edits)}
    assert by_side[A].safety is Safety.WIDE
    assert "crypto map VPN 20" in by_side[A].note
    assert by_side[B].safety is Safety.DISRUPTIVE


def test_a_gateway_that_no_file_tells_is_shown_as_such_and_typed_as_one_on_the_link() -> None:
    before = _subject({A: "no route outside 0.0.0.0 0.0.0.0 203.0.113.1"})
    edit = _edits(before, matrix_of(before), "ROUTE_TO_PEER")[0]
    assert edit.lines == ("route outside 0.0.0.0 0.0.0.0 <gateway>",)
    assert edit.typed == ("route outside 0.0.0.0 0.0.0.0 203.0.113.1",)
    assert "203.0.113.1" in edit.note
