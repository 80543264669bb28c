"""The families of commands that came with the device in full: what their lines come to in the model."""

import pytest

from mainmode.base.provenance import Default, Statement
from mainmode.device.config import Severity, read, running_config
from mainmode.device.config.forms import kind
from mainmode.device.config.grammar import Syntax
from mainmode.device.config.model import GroupRef, LogTransport, PortIs, Service
from mainmode.device.config.parts import Match, Tokens


def test_names_are_shown_where_names_stands_and_addresses_where_it_does_not() -> None:
    text = "name 10.0.0.2 PEER\ncrypto map M 1 set peer PEER 10.0.0.3\nroute outside 0 0 10.0.0.2\n"
    hidden, shown = running_config(read(text, "t.cfg")), running_config(read("names\n" + text, "t.cfg"))
    assert "set peer 10.0.0.2 10.0.0.3\n" in hidden
    assert "set peer PEER 10.0.0.3\n" in shown
    assert "route outside 0.0.0.0 0.0.0.0 PEER 1\n" in shown
    assert "name 10.0.0.2 PEER\n" in shown


@pytest.mark.parametrize("name", ["any", "host", "object", "10.0.0.1", "1st", "interface"])
def test_a_word_that_stands_where_an_address_may_names_none(name: str) -> None:
    (problem,) = read(f"name 10.0.0.2 {name}\n", "t.cfg").problems
    assert (problem.severity, problem.column) == (Severity.ERROR, 15)


def test_groups_of_ports_stand_before_and_behind_the_destination() -> None:
    text = (
        "object-group service HIGH tcp\n port-object range 1024 65535\n"
        "object-group network NET\n network-object host 10.0.0.9\n"
        "access-list A extended permit tcp object-group NET object-group HIGH object-group NET object-group HIGH\n"
        "access-list A extended permit tcp any object-group NET object-group HIGH\n"
    )
    both, behind = read(text, "t.cfg").access_lists["A"].aces
    assert (both.source_port, both.destination_port) == (GroupRef("HIGH"), GroupRef("HIGH"))
    assert (behind.source_port, behind.destination_port) == (None, GroupRef("HIGH"))
    assert behind.destination_address == GroupRef("NET")


def test_a_service_group_has_the_members_of_its_protocol() -> None:
    text = (
        "object-group service T tcp\n port-object eq www\n service-object icmp\n"
        "object-group service S\n service-object udp destination eq isakmp\n port-object eq www\n"
        "object-group service U udp\n port-object eq 443\n"
    )
    found = read(text, "t.cfg")
    assert [(one.line, one.severity) for one in found.problems] == [(3, Severity.UNKNOWN), (6, Severity.UNKNOWN)]
    assert found.service_groups["T"].members[0].content == PortIs("eq", 80)
    assert found.service_groups["S"].members[0].content == Service((17,), None, PortIs("eq", 500))
    assert " port-object eq 443\n" in running_config(found)


def test_a_service_without_the_word_destination_means_the_destination() -> None:
    found = read("object-group service S\n service-object tcp eq www\n service-object tcp source eq 1\n", "t.cfg")
    first, second = (one.content for one in found.service_groups["S"].members)
    assert (first, second) == (Service((6,), None, PortIs("eq", 80)), Service((6,), PortIs("eq", 1)))
    assert " service-object tcp destination eq www\n" in running_config(found)


def test_nat_rules_stand_in_their_sections_at_the_place_that_their_line_says() -> None:
    text = (
        "nat (a,b) after-auto source dynamic any X\nnat (a,b) source static A A\nnat (a,b) source static B B\n"
        "nat (a,b) 1 source static C C\nnat (a,b) 2 source static D D\n"
        "nat (a,b) after-auto 1 source dynamic any Y\nno nat (a,b) source static A A\n"
    )
    rules = read(text, "t.cfg").nat_rules
    assert [(one.mapped_source, one.after_auto) for one in rules] == [
        ("C", False), ("D", False), ("B", False), ("Y", True), ("X", True),
    ]  # fmt: skip


def test_a_group_policy_says_what_it_says_and_inherits_the_rest() -> None:
    text = (
        "group-policy A internal\ngroup-policy A attributes\n vpn-idle-timeout 5\n vpn-filter none\n"
        "group-policy DfltGrpPolicy attributes\n vpn-filter value F\n vpn-session-timeout 60\n"
    )
    found = read(text, "t.cfg")
    a, other = found.group_policy("A"), found.group_policy("OTHER")
    assert (a.idle_timeout.value, a.session_timeout.value, a.vpn_filter.value) == (5, 60, None)
    assert (other.name, other.idle_timeout.value, other.vpn_filter.value) == ("DfltGrpPolicy", 30, "F")
    assert a.session_timeout.source == Statement("t.cfg", 7, " vpn-session-timeout 60")
    assert a.tunnel_protocols.value == ("ikev1", "ikev2", "l2tp-ipsec", "ssl-clientless")
    assert list(read("", "t.cfg").group_policies) == ["DfltGrpPolicy"]


def test_what_is_said_by_nameif_has_a_default_for_every_interface() -> None:
    text = (
        "interface G0/0\n nameif outside\ninterface G0/1\n nameif inside\nmtu inside 1400\n"
        "crypto ipsec df-bit clear-df outside\n"
    )
    found = read(text, "t.cfg")
    assert {name: one.value for name, one in found.mtus.items()} == {"outside": 1500, "inside": 1400}
    assert {name: one.value for name, one in found.df_bits.items()} == {"outside": "clear-df", "inside": "copy-df"}
    assert found.fragmentation["inside"].source == Default(
        "t.cfg", "crypto ipsec fragmentation before-encryption inside"
    )


def test_logging_in_its_parts() -> None:
    text = (
        "logging enable\nlogging timestamp\nlogging list L level errors class vpn\n"
        "logging list L message 713000-713999\n"
        "logging buffered debugging\nlogging trap L\nlogging host inside 10.0.0.9 17/1514\nno logging message 106023\n"
        "logging message 713906 level 7\nlogging class vpn buffered debugging trap 3\nlogging device-id hostname\n"
    )
    found = read(text, "t.cfg").settings.logging
    assert (found.enabled.value, found.timestamp.value, found.buffer_size.value) == (True, "local", 4096)
    assert (found.buffered.value, found.trap.value, found.console.value, found.facility.value) == (7, "L", None, 20)
    assert not found.messages[106023].enabled.value
    assert found.messages[713906].level is not None
    assert found.messages[713906].level.value == 7
    assert [(one.destination, one.level) for one in found.classes[0].targets] == [("buffered", 7), ("trap", 3)]
    assert found.hosts[0].transport == LogTransport("udp", 1514)
    written = running_config(read(text, "t.cfg"), "logging")
    assert "logging buffered debugging\nlogging trap L\n" in written
    assert "logging message 713906 level debugging\n" in written


def test_policies_of_one_line_each_are_read_like_those_of_a_submode() -> None:
    old = (
        "isakmp policy 10 encryption 3des\nisakmp policy 10 hash md5\nisakmp enable outside\nisakmp nat-traversal 30\n"
    )
    new = (
        "crypto isakmp policy 10\n encryption 3des\n hash md5\ncrypto isakmp enable outside\n"
        "crypto isakmp nat-traversal 30\n"
    )
    assert read(old, "t.cfg") == read(new, "t.cfg")
    assert read(old, "t.cfg").policies[0].hash.source == Statement("t.cfg", 2, "isakmp policy 10 hash md5")


def test_a_part_that_was_tried_and_did_not_fit_leaves_nothing_behind() -> None:
    syntax = Syntax("x [{a:key} isakmp/ikev1 y] {b:name} ikev1 z", kind)
    match = syntax.read(Tokens.of("x 1 ikev1 z", {}), 0, False)
    assert match == Match({"b": "1"}, frozenset(), ())
