from dataclasses import replace

import pytest
from config_texts import HEADERS, command_lines, files
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.device.config import Severity, read, running_config
from mainmode.device.config.actions import NOTHING, Assign
from mainmode.device.config.commands import COMMANDS
from mainmode.device.config.declaration import Command
from mainmode.device.config.model import Release

NEEDS_A_RECORD = "crypto ipsec -/ikev1 transform-set {name:name} mode"


def _listing(command: Command, line: str, negated: bool = False) -> str:
    words = line.split()
    first = []
    if command.syntax.text.startswith(NEEDS_A_RECORD):
        first = [" ".join([*words[: words.index("transform-set") + 2], "esp-aes esp-sha-hmac"])]
    elif line.startswith("tunnel-group") and line.endswith("attributes"):
        first = [f"tunnel-group {words[1]} type ipsec-l2l"]
    elif line.startswith("username") and line.endswith("attributes"):
        first = [f"username {words[1]} nopassword"]
    elif line.startswith("group-policy") and line.endswith("attributes"):
        first = [f"group-policy {words[1]} internal"]
    return "\n".join([*first, *HEADERS[command.mode], " " * bool(HEADERS[command.mode]) + "no " * negated + line])


def _errors(text: str) -> list[str]:
    return [str(one) for one in read(text, "t.cfg").problems if one.severity is not Severity.WARNING]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.mode.name} {command.syntax.text}"[:90])
@given(data=st.data(), release=st.sampled_from(Release))
@settings(max_examples=25, deadline=None)
def test_every_declared_command_survives_reading_and_writing(
    command: Command, data: st.DataObject, release: Release
) -> None:
    text = _listing(command, data.draw(command_lines(command, release)), command.only_negated)
    assert _errors(text) == []
    first = read(text, "t.cfg")
    written = running_config(first, reveal_keys=True)
    assert _errors(written) == []
    assert read(written, "other.cfg") == first
    if not command.only_negated and not text.endswith("attributes"):
        may_be_default = isinstance(command.action, Assign) and command.action.default is not NOTHING
        same = written == running_config(read("\n".join(text.split("\n")[:-1]), "t.cfg"))
        assert (may_be_default and same) or f"line={text.count(chr(10)) + 1}, text=" in repr(
            replace(first, problems=())
        ), "the model knows the line"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.mode.name} {command.syntax.text}"[:90])
@given(data=st.data(), release=st.sampled_from(Release))
@settings(max_examples=15, deadline=None)
def test_every_declared_command_can_be_taken_back(command: Command, data: st.DataObject, release: Release) -> None:
    line = data.draw(command_lines(command, release))
    with_line = _listing(command, line, command.only_negated)
    without = _listing(command, line, negated=True)
    assert _errors(without) == []
    both = f"{with_line}\n{without.splitlines()[-1]}" if not command.only_negated else without
    assert _errors(both) == []


@given(st.sampled_from(Release).flatmap(files))
@settings(max_examples=150, deadline=None)
def test_reading_what_was_written_gives_the_same_configuration(text: str) -> None:
    first = read(text, "t.cfg")
    written = running_config(first, reveal_keys=True)
    second = read(written, "t.cfg")
    assert second == first
    assert running_config(second, reveal_keys=True) == written
    assert read(running_config(first, reveal_keys=True, defaults=True), "t.cfg") == first


def test_a_word_that_only_one_release_has_outweighs_a_line_of_the_other_that_was_taken_back() -> None:
    text = (
        "group-policy G internal\ngroup-policy G attributes\n vpn-tunnel-protocol ikev1\n"
        "crypto map M 10 set peer 192.0.2.1\nno crypto map M 10 set phase1-mode main\n"
    )
    first = read(text, "t.cfg")
    assert first.release is Release.NEW
    written = running_config(first)
    assert "vpn-tunnel-protocol ikev1" in written
    assert running_config(read(written, "t.cfg")) == written
    old = read(text.replace("ikev1", "IPSec webvpn"), "t.cfg")
    assert old.release is Release.OLD
    assert "vpn-tunnel-protocol IPSec webvpn" in running_config(old)


def test_a_policy_map_is_written_with_its_classes_and_goes_with_them() -> None:
    text = (
        "policy-map P\n class inspection_default\n  inspect ftp\n  inspect icmp\n class VOICE\n  police output 64000\n"
        "service-policy P interface outside\n"
    )
    first = read(text, "t.cfg")
    assert first.problems == ()
    written = (
        "policy-map P\n class inspection_default\n  inspect icmp\n class VOICE\nservice-policy P interface outside\n"
    )
    assert written in running_config(first)
    gone = read(f"{text}no policy-map P\npolicy-map P\n class VOICE\n", "t.cfg")
    assert [one.class_name for one in gone.policy_maps["P"].classes] == ["VOICE"]
    flat = read("\n".join(line.strip() for line in text.splitlines()), "t.cfg")
    assert flat == first


OPTIONS = ("round-robin", "extended", "flat", "include-reserve", "interface ipv6")
LAST = ("dns", "unidirectional", "no-proxy-arp", "route-lookup", "inactive", "net-to-net")


@given(st.permutations(OPTIONS), st.permutations(LAST), st.integers(0, 5), st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_options_may_change_places_and_are_written_in_the_device_s_order(
    pool: list[str], last: list[str], most: int, more: int
) -> None:
    pool, last = pool[:most], last[:more]
    line = " ".join(["nat (inside,outside) source dynamic any pat-pool P", *pool, *last])
    found = read(line, "t.cfg")
    assert _errors(line) == []
    ordered = [*sorted(pool, key=OPTIONS.index), *(word for word in IN_ORDER if word in last)]
    assert " ".join(["nat (inside,outside) source dynamic any pat-pool P", *ordered]) in running_config(found)


IN_ORDER = ("net-to-net", "dns", "unidirectional", "no-proxy-arp", "route-lookup", "inactive")
