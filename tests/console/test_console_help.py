"""`?` and Tab at the prompt."""

import pytest
from device_configs import REFERENCE
from device_pair import Pair
from firewalls import LoneFirewall
from prompts import Alone, at_prompt, typed
from screens import FakeScreen

from mainmode.console.commands import LAB_TABLE, TABLE
from mainmode.console.session import Session, User
from mainmode.device.line import syntax
from mainmode.device.line.glossary import word_help
from mainmode.device.line.places import place_of

SESSION, _ = at_prompt()


def _rows(before: str) -> list[str]:
    return SESSION.help(before).splitlines()


def test_a_list_has_a_blank_line_the_head_and_the_rows_below_each_other() -> None:
    assert SESSION.help("show crypto ") == (
        "\nexec mode commands/options:\n"
        "  debug-condition  Conditions of debugs in this session\n"
        "  ikev1            IKE version 1\n"
        "  ipsec            IPsec\n"
        "  isakmp           IKE version 1, in the older spelling\n"
        "  map              Crypto maps\n"
        "  protocol         Cryptography by protocol\n"
    )


def test_the_first_words_have_no_head() -> None:
    assert _rows("")[:1] == [""]
    assert "  show" in SESSION.help("")
    assert "commands/options" not in SESSION.help("")


def test_words_that_begin_so_stand_beside_each_other() -> None:
    assert _rows("show na") == ["", "exec mode commands/options:", "  name    nameif  names   nat"]
    assert _rows("sh")[-1].split() == ["show"]


def test_where_a_line_may_end_the_bar_and_the_end_are_the_last_rows() -> None:
    assert [row.split()[0] for row in _rows("show version ")[2:]] == ["|", "<cr>"]


def test_words_cut_short_lead_to_the_same_list() -> None:
    assert _rows("sh cry ips sa ") == _rows("show crypto ipsec sa ")
    assert _rows("SH CRY IPS SA PE ") == ["", "exec mode commands/options:", "  A.B.C.D  The peer's address"]


def test_places_are_shown_with_the_names_that_exist() -> None:
    names = [row.split()[0] for row in _rows("show interface ")[2:]]
    real = ["GigabitEthernet0/0", "GigabitEthernet0/1"]
    assert names == ["WORD", *real, "detail", "inside", "ip", "outside", "|", "<cr>"]
    assert [row.split()[0] for row in _rows("show crypto map ")[2:]] == ["WORD", "MAP", "|", "<cr>"]
    assert [row.split()[0] for row in _rows("show access-list ")[2:]] == ["WORD", "VPN", "brief", "|", "<cr>"]
    assert {"INSIDE-RANGE", "FOREIGN_NETWORK"} <= {row.split()[0] for row in _rows("show object id ")[2:]}


def test_a_value_that_is_being_typed_shows_its_place() -> None:
    assert _rows("show crypto ipsec sa peer 10.0.")[-1].split()[0] == "A.B.C.D"


def test_of_more_names_than_a_screen_holds_none_is_listed() -> None:
    many = "".join(f"access-list L{number} extended permit ip any any\n" for number in range(60))
    session, _ = at_prompt(Alone(Pair(REFERENCE + many).boxes["a"]))
    assert [row.split()[0] for row in session.help("show access-list ").splitlines()[2:]] == [
        "WORD",
        "brief",
        "|",
        "<cr>",
    ]


@pytest.mark.parametrize(
    "before", ["foo ", "show foo ", "show crypto ipsec sa peer 1.2.3.400 ", "show version x ", "foo"]
)
def test_behind_a_wrong_word_there_is_no_help(before: str) -> None:
    assert SESSION.help(before) == "ERROR: % Unrecognized command\n"


def test_behind_an_ambiguous_word_that_is_said() -> None:
    assert SESSION.help("show crypto i ") == "ERROR: % Ambiguous command\n"


def test_a_long_help_is_wrapped_below_itself() -> None:
    session, paper = at_prompt()
    paper.settings.width = 50
    rows = session.help("show interface ").splitlines()
    assert max(map(len, rows)) <= 50
    column = len("  GigabitEthernet0/0  ")
    assert all(len(row) < column or (row[column - 1] == " " and row[column : column + 1] != " ") for row in rows[2:])


def test_behind_the_bar_there_are_the_filters() -> None:
    assert [row.split()[0] for row in _rows("show version | ")[2:]] == ["begin", "exclude", "grep", "include"]
    assert [row.split()[0] for row in _rows("show version | i")[2:]] == ["include"]
    assert [row.split()[0] for row in _rows("show version | gr ")[2:]] == ["-v", "WORD"]
    assert [row.split()[0] for row in _rows("show version | inc ")[2:]] == ["WORD"]
    assert SESSION.help("show version | foo ") == "ERROR: % Unrecognized command\n"


def test_in_user_mode_only_its_own_commands_are_offered() -> None:
    session, _ = at_prompt(privilege=1)
    assert "version" in session.help("show ")
    assert "running-config" not in session.help("show ")
    assert session.complete("show ru") == ""


@pytest.mark.parametrize(
    ("before", "added"),
    [
        ("sh", "ow "),
        ("SH", "ow "),
        ("show cr", "ypto "),
        ("sh cry ike", "v1 "),
        ("show crypto i", ""),
        ("show v", ""),
        ("show na", ""),
        ("show nam", "e"),
        ("show obj", "ect"),
        ("show crypto map M", "AP "),
        ("show crypto map m", ""),
        ("show interface Gig", "abitEthernet0/"),
        ("show interface out", "side "),
        ("show crypto ipsec sa peer 10.", ""),
        ("show foo b", ""),
        ("show ", ""),
        ("", ""),
        ("show version | in", "clude "),
        ("show version | include x", ""),
    ],
)
def test_tab_adds_the_rest_of_a_word_that_is_the_only_one(before: str, added: str) -> None:
    assert SESSION.complete(before) == added


def test_every_word_of_the_table_has_a_help() -> None:
    missing = []
    for one in (*TABLE, *LAB_TABLE):
        waiting: list[tuple[syntax.Sequence, tuple[str, ...]]] = [(one.sequence, ())]
        seen = set()
        while waiting:
            left, path = waiting.pop()
            for word, rest in syntax.following(left):
                if word is None or (rest, word) in seen:
                    continue
                seen.add((rest, word))
                place = place_of(word)
                if not word_help(one, (*path, word)) and (place is None or not place.help):
                    missing.append(" ".join((*path, word)))
                waiting.append((rest, (*path, word)))
    assert missing == []


def test_in_the_configuration_mode_its_own_commands_come_first_and_a_bar_in_its_lines_is_no_filter() -> None:
    session = Session(LoneFirewall(), FakeScreen(), User("admin", "console", 15))  # type: ignore[arg-type]
    typed(session, "configure terminal")
    heads = [row for row in session.help("").splitlines() if row.endswith("options:")]
    assert heads == ["configure mode commands/options:", "exec mode commands/options:"]
    assert [row for row in session.help("crypto ").splitlines() if row.endswith("options:")] == heads[:1]
    assert session.help("show version | ").splitlines()[1] == heads[1]
    remark = session.help("access-list VPN remark a | ").splitlines()
    assert remark[1] == heads[0]
    assert remark[-1] == "  <cr>"
    assert session.complete("access-l") == "ist "
    assert session.complete("show vers") == "ion "
