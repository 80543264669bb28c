"""Lines that are not read stay in a configuration: a file that is read and saved loses nothing."""

from pathlib import Path

import pytest

from mainmode.device.running import GLOBAL, Place, Running

SHOPS = sorted(Path(__file__).with_name("shops").glob("*.cfg"))

LISTING = """\
ASA Version 9.8(1)
!
hostname gate
interface GigabitEthernet0/0
 speed 100
 nameif outside
 security-level 0
 ip address 192.0.2.1 255.255.255.0
class-map inspection_default
 match default-inspection-traffic
policy-map type inspect dns preset_dns_map
 parameters
  message-length maximum client auto
snmp-server community hushhush
no snmp-server location
policy-map global_policy
 class inspection_default
  inspect dns preset_dns_map
  inspect icmp
service-policy global_policy global
crypto ca certificate chain ROOT
 certificate ca 01
    30820321 30820209
  quit
crypto ikev1 policy 10
 encryption aes
Cryptochecksum:0123
: end
"""


def type_all(running: Running, *lines: str) -> Place:
    place = GLOBAL
    for line in lines:
        typed = running.take(place, line)
        assert typed.fault is None, line
        place = typed.place
    return place


def test_what_is_not_read_stands_where_it_stood() -> None:
    text = Running(LISTING, "gate.cfg").text(reveal=True)
    for block in (
        " security-level 0\n ip address 192.0.2.1 255.255.255.0\n speed 100\n",
        "class-map inspection_default\n match default-inspection-traffic\n",
        "policy-map type inspect dns preset_dns_map\n parameters\n  message-length maximum client auto\n",
        "snmp-server community hushhush\nno snmp-server location\n",
        "policy-map global_policy\n class inspection_default\n  inspect icmp\n  inspect dns preset_dns_map\n",
        "crypto ca certificate chain ROOT\n certificate ca 01\n    30820321 30820209\n  quit\n",
    ):
        assert block in text
    assert "ASA Version" not in text
    assert text.index("class-map") < text.index("policy-map global_policy")


def test_it_is_masked_where_keys_are() -> None:
    running = Running(LISTING, "gate.cfg")
    assert "hushhush" not in running.text()
    assert "snmp-server community *****\n" in running.text("snmp-server")
    typed = running.take(GLOBAL, "snmp-server community another-secret")
    assert "another-secret" not in f"{typed!r} {typed.place!r} {list(running._desk.kept.shown(reveal=True))!r}"


def test_saved_and_read_again_it_is_the_same_text() -> None:
    running = Running(LISTING, "gate.cfg")
    saved = running.save()
    again = Running(saved, "gate.cfg")
    assert again.text(reveal=True) == saved
    assert again.configuration == running.configuration


@pytest.mark.parametrize("shop", SHOPS, ids=lambda path: path.stem)
def test_no_line_of_a_real_listing_is_lost_by_saving_it_twice(shop: Path) -> None:
    running = Running(shop.read_text("utf-8"), shop.name)
    once = running.save()
    twice = Running(once, shop.name)
    assert twice.save() == once
    assert twice.configuration == running.configuration
    kept = [block.head for block in running._desk.kept.shown(reveal=True)]
    assert all(f"\n{head}\n" in once for head in kept)


def test_typed_lines_are_kept_and_taken_back() -> None:
    running = Running("", "gate.cfg")
    typed = running.take(GLOBAL, "snmp-server host inside 10.0.0.9")
    assert typed.printed == ("WARNING: this command is kept and not carried out here",)
    assert running.text("snmp-server") == "snmp-server host inside 10.0.0.9\n"
    assert running.modified
    running.take(GLOBAL, "no snmp-server host inside 10.0.0.9")
    assert running.text("snmp-server") == ""


def test_a_submode_that_is_not_read_is_one_all_the_same() -> None:
    running = Running("", "gate.cfg")
    place = type_all(running, "class-map CM", "match any", "description all of it")
    assert running.prompt(place) == "config-cmap"
    assert place.is_submode
    assert running.text("class-map") == "class-map CM\n match any\n description all of it\n"
    place = type_all(running, "class-map CM", "no match any", "hostname gate")
    assert place == GLOBAL
    assert running.text("class-map") == "class-map CM\n description all of it\n"
    type_all(running, "no class-map CM")
    assert running.text("class-map") == ""


def test_lines_below_what_is_read_are_kept_there() -> None:
    running = Running("", "gate.cfg")
    type_all(running, "interface GigabitEthernet0/0", "speed 100", "duplex full", "no speed 100", "description x")
    assert " description x\n" in running.text("interface")
    assert running.text("interface").endswith(" duplex full\n")


def test_a_section_that_is_kept_is_cleared() -> None:
    running = Running(LISTING, "gate.cfg")
    running.clear("snmp-server")
    running.clear("class-map")
    assert running.text("snmp-server") == running.text("class-map") == ""
