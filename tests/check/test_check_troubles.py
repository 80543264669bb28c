"""The causes behind cells that are down: grouped as one fault is one, with the side, the places, and what was said."""

from dataclasses import dataclass
from importlib.resources import files

import pytest

from mainmode.base.provenance import Absent
from mainmode.check.check import check
from mainmode.check.faces.text import text as text_of
from mainmode.check.matrix import Matrix
from mainmode.check.report import Preflight
from mainmode.check.subject import Subject, subject
from mainmode.check.trouble import Trouble
from mainmode.check.troubles import troubles_of
from mainmode.check.trying import matrix_of
from mainmode.device.config.reader import read
from mainmode.ladder.transcript import Side

A, B = Side.A, Side.B

_EXEMPTION = (
    "static INSIDE-RANGE INSIDE-RANGE destination static FOREIGN_NETWORK FOREIGN_NETWORK no-proxy-arp route-lookup"
)
_POLICY = "crypto isakmp policy 10\n authentication pre-share\n encryption 3des\n hash sha\n group 2\n lifetime 86400\n"
_ICMP_B = "access-list VPN extended permit icmp 192.168.2.0 255.255.255.0 192.168.1.0 255.255.255.0\n"
_TCP_B = "access-list VPN extended permit tcp 192.168.2.0 255.255.255.0 192.168.1.0 255.255.255.0\n"
_ICMP_A = "access-list VPN extended permit icmp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0\n"
_DYNAMIC_B = (
    "crypto ipsec transform-set ROAD esp-3des esp-md5-hmac\ncrypto dynamic-map DYN 1 set transform-set ROAD\n"
    "crypto map MAP 5 ipsec-isakmp dynamic DYN\n"
)
_EARLIER_B = (
    "access-list OTHER extended permit ip 192.168.2.0 255.255.255.0 192.168.0.0 255.255.0.0\n"
    "crypto map MAP 5 match address OTHER\ncrypto map MAP 5 set peer 10.0.0.77\n"
    "crypto map MAP 5 set transform-set TRANSFORM\n"
)


@dataclass(frozen=True)
class Fault:
    """One fault of side B (or A), and the trouble that it is: code, side at fault, a place of each side."""

    side: Side
    old: str
    new: str
    code: str
    at: Side | None
    of_a: str
    of_b: str


FAULTS = {
    "other key": Fault(
        B, "pre-shared-key cisco", "pre-shared-key other", "PSK_MISMATCH", None, "pre-shared-key", "pre-shared-key"
    ),
    "group of another type": Fault(
        B, "10.0.0.1 type ipsec-l2l", "10.0.0.1 type remote-access", "NO_TUNNEL_GROUP", B, "ip address",
        "type remote-access",
    ),
    "no policy": Fault(
        B, _POLICY, "", "PHASE1_MISMATCH", B, "crypto isakmp policy 10", "crypto isakmp policy",
    ),
    "a line that is inactive": Fault(
        B, _ICMP_B, _ICMP_B[:-1] + " inactive\n", "PROXY_MISMATCH", B, _ICMP_A[:-1], "inactive"
    ),
    "a deny before it": Fault(
        B, _ICMP_B, _ICMP_B.replace("permit", "deny") + _ICMP_B, "PROXY_MISMATCH", B, _ICMP_A[:-1], "deny icmp"
    ),
    "a line that is missing": Fault(
        B, _ICMP_B, "", "PROXY_MISMATCH", None, _ICMP_A[:-1], _ICMP_B[:-1]
    ),
    "a line with a group that does not exist": Fault(
        B, _ICMP_B, _ICMP_B.replace("192.168.1.0 255.255.255.0", "object-group NOWHERE"), "PROXY_MISMATCH", B,
        _ICMP_A[:-1], "object-group NOWHERE",
    ),
    "a line that says more than a proxy": Fault(
        B, _ICMP_B, _ICMP_B[:-1] + " echo\n", "PROXY_MISMATCH", B, _ICMP_A[:-1], "255.255.255.0 echo"
    ),
    "a line the wrong way round": Fault(
        B, _ICMP_B, _ICMP_A, "PROXY_MISMATCH", B, _ICMP_A[:-1], _ICMP_A[:-1]
    ),
    "a line that takes what the next one is for": Fault(
        B, _TCP_B, _TCP_B.replace("permit tcp", "permit ip"), "PROXY_MISMATCH", None, "access-list VPN", "permit ip"
    ),
    "another mask": Fault(
        B, _ICMP_B, _ICMP_B.replace("2.0 255.255.255.0", "2.0 255.255.255.128"), "PROXY_MISMATCH", None, _ICMP_A[:-1],
        "255.255.255.128",
    ),
    "no peer": Fault(B, "crypto map MAP 10 set peer 10.0.0.1\n", "", "NO_MATCHING_ENTRY", B, "ip address", "set peer"),
    "a list that does not exist": Fault(
        B, "match address VPN", "match address VPM", "NO_MATCHING_ENTRY", B, "ip address", "match address VPM"
    ),
    "a set that does not exist": Fault(
        B, "10 set transform-set TRANSFORM", "10 set transform-set TRANSFORMS", "NO_MATCHING_ENTRY", B, "ip address",
        "set transform-set TRANSFORMS",
    ),
    "an earlier entry": Fault(
        B, "crypto map MAP 10 match", _EARLIER_B + "crypto map MAP 10 match", "EARLIER_ENTRY", B, "ip address",
        "access-list OTHER",
    ),
    "a dynamic entry first": Fault(
        B, "crypto map MAP 10 match", _DYNAMIC_B + "crypto map MAP 10 match", "DYNAMIC_FIRST", B, "transform-set",
        "ipsec-isakmp dynamic DYN",
    ),
    "outside shut down": Fault(
        B, " nameif outside\n", " nameif outside\n shutdown\n", "INTERFACE_DOWN", B, "access-list VPN", "shutdown"
    ),
    "inside shut down": Fault(
        B, " nameif inside\n", " nameif inside\n shutdown\n", "INTERFACE_DOWN", B, "access-list VPN", "shutdown"
    ),
    "bound to the inside": Fault(
        B, "crypto map MAP interface outside", "crypto map MAP interface inside", "CRYPTO_MAP_NOT_BOUND", B, "set peer",
        "crypto map MAP interface inside",
    ),
    "a gateway out of the network": Fault(
        B, "ip address 10.0.0.2 255.255.255.0", "ip address 10.0.0.2 255.255.255.254",
        "NO_ROUTE", B, "access-list VPN", "255.255.255.254",
    ),
    "an inside without a name": Fault(
        B, " nameif inside\n", " no nameif\n", "NO_ROUTE", B, "access-list VPN", "interface GigabitEthernet0/0 / nameif"
    ),
    "an inside without an address": Fault(
        B, " ip address 192.168.2.1 255.255.255.0\n", "", "NO_ROUTE", B, "access-list VPN",
        "interface GigabitEthernet0/0 / ip address",
    ),
    "one security level": Fault(
        B, "security-level 100", "security-level 0", "DENIED", B, "access-list VPN", "same-security-traffic"
    ),
    "a route elsewhere": Fault(
        B, "access-list VPN", "route inside 192.168.1.0 255.255.255.0 192.168.2.9\naccess-list VPN", "NO_ROUTE", B,
        "access-list VPN", "route inside 192.168.1.0",
    ),
    "no exemption": Fault(
        A, _EXEMPTION, "dynamic INSIDE-RANGE interface", "NO_NAT_EXEMPTION", A, "nat (inside,outside) source dynamic",
        "access-list VPN",
    ),
}  # fmt: skip


def _subject(side: Side | None = None, old: str = "", new: str = "") -> Subject:
    texts = {}
    for one, name in ((A, "asa1.cfg"), (B, "asa2.cfg")):
        texts[one] = (files("mainmode.lab") / "examples" / name).read_text("utf-8")
        if one is side:
            assert old in texts[one], old
            texts[one] = texts[one].replace(old, new, 1)
    pair = {one: read(text, f"{one.value}.cfg") for one, text in texts.items()}
    return subject(pair, texts)


def _troubles(fault: Fault) -> tuple[Matrix, tuple[Trouble, ...]]:
    made = _subject(fault.side, fault.old, fault.new)
    matrix = matrix_of(made)
    return matrix, troubles_of(made, matrix)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_one_fault_is_one_trouble_with_its_side_and_a_place_on_both(fault: Fault) -> None:
    matrix, troubles = _troubles(fault)
    assert [(one.code, one.at_fault) for one in troubles] == [(fault.code, fault.at)]
    (trouble,) = troubles
    assert set(trouble.cells) == {(cell.row, cell.starter) for cell in matrix.down()}
    for side, text in ((A, fault.of_a), (B, fault.of_b)):
        assert any(text in str(place.source) for place in trouble.places if place.side is side), trouble.places
    assert trouble.places[0].side is (fault.at or trouble.places[0].side)
    assert trouble.title
    assert not trouble.fixes


def test_the_debug_lines_are_those_that_name_the_cause() -> None:
    _, (trouble,) = _troubles(FAULTS["other key"])
    said = {side: [line.entry for line in lines] for side, lines in trouble.said.items()}
    assert set(said) == {A, B}
    assert any("mismatched pre-shared key" in line.text for lines in trouble.said.values() for line in lines)
    assert all(len(set(entries)) == len(entries) for entries in said.values())
    assert "cisco" not in repr(trouble)
    assert "other" not in str([line.text for lines in trouble.said.values() for line in lines])


def test_of_a_tunnel_that_is_up_the_debugs_tell_no_more_than_that() -> None:
    _, (trouble,) = _troubles(FAULTS["one security level"])
    assert {line.entry for lines in trouble.said.values() for line in lines} <= {"PHASE1_COMPLETED", "PHASE2_COMPLETED"}


def test_two_faults_are_two_troubles() -> None:
    made = _subject(B, _ICMP_B, "")
    texts = dict(made.texts)
    texts[B] += "route inside 192.168.1.0 255.255.255.0 192.168.2.9\n"
    both = subject({side: read(text, f"{side.value}.cfg") for side, text in texts.items()}, texts)
    matrix = matrix_of(both)
    troubles = troubles_of(both, matrix)
    assert {one.code for one in troubles} == {"PROXY_MISMATCH", "NO_ROUTE"}
    told = [cell for one in troubles for cell in one.cells]
    assert sorted(told, key=str) == sorted(((cell.row, cell.starter) for cell in matrix.down()), key=str)


_HUB = (
    "crypto ipsec transform-set TRANSFORM esp-aes esp-sha-hmac\n"
    "crypto dynamic-map SPOKES 10 set transform-set TRANSFORM\n"
    "access-list OTHER extended permit ip 192.168.1.0 255.255.255.0 192.168.77.0 255.255.255.0\n"
    "crypto map MAP 10 match address OTHER\ncrypto map MAP 10 set peer 10.0.0.77\n"
    "crypto map MAP 10 set transform-set TRANSFORM\n{dynamic}crypto map MAP interface outside\n"
    "crypto isakmp enable outside\nroute outside 0.0.0.0 0.0.0.0 10.0.0.2\n"
)
_ANSWERS = "crypto map MAP 65535 ipsec-isakmp dynamic SPOKES\n"


def _hub(dynamic: str = _ANSWERS, key: str = "DefaultL2LGroup", peer: str = "10.0.0.1") -> tuple[Trouble, ...]:
    """The troubles of a hub (A) with a dynamic map and a static entry for another site, and a spoke (B)."""
    made = _subject(B, "set peer 10.0.0.1", f"set peer {peer}")
    texts = dict(made.texts)
    before, behind = texts[A].split("crypto ipsec transform-set", 1)
    policy = behind[behind.index("crypto isakmp policy") : behind.index("tunnel-group")]
    group = f"tunnel-group {key} ipsec-attributes\n pre-shared-key cisco\n"
    texts[A] = before + _HUB.format(dynamic=dynamic) + policy + group
    pair = subject({side: read(text, f"{side.value}.cfg") for side, text in texts.items()}, texts)
    return troubles_of(pair, matrix_of(pair))


def test_a_hub_that_answers_every_spoke_has_no_trouble() -> None:
    assert _hub() == ()


def test_the_entry_of_another_site_is_not_blamed_for_a_spoke() -> None:
    (no_key,) = _hub(key="10.0.0.78")
    assert (no_key.code, no_key.at_fault) == ("NO_TUNNEL_GROUP", A)
    assert any("DefaultL2LGroup" in str(place.source) for place in no_key.places)
    (unbound,) = _hub(dynamic="")
    assert (unbound.code, unbound.at_fault) == ("NO_MATCHING_ENTRY", A)
    assert "crypto map MAP 65535 ipsec-isakmp dynamic SPOKES" in str(unbound.places[0].source)


def test_a_spoke_that_names_nobody_is_found_by_its_networks() -> None:
    (trouble,) = _hub(peer="10.0.0.99")
    assert (trouble.code, trouble.at_fault) == ("PEER_ADDRESS_WRONG", B)
    assert "set peer 10.0.0.99" in str(trouble.places[0].source)


def test_two_devices_that_name_nobody_are_found_by_their_networks() -> None:
    made = _subject(B, "set peer 10.0.0.1", "set peer 10.0.0.98")
    texts = dict(made.texts)
    texts[A] = (
        texts[A]
        .replace("set peer 10.0.0.2", "set peer 10.0.0.99")
        .replace("10.0.0.1 255.255.255.0", "10.9.0.1 255.255.255.0")
    )
    texts[A] += "route outside 0.0.0.0 0.0.0.0 10.9.0.2\n"
    pair = subject({side: read(text, f"{side.value}.cfg") for side, text in texts.items()}, texts)
    codes = {(one.code, one.at_fault) for one in troubles_of(pair, matrix_of(pair))}
    assert codes == {("PEER_ADDRESS_WRONG", A), ("PEER_ADDRESS_WRONG", B)}


def test_a_pair_that_is_up_has_no_trouble() -> None:
    made = _subject()
    assert troubles_of(made, matrix_of(made)) == ()


_WHOEVER = (
    "crypto dynamic-map DYN 10 set transform-set TRANSFORM\ncrypto dynamic-map DYN 10 set reverse-route\n"
    "crypto map MAP 10 ipsec-isakmp dynamic DYN\n"
)


def _dynamic_hub_and_site(site_lines: str) -> Subject:
    """The packaged pair, asa1 as a hub that takes whoever comes, and asa2 with other lines in its entry."""
    texts = {side: (files("mainmode.lab") / "examples" / f"asa{n}.cfg").read_text() for n, side in enumerate(Side, 1)}
    entry = [line for line in texts[Side.A].splitlines() if line.startswith("crypto map MAP 10 ")]
    texts[Side.A] = texts[Side.A].replace("\n".join(entry) + "\n", _WHOEVER)
    match = next(line for line in texts[Side.B].splitlines() if line.startswith("crypto map MAP 10 match"))
    texts[Side.B] = texts[Side.B].replace(f"{match}\n", site_lines)
    return subject({side: read(texts[side], f"{side.value}.cfg") for side in Side}, texts)


def test_the_only_list_that_nothing_uses_is_what_an_entry_without_one_may_mean() -> None:
    checked = check(_dynamic_hub_and_site(""))
    (trouble,) = checked.troubles
    assert (trouble.code, trouble.at_fault) == ("NO_MATCHING_ENTRY", Side.B)
    assert "crypto map MAP 10 match address" in [
        place.source.command for place in trouble.places if isinstance(place.source, Absent)
    ]
    (fix,) = checked.fixes
    assert [edit.lines for edit in fix.edits] == [("crypto map MAP 10 match address VPN",)]


def test_where_neither_file_names_networks_that_is_the_trouble() -> None:
    one = _dynamic_hub_and_site("")
    text = "".join(line for line in one.texts[Side.B].splitlines(True) if not line.startswith("access-list VPN "))
    one = subject({**one.pair, Side.B: read(text, "b.cfg")}, {**one.texts, Side.B: text})
    checked = check(one)
    assert not checked.up
    (trouble,) = checked.troubles
    assert (trouble.code, trouble.at_fault, trouble.cells) == ("NO_MATCHING_ENTRY", Side.B, ())
    assert [str(place.source) for place in trouble.places] == ["b.cfg: (absent) crypto map MAP 10 match address ACL"]
    assert trouble.unproved == "which networks are to be protected stands in neither file"
    assert "Concerns: the whole pair" in text_of(Preflight((checked,)))
