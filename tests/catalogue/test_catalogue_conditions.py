"""`debug crypto condition`: which lines it lets through, and what it answers to what it does not understand."""

import pytest

from mainmode.base.errors import InputError
from mainmode.catalogue import lines
from mainmode.catalogue.conditions import parse_wish
from mainmode.catalogue.debugs import Debugs
from mainmode.catalogue.entry import About

HERE, THERE, NOBODY = About("10.0.0.2", ip="10.0.0.2"), About("BRANCH", ip="10.9.0.7"), About()
LINE = lines.PHASE1_COMPLETED(HERE)


def test_debugs_are_joined_with_and() -> None:
    wish = parse_wish("crypto ikev1 127 and debug crypto ipsec 255 and crypto isakmp 5")
    assert wish.debugs == Debugs(127, 255)
    assert not wish.conditions
    assert all(wish.shows(LINE, about) for about in (HERE, THERE, NOBODY))


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ("peer 10.0.0.2", (HERE,)),
        ("peer 10.0.0.0/24", (HERE,)),
        ("peer 10.9.0.0 subnet 255.255.0.0", (THERE,)),
        ("peer 10.0.0.2 peer 10.9.0.7", (HERE, THERE)),
        ("peer 10.0.0.2 and group BRANCH", (HERE, THERE)),
        ("group BRANCH", (THERE,)),
        ("group branch", ()),
        ("unmatched", (NOBODY,)),
        ("peer 10.0.0.2 unmatched", (HERE, NOBODY)),
        ("peer 10.1.0.2", ()),
    ],
)
def test_a_line_is_shown_where_one_condition_fits(condition: str, shown: tuple[About, ...]) -> None:
    wish = parse_wish(f"debug crypto ikev1 127 condition {condition}")
    assert tuple(about for about in (HERE, THERE, NOBODY) if wish.shows(LINE, about)) == shown


def test_a_condition_switches_no_debug_on() -> None:
    assert not parse_wish("crypto ipsec 127 condition peer 10.0.0.2").shows(LINE, HERE)


def test_an_address_that_is_none_is_in_no_subnet() -> None:
    assert not parse_wish("crypto ikev1 127 condition peer 10.0.0.0/8").shows(LINE, About(ip="somewhere"))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("", "'' is not a debug of this device"),
        ("crypto ikev1 127 and", "'' is not a debug of this device"),
        ("condition peer 10.0.0.2", "'' is not a debug of this device"),
        ("crypto ikev1 127 condition", "a condition is missing: say `peer A.B.C.D`"),
        ("crypto ikev1 127 condition peer", "'peer' is no condition: say"),
        ("crypto ikev1 127 condition peer 10.0.0.300", "'10.0.0.300' is no IPv4 address or subnet"),
        ("crypto ikev1 127 condition peer 10.0.0.0 subnet 255.0.255.0", "'10.0.0.0/255.0.255.0' is no IPv4 address"),
        ("crypto ikev1 127 condition peer fe80::1", "'fe80::1' is no IPv4 address or subnet"),
        ("crypto ikev1 127 condition user hans", "'user hans' is no condition"),
        ("crypto ikev1 127 condition" + " peer 10.0.0.1" * 33, "more than 32 conditions"),
        ("crypto ikev1 127 condition " + "x" * 500, "x..."),
    ],
)
def test_what_is_not_understood_is_told_with_what_is(command: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_wish(command)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300
