"""Hours in virtual time: renewals, idle timeouts, sessions that end, and what a drop is."""

import re

import pytest
from check_offices import A, B, Offices

from mainmode.base.instant import SECOND, Span
from mainmode.base.provenance import Statement
from mainmode.check.hours import Hours, Moment, What
from mainmode.check.moments import clock
from mainmode.check.over_time import HOUR, hours_of
from mainmode.check.trying import matrix_of

_POLICY = """
group-policy L2L internal
group-policy L2L attributes
 {}
tunnel-group 203.0.113.1 general-attributes
 default-group-policy L2L
"""
_LIFETIME = "crypto map VPN 10 set security-association lifetime seconds 3600"


_SELDOM = "tunnel-group {} ipsec-attributes\n isakmp keepalive threshold 600 retry 2"


def lived(offices: Offices, hours: int) -> Hours:
    """With few questions of DPD, each of which costs time here."""
    subject = offices.more(a=_SELDOM.format("203.0.113.1"), b=_SELDOM.format("198.51.100.1")).subject()
    return hours_of(subject, matrix_of(subject), hours)


def moments(hours: Hours, what: What) -> list[Moment]:
    return [moment for moment in hours.moments if moment.what is what]


def lines(moment: Moment) -> list[str]:
    return [source.text.strip() for source in moment.sources if isinstance(source, Statement)]


def test_a_healthy_pair_is_renewed_ends_idle_and_comes_up_again() -> None:
    hours = lived(Offices().more(a=_LIFETIME), 6)
    assert not hours.drops
    assert hours.sentence.startswith("It holds for 6 hours: whoever asked was answered within 2 s.")
    assert [moment.after // SECOND for moment in moments(hours, What.UP)] == [0, 5 * 3600]
    first = moments(hours, What.RENEWED_2)[0]
    assert (first.after // SECOND, first.side, lines(first)) == (3060, A, [_LIFETIME])
    (idle,) = moments(hours, What.ENDED)
    assert "no traffic for 1800 seconds" in idle.text
    assert 4 * HOUR < idle.after < 5 * HOUR
    assert hours.answered < hours.sent < hours.answered + 5
    assert re.search(r"Dead peer detection sent [1-9]\d* questions and answers; no NAT stands between", hours.sentence)


def test_phase_1_is_renewed_with_the_lines_of_its_lifetime() -> None:
    hours = lived(Offices().swapped(" lifetime 86400", " lifetime 7200"), 4)
    renewed = moments(hours, What.RENEWED_1)
    assert [(moment.after // SECOND, moment.side) for moment in renewed] == [(5400, A), (10800, A)]
    assert lines(renewed[0]) == ["lifetime 7200"]
    assert "Phase 1 is renewed 2 times by hub." in hours.sentence


def test_a_session_timeout_ends_the_tunnel_and_is_no_drop() -> None:
    hours = lived(Offices().more(b=_POLICY.format("vpn-session-timeout 60").replace("203.0.113.1", "198.51.100.1")), 3)
    assert not hours.drops
    ended = moments(hours, What.ENDED)
    assert [moment.after // HOUR for moment in ended] == [1, 2]
    assert {moment.side for moment in ended} == {B}
    assert lines(ended[0]) == ["vpn-session-timeout 60"]
    assert "plant ends SAs after 01:00:0" in hours.sentence


def test_only_a_side_that_can_begin_sends() -> None:
    hours = lived(Offices().more(a="crypto map VPN 10 set connection-type answer-only"), 6)
    assert not hours.drops
    assert "from plant" in hours.pattern
    assert {moment.side for moment in moments(hours, What.UP)} == {B}
    assert "hub does not begin, as configured: while no SAs stand, nobody behind it reaches" in hours.sentence
    (ended,) = moments(hours, What.ENDED)
    gap = clock(Span(5 * HOUR - ended.after // SECOND * SECOND))
    assert f"for {gap} in all, first after {clock(ended.after)}." in hours.sentence


def test_whoever_asks_longer_than_a_negotiation_takes_was_let_down() -> None:
    more = """
time-range EARLY
 periodic daily 0:00 to 1:30
access-list IN extended permit ip any any time-range EARLY
access-group IN in interface inside
"""
    hours = lived(Offices().more(a=more), 2)
    assert hours.drops
    silent = moments(hours, What.SILENT)
    assert {moment.side for moment in silent} == {A, B}
    assert all(moment.after // SECOND in range(5400, 7200) for moment in silent)
    first = next(moment for moment in silent if moment.side is A)
    assert "a host behind hub asks for 10 s and has no reply (hub: " in first.text
    assert "access-group IN in interface inside" in lines(first)
    assert hours.sentence.startswith(f"It drops: {len(silent)} times somebody had no reply; after 01:3")


def test_a_peer_that_is_in_no_file_is_given_up_first_and_that_is_no_drop() -> None:
    hours = lived(Offices().swapped("set peer 203.0.113.1", "set peer 192.0.2.77 203.0.113.1", A), 1)
    assert not hours.drops
    assert "It holds for 1 hour" in hours.sentence
    assert "for 80 s at most" in hours.pattern
    assert moments(hours, What.RENEWED_1) == moments(hours, What.RENEWED_2) == []


def test_a_private_address_has_a_nat_in_front_and_keeps_its_mapping_open() -> None:
    more = """
no crypto map VPN 10
crypto dynamic-map DYN 1 set ikev1 transform-set STRONG
crypto map VPN 65535 ipsec-isakmp dynamic DYN
no tunnel-group 203.0.113.1
tunnel-group DefaultL2LGroup ipsec-attributes
 ikev1 pre-shared-key between-the-two
 isakmp keepalive threshold 600 retry 2
"""
    offices = Offices().more(a=more).swapped("203.0.113.1 255", "192.168.1.10 255", B)
    hours = lived(offices.swapped("0.0.0.0 203.0.113.254", "0.0.0.0 192.168.1.1", B), 6)
    assert not hours.drops
    told = re.search(r"(\d+) NAT keepalives went out to the NAT in front of plant", hours.sentence)
    assert told is not None
    assert int(told[1]) > 100


def test_lines_for_one_port_are_tried_with_it() -> None:
    offices = Offices().swapped("permit ip object LAN object FAR", "permit tcp object LAN eq 22 object FAR", A)
    offices = offices.swapped("permit ip object LAN object FAR", "permit tcp object LAN object FAR eq 22", B)
    hours = lived(offices, 2)
    assert not hours.drops
    assert hours.answered > 40


def test_nothing_is_run_where_nothing_came_up() -> None:
    hours = lived(Offices().swapped("between-the-two", "something-else", B), 72)
    assert (hours.sent, hours.moments, hours.drops) == (0, (), False)
    assert hours.sentence == "Nothing came up, so nothing was run over time."


@pytest.mark.parametrize("asked", [0, -5])
def test_at_least_one_hour_is_run(asked: int) -> None:
    assert lived(Offices(), asked).hours == 1


def test_who_waits_is_told_how_far_it_is() -> None:
    subject = Offices().subject()
    told: list[float] = []
    hours_of(subject, matrix_of(subject), 4, lambda done, whole: told.append(done / whole))
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] <= 1
