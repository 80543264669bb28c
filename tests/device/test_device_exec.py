from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import pytest
from device_configs import REFERENCE
from device_pair import START, Pair
from hypothesis import given, settings
from hypothesis import strategies as st
from show_states import state

from mainmode.base.errors import InputError
from mainmode.device.line.declaration import Surety, command
from mainmode.device.show.commands import COMMANDS
from mainmode.device.show.reference import reference_page

BOX = Pair().boxes["a"]
quick_state = lru_cache(state)


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("sh cry isa sa", "show crypto isakmp sa"),
        ("cry ike sa", "show crypto isakmp sa"),
        ("sh isakmp sa det", "show crypto isakmp sa detail"),
        ("sh ipsec sa peer 10.0.0.2", "show crypto ipsec sa peer 10.0.0.2"),
        ("SHOW CRYPTO IPS SA", "show crypto ipsec sa"),
        ("show  ip   address", "show ip"),
        ("sh run crypto map", "show running-config crypto map"),
        ("sh cry ips sa pe 10.0.0.2", "show crypto ipsec sa peer 10.0.0.2"),
        ("sh cry ips sa pe 10.0.0.2 det", "show crypto ipsec sa peer 10.0.0.2 detail"),
        ("sh vpn-s det l2l fil ip 10.0.0.2", "show vpn-sessiondb detail l2l filter ipaddress 10.0.0.2"),
        ("sh int ip b", "show interface ip brief"),
        ("sh int gigabitethernet0/1", "show interface outside"),
        ("sh rou inside", "show route inside"),
        ("sh names", "show name"),
        ("sh asp t vpn d", "show asp table vpn-context detail"),
    ],
)
def test_unique_abbreviations_name_the_command(short: str, whole: str) -> None:
    assert BOX.show(short, START) == BOX.show(whole, START)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            "show crypto foo sa",
            "asa1# show crypto foo sa\n                  ^\nERROR: % Invalid input detected at '^' marker.\n"
            "expected: ikev1, ipsec, isakmp, map, protocol",
        ),
        (
            "crypto ipsec sa peer 10.0.0.300",
            "asa1# show crypto ipsec sa peer 10.0.0.300\n                                ^\n"
            "ERROR: % Invalid input detected at '^' marker.\nexpected: A.B.C.D",
        ),
        (
            "ip address x",
            "asa1# show ip address x\n                      ^\n"
            "ERROR: % Invalid input detected at '^' marker.\nexpected: nothing more",
        ),
        (
            "sh cry ips",
            "asa1# sh cry ips\nERROR: % Incomplete command\nexpected: sa, stats",
        ),
        (
            "show crypto i sa",
            'asa1# show crypto i sa\nERROR: % Ambiguous command:  "show crypto i sa"\nexpected: ikev1, ipsec, isakmp',
        ),
        (
            "sh nam",
            'asa1# sh nam\nERROR: % Ambiguous command:  "sh nam"\nexpected: name, nameif, names',
        ),
        (
            "vpn-sessiondb l2l filter",
            "asa1# show vpn-sessiondb l2l filter\nERROR: % Incomplete command\nexpected: ipaddress, name",
        ),
    ],
)
def test_a_wrong_command_is_answered_in_the_devices_words(command: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        BOX.show(command, START)
    assert str(raised.value) == message


def test_the_caret_stands_below_the_word_that_was_not_understood() -> None:
    with pytest.raises(InputError) as raised:
        BOX.show("crypto isakmp bogus", START)
    rows = str(raised.value).splitlines()
    below = next((upper, lower) for upper, lower in pairwise(rows) if lower.strip() == "^")
    assert below[0][below[1].index("^") :] == "bogus"


def test_show_alone_is_incomplete_and_tells_every_first_word() -> None:
    with pytest.raises(InputError) as raised:
        BOX.show("", START)
    first_words = sorted({words[0] for one in COMMANDS for words in one.spellings})
    assert str(raised.value) == f"asa1# show\nERROR: % Incomplete command\nexpected: {', '.join(first_words)}"


def test_an_interface_may_bear_the_name_of_a_keyword_cut_short() -> None:
    box = Pair(REFERENCE.replace(" nameif inside", " nameif i").replace("(inside,", "(i,")).boxes["a"]
    assert box.show("interface i", START).startswith('Interface GigabitEthernet0/0 "i"')
    assert box.show("interface ip b", START).startswith("Interface ")


def test_names_that_do_not_exist_are_told_in_the_output() -> None:
    assert BOX.show("show interface dmz", START) == "ERROR: interface dmz does not exist\n"
    assert BOX.show("show route dmz", START) == "ERROR: interface dmz does not exist\n"


@pytest.mark.parametrize(
    ("syntax", "spellings"),
    [
        ("crypto {isakmp|ikev1} sa", {"crypto isakmp sa", "crypto ikev1 sa"}),
        ("ip [address]", {"ip", "ip address"}),
        ("a [{b [c]|d}] e", {"a e", "a b e", "a b c e", "a d e"}),
    ],
)
def test_a_declared_syntax_has_every_choice_and_option_written_out(syntax: str, spellings: set[str]) -> None:
    one = command(syntax, lambda *_: "", "", Surety.INFERRED)
    assert {" ".join(words) for words in one.spellings} == spellings


def test_no_two_commands_have_the_same_words() -> None:
    spellings = [words for one in COMMANDS for words in one.spellings]
    assert len(spellings) == len(set(spellings))


FILLED = {
    "A.B.C.D": "10.0.0.2",
    "NAME": "10.0.0.2",
    "ACCESS-LIST": "VPN",
    "CRYPTO-MAP": "MAP",
    "INTERFACE": "outside",
    "OBJECT": "INSIDE-RANGE",
    "SECTION…": "tunnel-group",
}
SPELLINGS = sorted({" ".join(FILLED.get(word, word) for word in words) for one in COMMANDS for words in one.spellings})


@pytest.mark.parametrize("command", SPELLINGS)
@pytest.mark.parametrize("name", ["no SA", "up, initiator"])
def test_every_declared_command_answers_in_whole_lines_and_never_tells_a_key(name: str, command: str) -> None:
    output = quick_state(name, "9.x").show(command)
    assert output == "" or output.endswith("\n")
    assert "correct-horse" not in output


def test_the_reference_page_is_up_to_date() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "show.md"
    assert page.read_text() == reference_page()


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=700)
    | st.lists(
        st.sampled_from(
            [
                "show",
                "crypto",
                "sa",
                "ips",
                "ip",
                "peer",
                "run",
                "\n",
                "?",
                "x",
                "int",
                "outside",
                "vpn-s",
                "l2l",
                "fil",
            ]
        )
    ).map(" ".join)
)
def test_any_text_gives_an_output_or_an_input_error(command: str) -> None:
    try:
        answer = BOX.show(command, START)
    except InputError as error:
        answer = str(error)
    assert isinstance(answer, str)
