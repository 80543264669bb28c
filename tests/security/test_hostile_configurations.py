"""What fuzzing taught about configurations, beside the inputs that are pinned; and that its target notices."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import pytest
from fuzz.grammar import CHOSEN, KEY
from fuzz.target import BrokenError
from fuzz.targets import configuration

from mainmode.device.box import Box
from mainmode.device.config import read
from mainmode.device.exec_commands import typed
from mainmode.device.running import Running
from mainmode.device.show import access_lists
from mainmode.lab.clock import START
from mainmode.lab.entropy import SeededEntropy

LISTS = (
    "object-group network G\n network-object host 10.0.0.1\n network-object host 10.0.0.2\n"
    "access-list A extended permit ip object-group G any\naccess-list B extended permit ip object-group G any\n"
    "access-list C extended permit ip host 10.0.0.9 any\n"
)


@pytest.mark.parametrize(("most", "expanded"), [(10, "ABC"), (3, "AC"), (2, "A"), (1, "C")])
def test_an_output_with_many_access_lists_is_bounded_as_a_whole(
    monkeypatch: pytest.MonkeyPatch, most: int, expanded: str
) -> None:
    monkeypatch.setattr(access_lists, "MOST_ELEMENTS", most)
    box = Box(read(LISTS, "t.cfg"), SeededEntropy(1, "t"), START)
    found = typed("show access-list", box)
    shown = str(found.command.handler.do(box, found.asked, START)[0])
    below = [line for line in shown.splitlines() if line.startswith("  access-list")]
    assert sorted(line.split()[1] for line in below) == sorted([one for one in expanded if one != "C"] * 2)
    assert all(f"access-list {one} line 1" in shown for one in "ABC")


@pytest.mark.parametrize("indented", [True, False])
def test_a_kept_line_that_two_modes_know_is_global_where_the_listing_is_indented(indented: bool) -> None:
    text = (
        "tunnel-group 192.0.2.1 type ipsec-l2l\ntunnel-group 192.0.2.1 ipsec-attributes\n pre-shared-key abc\n"
        "client-update enable\n"
    )
    saved = Running(text if indented else text.replace("\n ", "\n"), "t.cfg").text(reveal=True)
    assert ("\nclient-update" in saved, "\n client-update" in saved) == (indented, not indented)
    assert Running(saved, "t.cfg").text(reveal=True) == saved


def test_the_target_notices_a_key_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"tunnel-group T type ipsec-l2l\ntunnel-group T ipsec-attributes\n pre-shared-key {KEY}\n"
    octets = text.encode()
    configuration.run(octets)
    monkeypatch.setattr("mainmode.device.config.reader.masked_tokens", lambda tokens, secrets: tokens.line)
    with pytest.raises(BrokenError, match="a key is shown"):
        configuration.run(octets)


def test_the_target_notices_what_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    octets = b"hostname abc\nroute outside 10.0.0.0 255.0.0.0 10.1.1.1\n"
    configuration.run(octets)
    whole = Running.text
    monkeypatch.setattr(Running, "text", lambda *args, **more: whole(*args, **more).replace("hostname abc\n", ""))
    with pytest.raises(BrokenError, match="another one: settings"):
        configuration.run(octets)


def test_choices_become_lines_of_declared_commands() -> None:
    lines = configuration.text_of(CHOSEN + b"\xc8\x00\x01\nhost").splitlines()
    assert len(lines) == 2
    assert lines[0].split()[0] in configuration.text_of(CHOSEN + b"\xc8\x00\x01")
