"""Lines typed at a device, judged by the same lines read as a file: random ones of the declared texts."""

import pytest
from config_texts import HEADERS, command_lines, files
from hypothesis import given, settings
from hypothesis import strategies as st
from test_config_round_trip import NEEDS_A_RECORD

from mainmode.device.config import read
from mainmode.device.config.commands import COMMANDS
from mainmode.device.config.declaration import Command
from mainmode.device.config.model import Release
from mainmode.device.running import GLOBAL, Place, Running, Typed


def typed(running: Running, place: Place, *lines: str) -> Typed:
    """What came of the last of these lines."""
    for line in lines:
        done = running.type(place, line)
        place = done.place
    return done


def needed(command: Command, line: str) -> list[str]:
    """What has to be typed before a line."""
    words, first = line.split(), []
    if command.syntax.text.startswith(NEEDS_A_RECORD):
        first = [" ".join([*words[: words.index("transform-set") + 2], "esp-aes esp-sha-hmac"])]
    elif line.endswith("attributes"):
        kinds = {"tunnel-group": "type ipsec-l2l", "username": "nopassword", "group-policy": "internal"}
        first = [f"{words[0]} {words[1]} {kinds[words[0]]}"]
    return [*first, *HEADERS[command.mode]]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.mode.name} {command.syntax.text}"[:90])
@given(data=st.data(), release=st.sampled_from(Release))
@settings(max_examples=6, deadline=None)
def test_every_command_and_its_no_form_are_taken_in_their_mode(
    command: Command, data: st.DataObject, release: Release
) -> None:
    line = data.draw(command_lines(command, release))
    running = Running("", "t.cfg")
    place = typed(running, GLOBAL, "!", *needed(command, line)).place
    if not command.only_negated:
        done = running.type(place, line)
        assert done.fault is None
        assert not [row for row in done.printed if row.startswith("ERROR")]
    back = running.type(place, f"no {line}")
    assert back.fault is None
    assert not [row for row in back.printed if row.startswith("ERROR")]


@given(st.sampled_from(Release).flatmap(files), st.sampled_from(Release).flatmap(files))
@settings(max_examples=40, deadline=None)
def test_lines_typed_behind_a_startup_are_as_if_they_stood_in_it(startup: str, more: str) -> None:
    running = Running(startup, "t.cfg")
    typed(running, GLOBAL, "!", *more.split("\n"))
    as_file = read(f"{startup}\n{more}", "t.cfg")
    assert running.configuration == as_file
    assert read(running.text(reveal=True), "t.cfg") == as_file


@given(st.sampled_from(Release).flatmap(files))
@settings(max_examples=25, deadline=None)
def test_cleared_of_everything_a_device_is_as_new_but_for_its_interfaces(text: str) -> None:
    running = Running(text, "t.cfg")
    running.clear(None)
    left = [line for line in running.text().splitlines() if line and line[0] not in " !:"]
    assert [line for line in left if not line.startswith("interface ")] == ["hostname ciscoasa"]
