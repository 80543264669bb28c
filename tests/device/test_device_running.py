"""The configuration as it runs: typed lines, where they are typed, what is printed, and what is saved."""

import pytest

from mainmode.base.provenance import Statement
from mainmode.device.config.reader import read
from mainmode.device.line.lookup import Fault
from mainmode.device.running import GLOBAL, Place, Running

START = """hostname gate
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 192.0.2.1 255.255.255.0
crypto ikev1 policy 10
 authentication pre-share
 encryption aes
tunnel-group 192.0.2.2 type ipsec-l2l
tunnel-group 192.0.2.2 ipsec-attributes
 ikev1 pre-shared-key first-key
"""


def device(text: str = START) -> Running:
    return Running(text, "gate.cfg")


def type_all(running: Running, *lines: str, place: Place = GLOBAL) -> Place:
    """Type lines that have to be taken without a word."""
    for line in lines:
        typed = running.type(place, line)
        assert (typed.fault, typed.printed) == (None, ()), line
        place = typed.place
    return place


def key(running: Running) -> bytes:
    found = running.configuration.tunnel_groups["192.0.2.2"].key
    assert found is not None
    assert found.value is not None
    return found.value.reveal()


def test_a_line_in_a_submode_changes_its_record_and_says_where_it_was_typed() -> None:
    running = device()
    place = type_all(running, "crypto ikev1 policy 10", "encryption aes-256")
    assert running.prompt(place) == "config-ikev1-policy"
    encryption = running.configuration.policies[0].encryption
    assert encryption.value == "aes-256"
    assert encryption.source == Statement("console", 2, "encryption aes-256")


def test_a_global_line_typed_in_a_submode_leaves_it() -> None:
    running = device()
    place = type_all(running, "crypto ikev1 policy 10", "hostname other")
    assert place == GLOBAL
    assert running.prompt(place) == "config"
    assert running.configuration.settings.hostname.value == "other"


def test_two_sessions_configure_at_once_each_at_its_place() -> None:
    running = device()
    one, other = type_all(running, "crypto ikev1 policy 10"), type_all(running, "crypto ikev1 policy 20")
    one = type_all(running, "hash md5", place=one)
    other = type_all(running, "hash sha", "group 5", place=other)
    one = type_all(running, "group 2", place=one)
    policies = [(one.priority, one.hash.value, one.group.value) for one in running.configuration.policies]
    assert policies == [(10, "md5", 2), (20, "sha", 5)]


def test_a_record_that_another_session_removed_is_an_error_and_nothing_comes_back() -> None:
    running = device()
    place = type_all(running, "tunnel-group 192.0.2.2 ipsec-attributes")
    type_all(running, "no tunnel-group 192.0.2.2")
    typed = running.type(place, "ikev1 pre-shared-key again")
    assert typed.printed == ("ERROR: tunnel-group 192.0.2.2 does not exist",)
    assert typed.place == GLOBAL
    assert not typed.changed
    assert running.configuration.tunnel_groups == {}
    assert "again" not in str(typed)


def test_a_record_that_was_removed_and_made_again_is_the_one_that_counts() -> None:
    running = device()
    place = type_all(running, "crypto ikev1 policy 10")
    type_all(running, "no crypto ikev1 policy 10", "crypto ikev1 policy 10")
    type_all(running, "hash md5", place=place)
    assert running.configuration.policies[0].hash.value == "md5"


@pytest.mark.parametrize(
    ("line", "fault", "at"),
    [
        ("crypto ikev1 policy 0", Fault.INVALID, 3),
        ("crypto ikev1 policy", Fault.INCOMPLETE, 3),
        ("nonsense", Fault.INVALID, 0),
        ("no nonsense", Fault.INVALID, 1),
        ("no", Fault.INCOMPLETE, 1),
        ("hostname gate too", Fault.INVALID, 2),
    ],
)
def test_a_line_that_is_none_has_its_fault_under_its_token(line: str, fault: Fault, at: int) -> None:
    running = device()
    before = running.configuration
    found = running.type(GLOBAL, line).fault
    assert found is not None
    assert (found.fault, found.at) == (fault, at)
    assert running.configuration is before
    assert not running.modified


@pytest.mark.parametrize(
    ("lines", "printed"),
    [
        (["crypto map M 10 match address V"], "WARNING: The crypto map entry is incomplete!"),
        (["tunnel-group 192.0.2.9 ipsec-attributes"], "ERROR: tunnel-group 192.0.2.9 does not exist"),
        (["hostname -bad-"], "ERROR: % Invalid Hostname"),
        (
            ["interface GigabitEthernet0/1", "nameif inside"],
            'INFO: Security level for "inside" set to 100 by default.',
        ),
        (["interface GigabitEthernet0/1", "nameif dmz"], 'INFO: Security level for "dmz" set to 0 by default.'),
        (["crypto ikev2 policy 1"], "WARNING: IKEv2 is not built; only IKEv1 is spoken"),
        (
            ["crypto ikev1 policy 10", "authentication rsa-sig"],
            "WARNING: pre-share; certificates are not built.",
        ),
    ],
)
def test_what_the_device_prints_below_a_line(lines: list[str], printed: str) -> None:
    running = device()
    place = type_all(running, *lines[:-1])
    assert running.type(place, lines[-1]).printed == (printed,)


def test_an_entry_that_a_no_form_leaves_incomplete_is_told() -> None:
    running = device("crypto map M 10 match address V\ncrypto map M 10 set peer 192.0.2.2\n")
    running.type(GLOBAL, "crypto map M 10 set ikev1 transform-set T")
    incomplete = ("WARNING: The crypto map entry is incomplete!",)
    assert running.type(GLOBAL, "no crypto map M 10 set peer").printed == incomplete
    assert running.type(GLOBAL, "no crypto map M 10").printed == ()


def test_a_complete_entry_is_taken_without_a_word() -> None:
    running = device()
    for line in ("crypto map M 10 match address V", "crypto map M 10 set peer 192.0.2.2"):
        running.type(GLOBAL, line)
    assert running.type(GLOBAL, "crypto map M 10 set ikev1 transform-set T").printed == ()


def test_the_prompt_of_a_policy_is_that_of_the_release() -> None:
    old = device("crypto isakmp policy 10\n hash sha\n")
    assert old.prompt(type_all(old, "crypto isakmp policy 10")) == "config-isakmp-policy"


def test_comments_and_empty_lines_do_nothing_and_stay_in_the_submode() -> None:
    running = device()
    place = type_all(running, "crypto ikev1 policy 10", "!", "", ": Saved", "   ")
    assert running.prompt(place) == "config-ikev1-policy"


def test_what_is_saved_has_its_keys_in_clear_and_is_the_same_when_it_is_read() -> None:
    running = device()
    type_all(running, "tunnel-group 192.0.2.2 ipsec-attributes", "ikev1 pre-shared-key another-key")
    assert running.modified
    assert "first-key" in running.startup
    saved = running.save()
    assert not running.modified
    assert running.startup == saved
    assert "another-key" in saved
    assert read(saved, "gate.cfg") == running.configuration
    assert key(running) == b"another-key"


def test_keys_are_masked_everywhere_else() -> None:
    running = device()
    place = type_all(running, "tunnel-group 192.0.2.2 ipsec-attributes")
    typed = running.type(place, "ikev1 pre-shared-key another-key")
    assert typed.shown == "ikev1 pre-shared-key *****"
    running.save()
    everything = running.text(), running.shown_startup(), repr(typed), repr(running.configuration)
    assert all("another-key" not in text for text in everything)
    wrong = running.type(place, "ikev1 pre-shared-key another-key and-more")
    assert wrong.fault is not None
    assert "another-key" not in f"{wrong.shown}{wrong.fault}"


def test_erased_it_would_start_with_nothing() -> None:
    running = device()
    running.erase()
    assert running.startup == ""
    assert running.modified
    assert running.configuration.tunnel_groups


def test_lines_below_one_that_is_not_read_are_passed_over() -> None:
    running = device()
    typed = running.type(GLOBAL, "class-map inspection_default")
    assert typed.fault is None
    assert len(typed.printed) == 1
    below = running.type(typed.place, " match default-inspection-traffic")
    assert below.fault is None
    assert below.printed == ()
    assert running.type(GLOBAL, "match default-inspection-traffic").fault is not None


def test_nothing_typed_steers_a_terminal() -> None:
    running = device()
    typed = running.type(GLOBAL, "hostname \x1b[2J\x9b\u202eevil")
    assert all(ord(letter) >= 32 and letter.isprintable() for letter in typed.shown)
    running.type(GLOBAL, "access-list A remark \x1b]0;x\x07")
    assert "\x1b" not in running.text()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("interface GigabitEthernet0/0", "GigabitEthernet0/0"),
        ("int gi 0/0", "GigabitEthernet0/0"),
        ("INTERFACE gigabitethernet 0/0", "GigabitEthernet0/0"),
        ("inte g0/0", "GigabitEthernet0/0"),
        ("interface m0/0", "Management0/0"),
        ("interface Gi0/0.100", "GigabitEthernet0/0.100"),
        ("interface po3", "Port-channel3"),
    ],
)
def test_an_interface_is_called_by_its_own_name(typed: str, name: str) -> None:
    running = device()
    assert running.type(GLOBAL, typed).place.key == (name,)


@pytest.mark.parametrize("section", ["tunnel-group", "tunnel-g", "crypto ikev1 policy 10", "crypto", "interface", None])
def test_a_section_is_cleared_and_the_rest_stays(section: str | None) -> None:
    running = device()
    running.clear(section)
    if section is not None and section != "interface":
        assert running.text(section) == ""
        assert "nameif outside" in running.text()
    else:
        assert "nameif outside" not in running.text()
        assert "interface GigabitEthernet0/0" in running.text()
    assert (running.hostname == "ciscoasa") is (section is None)
    assert bool(running.configuration.policies) is (section in ("tunnel-group", "tunnel-g", "interface"))


def test_a_banner_is_taken_back_line_by_line_or_whole() -> None:
    running = device()
    type_all(running, "banner motd one", "banner motd two", "banner login three", "no banner motd one")
    assert running.text("banner") == "banner motd two\nbanner login three\n"
    type_all(running, "no banner motd")
    assert running.text("banner") == "banner login three\n"


def test_a_text_that_is_being_made_is_of_the_configuration_as_it_was_and_the_next_one_as_it_is() -> None:
    running = device()
    before = running.writer()
    type_all(running, "hostname other")
    assert "hostname gate\n" in before()
    assert "hostname other\n" in running.text()
    assert "hostname gate\n" in before()
