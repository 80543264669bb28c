from dataclasses import replace

import pytest
from config_texts import HEADERS, command_lines, files
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.device.config import Severity, read, running_config
from mainmode.device.config.commands import COMMANDS
from mainmode.device.config.declaration import NOTHING, Assign, Command
from mainmode.device.config.model import Release

NEEDS_A_RECORD = "crypto ipsec -/ikev1 transform-set {name:name} mode"


def _listing(command: Command, line: str, negated: bool = False) -> str:
    words = line.split()
    first = []
    if command.syntax.text.startswith(NEEDS_A_RECORD):
        first = [" ".join([*words[: words.index("transform-set") + 2], "esp-aes esp-sha-hmac"])]
    elif line.startswith("tunnel-group") and line.endswith("attributes"):
        first = [f"tunnel-group {words[1]} type ipsec-l2l"]
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
