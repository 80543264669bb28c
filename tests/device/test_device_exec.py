from itertools import pairwise

import pytest
from device_pair import START, Pair
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.errors import InputError

BOX = Pair().boxes["a"]


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("sh cry isa sa", "show crypto isakmp sa"),
        ("cry ike sa", "show crypto isakmp sa"),
        ("SHOW CRYPTO IPS SA", "show crypto ipsec sa"),
        ("show  ip   address", "show ip"),
        ("sh run crypto map", "show running-config crypto map"),
        ("sh cry ips sa pe 10.0.0.2", "show crypto ipsec sa peer 10.0.0.2"),
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
            "expected: ikev1, ipsec, isakmp",
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
            "asa1# sh cry ips\nERROR: % Incomplete command\nexpected: sa",
        ),
        (
            "show crypto i sa",
            'asa1# show crypto i sa\nERROR: % Ambiguous command:  "show crypto i sa"\nexpected: ikev1, ipsec, isakmp',
        ),
        ("", "asa1# show\nERROR: % Incomplete command\nexpected: crypto, ip, running-config"),
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


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=700)
    | st.lists(st.sampled_from(["show", "crypto", "sa", "ips", "ip", "peer", "run", "\n", "?", "x"])).map(" ".join)
)
def test_any_text_gives_an_output_or_an_input_error(command: str) -> None:
    try:
        answer = BOX.show(command, START)
    except InputError as error:
        answer = str(error)
    assert isinstance(answer, str)
