"""Faults of two configurations with two networks each: every access list line counts, and the verdict names it."""

from ipaddress import IPv4Address

import pytest

from mainmode.base.errors import InputError
from mainmode.device.config.reader import read
from mainmode.lab.facing import Pair, find_facing
from mainmode.lab.run import Order, Result, run
from mainmode.lab.traffic import MOST_SERIES, interesting_traffic
from mainmode.ladder.transcript import Outcome, Side

A, B = Side.A, Side.B

_TEXT = """\
hostname {name}
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.{own} 255.255.255.252
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.{own}.1.1 255.255.255.0
interface GigabitEthernet0/2
 nameif dmz
 security-level 50
 ip address 10.{own}.2.1 255.255.255.0
access-list VPN extended permit ip 10.{own}.1.0 255.255.255.0 10.{peer}.1.0 255.255.255.0
access-list VPN extended permit ip 10.{own}.2.0 255.255.255.0 10.{peer}.2.0 255.255.255.0
route outside 0.0.0.0 0.0.0.0 203.0.113.{peer}
crypto ipsec transform-set SET esp-aes esp-sha-hmac
crypto map MAP 10 match address VPN
crypto map MAP 10 set peer 203.0.113.{peer}
crypto map MAP 10 set transform-set SET
crypto map MAP interface outside
crypto isakmp enable outside
crypto isakmp policy 10
 authentication pre-share
 encryption aes
 hash sha
 group 2
tunnel-group 203.0.113.{peer} type ipsec-l2l
tunnel-group 203.0.113.{peer} ipsec-attributes
 pre-shared-key secret
"""
_TEXTS = {A: _TEXT.format(name="ALPHA", own=1, peer=2), B: _TEXT.format(name="BETA", own=2, peer=1)}
_FIRST_OF_B = "permit ip 10.2.1.0 255.255.255.0 10.1.1.0"
_PAT = "object network LAN\n subnet 10.1.1.0 255.255.255.0\n nat (inside,outside) dynamic interface\n"
_DENY = "access-list VPN extended deny ip host 10.1.1.2 any\n"
_PFS = "crypto map MAP 10 set pfs group5\n"


def _pair(side: Side = A, old: str = "", new: str = "", more: str = "") -> Pair:
    """The pair with a text replaced on one side, and more appended to it."""
    assert old in _TEXTS[side]
    changed = _TEXTS[side].replace(old, new) if old else _TEXTS[side]
    texts = _TEXTS | {side: changed + more}
    return {one: read(texts[one], f"{one.value}.cfg") for one in Side}


def _run(pair: Pair, starter: Side) -> Result:
    return run(Order(pair, 1, starter))


def _places(result: Result) -> list[tuple[Side, str, str]]:
    return [(blame.side, blame.note, str(blame.source)) for blame in result.transcript.verdict.blames]


def _is_named(result: Result, side: Side, part: str, note: str = "") -> bool:
    return any(one is side and part in place and note in said for one, said, place in _places(result))


@pytest.mark.parametrize("starter", list(Side))
def test_every_pair_of_networks_of_an_access_list_is_tried(starter: Side) -> None:
    result = _run(_pair(), starter)
    verdict = result.transcript.verdict
    assert (verdict.outcome, verdict.sentence) == (Outcome.UP, "Both tunnels are up and carry traffic.")
    assert len(result.tunnels) == 2
    assert not result.transcript.notes
    assert not verdict.blames


@pytest.mark.parametrize("starter", list(Side))
def test_a_second_line_without_a_mirror_is_found_by_its_own_traffic(starter: Side) -> None:
    result = _run(_pair(B, "10.2.2.0 255.255.255.0 10.1.2.0", "10.2.2.0 255.255.255.128 10.1.2.0"), starter)
    verdict = result.transcript.verdict
    assert (verdict.outcome, verdict.cause) == (Outcome.DOWN, "PROXY_MISMATCH")
    assert verdict.sentence.startswith("1 of 2 tunnels failed; ")
    assert _is_named(result, A, "10.1.2.0 255.255.255.0 10.2.2.0 255.255.255.0")
    assert _is_named(result, B, "10.2.2.0 255.255.255.128 10.1.2.0")


def test_object_groups_are_tried_pair_by_pair() -> None:
    group = "object-group network NETS\n network-object 10.1.1.0 255.255.255.0\n network-object host 10.1.2.9\n"
    line = "access-list VPN extended permit ip 10.1.1.0 255.255.255.0 10.2.1.0 255.255.255.0\n"
    grouped = "access-list VPN extended permit ip object-group NETS 10.2.1.0 255.255.255.0\n"
    pair = _pair(A, line, group + grouped)
    series = interesting_traffic(pair, find_facing(pair), A)
    assert [str(one.probe.source) for one in series] == ["10.1.1.2", "10.1.2.9", "10.1.2.2"]
    result = _run(pair, A)
    assert result.transcript.verdict.cause == "PROXY_MISMATCH"
    assert "10.1.2.9 to 10.2.1.2" in result.transcript.verdict.sentence


def test_lines_that_differ_by_protocol_share_a_series_and_are_compared() -> None:
    tcp = "access-list VPN extended permit tcp 10.1.1.0 255.255.255.0 10.2.1.0 255.255.255.0\n"
    result = _run(_pair(A, more=tcp), A)
    verdict = result.transcript.verdict
    assert verdict.outcome is Outcome.UP
    assert verdict.sentence.endswith("Not tried: 1 line of the crypto access lists without a mirror on the other side.")
    assert _is_named(result, A, "permit tcp", "was not tried")
    assert len(result.transcript.pings) == 10


def test_more_pairs_of_networks_than_a_run_tries_are_compared_and_told_of() -> None:
    lines = {
        side: "".join(
            f"access-list VPN extended permit ip host 10.{own}.1.{host} host 10.{peer}.1.{host}\n"
            for host in range(3, 3 + MOST_SERIES)
        )
        for side, own, peer in ((A, 1, 2), (B, 2, 1))
    }
    pair = {side: read(_TEXTS[side] + lines[side], f"{side.value}.cfg") for side in Side}
    assert len(interesting_traffic(pair, find_facing(pair), A)) == MOST_SERIES
    wrong = {**pair, B: read(_TEXTS[B].replace("pre-shared-key secret", "pre-shared-key other") + lines[B], "b.cfg")}
    result = _run(wrong, A)
    assert len({ping.source for ping in result.transcript.pings}) == 1
    assert any(f"{MOST_SERIES + 1} more pairs" in note for note in result.transcript.notes)
    assert result.transcript.verdict.cause == "PSK_MISMATCH"


_SECOND_WIRE = """\
interface GigabitEthernet0/3
 nameif second
 security-level 0
 ip address 198.51.100.{own} 255.255.255.252
access-list OTHER extended permit ip host 10.{own}.1.50 host 10.{peer}.1.60
access-list OTHER extended permit ip host 10.{own}.1.60 host 10.{peer}.1.50
route second 10.{peer}.1.50 255.255.255.255 198.51.100.{peer}
route second 10.{peer}.1.60 255.255.255.255 198.51.100.{peer}
crypto map MAP2 10 match address OTHER
crypto map MAP2 10 set peer 198.51.100.{peer}
crypto map MAP2 10 set transform-set SET
crypto map MAP2 interface second
crypto isakmp enable second
tunnel-group 198.51.100.{peer} type ipsec-l2l
tunnel-group 198.51.100.{peer} ipsec-attributes
 pre-shared-key {key}
"""


@pytest.mark.parametrize("starter", list(Side))
def test_a_tunnel_is_not_taken_for_up_because_a_wider_one_of_another_peer_is(starter: Side) -> None:
    texts = {
        A: _TEXTS[A] + _SECOND_WIRE.format(own=1, peer=2, key="one"),
        B: _TEXTS[B] + _SECOND_WIRE.format(own=2, peer=1, key="two"),
    }
    result = _run({side: read(texts[side], f"{side.value}.cfg") for side in Side}, starter)
    verdict = result.transcript.verdict
    assert (verdict.cause, verdict.reached) == ("PSK_MISMATCH", "none")
    assert verdict.sentence.startswith("1 of 3 tunnels failed; ")
    lines = {side: text.splitlines().index(f" pre-shared-key {key}") + 1
             for (side, text), key in zip(texts.items(), ("one", "two"), strict=True)}  # fmt: skip
    assert all(_is_named(result, side, f"{side.value}.cfg:{line} ") for side, line in lines.items())


def test_named_hosts_belong_to_the_entry_of_the_interface_that_leads_to_them() -> None:
    texts = {
        A: _TEXTS[A] + _SECOND_WIRE.format(own=1, peer=2, key="one"),
        B: _TEXTS[B] + _SECOND_WIRE.format(own=2, peer=1, key="one"),
    }
    pair = {side: read(texts[side], f"{side.value}.cfg") for side in Side}
    result = run(Order(pair, 1, ping=(IPv4Address("10.1.1.50"), IPv4Address("10.2.1.60"))))
    assert result.transcript.verdict.outcome is Outcome.UP, result.transcript.verdict
    assert [tunnel.map_name for tunnel in result.tunnels] == ["MAP2"]


def test_an_entry_that_an_earlier_one_of_its_map_covers_is_not_tried() -> None:
    covered = (
        "access-list LATER extended permit ip host 10.{own}.1.9 host 10.{peer}.1.9\n"
        "crypto map MAP 20 match address LATER\ncrypto map MAP 20 set peer 203.0.113.{peer}\n"
        "crypto map MAP 20 set transform-set SET\n"
    )
    texts = {A: _TEXTS[A] + covered.format(own=1, peer=2), B: _TEXTS[B] + covered.format(own=2, peer=1)}
    result = _run({side: read(texts[side], f"{side.value}.cfg") for side in Side}, A)
    assert result.transcript.verdict.sentence == "Both tunnels are up and carry traffic."
    assert any("1 more pair" in note for note in result.transcript.notes)


def test_all_tunnels_that_failed_are_named_with_their_places() -> None:
    texts = {side: _TEXTS[side] for side in Side}
    texts[B] = texts[B].replace("10.2.2.0 255.255.255.0 10.1", "10.2.2.0 255.255.255.128 10.1")
    pair = {A: read(texts[A].replace("access-list", _DENY + "access-list", 1), "a.cfg"), B: read(texts[B], "b.cfg")}
    result = _run(pair, A)
    verdict = result.transcript.verdict
    assert verdict.sentence.startswith("Both tunnels failed; 10.1.1.2 to 10.2.1.2: ")
    assert "10.1.2.2 to 10.2.2.2: The crypto access lists" in verdict.sentence
    assert _is_named(result, A, "deny ip host 10.1.1.2")
    assert _is_named(result, B, "255.255.255.128")


@pytest.mark.parametrize(("starter", "cause"), [(A, "NOT_INTERESTING"), (B, "NO_REPLY")])
def test_the_line_that_denies_the_traffic_is_named(starter: Side, cause: str) -> None:
    result = _run(_pair(A, "access-list VPN extended permit ip 10.1.1.0", _DENY + "access-list VPN extended permit ip 10.1.1.0"), starter)  # fmt: skip  # noqa: E501
    assert result.transcript.verdict.cause == cause
    assert _is_named(result, A, "deny ip host 10.1.1.2 any", "denies")
    assert not _is_named(result, A, "permit ip 10.1.1.0")


@pytest.mark.parametrize("starter", list(Side))
def test_translation_without_an_exemption_is_named_on_the_side_that_has_it(starter: Side) -> None:
    result = _run(_pair(A, more=_PAT), starter)
    verdict = result.transcript.verdict
    assert verdict.cause == "NO_NAT_EXEMPTION"
    assert "ALPHA translates" in verdict.sentence
    assert _is_named(result, A, "nat (inside,outside) dynamic interface", "no NAT exemption")
    assert _is_named(result, A, "(absent) nat (inside,outside) source static", "missing before it")
    assert {note for side, note, _ in _places(result) if side is B} == {"what this side protects"}


def test_translated_traffic_that_no_tunnel_wants_is_no_matter_of_exemption() -> None:
    hosts = IPv4Address("10.1.1.2"), IPv4Address("10.7.7.7")
    result = run(Order(_pair(A, more=_PAT), 1, ping=hosts))
    assert result.transcript.verdict.cause == "NOT_INTERESTING"


@pytest.mark.parametrize("starter", list(Side))
def test_a_network_that_nothing_inside_leads_to_wants_a_route_there(starter: Side) -> None:
    result = _run(_pair(B, "ip address 10.2.1.1", "ip address 10.2.9.1"), starter)
    verdict = result.transcript.verdict
    assert verdict.cause == "NO_ROUTE"
    assert verdict.sentence.count("BETA has no route") == 1
    assert _is_named(result, B, "(absent) route inside 10.2.1.0 255.255.255.0")
    assert not any("same-security" in place for _, _, place in _places(result))


@pytest.mark.parametrize("starter", list(Side))
def test_a_missing_route_to_the_peer_s_network_is_spelled_as_the_line_to_add(starter: Side) -> None:
    result = _run(_pair(A, "route outside 0.0.0.0 0.0.0.0 203.0.113.2\n"), starter)
    assert result.transcript.verdict.cause == "NO_ROUTE"
    assert [place for place in _places(result) if place[0] is A] == [
        (A, "missing", "a.cfg: (absent) route outside 10.2.1.0 255.255.255.0 203.0.113.2"),
        (A, "missing", "a.cfg: (absent) route outside 10.2.2.0 255.255.255.0 203.0.113.2"),
    ]


@pytest.mark.parametrize("starter", list(Side))
def test_transport_mode_on_one_side_is_named_by_its_own_line(starter: Side) -> None:
    result = _run(_pair(B, more="crypto ipsec transform-set SET mode transport\n"), starter)
    assert result.transcript.verdict.cause == "TRANSFORM_MISMATCH"
    assert _is_named(result, B, "transform-set SET mode transport", "transport mode")


@pytest.mark.parametrize("starter", list(Side))
def test_a_line_that_the_reader_refused_is_named_before_those_it_read(starter: Side) -> None:
    result = _run(_pair(B, _FIRST_OF_B, _FIRST_OF_B.replace("255.255.255.0", "255.255.0.0")), starter)
    first = result.transcript.verdict.blames[0]
    assert (first.side, first.note) == (B, "this line was not read")
    assert "10.2.1.0 255.255.0.0 10.1.1.0" in str(first.source)
    assert _is_named(result, A, "permit ip 10.1.1.0 255.255.255.0 10.2.1.0")


def test_an_access_list_that_does_not_exist_is_named_at_match_address() -> None:
    pair = _pair(A, "match address VPN", "match address NONE")
    first = _run(pair, B).transcript.verdict.blames[0]
    assert (first.side, str(first.source)) == (A, "a.cfg:18 crypto map MAP 10 match address NONE")
    with pytest.raises(InputError, match=r"a\.cfg:18 crypto map MAP 10 match address NONE: there is no access-list"):
        _run(pair, A)


@pytest.mark.parametrize("starter", list(Side))
def test_a_line_of_too_many_pairs_is_not_tried_and_told_of(starter: Side) -> None:
    members = "".join(f" network-object 10.{{net}}.{n}.0 255.255.255.0\n" for n in range(65))
    groups = "".join(f"object-group network G{net}\n" + members.format(net=net) for net in (40, 41))
    line = "access-list VPN extended permit ip object-group G{0} object-group G{1}\n"
    texts = {A: _TEXTS[A] + groups + line.format(40, 41), B: _TEXTS[B] + groups + line.format(41, 40)}
    result = _run({side: read(texts[side], f"{side.value}.cfg") for side in Side}, starter)
    assert result.transcript.verdict.outcome is Outcome.UP
    assert all("10.40." not in ping.source + ping.destination for ping in result.transcript.pings)
    assert [note.split(" ")[0].split(":")[0] for note in result.transcript.notes] == ["a.cfg", "b.cfg"]
    assert all("more than 4096 proxy pairs" in note for note in result.transcript.notes)


@pytest.mark.parametrize("starter", list(Side))
@pytest.mark.parametrize(("hidden", "notes"), [((B,), ["the key of ALPHA"]), ((A, B), ["the lab's own"] * 2)])
def test_a_hidden_key_is_filled_in_and_told_of(starter: Side, hidden: tuple[Side, ...], notes: list[str]) -> None:
    texts = _TEXTS | {side: _TEXTS[side].replace("pre-shared-key secret", "pre-shared-key *****") for side in hidden}
    result = _run({side: read(texts[side], f"{side.value}.cfg") for side in Side}, starter)
    assert result.transcript.verdict.outcome is Outcome.UP
    assert len(result.transcript.notes) == len(notes)
    assert all(part in note for part, note in zip(notes, result.transcript.notes, strict=True))
    assert "secret" not in repr(result.transcript)


def test_each_tunnel_group_that_hides_its_key_gets_the_key_of_its_own_peer() -> None:
    texts = {
        A: (_TEXTS[A] + _SECOND_WIRE.format(own=1, peer=2, key="x")).replace("-key x", "-key *****"),
        B: _TEXTS[B] + _SECOND_WIRE.format(own=2, peer=1, key="two"),
    }
    texts[A] = texts[A].replace("pre-shared-key secret", "pre-shared-key *****")
    result = _run({side: read(texts[side], f"{side.value}.cfg") for side in Side}, A)
    assert result.transcript.verdict.outcome is Outcome.UP, result.transcript.verdict
    assert len(result.transcript.notes) == 2


def test_forward_secrecy_that_only_the_initiator_asks_for_is_told_as_one_way() -> None:
    (note,) = _run(_pair(A, more=_PFS), A).transcript.notes
    assert "only ALPHA asks for perfect forward secrecy (a.cfg:" in note
    assert "fails when BETA does" in note
    assert _run(_pair(A, more=_PFS), B).transcript.verdict.cause == "PFS_MISMATCH"


def _dynamic() -> Pair:
    static = "crypto map MAP 10 match address VPN\ncrypto map MAP 10 set peer 203.0.113.1\n"
    text = _TEXTS[B].replace(static, "crypto map MAP 10 ipsec-isakmp dynamic DYN\n")
    text = text.replace("crypto map MAP 10 set transform-set SET\n", "crypto dynamic-map DYN 1 set transform-set SET\n")
    return {A: read(_TEXTS[A], "a.cfg"), B: read(text, "b.cfg")}


def test_a_dynamic_map_answers_without_a_remark_and_says_that_it_cannot_begin() -> None:
    result = _run(_dynamic(), A)
    assert result.transcript.verdict.outcome is Outcome.UP, result.transcript.verdict
    assert not result.transcript.notes
    with pytest.raises(InputError, match=r"crypto map MAP 10 is dynamic.*--from a"):
        _run(_dynamic(), B)


def test_one_side_that_names_another_peer_is_told_from_two() -> None:
    (note,) = [
        n for n in _run(_pair(B, "set peer 203.0.113.1", "set peer 203.0.113.9"), A).transcript.notes if "face" in n
    ]
    assert note.startswith("only ALPHA names the other's address as its peer")


@pytest.mark.parametrize("starter", list(Side))
def test_a_peer_whose_interface_is_shut_down_is_told_so(starter: Side) -> None:
    pair = _pair(B, "interface GigabitEthernet0/0\n", "interface GigabitEthernet0/0\n shutdown\n")
    (facing,) = find_facing(pair)
    assert facing.ends[B].interface == "outside"
    result = _run(pair, starter)
    assert result.transcript.verdict.cause == "INTERFACE_DOWN"
    assert _is_named(result, B, "b.cfg:3 shutdown", "shut down")


@pytest.mark.parametrize(
    ("destination", "why"),
    [("10.2.1.1", "BETA's own address on inside"), ("10.2.1.0", "network address"), ("10.2.1.255", "broadcast")],
)
def test_an_address_that_is_no_host_s_is_refused(destination: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        run(Order(_pair(), 1, ping=(IPv4Address("10.1.1.5"), IPv4Address(destination))))


def test_policies_for_another_method_are_not_called_missing() -> None:
    verdict = _run(_pair(B, "authentication pre-share", "authentication rsa-sig"), A).transcript.verdict
    assert verdict.cause == "PHASE1_MISMATCH"
    assert "policy 10 is for rsa-sig" in verdict.sentence


def test_the_pings_that_did_not_follow_are_accounted_for() -> None:
    (ping,) = _run(_pair(B, more=_PFS), A).transcript.pings
    assert ping.note == "the last: its device has said why there is no tunnel"


def test_an_attribute_of_a_policy_is_said_once() -> None:
    result = _run(_pair(B, "encryption aes", "encryption aes-256"), A)
    assert _places(result) == [
        (B, "in policy 10", "b.cfg:25 encryption aes-256"),
        (A, "in policy 10", "a.cfg:25 encryption aes"),
    ]
